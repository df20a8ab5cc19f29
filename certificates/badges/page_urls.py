"""The issuer and its achievements: a page for people, JSON-LD for machines, in each language."""

from django.urls import path

from certificates.badges import views

app_name = "badge-pages"
urlpatterns = [
    path("badges/issuer/", views.issuer, name="issuer"),
    path("badges/achievements/<uuid:uuid>/", views.achievement, name="achievement"),
]
