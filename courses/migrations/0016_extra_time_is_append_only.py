from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("courses", "0015_tries_may_have_a_clock")]
    operations = [append_only("courses_extratime")]
