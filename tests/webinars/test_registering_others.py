"""A training lead registers their team: members of today, invitations for everybody else."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from people import joining
from people.models import Membership, User
from tests.factories import make_organisation, make_person
from tests.races import at_once
from tests.webinars.factories import make_webinar, seat
from webinars import asking, registering_others
from webinars.models import Registration, SeatInvitation
from webinars.registering import cancel

pytestmark = pytest.mark.django_db


def text(response):
    return " ".join(response.content.decode().split())


def url(webinar):
    return reverse("webinars:register-team", args=[webinar.slug])


@pytest.fixture
def organisation():
    return make_organisation(name="Wake County", kind="community")


@pytest.fixture
def lead(client, organisation):
    lead = make_person(name="Marcus Lee")
    joining.join(lead, organisation, role=Membership.Role.LEAD)
    client.force_login(lead)
    return lead


def member(organisation, **fields):
    person = make_person(**fields)
    joining.join(person, organisation)
    return person


def outcomes(rows):
    return [row.outcome for row in rows]


def test_a_lead_looks_first_and_then_registers_members(client, lead, organisation, mailoutbox):
    webinar, rosa = make_webinar(), member(organisation, name="Rosa Delgado", language="es")
    omar = member(organisation, name="Omar Diaz", email="omar@example.org")
    typed = {"members": [rosa.pk], "addresses": "Omar <OMAR@example.org>\nnobody"}

    look = client.post(url(webinar), typed)
    assert look.status_code == 200
    assert not Registration.objects.exists()
    assert outcomes(look.context["rows"]) == ["register", "register", "unreadable"]
    done = client.post(url(webinar), typed | {"sure": "yes"})
    assert done.status_code == 303
    page = text(client.get(url(webinar)))

    assert "2 people are registered." in page
    assert "Rosa Delgado, " in page
    assert "(Has a seat)" in page
    places = Registration.objects.order_by("pk")
    assert [place.person for place in places] == [rosa, omar]
    assert {(place.registered_by, place.organisation) for place in places} == {(lead, organisation)}
    outbox.work()
    letter = next(mail for mail in mailoutbox if mail.to == ["omar@example.org"])
    assert "Marcus Lee (Wake County) registered you." in letter.body
    assert "METHOD:REQUEST" in str(letter.message())


def test_names_with_commas_are_one_person_each_also_after_the_look(client, lead, organisation):
    webinar, rosa = make_webinar(), member(organisation, email="rosa@example.org")
    pasted = 'Marín, Rosa, RN <ROSA@example.org>; "Lee; Ana" <ana@example.org>\r\nomar@example.org'

    look = client.post(url(webinar), {"addresses": pasted})
    rows = look.context["rows"]
    assert [(row.typed, row.outcome) for row in rows] == [
        ("Rosa Marín, RN <ROSA@example.org>", "register"),
        ("Lee; Ana <ana@example.org>", "invite"),
        ("omar@example.org", "invite"),
    ]
    carried = html.unescape(re.search(r'name="addresses" value="([^"]*)"', look.text)[1])
    client.post(url(webinar), {"addresses": carried, "sure": "yes"})

    assert Registration.objects.get().person == rosa
    invited = SeatInvitation.objects.values_list("email", flat=True)
    assert set(invited) == {"ana@example.org", "omar@example.org"}


def test_doing_it_again_changes_nothing(client, lead, organisation):
    webinar, rosa = make_webinar(), member(organisation)
    typed = {"members": [rosa.pk], "addresses": "new@example.org", "sure": "yes"}

    for _ in range(2):
        assert client.post(url(webinar), typed).status_code == 303

    assert Registration.objects.count() == SeatInvitation.objects.count() == 1
    assert OutboxEntry.objects.filter(kind=registering_others.KIND).count() == 1


def test_every_other_address_gets_the_same_answer_and_an_invitation(
    client, lead, organisation, mailoutbox
):
    """Unknown, known without an organisation, of another one, of this one in former times, seated
    by themselves, or barred: a lead learns nothing about them, and registers none of them."""
    webinar = make_webinar()
    make_person(email="known@example.org")
    member(make_organisation(), email="elsewhere@example.org")
    former = member(organisation, email="former@example.org")
    Membership.objects.filter(person=former).update(
        starts_on=timezone.localdate() - timedelta(days=9), ends_on=timezone.localdate()
    )
    seat(member(make_organisation(), email="seated@example.org"), webinar)
    make_person(email="barred@example.org", is_active=False)
    names = ("unknown", "known", "elsewhere", "former", "seated", "barred")
    lines = [f"{name}@example.org" for name in names]
    people = User.objects.count()

    look = client.post(url(webinar), {"addresses": "\n".join(lines)})
    assert outcomes(look.context["rows"]) == ["invite"] * 6
    registering_others.take(webinar, organisation, [], "\n".join(lines), by=lead)

    assert (Registration.objects.count(), User.objects.count()) == (1, people)
    outbox.work()
    invited = [mail for mail in mailoutbox if mail.subject.startswith("Marcus Lee invites you")]
    assert sorted(mail.to[0] for mail in invited) == sorted(lines)
    assert reverse("webinars:register", args=[webinar.slug]) in invited[0].body


def test_members_of_other_organisations_cannot_be_ticked(client, lead):
    webinar, stranger = make_webinar(), member(make_organisation(), name="Secret Name")

    page = client.get(url(webinar))
    assert "Secret Name" not in text(page)
    response = client.post(url(webinar), {"members": [stranger.pk], "sure": "yes"})

    assert response.status_code == 422
    assert not Registration.objects.exists()
    assert registering_others.look(webinar, make_organisation(), [stranger.pk], "") == []


def test_who_gave_the_place_back_is_left_alone(client, lead, organisation):
    webinar, rosa = make_webinar(), member(organisation)
    seat(rosa, webinar)
    cancel(rosa, webinar)

    rows = registering_others.take(webinar, organisation, [rosa.pk], rosa.email, by=lead)

    assert outcomes(rows) == ["left", "twice"]
    assert Registration.objects.get().state == "cancelled"


def test_a_full_session_or_one_with_approval_keeps_its_rules(lead, organisation):
    full, approved = make_webinar(capacity=1), make_webinar(needs_approval=True)
    people = [member(organisation).pk for _ in range(2)]

    for webinar in (full, approved):
        registering_others.take(webinar, organisation, people, "", by=lead)

    assert sorted(full.registrations.values_list("state", flat=True)) == ["seated", "waitlisted"]
    assert list(approved.registrations.values_list("state", flat=True)) == ["asked", "asked"]


def test_what_the_host_must_know_is_asked_in_the_letter(lead, organisation, mailoutbox):
    webinar, rosa = make_webinar(), member(organisation)
    words = {"en": "Which county?", "es": "¿Qué condado?"}
    asking.add(webinar, by=None, kind="short", words=words, required=True)

    registering_others.take(webinar, organisation, [rosa.pk], "", by=lead)
    outbox.work()

    assert "Answer the host’s questions" in mailoutbox[0].body


@pytest.mark.parametrize("fields", [{}, {"addresses": "a@example.org\n" * 101}])
def test_nothing_and_too_much_are_refused_and_stay_typed(client, lead, fields):
    response = client.post(url(make_webinar()), fields)

    assert response.status_code == 422
    assert response.context["form"].errors


def test_a_closed_session_is_refused_with_the_reason(client, lead, organisation):
    webinar, rosa = make_webinar(), member(organisation)
    webinar.registration_closes_at = timezone.now()
    webinar.save()

    response = client.post(url(webinar), {"members": [rosa.pk], "sure": "yes"})

    assert response.status_code == 422
    assert "Registration for this session has closed." in text(response)


def test_members_and_former_leads_find_no_such_page(client, organisation):
    webinar = make_webinar()
    former = member(organisation)
    Membership.objects.create(
        person=former,
        organisation=make_organisation(),
        role=Membership.Role.LEAD,
        starts_on=timezone.localdate() - timedelta(days=9),
        ends_on=timezone.localdate(),
    )
    client.force_login(former)

    assert client.get(url(webinar)).status_code == 404
    assert url(webinar) not in text(client.get(webinar.get_absolute_url()))


@pytest.mark.parametrize("count", [1, 5])
def test_the_page_costs_the_same_for_any_number_of_members(
    client, lead, organisation, count, django_assert_max_num_queries
):
    webinar = make_webinar()
    for _ in range(count):
        seat(member(organisation), webinar)
    with django_assert_max_num_queries(8):
        client.get(url(webinar))


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_register_somebody_once():
    """Seen without the lock of `take` (on SQLite: its transaction): the constraint refused the
    others, whose whole lists were lost; or each was told that they had registered her."""
    organisation = make_organisation()
    webinar, rosa = make_webinar(), member(organisation)
    leads = [make_person() for _ in range(3)]

    done = at_once(
        *(
            lambda by=by: registering_others.take(
                webinar, organisation, [rosa.pk], "new@example.org", by=by
            )
            for by in leads
        )
    )

    assert sorted(outcomes(rows) for rows in done) == [
        ["has", "invited"],
        ["has", "invited"],
        ["register", "invite"],
    ]
    assert Registration.objects.count() == SeatInvitation.objects.count() == 1
