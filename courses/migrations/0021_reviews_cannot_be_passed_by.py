"""Where a course needs a review, its current version is one that somebody approved word for word.

`courses.publishing` says so in a sentence; here the database says it to everybody else.
"""

from django.db import migrations

TABLE, NAME = "courses_course", "courses_course_reviewed"
UNREVIEWED = """
    NEW.review_needed AND NEW.current_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM courses_draftreview r JOIN courses_courseversion v ON v.id = NEW.current_id
        WHERE r.course_id = NEW.id AND r.state = 'approved' AND r.sha256 = v.sha256
    )
"""
REFUSAL = "a version of this course goes out only when somebody approved it"


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {UNREVIEWED} THEN RAISE EXCEPTION '{REFUSAL}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$",
            params=None,
        )
        schema_editor.execute(
            f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} FOR EACH ROW "
            f"WHEN (NEW.current_id IS DISTINCT FROM OLD.current_id) EXECUTE FUNCTION {NAME}()",
            params=None,
        )
        return
    schema_editor.execute(
        f"CREATE TRIGGER {NAME} BEFORE UPDATE ON {TABLE} FOR EACH ROW "
        f"WHEN NEW.current_id IS NOT OLD.current_id AND {UNREVIEWED} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END",
        params=None,
    )


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {NAME} ON {TABLE}")
        schema_editor.execute(f"DROP FUNCTION {NAME}()")
    else:
        schema_editor.execute(f"DROP TRIGGER {NAME}")


class Migration(migrations.Migration):
    dependencies = [("courses", "0020_reviews")]
    operations = [migrations.RunPython(guard, unguard)]
