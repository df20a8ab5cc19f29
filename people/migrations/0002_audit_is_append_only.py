from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("people", "0001_people")]
    operations = [append_only("people_auditentry")]
