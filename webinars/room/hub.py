"""One hub per process and event loop: it reads each room's log once and tells every socket.

Nothing here decides or remembers anything of value. A hub that dies takes along a minute of
presence at most; its readers come back elsewhere with the number they have seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from weakref import WeakKeyDictionary

from channels.db import DatabaseSyncToAsync
from django.utils import timezone

from webinars.attendance import record_slices
from webinars.room import captions, counts, door, doorbell, frames, heads, prompts
from webinars.room.counts import Tally
from webinars.room.doorbell import What
from webinars.room.frames import View
from webinars.room.log import Audience
from webinars.room.porter import Porter
from webinars.room.presence import Ledger, Stay

logger = logging.getLogger(__name__)

SECOND = 1.0  # the hub's own clock; tests let it run faster
BATCH = 0.1  # seconds between two frames of one room: what happens meanwhile goes out together
BEAT = 20  # seconds between two heartbeats of one socket
LOOK, LOOK_WITH_BELL = 1, 2  # seconds between looks at the rooms' last numbers
TALLY, TALLY_WITHOUT_BELL = 1, 3
DOOR = 4  # seconds until a session that was revoked is out, at most five with the work
PROMPTS = 5
HEADS = 5
HEADS_ALIVE = timedelta(seconds=15)
FLUSH = 60
LATE = 5  # seconds between tries of a last flush that failed
TABS = 20  # sockets that one person may have open in a room: who opens more loses the oldest
QUEUE = 64  # frames that a slow reader may be behind
NOISE = 20  # messages a page may send between two heartbeats
GRACE = 5.0  # seconds to take a close frame

REFUSED, TOO_SLOW, TOO_LOUD = 4403, 4408, 4409


class Reader:
    """One socket as the hub sees it: a bounded queue of texts that are the same for all."""

    __slots__ = (
        "_grace", "admitted", "after", "beat", "closing", "gave_up", "noise", "number", "queue",
        "stay", "task", "view",
    )  # fmt: skip

    def __init__(self, admitted: door.Pass, language: str, after: int) -> None:
        self.admitted = admitted
        self.view = View(admitted.audience, language)
        self.after = after
        self.queue: asyncio.Queue[str | int] = asyncio.Queue(QUEUE)
        self.task = asyncio.current_task()
        self.stay: Stay | None = None
        self.number = self.beat = self.noise = self.closing = 0
        self.gave_up = False
        self._grace: asyncio.TimerHandle | None = None

    def offer(self, frame: str) -> None:
        if self.closing:
            return
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.close(TOO_SLOW)

    def close(self, code: int) -> None:
        """Close it after what is being written; whoever does not even read that is cut off."""
        if self.closing:
            return
        self.closing = code
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(code)
        self._grace = asyncio.get_running_loop().call_later(GRACE, self._give_up)

    def gone(self) -> None:
        if self._grace is not None:
            self._grace.cancel()

    def _give_up(self) -> None:
        self.gave_up = True
        if self.task is not None:
            self.task.cancel()


class Room:
    def __init__(self, webinar_id: int) -> None:
        self.webinar_id = webinar_id
        self.readers: set[Reader] = set()
        self.joining: list[Reader] = []
        self.last = 0  # the number up to which all readers know everything
        self.wake = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.tally_due = True
        self.tally: Tally | None = None
        self.captions_due = False
        self.caption = 0  # the id of the last line that everybody got
        self.heard = deque[tuple[datetime, captions.Line]](maxlen=captions.FEW)
        self.here = 0
        self.counts = True  # whether being here is evidence just now

    @property
    def is_empty(self) -> bool:
        return not self.readers and not self.joining

    def everybody(self) -> list[Reader]:
        return [*self.readers, *self.joining]


class Hub:
    def __init__(self) -> None:
        self.porter = Porter()
        self._rooms: dict[int, Room] = {}
        self._ledger = Ledger()
        self._tasks: list[asyncio.Task[None]] = []
        self._thread: ThreadPoolExecutor  # while there are rooms
        self._numbers = count()
        self._told_heads: dict[int, int] = {}
        self._alive_at = timezone.now()
        self._late: asyncio.Task[None] | None = None

    # --- Readers come and go

    def enter(self, reader: Reader) -> None:
        """Take a reader in; their first frame brings them up to date."""
        if not self._tasks:
            self._start()
        webinar_id = reader.admitted.webinar_id
        room = self._rooms.get(webinar_id)
        if room is None:
            room = self._rooms[webinar_id] = Room(webinar_id)
            room.task = asyncio.create_task(self._carry(room))
        reader.number = next(self._numbers)
        person_id = reader.admitted.person_id
        mine = [
            other
            for other in room.everybody()
            if other.admitted.person_id == person_id and not other.closing
        ]
        if len(mine) >= TABS:
            min(mine, key=attrgetter("number")).close(TOO_LOUD)
        if reader.admitted.counted:
            reader.stay = self._ledger.begin(webinar_id, person_id, timezone.now())
        room.joining.append(reader)
        room.wake.set()

    def heard(self, reader: Reader, number: int | None) -> None:
        """A message from the page: the echo of its last heartbeat, or noise."""
        if number is None or number != reader.beat or not reader.beat:
            reader.noise += 1
            if reader.noise > NOISE:
                reader.close(TOO_LOUD)
            return
        reader.beat = 0
        if reader.stay is not None:
            room = self._rooms[reader.admitted.webinar_id]
            note = self._ledger.beat if room.counts else self._ledger.skip
            note(reader.stay, timezone.now())

    async def leave(self, reader: Reader, *, said_goodbye: bool) -> None:
        """Let a reader go. The last one out has everything written before the process may end."""
        reader.gone()
        room = self._rooms[reader.admitted.webinar_id]
        room.readers.discard(reader)
        if reader in room.joining:
            room.joining.remove(reader)
        if reader.stay is not None:
            self._ledger.end(reader.stay, timezone.now(), said_goodbye=said_goodbye and room.counts)
        if not room.is_empty:
            return
        del self._rooms[room.webinar_id]
        if room.task is not None:
            room.task.cancel()
        if not self._rooms:
            await self._stop()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        # A thread of its own: a thousand people at the door at once do not hold up the frames.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub")
        doorbell.listen(self._rung, loop)
        jobs = [self._beats(), self._looks()]
        if doorbell.is_shared():
            jobs.append(doorbell.hear_others(self._rung))
        self._tasks = [loop.create_task(job) for job in jobs]

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        thread = self._thread  # somebody may come in meanwhile and start another
        doorbell.stop_listening(self._rung)
        for task in tasks:
            task.cancel()
        try:
            await self._flush(thread)
            await _in(thread, heads.leave, self._ledger.name, timezone.now())
        except Exception:
            logger.exception("hub: the last flush")
            if not self._late:
                self._late = asyncio.create_task(self._flush_late())
        self._told_heads = {}  # also what somebody told who came in meanwhile: it is gone again
        thread.shutdown(wait=False)

    async def _flush_late(self) -> None:
        """The last one left while the database was away: nobody else would write their minutes."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="hub")
        while not self._tasks and self._ledger.cut():
            await asyncio.sleep(LATE * SECOND)
            with contextlib.suppress(Exception):
                await self._flush(thread)
        thread.shutdown(wait=False)
        self._late = None

    # --- The log

    async def _carry(self, room: Room) -> None:
        """Carry news from the log to the readers, as long as there are any."""
        while True:
            await room.wake.wait()
            room.wake.clear()
            try:
                await self._tell(room)
                if room.captions_due:
                    await self._caption(room)
            except Exception:
                logger.exception("room %s could not be read", room.webinar_id)
                await asyncio.sleep(SECOND)
                room.wake.set()
            await asyncio.sleep(BATCH)

    async def _tell(self, room: Room) -> None:
        """One reading of the log for all: those who come in get their gap from it, those who are
        there what is new. So both know everything up to the same number, and nothing falls
        between a replay and the frames after it."""
        joining = list(room.joining)
        wanted = {(reader.view, reader.after) for reader in joining}
        wanted |= {(reader.view, room.last) for reader in room.readers}
        if not wanted:
            return
        news = await self._ask(frames.news_as_text, room.webinar_id, wanted)
        for reader in room.readers:
            if frame := news.frames.get((reader.view, room.last)):
                reader.offer(frame)
        room.last = news.to
        for reader in joining:
            if reader not in room.joining:  # gone meanwhile
                continue
            room.joining.remove(reader)
            room.readers.add(reader)
            if frame := news.frames[reader.view, reader.after]:
                reader.offer(frame)
            self._greet(room, reader)

    async def _caption(self, room: Room) -> None:
        """The lines that came since the last reading, to everybody in every language: which one
        is shown is each page's own choice."""
        room.captions_due = False
        if room.caption:
            room.caption, lines = await self._ask(captions.since, room.webinar_id, room.caption)
        else:  # this process had nobody here: not the whole session again
            newest = await self._ask(captions.newest, [room.webinar_id])
            room.caption = newest.get(room.webinar_id, 0)
            lines = await self._ask(captions.recent, room.webinar_id, timezone.now())
        room.heard.extend((timezone.now(), line) for line in lines)
        if lines:
            frame = frames.encode({"cc": lines})
            for reader in room.readers:
                reader.offer(frame)

    def _greet(self, room: Room, reader: Reader) -> None:
        """The last captions, as some came while the page was on its way or its line was broken (it
        knows which it has), and the counts so far; whoever comes into a room that has none yet gets
        the first ones."""
        since = timezone.now() - captions.RECENT
        if lines := [line for at, line in room.heard if at > since]:
            reader.offer(frames.encode({"cc": lines}))
        if room.tally is None:
            room.tally_due = True
            return
        tick = {"here": room.here} | room.tally.tick(reader.view.audience)
        reader.offer(frames.encode({"tick": tick}))

    def _rung(self, webinar_id: int, what: What) -> None:
        room = self._rooms.get(webinar_id)
        if room is None:
            return
        if what in {"news", "captions"}:
            room.captions_due |= what == "captions"
            room.wake.set()
        else:
            room.tally_due = True

    # --- The clock

    async def _beats(self) -> None:
        """Heartbeats, a twentieth of the sockets each second so that the echoes spread out."""
        for number in count(1):
            await asyncio.sleep(SECOND)
            for room in list(self._rooms.values()):
                frame = frames.encode({"hb": number, "to": room.last})
                for reader in room.readers:
                    if reader.number % BEAT == number % BEAT:
                        reader.beat, reader.noise = number, 0
                        reader.offer(frame)

    async def _looks(self) -> None:
        """What is read from the database by the clock. A fault in one does not stop the others."""
        bell = doorbell.is_shared()
        look = LOOK_WITH_BELL if bell else LOOK
        tally = TALLY if bell else TALLY_WITHOUT_BELL
        jobs = [
            (look, self._look),
            (tally, self._want_tallies),
            (TALLY, self._count_votes),
            (1, self._count_heads_soon),
            (HEADS, self._count_heads),
            (DOOR, self._check_door),
            (PROMPTS, self._ask_prompts),
            (FLUSH, self._flush),
        ]
        for second in count(1):
            await asyncio.sleep(SECOND)
            for every, job in jobs:
                if second % every:
                    continue
                try:
                    await job()
                except Exception:
                    logger.exception("hub: %s", job.__name__)

    async def _look(self) -> None:
        last = await self._ask(frames.last_numbers, list(self._rooms), timezone.now())
        for webinar_id, (seq, is_evidence) in last.items():
            if room := self._rooms.get(webinar_id):
                room.counts = is_evidence
                if seq > room.last:
                    room.wake.set()
        newest = await self._ask(captions.newest, list(self._rooms))
        for webinar_id, line in newest.items():
            if (room := self._rooms.get(webinar_id)) and line > room.caption:
                room.captions_due = True
                room.wake.set()

    async def _want_tallies(self) -> None:
        for room in self._rooms.values():
            room.tally_due = True

    async def _count_votes(self) -> None:
        due = [room for room in self._rooms.values() if room.tally_due and room.readers]
        if not due:
            return
        for room in due:
            room.tally_due = False
        counted = await self._ask(counts.tallies, [room.webinar_id for room in due])
        for room in due:
            told, room.tally = room.tally, counted[room.webinar_id]
            self._tick(room, {a: room.tally.tick(a, told) for a in Audience.values})

    async def _count_heads_soon(self) -> None:
        """The first ones in a room need not wait to read how many they are."""
        if not all(room.here for room in self._rooms.values()):
            await self._count_heads()

    async def _count_heads(self) -> None:
        """People here, over all processes: written when it changes, and now and then to say that
        this process is alive."""
        now = timezone.now()
        people = {
            room.webinar_id: len({r.admitted.person_id for r in room.everybody()})
            for room in self._rooms.values()
        }
        if now - self._alive_at >= HEADS_ALIVE:
            self._alive_at, self._told_heads = now, {}
        news = {pk: n for pk, n in people.items() if self._told_heads.get(pk) != n}
        if news:
            await self._ask(heads.tell, self._ledger.name, news, now)
            self._told_heads |= news
        here = await self._ask(heads.here, list(people), now)
        for room in list(self._rooms.values()):
            if room.webinar_id in people and here[room.webinar_id] != room.here:
                room.here = here[room.webinar_id]
                self._tick(room, {a: {"here": room.here} for a in Audience.values})

    def _tick(self, room: Room, by_audience: dict[str, dict[str, object]]) -> None:
        encoded = {
            audience: frames.encode({"tick": tick})
            for audience, tick in by_audience.items()
            if tick
        }
        if encoded:
            for reader in room.readers:
                if frame := encoded.get(reader.view.audience):
                    reader.offer(frame)

    async def _ask_prompts(self) -> None:
        await self._ask(prompts.look, list(self._rooms), timezone.now())

    async def _check_door(self) -> None:
        readers = [reader for room in self._rooms.values() for reader in room.everybody()]
        refused = await self._ask(door.refused, {reader.admitted for reader in readers})
        for reader in readers:
            if reader.admitted in refused:
                reader.close(REFUSED)

    async def _flush(self, thread: ThreadPoolExecutor | None = None) -> None:
        if slices := self._ledger.cut():
            await _in(thread or self._thread, record_slices, slices)
            self._ledger.written(slices)

    async def _ask[**P, T](self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await _in(self._thread, question, *args, **kwargs)


async def _in[**P, T](
    thread: ThreadPoolExecutor, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    asked = DatabaseSyncToAsync(question, thread_sensitive=False, executor=thread)
    return await asked(*args, **kwargs)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub_here() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]
