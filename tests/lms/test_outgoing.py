"""Hostile names, servers and certificates. Nothing here leaves this machine: names are answered by
the test, and a connection to a public address ends at a server of the test."""

import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lms import outgoing
from lms.outgoing import Failed, Why, ask, is_public

PUBLIC, OTHER = "93.184.215.14", "93.184.215.15"


@contextmanager
def server(*answers, tls=None):
    """Answers each connection with the next of these bytes; yields its port and what was asked."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve():
        for answer in answers:
            try:
                line, _from = listening.accept()
            except OSError:  # the test is over
                return
            line.settimeout(5)
            try:
                line = tls.wrap_socket(line, server_side=True) if tls else line
                asked.append(line.recv(65536))
                for piece in answer if isinstance(answer, list) else [answer]:
                    line.sendall(piece)
            except OSError:  # the client went away, as it should
                pass
            finally:
                line.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listening.getsockname()[1], asked
    finally:
        listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next connection
        thread.join(10)
        listening.close()


@pytest.fixture(autouse=True)
def _on(settings):
    settings.OUTGOING_HTTP = True


@pytest.fixture
def world(monkeypatch):
    """`world.names` is what names mean; `world.port` is where every connection ends."""

    class World:
        names = {"example.org": [PUBLIC]}
        port = 0
        looked, opened = [], []

    world = World()
    world.looked, world.opened = [], []

    def resolve(host, port):
        world.looked.append(host)
        found = world.names.get(host)
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return found

    def connect(address, port, timeout):
        world.opened.append((address, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", world.port, timeout)

    monkeypatch.setattr(outgoing, "_resolve", resolve)
    monkeypatch.setattr(outgoing, "_open", connect)
    return world


def why(url, **more):
    with pytest.raises(Failed) as failed:
        ask(url, **more)
    return failed.value.why


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),  # noqa: S104
        "169.254.169.254",
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        # Addresses that are others in disguise, public ones among them.
        *("::ffff:127.0.0.1", "::ffff:93.184.215.14", "::ffff:0:10.0.0.1", "::7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::a00:1"),
        *("2002:7f00:1::", "2001:0:4136:e378::"),
        *("", "example.org", "0x7f.1", "2130706433"),
    ],
)
def test_an_address_inside_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


def test_no_address_of_the_special_registries_is_public():
    """The first and last address of each range that IANA lists as not global."""
    ranges = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 \
        192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 \
        240.0.0.0/4 ::1/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001:2::/48 2001:db8::/32 \
        2002::/16 fc00::/7 fe80::/10 ff00::/8"
    for text in ranges.split():
        found = ipaddress.ip_network(text)
        assert not is_public(str(found[0])), text
        assert not is_public(str(found[-1])), text


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "example.org", ""),
        *("javascript:alert(1)", "data:text/html,x", "//example.org/", "http://", "http:///x"),
        *("http://example.org:8080/", "https://example.org:80/", "http://example.org:99999/"),
        *("http://user@example.org/", "http://user:key@example.org/", "http://@example.org/"),
        *("http://exam ple.org/", "http://example.org/\r\nX: y", "http://example.org\\@evil.test/"),
        *("http://[::1", "http://[fe80::1%25eth0]/", "http://" + "a" * 3000, "http://ex\x00.org/"),
        "http://\u00e9..org/",
    ],
)
def test_an_address_that_nobody_should_ask_is_refused_before_anything_happens(url, world):
    assert why(url) == Why.ADDRESS
    assert (world.looked, world.opened) == ([], [])


@pytest.mark.parametrize(
    "means",
    [
        *(["127.0.0.1"], ["10.0.0.7"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.7"]),
        *([PUBLIC, "192.168.0.1"], ["fe80::1%eth0"], ["64:ff9b::a00:1"]),
    ],
)
def test_a_name_with_one_address_inside_is_not_asked_at_all(means, world):
    world.names["example.org"] = means

    assert why("https://example.org/") == Why.NOT_PUBLIC
    assert world.opened == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "017700000001", "[::1]"])
def test_numbers_that_mean_this_machine_are_refused(host, monkeypatch):
    """By the machine's own resolver, which knows all the ways to write a number."""
    monkeypatch.setattr(outgoing, "_open", lambda *_: pytest.fail("connected"))

    assert why(f"http://{host}/") in {Why.NOT_PUBLIC, Why.UNKNOWN_NAME}


def test_the_connection_goes_to_the_address_that_was_checked(world):
    """Looked up once: a name that means another thing a moment later is never asked again."""
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nhi") as (port, asked):
        world.port = port

        answer = ask("http://example.org/a b?q=\u00e9".replace(" ", "%20"), headers={"X-Own": "1"})

    assert (answer.status, answer.body, answer.cut, answer.target) == (200, b"hi", False, "")
    assert answer.headers["x-a"] == "b"
    assert (world.looked, world.opened) == (["example.org"], [(PUBLIC, 80)])
    sent = asked[0].decode()
    assert sent.startswith("GET /a%20b?q=%C3%A9 HTTP/1.1\r\nHost: example.org\r\n")
    assert "User-Agent: Groundwork (+http://" in sent
    assert "X-Own: 1\r\n" in sent


def test_the_next_checked_address_is_tried_when_one_does_not_answer(world, monkeypatch):
    world.names["example.org"] = [OTHER, PUBLIC]
    reach = outgoing._open

    def half(address, port, timeout):
        if address == OTHER:
            world.opened.append((address, port))
            raise httpcore.ConnectError("refused")
        return reach(address, port, timeout)

    monkeypatch.setattr(outgoing, "_open", half)
    with server(b"HTTP/1.1 204 No Content\r\n\r\n") as (world.port, _asked):
        assert ask("http://example.org/").status == 204
    assert world.opened == [(OTHER, 80), (PUBLIC, 80)]


def test_a_redirect_is_told_and_not_followed(world):
    world.names["inside.test"] = ["10.0.0.1"]
    moved = b"HTTP/1.1 301 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n"
    away = b"HTTP/1.1 302 Found\r\nLocation: http://inside.test/\r\nContent-Length: 0\r\n\r\n"
    with server(moved, away) as (world.port, asked):
        assert ask("http://example.org/old").target == "http://example.org/new"
        assert ask("http://example.org/old").target == "http://inside.test/"
    assert len(asked) == 2
    assert world.looked == ["example.org", "example.org"]


def test_no_proxy_of_the_environment_is_used(world, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (world.port, asked):
        assert ask("http://example.org/").status == 200
    assert asked[0].startswith(b"GET / HTTP/1.1")


def test_more_than_the_limit_is_cut(world):
    endless = [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 4096] * 50]
    with server(endless) as (world.port, _asked):
        answer = ask("http://example.org/", most=5000)
    assert (len(answer.body), answer.cut) == (5000, True)


def test_a_server_that_gives_a_byte_at_a_time_meets_the_deadline(world, monkeypatch):
    """The clock of the test moves with every look at it: each wait is short, their sum is not."""
    clock = iter(range(0, 10_000, 2))
    monkeypatch.setattr(outgoing.time, "monotonic", lambda: next(clock))
    slow = [b"HTTP/1.1 200 OK\r\n", *[b"X-A: b\r\n"] * 500]
    with server(slow) as (world.port, _asked):
        assert why("http://example.org/", seconds=7) == Why.NO_ANSWER


def test_a_server_that_says_nothing_is_left(world):
    """Nobody takes the connection from the queue: it stands, and is silent."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.port = silent.getsockname()[1]
        assert why("http://example.org/", seconds=0.05) == Why.NO_ANSWER


@pytest.mark.parametrize(
    "nonsense",
    [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, b"\x00\x01\x02\r\n"],
)
def test_what_is_no_http_is_nonsense(nonsense, world):
    with server(nonsense) as (world.port, _asked):
        assert why("http://example.org/") in {Why.NONSENSE, Why.NO_ANSWER}


def test_names_that_nobody_has_and_names_that_cannot_be_looked_up_now_differ(world, monkeypatch):
    assert why("http://gone.example/") == Why.UNKNOWN_NAME

    def later(host, port):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(outgoing, "_resolve", later)
    assert why("http://example.org/") == Why.NO_ANSWER


def test_a_closed_door_is_no_answer(world):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        world.port = closed.getsockname()[1]
    assert why("http://example.org/") == Why.NO_ANSWER


def test_a_header_with_a_line_break_is_not_sent(world):
    with server(b"HTTP/1.1 200 OK\r\n\r\n") as (world.port, asked):
        assert why("http://example.org/", headers={"X-A": "b\r\nX-C: d"}) == Why.NONSENSE
    assert asked in ([], [b""])


def test_a_site_can_be_told_to_ask_nobody(settings, world):
    settings.OUTGOING_HTTP = False

    assert why("http://example.org/") == Why.OFF
    assert world.looked == []


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    """A certificate for example.org, signed by nobody but itself."""
    folder, key = tmp_path_factory.mktemp("tls"), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.org")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (folder / "both.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + pem
    )
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(folder / "both.pem")
    return theirs, pem.decode()


def test_tls_is_verified_against_the_name(world, papers, monkeypatch):
    theirs, pem = papers
    world.names["other.example"] = [PUBLIC]
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with server(ok, ok, ok, tls=theirs) as (world.port, asked):
        assert why("https://example.org/") == Why.CERTIFICATE  # nobody we trust signed it
        ours = ssl.create_default_context(cadata=pem)
        monkeypatch.setattr(outgoing, "_tls", lambda: ours)
        assert ask("https://example.org/").status == 200
        assert why("https://other.example/") == Why.CERTIFICATE  # trusted, for another name
    assert world.opened == [(PUBLIC, 443)] * 3
    assert len(asked) == 1
