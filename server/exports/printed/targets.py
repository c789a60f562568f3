"""With what probability each target would have been found in each zone, as the log prints it.

Input is a report of format 2, output is a table of short words: zones by targets, a percentage with its 90 % interval
(beside it the word where its curve is a guess), or a dash and the number of the note that says why there is none.
"""

from __future__ import annotations

from typing import Any, Final

from sweep.report import TARGETS, SweepReport, TargetCoverage
from sweep.report.words import COVERAGE_WORDS, SOURCE_WORDS, TARGET_WORDS, chance_of, curve_of

Tree = dict[str, Any]
LENS_OF: Final = {"recorder": f"{TARGET_WORDS['pinhole_1mm'].ko}일 때만 · "}
"""What no method hears is found by its lens; the number is of the plain one (`sweep/lens/evidence/chance.py`)."""


def target_table(report: SweepReport) -> Tree:
    """Zones by those targets of which the report speaks."""
    by_place = {(item.zone_id, item.target): item for item in report.targets}
    shown = [target for target in TARGETS if any(item.target == target for item in report.targets)]
    notes: list[str] = []
    rows = [
        {
            "number": number,
            "name": zone.name.ko,
            "cells": [_cell(by_place.get((zone.zone_id, target)), notes) for target in shown],
        }
        for number, zone in enumerate(report.plan.zones, start=1)
    ]
    of_target = {target: [item for item in report.targets if item.target == target] for target in shown}
    heads = [
        {"ko": TARGET_WORDS[target].ko, "source": f"{LENS_OF.get(target, '')}{curve_of(of_target[target]).ko}"}
        for target in shown
    ]
    return {"heads": heads, "rows": rows, "notes": notes, "product": COVERAGE_WORDS["product"].ko}


def _cell(item: TargetCoverage | None, notes: list[str]) -> Tree:
    if item is None:
        return {"share": "–", "span": "", "note": 0}
    said = chance_of(item)
    if said is None:
        why = item.text.ko.removeprefix(f"{TARGET_WORDS[item.target].ko}: ")  # the column says which
        if why not in notes:
            notes.append(why)
        return {"share": "–", "span": "", "note": notes.index(why) + 1}
    share, _, span = said.partition(" ")
    assumed = f" {SOURCE_WORDS[item.source].ko}" if item.source == "guessed" else ""
    return {"share": f"{share}{assumed}", "span": span, "note": 0}
