"""The bill of materials: `bom.csv` against the committed boards and the enclosure, and what one and ten probes cost.

Job: read the bill, say where it disagrees with what is built, add up. Input: `bom.csv`, the boards, the enclosure's
tables; output: findings in words, sums in US dollars. `python -m hardware.bom` prints cost and lead times, `python -m
hardware.bom fill` writes quantity, references, value and footprint of what stands on boards into the bill. It looks up
no price: the column `price_from` says where each comes from.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import groupby
from pathlib import Path
from typing import TypedDict, get_type_hints

from hardware.enclosure import rooms, screws
from hardware.fabrication.boards import BOARDS, Board, Placed, natural, placed

FILE = Path(__file__).parent / "bom.csv"
RISKS = ("low", "medium", "high")
ON_BOARDS = tuple(board.name for board in BOARDS)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill, for one probe. Prices in US dollars apiece, sides in mm, mass in grams apiece."""

    item: str
    maker: str
    mpn: str
    quantity: int
    optional: int
    """Pieces more when the optional boards are built and the empty places of the others filled."""
    place: str
    """Boards joined by +, or the part of the probe that it goes into."""
    references: str
    value: str
    footprint: str
    source_1: str
    source_2: str
    data_sheet: str
    price_1_usd: float
    """When parts for one probe are bought."""
    price_10_usd: float
    """When parts for ten are bought."""
    price_from: str
    lead_risk: str
    """low, medium or high, with the reason."""
    size_mm: str
    size_from: str
    mass_g: float
    fits: str
    """Name of a room in `enclosure/rooms.py`; empty: a part that bends or lies where there is room."""
    substitutes: str

    @property
    def size(self) -> tuple[float, float, float]:
        """Its three sides."""
        a, b, c = (float(side) for side in self.size_mm.split("x"))
        return a, b, c

    @property
    def risk(self) -> str:
        """low, medium or high."""
        return self.lead_risk.partition(":")[0]

    @property
    def second_source(self) -> str:
        """What else may be bought: a number, a class of parts, or why nothing can."""
        return self.substitutes or ("any of its standard and size" if self.maker == "generic" else "")

    @property
    def is_alone(self) -> bool:
        """Whether nothing else drops in."""
        return self.second_source.startswith("none drops in")

    @property
    def state(self) -> str:
        """`unchecked` until somebody looked up that it is still made, with the day in `price_from`."""
        return "in production" if self.price_from.startswith("looked up on ") else "unchecked"

    @property
    def is_on_boards(self) -> bool:
        """Whether it is soldered: then the boards say how many."""
        return bool(self.references)


def lines(file: Path = FILE) -> list[Line]:
    """The bill as it is committed.  Raises ValueError for a row with a cell too many or too few, or without a number
    where one belongs.
    """
    kinds = get_type_hints(Line)
    with file.open(newline="", encoding="utf-8") as text:
        names, *rows = csv.reader(text, strict=True)
        if names != [f.name for f in fields(Line)]:
            raise ValueError(f"{file.name}: the columns are {', '.join(names)}")
        return [Line(**{name: kinds[name](cell) for name, cell in zip(names, row, strict=True)}) for row in rows]


def write(bill: Sequence[Line], file: Path = FILE) -> None:
    """The bill back into its file."""
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.DictWriter(text, [f.name for f in fields(Line)], lineterminator="\n")
        table.writeheader()
        for line in bill:
            row = asdict(line)
            row["mass_g"], row["price_1_usd"], row["price_10_usd"] = (
                f"{row[key]:g}" for key in ("mass_g", "price_1_usd", "price_10_usd")
            )
            table.writerow(row)


class OnBoards(TypedDict):
    """What the boards decide of a line."""

    quantity: int
    optional: int
    place: str
    references: str
    value: str
    footprint: str


def from_boards(boards: Sequence[Board] = BOARDS) -> dict[str, OnBoards]:
    """For each number on the committed boards: quantity, optional, place, references, value, footprint."""
    found: dict[str, list[tuple[Board, Placed]]] = defaultdict(list)
    for board in boards:
        for part in placed(board):
            if part.mpn:
                found[part.mpn].append((board, part))
    table: dict[str, OnBoards] = {}
    for mpn, parts in found.items():
        names = [board.name for board in boards if any(board is b for b, _ in parts)]
        table[mpn] = {
            "quantity": sum(b.per_probe for b, p in parts if p.is_fitted and not b.is_optional),
            "optional": sum(b.per_probe for b, p in parts if b.is_optional or not p.is_fitted),
            "place": "+".join(names),
            "references": "; ".join(
                f"{name} {shortened([p.reference for b, p in parts if b.name == name])}" for name in names
            ),
            "value": " / ".join(sorted({p.value for _, p in parts})),
            "footprint": " / ".join(sorted({p.footprint for _, p in parts})),
        }
    return table


def shortened(references: Sequence[str]) -> str:
    """R1 R2 R3 R7 as R1-R3 R7."""
    ordered = sorted({natural(reference) for reference in references})
    runs = groupby(enumerate(ordered), key=lambda pair: (pair[1][0], pair[1][1] - pair[0]))
    words = []
    for _, run in runs:
        names = [f"{letters}{number}" for _, (letters, number) in run]
        words.append(names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}")
    return " ".join(words)


def against_boards(bill: Sequence[Line], boards: Sequence[Board] = BOARDS) -> list[str]:
    """What a board has and the bill lacks, the reverse, and what they say differently; one sentence each."""
    listed = {line.mpn: line for line in bill}
    table = from_boards(boards)
    said = []
    for mpn, facts in table.items():
        if mpn not in listed:
            said.append(f"{facts['references']}: no line for {mpn} ({facts['value']}, {facts['footprint']})")
            continue
        for key, value in facts.items():
            if (has := getattr(listed[mpn], key)) != value:
                said.append(f"{mpn}: {key} is {has!r} in the bill, {value!r} on the boards")
    said += [f"{line.mpn}: on no board" for line in bill if line.is_on_boards and line.mpn not in table]
    return said


def against_enclosure(bill: Sequence[Line]) -> list[str]:
    """Parts that do not fit their place, and screws that are too few or too many."""
    places = rooms.rooms()
    said = [
        f"{line.item}: {refusal} at {line.fits!r}"
        for line in bill
        if line.fits and (refusal := places[line.fits].refusal(line.size))
    ]
    bought = {line.item.removeprefix("screw "): line.quantity for line in bill if line.place == "screws"}
    wanted = dict(screws.articles())
    said += [
        f"screw {article}: {bought.get(article, 0)} in the bill, {wanted.get(article, 0)} in the enclosure"
        for article in sorted({*bought, *wanted})
        if bought.get(article, 0) != wanted.get(article, 0)
    ]
    return said


def cost_usd(bill: Sequence[Line], probes: int, with_options: bool = False) -> float:
    """Material of so many probes: single prices below ten, prices at ten from there on."""
    return (
        sum(
            (line.quantity + (line.optional if with_options else 0))
            * (line.price_10_usd if probes >= 10 else line.price_1_usd)
            for line in bill
        )
        * probes
    )


def cost_table(bill: Sequence[Line]) -> list[str]:
    """What one and what ten cost, by place."""
    rows = ["| place | lines | one probe, USD | each of ten, USD |", "|---|---|---|---|"]
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in bill:
        groups["on the boards" if line.is_on_boards else line.place].append(line)
    for place, found in groups.items():
        rows.append(f"| {place} | {len(found)} | {cost_usd(found, 1):.0f} | {cost_usd(found, 10) / 10:.0f} |")
    one, ten = cost_usd(bill, 1), cost_usd(bill, 10)
    rows.append(f"| **all** | {len(bill)} | **{one:.0f}** | **{ten / 10:.0f}** (ten: {ten:.0f}) |")
    options = cost_usd(bill, 10, with_options=True) / 10 - ten / 10
    rows += [
        "",
        f"Optional lamp boards: {options:.0f} USD a probe more. Every price is an estimate, looked up by nobody.",
    ]
    return rows


def risk_table(bill: Sequence[Line], risks: Sequence[str] = ("high", "medium")) -> list[str]:
    """What may hold up an order, worst first; and how many lines are without such a risk."""
    rows = [
        f"- {line.mpn} ({line.item}), {risk}: {line.lead_risk.partition(': ')[2]}; otherwise: {line.second_source}"
        for risk in risks
        for line in bill
        if line.risk == risk
    ]
    low, medium = (sum(line.risk == risk for line in bill) for risk in ("low", "medium"))
    unchecked, alone = (sum(found) for found in zip(*((x.state == "unchecked", x.is_alone) for x in bill), strict=True))
    return [
        *rows,
        "",
        (
            f"{low} of {len(bill)} lines have no risk that is known (from memory), {medium} a medium one. "
            f"**{unchecked} of {len(bill)} are unchecked**: nobody asked a shop whether they are still made. "
            f"For {alone} nothing else drops in."
        ),
    ]


def filled(bill: Sequence[Line]) -> list[Line]:
    """The bill with what the boards decide brought up to date; parts without a line are not invented."""
    table = from_boards()
    kept = [line for line in bill if not line.is_on_boards or line.mpn in table]
    return [replace(line, **table[line.mpn]) if line.mpn in table else line for line in kept]


def main(words: Sequence[str]) -> int:
    """Print findings, cost and lead times, or fill the bill; 1 when something disagrees."""
    if list(words) == ["fill"]:
        write(filled(lines()))
    bill = lines()
    print("\n".join([*cost_table(bill), "", *risk_table(bill)]))
    said = [*against_boards(bill), *against_enclosure(bill)]
    print("\n".join(said), file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
