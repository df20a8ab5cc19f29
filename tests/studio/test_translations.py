"""A course in two languages: what is missing, what its source left behind, who read it over."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import Block, CourseVersion, CreditApproval, CreditType, Translation
from courses.packing import Package
from courses.publishing import freeze, publish
from courses.studio import editing, wording
from courses.studio.importing import bring_in
from courses.translations import all_texts, rows_of, state_of, tally_of_document
from courses.words import at, texts_of, texts_of_lesson
from tests.factories import approved, both, make_draft, make_person
from tests.studio.test_packing import exported, forget

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson(draft):
    return draft.modules.get().lessons.order_by("position").first()


@pytest.fixture
def block(lesson):
    return lesson.blocks.get()


@pytest.fixture
def reader(db):
    return make_person(name="Inés Alba", may_author=True)


@pytest.fixture
def to(url, lesson):
    return url("studio:translate-texts", "es", lesson.uuid)


def frozen(draft):
    draft.refresh_from_db()
    return freeze(draft)


def body_of(draft, block):
    found = all_texts(frozen(draft))
    return next(t for t in found if (t.item, t.path) == (str(block.uuid), "body"))


def state(draft, block):
    draft.refresh_from_db()
    return state_of(body_of(draft, block), "es", rows_of(draft))


def sent(draft, block, words, **more):
    text = body_of(draft, block)
    base = wording.base_of(text, "es")
    return {"item": text.item, "path": "body", "base": base, "words": words, **more}


def rewrite(block, trainer, **languages):
    block.refresh_from_db()
    base = editing.mark_of(block)
    editing.save_block(block, by=trainer, base=base, values={"body": {**block.body, **languages}})


def approve(course, **terms):
    kind, _made = CreditType.objects.get_or_create(
        slug="ches", defaults={"name": both("CHES"), "unit": both("hours"), "step": "0.25"}
    )
    return CreditApproval.objects.create(
        course=course,
        credit_type=kind,
        hours="1.5",
        provider_name="Us",
        recorded_by=make_person(may_credit=True),
        **{"valid_from": timezone.localdate(), **terms},
    )


# --- Finding the texts


def test_every_text_is_found_by_its_shape(draft):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    data = next(
        lesson
        for m in frozen(draft)["modules"]
        for lesson in m["lessons"]
        if lesson["kind"] == "quiz"
    )

    paths = [t.path for t in texts_of_lesson(data) if t.item == str(quiz.questions.first().uuid)]

    assert paths == [
        "body/prompt",
        *(f"body/options/{i}/{part}" for i in "abc" for part in ("text", "feedback")),
        "body/explanation",
    ]


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"parts": [{"id": "a/b", "text": {"en": "x"}}]}, "settings/parts/a%2Fb/text", {"en": "x"}),
        ([{"en": "x"}], "settings/0", {"en": "x"}),
        ({"en": "/film.vtt", "es": "/pelicula.vtt"}, "settings", None),
        ({"en": "57%"}, "settings", None),
        ({"en": 5}, "settings", None),
        ({}, "settings", None),
        ({"en": "x", "other": "y"}, "settings", None),
    ],
)
def test_what_is_a_text(value, path, found):
    assert at(value, "settings") is None or path == "settings"
    texts = texts_of("lesson", "item", {"title": {}, "settings": value})
    assert {t.path: dict(t.words) for t in texts} == ({path: found} if found else {})


# --- What a change means


def test_a_source_that_changes_alone_leaves_its_translation_behind(draft, block, trainer):
    assert state(draft, block) == "translated"

    rewrite(block, trainer, en="<p>New words.</p>")
    assert state(draft, block) == "stale"
    rewrite(block, trainer, en="<p>Newer words.</p>")
    assert state(draft, block) == "stale"
    rewrite(block, trainer, en="<p>Words.</p>")
    assert state(draft, block) == "translated"  # as it was when it was translated


def test_both_languages_changed_together_are_in_step(draft, block, trainer):
    rewrite(block, trainer, en="<p>New.</p>", es="<p>Nuevo.</p>")

    assert state(draft, block) == "translated"
    assert Translation.objects.get().translated_by == trainer


def test_a_stale_text_that_is_translated_again_is_in_step(draft, block, trainer, studio, to):
    rewrite(block, trainer, en="<p>New.</p>")

    assert studio.post(to, sent(draft, block, "<p>Nuevo.</p>")).status_code == 303

    assert state(draft, block) == "translated"
    block.refresh_from_db()
    assert (block.body["es"], block.revision) == ("<p>Nuevo.</p>", 3)


def test_a_text_restored_over_it_is_not_judged_by_the_old_row(draft, block, trainer):
    from courses.studio.restoring import restore

    publish(draft, by=None, policy="update")
    rewrite(block, trainer, en="<p>New.</p>")
    assert state(draft, block) == "stale"

    restore(draft, CourseVersion.objects.get(), by=trainer)

    assert state(draft, block) == "translated"


def test_the_head_of_the_course_is_followed_too(draft, trainer):
    editing.save_details(
        draft,
        by=trainer,
        base=editing.mark_of(draft),
        values={"title": {**draft.title, "en": "Another name"}},
        practices=[],
        competencies=[],
    )

    tally = tally_of_document(frozen(draft), "es", rows_of(draft))
    assert tally.counts["stale"] == 1
    assert tally.done == tally.total - 1


# --- By a machine, and read over


def test_what_a_machine_wrote_waits_for_a_reader(draft, block, trainer, reader, client, to):
    client.force_login(trainer)
    client.post(to, sent(draft, block, "<p>Máquina.</p>", machine="on"))
    assert state(draft, block) == "machine"

    client.force_login(reader)
    assert "by a machine" in client.get(to).content.decode()
    text = sent(draft, block, "", machine="on", review="1")
    assert [client.post(to, text).status_code for _ in range(2)] == [303, 303]

    assert state(draft, block) == "reviewed"
    page = client.get(to).content.decode()
    assert "Rosa Delgado" in page
    assert "read over by Inés Alba" in page
    block.refresh_from_db()
    assert block.body["es"] == "<p>Máquina.</p>"


def test_nobody_reviews_alone_what_they_wrote(draft, block, trainer, reader, client, to):
    client.force_login(trainer)
    client.post(to, sent(draft, block, "<p>Mías.</p>"))
    client.post(to, sent(draft, block, "", review="1"))
    assert state(draft, block) == "translated"

    client.force_login(reader)
    client.post(to, sent(draft, block, "", review="1"))
    assert state(draft, block) == "reviewed"


def test_reading_over_brings_a_stale_text_back_in_step(draft, block, trainer, studio, to):
    rewrite(block, trainer, en="<p>Words!</p>")

    studio.post(to, sent(draft, block, "", review="1"))

    assert state(draft, block) in {"translated", "reviewed"}


def test_what_is_not_there_cannot_be_read_over(draft, block, trainer, studio, to):
    Block.objects.filter(pk=block.pk).update(body={"en": "<p>Words.</p>"})

    answer = studio.post(to, sent(draft, block, "", review="1"))

    assert answer.status_code == 422
    assert "no translation to read over yet" in answer.content.decode()


def test_saying_that_it_was_a_machine_changes_no_text_and_keeps_stale_stale(
    draft, block, trainer, studio, to
):
    rewrite(block, trainer, en="<p>New.</p>")
    before = Block.objects.get(pk=block.pk).revision

    studio.post(to, sent(draft, block, block.body["es"], machine="on"))

    assert state(draft, block) == "stale"
    assert Translation.objects.get().origin == "machine"
    assert Block.objects.get(pk=block.pk).revision == before


# --- Saving against what the translator saw


def test_a_source_that_changed_meanwhile_is_not_translated_unseen(
    draft, block, trainer, studio, to
):
    begun = sent(draft, block, "<p>Precioso.</p>")
    rewrite(block, trainer, en="<p>Something else.</p>")

    answer = studio.post(to, begun)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Precioso." in html
    assert "Something else." in html
    assert "Someone else saved this after you opened it" in html
    block.refresh_from_db()
    assert block.body["es"] == "<p>Words.</p> (es)"
    mark = answer.context["conflict"]["mark"]
    assert studio.post(to, {**begun, "replace": mark}).status_code == 303
    block.refresh_from_db()
    assert block.body["es"] == "<p>Precioso.</p>"


def test_a_save_whose_answer_was_lost_may_be_repeated(draft, block, studio, to):
    begun = sent(draft, block, "<p>Otra vez.</p>")

    assert [studio.post(to, begun).status_code for _ in range(2)] == [303, 303]

    block.refresh_from_db()
    assert block.revision == 2


def test_it_saves_itself_by_htmx_with_one_line_and_the_next_mark(draft, block, studio, to, htmx):
    answer = studio.post(to, sent(draft, block, "<p>Uno.</p>"), headers=htmx)

    html = answer.content.decode()
    assert html.count("hx-swap-oob") == 3
    assert "Saved" in html
    assert 'name="review"' in html  # it can be read over now
    assert wording.base_of(body_of(draft, block), "es") in html
    begun = sent(draft, block, "<p>Dos.</p>")
    assert studio.post(to, begun, headers=htmx).status_code == 200
    stale = studio.post(to, {**begun, "words": "<p>Tres.</p>"}, headers=htmx)
    assert stale.status_code == 422
    assert "gw-conflict" in stale.content.decode()


def test_a_button_by_htmx_answers_with_the_text_alone(draft, block, studio, to, htmx):
    answer = studio.post(to, sent(draft, block, "<p>Uno.</p>", done="1"), headers=htmx)

    html = answer.content.decode()
    assert html.lstrip().startswith("<li")
    assert answer["HX-Reswap"] == "outerHTML"


def test_html_is_cleaned_and_plain_text_is_not(draft, lesson, block, studio, to):
    studio.post(to, sent(draft, block, "<p>Sí</p><script>no</script>"))
    title = {"item": str(lesson.uuid), "path": "title", "words": "1 < 2 <b>"}
    text = next(t for t in all_texts(frozen(draft)) if t.item == str(lesson.uuid))
    studio.post(to, {**title, "base": wording.base_of(text, "es")})

    lesson.refresh_from_db()
    block.refresh_from_db()
    assert block.body["es"] == "<p>Sí</p>no"
    assert lesson.title["es"] == "1 < 2 <b>"


def test_a_text_inside_a_question_is_saved_where_it_belongs(draft, studio, url):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    question = quiz.questions.order_by("position").first()
    before = question.body
    to = url("studio:translate-texts", "es", quiz.uuid)
    text = next(
        t
        for t in all_texts(frozen(draft))
        if t.item == str(question.uuid) and t.path == "body/options/b/feedback"
    )

    answer = studio.post(
        to,
        {
            "item": text.item,
            "path": text.path,
            "base": wording.base_of(text, "es"),
            "words": "Bien pensado",
        },
    )

    assert answer.status_code == 303
    question.refresh_from_db()
    before["options"][1]["feedback"]["es"] = "Bien pensado"
    assert question.body == before


def test_a_question_with_formatting_keeps_its_plain_words_in_step(draft, studio, url):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    question = quiz.questions.first()
    question.body["prompt_html"] = {"en": "<p>Which <strong>one</strong>?</p>"}
    question.body["prompt"] = {"en": "Which one?"}
    question.save()
    mine = [t for t in all_texts(frozen(draft)) if t.item == str(question.uuid)]
    text = mine[0]
    assert (text.path, text.html) == ("body/prompt_html", True)
    assert "body/prompt" not in [t.path for t in mine]
    base = wording.base_of(text, "es")

    studio.post(
        url("studio:translate-texts", "es", quiz.uuid),
        {"item": text.item, "path": text.path, "base": base, "words": "<p>¿Cuál?</p>"},
    )

    question.refresh_from_db()
    assert question.body["prompt_html"]["es"] == "<p>¿Cuál?</p>"
    assert question.body["prompt"] == {"en": "Which one?", "es": "¿Cuál?"}


def test_html_inside_a_block_is_known_by_its_kind(draft, lesson):
    parts = {"items": [{"id": "a", "title": both("One"), "body": both("<p>Inside</p>")}]}
    for kind in ("accordion", "glossary"):
        lesson.blocks.create(kind=kind, settings=parts, position=5)

    found = [(t.kind, t.path, t.html) for t in all_texts(frozen(draft)) if "settings" in t.path]

    assert found == [
        ("accordion", "settings/items/a/title", False),
        ("accordion", "settings/items/a/body", True),
        ("glossary", "settings/items/a/title", False),
        ("glossary", "settings/items/a/body", False),
    ]


@pytest.mark.parametrize(
    "instead",
    [
        {"item": "7b7b7b7b-0000-4000-8000-000000000000"},
        {"item": "nonsense"},
        {"path": "settings"},
        {"path": "body/en"},
        {"path": ""},
    ],
)
def test_a_place_that_is_no_text_of_this_lesson_is_not_found(draft, block, studio, to, instead):
    assert studio.post(to, {**sent(draft, block, "x"), **instead}).status_code == 404


def test_a_text_of_another_course_is_not_found_here(draft, block, studio, to):
    other = make_draft(lessons=["page"])
    theirs = other.modules.get().lessons.get().blocks.get()

    assert studio.post(to, sent(other, theirs, "<p>x</p>")).status_code == 404
    theirs.refresh_from_db()
    assert theirs.revision == 1


def test_only_languages_to_translate_into_have_a_page(studio, url):
    assert studio.get(url("studio:translate", "en")).status_code == 404
    assert studio.get(url("studio:translate", "xx")).status_code == 404


# --- Publishing what earns credit


def test_a_credit_course_is_whole_in_the_languages_it_claims(draft, block, trainer, studio, url):
    approve(draft.course)
    rewrite(block, trainer, en="<p>New.</p>")

    with pytest.raises(ValidationError, match="out of date"):
        publish(draft, by=trainer, policy="update")
    page = studio.get(url("studio:publish")).content.decode()
    assert url("studio:translate-texts", "es", block.lesson.uuid) in page

    rewrite(block, trainer, es="<p>Nuevo.</p>")
    assert publish(approved(draft), by=trainer, policy="update").number == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda block, trainer: Block.objects.filter(pk=block.pk).update(body={"en": "<p>x</p>"}),
        lambda block, trainer: wording.put(
            block.lesson.module.draft,
            wording.Place(block.uuid, "body", "es"),
            "<p>Máquina</p>",
            by=trainer,
            base=wording.base_of(body_of(block.lesson.module.draft, block), "es"),
            machine=True,
        ),
    ],
    ids=["missing", "machine"],
)
def test_missing_or_unread_words_keep_it_from_being_published(draft, block, trainer, spoil):
    approve(draft.course)
    spoil(block, trainer)

    with pytest.raises(ValidationError, match="whole in each of its languages"):
        publish(draft, by=trainer, policy="update")


def test_what_is_not_claimed_may_be_published(draft, block, trainer):
    Block.objects.filter(pk=block.pk).update(body={"en": "<p>x</p>"})
    approve(draft.course)

    draft.languages = ["en"]
    draft.save()

    assert publish(approved(draft), by=trainer, policy="update").number == 1


def test_what_earns_no_credit_any_more_may_be_published(draft, block, trainer):
    Block.objects.filter(pk=block.pk).update(body={"en": "<p>x</p>"})
    today = timezone.localdate()
    approval = approve(draft.course, valid_from=today - datetime.timedelta(9), valid_to=today)
    with pytest.raises(ValidationError):
        publish(draft, by=trainer, policy="update")

    CreditApproval.objects.filter(pk=approval.pk).update(withdrawn_at=timezone.now())

    assert publish(draft, by=trainer, policy="update").number == 1


# --- In the zip


def test_the_state_of_translations_travels_without_names(draft, block, trainer, reader):
    rewrite(block, trainer, en="<p>New.</p>", es="<p>Nuevo.</p>")
    wording.review(
        draft,
        wording.Place(block.uuid, "body", "es"),
        by=reader,
        base=wording.base_of(body_of(draft, block), "es"),
    )
    rewrite(block, trainer, en="<p>Newer.</p>")
    file, slug = exported(draft.course), draft.course.slug
    assert b"Rosa" not in file.getvalue()
    forget(draft.course)

    reports = [bring_in(Package(file), by=None) for _ in range(2)]

    assert [report.enclosed for report in reports] == [["the state of 1 translation"], []]
    course = reports[0].course
    course.refresh_from_db()
    assert course.slug == slug
    assert state(course.draft, block) == "stale"
    assert Translation.objects.get().translated_by is None
    assert exported(course).getvalue() == file.getvalue()


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("name", ["translate", "translate-texts"])
def test_the_pages_cost_the_same_for_any_size(studio, trainer, size, name):
    draft = make_draft(lessons=["page"] * size)
    lesson = draft.modules.get().lessons.first()
    for _ in range(size - 1):
        lesson.blocks.create(kind="text", body=both("<p>More.</p>"), position=9)
    for block in lesson.blocks.all():
        rewrite(block, trainer, es="<p>Otra.</p>")
    args = [draft.course.slug, "es", *([lesson.uuid] if name == "translate-texts" else [])]

    with CaptureQueriesContext(connection) as asked:
        assert studio.get(reverse(f"studio:{name}", args=args)).status_code == 200
    assert len(asked) == {"translate": 11, "translate-texts": 10}[name]
