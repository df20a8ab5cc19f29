"""Many pages in a live room, in a process of their own: as little work for each as can be.

Reads one JSON line (`address`, `path`, `cookies`), opens a socket for each cookie, and prints a
line of JSON when all are open. Then, for each line that comes in: `count` prints what arrived
since the last one, `again PORT` opens all sockets anew, at once and there, each from the last
number it has seen, `stop` ends.

How late this process itself was is measured and told with the rest: where it is the bottleneck,
the times are its own and not the server's.
"""

import asyncio
import base64
import json
import os
import re
import struct
import sys
import time
from typing import Any

SENT = re.compile(rb"sent:(\d+\.\d+)")
SEEN = re.compile(rb'"to":(\d+)')
AT_ONCE = 40  # sockets that open at the same time
TICK = 0.02  # seconds between two looks at how late this process is


class Page(asyncio.Protocol):
    def __init__(self, request: bytes, arrived: list[float]) -> None:
        self.request, self.arrived = request, arrived
        self.buffer, self.open = b"", asyncio.get_running_loop().create_future()
        self.news = b""  # the last frame that said how far it goes

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self.request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(ConnectionError(f"refused: {self.buffer[:80]!r}"))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.open.done():
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found or not head.startswith(b"HTTP/1.1 101"):
                return
            self.buffer = rest
            self.open.set_result(None)
        while (frame := self._frame()) is not None:
            now = time.time()
            if frame.startswith(b'{"to"'):
                self.news = frame
            self.arrived.extend(now - float(sent) for sent in SENT.findall(frame))
            if frame.startswith(b'{"hb"'):
                self._send(frame[: frame.index(b",")] + b"}")

    def next_path(self, path: str) -> str:
        """The way back, from what it has seen."""
        seen = SEEN.search(self.news)
        return re.sub(r"after=\d+", f"after={int(seen[1])}", path) if seen else path

    def _frame(self) -> bytes | None:
        """The next whole frame; servers do not mask."""
        if len(self.buffer) < 2:
            return None
        length, start = self.buffer[1] & 127, 2
        if length == 126:
            length, start = struct.unpack_from("!H", self.buffer, 2)[0], 4
        elif length == 127:
            length, start = struct.unpack_from("!Q", self.buffer, 2)[0], 10
        if len(self.buffer) < start + length:
            return None
        code, frame = self.buffer[0] & 15, self.buffer[start : start + length]
        self.buffer = self.buffer[start + length :]
        if code == 9:
            self._send(frame, code=10)
        return frame if code == 1 else b""

    def _send(self, payload: bytes, code: int = 1) -> None:
        self.transport.write(bytes([0x80 | code, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=16 * 1024 * 1024)  # all cookies are one line
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    told = json.loads(await lines.readline())
    arrived: list[float] = []
    late: list[float] = []
    watch = asyncio.create_task(watch_the_clock(late))
    pages, seconds = await open_all(told, [told["path"]] * len(told["cookies"]), arrived)
    say(seconds=seconds)
    while line := (await lines.readline()).decode().strip():
        if line.startswith("again"):
            paths = [page.next_path(told["path"]) for page in pages]
            for page in pages:
                page.transport.abort()
            told["address"][1] = int(line.split()[1])
            pages, seconds = await open_all(told, paths, arrived)
            say(seconds=seconds)
        elif line == "count":
            arrived.sort()
            late.sort()
            parts = {f"p{n}": part(arrived, n) for n in (50, 95, 99)}
            say(arrived=len(arrived), late=part(late, 95), **parts)
            arrived.clear()
            late.clear()
        else:
            watch.cancel()
            return


async def watch_the_clock(late: list[float]) -> None:
    """How much later than it should this process gets its turn."""
    while True:
        begun = time.monotonic()
        await asyncio.sleep(TICK)
        late.append(time.monotonic() - begun - TICK)


async def open_all(
    told: dict[str, Any], paths: list[str], arrived: list[float]
) -> tuple[list[Page], float]:
    loop, gate, begun = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE), time.monotonic()
    host, port = told["address"]

    async def one(path: str, cookie: str) -> Page:
        key = base64.b64encode(os.urandom(16)).decode()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
            f"Cookie: {cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with gate:
            _, page = await loop.create_connection(
                lambda: Page(request.encode(), arrived), host, port
            )
            await asyncio.wait_for(page.open, 60)
        return page

    pages = await asyncio.gather(*map(one, paths, told["cookies"]))
    return list(pages), time.monotonic() - begun


def part(values: list[float], percent: int) -> float:
    return values[min(len(values) - 1, len(values) * percent // 100)] if values else 0.0


def say(**facts: float) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
