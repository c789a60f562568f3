"""What stands of a finding: what persons said last, and how its case went on.

Input is its case with the last words of persons (`cases.py`); output is one `FindingState`.  The probe's own words
decide nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from server.interface.fields import FOUND, FindingState
from server.standing.cases import Case

GRAVEST_FIRST: Final[tuple[FindingState, ...]] = (
    "confirmed", "found", "suspected", "recheck", "to_inspect", "defect", "no_camera",
)  # fmt: skip
OPEN: Final[frozenset[FindingState]] = frozenset({"found", "suspected", "recheck", "to_inspect"})
"""Somebody has still to look, to decide or to hand over."""
OF_VERDICT: Final[Mapping[str, FindingState]] = {
    "camera_found": "found",
    "cannot_exclude": "suspected",
    "recheck": "recheck",
    "no_camera": "no_camera",
}
OF_CASE: Final[Mapping[str, FindingState]] = {
    "police_camera": "confirmed",
    "police_none": "no_camera",
    "not_camera": "no_camera",
    "defect": "defect",
    "repaired": "defect",
    "hole_repaired": "defect",
}
"""What the guided case ends with is the word that stands, whatever single persons said before."""

BEGUN: Final = frozenset({"looked_at", "not_reached"})
"""Two persons have begun to look, or could not: a single `no_camera` settles it no more."""


def state_of_finding(case: Case) -> FindingState:
    """What stands of a finding by its case: what that came to, else the gravest of what persons said last."""
    said = [OF_VERDICT[one.verdict] for one in case.words]
    if case.state in OF_CASE:
        came_to = OF_CASE[case.state]
        return gravest([came_to, *said]) or came_to if came_to == "defect" else came_to  # its hole is still there
    if case.state in FOUND:
        return "found"
    if case.state in BEGUN:
        said.append("to_inspect")
    return gravest(said) or "to_inspect"


def gravest(states: Iterable[FindingState]) -> FindingState | None:
    """The gravest of several; None of none."""
    return min(states, key=GRAVEST_FIRST.index, default=None)
