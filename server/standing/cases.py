"""The way of a case, without a database: which step may follow which state, and what a case is after its steps.

Input are steps in the order of the log; output is a `Case`, or the refusal of a step with what has to come first.  A
single person's verdict on a finding counts as one of the two looks that close it; one who found a camera needs nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from server.interface.fields import FOUND, FindAsks
from server.interface.fields import CaseState as State
from server.interface.voice import Voice
from server.standing.naming import Named, named_by
from sweep.report.case_records import (
    CameraFound,
    DefectFound,
    LookedAt,
    NotCamera,
    PoliceResult,
    Rechecked,
    RepairHanded,
    RoomCorrected,
    Step,
    Unchanged,
)

__all__ = ["CLOSED", "FOUND", "Case", "Taken", "Verdict", "after_all", "may_decide", "may_follow"]
CLOSED: frozenset[State] = frozenset({"not_camera", "hole_repaired", "police_camera", "police_none"})
BEFORE_POLICE: frozenset[State] = frozenset({"camera", "room_closed"})
"""Two persons may still say that it is none; later only the police do."""
CLEARED_BY_VERDICTS: frozenset[State] = BEFORE_POLICE | {"candidate", "not_reached", "looked_at"}
LOOKERS = 2  # DESIGN: what takes a suspicion back needs two persons
FOLLOWING: dict[State, frozenset[str]] = {
    "candidate": frozenset({"looked_at", "not_reached"}),
    "not_reached": frozenset({"looked_at", "not_reached"}),
    "looked_at": frozenset({"looked_at", "not_camera", "defect_found", "camera", "not_reached"}),
    "not_camera": frozenset({"reopened", "unchanged"}),
    "defect": frozenset({"repair_handed", "repaired"}),
    "repaired": frozenset({"rechecked"}),
    "hole_repaired": frozenset({"reopened"}),
    "camera": frozenset({"room_closed", "not_camera"}),
    "room_closed": frozenset({"police_called", "photographed", "not_camera"}),
    "police_called": frozenset({"handed_over", "photographed", "police_asked", "police_result"}),
    "handed_over": frozenset({"reported_to_city", "police_asked", "police_result"}),
    "reported_to_city": frozenset({"police_asked", "police_result"}),
    "police_camera": frozenset({"police_asked", "police_result", "reported_to_city"}),
    "police_none": frozenset({"police_result"}),
}
AFTER_RELEASE = frozenset({"repaired", "rechecked"})
"""Nobody repairs, and no repair counts, in a room of which a find still waits for the police."""
AT_ANY_TIME = frozenset({"room_corrected", "witnessed"})
OPENING = frozenset({"reported", "defect_found"})
"""Steps that open a case of a person's own."""
AFTER: dict[str, State] = {
    "reported": "candidate",
    "looked_at": "looked_at",
    "not_reached": "not_reached",
    "not_camera": "not_camera",
    "defect_found": "defect",
    "repaired": "repaired",
    "camera": "camera",
    "room_closed": "room_closed",
    "police_called": "police_called",
    "handed_over": "handed_over",
    "reported_to_city": "reported_to_city",
    "reopened": "candidate",
}
"""What is not named leaves the case in its state: photographs are optional, and may come before the call to 112."""
OUTCOMES = frozenset({"not_camera", "camera", "defect_found", "reopened"})
"""Steps that answer or ask anew what it is: what single persons said before them counts no more."""
BY_POLICE: dict[str, State] = {"camera": "police_camera", "none": "police_none"}
ASKS: Mapping[State, FindAsks] = {
    "camera": "report",
    "room_closed": "report",
    "police_called": "hand_over",
    "handed_over": "police_result",
    "reported_to_city": "police_result",
}
"""The least far first."""
WITH_POLICE = frozenset({"police_called", "handed_over", "reported_to_city", *BY_POLICE.values()})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A single person's verdict on the finding."""

    person: Voice
    verdict: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step with the persons who took it, the first one first; without them it names nothing."""

    step: Step
    persons: tuple[Voice, ...] = ()
    day: date = date.min
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """What a case is after its steps."""

    state: State
    steps: int = 0
    words: tuple[Verdict, ...] = ()
    """The last single verdict of each person since an outcome."""
    stood: State = "candidate"
    """What it was before single verdicts closed it."""
    reopens: date | None = None
    due: date | None = None
    """Of a repair."""
    corrected_room: UUID | None = None
    lookers: tuple[Voice, ...] = ()
    """Who saw something there since an outcome."""
    named: Named | None = None
    is_held: bool = False
    """A find in its room waits for two persons or the police to say what it was."""

    @property
    def is_found(self) -> bool:
        """Did anybody find a camera?"""
        return self.state in FOUND

    def is_open(self, today: date) -> bool:
        """Has anybody still to do something about it? What was no camera opens again on its day."""
        return self.state not in CLOSED or (self.reopens is not None and self.reopens <= today)

    def asks_one(self, today: date) -> bool:
        """Is one person enough to say that nothing changed?"""
        is_due = self.state == "not_camera" and self.is_open(today)
        return is_due and self.named is not None and today < self.named.ends


NEW = Case("candidate")


def may_follow(case: Case | None, step: str, today: date) -> bool:
    """May this step be taken now? None: there is no case yet."""
    if case is None:
        return step in OPENING
    if step in AT_ANY_TIME:
        return True
    if waits_for_release(case, step):
        return False
    if step == "unchanged":
        return case.asks_one(today)
    is_due_again = case.state == "not_camera" and case.is_open(today)
    allowed = FOLLOWING["candidate"] | FOLLOWING["not_camera"] if is_due_again else FOLLOWING[case.state]
    return step in allowed


def waits_for_release(case: Case, step: str) -> bool:
    """Is this step of a repair next, but for a find in the room?"""
    return case.is_held and step in AFTER_RELEASE & FOLLOWING[case.state]


def may_decide(case: Case, step: str, today: date) -> bool:
    """May this decision be taken now together with the look before it?"""
    is_decision = step in OUTCOMES & FOLLOWING["looked_at"]
    return is_decision and may_follow(case, "looked_at", today)


def after(case: Case | None, happened: Step | Taken | Verdict) -> Case:
    """The case after what happened, also after what should not have: the log is as it is."""
    before = case or NEW
    if isinstance(happened, Verdict):
        return _after_verdict(before, happened)
    taken = happened if isinstance(happened, Taken) else Taken(happened)
    step = taken.step
    state, lookers = AFTER.get(step.step, before.state), (*before.lookers, *_lookers_of(taken))
    changed = replace(before, steps=before.steps + 1, state=state, lookers=lookers)
    if step.step in OUTCOMES:
        changed = replace(changed, words=(), stood="candidate", lookers=(), named=None)
    match step:
        case RoomCorrected():
            return replace(changed, corrected_room=step.room_id)
        case NotCamera() if not before.is_found or before.state in BEFORE_POLICE:
            named = named_by(step, taken.persons, before.lookers, taken.day, taken.at_ms)
            return replace(changed, reopens=step.reopens, named=named)
        case Unchanged():
            return _after_unchanged(before, changed, step, taken)
        case DefectFound() | RepairHanded() | Rechecked() if not before.is_found:
            return _after_repair(changed, step)
        case CameraFound():
            return replace(changed, reopens=None, due=None)
        case PoliceResult() if before.state in WITH_POLICE:
            return replace(changed, state=BY_POLICE.get(step.result, before.state))
        case _:
            pass
    if before.is_found and changed.state not in FOUND:
        return replace(before, steps=changed.steps)  # only the police end what was found
    if before.state in BY_POLICE.values():
        return replace(before, steps=changed.steps)  # nor does anybody else say more than they
    return changed


def _lookers_of(taken: Taken) -> tuple[Voice, ...]:
    """Who saw something; of nothing there is nothing to name."""
    return taken.persons if isinstance(taken.step, LookedAt) and taken.step.seen != "nothing" else ()


def _after_repair(changed: Case, step: DefectFound | RepairHanded | Rechecked) -> Case:
    match step:
        case DefectFound():
            return replace(changed, due=step.due, reopens=None)
        case RepairHanded():
            return replace(changed, due=step.due) if changed.state == "defect" else changed
        case Rechecked():
            return replace(changed, state="hole_repaired" if step.holds else "defect")


def _after_unchanged(before: Case, changed: Case, step: Unchanged, taken: Taken) -> Case:
    """Closed again until its day, at the latest to the end of the half year; otherwise it changes nothing."""
    named = before.named
    if named is None or not taken.persons or not before.asks_one(taken.day) or not named.may_say(taken.persons[0]):
        return replace(before, steps=changed.steps)
    return replace(changed, reopens=min(step.reopens, named.ends), named=named.said_by(taken.persons[0]))


def after_all(happened: Iterable[Step | Taken | Verdict], case: Case | None = None) -> Case | None:
    """The case after everything that happened, in order."""
    for one in happened:
        case = after(case, one)
    return case


def _after_verdict(before: Case, verdict: Verdict) -> Case:
    others = tuple(one for one in before.words if not one.person.is_of(verdict.person))
    named = before.named if verdict.verdict == "no_camera" else None
    said = replace(before, words=(*others, verdict), named=named)
    match verdict.verdict:
        case "camera_found":
            return said if before.is_found or before.state in WITH_POLICE else replace(said, state="camera")
        case "no_camera":
            clearers = sum(one.verdict == "no_camera" for one in said.words)
            is_cleared = clearers >= LOOKERS and before.state in CLEARED_BY_VERDICTS
            return replace(said, state="not_camera", stood=before.state) if is_cleared else said
        case _ if before.state in {"not_camera", "hole_repaired"}:  # who doubts what was closed opens it again
            return replace(said, state=before.stood, reopens=None)
        case _:
            return said
