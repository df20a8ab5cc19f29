"""A large film over a bad line: pieces arrive, a lost one is asked for again."""

import io

import pytest
from playwright.sync_api import expect

from courses.media import library, store
from courses.models import Media
from tests.browser import check_accessibility, sign_in

pytestmark = pytest.mark.django_db(transaction=True)

FILM = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 75_000  # 18 MB: ten pieces


def test_a_film_arrives_whole_over_a_line_that_breaks(
    site, context, page, trainer, draft, tmp_path
):
    sign_in(context, trainer, site)
    path = tmp_path / "walk.mp4"
    path.write_bytes(FILM)
    broken, sent = [], []

    def line(route):
        if route.request.method == "PATCH" and len(broken) < 2:
            broken.append(route.request.headers["upload-offset"])
            route.abort()
            return
        if route.request.method == "PATCH":
            sent.append(int(route.request.headers["upload-offset"]))
            if len(sent) == 4:  # the session ends in between
                context.clear_cookies(name="sessionid")
        route.continue_()

    page.route("**/media/uploads/**", line)
    page.goto(f"{site}/studio/course/{draft.course.slug}/media/")
    check_accessibility(page)
    page.get_by_label("A file from your device").set_input_files(path)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    sign_in(context, trainer, site)  # as in another tab
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("walk.mp4")

    assert len(broken) == 2
    assert sent[:3] == [0, sent[1], 2 * sent[1]]
    assert sent[4] == sent[3]  # where it stopped, not from the beginning
    assert store.read(Media.objects.get().sha256) == FILM
    check_accessibility(page)

    sound = library.take_in(draft.course, io.BytesIO(b"ID3" + bytes(99)), "talk.mp3", by=trainer)
    page.goto(f"{site}/studio/course/{draft.course.slug}/media/{sound.uuid}/captions/en/")
    expect(page.locator("audio")).to_be_visible()  # its player has a height
