from threading import Event
from time import sleep

import pytest
import yaml

from courses import loading
from courses.loading import ContentError, Report, load_all, load_course
from courses.models import Completion, Course, CourseVersion, Draft, Series
from courses.publishing import publish
from tests.factories import both, enrolled, finish
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
        ("::: callout A\nno end", "not closed"),
        ("::: mystery\n:::", "opens no block"),
        ("Only text.", "different blocks"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_loaded(folder, text, reason):
    (folder / "m1" / "first.es.md").write_text(text)

    with pytest.raises(ContentError, match=reason):
        load_course(folder, Report())

    assert not Course.objects.exists()


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
