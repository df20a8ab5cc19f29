from django.db import migrations

from lms.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("webinars", "0020_approval")]
    operations = [append_only("webinars_seatdecision")]
