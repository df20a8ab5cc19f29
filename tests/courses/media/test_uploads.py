"""Large files in pieces: nothing counted that is not on disk, nothing lost, nothing twice."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from courses.media import store, uploads
from courses.models import Media, Upload
from tests.factories import make_person
from tests.races import at_once

PDF = b"%PDF-1.7 " + bytes(range(256)) * 40
KEY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def to(course):
    return f"/studio/course/{course.slug}/media/uploads/"


def begin(studio, to, size=None):
    sent = {"key": KEY, "name": "Plan.pdf", "size": len(PDF) if size is None else size}
    return studio.post(to, sent)


def send(studio, address, offset, piece):
    return studio.patch(
        address, piece, "application/offset+octet-stream", headers={"Upload-Offset": str(offset)}
    )


@pytest.mark.django_db
def test_a_file_in_three_pieces_is_the_file(studio, to):
    begun = begin(studio, to)
    address = json.loads(begun.content)["address"]
    assert (begun.status_code, begun["Upload-Offset"]) == (201, "0")
    for start, stop in ((0, 4000), (4000, 9000), (9000, len(PDF))):
        answer = send(studio, address, start, PDF[start:stop])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(stop))
    done = studio.post(address)

    media = Media.objects.get()
    assert store.read(media.sha256) == PDF
    assert json.loads(done.content)["address"].endswith(f"/media/{media.uuid}/")
    assert json.loads(studio.post(address).content) == json.loads(done.content)
    assert Media.objects.count() == 1
    assert not uploads.path_of(Upload.objects.get()).exists()


@pytest.mark.django_db
def test_after_a_lost_answer_the_sender_learns_how_far_it_is(studio, to):
    address = json.loads(begin(studio, to).content)["address"]
    send(studio, address, 0, PDF[:4000])
    again = send(studio, address, 0, PDF[:4000])  # the answer was lost
    assert (again.status_code, again["Upload-Offset"]) == (409, "4000")
    assert studio.head(address)["Upload-Offset"] == "4000"
    assert json.loads(begin(studio, to).content)["received"] == 4000


@pytest.mark.django_db
def test_bytes_of_a_crash_between_disk_and_row_are_written_over(studio, to):
    address = json.loads(begin(studio, to).content)["address"]
    send(studio, address, 0, PDF[:4000])
    with open(uploads.path_of(Upload.objects.get()), "ab") as file:
        file.write(b"half a piece that no row speaks of" * 1000)
    send(studio, address, 4000, PDF[4000:])
    studio.post(address)
    assert store.read(Media.objects.get().sha256) == PDF


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("offset", "piece", "status"),
    [(0, PDF + b"more", 422), (5, PDF[5:], 409), ("x", PDF, 409), ("", PDF, 409), ("-1", PDF, 409)],
)
def test_a_piece_in_the_wrong_place_or_too_long_is_refused(studio, to, offset, piece, status):
    address = json.loads(begin(studio, to).content)["address"]
    assert send(studio, address, offset, piece).status_code == status
    assert Upload.objects.get().received == 0


@pytest.mark.django_db
def test_an_unfinished_file_is_not_taken(studio, to):
    address = json.loads(begin(studio, to).content)["address"]
    assert studio.post(address).status_code == 409
    assert Media.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("size", [0, -1, 300 * 2**20, "many", 10**40])
def test_a_size_that_cannot_be_kept_is_refused_at_once(studio, to, size):
    answer = begin(studio, to, size=size)
    assert answer.status_code == 422
    assert json.loads(answer.content)["problem"]


@pytest.mark.django_db
def test_a_file_that_is_no_film_is_refused_at_the_end_with_the_reason(studio, to):
    address = json.loads(begin(studio, to, size=4).content)["address"]
    send(studio, address, 0, b"MZ\0\0")
    answer = studio.post(address)
    assert answer.status_code == 422
    assert "cannot be kept here" in json.loads(answer.content)["problem"]


@pytest.mark.django_db
def test_an_upload_is_its_senders_alone(studio, to, client):
    address = json.loads(begin(studio, to).content)["address"]
    client.force_login(make_person(may_author=True))
    assert client.head(address).status_code == 404
    assert send(client, address, 0, PDF).status_code == 404


@pytest.mark.django_db
def test_what_nobody_went_on_with_is_forgotten_after_a_week(studio, to):
    address = json.loads(begin(studio, to).content)["address"]
    send(studio, address, 0, PDF[:4000])
    path = uploads.path_of(Upload.objects.get())
    now = timezone.now()
    assert uploads.forget_old_uploads(now) == ""
    assert uploads.forget_old_uploads(now + timedelta(days=8)) == "1 old uploads forgotten"
    assert not path.exists()


@pytest.mark.django_db(transaction=True)
def test_one_piece_sent_twice_at_the_same_moment_counts_once(course, trainer):
    upload = uploads.begin(course, key=uuid.uuid4(), name="a.pdf", size=len(PDF), by=trainer)

    def piece():
        try:
            uploads.append(upload, 0, PDF[:5000])
        except uploads.WrongOffset as wrong:
            return wrong.received
        return "taken"

    assert sorted(map(str, at_once(*[piece] * 6))) == ["5000"] * 5 + ["taken"]
    upload.refresh_from_db()
    assert upload.received == 5000
    assert uploads.path_of(upload).stat().st_size == 5000


@pytest.mark.django_db(transaction=True)
def test_finishing_twice_at_the_same_moment_gives_one_file(course, trainer):
    """Control: without the second look at the row, whoever comes when the bytes are gone fails
    with FileNotFoundError; without the lock on the course in `take_in`, PostgreSQL raises
    IntegrityError.
    """
    for n in range(3):
        data = PDF + bytes([n])
        upload = uploads.begin(course, key=uuid.uuid4(), name="a.pdf", size=len(data), by=trainer)
        upload = uploads.append(upload, 0, data)

        def finish(pk=upload.pk):
            return uploads.finish(Upload.objects.get(pk=pk), by=trainer)

        made = at_once(*[finish] * 4)
        assert len({getattr(one, "pk", one) for one in made}) == 1, made
        assert Media.objects.count() == n + 1
        assert not uploads.path_of(upload).exists()


@pytest.mark.django_db
def test_whoever_comes_when_the_bytes_are_gone_gets_the_file(course, trainer):
    upload = uploads.begin(course, key=uuid.uuid4(), name="a.pdf", size=len(PDF), by=trainer)
    upload = uploads.append(upload, 0, PDF)
    late = Upload.objects.get(pk=upload.pk)
    media = uploads.finish(upload, by=trainer)
    assert uploads.finish(late, by=trainer) == media
