"""Addresses below `/studio/` that are about questions of every course: banks and essays."""

from django.urls import path

from courses.studio import essays

urlpatterns = [
    path("essays/", essays.essays, name="essays"),
    path("essays/<uuid:attempt>/", essays.essay, name="essay"),
    path("essays/<uuid:attempt>/take/", essays.take, name="take-essay"),
    path("essays/<uuid:attempt>/give-back/", essays.give_back, name="give-back-essay"),
]
