from datetime import date

import pytest
from django.urls import reverse

from people.models import AuditEntry, Membership, PrivateAnswers, User
from tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
FIELDS = {
    "name": "Ana María Ruiz",
    "certificate_name": "Ana M. Ruiz, RN",
    "job_role": "nurse",
    "language": "en",
    "time_zone": "America/Chicago",
}


@pytest.mark.parametrize(
    "name", ["profile", "organisation", "about-you", "withdraw-answers", "leave", "second-step"]
)
def test_strangers_sign_in_first(client, name):
    address = reverse(f"people:{name}")
    response = (
        client.post(address) if name in {"leave", "withdraw-answers"} else client.get(address)
    )

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")


@pytest.mark.parametrize("prefix", ["", "/es"])
@pytest.mark.parametrize("name", ["profile", "organization", "about-you", "second-step"])
def test_the_pages_open_in_both_languages(signed_in, prefix, name):
    response = signed_in.get(f"{prefix}/me/{name}/")

    assert response.status_code == 200
    assert response["Cache-Control"] == "private, no-store"


def test_a_profile_is_saved(signed_in, person):
    response = signed_in.post(reverse("people:profile"), FIELDS)

    assert (response.status_code, response["Location"]) == (303, "/me/profile/")
    person.refresh_from_db()
    assert {name: getattr(person, name) for name in FIELDS} == FIELDS


def test_choosing_another_language_goes_on_in_it(signed_in):
    response = signed_in.post(reverse("people:profile"), FIELDS | {"language": "es"})

    assert response["Location"] == "/es/me/profile/"


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("name", "  ", "This field is required"),
        ("name", "\u200b", "This field is required"),
        ("time_zone", "Mars/Olympus", "Choose a time zone from the list"),
        ("language", "tlh", "Select a valid choice"),
        ("certificate_name", "x" * 201, "at most 200"),
    ],
)
def test_what_cannot_be_saved_is_said_and_kept(signed_in, person, field, value, complaint):
    response = signed_in.post(reverse("people:profile"), FIELDS | {field: value})

    html = response.content.decode()
    assert response.status_code == 422
    assert complaint in html
    assert "Ana María Ruiz" in html or field == "name"
    assert ">Ana<" in html.split("</header>")[0]  # the header shows the name as it is stored
    person.refresh_from_db()
    assert person.name == "Ana Ruiz"


def test_an_empty_post_is_refused(signed_in):
    assert signed_in.post(reverse("people:profile")).status_code == 422


def test_a_profile_form_cannot_hand_out_roles(signed_in, person):
    signed_in.post(reverse("people:profile"), FIELDS | {"is_staff": "on", "may_author": "on"})

    person.refresh_from_db()
    assert not person.works_here


def test_saving_a_profile_leaves_a_role_given_meanwhile(signed_in, person, monkeypatch):
    from people.forms import ProfileForm

    clean = ProfileForm.clean

    def slowly(form):
        User.objects.filter(pk=person.pk).update(may_author=True)
        return clean(form)

    monkeypatch.setattr(ProfileForm, "clean", slowly)
    signed_in.post(reverse("people:profile"), FIELDS)

    person.refresh_from_db()
    assert person.may_author


def test_joining_another_organisation_closes_the_former_membership(signed_in, person):
    first, second = make_organisation(name="First"), make_organisation(name="Second")
    serve(first)
    serve(second)

    for organisation in (first, second, second):
        response = signed_in.post(reverse("people:join", args=[organisation.slug]))
        assert (response.status_code, response["Location"]) == (303, "/me/profile/")

    rows = Membership.objects.filter(person=person).order_by("pk")
    assert [(row.organisation.name, row.ends_on is None) for row in rows] == [
        ("First", False),
        ("Second", True),
    ]


def test_a_training_lead_who_joins_their_own_organisation_stays_its_lead(signed_in, person):
    """From a page that was opened before, or a form that was sent twice."""
    from people import joining

    organisation = make_organisation()
    serve(organisation)
    joining.join(person, organisation, role="lead", by=make_person(is_staff=True))

    signed_in.post(reverse("people:join", args=[organisation.slug]))

    assert Membership.objects.get().role == "lead"


def test_a_report_of_the_time_finds_the_membership_of_the_time(person):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from people import joining
    from people.models import membership_of

    first, second = make_organisation(name="First"), make_organisation(name="Second")
    joining.join(person, first, today=date(2025, 3, 1))
    joining.join(person, second, today=date(2025, 9, 1))
    joining.leave(person, today=date(2026, 1, 1))

    def at(*day):
        found = membership_of(person, datetime(*day, 12, tzinfo=ZoneInfo("America/New_York")))
        return found and found.organisation.name

    assert [at(2025, 2, 28), at(2025, 3, 1), at(2025, 8, 31)] == [None, "First", "First"]
    assert [at(2025, 9, 1), at(2025, 12, 31), at(2026, 1, 1)] == ["Second", "Second", None]


def test_leaving_is_safe_to_repeat(signed_in, person):
    organisation = make_organisation()
    serve(organisation)
    signed_in.post(reverse("people:join", args=[organisation.slug]))

    for _ in range(2):
        assert signed_in.post(reverse("people:leave")).status_code == 303

    assert Membership.objects.get().ends_on is not None


@pytest.mark.parametrize("slug", ["nowhere", "closed"])
def test_only_present_organisations_can_be_joined(signed_in, slug):
    make_organisation(slug="closed")  # a local department that serves nobody any more

    assert signed_in.post(reverse("people:join", args=[slug])).status_code == 404
    assert signed_in.get(reverse("people:join", args=[slug])).status_code == 405


def test_a_training_lead_made_by_staff_is_in_the_audit_trail(person):
    from people import joining

    carer, organisation = make_person(is_staff=True), make_organisation()

    joining.join(person, organisation, role="lead", by=carer)
    joining.leave(person)

    assert [(row.verb, row.actor, row.details["role"]) for row in AuditEntry.objects.all()] == [
        ("membership.begun", carer, "lead"),
        ("membership.ended", None, "lead"),
    ]


def test_searching_finds_by_name_or_county_and_needs_no_script(signed_in):
    organisation = make_organisation(name="Albemarle Regional Health Services")
    serve(organisation, "Chowan")
    serve(make_organisation(name="Wake County Human Services"), "Wake")

    html = signed_in.get(reverse("people:organisation"), {"q": "CHÓWAN"}).content.decode()

    assert "Albemarle Regional" in html
    assert "Wake County" not in html
    assert reverse("people:join", args=[organisation.slug]) in html
    assert html.count("<h1>") == 1


def test_searching_as_one_types_swaps_in_the_results_alone(signed_in, htmx):
    html = signed_in.get(
        reverse("people:organisation"), {"q": "nothing like it\0"}, headers=htmx
    ).content.decode()

    assert html.lstrip().startswith('<div id="results"')
    assert "Nothing found" in html


def test_a_search_for_a_thousand_words_is_cut_short(signed_in):
    response = signed_in.get(reverse("people:organisation"), {"q": "a " * 1900})

    assert response.status_code == 200


@pytest.mark.parametrize("count", [1, 5])
def test_a_search_costs_the_same_for_any_number_of_results(
    signed_in, count, django_assert_num_queries
):
    for n in range(count):
        serve(make_organisation(name=f"Health {n}"), f"County {n}")

    # session, person, organisations, their counties, membership
    with django_assert_num_queries(5):
        signed_in.get(reverse("people:organisation"), {"q": "health"})


def test_the_profile_costs_four_queries(signed_in, person, django_assert_num_queries):
    signed_in.get(reverse("people:profile"))

    with django_assert_num_queries(4):  # session, person, second steps, membership
        signed_in.get(reverse("people:profile"))


ANSWERS = {"race_ethnicity": ["black", "hispanic"], "gender": ["woman"], "languages": ["declined"]}


def test_private_answers_are_kept_without_a_name_and_shown_to_their_person(signed_in, person):
    response = signed_in.post(reverse("people:about-you"), ANSWERS)

    assert response.status_code == 303
    row = PrivateAnswers.objects.get()
    assert row.answers == ANSWERS
    assert str(person.pk) != row.key
    assert len(row.key) == 64
    page = signed_in.get(reverse("people:about-you")).content.decode()
    assert page.count(" checked") == 4


def test_private_answers_can_be_changed_and_taken_back(signed_in):
    signed_in.post(reverse("people:about-you"), ANSWERS)
    signed_in.post(reverse("people:about-you"), {"gender": ["nonbinary", "transgender"]})
    assert PrivateAnswers.objects.get().answers == {"gender": ["nonbinary", "transgender"]}

    response = signed_in.post(reverse("people:withdraw-answers"))

    assert response.status_code == 303
    assert not PrivateAnswers.objects.exists()
    signed_in.post(reverse("people:about-you"), ANSWERS)
    signed_in.post(reverse("people:about-you"), {})
    assert not PrivateAnswers.objects.exists()


@pytest.mark.parametrize(
    "answers",
    [
        {"gender": ["woman", "declined"]},
        {"disability": ["none", "vision"]},
        {"gender": ["a made-up one"]},
    ],
)
def test_answers_that_contradict_each_other_are_refused_and_kept(signed_in, answers):
    given = answers | {"languages": ["asl"]}

    response = signed_in.post(reverse("people:about-you"), given)

    assert response.status_code == 422
    html = response.content.decode()
    assert 'value="asl"' in html
    assert html.count(" checked") == sum(len(v) for v in given.values()) - (
        "a made-up one" in given.get("gender", [])
    )
    assert not PrivateAnswers.objects.exists()


def test_one_person_s_answers_are_nobody_else_s(client):
    first, second = make_person(), make_person()
    client.force_login(first)
    client.post(reverse("people:about-you"), ANSWERS)
    client.force_login(second)

    assert " checked" not in client.get(reverse("people:about-you")).content.decode()
    client.post(reverse("people:withdraw-answers"))
    assert PrivateAnswers.objects.count() == 1


def test_answers_are_found_after_the_secret_key_changed(person, settings):
    from people import private

    private.keep(person, ANSWERS)
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key altogether"
    settings.SECRET_KEY_FALLBACKS = [former]

    assert private.answers_of(person) == ANSWERS
    private.keep(person, {"gender": ["man"]})
    assert PrivateAnswers.objects.get().answers == {"gender": ["man"]}


def serve(organisation, county="Somewhere"):
    from people import loading
    from people.models import County
    from tests.factories import numbers

    row = County.objects.create(fips=f"{next(numbers):05}", name=county)
    organisation.served.create(county=row)
    loading.reindex(organisation)
