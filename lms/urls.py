"""Every address of the site. Spanish pages live under /es/, machines' addresses outside both."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from courses.views import my_learning
from lms import sitemaps, staff, views
from people import admin

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("theme/", views.set_theme, name="set-theme"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("", include("certificates.badges.urls")),
]
urlpatterns += i18n_patterns(
    path("", views.home, name="home"),
    path("me/", my_learning.me, name="me"),
    path("", include("courses.urls")),
    path("studio/", include("courses.studio.urls")),
    path("", include("webinars.urls")),
    path("me/", include("people.urls")),
    path("", include("library.urls")),
    path("accounts/", include("allauth.urls")),
    path("staff/admin/", admin.site.urls),
    path("staff/outbox/", staff.outbox_page, name="staff-outbox"),
    path("staff/outbox/<int:pk>/retry/", staff.retry, name="staff-outbox-retry"),
    path("staff/checks/", staff.checks, name="staff-checks"),
    path("staff/checks/now/", staff.check_now, name="staff-check-now"),
    path("", include("insights.urls")),
    path("", include("certificates.crediting.urls")),
    path("", include("certificates.transcripts.urls")),
    path("", include("certificates.urls")),
    path("", include("certificates.badges.page_urls")),
    prefix_default_language=False,
)
if not settings.PRODUCTION:
    urlpatterns += i18n_patterns(
        path("styleguide/", views.styleguide, name="styleguide"), prefix_default_language=False
    )
