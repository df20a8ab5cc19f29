#!/usr/bin/env python3
"""The one file a newcomer runs. Standard library only; it starts under any Python 3.8 or newer.

python3 dev.py run           install, migrate, load the demo, serve the site with its worker
python3 dev.py test          install and run the tests, journeys in a browser aside
python3 dev.py test ARGS     install and run what these arguments of pytest choose
python3 dev.py bench [...]   install and measure
python3 dev.py lint          ruff, mypy, templates, migrations, translations
python3 dev.py manage ...    manage.py in the environment
python3 dev.py setup         install only
python3 dev.py lock          maintainers: write the hashed requirement files anew
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 12)
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
TOOLS = os.path.join(ROOT, ".dev")
UV = os.path.join(TOOLS, "bin", "uv")
REQUIREMENTS = os.path.join(ROOT, "requirements-dev.txt")


def version(exe):
    try:
        out = subprocess.run(
            [exe, "-c", "import sys; print(*sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=20,
        )
        return tuple(int(part) for part in out.stdout.split()) if out.returncode == 0 else (0, 0)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return (0, 0)


def interpreter():
    """This Python when it is new enough, else a newer one on PATH, in pyenv or in uv's folder."""
    if sys.version_info[:2] >= OLDEST:
        return getattr(sys, "_base_executable", None) or sys.executable
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT") or os.path.join(home, ".pyenv")
    found = [shutil.which("python3.%d" % minor) for minor in (14, 13, 12)]
    for pattern in (
        pyenv + "/versions/3.1[2-9]*/bin/python3",
        home + "/.local/share/uv/python/*/bin/python3",
        "/opt/homebrew/bin/python3.1[2-9]",
    ):
        found += sorted(glob.glob(pattern), reverse=True)
    for exe in found:
        if exe and version(exe) >= OLDEST:
            return exe
    sys.exit(
        "Groundwork needs Python %d.%d or newer; the newest found here is %s.\n"
        "Install one (for example: apt install python3.13, or pyenv install 3.13)\n"
        "and run this again." % (OLDEST[0], OLDEST[1], sys.version.split()[0])
    )


def call(*command, **options):
    options.setdefault("check", True)
    return subprocess.run(list(command), cwd=ROOT, **options)


def uv_environment():
    env = dict(os.environ, UV_PYTHON_DOWNLOADS="never", PIP_DISABLE_PIP_VERSION_CHECK="1")
    env.pop("VIRTUAL_ENV", None)
    return env


def fetch_uv(base):
    # --target works where venv lacks ensurepip and where the system Python is externally managed.
    if not os.path.exists(UV):
        call(
            base, "-m", "pip", "install", "-q", "--target", TOOLS, "uv",
            check=False, env=uv_environment(), stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return os.path.exists(UV)


def setup():
    """Make .venv exactly what the lock says. Safe to repeat: a stamp skips what is done."""
    with open(REQUIREMENTS, "rb") as lock:
        stamp = hashlib.sha256(lock.read()).hexdigest()
    mark = os.path.join(VENV, ".requirements")
    if os.path.exists(mark) and os.path.exists(PYTHON):
        with open(mark) as done:
            if done.read() == stamp:
                return
    base, begun = interpreter(), time.time()
    print("Setting up .venv with " + base, flush=True)
    if fetch_uv(base):
        call(UV, "venv", "-q", "--clear", "--python", base, VENV, env=uv_environment())
        call(
            UV, "pip", "sync", "-q", "--python", PYTHON, "--require-hashes", REQUIREMENTS,
            env=uv_environment(),
        )  # fmt: skip
    else:
        call(base, "-m", "venv", "--clear", VENV)
        call(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", REQUIREMENTS)
    with open(mark, "w") as done:
        done.write(stamp)
    print("Installed in %.0f s" % (time.time() - begun), flush=True)


def lock():
    base = interpreter()
    if not fetch_uv(base):
        sys.exit("uv could not be installed; it is needed to write the requirement files.")
    for name, extra in (("requirements.txt", []), ("requirements-dev.txt", ["--group", "dev"])):
        call(
            UV, "pip", "compile", "-q", "--universal", "--generate-hashes", "--no-emit-index-url",
            "--no-annotate", "--python", base, "--python-version", "%d.%d" % OLDEST,
            "--custom-compile-command", "python3 dev.py lock", "pyproject.toml", *extra, "-o", name,
            env=uv_environment(),
        )  # fmt: skip


def manage(*arguments, **options):
    return call(PYTHON, "manage.py", *arguments, **options)


def serve():
    """Become `manage.py serve`, which prepares the site and keeps web and worker alive."""
    os.chdir(ROOT)
    os.execv(PYTHON, [PYTHON, "manage.py", "serve", "--prepare"])


def side_by_side(arguments):
    """Two test processes by default; none of ours when the caller chose, or debugs."""
    chosen = ("-n", "--numprocesses", "--dist", "--pdb", "-h", "--help", "--collect-only")
    if any(argument.startswith(chosen) for argument in arguments):
        return []
    return ["-n", str(min(2, os.cpu_count() or 1)), "--dist", "loadgroup"]


def check_all(*commands):
    codes = [call(PYTHON, *command, check=False).returncode for command in commands]
    sys.exit(max(codes))


def main():
    command, rest = (sys.argv[1] if len(sys.argv) > 1 else "run"), sys.argv[2:]
    if command == "lock":
        lock()
        return
    if command not in {"run", "test", "bench", "lint", "manage", "setup"}:
        sys.exit(__doc__)
    try:
        setup()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            "The environment could not be installed; the reason stands above.\n"
            "Network, disk space and, on Debian, the package python3-venv are worth a look.\n%s"
            % error
        )
    if command == "run":
        serve()
    elif command == "test":
        manage("compilemessages")
        rest = rest or ["-m", "not browser"]
        pytest = (PYTHON, "-m", "pytest", *side_by_side(rest), *rest)
        sys.exit(call(*pytest, check=False).returncode)
    elif command == "bench":
        sys.exit(call(PYTHON, "-m", "bench", *rest, check=False).returncode)
    elif command == "manage":
        sys.exit(manage(*rest, check=False).returncode)
    elif command == "lint":
        check_all(
            ("-m", "ruff", "check", "."),
            ("-m", "ruff", "format", "--check", "."),
            ("-m", "mypy", "."),
            ("-m", "djlint", "--lint", "--quiet", "templates"),
            ("manage.py", "makemigrations", "--check", "--dry-run"),
            ("manage.py", "compilemessages", "--check"),
        )


if __name__ == "__main__":
    main()
