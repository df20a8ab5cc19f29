"""Answers that were given so far, in the new shape, and counted."""

import uuid
from collections import Counter

from django.db import migrations


def forwards(apps, schema_editor):
    Poll, PollVote = (apps.get_model("webinars", name) for name in ("Poll", "PollVote"))
    for vote in PollVote.objects.iterator():
        vote.choices = [vote.option]
        vote.save(update_fields=["choices"])
    for poll in Poll.objects.iterator():
        given = Counter(PollVote.objects.filter(poll=poll).values_list("option", flat=True))
        poll.key, poll.tally, poll.answered = uuid.uuid4(), dict(given), given.total()
        poll.save(update_fields=["key", "tally", "answered"])


def backwards(apps, schema_editor):
    PollVote = apps.get_model("webinars", "PollVote")
    for vote in PollVote.objects.iterator():
        vote.option = (vote.choices or [""])[0][:20]
        vote.save(update_fields=["option"])


class Migration(migrations.Migration):
    dependencies = [("webinars", "0004_poll_kinds")]

    operations = [migrations.RunPython(forwards, backwards)]
