"""What our pages share: the request's type, page-or-part rendering, and three middlewares."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import translate_url
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

type View = Callable[[Request], HttpResponse]


class Request(HttpRequest):
    """What our middleware hands to every view."""

    htmx: HtmxDetails


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, object],
    *,
    part: str,
    status: int = 200,
) -> HttpResponse:
    """Render the page, or only its named part when htmx is swapping that part in.

    History restores and boosted links carry HX-Request too, yet need the whole page.
    """
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    swap = htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, f"{template}#{part}" if swap else template, context, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Boosted", "HX-History-Restore-Request"])
    return response


class _SeeOther(HttpResponseRedirect):
    status_code = 303


def see_other(url: str) -> HttpResponse:
    """Answer a POST that succeeded: 303, so that a reload never posts again."""
    return _SeeOther(url)


def htmx_redirects(get_response: View) -> View:
    """Middleware: a redirect means «leave this page» to htmx too.

    Left alone, htmx follows it quietly and swaps the login page into the middle of a course.
    """

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        if request.htmx and not request.htmx.boosted and "Location" in response:
            moved = HttpResponseClientRedirect(response["Location"])
            moved.cookies = response.cookies
            return moved
        return response

    return middleware


def private_pages(get_response: View) -> View:
    """Middleware: what a signed-in person sees is never kept by a shared computer's browser."""

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware


def site(request: HttpRequest) -> dict[str, object]:
    """Context processor: what base.html needs on every page."""
    path = request.get_full_path()
    theme = request.COOKIES.get("theme", "")
    return {
        "SITE_URL": settings.SITE_URL,
        "demo": not settings.PRODUCTION,
        "english_path": translate_url(path, "en"),
        "spanish_path": translate_url(path, "es"),
        "other_language": "en" if (get_language() or "en").startswith("es") else "es",
        "theme": theme if theme in {"light", "dark"} else "auto",
    }
