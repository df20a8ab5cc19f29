"""Two people, one draft, the same moment. On SQLite and on PostgreSQL."""

import io
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from courses import banks, reviewing
from courses.formats.base import Taken
from courses.models import (
    AttemptReview,
    Bank,
    BankQuestion,
    Block,
    Completion,
    Course,
    CourseVersion,
    Draft,
    Enrolment,
    Evidence,
    Lesson,
    Module,
    Removed,
)
from courses.models.course import document_of
from courses.packing import Package
from courses.publishing import publish
from courses.studio import editing, removing, wording
from courses.studio.importing import bring_in
from courses.translations import rows_of, state_of, texts_of_row
from tests.factories import both, make_draft, make_lesson, make_person, single
from tests.races import at_once
from tests.studio.test_essays import marks, send
from tests.studio.test_packing import exported, forget

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


def browser_of(person):
    browser = Client()
    browser.force_login(person)
    return browser


def post(to, sent, person, **more):
    """A request of this person that waits to be sent."""
    browser = browser_of(person)
    return lambda: browser.post(to, sent, **more)


def in_studio(draft, name, *rest):
    return reverse(f"studio:{name}", args=[draft.course.slug, *rest])


def test_of_two_saves_of_one_block_one_wins_and_the_other_is_told(trainer):
    """Control: without the comparison of the base in `editing._save` all four win; without the
    lock in `editing.hold`, on PostgreSQL, more than one does.
    """
    for _ in range(ROUNDS):
        block = make_draft().modules.get().lessons.get().blocks.get()

        def save(words, block=block):
            mine = Block.objects.get(pk=block.pk)
            values = {"body": {"en": words}}
            return editing.save_block(mine, by=trainer, base="1", values=values)

        outcomes = at_once(*(lambda n=n: save(f"<p>{n}</p>") for n in range(4)))

        won = [one for one in outcomes if isinstance(one, Block)]
        told = [one for one in outcomes if isinstance(one, editing.Stale)]
        assert (len(won), len(told)) == (1, 3), outcomes
        block.refresh_from_db()
        assert (block.body, block.revision) == (won[0].body, 2)
        assert {one.current.body["en"] for one in told} == {block.body["en"]}
        draft = Draft.objects.get(pk=block.lesson.module.draft_id)
        assert draft.revision == 2


def test_the_same_save_from_two_windows_is_one_change(trainer):
    block = make_draft().modules.get().lessons.get().blocks.get()

    def save():
        mine = Block.objects.get(pk=block.pk)
        values = {"body": {"en": "<p>Same.</p>"}}
        return editing.save_block(mine, by=trainer, base="1", values=values)

    outcomes = at_once(save, save, save)

    assert all(isinstance(one, Block) for one in outcomes), outcomes
    block.refresh_from_db()
    assert block.revision == 2


def test_changes_to_different_blocks_all_arrive_and_all_count(trainer):
    lesson = make_draft().modules.get().lessons.get()
    blocks = [lesson.blocks.create(kind="text", position=n) for n in range(2, 8)]

    def save(block):
        mine = Block.objects.get(pk=block.pk)
        values = {"body": both(f"<p>{block.pk}</p>")}
        return editing.save_block(mine, by=trainer, base="1", values=values)

    outcomes = at_once(*(lambda b=b: save(b) for b in blocks))

    assert all(isinstance(one, Block) for one in outcomes), outcomes
    assert lesson.module.draft.__class__.objects.get().revision == 1 + len(blocks)


def test_one_key_makes_one_row_however_many_send_it(trainer):
    draft = make_draft()
    module, key = draft.modules.get(), uuid.uuid4()

    def add():
        mine = Module.objects.get(pk=module.pk)
        return editing.add_lesson(mine, by=trainer, key=key, title=both("New"), kind="page").pk

    outcomes = at_once(add, add, add, add)

    assert len(set(outcomes)) == 1, outcomes
    assert Lesson.objects.filter(uuid=key).count() == 1


def test_one_key_makes_one_course(trainer):
    key = uuid.uuid4()

    def create():
        return editing.create_course(
            by=trainer, key=key, slug="", title=both("New"), format="self-paced", hours=1
        ).course_id

    outcomes = at_once(create, create, create)

    assert len(set(outcomes)) == 1, outcomes
    assert Course.objects.count() == 1


def test_moves_at_once_leave_a_whole_order(trainer):
    module = make_draft(lessons=5).modules.get()
    lessons = list(module.lessons.order_by("position"))

    def to_front(lesson):
        mine = Lesson.objects.get(pk=lesson.pk)
        first = Lesson.objects.get(pk=lessons[0].pk)
        return editing.move_lesson(mine, by=trainer, into=mine.module, before=first)

    at_once(*(lambda one=one: to_front(one) for one in lessons[1:]))

    positions = sorted(module.lessons.values_list("position", flat=True))
    assert positions == [1, 2, 3, 4, 5]
    assert module.lessons.order_by("position").last() == lessons[0]


def test_publishing_twice_at_once_makes_one_version(trainer):
    """Control: without the lock on the course in `publish`, on PostgreSQL, the second has read
    which version is current before the first changed it, and makes a version 3 of the same words.
    """
    colleague = make_person(may_author=True)
    for _ in range(ROUNDS):
        draft = make_draft()
        publish(draft, by=None, policy="update")
        make_lesson(draft.modules.get())
        to = in_studio(draft, "publish")
        sent = {"revision": draft.revision, "policy": "correction"}

        answers = at_once(*(post(to, sent, by) for by in (trainer, trainer, colleague)))

        assert [answer.status_code for answer in answers] == [303] * 3
        assert {answer["Location"] for answer in answers} == {in_studio(draft, "published", 2)}
        assert CourseVersion.objects.filter(course=draft.course).count() == 2


def test_a_publication_holds_all_of_a_change_or_nothing_of_it(trainer):
    """A copied module comes with its lessons; a version never has half of them."""
    for _ in range(ROUNDS):
        draft = make_draft(lessons=3)
        module = draft.modules.get()

        def copy(module=module):
            mine = Module.objects.get(pk=module.pk)
            return editing.duplicate_module(mine, by=trainer, key=uuid.uuid4())

        def go(draft=draft):
            return publish(Draft.objects.get(pk=draft.pk), by=trainer, policy="update")

        outcomes = at_once(copy, go)

        assert not any(isinstance(one, Exception) for one in outcomes), outcomes
        version = CourseVersion.objects.get(course=draft.course)
        assert [len(m["lessons"]) for m in version.document["modules"]] in ([3], [3, 3])


def test_a_publication_and_an_edit_never_publish_what_was_not_seen(trainer):
    for _ in range(ROUNDS):
        draft = make_draft()
        block = draft.modules.get().lessons.get().blocks.get()
        revision = draft.revision

        def edit(block=block):
            mine = Block.objects.get(pk=block.pk)
            values = {"body": both("<p>Unseen.</p>")}
            return editing.save_block(mine, by=trainer, base="1", values=values)

        def go(draft=draft, revision=revision):
            mine = Draft.objects.get(pk=draft.pk)
            return publish(mine, by=trainer, policy="update", expected_revision=revision)

        _edited, published = at_once(edit, go)

        if isinstance(published, ValidationError):
            assert published.code == "stale"
            assert not CourseVersion.objects.filter(course=draft.course).exists()
        else:
            assert "Unseen" not in str(published.document)


@pytest.mark.parametrize("policy", ["correction", "update"])
def test_whoever_enrols_during_a_publication_has_one_version_and_all_of_it(trainer, policy):
    """Control: without the lock on the course in `enrol`, on PostgreSQL, some of those who came
    during a correction stay on version 1, which nobody was to begin any more.
    """
    for _ in range(ROUNDS):
        draft = make_draft(lessons=2)
        course = publish(draft, by=None, policy="update").course
        module = draft.modules.get()
        removing.delete(draft, module.lessons.first(), by=trainer)
        make_lesson(module)
        draft.refresh_from_db()
        people = [make_person() for _ in range(3)]
        enrolling = [post(reverse("courses:enrol", args=[course.slug]), {}, who) for who in people]
        sent = {"revision": draft.revision, "policy": policy}
        go = post(in_studio(draft, "publish"), sent, trainer)

        answers = at_once(enrolling[0], go, *enrolling[1:])

        assert [answer.status_code for answer in answers] == [303] * 4, answers
        rows = Enrolment.objects.filter(course=course).select_related("version", "person")
        numbers = {row.version.number for row in rows}
        assert numbers <= {1, 2} if policy == "update" else numbers == {2}
        assert sorted(row.person_id for row in rows) == [one.pk for one in people]
        for row in rows:
            assert learned(row) == [lesson.uuid for lesson in document_of(row.version_id).lessons]


def learned(enrolment):
    """Whoever is enrolled goes through the lessons of their version; what is on record then."""
    browser, slug = browser_of(enrolment.person), enrolment.course.slug
    for lesson in document_of(enrolment.version_id).lessons:
        page = browser.get(reverse("courses:lesson", args=[slug, lesson.slug]))
        assert lesson.title["en"] in page.content.decode()
        assert browser.post(reverse("courses:finish", args=[slug, lesson.slug])).status_code == 303
    completion = Completion.objects.get(enrolment=enrolment)
    assert completion.version_id == enrolment.version_id
    rows = Evidence.objects.filter(pk__in=completion.evidence_ids, version=enrolment.version_id)
    return list(rows.order_by("pk").values_list("item", flat=True))


def test_going_back_and_an_autosave_never_lose_a_text_unseen(trainer):
    """Whoever comes second is refused and sees both: the one what is stored beside what they
    typed, the other what they would have replaced. Control: without the comparison of the revision
    in `restore` it went over a save of the same moment; without the lock in `editing.hold`, on
    PostgreSQL, the save went over what was brought back.
    """
    colleague = make_person(may_author=True)
    for _ in range(2 * ROUNDS):
        draft = make_draft(lessons=["page", "quiz"])
        publish(draft, by=None, policy="update")
        block = Block.objects.get(lesson__module__draft=draft)
        editing.save_block(block, by=trainer, base="1", values={"body": both("<p>First.</p>")})
        draft.refresh_from_db()
        typed = {"base": "2", "body_en": "<p>Typed.</p>", "body_es": "<p>Escrito.</p>"}
        to = in_studio(draft, "block", block.lesson.uuid, block.uuid)
        save = post(to, typed, trainer, headers={"HX-Request": "true"})
        back = post(in_studio(draft, "restore", 1), {"revision": draft.revision}, colleague)

        saved, restored = at_once(save, back)

        block.refresh_from_db()
        if restored.status_code == 303:
            assert block.body == both("<p>Words.</p>")
            assert saved.status_code == 422
            assert "<p>Words.</p>" in saved.content.decode()  # beside what still stands in the form
        else:
            assert (saved.status_code, restored.status_code) == (200, 422)
            assert block.body == {"en": "<p>Typed.</p>", "es": "<p>Escrito.</p>"}
            assert "Typed." in restored.content.decode()


def test_two_imports_of_one_new_course_make_it_once(trainer):
    for _ in range(ROUNDS):
        draft = make_draft(lessons=["page", "quiz"])
        publish(draft, by=None, policy="update")
        file = exported(draft.course).getvalue()
        slug, key = draft.course.slug, draft.course.uuid
        forget(draft.course)

        def take(file=file):
            return bring_in(Package(io.BytesIO(file)), by=trainer)

        outcomes = at_once(take, take, take)

        assert sorted(one.made for one in outcomes) == [False, False, True], outcomes
        course = Course.objects.get(uuid=key)
        assert (course.slug, course.versions.count()) == (slug, 1)
        assert Lesson.objects.filter(module__draft__course=course).count() == 2


def test_an_import_and_a_save_leave_one_whole_draft_and_tell_the_author(trainer):
    for _ in range(ROUNDS):
        draft = make_draft()
        file = exported(draft.course).getvalue()
        block = Block.objects.get(lesson__module__draft=draft)
        first = editing.save_block(block, by=trainer, base="1", values={"body": both("<p>1</p>")})

        def edit(pk=first.pk):
            values = {"body": both("<p>2</p>")}
            mine = Block.objects.get(pk=pk)
            return editing.save_block(mine, by=trainer, base="2", values=values)

        def take(file=file):
            return bring_in(Package(io.BytesIO(file)), by=trainer)

        edited, taken = at_once(edit, take)

        assert not isinstance(taken, Exception), taken
        assert Block.objects.get(lesson__module__draft=draft).body == both("<p>Words.</p>")
        assert isinstance(edited, Block | editing.Stale), edited


def test_a_translation_and_a_changed_source_never_meet_unseen(trainer):
    """Either the translator is told that the source is another one, or the text is marked stale."""
    for _ in range(ROUNDS):
        draft = make_draft()
        Draft.objects.filter(pk=draft.pk).update(hours="1")
        block = Block.objects.get(lesson__module__draft=draft)
        text = next(t for t in texts_of_row(block) if t.path == "body")
        base = wording.base_of(text, "es")

        def rewrite(pk=block.pk):
            mine = Block.objects.get(pk=pk)
            values = {"body": {**mine.body, "en": "<p>Other.</p>"}}
            return editing.save_block(mine, by=trainer, base="1", values=values)

        def put(draft=draft, block=block, base=base):
            place = wording.Place(block.uuid, "body", "es")
            return wording.put(draft, place, "<p>Palabras.</p>", by=trainer, base=base)

        rewritten, said = at_once(rewrite, put)

        block.refresh_from_db()
        text = next(t for t in texts_of_row(block) if t.path == "body")
        state = state_of(text, "es", rows_of(draft))
        if isinstance(said, wording.Overtaken):
            assert isinstance(rewritten, Block)
            assert (block.body["en"], state) == ("<p>Other.</p>", "stale")
        else:  # then the author of the source began from an older block, and is told
            assert isinstance(rewritten, editing.Stale), rewritten
            assert (block.body["es"], state) == ("<p>Palabras.</p>", "translated")


def test_removing_a_lesson_and_editing_in_it_loses_no_words_unseen(trainer):
    """What was saved is kept with the deleted lesson, or its author is told that it is gone.

    Control: without the lock in `editing.hold`, on PostgreSQL, the save meets a row that is gone
    and fails with NotUpdated instead of a sentence.
    """
    for _ in range(2 * ROUNDS):
        draft = make_draft()
        lesson = Lesson.objects.get(module__draft=draft)
        block = lesson.blocks.get()

        def edit(pk=block.pk):
            mine = Block.objects.get(pk=pk)
            values = {"body": both("<p>Mine.</p>")}
            return editing.save_block(mine, by=trainer, base="1", values=values)

        def remove(draft=draft, lesson=lesson):
            return removing.delete(draft, lesson, by=trainer)

        edited, removed = at_once(edit, remove)

        assert isinstance(removed, Removed), removed
        assert not Block.objects.filter(pk=block.pk).exists()
        if isinstance(edited, Block):
            assert removed.data["blocks"][0]["body"] == both("<p>Mine.</p>")
        else:
            gone = editing.Stale, Block.DoesNotExist, Lesson.DoesNotExist
            assert isinstance(edited, gone), repr(edited)


def test_of_two_who_read_one_essay_the_points_of_one_stand(db):
    """Control: without the look at an earlier review the second fails with ValueError, and on
    PostgreSQL without the locks with IntegrityError, instead of a sentence.
    """
    for n in range(ROUNDS):
        attempt = send(make_person())
        readers = [make_person(may_author=True) for _ in range(3)]

        def read(reader, attempt=attempt):
            return reviewing.review(attempt, reader, marks(attempt, 3))

        outcomes = at_once(*(lambda reader=reader: read(reader) for reader in readers))

        told = [one for one in outcomes if isinstance(one, ValidationError)]
        assert len(told) == 2, outcomes
        assert {one.code for one in told} == {"reviewed"}
        assert AttemptReview.objects.count() == n + 1
        assert Evidence.objects.filter(reference=str(attempt.uuid)).count() == 1


def test_one_file_of_questions_taken_twice_at_once_is_there_once(trainer):
    """Control: without the lock in `banks._hold` both count the other's rows as theirs on
    PostgreSQL; without the fingerprint's constraint there are eighty questions.
    """
    for _ in range(ROUNDS):
        bank = banks.create(by=trainer, key=uuid.uuid4(), title="Clean hands")
        rows = [Taken(n, "", "single", single(f"Question {n}?")) for n in range(40)]

        def take(bank=bank, rows=rows):
            return banks.add_all(Bank.objects.get(pk=bank.pk), rows, by=trainer)

        assert sorted(map(repr, at_once(take, take))) == ["0", "40"]
        assert BankQuestion.objects.filter(bank=bank).count() == 40


def test_of_two_translations_of_one_text_one_stands_and_the_other_is_told(trainer):
    """Control: without the comparison of the base in `wording.put` the last one wins unseen; so it
    does on PostgreSQL without the lock in `editing.hold`.
    """
    for _ in range(ROUNDS):
        draft = make_draft()
        block = Block.objects.get(lesson__module__draft=draft)
        text = next(t for t in texts_of_row(block) if t.path == "body")
        base = wording.base_of(text, "es")

        def put(words, draft=draft, block=block, base=base):
            place = wording.Place(block.uuid, "body", "es")
            return wording.put(draft, place, words, by=trainer, base=base)

        said = at_once(*(lambda n=n: put(f"<p>{n} palabras.</p>") for n in range(3)))

        told = [one for one in said if isinstance(one, wording.Overtaken)]
        assert len(told) == 2, said
        block.refresh_from_db()
        assert {one.text.words["es"] for one in told} == {block.body["es"]}
