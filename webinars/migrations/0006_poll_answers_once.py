from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webinars", "0005_poll_answers_counted")]

    operations = [
        migrations.RemoveConstraint("pollvote", "one_choice_each"),
        migrations.AlterField("pollvote", "option", models.CharField(default="", max_length=20)),
        migrations.RemoveField("pollvote", "option"),
        migrations.AddConstraint(
            "poll",
            models.UniqueConstraint(fields=("webinar", "key"), name="poll_written_once"),
        ),
        migrations.AddConstraint(
            "pollvote",
            models.UniqueConstraint(
                fields=("poll", "round", "person"), name="one_answer_a_round"
            ),
        ),
    ]
