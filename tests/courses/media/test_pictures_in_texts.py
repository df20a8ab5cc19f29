"""Pictures of the course's library between the words of a lesson."""

import io
import uuid

import pytest

from courses import packing
from courses.media import library
from courses.models import Block, Course, Draft, Media
from courses.packing import Package
from courses.publishing import publish
from courses.studio import editing, wording
from courses.studio.importing import bring_in
from courses.words import texts_of
from lms.html import picture as marker
from tests.courses.media.conftest import picture
from tests.factories import both, enrolled

pytestmark = pytest.mark.django_db


@pytest.fixture
def media(course, trainer):
    return library.take_in(course, io.BytesIO(picture()), "clinic.png", by=trainer)


@pytest.fixture
def block(draft):
    return draft.modules.get().lessons.get().blocks.get()


def shows(media, words):
    return f"<p>Here: {marker(str(media.uuid), words)}</p>"


def save(block, trainer, **body):
    values = {"title": {}, "body": body, "settings": block.settings}
    return editing.save_block(block, by=trainer, base=editing.mark_of(block), values=values)


def test_a_lesson_shows_the_picture_at_its_size_and_without_waiting_for_it(
    media, block, draft, course, trainer, person, client
):
    save(block, trainer, en=shows(media, 'A &lt;door&gt; &amp; "two" chairs'))
    publish(draft, by=trainer, policy="correction")
    (lesson,) = enrolled(person, course).document.lessons
    client.force_login(person)

    page = client.get(f"/courses/{course.slug}/learn/{lesson.slug}/").content.decode()

    img = page[page.index('<img class="gw-inline-picture"') :].split("decoding")[0]
    assert 'alt="A &lt;door&gt; &amp; &quot;two&quot; chairs"' in img
    assert 'width="900" height="500"' in img
    assert 'loading="lazy"' in img
    assert " 640w, " in img
    small = img.split('srcset="')[1].split(" 640w")[0]
    assert b"".join(client.get(small)).startswith(b"RIFF")
    assert "<picture" not in page


def test_the_editor_keeps_pictures_of_its_course_and_of_no_other(
    media, block, draft, course, trainer, studio
):
    elsewhere = uuid.uuid4()
    lesson = block.lesson
    to = f"/studio/course/{course.slug}/lessons/{lesson.uuid}/blocks/{block.uuid}/"
    html = shows(media, "A door") + f"<p>{marker(str(elsewhere), 'Nothing')}</p>"

    studio.post(to, {"base": block.revision, "body_en": html, "body_es": ""})

    block.refresh_from_db()
    assert [one["media"] for one in block.settings["pictures"]] == [str(media.uuid)]
    page = studio.get(f"/studio/course/{course.slug}/lessons/{lesson.uuid}/").content.decode()
    assert page.count('<img class="gw-inline-picture"') == 1
    assert "Nothing" in page

    block.refresh_from_db()
    save(block, trainer, en="<p>No picture.</p>")
    assert "pictures" not in Block.objects.get(pk=block.pk).settings


def test_a_picture_chosen_in_a_translation_comes_along(media, block, draft, trainer):
    values = {"title": {}, "body": block.body, "settings": {}}
    (text,) = texts_of("block", str(block.uuid), values, kind="text")
    place = wording.Place(block.uuid, "body", "es")

    wording.put(
        draft, place, shows(media, "Una puerta"), by=trainer, base=wording.base_of(text, "es")
    )

    block.refresh_from_db()
    assert block.settings["pictures"][0]["sha256"] == media.sha256


def test_what_a_picture_shows_is_asked_for_before_publishing(media, block, trainer, studio):
    save(block, trainer, en=shows(media, ""))

    page = studio.get(f"/studio/course/{media.course.slug}/publish/").content.decode()

    assert "a picture in the text has no words for people who do not see it" in page


def test_the_dialog_offers_the_pictures_of_the_course(media, course, trainer, studio):
    library.save_words(media, both("A door"), base=library.mark_of(media), by=trainer)
    library.take_in(course, io.BytesIO(b"%PDF-1.7 plan"), "plan.pdf", by=trainer)

    page = studio.get(f"/studio/course/{course.slug}/pictures/").content.decode()

    assert page.count('type="radio"') == 1
    assert 'data-es="A door (es)"' in page
    seen = studio.get(f"/studio/course/{course.slug}/pictures/{media.uuid}/")
    assert seen["Location"].endswith("/clinic-640.webp")
    gone = studio.get(f"/studio/course/{course.slug}/pictures/{uuid.uuid4()}/")
    assert gone.status_code == 404


def test_the_zip_of_a_course_brings_the_pictures_of_its_texts(media, block, draft, course, trainer):
    save(block, trainer, en=shows(media, "A door"))
    publish(draft, by=trainer, policy="correction")
    file = io.BytesIO()
    packing.write(course, file)
    Draft.objects.filter(course=course).delete()
    Course.objects.filter(pk=course.pk).update(uuid=uuid.uuid4(), slug="gone", current=None)
    Media.objects.update(uuid=uuid.uuid4())

    bring_in(Package(file), by=trainer)

    there = Block.objects.get(lesson__module__draft__course__slug=course.slug)
    assert there.body["en"] == shows(media, "A door")
    assert there.settings["pictures"][0]["sha256"] == media.sha256
