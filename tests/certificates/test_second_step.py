"""Who acts on a certificate shows a second step; who has nothing to show sets one up first."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.urls import reverse

from certificates.models import Certificate
from tests.factories import make_person, shown_again
from tests.people.test_second_step import code_for, set_up_app

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"
REVOKED = {"reason": "error", "revoke_why": "Wrong person."}
in_earnest = pytest.mark.django_db(transaction=True)  # allauth goes on after the commit
PASSWORD, CODE = reverse("account_reauthenticate"), reverse("mfa_reauthenticate")
SET_UP = reverse("people:second-step")


def url(certificate):
    return reverse("certificates:revoke", args=[certificate.code])


def state(certificate):
    return Certificate.objects.with_state().get(pk=certificate.pk).state


def test_a_password_is_not_enough_for_who_has_an_app(client, certificate):
    guarded = make_person(may_credit=True)
    guarded.set_password("a long enough password")
    guarded.save()
    client.force_login(guarded)
    TOTP.activate(guarded, SECRET)

    asked = client.post(url(certificate), REVOKED)
    assert asked.url.startswith(CODE)
    assert b"Your password" not in client.get(asked.url).content
    by_password = {"password": "a long enough password", "next": url(certificate)}
    assert client.post(PASSWORD, by_password).url.startswith(CODE)
    wrong = client.post(asked.url, {"code": "000000", "next": url(certificate)})
    assert (wrong.status_code, state(certificate)) == (422, "valid")

    done = client.post(asked.url, {"code": code_for(SECRET), "next": url(certificate)})

    assert (done.status_code, state(certificate)) == (303, "revoked")


def test_who_has_passkeys_alone_is_asked_for_one_first(client, certificate):
    keyed = make_person(may_credit=True)
    client.force_login(keyed)
    Authenticator.objects.create(user=keyed, type="webauthn", data={"name": "Mine"})
    RecoveryCodes.activate(keyed)

    asked = client.post(url(certificate), REVOKED)

    assert asked.url.startswith(reverse("mfa_reauthenticate_webauthn"))


@in_earnest
def test_who_has_nothing_to_show_sets_up_a_second_step_and_goes_on(client, certificate):
    client.force_login(make_person(may_credit=True))

    asked = client.post(url(certificate), REVOKED)
    assert (asked.url.partition("?")[0], state(certificate)) == (SET_UP, "valid")
    assert b"What you typed is kept" in client.get(SET_UP).content
    assert client.post(SET_UP, {"next": url(certificate)})["Location"] == SET_UP  # not yet
    _secret, set_up = set_up_app(client)
    assert SET_UP in client.get(set_up["Location"]).content.decode()
    ready = client.get(SET_UP)
    assert (ready.status_code, state(certificate)) == (200, "valid")

    done = client.post(SET_UP, {"next": ready.context["waits"]})

    assert (done.status_code, state(certificate)) == (303, "revoked")
    assert client.get(SET_UP)["Location"] == reverse("mfa_index")  # nothing waits any more


@in_earnest
def test_who_takes_their_time_shows_it_again_and_loses_nothing(client, certificate):
    client.force_login(make_person(may_credit=True))
    client.post(url(certificate), REVOKED)
    secret, _ = set_up_app(client)
    session = client.session
    session["account_authentication_methods"][-1]["at"] -= 3600
    session.save()

    asked = client.post(SET_UP, {"next": url(certificate)})
    assert (asked["Location"].partition("?")[0], state(certificate)) == (CODE, "valid")
    code = {"code": code_for(secret, 1), "next": url(certificate)}  # each code counts once

    assert client.post(asked["Location"], code).status_code == 303
    assert state(certificate) == "revoked"


@in_earnest
def test_a_file_to_fetch_waits_in_the_same_way(client):
    client.force_login(make_person(may_credit=True))
    path = reverse("credit:train") + "?first=2026-01-01&last=2026-03-31"

    asked = client.get(path)
    assert asked.url.startswith(SET_UP)
    set_up_app(client)

    assert client.post(SET_UP, {"next": path})["Location"] == path
    assert client.get(path)["Content-Type"].startswith("text/csv")


def test_the_demo_says_why_a_password_is_enough(client, certificate, settings):
    shown = make_person(may_credit=True)
    shown_again(client, shown)
    said = b"This is a demonstration"

    assert said in client.get(PASSWORD).content
    settings.SECOND_STEP_FOR_STAFF = True
    TOTP.activate(shown, SECRET)
    assert said not in client.get(CODE).content
