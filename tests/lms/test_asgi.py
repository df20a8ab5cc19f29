import asyncio
import threading

import pytest
from asgiref.sync import AsyncToSync
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.urls import path

from lms.asgi import Pages

waiting_for_the_loop = []


def view(request):
    waiting_for_the_loop.append(getattr(AsyncToSync.executors, "current", None) is not None)
    return HttpResponse("done")


urlpatterns = [path("", view)]


async def ask(handler):
    asked = iter([{"type": "http.request", "body": b""}])
    answers = []

    async def receive():
        for message in asked:
            return message
        return await asyncio.Event().wait()  # the reader stays

    async def send(message):
        answers.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "server": ("localhost", 80),
        "client": ("127.0.0.1", 1), "root_path": "",
    }  # fmt: skip
    await handler(scope, receive, send)
    return answers[0]["status"]


@pytest.mark.parametrize(("handler", "waits"), [(Pages, False), (ASGIHandler, True)])
def test_a_page_is_made_without_a_way_back_into_the_loop(settings, handler, waits):
    """With one, a reader who leaves at the wrong moment costs a database connection.

    Django's own handler stands here as the control: were it to pass, ours could go.
    """
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["lms.timing.server_timing"]
    waiting_for_the_loop.clear()
    status = []
    # A loop of its own: Playwright's keeps running in the main thread.
    thread = threading.Thread(target=lambda: status.append(asyncio.run(ask(handler()))))
    thread.start()
    thread.join(20)
    assert (status, waiting_for_the_loop) == ([200], [waits])
