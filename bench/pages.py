"""What each page asks of the database and of the processor, with few learners and with many."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from urllib.parse import urljoin

from django.urls import reverse

from bench.server import Answer, ask, sign_in
from certificates.models import Certificate
from courses.models import Enrolment
from people.models import User
from webinars.models import Registration, Webinar

RUNS = 30


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    cookie: str


@dataclass(frozen=True)
class Cost:
    queries: int
    milliseconds: float
    bare: float  # of the yardstick, in turns with the page

    @property
    def ratio(self) -> float:
        return self.milliseconds / self.bare


def pages() -> list[Page]:
    """Every kind of page that learners, hosts, trainers and carers open often."""
    learner = User.objects.get(email="learner00001@load.test")
    mine = Enrolment.objects.filter(person=learner).select_related("course").order_by("pk")
    enrolment = mine.filter(completions=None).first() or mine[0]
    lesson = enrolment.document.lessons[0]
    certificate = Certificate.objects.order_by("-pk")[0]
    seat = Registration.objects.filter(person=learner).select_related("webinar").first()
    at, me = {"slug": enrolment.course.slug}, sign_in(learner)
    found = [
        Page("home, signed out", reverse("home"), ""),
        Page("catalogue, signed out", reverse("courses:catalogue"), ""),
        Page("catalogue, a search", reverse("courses:catalogue") + "?q=data", ""),
        Page("course", reverse("courses:course", kwargs=at), me),
        Page("lesson", reverse("courses:lesson", kwargs=at | {"lesson": lesson.slug}), me),
        Page("my learning", reverse("me"), me),
        Page("transcript", reverse("certificates:transcript"), me),
        Page("certificate, signed out", certificate.get_absolute_url(), ""),
        Page("practices, signed out", reverse("library:practices"), ""),
        Page("webinars", reverse("webinars:schedule"), me),
        Page("profile", reverse("people:profile"), me),
        Page("outbox, carer", reverse("staff-outbox"), of("admin")),
    ]
    if seat is not None:
        at = {"slug": seat.webinar.slug}
        found += [
            Page("webinar", reverse("webinars:webinar", kwargs=at), me),
            Page("live room", reverse("webinars:room", kwargs=at), me),
            Page("host console", reverse("webinars:host", kwargs=at), of("host")),
        ]
    over = Webinar.objects.filter(state=Webinar.State.ENDED).first()
    if over is not None:
        decided = reverse("webinars:attendance", kwargs={"slug": over.slug})
        found.append(Page("attendance, host", decided, of("host")))
    return found


def of(key: str) -> str:
    return sign_in(User.objects.get(email=f"{key}@demo.test"))


def measure(application: Callable, page: Page, runs: int = RUNS) -> Cost | int:
    """The cost, or the status of a page that does not answer 200."""
    first = ask(application, page.path, page.cookie)
    if first.status != 200:
        return first.status
    queries = ask(application, page.path, page.cookie).queries
    yardstick = f"/bare/{queries}/"
    assert ask(application, yardstick, page.cookie).queries == queries, page
    page_times, bare_times = [], []
    for _ in range(runs):
        page_times.append(ask(application, page.path, page.cookie).seconds)
        bare_times.append(ask(application, yardstick, page.cookie).seconds)
    return Cost(queries, median(page_times) * 1000, median(bare_times) * 1000)


def first_view(application: Callable, page: Page) -> list[tuple[str, Answer]]:
    """The page and all that a browser with an empty cache fetches for it, compressed."""
    answer = ask(application, page.path, page.cookie)
    fetched = [(page.path, answer)]
    for address in _parts(page.path, answer.text):
        fetched.append((address, ask(application, address, page.cookie)))
    return fetched


def _parts(base: str, html: str) -> Iterator[str]:
    seen = set()
    wanted = re.findall(
        r'<link[^>]+rel="(?:stylesheet|preload|icon|modulepreload)"[^>]*>|<(?:script|img)[^>]*>',
        html,
    )
    for tag in wanted:
        address = re.search(r'(?:href|src)="([^"]+)"', tag)
        if address and address[1].startswith("/") and address[1] not in seen:
            seen.add(address[1])
            yield urljoin(base, address[1])
