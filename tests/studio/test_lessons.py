import pytest

from tests.factories import both

pytestmark = pytest.mark.django_db


@pytest.fixture
def quiz(draft):
    return draft.modules.get().lessons.get(kind="quiz")


def sent(form, **changes):
    """What the form would send as it stands, with changes."""
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None and value is not False}
    return {**data, **changes}


def test_settings_of_a_quiz(studio, quiz, url):
    quiz.settings = {**quiz.settings, "from": "elsewhere", "intro": both("Old")}
    quiz.save()
    to = url("studio:lesson-settings", quiz.uuid)
    form = studio.get(to).context["form"]

    answer = studio.post(
        to,
        sent(
            form,
            title_en="Check yourself",
            title_es="",
            slug="check",
            minutes="7",
            pass_percent="75",
            attempts="3",
            shuffle="on",
            intro_en="Six questions.",
            intro_es="",
        ),
    )

    assert answer.status_code == 303, answer.context["form"].errors
    quiz.refresh_from_db()
    assert quiz.title == {"en": "Check yourself"}
    assert (quiz.slug, quiz.minutes, quiz.required) == ("check", 7, True)
    assert quiz.settings == {
        "pass_percent": 75,
        "attempts": 3,
        "shuffle": True,
        "from": "elsewhere",
        "intro": {"en": "Six questions."},
    }


def test_saving_settings_unchanged_is_no_change(studio, quiz, url, draft):
    to = url("studio:lesson-settings", quiz.uuid)

    assert studio.post(to, sent(studio.get(to).context["form"])).status_code == 303

    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title_en": ""}, "This field is required."),
        ({"minutes": "0"}, "greater than or equal to 1"),
        ({"pass_percent": "101"}, "less than or equal to 100"),
        ({"slug": "no spaces"}, "valid “slug”"),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(studio, quiz, url, changes, words):
    to = url("studio:lesson-settings", quiz.uuid)
    form = studio.get(to).context["form"]

    answer = studio.post(to, sent(form, intro_en="Kept.", **changes))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Kept." in answer.content.decode()


def test_an_address_is_once_in_a_course(studio, quiz, url, draft):
    other = draft.modules.get().lessons.exclude(pk=quiz.pk).get()
    to = url("studio:lesson-settings", quiz.uuid)
    form = studio.get(to).context["form"]

    answer = studio.post(to, sent(form, slug=other.slug))

    assert answer.status_code == 422
    assert "Another lesson of this course has this address." in answer.content.decode()
    assert answer.context["form"].errors.keys() == {"slug"}


def test_stale_settings_are_refused_with_what_is_saved(studio, quiz, url):
    to = url("studio:lesson-settings", quiz.uuid)
    form = studio.get(to).context["form"]
    studio.post(to, sent(form, minutes="11", title_en="Theirs"))

    answer = studio.post(to, sent(form, minutes="22", title_en="Mine"))

    assert answer.status_code == 422
    found = {one.label: one.stored for one in answer.context["conflict"]["differences"]}
    assert found == {"Title (English)": "Theirs", "Minutes it takes": "11"}
    assert 'value="22"' in answer.content.decode()


def test_zero_percent_is_what_was_typed_also_where_no_percent_was_written_down(studio, quiz, url):
    quiz.settings = {"attempts": 0}  # as a content file may leave it
    quiz.save()
    to = url("studio:lesson-settings", quiz.uuid)
    assert studio.post(to, sent(studio.get(to).context["form"])).status_code == 303
    quiz.refresh_from_db()
    assert quiz.settings == {"attempts": 0}, "nobody changed it"

    studio.post(to, sent(studio.get(to).context["form"], pass_percent="0"))

    quiz.refresh_from_db()
    assert quiz.settings == {"attempts": 0, "pass_percent": 0}
    assert "0% to pass" in studio.get(url("studio:lesson", quiz.uuid)).content.decode()
