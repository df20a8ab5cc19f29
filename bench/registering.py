"""Two thousand people for a hundred seats, by the form, as a crowd of strangers sends it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from webinars import scheduling
from webinars.models import Registration, Webinar

PEOPLE, SEATS, HANDS = 2_000, 100, 8


def crowd() -> tuple[float, float, dict[str, int], bool]:
    """(wall seconds, processor seconds, places by state, whether the waitlist is in order)."""
    model = Webinar.objects.upcoming().select_related("course")[0]
    starts_at = timezone.now() + timedelta(days=30)
    webinar = scheduling.schedule(
        model.course,
        model.item,
        slug="bench-crowd",
        title={"en": "A crowd", "es": "Una multitud"},
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        capacity=SEATS,
        languages=["en"],
        caption_plan=Webinar.Captions.CART,
        interpretation_plan=Webinar.Interpretation.REQUEST,
    )
    path = reverse("webinars:register", args=[webinar.slug])

    def send(numbers: range) -> None:
        client = Client()
        for number in numbers:
            form = {"name": f"Person {number}", "email": f"crowd{number}@load.test"}
            assert client.post(path, form).status_code == 303
        connection.close()

    begun, busy = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(send, [range(start, PEOPLE, HANDS) for start in range(HANDS)]))
    wall, busy = time.perf_counter() - begun, time.process_time() - busy
    rows = Registration.objects.filter(webinar=webinar)
    states = {state: rows.filter(state=state).count() for state in Registration.State.values}
    waiting = [row.changed_at for row in rows.waiting()]
    in_order = waiting == sorted(set(waiting))
    return wall, busy, {state: n for state, n in states.items() if n}, in_order
