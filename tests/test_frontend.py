"""The look: built files as committed, small, safe and readable; forms and pages that use it."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import brotli
import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

ROOT = Path(settings.BASE_DIR)
SOURCES = ROOT / "lms" / "frontend"
BUILT = ROOT / "lms" / "static" / "lms"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = (BUILT / "site.css").read_text()
CLASSES = set(re.findall(r"\.((?:gw|usa)-[\w-]+)", CSS))


def test_the_built_files_are_those_that_were_committed():
    wanted = dict(
        reversed(line.split("  ")) for line in (SOURCES / "checksums.txt").read_text().splitlines()
    )
    built = [BUILT / "site.css", *(BUILT / "fonts").iterdir()]

    found = {
        path.relative_to(BUILT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in built
    }

    assert found == wanted


def test_a_page_carries_little_before_its_own_words():
    """DESIGN 9: a lesson's first view is at most 100 KB. htmx takes 15 of them."""
    fonts = list((BUILT / "fonts").glob("*.woff2"))
    scripts = [len(brotli.compress(path.read_bytes())) for path in BUILT.glob("*.js")]

    assert len(brotli.compress(CSS.encode())) <= 16 * 1024
    assert len(gzip.compress(CSS.encode(), mtime=0)) <= 20 * 1024
    assert len(fonts) == 2
    assert sum(path.stat().st_size for path in fonts) <= 60 * 1024
    assert max(scripts) <= 1024


def test_the_stylesheet_fetches_nothing_but_our_fonts():
    addresses = re.findall(r"url\(([^)]*)\)", CSS)

    assert {a for a in addresses if not a.startswith(('"data:image/svg+xml,', '""'))} == {
        "fonts/piazzolla.woff2",
        "fonts/public-sans.woff2",
    }
    assert "@import" not in CSS


def test_no_registry_is_named_in_the_lock():
    lock = json.loads((SOURCES / "package-lock.json").read_text())

    assert all("resolved" not in package for package in lock["packages"].values())
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_every_component_of_the_readme_and_the_style_guide_has_its_style():
    readme = (SOURCES / "README.md").read_text()
    guide = (ROOT / "templates/components/styleguide.html").read_text()
    events_and_marks = {"gw-tab", "usa-checkbox__input--tile", "usa-radio__input--tile"}
    elements = {"gw-copy", "gw-local-time"}
    named = re.findall(r"(?<![\w/<.-])((?:gw|usa)-[a-z][\w-]*)", readme)
    used = {name for value in re.findall(r'class="([^"{]*)"', guide) for name in value.split()}

    assert set(named) - CLASSES - events_and_marks - elements == set()
    assert {name for name in used if name.startswith(("gw-", "usa-"))} - CLASSES == set()


def test_every_class_in_a_template_has_its_style():
    marks = {"usa-checkbox__input--tile", "usa-radio__input--tile"}  # our form templates read them
    sheets = [path.read_text() for path in ROOT.glob("*/static/**/*.css")]
    styled = set(re.findall(r"\.((?:gw|usa)-[\w-]+)", "".join(sheets)))
    lost = []
    for path in TEMPLATES:
        html = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text())
        names = {n for value in re.findall(r'class="([^"]*)"', html) for n in value.split()}
        lost += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in names - styled - marks
            if name.startswith(("gw-", "usa-")) and not name.endswith("-")
        ]

    assert lost == []


# --- Colors

TOKENS = (SOURCES / "sass" / "_tokens.scss").read_text()


def _scheme(name: str) -> dict[str, str]:
    body = re.search(rf"@mixin {name} \{{(.*?)\n\}}", TOKENS, re.DOTALL).group(1)
    return dict(re.findall(r"--gw-([\w-]+): ([^;]+);", body))


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_both_schemes_define_the_same_colors():
    assert _scheme("light").keys() == _scheme("dark").keys()


GROUNDS = ("paper", "surface")
TEXT = [
    *((text, ground) for ground in GROUNDS for text in ("ink", "ink-soft", "link", "visited")),
    *((text, ground) for ground in GROUNDS for text in ("primary", "primary-strong", "clay")),
    *((tone, ground) for ground in GROUNDS for tone in ("info", "success", "warning", "error")),
    *((tone, f"{tone}-wash") for tone in ("info", "success", "warning", "error")),
    *(("ink", f"{tone}-wash") for tone in ("info", "success", "warning", "error", "primary")),
    ("ink-soft", "warning-wash"),
    ("ink-soft", "primary-wash"),
    ("on-primary", "primary"),
    ("on-primary", "primary-strong"),
    ("on-primary", "primary-deep"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("on-danger", "danger-deep"),
    ("disabled", "disabled-wash"),
    ("ink", "mark"),
    ("ink", "sunken"),
    ("on-ground", "ground"),
    ("on-ground-soft", "ground"),
    ("on-stage", "stage"),
]
MARKS = [
    *((mark, ground) for ground in GROUNDS for mark in ("focus", "rule-strong", "primary")),
    ("primary", "sunken"),
    ("focus-on-ground", "ground"),
    ("ground-rule", "ground"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in MARKS],
    ids=lambda value: str(value),
)
def test_colors_stand_out_from_what_is_behind_them(scheme, front, back, least):
    colors = _scheme(scheme)

    assert _contrast(colors[front], colors[back]) >= least


# --- Templates


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_template_has_nothing_that_the_security_policy_would_refuse(path):
    html = path.read_text()

    assert not re.findall(r"<[^>]*\sstyle=", html)
    assert not re.findall(r"<[^>]*\son[a-z]+=", html)
    assert not re.findall(r"hx-on|javascript:", html)
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", html, re.DOTALL):
        assert "src=" in attributes or "application/json" in attributes
        assert "src=" not in attributes or not body.strip()


class Registration(forms.Form):
    name = forms.CharField(label="Your name", help_text="As on your certificate.")
    role = forms.ChoiceField(label="Role", choices=[("n", "Nursing")], required=False)
    remind = forms.ChoiceField(
        label="Remind me",
        choices=[("d", "The day before")],
        widget=forms.RadioSelect(attrs={"class": "usa-radio__input--tile"}),
    )
    agree = forms.BooleanField(label="I agree")


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", html)


def test_a_form_ties_labels_hints_and_errors_to_its_fields():
    html = _plain(str(Registration({})))

    assert '<label class="usa-label" for="id_name">Your name</label>' in html
    assert '<div class="usa-hint" id="id_name_helptext">As on your certificate.</div>' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'class="usa-input usa-input--error"' in html
    assert '<a href="#id_name">Your name: This field is required.</a>' in html


def test_a_form_marks_what_is_optional_unless_told_not_to():
    class Filters(Registration):
        mark_optional = False

    assert str(Registration()).count("(optional)") == 1
    assert str(Filters()).count("(optional)") == 0


def test_choices_and_tick_boxes_have_their_label_behind_them():
    html = _plain(str(Registration()))

    assert '<div class="usa-radio usa-radio--tile"><input type="radio" name="remind"' in html
    assert '<label class="usa-radio__label" for="id_remind_0">The day before</label>' in html
    assert '<legend class="usa-legend">Remind me</legend>' in html
    assert '<label class="usa-checkbox__label" for="id_agree">I agree</label>' in html


def test_an_error_of_the_whole_form_stands_above_it():
    form = Registration({"name": "A", "remind": "d", "agree": "on"})
    form.add_error(None, "The session is full.")

    html = str(form)

    assert html.index("The session is full.") < html.index("usa-form-group")
    assert html.count("The session is full.") == 1


def test_the_page_for_broken_things_needs_nothing_but_itself():
    html = render_to_string("500.html")

    assert "<h1>Something went wrong</h1>" in html
    assert "<form" not in html


@pytest.fixture
def guide(db, client):
    return client.get(reverse("styleguide")).content.decode()


def test_every_page_names_its_language_its_twin_and_how_htmx_behaves(guide):
    assert '<html lang="en">' in guide
    assert (
        f'<link rel="alternate" hreflang="es" href="{settings.SITE_URL}/es/styleguide/">' in guide
    )
    assert '<a class="usa-skipnav" href="#main">' in guide
    assert '<main id="main" class="gw-page" tabindex="-1">' in guide
    config = json.loads(re.search(r"name=\"htmx-config\" content='([^']+)'", guide).group(1))
    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False
    assert {"code": "422", "swap": True} in config["responseHandling"]
    assert 'hx-headers=\'{"X-CSRFToken": ' in guide


def test_every_address_of_the_header_and_footer_is_there():
    """`{% url … as … %}` says nothing when a name is wrong: the link is just not shown."""
    base = (ROOT / "templates" / "base.html").read_text()
    names = re.findall(r"{% url '([^']+)' as", base)

    assert len(names) >= 14
    for name in names:
        assert reverse(name)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_scheme_is_there_from_the_first_byte(db, client, theme):
    client.cookies["theme"] = theme

    html = client.get(reverse("styleguide")).content.decode()

    assert f'<html lang="en" data-theme="{theme}">' in html


# --- In a browser


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_style_guide_has_no_barriers_and_fits_the_screen(browser, live_server, scheme, width):
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(live_server.url + reverse("styleguide"))

    violations = Axe().run(page).response["violations"]

    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert complaints == []
    page.close()


def test_no_script_names_another_file_of_ours():
    """Static files have new names with each release, which pages know and scripts do not."""
    scripts = [path for path in ROOT.glob("*/static/*/**/*.js") if "vendor" not in path.parts]
    named = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["']\.{0,2}/""")

    assert len(scripts) > 10
    assert [path.name for path in scripts if named.search(path.read_text())] == []
