"""Links that lead nowhere. No test asks anybody: `outgoing.ask` is answered here."""

from datetime import timedelta
from threading import Event, Lock

import pytest
from django.core import mail
from django.utils import timezone

from courses import links, publishing
from courses.document import Document
from courses.linked import links_of
from courses.links import State, look_weekly
from courses.models import CheckedLink, Draft, LinkRound
from lms import outbox, outgoing
from lms.outgoing import Answer, Failed, Why
from people.models import User
from tests.factories import both, make_draft, make_person, single
from tests.races import at_once

SITE = "https://learn.example.org"


def link_to(*urls):
    return "".join(f'<p><a href="{url}">words</a></p>' for url in urls)


def with_links(*urls, **fields):
    """A draft whose first block leads there."""
    draft = make_draft(lessons=1, **fields)
    draft.modules.get().lessons.get().blocks.update(body=both(link_to(*urls)))
    return draft


def read(draft):
    return Document.read(publishing.freeze(Draft.objects.get(pk=draft.pk)))


@pytest.fixture
def web(monkeypatch, settings):
    """`web.says[url]` is how a site answers; the default is that a page is there."""
    settings.OUTGOING_HTTP = settings.WEEKLY_LINKS = True

    class Web:
        says, asked = {}, []

    Web.says, Web.asked = {}, []

    def ask(url, *, method="GET", **_limits):
        Web.asked.append((method, url))
        said = Web.says.get((method, url), Web.says.get(url, 200))
        if isinstance(said, Why):
            raise Failed(said)
        status, target = said if isinstance(said, tuple) else (said, "")
        return Answer(status, {}, b"", False, target)

    monkeypatch.setattr(outgoing, "ask", ask)
    return Web


@pytest.mark.django_db
def test_links_are_found_wherever_a_course_leads_away():
    draft = make_draft(lessons=["page", "quiz"], about=both(link_to("https://a.test/about")))
    page, quiz = draft.modules.get().lessons.order_by("position")
    page.blocks.update(
        body={
            "en": link_to("https://a.test/x?a=1&amp;b=2#part", "/courses/", "mailto:a@b.test"),
            "es": link_to("https://a.test/es", f"{SITE}/courses/", "https://a.test/es"),
        }
    )
    page.blocks.create(
        kind="accordion", position=2,
        settings={"items": [{"id": "a", "title": both("A"), "body": both(link_to("http://b.test"))}]},
    )  # fmt: skip
    page.blocks.create(kind="video", position=3, body={"en": "https://v.test/film.mp4"})
    first = quiz.questions.first()
    first.body = {
        **single(),
        "source": "https://s.test/",
        "prompt_html": both(link_to("https://q.test")),
    }
    first.save()

    found = links_of(read(draft), SITE)

    assert [(link.part, link.number, link.url) for link in found] == [
        ("", 0, "https://a.test/about"),
        ("block", 1, "https://a.test/x?a=1&b=2"),
        ("block", 1, "https://a.test/es"),
        ("block", 2, "http://b.test"),
        ("block", 3, "https://v.test/film.mp4"),
        ("question", 1, "https://q.test"),
        ("question", 1, "https://s.test/"),
    ]


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        *((status, "alive", "") for status in (200, 204, 302, 303, 307)),
        (301, "alive", ""),  # to nowhere: nothing to suggest
        ((301, "https://new.test/"), "moved", ""),
        ((308, "https://new.test/"), "moved", ""),
        ((302, "https://login.test/"), "alive", ""),
        ((301, "javascript:alert(1)"), "alive", ""),
        *((status, "dead", "") for status in (404, 410)),
        *((status, "unsure", "") for status in (401, 403, 429, 500, 503)),
        (Why.UNKNOWN_NAME, "dead", "unknown-name"),
        *((why, "unsure", why.value) for why in Why if why != Why.UNKNOWN_NAME),
    ],
)
def test_what_an_answer_means(said, state, why, web):
    web.says["https://a.test/"] = said

    verdict = links.look("https://a.test/")

    assert (verdict.state, verdict.why) == (state, why)
    assert verdict.target == ("https://new.test/" if state == "moved" else "")


@pytest.mark.parametrize("head", [404, 403, 405, 500, Why.NONSENSE, Why.NO_ANSWER])
def test_a_site_that_does_not_know_head_is_asked_with_get(head, web):
    web.says[("HEAD", "https://a.test/")] = head

    assert links.look("https://a.test/").state == "alive"
    assert [method for method, _url in web.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize("why", [Why.UNKNOWN_NAME, Why.NOT_PUBLIC, Why.CERTIFICATE])
def test_what_get_would_not_change_is_asked_once(why, web):
    web.says["https://a.test/"] = why

    links.look("https://a.test/")

    assert [method for method, _url in web.asked] == ["HEAD"]


@pytest.mark.django_db
def test_asking_twice_looks_once_and_a_second_course_shares_the_answer(web):
    draft = with_links("https://a.test/", "https://b.test/")

    urls = [row.link.url for row in links.report(read(draft)).rows]
    assert (links.ask(urls), links.ask(urls)) == (2, 0)
    assert links.report(read(draft)).waiting == 2
    while outbox.work():
        pass

    assert sorted(web.asked) == [("HEAD", "https://a.test/"), ("HEAD", "https://b.test/")]
    other = links.report(read(with_links("https://a.test/")))
    assert [row.state for row in other.rows] == ["alive"]
    assert (other.waiting, other.unasked) == (0, 0)


@pytest.mark.django_db
def test_a_promise_looks_at_some_and_the_next_one_at_the_rest(web, monkeypatch):
    monkeypatch.setattr(links, "MOST", 2)
    links.ask([f"https://{n}.test/" for n in range(5)])

    now, kept = timezone.now(), 0
    while taken := outbox.work(now):
        kept, now = kept + taken, now + links.PAUSE * 2

    assert kept == 3
    assert (len(web.asked), CheckedLink.objects.wanted().count()) == (5, 0)


@pytest.mark.django_db
def test_a_name_is_called_gone_only_while_others_are_found(web):
    web.says["https://gone.test/"] = Why.UNKNOWN_NAME
    links.ask(["https://gone.test/"])
    outbox.work()
    assert CheckedLink.objects.get().state == State.UNSURE

    links.ask(["https://a.test/"])
    outbox.work()
    links.ask(["https://gone.test/"])
    outbox.work()

    gone = CheckedLink.objects.get(url="https://gone.test/")
    assert gone.state == State.DEAD
    assert gone.broke_at is not None


@pytest.mark.django_db
def test_since_when_a_link_is_broken_outlasts_a_day_without_answer(web):
    url = "https://a.test/"

    def look(says):
        web.says[url] = says
        links.ask([url])
        outbox.work()
        return CheckedLink.objects.get()

    since = look(404).broke_at
    assert since is not None
    assert look(503).broke_at == since
    assert look(410).broke_at == since
    assert look(200).broke_at is None


@pytest.mark.django_db
def test_the_week_asks_each_published_course_once_and_writes_when_something_newly_broke(web):
    author = make_person(name="Rosa Delgado", may_author=True, language="es")
    gone = make_person(may_author=True)
    draft = with_links("https://a.test/", "https://b.test/_x_")
    draft.refresh_from_db()
    make_draft()  # never published
    publishing.publish(draft, by=gone, policy="update")
    draft.outcomes = [both("New")]
    draft.save()
    publishing.publish(draft, by=author, policy="update")
    User.objects.filter(pk=gone.pk).update(may_author=False)
    monday = timezone.now()

    def week(number, *, ticks=3):
        now = monday + timedelta(weeks=number)
        for _tick in range(ticks):
            look_weekly(now)
            while outbox.work():
                pass

    web.says["https://b.test/_x_"] = 404
    week(0)
    assert (LinkRound.objects.count(), len(web.asked)) == (1, 3)  # HEAD, HEAD and GET
    letter = mail.outbox.pop()
    assert letter.to == [author.email]
    assert "https://b.test/_x_" in letter.body
    assert "«Lesson" in letter.body
    assert "https://a.test/" not in letter.body
    assert mail.outbox == []

    CheckedLink.objects.update(checked_at=monday - timedelta(days=5))
    week(1)  # the same one is still broken: no second letter
    assert (LinkRound.objects.count(), len(web.asked)) == (2, 6)
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_site_that_asks_nobody_begins_no_week(web, settings):
    publishing.publish(with_links("https://a.test/"), by=None, policy="update")
    settings.OUTGOING_HTTP = False

    assert look_weekly(timezone.now()) == "switched off"
    assert (LinkRound.objects.count(), CheckedLink.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_ask_one_host_at_the_same_time(monkeypatch, settings):
    """When `_take` neither leaves out busy hosts nor marks one, both ask at once: `most` is 2."""
    settings.OUTGOING_HTTP = True
    lock, at_it, most = Lock(), 0, 0
    met = Event()

    def ask(url, **_limits):
        nonlocal at_it, most
        with lock:
            at_it += 1
            most = max(most, at_it)
            if at_it == 2:
                met.set()
        met.wait(0.05)  # as long as a second one needs to come in, if it may
        with lock:
            at_it -= 1
        return Answer(200, {}, b"", False, "")

    monkeypatch.setattr(outgoing, "ask", ask)
    links.ask([f"https://one.test/{n}" for n in range(4)])

    worked = at_once(*[lambda: links._look_at_some({})] * 2)

    assert not [error for error in worked if isinstance(error, Exception)]
    assert most == 1
    while CheckedLink.objects.wanted().exists():
        links._look_at_some({})
    assert CheckedLink.objects.filter(state="alive").count() == 4
    assert CheckedLink.objects.filter(busy_until__isnull=False).count() == 0


@pytest.mark.django_db
def test_a_host_whose_worker_was_killed_is_asked_again_later(web):
    links.ask(["https://a.test/"])
    CheckedLink.objects.update(busy_until=timezone.now() + timedelta(minutes=1))
    links._look_at_some({})
    assert web.asked == []

    CheckedLink.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    links._look_at_some({})
    assert len(web.asked) == 1
