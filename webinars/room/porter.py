"""Takes to the door together who knocks at about the same time.

A session, its person and their seat are six queries for one as for five hundred. Whoever comes
alone is taken at once; the others wait for the next walk, so that a thousand who come back in a few
seconds cost a few dozen walks. Sockets that wait hold nothing but their place here.
"""

import asyncio

from channels.db import DatabaseSyncToAsync

from webinars.room import door
from webinars.room.door import Knock, Pass

PAUSE = 0.1  # seconds between two walks

type Waiting = tuple[Knock, asyncio.Future[Pass | None]]


class Porter:
    """One per event loop, see `Hub`."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._walking: asyncio.Task[None] | None = None

    async def admit(self, knock: Knock) -> Pass | None:
        answer: asyncio.Future[Pass | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((knock, answer))
        if self._walking is None:
            self._walking = asyncio.create_task(self._walk())
        return await answer

    async def _walk(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[: door.CHUNK], self._waiting[door.CHUNK :]
                await self._take(taken)
                await asyncio.sleep(PAUSE)
        finally:
            self._walking = None

    async def _take(self, taken: list[Waiting]) -> None:
        # Not in the thread of the pages: nobody at the door waits for one that is slow.
        ask = DatabaseSyncToAsync(door.admit, thread_sensitive=False)
        try:
            passes = await ask([knock for knock, _ in taken])
        except Exception as error:
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), admitted in zip(taken, passes, strict=True):
            if not answer.done():  # gone meanwhile
                answer.set_result(admitted)
