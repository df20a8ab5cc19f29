import pytest
from django.urls import reverse
from django.utils import translation

from courses.models import Completion, Evidence, Reflection
from courses.publishing import publish
from tests.courses.pages import count_queries, lesson_url, lessons_of
from tests.factories import both, enrolled, finish, make_course, make_draft, make_person
from tests.webinars.factories import make_webinar

pytestmark = pytest.mark.django_db


def with_blocks(person, *blocks):
    """An enrolment in a course whose first lesson has these blocks, before another lesson."""
    draft = make_draft(lessons=2)
    lesson = draft.modules.get().lessons.first()
    lesson.blocks.all().delete()
    for position, block in enumerate(blocks, 1):
        lesson.blocks.create(position=position, **block)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    return enrolment, lessons_of(enrolment)[0]


YOUTUBE = {"provider": "youtube", "id": "dQw4w9WgXcQ"}
CAPTIONS = {"captions": {"en": "/media/film.en.vtt"}}
REFLECTION = {"kind": "reflection", "body": both("<p>What about you?</p>")}


def in_spanish(words):
    with translation.override("es"):
        return translation.gettext(words)


def test_a_lesson_shows_every_kind_of_block(signed_in, person):
    enrolment, lesson = with_blocks(
        person,
        {"kind": "text", "body": both("<p>Plain words</p>")},
        {"kind": "callout", "title": both("Mind this"), "body": both("<p>Boxed</p>")},
        {"kind": "details", "title": both("How so?"), "body": both("<p>On demand</p>")},
        REFLECTION,
        {"kind": "video", "title": both("A film"), "settings": YOUTUBE},
        {"kind": "video", "body": both("/media/film.mp4"), "settings": CAPTIONS},
    )

    html = signed_in.get(lesson_url(enrolment, lesson)).content.decode()

    assert '<div class="gw-prose"><p>Plain words</p></div>' in html
    assert '<p class="gw-callout__title">Mind this</p>' in html
    assert "<summary>How so?</summary>" in html
    assert f'name="reflection-{lesson.blocks[3].uuid}"' in html
    assert '<gw-film youtube="dQw4w9WgXcQ" name="A film">' in html
    assert "<iframe" not in html  # nothing is loaded from the provider before a press
    assert 'src="/media/film.mp4"' in html
    assert '<track kind="captions" srclang="en" src="/media/film.en.vtt"' in html


@pytest.mark.parametrize(
    ("body", "settings"),
    [
        ("javascript:alert(1)", {}),
        ("//elsewhere.test/film.mp4", {}),
        ("", {"provider": "youtube", "id": '"><script>alert(1)</script>'}),
    ],
)
def test_an_address_that_is_no_film_is_not_shown(signed_in, person, body, settings):
    enrolment, lesson = with_blocks(
        person, {"kind": "video", "body": {"en": body}, "settings": settings}
    )

    html = signed_in.get(lesson_url(enrolment, lesson)).content.decode()

    assert "<video" not in html
    assert "<gw-film" not in html
    assert "alert(1)" not in html


def test_a_lesson_shows_where_it_stands(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=3))
    first, second, third = lessons_of(enrolment)
    enrolment.record("finished", first.uuid, source="test")

    html = signed_in.get(lesson_url(enrolment, second)).content.decode()

    assert "Lesson 2 of 3" in html
    assert f'rel="prev" href="{lesson_url(enrolment, first)}"' in html
    assert f'rel="next" href="{lesson_url(enrolment, third)}"' in html
    assert html.count('<li class="is-done">') == 1
    assert 'aria-current="page"' in html


def test_a_lesson_without_spanish_says_so_and_marks_its_language(signed_in, person):
    enrolment, lesson = with_blocks(person, {"kind": "text", "body": {"en": "<p>Only here</p>"}})

    html = signed_in.get(f"/es{lesson_url(enrolment, lesson)}").content.decode()

    assert in_spanish("This lesson is in English for now.") in html
    assert f'<div id="block-{lesson.blocks[0].uuid}" lang="en">' in html


def test_a_part_without_spanish_says_so_where_it_stands(signed_in, person):
    enrolment, lesson = with_blocks(
        person,
        {"kind": "text", "body": both("<p>Both</p>")},
        {"kind": "text", "body": {"en": "<p>Only here</p>"}},
    )

    html = signed_in.get(f"/es{lesson_url(enrolment, lesson)}").content.decode()

    assert html.count(in_spanish("This part is in English for now.")) == 1
    assert in_spanish("This lesson is in English for now.") not in html


def test_not_enrolled_leads_to_the_course_with_a_kind_word(signed_in, person):
    course = make_course()
    other = enrolled(make_person(), course)

    response = signed_in.get(lesson_url(other, lessons_of(other)[0]), follow=True)

    assert response.redirect_chain == [(course.get_absolute_url(), 302)]
    assert "Enroll in this course first." in response.content.decode()


def test_signed_out_leads_to_the_sign_in_page(client, person):
    enrolment = enrolled(person, make_course())
    url = lesson_url(enrolment, lessons_of(enrolment)[0])

    response = client.get(url)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={url}")


@pytest.mark.parametrize("name", ["lesson", "finish", "start", "save", "submit"])
def test_what_is_not_there_is_not_found(signed_in, person, name):
    enrolment = enrolled(person, make_course())
    hidden = make_draft()
    lesson = hidden.modules.get().lessons.get()

    for slugs in ([enrolment.course.slug, "no-lesson"], [hidden.course.slug, lesson.slug]):
        assert signed_in.post(reverse(f"courses:{name}", args=slugs)).status_code in {404, 405}
        assert signed_in.get(reverse(f"courses:{name}", args=slugs)).status_code == 404


def test_finishing_goes_on_to_the_next_lesson_and_twice_is_once(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=2))
    first, second = lessons_of(enrolment)

    for _ in range(2):
        response = signed_in.post(lesson_url(enrolment, first, "finish"))
        assert (response.status_code, response["Location"]) == (303, lesson_url(enrolment, second))

    row = Evidence.objects.get()
    assert (row.kind, row.item, row.source) == ("finished", first.uuid, "learner")


def test_finishing_by_htmx_leaves_for_the_next_lesson(signed_in, person, htmx):
    enrolment = enrolled(person, make_course(lessons=2))
    first, second = lessons_of(enrolment)

    response = signed_in.post(lesson_url(enrolment, first, "finish"), headers=htmx)

    assert response["HX-Redirect"] == lesson_url(enrolment, second)


def test_the_deciding_lesson_leads_to_the_course_that_is_complete_now(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=2))
    first, second = lessons_of(enrolment)
    signed_in.post(lesson_url(enrolment, second, "finish"))

    response = signed_in.post(lesson_url(enrolment, first, "finish"), follow=True)

    assert response.redirect_chain == [(enrolment.course.get_absolute_url(), 303)]
    assert "You completed this course. Well done!" in response.content.decode()
    assert Completion.objects.count() == 1


def test_the_last_lesson_of_an_incomplete_course_leads_back_to_it(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=2))

    response = signed_in.post(lesson_url(enrolment, lessons_of(enrolment)[1], "finish"))

    assert response["Location"] == enrolment.course.get_absolute_url()


@pytest.mark.parametrize("kind", ["quiz", "live", "evaluation"])
def test_only_a_page_is_finished_by_a_press(signed_in, person, kind):
    enrolment = enrolled(person, make_course(lessons=[kind]))

    response = signed_in.post(lesson_url(enrolment, lessons_of(enrolment)[0], "finish"))

    assert response.status_code == 404
    assert not Evidence.objects.exists()


def test_a_form_that_comes_back_as_a_link_leads_to_its_lesson(signed_in, person):
    """After signing in again, or by the other language's link on a refused form."""
    enrolment = enrolled(person, make_course())
    lesson = lessons_of(enrolment)[0]

    response = signed_in.get(lesson_url(enrolment, lesson, "finish"))

    assert (response.status_code, response["Location"]) == (302, lesson_url(enrolment, lesson))


def test_a_live_lesson_says_whether_attendance_is_credited(signed_in, person):
    enrolment = enrolled(person, make_course(lessons=["live"]))
    lesson = lessons_of(enrolment)[0]

    def page():
        return signed_in.get(lesson_url(enrolment, lesson)).content.decode()

    assert "Your attendance is credited after the session" in page()
    finish(enrolment)
    assert "Your attendance is credited since" in page()


# --- reflections


def reflect(client, enrolment, lesson, block, text, **kwargs):
    return client.post(
        lesson_url(enrolment, lesson, "reflect", block.uuid),
        {f"reflection-{block.uuid}": text},
        **kwargs,
    )


def test_a_reflection_is_kept_and_stands_there_again(signed_in, person):
    enrolment, lesson = with_blocks(person, REFLECTION)
    block = lesson.blocks[0]

    response = reflect(signed_in, enrolment, lesson, block, "We close at four.\0")

    place = f"{lesson_url(enrolment, lesson)}#block-{block.uuid}"
    assert (response.status_code, response["Location"]) == (303, place)
    assert "We close at four." in signed_in.get(lesson_url(enrolment, lesson)).content.decode()


def test_an_empty_reflection_is_no_row_and_an_emptied_one_goes(signed_in, person):
    enrolment, lesson = with_blocks(person, REFLECTION)
    for text, rows in (("  ", 0), ("We close at four.", 1), ("", 0)):
        reflect(signed_in, enrolment, lesson, lesson.blocks[0], text)

        assert enrolment.reflections.count() == rows


def test_a_reflection_saved_by_htmx_is_acknowledged_beside_it(signed_in, person, htmx):
    enrolment, lesson = with_blocks(person, REFLECTION)

    response = reflect(signed_in, enrolment, lesson, lesson.blocks[0], "So.", headers=htmx)

    assert response.status_code == 200
    assert "Saved" in response.content.decode()
    assert "<html" not in response.content.decode()
    assert Reflection.objects.get().text == "So."


def test_a_reflection_is_only_mine(client, person):
    enrolment, lesson = with_blocks(person, REFLECTION)
    other = make_person()
    enrolled(other, enrolment.course)
    client.force_login(person)
    reflect(client, enrolment, lesson, lesson.blocks[0], "My own words")

    client.force_login(other)

    assert "My own words" not in client.get(lesson_url(enrolment, lesson)).content.decode()


def test_a_reflection_that_is_too_long_is_refused_and_nothing_typed_is_lost(
    signed_in, person, htmx
):
    enrolment, lesson = with_blocks(person, REFLECTION)
    block, text = lesson.blocks[0], "x" * 10_001

    plain = reflect(signed_in, enrolment, lesson, block, text)
    swapped = reflect(signed_in, enrolment, lesson, block, text, headers=htmx)

    assert plain.status_code == swapped.status_code == 422
    assert text in plain.content.decode()
    for response in (plain, swapped):
        assert "Please keep it under 10000 characters." in response.content.decode()
    assert not Reflection.objects.exists()


def test_marking_as_done_keeps_what_stands_in_the_reflections(signed_in, person):
    enrolment, lesson = with_blocks(person, REFLECTION, REFLECTION)
    one, two = lesson.blocks

    signed_in.post(
        lesson_url(enrolment, lesson, "finish"),
        {f"reflection-{one.uuid}": "First", f"reflection-{two.uuid}": "Second"},
    )

    assert set(Reflection.objects.values_list("text", flat=True)) == {"First", "Second"}


def test_only_a_reflection_of_this_lesson_takes_words(signed_in, person):
    enrolment, lesson = with_blocks(person, REFLECTION, {"kind": "text", "body": both("<p>…</p>")})

    assert reflect(signed_in, enrolment, lesson, lesson.blocks[1], "Here?").status_code == 404
    assert not Reflection.objects.exists()


# --- cost


@pytest.mark.parametrize("kind", ["page", "live", "quiz", "evaluation"])
def test_a_lesson_costs_the_same_for_any_number_of_lessons(signed_in, person, kind):
    def queries(count):
        enrolment = enrolled(person, make_course(lessons=[kind] * count))
        lesson = lessons_of(enrolment)[0]
        for _ in range(count if kind == "live" else 0):
            make_webinar(course=enrolment.course)
        finish(enrolment)
        return count_queries(lambda: signed_in.get(lesson_url(enrolment, lesson)))

    # session, user; enrolment with course, evidence, version; then what this kind of lesson has
    assert queries(1) == queries(5) <= 8
