from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from courses.models import Course, Series
from courses.models.course import CourseQuerySet, SeriesQuerySet


class _Bilingual(Sitemap):
    i18n = alternates = x_default = True


class CatalogueSitemap(_Bilingual):
    def items(self) -> list[str]:
        return ["courses:catalogue"]

    def location(self, item: str) -> str:
        return reverse(item)


class CourseSitemap(_Bilingual):
    def items(self) -> CourseQuerySet:
        return Course.objects.published().order_by("slug").only("slug").planned()


class SeriesSitemap(_Bilingual):
    def items(self) -> SeriesQuerySet:
        return Series.objects.order_by("slug").only("slug").planned()
