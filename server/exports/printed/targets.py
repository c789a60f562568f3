"""With what probability each target would have been found in each zone, as the log prints it.

Input is a report of format 2, output is a table of short words: zones by targets, a percentage with its 90 % interval,
or a dash and the number of the note that says why there is none.
"""

from __future__ import annotations

from typing import Any

from server.interface.words import WEIGHT_SOURCES
from sweep.report import TARGETS, SweepReport, TargetCoverage
from sweep.report.words import TARGET_WORDS

Tree = dict[str, Any]


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
    heads = [{"ko": TARGET_WORDS[target].ko, "source": _source(report, target)} for target in shown]
    return {"heads": heads, "rows": rows, "notes": notes}


def _cell(item: TargetCoverage | None, notes: list[str]) -> Tree:
    if item is None:
        return {"share": "–", "span": "", "note": 0}
    if item.probability is None or item.low is None or item.high is None:
        why = item.text.ko.removeprefix(f"{TARGET_WORDS[item.target].ko}: ")  # the column says which
        if why not in notes:
            notes.append(why)
        return {"share": "–", "span": "", "note": notes.index(why) + 1}
    span = f"{item.low:.0%} – {item.high:.0%}"
    return {"share": f"{item.probability:.0%}", "span": span, "note": 0}


def _source(report: SweepReport, target: str) -> str:
    return next(WEIGHT_SOURCES[item.source].ko for item in report.targets if item.target == target)
