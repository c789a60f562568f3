"""Writes the drawings of this folder: wiring, cable set, jig, and for the workshop one PDF with all that it needs.

Job: `python -m hardware.fabrication.drawings` brings the SVG files up to date; with a path it writes the assembly
drawing there too: parts with call-outs, screws, cables, wiring, jig. Input: the tables, the committed boards and
pictures; output: files. Typst, which the project has for its reports, sets the PDF.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import typst

from hardware.enclosure import callouts, screws
from hardware.fabrication import cables, harness, jig, wiring

HERE = Path(__file__).parent
UNBUILT = "제작·시험된 적 없음 / UNBUILT: nobody has made one yet"
DRAWN = {"wiring.svg": wiring.wiring, "harness.svg": harness.harness, "jig.svg": jig.jig}


def table(rows: Iterable[Iterable[str]], widths: str) -> str:
    """A Typst table; words are taken as they are."""
    cells = ", ".join("[" + _plain(cell) + "]" for row in rows for cell in row)
    return f"#table(columns: ({widths}), stroke: 0.4pt, inset: 4pt, {cells})"


def _plain(words: str) -> str:
    return "".join(f"\\{c}" if c in "\\#$*_`<>@[]~/-" else c for c in words)


def source() -> str:
    """The assembly drawing as Typst; paths from the root `hardware/`."""
    legend = [["", "부품", "part"]]
    legend += [[str(number), ko, en] for number, (_, ko, en) in enumerate(callouts.CALLS, 1)]
    held = [
        [one.what, one.article, str(one.count), f"{one.through_mm:g}", f"{one.engaged_mm:g}"]
        for one in screws.fastenings().values()
    ]
    lines = [line.strip("| ").split(" | ") for line in cables.markdown(cables.cables()) if "---" not in line]
    return f"""#set page(paper: "a4", flipped: true, margin: 12mm, header: text(8pt, fill: red)[{_plain(UNBUILT)}])
#set text(9pt, font: ("NanumGothic", "Noto Sans CJK KR"))
= 조립도 \\/ Assembly drawing: Ansim Sweep probe
#grid(
  columns: (62%, 36%), gutter: 2%,
  image("/enclosure/pictures/exploded.png"),
  [{table(legend, "auto, 1fr, 1.3fr")}],
)
#pagebreak()
#grid(columns: (50%, 48%), gutter: 2%, image("/enclosure/pictures/inside.png"), image("/enclosure/pictures/eye.png"))
#pagebreak()
= 출력 \\/ Printing
#image("/enclosure/pictures/prints.png", height: 92%)
#pagebreak()
#grid(columns: (50%, 48%), gutter: 2%, image("/enclosure/pictures/strap.svg"), image("/enclosure/pictures/filter.svg"),
  image("/enclosure/pictures/wake.svg"))
#pagebreak()
= 나사 \\/ Screws
{table([["holds", "screw", "pieces", "passes, mm", "holds by, mm"], *held], "2fr, 2fr, auto, auto, auto")}
#pagebreak()
= 케이블 \\/ Cables
#text(7pt)[{table(lines, "1.2fr, 0.8fr, 1.2fr, 3fr, auto, 2fr")}]
#pagebreak()
#image("/fabrication/wiring.svg", height: 98%)
#pagebreak()
#image("/fabrication/harness.svg", height: 98%)
#pagebreak()
#image("/fabrication/jig.svg", height: 98%)
"""


def assembly(file: Path) -> None:
    """Write the PDF."""
    text = HERE / "assembly.typ"
    text.write_text(source(), encoding="utf-8")
    try:
        typst.compile(str(text), output=str(file), root=str(HERE.parent))
    finally:
        text.unlink()


def main(words: list[str]) -> None:
    """The drawings; the PDF where a path is given."""
    for name, draw in DRAWN.items():
        (HERE / name).write_text(draw(), encoding="utf-8")
    if words:
        assembly(Path(words[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
