from django.db import migrations

from lms.triggers import append_only, frozen_columns


class Migration(migrations.Migration):
    dependencies = [("certificates", "0007_badges")]
    operations = [
        append_only("certificates_achievement"),
        append_only("certificates_statusentry"),
        frozen_columns("certificates_badgekey", ["public", "published_at"]),
    ]
