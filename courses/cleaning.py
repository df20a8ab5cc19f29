"""Author HTML inside a course document, made safe again where a document comes back.

A version was cleaned when it was written, by the rules of its day; a file from elsewhere never was.
Which places hold HTML is said here once: restoring and importing both pass through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from courses.blocks import PLAIN_BODIES, clean_settings, clean_words


def cleaned(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document with every piece of HTML cleaned. Idempotent; what is clean stays equal."""
    return {
        **document,
        "about": clean_words(document["about"]),
        "modules": [
            {**module, "lessons": [_lesson(lesson) for lesson in module["lessons"]]}
            for module in document["modules"]
        ],
    }


def _lesson(lesson: Mapping[str, Any]) -> dict[str, Any]:
    pools = [
        {**pool, "questions": [_question(question) for question in pool["questions"]]}
        for pool in lesson.get("pools", [])
    ]
    return {
        **lesson,
        "blocks": [_block(block) for block in lesson["blocks"]],
        "questions": [_question(question) for question in lesson["questions"]],
        **({"pools": pools} if pools else {}),
    }


def _question(question: Mapping[str, Any]) -> dict[str, Any]:
    return {**question, "body": clean_question(question["body"])}


def clean_question(body: Mapping[str, Any]) -> dict[str, Any]:
    """The prompt of a question is plain words, beside them the same words with formatting."""
    if not body.get("prompt_html"):
        return dict(body)
    return {**body, "prompt_html": clean_words(body["prompt_html"])}


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    if block["kind"] in PLAIN_BODIES:
        return dict(block)
    settings = clean_settings(block["kind"], block["settings"])
    body = clean_words(block["body"], pictures=True)
    return {**block, "body": body, "settings": settings}
