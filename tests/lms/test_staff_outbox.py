from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from lms.models import OutboxEntry
from people.models import AuditEntry
from tests.factories import make_person

pytestmark = pytest.mark.django_db
State = OutboxEntry.State
OUTBOX = "/staff/outbox/"


@pytest.fixture
def carer(client):
    carer = make_person(name="Cara", is_staff=True)
    client.force_login(carer)
    return carer


def make_entry(key="a", state=State.DEAD, **fields):
    ended = None if state == State.WAITING else timezone.now()
    fields = {"kind": "mail", "outcome": f"Outcome of {key}", "finished_at": ended} | fields
    return OutboxEntry.objects.create(key=key, state=state, **fields)


def retry_url(entry):
    return reverse("staff-outbox-retry", args=[entry.pk]) + f"?state={entry.state}&page=1"


def test_each_list_shows_its_own_entries_and_how_many_the_others_have(client, carer):
    for state in State:
        make_entry(key=f"the {state} one", state=state)

    for state in State:
        html = client.get(OUTBOX, {"state": state}).content.decode()
        assert [other for other in State if f"Outcome of the {other} one" in html] == [state]
        assert html.count('<span class="gw-count">1</span>') == 4


def test_failures_are_shown_first_and_an_unknown_list_is_that_one(client, carer):
    make_entry()
    assert "Outcome of a" in client.get(OUTBOX).content.decode()
    assert "Outcome of a" in client.get(OUTBOX, {"state": "x", "page": "x"}).content.decode()


def test_an_empty_list_says_so(client, carer):
    assert "Nothing failed" in client.get(OUTBOX).content.decode()
    assert "Nothing is waiting" in client.get(OUTBOX, {"state": "waiting"}).content.decode()


def test_entries_that_are_due_are_counted(client, carer):
    make_entry("now", State.WAITING)
    make_entry("later", State.WAITING, due_at=timezone.now() + timedelta(hours=1))
    assert "1 entry is due now" in client.get(OUTBOX).content.decode()


@pytest.mark.parametrize("state", [State.DEAD, State.SKIPPED])
def test_a_carer_has_a_failed_entry_tried_again(client, carer, state):
    entry = make_entry(state=state, attempts=8)

    response = client.post(retry_url(entry))

    assert (response.status_code, response["Location"]) == (303, f"{OUTBOX}?state={state}&page=1")
    assert "waits for a worker again" in client.get(response["Location"]).content.decode()
    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == (State.WAITING, 0)
    assert AuditEntry.objects.get().verb == "outbox.retried"


@pytest.mark.parametrize("state", [State.DONE, State.WAITING])
def test_what_is_done_or_waiting_stays_as_it_is(client, carer, state):
    entry = make_entry(state=state, attempts=1)

    client.post(retry_url(entry))

    before, entry = entry, OutboxEntry.objects.get()
    assert (entry.state, entry.attempts) == (before.state, 1)
    assert not AuditEntry.objects.exists()


def test_trying_again_swaps_in_the_list_alone(client, carer, htmx):
    entry, _ = make_entry("a"), make_entry("b")

    html = client.post(retry_url(entry), headers=htmx).content.decode()

    assert html.lstrip().startswith('<div id="entries"')
    assert "Outcome of b" in html
    assert "Outcome of a" not in html
    assert "waits for a worker again" in html


def test_only_a_carer_of_the_site_sees_the_outbox(client, signed_in):
    entry = make_entry()
    assert client.get(OUTBOX).status_code == 404
    assert client.post(retry_url(entry)).status_code == 404
    client.logout()
    assert "/accounts/login/" in client.get(OUTBOX)["Location"]
    assert "/accounts/login/" in client.post(retry_url(entry))["Location"]
    assert OutboxEntry.objects.get().state == State.DEAD


def test_an_entry_that_is_not_there_is_not_found(client, carer):
    assert client.post(reverse("staff-outbox-retry", args=[404])).status_code == 404


def test_trying_again_needs_a_post(client, carer):
    assert client.get(retry_url(make_entry())).status_code == 405


def test_the_list_costs_the_same_for_any_number_of_entries(client, carer):
    costs = []
    for number in range(60):
        make_entry(str(number))
        if number in {0, 4, 59}:
            with CaptureQueriesContext(connection) as queries:
                client.get(OUTBOX)
            costs.append(len(queries))
    assert len(set(costs)) == 1
    assert costs[0] <= 8


def test_the_outbox_speaks_spanish(client, carer):
    assert client.get("/es/staff/outbox/").status_code == 200
