"""Panels with rails, mouse bites, fiducials and tooling holes, made from the committed boards by KiKit.

Job: one file a panel: `lamps` (ring and bars of one probe) is committed in `../panel/`, `carrier` (the carrier between
two rails) goes to a folder of one's choice. Input: the boards; output: `*.kicad_pcb`. KiKit (`pip install kikit==1.8.1`
beside KiCad's own Python) is not among the project's dependencies: a test compares the committed panel with the boards.
Run: `python hardware/fabrication/panel.py lamps hardware/panel` with that Python.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pcbnew
from kikit.panelize import Panel
from kikit.panelize_ui_impl import dummyFramingSubstrate
from kikit.units import mm

HARDWARE = Path(__file__).resolve().parents[1]
RAIL_MM, SPACE_MM = 6.0, 2.5
TAB_MM = 4.0
FIDUCIAL_MM = (1.0, 2.0)
"""Copper and opening of a fiducial, as assemblers ask for."""
MIDDLE_MM = (150.0, 100.0)

Place = tuple[str, float, float]
"""Board without its ending, x and y of its middle from the panel's middle (mm, y down)."""
PANELS: dict[str, tuple[tuple[Place, ...], tuple[int, int]]] = {
    "lamps": ((("led/bar", -33.0, 0.0), ("led/ring", 0.0, 0.0), ("led/bar", 33.0, 0.0)), (1, 1)),
    "carrier": ((("carrier/carrier", 0.0, 0.0),), (0, 3)),
}
"""Boards, and tabs on the upright and on the level edges of each."""


def numbered(board: int, reference: str) -> str:
    """D1 of the second board of a panel is D31, of the third D61: an assembler wants each name once."""
    letters = reference.rstrip("0123456789")
    return f"{letters}{30 * board + int(reference[len(letters) :] or 0)}" if board else reference


def make(name: str, folder: Path) -> Path:
    """Write the panel `name` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.kicad_pcb"
    panel = Panel(str(file))
    boards, (upright, level) = PANELS[name]
    for board, x, y in boards:
        at = pcbnew.VECTOR2I(int((MIDDLE_MM[0] + x) * mm), int((MIDDLE_MM[1] + y) * mm))
        prefix = board.rpartition("/")[2]
        panel.appendBoard(
            str(HARDWARE / f"{board}.kicad_pcb"),
            at,
            tolerance=int(5 * mm),
            shrink=True,
            inheritDrc=len(boards) == 1,
            netRenamer=lambda n, net, p=prefix: f"{p}{n}/{net.strip('/')}",
            refRenamer=numbered,
        )
    space = {"type": "frame" if upright else "railstb", "hspace": int(SPACE_MM * mm), "vspace": int(SPACE_MM * mm)}
    ghosts = dummyFramingSubstrate(panel.substrates, {"framing": space})
    panel.buildPartitionLineFromBB(ghosts)
    panel.clearTabsAnnotations()
    panel.buildTabAnnotationsFixed(upright, level, int(TAB_MM * mm), int(TAB_MM * mm), 0, ghosts)
    cuts = panel.buildTabsFromAnnotations(int(0.5 * mm))
    if upright:
        panel.makeFrame(int(RAIL_MM * mm), int(RAIL_MM * mm), int(SPACE_MM * mm), int(SPACE_MM * mm))
    else:
        panel.makeRailsTb(int(RAIL_MM * mm), vspace=int(SPACE_MM * mm))
    panel.makeMouseBites(cuts, int(0.5 * mm), int(0.8 * mm), int(-0.25 * mm), int(0.5 * mm))
    copper, opening = (int(value * mm) for value in FIDUCIAL_MM)
    panel.addCornerFiducials(3, int(10 * mm), int(RAIL_MM / 2 * mm), copper, opening)
    panel.addCornerTooling(4, int(RAIL_MM / 2 * mm), int(RAIL_MM / 2 * mm), int(2.0 * mm))
    left, _, _, low = panel.panelBBox()
    panel.setAuxiliaryOrigin(pcbnew.VECTOR2I(int(left), int(low)))  # lower left corner, as on each board
    panel.save()
    return file


if __name__ == "__main__":
    print(make(sys.argv[1], Path(sys.argv[2])))
