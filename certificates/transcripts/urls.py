from django.urls import path

from certificates.transcripts import pages, recognising

app_name = "transcripts"
urlpatterns = [
    path("me/transcript.pdf", pages.pdf, name="pdf"),
    path("me/transcript.csv", pages.csv, name="csv"),
    path("me/transcript/share/", pages.share, name="share"),
    path("me/transcript/stop-sharing/", pages.stop_sharing, name="stop-sharing"),
    path("me/transcript/add/", pages.add, name="add"),
    path("me/transcript/<int:pk>/remove/", pages.remove, name="remove"),
    path("me/transcript/<int:pk>/proof/", pages.proof, name="proof"),
    path("transcripts/<str:secret>/", pages.shared, name="shared"),
    path("credit/training/", recognising.waiting, name="waiting"),
    path("credit/training/<int:pk>/", recognising.decide, name="decide"),
    path("credit/training/<int:pk>/proof/", recognising.proof, name="waiting-proof"),
]
