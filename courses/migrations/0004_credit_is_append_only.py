from django.db import migrations

from lms.triggers import append_only, frozen_columns


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_credit")]
    operations = [
        append_only("courses_creditaward"),
        append_only("courses_creditclaim"),
        frozen_columns(
            "courses_creditapproval",
            [
                "course_id",
                "credit_type_id",
                "hours",
                "category",
                "provider_name",
                "provider_number",
                "event_number",
                "statement",
                "valid_from",
                "valid_to",
                "recorded_by_id",
                "recorded_at",
            ],
        ),
    ]
