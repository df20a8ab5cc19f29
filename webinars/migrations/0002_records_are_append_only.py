from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("webinars", "0001_webinars")]
    operations = [
        append_only("webinars_creditpolicy"),
        append_only("webinars_presencespan"),
        append_only("webinars_determination"),
        append_only("webinars_roomevent"),
    ]
