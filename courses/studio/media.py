"""The media library of a course in the studio: files, their words, their captions."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from courses.media import captions, films, library, uploads
from courses.media.placing import as_settings
from courses.media.shown import shown
from courses.models import Block, Draft, Media, Upload
from courses.studio.bilingual import LANGUAGE_NAMES
from courses.studio.editing import Stale
from courses.studio.finding import draft_or_404, posted
from courses.studio.media_forms import CaptionsForm, NewFileForm, UploadForm, WordsForm
from courses.studio.refusing import base_of, both_texts
from lms.http import see_other
from people.access import SignedIn, author, only


@require_http_methods(["GET", "POST"])
@only(author)
def index(request: SignedIn, slug: str) -> HttpResponse:
    """The files of the course, and a form for one more: whole here, in pieces by script."""
    draft = draft_or_404(request, slug)
    form = NewFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        sent: UploadedFile = form.cleaned_data["file"]
        try:
            media = library.take_in(draft.course, sent, sent.name or "", by=request.user)  # type: ignore[arg-type]
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            messages.success(request, _("The file is here. Say what it is, please."))
            return see_other(address(draft, media))
    rows = [(media, shown(as_settings(media))) for media in _offered(draft)]
    context = {**_around(draft), "form": form, "rows": rows, "key": uuid.uuid4()}
    context |= {"largest": library.LARGEST_OF_ALL, "piece": uploads.LARGEST_PIECE}
    return render(request, "studio/media.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@only(author)
def file(request: SignedIn, slug: str, media: uuid.UUID) -> HttpResponse:
    """One file: what it says to people who do not see or hear it."""
    draft = draft_or_404(request, slug)
    found = _media(draft, media)
    if request.method == "GET":
        return _file_page(request, draft, found, WordsForm(found))
    form = WordsForm(found, request.POST)
    conflict = None
    if form.is_valid():
        try:
            library.save_words(found, form.said("words"), base=base_of(request), by=request.user)
        except Stale:
            found.refresh_from_db(fields=["words"])
            conflict = both_texts(form, library.mark_of(found), WordsForm(found))
        else:
            messages.success(request, _("Saved."))
            return see_other(address(draft, found))
    return _file_page(request, draft, found, form, conflict=conflict, status=422)


@require_http_methods(["GET", "POST"])
@only(author)
def subtitles(request: SignedIn, slug: str, media: uuid.UUID, language: str) -> HttpResponse:
    """The captions of one language, as text; what is wrong is said by its line."""
    draft = draft_or_404(request, slug)
    found = _media(draft, media)
    film = get_object_or_404(Media.objects.filter(kind__in=["video", "audio"]), pk=found.pk)
    if language not in LANGUAGE_NAMES:
        return see_other(address(draft, film))
    tracks = film.captions.filter(language=language)
    now, conflict = tracks.first(), None
    sent = request.POST.copy()
    form = CaptionsForm(now, sent or None, request.FILES or None)
    if form.is_valid():
        text = form.cleaned_data["text"]
        replaced = form.cleaned_data["replace"]
        base = form.cleaned_data["base"] if replaced is None else replaced
        try:
            library.save_captions(film, language, text, base=base, by=request.user)
        except Stale:
            now = tracks.first()
            sent["text"] = text  # of a file, too, which no page can send back
            stored = now.revision if now else 0
            conflict = both_texts(form, str(stored), CaptionsForm(now))
        except ValidationError as refusal:
            form.add_error("text", refusal)
        else:
            messages.success(request, _("The captions are saved."))
            return see_other(request.path)
    cues = captions.read(now.text)[0] if now else []
    context = {
        **_around(draft),
        "media": film,
        "shown": shown(as_settings(film)),
        "language": language,
        "language_name": LANGUAGE_NAMES[language],
        "form": form,
        "conflict": conflict,
        "now": now,
        "cues": [(captions.clock(cue.start), cue) for cue in cues],
    }
    status = 422 if form.is_bound else 200
    return render(request, "studio/captions.html", context, status=status)


@posted
def remove(request: SignedIn, slug: str, media: uuid.UUID) -> HttpResponse:
    draft = draft_or_404(request, slug)
    library.remove(_media(draft, media))
    messages.success(request, _("It is out of the library. Lessons that show it keep it."))
    return see_other(reverse("studio:media", args=[slug]))


@posted
def begin_upload(request: SignedIn, slug: str) -> HttpResponse:
    """A place for a large file; says how much of it is here already."""
    draft = draft_or_404(request, slug)
    form = UploadForm(request.POST)
    if not form.is_valid():
        return _problem(" ".join(str(one) for many in form.errors.values() for one in many))
    try:
        upload = uploads.begin(
            draft.course,
            key=form.cleaned_data["key"],
            name=form.cleaned_data["name"],
            size=form.cleaned_data["size"],
            by=request.user,
        )
    except ValidationError as refusal:
        return _problem(refusal.messages[0])
    to = reverse("studio:upload", args=[slug, upload.uuid])
    return _offset(upload, JsonResponse({"address": to, "received": upload.received}, status=201))


@require_http_methods(["GET", "HEAD", "PATCH", "POST"])
@only(author)
def upload(request: SignedIn, slug: str, upload: uuid.UUID) -> HttpResponse:
    """HEAD: how far it is. PATCH: one more piece. POST: that was all; answers with its page."""
    draft = draft_or_404(request, slug)
    mine = Upload.objects.filter(course=draft.course, by=request.user).select_related("media")
    found = get_object_or_404(mine, uuid=upload)
    if request.method == "GET":  # a link, as the sign-in page gives it
        return redirect("studio:media", slug)
    try:
        if request.method == "HEAD":
            return _offset(found, HttpResponse())
        if request.method == "PATCH":
            return _offset(uploads.append(found, _sent_offset(request), request.body))
        media = uploads.finish(found, by=request.user)
    except uploads.WrongOffset as wrong:
        found.received = wrong.received
        return _offset(found, HttpResponse(status=409))
    except ValidationError as refusal:
        return _problem(refusal.messages[0])
    return JsonResponse({"address": address(draft, media)})


def _sent_offset(request: SignedIn) -> int:
    sent = request.headers.get("Upload-Offset", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 16 else -1


def _offset(upload: Upload, response: HttpResponse | None = None) -> HttpResponse:
    response = response if response is not None else HttpResponse(status=204)
    response["Upload-Offset"] = str(upload.received)
    response["Cache-Control"] = "no-store"
    return response


def _problem(sentence: str) -> HttpResponse:
    return JsonResponse({"problem": sentence}, status=422)


def address(draft: Draft, media: Media) -> str:
    return reverse("studio:media-file", args=[draft.course.slug, media.uuid])


def _offered(draft: Draft) -> list[Media]:
    rows = Media.objects.filter(course=draft.course).offered().prefetch_related("captions")
    return list(rows.planned())


def _media(draft: Draft, key: uuid.UUID) -> Media:
    media: Media = get_object_or_404(Media, course=draft.course, uuid=key)
    media.course = draft.course
    return media


def _around(draft: Draft) -> dict[str, Any]:
    return {"draft": draft, "course": draft.course, "tab": "media"}


def _file_page(
    request: SignedIn,
    draft: Draft,
    media: Media,
    form: forms.Form,
    *,
    conflict: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    tracks = {row.language: row for row in media.captions.all()}
    lessons = Block.objects.filter(
        lesson__module__draft=draft, settings__media=str(media.uuid)
    ).select_related("lesson")
    context = {
        **_around(draft),
        "media": media,
        "shown": shown(as_settings(media)),
        "form": form,
        "conflict": conflict,
        "tracks": [(code, name, tracks.get(code)) for code, name in LANGUAGE_NAMES.items()],
        "speaks": media.kind in {Media.Kind.VIDEO, Media.Kind.AUDIO},
        "can_render": films.is_here(),
        "blocks": lessons,
    }
    return render(request, "studio/media_file.html", context, status=status)
