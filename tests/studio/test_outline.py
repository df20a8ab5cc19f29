import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Draft, Lesson, Module
from courses.studio import editing, removing
from tests.factories import both, make_draft, make_lesson

pytestmark = pytest.mark.django_db


def outline(draft):
    """[[slug, …], …]: the lessons of each module, in order."""
    return [
        [lesson.slug for lesson in module.lessons.order_by("position")]
        for module in draft.modules.order_by("position")
    ]


@pytest.fixture
def three(draft):
    """Two modules: a b c, and d."""
    first = draft.modules.get()
    first.lessons.all().delete()
    second = Module.objects.create(draft=draft, title=both("Second"), position=2)
    for slug in "abc":
        make_lesson(first, slug=slug)
    make_lesson(second, slug="d")
    return draft


def lesson_of(slug):
    return Lesson.objects.get(slug=slug)


def move(studio, url, what, into, before=None, **headers):
    sent = f"lesson:{what.uuid}:{into.uuid}:{before.uuid if before else ''}"
    return studio.post(url("studio:arrange"), {"move": sent}, **headers)


def test_a_module_is_added_last_and_the_draft_counts_the_change(draft, studio, trainer, url):
    before = draft.revision

    answer = studio.post(
        url("studio:add-module"), {"key": uuid.uuid4(), "title_en": "New", "title_es": "Nuevo"}
    )

    assert answer.status_code == 303
    made = draft.modules.last()
    assert (made.title, made.position) == ({"en": "New", "es": "Nuevo"}, 2)
    draft.refresh_from_db()
    assert (draft.revision, draft.changed_by) == (before + 1, trainer)


@pytest.mark.parametrize("what", ["module", "lesson", "copy of a module", "copy of a lesson"])
def test_a_form_sent_twice_makes_one_row(what, draft, studio, url):
    module = draft.modules.get()
    lesson = module.lessons.first()
    name, rest, sent = {
        "module": ("studio:add-module", [], {"title_en": "New"}),
        "lesson": ("studio:add-lesson", [module.uuid], {"title_en": "New", "kind": "page"}),
        "copy of a module": ("studio:duplicate-module", [module.uuid], {}),
        "copy of a lesson": ("studio:duplicate-lesson", [lesson.uuid], {}),
    }[what]
    sent["key"] = str(uuid.uuid4())

    first = studio.post(url(name, *rest), sent)
    counts = Module.objects.count(), Lesson.objects.count()
    revision = Draft.objects.get().revision
    second = studio.post(url(name, *rest), sent)

    assert first["Location"] == second["Location"]
    assert (Module.objects.count(), Lesson.objects.count()) == counts
    assert Draft.objects.get().revision == revision


def test_a_key_that_made_something_in_another_course_is_refused(draft, studio, url):
    theirs = make_draft().modules.get()

    answer = studio.post(url("studio:add-module"), {"key": theirs.uuid, "title_en": "Mine"})

    assert answer.status_code == 422
    assert "This form was used before" in answer.content.decode()
    theirs.refresh_from_db()
    assert theirs.title["en"] != "Mine"


def test_a_lesson_gets_an_address_of_its_own_from_its_title(draft, studio, url):
    module = draft.modules.get()
    for _ in range(2):
        sent = {"key": uuid.uuid4(), "title_en": "¿Qué es Equity?", "kind": "quiz"}
        studio.post(url("studio:add-lesson", module.uuid), sent)

    made = list(module.lessons.order_by("position"))[-2:]
    assert [lesson.slug for lesson in made] == ["que-es-equity", "que-es-equity-2"]
    assert made[0].settings == {"pass_percent": 80, "attempts": 0}


def test_what_was_typed_stays_when_a_form_is_refused(draft, studio, url, htmx):
    module = draft.modules.get()
    sent = {"key": uuid.uuid4(), "title_es": "Solo español", "kind": "quiz"}

    for headers in ({}, htmx):
        answer = studio.post(url("studio:add-lesson", module.uuid), sent, headers=headers)
        html = answer.content.decode()
        assert answer.status_code == 422
        assert "This field is required." in html
        assert 'value="Solo español"' in html
        assert str(sent["key"]) in html


def test_a_move_names_its_place_so_that_repeating_it_changes_nothing(three, studio, url):
    first = three.modules.first()

    for _ in range(3):
        assert move(studio, url, lesson_of("c"), first, lesson_of("a")).status_code == 303
        assert outline(three) == [["c", "a", "b"], ["d"]]
    three.refresh_from_db()
    assert three.revision == 2


def test_a_lesson_moves_into_another_module_and_to_its_end(three, studio, url):
    first, second = three.modules.order_by("position")

    move(studio, url, lesson_of("b"), second)
    assert outline(three) == [["a", "c"], ["d", "b"]]
    move(studio, url, lesson_of("d"), first, lesson_of("c"))
    assert outline(three) == [["a", "d", "c"], ["b"]]


def test_without_a_script_buttons_walk_a_lesson_through_the_whole_course(three, studio, url):
    """«More» leads to them. Down to the end and up again, across modules."""
    acts = url("studio:lesson-acts", lesson_of("a").uuid)
    for button, last in (("down", ["d", "a"]), ("up", ["a", "b", "c"])):
        for _ in range(6):
            sent = getattr(studio.get(acts).context["row"], button)
            if not sent:
                break
            assert studio.post(url("studio:arrange"), {"move": sent}).status_code == 303
        assert last in outline(three)


def test_without_a_script_buttons_walk_a_module_through_the_course(three, studio, url):
    first, second = three.modules.order_by("position")
    page = url("studio:module", first.uuid)
    down = studio.get(page).context["row"].down
    assert (down, studio.get(page).context["row"].up) == (f"module:{first.uuid}::", "")
    answer = studio.post(url("studio:arrange"), {"move": down})
    assert answer["Location"].endswith(f"#row-{first.uuid}")
    assert outline(three) == [["d"], ["a", "b", "c"]]
    assert studio.get(page).context["row"].up == f"module:{first.uuid}::{second.uuid}"


def test_modules_move(three, studio, url):
    first, second = three.modules.order_by("position")

    studio.post(url("studio:arrange"), {"move": f"module:{second.uuid}::{first.uuid}"})
    assert outline(three) == [["d"], ["a", "b", "c"]]
    studio.post(url("studio:arrange"), {"move": f"module:{second.uuid}::"})
    assert outline(three) == [["a", "b", "c"], ["d"]]


def test_a_place_that_went_meanwhile_is_said_and_nothing_moves(three, studio, url):
    first, second = three.modules.order_by("position")
    stop = lesson_of("d")  # it lives in the second module

    answer = move(studio, url, lesson_of("a"), first, stop)

    assert answer.status_code == 422
    assert "The order changed meanwhile" in answer.content.decode()
    assert outline(three) == [["a", "b", "c"], ["d"]]
    assert second.lessons.count() == 1


def test_a_move_by_htmx_is_answered_by_the_word_and_the_way_back(three, studio, url, htmx):
    first = three.modules.first()

    answer = move(studio, url, lesson_of("b"), first, lesson_of("a"), headers=htmx)

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "is now lesson 1 of 3 in «Module»." in html
    assert "data-item" not in html, "no row is sent again"
    b, c = lesson_of("b"), lesson_of("c")
    back = f"lesson:{b.uuid}:{first.uuid}:{c.uuid}"
    assert f'value="{back}"' in html
    studio.post(url("studio:arrange"), {"move": back}, headers=htmx)
    assert outline(three) == [["a", "b", "c"], ["d"]]


def test_a_refused_move_by_htmx_brings_the_outline_as_it_is(three, studio, url, htmx):
    first = three.modules.first()
    gone = lesson_of("d")

    answer = move(studio, url, lesson_of("a"), first, gone, headers=htmx)

    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#outline"
    assert answer.content.decode().lstrip().startswith('<div id="outline"')


def test_a_lesson_is_renamed_where_it_stands(three, studio, url, htmx):
    lesson = lesson_of("a")
    to = url("studio:rename-lesson", lesson.uuid)
    acts = url("studio:lesson-acts", lesson.uuid)
    base = studio.get(acts).context["form"]["base"].value()

    swapped = studio.post(to, {"base": base, "title_en": "One", "title_es": ""}, headers=htmx)
    assert f'hx-swap-oob="innerHTML:#open-{lesson.uuid}">One' in swapped.content.decode()
    again = {"base": swapped.context["form"]["base"].value(), "title_en": "One more"}
    assert studio.post(to, again, headers=htmx).status_code == 200, "the panel stays usable"
    stale = studio.post(to, {"base": base, "title_en": "Two", "title_es": ""}, headers=htmx)
    assert stale.status_code == 422
    assert "Someone else saved this" in stale.content.decode()

    base = studio.get(acts).context["form"]["base"].value()
    plain = studio.post(to, {"base": base, "title_en": "Three", "title_es": ""})
    assert (plain.status_code, lesson_of("a").title) == (303, {"en": "Three"})
    assert studio.post(to, {"base": base, "title_en": ""}).status_code == 422


ACTS = ["add a module", "add a lesson", "copy a module", "copy a lesson", "delete a module",
        "delete a lesson", "put a module back", "put a lesson back", "move"]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_answered_by_what_changed_alone(act, three, studio, url, htmx, trainer):
    """By the rows that came, each once, and by where they go; the word; the totals."""
    first, second = three.modules.order_by("position")
    b = lesson_of("b")
    key, names = uuid.uuid4(), {"title_en": "New", "title_es": "Nueva"}
    to, sent, rows, place = {
        "add a module": (url("studio:add-module"), {"key": key} | names, 1, "beforeend:#modules"),
        "add a lesson": (
            url("studio:add-lesson", second.uuid),
            {"key": key, "kind": "quiz"} | names,
            1,
            f"beforeend:#list-{second.uuid}",
        ),
        "copy a module": (
            url("studio:duplicate-module", first.uuid),
            {"key": key},
            4,
            f"afterend:#row-{first.uuid}",
        ),
        "copy a lesson": (
            url("studio:duplicate-lesson", b.uuid),
            {"key": key},
            1,
            f"afterend:#row-{b.uuid}",
        ),
        "delete a module": (url("studio:delete-module", first.uuid), {}, 0, "delete"),
        "delete a lesson": (url("studio:delete-lesson", b.uuid), {}, 0, "delete"),
        "put a module back": (url("studio:removed"), first, 4, f"beforebegin:#row-{second.uuid}"),
        "put a lesson back": (
            url("studio:removed"),
            b,
            1,
            f"beforebegin:#row-{lesson_of('c').uuid}",
        ),
        "move": (
            url("studio:arrange"),
            {"move": f"lesson:{b.uuid}:{second.uuid}:"},
            0,
            "innerHTML",
        ),
    }[act]
    if "back" in act:
        sent = {"back": removing.delete(three, sent, by=trainer).pk}
    count = Lesson.objects.count()

    answer = studio.post(to, sent, headers=htmx)

    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.count("data-item") == rows
    assert f'hx-swap-oob="{place}"' in html
    assert answer.context["told"]
    assert len(html) < 6000
    lessons = Lesson.objects.filter(module__draft=three).count()
    assert f"{lessons} lesson" in html, "the totals"
    assert ("Undo" in html) == (act == "move" or act.startswith("delete"))
    if act.startswith(("add", "copy")):
        keys = set(re.findall(r'name="key" value="([^"]+)"', html))
        assert len(keys) == 1, "the form can be used again"
        assert str(key) not in keys
    if act == "add a lesson":
        assert '<option value="quiz" selected>' in html, "many of a kind one after another"
    assert (act.split()[0] in {"add", "copy", "put"}) == (lessons > count or "add a m" in act)


def test_what_cannot_come_back_yet_is_said_in_the_outline(three, studio, url, htmx, trainer):
    kept = removing.delete(three, lesson_of("a"), by=trainer)
    Module.objects.all().delete()

    answer = studio.post(url("studio:removed"), {"back": kept.pk}, headers=htmx)

    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#outline"
    assert "There is no module to put it into" in answer.content.decode()


def test_a_long_outline_is_a_light_page(three, studio, url):
    module = three.modules.first()
    for place in range(50):
        make_lesson(module, position=place, title=both(f"Lesson {place}"))
    few = len(studio.get(url("studio:course")).content)
    for place in range(50):
        make_lesson(module, position=place, title=both(f"Lesson {place}"))
    assert len(studio.get(url("studio:course")).content) - few < 50 * 450


def test_a_copy_stands_behind_its_original_with_ids_of_its_own(draft, studio, url):
    lesson = draft.modules.get().lessons.first()

    studio.post(url("studio:duplicate-lesson", lesson.uuid), {"key": uuid.uuid4()})

    original, copy, _quiz = draft.modules.get().lessons.order_by("position")
    assert copy.title["en"] == f"{lesson.title['en']} (copy)"
    assert copy.title["es"].startswith(f"{lesson.title['es']} (")
    assert copy.slug == f"{lesson.slug}-2"
    assert copy.blocks.get().body == original.blocks.get().body
    assert copy.blocks.get().uuid != original.blocks.get().uuid


def test_a_copied_module_brings_its_lessons(draft, studio, url):
    module = draft.modules.get()

    studio.post(url("studio:duplicate-module", module.uuid), {"key": uuid.uuid4()})

    original, copy = draft.modules.order_by("position")
    assert [lesson.kind for lesson in copy.lessons.order_by("position")] == ["page", "quiz"]
    assert copy.lessons.last().questions.count() == 2
    slugs = Lesson.objects.values_list("slug", flat=True)
    assert len(slugs) == len(set(slugs)) == 4
    assert original.pk == module.pk


@pytest.mark.parametrize("what", ["module", "lesson"])
def test_deleting_asks_first_and_may_be_sent_twice(what, draft, studio, url):
    module = draft.modules.get()
    part = module if what == "module" else module.lessons.first()
    to = url(f"studio:delete-{what}", part.uuid)

    assert "Delete «" in studio.get(to).content.decode()
    assert type(part).objects.filter(pk=part.pk).exists()
    for _ in range(2):
        assert studio.post(to).status_code == 303
    assert not type(part).objects.filter(pk=part.pk).exists()
    draft.refresh_from_db()
    assert draft.revision == 2


def test_a_module_is_renamed_and_a_stale_form_is_refused_with_both_texts(draft, studio, url):
    module = draft.modules.get()
    to = url("studio:module", module.uuid)
    base = studio.get(to).context["form"]["base"].value()

    assert studio.post(to, {"base": base, "title_en": "First"}).status_code == 303
    answer = studio.post(to, {"base": base, "title_en": "Second"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else saved this" in html
    assert "First" in html
    assert 'value="Second"' in html
    mark = answer.context["conflict"]["mark"]
    assert studio.post(to, {"base": base, "replace": mark, "title_en": "Second"}).status_code == 303
    module.refresh_from_db()
    assert module.title == {"en": "Second"}


def test_a_plain_text_of_somebody_else_is_shown_as_typed_beside_mine(draft, studio, url):
    """A title is no HTML, also where it begins like it: nothing cleaned it."""
    module, typed = draft.modules.get(), "<form action=/x>Give me your code</form>"
    to = url("studio:module", module.uuid)
    base = studio.get(to).context["form"]["base"].value()
    assert studio.post(to, {"base": base, "title_en": typed}).status_code == 303

    answer = studio.post(to, {"base": base, "title_en": "Mine"})

    html = answer.content.decode()
    assert answer.status_code == 422
    assert typed not in html
    assert "&lt;form action=/x&gt;" in html


@pytest.mark.parametrize("count", [1, 5])
def test_the_outline_costs_the_same_for_any_size(count, studio, url, draft):
    for _ in range(count):
        module = Module.objects.create(draft=draft, title=both("M"), position=9)
        for _ in range(count):
            make_lesson(module)

    with CaptureQueriesContext(connection) as asked:
        assert studio.get(url("studio:course")).status_code == 200
    assert len(asked) == 6  # session, user, draft, modules, lessons, comments


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_of_courses_costs_the_same_for_any_number(count, studio):
    from django.urls import reverse

    for _ in range(count):
        make_draft()

    with CaptureQueriesContext(connection) as asked:
        assert studio.get(reverse("studio:courses")).status_code == 200
    assert len(asked) == 4  # session, user, count, drafts


@pytest.mark.parametrize(
    "act",
    [
        "add-lesson",
        "duplicate-module",
        "duplicate-lesson",
        "move-module",
        "move-lesson",
        "into-module",
    ],
)
def test_what_a_colleague_deleted_a_moment_ago_is_said(act, three, studio, url, monkeypatch):
    """They delete it after the page's look-up and before the draft is held."""
    one, two = three.modules.all()
    lesson = one.lessons.first()
    gone = {"duplicate-lesson": lesson, "move-lesson": lesson, "into-module": two}.get(act, one)
    real = editing.hold

    def held_late(draft):
        type(gone).objects.filter(pk=gone.pk).delete()
        return real(draft)

    monkeypatch.setattr(editing, "hold", held_late)
    key = {"key": uuid.uuid4()}
    calls = {
        "add-lesson": (
            url("studio:add-lesson", one.uuid),
            {**key, "title_en": "x", "kind": "page"},
        ),
        "duplicate-module": (url("studio:duplicate-module", one.uuid), key),
        "duplicate-lesson": (url("studio:duplicate-lesson", lesson.uuid), key),
        "move-module": (url("studio:arrange"), {"move": f"module:{one.uuid}::"}),
        "move-lesson": (url("studio:arrange"), {"move": f"lesson:{lesson.uuid}:{one.uuid}:"}),
        "into-module": (url("studio:arrange"), {"move": f"lesson:{lesson.uuid}:{two.uuid}:"}),
    }

    answer = studio.post(*calls[act])

    assert answer.status_code == 422
    assert "Someone else deleted this a moment ago." in answer.content.decode()
