from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("courses", "0007_renewals")]
    operations = [append_only("courses_renewalpolicy")]
