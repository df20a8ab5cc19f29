from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files import File
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from certificates.transcripts import proofs


class OutsideForm(forms.Form):
    """Training somewhere else, with proof."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("What it was called"), max_length=200)
    provider = forms.CharField(label=_("Who gave it"), max_length=200)
    completed_on = forms.DateField(
        label=_("When you completed it"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    hours = forms.DecimalField(
        label=_("Hours"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal("0.25")), MaxValueValidator(Decimal(500))],
    )
    proof = forms.FileField(
        label=_("Proof"),
        help_text=_("A certificate or letter as PDF, PNG or JPEG, up to 5 MB."),
        widget=forms.FileInput({"accept": ".pdf,.png,.jpg,.jpeg"}),
    )

    def clean_completed_on(self) -> Any:
        day = self.cleaned_data["completed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean_proof(self) -> File:
        file: File = self.cleaned_data["proof"]
        if (file.size or 0) > proofs.LARGEST:
            raise forms.ValidationError(_("This file is larger than 5 MB."))
        if proofs.ending(file) is None:
            raise forms.ValidationError(_("This file is not a PDF, PNG or JPEG."))
        return file


class DecideForm(forms.Form):
    words = forms.CharField(
        label=_("What the person is told"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )
