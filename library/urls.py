from django.urls import path

from library import views

app_name = "library"
urlpatterns = [
    path("practices/", views.practices, name="practices"),
    path("practices/<slug:slug>/", views.practice, name="practice"),
    path("case-studies/", views.case_studies, name="case-studies"),
    path("case-studies/<slug:slug>/", views.case_study, name="case-study"),
]
