"""The sentences of parts in Korean: what an error says in English is found in a catalogue and said anew.

Input is one sentence as it came out, with its values in it.  Output is the Korean one with the same values, or None
where the catalogue has none.  A value that is itself a sentence is said in Korean as well, and so is what follows a
place and a colon, whatever the place.  The catalogue is `korean/*.toml`, which is read when the first sentence is
asked for; nothing is loaded for a command that goes well.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Final, NamedTuple

TABLES: Final = ("libraries", "probe", "server")
FOLDER: Final = Path(__file__).with_name("korean")
MAX_DEPTH: Final = 4
"""A sentence in a sentence, and so on: two occur (an update, its file, and what is wrong with it)."""
MAX_LENGTH: Final = 2_000
"""Letters of a sentence that is taken apart (guessed)."""
MOST_PARTS: Final = 200
"""Parts of one sentence that are looked up (guessed): an error may repeat what a stranger sent, and colons inside
colons would be looked up for hours."""
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
def _of_messages() -> dict[str, str]:
    """English to Korean of the catalogues of `sweep.phrases`."""
    from sweep.phrases import templates

    said = {}
    for code, en in templates("en").items():
        fields = [one for _, one, _, _ in Formatter().parse(en) if one is not None]
        ko = "".join(
            text.replace("{", "{{").replace("}", "}}") + ("" if one is None else f"{{{fields.index(one)}}}")
            for text, one, _, _ in Formatter().parse(templates("ko")[code])
        )
        plain = "".join(text + ("" if one is None else "{}") for text, one, _, _ in Formatter().parse(en))
        if re.sub(r"[{}\W]", "", plain):
            said[plain] = ko if fields else ko.replace("{{", "{").replace("}}", "}")
    return said


@cache
def _plain() -> dict[str, str]:
    """Sentences without a value."""
    said: dict[str, str] = {}
    for table in (*map(catalogue, TABLES), _of_messages()):
        said |= {en: ko for en, ko in table.items() if "{}" not in en}
    return said


@cache
def _patterns() -> tuple[Pattern, ...]:
    """Sentences with values, the most particular first: the one with the most letters of its own."""
    tables = (*map(catalogue, TABLES), _of_messages())
    found = [(en, ko) for table in tables for en, ko in table.items() if "{}" in en]
    found.sort(key=lambda one: -len(one[0].replace("{}", "")))
    return tuple(Pattern(tuple(en.split("{}")), ko) for en, ko in found)


def in_korean(sentence: str) -> str | None:
    """The Korean of a sentence; None where the catalogue has none."""
    return _said(sentence, 0, {})


def _said(sentence: str, depth: int, known: dict[tuple[str, int], str | None]) -> str | None:
    """`known`: what was worked out already of the whole sentence."""
    sentence = sentence.strip()
    plain = _plain().get(sentence) or _plain().get(sentence.rstrip("."))
    if plain is not None or depth == MAX_DEPTH or len(sentence) > MAX_LENGTH:
        return plain
    key = sentence, depth
    if key in known or len(known) == MOST_PARTS:
        return known.get(key)
    known[key] = None  # takes its place before its parts do
    # A sentence inside another fits several patterns: the outer one leaves the least English behind.
    said = [
        pattern.ko.format(*(_said(value, depth + 1, known) or value for value in values))
        for pattern in _patterns()
        if (values := _values(pattern.pieces, sentence)) is not None
    ]
    said += [one for one in (_after_a_place(sentence, depth, known),) if one is not None]
    known[key] = min(said, key=lambda one: len(LATIN.findall(one)), default=None)
    return known[key]


def _values(pieces: tuple[str, ...], sentence: str) -> tuple[str, ...] | None:
    """What stands between the pieces, each value as short as it can be; in one pass, whatever the sentence holds."""
    if not sentence.startswith(pieces[0]):
        return None
    values, begins = [], len(pieces[0])
    ends = len(sentence) - len(pieces[-1])
    for piece in pieces[1:-1]:
        at = sentence.find(piece, begins, ends)
        if at < 0:
            return None
        values.append(sentence[begins:at])
        begins = at + len(piece)
    if begins > ends or not sentence.endswith(pieces[-1]):
        return None
    return (*values, sentence[begins:ends])


def _after_a_place(sentence: str, depth: int, known: dict[tuple[str, int], str | None]) -> str | None:
    """`file: sentence`, `field.name: sentence`: the place stays as it is."""
    at = sentence.find(": ")
    while at > 0:
        said = _said(sentence[at + 2 :], depth + 1, known)
        if said is not None:
            return f"{sentence[:at]}: {said}"
        at = sentence.find(": ", at + 2)
    return None
