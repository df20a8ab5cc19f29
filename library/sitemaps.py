from django.contrib.sitemaps import Sitemap
from django.urls import reverse

from library.models import CaseStudy, CaseStudyQuerySet, Practice, PracticeQuerySet


class _Bilingual(Sitemap):
    i18n = alternates = x_default = True


class LibrarySitemap(_Bilingual):
    def items(self) -> list[str]:
        return ["library:practices", "library:case-studies"]

    def location(self, item: str) -> str:
        return reverse(item)


class PracticeSitemap(_Bilingual):
    def items(self) -> PracticeQuerySet:
        return Practice.objects.order_by("number").only("slug").planned()


class CaseStudySitemap(_Bilingual):
    def items(self) -> CaseStudyQuerySet:
        return CaseStudy.objects.order_by("slug").only("slug").planned()
