"""The environment decides, and a value that cannot be meant stops the start with one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "GROUNDWORK_ENV": "production",
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-for-this-test-only",
    "DATABASE_URL": "postgres://site:secret@db.example.org/groundwork",
    "SITE_URL": "https://learn.example.org",
    "SMTP_URL": "smtp://mail.example.org",
}


def start(tmp_path, command=("check",), **environment):
    """`manage.py` in a process that has nothing in its environment but this."""
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VAR_DIR": str(tmp_path / "var")}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=base | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def read(tmp_path, *names, **environment):
    """These settings, as a process with this environment sees them."""
    values = ", ".join(f"settings.{name}" for name in names)
    code = f"from django.conf import settings; print(*({values},), sep='|')"
    done = start(tmp_path, ("shell", "--no-imports", "-c", code), **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().split("|")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"PORT": "abc"}, "PORT must be a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "PORT must be a whole number from 1 to 65535."),
        ({"WORKERS": "-1"}, "WORKERS must be a whole number from 1 to 256."),
        ({"OUTGOING_HTTP": "yes"}, "OUTGOING_HTTP must be on or off."),
        ({"WEB_PROCESSES": "0"}, "WEB_PROCESSES must be a whole number from 1 to 256."),
        ({"SITE_URL": "ftp://x"}, "SITE_URL must be an address like https://learn.example.org."),
        ({"SITE_URL": "http://x:y"}, "SITE_URL must be an address like https://learn.example.org."),
        ({"SITE_URL": "http://x/y"}, "SITE_URL must be an address like https://learn.example.org."),
        ({"MEDIA_URL_BASE": "x"}, "MEDIA_URL_BASE must be an address like https://learn"),
        (
            {"MEDIA_URL_BASE": "http://127.0.0.1:8000"},
            "MEDIA_URL_BASE must be another origin than SITE_URL.",
        ),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be an address like postgres://"),
        ({"DATABASE_URL": "postgres://x:y/z"}, "DATABASE_URL must be an address like postgres://"),
        ({"DATABASE_URL": "postgres://host"}, "DATABASE_URL must name the database"),
        ({"REDIS_URL": "http://x"}, "REDIS_URL must be an address like redis://host:6379/0."),
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL must be an address like smtp://"),
        ({"SMTP_URL": "smtp:///x"}, "SMTP_URL must name a host"),
        ({"GROUNDWORK_ENV": "prod"}, "GROUNDWORK_ENV must be demo, test or production"),
        ({"GROUNDWORK_DEBUG": "1"}, "Unknown setting in the environment: GROUNDWORK_DEBUG."),
        ({"VAR_DIR": "/etc/passwd"}, "VAR_DIR cannot be used:"),
        (
            {"GROUNDWORK_ENV": "production"},
            "GROUNDWORK_ENV=production needs: SECRET_KEY, DATABASE_URL, SITE_URL, SMTP_URL.",
        ),
        (REAL | {"SITE_URL": "http://x.org"}, "needs SITE_URL to start with https://."),
        (REAL | {"SECRET_KEY": "short"}, "SECRET_KEY must be at least 50 random characters."),
        (REAL | {"SECRET_KEY": "0" * 60}, "SECRET_KEY must be at least 50 random characters."),
        (REAL | {"DB_POOL": "many"}, "DB_POOL must be a whole number from 1 to 1000."),
    ],
)
def test_a_value_that_cannot_be_meant_stops_the_start_with_a_sentence(
    tmp_path, environment, sentence
):
    refused = start(tmp_path, **environment)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("Groundwork cannot start: ")
    assert sentence in refused.stderr


def test_a_refusal_never_repeats_a_password(tmp_path):
    refused = start(tmp_path, DATABASE_URL="postgres://site:hunter2@host:port/groundwork")
    assert refused.returncode == 1
    assert "hunter2" not in refused.stderr


def test_serving_refuses_in_the_same_way(tmp_path):
    refused = start(tmp_path, ("serve",), PORT="abc")
    assert (refused.returncode, refused.stderr) == (
        1,
        "Groundwork cannot start: PORT must be a whole number from 1 to 65535.\n",
    )


def test_without_any_environment_it_is_a_demo_on_this_machine(tmp_path):
    assert read(
        tmp_path, "ENVIRONMENT", "SITE_URL", "DATABASES['default']['ENGINE']", "REDIS_URL"
    ) == ["demo", "http://127.0.0.1:8000", "lms.sqlite", ""]


def test_links_follow_the_port(tmp_path):
    assert read(tmp_path, "SITE_URL", PORT="8123") == ["http://127.0.0.1:8123"]


def test_a_slash_at_the_end_of_the_address_changes_nothing(tmp_path):
    assert read(tmp_path, "SITE_URL", SITE_URL="https://x.org/") == ["https://x.org"]


def test_sqlite_is_set_up_to_lose_nothing(tmp_path):
    options, journal = read(
        tmp_path,
        "DATABASES['default']['OPTIONS']['transaction_mode']",
        "DATABASES['default']['OPTIONS']['init_command']",
    )
    assert options == "IMMEDIATE"
    assert {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"} <= {
        statement.strip() for statement in journal.split(";")
    }


def test_production_takes_the_real_services_and_only_safe_cookies(tmp_path):
    assert read(
        tmp_path,
        "DATABASES['default']['ENGINE']", "DATABASES['default']['OPTIONS']['pool']['max_size']",
        "MAILERS['default']['OPTIONS']['host']", "SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
        "ALLOWED_HOSTS",
        **REAL, DB_POOL="7",
    ) == ["django.db.backends.postgresql", "7", "mail.example.org", "True", "True",
          "['learn.example.org']"]  # fmt: skip


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text(REAL["SECRET_KEY"])
    real = {name: value for name, value in REAL.items() if name != "SECRET_KEY"}
    assert read(tmp_path, "SECRET_KEY", SECRET_KEY_FILE=str(tmp_path / "key"), **real) == [
        REAL["SECRET_KEY"]
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://host", ["host", "587", "", "False", "False"]),
        ("smtp://ana:p%40ss@host", ["host", "587", "p@ss", "True", "False"]),
        ("smtps://ana:x@host:4650", ["host", "4650", "x", "False", "True"]),
    ],
)
def test_mail_goes_where_smtp_url_says(tmp_path, url, expected):
    names = ["host", "port", "password", "use_tls", "use_ssl"]
    options = [f"MAILERS['default']['OPTIONS']['{name}']" for name in names]
    assert read(tmp_path, *options, SMTP_URL=url) == expected
