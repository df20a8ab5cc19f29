from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("certificates", "0003_suspensions")]
    operations = [
        append_only("certificates_suspension"),
        append_only("certificates_lifting"),
    ]
