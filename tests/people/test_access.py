from types import SimpleNamespace

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from people.access import signed_in
from people.models import User
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def session_of(person):
    client = Client()
    client.force_login(person)
    return client.session.session_key


def change(key, **values):
    session = SessionStore(key)
    session.update(values)
    session.save()


WAYS = {
    "signed in": lambda person, key: None,
    "signed out": lambda person, key: SessionStore(key).flush(),
    "too long ago": lambda person, key: Session.objects.filter(pk=key).update(
        expire_date=timezone.now()
    ),
    "password changed": lambda person, key: User.objects.filter(pk=person.pk).update(password="x"),
    "barred": lambda person, key: User.objects.filter(pk=person.pk).update(is_active=False),
    "erased": lambda person, key: person.delete(),
    "by a way that is closed": lambda person, key: change(key, **{BACKEND_SESSION_KEY: "gone"}),
    "of nobody": lambda person, key: Session.objects.filter(pk=key).update(
        session_data=SessionStore().encode({"color": "blue"})
    ),
    "not written by us": lambda person, key: Session.objects.filter(pk=key).update(
        session_data="e30:1abc:nothing"
    ),
}


def test_many_sessions_are_whose_django_says_each_is(settings):
    keys = {}
    for way, act in WAYS.items():
        person = make_person()
        key = keys[way] = session_of(person)
        act(person, key)
    with_old_key = keys["before the key of the site changed"] = session_of(make_person())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "k" * 50
    keys["after it"] = session_of(make_person())

    found = signed_in([*keys.values(), "", "unknown"])

    said = {
        key: get_user(SimpleNamespace(session=SessionStore(key))) for key in list(keys.values())
    }
    assert found == {key: person for key, person in said.items() if person.is_authenticated}
    assert set(found) == {keys["signed in"], with_old_key, keys["after it"]}
