"""The situations of golden.txt as records, for whoever decides on them or shows them."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final
from uuid import UUID

from sweep.report import SweepReport
from sweep.report.visit_records import ByEye

from .reports import finding_in, report_of

NOBODY: Final = "nobody"
NOTES: Final[dict[str, ByEye | None]] = {
    ".": None, "nothing": "nothing_unusual", "marks": "marks", "undone": "not_done",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Situation:
    """A line of golden.txt."""

    name: str
    zones: str
    end: str
    earlier: str
    done: str
    note: str
    equipment: str
    persons: str
    findings: str
    by_zone: str
    room: str


def situations() -> list[Situation]:
    lines = (Path(__file__).parent / "golden.txt").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines if line and not line.startswith("#")]
    assert cells[0] == ["id", "zones", "end", "earlier", "done", "note", "equipment", "persons", "findings", "by zone",
                        "room"]  # fmt: skip
    return [Situation(*row) for row in cells[1:]]


ALL: Final = situations()


def parts(text: str) -> list[str]:
    return [] if text == "." else [part.strip() for part in text.split(";")]


def words_of_part(part: str) -> str:
    """What happened to a finding, as `steps.happened` reads it; nothing where nobody did anything."""
    words = part.rpartition("@")[2].removeprefix("?").removeprefix("case:").strip()
    return "" if words == NOBODY else words


def report_in(situation: Situation, sweep_id: UUID, zones: str = "") -> SweepReport:
    """The report of its sweep; `zones`: where the table has none."""
    findings = []
    for number, part in enumerate(parts(situation.done), start=1):
        zone, _, words = part.rpartition("@")
        findings.append(finding_in(int(zone or 1), number, is_first_look=words.startswith("?")))
    is_early = situation.end == "early"
    return report_of(
        zones or situation.zones, findings, outcome="aborted" if is_early else "completed", sweep_id=sweep_id
    )
