"""One letter: bilingual by the reader's choice, HTML and plain text from one Markdown template.

`templates/<app>/mail/<name>.md` starts with a line `Subject: …`; the rest is Markdown. Its text
goes through gettext like any page. Letters are sent from outbox handlers, never from a view.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import make_msgid
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils import translation

from lms import outbox
from lms.html import markdown_html, trusted

_HIDDEN = 0xF0000
_WORD = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!])")


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    mimetype: str


def send(
    *,
    to: str,
    template: str,
    context: Mapping[str, object],
    language: str,
    key: str,
    attachments: Sequence[Attachment] = (),
    calendar: bytes | None = None,
    calendar_method: str = "REQUEST",
    unsubscribe_url: str = "",
) -> str:
    """Render and hand one letter to the mailer; returns what staff see («Subject» to address).

    `key` makes the Message-ID: the same promise kept twice is recognisable as one letter.
    Plain strings in `context`, also in its lists, are escaped as Markdown in the HTML part: a name
    is never a link.
    `calendar` goes in as a text/calendar alternative with its method, as mail clients expect.
    `unsubscribe_url` takes a POST from the mail program itself (RFC 8058): one click, no page.
    """
    with translation.override(language):
        base = {"site_url": settings.SITE_URL, "language": language, **context}
        subject, _ = _split(_render(template, base))
        escaped = {k: _escaped(k, v) for k, v in base.items()}
        _, source = _split(_render(template, escaped))
        html = render_to_string(
            "components/mail.html",
            {**base, "subject": subject, "body": trusted(markdown_html(source))},
        )
    headers = {"Message-ID": _message_id(key)}
    if unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = EmailMultiAlternatives(
        subject=subject, body=_as_text(source), to=[to], headers=headers
    )
    message.attach_alternative(html, "text/html")
    if calendar is not None:
        message.attach_alternative(
            calendar.decode(), f"text/calendar; method={calendar_method}; charset=utf-8"
        )
    for attachment in attachments:
        message.attach(attachment.name, attachment.content, attachment.mimetype)
    message.send()
    return f"«{subject}» to {to}"


@outbox.handles("mail")
def _send_promised(payload: Mapping[str, object]) -> str:
    """A letter whose words were fixed when it was promised: the arguments of `send`."""
    return send(
        to=str(payload["to"]),
        template=str(payload["template"]),
        context=payload["context"],  # type: ignore[arg-type]
        language=str(payload["language"]),
        key=str(payload["key"]),
    )


def promise_letter(
    *, to: str, template: str, context: Mapping[str, object], language: str, key: str
) -> None:
    """Promise a letter in the caller's transaction, once per key."""
    payload = {"to": to, "template": template, "context": context, "language": language}
    outbox.promise("mail", key=key, payload={**payload, "key": key})


def _render(template: str, context: Mapping[str, object]) -> str:
    backend = get_template(template)
    return str(backend.template.render(Context(dict(context), autoescape=False)))  # type: ignore[attr-defined]


def _split(rendered: str) -> tuple[str, str]:
    head, _, body = rendered.strip().partition("\n")
    if not head.startswith("Subject:"):
        raise ValueError("a letter's template starts with «Subject:»")
    subject = " ".join(head.removeprefix("Subject:").split())
    return subject, re.sub(r"\n{3,}", "\n\n", body.strip()) + "\n"


def _escaped(key: str, value: object) -> object:
    if isinstance(value, list):
        return [_escaped(key, each) for each in value]
    if isinstance(value, dict):
        return {k: _escaped(k, each) for k, each in value.items()}
    return _escape(value) if _is_words(key, value) else value


def _is_words(key: str, value: object) -> bool:
    return isinstance(value, str) and not key.endswith("url")


def _escape(value: object) -> str:
    """Marks become letters. Words like `totp_activated` have none; templates compare them."""
    if _WORD.fullmatch(str(value)):
        return str(value)
    return _MARKDOWN.sub(r"\\\1", str(value))


def _as_text(markdown: str) -> str:
    """Links as «words: address», marks of emphasis gone: what a plain-text reader wants to see.

    What was escaped is somebody's own words, and stands as they wrote it: while the marks go, it
    hides in the private-use area.
    """
    markdown = re.sub(r"\\([\\`*_{}\[\]<>#|!])", lambda held: chr(_HIDDEN + ord(held[1])), markdown)
    text = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", r"\1: \2", markdown)
    text = re.sub(r"`(.+?)`", r"\1", text)
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", text)
    return text.translate({_HIDDEN + code: code for code in range(128)})


def _message_id(key: str) -> str:
    domain = urlsplit(settings.SITE_URL).hostname or "localhost"
    return (
        f"<{sha256(key.encode()).hexdigest()[:32]}@{domain}>" if key else make_msgid(domain=domain)
    )
