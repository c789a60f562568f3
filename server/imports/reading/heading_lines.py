"""Where the headings of a table stand, and over how many lines: titles, notes and dates above them are none.

Pure.  A heading may take three lines, the upper ones naming groups (`변기 수` / `남자용` / `대`); its parts are joined
by spaces.  A group spans a part of the columns; what spans most of them, or stands alone above others, is a title.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from server.imports.reading.cuts import cut_of_heading
from server.imports.reading.heading_words import count_in, ways_to_read
from server.imports.reading.lines import Line, Raw, cell_at
from server.interface.errors import invalid
from sweep.phrases import Phrase

MAX_COLUMNS = 100  # derived: the widest known layout has 34
MAX_HEADING_LETTERS = 100
LINES_ABOVE = 30  # guessed: titles, approval boxes and dates above a heading
HEADING_FROM = 0.6  # guessed: headings on two lines are known by their upper half at least
MOST_LINES = 3
LINES_BELOW = 5
"""How many lines tell how wide a table is."""
_TITLE = re.compile(r"^[※*☞▶(\[<]|대외비|기준|현재|작성|단위|\d{2,4}\s*[.년/-]\s*\d{1,2}\s*[.월/-]")
"""What a title, a note or a date of the state of things says, and no group of columns."""


def find_heading(raw: Raw, known: frozenset[str]) -> tuple[int, int]:
    """(place of the first line of headings, how many lines they take); ApiError 400 where none is known."""
    tried: list[tuple[int, int, int]] = []
    below = 0
    for at, line in enumerate(raw.lines[:LINES_ABOVE]):
        if len(line.cells) > MAX_COLUMNS:
            raise invalid(Phrase("heading_column_twice"), code="import_refused")
        found = [(0 if at < below else _known_in(joined(raw, at, 1), known), 1)]
        found += [(_known_below(raw, at, deep, known), deep) for deep in range(2, _depth(raw, at, known) + 1)]
        tried += [(many, at, deep) for many, deep in found if many >= 2]
        below = max([below, *(at + deep for many, deep in found if many >= 2 and deep > 1)])
    # The first that says most of what the best says: one that is repeated further down may say it in one line.
    most = max((found for found, _, _ in tried), default=0)
    best = max(
        (one for one in tried if one[0] >= HEADING_FROM * most),
        key=lambda one: (-one[1], one[2] if raw.merged else 0, one[0]),
        default=None,
    )
    if best is None:
        raise invalid(Phrase("heading_layout_unknown"), code="import_refused")
    return best[1], best[2]


def _known_in(names: Sequence[str], known: frozenset[str]) -> int:
    """How many different headings are known."""
    return sum(_is_known(name, known) for name in set(names) if name)


def _is_known(name: str, known: frozenset[str]) -> bool:
    is_read = any(one in known for one in ways_to_read(name)) or count_in(name) is not None
    return is_read or cut_of_heading(name) is not None


def _known_below(raw: Raw, at: int, deep: int, known: frozenset[str]) -> int:
    """How many of some lines put together are known, whole or by their lower part."""
    parts = [joined(raw, at + upper, deep - upper) for upper in range(deep)]
    names = enumerate(parts[0])
    return len({name for index, name in names if _known_in([one[index] for one in parts if index < len(one)], known)})


def _depth(raw: Raw, at: int, known: frozenset[str]) -> int:
    """Over how many lines a heading that begins here may go."""
    deep = 1
    while deep < MOST_LINES and _is_above(raw, at + deep - 1, known, is_first=deep == 1):
        deep += 1
    return deep


def _is_above(raw: Raw, at: int, known: frozenset[str], *, is_first: bool) -> bool:
    """May the line below be a part of this heading? Told by what is merged, or by the gaps that a merge left in CSV."""
    if at + 1 >= len(raw.lines):
        return False
    top, below = raw.lines[at], raw.lines[at + 1]
    width = max(sum(map(bool, line.cells)) for line in raw.lines[at + 1 : at + 1 + LINES_BELOW])
    if _is_title(top if raw.merged else _spread(top, below), below, width / 2, known):
        return False
    if raw.merged:
        return any(first == top.number and (last > first or right > left) for first, last, left, right in raw.merged)
    pairs = [(cell_at(top, index), cell_at(below, index)) for index in range(max(len(top.cells), len(below.cells)))]
    has_gap = any(not one and other for one, other in pairs)
    return (
        has_gap
        and (not is_first or any(one and not other for one, other in pairs))
        and all(not any(letter.isdigit() for letter in other) and len(other) <= 20 for _, other in pairs)
    )


def _spread(top: Line, below: Line) -> Line:
    """The line with each cell over the gaps behind it, as a merge has left them in CSV."""
    cells, last = [], ""
    for index in range(max(len(top.cells), len(below.cells))):
        cell = cell_at(top, index)
        last = cell or last
        cells.append(cell or (last if cell_at(below, index) else ""))
    return replace(top, cells=tuple(cells))


def _is_title(top: Line, below: Line, half: float, known: frozenset[str]) -> bool:
    """Is it a title, a note or a date above headings? A line of groups has headings of its own, or narrow groups."""
    spans = Counter(cell for cell in top.cells if cell)
    if len(spans) < 2:
        return True
    pairs = [(cell, cell_at(below, index)) for index, cell in enumerate(top.cells) if cell]
    if any(
        spans[cell] <= max(half, 1) and (cell == other or not other or _known_in([cell], known))
        for cell, other in pairs
    ):
        return False
    groups = [cell for cell in spans if len({other for one, other in pairs if one == cell}) > 1]
    is_wide = any(spans[cell] > half for cell in groups)
    return not groups or is_wide or any(_TITLE.search(cell) for cell in spans)


def joined(raw: Raw, at: int, deep: int) -> list[str]:
    """Headings of each column, of some lines put together."""
    lines = raw.lines[at : at + deep]
    if deep == 1:
        return list(lines[0].cells)
    names, carried = [], [""] * len(lines)
    for index in range(max(len(line.cells) for line in lines)):
        cells = [cell_at(line, index) for line in lines]
        for upper, cell in enumerate(cells):
            if cell and cell != carried[upper]:
                carried[upper:] = [cell, *[""] * (len(lines) - upper - 1)]
        lowest = max((place for place, cell in enumerate(cells) if cell), default=-1)
        names.append(" ".join(_parts(cells, carried, lowest)))
    return names


def _parts(cells: Sequence[str], carried: Sequence[str], lowest: int) -> Iterator[str]:
    """From above down to the lowest cell that says something; what spans lines once."""
    before = ""
    for cell, group in zip(cells[: lowest + 1], carried, strict=False):
        part = cell or group
        if part and part != before:
            yield part
        before = part or before


def columns_of(raw: Raw, at: int, deep: int) -> list[str]:
    """Headings, none twice: the second of a name is told by its number."""
    names = joined(raw, at, deep)
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise invalid(Phrase("heading_column_twice"), code="import_refused")
    seen: Counter[str] = Counter()
    told = []
    for whole in names:
        name = whole[:MAX_HEADING_LETTERS]
        seen[name] += 1
        told.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return told
