import pytest
from django.utils import timezone

from lms.models import OutboxEntry
from tests.browser import check_accessibility, sign_in
from tests.factories import make_person


@pytest.fixture
def entries(transactional_db):
    for n in range(3):
        OutboxEntry.objects.create(
            kind="mail",
            key=f"welcome:ana{n}@a-health-department-with-a-long-name.example.org",
            state=OutboxEntry.State.DEAD,
            attempts=8,
            outcome="SMTPServerDisconnected: Connection unexpectedly closed",
            finished_at=timezone.now(),
        )


@pytest.fixture
def carer(context, site, entries):
    sign_in(context, make_person(name="Cara", is_staff=True), site)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("prefix", ["", "/es"])
def test_the_outbox_has_no_barriers(carer, visitor, site, prefix, scheme):
    visitor.emulate_media(color_scheme=scheme)
    for state in OutboxEntry.State.values:
        visitor.goto(f"{site}{prefix}/staff/outbox/?state={state}")
        check_accessibility(visitor)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_outbox_fits_the_screen(carer, visitor, site, width):
    visitor.set_viewport_size({"width": width, "height": 900})
    visitor.goto(f"{site}/staff/outbox/")
    assert visitor.evaluate("document.documentElement.scrollWidth") == width


def test_trying_again_takes_the_entry_from_the_list_and_says_so(carer, visitor, site):
    visitor.goto(f"{site}/staff/outbox/")
    visitor.get_by_role("button", name="Try again: mail welcome:ana1").click()

    visitor.get_by_text("waits for a worker again").wait_for()
    assert visitor.get_by_role("button", name="Try again").count() == 2
    assert visitor.get_by_role("link", name="Waiting 1").is_visible()
