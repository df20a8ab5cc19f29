"""An author asks, somebody else reads, a publisher publishes what was read: and no way around."""

import datetime
import io
from decimal import Decimal

import pytest
from django.core import mail as letters
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from courses import approving, crediting, duties, packing
from courses.models import Course, CourseDuty, CourseVersion, CreditType, DraftReview
from courses.packing import Package
from courses.publishing import fingerprint, freeze, publish
from courses.review_rules import may_decide, standing
from courses.studio import editing, restoring
from courses.studio.importing import bring_in
from lms import outbox
from people.models import AuditEntry
from tests.factories import both, make_draft, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(db):
    return make_person(name="Ben Ode", may_author=True)


@pytest.fixture
def carer(db):
    return make_person(name="Alex Moreno", may_author=True, is_staff=True)


@pytest.fixture
def reviewed(draft):
    """The draft of a course that needs a review."""
    Course.objects.filter(pk=draft.course_id).update(review_needed=True)
    draft.refresh_from_db()
    return draft


def fresh(draft):
    draft.refresh_from_db()
    return draft


def edit(draft, person, title="Edited"):
    lesson = draft.modules.get().lessons.order_by("position").first()
    values = {"title": both(title), "slug": lesson.slug}
    editing.save_lesson(lesson, by=person, base=editing.mark_of(lesson), values=values)
    return fresh(draft)


def ask(draft, person):
    return approving.ask(draft, by=person, revision=fresh(draft).revision, note="The title.")


def approve(draft, review, person):
    return approving.decide(review, by=person, approve=True, revision=fresh(draft).revision)


def mailed():
    letters.outbox.clear()
    while outbox.work():
        pass
    return sorted((letter.to[0], letter.subject) for letter in letters.outbox)


# --- The rule


@pytest.mark.parametrize(
    ("person", "asked_by", "hands", "may"),
    [
        (1, 2, {2}, True),
        (1, 1, {2}, False),  # asked for it
        (1, 2, {1}, False),  # wrote all of it
        (1, 2, {1, 2}, True),  # wrote with others
        (1, 2, set(), True),  # it came from elsewhere
        (1, None, set(), True),
    ],
)
def test_nobody_reviews_their_own_work_alone(person, asked_by, hands, may):
    assert may_decide(person, asked_by=asked_by, hands=hands) is may


@pytest.mark.parametrize(
    ("state", "same", "expected"),
    [
        (None, False, "none"),
        ("withdrawn", True, "none"),
        ("asked", True, "asked"),
        ("asked", False, "moved-on"),
        ("approved", True, "approved"),
        ("approved", False, "moved-on"),
        ("returned", True, "returned"),
        ("returned", False, "returned"),
    ],
)
def test_a_review_is_of_the_draft_as_it_was(state, same, expected):
    assert standing(state, same=same) == expected


# --- The pages


def test_from_the_request_to_the_publication(studio, reviewed, url, client, trainer, reviewer):
    edit(reviewed, trainer)
    to = url("studio:publish")
    page = studio.get(to).content.decode()
    assert "Ben Ode" in page
    assert 'name="policy"' not in page
    asked = {"revision": fresh(reviewed).revision, "note": "Mind the title."}
    answers = [studio.post(url("studio:ask-review"), asked) for _ in range(2)]
    assert {answer["Location"] for answer in answers} == {to}
    review = DraftReview.objects.get()
    assert mailed() == [(reviewer.email, f"Please review: {reviewed.title['en']}")]
    assert "Mind the title." in letters.outbox[0].body
    assert "Waiting for review" in studio.get(to).content.decode()
    assert studio.post(to, {"revision": asked["revision"]}).status_code == 422

    client.force_login(reviewer)
    assert 'value="approve"' in client.get(to).content.decode()
    sent = {"revision": asked["revision"], "decision": "approve", "answer": "Good."}
    assert client.post(url("studio:review", review.pk), sent)["Location"] == to
    assert mailed() == [(trainer.email, f"Approved: {reviewed.title['en']}")]

    client.force_login(trainer)
    assert "Ben Ode approved this draft" in client.get(to).content.decode()
    answer = client.post(to, {"revision": asked["revision"], "note": ""})
    assert answer["Location"] == url("studio:published", 1)
    review.refresh_from_db()
    assert review.version == CourseVersion.objects.get()
    assert "Approved by Ben Ode" in client.get(url("studio:versions")).content.decode()
    acts = AuditEntry.objects.filter(verb__startswith="course.review").order_by("pk")
    assert [(act.verb, act.actor) for act in acts] == [
        ("course.review-asked", trainer),
        ("course.review-approved", reviewer),
    ]


def test_sent_back_with_a_note(studio, reviewed, url, client, trainer, reviewer):
    edit(reviewed, trainer)
    review = ask(reviewed, trainer)
    client.force_login(reviewer)
    sent = {"revision": reviewed.revision, "decision": "return", "answer": ""}
    refused = client.post(url("studio:review", review.pk), sent)
    assert refused.status_code == 422
    assert "Say what should be changed." in refused.content.decode()

    sent["answer"] = "Lesson 2 is unclear."
    answers = [client.post(url("studio:review", review.pk), sent) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert mailed() == [(trainer.email, f"Please look again: {reviewed.title['en']}")]
    client.force_login(trainer)
    page = client.get(url("studio:publish")).content.decode()
    assert "Lesson 2 is unclear." in page
    assert "Ask for a review" in page
    assert ask(reviewed, trainer) != review


def test_a_request_taken_back_calls_nobody(studio, reviewed, url, trainer, reviewer):
    ask(reviewed, trainer)

    for _ in range(2):
        assert studio.post(url("studio:take-back-review")).status_code == 303

    assert mailed() == []
    assert DraftReview.objects.get().state == "withdrawn"
    assert "Ask for a review" in studio.get(url("studio:publish")).content.decode()


def test_what_could_not_be_published_is_not_sent_to_a_reviewer(studio, reviewed, url, reviewer):
    reviewed.modules.get().lessons.get(kind="page").blocks.all().delete()

    page = studio.get(url("studio:publish")).content.decode()
    answer = studio.post(url("studio:ask-review"), {"revision": reviewed.revision})

    assert "once what is listed above is mended" in page
    assert answer.status_code == 422
    assert not DraftReview.objects.exists()


def test_where_nobody_else_could_read_it_the_page_says_so(studio, reviewed, url):
    assert (
        "Nobody else can review this course yet."
        in studio.get(url("studio:publish")).content.decode()
    )


# --- No way around


def test_without_approval_nothing_goes_out(reviewed, trainer, reviewer):
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(reviewed, by=trainer, policy="update")
    review = ask(reviewed, trainer)
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(reviewed, by=trainer, policy="update")
    approve(reviewed, review, reviewer)
    assert publish(reviewed, by=trainer, policy="update").number == 1


def test_any_edit_after_the_approval_makes_it_stale(reviewed, trainer, reviewer):
    edit(reviewed, trainer)
    old = reviewed.modules.get().lessons.order_by("position").first().title["en"]
    approve(reviewed, ask(reviewed, trainer), reviewer)

    edit(reviewed, trainer, "Smuggled")
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(reviewed, by=trainer, policy="update")
    edit(reviewed, trainer, old)  # the same words again, and still another revision
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(reviewed, by=trainer, policy="update")


def test_what_changed_while_it_was_read_is_not_approved(reviewed, trainer, reviewer):
    review = ask(reviewed, trainer)
    edit(reviewed, trainer)

    with pytest.raises(ValidationError, match="It needs a new request"):
        approve(reviewed, review, reviewer)


@pytest.mark.parametrize("who", ["asker", "author", "learner", "named-other"])
def test_who_may_not_approve(reviewed, trainer, reviewer, who):
    edit(reviewed, trainer)
    person = {
        "asker": reviewer,
        "author": trainer,
        "learner": make_person(),
        "named-other": make_person(may_author=True),
    }[who]
    if who == "named-other":
        CourseDuty.objects.create(course=reviewed.course, person=reviewer, duty="reviewer")
    review = ask(reviewed, reviewer if who != "named-other" else trainer)

    with pytest.raises(ValidationError):
        approve(reviewed, review, person)
    assert DraftReview.objects.get().state == "asked"


def test_another_address_is_no_way_around(studio, reviewed, url, trainer, reviewer):
    """A review of another course, of another person's turn, a revision that was guessed."""
    other = make_draft(lessons=1)
    theirs = ask(other, trainer)
    mine = ask(reviewed, trainer)
    sent = {"revision": reviewed.revision, "decision": "approve"}

    assert studio.post(url("studio:review", theirs.pk), sent).status_code == 404
    assert studio.post(url("studio:review", mine.pk), sent).status_code == 422
    studio.force_login(reviewer)
    assert studio.post(url("studio:review", mine.pk), {**sent, "revision": 99}).status_code == 422
    assert set(DraftReview.objects.values_list("state", flat=True)) == {"asked"}


def test_a_restored_version_needs_a_review_of_its_own(reviewed, trainer, reviewer):
    approve(reviewed, ask(reviewed, trainer), reviewer)
    first = publish(reviewed, by=trainer, policy="update")
    edit(reviewed, trainer)
    approve(reviewed, ask(reviewed, trainer), reviewer)
    publish(reviewed, by=trainer, policy="update")

    restoring.restore(fresh(reviewed), first, by=trainer)

    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(fresh(reviewed), by=trainer, policy="correction")


def test_an_imported_course_needs_a_review(reviewed, trainer, tmp_path):
    """Neither what the zip says is published, nor the command's own publication is a way."""
    twin = make_draft(lessons=["page"])
    first = publish(twin, by=None, policy="update")
    edit(twin, trainer, "From elsewhere")
    file = tmp_path / "course.zip"
    with file.open("wb") as stream:
        packing.write(twin.course, stream)
    restoring.restore(fresh(twin), first, by=trainer)
    Course.objects.filter(pk=twin.course_id).update(review_needed=True)

    with pytest.raises(CommandError, match="Somebody else has to approve"):
        call_command("import_course", str(file), "--publish")
    bring_in(Package(io.BytesIO(file.read_bytes())), by=trainer)
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(fresh(twin), by=trainer, policy="update")

    draft = make_draft(lessons=["page"])
    version = publish(draft, by=None, policy="update")
    Course.objects.filter(pk=draft.course_id).update(current=None)  # as an import leaves it
    Course.objects.filter(pk=draft.course_id).update(review_needed=True)
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(draft, by=trainer, policy="update")
    with pytest.raises(IntegrityError), transaction.atomic():
        Course.objects.filter(pk=draft.course_id).update(current=version)


def test_the_database_lets_out_nothing_that_nobody_approved(reviewed, trainer, reviewer):
    """Past all stories: without the trigger of migration 0021 this version reaches learners."""
    document = freeze(reviewed)
    version = CourseVersion.objects.create(
        course=reviewed.course,
        number=1,
        document=document,
        sha256=fingerprint(document),
        policy="update",
        published_at=timezone.now(),
    )
    course = Course.objects.filter(pk=reviewed.course_id)
    review = ask(reviewed, trainer)

    with pytest.raises(IntegrityError), transaction.atomic():
        course.update(current=version)
    for wrong in (
        {"state": "approved", "decided_by": trainer, "decided_at": timezone.now()},
        {"state": "approved", "decided_by": reviewer},
        {"state": "returned", "decided_at": timezone.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            DraftReview.objects.filter(pk=review.pk).update(**wrong)
    approve(reviewed, review, reviewer)
    assert course.update(current=version) == 1


def test_a_course_that_earns_credit_is_always_reviewed(studio, draft, url, trainer, carer):
    crediting.load_types()
    crediting.approve(
        draft.course,
        CreditType.objects.get(slug="ches"),
        by=carer,
        hours=Decimal(1),
        provider_name="Provider",
        statement=both("Approved."),
        valid_from=timezone.localdate(),
    )
    course = Course.objects.get(pk=draft.course_id)
    assert course.review_needed
    with pytest.raises(ValidationError, match="Somebody else has to approve"):
        publish(fresh(draft), by=trainer, policy="update")

    base = duties.mark_of(course, duties.named(course))
    with pytest.raises(ValidationError, match="always reviewed"):
        duties.arrange(
            course,
            {},
            review_needed=False,
            by=carer,
            base=duties.mark_of(course, duties.named(course)),
        )
    studio.force_login(carer)
    studio.post(url("studio:team"), {"base": base})
    assert Course.objects.get(pk=course.pk).review_needed


def test_the_content_loader_brings_what_was_reviewed_with_the_files(reviewed):
    version = publish(reviewed, by=None, policy="update", from_files=True)

    review = DraftReview.objects.get(course=reviewed.course)
    assert (review.state, review.asked_by, review.decided_by) == ("approved", None, None)
    assert review.version == version


# --- Duties


def test_one_trainer_alone_does_everything_where_no_review_is_asked_for(studio, draft, url):
    answer = studio.post(url("studio:publish"), {"revision": draft.revision})
    assert answer["Location"] == url("studio:published", 1)


def test_naming_people(studio, draft, url, trainer, reviewer):
    base = studio.get(url("studio:team")).context["form"]["base"].value()
    sent = {
        "base": base,
        "review_needed": "on",
        "author": [trainer.uuid, reviewer.uuid],
        "reviewer": [reviewer.uuid],
        "publisher": [trainer.uuid],
    }

    answers = [studio.post(url("studio:team"), sent) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303}
    assert duties.named(draft.course) == {
        "author": {trainer.pk, reviewer.pk},
        "reviewer": {reviewer.pk},
        "publisher": {trainer.pk},
    }
    assert Course.objects.get(pk=draft.course_id).review_needed
    noted = AuditEntry.objects.get(verb="course.duties")
    assert noted.actor == trainer
    assert noted.details["review_needed"] is True
    assert studio.post(url("studio:team"), {"base": base}).status_code == 422


def test_each_duty_opens_its_own_door_and_no_other(client, draft, url, trainer, reviewer):
    publisher, stranger = (make_person(may_author=True) for _ in range(2))
    for person, duty in ((trainer, "author"), (reviewer, "reviewer"), (publisher, "publisher")):
        CourseDuty.objects.create(course=draft.course, person=person, duty=duty)
    review = ask(edit(draft, trainer), trainer)
    lesson = draft.modules.get().lessons.first()
    doors = {
        "author": [
            url("studio:add-module"), url("studio:details"),
            url("studio:rename-lesson", lesson.uuid), url("studio:ask-review"),
            url("studio:take-back-review"), url("studio:arrange"), url("studio:media"),
            url("studio:begin-upload"),
        ],
        "reviewer": [url("studio:review", review.pk)],
        "publisher": [url("studio:publish"), url("studio:team")],
    }  # fmt: skip
    people = {"author": trainer, "reviewer": reviewer, "publisher": publisher, "none": stranger}

    for held, person in people.items():
        client.force_login(person)
        page = client.get(url("studio:course")).content.decode()
        assert ("Its authors change it." in page) is (held != "author")
        for duty, addresses in doors.items():
            for address in addresses:
                if duty == held:
                    continue
                assert client.post(address).status_code == 404, (held, address)
    assert DraftReview.objects.get().state == "asked"


def test_a_course_of_named_authors_is_not_replaced_by_a_strangers_zip(client, draft, trainer):
    CourseDuty.objects.create(course=draft.course, person=trainer, duty="author")
    file = io.BytesIO()
    packing.write(draft.course, file)
    edit(draft, trainer, "Precious")
    client.force_login(make_person(may_author=True))

    file.seek(0)
    file.name = "course.zip"
    kept = client.post(reverse("studio:import"), {"file": file})

    assert kept.status_code == 303
    assert client.get(kept["Location"]).status_code == 404
    assert client.post(kept["Location"], {"revision": fresh(draft).revision}).status_code == 404
    assert draft.modules.get().lessons.order_by("position").first().title == both("Precious")


def test_only_publishers_decide_who_does_what(draft, trainer, reviewer, carer):
    course = draft.course
    base = duties.mark_of(course, duties.named(course))
    wanted = {"publisher": {carer.pk}}
    duties.arrange(course, wanted, review_needed=True, by=trainer, base=base)
    course.refresh_from_db()
    base = duties.mark_of(course, duties.named(course))

    with pytest.raises(ValidationError, match="publishers of this course decide"):
        duties.arrange(course, {}, review_needed=True, by=trainer, base=base)
    course = duties.arrange(course, wanted, review_needed=False, by=carer, base=base)
    assert not course.review_needed


def test_a_publisher_who_does_not_care_for_the_site_cannot_switch_reviews_off(reviewed, trainer):
    course = reviewed.course
    base = duties.mark_of(course, {duty: set() for duty in duties.Duty.values})

    with pytest.raises(ValidationError, match="cares for the whole site"):
        duties.arrange(course, {}, review_needed=False, by=trainer, base=base)


@pytest.mark.parametrize("people", [1, 5])
def test_the_page_of_duties_costs_the_same_for_any_number(
    studio, draft, url, people, django_assert_max_num_queries
):
    for _ in range(people):
        person = make_person(may_author=True)
        CourseDuty.objects.create(course=draft.course, person=person, duty="author")

    with django_assert_max_num_queries(8):
        assert studio.get(url("studio:team")).status_code == 200


def test_what_expired_needs_no_review_unless_the_course_says_so(draft, trainer, carer):
    crediting.load_types()
    approval = crediting.approve(
        draft.course,
        CreditType.objects.get(slug="ches"),
        by=carer,
        hours=Decimal(1),
        provider_name="Provider",
        statement=both("Approved."),
        valid_from=timezone.localdate() - datetime.timedelta(30),
        valid_to=timezone.localdate() - datetime.timedelta(1),
    )
    course = Course.objects.get(pk=draft.course_id)
    base = duties.mark_of(course, duties.named(course))
    assert not crediting.earns_credit(course), approval

    assert not duties.arrange(course, {}, review_needed=False, by=carer, base=base).review_needed
