"""The course side by side in two languages: how far it is, and every text beside its source."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import reswap, retarget

from courses import publishing, translations
from courses.crediting import earns_credit
from courses.models import Draft, Translation
from courses.studio import wording
from courses.studio.bilingual import LANGUAGE_NAMES, RichTextField, unix_lines
from courses.studio.changes import BLOCK_WORDS
from courses.studio.finding import draft_or_404
from courses.studio.forms import Difference
from courses.words import SOURCE, Text, mark, texts_of_course, texts_of_lesson
from lms.http import see_other
from lms.text import said
from people.access import SignedIn, author, only

STATE_WORDS = {
    translations.MISSING: lambda: _("not translated"),
    translations.STALE: lambda: _("the source changed since"),
    translations.MACHINE: lambda: _("by a machine, nobody has read it over"),
    translations.TRANSLATED: lambda: _("translated"),
    translations.REVIEWED: lambda: _("read over by somebody else"),
}
LONGEST = {"title": 200, "outcomes": 300}


@dataclass(frozen=True)
class Line:
    """A lesson, or the course itself, in the list."""

    item: str
    title: Mapping[str, str]
    tally: translations.Tally

    @property
    def undone(self) -> list[str]:
        return [f"{count} {STATE_WORDS[state]()}" for state, count in self.tally.undone]


class WordsForm(forms.Form):
    """One text. Rich where its source is."""

    mark_optional = False
    machine = forms.BooleanField(required=False)

    def __init__(
        self, text: Text, language: str, data: Any = None, *, row: Translation | None = None
    ) -> None:
        super().__init__(data, auto_id=f"id_{id_of(text)}_%s")
        self.text = text
        self.fields["words"] = _field(text)
        self.fields["words"].required = False
        self.fields["words"].label = capfirst(str(LANGUAGE_NAMES[language]))
        self.fields["words"].initial = text.words.get(language, "")
        self.fields["words"].widget.attrs["lang"] = language
        self.fields["machine"].label = _("A machine translated this")
        origin = row.origin if row is not None and row.speaks_of(text) else ""
        self.fields["machine"].initial = origin == Translation.Origin.MACHINE

    @property
    def words(self) -> str:
        """What was typed; where nobody touched it, with the space around it that fields strip."""
        typed, stored = unix_lines(self.cleaned_data["words"]), self.fields["words"].initial
        return stored if typed == stored.strip() else typed


@dataclass(frozen=True)
class Row:
    text: Text
    id: str
    label: str
    state: str
    state_words: str
    form: WordsForm
    base: str
    row: Translation | None

    @property
    def speaks(self) -> Translation | None:
        return self.row if self.row is not None and self.row.speaks_of(self.text) else None

    @property
    def reviewable(self) -> bool:
        return self.state in {translations.STALE, translations.MACHINE, translations.TRANSLATED}


@require_GET
@only(author)
def index(request: SignedIn, slug: str, language: str) -> HttpResponse:
    draft = _draft(request, slug, language)
    document, rows = publishing.freeze(draft), translations.rows_of(draft)
    course = Line(
        document["course"],
        {"en": _("The course itself and its modules")},
        translations.tally(texts_of_course(document), language, rows),
    )
    lessons = [
        Line(
            lesson["uuid"],
            lesson["title"],
            translations.tally(texts_of_lesson(lesson), language, rows),
        )
        for module in document["modules"]
        for lesson in module["lessons"]
    ]
    context = {
        **_around(draft, language),
        "lines": [course, *lessons],
        "whole": translations.tally_of_document(document, language, rows),
        "claimed": language in draft.languages,
        "credit": earns_credit(draft.course),
    }
    return render(request, "studio/translations.html", context)


@require_http_methods(["GET", "POST"])
@only(author)
def texts(request: SignedIn, slug: str, language: str, item: uuid.UUID) -> HttpResponse:
    """All texts of a lesson, or of the course itself. A POST is about one of them."""
    draft = _draft(request, slug, language)
    if request.method == "GET":
        return _page(request, draft, language, item)
    place = wording.Place(
        _uuid(request.POST.get("item", "")), request.POST.get("path", ""), language
    )
    found = _texts_of(publishing.freeze(draft), item)
    text = next((t for t in found if (t.item, t.path) == (str(place.item), place.path)), None)
    if text is None:
        raise Http404
    form = WordsForm(text, language, request.POST)
    base = request.POST.get("replace") or request.POST.get("base", "")
    try:
        if "review" in request.POST:
            wording.review(draft, place, by=request.user, base=base)
        elif form.is_valid():
            machine = form.cleaned_data["machine"]
            wording.put(draft, place, form.words, by=request.user, base=base, machine=machine)
    except Draft.DoesNotExist:
        raise Http404 from None
    except wording.Overtaken as overtaken:
        conflict = _conflict(overtaken.text, form, language)
        return _refused(request, draft, item, text, form, base, conflict=conflict)
    except ValidationError as refusal:
        form.add_error(None, refusal)
    if form.errors:
        return _refused(request, draft, item, text, form, base)
    return _saved(request, draft, item, place)


def id_of(text: Text) -> str:
    return mark(f"{text.item} {text.path}")[:12]


def _saved(request: SignedIn, draft: Draft, item: uuid.UUID, place: wording.Place) -> HttpResponse:
    document, rows = publishing.freeze(draft), translations.rows_of(draft)
    text = next(
        t for t in _texts_of(document, item) if (t.item, t.path) == (str(place.item), place.path)
    )
    row = _row(text, place.language, rows)
    acts = {"done", "review", "replace"} & request.POST.keys()
    if not request.htmx:
        messages.success(request, _("Saved."))
        return see_other(f"{_address(draft, place.language, item)}#text-{row.id}")
    context = {**_around(draft, place.language), "item": item, "line": row, "back_to": bool(acts)}
    if acts:
        shown = render(request, "studio/translate.html#text", context)
        return reswap(retarget(shown, f"#text-{row.id}"), "outerHTML")
    context["saved_at"] = timezone.now()
    return render(request, "studio/translate.html#kept", context)


def _refused(
    request: SignedIn,
    draft: Draft,
    item: uuid.UUID,
    text: Text,
    form: WordsForm,
    base: str,
    *,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    """What was typed stays in its field; only «keep mine» writes over what stands now."""
    language = form.fields["words"].widget.attrs["lang"]
    line = _row(text, language, translations.rows_of(draft), form=form, base=base)
    context = {
        **_around(draft, language),
        "item": item,
        "line": line,
        "conflict": conflict,
    }
    if not request.htmx:
        return _page(request, draft, language, item, instead=line, conflict=conflict)
    if {"done", "review", "replace"} & request.POST.keys():
        shown = render(request, "studio/translate.html#text", context, status=422)
        return reswap(retarget(shown, f"#text-{line.id}"), "outerHTML")
    return render(request, "studio/translate.html#kept", context, status=422)


def _page(
    request: SignedIn,
    draft: Draft,
    language: str,
    item: uuid.UUID,
    *,
    instead: Row | None = None,
    conflict: dict[str, Any] | None = None,
) -> HttpResponse:
    document, rows = publishing.freeze(draft), translations.rows_of(draft)
    found = [text for text in _texts_of(document, item) if text.source]
    lines = [_row(text, language, rows) for text in found]
    context = {
        **_around(draft, language),
        "item": item,
        "title": _title(document, item),
        "lines": [instead if instead and line.id == instead.id else line for line in lines],
        "tally": translations.tally(found, language, rows),
        "conflict": conflict,
        "conflict_id": instead.id if instead else "",
    }
    status = 422 if instead else 200
    return render(request, "studio/translate.html", context, status=status)


def _conflict(text: Text, form: WordsForm, language: str) -> dict[str, Any]:
    """Both texts as they stand now, beside what was typed."""
    differences = [
        Difference(
            label=str(LANGUAGE_NAMES[one]),
            stored=text.words.get(one, ""),
            language=one,
            rich=text.html,
        )
        for one in (SOURCE, language)
    ]
    return {"mark": wording.base_of(text, language), "differences": differences}


def _row(
    text: Text,
    language: str,
    rows: translations.Rows,
    *,
    form: WordsForm | None = None,
    base: str = "",
) -> Row:
    state = translations.state_of(text, language, rows)
    row = rows.get((text.item, text.path, language))
    return Row(
        text=text,
        id=id_of(text),
        label=label_of(text),
        state=state,
        state_words=STATE_WORDS[state](),
        form=form or WordsForm(text, language, row=row),
        base=base or wording.base_of(text, language),
        row=row,
    )


def label_of(text: Text) -> str:
    """What this text is, in words for a translator."""
    steps = text.path.split("/")
    number = {"number": text.number}
    if text.part == "module":
        name = _("Title") if steps[0] == "title" else _("Summary")
        return f"{_('Module %(number)s') % number}: {name}"
    if text.part == "question":
        return f"{_('Question %(number)s') % number}: {_inside_question(steps)}"
    if text.part == "block":
        kind = BLOCK_WORDS[text.kind]() if text.kind in BLOCK_WORDS else text.kind
        name = _("%(kind)s, block %(number)s") % {"kind": kind, **number}
        return name if steps == ["body"] else f"{name}: {_named(steps)}"
    if steps[0] == "outcomes":
        return _("Learning outcome %(number)s") % {"number": int(steps[1]) + 1}
    return _named(steps)


def _inside_question(steps: list[str]) -> str:
    if "options" in steps:
        answer = _("answer «%(id)s»") % {"id": steps[2]}
        return answer if steps[-1] == "text" else f"{answer}, {_named(steps)}"
    return _named(steps)


def _named(steps: list[str]) -> str:
    names = {
        "title": _("Title"),
        "summary": _("Summary"),
        "about": _("About this course"),
        "prompt": _("the question itself"),
        "prompt_html": _("the question itself"),
        "explanation": _("why it is so"),
        "feedback": _("feedback"),
        "intro": _("Introduction"),
        "body": _("Text"),
        "text": _("Text"),
        "low": _("Words at the low end"),
        "high": _("Words at the high end"),
        "unit": _("Unit"),
    }
    return names.get(steps[-1]) or " ".join(steps[1:])


def _field(text: Text) -> forms.CharField:
    if text.html:
        return RichTextField(pictures=text.part == "block")
    most = LONGEST.get(text.path.partition("/")[0], 5000)
    source = text.source
    short = len(source) < 90 and "\n" not in source
    lines = max(2, min(12, len(source) // 60 + 1))
    widget = forms.TextInput() if short else forms.Textarea(attrs={"rows": lines})
    return forms.CharField(max_length=most, widget=widget)


def _texts_of(document: Mapping[str, Any], item: uuid.UUID) -> Iterable[Text]:
    if document["course"] == str(item):
        return list(texts_of_course(document))
    return list(texts_of_lesson(_lesson(document, item)))


def _lesson(document: Mapping[str, Any], item: uuid.UUID) -> Mapping[str, Any]:
    for module in document["modules"]:
        for lesson in module["lessons"]:
            if lesson["uuid"] == str(item):
                return lesson  # type: ignore[no-any-return]
    raise Http404


def _title(document: Mapping[str, Any], item: uuid.UUID) -> str:
    if document["course"] == str(item):
        return _("The course itself and its modules")
    return said(_lesson(document, item)["title"])


def _draft(request: SignedIn, slug: str, language: str) -> Draft:
    if language not in translations.TARGETS:
        raise Http404
    return draft_or_404(request, slug)


def _around(draft: Draft, language: str) -> dict[str, Any]:
    return {
        "draft": draft,
        "course": draft.course,
        "tab": "translate",
        "language": language,
        "language_name": LANGUAGE_NAMES[language],
        "source_language": SOURCE,
        "source_name": LANGUAGE_NAMES[SOURCE],
    }


def _address(draft: Draft, language: str, item: uuid.UUID) -> str:
    return reverse("studio:translate-texts", args=[draft.course.slug, language, item])


def _uuid(sent: str) -> uuid.UUID:
    try:
        return uuid.UUID(sent)
    except ValueError:
        raise Http404 from None
