import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import Completion, CourseVersion, Enrolment, Lesson, Removed
from courses.publishing import fingerprint, freeze, publish
from courses.studio import editing, removing, restoring
from lms import outbox
from tests.factories import both, enrolled, finish, make_draft, make_lesson, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(draft):
    publish(draft, by=None, policy="update")
    return draft


@pytest.fixture
def to(url):
    return url("studio:publish")


def edit(draft, trainer, title="Edited"):
    lesson = draft.modules.get().lessons.order_by("position").first()
    base = editing.mark_of(lesson)
    values = {"title": both(title), "slug": lesson.slug}
    return editing.save_lesson(lesson, by=trainer, base=base, values=values)


def revision(draft):
    draft.refresh_from_db()
    return draft.revision


def test_the_first_version_asks_for_no_policy(studio, draft, to, url, trainer):
    page = studio.get(to).content.decode()
    assert 'name="policy"' not in page

    answer = studio.post(to, {"revision": revision(draft), "note": "Hello."})

    assert answer["Location"] == url("studio:published", 1)
    version = CourseVersion.objects.get()
    assert (version.number, version.note, version.author) == (1, "Hello.", trainer)
    assert "catalogue now" in studio.get(answer["Location"]).content.decode()


def test_the_page_says_what_changed_and_whom_it_touches(studio, published, to, trainer):
    course = published.course
    course.refresh_from_db()
    for _ in range(3):
        enrolled(make_person(), course)
    finish(enrolled(make_person(), course))
    edit(published, trainer, "Edited title")

    page = studio.get(to).content.decode()

    assert "3 under way, 1 done." in page
    assert "Edited" in page
    assert "<ins>" in page
    assert "<del>" in page


def test_publishing_twice_is_publishing_once(studio, published, to, trainer):
    edit(published, trainer)
    sent = {"revision": revision(published), "policy": "correction", "note": ""}

    answers = [studio.post(to, sent) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert CourseVersion.objects.count() == 2


def test_a_draft_that_changed_since_is_not_published_unseen(studio, published, to, trainer):
    edit(published, trainer)
    seen = revision(published)
    edit(published, trainer, "Someone else's words")

    answer = studio.post(to, {"revision": seen, "policy": "update", "note": "My note"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "The draft was changed after you opened this page." in html
    assert "Someone" in html
    assert "My note" in html
    assert CourseVersion.objects.count() == 1
    sent = {"revision": answer.context["draft"].revision, "policy": "update"}
    assert studio.post(to, sent).status_code == 303


@pytest.mark.parametrize("due", ["", "2020-01-01", "soon"])
def test_a_required_version_needs_a_day_that_is_still_to_come(studio, published, to, trainer, due):
    edit(published, trainer)

    answer = studio.post(to, {"revision": revision(published), "policy": "required", "due_on": due})

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"due_on"}
    assert 'value="required" id="policy-required" checked' in answer.content.decode()


def test_a_required_version_asks_those_done_again(studio, published, to, trainer):
    course = published.course
    course.refresh_from_db()
    before = enrolled(make_person(), course)
    finish(before)
    make_lesson(published.modules.get(), title=both("New duty"))
    editing.touch(published, trainer)
    due = timezone.localdate() + datetime.timedelta(days=30)

    answer = studio.post(
        to, {"revision": revision(published), "policy": "required", "due_on": due.isoformat()}
    )
    while outbox.work():
        pass

    assert "asked to do what is new" in studio.get(answer["Location"]).content.decode()
    again = Enrolment.objects.get(cycle=2)
    assert (again.person, again.due_on) == (before.person, due)
    assert Completion.objects.count() == 1


@pytest.mark.parametrize("policy", ["", "silent", "Correction"])
def test_a_policy_is_one_of_three(studio, published, to, trainer, policy):
    edit(published, trainer)

    answer = studio.post(to, {"revision": revision(published), "policy": policy})

    assert answer.status_code == 422
    assert CourseVersion.objects.count() == 1


def test_what_is_in_the_way_is_listed_with_links(studio, draft, to, url, trainer):
    module = draft.modules.get()
    quiz = module.lessons.get(kind="quiz")
    question = quiz.questions.first()
    question.body["options"] = []
    question.save()
    empty = make_lesson(module)
    empty.blocks.all().delete()

    page = studio.get(to).content.decode()
    assert url("studio:question", quiz.uuid, question.uuid) in page
    assert url("studio:lesson", empty.uuid) in page
    answer = studio.post(to, {"revision": revision(draft)})

    assert answer.status_code == 422
    assert "Please mend what is listed above first." in answer.content.decode()
    assert not CourseVersion.objects.exists()


def test_missing_spanish_is_said_and_keeps_nothing_from_being_published(studio, draft, to):
    lesson = draft.modules.get().lessons.first()
    lesson.title = {"en": "Only English"}
    lesson.save()

    assert "is not all in Spanish yet" in studio.get(to).content.decode()
    assert studio.post(to, {"revision": revision(draft)}).status_code == 303


def test_an_equal_draft_has_nothing_to_publish(studio, published, to):
    assert "Nothing to publish" in studio.get(to).content.decode()


def test_the_history_lists_what_was_published(studio, published, url, trainer):
    edit(published, trainer)
    publish(published, by=trainer, policy="correction", note="A typo.")

    answer = studio.get(url("studio:versions"))

    page = answer.content.decode()
    assert [version.number for version in answer.context["versions"]] == [2, 1]
    assert "A typo." in page
    assert "Rosa Delgado" in page
    assert page.count("Learners read this") == 1


def test_a_version_of_the_past_is_read_as_it_was(studio, published, url, trainer):
    lesson = published.modules.get().lessons.first()
    old = lesson.title["en"]
    edit(published, trainer, "Edited title")

    draft_page = studio.get(url("studio:preview-lesson", lesson.slug)).content.decode()
    old_page = studio.get(url("studio:version-lesson", 1, lesson.slug)).content.decode()

    assert "This is a preview of the draft." in draft_page
    assert "Edited title" in draft_page
    assert "This is version 1" in old_page
    assert old in old_page
    assert "Edited title" not in old_page
    assert studio.get(url("studio:version", 9)).status_code == 404


def test_going_back_to_a_version(studio, published, url, trainer):
    """Everything is as it was, by uuid; what came later is gone; the draft's revision goes on."""
    sha = CourseVersion.objects.get().sha256
    module = published.modules.get()
    page, quiz = module.lessons.order_by("position")
    block = page.blocks.get()
    editing.save_block(block, by=trainer, base="1", values={"body": both("<p>Later.</p>")})
    removing.delete(published, quiz, by=trainer)
    later = make_lesson(module, title=both("Later"))
    second = published.modules.create(title=both("Later"), position=2)
    editing.move_lesson(page, by=trainer, into=second, before=None)
    before = revision(published)
    assert "Later" in studio.get(url("studio:restore", 1)).content.decode()

    answers = [studio.post(url("studio:restore", 1), {"revision": before}) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    published.refresh_from_db()
    assert fingerprint(freeze(published)) == sha
    assert published.revision == before + 1
    assert published.changed_by == trainer
    assert not Lesson.objects.filter(pk=later.pk).exists()
    restored = Lesson.objects.get(uuid=page.uuid).blocks.get()
    assert restored.uuid == block.uuid
    assert restored.revision == published.revision  # an editor opened before is refused
    with pytest.raises(editing.Stale):
        editing.save_block(restored, by=trainer, base="2", values={"body": both("<p>Old.</p>")})


def test_what_the_draft_said_before_can_be_brought_back(studio, published, url, trainer):
    """Once, however often it is asked for; what a version says is not kept a second time."""
    block = published.modules.get().lessons.first().blocks.get()
    typed = {"body": both("<p>Typed for hours.</p>")}
    editing.save_block(block, by=trainer, base="1", values=typed)
    published.refresh_from_db()
    before = fingerprint(freeze(published))

    answer = studio.post(url("studio:restore", 1), {"revision": revision(published)}, follow=True)

    (kept,) = Removed.objects.all()
    assert "What the draft said before is kept." in answer.text
    assert "The whole draft, before it was replaced" in studio.get(url("studio:removed")).text
    for _ in range(2):
        answer = studio.post(url("studio:removed"), {"back": kept.pk})
        assert answer["Location"] == url("studio:course")
    published.refresh_from_db()
    assert fingerprint(freeze(published)) == before
    assert not Removed.objects.exists()
    restored = published.modules.get().lessons.first().blocks.get()
    assert restored.revision > 2  # an editor opened before is refused


def test_of_two_drafts_in_turn_neither_is_lost(published, trainer):
    version = CourseVersion.objects.get()
    edit(published, trainer, "First thoughts")
    first = restoring.restore(published, version, by=trainer)
    edit(published, trainer, "Second thoughts")

    restoring.bring_back(first, by=trainer)

    assert Lesson.objects.filter(title=both("First thoughts")).exists()
    (second,) = Removed.objects.all()
    assert "Second thoughts" in str(second.data)


def test_going_back_is_refused_when_the_draft_changed_since(studio, published, url, trainer):
    seen = revision(published)
    edit(published, trainer, "Precious")

    answer = studio.post(url("studio:restore", 1), {"revision": seen})

    assert answer.status_code == 422
    assert "Precious" in answer.content.decode()
    assert Lesson.objects.filter(title=both("Precious")).exists()


def test_html_of_an_old_version_is_cleaned_on_its_way_back(published, trainer):
    version = CourseVersion.objects.get()
    document = version.document
    document["modules"][0]["lessons"][0]["blocks"][0]["body"]["en"] = "<p>x</p><script>y</script>"
    document["about"] = {"en": "<img src=x onerror=y>z"}
    edit(published, trainer)

    restoring.restore(published, version, by=trainer)

    published.refresh_from_db()
    assert published.about == {"en": "z"}
    block = published.modules.get().lessons.first().blocks.get()
    assert block.body["en"] == "<p>x</p>y"


def test_a_version_of_another_course_is_refused(draft, trainer):
    other = publish(make_draft(), by=None, policy="update")

    with pytest.raises(ValueError, match="is not of the course"):
        restoring.restore(draft, other, by=trainer)


@pytest.mark.parametrize("lessons", [2, 8])
@pytest.mark.parametrize("name", ["publish", "versions", "restore", "preview"])
def test_a_page_costs_the_same_for_any_size(studio, trainer, lessons, name):
    from django.urls import reverse

    draft = make_draft(lessons=["page", "quiz"] * (lessons // 2))
    publish(draft, by=None, policy="update")
    edit(draft, trainer)
    args = [draft.course.slug, 1] if name == "restore" else [draft.course.slug]

    with CaptureQueriesContext(connection) as asked:
        assert studio.get(reverse(f"studio:{name}", args=args)).status_code == 200
    assert len(asked) == {"publish": 18, "versions": 5, "restore": 11, "preview": 9}[name]


def test_hard_blocks_are_named_before_publishing_and_keep_nothing_from_it(studio, draft, to):
    hard = "<p>" + "Institutional accountability necessitates documentation " * 8 + ".</p>"
    block = draft.modules.get().lessons.get(kind="page").blocks.get()
    block.body = {"en": hard, "es": "<p>" + "Es fácil. La casa es azul. " * 12 + "</p>"}
    block.save()

    page = studio.get(to).content.decode()

    assert "0 of 1 blocks are easy to read in English" in page
    assert "1 of 1 blocks are easy to read in Spanish" in page
    assert "the English reads at grade" in page
    assert studio.post(to, {"revision": revision(draft)}).status_code == 303
