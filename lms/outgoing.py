"""The one way in which this site asks another one anything over HTTP.

    answer = outgoing.ask("https://example.org/page", method="HEAD")
    answer.status, answer.headers["content-type"], answer.body, answer.target

Addresses come from authors and from settings, and the site stands inside a network that trusts it.
So a request goes to public addresses only; the name is looked up once, every address it has is
checked, and the connection is made to a checked address: a name that means something else a moment
later changes nothing. TLS is verified against the name. No redirect is followed (`target` says
where it leads), no proxy of the environment is used, and time and size have a limit that a server
which sends a byte a second meets too.

Whatever goes wrong is `Failed`, whose `why` tells what a caller may want to tell apart. Only
workers call this: see `lms.outbox`.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import httpcore
from django.conf import settings

SECONDS = 10.0  # for everything together, from the first byte to the last
BYTES = 1_000_000
MOST_ADDRESSES = 4  # of one name, tried one after the other
LONGEST = 2000  # letters of an address
_PORTS = {"http": 80, "https": 443}
# What `is_global` lets through and yet leads to an address of the old kind, inside or out: mapped
# and translated addresses (RFC 4291, 6052, 8215), 6to4 (RFC 3056), Teredo (RFC 4380).
_TRANSLATED = [
    ipaddress.ip_network(range)
    for range in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
                  "2002::/16", "2001::/32")
]  # fmt: skip


class Why(StrEnum):
    ADDRESS = "address"  # not an address that we ask: scheme, port, name and password in it
    OFF = "off"  # this site asks nobody: OUTGOING_HTTP
    UNKNOWN_NAME = "unknown-name"  # nobody has this name
    NOT_PUBLIC = "not-public"  # the name leads into a network that is not public
    CERTIFICATE = "certificate"
    NO_ANSWER = "no-answer"  # no connection, or not in time
    NONSENSE = "nonsense"  # something answered, but not in HTTP


class Failed(Exception):
    def __init__(self, why: Why, about: str = "") -> None:
        super().__init__(f"{why}: {about}" if about else str(why))
        self.why = why


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case, the last of several
    body: bytes
    cut: bool  # there was more than the limit
    target: str  # where a redirect leads, as a whole address; else empty


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float = SECONDS,
    most: int = BYTES,
) -> Answer:
    """One request, one answer, whatever its status. Raises Failed when there is none."""
    if not settings.OUTGOING_HTTP:
        raise Failed(Why.OFF)
    scheme, host, target = _parts(url)
    shown = f"[{host}]" if ":" in host else host
    sent = {
        "Host": shown,
        "User-Agent": f"Groundwork (+{settings.SITE_URL})",
        "Accept": "*/*",
        "Accept-Encoding": "identity",  # a limit on what arrives is one on what it becomes
        **(headers or {}),
    }
    if body:
        sent["Content-Length"] = str(len(body))
    deadline = time.monotonic() + seconds
    to = httpcore.URL(scheme=scheme.encode(), host=host.encode(), target=target.encode())
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_tls(), network_backend=_Checked(deadline), max_connections=1
            ) as pool,
            pool.stream(
                method,
                to,
                headers=[(name.encode(), value.encode()) for name, value in sent.items()],
                content=body,
            ) as response,
        ):
            kept, cut = _read(response, most)
            found = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            return Answer(response.status, found, kept, cut, _target(url, response.status, found))
    except httpcore.ConnectError as error:
        reason = error.args[0] if error.args else None  # the pool raises it anew, without a cause
        untrusted = isinstance(reason, ssl.SSLCertVerificationError)
        raise Failed(Why.CERTIFICATE if untrusted else Why.NO_ANSWER, str(error)) from error
    except httpcore.ProtocolError as error:
        raise Failed(Why.NONSENSE, str(error)) from error
    except (httpcore.NetworkError, httpcore.TimeoutException, OSError) as error:
        raise Failed(Why.NO_ANSWER, type(error).__name__) from error


def is_public(address: str) -> bool:
    """Somewhere on the internet that everybody reaches, and reaches as this very address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a zone («fe80::1%eth0»), or no address at all
        return False
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return not any(found.version == each.version and found in each for each in _TRANSLATED)


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host name in ASCII, and what is asked of it."""
    if len(url) > LONGEST or any(c <= " " or c == "\\" or c == "\x7f" for c in url):
        raise Failed(Why.ADDRESS, "letters that an address does not have")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError as error:  # a broken port or bracket; a name that no name can be
        raise Failed(Why.ADDRESS, str(error)) from error
    if parts.scheme not in _PORTS:
        raise Failed(Why.ADDRESS, "not http or https")
    if not host or "%" in host:
        raise Failed(Why.ADDRESS, "no name")
    if parts.username is not None or parts.password is not None:
        raise Failed(Why.ADDRESS, "a name or password in it")
    if port not in {None, _PORTS[parts.scheme]}:
        raise Failed(Why.ADDRESS, "not the standard port")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|{}^")
    return parts.scheme, host, f"{path}?{query}" if query else path


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _addresses(host: str, port: int) -> list[str]:
    """What the name means now. One address that is not public refuses them all."""
    try:
        found = _resolve(host, port)
    except socket.gaierror as error:
        gone = error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}
        raise Failed(Why.UNKNOWN_NAME if gone else Why.NO_ANSWER, str(error)) from error
    except (OSError, UnicodeError) as error:
        raise Failed(Why.NO_ANSWER, str(error)) from error
    if not found:
        raise Failed(Why.UNKNOWN_NAME, host)
    if not all(is_public(address) for address in found):
        raise Failed(Why.NOT_PUBLIC, host)
    return found[:MOST_ADDRESSES]


def _open(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, timeout)


class _Checked(httpcore.NetworkBackend):
    """Looks a name up once and connects to what was checked, never to the name."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = _addresses(host, port)
        for address in others:
            try:
                return _Limited(_open(address, port, _left(self._deadline) / 2), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return _Limited(_open(last, port, _left(self._deadline)), self._deadline)


class _Limited(httpcore.NetworkStream):
    """Every wait is cut at the one deadline, so that many short ones cannot add up."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Limited(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time for this request is over")
    return left


def _read(response: httpcore.Response, most: int) -> tuple[bytes, bool]:
    kept = bytearray()
    for chunk in response.iter_stream():
        kept += chunk
        if len(kept) > most:
            return bytes(kept[:most]), True
    return bytes(kept), False


def _target(url: str, status: int, headers: Mapping[str, str]) -> str:
    if status not in {301, 302, 303, 307, 308}:
        return ""
    try:
        return urljoin(url, headers.get("location", ""))
    except ValueError:
        return ""


@cache
def _tls() -> ssl.SSLContext:
    """Names are checked against the certificate; what to trust comes with the package."""
    return httpcore.default_ssl_context()
