import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webinars", "0003_headcount")]

    operations = [
        migrations.AddField("poll", "key", models.UUIDField(default=uuid.uuid4)),
        migrations.AddField(
            "poll",
            "kind",
            models.CharField(
                choices=[
                    ("single", "One answer"),
                    ("multiple", "Several answers"),
                    ("scale", "A scale from 1 to 5"),
                    ("words", "Words that people type"),
                ],
                default="single",
                max_length=8,
            ),
        ),
        migrations.AddField("poll", "right", models.JSONField(default=list)),
        migrations.AddField("poll", "round", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("poll", "answered", models.PositiveIntegerField(default=0)),
        migrations.AddField("poll", "tally", models.JSONField(default=dict)),
        migrations.AddField("poll", "hidden_words", models.JSONField(default=list)),
        migrations.AddField("pollvote", "round", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("pollvote", "choices", models.JSONField(default=list)),
    ]
