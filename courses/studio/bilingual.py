"""Form fields in both languages, and author HTML as a field.

A bilingual field `title` is two fields, `title_en` and `title_es`; `form.said("title")` is the
localised value of both, and `form.pairs.title` the two for a template.
"""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Self

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.text import format_lazy

from lms.html import clean_html, markdown_html
from lms.text import LANGUAGE_NAMES, LANGUAGES, Localised

LONGEST_HTML = 100_000  # characters
_MARKUP = re.compile(r"<[a-z/!][^>]*>", re.IGNORECASE)

type Words = str | Promise


class RichText(forms.Textarea):
    """A text box that becomes an editor where JavaScript runs."""

    template_name = "studio/widgets/rich-text.html"
    pictures = False

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 10, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "pictures": self.pictures}

    def use_required_attribute(self, initial: Any) -> bool:
        return False  # the box is hidden behind the editor, where a browser cannot point at it


class RichTextField(forms.CharField):
    """HTML from an author, cleaned. Text without any tag is read as Markdown: paragraphs, lists.

    The text of a block may show `pictures` of the course's library.
    """

    widget = RichText

    def __init__(self, *, pictures: bool = False, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_HTML, **kwargs)
        self.pictures = pictures
        if isinstance(self.widget, RichText):
            self.widget.pictures = pictures

    def clean(self, value: Any) -> str:
        typed = unix_lines(super().clean(value))
        read = clean_html if _MARKUP.search(typed) else markdown_html
        html = read(typed, pictures=self.pictures)
        shows = "<hr" in html or "<picture" in html
        return html.strip() if shows or unescape(strip_tags(html)).strip() else ""


class BilingualForm(forms.Form):
    """Add the pairs in `__init__` with `both`; English may be required, Spanish never is."""

    mark_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pairs: list[str] = []

    def both(
        self,
        name: str,
        label: Words,
        make: Callable[[], forms.CharField],
        stored: Mapping[str, str] | None = None,
        *,
        required: bool = False,
    ) -> None:
        self._pairs.append(name)
        for language in LANGUAGES:
            field = make()
            field.required = required and language == "en"
            field.label = format_lazy(
                "{label} ({language})", label=label, language=LANGUAGE_NAMES[language]
            )
            field.initial = (stored or {}).get(language, "")
            field.widget.attrs["lang"] = language
            self.fields[f"{name}_{language}"] = field

    @property
    def pairs(self) -> dict[str, list[BoundField]]:
        return {name: self.pair(name) for name in self._pairs}

    def pair(self, name: str) -> list[BoundField]:
        return [self[f"{name}_{language}"] for language in LANGUAGES]

    def unchecked(self) -> Self:
        """Show what was typed without judging it yet: for «add another»."""
        self._errors = ErrorDict(renderer=self.renderer)
        return self

    def said(self, name: str) -> Localised:
        """What was sent, without the languages that were left empty.

        A text that nobody touched stays as it is stored, with the space around it that fields
        strip: opening a form and saving it changes nothing.
        """
        told: Localised = {}
        for language in LANGUAGES:
            sent = unix_lines(self.cleaned_data[f"{name}_{language}"])
            stored = self.fields[f"{name}_{language}"].initial
            if sent:
                told[language] = stored if sent == stored.strip() else sent
        return told


def unix_lines(text: str) -> str:
    """Browsers send the lines of a text box with CR and LF."""
    return text.replace("\r\n", "\n")


def illustrated_text() -> RichTextField:
    """The text of a block: it may show pictures of the course."""
    return RichTextField(pictures=True)


def line(max_length: int = 200) -> Callable[[], forms.CharField]:
    return lambda: forms.CharField(max_length=max_length)


def lines(rows: int = 3, max_length: int = 2000) -> Callable[[], forms.CharField]:
    return lambda: forms.CharField(
        max_length=max_length, widget=forms.Textarea(attrs={"rows": rows})
    )
