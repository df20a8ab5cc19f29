import re

import pytest
from playwright.sync_api import expect

from tests.browser import check_accessibility, sign_in
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def authenticator(visitor):
    """A device that has a fingerprint reader and a willing finger."""
    session = visitor.context.new_cdp_session(visitor)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def verified(value):
        session.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": made["authenticatorId"], "isUserVerified": value},
        )

    return verified


def add_passkey(visitor, site, person):
    sign_in(visitor.context, person, site)
    visitor.goto(f"{site}/accounts/2fa/")
    visitor.get_by_role("link", name="Add a passkey").click()
    check_accessibility(visitor)
    visitor.get_by_role("button", name="Add a passkey").click()
    expect(visitor.get_by_role("heading", name="Recovery codes")).to_be_visible()


def test_a_passkey_is_made_and_opens_the_account(visitor, site, authenticator):
    person = make_person(name="Ana Ruiz")
    add_passkey(visitor, site, person)
    assert person.authenticator_set.filter(type="webauthn").count() == 1
    visitor.context.clear_cookies()

    visitor.goto(f"{site}/accounts/login/")
    check_accessibility(visitor)
    visitor.get_by_role("button", name="Sign in with a passkey").click()

    visitor.wait_for_url(f"{site}/me/")
    assert "sessionid" in {cookie["name"] for cookie in visitor.context.cookies()}


def test_after_a_code_by_mail_the_passkey_is_the_second_step(
    visitor, site, authenticator, mailoutbox
):
    person = make_person(name="Ana Ruiz")
    add_passkey(visitor, site, person)
    visitor.context.clear_cookies()
    mailoutbox.clear()

    visitor.goto(f"{site}/accounts/login/")
    visitor.get_by_label("E-mail address").first.fill(person.email)
    visitor.get_by_role("button", name="E-mail me a code").click()
    code = re.search(r"^\d{6}$", mailoutbox[0].body, re.MULTILINE)[0]
    visitor.get_by_label("The code from our e-mail").fill(code)
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_role("heading", name="Second step")).to_be_visible()
    check_accessibility(visitor)
    visitor.get_by_role("button", name="Use a passkey").click()

    visitor.wait_for_url(f"{site}/me/")


def test_a_passkey_that_is_not_used_is_said_in_words(visitor, site, authenticator):
    authenticator(False)

    visitor.goto(f"{site}/accounts/login/")
    visitor.get_by_role("button", name="Sign in with a passkey").click()

    expect(visitor.get_by_role("alert")).to_contain_text("The passkey was not used")
