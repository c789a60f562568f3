"""Days of cases: how long a repair may take, and when what was no camera opens again."""

from __future__ import annotations

from datetime import date, timedelta

from sweep.report.case_records import Defect

REPAIR_DAYS: dict[Defect, int] = {
    "hole": 7,
    "emergency_bell": 3,
    "floor_gap": 30,
    "ceiling_gap": 30,
    "vent": 14,
    "ceiling": 7,
    "light": 7,
    "socket": 7,
    "door_lock": 3,
    "partition": 14,
    "toilet_bin": 14,
    "basin": 14,
}  # guessed: what a district can order and have done
REOPENS_AFTER = timedelta(days=90)  # FIELD §1: rooms are inspected with equipment every quarter


def repair_due(defect: Defect, today: date) -> date:
    """By when a defect that is found today has to be repaired."""
    return today + timedelta(days=REPAIR_DAYS[defect])
