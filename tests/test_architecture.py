"""The house rules that a machine can check. Change ARCHITECTURE.md first, then this file."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Below every app: the modules of `lms` that apps may import.
KIT = {
    f"lms.{name}"
    for name in (
        "files",
        "forms",
        "html",
        "http",
        "mail",
        "models",
        "nesting",
        "outbox",
        "outgoing",
        "sheets",
        "text",
        "ticks",
        "timing",
        "triggers",
        "zips",
        "zones",
        "templatetags",
    )
}
LINE = ["people", "library", "courses", "webinars", "certificates", "insights"]  # upwards
OURS = {"lms", *LINE}
WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
}
NAMES_THAT_SAY_NOTHING = {"services", "utils", "helpers", "managers", "mixins", "misc", "common"}
LONGEST_FILE = 620  # lines: beyond that a file usually holds two subjects


def apps():
    return {path.parent.name for path in ROOT.glob("*/apps.py")} - {"lms"}


def sources(owner):
    if owner == "lms kit":
        files = [ROOT / (name.replace(".", "/") + ".py") for name in KIT]
        files += (ROOT / "lms/templatetags").glob("*.py")
        return [path for path in files if path.exists()]
    return [path for path in (ROOT / owner).rglob("*.py") if "migrations" not in path.parts]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def within(name, modules):
    return any(name == m or name.startswith(f"{m}.") for m in modules)


def allowed(owner):
    if owner == "lms kit":
        return KIT
    return KIT | set(LINE[: LINE.index(owner) + 1])


@pytest.mark.parametrize("owner", ["lms kit", *LINE])
def test_imports_point_downwards(owner):
    climbing = {
        f"{path.relative_to(ROOT)} -> {name}"
        for path in sources(owner)
        for name in imported(path)
        if name.split(".")[0] in OURS and not within(name, allowed(owner))
    }
    assert climbing == set()


def test_every_app_has_its_place_in_the_line():
    assert apps() <= set(LINE)


@pytest.mark.parametrize("room", ["views.py", "views/*.py", "consumers.py"])
def test_the_edge_never_writes_rows(room):
    writing = set()
    for path in ROOT.glob(f"*/{room}"):
        stories = {name.rpartition(".")[2] for name in imported(path)}
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                call = ast.unparse(node.func)
                manager = "objects" in call or call.endswith("_set." + node.func.attr)
                row = call.removesuffix(".save") not in {"form", *stories}
                plain = node.func.attr == "save" and row
                if node.func.attr in WRITES and (manager or plain):
                    writing.add(f"{path.relative_to(ROOT)}: {call}")
    assert writing == set()


def test_rules_know_no_framework():
    outside = {
        f"{path.relative_to(ROOT)} -> {name}"
        for owner in LINE
        for path in (ROOT / owner).rglob("*rules.py")
        for name in imported(path)
        if name.split(".")[0] in {"django", "channels"} | OURS
    }
    assert outside == set()


def test_html_becomes_safe_in_one_place():
    marking = {
        str(path.relative_to(ROOT))
        for owner in [*LINE, "lms"]
        for path in (ROOT / owner).rglob("*.py")
        if "mark_safe" in path.read_text() and path.name != "html.py"
    }
    assert marking == set()


def test_other_sites_are_asked_in_one_place():
    clients = {
        "aiohttp", "ftplib", "http.client", "httpcore", "httpx", "pycurl", "requests", "telnetlib",
        "urllib.request", "urllib3", "websockets.sync",
    }  # fmt: skip
    asking = {
        str(path.relative_to(ROOT))
        for owner in [*LINE, "lms"]
        for path in (ROOT / owner).rglob("*.py")
        if any(within(name, clients) for name in imported(path))
    }
    # `serve` looks whether its own processes answer, on this machine.
    assert asking == {"lms/outgoing.py", "lms/management/commands/serve.py"}


def test_files_have_one_subject_and_telling_names():
    files = [
        path
        for owner in [*LINE, "lms"]
        for path in (ROOT / owner).rglob("*.py")
        if "migrations" not in path.parts
    ]
    assert {p.stem for p in files} & NAMES_THAT_SAY_NOTHING == set()
    assert {str(p) for p in files if len(p.read_text().splitlines()) > LONGEST_FILE} == set()


def test_what_registers_itself_is_there_when_the_site_starts():
    """A handler, a sweep or a receiver in a module that nobody imports would never be called."""
    marks = ("@outbox.handles(", "@on_tick", "@receiver(")
    named = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for app in OURS
        for path in (ROOT / app).rglob("*.py")
        if any(line.startswith(marks) for line in path.read_text(encoding="utf-8").splitlines())
    }
    code = (
        "import sys, django; django.setup(); from lms.asgi import application;"
        "print(*[name for name in sys.argv[1:] if name not in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code, *sorted(named)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "lms.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(named) > 20
    assert found.stdout.split() == []
