"""What trainers say to each other about parts of a draft: once, and to no learner."""

import datetime
import io
import re
import uuid
import zipfile

import pytest
from django.core import mail as letters
from django.utils import timezone

from courses import commenting, packing
from courses.models import Block, Comment, CommentThread, CourseDuty, DraftHand, Removed
from courses.publishing import publish
from courses.studio import editing, removing, restoring
from lms import outbox
from lms.models import OutboxEntry
from tests.courses.pages import lesson_url
from tests.factories import both, enrolled, make_draft, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
WORDS = "Say it with fewer words."
NOON = datetime.datetime(2026, 3, 2, 12, 10, tzinfo=datetime.UTC)


@pytest.fixture
def colleague(db):
    return make_person(name="Ben Ode", may_author=True)


@pytest.fixture
def block(draft):
    return Block.objects.select_related("lesson").get(lesson__module__draft=draft)


@pytest.fixture
def about(url, block):
    return url("studio:thread", block.uuid)


def say(draft, part, person, text=WORDS, **more):
    thread = commenting.about(draft, part)
    return commenting.say(thread, by=person, key=uuid.uuid4(), text=text, **more)


def sent(text=WORDS, key=None, **more):
    return {"text": text, "key": key or uuid.uuid4(), **more}


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# --- A thread


def test_a_thread_from_the_first_word_to_its_end(
    studio, client, draft, block, url, about, trainer, colleague
):
    lesson_page = url("studio:lesson", block.lesson.uuid)
    assert about in studio.get(lesson_page).content.decode()
    assert not CommentThread.objects.exists()

    key = uuid.uuid4()
    answers = [studio.post(about, sent(" <b>Shorter</b>\r\nplease. ", key)) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert answers[0]["Location"] == f"{about}#comments-{block.uuid}"
    assert Comment.objects.get().text == "<b>Shorter</b>\nplease."
    assert "1 comment : 1. Text" in words(studio.get(lesson_page))
    assert "1 open thread" in words(studio.get(url("studio:course")))

    client.force_login(colleague)
    page = client.get(about)
    assert "&lt;b&gt;Shorter&lt;/b&gt;<br>please." in page.content.decode()
    assert "Take my words back" not in words(page)
    assert client.post(about, sent("Done.")).status_code == 303
    for _ in range(2):
        assert client.post(about, {"resolve": 2}).status_code == 303
    thread = CommentThread.objects.get()
    assert thread.resolved_by == colleague
    assert "2 comments (resolved)" in words(client.get(lesson_page))
    assert "open thread" not in words(client.get(url("studio:course")))
    for _ in range(2):
        assert client.post(about, {"reopen": 1}).status_code == 303
    thread.refresh_from_db()
    assert (thread.resolved_at, thread.resolved_by) == (None, None)
    draft_then = draft.revision
    draft.refresh_from_db()
    assert draft.revision == draft_then  # talk is no change: an approval stands


def test_a_new_word_opens_a_resolved_thread(draft, block, trainer, colleague):
    thread = say(draft, block, trainer).thread
    commenting.resolve(thread, by=trainer, seen=1)
    say(draft, block, colleague, "Still too long.")
    thread.refresh_from_db()
    assert thread.resolved_at is None


def test_what_nobody_read_is_not_resolved(studio, draft, block, about, trainer, colleague):
    thread = say(draft, block, trainer).thread
    say(draft, block, colleague, "And the picture is wrong.")

    refused = studio.post(about, {"resolve": 1})

    assert refused.status_code == 422
    assert "Somebody wrote here after you opened this." in words(refused)
    thread.refresh_from_db()
    assert thread.resolved_at is None


@pytest.mark.parametrize("act", ["resolve", "reopen", "take_back"])
def test_what_is_typed_beside_another_button_is_kept(studio, draft, block, about, trainer, act):
    comment = say(draft, block, trainer)
    value = {"resolve": 1, "reopen": 1, "take_back": comment.uuid}[act]

    refused = studio.post(about, sent("Half a sen", **{act: value}))

    assert refused.status_code == 422
    assert "This is not posted yet." in words(refused)
    assert "Half a sen</textarea>" in refused.content.decode()
    assert Comment.objects.get().text == WORDS


@pytest.mark.parametrize(
    ("text", "reason"), [(" \n", "Write something first."), ("x" * 2001, "under 2000 characters")]
)
def test_refused_words_come_back_with_the_reason(studio, about, text, reason, htmx):
    for headers in ({}, htmx):
        refused = studio.post(about, sent(text), headers=headers)
        assert refused.status_code == 422
        assert reason in words(refused)
        assert text.strip() in refused.content.decode()
    assert not Comment.objects.exists()


def test_own_words_go_and_the_row_stays(studio, draft, block, about, colleague):
    key = uuid.uuid4()
    studio.post(about, sent("Oops", key))
    theirs = say(draft, block, colleague)

    assert studio.post(about, {"take_back": theirs.uuid}).status_code == 404
    for _ in range(2):
        assert studio.post(about, {"take_back": key}).status_code == 303
    studio.post(about, sent("Oops", key))  # the old form once more brings nothing back

    mine, other = Comment.objects.order_by("pk")
    assert (mine.text, other.text) == ("", WORDS)
    assert mine.withdrawn_at
    page = words(studio.get(about))
    assert "Taken back by the person who wrote it." in page
    assert "Oops" not in page


def test_a_form_of_somebody_else_is_refused(studio, draft, block, about, colleague):
    theirs = say(draft, block, colleague)
    refused = studio.post(about, sent("Mine", theirs.uuid))
    assert refused.status_code == 422
    assert "This form was used before." in words(refused)


def test_htmx_gets_the_thread_alone_and_closes_it_again(studio, draft, block, about, htmx):
    opened = studio.get(about, headers=htmx).content.decode()
    assert opened.lstrip().startswith(
        f'<div class="gw-comments is-open gw-stack gw-stack--s" id="comments-{block.uuid}"'
    )
    said = studio.post(about, sent(), headers=htmx)
    assert said.status_code == 200
    assert said.content.decode().lstrip().startswith("<div")
    assert WORDS in words(said)
    closed = studio.get(f"{about}?closed", headers=htmx)
    assert closed.content.decode().count("<div") == 1
    assert words(closed) == "1 comment : Text"


def test_lessons_and_questions_have_threads_of_their_own(studio, draft, url, trainer):
    page, quiz = draft.modules.get().lessons.order_by("position")
    question = quiz.questions.first()
    for part in (page, question):
        assert studio.post(url("studio:thread", part.uuid), sent()).status_code == 303

    assert "1 comment : Lesson" in words(studio.get(url("studio:lesson", page.uuid)))
    assert "1 comment : 1. One right answer" in words(studio.get(url("studio:lesson", quiz.uuid)))
    listed = studio.get(url("studio:comments")).content.decode()
    assert f"{url('studio:lesson', quiz.uuid)}#question-{question.uuid}" in listed


# --- Who


def test_every_trainer_may_whatever_their_duty_and_nobody_else(
    client, draft, block, url, about, trainer, colleague
):
    for duty in ("author", "reviewer", "publisher"):
        CourseDuty.objects.create(course=draft.course, person=trainer, duty=duty)
    client.force_login(colleague)
    page = client.get(url("studio:lesson", block.lesson.uuid)).content.decode()
    assert about in page
    assert f'hx-get="{about}"' not in page  # forms are closed there: it leads to a page of its own
    assert "<fieldset" not in client.get(about).content.decode().partition("gw-comments")[0]
    assert client.post(about, sent()).status_code == 303
    commented = Comment.objects.count()

    for marks in ({}, {"may_host": True}, {"may_credit": True}, {"is_staff": True}):
        client.force_login(make_person(**marks))
        for data in (sent(), {"resolve": 1}, {"reopen": 1}):
            assert client.post(about, data).status_code == 404
    assert Comment.objects.count() == commented
    assert CommentThread.objects.get().resolved_at is None


def test_no_learner_and_no_file_gets_any_of_it(client, draft, block, trainer):
    say(draft, block, trainer)
    say(draft, block.lesson, trainer)
    version = publish(draft, by=None, policy="update")
    learner = make_person()
    enrolment = enrolled(learner, draft.course)
    client.force_login(learner)

    assert (
        WORDS
        not in client.get(lesson_url(enrolment, enrolment.document.lessons[0])).content.decode()
    )
    assert WORDS not in str(version.document)
    file = io.BytesIO()
    packing.write(draft.course, file)
    with zipfile.ZipFile(file) as zipped:
        held = b"".join(zipped.read(name) for name in zipped.namelist())
    assert b"<p>" in held
    assert WORDS.encode() not in held
    assert trainer.name.encode() not in held


# --- Parts that move, go and come back


def test_it_stays_with_its_part(studio, draft, block, url, about, trainer):
    comment = say(draft, block, trainer)
    first = publish(draft, by=None, policy="update")
    values = {"body": both("<p>New.</p>")}
    editing.save_block(block, by=trainer, base=editing.mark_of(block), values=values)
    editing.duplicate_lesson(block.lesson, by=trainer, key=uuid.uuid4())
    assert [thread.part for thread in CommentThread.objects.all()] == [block.uuid]

    draft.refresh_from_db()
    removing.delete(draft, block, by=trainer)
    listed, alone = studio.get(url("studio:comments")), studio.get(about)
    for page in (listed, alone):
        assert "This part was deleted." in words(page)
        assert WORDS in words(page)
    assert studio.post(about, sent("Why?")).status_code == 303
    removing.put_back(Removed.objects.get(), by=trainer)
    assert "This part was deleted." not in words(studio.get(about))

    block = Block.objects.get(uuid=block.uuid)
    removing.delete(draft, block.lesson, by=trainer)
    assert "This part was deleted." in words(studio.get(about))
    draft.refresh_from_db()
    restoring.restore(draft, first, by=trainer)
    again = studio.get(url("studio:lesson", block.lesson.uuid))
    assert "2 comments : 1. Text" in words(again)
    assert Comment.objects.filter(pk=comment.pk, text=WORDS).exists()


def test_a_part_of_another_course_has_no_thread_here(studio, url, trainer):
    other = make_draft(lessons=1)
    theirs = Block.objects.select_related("lesson").get(lesson__module__draft=other)
    say(other, theirs, trainer)
    for part in (theirs.uuid, uuid.uuid4()):
        for data in (sent(), {"resolve": 1}, {"reopen": 1}):
            assert studio.post(url("studio:thread", part), data).status_code == 404
    assert WORDS not in words(studio.get(url("studio:comments")))


def test_open_threads_come_first(studio, draft, url, trainer):
    page, quiz = draft.modules.get().lessons.order_by("position")
    done = say(draft, quiz, trainer, "Resolved one").thread
    say(draft, page, trainer, "Open one", now=timezone.now() - datetime.timedelta(days=9))
    commenting.resolve(done, by=trainer, seen=1)

    text = words(studio.get(url("studio:comments")))

    assert 0 < text.index("Open one") < text.index("Resolved one")


@pytest.mark.parametrize("count", [1, 5])
def test_the_pages_cost_the_same_for_any_number(
    studio, draft, block, url, trainer, colleague, count, django_assert_num_queries
):
    for _ in range(count):
        part = block.lesson.blocks.create(kind="text", body=both("<p>More.</p>"))
        for person in (trainer, colleague):
            say(draft, part, person)

    # session, person, draft; number, threads, comments; lessons, blocks, questions
    with django_assert_num_queries(9):
        studio.get(url("studio:comments"))
    with django_assert_num_queries(6):  # session, person, draft, lesson; blocks, threads
        studio.get(url("studio:lesson", block.lesson.uuid))


# --- Letters


def written():
    letters.outbox.clear()
    while outbox.work():
        pass
    return sorted(letter.to[0] for letter in letters.outbox)


def test_a_new_thread_is_told_to_whom_the_course_names(draft, block, about, trainer, colleague):
    publisher = make_person(may_author=True, language="es")
    for person, duty in ((trainer, "author"), (colleague, "reviewer"), (publisher, "publisher")):
        CourseDuty.objects.create(course=draft.course, person=person, duty=duty)

    say(draft, block, trainer, "Is *this* right?")

    assert written() == sorted([colleague.email, publisher.email])
    letter = next(each for each in letters.outbox if each.to == [colleague.email])
    assert letter.subject == f"Comments on a draft: {draft.title['en']}"
    assert "Rosa Delgado: Is *this* right?" in letter.body
    assert about in letter.body
    spanish = next(each for each in letters.outbox if each.to == [publisher.email])
    assert f"/es{about}" in spanish.body

    say(draft, block, colleague, "Yes.")
    assert written() == [trainer.email]  # from now on whoever wrote in it, and never oneself


def test_where_nobody_is_named_the_authors_of_the_draft_hear_of_it(
    draft, block, trainer, colleague
):
    DraftHand.objects.create(draft=draft, person=colleague)
    say(draft, block, trainer)
    assert written() == [colleague.email]


def test_one_letter_an_hour_and_nothing_is_left_out(draft, block, trainer, colleague):
    say(draft, block, trainer, now=NOON)
    for minute in range(3):
        say(draft, block, colleague, f"No. {minute}", now=NOON + datetime.timedelta(minutes=minute))

    rows = OutboxEntry.objects.filter(kind=commenting.KIND).order_by("due_at")
    thread = CommentThread.objects.get().pk
    assert [row.key for row in rows] == [
        f"{thread}:{trainer.pk}:2026030213",
        f"{thread}:{trainer.pk}:2026030212",
    ]
    assert rows[0].due_at == NOON.replace(hour=13, minute=0)
    assert rows[0].payload["since"] == Comment.objects.get(text="No. 1").pk


def test_what_was_taken_back_is_in_no_letter(draft, block, trainer, colleague):
    CourseDuty.objects.create(course=draft.course, person=colleague, duty="author")
    commenting.take_back(say(draft, block, trainer), by=trainer)
    assert written() == []


# --- At once


@pytest.mark.django_db(transaction=True)
def test_two_first_words_at_once_both_stand_in_one_thread():
    """With a look and a row of its own for each instead of `get_or_create`, one of them failed on
    the constraint (PostgreSQL; on SQLite a transaction is alone)."""
    people = [make_person(may_author=True) for _ in range(2)]
    draft = make_draft(lessons=5)
    for block in Block.objects.filter(lesson__module__draft=draft).select_related("lesson"):
        outcomes = at_once(*(lambda by=by, block=block: say(draft, block, by) for by in people))

        assert {comment.by for comment in outcomes} == set(people)
        thread = CommentThread.objects.get(part=block.uuid)
        assert (thread.comments.count(), thread.revision) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_both_reach_their_reader():
    """One is in the letter of this hour, the other begins the next hour's. With the
    promises in front of the update both took this hour's, and its letter may have gone by then
    (PostgreSQL)."""
    first, *others = (make_person(may_author=True) for _ in range(3))
    draft = make_draft(lessons=5)
    for block in Block.objects.filter(lesson__module__draft=draft).select_related("lesson"):
        thread = say(draft, block, first, now=NOON).thread

        at_once(*(lambda by=by, b=block: say(draft, b, by, now=NOON) for by in others))

        keys = OutboxEntry.objects.filter(key__startswith=f"{thread.pk}:{first.pk}:")
        assert sorted(keys.values_list("key", flat=True)) == [
            f"{thread.pk}:{first.pk}:20260302{hour}" for hour in (12, 13)
        ]


@pytest.mark.django_db(transaction=True)
def test_one_form_twice_at_once_is_one_comment():
    """With a key of its own for each there were two."""
    person, draft = make_person(may_author=True), make_draft(lessons=5)
    for block in Block.objects.filter(lesson__module__draft=draft).select_related("lesson"):
        thread, key = commenting.about(draft, block), uuid.uuid4()
        made = at_once(
            *[lambda t=thread, k=key: commenting.say(t, by=person, key=k, text=WORDS)] * 2
        )
        assert made[0] == made[1]
        assert CommentThread.objects.get(part=block.uuid).revision == 1


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_meets_the_end_is_never_buried():
    """Whoever comes first, it is open in the end. Without `revision=seen` in the update's
    condition it was resolved with an answer that nobody had read."""
    one, other = (make_person(may_author=True) for _ in range(2))
    draft = make_draft(lessons=6)
    blocks = Block.objects.filter(lesson__module__draft=draft).select_related("lesson")
    for block, reads in zip(blocks, range(0, 30, 5), strict=True):
        thread = say(draft, block, one).thread

        def end(thread=thread, reads=reads):
            for _ in range(reads):  # later each time, as writing takes longer than resolving
                thread.refresh_from_db(fields=["part"])
            commenting.resolve(thread, by=one, seen=1)

        ended, _answer = at_once(end, lambda b=block: say(draft, b, other, "Wait!"))

        assert ended is None or ended.code == "stale"
        assert not isinstance(_answer, Exception)
        assert CommentThread.objects.unresolved().filter(part=block.uuid).exists()


@pytest.mark.django_db(transaction=True)
def test_two_ends_at_once_are_one():
    people = [make_person(may_author=True) for _ in range(2)]
    draft = make_draft(lessons=1)
    thread = say(draft, Block.objects.select_related("lesson").get(), people[0]).thread

    outcomes = at_once(*(lambda by=by: commenting.resolve(thread, by=by, seen=1) for by in people))

    assert outcomes == [None, None]
    thread.refresh_from_db()
    assert thread.resolved_by in people
