from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from webinars.models import Webinar
from webinars.models.schedule import WebinarQuerySet


class _Bilingual(Sitemap):
    i18n = alternates = x_default = True


class ScheduleSitemap(_Bilingual):
    def items(self) -> list[str]:
        return ["webinars:schedule"]

    def location(self, item: str) -> str:
        return reverse(item)


class WebinarSitemap(_Bilingual):
    def items(self) -> WebinarQuerySet:
        published = Webinar.objects.public()
        return published.order_by("slug").only("slug").planned()
