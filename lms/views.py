"""Pages above all apps: the home page, health, the theme."""

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from courses.catalogue import offered
from courses.models import Series
from lms.http import Request, see_other


def home(request: Request) -> HttpResponse:
    """What there is to learn: the series, then courses that stand by themselves."""
    courses = offered(request.user).filter(series__isnull=True)[:4]
    context = {"all_series": Series.objects.order_by("slug").for_index(), "courses": courses}
    return render(request, "home.html", context)


def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """This process answers and reaches its database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("no database\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or automatic in a cookie; works without JavaScript."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = see_other(target)
    theme = request.POST.get("theme", "auto")
    if theme in {"light", "dark"}:
        response.set_cookie("theme", theme, max_age=31_536_000, samesite="Lax")
    else:
        response.delete_cookie("theme")
    return response


def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "components/styleguide.html")
