"""What stands of a finding: what persons said last, and how its case went on.

Input are what persons said in the order of time and the case that came of it (`cases.py`); output is one
`FindingState`.  The probe's own words decide nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from server.interface.fields import FOUND, FindingState
from server.interface.voice import Voice
from server.standing.cases import Case, Verdict

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


def state_of_finding(case: Case, verdicts: Iterable[Verdict]) -> FindingState:
    """What stands of a finding whose case is `case`; `verdicts`: what single persons said of it, in order of time."""
    if case.state in OF_CASE:
        return OF_CASE[case.state]
    if case.state in FOUND:
        return "found"
    return gravest(OF_VERDICT[one.verdict] for one in last_words(verdicts)) or "to_inspect"


def last_words(verdicts: Iterable[Verdict]) -> Sequence[Verdict]:
    """The last verdict of each person."""
    last: list[Verdict] = []
    for one in verdicts:
        last = [*(known for known in last if not known.person.is_of(one.person)), one]
    return last


def gravest(states: Iterable[FindingState]) -> FindingState | None:
    """The gravest of several; None of none."""
    return min(states, key=GRAVEST_FIRST.index, default=None)


def by_finding(verdicts: Iterable[tuple[Voice, UUID, str]]) -> dict[UUID, list[Verdict]]:
    """(person, finding, verdict) in order of time, as the verdicts of each finding."""
    found: dict[UUID, list[Verdict]] = {}
    for person, finding_id, verdict in verdicts:
        found.setdefault(finding_id, []).append(Verdict(person, verdict))
    return found
