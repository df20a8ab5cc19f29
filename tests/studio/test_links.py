import pytest
from django.utils import timezone

from courses.models import CheckedLink
from lms.models import OutboxEntry
from tests.factories import both

pytestmark = pytest.mark.django_db
URLS = ["https://dead.test/", "https://moved.test/", "https://shy.test/", "https://fine.test/"]


@pytest.fixture
def linked(draft, settings):
    settings.OUTGOING_HTTP = True
    body = "".join(f'<p><a href="{url}">words</a></p>' for url in URLS)
    draft.modules.get().lessons.get(kind="page").blocks.update(body=both(body))
    return draft


def answered():
    """What workers would have written."""
    now = timezone.now()
    for url, fields in zip(
        URLS,
        [
            {"state": "dead", "status": 404, "broke_at": now},
            {"state": "moved", "status": 301, "target": "https://new.test/"},
            {"state": "unsure", "why": "certificate"},
            {"state": "alive", "status": 200},
        ],
        strict=True,
    ):
        CheckedLink.objects.filter(url=url).update(checked_at=now, wanted_since=None, **fields)


def test_links_are_asked_by_a_form_and_never_in_the_request(studio, url, linked, monkeypatch):
    from lms import outgoing

    monkeypatch.setattr(outgoing, "ask", lambda *_a, **_k: pytest.fail("asked in a request"))

    assert "4 of 4 were not checked yet" in studio.get(url("studio:publish")).content.decode()
    for _again in range(2):
        sent = studio.post(url("studio:links"))
        assert (sent.status_code, sent["Location"]) == (303, url("studio:links"))
    assert "4 are being checked" in studio.get(url("studio:links")).content.decode()
    assert CheckedLink.objects.wanted().count() == 4
    assert OutboxEntry.objects.filter(kind="courses.links").count() == 1


def test_the_page_before_publishing_says_which_links_lead_nowhere(studio, url, linked):
    studio.post(url("studio:links"))
    answered()

    html = studio.get(url("studio:publish")).content.decode()

    assert "1 of 4 leads nowhere" in html
    for words in (
        *("https://dead.test/", "(404)", "https://moved.test/", "https://new.test/"),
        *("https://shy.test/", "certificate is not valid", "block 1"),
    ):
        assert words in html
    assert "https://fine.test/" not in html
    # It keeps nothing from being published.
    linked.refresh_from_db()
    done = studio.post(
        url("studio:publish"), {"revision": linked.revision, "note": "", "policy": "update"}
    )
    assert done.status_code == 303


def test_htmx_gets_the_part_and_asks_for_news_until_it_is_there(studio, url, linked, htmx):
    part = studio.post(url("studio:links"), headers=htmx).content.decode()
    assert part.lstrip().startswith('<section id="links"')
    assert "?look=1" in part
    assert "?look=8" in studio.get(url("studio:links"), {"look": 7}, headers=htmx).content.decode()
    last = studio.get(url("studio:links"), {"look": 40}, headers=htmx).content.decode()
    assert "?look=" not in last

    answered()
    assert "?look=" not in studio.get(url("studio:links"), headers=htmx).content.decode()


def test_a_site_that_asks_nobody_offers_no_check(studio, url, linked, settings):
    settings.OUTGOING_HTTP = False

    html = studio.get(url("studio:links")).content.decode()

    assert "Check the links" not in html
    assert "hx-post" not in html.partition('id="links"')[2]


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_the_same_for_any_number_of_links(
    studio, url, linked, count, django_assert_num_queries
):
    body = "".join(f'<a href="https://a.test/{n}">words</a>' for n in range(count))
    linked.modules.get().lessons.get(kind="page").blocks.update(body=both(body))
    studio.post(url("studio:links"))

    with django_assert_num_queries(10):  # session, person, draft, the tree in six, links
        studio.get(url("studio:links"))
