"""Designs: drawn, looked at, used; and what stays of them on certificates that were issued."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from certificates import designing, issuing
from certificates.models import Certificate, CoSignatory, Design, DesignPicture, DesignUse, PrintGap
from certificates.printing import pdf_of
from lms.models import OutboxEntry
from people.models import AuditEntry
from tests.certificates.factories import courses_of, make_series
from tests.certificates.hostile import NAMES
from tests.factories import both, enrolled, finish, make_course, make_organisation, make_person
from tests.races import at_once

pytestmark = pytest.mark.django_db
FIELDS = {
    "template": "ledger-1",
    "primary": "#1b3a6b",
    "accent": "#9a5b13",
    "signatory": "Amina Okafor, DrPH",
    "role_en": "Director",
    "role_es": "Directora",
}


def image(size=(1800, 900), kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", size, "#102040").save(data, kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", data.getvalue())


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator)
    return client


def new(organisation=None):
    address = reverse("certificates:new-design")
    return f"{address}?organisation={organisation.pk}" if organisation else address


def certify(person):
    finish(enrolled(person, make_course()))
    issuing.issue_due(timezone.now())
    return Certificate.objects.latest("pk")


def test_a_design_is_drawn_looked_at_and_then_used(desk, person):
    drawn = desk.post(new(), FIELDS | {"logo": image(), "signature": image(kind="JPEG")})

    design = Design.objects.get()
    assert (drawn.status_code, drawn.url) == (303, design.get_absolute_url())
    assert certify(person).snapshot["template"] == "seedling-1"  # not yet
    page = desk.get(drawn.url).content.decode()
    address = reverse("certificates:preview", args=[design.pk])
    assert page.count(address) == 3
    picture = desk.get(f"{address}?language=es&paper=a4&name=long")
    assert picture["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).width > 1200

    use = reverse("certificates:use-design", args=[design.pk])
    assert [desk.post(use).status_code for _ in range(2)] == [303, 303]

    assert DesignUse.objects.count() == 1
    assert AuditEntry.objects.filter(verb="design.used").count() == 1
    said = certify(person).snapshot
    assert said["template"] == "ledger-1"
    assert said["design"] == {
        "primary": "#1b3a6b",
        "accent": "#9a5b13",
        "number": 1,
        "logo": design.logo.sha256,
        "logo_name": "Groundwork Demonstration Health Department",
    }
    assert said["signatories"] == [
        {
            "name": "Amina Okafor, DrPH",
            "role": {"en": "Director", "es": "Directora"},
            "signature": design.signature.sha256,
        }
    ]


def test_what_was_issued_keeps_its_design(desk, person, administrator):
    desk.post(new(), FIELDS | {"logo": image()})
    designing.use(Design.objects.get(), by=administrator)
    made = certify(person)
    before = pdf_of(made.snapshot)

    desk.post(new(), FIELDS | {"template": "horizon-1", "primary": "#7a1f1f", "without_logo": "on"})
    second = Design.objects.get(number=2)
    designing.use(second, by=administrator)
    newer = issuing.reissue(made, name="Ana María Ruiz", by=administrator, why="Misspelt.")

    assert (second.logo, second.signatory) == (None, "Amina Okafor, DrPH")
    assert pdf_of(made.snapshot) == before
    assert newer.snapshot["template"] == "ledger-1"
    with pytest.raises(IntegrityError), transaction.atomic():
        Design.objects.update(primary="#000000")
    with pytest.raises(IntegrityError), transaction.atomic():
        DesignPicture.objects.all().delete()


SECOND = {"signatory_2": "Ben Adams, MPH", "role_en_2": "Chair", "role_es_2": "Presidente"}
THIRD = {"signatory_3": "Carla Diaz", "role_en_3": "Educator"}


def test_up_to_three_people_sign_and_their_signatures_stay_from_version_to_version(desk, person):
    pictures = {
        "signature": image(),
        "signature_2": image((40, 20)),
        "signature_3": image((60, 20)),
    }
    desk.post(new(), FIELDS | SECOND | THIRD | pictures)
    form = desk.get(new()).content.decode()
    assert 'value="Ben Adams, MPH"' in form
    desk.post(new(), FIELDS | SECOND | THIRD | {"without_signature_3": "on"})
    designing.use(Design.objects.get(number=2), by=person)

    signed = certify(person).snapshot["signatories"]

    names = [each["name"] for each in signed]
    assert names == ["Amina Okafor, DrPH", "Ben Adams, MPH", "Carla Diaz"]
    assert signed[1]["role"] == {"en": "Chair", "es": "Presidente"}
    assert signed[2]["role"] == {"en": "Educator", "es": "Educator"}
    kept = DesignPicture.objects.in_bulk(
        [signed[n]["signature"] for n in (0, 1)], field_name="sha256"
    )
    assert {row.width for row in kept.values()} == {800, 40}
    assert signed[2]["signature"] is None
    with pytest.raises(IntegrityError), transaction.atomic():
        CoSignatory.objects.all().delete()


def test_who_signs_second_is_taken_off_and_the_issued_certificate_keeps_them(desk, person):
    desk.post(new(), FIELDS | SECOND)
    designing.use(Design.objects.get(), by=person)
    made = certify(person)
    before = pdf_of(made.snapshot)

    desk.post(new(), FIELDS)
    designing.use(Design.objects.get(number=2), by=person)

    assert [each["name"] for each in certify(person).snapshot["signatories"]] == [
        "Amina Okafor, DrPH"
    ]
    assert pdf_of(Certificate.objects.get(pk=made.pk).snapshot) == before
    assert "Ben Adams, MPH" in PdfReader(io.BytesIO(before)).pages[0].extract_text()


def test_a_signature_without_a_name_is_refused_at_its_place(desk):
    answer = desk.post(new(), FIELDS | {"signature_2": image()})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"signatory_2": ["Say whose signature it is."]}


def test_pictures_stay_from_version_to_version_unless_changed(desk):
    desk.post(new(), FIELDS | {"logo": image(), "signature": image()})
    desk.post(new(), FIELDS)
    desk.post(new(), FIELDS | {"logo": image((30, 30)), "without_signature": "on"})

    one, two, three = Design.objects.order_by("number")
    assert (two.logo, two.signature) == (one.logo, one.signature)
    assert (three.logo.width, three.signature) == (30, None)
    assert (one.logo.width, one.logo.height) == (800, 400)  # shrunk to what paper needs


def test_an_organisation_has_its_own_design_for_its_members(desk, person, administrator):
    ours, theirs = make_organisation(name="Wake County"), make_organisation()
    for organisation, template in ((None, "seedling-1"), (ours, "horizon-1")):
        desk.post(new(organisation), FIELDS | {"template": template})
    for design in Design.objects.all():
        designing.use(design, by=administrator)
    seen = {}
    for name, organisation in (("ours", ours), ("theirs", theirs), ("none", None)):
        someone = make_person()
        if organisation:
            someone.memberships.create(organisation=organisation)
        seen[name] = certify(someone).snapshot

    assert {name: said["template"] for name, said in seen.items()} == {
        "ours": "horizon-1",
        "theirs": "seedling-1",
        "none": "seedling-1",
    }
    assert seen["ours"]["design"]["logo_name"] == "Wake County"
    assert desk.get(f"{new()}?organisation=x").status_code == 404
    assert desk.get(f"{new()}?organisation=0").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("primary", "#ffee88", "too light"),
        ("accent", "#ffffff", "too light"),
        ("primary", "red", "Choose a color"),
        ("primary", "#12345", "darker|Choose"),
        ("template", "kit-1", "valid choice"),
        ("logo", SimpleUploadedFile("logo.png", b"no picture"), "cannot be used"),
        ("logo", SimpleUploadedFile("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "used"),
    ],
)
def test_what_cannot_be_used_is_refused_beside_the_field(desk, field, value, reason):
    import re

    if hasattr(value, "seek"):
        value.seek(0)
    answer = desk.post(new(), FIELDS | {field: value})

    assert answer.status_code == 422
    (error,) = answer.context["form"].errors[field]
    assert re.search(reason, error)
    assert b"Amina Okafor" in answer.content
    assert not Design.objects.exists()


def test_a_picture_with_too_many_pixels_is_refused(desk):
    answer = desk.post(new(), FIELDS | {"logo": image((6001, 2))})

    assert answer.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_have_a_version_each():
    by = make_person(may_credit=True)
    look = {"template": "ledger-1", "primary": "#000000", "accent": "#000000", "logo": None}
    look |= {"signatory": "", "signatory_role": {}, "signature": None, "by": by}

    outcomes = at_once(*[lambda: designing.draw(None, **look)] * 4)

    assert sorted(each.number for each in outcomes) == [1, 2, 3, 4]


# --- Names that no font can print, and those that mean something to a program


def test_a_name_beyond_our_fonts_is_certified_and_staff_see_the_gap(desk, administrator):
    someone = make_person(name="Zoë 😀 བཀྲ")

    made = certify(someone)

    assert PrintGap.objects.get(certificate=made).points == "U+1F600 U+0F56 U+0F40 U+0FB2"
    page = desk.get(reverse("certificates:desk")).content.decode()
    assert "Zoë 😀 བཀྲ" in page
    assert "U+1F600" in page
    assert "Zoë 😀 བཀྲ" in desk.get(made.get_absolute_url()).content.decode()
    newer = issuing.reissue(made, name="Zoë", by=administrator, why="As she writes it.")
    assert not PrintGap.objects.filter(certificate=newer).exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_shown_sent_and_told_as_it_stands(client, name, mailoutbox):
    import html

    from lms import outbox

    someone = make_person(name=name)
    finish(enrolled(someone, make_course(title=both(name))))
    issuing.issue_due(timezone.now())
    made = Certificate.objects.get()
    outbox.work()

    page = client.get(made.get_absolute_url()).content.decode()
    data = client.get(reverse("certificates:json", args=[made.code])).json()

    assert html.escape(name) in page
    assert (data["name"], data["title"]["en"]) == (name, name)
    letter = mailoutbox[0]
    assert name in letter.subject
    assert name in letter.body
    shown = letter.alternatives[0].content
    assert "<script>" not in shown
    assert "<img src=x" not in shown
    text = html.unescape(shown)
    assert name in text or name.replace("\\", "") in text.replace("\\", "")


# --- The desk


def test_the_desk_shows_how_far_issuing_is(desk, person, administrator):
    course = make_course(title=both("Bulk"))
    for _ in range(3):
        finish(enrolled(make_person(), course))
    page = desk.get(reverse("certificates:desk")).content.decode()
    assert "Bulk: 0 of 3 certificates issued" in page
    assert "hx-trigger" in page

    asked = [desk.post(reverse("certificates:issue")).status_code for _ in range(2)]
    assert asked == [303, 303]
    assert OutboxEntry.objects.filter(kind="certificates.sweep").count() <= 2
    from lms import outbox

    for _ in range(3):
        outbox.work()

    part = desk.get(reverse("certificates:desk"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="progress"')
    assert "Bulk: 3 of 3 certificates issued" in part


def test_the_desk_finds_by_name_and_by_number(desk, certificate):
    manage = reverse("certificates:manage", args=[certificate.code])

    by_name = desk.get(reverse("certificates:desk"), {"q": "ana ruiz"}).content.decode()
    nobody = desk.get(reverse("certificates:desk"), {"q": "zzz"}).content.decode()
    by_number = desk.get(reverse("certificates:desk"), {"q": certificate.number})

    assert manage in by_name
    assert manage not in nobody
    assert by_number.url == manage


@pytest.mark.parametrize("count", [1, 5])
def test_the_desk_costs_the_same_for_any_number(desk, count, django_assert_max_num_queries):
    for n in range(count):
        someone = make_person(name=f"Zoë 😀 {n}")
        finish(enrolled(someone, make_course()))
    issuing.issue_due(timezone.now())

    # session, person, found, newest, progress, courses, letters, failures, gaps, their number
    with django_assert_max_num_queries(10):
        desk.get(reverse("certificates:desk"), {"q": "Zoë"})


@pytest.mark.parametrize(
    "name", ["desk", "designs", "new-design", "design", "preview", "issue", "use-design"]
)
def test_only_credit_administrators_are_let_in(signed_in, administrator, name):
    design = designing.draw(
        None,
        template="ledger-1",
        primary="#000000",
        accent="#000000",
        logo=None,
        signatory="",
        signatory_role={},
        signature=None,
        by=administrator,
    )
    arguments = [design.pk] if name in {"design", "preview", "use-design"} else []
    url = reverse(f"certificates:{name}", args=arguments)
    answer = signed_in.post(url) if name in {"issue", "use-design"} else signed_in.get(url)

    assert answer.status_code == 404


def test_a_series_has_the_design_of_the_deciding_organisation(desk, administrator, person):
    ours = make_organisation()
    desk.post(new(ours), FIELDS)
    designing.use(Design.objects.get(), by=administrator)
    person.memberships.create(organisation=ours)
    finish(enrolled(person, courses_of(make_series(courses=1, needed=1))[0]))

    issuing.issue_series_due(timezone.now())

    assert Certificate.objects.get(series_award__isnull=False).snapshot["template"] == "ledger-1"
