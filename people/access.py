"""Who is asking. The types and gates that every app's views stand on."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.utils import timezone

from lms.http import Request, View
from people.models import User


class SignedIn(Request):
    """What a view behind `login_required` receives."""

    user: User  # type: ignore[assignment]


def only[**P](
    allowed: Callable[[User], bool],
) -> Callable[[Callable[P, HttpResponse]], Callable[P, HttpResponse]]:
    """Gate a view by a mark on the person: signed out → sign-in page, not allowed → 404.

    `@only(lambda user: user.may_author)`. What is inside still asks `visible_to(user)`.
    """

    def gate(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            request = args[0]
            if not allowed(request.user):  # type: ignore[attr-defined]
                raise Http404
            return view(*args, **kwargs)

        return login_required(checked)  # type: ignore[type-var, return-value]

    return gate


def author(user: User) -> bool:
    return user.may_author or user.is_superuser


def host(user: User) -> bool:
    return user.may_host or user.is_superuser


def credit_administrator(user: User) -> bool:
    return user.may_credit or user.is_superuser


def carer(user: User) -> bool:
    return user.is_staff


def persons_zone(get_response: View) -> View:
    """Middleware: times on a page are in the zone of the person who reads it."""

    def middleware(request: Request) -> HttpResponse:
        user = request.user
        if isinstance(user, User) or user.is_authenticated:
            timezone.activate(user.zone)  # type: ignore[union-attr]
        else:
            timezone.deactivate()
        return get_response(request)

    return middleware
