"""Attendance that another service saw: what counts, for whom, and only once."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from lms import outbox
from lms.models import OutboxEntry
from people.models import AuditEntry
from tests.factories import make_person
from tests.races import at_once
from tests.webinars.factories import after, be_there, hold, make_webinar, seat
from webinars import attendance, reconciling
from webinars.models import (
    AttendanceReport,
    Determination,
    IdentityMatch,
    PresenceSpan,
    ReportRow,
)

HOUR = timedelta(hours=1)


def text(response):
    return " ".join(response.content.decode().split())


def url(name, *args):
    return reverse(f"webinars:{name}", args=args)


def csv(webinar, *stays):
    """(name, address, from minute, to minute) as a file in UTC."""
    lines = ["Name,Email,Join time,Leave time"]
    for name, email, start, end in stays:
        times = [f"{after(webinar, minute):%Y-%m-%d %H:%M:%S}" for minute in (start, end)]
        lines.append(",".join([name, email, *times]))
    return "\r\n".join(lines).encode("utf-8-sig")


def brought(webinar, *stays):
    content = csv(webinar, *stays)
    return reconciling.bring(
        webinar, content, provider="generic", zone="UTC", file_name="report.csv", by=None
    )


def held(**fields):
    return make_webinar(starts_at=timezone.now().replace(microsecond=0) - 2 * HOUR, **fields)


@pytest.fixture
def ana(db):
    return make_person(name="Ana Ruiz", email="ana@example.org")


@pytest.fixture
def session(ana):
    """An hour in another service, with Ana on the list."""
    webinar = make_webinar(starts_at=timezone.now().replace(microsecond=0) + HOUR)
    seat(ana, webinar)
    webinar.starts_at -= 3 * HOUR
    webinar.ends_at -= 3 * HOUR
    webinar.save()
    OutboxEntry.objects.all().delete()
    return hold(webinar)


def work():
    while outbox.work(timezone.now() + HOUR):
        pass


def outcomes(rows):
    return [row.outcome for row in rows]


@pytest.mark.django_db
class TestStory:
    def test_who_is_known_by_address_gets_the_credit(self, session, ana):
        reconciling.take_in(brought(session, ("A. R.", "ANA@example.org", 0, 60)))
        work()

        (determination,) = Determination.objects.all()
        assert (determination.credited, determination.minutes) == (True, 60)
        assert determination.registration.person == ana
        assert IdentityMatch.objects.get().how == "email"

    def test_any_confirmed_address_counts_and_no_other(self, session, ana):
        ana.emailaddress_set.create(email="ana@home.test", verified=True)
        ana.emailaddress_set.create(email="boss@example.org", verified=False)

        rows = reconciling.look(
            brought(session, ("", "ana@home.test", 0, 60), ("", "boss@example.org", 0, 60))
        )

        assert [row.registration and row.registration.person for row in rows] == [ana, None]

    def test_looking_writes_nothing(self, session):
        reconciling.look(brought(session, ("Ana", "ana@example.org", 0, 60)))

        assert PresenceSpan.objects.count() == ReportRow.objects.count() == 0
        assert OutboxEntry.objects.count() == 0

    def test_the_same_report_again_and_a_longer_one_add_only_what_is_new(self, session):
        stay = ("Ana", "ana@example.org", 0, 30)
        first = brought(session, stay)

        assert outcomes(reconciling.take_in(first)) == ["added"]
        assert outcomes(reconciling.take_in(first)) == ["known"]
        assert brought(session, stay) == first
        longer = brought(session, stay, ("Ana", "ana@example.org", 30, 60), stay)
        assert outcomes(reconciling.take_in(longer)) == ["known", "added", "known"]
        assert PresenceSpan.objects.count() == ReportRow.objects.count() == 2
        assert AuditEntry.objects.filter(verb="attendance.imported").count() == 2

    def test_it_adds_to_what_the_room_saw_and_counts_no_second_twice(self, session, ana):
        be_there(ana, session, (0, 40))

        reconciling.take_in(brought(session, ("Ana", "ana@example.org", 30, 60)))
        work()

        assert Determination.objects.get().present_seconds == 3600

    def test_a_later_report_raises_a_result_that_was_decided(self, session, ana):
        attendance.determine(session.registrations.get())

        reconciling.take_in(brought(session, ("Ana", "ana@example.org", 0, 60)))
        work()

        credited = [row.credited for row in Determination.objects.order_by("sequence")]
        assert credited == [False, True]

    def test_lines_of_another_day_are_refused(self, session):
        report = brought(session, ("Ana", "ana@example.org", 600, 660))
        (row,) = reconciling.take_in(report)

        assert (row.outcome, report.imported_at) == ("refused", None)
        assert "Is the time zone of the file right?" in row.line.problem

    def test_others_wait_with_guesses_by_name_until_a_person_says_who_they_are(self, session, ana):
        host = make_person(may_host=True)
        reconciling.take_in(
            brought(session, ("Ana Ruíz (phone)", "", 0, 30), ("Ana Ruíz (phone)", "", 30, 60))
        )
        (who,) = reconciling.waiting(session)
        assert (who.stays, [place.person for place in who.suggested]) == (2, [ana])

        assert reconciling.name(session, who.identity, who.suggested[0], by=host) == 2
        assert reconciling.name(session, who.identity, None, by=host) == 0
        work()

        assert reconciling.waiting(session) == []
        assert Determination.objects.get().credited
        assert AuditEntry.objects.get(verb="attendance.named").actor == host

    def test_who_was_named_once_is_known_in_a_later_report(self, session):
        place, host = session.registrations.get(), make_person()
        reconciling.take_in(brought(session, ("iPhone", "", 0, 30), ("Guest", "", 0, 60)))
        phone, guest = sorted(reconciling.waiting(session), key=lambda who: who.name == "Guest")
        reconciling.name(session, phone.identity, place, by=host)
        reconciling.name(session, guest.identity, None, by=host)

        reconciling.take_in(brought(session, ("iPhone", "", 30, 60), ("Guest", "", 60, 70)))
        work()

        assert reconciling.waiting(session) == []
        assert Determination.objects.get().present_seconds == 3600

    def test_nobody_is_named_at_another_session(self, session):
        other = make_webinar()
        place = seat(make_person(), other)
        reconciling.take_in(brought(session, ("Guest", "", 0, 60)))

        with pytest.raises(ValueError, match="is not at"):
            reconciling.name(session, "name:guest", place, by=make_person())


@pytest.mark.django_db(transaction=True)
def test_the_same_report_brought_in_many_times_at_once_counts_once(session):
    report = brought(session, *(("Ana", "ana@example.org", n, n + 1) for n in range(30)))

    failures = [f for f in at_once(*[lambda: reconciling.take_in(report)] * 6) if not f]

    assert failures == []
    assert PresenceSpan.objects.count() == ReportRow.objects.count() == 30
    assert IdentityMatch.objects.count() == 30


@pytest.mark.django_db(transaction=True)
def test_two_people_who_name_somebody_at_once_do_it_once(session):
    reconciling.take_in(brought(session, ("Guest", "", 0, 60)))
    place, host = session.registrations.get(), make_person()

    settled = at_once(*[lambda: reconciling.name(session, "name:guest", place, by=host)] * 5)

    assert sorted(settled) == [0, 0, 0, 0, 1]


@pytest.mark.django_db
class TestCommand:
    def run(self, webinar, path, *more):
        out = StringIO()
        call_command(
            "import_attendance", webinar.slug, str(path), "--provider=generic", *more, stdout=out
        )
        return out.getvalue()

    @pytest.fixture
    def file(self, session, tmp_path):
        path = tmp_path / "report.csv"
        path.write_bytes(csv(session, ("Ana", "ana@example.org", 0, 60), ("Guest", "", 0, 60)))
        return path

    def test_a_dry_run_says_all_and_writes_nothing(self, session, file):
        said = self.run(session, file, "--zone=UTC", "--dry-run")

        assert "line 2: ana@example.org:" in said
        assert "registered" in said
        assert "Dry run: 2 stays are new, 1 of them of people known by their address" in said
        assert PresenceSpan.objects.count() == AttendanceReport.objects.count() == 0

    def test_it_brings_the_report_in_once(self, session, file):
        assert "2 stays are new" in self.run(session, file, "--zone=UTC")
        said = self.run(session, file, "--zone=UTC")

        assert "0 stays are new" in said
        assert "To be named at" in said
        assert PresenceSpan.objects.count() == 2

    @pytest.mark.parametrize(
        ("slug", "name", "zone", "words"),
        [
            ("gone", "report.csv", "UTC", "There is no session «gone»"),
            ("", "gone.csv", "UTC", "cannot be read"),
            ("", "report.csv", "Mars/Olympus", "is no time zone"),
            ("", "empty.csv", "UTC", "no line that names the columns"),
        ],
    )
    def test_it_refuses_with_a_sentence(self, session, file, slug, name, zone, words):
        (file.parent / "empty.csv").write_bytes(b"")
        with pytest.raises(CommandError, match=words):
            call_command(
                "import_attendance",
                slug or session.slug,
                str(file.parent / name),
                "--provider=generic",
                f"--zone={zone}",
            )


@pytest.mark.django_db
class TestPages:
    @pytest.fixture
    def host(self, client, session):
        host = make_person(may_host=True, name="Hannah Ortiz")
        session.hosts.add(host)
        client.force_login(host)
        return host

    def post(self, client, session, content, **fields):
        file = SimpleUploadedFile("zoom.csv", content)
        data = {"provider": "generic", "zone": "America/Chicago", "file": file} | fields
        return client.post(url("bring-report", session.slug), data)

    def test_a_host_looks_at_a_report_brings_it_in_and_names_people(self, client, session, host):
        content = csv(session, ("Ana", "ana@example.org", 0, 60), ("=Ana R", "", 0, 60))
        response = self.post(client, session, content, zone="Atlantic/Reykjavik")

        assert response.status_code == 303
        page = client.get(response.url)
        assert "Counts for Ana Ruiz" in text(page)
        assert "Waits until somebody says who this is" in text(page)
        assert PresenceSpan.objects.count() == 0

        assert client.post(response.url).status_code == 303
        assert client.post(response.url).status_code == 303
        assert PresenceSpan.objects.count() == 2
        (who,) = reconciling.waiting(session)
        names = {"key": who.key, f"{who.key}-who": "other", f"{who.key}-email": "ana@example.org"}
        first = client.post(url("reconcile", session.slug), names)
        again = client.post(url("reconcile", session.slug), names)

        assert (first.status_code, again.status_code) == (303, 303)
        assert IdentityMatch.objects.count() == 2
        assert "Everybody in the reports has a name" in text(client.get(first.url))

    def test_a_file_that_is_no_report_is_refused_with_the_reason(self, client, session, host):
        response = self.post(client, session, b"Hello,world\n1,2\n")

        assert response.status_code == 422
        assert "no line that names the columns" in text(response)
        assert AttendanceReport.objects.count() == 0

    @pytest.mark.parametrize(
        ("who", "email", "words"),
        [
            ("other", "nobody@example.org", "Nobody with this address is registered."),
            ("other", "", "Nobody with this address is registered."),
            ("", "", "This field is required."),
            ("9" * 30, "", "Select a valid choice"),
        ],
    )
    def test_a_name_that_says_nothing_is_refused(self, client, session, host, who, email, words):
        reconciling.take_in(brought(session, ("Guest", "", 0, 60)))
        (one,) = reconciling.waiting(session)
        names = {"key": one.key, f"{one.key}-who": who, f"{one.key}-email": email}

        response = client.post(url("reconcile", session.slug), names)

        assert response.status_code == 422
        assert words in text(response)
        assert IdentityMatch.objects.count() == 0

    @pytest.mark.parametrize("count", [1, 5])
    def test_the_worklist_costs_the_same_for_any_number(
        self, client, session, host, count, django_assert_num_queries
    ):
        stays = [(f"Guest {n}", "", 0, 60) for n in range(count)]
        reconciling.take_in(brought(session, *stays))

        with django_assert_num_queries(6):
            client.get(url("reconcile", session.slug))

    def test_others_do_not_find_it(self, client, session):
        report = brought(session, ("Ana", "ana@example.org", 0, 60))
        for person in (make_person(), make_person(may_host=True)):
            client.force_login(person)
            for page in (
                url("bring-report", session.slug),
                url("report", session.slug, report.pk),
                url("reconcile", session.slug),
            ):
                assert client.get(page).status_code == client.post(page).status_code == 404

    def test_a_report_is_looked_up_through_its_session(self, client, session, host):
        other = make_webinar(hosts=[host])
        report = brought(session, ("Ana", "ana@example.org", 0, 60))

        assert client.get(url("report", other.slug, report.pk)).status_code == 404
