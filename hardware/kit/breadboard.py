"""Which pins a filled breadboard joins: its holes, rails and jumpers as one circuit.

Input is the places, wires and leads of `kit.toml`; output is nets as sets of pins.  Two things in one hole, or a hole
that no such board has, are refused with BoardError: what is drawn can be built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

HOLE = re.compile(r"^(?:([a-j])([1-9][0-9]?)|([TB][+-])([1-9][0-9]?))$")
COLUMNS = 63
Contact = tuple[str, int]
"""Half of a column, `a` for rows a to e and `f` for rows f to j, with its number; a rail with 0."""


class BoardError(ValueError):
    """Something that no breadboard takes; one line that names the hole."""


def contact(hole: str) -> Contact:
    """What a hole is joined with inside the board. Raises BoardError."""
    found = HOLE.match(hole)
    if found is None:
        raise BoardError(f"{hole}: no hole of a breadboard")
    row, column, rail, at = found.groups()
    if int(column or at) > COLUMNS:
        raise BoardError(f"{hole}: the board has {COLUMNS} columns")
    return (rail, 0) if rail else ("a" if row <= "e" else "f", int(column))


def parts(table: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str], int]]:
    """Name, pins with their holes, step of each part."""
    for name, place in table["place"].items():
        yield name, dict(place["holes"]), place["step"]
    for name, (_, start, end, step) in table["resistor"].items():
        yield name, {"1": start, "2": end}, step


def nets(table: Mapping[str, Any]) -> set[frozenset[str]]:
    """Pins that are joined, nets of one pin left out. Raises BoardError."""
    group: dict[Contact, set[str]] = {}
    taken: dict[str, str] = {}

    def put(hole: str, what: str) -> Contact:
        if hole in taken:
            raise BoardError(f"{hole}: {taken[hole]} and {what}")
        taken[hole] = what
        return contact(hole)

    for name, holes, _ in parts(table):
        for pin, hole in holes.items():
            group.setdefault(put(hole, name), set()).add(f"{name}.{pin}")
    for name, (hole, pin, _, _) in table["lead"].items():
        group.setdefault(put(hole, name), set()).add(pin)
    joined = {at: {at} for at in group}
    for name, (start, end, _, _) in table["wire"].items():
        a, b = put(start, name), put(end, name)
        both = joined.setdefault(a, {a}) | joined.setdefault(b, {b})
        for at in both:
            joined[at] = both
    found = {frozenset(pin for at in contacts for pin in group.get(at, ())) for contacts in joined.values()}
    return {net for net in found if len(net) > 1}
