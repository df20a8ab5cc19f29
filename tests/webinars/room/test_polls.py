"""Polls of every kind, from the words of a host to the result, its file and a second round."""

import csv
import io
import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from people.models import AuditEntry
from tests.factories import both, make_person
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, fresh
from webinars import attendance
from webinars.models import Poll, PollVote, RoomEvent, Webinar
from webinars.room import polls, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db):
    return make.make_room()


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def now(poll):
    return Poll.objects.get(pk=poll.pk)


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def seen(room, poll, view=ATTENDEE):
    return words(fresh(room.pk, view)[0]["polls"][poll.pk])


def test_a_poll_that_is_sent_twice_is_written_once(client, room):
    client.force_login(make.host_of(room))
    form = {"question_en": "Which?", "options_en": "One\nTwo", "key": uuid.uuid4()}
    for _ in range(2):
        assert client.post(url("write-poll", room), form).status_code == 303
    assert Poll.objects.count() == 1
    assert RoomEvent.objects.filter(kind="poll").count() == 1


def test_the_console_gives_each_poll_form_a_key(client, room):
    client.force_login(make.host_of(room))
    html = client.get(url("host", room)).content.decode()
    form = html[html.index('id="write-poll"') :]
    assert re.search(r'name="key" value="[0-9a-f-]{36}"', form[: form.index("</form>")])


@pytest.mark.parametrize("how", ["by the host", "forgotten"])
def test_the_end_of_the_session_closes_its_polls(room, how):
    poll, draft = make.make_poll(room), make.make_poll(room, opened=False)
    polls.vote(poll, make_person(), ["a"])
    if how == "by the host":
        stage.end(room, make.host_of(room))
    else:
        starts = timezone.now() - 3 * attendance.FORGOTTEN
        Webinar.objects.filter(pk=room.pk).update(
            starts_at=starts, ends_at=starts + attendance.FORGOTTEN
        )
        room.windows.update(opened_at=starts)
        assert attendance.end_forgotten(Webinar.objects.get(pk=room.pk), timezone.now())

    assert (now(poll).state, now(draft).state) == ("closed", "draft")
    with pytest.raises(ValidationError, match="no more answers"):
        polls.vote(poll, make_person(), ["a"])
    with pytest.raises(ValidationError, match="over"):
        polls.open_to_votes(draft, make.host_of(room))
    assert "100 % (1 vote)" in seen(room, poll)


def test_a_poll_left_open_in_a_session_that_is_over_takes_no_answer(room):
    poll = make.make_poll(room)
    Webinar.objects.filter(pk=room.pk).update(state=Webinar.State.ENDED)
    with pytest.raises(ValidationError, match="no more answers"):
        polls.vote(poll, make_person(), ["a"])


@pytest.mark.parametrize(
    ("kind", "chosen", "kept"),
    [
        ("single", ["b"], ["b"]),
        ("single", ["b", "b"], ["b"]),
        ("multiple", ["b", "a"], ["a", "b"]),
        ("scale", ["4"], ["4"]),
        ("words", [" Trust ", "", "TIME"], ["time", "trust"]),
    ],
)
def test_an_answer_is_kept_as_its_kind_has_it(room, kind, chosen, kept):
    poll, person = make.make_poll(room, kind=kind), make_person()
    for _ in range(2):
        polls.vote(poll, person, chosen)

    assert PollVote.objects.get().choices == kept
    assert (now(poll).answered, now(poll).tally) == (1, dict.fromkeys(kept, 1))


@pytest.mark.parametrize(
    ("kind", "chosen", "why"),
    [
        ("single", [], "Choose one"),
        ("single", ["a", "b"], "only one"),
        ("single", ["z"], "Choose one"),
        ("multiple", ["a", "z"], "Choose one"),
        ("scale", ["6"], "Choose one"),
        ("scale", ["1", "2"], "only one"),
        ("words", [" ", ""], "at least one word"),
        ("words", ["a", "b", "c", "d"], "one to three"),
        ("words", ["x" * 31], "30 letters"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(room, kind, chosen, why):
    poll = make.make_poll(room, kind=kind)
    with pytest.raises(ValidationError, match=why):
        polls.vote(poll, make_person(), chosen)
    assert (PollVote.objects.count(), now(poll).tally) == (0, {})


def test_the_tally_is_what_the_answers_come_to(room):
    poll = make.make_poll(room, kind="multiple", options=3)
    for chosen in (["a"], ["a", "b"], ["c", "a"], ["b"]):
        polls.vote(poll, make_person(), chosen)

    ((_, _, people, counted),) = polls.by_round(room)
    assert (now(poll).answered, now(poll).tally) == (people, dict(counted))
    polls.close(poll, make.host_of(room))
    assert "Choice a 75 % (3 votes)" in seen(room, poll)


def test_a_scale_names_its_ends_and_shows_the_mean(room):
    host = make.host_of(room)
    ends = [{"en": "Not at all", "es": "Nada"}, {"en": "Fully", "es": "Del todo"}]
    poll = polls.draft(room, host, both("How ready?"), ends, kind="scale")
    assert [each["text"]["en"] for each in poll.options] == [
        "1 – Not at all", "2", "3", "4", "5 – Fully",
    ]  # fmt: skip
    polls.open_to_votes(poll, host)
    for step in "2", "5", "4":
        polls.vote(poll, make_person(), [step])
    assert "average" not in seen(room, poll)
    polls.close(poll, host)
    assert "On average: 3.7" in seen(room, poll)


def test_words_show_by_how_often_and_a_host_can_take_one_out(client, room, htmx):
    poll, host = make.make_poll(room, kind="words"), make.host_of(room)
    for typed in (["trust"], ["Trust", "time"], ["rude"], ["<b>"]):
        polls.vote(poll, make_person(), typed)
    client.force_login(host)

    response = client.post(url("run-poll", room, poll.pk), {"act": "hide:rude"}, headers=htmx)
    polls.close(poll, host)

    assert response.status_code == 204
    assert re.search(r"trust 2\s+<b>|trust 2\s+&lt;b&gt; 1\s+time 1", seen(room, poll))
    assert "rude" not in seen(room, poll) + seen(room, poll, MODERATOR)
    assert "<b>" not in fresh(room.pk, ATTENDEE)[0]["polls"][poll.pk]
    assert AuditEntry.objects.filter(verb="room.word-hidden").count() == 1


def test_what_is_right_shows_after_the_close_and_not_before(client, room):
    host, guest = make.host_of(room), make.make_guest(room)
    poll = make.make_poll(room, right=[2])
    polls.vote(poll, guest, ["a"])
    client.force_login(guest)

    mine = client.get(url("room", room)).content.decode()
    assert "Your answer" in mine
    assert "Right answer" not in mine + seen(room, poll)
    assert "Right answer" in seen(room, poll, MODERATOR)
    polls.close(poll, host)
    assert "Choice b Right answer" in seen(room, poll)


@pytest.mark.parametrize(
    ("kind", "right", "why"),
    [("single", [3], "no answer with that number"), ("single", [1, 2], "only one can be right"),
     ("scale", [1], "to choose"), ("words", [1], "to choose")],
)  # fmt: skip
def test_right_answers_have_to_fit(room, kind, right, why):
    with pytest.raises(ValidationError, match=why):
        make.make_poll(room, kind=kind, right=right)


def test_a_poll_starts_over_and_keeps_the_first_round_for_the_file(client, room):
    poll, person, host = make.make_poll(room), make.make_guest(room), make.host_of(room)
    polls.vote(poll, person, ["a"])
    client.force_login(host)
    for _ in range(2):  # pressed twice on a page that shows the first round
        assert client.post(url("run-poll", room, poll.pk), {"act": "over:1"}).status_code == 303
    assert (now(poll).state, now(poll).round, now(poll).tally) == ("draft", 2, {})
    assert poll.pk not in fresh(room.pk, ATTENDEE)[0]["polls"]

    polls.open_to_votes(poll, host)
    polls.vote(poll, person, ["b"])
    polls.close(poll, host)

    assert "Choice b 100 % (1 vote)" in seen(room, poll)
    assert [dict(chosen) for *_, chosen in polls.by_round(room)] == [{"a": 1}, {"b": 1}]


def test_the_file_counts_and_guards_what_people_typed(client, room):
    host, poll = make.host_of(room), make.make_poll(room, right=[1])
    typed = make.make_poll(room, kind="words")
    polls.vote(poll, make_person(name="Nadia Nameless"), ["a"])
    polls.vote(typed, make_person(), ["=1+1"])
    client.force_login(host)

    response = client.get(url("polls-csv", room))

    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1:] == [
        [poll.question["en"], "One answer", "1", "1", "Choice a", "1", "yes"],
        [poll.question["en"], "One answer", "1", "1", "Choice b", "0", ""],
        [typed.question["en"], "Words that people type", "1", "1", "'=1+1", "1", ""],
    ]
    assert "Nameless" not in response.content.decode()


def test_people_vote_in_every_kind_with_a_plain_form(client, room):
    guest = make.make_guest(room)
    client.force_login(guest)
    for kind, chosen in [("multiple", ["a", "b"]), ("scale", ["5"]), ("words", ["trust", ""])]:
        poll = make.make_poll(room, kind=kind)
        html = client.get(url("room", room)).content.decode()
        assert f'name="poll-{poll.pk}"' in html
        response = client.post(url("vote-poll", room, poll.pk), {f"poll-{poll.pk}": chosen})
        assert response.status_code == 303
        html = client.get(url("room", room)).content.decode()
        assert f'name="poll-{poll.pk}"' not in html
        assert "1 person answered." in html


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "scale"}, "what 1 means and what 5 means"),
        ({"right": "two"}, "Write numbers"),
        ({"right": "9"}, "no answer with that number"),
        ({"kind": "essay"}, "Select a valid choice"),
    ],
)
def test_a_poll_form_says_what_does_not_fit(client, room, form, why):
    client.force_login(make.host_of(room))
    form = {"question_en": "Which?", "options_en": "One\nTwo\nThree"} | form
    response = client.post(url("write-poll", room), form)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Poll.objects.exists()
