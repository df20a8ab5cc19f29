"""One person in front of one browser window: what they read, press and type, in their language.

Words are given as the source has them (English, with its placeholders) and looked for as the
window's language says them, so one journey proves both languages.
"""

import re

from django.core import mail
from django.utils import translation
from django.utils.translation import gettext, ngettext
from playwright.sync_api import expect

from tests.browser import watch

# No page may be wider than its window: it says so where all trouble of a page is collected.
MEASURE = """addEventListener("load", () => {
  const wider = document.documentElement.scrollWidth - innerWidth;
  if (wider > 0) console.error(`${wider} px wider than the window: ${location.pathname}`);
})"""

FOCUSED = """(() => {
  const one = document.activeElement;
  return (one.getAttribute("aria-label") || one.labels?.[0]?.innerText || one.innerText).trim();
})()"""

PATIENCE = 15_000  # milliseconds; the machine may have other work
expect.set_options(timeout=PATIENCE)


def in_language(language, words, **values):
    with translation.override(language):
        found = gettext(words)
    return found % values if values else found


class Window:
    def __init__(self, browser, site, *, language="en", width=1280, scripts=True, **options):
        self.site, self.language = site, language
        self.context = browser.new_context(
            viewport={"width": width, "height": 800 if width > 600 else 740},
            locale={"en": "en-US", "es": "es-US"}[language],
            java_script_enabled=scripts,
            **options,
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(MEASURE)
        self.page = self.context.new_page()
        self.problems = watch(self.page)

    def words(self, words, **values):
        return in_language(self.language, words, **values)

    def counted(self, one, many, count, **values):
        with translation.override(self.language):
            return ngettext(one, many, count) % {"count": count, **values}

    def go(self, path):
        """Open a page in this window's language."""
        prefix = "/es" if self.language == "es" else ""
        return self.page.goto(f"{self.site}{prefix}{path}")

    def press(self, words, *, within=None, exact=True):
        self._one("button", words, within, exact).click()

    def follow(self, words, *, within=None, exact=True):
        self._one("link", words, within, exact).click()

    def fill(self, label, value, *, within=None):
        (within or self.page).get_by_label(self.words(label), exact=False).first.fill(value)

    def sees(self, words, *, within=None, exact=False, **values):
        text = self.words(words, **values)
        expect((within or self.page).get_by_text(text, exact=exact).first).to_be_visible()

    def sees_heading(self, words, **values):
        expect(self.page.get_by_role("heading", name=self.words(words, **values))).to_be_visible()

    def sees_no(self, words, *, within=None):
        found = (within or self.page).get_by_text(self.words(words), exact=True)
        expect(found.filter(visible=True)).to_have_count(0)

    def on(self, path):
        """The window shows this page, whatever stands behind the question mark."""
        prefix = "/es" if self.language == "es" else ""
        address = re.escape(f"{self.site}{prefix}{path}")
        expect(self.page).to_have_url(re.compile(rf"^{address}([?#].*)?$"))

    def reach(self, words, *, stops=150):
        """Press Tab until the thing with this name has the focus."""
        wanted = self.words(words)
        for _ in range(stops):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED).startswith(wanted):
                return
        raise AssertionError(f"{wanted!r} cannot be reached with the Tab key on {self.page.url}")

    def key(self, words, key="Enter"):
        """Use something with the keyboard alone."""
        self.reach(words)
        self.page.keyboard.press(key)

    def type_code(self, to):
        """Read the six digits from the newest letter to this address, and type them."""
        self.page.get_by_label(self.words("The code from our e-mail")).fill(code_for(to))

    def close(self):
        self.context.close()

    def _one(self, role, words, within, exact):
        return (within or self.page).get_by_role(role, name=self.words(words), exact=exact).first


def letters_to(address):
    return [letter for letter in mail.outbox if letter.to == [address]]


def code_for(address):
    return re.search(r"^\d{6}$", letters_to(address)[-1].body, re.MULTILINE)[0]
