"""One open page, as ASGI sees it: carries frames out and echoes of heartbeats in.

A plain ASGI application, not a Channels consumer: a consumer listens to a channel layer for each
socket and asks a thread to look after database connections for each message. The hub does both
once per process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http import parse_cookie
from django.urls import path, re_path

from lms.text import LANGUAGES
from webinars.room.door import Knock
from webinars.room.hub import REFUSED, Reader, hub_here

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

GOODBYES = {1000, 1001}  # closed by the page or by leaving it; anything else is a lost line
_ECHO = len('{"hb": 4294967296}') + 8  # nothing longer is an echo


async def room(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    query = parse_qs(scope["query_string"].decode("latin-1"))
    cookies = parse_cookie(_header(scope, b"cookie"))
    knock = Knock(
        session_key=cookies.get(settings.SESSION_COOKIE_NAME, ""),
        slug=scope["url_route"]["kwargs"]["slug"],
        wanted=query.get("as", [""])[0],
    )
    hub = hub_here()
    admitted = await hub.porter.admit(knock)
    if admitted is None:
        await refuse(send)
        return
    await send({"type": "websocket.accept"})
    reader = Reader(
        admitted, language(query.get("lang", [""])[0]), number(query.get("after", [""])[0])
    )
    hub.enter(reader)
    writer = asyncio.create_task(_write(reader, send))
    code = 0
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code", 0)
                break
            hub.heard(reader, _echo(message.get("text")))
    except asyncio.CancelledError:
        if not reader.gave_up:
            raise
    finally:
        writer.cancel()
        await hub.leave(reader, said_goodbye=code in GOODBYES)
        await asyncio.gather(writer, return_exceptions=True)


async def _write(reader: Reader, send: Send) -> None:
    while True:
        frame = await reader.queue.get()
        if isinstance(frame, int):
            await send({"type": "websocket.close", "code": frame})
            return
        await send({"type": "websocket.send", "text": frame})


def _echo(text: str | None) -> int | None:
    """The number in `{"hb": n}`; None for anything else."""
    if text is None or len(text) > _ECHO:
        return None
    try:
        said = json.loads(text)
    except ValueError:
        return None
    beat = said.get("hb") if isinstance(said, dict) else None
    return beat if isinstance(beat, int) else None


def _header(scope: Scope, name: bytes) -> str:
    return dict(scope["headers"]).get(name, b"").decode("latin-1")


def number(text: str) -> int:
    """The last number that a page has seen; what is no number is before the first."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def language(text: str) -> str:
    return text if text in LANGUAGES else LANGUAGES[0]


async def refuse(send: Send) -> None:
    """Before it is accepted the server turns this into 403; the page then asks over HTTP why."""
    await send({"type": "websocket.close", "code": REFUSED})


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await refuse(send)


class SameOrigin:
    """Let in only pages of this site: a socket carries the cookie whoever opens it."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_ours(_header(scope, b"origin"), _header(scope, b"host")):
            await self._inner(scope, receive, send)
        else:
            await nowhere(scope, receive, send)


def is_ours(origin: str, host: str) -> bool:
    """Exactly the site's origin. Outside production also this machine, at the asked host itself."""
    asked = _origin(origin)
    if asked is None or asked == _origin(settings.SITE_URL):
        return asked is not None
    here = asked[1] in {"127.0.0.1", "localhost"} and asked == _origin(f"http://{host}")
    return here and not settings.PRODUCTION


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for what is no origin."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None


websocket_urlpatterns = [
    path("ws/webinars/<slug:slug>/", room),  # type: ignore[arg-type]
    re_path("", nowhere),  # type: ignore[arg-type]
]
