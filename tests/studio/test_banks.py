import uuid

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from courses import assessment, banks, paper
from courses.models import Bank, BankQuestion, Draft
from courses.publishing import freeze, problems, publish
from courses.studio.editing import mark_of
from tests.courses.pages import lessons_of
from tests.factories import both, enrolled, make_draft, make_person, single

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank(trainer):
    return make_bank(trainer, 6)


def make_bank(by, count, *, tags=(), title="Clean hands"):
    bank = banks.create(by=by, key=uuid.uuid4(), title=title)
    for n in range(count):
        body = single(f"Question {title} {n}?")
        banks.add(bank, by=by, key=uuid.uuid4(), kind="single", body=body, tags=tags)
    return bank


def at(name, bank, *rest):
    return reverse(f"studio:{name}", args=[bank.slug, *rest])


def quiz_drawing(*draws, own=1, **settings):
    """A draft whose quiz has so many questions of its own and draws these."""
    draft = make_draft(lessons=["quiz"])
    lesson = draft.modules.get().lessons.get()
    lesson.questions.all().delete()
    for place in range(own):
        lesson.questions.create(kind="single", body=single(f"Own {place}?"), position=place)
    drawn = [{"bank": str(bank.uuid), "tag": tag, "count": n} for bank, tag, n in draws]
    lesson.settings = {"pass_percent": 50, "draws": drawn, **settings}
    lesson.save()
    return Draft.objects.get(pk=draft.pk)


# --- the story


def test_a_bank_has_an_address_of_its_own_and_is_made_once(trainer):
    key = uuid.uuid4()

    first = banks.create(by=trainer, key=key, title="Clean hands")
    again = banks.create(by=trainer, key=key, title="Clean hands")
    other = banks.create(by=trainer, key=uuid.uuid4(), title="Clean hands")

    assert first == again
    assert (first.slug, other.slug) == ("clean-hands", "clean-hands-2")


def test_the_same_question_is_in_a_bank_once(trainer, bank):
    body = bank.questions.first().body

    with pytest.raises(ValidationError, match="already"):
        banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=body)
    other = make_bank(trainer, 0, title="Other")
    key = uuid.uuid4()
    for _ in range(2):
        banks.add(other, by=trainer, key=key, kind="single", body=body, tags=["a", "a", " b|c "])
    assert other.questions.get().tags == ["a", "b c"]


def test_what_stands_in_a_bank_as_html_is_clean(trainer, bank):
    body = single() | {"prompt_html": {"en": "<p onclick='x()'>Hi<svg></svg></p>"}}

    row = banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=body)

    assert row.body["prompt_html"] == {"en": "<p>Hi</p>"}


# --- drawing


def test_each_attempt_draws_at_random_and_freezes_what_it_drew(person, bank):
    draft = quiz_drawing((bank, "", 3))
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)
    lesson = lessons_of(enrolment)[0]
    assert lesson.asks == 4

    papers = set()
    for _ in range(12):
        attempt = assessment.start(enrolment, lesson)
        asked = list(assessment.questions_of(attempt))
        assert asked[0] == lesson.questions[0].uuid
        assert len(set(asked)) == 4
        papers.add(tuple(sorted(asked)))
        first = paper.asked(attempt)
        bank.questions.all().delete()  # the version keeps what it was published with
        assert paper.asked(attempt) == first
        assessment.save(attempt, {asked[-1]: ["a"]})
        assessment.submit(attempt)
    assert len(papers) > 1  # 20 combinations: twelve equal draws are one in 20**11


def test_two_draws_never_ask_the_same_question_twice(person, trainer, bank):
    tagged = make_bank(trainer, 2, tags=["soap"], title="Soap")
    draft = quiz_drawing((tagged, "soap", 1), (tagged, "", 2), own=0)
    enrolment = enrolled(person, publish(draft, by=None, policy="update").course)

    attempt = assessment.start(enrolment, lessons_of(enrolment)[0])

    asked = [entry["question"] for entry in attempt.paper]
    assert len(asked) == len(set(asked)) == 2


def test_a_draw_takes_only_what_has_its_tag(trainer, bank):
    banks.add(
        bank, by=trainer, key=uuid.uuid4(), kind="single", body=single("Soap?"), tags=["soap"]
    )
    (pool,) = freeze(quiz_drawing((bank, "soap", 1)))["modules"][0]["lessons"][0]["pools"]

    assert [q["body"]["prompt"]["en"] for q in pool["questions"]] == ["Soap?"]


def test_a_quiz_without_draws_has_no_pools_in_its_document():
    assert "pools" not in freeze(quiz_drawing())["modules"][0]["lessons"][0]


@pytest.mark.parametrize(
    ("count", "body", "said"),
    [
        (7, None, "from a bank that has 6 of them"),
        (1, {"prompt": both("Broken?"), "options": []}, "a question in the bank is not ready"),
    ],
)
def test_what_keeps_a_draw_from_being_published(trainer, bank, count, body, said):
    if body:
        banks.add(bank, by=trainer, key=uuid.uuid4(), kind="single", body=body)

    (problem,) = problems(freeze(quiz_drawing((bank, "", count))))

    assert said in problem


def test_a_bank_that_is_too_large_to_draw_from_asks_for_a_tag(bank, monkeypatch):
    monkeypatch.setattr("courses.publishing.MOST_IN_A_POOL", 5)

    (problem,) = problems(freeze(quiz_drawing((bank, "", 2))))

    assert "Choose a tag" in problem


# --- the pages


def test_a_trainer_makes_a_bank_and_writes_into_it(studio):
    page = studio.get(reverse("studio:banks"))
    sent = {"key": page.context["form"]["key"].value(), "title": "Clean hands", "about": "All."}

    for _ in range(2):
        made = studio.post(reverse("studio:banks"), sent)
        assert made.status_code == 303
    bank = Bank.objects.get()
    question = {
        "key": uuid.uuid4(),
        "kind": "true_false",
        "prompt_en": "Soap helps.",
        "answer": "true",
        "points": "2",
        "tags": "soap, water",
    }
    for _ in range(2):
        assert studio.post(at("new-bank-question", bank), question).status_code == 303
    row = BankQuestion.objects.get()
    assert (row.kind, row.points, row.tags) == ("true_false", 2, ["soap", "water"])
    html = studio.get(at("bank", bank) + "?tag=soap").content.decode()
    assert "Soap helps." in html
    assert "Soap helps." not in studio.get(at("bank", bank) + "?tag=air").content.decode()


def test_a_question_is_edited_against_what_its_author_began_from(studio, trainer, bank):
    row = bank.questions.first()
    to = at("bank-question", bank, row.uuid)
    form = studio.get(to).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "", False)}
    assert studio.post(to, {**sent, "prompt_en": "Theirs?", "tags": "new"}).status_code == 303

    refused = studio.post(to, {**sent, "prompt_en": "Mine?"})

    html = refused.content.decode()
    assert refused.status_code == 422
    assert "Theirs?" in html
    assert "Mine?" in html
    row.refresh_from_db()
    assert (row.body["prompt"]["en"], row.tags) == ("Theirs?", ["new"])
    assert (
        studio.post(to, {**sent, "prompt_en": "Mine?", "replace": mark_of(row)}).status_code == 303
    )


def test_a_question_that_would_be_there_twice_is_refused_in_the_form(studio, bank):
    one, two = bank.questions.all()[:2]
    to = at("bank-question", bank, one.uuid)
    form = studio.get(to).context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in sent.items() if value not in (None, "", False)}
    words = two.body["prompt"]

    answer = studio.post(to, {**sent, "prompt_en": words["en"], "prompt_es": words["es"]})

    assert answer.status_code == 422
    assert "already" in answer.content.decode()


def test_deleting_asks_first_and_may_be_sent_twice(studio, bank):
    row = bank.questions.first()
    to = at("delete-bank-question", bank, row.uuid)

    assert "Delete «Question Clean hands 0?»?" in studio.get(to).content.decode()
    for _ in range(2):
        assert studio.post(to).status_code == 303
    assert bank.questions.count() == 5


def test_a_quiz_is_told_what_to_draw(studio, draft, url, bank):
    quiz = draft.modules.get().lessons.get(kind="quiz")
    to = url("studio:draws", quiz.uuid)
    base = studio.get(to).context["form"]["base"].value()
    sent = {"base": base, "rows": "2", "count_0": "3", "bank_0": str(bank.uuid), "tag_0": ""}

    half = studio.post(to, {**sent, "count_1": "2"})
    more = studio.post(to, {**sent, "more": "draws"})
    for _ in range(2):
        assert studio.post(to, sent).status_code == 303

    assert half.status_code == 422
    assert half.context["form"].errors.keys() == {"bank_1"}
    assert more.context["form"].rows == 3
    quiz.refresh_from_db()
    assert quiz.settings["draws"] == [{"bank": str(bank.uuid), "tag": "", "count": 3}]
    assert quiz.settings["pass_percent"] == 50
    page = studio.get(url("studio:lesson", quiz.uuid)).content.decode()
    assert "3 questions from «Clean hands»" in page
    preview = studio.get(url("studio:preview-lesson", quiz.slug)).content.decode()
    assert preview.count('class="gw-question"') == 5
    assert studio.post(to, {"base": mark_of(quiz), "rows": "2"}).status_code == 303
    quiz.refresh_from_db()
    assert "draws" not in quiz.settings


def test_only_a_quiz_draws(studio, draft, url):
    page = draft.modules.get().lessons.get(kind="page")

    assert studio.get(url("studio:draws", page.uuid)).status_code == 404


def test_a_trainer_comes_in_and_nobody_else(client, trainer, bank):
    row = bank.questions.first()
    urls = [
        at("bank", bank),
        at("new-bank-question", bank) + "?kind=single",
        at("bank-question", bank, row.uuid),
        at("delete-bank-question", bank, row.uuid),
    ]
    for url in urls:
        assert client.get(url).status_code == 302
    for marks in ({}, {"may_host": True}, {"may_credit": True}, {"is_staff": True}):
        client.force_login(make_person(**marks))
        assert {client.get(url).status_code for url in urls} == {404}
        assert {client.post(url).status_code for url in urls} == {404}
    client.force_login(trainer)
    assert {client.get(url).status_code for url in urls} == {200}
    other = make_bank(trainer, 0, title="Other")
    for name in ("bank-question", "delete-bank-question"):
        assert client.get(at(name, other, row.uuid)).status_code == 404


@pytest.mark.parametrize("count", [1, 5])
def test_a_bank_costs_the_same_for_any_number(studio, trainer, count, django_assert_num_queries):
    bank = make_bank(trainer, count, tags=["soap"])
    studio.get(at("bank", bank))
    with django_assert_num_queries(6):  # session, user; bank, number, questions, tags
        studio.get(at("bank", bank))
    with django_assert_num_queries(4):  # session, user; number, banks with counts
        studio.get(reverse("studio:banks"))
