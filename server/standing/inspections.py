"""What stands of an inspection with other instruments: what persons say of the room, which zones, at what pace.

Pure.  Input are the looks of an inspection and the zones of its plan; output are codes.  Nothing was measured, so that
nothing here says how well anybody looked.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from server.interface.fields import PersonsResult, VisitMode
from sweep.report import derived_id
from sweep.report.inspection_records import LOOKED_AT, InspectionRecorded, InstrumentLook
from sweep.report.visit_records import ByEye

MIN_ZONE_S = 5  # guessed: a lens finder at 0.25 m/s sees one wall of a stall in that time
AFTER_NOTE: Final[dict[ByEye, PersonsResult]] = {"nothing_unusual": "nothing_unusual", "not_done": "recheck"}


def inspected_zones(said: InspectionRecorded) -> frozenset[str]:
    """The zones that somebody looked at."""
    return frozenset(one.zone_id for one in said.looks)


def inspected_with(said: InspectionRecorded) -> VisitMode:
    """By which sort of means the zones of the plan were looked at; the weakest of them counts.

    What was typed afterwards from paper is no check of every zone with an instrument known to work.
    """
    if all(one.kind == "by_eye" for one in said.looks):
        return "by_eye"
    checked = {one.instrument_id for one in said.instruments if one.checked is not None and one.kind != "by_eye"}
    with_checked = {one.zone_id for one in said.looks if one.instrument_id in checked}
    is_checked = _zones(said) <= with_checked and said.typed_from is None
    return "checked" if is_checked else "instruments"


def is_whole(said: InspectionRecorded) -> bool:
    """Was every zone of the plan looked at?"""
    return _zones(said) <= inspected_zones(said)


def opens_case(look: InstrumentLook) -> bool:
    """Does a look ask for two persons and a procedure? A signal alone has no place, and is no case."""
    return look.saw in LOOKED_AT and look.afterwards == "not_explained"


def case_of_look(sweep_id: UUID, look: InstrumentLook) -> UUID | None:
    """The case that a look opens, whose id follows from it; None for one that asks for nobody."""
    return derived_id(sweep_id, f"case of {look.zone_id} {look.instrument_id}") if opens_case(look) else None


def persons_of_inspection(said: InspectionRecorded, by_eye: ByEye | None) -> PersonsResult:
    """What persons say of the room: by their looks, and by what they noted besides (None: nothing)."""
    if by_eye == "marks" or any(opens_case(one) for one in said.looks):
        return "suspected"
    unsure = any(one.saw in {"signal", "cannot_tell"} for one in said.looks)
    if unsure or not is_whole(said):
        return "recheck"
    return AFTER_NOTE[by_eye or "nothing_unusual"]


def is_too_fast(looks: Sequence[InstrumentLook]) -> bool:
    """Can nobody have looked like this? Every second zone at least within a few seconds of the one before."""
    if not looks:
        return False
    times = [0, *(one.after_s for one in looks)]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return sum(gap < MIN_ZONE_S for gap in gaps) * 2 >= len(gaps)


def disagree(one: InspectionRecorded, other: InspectionRecorded) -> bool:
    """Did one see something unexplained in a zone where the other looked and did not?"""
    both = inspected_zones(one) & inspected_zones(other)
    suspected = [{look.zone_id for look in said.looks if opens_case(look)} & both for said in (one, other)]
    return suspected[0] != suspected[1]


def _zones(said: InspectionRecorded) -> frozenset[str]:
    return frozenset(zone.zone_id for zone in said.zones)
