"""Long random histories: authors edit, publish, go back and import while people learn.

Whatever happens, no completion, evidence or credited minute ever disappears or changes, nobody is
at more than 100 percent, and whoever is under way sees one version, whole.
"""

import random

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.enrolling import enrol
from courses.models import Block, Completion, CourseVersion, Draft, Enrolment, Evidence, Lesson
from courses.models.course import document_of
from courses.packing import Package
from courses.publishing import Policy, freeze, publish
from courses.studio import editing, removing, wording
from courses.studio.importing import bring_in
from courses.studio.restoring import restore
from courses.translations import all_texts
from lms import outbox
from tests.factories import both, make_draft, make_lesson, make_person
from tests.studio.test_packing import exported

pytestmark = pytest.mark.django_db
STEPS = 45


class Walk:
    """One course, two authors' worth of acts, four learners."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.trainer = make_person(may_author=True)
        self.draft = make_draft(lessons=["page", "page", "live", "quiz"])
        publish(self.fresh(), by=self.trainer, policy="update")
        self.people = [make_person() for _ in range(4)]
        self.told, self.zips = [], []
        self.seen = {Completion: {}, Evidence: {}}
        enrol(self.people[0], self.fresh().course)

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
            base = editing.mark_of(lesson)
            editing.save_lesson(lesson, by=self.trainer, base=base, values=values)

    def add(self):
        module = self.draft.modules.order_by("pk").first()
        if module is not None and len(self.lessons()) < 8:
            make_lesson(module, kind=self.random.choice(["page", "quiz", "live"]))
            editing.touch(self.draft, self.trainer)

    def remove(self):
        lessons = self.lessons()
        if len(lessons) > 2:
            removing.delete(self.draft, self.random.choice(lessons), by=self.trainer)

    def move(self):
        lessons = self.lessons()
        if len(lessons) > 1:
            one, other = self.random.sample(lessons, 2)
            editing.move_lesson(one, by=self.trainer, into=other.module, before=other)

    def translate(self):
        texts = [text for text in all_texts(freeze(self.fresh())) if text.source]
        text = self.random.choice(texts)
        words = "<p>Otra.</p>" if text.html else "Otra"
        wording.put(
            self.draft,
            wording.Place(text.item, text.path, "es"),
            words,
            by=self.trainer,
            base=wording.base_of(text, "es"),
        )

    def go_back(self):
        version = self.random.choice(list(CourseVersion.objects.filter(course=self.draft.course)))
        restore(self.fresh(), version, by=self.trainer)

    def take_a_zip(self):
        self.zips.append(exported(self.fresh().course))

    def import_a_zip(self):
        if self.zips:
            bring_in(Package(self.random.choice(self.zips)), by=self.trainer)

    def publish(self):
        before = dict(Enrolment.objects.values_list("pk", "version"))
        policy = self.random.choice(list(Policy.values))
        due = timezone.localdate() if policy == Policy.REQUIRED else None
        version = publish(self.fresh(), by=self.trainer, policy=policy, due_on=due)
        done = set(Completion.objects.values_list("enrolment", flat=True))
        for pk, now in Enrolment.objects.values_list("pk", "version"):
            moves = policy != Policy.UPDATE and pk not in done
            assert now == before[pk] or (moves and now == version.pk), self.told

    def work(self):
        while outbox.work():
            pass

    # --- Acts of learners

    def come(self):
        enrol(self.random.choice(self.people), self.fresh().course)

    def learn(self):
        going = list(Enrolment.objects.order_by("pk"))
        if going:
            enrolment = self.random.choice(going)
            rule = document_of(enrolment.version_id).rule["requirements"]
            requirement = self.random.choice(rule)
            enrolment.record(
                requirement["needs"],
                requirement["item"],
                source="walk",
                reference=str(self.random.randrange(3)),
                value={"percent": self.random.randrange(101), "minutes": 5},
            )

    def read(self):
        """The learner's own page of one lesson, as its version says it."""
        going = list(Enrolment.objects.latest_cycle().select_related("course", "person"))
        if going:
            enrolment = self.random.choice(going)
            lesson = self.random.choice(document_of(enrolment.version_id).lessons)
            browser = Client()
            browser.force_login(enrolment.person)
            page = browser.get(reverse("courses:lesson", args=[enrolment.course.slug, lesson.slug]))
            assert page.status_code == 200, self.told
            assert lesson.title["en"] in page.content.decode(), self.told

    # --- What always holds

    def step(self):
        act = self.random.choice(
            [self.edit, self.change_lesson, self.add, self.remove, self.move, self.translate]
            + [self.go_back, self.take_a_zip, self.import_a_zip, self.work]
            + [self.publish] * 3
            + [self.come, self.learn, self.learn, self.learn, self.read]
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


def _fields(model):
    return [field.attname for field in model._meta.concrete_fields if field.attname != "id"]


@pytest.mark.parametrize("seed", range(12))
def test_nothing_that_was_earned_is_ever_lost(seed):
    walk = Walk(seed)

    for _ in range(STEPS):
        walk.step()

    assert {"publish", "learn"} <= set(walk.told), walk.told
