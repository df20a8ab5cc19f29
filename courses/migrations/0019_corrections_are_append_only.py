from django.db import migrations

from lms.triggers import append_only, frozen_again


class Migration(migrations.Migration):
    dependencies = [("courses", "0018_keys_are_put_right")]
    operations = [
        append_only("courses_keycorrection"),
        append_only("courses_regrade"),
        # 0015 added a column with a default, and on SQLite the triggers of 0002 went with the table.
        frozen_again("courses_attempt", ["enrolment_id", "item", "number", "paper", "started_at"]),
    ]
