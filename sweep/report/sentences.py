"""The sentences of parts in Korean: what an error says in English is found in a catalogue and said anew.

Input is one sentence as it came out, with its values in it.  Output is the Korean one with the same values, or None
where the catalogue has none.  A value that is itself a sentence is said in Korean as well, and so is what follows a
place and a colon, whatever the place.  The catalogue is `korean/*.toml`, which is read when the first sentence is
asked for; nothing is loaded for a command that goes well.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sweep.report.language import SYSTEM_WORDS

TABLES: Final = ("libraries", "probe", "server")
FOLDER: Final = Path(__file__).with_name("korean")
MAX_DEPTH: Final = 4
"""A sentence in a sentence, and so on: two occur (an update, its file, and what is wrong with it)."""


LATIN: Final = re.compile("[a-z]")


class Pattern(NamedTuple):
    """One English sentence of the catalogue, taken apart at its values."""

    pieces: tuple[str, ...]
    """What stands around the values; one more than there are values."""
    ko: str


@cache
def catalogue(table: str) -> dict[str, str]:
    """Korean by English of one table, in the order of its file."""
    import tomllib  # a command that goes well says nothing from here

    text = (FOLDER / f"{table}.toml").read_text(encoding="utf-8")
    return {en: ko for room in tomllib.loads(text).values() for en, ko in room.items()}


@cache
def _plain() -> dict[str, str]:
    """Sentences without a value."""
    said = {os.strerror(number): words for number, words in SYSTEM_WORDS.items()}
    for table in TABLES:
        said |= {en: ko for en, ko in catalogue(table).items() if "{}" not in en}
    return said


@cache
def _patterns() -> tuple[Pattern, ...]:
    """Sentences with values, the most particular first: the one with the most letters of its own."""
    found = [(en, ko) for table in TABLES for en, ko in catalogue(table).items() if "{}" in en]
    found.sort(key=lambda one: -len(one[0].replace("{}", "")))
    return tuple(Pattern(tuple(en.split("{}")), ko) for en, ko in found)


def in_korean(sentence: str, depth: int = 0) -> str | None:
    """The Korean of a sentence; None where the catalogue has none."""
    sentence = sentence.strip()
    plain = _plain().get(sentence) or _plain().get(sentence.rstrip("."))
    if plain is not None or depth == MAX_DEPTH:
        return plain
    # A sentence inside another fits several patterns: the outer one leaves the least English behind.
    said = [
        pattern.ko.format(*(in_korean(value, depth + 1) or value for value in values))
        for pattern in _patterns()
        if (values := _values(pattern.pieces, sentence)) is not None
    ]
    said += [one for one in (_after_a_place(sentence, depth),) if one is not None]
    return min(said, key=lambda one: len(LATIN.findall(one)), default=None)


def _values(pieces: tuple[str, ...], sentence: str) -> tuple[str, ...] | None:
    if not sentence.startswith(pieces[0]) or not all(piece in sentence for piece in pieces):
        return None
    found = re.fullmatch("(.*?)".join(map(re.escape, pieces)), sentence, re.DOTALL)
    return None if found is None else found.groups()


def _after_a_place(sentence: str, depth: int) -> str | None:
    """`file: sentence`, `field.name: sentence`: the place stays as it is."""
    at = sentence.find(": ")
    while at > 0:
        said = in_korean(sentence[at + 2 :], depth + 1)
        if said is not None:
            return f"{sentence[:at]}: {said}"
        at = sentence.find(": ", at + 2)
    return None
