from copy import copy
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from certificates import codes
from certificates.designing import PLAIN, READABLE, contrast
from certificates.models import Certificate, Design, Revocation, Suspension
from certificates.pictures import Kept, NotAPicture, kept
from people.forms import check_name


class VerifyForm(forms.Form):
    code = forms.CharField(
        label=_("Certificate number"),
        max_length=200,  # room for a link
        help_text=_("It has 26 letters and digits and stands at the foot of the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        given = self.cleaned_data["code"]
        code = codes.typed(given) or codes.linked(given)
        if code is None:
            raise forms.ValidationError(
                _("This is not a certificate number. Please check each letter and digit.")
            )
        return code


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("PDF or badge file"),
        help_text=_("The file you were given, up to 10 MB. We look at it and do not keep it."),
        error_messages={"empty": _("This file is empty.")},
        widget=forms.FileInput(
            attrs={"accept": "application/pdf,image/png,image/svg+xml,.json,.jwt"}
        ),
    )


def _for_the_record(label: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For our own records. It is not shown in public."),
    )


class CorrectForm(forms.Form):
    """What stands on the certificate now, to be changed where it is wrong."""

    name = forms.CharField(
        label=_("Name as it should be printed"), max_length=200, validators=[check_name]
    )
    title_en = forms.CharField(label=_("Title, in English"), max_length=300)
    title_es = forms.CharField(label=_("Title, in Spanish"), max_length=300, required=False)
    completed_on = forms.DateField(
        label=_("Day of completion"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_(
            "The day and the hours belong to the record. If you change one, a corrected record "
            "takes the place of the old one, which is kept."
        ),
    )
    hours = forms.DecimalField(
        label=_("Training hours"), min_value=0, max_value=999, max_digits=5, decimal_places=2
    )
    why = _for_the_record(_("Why it is corrected"))

    def __init__(self, certificate: Certificate, data: QueryDict | None = None) -> None:
        said = certificate.snapshot
        initial = {
            "name": said["name"],
            "title_en": said["title"].get("en", ""),
            "title_es": said["title"].get("es", ""),
            "completed_on": certificate.completed_on,
            "hours": said["hours"],
        }
        super().__init__(data, initial=initial)
        if certificate.completion_id is None:  # a series has these from its courses
            del self.fields["completed_on"], self.fields["hours"]

    def corrected(self) -> dict[str, Any]:
        """What `certificates.correcting.correct` takes."""
        given = self.cleaned_data
        title = {"en": given["title_en"], "es": given["title_es"]}
        return {
            "name": given["name"],
            "title": {language: text for language, text in title.items() if text},
            "completed_on": given.get("completed_on"),
            "hours": given.get("hours"),
            "why": given["why"],
        }


class AnewForm(forms.Form):
    anew_why = _for_the_record(_("How the mistake came about"))


class RevokeForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Reason, shown to anyone who checks the certificate"), choices=Revocation.Reason
    )
    revoke_why = _for_the_record(_("What happened"))


class SuspendForm(forms.Form):
    suspend_reason = forms.ChoiceField(
        label=_("Reason, shown while it is suspended"), choices=Suspension.Reason
    )
    suspend_why = _for_the_record(_("What is to be settled"))


class LiftForm(forms.Form):
    lift_why = _for_the_record(_("What was found"))


PLACES = (1, 2, 3)  # as many as fit beside each other in every layout
SIGNER = ("signatory", "role_en", "role_es", "signature", "without_signature")
LOOK = ("template", "primary", "accent", "logo", "without_logo")


def _named(place: int) -> list[str]:
    return [name if place == 1 else f"{name}_{place}" for name in SIGNER]


class DesignForm(forms.Form):
    """One version of a design. A picture that is not chosen anew stays unless it is taken off."""

    template = forms.ChoiceField(
        label=_("Layout"), choices=Design.Template, widget=forms.RadioSelect
    )
    primary = forms.CharField(
        label=_("Main color"), widget=forms.ColorInput, max_length=7, initial=PLAIN["primary"]
    )
    accent = forms.CharField(
        label=_("Second color"), widget=forms.ColorInput, max_length=7, initial=PLAIN["accent"]
    )
    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG or JPEG. One on a white or see-through ground looks best."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    without_logo = forms.BooleanField(label=_("No logo"), required=False)
    signatory = forms.CharField(
        label=_("Who signs"), required=False, max_length=120, help_text=_("Name and degrees.")
    )
    role_en = forms.CharField(label=_("Their role, in English"), required=False, max_length=120)
    role_es = forms.CharField(label=_("Their role, in Spanish"), required=False, max_length=120)
    signature = forms.FileField(
        label=_("Picture of the signature"),
        required=False,
        help_text=_("PNG or JPEG, dark on white. Only with the consent of the person who signs."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    without_signature = forms.BooleanField(label=_("No picture of a signature"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for place in PLACES[1:]:
            for name in SIGNER:
                self.fields[f"{name}_{place}"] = copy(self.fields[name])

    def look(self) -> list[forms.BoundField]:
        return [self[name] for name in LOOK]

    def signers(self) -> list[tuple[int, list[forms.BoundField], bool]]:
        """Each place with its fields, and whether somebody signs there or something is wrong."""
        rows = [(place, [self[each] for each in _named(place)]) for place in PLACES]
        return [
            (place, fields, place == 1 or any(f.errors or f.value() for f in fields))
            for place, fields in rows
        ]

    def signed(self) -> list[dict[str, Any]]:
        """Who signs, as given, in the order of the places that are filled."""
        given = [
            dict(zip(SIGNER, (self.cleaned_data.get(each) for each in _named(place)), strict=True))
            | {"place": place}
            for place in PLACES
        ]
        return [each for each in given if each["signatory"]]

    def clean_primary(self) -> str:
        return self._readable("primary")

    def clean_accent(self) -> str:
        return self._readable("accent")

    def clean_logo(self) -> Kept | None:
        return self._picture("logo")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for place in PLACES:
            name, *_roles, picture, _without = _named(place)
            try:
                given[picture] = self._picture(picture)
            except forms.ValidationError as error:
                self.add_error(picture, error)
            if given.get(picture) and not given.get(name):
                self.add_error(name, _("Say whose signature it is."))
        return given

    def _readable(self, name: str) -> str:
        colour = self.cleaned_data[name].lower()
        try:
            strong = contrast(colour) >= READABLE
        except ValueError:
            raise forms.ValidationError(_("Choose a color.")) from None
        if not strong or len(colour) != len("#000000"):
            raise forms.ValidationError(
                _("This color is too light to be read on white. Choose a darker one.")
            )
        return str(colour)

    def _picture(self, name: str) -> Kept | None:
        file = self.cleaned_data.get(name)
        if not file:
            return None
        try:
            return kept(file)
        except NotAPicture:
            raise forms.ValidationError(
                _("This file cannot be used. Choose a PNG or JPEG of at most 4 MB.")
            ) from None
