"""Addresses that stand in signed documents, for machines: the same in every language."""

from django.urls import path, re_path

from certificates.badges import views

app_name = "badges"
CODE = r"(?P<code>[0-9A-Za-z-]{10,48})"
urlpatterns = [
    path(".well-known/did.json", views.did_document, name="did"),
    re_path(rf"^certificates/{CODE}/badge\.(?P<form>json|jwt|png|svg)$", views.badge, name="badge"),
    re_path(
        r"^badges/status/(?P<number>[1-9][0-9]{0,8})/(?P<purpose>revocation|suspension)/$",
        views.status_list,
        name="status",
    ),
    re_path(
        r"^badges/achievements/(?P<uuid>[0-9a-f-]{36})\.(?P<form>png|svg)$",
        views.picture,
        name="picture",
    ),
]
