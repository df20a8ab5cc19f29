from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("webinars", "0008_identity")]
    operations = [
        append_only("webinars_reportrow"),
        append_only("webinars_identitymatch"),
    ]
