import pytest

from people.models import AuditEntry, Membership, Organisation, User
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
USERS = "/staff/admin/people/user/"


@pytest.fixture
def carer(client):
    carer = make_person(name="Cara", is_staff=True)
    client.force_login(carer)
    return carer


@pytest.mark.parametrize("path", ["", "people/user/", "people/organisation/", "people/membership/"])
def test_only_carers_come_in(client, path):
    address = f"/staff/admin/{path}"

    assert client.get(address, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    for fields in ({}, {"may_author": True, "may_host": True}):
        client.force_login(make_person(**fields))
        assert client.get(address, follow=True).status_code == 404
    client.force_login(make_person(is_staff=True))
    assert client.get(address).status_code == 200


def test_a_change_of_roles_is_written_down(client, carer, person):
    form = {"may_author": "on", "is_active": "on"}

    response = client.post(f"{USERS}{person.pk}/change/", form)

    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.may_author, person.is_staff, person.is_active) == (True, False, True)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.about) == (
        carer,
        "person.roles-changed",
        f"people.user {person.pk}",
    )
    assert entry.details == {"changed": {"may_author": {"from": False, "to": True}}}


def test_saving_without_a_change_writes_nothing_down(client, carer, person):
    client.post(f"{USERS}{person.pk}/change/", {"is_active": "on"})

    assert not AuditEntry.objects.exists()


def test_a_new_person_has_a_small_address_and_no_password(client, carer):
    form = {"email": "New@Example.org", "name": "New", "may_host": "on", "is_active": "on"}

    assert client.post(f"{USERS}add/", form).status_code == 302

    person = User.objects.get(email="new@example.org")
    assert person.may_host
    assert not person.has_usable_password()
    assert AuditEntry.objects.count() == 1


def test_the_address_and_the_name_belong_to_the_person(client, carer, person):
    client.post(
        f"{USERS}{person.pk}/change/",
        {"email": "other@example.org", "name": "Other", "is_superuser": "on", "is_active": "on"},
    )

    former = (person.email, person.name)
    person.refresh_from_db()
    assert (person.email, person.name, person.is_superuser) == (*former, False)


def test_a_training_lead_is_made_by_closing_the_former_membership(client, carer, person):
    first, second = make_organisation(), make_organisation()
    Membership.objects.create(person=person, organisation=first)

    form = {"person": person.pk, "organisation": second.pk, "role": "lead"}
    response = client.post("/staff/admin/people/membership/add/", form)

    assert response.status_code == 302
    present = Membership.objects.get(person=person, ends_on=None)
    assert (present.organisation, present.role) == (second, "lead")
    assert Membership.objects.count() == 2
    assert {row.verb for row in AuditEntry.objects.all()} == {
        "membership.begun",
        "membership.ended",
    }


def test_a_new_organisation_can_be_found(client, carer):
    form = {
        "name": "Clínica del Río", "kind": "community", "note": "",
        "served-TOTAL_FORMS": "0", "served-INITIAL_FORMS": "0",
    }  # fmt: skip

    assert client.post("/staff/admin/people/organisation/add/", form).status_code == 302

    assert list(Organisation.objects.matching("clinica rio").values_list("slug", flat=True)) == [
        "clinica-del-rio"
    ]


def test_nothing_is_deleted_here(client, carer, person):
    assert client.post(f"{USERS}{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=person.pk).exists()
