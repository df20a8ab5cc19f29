"""The pages on which a course leaves as a zip and comes in from one."""

import datetime
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from courses.models import Block, Course
from courses.publishing import publish
from courses.studio import editing, uploads
from tests.factories import both, make_person
from tests.studio.test_packing import exported, forget

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def published(draft, trainer):
    publish(draft, by=trainer, policy="update")
    return draft


def send(studio, data, name="course.zip"):
    return studio.post(reverse("studio:import"), {"file": SimpleUploadedFile(name, data)})


def test_a_course_is_downloaded_whole(studio, published, url):
    answer = studio.get(url("studio:export"))

    data = b"".join(answer.streaming_content)
    assert data == exported(published.course).getvalue()
    assert answer["Content-Disposition"] == f'attachment; filename="{published.course.slug}.zip"'
    assert answer["Cache-Control"] == "private, no-store"
    assert "draft.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_a_new_course_comes_in_after_a_look_at_it(studio, published, trainer):
    file, slug = exported(published.course).getvalue(), published.course.slug
    forget(published.course)

    preview = send(studio, file)["Location"]
    page = studio.get(preview)
    assert "The course is new to this site." in page.content.decode()
    assert "1 version added" in page.content.decode()
    assert not Course.objects.filter(slug=slug).exists()
    answer = studio.post(preview, {"revision": 0, "slug": slug})

    assert answer.status_code == 303
    assert answer["Location"] == reverse("studio:course", args=[slug])
    assert "Imported." in studio.get(answer["Location"]).content.decode()
    # Sent again, it changes nothing.
    assert studio.post(preview, {"revision": 0, "slug": slug}).status_code == 303
    assert Course.objects.get(slug=slug).versions.count() == 1


def test_the_preview_shows_what_would_change_in_a_course_that_is_here(studio, published, trainer):
    file = exported(published.course).getvalue()
    block = Block.objects.filter(lesson__module__draft=published).first()
    editing.save_block(block, by=trainer, base="1", values={"body": both("<p>Later words.</p>")})

    preview = send(studio, file)["Location"]
    page = studio.get(preview)

    assert "This site has the course already." in page.content.decode()
    assert "<del>" in page.content.decode()
    assert Block.objects.get(pk=block.pk).body == both("<p>Later words.</p>")
    published.refresh_from_db()
    assert studio.post(preview, {"revision": published.revision}).status_code == 303
    assert Block.objects.get(pk=block.pk).body == both("<p>Words.</p>")


def test_a_draft_that_changed_since_the_preview_is_kept(studio, published, trainer):
    file = exported(published.course).getvalue()
    block = Block.objects.filter(lesson__module__draft=published).first()
    block = editing.save_block(block, by=trainer, base="1", values={"body": both("<p>One.</p>")})
    preview = send(studio, file)["Location"]
    published.refresh_from_db()
    seen = published.revision
    editing.save_block(block, by=trainer, base="2", values={"body": both("<p>Precious.</p>")})

    answer = studio.post(preview, {"revision": seen})

    assert answer.status_code == 422
    assert "The draft was changed after you opened this page." in answer.content.decode()
    assert Block.objects.get(pk=block.pk).body == both("<p>Precious.</p>")
    # The page that answers shows the draft as it is now, and takes it next time.
    published.refresh_from_db()
    assert f'name="revision" value="{published.revision}"' in answer.content.decode()


def test_what_is_here_already_is_said(studio, published):
    preview = send(studio, exported(published.course).getvalue())["Location"]

    assert "Nothing to import" in studio.get(preview).content.decode()


def test_an_address_that_is_taken_is_asked_for_beside_the_field(studio, published):
    from tests.factories import make_draft

    file, slug = exported(published.course).getvalue(), published.course.slug
    forget(published.course)
    make_draft(slug=slug)
    preview = send(studio, file)["Location"]
    assert studio.get(preview).status_code == 200

    refused = studio.post(preview, {"revision": 0, "slug": slug})
    assert refused.status_code == 422
    assert "slug" in refused.context["form"].errors
    assert studio.post(preview, {"revision": 0, "slug": "another"}).status_code == 303


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\5\6" + b"\0" * 18])
def test_what_is_no_course_is_refused_beside_the_field(studio, data):
    answer = send(studio, data)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"file"}


def test_no_file_at_all_is_refused(studio):
    assert studio.post(reverse("studio:import"), {}).status_code == 422


def test_a_file_that_is_too_large_is_refused(studio, monkeypatch):
    monkeypatch.setattr("courses.studio.exchange.LARGEST", 10)

    assert "is larger than" in send(studio, b"12345678901").content.decode()


def test_nobody_opens_what_another_person_sent(studio, client, published):
    preview = send(studio, exported(published.course).getvalue())["Location"]

    for person in (make_person(may_author=True), make_person(is_staff=True), make_person()):
        client.force_login(person)
        assert client.get(preview).status_code == 404
        assert client.post(preview, {"revision": 0}).status_code == 404
    client.logout()
    assert client.get(preview)["Location"].startswith(reverse("account_login"))


def test_uploads_are_thrown_away_after_a_day(studio, published):
    preview = send(studio, exported(published.course).getvalue())["Location"]
    now = timezone.now()

    assert uploads.throw_away_old(now) == "0 old uploads removed"
    assert uploads.throw_away_old(now + datetime.timedelta(days=2)) == "1 old uploads removed"
    assert studio.get(preview).status_code == 404
