"""Which findings of a room's sweeps are one thing, and so one case.

Input are sightings: a finding with what happened to it, of sweeps of one room and one source.  Output are groups, first
the sighting whose case the others join.  A sighting joins what stood open when its sweep began;
what persons had closed by then it does not, or an offender would hide where something harmless was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from server.standing.cases import NEW, Case, Taken, Verdict, after_all
from server.standing.findings import OPEN, state_of_finding
from sweep.report import Modality, sameness, touches
from sweep.report.case_records import Unchanged
from sweep.report.known import Thing

MOST_SEEN: Final = 24
"""Sightings of one thing (guessed: two years of months), as a decision on one is written into the rows of all; one more
opens a case of its own."""
DOUBTED: Final = OPEN - {"to_inspect"} | {"confirmed"}
"""Somebody said of it more than that it has to be inspected."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened to a finding."""

    at_ms: int
    """By the time that counts."""
    log_index: int
    received_ms: int
    what: Taken | Verdict


@dataclass(frozen=True, slots=True)
class Sighting:
    """A finding as it is compared with those of other sweeps."""

    case_id: UUID
    sweep_id: UUID
    opened_ms: int
    thing: Thing
    happened: tuple[Happened, ...] = ()
    has_photograph: bool = False
    by: frozenset[Modality] = frozenset()


def things_of(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """The sightings by what they are of: first the one that the others join: the earliest, or what was worked on.

    All are compared with the earliest of a thing, so that it does not wander.  Two findings of one sweep are two
    things, and so are two that were worked on, by steps or photographs: none of those may lose its place.
    """
    things: list[list[Sighting]] = []
    for one in sorted(sightings, key=lambda sighting: (sighting.opened_ms, sighting.case_id)):
        joined = next((known for known in things if _joins(one, known)), None)
        if joined is None:
            things.append([one])
        else:
            joined.append(one)
    return [sorted(known, key=lambda sighting: not _is_worked_on(sighting)) for known in things]


def case_of_thing(sightings: Sequence[Sighting], until_ms: int | None = None) -> Case:
    """The case of one thing after everything that happened to it in any of its sweeps, or only until then."""
    happened = in_order(what for one in sightings for what in one.happened)
    counted = [one.what for one in happened if until_ms is None or one.at_ms <= until_ms]
    return after_all(counted, NEW) or NEW


def case_beside(thing: Sequence[Sighting], others: Iterable[Sighting]) -> Case:
    """The case of one thing, with what two persons named held against what sweeps saw there since.

    Other devices, another method, or a doubt about what was seen there is a change, and ends it.
    """
    case = case_of_thing(thing)
    if case.named is None:
        return case
    named_ms = case.named.at_ms
    base = next((one for one in reversed(thing) if one.opened_ms <= named_ms), thing[0])
    changed_ms = min(
        (one.opened_ms for one in others if one.opened_ms > named_ms and _differs(base, one)), default=None
    )
    if changed_ms is None:
        return case
    happened = in_order(what for one in thing for what in one.happened)
    return replace(after_all((_said_in_time(one, changed_ms) for one in happened), NEW) or NEW, named=None)


def _differs(base: Sighting, later: Sighting) -> bool:
    if not touches(base.thing, later.thing):
        return False
    is_other = (base.thing.devices, base.by) != (later.thing.devices, later.by)
    return is_other or state_of_finding(case_of_thing([later])) in DOUBTED


def _said_in_time(one: Happened, changed_ms: int) -> Taken | Verdict:
    """What happened; that nothing changed, said after it had, is nobody's word."""
    is_late = isinstance(one.what, Taken) and isinstance(one.what.step, Unchanged) and one.at_ms >= changed_ms
    return Taken(one.what.step) if isinstance(one.what, Taken) and is_late else one.what


def in_order(happened: Iterable[Happened]) -> list[Happened]:
    """Verdicts where the time that counts puts them, steps as the log has them: each was checked against the last."""
    latest_ms, timed = 0, []
    for one in sorted(happened, key=lambda one: one.log_index):
        if not isinstance(one.what, Verdict):
            latest_ms = max(latest_ms, one.at_ms)
            timed.append(replace(one, at_ms=latest_ms))
        else:
            timed.append(one)
    return sorted(timed, key=lambda one: (one.at_ms, one.log_index))


def _joins(one: Sighting, known: Sequence[Sighting]) -> bool:
    if (
        len(known) >= MOST_SEEN
        or any(before.sweep_id == one.sweep_id for before in known)
        or sameness(known[0].thing, one.thing) is None
    ):
        return False
    if _is_worked_on(one) and any(map(_is_worked_on, known)):
        return False
    return state_of_finding(case_of_thing(known, one.opened_ms)) in OPEN


def _is_worked_on(sighting: Sighting) -> bool:
    return sighting.has_photograph or not all(isinstance(one.what, Verdict) for one in sighting.happened)
