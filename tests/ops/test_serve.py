"""What `make run` starts: one parent that keeps web and worker alive and takes them with it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.ops.units import ROOT

pytestmark = pytest.mark.processes


def until(question, seconds=60):
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)
    return answer


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path, port):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GROUNDWORK_ENV": "test",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'site.sqlite3'}",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }


def manage(*words, environment, **options):
    return subprocess.Popen(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=environment, text=True, **options
    )


def answers(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.read() == b"ready\n"
    except OSError:
        return False


def children(pid):
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text().split("\0") for child in told}


def one(pid, word):
    [child] = [child for child, command in children(pid).items() if word in command]
    return child


def test_web_and_worker_are_kept_alive_and_end_with_their_parent(environment, port, tmp_path):
    assert manage("migrate", "-v0", environment=environment).wait() == 0
    with (tmp_path / "said").open("w") as said:
        parent = manage("serve", environment=environment, stdout=said, stderr=said)
    try:
        until(lambda: answers(port))
        until(lambda: "answers at" in (tmp_path / "said").read_text())
        assert f"http://127.0.0.1:{port}/" in (tmp_path / "said").read_text()

        web, worker = one(parent.pid, "uvicorn"), one(parent.pid, "worker")
        os.kill(web, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{web}").exists())
        until(lambda: answers(port))
        kept = children(parent.pid)
        assert (len(kept), web in kept, worker in kept) == (2, False, True)

        parent.terminate()
        assert parent.wait(30) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in kept)
        assert not answers(port)
    finally:
        parent.kill()
        parent.wait()


def test_a_taken_port_is_refused_with_a_sentence(environment, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        refused = manage("serve", environment=environment, stderr=subprocess.PIPE)
        said = refused.communicate(timeout=60)[1]

    assert refused.returncode == 1
    assert said.startswith(f"CommandError: Port {port} is taken.")
    assert said.count("\n") == 1
