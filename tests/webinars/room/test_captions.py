"""Captions: from the captioner's software to every page, and the file afterwards."""

import json
import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.webinars.factories import hold, make_webinar
from tests.webinars.room import factories as make
from tests.webinars.room.test_socket import do, opened, scenario, until
from webinars.models import CaptionLine, RoomSetup
from webinars.room import captions, doorbell, hub, polling, stage

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_from_before():
    polling.forget_counts()


@pytest.fixture
def room(db):
    return make.make_room()


@pytest.fixture
def address(room):
    secret = captions.new_address(room, make.host_of(room))
    return f"{reverse('webinars:caption-line')}?id={secret}"


def send(address, text, **query):
    """As captioning software does: no cookie, no token, plain text."""
    client = Client(enforce_csrf_checks=True)
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return client.post(f"{address}{more}", text, content_type="text/plain")


def lines(room):
    return list(room.caption_lines.values_list("language", "number", "text"))


def test_a_line_is_kept_once_however_often_it_is_sent(room, address):
    for _ in range(2):
        assert send(address, "So  that\nis why", seq=1, lang="en-US").status_code == 200
    send(address, "Por eso", seq=1, lang="es-US")
    send(address, "Without a number")

    assert lines(room) == [("en", 1, "So that is why"), ("es", 1, "Por eso"),
                           ("en", 2, "Without a number")]  # fmt: skip
    asked = Client().get(address.replace("captions?", "captions/seq?"))
    assert asked.content == b"2"


@pytest.mark.parametrize(
    ("text", "query", "status"),
    [("", {}, 422), (" \0\n", {}, 422), ("Bonjour", {"lang": "fr"}, 422), ("x" * 9000, {}, 413)],
)
def test_what_is_no_caption_is_refused(room, address, text, query, status):
    assert send(address, text, **query).status_code == status
    assert lines(room) == []


def test_only_the_newest_address_works_and_only_until_the_end(client, room, address):
    host = make.host_of(room)
    client.force_login(host)
    assert client.post(reverse("webinars:captions-address", args=[room.slug])).status_code == 303
    assert send(address, "Old address").status_code == 404
    for wrong in ("", "?id=", "?id=x"):
        assert send(reverse("webinars:caption-line") + wrong, "No").status_code == 404
    secret = RoomSetup.objects.get().caption_secret
    page = client.get(reverse("webinars:room-setup", args=[room.slug])).content.decode()
    assert f"/captions?id={secret}" in page
    fresh = f"{reverse('webinars:caption-line')}?id={secret}"
    assert send(fresh, "New address").status_code == 200
    stage.end(room, host)
    assert send(fresh, "Too late").status_code == 410


def test_a_page_shows_the_last_lines_and_the_fallback_brings_them(client, room, address):
    for n in range(captions.FEW + 2):
        send(address, f"Line {n}.", seq=n + 1)
    client.force_login(make.make_guest(room))

    html = client.get(reverse("webinars:room", args=[room.slug])).content.decode()
    polled = json.loads(client.get(reverse("webinars:events", args=[room.slug])).content)

    assert re.findall(r">(Line \d)\.<", html) == [f"Line {n}" for n in range(2, 8)]
    assert polled["cc"] == [["en", n + 1, f"Line {n}."] for n in range(2, 8)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("bell", [True, False])
def test_a_line_is_on_every_page_within_a_second(monkeypatch, bell):
    room = make.make_room()
    secret = captions.new_address(room, make.host_of(room))
    if not bell:
        monkeypatch.setattr(doorbell, "ring", lambda *args: None)
        monkeypatch.setattr(hub, "SECOND", 0.1)  # the looks that a lost bell costs
    captions.add(room, "en", "Long ago.", None, timezone.now() - 2 * captions.RECENT)
    captions.add(room, "en", "Said before.", None, timezone.now())
    guest, host = make.make_guest(room), make.host_of(room)

    async def visit():
        sockets = [await opened(room, guest), await opened(room, host)]
        for socket in sockets:
            lines = (await until(socket, lambda f: "cc" in f))[-1]["cc"]
            assert [text for _, _, text in lines] == ["Said before."]
        began = time.monotonic()
        await do(send)(f"{reverse('webinars:caption-line')}?id={secret}", "Here it is.", seq=7)
        for socket in sockets:
            came = await until(socket, lambda f: "cc" in f)
            assert came[-1]["cc"] == [["en", 7, "Here it is."]]
        took = time.monotonic() - began
        late = await opened(room, guest)
        lines = (await until(late, lambda f: "cc" in f))[-1]["cc"]
        assert [text for _, _, text in lines] == ["Said before.", "Here it is."]
        await late.disconnect()
        for socket in sockets:
            await socket.disconnect()
        return took

    assert scenario(visit) < 1 if bell else scenario(visit) < 3


def test_the_file_counts_live_time_and_leaves_out_what_was_not_live(client):
    webinar = make_webinar(starts_at=timezone.now().replace(microsecond=0))
    hold(webinar, (0, 10), (20, 30), ended=False)
    at = webinar.starts_at
    said = [(-60, "Sound check."), (5, "Good <morning> & --> welcome."), (9, "Next."),
            (900, "In the break."), (1200 + 3, "Back again."), (1900, "After all.")]  # fmt: skip
    for second, text in said:
        captions.add(webinar, "en", text, None, at + timedelta(seconds=second))

    assert captions.as_webvtt(webinar, "en").split("\n\n") == [
        "WEBVTT",
        "1\n00:00:05.000 --> 00:00:09.000\nGood &lt;morning&gt; &amp; --&gt; welcome.",
        "2\n00:00:09.000 --> 00:00:16.000\nNext.",
        "3\n00:10:03.000 --> 00:10:10.000\nBack again.\n",
    ]
    assert "00:20:03.000" in captions.as_webvtt(webinar, "en", breaks=True)
    assert captions.as_webvtt(webinar, "es") == "WEBVTT\n"

    guest = make.make_guest(webinar)
    client.force_login(guest)
    answer = client.get(reverse("webinars:captions-file", args=[webinar.slug, "en"]))
    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert b"Back again." in answer.content
    other = make.make_guest(make.make_room())
    client.force_login(other)
    for language in ("en", "fr"):
        address = reverse("webinars:captions-file", args=[webinar.slug, language])
        assert client.get(address).status_code == 404


def test_nobody_changes_the_address_of_another_host(client, room):
    client.force_login(make.host_of(make.make_room()))
    assert client.post(reverse("webinars:captions-address", args=[room.slug])).status_code == 404
    assert not CaptionLine.objects.exists()
