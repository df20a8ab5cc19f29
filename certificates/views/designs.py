"""How certificates look: drawn, looked at, and only then used. For credit administrators."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from certificates import designing, printing, snapshot
from certificates.forms import DesignForm
from certificates.models import Design, DesignPicture
from certificates.press import PressError
from lms.http import see_other
from people.access import SignedIn, credit_administrator, only
from people.models import Organisation

NAMES = {
    "short": "Ana Ruiz",
    "long": "María Fernanda Guadalupe Ibáñez-O’Connor de la Santísima Trinidad y Montenegro",
    "rtl": "محمد عبد الرحمن الهاشمي",
}


@only(credit_administrator)
def designs(request: SignedIn) -> HttpResponse:
    """Each owner's design in use, and its versions."""
    owners: dict[int, list[Design]] = {}
    for design in Design.objects.for_list():
        owners.setdefault(design.owner, []).append(design)
    context = {
        "owners": [
            (designing.in_use(owner or None), versions) for owner, versions in owners.items()
        ],
        "organisations": Organisation.objects.order_by("name").values_list("pk", "name"),
    }
    return render(request, "certificates/designs.html", context)


@only(credit_administrator)
def new_design(request: SignedIn) -> HttpResponse:
    """The form; it starts from the owner's newest version."""
    organisation = _organisation(request)
    rows = Design.objects.filter(owner=organisation.pk if organisation else 0).for_list()
    before = rows.order_by("-number").first()
    form = DesignForm(request.POST or None, request.FILES or None, initial=_initial(before))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        first, *others = [*_signers(form, before)] or [designing.Signer("", {}, None)]
        design = designing.draw(
            organisation,
            template=given["template"],
            primary=given["primary"],
            accent=given["accent"],
            logo=given["logo"] or (None if given["without_logo"] or not before else before.logo),
            signatory=first.name,
            signatory_role=first.role,
            signature=first.signature,
            others=others,
            by=request.user,
        )
        return see_other(design.get_absolute_url())
    context = {"form": form, "organisation": organisation, "before": before}
    status = 422 if form.errors else 200
    return render(request, "certificates/new_design.html", context, status=status)


@only(credit_administrator)
def design(request: SignedIn, pk: int) -> HttpResponse:
    found = get_object_or_404(Design.objects.for_list(), pk=pk)
    now = designing.in_use(found.organisation_id)
    context = {"design": found, "in_use": now is not None and now.pk == found.pk}
    return render(request, "certificates/design.html", context)


@only(credit_administrator)
def preview(request: SignedIn, pk: int) -> HttpResponse:
    """A picture of a made-up certificate with this design: `?language=`, `?paper=`, `?name=`."""
    found = get_object_or_404(Design.objects.for_list(), pk=pk)
    language = "es" if request.GET.get("language") == "es" else "en"
    name = NAMES.get(request.GET.get("name", ""), NAMES["short"])
    said = snapshot.sample(found, name=name, language=language, now=timezone.now())
    paper: printing.Paper = "a4" if request.GET.get("paper") == "a4" else "letter"
    try:
        picture = printing.png_of(said, paper)
    except PressError as error:
        raise Http404 from error
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@only(credit_administrator)
def use_design(request: SignedIn, pk: int) -> HttpResponse:
    found = get_object_or_404(Design.objects.for_list(), pk=pk)
    designing.use(found, by=request.user)
    messages.success(request, _("New certificates look like this from now on."))
    return see_other(found.get_absolute_url())


def _organisation(request: HttpRequest) -> Organisation | None:
    """Nobody's is the site's own; what is no organisation is not found."""
    asked = request.GET.get("organisation", "")
    if not asked:
        return None
    if not asked.isdecimal():
        raise Http404
    return get_object_or_404(Organisation, pk=asked)


def _signers(form: DesignForm, before: Design | None) -> Iterator[designing.Signer]:
    """Who signs; a picture that is not chosen anew stays at its place unless it is taken off."""
    had: dict[int, DesignPicture | None] = {}
    if before is not None:
        had = {1: before.signature, **{row.place: row.signature for row in before.others.all()}}
    for given in form.signed():
        kept = None if given["without_signature"] else had.get(given["place"])
        role = {"en": given["role_en"], "es": given["role_es"] or given["role_en"]}
        yield designing.Signer(given["signatory"], role, given["signature"] or kept)


def _initial(before: Design | None) -> dict[str, str]:
    if before is None:
        return {"template": Design.Template.SEEDLING}
    found = {
        "template": before.template,
        "primary": before.primary,
        "accent": before.accent,
        "signatory": before.signatory,
        "role_en": before.signatory_role.get("en", ""),
        "role_es": before.signatory_role.get("es", ""),
    }
    for row in before.others.all():
        found |= {
            f"signatory_{row.place}": row.name,
            f"role_en_{row.place}": row.role.get("en", ""),
            f"role_es_{row.place}": row.role.get("es", ""),
        }
    return found
