"""Texts as Word and Google Docs put them on the clipboard, pasted into the editor."""

import re

import pytest
from playwright.sync_api import expect

from courses.models import Block
from tests.browser import sign_in
from tests.factories import make_draft, make_person

pytestmark = pytest.mark.django_db(transaction=True)

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8>
<style><!-- p.MsoNormal {margin:0in; font-family:"Calibri",sans-serif;} --></style>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
</head><body lang=EN-US><!--StartFragment-->
<h1 style='margin-top:0in'>Small numbers<o:p></o:p></h1>
<p class=MsoNormal style='margin-bottom:8.0pt'><b>Hide</b> counts under <span
style='font-weight:bold'>eleven</span>.<a style='mso-footnote-id:ftn1' href="#_ftn1"
name="_ftnref1" title=""><span class=MsoFootnoteReference>[1]</span></a><o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if
!supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span
style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;
</span></span></span><![endif]>First<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span><span
style='mso-list:Ignore'>o<span>&nbsp; </span></span></span><![endif]>Inner</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span><span
style='mso-list:Ignore'>·<span>&nbsp; </span></span></span><![endif]>Second</p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><![if !supportLists]><span><span
style='mso-list:Ignore'>1.<span>&nbsp; </span></span></span><![endif]>One</p>
<table class=MsoTableGrid border=1><tr><td width=10 style='border:solid'><p class=MsoNormal>A<o:p>
</o:p></p></td></tr></table>
<div style='mso-element:footnote-list'><br clear=all><hr align=left size=1 width="33%">
<div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText><a style='mso-footnote-id:ftn1'
href="#_ftnref1" name="_ftn1" title=""><span>[1]</span></a> See the rule.</p></div></div>
<!--EndFragment--></body></html>"""

DOCS = """<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1a2b"><h1
dir="ltr" style="line-height:1.38"><span style="font-size:20pt;font-weight:400">Who is
missing</span></h1><p dir="ltr"
style="line-height:1.38;"><span style="font-size:11pt;font-family:Arial;font-weight:400;">We
</span><span style="font-size:11pt;font-weight:700;">ask</span><span
style="font-size:11pt;font-style:italic;"> them</span><sup id="ftnt_ref1"><a
href="#ftnt1">[1]</a></sup><span>.</span></p><ul style="margin-top:0;"><li dir="ltr"
style="list-style-type:disc;" aria-level="1"><p dir="ltr" role="presentation"><span
style="font-weight:400;">Door</span></p></li></ul><p><a href="https://example.org/"
style="text-decoration:none;"><span style="color:#1155cc;">the page</span></a></p><hr><div><p><a
href="#ftnt_ref1" id="ftnt1">[1]</a><span> In their language.</span></p></div></b>"""


PASTE = """html => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  const how = { clipboardData: data, bubbles: true, cancelable: true };
  document.querySelector("[role=textbox]").dispatchEvent(new ClipboardEvent("paste", how));
}"""


@pytest.fixture
def paste(visitor, site):
    """Paste into an emptied block; returns the HTML that was stored."""
    trainer = make_person(may_author=True)
    sign_in(visitor.context, trainer, site)

    def into_a_block(html):
        draft = make_draft()
        block = Block.objects.get(lesson__module__draft=draft)
        course = draft.course.slug
        visitor.goto(
            f"{site}/studio/course/{course}/lessons/{block.lesson.uuid}/blocks/{block.uuid}/"
        )
        editor = visitor.locator("div[role=textbox]").first
        editor.click()
        visitor.keyboard.press("Control+a")
        visitor.evaluate(PASTE, html)
        expect(visitor.get_by_text(re.compile(r"Saved \d"))).to_be_visible()
        block.refresh_from_db()
        return re.sub(r">\s+<", "><", block.body["en"])

    return into_a_block


def test_texts_from_word_and_google_docs_come_out_as_what_they_mean(paste):
    assert paste(WORD) == (
        "<h2>Small numbers</h2>"
        "<p><strong>Hide</strong> counts under <strong>eleven</strong>."
        "<small>See the rule.</small></p>"
        "<ul><li><p>First</p><ul><li><p>Inner</p></li></ul></li><li><p>Second</p></li></ul>"
        "<ol><li><p>One</p></li></ol>"
        "<table><tbody><tr><td>A</td></tr></tbody></table><p><br></p>"  # room to go on writing
    )
    assert paste(DOCS) == (
        "<h2>Who is missing</h2>"
        "<p>We <strong>ask</strong><em> them</em><small>In their language.</small>.</p>"
        "<ul><li><p>Door</p></li></ul>"
        '<p><a href="https://example.org/">the page</a></p>'
    )
