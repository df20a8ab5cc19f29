"""«Look at the log»: from whoever changed something to every hub. A hint, never data.

Hubs in this process are woken directly. With Redis those of other processes hear it too, through
the channel layer. A bell that is lost (Redis away, process killed) costs one poll interval.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Literal

from channels.layers import InMemoryChannelLayer, get_channel_layer

logger = logging.getLogger(__name__)

type What = Literal["news", "tally", "captions"]
type Ear = Callable[[int, What], None]

GROUP = "rooms"
PATIENCE = 2.0  # seconds that one ring may take
PAUSE = 10.0  # seconds without tries after one failed

_ears: dict[Ear, asyncio.AbstractEventLoop] = {}
_lock = threading.Lock()


def ring(webinar_id: int, what: What = "news") -> None:
    """Wake the hubs that have this room. Returns at once and never fails."""
    for ear, loop in list(_ears.items()):
        try:
            loop.call_soon_threadsafe(ear, webinar_id, what)
        except RuntimeError:  # that loop is closed
            _ears.pop(ear, None)
    if is_shared():
        _ringer().ring(webinar_id, what)


def listen(ear: Ear, loop: asyncio.AbstractEventLoop) -> None:
    """Have `ear(webinar_id, what)` called in `loop` at every ring of this process."""
    _ears[ear] = loop


def stop_listening(ear: Ear) -> None:
    _ears.pop(ear, None)


def is_shared() -> bool:
    """Whether the channel layer reaches other processes."""
    layer = get_channel_layer()
    return layer is not None and not isinstance(layer, InMemoryChannelLayer)


async def hear_others(ear: Ear) -> None:
    """Pass on what other processes ring, until cancelled; comes back by itself after a fault."""
    layer = get_channel_layer()
    while True:
        channel = ""
        try:
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            while True:
                message = await layer.receive(channel)
                ear(message["webinar"], message["what"])
        except asyncio.CancelledError:
            # The layer keeps every name that it was not told to forget.
            with contextlib.suppress(Exception):
                await layer.group_discard(GROUP, channel)
            raise
        except Exception as error:
            logger.warning("rooms do not hear each other, they poll: %s", error)
            with contextlib.suppress(Exception):
                # Of what the failed try left. Shielded: it swallows what cancels it.
                await asyncio.shield(layer.flush())
            await asyncio.sleep(PAUSE)


class _Ringer:
    """A thread with a loop that keeps one connection, so that no request waits for Redis.

    The same ring twice before it went out goes out once.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._waiting: set[tuple[int, What]] = set()
        self._quiet_until = 0.0
        threading.Thread(target=self._loop.run_forever, name="doorbell", daemon=True).start()

    def ring(self, webinar_id: int, what: What) -> None:
        with _lock:
            if (webinar_id, what) in self._waiting or time.monotonic() < self._quiet_until:
                return
            self._waiting.add((webinar_id, what))
        asyncio.run_coroutine_threadsafe(self._send(webinar_id, what), self._loop)

    async def _send(self, webinar_id: int, what: What) -> None:
        with _lock:
            self._waiting.discard((webinar_id, what))
        message = {"type": "room.ring", "webinar": webinar_id, "what": what}
        try:
            async with asyncio.timeout(PATIENCE):
                await get_channel_layer().group_send(GROUP, message)
        except Exception as error:
            self._quiet_until = time.monotonic() + PAUSE
            logger.warning("the doorbell is silent for %.0f s: %s", PAUSE, error)


_the_ringer: _Ringer | None = None


def _ringer() -> _Ringer:
    global _the_ringer
    with _lock:
        if _the_ringer is None:
            _the_ringer = _Ringer()
        return _the_ringer
