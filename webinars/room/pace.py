"""How often one person may act in a room. Beyond what the verbs themselves ask for: presses by a
stuck key or a script.

Counted in the cache: without Redis each process counts for itself.
"""

import json
from collections.abc import Callable
from functools import wraps

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from people.access import SignedIn

MOST, WITHIN = 40, 10  # acts of one person, seconds


def paced[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Inside `login_required`: answer 429 to whoever posts more than that."""

    @wraps(view)
    def held(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request: SignedIn = args[0]  # type: ignore[assignment]
        if request.method == "POST" and not may(request.user.pk):
            return _too_many(request)
        return view(*args, **kwargs)

    return held


def may(person_id: int) -> bool:
    """Count one more act; False: that was too many."""
    key = f"room-pace:{person_id}"
    try:
        cache.add(key, 0, WITHIN)
        return cache.incr(key) <= MOST
    except ValueError:  # it ran out between the two
        return True


def _too_many(request: SignedIn) -> HttpResponse:
    if not request.htmx:
        return render(request, "429.html", status=429)
    told = json.dumps({"room:refused": {"reason": _("That was a lot at once. Please wait.")}})
    return HttpResponse(status=429, headers={"HX-Trigger": told, "HX-Reswap": "none"})
