"""A thing told in one of the two languages, for whoever makes a document or a line of one.

Input is the language and what is said in each, output the text.
"""

from __future__ import annotations

from sweep.phrases import Language
from sweep.report.language import InBoth


def either(language: Language, ko: str, en: str) -> str:
    """What is said in a language."""
    return ko if language == "ko" else en


def word(language: Language, one: InBoth) -> str:
    """The same of a word that has both."""
    return one.ko if language == "ko" else one.en


def many(count: int, one: str, several: str = "") -> str:
    """`1 zone`, `2 zones`: English has two forms of what it counts."""
    return f"{count} {one if count == 1 else several or one + 's'}"
