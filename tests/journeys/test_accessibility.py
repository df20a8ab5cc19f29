"""Every page, as somebody sees it who may open it: no barrier, no error, nothing too wide.

One visitor after the other walks through all pages of theirs. Each page is looked at in light and
in dark, on a desk in English and on a phone in Spanish. A route that nobody visits fails the test.
"""

import json
import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.db import connection
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils import translation
from playwright.sync_api import expect

from certificates.badges.credential import achievement_of
from courses.questions import KINDS
from tests.browser import AXE_RULES, sign_in
from tests.journeys import world
from tests.journeys.window import Window
from tests.test_access import routes
from webinars import host_letters, reconciling, reminders

pytestmark = pytest.mark.django_db(transaction=True)

IN_COLOR = ["color-contrast", "link-in-text-block"]  # the rules that the dark colors can break
WIDE, PHONE = 1280, 360

# What takes a form, a file or a number, and answers no page of its own to a GET.
NO_PAGES = {
    *("healthz", "readyz", "sitemap", "set-theme", "staff-outbox-retry", "staff-check-now"),
    *("transcripts:pdf", "transcripts:csv", "transcripts:share", "transcripts:stop-sharing"),
    *("transcripts:remove", "transcripts:proof", "transcripts:decide", "transcripts:waiting-proof"),
    "insights:fetch",
    *("credit:renewal", "credit:withdraw", "credit:claim", "credit:nchec", "credit:train"),
    *(
        "certificates:correct",
        "certificates:revoke",
        "certificates:suspend",
        "certificates:lift",
        "certificates:pdf",
        "certificates:poster",
        "certificates:json",
    ),
    *("badges:did", "badges:badge", "badges:status", "badges:picture"),
    *("certificates:issue", "certificates:preview", "certificates:use-design"),
    *(
        "certificates:verify-file",
        "certificates:sharing",
        "certificates:try-again",
        "certificates:issue-anew",
    ),
    *("courses:enrol", "courses:finish", "courses:reflect", "courses:start", "courses:answer"),
    *("courses:save", "courses:submit", "courses:try", "courses:discuss", "courses:withdraw"),
    *("people:join", "people:leave", "people:withdraw-answers"),
    *("studio:arrange", "studio:add-module", "studio:duplicate-module"),
    "studio:download-bank",
    *("studio:take-essay", "studio:give-back-essay"),
    *("studio:duplicate-lesson", "studio:arrange-lesson", "studio:add-block"),
    *("studio:export", "studio:class-csv", "studio:pictures", "studio:picture"),
    *("studio:export", "studio:class-csv"),
    "studio:cancel-publication",
    *("studio:ask-review", "studio:take-back-review", "studio:review"),
    *("studio:remove-media", "studio:begin-upload", "studio:upload", "courses:media"),
    *("webinars:calendar-file", "webinars:renew-calendar", "webinars:attendance-csv"),
    *("webinars:people-csv", "webinars:place-form-question", "webinars:retire-form-question"),
    *("webinars:room-me", "webinars:ask", "webinars:vote-question", "webinars:withdraw"),
    *("webinars:say", "webinars:poll", "webinars:vote-poll", "webinars:events"),
    "webinars:rehearse",
    *("webinars:change-state", "webinars:host-say", "webinars:remove-message"),
    *("webinars:moderate", "webinars:write-poll", "webinars:run-poll"),
    *("webinars:polls-csv", "webinars:hand", "webinars:react", "webinars:silence"),
    *("webinars:captions-file", "webinars:caption-line", "webinars:caption-seq"),
    *("webinars:captions-address", "webinars:prompt", "webinars:team"),
    *("webinars:team-remove", "webinars:note", "webinars:presenter-answered"),
    *(
        "webinars:hear",
        "webinars:lower-hand",
        "webinars:lower-hands",
        "webinars:chat-rules",
        "webinars:change-streams",
    ),
    *("account_logout", "mfa_download_recovery_codes", "mfa_login_webauthn"),
    *("javascript-catalog", "django_prose_editor"),
}


FLAT_PLAYERS = """[...document.querySelectorAll(":is(audio, video)[controls]")]
    .some(one => one.checkVisibility() && one.getBoundingClientRect().height < 24)"""


@pytest.fixture
def demo(transactional_db):
    return world.build()


# Three minutes each: one on each database, and .ci/run has both.
WALK = ("en", WIDE) if connection.vendor == "sqlite" else ("es", PHONE)


@pytest.mark.parametrize(("language", "width"), [WALK])
def test_no_page_has_a_barrier(site, browser, demo, language, width):
    found, visited = [], set()
    for walk in (
        stranger,
        learner,
        attendee,
        lead,
        guarded,
        trainer,
        reviewer,
        host,
        credit,
        carer,
    ):
        window = Window(browser, site, language=language, width=width, reduced_motion="reduce")
        if walk.__name__ in demo.person:
            sign_in(window.context, demo.person[walk.__name__], site)
        for _ in walk(window, demo):
            visited.add(route_of(window))
            found += look(window)
        found += [f"{walk.__name__}: {problem}" for problem in window.problems]
        window.close()

    assert found == [], "\n" + "\n".join(found)
    ours = {name for name in routes() if not name.startswith("admin:")}
    assert ours - NO_PAGES - visited == set(), "nobody visits these"


# --- Who sees which pages. Each step of a walk leaves a page to be looked at.


def stranger(window, demo):
    yield from pages(
        window,
        "/",
        reverse("courses:catalogue"),
        reverse("courses:catalogue") + "?q=zzz",
        demo.course.get_absolute_url(),
        demo.live.course.get_absolute_url(),
        demo.series.get_absolute_url(),
        *named("library", practices=[], practice=[demo.practice.slug]),
        *named("library", case_studies=[], case_study=[demo.case.slug]),
        reverse("webinars:schedule"),
        *(each.get_absolute_url() for each in (demo.ahead, demo.live, demo.full, demo.ended)),
        demo.asked.get_absolute_url(),
        demo.cancelled.get_absolute_url(),
        *named("webinars", register=[demo.full.slug], registered=[demo.full.slug]),
        reverse("webinars:register", args=[demo.ended.slug]),
        reverse("webinars:register-series", args=[demo.series.slug]),
        reverse("webinars:series-registered", args=[demo.series.slug]),
        reverse("webinars:calendar-feed", args=["not-a-secret"]),
        reverse("transcripts:shared", args=[demo.link]),
        reverse("certificates:verify"),
        reverse("certificates:verify") + "?code=AAAA-AAAA-AAAA-AAAA",
        *(each.get_absolute_url() for each in (demo.valid, demo.expired, demo.superseded)),
        *(each.get_absolute_url() for each in (demo.revoked, demo.suspended, demo.hidden)),
        demo.by_mistake.get_absolute_url(),
        reverse("badge-pages:issuer"),
        reverse("badge-pages:achievement", args=[achievement_of(demo.valid).uuid]),
        *(reverse(name) for name in ("account_login", "account_signup", "account_inactive")),
        *(reverse(name) for name in ("account_reset_password", "account_request_login_code")),
        reverse("account_password_reset_completed"),
        "/styleguide/",
        "/nothing/",
        problems_expected=["404", "410"],
    )
    yield from errors(window)
    yield from refused(window, reverse("webinars:register", args=[demo.ahead.slug]))
    yield from refused(window, reverse("account_signup"))
    window.fill("Your name", "Nora Paz")
    window.fill("E-mail address", f"nora-{window.language}@example.org")
    window.press("Create account")
    window.sees_heading("Confirm your e-mail address")
    yield
    window.context.clear_cookies()
    window.go(reverse("account_request_login_code"))
    window.fill("E-mail address", "learner@demo.test")
    window.page.locator("main form").get_by_role("button").first.click()
    window.sees_heading("Enter your code")
    yield
    yield from refused(window)
    window.context.clear_cookies()
    window.go(reverse("account_reset_password"))
    window.fill("E-mail address", "learner@demo.test")
    window.page.locator("main form").get_by_role("button").first.click()
    window.on(reverse("account_confirm_password_reset_code"))
    yield
    window.type_code("learner@demo.test")
    window.page.locator("main form").get_by_role("button").first.click()
    window.on(reverse("account_complete_password_reset"))
    yield
    yield from refused(window)


def learner(window, demo):
    lesson = [demo.course.slug, demo.page.slug]
    quiz = [demo.course.slug, demo.quiz.slug]
    live = next(e for e in demo.live.course.current.document["modules"][1]["lessons"])
    yield from pages(
        window,
        "/",
        reverse("me"),
        *(reverse(f"people:{name}") for name in ("profile", "organisation", "about-you")),
        reverse("people:organisation") + "?q=wake",
        reverse("people:second-step"),
        reverse("certificates:transcript"),
        *(reverse(name) for name in ("account_email", "mfa_index", "account_reauthenticate")),
        demo.course.get_absolute_url(),
        demo.series.get_absolute_url(),
        reverse("courses:lesson", args=lesson),
        reverse("courses:lesson", args=quiz),
        reverse("courses:result", args=[*quiz, 1]),
        reverse("courses:lesson", args=ten_kinds(demo)),
        reverse("courses:result", args=[*ten_kinds(demo), 1]),
        *(
            reverse("courses:lesson", args=[demo.classed.slug, each])
            for each in ("before-you-join", demo.timed.slug)
        ),
        reverse("courses:lesson", args=[demo.course.slug, demo.untouched_quiz.slug]),
        reverse("courses:lesson", args=[demo.course.slug, demo.evaluation.slug]),
        reverse("courses:lesson", args=[demo.live.course.slug, live["slug"]]),
        reverse("webinars:schedule"),
        *(each.get_absolute_url() for each in (demo.later, demo.live, demo.full, demo.ended)),
        reverse("webinars:cancel", args=[demo.later.slug]),
        demo.kept.get_absolute_url(),
        demo.asked.get_absolute_url(),
        reverse("webinars:cancel", args=[demo.asked.slug]),
        reverse("webinars:room", args=[demo.asked.slug]),
        reverse("webinars:offer", args=[demo.kept.slug]),
        urlsplit(reminders.stop_url(demo.later.registrations.first())).path,
        urlsplit(host_letters.stop_url(demo.later.hosts.first())).path,
        reverse("webinars:register", args=[demo.later.slug]),
        reverse("webinars:room", args=[demo.full.slug]),
        reverse("webinars:room", args=[demo.ahead.slug]),
        reverse("webinars:room", args=[demo.later.slug]),
        reverse("webinars:lobby", args=[demo.live.slug]),
        reverse("webinars:room", args=[demo.live.slug]),
    )
    yield from tabs(window)
    send_as_it_is(window.page.locator("#ask"))
    expect(window.page.locator("#ask .usa-error-message")).to_be_visible()
    yield
    yield from refused(window, reverse("people:profile"), empty="name")
    yield from refused(window, reverse("courses:lesson", args=quiz))
    yield from refused(
        window, reverse("courses:lesson", args=[demo.course.slug, demo.evaluation.slug])
    )
    sign_in(window.context, demo.regraded, window.site)
    timed = [demo.classed.slug, demo.timed.slug]
    yield from pages(
        window, reverse("courses:lesson", args=timed), reverse("courses:result", args=[*timed, 1])
    )


def ten_kinds(demo):
    return [demo.essay.enrolment.course.slug, demo.ten.slug]


def attendee(window, demo):
    yield from pages(
        window,
        reverse("me"),
        reverse("courses:lesson", args=ten_kinds(demo)),
        reverse("certificates:transcript"),
        demo.valid.get_absolute_url(),
        demo.ended.course.get_absolute_url(),
        demo.ended.get_absolute_url(),
        demo.asked.get_absolute_url(),
        reverse("webinars:room", args=[demo.ended.slug]),
        reverse("webinars:room", args=[demo.live.slug]),
    )
    yield from tabs(window)


def lead(window, demo):
    """Who earned credit, some of it to be claimed."""
    team = reverse("webinars:register-team", args=[demo.ahead.slug])
    yield from pages(window, demo.ahead.get_absolute_url(), team)
    yield from refused(window, team)
    window.page.locator("[name=addresses]").fill("rosa@example.org\nnobody")
    window.page.locator("[name=members]").first.check()
    window.page.locator("main form").get_by_role("button").first.click()
    expect(window.page.locator("main [name=sure]")).to_be_visible()
    yield
    yield from pages(window, reverse("credit:mine"))
    yield from refused(window, empty="hours")
    transcript = reverse("certificates:transcript")
    yield from pages(window, transcript, f"{transcript}?by=course")
    yield from refused(window, reverse("transcripts:add"))


def guarded(window, demo):
    """Passwords, passkeys and the second step, of somebody who has all of them."""
    page = window.page
    window.go(reverse("account_login"))
    page.locator("main details summary").click()
    page.locator("#id_login").fill(demo.guarded.email)
    page.locator("#id_password").fill(settings.DEMO_PASSWORD)
    window.press("Sign in with password")
    window.on(reverse("mfa_authenticate"))
    yield
    page.locator("[name=code]").first.fill(world.code_now())
    page.locator("form:has([name=code])").get_by_role("button").first.click()
    expect(page).to_have_url(re.compile("/me/"))
    finger(page)
    window.go(reverse("mfa_add_webauthn"))
    window.on(reverse("mfa_reauthenticate"))
    yield
    codes = demo.guarded.authenticator_set.get(type="recovery_codes").wrap().get_unused_codes()
    page.locator("[name=code]").fill(codes[0])  # the app's code of this minute is used up
    window.press("Go on")
    window.on(reverse("mfa_add_webauthn"))
    yield
    window.press("Add a passkey")
    page.wait_for_url(lambda url: not url.endswith("/add/"))
    passkey = demo.guarded.authenticator_set.get(type="webauthn")
    yield from pages(
        window,
        *(reverse(name) for name in ("mfa_index", "mfa_list_webauthn", "mfa_deactivate_totp")),
        reverse("mfa_view_recovery_codes"),
        reverse("mfa_generate_recovery_codes"),
        reverse("mfa_edit_webauthn", args=[passkey.pk]),
        reverse("mfa_remove_webauthn", args=[passkey.pk]),
        reverse("mfa_reauthenticate"),
        reverse("mfa_reauthenticate_webauthn"),
        reverse("account_change_password"),
    )
    passwordless = world.make_person(email=f"none-{window.language}@example.org", may_credit=True)
    sign_in(window.context, passwordless, window.site)
    yield from pages(window, reverse("credit:train") + "?first=2026-01-01&last=2026-01-02")
    window.on(reverse("people:second-step"))
    yield from pages(window, reverse("account_set_password"), reverse("mfa_activate_totp"))
    world.TOTP.activate(passwordless, world.SECRET)
    yield from pages(window, reverse("people:second-step"), reverse("mfa_index"))


def trainer(window, demo):
    slug, draft = demo.course.slug, demo.draft
    module = draft.modules.first()
    lesson = module.lessons.get(uuid=demo.page.uuid)
    quiz = module.lessons.get(uuid=demo.quiz.uuid)
    block, question = lesson.blocks.first(), quiz.questions.first()
    live = world.Draft.objects.get(course=demo.live.course).modules.all()[1].lessons.first()

    def studio(name, *rest):
        return reverse(f"studio:{name}", args=[slug, *rest])

    yield from pages(
        window,
        *(reverse(f"studio:{name}") for name in ("courses", "new-course", "import", "essays")),
        reverse("studio:banks"),
        reverse("studio:bank", args=[demo.bank.slug]),
        reverse("studio:new-bank-question", args=[demo.bank.slug]) + "?kind=matching",
        *(
            reverse(f"studio:{name}", args=[demo.bank.slug, demo.banked.uuid])
            for name in ("bank-question", "delete-bank-question")
        ),
        *(studio(name, quiz.uuid) for name in ("draws", "items")),
        reverse("studio:import-questions", args=[demo.bank.slug]),
        reverse("studio:export-questions", args=[demo.bank.slug]) + "?format=gift",
        reverse("studio:essay", args=[demo.essay.uuid]),
        *(
            studio(name)
            for name in (
                "course",
                "details",
                "preview",
                "publish",
                "links",
                "class",
                "extra-time",
                "versions",
                "team",
                "discussions",
                "comments",
                "removed",
            )
        ),
        *(studio(name, module.uuid) for name in ("module", "add-lesson", "delete-module")),
        *(studio(name, lesson.uuid) for name in ("lesson", "lesson-settings", "delete-lesson")),
        *(studio(name, lesson.uuid) for name in ("lesson-acts", "rename-lesson")),
        *(studio(name, lesson.uuid, block.uuid) for name in ("block", "delete-block")),
        *(studio(name, quiz.uuid) for name in ("lesson", "lesson-settings")),
        *(studio("thread", part.uuid) for part in (block, question)),
        *(studio("new-question", quiz.uuid) + f"?kind={kind}" for kind in KINDS),
        *(
            studio(name, quiz.uuid, question.uuid)
            for name in ("question", "delete-question", "regrade")
        ),
        studio("translate", "es"),
        *(studio("translate-texts", "es", each.uuid) for each in (demo.course, lesson, quiz)),
        *(studio("preview-lesson", each.slug) for each in (lesson, quiz)),
        reverse("studio:lesson", args=[demo.live.course.slug, live.uuid]),
        *(studio(name, 1) for name in ("version", "published", "restore")),
        studio("version-lesson", 1, lesson.slug),
        studio("media"),
        *(studio("media-file", media.uuid) for media in demo.media),
        *(studio("captions", demo.media[1].uuid, language) for language in ("en", "es")),
        reverse("courses:transcript", args=[slug, demo.media[1].sha256]),
        studio("preview-lesson", demo.shows_media.slug),
    )
    classed, keyed = demo.classed.slug, [demo.timed.uuid, demo.keyed.uuid]
    time, regrade = (
        reverse(f"studio:{name}", args=[classed, *rest])
        for name, rest in (("extra-time", []), ("regrade", keyed))
    )
    yield from pages(
        window,
        *(reverse(f"studio:{name}", args=[classed]) for name in ("publish", "class")),
        reverse("studio:class", args=[classed]) + "?part=en",
        reverse("studio:items", args=[classed, demo.timed.uuid]),
        time,
        regrade,
    )
    yield from refused(window, time)
    yield from refused(window, regrade)
    yield from refused(window, studio("captions", demo.media[1].uuid, "es"))
    window.go(studio("lesson", lesson.uuid))
    talk = window.page.locator(f"#comments-{block.uuid}")
    talk.get_by_role("link").click()
    send_as_it_is(talk.locator("form"))
    expect(talk.locator(".usa-error-message")).to_be_visible()
    yield
    window.problems[:] = [p for p in window.problems if "422" not in p]
    yield from refused(window, reverse("studio:new-course"))
    window.go(reverse("studio:import"))
    window.page.locator("[name=file]").set_input_files(demo.package)
    window.press("Look at it")
    window.page.wait_for_url("**/studio/import/*/")
    yield
    yield from refused(window, studio("new-question", quiz.uuid) + "?kind=single")
    window.go(reverse("studio:import-questions", args=[demo.bank.slug]))
    gift = b"One? {TRUE}\n\nTwo? {=a ~b}\n\nA description."
    window.page.locator("[name=file]").set_input_files(
        {"name": "q.txt", "mimeType": "text/plain", "buffer": gift}
    )
    window.press("Look at it")
    window.page.wait_for_url("**/import/gift/*/")
    yield


def reviewer(window, demo):
    """Reads what the trainer asked about, and may look at who does what."""
    slug = demo.course.slug
    yield from pages(
        window, *(reverse(f"studio:{name}", args=[slug]) for name in ("publish", "team"))
    )
    window.go(reverse("studio:publish", args=[slug]))
    with window.page.expect_navigation():
        window.page.locator("button[name=decision][value=return]").click()
    yield
    window.problems[:] = [p for p in window.problems if "status of 422" not in p]


def host(window, demo):
    live, ahead = demo.live.slug, demo.ahead.slug
    yield from pages(
        window,
        *(reverse(f"webinars:{name}") for name in ("hosting", "schedule-new")),
        *(reverse("webinars:host", args=[slug]) for slug in (ahead, live, demo.ended.slug)),
        *(
            reverse(f"webinars:{name}", args=[ahead])
            for name in ("schedule-edit", "call-off", "copy")
        ),
        reverse("webinars:end", args=[live]),
        *(reverse(f"webinars:{name}", args=[live]) for name in ("room-setup", "acts", "prompts")),
        reverse("webinars:merge", args=[live, demo.live.questions.get(state="approved").pk]),
        *(reverse(f"webinars:{n}", args=[demo.ended.slug]) for n in ("bring-report", "reconcile")),
        *(reverse(f"webinars:{n}", args=[demo.later.slug]) for n in ("people", "form-questions")),
        reverse(
            "webinars:form-question", args=[demo.later.slug, demo.later.form_questions.first().pk]
        ),
        reverse("webinars:needs"),
        reverse("webinars:need", args=[ahead, demo.need.pk]),
        reverse("webinars:report", args=[demo.ended.slug, demo.ended.reports.get().pk]),
        demo.unpublished.get_absolute_url(),
        reverse("webinars:host", args=[demo.cancelled.slug]),
        reverse("webinars:room", args=[live]),
        reverse("webinars:presenter", args=[live]),
    )
    window.go(reverse("webinars:host", args=[live]))
    for closed in window.page.locator("main details").all():
        closed.evaluate("one => { one.open = true; }")
    send_as_it_is(window.page.locator("#write-poll"))
    expect(window.page.locator("#write-poll .usa-error-message").first).to_be_visible()
    yield
    yield from refused(window, reverse("webinars:schedule-new"))
    yield from refused(window, reverse("webinars:reconcile", args=[demo.ended.slug]))
    yield from pages(window, reverse("webinars:named", args=[demo.ended.slug]))
    (row,) = reconciling.named(demo.ended)
    yield from refused(
        window, reverse("webinars:correct-name", args=[demo.ended.slug, row.who.key])
    )
    window.go(reverse("webinars:people", args=[demo.asked.slug]))
    window.page.locator("[value=approve]").click()
    expect(window.page.locator("main .usa-alert--error")).to_be_visible()
    yield
    yield from refused(window, reverse("webinars:form-questions", args=[demo.asked.slug]))


def credit(window, demo):
    slug = demo.ended.slug
    course = reverse("credit:course", args=[demo.course.slug])
    yield from pages(window, *(reverse(f"credit:{name}") for name in ("index", "reports")), course)
    yield from pages(window, reverse("transcripts:waiting"))
    yield from refused(window)
    yield from pages(window, reverse("insights:packs"))
    yield from refused(window)
    yield from refused(window, course)
    kinds = (reverse("credit:kind", args=["ches"]), reverse("credit:new-kind"))
    yield from pages(window, *kinds)
    yield from refused(window)
    place = demo.ended.registrations.first()
    decide = reverse("webinars:decide-attendance", args=[slug, place.pk])
    yield from pages(
        window,
        reverse("webinars:attendance", args=[slug]),
        reverse("webinars:attendance", args=[slug]) + "?q=zzz",
        decide,
        demo.valid.get_absolute_url(),
        reverse("certificates:manage", args=[demo.valid.code]),
        reverse("certificates:manage", args=[demo.superseded.code]),
        reverse("certificates:manage", args=[demo.revoked.code]),
        reverse("certificates:manage", args=[demo.issued_anew.code]),
        reverse("certificates:manage", args=[demo.suspended.code]),
        reverse("certificates:manage", args=[demo.series_certificate.code]),
        demo.series_certificate.get_absolute_url(),
        *(reverse(f"certificates:{name}") for name in ("desk", "designs", "new-design")),
        reverse("certificates:desk") + "?q=Tate",
        demo.design.get_absolute_url(),
    )
    yield from refused(window, decide)
    yield from refused(window, reverse("certificates:manage", args=[demo.valid.code]))


def carer(window, demo):
    sign_in(window.context, demo.person["admin"], window.site)
    outbox = reverse("staff-outbox")
    yield from pages(window, reverse("staff-checks"))
    states = ("dead", "waiting", "done", "skipped")
    yield from pages(window, outbox, *(f"{outbox}?state={state}" for state in states))


# --- Steps that several walks share


def pages(window, *paths, problems_expected=()):
    """Open one after the other; that one is not found may be meant."""
    for path in paths:
        window.go(path)
        yield
    window.problems[:] = [
        problem
        for problem in window.problems
        if not any(f"status of {number}" in problem for number in problems_expected)
    ]


def named(app, **routes_and_arguments):
    for name, arguments in routes_and_arguments.items():
        yield reverse(f"{app}:{name.replace('_', '-')}", args=arguments)


def tabs(window):
    """The panels of a live room, one by one."""
    *others, first = reversed(window.page.get_by_role("tab").all())
    for tab in (*others, first):
        tab.click()
        yield


def refused(window, path="", *, empty=""):
    """Send the form of a page with nothing in it: the page that says what is missing."""
    if path:
        window.go(path)
    form = window.page.locator("main form[method=post]:visible").first
    if empty:
        form.locator(f"[name={empty}]").fill("")
    if form.evaluate("form => Boolean(form.closest('gw-keep[person]'))"):  # it stays where it is
        send_as_it_is(form)
        expect(window.page.locator("gw-keep[unsaved]")).to_have_count(1)
    else:
        with window.page.expect_navigation():
            send_as_it_is(form)
    yield
    window.problems[:] = [p for p in window.problems if "422" not in p]


def send_as_it_is(form):
    """Past the browser's own refusals, to ours."""
    form.evaluate(
        "form => { form.noValidate = true;"
        " form.requestSubmit(form.querySelector('.gw-actions button')); }"
    )


def errors(window):
    """The pages for what went wrong, which no address leads to."""
    with translation.override(window.language):
        pages = {name: render_to_string(f"{name}.html") for name in ("400", "403", "429", "500")}

    def answer(route):
        name = route.request.url.rpartition("/")[2]
        route.fulfill(body=pages[name], content_type="text/html; charset=utf-8")

    window.page.route("**/error/*", answer)
    for name in pages:
        window.page.goto(f"{window.site}/error/{name}")
        expect(window.page.locator("main")).to_contain_text(name)
        yield


def finger(page):
    """A device that has a fingerprint reader and a willing finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


# --- Looking


READY = """() => [...document.querySelectorAll("gw-rich-text")].every(
    (one) => one.querySelector("[contenteditable=true]"))
  && [...document.querySelectorAll("gw-room")].every((one) => one.line !== "connecting")"""
AXE = """async (rules) => {
  const frame = () => new Promise((next) => requestAnimationFrame(next));
  await frame();  // the colors of the other scheme fade out, however quickly
  await frame();
  const fading = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(fading.map((one) => one.finished));
  const {violations} = await axe.run(document,
    {runOnly: rules, resultTypes: ["violations"], preload: false});
  return violations.flatMap(({id, nodes}) => nodes.map(
    (node) => `${id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"


def look(window):
    """What is wrong with the page that the window shows now."""
    page = window.page
    page.wait_for_function(READY)
    page.evaluate(AXE_SCRIPT)
    light = page.evaluate(AXE, AXE_RULES)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(AXE, IN_COLOR)
    page.emulate_media(color_scheme="light")
    size = page.viewport_size
    page.set_viewport_size({"width": PHONE, "height": 740})
    wider = page.evaluate(TOO_WIDE)
    page.set_viewport_size(size)
    found = [f"light {each}" for each in light] + [f"dark {each}" for each in dark]
    found += [f"{wider} px wider than a phone"] if wider > 0 else []
    found += ["a player that cannot be seen"] if page.evaluate(FLAT_PLAYERS) else []
    if page.evaluate("document.documentElement.lang") != window.language:
        found.append("its language is not that of the address")
    path = page.url.removeprefix(window.site)
    return [f"{path} {json.dumps(each, ensure_ascii=False)}" for each in found]


def route_of(window):
    path = re.sub(r"[?#].*", "", window.page.url.removeprefix(window.site))
    try:
        with translation.override(window.language):
            return resolve(path).view_name
    except Exception:  # an address that leads nowhere, on purpose
        return ""
