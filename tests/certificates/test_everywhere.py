"""A name and a title in twelve scripts, or in letters that mean something to a program, on every
way that words of a certificate take: page, JSON, letter, badge, transcript and the boards' files.
(PDF: `test_prints`, `test_press`. Hostile words on page, letter and badge: `test_designs`,
`badges/test_credential`; in evidence packs: `tests/insights`.)"""

import csv
import io
from datetime import date
from html import escape, unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from certificates import issuing
from certificates.badges import keys, proofs
from certificates.crediting import reports
from certificates.models import Certificate
from courses.models import Completion
from lms import outbox
from lms.sheets import as_csv, guarded
from tests.certificates.badges.making import badge_of
from tests.certificates.hostile import NAMES
from tests.certificates.test_press import SCRIPTS
from tests.credit.factories import approve, make_type
from tests.factories import both, enrolled, finish, make_course, make_person

pytestmark = pytest.mark.django_db
TWELVE = {
    script: SCRIPTS[script]
    for script in (
        *("Arabic", "Armenian", "Bengali", "Burmese", "Chinese, traditional", "Cyrillic"),
        *("Devanagari", "Ethiopic", "Greek", "Hebrew", "Khmer", "Japanese"),
    )
}


def completed(words, **more):
    """Somebody of this name completed a course of this title, with credit; not certified yet."""
    course = make_course(title=both(words))
    approve(course, more.get("kind"))
    finish(enrolled(make_person(name=words), course))
    return Completion.objects.latest("pk").pk


def test_names_and_titles_in_twelve_scripts_arrive_as_they_were_written(client, mailoutbox):
    kind = make_type(body="NCHEC")
    pks = [completed(words, kind=kind) for words in TWELVE.values()]
    issuing.issue_all(pks)
    while outbox.work():
        pass

    rows = Certificate.objects.order_by("completion").with_state().select_related("holder")
    letters = {letter.to[0]: letter for letter in mailoutbox}
    for row, words in zip(rows, TWELVE.values(), strict=True):
        page = client.get(row.get_absolute_url()).content.decode()
        data = client.get(reverse("certificates:json", args=[row.code])).json()
        badge = badge_of(row)
        letter = letters[row.holder.email]

        assert page.count(escape(words)) >= 2
        assert (data["name"], data["title"]["en"]) == (words, words)
        assert badge["credentialSubject"]["identifier"][0]["identityHash"] == words
        assert badge["name"] == words
        assert proofs.check(badge, keys.believed)
        assert words in letter.subject
        assert words in letter.body
        assert words in unescape(letter.alternatives[0].content)
        client.force_login(row.holder)
        transcript = client.get(reverse("transcripts:csv")).content.decode()
        assert any(words in cells for cells in csv.reader(io.StringIO(transcript)))
        client.logout()
    for cells in boards_files():
        assert {words for row in cells for words in row} >= set(TWELVE.values())


def test_hostile_names_and_titles_are_cells_in_the_boards_files():
    kind = make_type(body="NCHEC")
    for words in NAMES:
        completed(words, kind=kind)

    for cells in boards_files():
        assert len(cells) == 1 + len(NAMES)
        assert not [
            each for row in cells for each in row if each.startswith(("=", "+", "-", "@", "\t"))
        ]
        assert [row for row in cells if len(row) != len(cells[0])] == []
        for words, row in zip(NAMES, cells[1:], strict=True):
            assert row.count(guarded(words)) == 2  # the name and the title


def boards_files():
    """Both files of the time until today, as a spreadsheet reads them."""
    moments = reports._moments(date(2020, 1, 1), timezone.localdate())
    for rows, width in ((reports._nchec, 10), (reports._train, 10)):
        body = as_csv([str(n) for n in range(width)], rows(*moments))
        text = body.decode() if isinstance(body, bytes) else "".join(body)
        yield list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
