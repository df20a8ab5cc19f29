"""Files come into the library safely, once, and stay for the versions that show them."""

import io
import uuid
import zipfile

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from courses.document import Document
from courses.media import films, library, placing, store
from courses.models import Block, CourseFile, Media
from courses.publishing import publish
from courses.studio.editing import Stale, mark_of, save_block
from lms import outbox
from tests.courses.media.conftest import picture

pytestmark = pytest.mark.django_db

VTT = "WEBVTT\n\n00:00.500 --> 00:01.500\nA tone.\n"


def taken(course, trainer, data, name="photo.png"):
    return library.take_in(course, io.BytesIO(data), name, by=trainer)


def test_a_picture_is_written_anew_without_what_the_phone_put_in(course, trainer):
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    exif[0x0112] = 6  # held upright: turn it
    data = picture(900, 500, "jpg", exif=exif.tobytes())
    assert b"PhoneMaker" in data

    media = taken(course, trainer, data, "IMG 0001.JPG")

    kept = store.read(media.sha256)
    assert (media.kind, media.content_type, media.name) == ("image", "image/webp", "IMG_0001.webp")
    assert b"PhoneMaker" not in kept
    assert Image.open(io.BytesIO(kept)).size == (500, 900)
    assert (media.facts["width"], media.facts["height"]) == (500, 900)


def test_a_wide_picture_has_a_small_one_for_phones(course, trainer):
    media = taken(course, trainer, picture(1800, 900))
    small = store.read(media.facts["files"]["640"]["sha256"])
    assert Image.open(io.BytesIO(small)).size == (640, 320)
    assert CourseFile.objects.filter(course=course).count() == 2


def test_the_same_file_again_is_the_row_that_is_there_and_comes_back(course, trainer):
    first = taken(course, trainer, picture())
    library.remove(first)
    again = taken(course, trainer, picture(), "another name.png")
    assert (again.pk, again.removed_at, again.name) == (first.pk, None, "photo.webp")
    assert Media.objects.offered().count() == 1


def docx():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w/>")
    return file.getvalue()


def plain_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("setup.exe", "MZ")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kept"),
    [
        (b"%PDF-1.7 ...", "Plan.pdf", "Plan.pdf"),
        (docx(), "Plan.zip", "Plan.docx"),
        ("Año nuevo\n".encode(), "../../etc/passwd", "passwd.txt"),
        (b"%PDF-1.7", "«<script>».html", "script.pdf"),
        (b"%PDF-1.7", "...", "file.pdf"),
    ],
)
def test_what_a_file_is_comes_from_its_bytes_and_its_name_is_harmless(
    course, trainer, data, name, kept
):
    media = taken(course, trainer, data, name)
    assert (media.kind, media.name) == ("file", kept)


def moving_gif():
    file = io.BytesIO()
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00\x03\x00", "cannot be kept here"),
        (plain_zip(), "cannot be kept here"),
        (b"<svg onload='alert(1)' xmlns='http://www.w3.org/2000/svg'/>\0", "cannot be kept here"),
        (picture()[:200], "cannot be read"),
        (moving_gif(), "moves"),
        (b"\xff\xfe" + "text".encode("utf-16-le"), "cannot be kept here"),
    ],
)
def test_what_is_not_taken_is_told_why_and_leaves_nothing(course, trainer, data, told):
    with pytest.raises(ValidationError, match=told):
        taken(course, trainer, data)
    assert Media.objects.count() == CourseFile.objects.count() == 0


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(course, trainer):
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    with pytest.raises(ValidationError, match="too many pixels"):
        taken(course, trainer, file.getvalue())


def test_a_film_is_measured_and_gets_a_still_and_its_sound_alone(course, trainer, film):
    media = taken(course, trainer, film, "walk.MOV")
    assert (media.kind, media.name, media.facts) == ("video", "walk.mp4", {})

    outbox.work()

    media.refresh_from_db()
    assert (media.facts["seconds"], media.facts["width"]) == (2, 320)
    still, sound = media.facts["files"]["poster"], media.facts["files"]["audio"]
    assert Image.open(io.BytesIO(store.read(still["sha256"]))).format == "WEBP"
    assert films.sort_of(store.read(sound["sha256"])[:1024]).kind == "audio"
    assert sound["bytes"] < len(film)


def test_without_ffmpeg_a_film_stays_as_it_is(course, trainer, film, monkeypatch):
    monkeypatch.setattr(films.shutil, "which", lambda _name: None)
    media = taken(course, trainer, film, "walk.mp4")
    outbox.work()
    media.refresh_from_db()
    assert media.facts == {}
    assert store.read(media.sha256) == film


def test_a_film_that_is_none_does_no_harm(course, trainer):
    media = taken(course, trainer, b"\x00\x00\x00\x18ftypisom" + b"\x00" * 4000, "x.mp4")
    assert outbox.work()
    media.refresh_from_db()
    assert "files" not in media.facts


@pytest.fixture
def placed(draft, course, trainer):
    """A picture in a block of the draft, with a version that shows it."""
    media = taken(course, trainer, picture())
    block = draft.modules.get().lessons.get().blocks.create(kind="image", position=2)
    settings = placing.placed({}, media)
    save_block(block, by=trainer, base=mark_of(block), values={"settings": settings})
    publish(draft, by=trainer, policy="update")
    return media, block


def test_new_words_reach_the_draft_and_leave_published_versions_alone(placed, course, trainer):
    media, block = placed
    library.save_words(media, {"en": "Two nurses"}, base=library.mark_of(media), by=trainer)
    block.refresh_from_db()
    course.refresh_from_db()
    assert (block.settings["alt"], block.revision) == ({"en": "Two nurses"}, 3)
    (lesson,) = Document.read(course.current.document).lessons
    assert lesson.blocks[1].settings["alt"] == {}


def test_words_are_never_written_over_unseen(placed, trainer):
    media, _block = placed
    base = library.mark_of(media)
    library.save_words(media, {"en": "First"}, base=base, by=trainer)
    with pytest.raises(Stale):
        library.save_words(media, {"en": "Second"}, base=base, by=trainer)
    library.save_words(media, {"en": "First"}, base=base, by=trainer)  # the same again
    media.refresh_from_db()
    assert media.words == {"en": "First"}


def test_captions_are_checked_kept_and_guarded(course, draft, trainer):
    media = taken(course, trainer, b"\x00\x00\x00\x18ftypisom" + b"\x00" * 100, "x.mp4")
    block = (
        draft.modules.get()
        .lessons.get()
        .blocks.create(kind="video", settings=placing.placed({}, media), position=2)
    )
    with pytest.raises(ValidationError, match="Line 3: These times cannot be read"):
        library.save_captions(media, "en", "WEBVTT\n\n1 --> 2\nA", base=0, by=trainer)
    kept = library.save_captions(media, "en", VTT.replace("\n", "\r\n"), base=0, by=trainer)
    assert (kept.text, kept.revision) == (VTT, 1)
    assert library.save_captions(media, "en", VTT, base=0, by=trainer).revision == 1
    with pytest.raises(Stale):
        library.save_captions(media, "en", VTT.replace("tone", "bell"), base=0, by=trainer)
    tracks = Block.objects.get(pk=block.pk).settings["tracks"]
    assert tracks == [{"language": "en", "sha256": kept.sha256}]
    assert store.read(kept.sha256).decode() == VTT


def test_a_file_out_of_the_library_is_still_served_to_its_learners(placed, client, person, course):
    from tests.factories import enrolled

    media, _block = placed
    enrolled(person, course)
    library.remove(media)
    client.force_login(person)
    answer = client.get(f"/courses/{course.slug}/media/{media.sha256}/{media.name}")
    assert answer.status_code == 200
    assert b"".join(answer) == store.read(media.sha256)


def test_a_lesson_shows_its_picture_with_its_words(placed, client, person, draft, course, trainer):
    from tests.factories import enrolled

    media, _block = placed
    library.save_words(media, {"en": "Two <nurses>"}, base=library.mark_of(media), by=trainer)
    publish(draft, by=trainer, policy="correction")
    enrolment = enrolled(person, course)
    client.force_login(person)
    (lesson,) = enrolment.document.lessons
    page = client.get(f"/courses/{course.slug}/learn/{lesson.slug}/").content.decode()
    assert 'alt="Two &lt;nurses&gt;"' in page
    assert f"/media/{media.sha256}/photo.webp" in page
    assert 'width="900"' in page


def test_the_zip_of_a_course_brings_its_files_along(placed, course, trainer, media_root):
    import shutil

    from courses import packing
    from courses.models import Course, Draft
    from courses.packing import Package
    from courses.studio.importing import bring_in

    media, _block = placed
    library.save_words(media, {"en": "Two nurses"}, base=library.mark_of(media), by=trainer)
    file = io.BytesIO()
    packing.write(course, file)
    Draft.objects.filter(course=course).delete()
    Course.objects.filter(pk=course.pk).update(uuid=uuid.uuid4(), slug="gone", current=None)
    Media.objects.update(uuid=uuid.uuid4())
    shutil.rmtree(media_root)

    bring_in(Package(file), by=None)

    there = Media.objects.get(course__slug=course.slug)
    assert (there.uuid, there.words, there.added_by) == (media.uuid, {"en": "Two nurses"}, None)
    assert len(store.read(there.sha256)) == there.size
    again = io.BytesIO()
    packing.write(there.course, again)
    assert again.getvalue() == file.getvalue()


def test_a_zip_whose_media_lie_is_refused_whole(placed, course, trainer):
    from courses.media import enclosing
    from lms.zips import BadZip

    files = dict(enclosing.pack(course))
    media = Media.objects.get()
    for harm in (
        {f"files/{media.sha256}": b"other bytes"},
        {"library.json": files["library.json"].replace(b"image/webp", b"text/html")},
        {"library.json": b"[]"},
        {"library.json": files["library.json"].replace(b'"words":{', b'"words":{"fr":"x"')},
        {"files/extra": b"x"},
    ):
        with pytest.raises(BadZip):
            enclosing.unpack(course.draft, {**files, **harm})
