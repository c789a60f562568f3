"""What a measured gap means; its legal sizes stand in Python and in the page, which decides without a connection."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("defect", "measured_mm", "said", "duty"),
    [
        ("floor_gap", 5, {"installed": date(2024, 1, 1)}, None),
        ("floor_gap", 6, {"installed": date(2024, 1, 1)}, "violation"),
        ("floor_gap", 6, {"installed": date(2023, 7, 20)}, "advice"),
        ("floor_gap", 6, {"installed": date(2023, 7, 21)}, "violation"),
        ("floor_gap", 6, {}, "advice"),
        ("floor_gap", 90, {"installed": date(2024, 1, 1), "is_door": True}, None),
        ("ceiling_gap", 300, {"installed": date(2024, 1, 1)}, None),
        ("ceiling_gap", 299, {"installed": date(2024, 1, 1)}, "violation"),
        ("ceiling_gap", 0, {"installed": date(2024, 1, 1), "has_own_ventilation": True}, None),
        ("ceiling_gap", 10, {"installed": date(2020, 1, 1)}, "advice"),
        ("floor_gap", None, {}, None),
        ("emergency_bell", None, {}, "defect"),
        ("hole", None, {}, "defect"),
    ],
    ids=str,
)
def test_what_a_gap_means(defect: Any, measured_mm: int | None, said: dict[str, Any], duty: str | None) -> None:
    found = duty_of(defect, measured_mm, **said)
    assert (None if isinstance(found, LocalText) else found) == duty
