"""Letters: what every letter of the site has, whatever its template says."""

import copy
import re

import pytest
from django.core import mail
from hypothesis import given
from hypothesis import strategies as st

from lms import outbox
from lms.html import markdown_html
from lms.mail import Attachment, _as_text, _escape, promise_letter, send
from lms.models import OutboxEntry

LETTER = """{% load i18n %}Subject: {% translate "Home" %}: {{ name }}

{% translate "Hello" %} {{ name }},

[{{ words }}]({{ page_url }}) is **ready**.

Your code is `{{ code }}`.
"""


@pytest.fixture(autouse=True)
def _template(settings, tmp_path):
    (tmp_path / "letter.md").write_text(LETTER)
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"].insert(0, tmp_path)


def letter(**changes):
    context = {
        "name": "Ana",
        "words": "Your page",
        "page_url": "https://learn.example.org/a_b/",
        "code": "A-1",
    } | changes.pop("context", {})
    about = {"to": "ana@example.org", "template": "letter.md", "language": "en", "key": "k"}
    said = send(**about | {"context": context} | changes)
    return said, mail.outbox[-1]


def html_of(message):
    return next(part.content for part in message.alternatives if part.mimetype == "text/html")


def test_a_letter_has_plain_text_and_html_from_one_template():
    said, message = letter()

    assert said == "«Home: Ana» to ana@example.org"
    assert (message.to, message.subject) == (["ana@example.org"], "Home: Ana")
    assert message.body == (
        "Hello Ana,\n\nYour page: https://learn.example.org/a_b/ is ready.\n\nYour code is A-1.\n"
    )
    html = html_of(message)
    assert (
        '<a href="https://learn.example.org/a_b/">Your page</a> is <strong>ready</strong>' in html
    )
    assert '<html lang="en">' in html


def test_a_letter_is_in_the_readers_language():
    _, message = letter(language="es")
    assert '<html lang="es">' in html_of(message)


def test_what_people_typed_is_text_and_never_a_link_or_markup():
    name = "[Win](https://evil.example) <b>*x*</b> `y` &lt;"
    _, message = letter(context={"name": name})

    html = html_of(message)
    assert "evil.example</a>" not in html
    assert 'href="https://evil' not in html
    assert "<b>" not in html
    assert "<em>" not in html


def test_a_line_break_in_a_name_makes_no_second_header():
    _, message = letter(context={"name": "Ana\r\nBcc: all@example.org"})
    assert message.subject == "Home: Ana"
    assert message.message()["Bcc"] is None


def test_the_same_promise_has_the_same_message_id_and_another_has_another(settings):
    settings.SITE_URL = "https://learn.example.org"
    ids = [letter(key=key)[1].message()["Message-ID"] for key in ["a", "a", "b"]]

    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@learn.example.org>")


def test_a_calendar_entry_goes_in_as_mail_programs_expect_it():
    _, message = letter(calendar=b"BEGIN:VCALENDAR", calendar_method="CANCEL")

    calendar = message.alternatives[1]
    assert calendar.mimetype == "text/calendar; method=CANCEL; charset=utf-8"
    assert 'text/calendar; method="CANCEL"' in message.message().as_string()


def test_files_are_attached():
    _, message = letter(attachments=[Attachment("a.pdf", b"%PDF", "application/pdf")])
    assert message.attachments == [("a.pdf", b"%PDF", "application/pdf")]


@pytest.mark.django_db
def test_a_promised_letter_is_sent_once_and_staff_see_its_subject():
    context = {"name": "Ana", "words": "w", "page_url": "https://x.org/", "code": "1"}
    for _ in range(2):
        promise_letter(
            to="ana@example.org", template="letter.md", context=context, language="en", key="k"
        )
    outbox.work()

    assert len(mail.outbox) == 1
    assert OutboxEntry.objects.get().outcome == "«Home: Ana» to ana@example.org"


def test_a_template_without_a_subject_is_a_mistake(tmp_path):
    (tmp_path / "bare.md").write_text("Hello")
    with pytest.raises(ValueError, match="starts with «Subject:»"):
        letter(template="bare.md")


@given(st.text(alphabet="ab[]()<>*_`#!|&\\ \n:/."))
def test_escaped_words_never_become_markup(words):
    html = markdown_html(f"x {_escape(words)} y")
    assert re.findall(r"<(?!/?p>|br|hr|/?[uo]l>|/?li>|/?pre>|/?code>)", html) == []


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("[a](https://x.org)", "a: https://x.org"),
        ("**b** and `c`", "b and c"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_plain_text_keeps_words_and_addresses(markdown, text):
    assert _as_text(markdown) == text
