"""Acts that need care: whoever does one shows once more who they are.

Who has a second step shows that one; a password alone is then not enough (`AccountAdapter`). Who
has neither a second step nor a password has nothing to show: they set up a second step first, and
go on with what they were doing. allauth lets these pass, and has no way to ask by e-mail; a code
by e-mail is what they signed in with, so it would show nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows import reauthentication
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from lms.http import see_other
from people.access import SignedIn, has_second_step

_WAITS = "waits_for_second_step"  # templates of the account pages look for it, too


def with_care[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponse]:
    """Gate inside `only`: nobody gets through who has not just shown who they are.

    What was typed comes through that unchanged: the request is kept and goes on afterwards.
    """
    return _gated(view, reading_is_free=False)


def with_care_to_send[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponse]:
    """The same for pages that anybody inside `only` may read."""
    return _gated(view, reading_is_free=True)


def _gated[**P](
    view: Callable[P, HttpResponseBase], *, reading_is_free: bool
) -> Callable[P, HttpResponse]:
    shown = reauthentication_required(view, allow_get=reading_is_free)

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = cast(SignedIn, args[0])
        free = reading_is_free and request.method == "GET"
        if free or reauthentication.get_reauthentication_flows(request.user):
            return cast(HttpResponse, shown(*args, **kwargs))
        request.session[_WAITS] = request.get_full_path()
        return reauthentication.suspend_request(request, reverse("people:second-step"))

    return checked


def waiting(request: SignedIn) -> str:
    """The address of the act that waits for this person's second step; empty when there is none."""
    return str(request.session.get(_WAITS, ""))


def go_on(request: SignedIn) -> HttpResponse:
    """With what waited. Who has shown the second step too long ago shows it again first."""
    path = waiting(request)
    if not path or not has_second_step(request.user):
        return see_other(reverse("people:second-step"))
    if reauthentication.did_recently_reauthenticate(request):
        del request.session[_WAITS]
        return reauthentication.resume_request(request) or see_other(path)
    ways = get_adapter(request).get_reauthentication_methods(request.user)
    return see_other(f"{ways[0]['url']}?{urlencode({'next': path})}")
