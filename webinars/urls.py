from django.urls import include, path

from webinars.views import (
    accommodating,
    attendance,
    reconciling,
    registration,
    reminders,
    schedule,
    scheduling,
)

app_name = "webinars"
urlpatterns = [
    path("webinars/", schedule.schedule, name="schedule"),
    path("webinars/<slug:slug>.ics", schedule.calendar_file, name="calendar-file"),
    path("webinars/<slug:slug>/", schedule.webinar, name="webinar"),
    path("webinars/<slug:slug>/register/", registration.register, name="register"),
    path("webinars/<slug:slug>/registered/", registration.registered, name="registered"),
    path("webinars/<slug:slug>/offer/", registration.offer, name="offer"),
    path("webinars/<slug:slug>/cancel/", registration.cancel, name="cancel"),
    path("series/<slug:slug>/register/", registration.register_series, name="register-series"),
    path("series/<slug:slug>/registered/", registration.series_registered,
         name="series-registered"),
    path("reminders/<str:token>/", reminders.reminders, name="reminders"),
    path("me/calendar/renew/", schedule.renew_calendar, name="renew-calendar"),
    path("me/calendar/<str:secret>.ics", schedule.calendar_feed, name="calendar-feed"),
    path("host/new/", scheduling.new, name="schedule-new"),
    path("host/needs/", accommodating.needs, name="needs"),
    path("host/<slug:slug>/needs/<int:pk>/", accommodating.need, name="need"),
    path("host/<slug:slug>/edit/", scheduling.edit, name="schedule-edit"),
    path("host/<slug:slug>/copy/", scheduling.copy, name="copy"),
    path("host/<slug:slug>/rehearse/", scheduling.rehearse, name="rehearse"),
    path("host/<slug:slug>/call-off/", scheduling.call_off, name="call-off"),
    path("host/<slug:slug>/attendance/", attendance.attendance, name="attendance"),
    path("host/<slug:slug>/attendance.csv", attendance.attendance_csv, name="attendance-csv"),
    path("host/<slug:slug>/attendance/<int:pk>/", attendance.decide, name="decide-attendance"),
    path("host/<slug:slug>/reports/", reconciling.bring_report, name="bring-report"),
    path("host/<slug:slug>/reports/<int:pk>/", reconciling.report, name="report"),
    path("host/<slug:slug>/reconcile/", reconciling.reconcile, name="reconcile"),
    path("", include("webinars.room.urls")),
]  # fmt: skip
