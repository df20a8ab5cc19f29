from django.urls import path, re_path

from certificates import views

app_name = "certificates"
CODE = r"(?P<code>[0-9A-Za-z-]{10,48})"
urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("me/transcript/", views.transcript, name="transcript"),
    re_path(rf"^certificates/{CODE}/$", views.certificate, name="certificate"),
    re_path(rf"^certificates/{CODE}/manage/$", views.manage, name="manage"),
    re_path(rf"^certificates/{CODE}/correct/$", views.correct, name="correct"),
    re_path(rf"^certificates/{CODE}/revoke/$", views.revoke, name="revoke"),
    re_path(rf"^certificates/{CODE}\.pdf$", views.pdf, name="pdf"),
    re_path(rf"^certificates/{CODE}\.json$", views.as_json, name="json"),
]
