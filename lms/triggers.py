"""Records that the database itself protects: migration operations, for SQLite and PostgreSQL."""

from collections.abc import Sequence

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def append_only(table: str) -> migrations.RunPython:
    """Refuse UPDATE and DELETE on `table`."""
    return _guard(table, "append_only", ["UPDATE", "DELETE"], "")


def frozen_columns(table: str, columns: Sequence[str]) -> migrations.RunPython:
    """Refuse DELETE on `table`, and UPDATE of any of `columns`."""
    changed = " OR ".join(f"NEW.{c} IS DISTINCT FROM OLD.{c}" for c in columns)
    return _guard(table, "frozen", ["UPDATE", "DELETE"], changed)


def frozen_again(table: str, columns: Sequence[str]) -> migrations.RunPython:
    """Put the triggers of `frozen_columns` back after a change of the table: SQLite makes a new
    table for a new column that has a default, and the triggers of the old one go with it."""

    def forwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
        on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
        for act in ("update", "delete"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_frozen_{act}{on}")
        frozen_columns(table, columns).code(apps, schema_editor)  # type: ignore[arg-type]

    return migrations.RunPython(forwards, migrations.RunPython.noop)


def _guard(table: str, name: str, acts: Sequence[str], when: str) -> migrations.RunPython:
    def forwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for act in acts:
            schema_editor.execute(_create(schema_editor, table, name, act, when), params=None)

    def backwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for act in acts:
            on = f" ON {table}" if schema_editor.connection.vendor == "postgresql" else ""
            schema_editor.execute(f"DROP TRIGGER {table}_{name}_{act.lower()}{on}")

    return migrations.RunPython(forwards, backwards)


def _create(
    schema_editor: BaseDatabaseSchemaEditor, table: str, name: str, act: str, when: str
) -> str:
    head = f"CREATE TRIGGER {table}_{name}_{act.lower()} BEFORE {act} ON {table} FOR EACH ROW"
    if schema_editor.connection.vendor == "postgresql":
        condition = f" WHEN ({when})" if when and act == "UPDATE" else ""
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION groundwork_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% on % is refused: these rows are a record', "
            "TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$",
            params=None,
        )
        return f"{head}{condition} EXECUTE FUNCTION groundwork_refuse()"
    # SQLite before 3.39 knows IS NOT, which means the same there.
    condition = (
        f" WHEN {when.replace('IS DISTINCT FROM', 'IS NOT')}" if when and act == "UPDATE" else ""
    )
    message = f"{act} on {table} is refused: these rows are a record"
    return f"{head}{condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
