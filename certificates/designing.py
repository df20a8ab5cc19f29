"""How an owner's certificates look.

The only writer of Design, CoSignatory, DesignPicture and DesignUse rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from certificates.models import CoSignatory, Design, DesignPicture, DesignUse
from certificates.pictures import Kept
from lms.text import Localised
from people.audit import note
from people.models import Organisation, User

PLAIN: Mapping[str, str] = {"primary": "#0f4c45", "accent": "#a9502f"}
READABLE = 4.5  # WCAG 2.2, 1.4.3: text of these colours stands on white


class Signer(NamedTuple):
    name: str
    role: Localised
    signature: Kept | DesignPicture | None


def draw(
    organisation: Organisation | None,
    *,
    template: str,
    primary: str,
    accent: str,
    logo: Kept | DesignPicture | None,
    signatory: str,
    signatory_role: Localised,
    signature: Kept | DesignPicture | None,
    others: Sequence[Signer] = (),
    by: User,
) -> Design:
    """The next version of this owner's design, to be looked at. It is not in use yet."""
    owner = organisation.pk if organisation else 0
    fields = {
        "organisation": organisation,
        "template": template,
        "primary": primary,
        "accent": accent,
        "logo": _stored(logo),
        "signatory": signatory,
        "signatory_role": signatory_role,
        "signature": _stored(signature),
        "by": by,
    }
    beside = [
        {"place": place, "name": each.name, "role": each.role, "signature": _stored(each.signature)}
        for place, each in enumerate(others, 2)
    ]
    while True:
        newest = Design.objects.filter(owner=owner).order_by("-number").first()
        number = newest.number + 1 if newest else 1
        try:
            with transaction.atomic():
                design = Design.objects.create(owner=owner, number=number, **fields)
                CoSignatory.objects.bulk_create(CoSignatory(design=design, **row) for row in beside)
                return design
        except IntegrityError:  # somebody else saved at this moment and has the number
            if not Design.objects.filter(owner=owner, number=number).exists():
                raise


@transaction.atomic
def use(design: Design, *, by: User) -> DesignUse:
    """New certificates look like this from now on; those issued keep theirs. Safe to repeat."""
    Design.objects.select_for_update().get(pk=design.pk)
    present = DesignUse.objects.filter(owner=design.owner).order_by("-pk").first()
    if present is not None and present.design_id == design.pk:
        return present
    note(by, "design.used", design, owner=design.owner, number=design.number)
    return DesignUse.objects.create(design=design, owner=design.owner, by=by)


def in_use(organisation_id: int | None) -> Design | None:
    """The organisation's design; where it has none, the site's."""
    owners = [organisation_id, 0] if organisation_id else [0]
    for owner in owners:
        uses = DesignUse.objects.filter(owner=owner).order_by("-pk")
        newest = uses.values_list("design", flat=True).first()
        if newest is not None:
            return Design.objects.for_list().get(pk=newest)
    return None


def frozen(design: Design | None) -> dict[str, Any]:
    """What a snapshot copies of it; of none, the plain look."""
    if design is None:
        look = {**PLAIN, "number": None, "logo": None, "logo_name": settings.PROVIDER_NAME}
        return {"template": Design.Template.SEEDLING.value, "design": look, "signatories": []}
    owner = design.organisation.name if design.organisation else settings.PROVIDER_NAME
    look = {
        "primary": design.primary,
        "accent": design.accent,
        "number": design.number,
        "logo": design.logo.sha256 if design.logo else None,
        "logo_name": owner,
    }
    first = (design.signatory, design.signatory_role, design.signature)
    others = [(row.name, row.role, row.signature) for row in design.others.all()]
    signatories = [
        {"name": name, "role": role, "signature": picture.sha256 if picture else None}
        for name, role, picture in [first, *others]
        if name
    ]
    return {"template": design.template, "design": look, "signatories": signatories}


def contrast(one: str, other: str = "#ffffff") -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.2, «contrast ratio»)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _stored(picture: Kept | DesignPicture | None) -> DesignPicture | None:
    if picture is None or isinstance(picture, DesignPicture):
        return picture
    sha256 = hashlib.sha256(picture.png).hexdigest()
    fields = {"data": picture.png, "width": picture.width, "height": picture.height}
    return DesignPicture.objects.get_or_create(sha256=sha256, defaults=fields)[0]
