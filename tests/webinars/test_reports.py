"""Reports of meeting services, as they leave them: odd encodings, tables above the table, zones."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinars.reports import Unreadable, read

NEAR = datetime(2026, 11, 24, 18, tzinfo=UTC)
NEW_YORK = "America/New_York"


def at(hour, minute=0, second=0, day=24):
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


MEETING = (
    "\ufeffMeeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants\r\n"
    "812 3456 7890,Data,11/24/2026 12:50:00 PM,11/24/2026 02:20:00 PM,host@example.org,90,3\r\n"
    "\r\n"
    "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest\r\n"
    "Ana Ruiz,ANA@Example.org,11/24/2026 12:58:03 PM,11/24/2026 02:15:00 PM,77,No\r\n"
    '"Lee, Sam (iPhone)",,11/24/2026 01:00:00 PM,11/24/2026 01:30:00 PM,30,Yes\r\n'
)
WEBINAR = (
    "Attendee Report\n"
    "Report Generated:,Nov 25, 2026 8:00:00 AM\n"
    "Host Details,\n"
    "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes)\n"
    'Yes,Host,host@example.org,"Nov 24, 2026 12:50:00 PM","Nov 24, 2026 2:20:00 PM",90\n'
    "Attendee Details,\n"
)
TEAMS = (
    "1. Summary\n"
    "Meeting title\tData\n"
    "\n"
    "2. Participants\n"
    "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole\n"
    "Ana Ruiz\t11/24/26, 12:58:03 PM\t11/24/26, 2:15:00 PM\t1h 10m\tana@example.org\tx\tAttendee\n"
    "\n"
    "3. In-Meeting Activities\n"
    "Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole\n"
    "Ana Ruiz\t11/24/26, 12:58:03 PM\t11/24/26, 1:30:00 PM\t32m\tana@example.org\tAttendee\n"
    "Ana Ruiz\t11/24/26, 1:40:00 PM\t11/24/26, 2:15:00 PM\t35m\tana@example.org\tAttendee\n"
)


def told(lines):
    return [(line.name, line.email, line.joined, line.left) for line in lines]


def test_a_zoom_meeting_report_with_its_summary_above():
    assert told(read(MEETING.encode(), "zoom", NEW_YORK, NEAR)) == [
        ("Ana Ruiz", "ana@example.org", at(17, 58, 3), at(19, 15)),
        ("Lee, Sam (iPhone)", "", at(18), at(18, 30)),
    ]


def test_a_zoom_webinar_lists_who_never_came_and_names_its_months():
    head = "Attended,User Name (Original Name),Email,Join Time,Leave Time\n"
    came = 'Yes,Ana Ruiz,ana@example.org,"Nov 24, 2026 12:58:03 PM","Nov 24, 2026 2:15:00 PM"\n'
    away = "No,Sam Lee,sam@example.org,--,--\n"

    assert told(read((head + away + came).encode(), "zoom", NEW_YORK, NEAR)) == [
        ("Ana Ruiz", "ana@example.org", at(17, 58, 3), at(19, 15))
    ]


def test_the_first_table_that_fits_counts_up_to_its_end():
    assert [line.name for line in read(WEBINAR.encode(), "zoom", NEW_YORK, NEAR)] == ["Host"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_teams_counts_each_stay_and_not_the_first_to_the_last_moment(encoding):
    assert told(read(TEAMS.encode(encoding), "teams", NEW_YORK, NEAR)) == [
        ("Ana Ruiz", "ana@example.org", at(17, 58, 3), at(18, 30)),
        ("Ana Ruiz", "ana@example.org", at(18, 40), at(19, 15)),
    ]


@pytest.mark.parametrize(
    ("joined", "zone", "moment"),
    [
        ("2026-11-24 13:00", NEW_YORK, at(18)),
        ("2026-11-24T13:00:00-05:00", "Asia/Tokyo", at(18)),
        ("2026-11-24T18:00:00Z", "Asia/Tokyo", at(18)),
        ("11/24/2026 1:00 PM", NEW_YORK, at(18)),
        ("11/24/2026 13:00:00", NEW_YORK, at(18)),
        ("11/24/2026 12:00 AM", "UTC", at(0)),
    ],
)
def test_times_are_read_in_the_named_zone_unless_they_bring_their_own(joined, zone, moment):
    text = f"Name;E-mail;Joined;Left\nAna;ana@example.org;{joined};11/25/2026 11:00 PM\n"

    (line,) = read(text.encode(), "generic", zone, NEAR)

    assert line.joined == moment


def test_an_hour_that_comes_twice_is_the_one_near_the_session():
    text = b"Name,Join,Leave\nAna,2026-11-01 01:30,2026-11-01 04:00\n"
    for near in (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    ):
        (line,) = read(text, "generic", NEW_YORK, near)
        assert line.joined == near


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Ana,2026-03-08 02:30,2026-03-08 04:00", "does not exist in this time zone"),
        ("Ana,yesterday,2026-03-08 04:00", "«yesterday» is not a date with a time"),
        ("Ana,2026-11-24,2026-11-24", "is not a date with a time"),
        ("Ana,13/24/2026 1:00 PM,11/24/2026 2:00 PM", "is not a date with a time"),
        ("Ana,2026-11-24 14:00,2026-11-24 13:00", "left before they came"),
        ("Ana,2026-11-24 14:00,2026-11-24 14:00", "has no length"),
        (",2026-11-24 13:00,2026-11-24 14:00", "no name and no e-mail address"),
    ],
)
def test_a_line_that_makes_no_sense_says_why_and_stops_no_other(row, words):
    good = "Sam,2026-11-24 13:00,2026-11-24 14:00"

    refused, taken = read(f"Name,Join,Leave\n{row}\n{good}\n".encode(), "generic", NEW_YORK, NEAR)

    assert words in refused.problem
    assert (taken.name, taken.problem) == ("Sam", "")


def test_a_guarded_formula_is_the_name_behind_its_apostrophe():
    text = "Name,Join,Leave\n'=SUM(A1),2026-11-24 13:00,2026-11-24 14:00\n"
    assert read(text.encode(), "generic", NEW_YORK, NEAR)[0].name == "=SUM(A1)"


def test_excel_in_an_older_encoding_keeps_its_accents():
    text = "Name,Join,Leave\nJosé Ñandú,2026-11-24 13:00,2026-11-24 14:00\n"
    assert read(text.encode("cp1252"), "generic", NEW_YORK, NEAR)[0].name == "José Ñandú"


@pytest.mark.parametrize(
    ("content", "provider", "words"),
    [
        (b"", "generic", "no line that names the columns"),
        (b"\x00\x01\x02", "zoom", "no line that names the columns"),
        (b"Name,Join,Leave\n", "generic", "is empty"),
        (TEAMS.split("3. In")[0].encode(), "teams", "In-Meeting Activities"),
        (b"x" * 5_000_001, "generic", "larger than 5 MB"),
        (b"\xff\xfea", "teams", "cannot be read as text"),
    ],
)
def test_a_file_that_is_no_report_says_so(content, provider, words):
    with pytest.raises(Unreadable, match=words):
        read(content, provider, NEW_YORK, NEAR)


@given(st.binary(max_size=400), st.sampled_from(["zoom", "teams", "generic"]))
def test_no_file_does_anything_else(content, provider):
    head = b"Name,Join Time,Leave Time\n"
    for text in (content, head + content):
        try:
            lines = read(text, provider, NEW_YORK, NEAR)
        except Unreadable:
            continue
        assert all(line.problem or line.joined < line.left for line in lines)
