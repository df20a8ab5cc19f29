"""What the processes of the stack run, imported once by the process that they are forked from.

A web process whose hub's seconds are tenths; signals tell it what else to leave out. Everything
else is as DEPLOY.md has it.
"""

import signal

import uvicorn
from django.core.management import call_command

import lms.asgi  # sets Django up
import lms.urls
from webinars.room import doorbell, frames, hub

BELL_ALONE = signal.SIGUSR1  # look at no room's number: news come by the doorbell or not at all
NO_FLUSH = signal.SIGHUP  # write no minutes by the clock, in rooms that begin after this
AS_BEFORE = signal.SIGUSR2
FLUSH = 20


def web(port):
    hub.SECOND, hub.BEAT, hub.FLUSH = 0.1, 10, FLUSH
    doorbell.PAUSE = 0.5
    look = frames.last_numbers

    def listen(number, _frame):
        if number == BELL_ALONE:
            frames.last_numbers = lambda *_: {}
        elif number == NO_FLUSH:
            hub.FLUSH = 1_000_000
        else:
            frames.last_numbers, hub.FLUSH = look, FLUSH

    for number in (BELL_ALONE, NO_FLUSH, AS_BEFORE):
        signal.signal(number, listen)
    uvicorn.run(
        lms.asgi.application, host="127.0.0.1", port=port, lifespan="off",
        ws_per_message_deflate=False, ws_max_size=65536, timeout_graceful_shutdown=5,
        log_level="critical",
    )  # fmt: skip


def worker():
    call_command("worker")
