"""What hosts ask on the registration form: asked, answered, changed, retired, read and exported."""

import csv
import io
import time
from threading import Event
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from courses.models import Series
from people.models import User
from tests.factories import both, make_person
from tests.races import at_once
from tests.webinars.factories import make_webinar, seat
from webinars import asking, scheduling
from webinars.models import FormAnswer, FormQuestion, Registration
from webinars.registering import register

pytestmark = pytest.mark.django_db
TEA = {"en": "Tea", "es": "Té"}
WATER = {"en": "Water", "es": "Agua"}


def url(name, *args):
    return reverse(f"webinars:{name}", args=args)


def text(response):
    return " ".join(response.content.decode().split())


def ask(webinar, kind="short", words="Which county?", **fields):
    return asking.add(webinar, by=None, kind=kind, words=both(words), **fields)


def field(question):
    return f"ask-{question.pk}"


@pytest.fixture
def host(client):
    host = make_person(may_host=True)
    client.force_login(host)
    return host


ROSA = {"name": "Rosa Delgado", "email": "rosa@example.org"}
IN_WORDS = {"words_en": "Which county?", "words_es": "¿Qué condado?"}


# --- Answering


def test_every_kind_is_asked_answered_and_kept_with_its_question(client):
    webinar = make_webinar()
    county = ask(webinar)
    why = ask(webinar, "long", "Why do you come?")
    drink = ask(webinar, "one", "What do you drink?", options=[TEA, WATER])
    food = ask(webinar, "several", "What do you eat?", options=[both("Rice"), both("Beans")])
    agree = ask(webinar, "consent", "May we share your name?", required=True)

    response = client.post(
        url("register", webinar.slug),
        ROSA
        | {
            field(county): "Wake",
            field(why): "To learn.\nAnd to meet people.",
            field(drink): "0",
            field(food): ["0", "1"],
            field(agree): "on",
        },
    )

    assert response.status_code == 303
    answers = FormAnswer.objects.order_by("question__position")
    assert [answer.words for answer in answers] == [
        "Wake",
        "To learn.\nAnd to meet people.",
        "Tea",
        "Rice; Beans",
        "Yes",
    ]
    assert answers[2].asked == {"words": both("What do you drink?"), "options": [TEA, WATER]}
    with translation.override("es"):
        assert answers[2].words == "Té"


@pytest.mark.parametrize("kind", FormQuestion.Kind.values)
def test_what_must_be_answered_is_refused_beside_it_and_all_that_was_typed_stays(client, kind):
    webinar = make_webinar()
    county = ask(webinar, words="Which town?")
    owed = ask(webinar, kind, "And this?", required=True, options=[TEA, WATER])

    response = client.post(url("register", webinar.slug), ROSA | {field(county): "Cary"})

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field(owed)]
    assert 'value="Cary"' in text(response)
    assert 'value="rosa@example.org"' in text(response)
    assert not User.objects.exists()


def test_what_may_be_left_out_is(client):
    webinar = make_webinar()
    ask(webinar)
    agree = ask(webinar, "consent", "May we share your name?")

    assert client.post(url("register", webinar.slug), ROSA).status_code == 303

    answer = FormAnswer.objects.get()
    assert (answer.question, answer.words) == (agree, "No")


def test_a_choice_that_was_never_offered_is_refused(client):
    webinar = make_webinar()
    drink = ask(webinar, "one", "What do you drink?", options=[TEA, WATER])

    response = client.post(url("register", webinar.slug), ROSA | {field(drink): "7"})

    assert response.status_code == 422


def test_one_sees_and_changes_ones_own_answers_signed_in(client):
    webinar, person = make_webinar(), make_person()
    county = ask(webinar)
    drink = ask(webinar, "several", "What do you drink?", options=[TEA, WATER])
    client.force_login(person)
    client.post(url("register", webinar.slug), {field(county): "Wake", field(drink): ["1"]})

    page = text(client.get(url("register", webinar.slug)))
    assert 'value="Wake"' in page
    client.post(url("register", webinar.slug), {field(county): "", field(drink): ["0", "1"]})

    assert [answer.words for answer in FormAnswer.objects.all()] == ["Tea; Water"]
    assert Registration.objects.count() == 1


def test_a_stranger_with_somebodys_address_neither_reads_nor_changes_their_answers(client):
    webinar, person = make_webinar(), make_person(email="rosa@example.org")
    county = ask(webinar)
    asking.record(seat(person, webinar), {county.pk: {"text": "Wake"}})

    response = client.post(url("register", webinar.slug), ROSA | {field(county): "Durham"})

    assert response.status_code == 303
    assert FormAnswer.objects.get().words == "Wake"
    assert "Wake" not in text(client.get(url("register", webinar.slug)))


def test_the_form_costs_the_same_for_any_number_of_questions(client, django_assert_max_num_queries):
    webinar = make_webinar()
    client.force_login(make_person())
    client.get(url("register", webinar.slug))
    for number in range(asking.MOST):
        ask(webinar, words=f"Question {number}?")
    with django_assert_max_num_queries(8):
        client.get(url("register", webinar.slug))


# --- A series


@pytest.fixture
def series():
    series = Series.objects.create(
        slug="equity", title=both("Equity"), summary=both("Sessions"), needed=1
    )
    for position in (1, 2):
        series.members.create(course=make_webinar().course, position=position)
    return series


def test_sessions_that_ask_the_same_ask_it_once_and_each_keeps_the_answer(client, series):
    first, second = (row.course.webinars.get() for row in series.members.order_by("position"))
    same = ask(first, required=True)
    ask(second, required=True)

    page = text(client.get(url("register-series", series.slug)))
    assert page.count('name="ask-') == 1
    client.post(
        url("register-series", series.slug),
        ROSA | {"sessions": [first.slug, second.slug], field(same): "Wake"},
    )

    assert sorted(FormAnswer.objects.values_list("registration__webinar", flat=True)) == [
        first.pk,
        second.pk,
    ]


def test_what_one_session_must_know_is_asked_of_those_who_choose_it(client, series):
    first, second = (row.course.webinars.get() for row in series.members.order_by("position"))
    owed = ask(second, required=True)
    address = url("register-series", series.slug)

    assert client.post(address, ROSA | {"sessions": [first.slug]}).status_code == 303
    refused = client.post(address, ROSA | {"sessions": [first.slug, second.slug]})

    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [field(owed)]
    assert second.title["en"] in refused.context["form"].fields[field(owed)].label
    shown = str(refused.context["form"][field(owed)].as_field_group())
    assert "Needed if you choose that session." in shown
    assert "(optional)" not in shown


# --- Asking


def test_a_host_asks_in_both_languages(client, host):
    webinar = make_webinar(hosts=[host])

    response = client.post(
        url("form-questions", webinar.slug),
        {
            "kind": "one",
            "words_en": "Drink?",
            "words_es": "¿Bebida?",
            "options_en": "Tea\n\n Water ",
            "options_es": "Té\nAgua",
            "required": "on",
        },
    )

    assert response.status_code == 303
    question = webinar.form_questions.get()
    assert (question.words, question.options, question.required) == (
        {"en": "Drink?", "es": "¿Bebida?"},
        [TEA, WATER],
        True,
    )
    assert "¿Bebida?" in text(client.get(f"/es{url('register', webinar.slug)}"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"kind": "short", "words_es": ""}, "words_es"),
        ({"kind": "one", "options_en": "Tea", "options_es": "Té"}, "options_en"),
        ({"kind": "one", "options_en": "Tea\nTea", "options_es": "Té\nAgua"}, "options_en"),
        ({"kind": "several", "options_en": "Tea\nWater", "options_es": "Té"}, "options_es"),
        ({"kind": "one", "options_en": f"{'x' * 121}\nb", "options_es": "a\nb"}, "options_en"),
        ({"kind": "nothing"}, "kind"),
    ],
)
def test_a_question_that_cannot_stand_is_refused_and_stays_typed(client, host, fields, wrong):
    webinar = make_webinar(hosts=[host])

    response = client.post(url("form-questions", webinar.slug), IN_WORDS | fields)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [wrong]
    assert 'value="Which county?"' in text(response)
    assert not FormQuestion.objects.exists()


def test_a_form_asks_a_handful_and_the_same_once(client, host):
    webinar = make_webinar(hosts=[host])
    for number in range(asking.MOST):
        assert ask(webinar, words=f"{number}?") == ask(webinar, words=f"{number}?")

    with pytest.raises(ValidationError):
        ask(webinar, words="One more?")
    response = client.post(url("form-questions", webinar.slug), IN_WORDS | {"kind": "short"})
    assert response.status_code == 422
    assert "5 questions of yours at most" in text(response)


def test_a_question_is_placed_and_placed_again_where_it_is(client, host):
    webinar = make_webinar(hosts=[host])
    first, second, third = (ask(webinar, words=f"{n}?") for n in range(3))

    for _ in range(2):
        client.post(url("place-form-question", webinar.slug, third.pk), {"position": "1"})

    assert list(webinar.form_questions.standing()) == [third, first, second]


def test_an_answered_question_is_never_reworded_but_replaced(client, host):
    webinar = make_webinar(hosts=[host])
    question = ask(webinar)
    address = url("form-question", webinar.slug, question.pk)
    client.post(address, IN_WORDS | {"words_en": "What county?"})
    assert webinar.form_questions.get().words["en"] == "What county?", "nobody had answered"
    asking.record(seat(make_person(), webinar), {question.pk: {"text": "Wake"}})

    for _ in range(2):
        assert client.post(address, IN_WORDS | {"words_en": "Your town?"}).status_code == 303

    old, new = webinar.form_questions.order_by("pk")
    assert (old.words["en"], old.retired_at is None) == ("What county?", False)
    assert (new.words["en"], new.position) == ("Your town?", old.position)
    assert FormAnswer.objects.get().question == old


def test_whether_it_must_be_answered_changes_without_a_new_question(client, host):
    webinar = make_webinar(hosts=[host])
    question = ask(webinar)
    asking.record(seat(make_person(), webinar), {question.pk: {"text": "Wake"}})

    asking.change(question, by=host, words=question.words, options=question.options, required=True)

    assert webinar.form_questions.get().required


def test_taken_out_it_is_gone_or_kept_for_its_answers(client, host):
    webinar = make_webinar(hosts=[host])
    unanswered, answered = ask(webinar, words="One?"), ask(webinar, words="Two?")
    asking.record(seat(make_person(), webinar), {answered.pk: {"text": "Wake"}})

    for question in (unanswered, answered, unanswered, answered):
        address = url("retire-form-question", webinar.slug, question.pk)
        assert client.post(address).status_code == 303

    assert list(webinar.form_questions.values_list("pk", flat=True)) == [answered.pk]
    assert not webinar.form_questions.standing().exists()
    assert "Two?" not in text(client.get(url("register", webinar.slug)))


def test_a_session_held_again_asks_the_same():
    webinar = make_webinar()
    ask(webinar, "one", options=[TEA, WATER], required=True)

    (again,) = scheduling.copy(
        webinar, [webinar.starts_at.replace(year=webinar.starts_at.year + 1)]
    )

    (copied,) = again.form_questions.all()
    assert (copied.kind, copied.options, copied.required) == ("one", [TEA, WATER], True)


def test_another_host_finds_nothing_of_it(client, host):
    webinar = make_webinar(hosts=[make_person(may_host=True)])
    question = ask(webinar)
    own = make_webinar(hosts=[host])

    for address in (
        url("form-questions", webinar.slug),
        url("form-question", webinar.slug, question.pk),
        url("form-question", own.slug, question.pk),
        url("people", webinar.slug),
        url("people-csv", webinar.slug),
    ):
        assert client.get(address).status_code == 404
    client.post(url("retire-form-question", own.slug, question.pk))
    assert webinar.form_questions.standing().exists()


@pytest.mark.django_db(transaction=True)
def test_a_question_answered_the_moment_it_is_taken_out_keeps_its_answer(monkeypatch):
    """With the lock of `retire` taken out, the question was deleted under the answer to it, and
    registering failed with an integrity error (PostgreSQL)."""
    webinar, host, person = make_webinar(), make_person(may_host=True), make_person()
    question = ask(webinar)

    read = Event()

    def slowly():
        read.set()
        time.sleep(0.2)  # the question was read, its answer is not written yet
        return timezone.now()

    monkeypatch.setattr(asking, "timezone", SimpleNamespace(now=slowly))
    outcomes = at_once(
        lambda: read.wait(10) and asking.retire(question, by=host),
        lambda: register(person, webinar, answers={question.pk: {"text": "Wake"}}),
    )

    assert [one for one in outcomes if isinstance(one, Exception)] == []
    assert FormQuestion.objects.count() == FormAnswer.objects.count()


@pytest.mark.django_db(transaction=True)
def test_many_questions_asked_at_once_are_a_handful():
    """With the lock of `add` taken out, eight stood (PostgreSQL)."""
    webinar = make_webinar()

    at_once(*[lambda n=n: ask(webinar, words=f"{n}?") for n in range(asking.MOST + 3)])

    assert webinar.form_questions.count() == asking.MOST


# --- Reading


def test_a_host_reads_who_registered_and_what_they_answered(client, host):
    webinar = make_webinar(hosts=[host], capacity=1)
    question = ask(webinar)
    asking.record(seat(make_person(name="Rosa Delgado"), webinar), {question.pk: {"text": "Wake"}})
    seat(make_person(name="Omar Diaz"), webinar)

    page = text(client.get(url("people", webinar.slug)))
    assert [word in page for word in ("Rosa Delgado", "Wake", "Has a seat", "On the waitlist")] == (
        [True] * 4
    )
    found = client.get(url("people", webinar.slug), {"state": "waitlisted", "q": "omar"})
    assert [place.person.name for place in found.context["page"]] == ["Omar Diaz"]


def test_the_same_as_a_file_with_guarded_cells(client, host):
    webinar = make_webinar(hosts=[host])
    old, new = ask(webinar, words="Old?"), ask(webinar, words="New?")
    place = seat(make_person(name="=cmd()", job_role="nurse"), webinar)
    asking.record(place, {old.pk: {"text": "+1"}, new.pk: {"text": "fine"}})
    asking.retire(old, by=host)

    response = client.get(url("people-csv", webinar.slug))

    head, row = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert head[-2:] == ["New?", "Old? (no longer asked)"]
    assert (row[0], row[3], row[-2:]) == ("'=cmd()", "Nursing", ["fine", "'+1"])


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_costs_the_same_for_any_number_of_people(
    client, host, count, django_assert_num_queries
):
    webinar = make_webinar(hosts=[host])
    question = ask(webinar)
    for _ in range(count):
        asking.record(seat(make_person(), webinar), {question.pk: {"text": "Wake"}})

    with django_assert_num_queries(6):  # session, user, webinar, count, places, answers
        client.get(url("people", webinar.slug))
