"""The yardstick: a view in the same process, behind the same middleware, that does as many queries
and shows 20 rows. What a page costs above it is the page's own."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from lms.urls import urlpatterns as site_urlpatterns
from people.models import County

ROWS = 20
_page = engines["django"].from_string(
    "<!doctype html><title>Bare</title><table>{% for row in rows %}"
    "<tr><td>{{ row.pk }}</td><td>{{ row.fips }}</td><td>{{ row.name }}</td></tr>"
    "{% endfor %}</table>"
)


def bare(request: HttpRequest, queries: int) -> HttpResponse:
    """Queries by primary key for one row each, and a last one for the rows that are shown.

    Whoever is signed in has cost two queries before: the session and the person.
    """
    before = 2 if request.user.is_authenticated else 0  # type: ignore[attr-defined]
    for key in range(queries - before - 1):
        list(County.objects.filter(pk=key + 1))
    rows = list(County.objects.all()[:ROWS]) if queries > before else range(ROWS)
    return HttpResponse(_page.render({"rows": rows}))


urlpatterns = [path("bare/<int:queries>/", bare), *site_urlpatterns]
