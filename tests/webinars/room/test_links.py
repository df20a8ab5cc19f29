"""Addresses in the chat: pressed where the host allows it, whole and plain, and never otherwise."""

import pytest
from django.urls import reverse

from tests.webinars.room import factories as make
from tests.webinars.room.reading import ATTENDEE, MODERATOR, Page, fresh
from webinars.room import chat, setup
from webinars.room.links import pieces

HREF = (
    '<a href="https://example.org/a" target="_blank" '
    'rel="noopener noreferrer nofollow ugc">https://example.org/a<span'
)


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("See https://example.org/a.", ["https://example.org/a"]),
        ("HTTP://Example.org and http://example.org:8080/?q=1&r=2#x!",
         ["HTTP://Example.org", "http://example.org:8080/?q=1&r=2#x"]),
        ("(https://example.org/a_(b))", ["https://example.org/a_(b)"]),
        ("[https://example.org/a]", ["https://example.org/a"]),
        ('"https://example.org/a"', ["https://example.org/a"]),
        ("<https://example.org/a>", ["https://example.org/a"]),
        ("https://example.org/ñ/%20", ["https://example.org/ñ/%20"]),
        ("javascript:alert(1) data:text/html,x ftp://example.org mailto:a@example.org", []),
        ("www.example.org example.org/a //example.org", []),
        ("https://", []),
        ("https://)...", []),
        ("https://localhost/admin", []),
        ("https://bank.example@evil.example/", []),
        ("https://user:pass@example.org/", []),
        ("https://example.org:99999/", []),
        ("https://[::1/", []),
        ("https://ex\u0430mple.org/", []),
        ("https://example.org/\u202egro.elpmaxe", []),
        ("https://example.org/\u200bx", []),
        ("https://evil.example\\@example.org", ["https://evil.example"]),
    ],
)  # fmt: skip
def test_what_is_an_address_and_what_only_looks_like_one(text, addresses):
    found = pieces(text)
    assert [address for _, address in found if address] == addresses
    assert "".join(words for words, _ in found) == text
    assert all(words == address for words, address in found if address)


@pytest.mark.django_db
def test_an_address_works_when_links_do_on_every_page_that_follows():
    room = make.make_room()
    host = make.host_of(room)
    make.say(room, host, "Read https://example.org/a <b>now</b>.")
    make.say(room, host, "No address here.")
    chat.remove(make.say(room, host, "https://example.org/removed"), host)
    pages = [Page(room, ATTENDEE), Page(room, MODERATOR)]

    for links in (True, False, True):
        setup.change(room, host, links=links)
        for page in pages:
            raw = page.follow()
            assert (HREF in " ".join(page.lists["chat"].values())) is links
            assert page.lists == fresh(room.pk, page.view)[0]
            assert "No address here." not in raw
            assert "removed" not in raw
            assert "&lt;b&gt;now" in raw


@pytest.mark.django_db
def test_the_page_has_them_too_and_says_to_look(client):
    room = make.make_room()
    make.say(room, text="https://example.org/a")
    client.force_login(make.make_guest(room))
    page = reverse("webinars:room", args=[room.slug])
    assert HREF not in client.get(page).content.decode()
    setup.change(room, make.host_of(room), links=True)
    html = client.get(page).content.decode()
    assert HREF in html
    assert "Look at the address before you open it." in html
