"""Who gets in, and that what is nested is found through its own parent alone."""

import ast
import uuid
from pathlib import Path

import pytest
from django.urls import reverse

import courses.studio
from courses import approving
from courses.models import Block, Lesson, Media, Question
from courses.publishing import publish
from tests.factories import make_draft, make_person
from tests.studio.access import ACCESS

pytestmark = pytest.mark.django_db

POST_ONLY = {
    "studio:arrange",
    "studio:add-module",
    "studio:duplicate-module",
    "studio:duplicate-lesson",
    "studio:arrange-lesson",
    "studio:add-block",
    "studio:begin-upload",
    "studio:upload",
    "studio:remove-media",
    "studio:cancel-publication",
    "studio:ask-review",
    "studio:take-back-review",
    "studio:review",
}

OF_NO_COURSE = {
    "studio:courses", "studio:new-course", "studio:import", "studio:essays", "studio:banks",
}  # fmt: skip
# What a person sent is found by that person alone: see test_exchange and test_uploads.
OF_ONE_PERSON = {"studio:import-preview", "studio:upload"}
# What learners sent: see test_essays.
OF_LEARNERS = {"studio:essay", "studio:take-essay", "studio:give-back-essay"}
# What is in a bank: see test_banks.
OF_BANKS = {name for name in ACCESS if "bank" in name or "questions" in name} - OF_NO_COURSE
NAMES = sorted(ACCESS.keys() - OF_ONE_PERSON - OF_LEARNERS - OF_BANKS)


def parts(draft):
    module = draft.modules.get()
    page, quiz = module.lessons.order_by("position")
    return {
        "slug": draft.course.slug,
        "module": module.uuid,
        "page": page,
        "quiz": quiz,
        "media": Media.objects.create(
            course=draft.course, kind="video", name="a.mp4", sha256=uuid.uuid4().hex * 2, size=1
        ).uuid,
        "image": Media.objects.create(
            course=draft.course, kind="image", name="b.png", sha256=uuid.uuid4().hex * 2, size=1
        ).uuid,
        "language": "en",
        "block": page.blocks.get().uuid,
        "review": approving.ask(draft, by=make_person(may_author=True), revision=draft.revision).pk,
        "question": quiz.questions.first().uuid,
    }


def address(name, of, **instead):
    """The address of a route in this course, with some of its parts from elsewhere."""
    of = {**of, "number": 1, "language": "es", **instead}
    about = name.removeprefix("studio:")
    lesson = (
        of.get("lesson")
        or (
            of["quiz"]
            if "question" in about or about in {"draws", "items", "regrade"}
            else of["page"]
        ).uuid
    )
    slug_of_lesson = of.get("lesson_slug") or of["page"].slug
    rest = {
        "courses": [],
        "new-course": [],
        "module": ["module"],
        "thread": ["block"],
        "duplicate-module": ["module"],
        "delete-module": ["module"],
        "add-lesson": ["module"],
        "block": ["lesson", "block"],
        "delete-block": ["lesson", "block"],
        "media-file": ["media"],
        "picture": ["image"],
        "remove-media": ["media"],
        "captions": ["media", "language"],
        "question": ["lesson", "question"],
        "delete-question": ["lesson", "question"],
        "regrade": ["lesson", "question"],
        "preview-lesson": ["lesson_slug"],
        "translate": ["language"],
        "translate-texts": ["language", "lesson"],
        "version": ["number"],
        "review": ["review"],
        "published": ["number"],
        "restore": ["number"],
        "version-lesson": ["number", "lesson_slug"],
    }
    of = {**of, "lesson": lesson, "lesson_slug": slug_of_lesson}
    if name in OF_NO_COURSE:
        return reverse(name)
    within = [
        "lesson", "lesson-acts", "rename-lesson", "lesson-settings", "duplicate-lesson",
        "delete-lesson", "arrange-lesson", "add-block", "new-question", "draws", "items",
    ]  # fmt: skip
    names = rest.get(about, ["lesson"] if about in within else [])
    url = reverse(name, args=[of["slug"], *(of[part] for part in names)])
    return f"{url}?kind=single" if about == "new-question" else url


@pytest.fixture
def published(draft, trainer):
    publish(draft, by=trainer, policy="update")
    return draft


@pytest.mark.parametrize("name", NAMES)
def test_a_trainer_comes_in_and_nobody_else(name, published, client, trainer):
    url = address(name, parts(published))
    act = client.post if name in POST_ONLY else client.get

    signed_out = act(url)
    assert signed_out.status_code == 302
    assert signed_out["Location"].startswith(reverse("account_login"))
    for marks in ({}, {"may_host": True}, {"may_credit": True}, {"is_staff": True}):
        client.force_login(make_person(**marks))
        assert act(url).status_code in {404, 302}, marks
        assert "/studio/" not in act(url).get("Location", "")
    client.force_login(trainer)
    if name not in POST_ONLY:
        opened = act(url)
        # A picture by its name leads to the file that it is now.
        assert opened.status_code == (302 if name == "studio:picture" else 200)
        opened.close()
    else:  # a link to what only a form may do, as the sign-in page gives it
        assert client.get(url)["Location"].startswith("/studio/course/")


@pytest.mark.parametrize("name", sorted(set(NAMES) - OF_NO_COURSE))
def test_what_is_not_there_is_not_found(name, published, studio):
    act = studio.post if name in POST_ONLY else studio.get
    mine = parts(published)

    assert act(address(name, mine, slug="no-such-course")).status_code == 404
    for part in ("module", "block", "question", "media", "image"):
        wrong = address(name, mine, **{part: uuid.uuid4()})
        if wrong != address(name, mine):
            assert act(wrong).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_another_course_is_not_found_through_this_one(name, published, studio):
    other = make_draft(lessons=["page", "quiz"])
    publish(other, by=None, policy="update")
    mine, theirs = parts(published), parts(other)
    act = studio.post if name in POST_ONLY else studio.get

    for part in ("module", "block", "question", "media", "image", "review"):
        wrong = address(name, mine, **{part: theirs[part]})
        if wrong != address(name, mine):
            assert act(wrong).status_code == 404
            assert studio.post(wrong).status_code in {404, 405}
    wrong = address(name, mine, lesson=theirs["page"].uuid, lesson_slug=theirs["page"].slug)
    if wrong != address(name, mine):
        assert act(wrong).status_code == 404
        assert studio.post(wrong).status_code in {404, 405}
    assert Lesson.objects.count() == 4
    assert (Block.objects.count(), Question.objects.count()) == (2, 4)


def test_moving_never_crosses_into_another_course(draft, studio, url):
    other = make_draft(lessons=1)
    mine, theirs = draft.modules.get(), other.modules.get()
    lesson, foreign = mine.lessons.first(), theirs.lessons.first()

    for move in (
        f"lesson:{lesson.uuid}:{theirs.uuid}:",
        f"lesson:{foreign.uuid}:{mine.uuid}:",
        f"lesson:{lesson.uuid}:{mine.uuid}:{foreign.uuid}",
        f"module:{theirs.uuid}::",
        f"module:{mine.uuid}::{theirs.uuid}",
        "lesson:nonsense",
        "",
    ):
        assert studio.post(url("studio:arrange"), {"move": move}).status_code == 404


def test_only_the_story_writes_draft_rows():
    """`courses.studio.editing` writes single changes, `restoring` whole drafts, `importing` the
    rows of a course that is new here, `removing` what goes and comes back. (`uploads` writes
    files.)
    """
    writes = {
        "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create",
        "update_or_create", "set",
    }  # fmt: skip
    found = set()
    for path in Path(courses.studio.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            call = node.func if isinstance(node, ast.Call) else None
            if isinstance(call, ast.Attribute) and call.attr in writes:
                # A story does it.
                told = ast.unparse(call).split(".")[0] in {"editing", "removing", "banks"}
                found |= set() if told else {path.name}
    assert found == {"editing.py", "removing.py", "restoring.py", "importing.py", "uploads.py"}
