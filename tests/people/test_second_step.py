import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

from tests.factories import make_person

pytestmark = pytest.mark.django_db
ROLES = ["may_author", "may_host", "may_credit", "is_staff", "is_superuser"]


@pytest.fixture
def production(settings):
    settings.SECOND_STEP_FOR_STAFF = True


def code_for(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def set_up_app(client):
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    return secret, client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})


@pytest.mark.parametrize("role", ROLES)
def test_in_production_a_role_leads_to_setting_up_a_second_step(client, production, role):
    client.force_login(make_person(**{role: True}))

    for path in ["/", "/me/profile/", "/staff/outbox/", "/nowhere/"]:
        response = client.get(path)
        expected = (404, None) if path == "/nowhere/" else (303, "/me/second-step/")
        assert (response.status_code, response.get("Location")) == expected

    page = client.get("/me/second-step/").content.decode()
    assert reverse("mfa_activate_totp") in page


@pytest.mark.parametrize(
    "name", ["people:second-step", "mfa_index", "mfa_activate_totp", "account_email"]
)
def test_the_way_there_is_open(client, production, name):
    client.force_login(make_person(may_author=True))

    assert client.get(reverse(name)).status_code == 200
    assert client.get("/healthz").status_code == 200


def test_htmx_is_led_there_too(client, production, htmx):
    client.force_login(make_person(may_author=True))

    assert client.get("/me/profile/", headers=htmx)["HX-Redirect"] == "/me/second-step/"


def test_with_a_second_step_everything_is_open(client, production):
    client.force_login(make_person(may_author=True))

    set_up_app(client)

    assert client.get("/me/profile/").status_code == 200
    assert client.get("/me/second-step/")["Location"] == reverse("mfa_index")


def test_learners_are_never_asked(signed_in, production):
    assert signed_in.get("/me/profile/").status_code == 200


def test_outside_production_nobody_is_asked(client):
    client.force_login(make_person(is_staff=True))

    assert client.get("/me/profile/").status_code == 200


@pytest.mark.django_db(transaction=True)  # allauth goes on after the commit
def test_an_app_is_set_up_with_a_code_and_gives_recovery_codes(signed_in, person, letters):
    wrong = signed_in.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.content.decode()

    secret, response = set_up_app(signed_in)

    assert (response.status_code, response["Location"]) == (303, reverse("mfa_view_recovery_codes"))
    page = signed_in.get(response["Location"])
    assert len(re.findall(r'<code class="gw-code">\d+</code>', page.content.decode())) == 10
    assert signed_in.get(reverse("mfa_download_recovery_codes")).status_code == 200
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert "authenticator app was set up" in " ".join(letter.body for letter in letters())


def test_signing_in_then_takes_both_steps(client, person, letters):
    client.force_login(person)
    secret, _ = set_up_app(client)
    recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    client.logout()
    page = client.post(reverse("account_request_login_code"), {"email": person.email})
    code = next(re.search(r"^\d{6}$", m.body, re.M) for m in letters() if "sign in" in m.subject)[0]

    response = client.post(page["Location"], {"code": code})
    assert response["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get("/me/profile/").status_code == 302

    wrong = client.post(response["Location"], {"code": "000000"})
    assert wrong.status_code == 422
    right = client.post(response["Location"], {"code": recovery[0]})
    assert (right.status_code, right["Location"]) == (303, "/me/")

    client.logout()
    client.post(reverse("account_request_login_code"), {"email": person.email})
    code = [re.search(r"^\d{6}$", m.body, re.M) for m in letters() if "sign in" in m.subject][-1][0]
    client.post(page["Location"], {"code": code})
    again = client.post(reverse("mfa_authenticate"), {"code": recovery[0]})
    assert again.status_code == 422
    assert (
        client.post(reverse("mfa_authenticate"), {"code": code_for(secret, 1)}).status_code == 303
    )


def test_removing_the_app_asks_who_it_is(client, person):
    person.set_password("a long sentence of mine")
    person.save()
    client.force_login(person)
    again = client.get(reverse("mfa_activate_totp"))
    assert again["Location"].startswith(reverse("account_reauthenticate"))
    wrong = client.post(again["Location"], {"password": "a guess"})
    assert wrong.status_code == 422
    assert (
        client.post(again["Location"], {"password": "a long sentence of mine"}).status_code == 303
    )
    set_up_app(client)

    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 303

    assert not Authenticator.objects.exists()


def test_an_app_whose_key_cannot_be_opened_refuses_every_code(client, person, settings):
    client.force_login(person)
    set_up_app(client)
    settings.SECRET_KEY = "another key altogether"
    totp = Authenticator.objects.get(type="totp").wrap()

    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        totp.validate_code(code_for(""))


def test_secrets_survive_a_new_secret_key(settings):
    from people.sealing import seal, unseal

    sealed = seal("words")
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key altogether"
    assert unseal(sealed) is None
    settings.SECRET_KEY_FALLBACKS = [former]

    assert unseal(sealed) == "words"


@pytest.mark.parametrize(
    "name",
    [
        "mfa_index",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_activate_totp",
        "account_reauthenticate",
    ],
)
def test_strangers_sign_in_first(client, name):
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))
