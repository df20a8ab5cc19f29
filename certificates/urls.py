from django.urls import path, re_path

from certificates.transcripts import pages
from certificates.views import designs, desk, managing, posters, public

app_name = "certificates"
CODE = r"(?P<code>[0-9A-Za-z-]{10,48})"
urlpatterns = [
    path("verify/", public.verify, name="verify"),
    path("verify/file/", public.verify_file, name="verify-file"),
    path("me/transcript/", pages.transcript, name="transcript"),
    re_path(rf"^certificates/{CODE}/$", public.certificate, name="certificate"),
    re_path(rf"^certificates/{CODE}/manage/$", managing.manage, name="manage"),
    re_path(rf"^certificates/{CODE}/correct/$", managing.correct, name="correct"),
    re_path(rf"^certificates/{CODE}/revoke/$", managing.revoke, name="revoke"),
    re_path(rf"^certificates/{CODE}/issue-anew/$", managing.issue_anew, name="issue-anew"),
    re_path(rf"^certificates/{CODE}/suspend/$", managing.suspend, name="suspend"),
    re_path(rf"^certificates/{CODE}/lift/$", managing.lift, name="lift"),
    re_path(rf"^certificates/{CODE}/sharing/$", public.change_sharing, name="sharing"),
    re_path(rf"^certificates/{CODE}\.pdf$", public.pdf, name="pdf"),
    re_path(rf"^certificates/{CODE}\.json$", public.as_json, name="json"),
    re_path(
        r"^host/(?P<slug>[-\w]+)/poster-(?P<language>en|es)-(?P<paper>letter|a4)\.pdf$",
        posters.poster,
        name="poster",
    ),
    path("staff/certificates/", desk.desk, name="desk"),
    path("staff/certificates/issue/", desk.issue, name="issue"),
    path("staff/certificates/try-again/", desk.try_again, name="try-again"),
    path("staff/certificates/designs/", designs.designs, name="designs"),
    path("staff/certificates/designs/new/", designs.new_design, name="new-design"),
    path("staff/certificates/designs/<int:pk>/", designs.design, name="design"),
    path("staff/certificates/designs/<int:pk>/preview.png", designs.preview, name="preview"),
    path("staff/certificates/designs/<int:pk>/use/", designs.use_design, name="use-design"),
]
