import shutil

import pytest
from django.core.management import CommandError, call_command

from library import loading
from library.models import CaseStudy, CompetencyDomain, Practice, PracticeGroup

pytestmark = pytest.mark.django_db


@pytest.fixture
def content(tmp_path, monkeypatch):
    """A copy of the real files, which the command then loads."""
    shutil.copytree(loading.CONTENT, tmp_path / "content")
    load = loading.load
    monkeypatch.setattr(loading, "load", lambda: load(tmp_path / "content"))
    return tmp_path / "content"


def test_the_files_load_and_loading_again_changes_nothing(capsys):
    call_command("load_library_content")
    first = list(Practice.objects.order_by("pk").values())
    call_command("load_library_content")

    assert capsys.readouterr().out.splitlines() == [
        "4 groups, 15 practices, 8 competency domains, 8 case studies; 35 new or changed.",
        "4 groups, 15 practices, 8 competency domains, 8 case studies; 0 new or changed.",
    ]
    assert list(Practice.objects.order_by("pk").values()) == first
    assert sorted(Practice.objects.values_list("number", flat=True)) == list(range(1, 16))


def test_every_text_is_there_in_both_languages_and_is_safe_html():
    loading.load()

    for model in (PracticeGroup, Practice, CompetencyDomain, CaseStudy):
        for row in model.objects.all():
            assert set(row.title) == {"en", "es"}
    for row in [*Practice.objects.all(), *CaseStudy.objects.all()]:
        assert all("<h2>" in html and "<script" not in html for html in row.body.values())
        assert row.body["en"].count("<h2>") == row.body["es"].count("<h2>")
    assert all(study.practices.exists() and study.sources for study in CaseStudy.objects.all())


def test_a_changed_file_changes_its_row_and_a_missing_one_is_named(content, capsys):
    call_command("load_library_content")
    path = content / "practices" / "allocate-resources.yaml"
    path.write_text(path.read_text().replace("## What it asks", "## What this asks"))
    next((content / "case-studies").glob("new-york*")).unlink()

    call_command("load_library_content")

    assert "What this asks" in Practice.objects.get(slug="allocate-resources").body["en"]
    assert capsys.readouterr().out.splitlines()[1] == (
        "4 groups, 15 practices, 8 competency domains, 7 case studies; 1 new or changed. "
        "In the database but in no file: new-york-city-races-to-justice."
    )


def test_raw_html_in_a_file_shows_as_text(content):
    path = content / "practices" / "allocate-resources.yaml"
    path.write_text(path.read_text().replace("## What it asks", "## <script>alert(1)</script>"))

    call_command("load_library_content")

    assert "<script" not in Practice.objects.get(slug="allocate-resources").body["en"]


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("practices/allocate-resources.yaml", "group: internal", "group: nowhere", "no group"),
        ("practices/allocate-resources.yaml", "number: 5", "number: 4", "number 4 is "),
        ("practices/allocate-resources.yaml", "title: {en:", "title: {fr:", "English and Spanish"),
        ("practices/allocate-resources.yaml", "source: https", "source: ftp", "not an address"),
        ("practices/allocate-resources.yaml", "title:", "\ttitle:", "is not YAML"),
        ("groups.yaml", "slug: internal", "slug: In Ternal", "not a slug"),
        ("case-studies/new-york-city-races-to-justice.yaml", "level: local", "level: x", "level"),
        ("competencies.yaml", "- number: 1", "- number: one", "whole number"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(content, file, old, new, complaint):
    path = content / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))

    with pytest.raises(CommandError, match=complaint):
        call_command("load_library_content")

    assert not PracticeGroup.objects.exists()
    assert not Practice.objects.exists()
