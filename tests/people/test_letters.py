import json
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from people import letters as letters_module
from tests.factories import make_person

State = OutboxEntry.State


def promise(**words):
    letters_module.promise(
        "sign_in_code",
        to="ana@example.org",
        language="en",
        context={"code": "402917", "minutes": "15", **words},
        good_for=timedelta(minutes=15),
    )
    return OutboxEntry.objects.get()


@pytest.mark.django_db
def test_the_code_cannot_be_read_in_the_outbox():
    entry = promise()

    assert "402917" not in json.dumps(entry.payload)


@pytest.mark.django_db
def test_a_letter_has_a_text_and_an_html_part(letters):
    promise()

    (letter,) = letters()

    assert letter.subject == "Your code to sign in to Groundwork"
    assert "402917" not in letter.subject
    assert "\n402917\n" in letter.body
    html, kind = letter.alternatives[0]
    assert kind == "text/html"
    assert "<code>402917</code>" in html


@pytest.mark.django_db
def test_a_code_that_has_run_out_is_not_sent(letters):
    entry = promise()
    outbox.work(now=timezone.now() - timedelta(hours=1))
    OutboxEntry.objects.filter(pk=entry.pk).update(
        payload=entry.payload | {"good_until": timezone.now().isoformat()}
    )

    assert letters() == []
    entry.refresh_from_db()
    assert (entry.state, entry.outcome) == (State.SKIPPED, "the code in it had run out")


@pytest.mark.django_db
def test_a_letter_is_sent_at_once_and_only_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        entry = promise()

    entry.refresh_from_db()
    assert (len(mail.outbox), entry.state, entry.attempts) == (1, State.DONE, 1)
    assert outbox.work() == 0


@pytest.mark.django_db
def test_when_sending_at_once_fails_the_worker_tries_again(
    django_capture_on_commit_callbacks, monkeypatch
):
    with monkeypatch.context() as broken:
        broken.setattr(letters_module.mail, "send", lambda **_: 1 / 0)
        with django_capture_on_commit_callbacks(execute=True):
            entry = promise()

    entry.refresh_from_db()
    assert (entry.state, entry.attempts) == (State.WAITING, 1)
    outbox.work(now=timezone.now() + timedelta(seconds=11))
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_in_a_thread_of_its_own_it_is_sent_once_too(settings):
    settings.OUTBOX_THREADS = True
    import threading

    entry = promise()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join(timeout=5)

    entry.refresh_from_db()
    assert (len(mail.outbox), entry.state) == (1, State.DONE)


@pytest.mark.django_db
def test_people_read_their_letters_in_their_own_language(client, letters):
    make_person(email="ana@example.org", language="es")

    client.post(reverse("account_request_login_code"), {"email": "ana@example.org"})

    assert '<html lang="es">' in letters()[0].alternatives[0][0]


@pytest.mark.django_db
def test_a_stranger_gets_the_page_s_language(client, letters):
    client.post("/es/accounts/login/code/", {"email": "nobody@example.org"})

    html = letters()[0].alternatives[0][0]
    assert '<html lang="es">' in html
    assert "/es/accounts/signup/" in html


@pytest.mark.django_db
def test_a_name_typed_by_a_stranger_is_never_in_a_letter(client, letters):
    client.post(
        reverse("account_signup"),
        {"name": "Win at https://bad.example", "email": "victim@example.org"},
    )

    (letter,) = letters()
    assert "bad.example" not in letter.body + letter.alternatives[0][0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    ["password_changed", "password_set", "totp_activated", "webauthn_removed", "unheard_of"],
)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_change_has_its_notice(letters, change, language):
    letters_module.promise(
        "account_changed",
        to="ana@example.org",
        language=language,
        context={"change": change, "other": "", "when": "today", "security_url": "https://x.test"},
    )

    (letter,) = letters()
    assert letter.body.strip()
    assert "{" not in letter.body
