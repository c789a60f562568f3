"""What persons say of a sweep by their decisions, cases and notes; the equipment changes none of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from server.interface.fields import FindingState, PersonsResult
from server.standing.findings import gravest
from sweep.report.visit_records import ByEye, SignedByHand, VisitNote, note_hash

OF_STATE: Final[dict[FindingState, PersonsResult]] = {
    "confirmed": "confirmed",
    "found": "found",
    "suspected": "suspected",
    "recheck": "recheck",
}


def persons_of(states: Collection[FindingState], by_eye: ByEye | None) -> PersonsResult:
    """The gravest of what stands of the findings and of the last note; `by_eye` None: nobody noted anything.

    Nothing unusual is said of a room only when no place is left to inspect there.
    """
    stands = gravest(states)
    said = None if stands is None else OF_STATE.get(stands)
    if said in {"confirmed", "found", "suspected"}:
        return said
    if by_eye == "marks":
        return "suspected"
    if said is not None:
        return said
    if by_eye == "nothing_unusual" and "to_inspect" in states:
        return "recheck"
    return by_eye or "not_recorded"


def is_over_note(signed: SignedByHand, entry_id: UUID, entry_hash: str, note: VisitNote | None) -> bool:
    """Was this note signed, by its entry or as it stood on the phone? `note` None: its body was erased."""
    if signed.shown == "entry":
        return signed.shown_hash == entry_hash
    return note is not None and signed.shown_hash == note_hash(note, note.sweep_id, entry_id)
