from threading import Event
from time import sleep

import pytest
import yaml
from PIL import Image

from courses import banks, loading
from courses.blocks import barriers
from courses.document import Document
from courses.loading import ContentError, Report, load_all, load_course
from courses.models import Bank, Block, Completion, Course, CourseVersion, Draft, Media, Series
from courses.models.course import document_of
from courses.publishing import publish
from courses.reading import pieces
from tests.factories import both, enrolled, finish
from tests.kinds import TEN
from tests.races import at_once

pytestmark = pytest.mark.django_db

PAGE = "Words first.\n\n::: callout Mind this\nA **note**.\n:::\n\n::: reflect\nAnd you?\n:::\n"


@pytest.fixture
def folder(tmp_path):
    """A small course on disk."""
    course = tmp_path / "tiny"
    (course / "m1").mkdir(parents=True)
    write(
        course / "course.yaml",
        slug="tiny",
        title=both("Tiny"),
        summary=both("A tiny course."),
        format="self-paced",
        hours=1.0,
        modules=["m1"],
    )
    write(
        course / "m1" / "module.yaml",
        title=both("One"),
        lessons=[
            {"slug": "first", "kind": "page", "title": both("First"), "minutes": 5},
            {"slug": "check", "kind": "quiz", "title": both("Check"), "minutes": 5},
        ],
    )
    for language in ("en", "es"):
        (course / "m1" / f"first.{language}.md").write_text(PAGE)
    write(
        course / "m1" / "check.yaml",
        pass_percent=80,
        questions=[{"id": "q", "kind": "true_false", "prompt": both("True?"), "answer": True}],
    )
    return course


def write(path, **data):
    path.write_text(yaml.safe_dump(data, allow_unicode=True))


def test_files_become_a_published_course(folder):
    load_course(folder, Report())

    document = Course.objects.get(slug="tiny").current.document
    first, check = document["modules"][0]["lessons"]
    assert [block["kind"] for block in first["blocks"]] == ["text", "callout", "reflection"]
    assert first["blocks"][1]["title"] == {"en": "Mind this", "es": "Mind this"}
    assert check["settings"] == {"pass_percent": 80}
    assert check["questions"][0]["body"]["answer"] is True


def test_loading_twice_makes_no_second_version_and_touches_no_draft(folder):
    load_course(folder, Report())
    before = Draft.objects.values().get()
    again = Report()

    load_course(folder, again)

    assert again.unchanged == ["tiny"]
    assert Draft.objects.values().get() == before
    assert CourseVersion.objects.count() == 1


def test_an_edit_makes_a_version_and_touches_no_record(folder, person):
    course = load_course(folder, Report())
    enrolment = enrolled(person, Course.objects.get(pk=course.pk))
    finish(enrolment)
    before = Completion.objects.values().get()
    (folder / "m1" / "first.en.md").write_text(PAGE.replace("Words", "Better words"))

    load_course(folder, Report())

    versions = CourseVersion.objects.order_by("number")
    uuids = [[m["uuid"] for m in v.document["modules"]] for v in versions]
    assert uuids[0] == uuids[1]
    assert Completion.objects.values().get() == before
    enrolment.refresh_from_db()
    assert enrolment.version == versions[0]


def test_a_draft_edited_in_the_studio_is_left_alone(folder):
    load_course(folder, Report())
    draft = Draft.objects.get()
    draft.modules.get().lessons.filter(slug="first").update(title=both("Edited"))
    report = Report()

    load_course(folder, report)

    assert report.left_alone == ["tiny"]
    assert draft.modules.get().lessons.get(slug="first").title == both("Edited")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("::: callout A\nno end", r"first.es.md:1: .*not closed"),
        ("Words.\n\n::: mystery\n:::", r"first.es.md:3: .*opens no block"),
        ("Only text.", r"first.es.md:1: .*different blocks"),
        ("Words.\n\n![A clinic](clinic.png)", r"first.es.md:3: .*clinic.png.*media.yaml"),
        ("::: glossary\nEquity\nGap\n:::", r"first.es.md:3: .*no «: meaning» line"),
        ("::: check\nWhich?\n- [x] This\nand so on\n:::", r"first.es.md:4: "),
        ("::: scenario\n### one\n- Go -> two\n:::", r"first.es.md:2: .*leads to «two»"),
        ("::: scenario\n### one\n- Go\n:::", r"first.es.md:3: .*where it leads"),
        ("::: image\n:::", r"first.es.md:1: .*which file"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_loaded(folder, text, reason):
    (folder / "m1" / "first.es.md").write_text(text)

    with pytest.raises(ContentError, match=reason):
        load_course(folder, Report())

    assert not Course.objects.exists()


EVERY_KIND = """
A [[term]]^[With a [page to read](https://example.org).] and a picture: ![A clinic](clinic.png)

::: callout Mind this
Words.
:::
::: reflect
And you?
:::
::: details More
Words.
:::
::: discuss
What do you see?
:::
::: accordion Parts
### One
Words.
### Two
![Again](clinic.png)
:::
::: glossary
Term
: What it means
  in short.
:::
::: check
Which?
- [x] This
  > Yes.
- [ ] That
= Because.
:::
::: scenario A visit
What happens here.
### door
Somebody knocks.
- Open -> inside
- Wait -> end
### inside
You talk.
:::
::: image clinic.png
Under it.
:::
::: video walk.webm A walk
:::
::: audio tone.ogg A tone
:::
::: file plan.txt The plan
:::
"""


@pytest.fixture
def every_kind(folder, settings):
    """The small course with every kind of block and question, and media beside it."""
    settings.MEDIA_ROOT = folder.parent / "kept"
    media = folder / "media"
    media.mkdir()
    Image.new("RGB", (800, 300), "teal").save(media / "clinic.png")
    (media / "walk.webm").write_bytes(b"\x1aE\xdf\xa3webm" + bytes(60))
    (media / "walk.en.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nCome in.\n")
    Image.new("RGB", (64, 36)).save(media / "walk.poster.webp")
    (media / "tone.ogg").write_bytes(b"OggS" + bytes(60))
    (media / "plan.txt").write_text("One, two.")
    files = [{"file": name, "words": both(name)} for name in ("clinic.png", "tone.ogg", "plan.txt")]
    film = {"file": "walk.webm", "words": both("A walk"), "seconds": 2, "width": 64, "height": 36}
    (media / "media.yaml").write_text(yaml.safe_dump([*files, film]))
    for language in ("en", "es"):
        (folder / "m1" / f"first.{language}.md").write_text(EVERY_KIND)
    questions = [{"id": kind, "kind": kind, **body} for kind, body in TEN.items()]
    (folder / "m1" / "check.yaml").write_text(yaml.safe_dump({"questions": questions}))
    return folder


def test_every_kind_of_block_and_question_loads_ready_for_everybody(every_kind):
    course = load_course(every_kind, Report())

    first, check = Document.read(Course.objects.get(pk=course.pk).current.document).lessons
    assert {block.kind for block in first.blocks} == set(Block.Kind.values)
    assert [question.kind for question in check.questions] == list(TEN)
    silent = ["what is said in the sound stands nowhere in writing"]
    assert [found for block in first.blocks for found in barriers(block)] == silent
    shown = {piece.kind: piece for piece in pieces(first.blocks, {}, {}, course="tiny")}
    assert shown["text"].body.count("<img ") == 1
    assert "640w" in shown["text"].body
    assert 'alt="A clinic"' in shown["text"].body
    assert "<img " in shown["accordion"].items[1].body
    assert [track for track, _source in shown["video"].media.tracks] == ["en"]
    assert (shown["video"].media.seconds, bool(shown["video"].media.poster.sha256)) == (2, True)
    assert [len(scene.choices) for scene in shown["scenario"].walk.all_scenes] == [2, 0]


def test_loading_media_again_changes_nothing_and_new_bytes_stay_the_same_file(every_kind):
    load_course(every_kind, Report())
    before, again = list(Media.objects.order_by("pk").values()), Report()

    load_course(every_kind, again)

    assert again.unchanged == ["tiny"]
    assert list(Media.objects.order_by("pk").values()) == before
    Image.new("RGB", (900, 300), "navy").save(every_kind / "media" / "clinic.png")
    load_course(every_kind, Report())
    uuids = {row["uuid"] for row in before}
    assert {media.uuid for media in Media.objects.all()} == uuids
    old, new = (v.document["modules"][0]["lessons"][0]["blocks"][0]["settings"]["pictures"][0]
                for v in CourseVersion.objects.order_by("number"))  # fmt: skip
    assert (old["width"], new["width"]) == (800, 900)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "media/media.yaml",
            "- file: gone.png\n  words: {en: A, es: B}\n",
            r"media.yaml:1: .*gone",
        ),
        ("media/media.yaml", "- file: tone.ogg\n  words: {en: A}\n", r"media.yaml:2: .* in es"),
        ("media/walk.en.vtt", "WEBVTT\n\n00:02.000 --> 00:01.000\nNo.\n", r"en.vtt:3: "),
        ("m1/check.yaml", "questions:\n- id: a\n  kind: single\n", r"check.yaml:2: .*«a»"),
        ("m1/check.yaml", "questions:\n- {id: a, kind: odd}\n", r"check.yaml:2: .*«odd»"),
        ("m1/check.yaml", "questions: [\n", r"check.yaml:2: "),
        ("m1/module.yaml", "title: {en: A}\nlessons:\n- slug: a\n", r"module.yaml:3: «kind»"),
    ],
)
def test_a_mistake_is_named_by_its_file_and_line(every_kind, name, text, reason):
    (every_kind / name).write_text(text)

    with pytest.raises(ContentError, match=reason):
        load_course(every_kind, Report())


def test_languages_that_disagree_about_what_is_right_are_refused(every_kind):
    wrong = EVERY_KIND.replace("- [x] This", "- [ ] This").replace("- [ ] That", "- [x] That")
    (every_kind / "m1" / "first.es.md").write_text(wrong)

    with pytest.raises(ContentError, match=r"first.es.md:27: this check is not built as in"):
        load_course(every_kind, Report())


@pytest.fixture
def drawing(folder):
    """The small course with a bank beside it, from which its quiz draws one of two."""
    (folder.parent / "banks").mkdir()
    write_bank(folder, "True?", "Also true?")
    write(folder / "m1" / "check.yaml", questions=[], draws=[{"bank": "pool", "count": 1}])
    return folder


def write_bank(folder, *prompts):
    questions = [
        {"id": f"q{n}", "kind": "true_false", "tags": ["easy"], "prompt": both(words),
         "answer": True}
        for n, words in enumerate(prompts)
    ]  # fmt: skip
    write(folder.parent / "banks" / "pool.yaml", title="Pool", questions=questions)


def test_a_quiz_draws_from_a_bank_of_the_files(drawing):
    load_all(drawing.parent)

    assert [row.tags for row in Bank.objects.get(slug="pool").questions.all()] == [["easy"]] * 2
    (pool,) = document_of(Course.objects.get().current_id).lesson("check").pools
    assert (pool.count, len(pool.questions)) == (1, 2)
    assert load_all(drawing.parent).unchanged == ["tiny"]


def test_a_bank_whose_file_changed_is_published_with_the_same_questions(drawing):
    load_all(drawing.parent)
    before = document_of(Course.objects.get().current_id).lesson("check").pools[0].questions
    write_bank(drawing, "Really true?")

    assert load_all(drawing.parent).published == ["tiny"]

    (now,) = document_of(Course.objects.get().current_id).lesson("check").pools[0].questions
    assert now.uuid == before[0].uuid
    assert now.body["prompt"] == both("Really true?")


def test_a_bank_that_a_trainer_changed_is_left_alone_and_so_is_its_course(drawing, person):
    load_all(drawing.parent)
    mine = Bank.objects.get().questions.first()
    banks.delete(mine, by=person)
    write_bank(drawing, "True?", "Also true?", "A third?")

    report = load_all(drawing.parent)

    assert (report.published, report.left_alone) == ([], ["tiny"])
    assert Bank.objects.get().questions.count() == 1


def test_a_quiz_that_draws_from_an_unknown_bank_is_refused(drawing):
    (drawing.parent / "banks" / "pool.yaml").unlink()

    with pytest.raises(ContentError, match=r"check.yaml:2: there is no bank «pool»"):
        load_all(drawing.parent)


def test_a_mistake_in_a_bank_is_named_by_its_line(drawing):
    text = "title: Pool\nquestions:\n- {id: a, kind: odd}\n"
    (drawing.parent / "banks" / "pool.yaml").write_text(text)

    with pytest.raises(ContentError, match=r"pool.yaml:3: .*«odd»"):
        load_all(drawing.parent)


def test_the_series_keeps_its_order(folder):
    write(folder.parent / "series.yaml")
    (folder.parent / "series.yaml").write_text(
        yaml.safe_dump([{"slug": "s", "title": both("S"), "needed": 1, "courses": ["tiny"]}])
    )

    assert load_all(folder.parent).series == 1
    assert load_all(folder.parent).series == 1

    assert [member.course.slug for member in Series.objects.get().members.all()] == ["tiny"]


@pytest.mark.django_db(transaction=True)
def test_loading_and_publishing_at_once_never_block_each_other(folder, monkeypatch):
    """On PostgreSQL one would hold the draft and want the course, the other hold the course."""
    load_course(folder, Report())
    edited = folder / "m1" / "first.en.md"
    edited.write_text(PAGE.replace("Words", "New words"))
    draft, filling = Draft.objects.get(), Event()
    fill = loading._fill

    def slowly(*args):
        filling.set()
        sleep(0.5)  # long enough for the publication to take its first lock
        fill(*args)

    def publish_too():
        filling.wait(30)
        return publish(draft, by=None, policy="update")

    monkeypatch.setattr(loading, "_fill", slowly)
    outcomes = at_once(lambda: load_course(folder, Report()), publish_too)

    assert not [error for error in outcomes if isinstance(error, Exception)], outcomes
    assert CourseVersion.objects.count() == 2
