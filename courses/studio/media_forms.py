"""The forms of the media library."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.media import captions, library
from courses.models import Captions, Media
from courses.studio.bilingual import BilingualForm, line, lines


class NewFileForm(forms.Form):
    file = forms.FileField(
        label=_("A file from your device"),
        help_text=_(
            "A picture, a video, sound, a PDF, or a Word, Excel or PowerPoint file; up to 250 MB."
        ),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        library.check_size(file.size)
        return file


class UploadForm(forms.Form):
    """What a script says of a large file before it sends the first piece."""

    key = forms.UUIDField()
    name = forms.CharField(max_length=250)
    size = forms.IntegerField(min_value=1, max_value=10**12)

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"])[-120:]


class WordsForm(BilingualForm):
    """The alt text of a picture, or the title of anything else."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=20)

    def __init__(self, media: Media, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = library.mark_of(media)
        if media.kind == Media.Kind.IMAGE:
            label: Any = _("What the picture shows, for people who do not see it")
            self.both("words", label, lines(2, 300), media.words)
        else:
            self.both("words", _("Title"), line(150), media.words)


class CaptionsForm(forms.Form):
    """Captions as text, or as a file that takes the text's place."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    # The revision that «Keep mine» writes over; never shown.
    replace = forms.IntegerField(
        required=False, widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1
    )
    text = forms.CharField(
        label=_("Captions (WebVTT)"),
        required=False,
        strip=False,
        max_length=captions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "true", "class": "gw-code"}),
        help_text=_("Each caption: a line with its times, then its words, then an empty line."),
    )
    file = forms.FileField(
        label=_("Or take them from a .vtt or .srt file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".vtt,.srt,text/vtt"}),
    )

    def __init__(self, now: Captions | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].initial = now.revision if now else 0
        self.fields["text"].initial = now.text if now else "WEBVTT\n\n"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if file := cleaned.get("file"):
            if file.size > captions.LONGEST:
                raise ValidationError({"file": gettext("The file is too long.")})
            try:
                cleaned["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise ValidationError(
                    {"file": gettext("This file is no text. Save it as UTF-8, please.")}
                ) from None
        given = cleaned.get("text", "")
        if (text := captions.as_webvtt(given)) != given:
            cleaned["text"] = text
            # Shown as it would be kept, so that mistakes are told by the lines that one sees.
            self.data = {name: self.data[name] for name in self.data} | {"text": text}
        if "\0" in cleaned.get("text", ""):
            raise ValidationError(
                {"text": gettext("The text holds a character that cannot be kept.")}
            )
        return cleaned
