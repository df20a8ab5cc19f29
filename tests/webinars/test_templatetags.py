"""The words that other apps' pages use: `{% load webinars %}`."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.utils import timezone

from tests.factories import make_course, make_person
from tests.webinars.factories import hold, make_webinar, seat
from webinars import scheduling
from webinars.registering import cancel

pytestmark = pytest.mark.django_db


def rendered(source, **context):
    template = Template(f"{{% load webinars %}}{source}")
    return template.render(Context(context)).split()


SESSIONS = (
    "{% live_sessions uuid as sessions %}"
    "{% for s in sessions %}{{ s.slug }}:{{ s.my_state }}:{{ s.phase }} {% endfor %}"
)


def test_the_sessions_of_a_lesson_come_with_my_place(person, django_assert_num_queries):
    course = make_course(lessons=["live"])
    mine, other, draft, past = (
        make_webinar(course=course, slug=slug, starts_in=timedelta(days=days), published=published)
        for slug, days, published in (
            ("mine", 3, True),
            ("other", 2, True),
            ("draft", 1, False),
            ("past", 4, True),
        )
    )
    seat(person, mine)
    seat(make_person(), other)
    past.starts_at -= timedelta(days=9)
    past.ends_at -= timedelta(days=9)
    hold(past)

    with django_assert_num_queries(1):
        shown = rendered(SESSIONS, uuid=mine.item, user=person)

    assert shown == ["other:None:ahead", "mine:seated:ahead", "past:None:over"]
    assert rendered(SESSIONS, uuid=draft.item)[1] == "mine:None:ahead"


def test_my_webinars_are_the_places_i_have_ahead(person):
    first, second = make_webinar(slug="first"), make_webinar(slug="second", capacity=1)
    gone, off = make_webinar(slug="gone"), make_webinar(slug="off")
    seat(make_person(), second)
    for webinar in (second, first, gone, off):
        seat(person, webinar)
    cancel(person, gone)
    scheduling.cancel(off)
    source = (
        "{% my_webinars as places %}"
        "{% for p in places %}{{ p.webinar.slug }}:{{ p.state }} {% endfor %}"
    )

    assert rendered(source, user=person) == ["first:seated", "second:waitlisted"]
    assert rendered(source, user=AnonymousUser()) == []
    assert rendered(source) == []


def test_the_next_webinar_is_the_one_that_is_live_or_comes_first():
    source = "{% next_webinar as webinar %}{{ webinar.slug }}"
    assert rendered(source) == []
    make_webinar(slug="draft", starts_in=timedelta(days=1), published=False)
    make_webinar(slug="later", starts_in=timedelta(days=3))
    make_webinar(slug="next", starts_in=timedelta(days=2))
    assert rendered(source) == ["next"]

    live = make_webinar(slug="live", starts_in=-timedelta(minutes=10))
    hold(live, (0, 1), ended=False)

    assert rendered(source, user=AnonymousUser()) == ["live"]


def test_session_times_follow_the_reader(person):
    webinar = make_webinar(zone="America/Chicago", starts_at=timezone.now())
    source = "{% session_times webinar as times %}{% for t in times %}{{ t.zone }} {% endfor %}"

    assert rendered(source, webinar=webinar, user=person) == ["Eastern", "Time", "Central", "Time"]
    assert rendered(source, webinar=webinar) == ["Central", "Time"]
