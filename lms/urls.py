"""Every address of the site. Spanish pages live under /es/, machines' addresses outside both."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from lms import staff, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("theme/", views.set_theme, name="set-theme"),
]
urlpatterns += i18n_patterns(
    path("", views.home, name="home"),
    path("accounts/", include("allauth.urls")),
    path("staff/outbox/", staff.outbox_page, name="staff-outbox"),
    path("staff/outbox/<int:pk>/retry/", staff.retry, name="staff-outbox-retry"),
    path("", include("certificates.urls")),
    prefix_default_language=False,
)
if not settings.PRODUCTION:
    urlpatterns += i18n_patterns(
        path("styleguide/", views.styleguide, name="styleguide"), prefix_default_language=False
    )
