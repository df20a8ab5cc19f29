"""Author HTML: what nests wrongly or too deep costs little and keeps its words."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lms.html import TAGS, clean_html, markdown_html
from lms.nesting import DEEPEST, is_plain, levelled

PICTURE = "6f1d3f0a-0c1e-5b7e-9d61-0a4c6a2f8f11"
PIECES = st.sampled_from(
    ["<b>", "</b>", "<p>", "</p>", "<ul>", "<li>", "</ul>", "<a href='x'>", "</a>", "<table>",
     "<tr>", "<td>", "</table>", "<br>", "<hr/>", "<!--", "-->", "<script>", "</script>", "<", ">",
     "&lt;b&gt;", "words", " ", "<em", '<span lang="es">', "</span>", "<h2>", "</h2>",
     "<svg onload=x>", "\0", f'<picture title="{PICTURE}">', "<picture>", "</picture>",
     '<picture title="javascript:x" onclick="y">', '"']
)  # fmt: skip


@given(st.lists(PIECES, max_size=60).map("".join))
@example("<h2><table><h2>")
def test_cleaning_twice_is_cleaning_once(source):
    once = clean_html(source)

    assert clean_html(once) == once
    shows = clean_html(source, pictures=True)
    assert clean_html(shows, pictures=True) == shows
    assert set(re.findall(r"<picture[^>]*>", shows)) <= {f'<picture title="{PICTURE}">'}


def test_a_picture_names_a_file_of_the_library_and_nothing_else():
    marked = f'<p><picture title="{PICTURE}">Two <b>chairs</b></picture></p>'

    assert clean_html(marked, pictures=True) == marked.replace("<b>", "").replace("</b>", "")
    assert clean_html(marked) == "<p>Two chairs</p>"
    assert clean_html('<picture title="//x/y.png">A</picture>', pictures=True) == "A"
    assert clean_html('<img src="https://example.org/x.png" alt="A">', pictures=True) == ""
    assert PICTURE in markdown_html(f"![A]({PICTURE})", pictures=True)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_what_is_levelled_is_plain_or_has_only_attributes_that_cleaning_drops(source):
    bare = re.sub(r"<(/?[a-z0-9]+)[^<>]*>", r"<\1>", levelled(source, TAGS))

    assert is_plain(bare)


@pytest.mark.parametrize(
    "source",
    [
        "<ul><li>" * 5000 + "words",
        "<ul><li>" * 5000 + "words" + "</li></ul>" * 5000,
        "".join(f'<a href="{n}">' for n in range(5000)) + "words",
        "".join(f"<p><b title={n}></p></x>" for n in range(3000)) + "words",
    ],
)
def test_nesting_without_end_keeps_its_words_and_few_elements(source):
    """Counted in elements, not in seconds: the parser works longer for what is open at once."""
    html = clean_html(source)

    assert "words" in html
    open_now = deepest = 0
    for slash in re.findall(r"<(/?)[a-z]", html):
        open_now += -1 if slash else 1
        deepest = max(deepest, open_now)
    assert deepest <= DEEPEST + 2


def test_what_authors_write_is_plain_and_stays_as_it_is():
    html = markdown_html(
        "## One\n\n- a\n  - b\n    1. c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n> so"
    )

    assert is_plain(html)
    assert clean_html(html) == html


def test_words_of_style_and_script_are_no_words_of_the_text():
    assert (
        clean_html("<style>p{}</style><p>One<p>Two<script>x()</script>") == "<p>One</p><p>Two</p>"
    )


def test_tables_and_lists_without_ends_become_whole():
    assert clean_html("<ul><li>a<li>b</ul><table><tr><td>1<td>2<tr><td>3</table>") == (
        "<ul><li>a</li><li>b</li></ul>"
        "<table><tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></tbody></table>"
    )
