"""Every guard that a migration sets up still stands at the end of all of them."""

import re
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
SET_UP = re.compile(r"\b(append_only|frozen_columns)\(\s*\"(\w+)\"")


@pytest.mark.django_db
def test_no_change_of_a_table_took_its_guards_away():
    wanted = {
        f"{table}_{'append_only' if kind == 'append_only' else 'frozen'}_{act}"
        for path in ROOT.glob("*/migrations/*.py")
        for kind, table in SET_UP.findall(path.read_text())
        for act in ("update", "delete")
    }
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor])
        there = {name for (name,) in cursor.fetchall()}
    assert len(wanted) > 20
    assert wanted - there == set()
