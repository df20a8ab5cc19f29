"""The media library as a trainer uses it."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from courses.media import library
from courses.models import Media
from tests.courses.media.conftest import picture

pytestmark = pytest.mark.django_db

FILM = b"\0\0\0\x18ftypisom" + b"\0" * 99
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n"


@pytest.fixture
def to(course):
    return f"/studio/course/{course.slug}/media/"


@pytest.fixture
def film(course, trainer):
    return library.take_in(course, io.BytesIO(FILM), "walk.mp4", by=trainer)


def test_a_file_is_added_without_a_script_and_then_described(studio, to):
    sent = SimpleUploadedFile("clinic.png", picture(), "image/png")
    answer = studio.post(to, {"file": sent})
    media = Media.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{to}{media.uuid}/")
    assert "No description yet" in studio.get(to).content.decode()

    base = library.mark_of(media)
    page = f"{to}{media.uuid}/"
    answer = studio.post(page, {"base": base, "words_en": "A clinic", "words_es": "Una clínica"})
    assert answer.status_code == 303
    media.refresh_from_db()
    assert media.words == {"en": "A clinic", "es": "Una clínica"}
    assert "No description yet" not in studio.get(to).content.decode()


def test_a_file_that_is_not_taken_is_told_beside_the_field(studio, to):
    answer = studio.post(to, {"file": SimpleUploadedFile("x.exe", b"MZ\0")})
    assert answer.status_code == 422
    assert "cannot be kept here" in answer.content.decode()


def test_older_words_do_not_write_over_newer_ones_and_stay_in_the_form(studio, to, film):
    base = library.mark_of(film)
    library.save_words(film, {"en": "Newer"}, base=base, by=None)
    mine = {"base": base, "words_en": "Mine", "words_es": ""}
    answer = studio.post(f"{to}{film.uuid}/", mine)
    assert answer.status_code == 422
    page = " ".join(answer.content.decode().split())
    assert 'value="Mine"' in page
    assert 'Saved now: Title (English)</h3> <p lang="en">Newer</p>' in page
    film.refresh_from_db()
    assert film.words == {"en": "Newer"}

    seen = answer.context["conflict"]["mark"]
    library.save_words(film, {"en": "Newest"}, base=seen, by=None)
    again = studio.post(f"{to}{film.uuid}/", {**mine, "replace": seen})
    assert "Newest" in again.content.decode(), "only what was seen is written over"
    seen = again.context["conflict"]["mark"]
    assert studio.post(f"{to}{film.uuid}/", {**mine, "replace": seen}).status_code == 303
    film.refresh_from_db()
    assert film.words == {"en": "Mine"}


def test_older_captions_stand_beside_the_newer_ones_until_somebody_decides(studio, to, film):
    page = f"{to}{film.uuid}/captions/en/"
    library.save_captions(film, "en", VTT, base=0, by=None)
    mine = VTT.replace("Hello.", "Mine.")
    file = SimpleUploadedFile("a.vtt", mine.encode())
    answer = studio.post(page, {"base": 0, "text": "WEBVTT", "file": file})
    assert answer.status_code == 422
    (one,) = answer.context["conflict"]["differences"]
    assert one.stored == VTT
    assert answer.context["form"]["text"].value() == mine
    assert film.captions.get().text == VTT

    seen = answer.context["conflict"]["mark"]
    assert studio.post(page, {"base": 0, "text": mine, "replace": seen}).status_code == 303
    assert film.captions.get().text == mine


def test_captions_tell_each_mistake_by_its_line_and_keep_what_was_typed(studio, to, film):
    page = f"{to}{film.uuid}/captions/es/"
    answer = studio.post(page, {"base": 0, "text": "WEBVTT\n\n1 -> 2\nHola.\n"})
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 3:" in body
    assert "Hola." in body
    assert studio.post(page, {"base": 0, "text": VTT}).status_code == 303
    assert film.captions.get().language == "es"
    assert "Hello." in studio.get(page).content.decode()


def test_captions_may_come_as_a_file(studio, to, film):
    page = f"{to}{film.uuid}/captions/en/"
    sent = SimpleUploadedFile("a.vtt", ("\ufeff" + VTT).replace("\n", "\r\n").encode())
    assert studio.post(page, {"base": 0, "text": "", "file": sent}).status_code == 303
    assert film.captions.get().text == VTT
    wrong = SimpleUploadedFile("a.vtt", "ñ".encode("latin-1"))
    answer = studio.post(page, {"base": 1, "text": "", "file": wrong})
    assert answer.status_code == 422
    assert "Save it as UTF-8" in answer.content.decode()


def test_srt_is_taken_and_its_mistakes_are_told_by_the_lines_one_sees(studio, to, film):
    page = f"{to}{film.uuid}/captions/en/"
    good = b"1\r\n00:00:01,000 --> 00:00:02,000\r\nHello.\r\n"
    backwards = good.replace(b"01,000", b"09,000")

    answer = studio.post(page, {"base": 0, "file": SimpleUploadedFile("a.srt", backwards)})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "Line 4: It ends before it begins." in shown
    assert "WEBVTT\n\n1\n00:00:09.000 --&gt; 00:00:02.000" in shown

    assert (
        studio.post(page, {"base": 0, "file": SimpleUploadedFile("a.srt", good)}).status_code == 303
    )
    assert film.captions.get().text == "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nHello.\n"


def test_a_picture_has_no_captions(studio, to, course, trainer):
    media = library.take_in(course, io.BytesIO(picture()), "a.png", by=trainer)
    assert studio.get(f"{to}{media.uuid}/captions/en/").status_code == 404


def test_a_removed_file_leaves_the_library_but_not_its_page(studio, to, film):
    for _twice in (1, 2):
        assert studio.post(f"{to}{film.uuid}/remove/").status_code == 303
    assert "walk.mp4" not in studio.get(to).content.decode()
    assert studio.get(f"{to}{film.uuid}/").status_code == 200


def test_a_block_shows_the_file_that_was_chosen(studio, course, draft, trainer):
    media = library.take_in(course, io.BytesIO(picture()), "a.png", by=trainer)
    lesson = draft.modules.get().lessons.get()
    block = lesson.blocks.create(kind="image", position=2)
    to = f"/studio/course/{course.slug}/lessons/{lesson.uuid}/blocks/{block.uuid}/"
    assert str(media.uuid) in studio.get(to).content.decode()
    sent = {"base": "1", "media": str(media.uuid), "body_en": "", "body_es": "", "done": "1"}

    assert studio.post(to, sent).status_code == 303
    block.refresh_from_db()
    assert block.settings["sha256"] == media.sha256
    page = studio.get(f"/studio/course/{course.slug}/lessons/{lesson.uuid}/").content.decode()
    assert f"/media/{media.sha256}/" in page

    answer = studio.post(to, {**sent, "base": "2", "media": "nonsense"})
    assert answer.status_code == 422


def test_a_file_of_another_course_cannot_be_chosen(studio, draft, trainer):
    from tests.factories import make_draft

    other = make_draft().course
    theirs = library.take_in(other, io.BytesIO(picture()), "a.png", by=trainer)
    lesson = draft.modules.get().lessons.get()
    block = lesson.blocks.create(kind="image", position=2)
    to = f"/studio/course/{draft.course.slug}/lessons/{lesson.uuid}/blocks/{block.uuid}/"
    sent = {"base": "1", "media": str(theirs.uuid), "body_en": "", "body_es": "", "done": "1"}
    assert studio.post(to, sent).status_code == 422
