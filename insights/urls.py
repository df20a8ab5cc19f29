from django.urls import path

from insights.packs import pages

app_name = "insights"
urlpatterns = [
    path("credit/packs/", pages.packs, name="packs"),
    path("credit/packs/<uuid:pack>/", pages.fetch, name="fetch"),
]
