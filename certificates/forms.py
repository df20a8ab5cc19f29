from django import forms
from django.utils.translation import gettext_lazy as _

from certificates import codes
from certificates.models import Revocation, Suspension
from people.forms import check_name


class VerifyForm(forms.Form):
    code = forms.CharField(
        label=_("Certificate number"),
        max_length=60,
        help_text=_("It has 26 letters and digits and stands at the foot of the certificate."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        code = codes.typed(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError(
                _("This is not a certificate number. Please check each letter and digit.")
            )
        return code


def _for_the_record(label: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For our own records. It is not shown in public."),
    )


class CorrectForm(forms.Form):
    name = forms.CharField(
        label=_("Name as it should be printed"), max_length=200, validators=[check_name]
    )
    why = _for_the_record(_("Why it is corrected"))


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
