"""The registration form: who you are, what the host asks, and what you need to take part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lms.text import said
from lms.zones import spoken
from people.forms import check_name
from people.models import Organisation, User
from webinars import rules
from webinars.asking import Answers
from webinars.models import Accommodation, FormQuestion, Webinar

LAST = ("needs", "note")  # what the host asks stands before these
Kind = FormQuestion.Kind
_MUST_AGREE = _("Tick this box to register.")


class PlaceForm(forms.Form):
    """To register: who you are unless we know, and what you need to take part.

    With `sessions` it asks which of them; with `session` it is for that one, and says until when to
    ask for what.
    """

    sessions = forms.MultipleChoiceField(
        label=_("Sessions"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one session.")},
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        validators=[check_name],
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("Your link to join comes to this address."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Where you work"),
        required=False,
        empty_label=_("Choose one"),
    )
    job_role = forms.ChoiceField(label=_("What you do"), required=False)
    needs = forms.MultipleChoiceField(
        label=_("What would help you take part?"),
        choices=Accommodation.Kind,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_(
            "Tell us as early as you can. A sign language or spoken interpreter takes 2 to 3 weeks "
            "to book, live captions by a person about 1 week. If it is later than that, ask "
            "anyway: we try."
        ),
    )
    note = forms.CharField(
        label=_("Anything we should know about that"),
        max_length=500,
        required=False,
        help_text=_("For example the language you need an interpreter for."),
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        person: User | None,
        belongs: Organisation | None = None,
        session: Webinar | None = None,
        sessions: Iterable[Webinar] | None = None,
        asked: Sequence[Sequence[FormQuestion]] = (),
        answered: Mapping[int, Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`asked` are groups of questions that are alike, `answered` what this person said before
        (see `webinars.asking`)."""
        super().__init__(*args, **kwargs)
        rows = None if sessions is None else list(sessions)
        if rows is None:
            del self.fields["sessions"]
        else:
            field: Any = self.fields["sessions"]
            field.choices = [(row.slug, _choice(row, person)) for row in rows]
            # Of a lesson that is held more than once, the next is ticked.
            field.initial = list({row.item: row.slug for row in reversed(rows)}.values())
        if session is not None:
            needs: Any = self.fields["needs"]
            needs.choices = [(kind.value, _until(kind, session)) for kind in Accommodation.Kind]
        if person is not None:
            del self.fields["name"], self.fields["email"]
        roles: Any = self.fields["job_role"]
        roles.choices = [("", _("Choose one")), *User.Role.choices]
        roles.initial = person.job_role if person is not None else ""
        places: Any = self.fields["organisation"]
        places.queryset = Organisation.objects.present_on(timezone.localdate())
        if belongs is not None:  # also one that is closed to others by now
            places.queryset = places.queryset | Organisation.objects.filter(pk=belongs.pk)
            places.initial = belongs.pk
        self._ask(asked, answered or {}, len(rows) if rows is not None else 1)

    def _ask(
        self,
        asked: Sequence[Sequence[FormQuestion]],
        answered: Mapping[int, Mapping[str, Any]],
        sessions: int,
    ) -> None:
        self.asked = {f"ask-{group[0].pk}": group for group in asked}
        for name, group in self.asked.items():
            first = group[0]
            before = next((answered[row.pk] for row in group if row.pk in answered), None)
            field = _field(first, before)
            of_all = len(group) == sessions
            field.label = str(said(first.words)) if of_all else _about(group)
            # What only some of the sessions need is looked at once these are known.
            field.required = of_all and all(row.required for row in group)
            if not field.required and any(row.required for row in group):
                field.needed_by_some = True  # type: ignore[attr-defined]  # not «optional»
                field.help_text = _("Needed if you choose that session.")
            if first.kind == Kind.CONSENT:
                field.error_messages["required"] = _MUST_AGREE
            self.fields[name] = field
        self.order_fields([*(name for name in self.fields if name not in LAST), *LAST])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, group in self.asked.items():
            needed = any(row.required and self._is_for(row, data) for row in group)
            if needed and name not in self.errors and not data.get(name):
                self.add_error(name, _missing(group[0]))
        return data

    @property
    def answers(self) -> Answers:
        """What the host asked, by question, for the sessions that were chosen."""
        data = self.cleaned_data
        return {
            row.pk: _given(row, data.get(name))
            for name, group in self.asked.items()
            for row in group
            if self._is_for(row, data)
        }

    def _is_for(self, question: FormQuestion, data: Mapping[str, Any]) -> bool:
        return "sessions" not in self.fields or question.webinar.slug in data.get("sessions", ())

    @property
    def asked_needs(self) -> dict[str, str]:
        """{kind: note}. A note without a tick is a need too."""
        kinds, note = self.cleaned_data["needs"], self.cleaned_data["note"]
        if note and not kinds:
            kinds = [Accommodation.Kind.OTHER]
        return dict.fromkeys(kinds, note)


def _choice(webinar: Webinar, reader: User | None) -> str:
    zone = reader.time_zone if reader is not None else webinar.zone
    words = f"{said(webinar.title)}: {spoken(webinar.starts_at, webinar.ends_at, zone)}"
    if webinar.needs_approval:
        return f"{words} ({gettext('the host approves each request')})"
    return f"{words} ({gettext('waitlist')})" if webinar.is_full else words


def _until(kind: Accommodation.Kind, session: Webinar) -> str:
    """The day after which booking usually takes longer than there is time."""
    last = session.starts_at - timedelta(days=rules.LEAD_DAYS[kind])
    if last <= timezone.now():
        return gettext("%(kind)s (late for this session; ask anyway)") % {"kind": kind.label}
    day = date_format(last.astimezone(ZoneInfo(session.zone)), "DATE_FORMAT")
    return gettext("%(kind)s (ask by %(day)s)") % {"kind": kind.label, "day": day}


def _about(group: Sequence[FormQuestion]) -> str:
    titles = ", ".join(str(said(row.webinar.title)) for row in group)
    return f"{said(group[0].words)} ({titles})"


def _field(question: FormQuestion, before: Mapping[str, Any] | None) -> forms.Field:
    before = before or {}
    options = [(str(n), str(said(option))) for n, option in enumerate(question.options)]
    chosen = [str(question.options.index(o)) for o in before.get("chosen", ())
              if o in question.options]  # fmt: skip
    match question.kind:
        case Kind.SHORT:
            return forms.CharField(max_length=200, initial=before.get("text"))
        case Kind.LONG:
            area = forms.Textarea({"rows": 4})
            return forms.CharField(max_length=2000, initial=before.get("text"), widget=area)
        case Kind.ONE:
            return forms.ChoiceField(
                choices=options, initial=next(iter(chosen), None), widget=forms.RadioSelect
            )
        case Kind.SEVERAL:
            return forms.MultipleChoiceField(
                choices=options, initial=chosen, widget=forms.CheckboxSelectMultiple
            )
        case _consent:
            return forms.BooleanField(initial=before.get("yes"))


def _missing(question: FormQuestion) -> ValidationError:
    if question.kind == Kind.CONSENT:
        return ValidationError(_MUST_AGREE, code="required")
    return ValidationError(forms.Field.default_error_messages["required"], code="required")


def _given(question: FormQuestion, value: Any) -> dict[str, Any] | None:
    match question.kind:
        case Kind.CONSENT:
            return {"yes": bool(value)}
        case Kind.ONE | Kind.SEVERAL:
            numbers = [value] if isinstance(value, str) else list(value or ())
            chosen = [question.options[int(number)] for number in numbers if number]
            return {"chosen": chosen} if chosen else None
        case _text:
            return {"text": value} if value else None
