"""What hosts and credit administrators type: to schedule a session, to decide on credit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.models import Course, CourseVersion
from lms.forms import ChosenRows
from lms.text import said
from people.forms import zones
from people.models import User
from webinars.models import CreditPolicy, Webinar

YOUTUBE = re.compile(
    r"^(?:https://(?:www\.)?(?:youtube\.com/(?:watch\?v=|live/)|youtu\.be/))?"
    r"([\w-]{11})(?:[?&].*)?$"
)


class PolicyField(forms.ModelChoiceField):
    def label_from_instance(self, policy: Any) -> str:
        share = gettext("from %(share)s percent of the live time") % {"share": policy.share_percent}
        return f"{policy}: {share}"


def _farthest() -> date:
    return timezone.localdate() + timedelta(days=3660)


# A slip of the keyboard makes the year 9999, beyond which neither zones nor calendars can reckon.
_PLANNABLE = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(_farthest)]


class ScheduleForm(forms.Form):
    """A session for hosts. Local time in, `starts_at` and `ends_at` out."""

    lesson = forms.ChoiceField(label=_("Lesson"))
    title_en = forms.CharField(label=_("Title in English"), max_length=200)
    title_es = forms.CharField(label=_("Title in Spanish"), max_length=200, required=False)
    summary_en = forms.CharField(
        label=_("What it is about, in English"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    summary_es = forms.CharField(
        label=_("What it is about, in Spanish"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    day = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        validators=_PLANNABLE,
    )
    begins = forms.TimeField(
        label=_("Begins at"), widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    minutes = forms.IntegerField(label=_("Length in minutes"), min_value=1, max_value=720)
    zone = forms.ChoiceField(label=_("Time zone"))
    capacity = forms.IntegerField(
        label=_("Number of seats"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("Leave it empty for no limit. When all are taken, people can wait for one."),
    )
    needs_approval = forms.BooleanField(
        label=_("Hosts approve each registration"),
        required=False,
        help_text=_("People ask for a place, and get it when you say yes."),
    )
    opens_on = forms.DateField(
        label=_("First day to register"),
        required=False,
        help_text=_("Leave it empty to open registration at once."),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        validators=_PLANNABLE,
    )
    closes_on = forms.DateField(
        label=_("Last day to register"),
        required=False,
        help_text=_("Leave it empty to let people register until the end."),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        validators=_PLANNABLE,
    )
    format = forms.ChoiceField(label=_("Kind of session"), choices=Webinar.Format, required=False)
    caption_plan = forms.ChoiceField(
        label=_("Captions"),
        required=False,
        choices=[("", _("Not planned yet")), *Webinar.Captions.choices],
        help_text=_("A session that gives credit needs this before it is published."),
    )
    interpretation_plan = forms.ChoiceField(
        label=_("Interpretation"),
        required=False,
        choices=[("", _("Not planned yet")), *Webinar.Interpretation.choices],
        help_text=_("A session that gives credit needs this before it is published."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"),
        choices=[("en", "English"), ("es", "Español")],
        widget=forms.CheckboxSelectMultiple,
    )
    hosts = ChosenRows(User.objects.none(), label=_("Hosts"), widget=forms.CheckboxSelectMultiple)
    policy = PolicyField(
        CreditPolicy.objects.none(), label=_("What earns credit"), empty_label=None
    )
    stage_kind = forms.ChoiceField(label=_("What is shown on the stage"), required=False)
    stage_address = forms.CharField(label=_("Its address"), max_length=500, required=False)
    recording_kind = forms.ChoiceField(label=_("Recording, once there is one"), required=False)
    recording_address = forms.CharField(label=_("Its address"), max_length=500, required=False)
    published = forms.BooleanField(
        label=_("Show it on the schedule"),
        required=False,
        help_text=_("Once people can see a session, it stays visible. You can still call it off."),
    )

    def __init__(self, *args: Any, webinar: Webinar | None = None, **kwargs: Any) -> None:
        self.webinar = webinar
        if webinar is not None:
            kwargs["initial"] = _typed(webinar) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self._choose("zone", zones(webinar.zone if webinar else "America/New_York"))
        self._choose("stage_kind", SHOWN)
        self._choose("recording_kind", SHOWN)
        policies: Any = self.fields["policy"]
        policies.queryset = CreditPolicy.objects.order_by("name", "-number")
        hosts: Any = self.fields["hosts"]
        hosts.queryset = User.objects.filter(may_host=True, is_active=True).order_by("name")
        if webinar is not None:
            del self.fields["lesson"]
            if webinar.published_at is not None:
                del self.fields["published"]
            if webinar.state != Webinar.State.SCHEDULED:
                for name in ("day", "begins", "minutes", "zone"):
                    self.fields[name].disabled = True
        else:
            del self.fields["recording_kind"], self.fields["recording_address"]
            self._choose("lesson", [("", _("Choose one")), *live_lessons()])

    def _choose(self, name: str, choices: Any) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if {"day", "begins", "minutes", "zone"} <= data.keys():
            self._clean_times(data)
        if data.get("closes_on") and "zone" in data:
            last_minute = datetime.combine(data["closes_on"], time(23, 59))  # on the host's clock
            data["registration_closes_at"] = last_minute.replace(tzinfo=ZoneInfo(data["zone"]))
        if data.get("opens_on") and "zone" in data:
            first_minute = datetime.combine(data["opens_on"], time(0, 0))
            data["registration_opens_at"] = first_minute.replace(tzinfo=ZoneInfo(data["zone"]))
        if data.get("opens_on") and data.get("closes_on") and data["closes_on"] < data["opens_on"]:
            self.add_error("closes_on", _("The last day is before the first."))
        data["format"] = data.get("format") or Webinar.Format.PRESENTATION
        for name in ("stage", "recording"):
            if f"{name}_kind" in self.fields:
                self._clean_shown(data, name)
        return data

    def _clean_times(self, data: dict[str, Any]) -> None:
        try:
            starts_at = moment(data["day"], data["begins"], data["zone"])
        except ValidationError as error:
            self.add_error("begins", error)
            return
        length = timedelta(minutes=data["minutes"])
        if self.webinar is not None:
            # The form shows whole minutes: what nobody changed keeps its seconds and moves nothing.
            if starts_at == self.webinar.starts_at.replace(second=0, microsecond=0):
                starts_at = self.webinar.starts_at
            if data["minutes"] == self.webinar.minutes:
                length = self.webinar.ends_at - self.webinar.starts_at
        new = self.webinar is None or self.webinar.starts_at != starts_at
        if new and starts_at <= timezone.now():
            self.add_error("day", _("This time has passed. Choose one that is still to come."))
        data["starts_at"], data["ends_at"] = starts_at, starts_at + length

    def _clean_shown(self, data: dict[str, Any], name: str) -> None:
        if not {f"{name}_kind", f"{name}_address"} & set(self.changed_data) and self.webinar:
            data[name] = getattr(self.webinar, name)  # with captions, which the form does not know
            return
        try:
            data[name] = shown(data.get(f"{name}_kind", ""), data.get(f"{name}_address", ""))
        except ValidationError as error:
            self.add_error(f"{name}_address", error)

    @property
    def face(self) -> dict[str, Any]:
        """The cleaned values in the words of `webinars.scheduling`."""
        data = self.cleaned_data
        names = (
            "zone",
            "capacity",
            "languages",
            "policy",
            "stage",
            "recording",
            "format",
            "needs_approval",
        )
        plans = ("caption_plan", "interpretation_plan")
        return {
            "title": _localised(data, "title"),
            "summary": _localised(data, "summary"),
            "registration_closes_at": data.get("registration_closes_at"),
            "registration_opens_at": data.get("registration_opens_at"),
            **{name: data[name] for name in (*names, *plans) if name in data},
        }

    @property
    def slug(self) -> str:
        """The session's address: what it is called and when, so that it is new."""
        data = self.cleaned_data
        return f"{slugify(data['title_en'])[:60].strip('-') or 'session'}-{data['day']:%Y-%m-%d}"


class CopyForm(forms.Form):
    """When a session takes place again, once or in a row. Local time of the session's zone."""

    day = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        validators=_PLANNABLE,
    )
    begins = forms.TimeField(
        label=_("Begins at"), widget=forms.TimeInput({"type": "time"}, "%H:%M")
    )
    times = forms.IntegerField(label=_("How many sessions"), min_value=1, max_value=26, initial=1)
    weeks = forms.TypedChoiceField(
        label=_("How often"),
        choices=[(1, _("Every week")), (2, _("Every two weeks")), (4, _("Every four weeks"))],
        coerce=int,
        help_text=_("Only for more than one."),
    )

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        days = (data["day"] + timedelta(weeks=data["weeks"] * n) for n in range(data["times"]))
        try:
            data["starts"] = [moment(day, data["begins"], self.zone) for day in days]
        except ValidationError as error:
            self.add_error("begins", error)
            return data
        if data["starts"][0] <= timezone.now():
            self.add_error("day", _("This time has passed. Choose one that is still to come."))
        return data


SHOWN = [
    ("", _("Nothing yet")),
    ("youtube", _("A YouTube video or stream")),
    ("file", _("A video file of this site")),
    ("link", _("A meeting elsewhere, by its link")),
]


def shown(kind: str, address: str) -> dict[str, str]:
    """What stands in `Webinar.stage` and `recording`. Raises ValidationError beside the address."""
    address = address.strip()
    if not kind:
        return {}
    if kind == "youtube":
        if found := YOUTUBE.match(address):
            return {"kind": "youtube", "id": found[1]}
        raise ValidationError(_("This is not the address of a YouTube video."))
    if kind == "file":
        if address.startswith("/") and not address.startswith("//"):
            return {"kind": "file", "url": address}
        raise ValidationError(_("Give the path on this site, beginning with a slash."))
    if not address.startswith("https://"):
        raise ValidationError(_("The link must begin with https://."))
    return {"kind": "link", "url": address}


def moment(day: date, clock: time, zone: str) -> datetime:
    """That local time as a moment. Refuses the hour that a change to summer time leaves out, and
    the one that the change back repeats: nobody would know which is meant."""
    local = datetime.combine(day, clock).replace(tzinfo=ZoneInfo(zone))
    if local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(
        tzinfo=None
    ):
        raise ValidationError(_("Clocks change that night: this time does not exist."))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ValidationError(_("Clocks change that night: this time comes twice."))
    return local


def live_lessons() -> list[tuple[str, str]]:
    """Every live lesson of the published webinar courses, as `course:item` and words."""
    courses = Course.objects.published().filter(format=Course.Format.WEBINAR).order_by("slug")
    documents = dict(
        CourseVersion.objects.filter(pk__in=courses.values("current")).values_list("pk", "document")
    )
    return [
        (f"{course.pk}:{lesson['uuid']}", f"{said(course.title)}: {said(lesson['title'])}")
        for course in courses
        if course.current_id is not None
        for module in documents[course.current_id]["modules"]
        for lesson in module["lessons"]
        if lesson["kind"] == "live"
    ]


def _localised(data: Mapping[str, Any], name: str) -> dict[str, str]:
    texts = {language: data.get(f"{name}_{language}", "").strip() for language in ("en", "es")}
    return {language: text for language, text in texts.items() if text}


def _typed(webinar: Webinar) -> dict[str, Any]:
    """A session in the fields of the form."""
    start = webinar.starts_at.astimezone(ZoneInfo(webinar.zone))
    opens, closes = webinar.registration_opens_at, webinar.registration_closes_at
    return {
        "title_en": webinar.title.get("en", ""),
        "title_es": webinar.title.get("es", ""),
        "summary_en": webinar.summary.get("en", ""),
        "summary_es": webinar.summary.get("es", ""),
        "day": start.date(),
        "begins": start.time().replace(second=0, microsecond=0),
        "minutes": webinar.minutes,
        "zone": webinar.zone,
        "capacity": webinar.capacity,
        "needs_approval": webinar.needs_approval,
        "opens_on": opens and opens.astimezone(ZoneInfo(webinar.zone)).date(),
        "format": webinar.format,
        "caption_plan": webinar.caption_plan,
        "interpretation_plan": webinar.interpretation_plan,
        "closes_on": closes and closes.astimezone(ZoneInfo(webinar.zone)).date(),
        "languages": webinar.languages,
        "hosts": webinar.hosts.all(),
        "policy": webinar.policy_id,
        "stage_kind": webinar.stage.get("kind", ""),
        "stage_address": webinar.stage.get("id") or webinar.stage.get("url", ""),
        "recording_kind": webinar.recording.get("kind", ""),
        "recording_address": webinar.recording.get("id") or webinar.recording.get("url", ""),
    }


class DecisionForm(forms.Form):
    """A credit administrator's own decision on one person."""

    credited = forms.TypedChoiceField(
        label=_("Decision"),
        choices=[("yes", _("Give credit")), ("no", _("Give no credit"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    minutes = forms.IntegerField(
        label=_("Minutes of credit"), min_value=0, max_value=720, required=False, initial=0
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("The person sees this reason, and it stays on record."),
        widget=forms.Textarea({"rows": 3}),
    )

    def clean_minutes(self) -> int:
        return self.cleaned_data["minutes"] or 0
