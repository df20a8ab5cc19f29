"""What the processes of the stack run, imported once by the process that they are forked from.

A web process whose hub's seconds are tenths. After SIGUSR1 it looks at no room's number by itself
any more, and news come by the doorbell or not at all; after SIGUSR2 it looks again. Everything else
is as DEPLOY.md has it.
"""

import signal

import uvicorn
from django.core.management import call_command

import lms.asgi  # sets Django up
import lms.urls
from webinars.room import doorbell, frames, hub


def web(port):
    hub.SECOND, hub.BEAT, hub.FLUSH = 0.1, 10, 20
    doorbell.PAUSE = 0.5
    look = frames.last_numbers
    signal.signal(signal.SIGUSR1, lambda *_: setattr(frames, "last_numbers", lambda *_: {}))
    signal.signal(signal.SIGUSR2, lambda *_: setattr(frames, "last_numbers", look))
    uvicorn.run(
        lms.asgi.application, host="127.0.0.1", port=port, lifespan="off",
        ws_per_message_deflate=False, ws_max_size=65536, timeout_graceful_shutdown=5,
        log_level="critical",
    )  # fmt: skip


def worker():
    call_command("worker")
