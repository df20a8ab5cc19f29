"""Bells that courses rings. They say «look», never «what»: receivers read the rows themselves."""

from django.dispatch import Signal

course_completed = Signal()  # completion_id; sent after commit
