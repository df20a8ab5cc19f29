"""Long random histories: authors edit, translate, reorder, delete and put back, ask for reviews,
publish at once or at a time, mend keys, go back and import, while people learn and take quizzes.

Whatever happens, no completion, evidence or credited minute ever disappears or changes, no score
falls, nobody is at more than 100 percent, and whoever is under way sees one version, whole.
"""

import random
import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from courses import approving, assessment, clock, document, duties, planning, regrading
from courses.enrolling import enrol
from courses.models import (
    Attempt,
    Block,
    Completion,
    CourseVersion,
    Draft,
    DraftReview,
    Enrolment,
    Evidence,
    Lesson,
    Question,
    Regrade,
    Removed,
)
from courses.models.course import document_of
from courses.packing import Package
from courses.publishing import Policy, freeze, publish
from courses.studio import editing, removing, restoring, wording
from courses.studio.importing import bring_in
from courses.translations import all_texts
from lms import outbox
from lms.text import said
from tests.factories import both, make_draft, make_lesson, make_person, single
from tests.studio.test_packing import exported

pytestmark = pytest.mark.django_db
STEPS = 60
LATER = timedelta(hours=2)


class Walk:
    """One course, one who writes and one who reviews, four learners."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.trainer, self.reviewer = (make_person(may_author=True) for _ in range(2))
        self.draft = make_draft(lessons=["page", "page", "live", "quiz"])
        publish(self.fresh(), by=self.trainer, policy="update")
        self.people = [make_person() for _ in range(4)]
        self.told, self.zips = [], []
        self.seen, self.scores = {Completion: {}, Evidence: {}, Regrade: {}}, {}
        for person in self.people[:2]:
            enrol(person, self.fresh().course)
        self.versions, self.done = self.where_they_are(), set()
        self.known = set(CourseVersion.objects.values_list("pk", flat=True))

    def fresh(self):
        self.draft = Draft.objects.select_related("course").get(pk=self.draft.pk)
        return self.draft

    def lessons(self):
        return list(Lesson.objects.filter(module__draft=self.draft).order_by("pk"))

    # --- Acts of authors

    def edit(self):
        blocks = list(Block.objects.filter(lesson__module__draft=self.draft))
        if blocks:
            block = self.random.choice(blocks)
            words = both(f"<p>{self.random.random()}</p>")
            base = editing.mark_of(block)
            editing.save_block(block, by=self.trainer, base=base, values={"body": words})

    def change_lesson(self):
        if lessons := self.lessons():
            lesson = self.random.choice(lessons)
            values = {
                "title": both(f"Title {self.random.randrange(1000)}"),
                "slug": lesson.slug,
                "required": self.random.random() < 0.6,
            }
            if lesson.kind == "quiz":
                limit = self.random.choice([0, 30])
                values["settings"] = {"pass_percent": 50, "attempts": 0, "time_limit": limit}
            base = editing.mark_of(lesson)
            editing.save_lesson(lesson, by=self.trainer, base=base, values=values)

    def add(self):
        modules = list(self.draft.modules.order_by("pk"))
        if modules and len(self.lessons()) < 8:
            module = self.random.choice(modules)
            make_lesson(module, kind=self.random.choice(["page", "quiz", "live"]))
            editing.touch(self.draft, self.trainer)

    def remove(self):
        lessons = self.lessons()
        if len(lessons) > 2:
            removing.delete(self.draft, self.random.choice(lessons), by=self.trainer)

    def put_back(self):
        if gone := list(Removed.objects.filter(draft=self.draft).order_by("pk")):
            one = self.random.choice(gone)
            back = restoring.bring_back if one.kind == "draft" else removing.put_back
            back(one, by=self.trainer)

    def move(self):
        lessons = self.lessons()
        if len(lessons) > 1:
            one, other = self.random.sample(lessons, 2)
            editing.move_lesson(one, by=self.trainer, into=other.module, before=other)

    def move_parts(self):
        """Modules, and what stands in a lesson."""
        if self.draft.modules.count() < 2:
            draft, key = self.draft, self.uuid()
            editing.add_module(draft, by=self.trainer, key=key, title=both("Module"))
        modules = list(self.draft.modules.order_by("position"))
        editing.move_module(modules[-1], by=self.trainer, before=modules[0])
        questions = list(Question.objects.filter(lesson__module__draft=self.draft).order_by("pk"))
        if questions:
            question = self.random.choice(questions)
            editing.move_question(question, by=self.trainer, before=None)
        if lessons := [one for one in self.lessons() if one.kind == "page"]:
            lesson = self.random.choice(lessons)
            block = editing.add_block(lesson, by=self.trainer, key=self.uuid(), kind="text")
            first = lesson.blocks.order_by("position").first()
            editing.move_block(block, by=self.trainer, before=first)

    def translate(self):
        texts = [text for text in all_texts(freeze(self.fresh())) if text.source]
        text = self.random.choice(texts)
        words = "<p>Otra.</p>" if text.html else "Otra"
        place = wording.Place(text.item, text.path, "es")
        base = wording.base_of(text, "es")
        saved = wording.put(self.draft, place, words, by=self.trainer, base=base)
        base = wording.base_of(saved, "es")
        wording.review(self.draft, place, by=self.reviewer, base=base)

    def mend_a_key(self):
        """Another answer is right, in the draft and for those who were asked. The preview is what
        happens."""
        course = self.fresh().course
        lessons = {str(lesson.uuid): lesson for lesson in self.lessons()}
        asked = [item for item in document_of(course.current_id).lessons if item.uuid in lessons]
        quizzes = [lessons[item.uuid] for item in asked if item.kind == "quiz"]
        rows = list(Question.objects.filter(lesson__in=quizzes).order_by("pk"))
        if not rows:
            return
        row = self.random.choice(rows)
        prompt = row.body["prompt"]["en"]
        values = {"body": single(prompt, right=self.random.choice("abc"))}
        base = editing.mark_of(row)
        row = editing.save_question(row, by=self.trainer, base=base, values=values)
        item = str(row.lesson.uuid)
        question = document.Question(str(row.uuid), row.kind, row.points, row.body)
        told, before = regrading.preview(course, item, question), Regrade.objects.count()
        regrading.correct(course, item, question, by=self.trainer, reason="The key was wrong.")
        self.work()
        assert Regrade.objects.count() == before + told.higher, self.told

    def go_back(self):
        version = self.random.choice(list(CourseVersion.objects.filter(course=self.draft.course)))
        restoring.restore(self.fresh(), version, by=self.trainer)

    def take_a_zip(self):
        self.zips.append(exported(self.fresh().course))

    def import_a_zip(self):
        if self.zips:
            bring_in(Package(self.random.choice(self.zips)), by=self.trainer)

    def terms(self):
        policy = self.random.choice(list(Policy.values))
        due = timezone.localdate() + timedelta(days=9) if policy == Policy.REQUIRED else None
        return {"by": self.trainer, "policy": policy, "due_on": due}

    def publish(self):
        if self.fresh().course.review_needed and self.random.random() < 0.7:
            self.ask_and_answer()
        publish(self.fresh(), **self.terms())

    def plan(self):
        if self.fresh().course.review_needed and self.random.random() < 0.7:
            self.ask_and_answer()
        draft, at = self.fresh(), timezone.now() + LATER / 2
        planning.plan(draft, publish_at=at, expected_revision=draft.revision, **self.terms())

    def tick(self):
        """Hours later: plans are due, and the time of some tries is over."""
        planning.publish_due(timezone.now() + LATER)
        assessment.send_what_is_over(timezone.now() + LATER)

    def ask_and_answer(self):
        """A review is asked for; sometimes the draft goes on changing before it is answered."""
        draft = self.fresh()
        review = approving.ask(draft, by=self.trainer, revision=draft.revision)
        if self.random.random() < 0.2:
            self.edit()
        approving.decide(
            review,
            by=self.reviewer,
            approve=self.random.random() < 0.8,
            revision=draft.revision,
            answer="So.",
        )

    def ask_for_reviews(self):
        course = self.fresh().course
        needed = not course.review_needed
        by = make_person(is_superuser=True) if course.review_needed else self.trainer
        people = duties.named(course)
        base = duties.mark_of(course, people)
        duties.arrange(course, people, review_needed=needed, by=by, base=base)

    def work(self):
        while outbox.work():
            pass

    # --- Acts of learners

    def come(self):
        course = self.fresh().course
        enrolment = enrol(self.random.choice(self.people), course)
        assert enrolment.pk in self.versions or enrolment.version_id == course.current_id, self.told

    def learn(self):
        """Some of what is still missing, or something once more."""
        enrolment = self.random.choice(list(Enrolment.objects.with_record().order_by("pk")))
        status = enrolment.status
        missing = status.missing or status.requirements
        for requirement in missing[: self.random.randrange(1, 4)]:
            enrolment.record(
                requirement.needs,
                requirement.item,
                source="walk",
                reference=str(self.random.randrange(3)),
                value={"percent": self.random.randrange(101), "minutes": 5},
            )

    def take(self):
        """A quiz of the own version: begun, answered in part or whole, left open or sent."""
        going = list(Enrolment.objects.latest_cycle().select_related("course"))
        enrolment = self.random.choice(going)
        quizzes = [one for one in document_of(enrolment.version_id).lessons if one.kind == "quiz"]
        if quizzes:
            attempt = assessment.start(enrolment, self.random.choice(quizzes))
            asked = list(assessment.questions_of(attempt))
            answered = self.random.sample(asked, self.random.randrange(len(asked) + 1))
            sent = {question: [self.random.choice("abc")] for question in answered}
            assert not assessment.save(attempt, sent), self.told
            if self.random.random() < 0.7:
                assessment.submit(attempt)

    def have_more_time(self):
        person, course = self.random.choice(self.people), self.fresh().course
        percent = self.random.choice([25, 50, 100])
        clock.grant(course, person, by=self.trainer, percent=percent, minutes=0, reason="Agreed.")

    def read(self):
        """The learner's own pages in either language: what their version says, all of it."""
        going = list(Enrolment.objects.latest_cycle().select_related("course", "person"))
        enrolment = self.random.choice(going)
        lessons, slug = document_of(enrolment.version_id).lessons, enrolment.course.slug
        lesson, language = self.random.choice(lessons), self.random.choice(["en", "es"])
        browser = Client()
        browser.force_login(enrolment.person)
        for name, args, shown in [
            ("course", [slug], lessons),
            ("lesson", [slug, lesson.slug], [lesson]),
        ]:
            with override(language):
                page = browser.get(reverse(f"courses:{name}", args=args))
            assert page.status_code == 200, self.told
            missing = [one for one in shown if said(one.title, language) not in page.text]
            assert not missing, self.told

    # --- What always holds

    def step(self):
        act = self.random.choice(
            [self.edit, self.change_lesson, self.add, self.remove, self.put_back, self.move]
            + [self.move_parts, self.translate, self.mend_a_key, self.go_back]
            + [self.take_a_zip, self.import_a_zip, self.work, self.plan, self.tick]
            + [self.ask_for_reviews, self.ask_and_answer, self.have_more_time]
            + [self.publish] * 4
            + [self.come, self.read, self.learn, self.learn, self.learn]
            + [self.take] * 4
        )
        self.told.append(act.__name__)
        try:
            act()
        except ValidationError as refusal:  # a draft that cannot be published, and the like
            self.told[-1] += f" refused: {refusal.messages[0]}"
        self.look()

    def look(self):
        for model, seen in self.seen.items():
            now = {row["pk"]: row for row in model.objects.values("pk", *_fields(model))}
            assert {pk: now.get(pk) for pk in seen} == seen, self.told
            seen.update(now)
        for enrolment in Enrolment.objects.with_record():
            status = enrolment.status
            assert 0 <= status.percent <= 100, self.told
            assert status.percent < 100 or status.complete, self.told
        self.look_at_scores()
        self.look_at_versions()

    def look_at_scores(self):
        sent = Attempt.objects.filter(submitted_at__isnull=False).prefetch_related("regrades")
        now = {each.pk: (each.standing.passed, each.standing.percent) for each in sent}
        fallen = [pk for pk, score in self.scores.items() if now.get(pk, ()) < score]
        assert not fallen, self.told
        self.scores = now

    def look_at_versions(self):
        """Only a new version whose policy says so moves people, all of it and who is not done."""
        now, current = self.where_they_are(), self.fresh().course.current
        for pk, version in self.versions.items():
            moves = current.policy != Policy.UPDATE and pk not in self.done
            assert now[pk] == version or (moves and now[pk] == current.pk), self.told
        reviews = DraftReview.objects.filter(course=self.draft.course, state="approved")
        if self.draft.course.review_needed and current.pk not in self.known:
            assert reviews.filter(sha256=current.sha256).exists(), self.told
        self.known = set(CourseVersion.objects.values_list("pk", flat=True))
        self.versions = now
        self.done = set(Completion.objects.values_list("enrolment", flat=True))

    def where_they_are(self):
        return dict(Enrolment.objects.values_list("pk", "version"))

    def uuid(self):
        return uuid.UUID(int=self.random.getrandbits(128), version=4)


def _fields(model):
    return [field.attname for field in model._meta.concrete_fields if field.attname != "id"]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_was_earned_is_ever_lost(seed):
    walk = Walk(seed)
    for _ in range(STEPS):
        walk.step()

    assert {"publish", "learn", "take"} <= set(walk.told), walk.told
