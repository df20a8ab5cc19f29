"""«Are you still here?»: when it is asked, who answers, who is spared, and what it earns."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_person
from tests.races import at_once
from tests.webinars.factories import be_there, hold
from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, fresh
from tests.webinars.room.test_socket import opened, scenario, until
from webinars import attendance
from webinars.models import CreditPolicy, Prompt, PromptAnswer, PromptEase, Webinar
from webinars.registering import register
from webinars.room import hub, polls, prompts, stage

pytestmark = pytest.mark.django_db
EVERY = 10


def policy(**fields):
    found, _ = CreditPolicy.objects.get_or_create(
        name="Attentive",
        number=1,
        defaults={"prompt_every_minutes": EVERY, "prompt_share_percent": 50} | fields,
    )
    return found


@pytest.fixture
def room(db):
    return make.make_room(policy=policy())


def url(name, room, *args):
    return reverse(f"webinars:{name}", args=[room.slug, *args])


def began(room):
    return room.windows.get().opened_at


def asked(room, number=1):
    """The prompt of this number, asked when it is due."""
    for each in range(1, number + 1):
        now = began(room) + timedelta(seconds=prompts.due_at(room, each, EVERY) + each)
        if each > 1:
            prompts.look([room.pk], now)  # closes the one before
        prompts.look([room.pk], now)
    return Prompt.objects.get(webinar=room, number=number)


def test_they_come_at_irregular_times_that_every_process_agrees_on(room):
    others = [make.make_room(policy=policy()) for _ in range(20)]
    first = {prompts.due_at(each, 1, EVERY) for each in [room, *others]}
    times = [prompts.due_at(room, n, EVERY) for n in range(1, 60)]
    gaps = [b - a for a, b in zip([0, *times], times, strict=False)]

    assert len(first) > 15
    assert all(60 * EVERY // 2 <= gap <= 60 * EVERY * 3 // 2 for gap in gaps)
    assert max(gaps) - min(gaps) > 60 * EVERY // 2
    assert abs(sum(gaps) / len(gaps) - 60 * EVERY) < 60 * EVERY / 4


def test_one_is_asked_when_it_is_due_and_closes_by_itself(room):
    due = began(room) + timedelta(seconds=prompts.due_at(room, 1, EVERY) + 1)
    assert prompts.look([room.pk], due - timedelta(seconds=2)) == 0
    assert fresh(room.pk, ATTENDEE)[0]["prompt"] == {}
    for _ in range(3):
        prompts.look([room.pk], due)
    prompt = Prompt.objects.get()
    assert set(fresh(room.pk, ATTENDEE)[0]["prompt"]) == {prompt.pk}
    assert "prompt" not in fresh(room.pk, MODERATOR)[0]

    prompts.look([room.pk], due + prompts.OPEN_FOR)
    assert fresh(room.pk, ATTENDEE)[0]["prompt"] == {}
    assert Prompt.objects.get().closed_at == due + prompts.OPEN_FOR


@pytest.mark.parametrize("how", ["no policy", "break", "over", "not live"])
def test_nobody_is_asked_when_it_is_not_the_time(how):
    room = make.make_room(
        live=how != "not live",
        policy=policy() if how != "no policy" else policy(prompt_every_minutes=None),
    )
    if how in {"break", "over"}:
        verb = stage.take_break if how == "break" else stage.end
        verb(room, make.host_of(room))
    assert prompts.look([room.pk], timezone.now() + timedelta(hours=5)) == 0
    assert not Prompt.objects.exists()


def test_a_break_takes_an_open_question_away(room):
    asked(room)
    stage.take_break(room, make.host_of(room))
    assert Prompt.objects.get().closed_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_processes_ask_it_once():
    """Seen without the room's lock: all but one meet the constraint and fail."""
    room = make.make_room(policy=policy())
    due = began(room) + timedelta(seconds=prompts.due_at(room, 1, EVERY) + 1)

    outcomes = at_once(*[partial(prompts.look, [room.pk], due)] * 8)

    assert sorted(outcomes) == [0] * 7 + [1]
    assert Prompt.objects.count() == 1
    assert room.events.filter(kind="prompt").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_answer_from_twenty_presses():
    room = make.make_room(policy=policy())
    prompt, person = asked(room), make.make_guest(room)
    outcomes = at_once(*[partial(prompts.answer, prompt, person, prompt.asked_at)] * 20)
    assert set(outcomes) == {None}
    assert PromptAnswer.objects.count() == 1


def test_answers_are_a_record(room):
    prompt = asked(room)
    prompts.answer(prompt, make_person(), prompt.asked_at)
    with pytest.raises(IntegrityError), transaction.atomic():
        PromptAnswer.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        CreditPolicy.objects.update(prompt_share_percent=0)


@pytest.mark.parametrize(
    ("kind", "after", "counts"),
    [("", 3, True), ("", 4, False), ("longer", 8, True), ("longer", 10, False)],
)
def test_there_are_three_minutes_and_more_for_who_was_granted_them(room, kind, after, counts):
    prompt, person = asked(room), make.make_guest(room)
    prompts.ease(room, person, kind, make.host_of(room))
    now = prompt.asked_at + timedelta(minutes=after)
    if counts:
        prompts.answer(prompt, person, now)
    else:
        with pytest.raises(ValidationError, match="time for this question is over"):
            prompts.answer(prompt, person, now)
    assert PromptAnswer.objects.filter(person=person).exists() is counts


@pytest.mark.parametrize("by_script", [True, False])
def test_i_am_here_in_one_press(client, htmx, by_script):
    room = make.make_room(policy=policy())
    guest = make.make_guest(room)
    prompt = Prompt.objects.create(webinar=room, number=1, asked_at=timezone.now())
    client.force_login(guest)
    assert "Are you still here?" in client.get(url("room", room)).content.decode()
    for _ in range(2):
        headers = htmx if by_script else {}
        response = client.post(url("prompt", room, prompt.pk), headers=headers)
        assert response.status_code == (200 if by_script else 303)
    assert PromptAnswer.objects.count() == 1
    page = client.get(url("room", room)).content.decode()
    assert f'id="prompt-{prompt.pk}"' not in page


def test_who_is_spared_is_not_asked_on_their_page(client, room):
    guest = make.make_guest(room)
    Prompt.objects.create(webinar=room, number=1, asked_at=timezone.now())
    prompts.ease(room, guest, PromptEase.Kind.NONE, make.host_of(room))
    client.force_login(guest)
    page = client.get(url("room", room)).content.decode()
    assert 'data-ease="none"' in page
    assert 'id="prompt-' not in page


@pytest.mark.parametrize(("minutes", "there"), [(5, True), (10, False)])
def test_who_was_granted_more_time_finds_it_on_the_page_when_others_no_longer_do(
    client, room, minutes, there
):
    guest, other = make.make_guest(room), make.make_guest(room)
    prompts.ease(room, guest, PromptEase.Kind.LONGER, make.host_of(room))
    now = timezone.now()
    asked_at = now - timedelta(minutes=minutes)
    Prompt.objects.create(webinar=room, number=1, asked_at=asked_at, closed_at=now)

    def html(person):
        client.force_login(person)
        return client.get(url("room", room)).content.decode()

    mine = html(guest)
    assert ('id="prompt-' in mine) == there
    assert '<span data-for-ease="longer">' in mine if there else "nine minutes" not in mine
    assert 'id="prompt-' not in html(other)


def test_a_press_that_comes_too_late_is_told_so_in_its_place(client, room, htmx):
    now = timezone.now()
    late = now - timedelta(minutes=4)
    prompt = Prompt.objects.create(webinar=room, number=1, asked_at=late, closed_at=now)
    client.force_login(make.make_guest(room))

    by_script = client.post(url("prompt", room, prompt.pk), headers=htmx)
    plain = client.post(url("prompt", room, prompt.pk))

    for response in (by_script, plain):
        assert response.status_code == 422
        assert "The time for this question is over." in response.content.decode()
    assert (
        by_script.content.decode()
        .lstrip()
        .startswith(f'<p class="gw-room__thanks" id="prompt-{prompt.pk}"')
    )
    assert not PromptAnswer.objects.exists()


@pytest.mark.parametrize("count", [1, 5])
def test_a_live_room_with_prompts_costs_eight_queries(
    client, room, count, django_assert_num_queries
):
    guest = make.make_guest(room)
    for number in range(count):
        closed = timezone.now() if number else None
        Prompt.objects.create(
            webinar=room, number=number + 1, asked_at=timezone.now(), closed_at=closed
        )
    client.force_login(guest)
    with django_assert_num_queries(8):
        client.get(url("room", room))


def test_a_host_grants_it_to_people_who_asked_for_help(client, room):
    person, other = make_person(name="Ana Ruiz"), make.make_guest(room)
    place = register(person, room, needs={"other": "I use a switch."})
    host = make.host_of(room)
    client.force_login(host)
    page = client.get(url("prompts", room)).content.decode()
    assert "about every 10 minutes" in page
    assert "I use a switch." in page
    for kind, kept in [("longer", ["longer"]), ("", []), ("none", ["none"])]:
        form = {"place": place.pk, "kind": kind}
        assert client.post(url("prompts", room), form).status_code == 303
        assert list(PromptEase.objects.values_list("kind", flat=True)) == kept
    assert client.post(url("prompts", room), {"place": place.pk, "kind": "x"}).status_code == 400
    elsewhere = {"place": other.registrations.get().pk, "kind": "none"}
    assert client.post(url("prompts", room), elsewhere).status_code == 404


# --- What it earns


def attended(room):
    """Was there all the time; two prompts and a knowledge poll were asked."""
    person = make.make_guest(room)
    poll = make.make_poll(room, right=[1])
    numbers = [1, 2]
    made = [Prompt.objects.create(webinar=room, number=n, asked_at=timezone.now()) for n in numbers]
    room.windows.all().delete()
    hold(room)
    be_there(person, room, (0, room.minutes))
    return person.registrations.get(webinar=room), made, poll


@pytest.mark.parametrize(
    ("answers", "voted", "ease", "credited"),
    [(0, False, "", False), (1, False, "", False), (1, True, "", True), (2, False, "", True),
     (0, False, "none", True), (0, False, "longer", False)],
)  # fmt: skip
def test_credit_needs_half_of_them_and_a_right_or_wrong_answer_is_one(
    room, answers, voted, ease, credited
):
    place, made, poll = attended(room)
    for prompt in made[:answers]:
        prompts.answer(prompt, place.person)
    if voted:
        Webinar.objects.filter(pk=room.pk).update(state="live")
        polls.vote(poll, place.person, ["b"])
        Webinar.objects.filter(pk=room.pk).update(state="ended")
    prompts.ease(room, place.person, ease, make.host_of(room))

    decided = attendance.determine(place)

    assert decided.credited is credited
    assert decided.prompts == {
        "asked": 3, "answered": answers + voted, "spared": ease == "none",
    }  # fmt: skip
    assert ("unanswered" in decided.reasons) is not credited


@pytest.mark.parametrize(
    ("cut", "answers", "told"), [(True, 0, (2, 0)), (True, 1, (3, 1)), (False, 0, (3, 0))]
)
def test_one_that_a_break_cuts_short_counts_only_for_who_answered_it(room, cut, answers, told):
    place, (last, *_others), _ = attended(room)
    last.closed_at = last.asked_at + prompts.OPEN_FOR - timedelta(seconds=1 if cut else 0)
    last.save()
    for _answer in range(answers):
        prompts.answer(last, place.person)

    found = attendance.determine(place).prompts

    assert (found["asked"], found["answered"]) == told


def test_a_grant_after_the_end_is_decided_anew(room):
    place, _, _ = attended(room)
    assert not attendance.determine(place).credited
    prompts.ease(room, place.person, PromptEase.Kind.NONE, make.host_of(room))
    assert attendance.determine(place).credited
    assert place.determinations.count() == 2


def test_without_prompts_in_the_policy_nothing_is_counted():
    room = make.make_room()
    place, _, _ = attended(room)
    decided = attendance.determine(place)
    assert (decided.credited, decided.prompts) == (True, {})


@pytest.mark.django_db(transaction=True)
def test_a_room_with_somebody_in_it_asks_by_itself(monkeypatch):
    monkeypatch.setattr(hub, "SECOND", 0.02)
    monkeypatch.setattr(prompts, "due_at", lambda *args: 0)
    room = make.make_room(policy=policy())
    guest = make.make_guest(room)

    async def visit():
        socket = await opened(room, guest)
        came = await until(socket, lambda f: any(e["kind"] == "prompt" for e in f.get("ev", [])))
        await socket.disconnect()
        return came

    assert "Are you still here?" in str(scenario(visit)[-1])
