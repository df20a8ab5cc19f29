"""The files of DEPLOY.md that no test can execute: each names only what is there, and they agree
with each other. What can be started is started in test_layout.py."""

import fnmatch
import json
import re
import runpy
import shlex
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from lms.management.commands import serve
from tests.ops.units import ROOT, UNITS, command_of, environment_of, settings_of

SITE = {"migrate", "web", "sockets", "worker"}
SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image",
    "init", "ports", "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs",
    "volumes",
}  # fmt: skip


def words_of(name):
    return (ROOT / name).read_text()


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(words_of("compose.yaml"))


@pytest.fixture(scope="module")
def variables():
    """The names in README's table of settings."""
    table = words_of("README.md").split("## Settings")[1].split("\n## ")[0]
    return re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)


# --- README


def test_the_readme_begins_with_the_two_commands():
    first = [line.split("#")[0].strip() for line in words_of("README.md").splitlines()[3:5]]
    assert first == ["make run", "make test"]


def test_the_table_of_settings_has_every_variable_that_is_read_and_no_other(variables):
    read = r'(?:env\.str|env\.db_url|_whole_number|_yes_or_no|_url|_web_origin)\(\s*"([A-Z_]+)"'
    assert sorted(variables) == sorted(set(re.findall(read, words_of("lms/settings.py"))))


def test_documents_name_only_files_and_commands_that_exist():
    known, missing = set(get_commands()), set()
    for document in ("README.md", "DEPLOY.md", "CONTRIBUTING.md"):
        text = words_of(document)
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            missing |= set() if (ROOT / target).exists() else {f"{document}: {target}"}
        called = re.findall(r"(?:manage\.py|deploy/manage|dev\.py manage) ([a-z]\w+)", text)
        missing |= {f"{document}: {name}" for name in called if name not in known}
    assert missing == set()


# --- Compose


def test_services_use_known_keys_and_name_what_exists(compose):
    services, volumes = compose["services"], set(compose["volumes"])
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert "image" in service, name
        assert not service["image"].endswith(":latest"), name
        depends = service.get("depends_on", {})
        assert set(depends) <= set(services), name
        for other, condition in depends.items():
            wanted = condition["condition"]
            assert wanted in {"service_healthy", "service_completed_successfully"}
            if wanted == "service_healthy" and other not in {"web"}:
                assert "test" in services[other]["healthcheck"], other
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in volumes or (ROOT / source).exists(), volume
        check = service.get("healthcheck", {}).get("test", ["CMD"])
        assert check[0] == "CMD", name


def test_every_value_for_the_site_is_a_setting_it_knows(compose, variables):
    for name in SITE:
        environment = compose["services"][name]["environment"]
        assert set(environment) - {"FORWARDED_ALLOW_IPS"} <= set(variables)
        assert {"SECRET_KEY", "DATABASE_URL", "SITE_URL", "SMTP_URL"} <= set(environment)


def test_every_secret_must_be_given_and_the_guide_says_so(compose):
    text = words_of("compose.yaml")
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    chosen = set(re.findall(r"\$\{([A-Z_]+):-", text))
    guide = words_of("DEPLOY.md").split("## Docker Compose")[1].split("```")[0]

    assert set(re.findall(r"\$\{([A-Z_]+)\}", text)) == set()
    assert set(re.findall(r"`([A-Z_]+)`", guide)) == required | chosen


def test_containers_run_the_commands_of_the_units(compose):
    """All but where they listen: behind a container's own address instead of 127.0.0.1."""

    def of(service):
        words = " ".join(compose["services"][service]["command"])
        return words.replace("--bind 0.0.0.0:8000 ", "").replace("0.0.0.0", "127.0.0.1")  # noqa: S104

    def unit(name):
        words = " ".join(command_of(name)).replace("/opt/groundwork/.venv/bin/", "")
        return words.replace("${SOCKETS_PORT}", "8001")

    assert of("web") == unit("groundwork-web.service")
    assert of("sockets") == unit("groundwork-sockets.service")
    assert of("worker") == unit("groundwork-worker@.service")


def test_only_the_door_is_open_to_the_world(compose):
    services = compose["services"]
    assert [name for name in services if "ports" in services[name]] == ["proxy"]


# --- Image


def instructions():
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", words_of("Dockerfile"), flags=re.M))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def test_the_image_copies_what_exists_and_is_not_left_out():
    ignored = [line for line in words_of(".dockerignore").splitlines() if line[:1] not in "#!"]
    stages = {rest.split()[2] for name, rest in instructions() if name == "FROM" and " AS " in rest}
    for name, rest in instructions():
        if name != "COPY":
            continue
        words = shlex.split(rest)
        if words[0].startswith("--from="):
            assert words[0].removeprefix("--from=") in stages
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            assert source == "." or not any(fnmatch.fnmatch(source, p) for p in ignored), source


def test_the_image_keeps_what_the_site_needs_to_run():
    """Letters and content are Markdown; only documents are left out."""
    lines = words_of(".dockerignore").splitlines()
    assert lines.index("*.md") < lines.index("!templates/**/*.md")
    for kept in ("templates", "deploy", "locale", "lms", "courses", "manage.py", "LICENSE"):
        assert kept not in lines


def test_the_image_runs_as_nobody_special_from_pinned_and_hashed_parts():
    names = [name for name, _ in instructions()]
    assert "ADD" not in names
    users = [rest for name, rest in instructions() if name == "USER"]
    assert users == ["groundwork"]
    bases = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", base) for base in bases)
    installs = [rest for name, rest in instructions() if name == "RUN" and "pip install" in rest]
    assert all("--require-hashes" in rest for rest in installs)
    [command] = [rest for name, rest in instructions() if name == "CMD"]
    assert json.loads(command)[0] == "gunicorn"


def test_what_is_started_is_installed_with_the_site():
    locked = words_of("requirements.txt")
    for name in ("gunicorn", "uvicorn", "psycopg", "redis", "whitenoise"):
        assert re.search(rf"^{name}(\[[\w,]+\])?==", locked, re.MULTILINE), name


# --- Units


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.service")))
def test_a_unit_starts_an_installed_program_as_the_sites_user(unit):
    settings = settings_of(unit)
    command = command_of(unit)

    assert settings["User"] == ["groundwork"]
    assert settings["EnvironmentFile"] == ["/etc/groundwork/environment"]
    assert environment_of(unit)["GROUNDWORK_ENV"] == "production"
    assert settings["Restart"] == ["always"]
    assert settings["WantedBy"] == ["groundwork.target"]
    program = Path(command[0])
    assert program.parent == Path("/opt/groundwork/.venv/bin")
    assert program.name in {"python", "gunicorn", "uvicorn"}
    if program.name == "python":
        assert command[1] == "manage.py"
        assert command[2] in get_commands()


def test_the_target_starts_every_unit():
    [wanted] = settings_of("groundwork.target")["Wants"]
    units = {re.sub(r"@\w+\.", "@.", name) for name in wanted.split()}
    assert units == {path.name for path in UNITS.glob("*.service")}


def test_the_settings_of_the_guide_are_read_as_systemd_reads_them():
    guide = words_of("DEPLOY.md").split("/etc/groundwork/environment`, readable")[1]
    example = guide.split("```")[1]
    read = runpy.run_path(str(ROOT / "deploy" / "manage"))["read"](example)

    assert read["MAIL_FROM"] == "Training <training@example.org>"
    assert {"SECRET_KEY", "DATABASE_URL", "SITE_URL", "SMTP_URL"} <= set(read)
    assert not any(" #" in value for value in read.values())


def test_wherever_sockets_are_served_they_are_not_compressed(compose):
    """Each compressed line would cost 300 KB, and half a millisecond a frame."""
    served = [
        command_of("groundwork-sockets.service"),
        compose["services"]["sockets"]["command"],
        serve._web(),
    ]
    for words in served:
        assert words[words.index("--ws-per-message-deflate") + 1] == "false"
