from django.urls import path

from certificates.crediting import approving, boards, mine, reports

app_name = "credit"
urlpatterns = [
    path("credit/", approving.index, name="index"),
    path("credit/reports/", reports.reports, name="reports"),
    path("credit/reports/nchec.csv", reports.nchec, name="nchec"),
    path("credit/reports/train.csv", reports.train, name="train"),
    path("credit/new-kind/", boards.new_kind, name="new-kind"),
    path("credit/kinds/<slug:slug>/", boards.kind, name="kind"),
    path("credit/approvals/<slug:slug>/", approving.course, name="course"),
    path("credit/approvals/<slug:slug>/renewal/", approving.renewal, name="renewal"),
    path("credit/approvals/<slug:slug>/<int:pk>/withdraw/", approving.withdraw, name="withdraw"),
    path("me/credit/", mine.mine, name="mine"),
    path("me/credit/<int:pk>/claim/", mine.claim, name="claim"),
]
