"""A second policy to choose from: hosts could not choose prompts otherwise."""

from django.db import migrations


def forwards(apps, schema_editor):
    CreditPolicy = apps.get_model("webinars", "CreditPolicy")
    CreditPolicy.objects.get_or_create(
        name="With questions in between",
        number=1,
        defaults={"prompt_every_minutes": 15, "prompt_share_percent": 50},
    )


class Migration(migrations.Migration):
    dependencies = [("webinars", "0013_prompts")]

    # Nothing to take back: a policy that a session may have used stays.
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
