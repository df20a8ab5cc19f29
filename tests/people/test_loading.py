import csv
import shutil
from collections import Counter, defaultdict
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from people import loading
from people.models import County, Membership, Organisation, ServedCounty
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(db):
    return loading.load()


def groups_on(day):
    found = defaultdict(set)
    rows = ServedCounty.objects.on(day).filter(organisation__kind="local")
    for organisation, county in rows.values_list("organisation__slug", "county__name"):
        found[organisation].add(county)
    return dict(found)


@pytest.mark.parametrize(
    "day",
    [
        date(2018, 1, 1),
        date(2018, 6, 30),
        date(2018, 7, 1),
        date(2019, 6, 30),
        date(2019, 7, 1),
        date(2022, 6, 30),
        date(2022, 7, 1),
        date(2026, 11, 22),
        timezone.localdate(),
    ],
)
def test_every_county_is_served_by_one_local_department_on_any_day(loaded, day):
    served = Counter(county for counties in groups_on(day).values() for county in counties)

    assert set(served.values()) == {1}
    assert set(served) == set(County.objects.values_list("name", flat=True))
    assert len(served) == 100


def test_the_grouping_of_2018_is_that_of_the_table_of_2017(loaded):
    with (loading.CONTENT / "nc_lhd_2017.csv").open(encoding="utf-8") as lines:
        table = [set(row["counties"].split("; ")) for row in csv.DictReader(lines)]

    assert sorted(map(sorted, groups_on(date(2018, 1, 1)).values())) == sorted(map(sorted, table))


def test_the_grouping_of_today_is_that_of_the_present_table(loaded):
    with (loading.CONTENT / "nc_lhd_current.csv").open(encoding="utf-8") as lines:
        table = {row["lhd_slug"]: set(row["counties"].split("; ")) for row in csv.DictReader(lines)}

    assert groups_on(timezone.localdate()) == table
    assert len(table) == 86


def test_the_counts(loaded):
    assert str(loaded) == (
        "100 counties, 86 local health departments (1 more of former times), 13 other "
        "organisations, 141 services of counties by organisations."
    )
    assert Counter(Organisation.objects.values_list("kind", flat=True)) == {
        "local": 87,
        "community": 12,
        "state": 1,
    }
    assert Organisation.objects.present_on(timezone.localdate()).filter(kind="local").count() == 86


def test_what_changed_and_what_is_not_certain_is_noted(loaded):
    assert all(row.note for row in ServedCounty.objects.exclude(starts_on=None, ends_on=None))
    assert "2017" in Organisation.objects.get(slug="alamance").note


def test_loading_again_changes_nothing_and_keeps_memberships(loaded):
    person = make_person()
    Membership.objects.create(person=person, organisation=Organisation.objects.get(slug="wake"))
    before = list(Organisation.objects.order_by("pk").values())

    assert str(loading.load()) == str(loaded)
    assert list(Organisation.objects.order_by("pk").values()) == before
    assert Membership.objects.count() == 1
    assert ServedCounty.objects.count() == 141


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("durham", ["durham"]),
        ("chowan", ["albemarle-regional-health-services"]),
        ("new hanover", ["new-hanover"]),
        ("DURHAM cóunty", ["durham", "lila-latinx-lgbtqi-initiative-inc"]),
    ],
)
def test_departments_are_found_by_county(loaded, words, expected):
    found = Organisation.objects.present_on(timezone.localdate()).matching(words)

    slugs = list(found.values_list("slug", flat=True))
    assert slugs == expected or set(expected) <= set(slugs)


def test_a_table_that_does_not_fit_is_refused_with_a_sentence(tmp_path, monkeypatch):
    shutil.copytree(loading.CONTENT, tmp_path / "content")
    changes = tmp_path / "content" / "nc_changes.csv"
    changes.write_text(changes.read_text().replace(",polk,", ",wake,"))
    load = loading.load
    monkeypatch.setattr(loading, "load", lambda: load(tmp_path / "content"))

    with pytest.raises(CommandError, match="The tables disagree about who serves Polk now"):
        call_command("load_people_content")

    assert not Organisation.objects.exists()
