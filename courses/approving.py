"""The review of a draft before learners get it. The only writer of DraftReview beside
`courses.publishing`, which notes what an approval let out.

An author asks, somebody else approves the draft as it is then or sends it back with a note. Every
story holds the draft's row, as every change and every publication does: what is approved is what
was read, and of two answers at the same moment one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from courses import duties, publishing, review_rules
from courses.models import Course, Draft, DraftHand, DraftReview
from lms import mail, outbox
from lms.text import said
from people.audit import note as audit
from people.models import User

State = DraftReview.State
LETTERS = {
    "asked": "courses/mail/review_asked.md",
    "approved": "courses/mail/review_approved.md",
    "returned": "courses/mail/review_returned.md",
}


@dataclass(frozen=True)
class Standing:
    """Where a draft stands with its review, for the page: `state` as the rule says it."""

    review: DraftReview | None
    state: str
    needed: bool
    may_decide: bool

    @property
    def lets_out(self) -> bool:
        return not self.needed or self.state == "approved"


def standing_of(draft: Draft, sha256: str, reader: User) -> Standing:
    review = DraftReview.objects.filter(course=draft.course_id).for_page().first()
    hands = _hands(draft)
    if review is None:
        return Standing(None, "none", publishing.needs_review(draft.course), may_decide=False)
    same = review.revision == draft.revision and review.sha256 == sha256
    return Standing(
        review,
        review_rules.standing(review.state, same=same),
        publishing.needs_review(draft.course),
        may_decide=review_rules.may_decide(reader.pk, asked_by=review.asked_by_id, hands=hands),
    )


@transaction.atomic
def ask(draft: Draft, *, by: User, revision: int, note: str = "") -> DraftReview:
    """Ask for the draft, as it is, to be reviewed. A request for an older state is taken back.

    Refused with every reason why the draft could not be published anyway. Asking twice is asking
    once; the mails go out once.
    """
    held = _hold(draft)
    if held.revision != revision:
        raise ValidationError(
            _("The draft was changed after you opened this page. Look at it again."), code="stale"
        )
    if not duties.duties_of(held.course, by).author:
        raise ValidationError(_("The authors of this course ask for its review."), code="duty")
    document = publishing.freeze(held)
    if reasons := publishing.problems(document) + publishing.untranslated(held, document):
        raise ValidationError(reasons)
    sha256 = publishing.fingerprint(document)
    last = DraftReview.objects.filter(course=held.course_id).first()
    same = last is not None and (last.revision, last.sha256) == (revision, sha256)
    if last is not None and same and last.state in {State.ASKED, State.APPROVED}:
        return last
    DraftReview.objects.filter(course=held.course_id, state=State.ASKED).update(
        state=State.WITHDRAWN
    )
    review = DraftReview.objects.create(
        course=held.course, revision=revision, sha256=sha256, asked_by=by, note=note
    )
    audit(by, "course.review-asked", held.course, review=review.pk, revision=revision)
    _promise("asked", review, readers(held, review))
    return review


@transaction.atomic
def take_back(draft: Draft, *, by: User) -> None:
    """Nobody needs to read it after all. Safe to repeat."""
    held = _hold(draft)
    asked = DraftReview.objects.filter(course=held.course_id, state=State.ASKED)
    for review in asked:
        asked.filter(pk=review.pk).update(state=State.WITHDRAWN)
        audit(by, "course.review-taken-back", held.course, review=review.pk)


@transaction.atomic
def decide(
    review: DraftReview, *, by: User, approve: bool, revision: int, answer: str = ""
) -> DraftReview:
    """Approve exactly the draft that was asked about, or send it back with a note.

    Raises ValidationError when somebody answered before, when the draft is another by now, and
    when this person may not decide. The same answer again changes nothing.
    """
    held = _hold(Draft.objects.get(course=review.course_id))
    review = DraftReview.objects.select_related("decided_by").get(pk=review.pk)
    state = State.APPROVED if approve else State.RETURNED
    if review.state == state and review.decided_by_id == by.pk:
        return review
    if review.state != State.ASKED:
        raise ValidationError(_gone(review), code="decided")
    if not duties.duties_of(held.course, by).reviewer:
        raise ValidationError(_("Only the reviewers of this course review it."), code="duty")
    if not review_rules.may_decide(by.pk, asked_by=review.asked_by_id, hands=_hands(held)):
        raise ValidationError(
            _("You asked for this review, or wrote all of it. Somebody else has to read it."),
            code="own",
        )
    if not approve and not answer:
        raise ValidationError({"answer": _("Say what should be changed.")})
    if approve:
        sha256 = publishing.fingerprint(publishing.freeze(held))
        if (review.revision, review.sha256) != (held.revision, sha256) or revision != held.revision:
            raise ValidationError(
                _("The draft was changed after the review was asked for. It needs a new request."),
                code="stale",
            )
    asked = DraftReview.objects.filter(pk=review.pk, state=State.ASKED)
    asked.update(state=state, decided_by=by, decided_at=timezone.now(), answer=answer)
    review.refresh_from_db()
    audit(by, f"course.review-{state}", held.course, review=review.pk, revision=review.revision)
    told = {review.asked_by_id, *_hands(held)}
    if approve:
        told |= duties.named(held.course)["publisher"]
    people = duties.trainers().filter(pk__in=[pk for pk in told if pk not in {None, by.pk}])
    _promise(str(state), review, people)
    return review


def readers(draft: Draft, review: DraftReview) -> list[User]:
    """The reviewers who may answer this request."""
    hands = _hands(draft)
    return [
        person
        for person in duties.holders(draft.course, duties.Duty.REVIEWER)
        if review_rules.may_decide(person.pk, asked_by=review.asked_by_id, hands=hands)
    ]


def colleagues(draft: Draft, person: User) -> list[User]:
    """The reviewers who could read what this person asks for."""
    return readers(draft, DraftReview(asked_by=person))


def _hold(draft: Draft) -> Draft:
    """Locks in the order of `publish`: the course, then the draft."""
    Course.objects.select_for_update().get(pk=draft.course_id)
    return Draft.objects.select_for_update(of=("self",)).select_related("course").get(pk=draft.pk)


def _hands(draft: Draft) -> set[int]:
    return set(DraftHand.objects.filter(draft=draft).values_list("person", flat=True))


def _gone(review: DraftReview) -> str:
    if review.state == State.WITHDRAWN:
        return _("This request was taken back.")
    name = review.decided_by.name if review.decided_by else ""
    if review.state == State.APPROVED:
        return _("%(name)s approved this before you answered.") % {"name": name}
    return _("%(name)s sent this back before you answered.") % {"name": name}


# --- Letters


def _promise(what: str, review: DraftReview, people: Iterable[User]) -> None:
    outbox.promise_all(
        "courses.review",
        {
            f"{what}:{review.pk}:{person.pk}": {
                "what": what,
                "review": review.pk,
                "person": person.pk,
            }
            for person in people
        },
    )


@outbox.handles("courses.review")
def _tell(payload: Mapping[str, object]) -> str:
    """One letter about one review. A request that was answered or taken back calls nobody."""
    what = str(payload["what"])
    reviews = DraftReview.objects.select_related("course__draft", "asked_by", "decided_by")
    review = reviews.get(pk=int(str(payload["review"])))
    person = duties.trainers().filter(pk=int(str(payload["person"]))).first()
    if person is None:
        raise outbox.Stale("no trainer any more")
    if what == "asked" and review.state != State.ASKED:
        raise outbox.Stale("answered or taken back")
    with translation.override(person.language):
        url = settings.SITE_URL + reverse("studio:publish", args=[review.course.slug])
    return mail.send(
        to=person.email,
        template=LETTERS[what],
        context={
            "name": person.first_name or person.email,
            "title": str(said(review.course.draft.title, person.language)),
            "who": str((review.asked_by if what == "asked" else review.decided_by) or ""),
            "words": review.note if what == "asked" else review.answer,
            "url": url,
        },
        language=person.language,
        key=f"review {what} {review.pk} {person.pk}",
    )
