from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_certificates")]
    operations = [
        append_only("certificates_certificate"),
        append_only("certificates_revocation"),
    ]
