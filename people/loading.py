"""Organisations and counties from the tables in `people/content`: their writer, with the admin.

Adds and updates, deletes nothing, and may be repeated at any time.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils.text import slugify

from lms.text import searchable
from people.models import County, Organisation, ServedCounty

CONTENT = Path(__file__).parent / "content"
NAMES_OF_2017 = "The name is that of 2017 unless noted."
GRANT = (
    "Healthier Together grantee, with the counties named for it: "
    "https://ncdhhs.gov/news/press-releases/2021/12/03/"
    "healthier-together-announces-500k-grants-21-community-organizations"
)

type Row = Mapping[str, str]


class ContentError(Exception):
    """The tables do not fit together; the sentence says where."""


@dataclass
class Loaded:
    counties: int = 0
    departments: int = 0
    former: int = 0
    others: int = 0
    services: int = 0

    def __str__(self) -> str:
        return (
            f"{self.counties} counties, {self.departments} local health departments "
            f"({self.former} more of former times), {self.others} other organisations, "
            f"{self.services} services of counties by organisations."
        )


@transaction.atomic
def load(content: Path = CONTENT) -> Loaded:
    counties = {row["fips"]: _county(row) for row in _rows(content / "nc_counties.csv")}
    changes = {row["fips"]: row for row in _rows(content / "nc_changes.csv")}
    done = Loaded(counties=len(counties))

    departments = {}
    for row in _rows(content / "nc_lhd_current.csv"):
        note = f"{NAMES_OF_2017} {row['note']}".strip()
        departments[row["lhd_slug"]] = _organisation(
            row["lhd_slug"], row["lhd_name"], Organisation.Kind.LOCAL, note
        )
    done.departments = len(departments)
    for change in changes.values():
        if change["former_slug"] not in departments:
            departments[change["former_slug"]] = _organisation(
                change["former_slug"],
                change["former_name"],
                Organisation.Kind.LOCAL,
                f"{change['note']}: {change['source']}",
            )
            done.former += 1
    for row in _rows(content / "nc_counties.csv"):
        if row["lhd_slug"] not in departments:
            raise ContentError(
                f"{row['county']} names a department that is not listed: {row['lhd_slug']}."
            )
        done.services += _serve(
            counties[row["fips"]], departments, row["lhd_slug"], changes.get(row["fips"])
        )

    by_name = {county.name: county for county in counties.values()}
    for row in _rows(content / "healthier_together.csv"):
        slug = slugify(row["organisation"])[:80].rstrip("-")
        grantee = _organisation(slug, row["organisation"], Organisation.Kind.COMMUNITY, GRANT)
        done.others += 1
        for name in row["counties"].split("; "):
            if name not in by_name:
                raise ContentError(f"{row['organisation']} names a county we do not know: {name}.")
            _period(grantee, by_name[name], None, None, GRANT)
            done.services += 1
    for row in _rows(content / "others.csv"):
        _organisation(row["slug"], row["name"], row["kind"], row["note"])
        done.others += 1

    for organisation in Organisation.objects.prefetch_related("served__county"):
        reindex(organisation)
    return done


def reindex(organisation: Organisation) -> None:
    """Make the organisation findable by its name and the counties it serves or served."""
    names = sorted(service.county.name for service in organisation.served.all())
    counties = [f"{name} County" for name in names]
    text = searchable([organisation.name, *counties])
    if text != organisation.search_text:
        organisation.search_text = text
        organisation.save(update_fields=["search_text"])


def _rows(path: Path) -> Iterator[Row]:
    if not path.exists():
        raise ContentError(f"{path.name} is missing in {path.parent}.")
    with path.open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _county(row: Row) -> County:
    county, _ = County.objects.update_or_create(fips=row["fips"], defaults={"name": row["county"]})
    return county


def _organisation(slug: str, name: str, kind: str, note: str) -> Organisation:
    organisation, _ = Organisation.objects.update_or_create(
        slug=slug, defaults={"name": name, "kind": kind, "note": note}
    )
    return organisation


def _serve(
    county: County, departments: Mapping[str, Organisation], present: str, change: Row | None
) -> int:
    """The county's department now and, where it changed, the one before; returns how many."""
    if change is None:
        _period(departments[present], county, None, None, "")
        return 1
    if change["present_slug"] != present:
        raise ContentError(f"The tables disagree about who serves {county.name} now.")
    day = date.fromisoformat(change["changed_on"])
    note = f"{change['note']}: {change['source']}"
    _period(departments[change["former_slug"]], county, None, day, note)
    _period(departments[present], county, day, None, note)
    return 2


def _period(
    organisation: Organisation, county: County, starts: date | None, ends: date | None, note: str
) -> None:
    ServedCounty.objects.update_or_create(
        organisation=organisation,
        county=county,
        defaults={"starts_on": starts, "ends_on": ends, "note": note},
    )
