"""What stands open in a room, over all its sweeps and cases that count; no later sweep takes it away.

Input are the open findings and cases of a room, and what its last sweep said; output is what the room is shown as.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.interface.fields import CaseState, EquipmentResult, FindAsks, FindingState, PersonsResult
from server.standing.cases import ASKS
from server.standing.findings import GRAVEST_FIRST, OPEN
from server.standing.persons import OF_STATE


@dataclass(frozen=True, slots=True)
class OpenThing:
    """A finding of a sweep or a case that a person opened."""

    state: FindingState
    sweep_id: UUID | None
    since: datetime
    case: CaseState


@dataclass(frozen=True, slots=True)
class RoomStands:
    """What stands open; there is one thing at least."""

    gravest: OpenThing
    """Of the gravest the newest."""
    counts: tuple[tuple[FindingState, int], ...]
    """How many stand open at which state, the gravest first."""
    undecided: int
    """Of sweeps, those that nobody has decided on."""
    asks: FindAsks | None
    """What the find that is the least far asks for; None: nothing was found."""


def room_of(things: Iterable[OpenThing]) -> RoomStands | None:
    """What stands open of these; None: nothing."""
    still = [one for one in things if one.state in OPEN]
    if not still:
        return None
    first = min(still, key=lambda one: (GRAVEST_FIRST.index(one.state), -one.since.timestamp(), str(one.sweep_id)))
    counts = Counter(one.state for one in still)
    undecided = sum(one.state == "to_inspect" and one.sweep_id is not None for one in still)
    asked = {ASKS.get(one.case) for one in still}
    asks = next((one for one in ASKS.values() if one in asked), None)
    by_state = tuple((state, counts[state]) for state in GRAVEST_FIRST if state in counts)
    return RoomStands(first, by_state, undecided, asks)


def persons_of_room(stands: RoomStands | None, last: PersonsResult | None) -> PersonsResult | None:
    """What persons say of a room: the gravest of what stands open and of what they said of the last sweep."""
    here = None if stands is None else OF_STATE.get(stands.gravest.state)
    grave = [one for one in OF_STATE.values() if one in {here, last}]
    if grave:
        return grave[0]
    return "recheck" if stands is not None and last == "nothing_unusual" else last


def equipment_of_room(stands: RoomStands | None, last: EquipmentResult | None) -> EquipmentResult | None:
    """What the equipment says of a room: places that nobody decided on, else what the last sweep says."""
    return "to_inspect" if stands is not None and stands.undecided else last
