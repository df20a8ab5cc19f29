"""A thread that opens beside its block, and acts around it that leave it alone."""

import re
import uuid

import pytest
from playwright.sync_api import expect

from courses import commenting
from courses.models import Block, Comment
from tests.browser import check_accessibility, sign_in
from tests.factories import both, make_draft, make_person

pytestmark = pytest.mark.django_db(transaction=True)
EDIT = re.compile(r"^Edit ?: \d\. Text$")  # browsers may put a space before hidden words


def test_what_is_typed_beside_a_block_stays_while_the_lesson_is_worked_on(visitor, site):
    """Without `hx-preserve` moving the block, and opening its editor, took the half sentence."""
    trainer, draft = make_person(name="Rosa Delgado", may_author=True), make_draft()
    first = Block.objects.select_related("lesson").get(lesson__module__draft=draft)
    first.lesson.blocks.create(kind="text", position=9, body=both("<p>Second.</p>"))
    thread = commenting.about(draft, first)
    commenting.say(thread, by=make_person(name="Ben Ode"), key=uuid.uuid4(), text="Too long.")
    sign_in(visitor.context, trainer, site)
    page, slug = visitor, draft.course.slug
    page.goto(f"{site}/studio/course/{slug}/lessons/{first.lesson.uuid}/")
    block, talk = page.locator(f"#block-{first.uuid}"), page.locator(f"#comments-{first.uuid}")

    talk.get_by_role("link", name="1 comment").click()
    expect(talk).to_be_focused()
    expect(talk).to_contain_text("Too long.")
    box = talk.get_by_label("Your comment")
    box.fill("I will cut")
    page.locator(f"#down-{first.uuid}").click()
    expect(block.get_by_role("heading", level=3)).to_contain_text("2. Text")
    expect(box).to_have_value("I will cut")
    block.get_by_role("link", name=EDIT).click()
    expect(block.locator("[contenteditable=true]").first).to_be_visible()
    expect(box).to_have_value("I will cut")
    check_accessibility(page)
    block.get_by_role("button", name="Save and close").click()
    expect(block.get_by_role("link", name=EDIT)).to_be_visible()
    expect(box).to_have_value("I will cut")

    box.fill("I will cut it.")
    talk.get_by_role("button", name="Post it").click()
    expect(talk.get_by_role("listitem")).to_have_count(2)
    expect(talk).to_contain_text("I will cut it.")
    expect(talk.get_by_label("Your comment")).to_have_value("")
    talk.get_by_role("button", name="Resolve").click()
    expect(talk).to_contain_text("Resolved")
    talk.get_by_role("link", name="Close").click()
    expect(talk.get_by_role("link", name="2 comments (resolved)")).to_be_focused()
    assert Comment.objects.count() == 2
