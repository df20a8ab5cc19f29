from django.urls import path

from webinars.views import console, hosting, room

urlpatterns = [
    path("webinars/<slug:slug>/room/", room.room, name="room"),
    path("webinars/<slug:slug>/room/me/", room.me, name="room-me"),
    path("webinars/<slug:slug>/room/questions/", room.ask, name="ask"),
    path("webinars/<slug:slug>/room/questions/<int:pk>/vote/", room.vote_question,
         name="vote-question"),
    path("webinars/<slug:slug>/room/questions/<int:pk>/withdraw/", room.withdraw, name="withdraw"),
    path("webinars/<slug:slug>/room/chat/", room.say, name="say"),
    path("webinars/<slug:slug>/room/polls/<int:pk>/", room.poll, name="poll"),
    path("webinars/<slug:slug>/room/polls/<int:pk>/vote/", room.vote_poll, name="vote-poll"),
    path("webinars/<slug:slug>/events", room.events, name="events"),
    path("host/", hosting.hosting, name="hosting"),
    path("host/<slug:slug>/", console.console, name="host"),
    path("host/<slug:slug>/state/", console.change_state, name="change-state"),
    path("host/<slug:slug>/end/", console.end, name="end"),
    path("host/<slug:slug>/chat/", console.say, name="host-say"),
    path("host/<slug:slug>/messages/<int:pk>/remove/", console.remove_message,
         name="remove-message"),
    path("host/<slug:slug>/questions/<int:pk>/", console.moderate, name="moderate"),
    path("host/<slug:slug>/polls/", console.write_poll, name="write-poll"),
    path("host/<slug:slug>/polls.csv", console.polls_csv, name="polls-csv"),
    path("host/<slug:slug>/polls/<int:pk>/", console.run_poll, name="run-poll"),
]  # fmt: skip
