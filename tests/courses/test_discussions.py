"""What learners say to each other under a question."""

import uuid

import pytest
from django.urls import reverse

from courses import discussing
from courses.models import Post
from people.models import AuditEntry
from tests.courses.pages import count_queries, lesson_url
from tests.courses.test_lessons import REFLECTION, with_blocks
from tests.factories import both, enrolled, make_course, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
DISCUSSION = {"kind": "discussion", "body": both("<p>What works where you are?</p>")}


def say(client, enrolment, lesson, text, key=None, **more):
    block = lesson.blocks[0].uuid
    sent = {f"post-{block}": text, f"key-{block}": key or uuid.uuid4(), **more}
    return client.post(lesson_url(enrolment, lesson, "discuss", block), sent)


def test_everyone_in_the_course_reads_it_and_sending_twice_says_it_once(signed_in, client, person):
    enrolment, lesson = with_blocks(person, DISCUSSION, REFLECTION)
    beside = {f"reflection-{lesson.blocks[1].uuid}": "Mine alone"}

    key = uuid.uuid4()
    for _ in range(2):
        answer = say(
            signed_in, enrolment, lesson, " Bring <b>food</b>.\0\r\nAlways. ", key, **beside
        )

    assert answer.status_code == 303
    assert answer["Location"].endswith(f"#block-{lesson.blocks[0].uuid}")
    assert [post.text for post in Post.objects.all()] == ["Bring <b>food</b>.\nAlways."]
    assert enrolment.reflections.get().text == "Mine alone"
    other = make_person()
    enrolled(other, enrolment.course)
    client.force_login(other)
    html = client.get(lesson_url(enrolment, lesson)).content.decode()
    assert "Bring &lt;b&gt;food&lt;/b&gt;.<br>Always." in html
    assert "Ana Ruiz" in html
    assert "Take it back" not in html


def test_two_posts_of_one_form_at_once_are_one(person, transactional_db):
    """Control: with a key of its own for each there are two; see `discussing.post`."""
    enrolment, lesson = with_blocks(person, DISCUSSION)
    key, block = uuid.uuid4(), lesson.blocks[0].uuid

    made = at_once(
        *(
            lambda: discussing.post(enrolment, lesson, block, key=key, text="Hello")
            for _ in range(2)
        )
    )

    assert [post.text for post in made] == ["Hello", "Hello"]
    assert Post.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "words"), [("  ", "Write something first."), ("x" * 2001, "under 2000 characters")]
)
def test_what_cannot_be_posted_stands_there_again(signed_in, person, text, words):
    enrolment, lesson = with_blocks(person, DISCUSSION)

    answer = say(signed_in, enrolment, lesson, text)

    assert answer.status_code == 422
    html = answer.content.decode()
    assert words in html
    assert text.strip() in html
    assert not Post.objects.exists()


def test_a_post_is_taken_back_by_its_author_alone(signed_in, client, person):
    enrolment, lesson = with_blocks(person, DISCUSSION)
    say(signed_in, enrolment, lesson, "Too quick")
    block, post = lesson.blocks[0].uuid, Post.objects.get()
    to = lesson_url(enrolment, lesson, "withdraw", block, post.uuid)
    other = make_person()
    enrolled(other, enrolment.course)

    client.force_login(other)
    assert client.post(to).status_code == 404
    client.force_login(person)
    for _ in range(2):
        assert client.post(to).status_code == 303

    assert "Too quick" not in client.get(lesson_url(enrolment, lesson)).content.decode()
    assert Post.objects.get().withdrawn_at is not None


def test_only_a_discussion_of_this_lesson_takes_posts(signed_in, person):
    enrolment, lesson = with_blocks(person, REFLECTION)

    assert say(signed_in, enrolment, lesson, "Here?").status_code == 404
    to = lesson_url(enrolment, lesson, "discuss", "nonsense")
    assert signed_in.post(to, {"key-nonsense": uuid.uuid4()}).status_code == 404


def test_somebody_outside_the_course_neither_reads_nor_writes(client, person):
    enrolment, lesson = with_blocks(person, DISCUSSION)
    client.force_login(make_person())

    assert say(client, enrolment, lesson, "Hello").status_code == 302
    assert not Post.objects.exists()


def test_the_newest_stand_there_and_the_earlier_ones_on_request(signed_in, person, monkeypatch):
    monkeypatch.setattr(discussing, "SHOWN", 2)
    enrolment, lesson = with_blocks(person, DISCUSSION)
    block = lesson.blocks[0].uuid
    for word in ("first", "second", "third"):
        discussing.post(enrolment, lesson, block, key=uuid.uuid4(), text=f"the {word} one")

    html = signed_in.get(lesson_url(enrolment, lesson)).content.decode()
    assert "the first one" not in html
    assert html.index("the second one") < html.index("the third one")
    everything = f"{lesson_url(enrolment, lesson)}?earlier={block}"
    assert "the first one" in signed_in.get(everything).content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_a_discussion_costs_one_query_for_any_number_of_posts(signed_in, person, count):
    enrolment, lesson = with_blocks(person, DISCUSSION)
    for _ in range(count):
        poster = enrolled(make_person(), enrolment.course)
        discussing.post(poster, lesson, lesson.blocks[0].uuid, key=uuid.uuid4(), text="Hello")

    assert count_queries(lambda: signed_in.get(lesson_url(enrolment, lesson))) <= 8


def test_a_trainer_takes_a_post_out_and_puts_it_back(client, person):
    enrolment, lesson = with_blocks(person, DISCUSSION)
    post = discussing.post(
        enrolment, lesson, lesson.blocks[0].uuid, key=uuid.uuid4(), text="A patient's name"
    )
    page = reverse("studio:discussions", args=[enrolment.course.slug])
    trainer = make_person(may_author=True)

    for act, seen in (("out", False), ("out", False), ("back", True)):
        client.force_login(trainer)
        assert client.post(page, {act: post.uuid}).status_code == 303
        assert "A patient" in client.get(page).content.decode()
        client.force_login(person)
        html = client.get(lesson_url(enrolment, lesson)).content.decode()
        assert ("A patient" in html) == seen

    assert [entry.verb for entry in AuditEntry.objects.order_by("pk")][-2:] == [
        "discussion.removed",
        "discussion.put-back",
    ]


def test_a_post_of_another_course_is_not_found(client, person):
    enrolment, lesson = with_blocks(person, DISCUSSION)
    post = discussing.post(enrolment, lesson, lesson.blocks[0].uuid, key=uuid.uuid4(), text="Hello")
    client.force_login(make_person(may_author=True))
    elsewhere = reverse("studio:discussions", args=[make_course().slug])

    for sent in ({"out": post.uuid}, {"out": "nonsense"}, {}):
        assert client.post(elsewhere, sent).status_code == 404
    assert Post.objects.get().removed_at is None
