"""The process layout of DEPLOY.md, started for real from its units: pages by gunicorn, sockets by
uvicorn, two workers, Caddy in front with TLS, in production mode, on a database of its own."""

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.ops.smtp import Mailbox
from tests.ops.units import ROOT, command_of, environment_of

pytestmark = pytest.mark.processes
LEFT_OUT = ".git", ".venv", ".dev", "node_modules", "var", "staticfiles", "tests", "__pycache__"
PATIENCE = 60  # seconds: what is waited for takes one or two on an idle machine


def eventually(question, seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {question}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Layout:
    """An installation in a folder of its own, with the units' commands, and a door in front."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.home = folder / "opt"
        self.mailbox = Mailbox()
        self.door, self.port, self.sockets_port = free_port(), free_port(), free_port()
        self.running: dict[str, subprocess.Popen] = {}
        self.environment = {
            **{name: value for name, value in os.environ.items() if name in {"PATH", "REDIS_URL"}},
            **environment_of("groundwork-sockets.service"),
            "HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
            "VAR_DIR": str(folder / "data"),
            "SITE_URL": f"https://localhost:{self.door}",
            "SECRET_KEY": "a-key-for-this-test-alone-0123456789-abcdefghijklmnop",
            "DATABASE_URL": database_url,
            "SMTP_URL": self.mailbox.url,
            "PORT": str(self.port),
            "SOCKETS_PORT": str(self.sockets_port),
            "PAGES": f"127.0.0.1:{self.port}",
            "SOCKETS": f"127.0.0.1:{self.sockets_port}",
            "HTTP_PORT": str(free_port()),
            "WEB_PROCESSES": "2",
        }

    def install(self):
        shutil.copytree(ROOT, self.home, ignore=shutil.ignore_patterns(*LEFT_OUT))
        letter = self.home / "templates" / "people" / "mail" / "test.md"
        letter.parent.mkdir(parents=True, exist_ok=True)
        letter.write_text("Subject: Number {{ number }}\n\nHello\n")
        self.manage("prepare")

    def manage(self, *words):
        return self._run(sys.executable, "manage.py", *words)

    def python(self, code):
        return self._run(sys.executable, "-c", f"import django; django.setup()\n{code}")

    def _run(self, *command):
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "lms.settings"}
        return subprocess.run(
            command, cwd=self.home, env=environment, check=True, text=True, stdout=subprocess.PIPE
        ).stdout

    def start(self, name, unit):
        self._start(name, [self._here(word) for word in command_of(unit)])

    def start_door(self):
        config = str(self.home / "deploy" / "Caddyfile")
        self._start("door", ["caddy", "run", "--config", config, "--adapter", "caddyfile"])

    def _here(self, word):
        word = word.replace("/opt/groundwork/.venv/bin", str(Path(sys.executable).parent))
        return word.replace("${SOCKETS_PORT}", str(self.sockets_port))

    def _start(self, name, command):
        with (self.home.parent / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=self.home, env=self.environment, stdout=log, stderr=log
            )

    def get(self, path, headers=None):
        """What a browser gets through the door."""
        try:
            line = http.client.HTTPSConnection(
                "localhost", self.door, context=self.trust(), timeout=20
            )
            line.request("GET", path, headers=headers or {})
            with closing(line), line.getresponse() as answer:
                return answer.status, dict(answer.getheaders()), answer.read()
        except OSError:
            return 0, {}, b""

    def trust(self):
        """Caddy signs for localhost with an authority of its own, made at its first start."""
        root = self.home.parent / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return ssl.create_default_context(cafile=root)

    def probe(self, port):
        command = [sys.executable, "deploy/probe.py", str(port)]
        return subprocess.run(
            command, cwd=self.home, env=self.environment, check=False, stderr=subprocess.DEVNULL
        ).returncode

    def stop(self, name):
        process = self.running.pop(name)
        eventually(lambda: listens_to_sigterm(process.pid))  # one that still starts just dies
        process.terminate()
        return process.wait(PATIENCE)

    def close(self):
        for process in self.running.values():
            process.kill()
            process.wait()
        self.mailbox.close()

    def promise_letter(self, number):
        self.python(
            "from lms.mail import promise_letter\n"
            f"promise_letter(to='ana@example.org', template='people/mail/test.md', "
            f"context={{'number': {number}}}, language='en', key='test:{number}')"
        )


def listens_to_sigterm(pid):
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())[1]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.fixture(scope="module")
def database_url(tmp_path_factory, django_db_setup):
    """A database of this layout's own, on the server that the other tests use."""
    configured = os.environ.get("DATABASE_URL", "")
    if not configured.startswith("postgres"):
        yield f"sqlite:///{tmp_path_factory.mktemp('layout-database') / 'site.sqlite3'}"
        return
    name = f"{connection.settings_dict['NAME']}_layout"
    with psycopg.connect(configured, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(configured)._replace(path=f"/{name}").geturl()
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def layout(tmp_path_factory, database_url):
    if shutil.which("caddy") is None:
        pytest.skip("no Caddy on this machine")
    layout = Layout(tmp_path_factory.mktemp("layout"), database_url)
    try:
        layout.install()
        layout.start("web", "groundwork-web.service")
        layout.start("sockets", "groundwork-sockets.service")
        layout.start("worker 1", "groundwork-worker@.service")
        layout.start("worker 2", "groundwork-worker@.service")
        layout.start_door()
        eventually(lambda: layout.get("/readyz")[0] == 200)
        yield layout
    finally:
        layout.close()


def test_the_door_leads_to_the_pages(layout):
    assert layout.get("/healthz")[2] == b"ok\n"
    assert layout.get("/readyz")[2] == b"ready\n"

    status, headers, html = layout.get("/")
    assert (status, headers["Strict-Transport-Security"][:8]) == (200, "max-age=")
    assert "unsafe-" not in headers["Content-Security-Policy"]
    assert b"/static/lms/site." in html
    assert "Server-Timing" not in headers


def test_static_files_are_compressed_and_kept_for_ever(layout):
    _, _, html = layout.get("/")
    address = html.split(b'rel="stylesheet" href="')[1].split(b'"')[0].decode()

    status, headers, _ = layout.get(address, {"Accept-Encoding": "br"})

    assert (status, headers["Content-Encoding"]) == (200, "br")
    assert "immutable" in headers["Cache-Control"]


def test_the_site_answers_to_its_own_name_alone(layout):
    with closing(http.client.HTTPConnection("127.0.0.1", layout.port, timeout=20)) as line:
        line.request("GET", "/", headers={"Host": "evil.example", "X-Forwarded-Proto": "https"})
        with line.getresponse() as answer:
            assert answer.status == 400


def test_sockets_go_to_the_process_that_keeps_them(layout):
    """A stranger's handshake is refused, by the sockets' process: the pages' would say 404."""
    eventually(lambda: layout.probe(layout.sockets_port) == 0)
    address = f"wss://localhost:{layout.door}/ws/webinars/no-such-webinar/"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, ssl=layout.trust(), origin=layout.environment["SITE_URL"])
    assert refused.value.response.status_code == 403


def test_a_letter_leaves_though_a_worker_was_killed(layout):
    layout.running["worker 1"].kill()
    layout.running.pop("worker 1").wait()

    layout.promise_letter(1)

    eventually(lambda: layout.mailbox.subjects() == ["Number 1"])


def test_pages_go_on_when_a_process_of_theirs_is_killed(layout):
    def children():
        told = Path(f"/proc/{layout.running['web'].pid}/task/{layout.running['web'].pid}/children")
        return [int(word) for word in told.read_text().split()]

    before = eventually(children)
    os.kill(before[0], signal.SIGKILL)

    eventually(lambda: set(children()) - set(before), 30)
    assert [layout.get("/healthz")[0] for _ in range(10)] == [200] * 10


def test_every_process_ends_when_it_is_told_to(layout):
    """Last in this file: systemd sends SIGTERM, and each ends by itself, cleanly."""
    ended = {name: layout.stop(name) for name in ["worker 2", "sockets", "web", "door"]}

    assert ended["sockets"] in {0, -signal.SIGTERM}  # uvicorn passes the signal on when it is done
    assert ended | {"sockets": 0} == {"worker 2": 0, "sockets": 0, "web": 0, "door": 0}
    assert layout.get("/healthz")[0] == 0
