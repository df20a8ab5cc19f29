import re

import pytest
from django.urls import reverse

from people.models import User
from tests.factories import make_person

pytestmark = pytest.mark.django_db
ME = "/me/"


def code_in(letter):
    return re.search(r"^(\d{6})$", letter.body, re.MULTILINE)[1]


def ask_for_code(client, email, **data):
    return client.post(reverse("account_request_login_code"), {"email": email, **data})


def sign_up(client, email="ana@example.org", name="Ana Ruiz", prefix=""):
    return client.post(f"{prefix}/accounts/signup/", {"name": name, "email": email})


def test_signing_up_takes_a_name_an_address_and_a_code(client, letters):
    response = sign_up(client, "Ana.Ruiz@Example.ORG")

    assert (response.status_code, response["Location"]) == (303, "/accounts/confirm-email/")
    (letter,) = letters()
    assert letter.to == ["ana.ruiz@example.org"]

    response = client.post(response["Location"], {"code": code_in(letter)})

    assert (response.status_code, response["Location"]) == (303, ME)
    person = User.objects.get()
    assert (person.email, person.name) == ("ana.ruiz@example.org", "Ana Ruiz")
    assert not person.has_usable_password()
    assert person.emailaddress_set.get().verified
    assert client.session["_auth_user_id"] == str(person.pk)


def test_signing_up_keeps_what_was_typed_when_something_is_missing(client):
    response = sign_up(client, email="not an address")

    assert response.status_code == 422
    assert 'value="Ana Ruiz"' in response.content.decode()
    assert 'value="not an address"' in response.content.decode()


def test_the_page_s_language_becomes_the_person_s(client, letters):
    sign_up(client, prefix="/es")

    assert User.objects.get().language == "es"
    assert '<html lang="es">' in letters()[0].alternatives[0][0]


def test_signing_up_with_a_known_address_looks_like_any_other(client, letters):
    make_person(email="ana@example.org", name="Somebody else")

    known = sign_up(client, "ana@example.org")
    page = client.get(known["Location"]).content.decode()
    client.cookies.clear()
    new = sign_up(client, "bea@example.org")
    other = client.get(new["Location"]).content.decode()

    def plain(html):
        return re.sub(r'"\w{64}"|nonce="[^"]+"|(ana|bea)@example.org', "", html)

    assert (known.status_code, known["Location"]) == (new.status_code, new["Location"])
    assert plain(page) == plain(other)
    assert [letter.subject for letter in letters()] == [
        "You already have a Groundwork account",
        "Welcome to Groundwork: your code",
    ]
    assert User.objects.get(email="ana@example.org").name == "Somebody else"


def test_signing_in_with_a_code(client, letters):
    person = make_person(email="ana@example.org")

    response = ask_for_code(client, "ANA@example.org")
    assert (response.status_code, response["Location"]) == (303, "/accounts/login/code/confirm/")

    response = client.post(response["Location"], {"code": code_in(letters()[0])})
    assert (response.status_code, response["Location"]) == (303, ME)
    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_code_sends_people_on_to_where_they_were_going(client, letters):
    make_person(email="ana@example.org")
    response = ask_for_code(client, "ana@example.org", next="/me/profile/")

    response = client.post(response["Location"], {"code": code_in(letters()[0])})

    assert response["Location"] == "/me/profile/"


def test_an_unknown_address_reveals_nothing(client, letters):
    make_person(email="ana@example.org")

    known = ask_for_code(client, "ana@example.org")
    client.cookies.clear()
    unknown = ask_for_code(client, "bea@example.org")

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    wrong = client.post(unknown["Location"], {"code": "123456"})
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.content.decode()
    assert letters()[1].subject == "There is no Groundwork account with this address"


def test_a_wrong_code_is_refused_beside_the_field_and_the_third_one_ends_it(client, letters):
    make_person(email="ana@example.org")
    page = ask_for_code(client, "ana@example.org")["Location"]
    right = code_in(letters()[0])
    wrong = f"{(int(right) + 1) % 1000000:06}"

    answers = [client.post(page, {"code": wrong}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [422, 422, 303]
    assert f'value="{wrong}"' in answers[0].content.decode()
    assert client.post(page, {"code": right})["Location"] == "/accounts/login/code/"
    assert "_auth_user_id" not in client.session


def test_a_new_code_can_be_asked_for_and_the_old_one_is_void(client, letters):
    make_person(email="ana@example.org")
    page = ask_for_code(client, "ana@example.org")["Location"]
    first = code_in(letters()[0])

    assert client.post(page, {"action": "resend"}).status_code == 303
    second = code_in(letters()[1])

    if first != second:
        assert client.post(page, {"code": first}).status_code == 422
    assert client.post(page, {"code": second})["Location"] == ME


def test_a_person_who_was_registered_by_address_needs_one_code_only(client, letters):
    from people.accounts import account_for

    person, made = account_for(" Ana@Example.org", name="Ana Ruiz")
    assert made
    assert account_for("ana@example.org", name="Someone") == (person, False)

    page = ask_for_code(client, "ana@example.org")["Location"]
    response = client.post(page, {"code": code_in(letters()[0])})

    assert response["Location"] == ME
    assert len(letters()) == 1
    assert person.emailaddress_set.get().verified


def test_a_second_address_is_the_same_person():
    from people.accounts import account_for

    person = make_person()
    person.emailaddress_set.create(email="home@example.org", verified=True)

    assert account_for("Home@example.org", name="Ana") == (person, False)
    assert User.objects.count() == 1


def test_too_many_codes_for_one_address_are_refused(client):
    make_person(email="ana@example.org")

    answers = []
    for _ in range(4):
        client.cookies.clear()
        answers.append(ask_for_code(client, "ana@example.org").status_code)

    assert answers == [303, 303, 303, 422]


def test_signing_in_with_a_password(client):
    person = make_person(email="ana@example.org")
    person.set_password("a long sentence of mine")
    person.save()
    page = reverse("account_login")

    wrong = client.post(page, {"login": "ana@example.org", "password": "another one"})
    right = client.post(page, {"login": "Ana@Example.org", "password": "a long sentence of mine"})

    assert wrong.status_code == 422
    html = wrong.content.decode()
    assert "do not match" in html
    assert 'value="ana@example.org"' in html
    assert "another one" not in html
    assert (right.status_code, right["Location"]) == (303, ME)


def test_a_password_is_guessed_five_times_and_no_more(client):
    person = make_person(email="ana@example.org")
    person.set_password("a long sentence of mine")
    person.save()
    page = reverse("account_login")
    for guess in range(5):
        client.post(page, {"login": "ana@example.org", "password": f"guess {guess}"})

    late = client.post(page, {"login": "ana@example.org", "password": "a long sentence of mine"})

    assert late.status_code == 422
    assert "too many tries" in late.content.decode()


@pytest.mark.parametrize(
    ("language", "start", "end"),
    [
        ("es", "/accounts/login/", "/es/me/"),
        ("en", "/es/accounts/login/", "/me/"),
        ("es", "/accounts/login/?next=/me/profile/", "/es/me/profile/"),
        ("es", "/accounts/login/?next=/theme/", "/theme/"),
    ],
)
def test_people_land_in_their_own_language(client, language, start, end):
    person = make_person(email="ana@example.org", language=language)
    person.set_password("a long sentence of mine")
    person.save()

    response = client.post(
        start, {"login": "ana@example.org", "password": "a long sentence of mine"}
    )

    assert response["Location"] == end


def test_nobody_is_sent_to_another_site(client):
    person = make_person(email="ana@example.org")
    person.set_password("a long sentence of mine")
    person.save()

    response = client.post(
        "/accounts/login/?next=https://elsewhere.example/",
        {"login": "ana@example.org", "password": "a long sentence of mine"},
    )

    assert response["Location"] == ME


def test_a_forgotten_password_is_replaced_with_a_code(client, letters):
    person = make_person(email="ana@example.org")
    page = client.post(reverse("account_reset_password"), {"email": "ana@example.org"})
    page = client.post(page["Location"], {"code": code_in(letters()[0])})

    weak = client.post(page["Location"], {"password1": "short", "password2": "short"})
    good = {"password1": "a long sentence of mine", "password2": "a long sentence of mine"}
    done = client.post(page["Location"], good)

    assert weak.status_code == 422
    assert (done.status_code, done["Location"]) == (303, ME)
    person.refresh_from_db()
    assert person.check_password("a long sentence of mine")
    assert letters()[-1].subject == "Your Groundwork account was changed"


def test_asking_for_a_new_password_reveals_nothing(client, letters):
    make_person(email="ana@example.org")
    answers = []
    for email in ("ana@example.org", "bea@example.org"):
        client.cookies.clear()
        response = client.post(reverse("account_reset_password"), {"email": email})
        answers.append((response.status_code, response["Location"]))

    assert answers[0] == answers[1]
    assert letters()[1].subject == "There is no Groundwork account with this address"


def test_signing_out_takes_a_post(signed_in):
    assert signed_in.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in signed_in.session

    response = signed_in.post(reverse("account_logout"))

    assert (response.status_code, response["Location"]) == (303, "/")
    assert "_auth_user_id" not in signed_in.session


def test_a_closed_account_stays_closed(client, letters):
    person = make_person(email="ana@example.org", is_active=False)
    person.set_password("a long sentence of mine")
    person.save()

    response = client.post(
        reverse("account_login"),
        {"login": "ana@example.org", "password": "a long sentence of mine"},
    )

    assert response["Location"] == reverse("account_inactive")
    assert ask_for_code(client, "ana@example.org").status_code == 303
    assert letters()[0].subject == "There is no Groundwork account with this address"


def test_another_address_is_confirmed_and_made_the_main_one(signed_in, person, letters):
    page = reverse("account_email")
    response = signed_in.post(page, {"email": "New@example.org", "action_add": "1"})
    letter = letters()[0]
    assert letter.to == ["new@example.org"]

    signed_in.post(response["Location"], {"code": code_in(letter)})
    response = signed_in.post(page, {"email": "new@example.org", "action_primary": ""})

    assert response.status_code == 303
    person.refresh_from_db()
    assert person.email == "new@example.org"
    former = person.emailaddress_set.exclude(email="new@example.org").get()
    assert former.email in {address for letter in letters() for address in letter.to}


def test_an_address_of_somebody_else_is_not_given_away(signed_in, letters):
    make_person(email="bea@example.org")

    response = signed_in.post(
        reverse("account_email"), {"email": "bea@example.org", "action_add": "1"}
    )
    refused = signed_in.post(response["Location"], {"code": code_in(letters()[0])})

    assert response.status_code == 303
    assert refused.status_code == 422


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_signup", "account_request_login_code", "account_reset_password"],
)
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_the_doors_open_in_both_languages(client, name, prefix):
    response = client.get(prefix + reverse(name))

    assert response.status_code == 200
    assert f'<html lang="{prefix[1:] or "en"}"' in response.content.decode()


@pytest.mark.parametrize("name", ["account_email", "mfa_index", "account_set_password"])
def test_the_account_s_pages_open(signed_in, name):
    assert signed_in.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(
    ("host", "offered"),
    [
        ("localhost", True),
        ("localhost:8000", True),
        ("127.0.0.1:8000", False),
        ("127.0.0.1", False),
    ],
)
def test_passkeys_are_offered_where_browsers_allow_them(client, host, offered):
    html = client.get("/accounts/login/", headers={"host": host}).content.decode()

    assert ("Sign in with a passkey" in html) == offered


def test_too_many_requests_get_a_page_of_ours(signed_in, person):
    answers = [
        signed_in.post(reverse("account_set_password"), {"password1": "x"}) for _ in range(6)
    ]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Wait a minute" in answers[-1].content.decode()
