"""What goes to an assembler: a zip of gerbers and drill files, a bill and a placement file for each order.

Job: write `NAME.zip`, `NAME-bom.csv`, `NAME-positions.csv` (surface-mounted parts, columns as JLCPCB and PCBWay read
them), the same as `NAME-options-...` with the places that else stay empty, `NAME-by-hand.csv` for the workshop, and
`cables.csv` with `harness.svg` for a maker of cables.
Input: the committed boards, `bom.csv` and the folder that `make hardware` filled; output: files there (`python -m
hardware.fabrication.order hardware/build`). Part numbers of an assembler's own shop are left empty: the maker's number
decides, and nobody has looked them up.
"""

from __future__ import annotations

import csv
import re
import sys
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from hardware import bom
from hardware.fabrication import harness
from hardware.fabrication.boards import BOARDS, HARDWARE, Board, Placed, natural, placed, to_buy

LAMPS = Board("lamps", HARDWARE / "panel/lamps.kicad_pcb", 1)
"""Ring and bars of one probe in one panel (`panel.py`)."""
ORDERED = (*(board for board in BOARDS if board.name in ("carrier", "white")), LAMPS)
BOM_COLUMNS = (
    "Comment", "Designator", "Footprint", "LCSC Part #", "Manufacturer", "MPN", "Quantity", "Second source", "State",
)  # fmt: skip
POSITION_COLUMNS = ("Designator", "Mid X", "Mid Y", "Layer", "Rotation")
TURNS = ((r"SOT-223", 180.0), (r"SOT-23", 180.0), (r"SOIC-", 270.0))
"""Footprints that JLCPCB's library holds turned against KiCad's (community table of its users); its preview decides."""
INSIDE_ZIP = (".gbr", ".gbl", ".gbo", ".gbp", ".gbs", ".gm1", ".gtl", ".gto", ".gtp", ".gts", ".gbrjob", ".drl")


def bill(parts: Iterable[Placed], lines: dict[str, bom.Line]) -> list[dict[str, str]]:
    """One row a number, by its first reference."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for part in parts:
        groups[part.mpn, part.value, part.footprint].append(part.reference)
    rows = []
    for (mpn, value, footprint), references in groups.items():
        names = sorted(references, key=natural)
        line = lines[mpn]
        bought = (line.maker, mpn, str(len(names)), line.second_source, line.state)
        cells = (value, ",".join(names), footprint, "", *bought)
        rows.append(dict(zip(BOM_COLUMNS, cells, strict=True)))
    return sorted(rows, key=lambda row: natural(row["Designator"].partition(",")[0]))


def positions(parts: Iterable[Placed]) -> list[dict[str, str]]:
    """Where each part stands: mm from the lower left corner, degrees counter-clockwise as the assembler counts them."""
    rows = []
    for part in parts:
        turn = (part.turn_deg + (-correction(part.footprint) if part.is_back else correction(part.footprint))) % 360.0
        x, y = part.at_mm
        cells = (part.reference, f"{x:.4f}mm", f"{y:.4f}mm", "Bottom" if part.is_back else "Top", f"{turn:g}")
        rows.append(dict(zip(POSITION_COLUMNS, cells, strict=True)))
    return rows


def correction(footprint: str) -> float:
    """What the assembler's library adds to KiCad's angle (degrees)."""
    return next((turn for pattern, turn in TURNS if re.match(pattern, footprint)), 0.0)


def write(file: Path, columns: Sequence[str], rows: Iterable[dict[str, str]]) -> None:
    """A table for an assembler's upload page."""
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.DictWriter(text, columns)
        table.writeheader()
        table.writerows(rows)


def pack(folder: Path, file: Path) -> list[str]:
    """Gerbers and drill files of a folder into one flat zip, the same bytes for the same files; their names."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix in INSIDE_ZIP)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), (folder / name).read_bytes())
    return names


def order(board: Board, build: Path) -> list[str]:
    """All files of one ordered thing into `build/order/`; the names in its zip."""
    to = build / "order"
    to.mkdir(parents=True, exist_ok=True)
    lines = {line.mpn: line for line in bom.lines()}
    parts, options = to_buy(board), [p for p in placed(board) if p.mpn]
    for tail, chosen in (("", parts), ("-options", options)):
        if tail and len(options) == len(parts):
            continue
        machine = [p for p in chosen if p.is_smd]
        write(to / f"{board.name}{tail}-bom.csv", BOM_COLUMNS, bill(machine, lines))
        write(to / f"{board.name}{tail}-positions.csv", POSITION_COLUMNS, positions(machine))
        write(to / f"{board.name}{tail}-by-hand.csv", BOM_COLUMNS, bill((p for p in chosen if not p.is_smd), lines))
    return pack(build / board.name / "gerbers", to / f"{board.name}.zip")


def cable_set(build: Path) -> int:
    """Table and drawing for a maker of cables into `build/order/`; how many conductors."""
    to = build / "order"
    to.mkdir(parents=True, exist_ok=True)
    rows = harness.rows()
    write(to / "cables.csv", harness.COLUMNS, rows)
    (to / "harness.svg").write_text(harness.harness(), encoding="utf-8")
    return len(rows)


def main(build: Path, names: Sequence[str] = ()) -> int:
    """All orders, or those named; 2 where `make hardware` has not run before."""
    rails = Board("carrier-panel", build / "panel/carrier.kicad_pcb", 1)  # `make panels`
    for board in (*ORDERED, rails):
        if board.name not in (names or [known.name for known in ORDERED]):
            continue
        if not (build / board.name / "gerbers").is_dir():
            print(f"error: no gerbers of {board.name} in {build}: run make hardware", file=sys.stderr)
            return 2
        print(f"• {board.name}: {len(order(board, build))} files in {build / 'order' / board.name}.zip")
    if not names:
        print(f"• cables: {cable_set(build)} conductors in {build / 'order' / 'cables.csv'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
