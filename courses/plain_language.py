"""How hard a text is to read: a school grade in English, INFLESZ in Spanish. Plain values.

English: the Flesch-Kincaid grade (Kincaid and others, Naval Training Command report 8-75, 1975).
Spanish: the Szigriszt-Pazos score, read on the INFLESZ scale (Barrio-Cantalejo and others, Anales
del Sistema Sanitario de Navarra 31(2), 2008): health texts for everybody score 55 or more.

Both count words, sentences and syllables, and know nothing of meaning: a hint, never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from django.utils.html import strip_tags

FEWEST_WORDS = 30  # below that the numbers jump with every word
AIM_GRADE = 8
AIM_INFLESZ = 55
# Headings and table cells are no sentences; a list item or a paragraph without a full stop is one.
_NOT_PROSE = re.compile(r"<(h[1-6]|table|pre|code)\b.*?</\1>", re.DOTALL)
_ENDS = re.compile(r"</(p|li|blockquote)>|<br>|<hr>")
_SENTENCE = re.compile(r"[.!?…]+[»”\"')\]]*(?=\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NO_END = re.compile(r"\b(Dr|Dra|Mr|Mrs|Ms|Sr|Sra|St|vs|etc|e\.g|i\.e|p\. ej|U\.S|EE\. UU)\.")
# English does not write how its vowels part. These stems, common here, are counted by ear.
_KNOWN = {
    "idea": 3, "area": 3, "people": 2, "every": 2, "scienc": 2, "scient": 2, "create": 2,
    "creati": 3, "some": 1, "language": 2, "diabetes": 4, "average": 3, "home": 1, "care": 1,
    "science": 2,
}  # fmt: skip
# A last e, but not of «table»; of «used» and «makes», but not of «needed» and «places».
_SILENT = re.compile(
    r"(?<=[^aeiouy])(?:(?<![^aeiouy]l)e|(?<![sxzcgtd])(?<!sh)(?<!ch)e[sd]|(?<=[cgsxz])ed|(?<=[td])es)$"
)
# «medium», «various», «quality of radio»; not «nation», «social», «region».
_APART = re.compile(r"(?<![tcsgx])i[aou]|e(?=ing$)|u[ao](?<!qua)(?<!gua)(?<!quo)(?=[lt])|eo(?=n|l)")


@dataclass(frozen=True)
class Ease:
    language: str
    score: float  # a grade in English, INFLESZ in Spanish

    @property
    def plain(self) -> bool:
        if self.language == "en":
            return self.score < AIM_GRADE + 1  # «grade 8» is 8.0 to 8.9
        return self.score >= AIM_INFLESZ

    @property
    def shown(self) -> int:
        """Grades and scores in whole numbers, never better than they are."""
        return int(self.score)


@lru_cache(maxsize=4096)
def ease_of(html: str, language: str) -> Ease | None:
    """None where there is too little text to say, or no formula for the language."""
    words = sentences = beats = 0
    for sentence in sentences_of(html):
        found = _WORD.findall(sentence)
        if found:
            sentences += 1
            words += len(found)
            beats += sum(syllables(word, language) for word in found)
    if words < FEWEST_WORDS or language not in {"en", "es"}:
        return None
    if language == "en":
        return Ease(language, max(0.0, 0.39 * words / sentences + 11.8 * beats / words - 15.59))
    return Ease(language, 206.835 - 62.3 * beats / words - words / sentences)


def sentences_of(html: str) -> Iterator[str]:
    text = unescape(strip_tags(_ENDS.sub("\n", _NOT_PROSE.sub("\n", html))))
    text = _NO_END.sub(lambda short: short[0].replace(".", ""), text)
    for sentence in _SENTENCE.split(text):
        if sentence.strip():
            yield sentence.strip()


@lru_cache(maxsize=50_000)
def syllables(word: str, language: str) -> int:
    parts = re.split(r"['’-]", word.casefold())
    if language == "es":
        return sum(_spanish(part) for part in parts if part) or 1
    # What stands behind an apostrophe in English («don't», «it's») is no syllable of its own.
    return sum(_english(part) for part in parts if len(part) > 2) or 1


def _english(word: str) -> int:
    """Groups of vowels, without the silent ones at the end and with pairs that stand apart."""
    for stem, beats in _KNOWN.items():
        if word.startswith(stem):
            return beats + (_english(word[len(stem) :]) if len(word) > len(stem) + 2 else 0)
    body = _SILENT.sub("", word)
    count = len(re.findall(r"[aeiouy]+", body))
    count += len(_APART.findall(body))
    return max(1, count)


def _spanish(word: str) -> int:
    """By rule: strong vowels stand apart, a weak one joins them unless it bears the accent."""
    word = re.sub(r"([gq])u(?=[eiéí])", r"\1", word)
    word = re.sub(r"y(?![aeiouáéíóú])", "i", word)
    count, before = 0, ""
    for letter in word:
        kind = "strong" if letter in "aeoáéóíú" else "weak" if letter in "iuü" else ""
        if kind == "strong":
            # «í» and «ú» beside a strong vowel are a syllable of their own, like strong ones.
            joins = before == "weak"
            count += 0 if joins else 1
        elif kind == "weak":
            count += 0 if before in {"strong", "weak"} else 1
        before = kind
    return max(1, count)
