"""Who is asking. The types and gates that every app's views stand on."""

from collections.abc import Callable, Collection
from functools import wraps

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.http import Http404, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from lms.http import Request, View, see_other
from people.models import User, led_by

# Where somebody may go who still has to set up a second step.
_OPEN = {"people:second-step", "set-theme", "healthz", "readyz"}


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


def lead(user: User) -> bool:
    """Leads the training of an organisation, today."""
    return led_by(user, timezone.now()) is not None


def carer(user: User) -> bool:
    return user.is_staff


def signed_in(session_keys: Collection[str]) -> dict[str, User]:
    """Whose sessions these are, as `django.contrib.auth.get_user` says for one: two queries for any
    number. Nothing is flushed or renewed: that waits for a request of the person's own."""
    alive = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    said = {session.session_key: session.get_decoded() for session in alive}
    ids = {key: int(session.get(SESSION_KEY, 0)) for key, session in said.items()}
    people = User.objects.filter(is_active=True).in_bulk(set(ids.values()))
    found = {key: people[pk] for key, pk in ids.items() if pk in people}
    return {key: person for key, person in found.items() if _proves(said[key], person)}


def _proves(session: dict[str, str], person: User) -> bool:
    """Begun by a way to sign in that is still open, with the password of today."""
    known = session.get(HASH_SESSION_KEY, "")
    today = [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]
    return session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS and any(
        constant_time_compare(known, each) for each in today
    )


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


def has_second_step(user: User) -> bool:
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()


def just_shown(request: Request, user: User, authenticator: Authenticator, **_: object) -> None:
    """Receiver: who has just set up a second step need not show it again to see the recovery codes.

    allauth let them set it up because they had shown who they are, or had no way yet to show it.
    """
    record_authentication(
        request, user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
    )


def owes_second_step(user: User) -> bool:
    """In production, who authors, hosts, credits or cares for the site signs in with two steps."""
    return settings.SECOND_STEP_FOR_STAFF and user.works_here and not has_second_step(user)


def second_step(get_response: View) -> View:
    """Middleware: until it is set up, every page leads to the one that explains it."""

    def middleware(request: Request) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and owes_second_step(user) and not _is_open(request.path_info):
            return see_other(reverse("people:second-step"))
        return get_response(request)

    return middleware


def _is_open(path: str) -> bool:
    try:
        name = resolve(path).view_name
    except Resolver404:
        return True
    return name in _OPEN or name.startswith(("account_", "mfa_"))
