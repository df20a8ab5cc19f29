"""The site's WSGI application, asked in this process: what a page costs without a network."""

import gzip
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import urlsplit

import brotli
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from people.models import User


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes  # as sent
    seconds: float

    @property
    def sent(self) -> int:
        """Bytes on the wire: the status line, the headers, the body."""
        lines = sum(len(name) + len(value) + 4 for name, value in self.headers.items())
        return len("HTTP/1.1 200 OK\r\n\r\n") + lines + len(self.body)

    @property
    def queries(self) -> int:
        counted = re.search(r'desc="(\d+) queries"', self.headers.get("Server-Timing", ""))
        return int(counted[1]) if counted else 0

    @property
    def text(self) -> str:
        coding = self.headers.get("Content-Encoding")
        plain = {"br": brotli.decompress, "gzip": gzip.decompress}.get(coding or "", bytes)
        return plain(self.body).decode()


def sign_in(person: User) -> str:
    """The cookie of a session in which this person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def ask(application: Callable, path: str, cookie: str = "", coding: str = "br, gzip") -> Answer:
    parts = urlsplit(path)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(settings.PORT),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": f"127.0.0.1:{settings.PORT}",
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT_ENCODING": coding,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    started: dict[str, object] = {}

    def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        started["status"], started["headers"] = int(status.split()[0]), dict(headers)

    begun = time.perf_counter()
    answer = application(environ, start_response)
    body = b"".join(answer)
    answer.close()  # the request ends here, its database connection with it
    seconds = time.perf_counter() - begun
    return Answer(started["status"], started["headers"], body, seconds)  # type: ignore[arg-type]
