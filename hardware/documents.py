"""Tables in a document that a program computes: between `<!-- table NAME -->` and `<!-- end -->`.

Job: read and rewrite those tables, and nothing else of the document. `python -m hardware.documents` brings the
documents up to date; a test fails where that was forgotten.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from hardware import bom, budget, controller
from hardware.enclosure import callouts, mass, printing, strap
from hardware.kit import safety as kit_safety
from hardware.kit import table as kit
from hardware.optics import tables
from hardware.safety import assess, flicker

HERE = Path(__file__).parent
WHITE = ("stimulus", "views")
"""Tables of the optics that stand on the page of the white stimulus."""
PRINTED = ("peak", "offsets", "ambient")
"""Tables of the optics of which the page says the result in a sentence; `hardware.optics.tables` prints them."""
MARK = re.compile(r"(<!-- table (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@cache
def computed() -> dict[Path, dict[str, list[str]]]:
    """For each document the lines of each of its tables."""
    return {
        HERE / "optics" / "README.md": {
            name: table() for name, table in tables.TABLES.items() if name not in WHITE + PRINTED
        },
        HERE / "optics" / "WHITE.md": {name: tables.TABLES[name]() for name in WHITE},
        HERE / "safety" / "README.md": {
            "assessment": assess.markdown(assess.assess(assess.tables()), least=0.01),
        },
        HERE / "safety" / "RED.md": {"strobes": flicker.strobe_table(assess.tables())},
        HERE / "enclosure" / "README.md": {
            "printing": printing.markdown(),
            "mass": mass.mass_table(),
            "strap": strap.markdown(),
            "fall": mass.fall_table(),
        },
        HERE / "fabrication" / "README.md": {"risk": bom.risk_table(bom.lines(), ("high",))},
        HERE / "BUILD.md": {"callouts": callouts.markdown(), "fuses": controller.markdown()},
        HERE / "kit" / "README.md": {name: rows() for name, rows in kit.TABLES.items()}
        | {"safety": kit_safety.table(), "fuses": controller.markdown()},
        HERE.parent / "server" / "BUDGET.md": {"budget": budget.markdown()},
    }


def tables_in(text: str) -> dict[str, list[str]]:
    """The lines of each marked table of a document."""
    return {name: body.splitlines() for _, name, body, _ in MARK.findall(text)}


def with_tables(text: str, lines: dict[str, list[str]]) -> str:
    """The document with its marked tables replaced; a mark without a table raises KeyError."""
    return MARK.sub(lambda m: m[1] + "\n".join([*lines[m[2]], ""]) + m[4], text)


def main() -> None:
    """Rewrite the tables of every document."""
    for document, lines in computed().items():
        document.write_text(with_tables(document.read_text(encoding="utf-8"), lines), encoding="utf-8")


if __name__ == "__main__":
    main()
