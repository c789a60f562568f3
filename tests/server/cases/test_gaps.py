"""The legal sizes of gaps stand in Python and in the page, which decides without a connection: they are the same."""

from __future__ import annotations

import re
from pathlib import Path

from server.cases.gaps import CEILING_GAP_LEAST_MM, FLOOR_GAP_MOST_MM, duty_of
from sweep.report import LocalText

PAGE = Path(__file__).resolve().parents[3] / "server/web/src"
WORDS = ("visit/words.ts", "find/words.ts")


def test_the_page_measures_by_the_servers_sizes() -> None:
    checklist = (PAGE / "visit/checklist.ts").read_text(encoding="utf-8")
    sizes = {name: int(size) for name, size in re.findall(r"^export const (\w+_MM) = (\d+);", checklist, re.MULTILINE)}
    assert sizes == {"FLOOR_MOST_MM": FLOOR_GAP_MOST_MM, "CEILING_LEAST_MM": CEILING_GAP_LEAST_MM}
    # Where the page draws the line is where the server does: the size itself is fine, one millimetre on is not.
    assert "floor > FLOOR_MOST_MM" in checklist
    assert "ceiling < CEILING_LEAST_MM" in checklist
    assert isinstance(duty_of("floor_gap", FLOOR_GAP_MOST_MM), LocalText)
    assert duty_of("floor_gap", FLOOR_GAP_MOST_MM + 1) == "advice"
    assert isinstance(duty_of("ceiling_gap", CEILING_GAP_LEAST_MM), LocalText)
    assert duty_of("ceiling_gap", CEILING_GAP_LEAST_MM - 1) == "advice"


def test_its_sentences_name_these_sizes() -> None:
    for file in WORDS:
        said = {int(size) for size in re.findall(r"\b(\d+) mm", (PAGE / file).read_text(encoding="utf-8"))}
        assert said == {FLOOR_GAP_MOST_MM, CEILING_GAP_LEAST_MM}, file
