"""`/sitemap.xml`: every public page in both languages. An app's sitemaps are listed here."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sites.requests import RequestSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from courses.sitemaps import CatalogueSitemap, CourseSitemap, SeriesSitemap
from library.sitemaps import CaseStudySitemap, LibrarySitemap, PracticeSitemap
from webinars.sitemaps import ScheduleSitemap, WebinarSitemap


class HomeSitemap(Sitemap):
    i18n = alternates = x_default = True

    def items(self) -> list[str]:
        return ["home"]

    def location(self, item: str) -> str:
        return reverse(item)


SITEMAPS: list[type[Sitemap]] = [
    HomeSitemap,
    CatalogueSitemap,
    SeriesSitemap,
    CourseSitemap,
    ScheduleSitemap,
    WebinarSitemap,
    LibrarySitemap,
    PracticeSitemap,
    CaseStudySitemap,
]


def sitemap(request: HttpRequest) -> HttpResponse:
    """Under SITE_URL, whatever host the request names."""
    home, site = urlsplit(settings.SITE_URL), RequestSite(request)
    site.domain = home.netloc
    urls = [url for pages in SITEMAPS for url in pages().get_urls(site=site, protocol=home.scheme)]
    return render(request, "sitemap.xml", {"urlset": urls}, content_type="application/xml")
