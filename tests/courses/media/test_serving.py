"""Files are private to the course's people, and players get the parts they ask for."""

import io

import pytest

from courses.media import library
from tests.factories import enrolled, make_course, make_person

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7 " + bytes(range(256)) * 40


@pytest.fixture
def course(db):
    return make_course()


@pytest.fixture
def file(course, trainer):
    return library.take_in(course, io.BytesIO(PDF), "Plan (v2).pdf", by=trainer)


@pytest.fixture
def to(course, file):
    return f"/courses/{course.slug}/media/{file.sha256}/{file.name}"


@pytest.fixture
def learner(client, person, course):
    enrolled(person, course)
    client.force_login(person)
    return client


def test_only_the_people_of_the_course_get_a_file(to, client, course, trainer, person):
    assert client.get(to).status_code == 302
    client.force_login(make_person())
    assert client.get(to).status_code == 404
    enrolled(person, course)
    for one in (person, trainer):
        client.force_login(one)
        assert b"".join(client.get(to)) == PDF


def test_a_file_of_another_course_is_not_found_through_this_one(file, learner):
    other = make_course()
    assert learner.get(f"/courses/{other.slug}/media/{file.sha256}/x").status_code == 404
    assert learner.get(f"/courses/{file.course.slug}/media/{'0' * 64}/x").status_code == 404
    assert learner.get(f"/courses/{file.course.slug}/media/../x").status_code == 404


def test_a_file_can_do_nothing_where_it_is_shown(to, learner):
    answer = learner.get(to)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="Plan_v2.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    answer.close()


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-3", PDF[:4]),
        ("bytes=10-", PDF[10:]),
        ("bytes=-5", PDF[-5:]),
        ("bytes=10000-99999999", PDF[10000:]),
        ("bytes=-99999999", PDF),
    ],
)
def test_a_player_gets_the_part_it_asks_for(to, learner, asked, part):
    answer = learner.get(to, headers={"Range": asked})
    start = len(PDF) - len(part) if asked != "bytes=0-3" else 0
    assert (answer.status_code, answer.content) == (206, part)
    assert answer["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(PDF)}"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", f"bytes={len(PDF)}-"])
def test_a_part_beyond_the_end_is_refused_with_the_size(to, learner, asked):
    answer = learner.get(to, headers={"Range": asked})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(PDF)}")


@pytest.mark.parametrize(
    "asked", ["bytes=-", "bytes=5-1", "bytes=0-1,4-5", "lines=1-2", "bytes=x-"]
)
def test_a_range_that_makes_no_sense_gives_the_whole_or_a_refusal(to, learner, asked):
    answer = learner.get(to, headers={"Range": asked})
    assert answer.status_code in {200, 416}
    answer.close()


def test_what_the_browser_has_is_not_sent_again(to, learner):
    tag = learner.head(to)["ETag"]
    answer = learner.get(to, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    other = learner.get(to, headers={"Range": "bytes=0-3", "If-Range": '"another"'})
    assert b"".join(other) == PDF


def test_a_transcript_is_for_who_may_see_the_film(course, trainer, learner, client):
    film = library.take_in(
        course, io.BytesIO(b"\0\0\0\x18ftypisom" + b"\0" * 99), "a.mp4", by=trainer
    )
    to = f"/courses/{course.slug}/media/{film.sha256}/transcript/"
    assert learner.get(to).status_code == 404
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>Hello &lt;all&gt;.\n"
    library.save_captions(film, "en", text, base=0, by=trainer)
    assert "Ana: Hello &lt;all&gt;." in learner.get(to).content.decode()
    client.force_login(make_person())
    assert client.get(to).status_code == 404
