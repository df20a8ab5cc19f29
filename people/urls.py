from django.urls import path

from people import views

app_name = "people"
urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("organization/", views.organisation, name="organisation"),
    path("organization/leave/", views.leave, name="leave"),
    path("organization/<slug:slug>/join/", views.join, name="join"),
    path("about-you/", views.about_you, name="about-you"),
    path("about-you/withdraw/", views.withdraw_answers, name="withdraw-answers"),
    path("second-step/", views.second_step, name="second-step"),
]
