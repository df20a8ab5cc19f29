"""What is deleted can come back as it was."""

from datetime import timedelta

import pytest
from django.utils import timezone

from courses.models import Block, Draft, Lesson, Module, Question, Removed
from courses.publishing import freeze, publish
from courses.studio import editing, removing
from tests.factories import both, make_draft, make_lesson
from tests.races import at_once

pytestmark = pytest.mark.django_db


def frozen(draft):
    return freeze(Draft.objects.select_related("course").get(pk=draft.pk))


def part_of(draft, kind):
    module = draft.modules.get()
    return {
        "module": lambda: module,
        "lesson": lambda: module.lessons.order_by("position").first(),
        "block": lambda: Block.objects.get(lesson__module=module),
        "question": lambda: Question.objects.filter(lesson__module=module).earliest("position"),
    }[kind]()


@pytest.mark.parametrize("kind", ["module", "lesson", "block", "question"])
def test_a_deleted_part_comes_back_with_all_it_held_where_it_was(kind, draft, trainer):
    before = frozen(draft)
    part = part_of(draft, kind)

    kept = removing.delete(draft, part, by=trainer)
    assert frozen(draft) != before
    for _ in range(2):
        removing.put_back(kept, by=trainer)

    assert frozen(draft) == before
    draft.refresh_from_db()
    assert draft.revision == 3
    assert not Removed.objects.exists()


@pytest.mark.parametrize("kind", ["module", "lesson", "block", "question"])
def test_the_page_after_deleting_offers_to_undo_it(kind, draft, studio, url):
    part, before = part_of(draft, kind), frozen(draft)
    parents = [] if kind in {"module", "lesson"} else [part.lesson.uuid]

    answer = studio.post(url(f"studio:delete-{kind}", *parents, part.uuid))
    page = studio.get(answer["Location"])

    assert "Undo" in page.content.decode()
    kept = page.context["removed"]
    for _ in range(2):
        assert studio.post(url("studio:removed"), {"back": kept.pk}).status_code == 303
    assert frozen(draft) == before


def test_a_lesson_whose_module_went_goes_into_another_and_keeps_its_uuids(draft, trainer):
    module = part_of(draft, "module")
    other = Module.objects.create(draft=draft, title=both("Other"), position=2)
    lesson = module.lessons.first()
    blocks = list(lesson.blocks.values_list("uuid", flat=True))
    first = removing.delete(draft, lesson, by=trainer)
    removing.delete(draft, module, by=trainer)
    taken = make_lesson(other, slug=lesson.slug)

    back = removing.put_back(first, by=trainer)

    assert back.module == other
    assert back.uuid == lesson.uuid
    assert back.slug == f"{taken.slug}-2"
    assert list(back.blocks.values_list("uuid", flat=True)) == blocks


def test_what_has_nowhere_to_go_says_so(draft, studio, trainer, url):
    block, lesson, module = (part_of(draft, kind) for kind in ("block", "lesson", "module"))
    first = removing.delete(draft, block, by=trainer)
    second = removing.delete(draft, lesson, by=trainer)
    removing.delete(draft, module, by=trainer)

    for kept, words in ((first, "Put the lesson back first."), (second, "There is no module")):
        answer = studio.post(url("studio:removed"), {"back": kept.pk})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert Removed.objects.count() == 3


def test_a_part_that_a_version_brought_back_meanwhile_is_not_made_twice(draft, trainer):
    version = publish(draft, by=trainer, policy="update")
    kept = removing.delete(draft, part_of(draft, "module"), by=trainer)
    from courses.studio.restoring import restore

    restore(draft, version, by=trainer)
    removing.put_back(kept, by=trainer)

    assert (Module.objects.count(), Lesson.objects.count()) == (1, 2)


def test_what_another_course_lost_is_not_found_through_this_one(draft, studio, url, trainer):
    other = make_draft(lessons=["page", "quiz"])
    kept = removing.delete(other, part_of(other, "lesson"), by=trainer)

    studio.post(url("studio:removed"), {"back": kept.pk})

    assert other.modules.get().lessons.count() == 1
    for sent in ("nonsense", "", "9" * 30):
        assert studio.post(url("studio:removed"), {"back": sent}).status_code == 404


def test_after_half_a_year_it_is_forgotten(draft, trainer):
    old = removing.delete(draft, part_of(draft, "block"), by=trainer)
    Removed.objects.filter(pk=old.pk).update(
        removed_at=timezone.now() - removing.KEPT - timedelta(days=1)
    )

    removing.delete(draft, part_of(draft, "lesson"), by=trainer)

    assert [kept.kind for kept in Removed.objects.all()] == ["lesson"]


def test_putting_back_at_once_makes_it_once(transactional_db, trainer):
    draft = make_draft(lessons=["page", "quiz"])
    before = frozen(draft)
    kept = removing.delete(draft, part_of(draft, "lesson"), by=trainer)

    outcomes = at_once(*[lambda: removing.put_back(kept, by=trainer)] * 3)

    assert [type(one) for one in outcomes] == [Lesson] * 3
    assert frozen(draft) == before


def test_deleting_at_once_keeps_it_once(transactional_db, trainer):
    draft = make_draft(lessons=["page", "quiz"])
    lesson = part_of(draft, "lesson")

    at_once(*[lambda: removing.delete(draft, lesson, by=trainer)] * 3)

    assert Removed.objects.count() == 1


def test_a_stale_editor_of_a_block_that_came_back_is_not_written_over(draft, trainer):
    block = part_of(draft, "block")
    editing.save_block(block, by=trainer, base="1", values={"body": both("<p>Two.</p>")})
    removing.put_back(removing.delete(draft, block, by=trainer), by=trainer)
    again = Block.objects.get(uuid=block.uuid)
    again.lesson.module.draft = draft

    with pytest.raises(editing.Stale):
        editing.save_block(again, by=trainer, base="1", values={"body": both("<p>Mine.</p>")})
