"""The yardstick of the live room: a bare ASGI application that sends each post to every socket.

No people, no log, no audiences, no bound on who reads slowly: what a delivery costs at the least
on the same server with the same settings.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Send = Callable[[Message], Awaitable[None]]
type Receive = Callable[[], Awaitable[Message]]

PATH = "/"
_lines: set[Send] = set()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await _listen(receive, send)
        return
    body = (await receive())["body"]
    for line in list(_lines):
        await line({"type": "websocket.send", "text": body.decode()})
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _listen(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    _lines.add(send)
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        _lines.discard(send)
