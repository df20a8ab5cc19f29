"""One promise: a trainer makes a course without JavaScript, and a learner completes it."""

import re
import uuid

import pytest
from django.urls import reverse

from courses.models import Completion, Course, Draft, Enrolment
from tests.factories import enrolled, make_person

pytestmark = pytest.mark.django_db


def field(html, name):
    """The value of a hidden field in a page."""
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', html).group(1)


def follow(client, answer):
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    page = client.get(answer["Location"])
    assert page.status_code == 200
    return page.content.decode()


def test_from_an_empty_studio_to_a_completion(studio, client, trainer):
    page = studio.get(reverse("studio:courses")).content.decode()
    assert "No courses yet" in page

    form = studio.get(reverse("studio:new-course")).content.decode()
    page = follow(
        studio,
        studio.post(
            reverse("studio:new-course"),
            {
                "key": field(form, "key"),
                "title_en": "Language Access, Briefly",
                "title_es": "Acceso lingüístico, en breve",
                "slug": "",
                "format": "self-paced",
                "hours": "0.5",
            },
        ),
    )
    course = Course.objects.get(slug="language-access-briefly")
    assert "The outline is empty" in page

    page = follow(
        studio,
        studio.post(
            reverse("studio:add-module", args=[course.slug]),
            {"key": field(page, "key"), "title_en": "Basics", "title_es": "Lo básico"},
        ),
    )
    module = course.draft.modules.get()
    add = reverse("studio:add-lesson", args=[course.slug, module.uuid])
    for title, kind in [("Read this", "page"), ("Check yourself", "quiz")]:
        sent = {"key": uuid.uuid4(), "title_en": title, "title_es": "", "kind": kind}
        follow(studio, studio.post(add, sent))
    reading, quiz = module.lessons.order_by("position")

    page = follow(
        studio,
        studio.post(
            reverse("studio:add-block", args=[course.slug, reading.uuid]),
            {"key": uuid.uuid4(), "kind": "text"},
        ),
    )
    block = reading.blocks.get()
    follow(
        studio,
        studio.post(
            reverse("studio:block", args=[course.slug, reading.uuid, block.uuid]),
            {
                "base": field(page, "base"),
                "body_en": "Ask people **which language** they want.\n\nThen use it.",
                "body_es": "<p>Pregunte qué idioma quieren.</p>",
                "done": "1",
            },
        ),
    )
    block.refresh_from_db()
    assert block.body == {
        "en": "<p>Ask people <strong>which language</strong> they want.</p>\n<p>Then use it.</p>",
        "es": "<p>Pregunte qué idioma quieren.</p>",
    }

    new = reverse("studio:new-question", args=[course.slug, quiz.uuid])
    form = studio.get(new, {"kind": "single"}).content.decode()
    answers = {"text_0_en": "The doctor", "text_1_en": "The person", "text_1_es": "La persona"}
    follow(
        studio,
        studio.post(
            new,
            {
                "key": field(form, "key"),
                "kind": "single",
                "rows": "4",
                "prompt_en": "Who chooses the language?",
                "prompt_es": "¿Quién elige el idioma?",
                "right": "1",
                "points": "1",
                "feedback_0_en": "Not quite.",
                **answers,
            },
        ),
    )

    page = studio.get(reverse("studio:publish", args=[course.slug])).content.decode()
    assert "Before this can be published" not in page
    page = follow(
        studio,
        studio.post(
            reverse("studio:publish", args=[course.slug]),
            {"revision": field(page, "revision"), "note": "The first one."},
        ),
    )
    assert "Version 1 is published" in page

    learner = make_person(name="Ana Ruiz")
    enrolment = enrolled(learner, Course.objects.get(pk=course.pk))
    client.force_login(learner)
    lesson = reverse("courses:lesson", args=[course.slug, "read-this"])
    assert "which language" in client.get(lesson).content.decode()
    client.post(reverse("courses:finish", args=[course.slug, "read-this"]))
    client.post(reverse("courses:start", args=[course.slug, "check-yourself"]), {"number": "1"})
    attempt = enrolment.attempts.get()
    question = quiz.questions.get()
    right = next(o["id"] for o in question.body["options"] if o["right"])
    client.post(
        reverse("courses:submit", args=[course.slug, "check-yourself"]),
        {f"q-{question.uuid}": right, "attempt": str(attempt.uuid)},
    )
    completion = Completion.objects.get(enrolment=enrolment)
    assert completion.score == 100
    assert Draft.objects.get(course=course).changed_by == trainer
    assert Enrolment.objects.get().version.author == trainer
