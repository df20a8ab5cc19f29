from django.db import migrations

from lms.triggers import append_only, frozen_columns


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_courses")]
    operations = [
        append_only("courses_courseversion"),
        append_only("courses_evidence"),
        append_only("courses_completion"),
        frozen_columns(
            "courses_enrolment", ["person_id", "course_id", "cycle", "organisation_id", "enrolled_at"]
        ),
        frozen_columns("courses_attempt", ["enrolment_id", "item", "number", "paper", "started_at"]),
    ]
