from django.urls import path

from courses.views import assessment, catalogue, learning, media

app_name = "courses"
_lesson = "courses/<slug:slug>/learn/<slug:lesson>/"
urlpatterns = [
    path("courses/", catalogue.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", catalogue.course, name="course"),
    path("courses/<slug:slug>/enroll/", catalogue.enrol, name="enrol"),
    path("courses/<slug:slug>/media/<str:sha256>/transcript/", media.transcript, name="transcript"),
    path("courses/<slug:slug>/media/<str:sha256>/<str:name>", media.media, name="media"),
    path("series/<slug:slug>/", catalogue.series, name="series"),
    path(_lesson, learning.lesson, name="lesson"),
    path(f"{_lesson}finish/", learning.finish, name="finish"),
    path(f"{_lesson}reflect/<str:block>/", learning.reflect, name="reflect"),
    path(f"{_lesson}try/<str:block>/", learning.try_out, name="try"),
    path(f"{_lesson}discuss/<str:block>/", learning.discuss, name="discuss"),
    path(f"{_lesson}discuss/<str:block>/<uuid:post>/withdraw/", learning.withdraw, name="withdraw"),
    path(f"{_lesson}start/", assessment.start, name="start"),
    path(f"{_lesson}answer/<str:question>/", assessment.answer, name="answer"),
    path(f"{_lesson}save/", assessment.save, name="save"),
    path(f"{_lesson}send/", assessment.submit, name="submit"),
    path(f"{_lesson}tries/<int:number>/", assessment.result, name="result"),
]
