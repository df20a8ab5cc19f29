from django.db import migrations


def fill(apps, schema_editor):
    """Who has a seat was sent the entry; nobody else has it."""
    apps.get_model("webinars", "Registration").objects.filter(state="seated").update(
        in_calendar=True
    )


class Migration(migrations.Migration):
    dependencies = [("webinars", "0024_in_calendar")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
