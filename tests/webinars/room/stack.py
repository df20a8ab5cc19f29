"""The site as it runs for others, in real processes that a test may kill: web processes, a worker
and, where the suite runs on them, a PostgreSQL and a Redis of its own.

Ours are forked from a process that has imported the site and does nothing else, so that a start
costs a moment and not seconds; after that each is alone, as if it had been started by itself.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit
from urllib.request import urlopen

import redis
from django.conf import settings
from django.db import connection

from tests.webinars.room import quick_server

HOST = "127.0.0.1"
FORKS = get_context("forkserver")
PATIENCE = 90  # seconds: what is waited for takes one or two on an idle machine


def until(question, seconds=PATIENCE):
    """Ask until the answer is yes; the answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return answer


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


class Forked(FORKS.Process):
    """With as much of `subprocess.Popen` as tests ask for."""

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self):
        self.join()

    def poll(self):
        return self.exitcode


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


class Postgres:
    """A server with a copy of the test's database, and this process's connections turned to it."""

    def __init__(self, folder):
        self.data, self.port = folder / "postgres", free_port()
        self.log = (folder / "postgres.log").open("ab")
        self.as_postgres = []
        if os.getuid() == 0:  # the server refuses to run as root
            self.as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
        self.data.mkdir(mode=0o700)
        if self.as_postgres:
            shutil.chown(self.data, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-U", "groundwork", "-A", "trust", "--no-sync",
                  "--encoding=UTF8", "--locale=C.UTF-8", stdout=self.log)  # fmt: skip
        here = connection.settings_dict
        self.start()
        self.before = {name: here[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
        there = {"HOST": HOST, "PORT": str(self.port), "USER": "groundwork", "PASSWORD": ""}
        self.url = f"postgres://groundwork@{HOST}:{self.port}/{here['NAME']}"
        address = ["-h", HOST, "-p", str(self.port), "-U", "groundwork"]
        self._run("createdb", *address, here["NAME"])
        old = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{here['NAME']}").geturl()
        with subprocess.Popen([_program("pg_dump"), old], stdout=subprocess.PIPE) as dump:
            self._run("psql", "-q", *address, "-v", "ON_ERROR_STOP=1", here["NAME"],
                      stdin=dump.stdout, stdout=self.log)  # fmt: skip
        self._turn_to(there)

    def start(self):
        """Also after a kill: what the old one left in memory must be gone first."""

        def try_once():
            self.process = subprocess.Popen(
                [*self.as_postgres, _program("postgres"), "-D", self.data, "-h", HOST,
                 "-p", str(self.port), "-c", "unix_socket_directories=", "-c", "fsync=off",
                 "-c", "max_connections=200"],
                stdout=self.log, stderr=self.log, cwd="/",
            )  # fmt: skip
            while self.process.poll() is None:
                if subprocess.run(
                    [_program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)], check=False
                ).returncode == 0:  # fmt: skip
                    return True
                time.sleep(0.05)
            return False

        until(try_once)
        connection.close()  # ours died with the old one
        connection.close_pool()

    def close(self):
        self._turn_to(self.before)
        self.process.send_signal(signal.SIGQUIT)  # at once: nobody reads these files again
        self.process.wait()
        self.log.close()

    def _run(self, program, *words, **options):
        command = [*self.as_postgres, _program(program), *words]
        subprocess.run(command, check=True, cwd="/", **options)

    @staticmethod
    def _turn_to(place):
        connection.close()
        connection.close_pool()
        connection.settings_dict.update(place)


def _program(name):
    found = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    return max(found, key=lambda path: int(path.parts[-3]))


class Redis:
    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.log = (folder / "redis.log").open("ab")
        self.url = f"redis://{HOST}:{self.port}/0"
        self.start()

    def start(self):
        """Empty, as after a loss of everything."""
        self.process = subprocess.Popen(
            ["redis-server", "--bind", HOST, "--port", str(self.port), "--dir", self.folder,
             "--save", "", "--appendonly", "no"],
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        until(self.answers)

    def answers(self):
        return self.ask("ping")

    def ask(self, *words):
        with redis.Redis(port=self.port) as line, contextlib.suppress(redis.ConnectionError):
            return line.execute_command(*words)
        return None

    def close(self):
        kill(self.process)
        self.log.close()


class Stack:
    """Two web processes with a fast clock and a worker, on one database."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="groundwork-stack-"))
        self.folder.chmod(0o755)
        self.web, self.worker, self.postgres, self.redis = {}, None, None, None
        if connection.vendor == "postgresql":
            self.postgres = Postgres(self.folder)
        if settings.REDIS_URL:
            self.redis = Redis(self.folder)
        self.environment = os.environ | {
            "GROUNDWORK_ENV": "test",
            "VAR_DIR": str(self.folder / "var"),
            "DATABASE_URL": self.postgres.url if self.postgres else self._sqlite(),
            "REDIS_URL": self.redis.url if self.redis else "",
        }

    def __enter__(self):
        self.web = dict.fromkeys([free_port(), free_port()])
        self.mend()
        return self

    def mend(self):
        """Start what does not run, and wait until it answers."""
        for port, process in self.web.items():
            if process is None or process.poll() is not None:
                self.start_web(port)
        if self.worker is None or self.worker.poll() is not None:
            self.start_worker()
        for port in self.web:
            self.wait_for(port)

    def start_web(self, port):
        self.web[port] = self._start(quick_server.web, port)

    def wait_for(self, port):
        def is_there():
            assert self.web[port].poll() is None, "the web process has ended"
            return answers(port)

        until(is_there)

    def start_worker(self):
        self.worker = self._start(quick_server.worker)

    def __exit__(self, *_):
        for process in filter(None, [*self.web.values(), self.worker]):
            kill(process)
        for server in filter(None, [self.redis, self.postgres]):
            server.close()
        shutil.rmtree(self.folder)

    def _start(self, act, *words):
        """The first one starts the process that all are forked from, with this environment."""
        process = Forked(target=act, args=words, daemon=True)
        FORKS.set_forkserver_preload([quick_server.__name__])
        with mock.patch.dict(os.environ, self.environment, clear=True):
            process.start()
        return process

    @staticmethod
    def _sqlite():
        return f"sqlite:///{connection.settings_dict['NAME']}"


def answers(port):
    with contextlib.suppress(OSError), urlopen(f"http://{HOST}:{port}/readyz", timeout=5) as told:
        return told.status == 200
    return False
