"""What each row of a file is beside the facilities that are known: new, the same, changed, or a question for a person.

Pure.  Input are places of one file and a `Known`; output is one `Decision` for each of them, in the file's order, and
one more for each facility that the file no longer lists.  An identifier alone never decides: publishers delete and use
them again.  What cannot be told apart by name, address and place is asked, never guessed.
"""

from __future__ import annotations

import difflib
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from server.imports.reading.values import place_mark, squashed, squashed_address
from server.imports.rows.known import Known, KnownPlace, cell_of, fingerprint
from server.imports.rows.place import Place

Outcome = Literal["new", "same", "changed", "question", "refused"]
SAME_PLACE_M = 50.0  # guessed: a restroom that is measured anew, on the other side of its building
NEAR_M = 30.0  # guessed: two restrooms in different lists that are one
ALIKE = 0.6  # difflib's own advice for close matches
METRES_OF_DEGREE = 111_320.0
FIELDS = (
    ("name", "name_changed"),
    ("address", "address_changed"),
    ("district", "district_changed"),
    ("kind", "kind_changed"),
    ("opening_hours", "hours_changed"),
    ("phone", "phone_changed"),
    ("operator", "operator_changed"),
    ("installed", "installed_changed"),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a row is."""

    outcome: Outcome
    reasons: tuple[str, ...]
    facility_id: UUID | None = None
    """The facility that it is the same as, or may be."""
    object_id: UUID | None = None
    """The same of what is no facility: an instrument, an account."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A facility that the file no longer lists."""

    place: KnownPlace
    decision: Decision


def decide(places: Sequence[Place], known: Known, *, is_own: bool = False) -> tuple[list[Decision], list[Missing]]:
    """A decision for each place, and what the file no longer lists in the districts that it speaks of.

    `is_own`: an office's own list, which may be of its parks alone and write one place in two ways.
    """
    keys = Counter(place.key for place in places if place.key)
    claimed: set[UUID] = set()
    decisions: dict[int, Decision] = {}
    for index, place in enumerate(places):  # what is exactly the same is settled before anything else may claim it
        here = known.by_key.get(place.key)
        if here is not None and here.sha256 == place.sha256 and here.facility_id not in claimed:
            claimed.add(here.facility_id)
            reasons = ("listed_again",) if here.is_closed else ()
            decisions[index] = Decision("changed" if here.is_closed else "same", reasons, here.facility_id)
    seen = Seen()
    for index, place in enumerate(places):
        if index not in decisions:
            decision = _decide_one(place, known, claimed, keys, seen.doubts(place, is_own=is_own))
            if decision.facility_id is not None and "near_known" not in decision.reasons:
                claimed.add(decision.facility_id)
            decisions[index] = decision
        seen.add(place)
    ordered = [
        _with_notes(place, decisions[index]) if decisions[index].outcome != "same" else decisions[index]
        for index, place in enumerate(places)
    ]
    spoken_of = {place.district for place in places}
    missing = [
        Missing(place, Decision("question", ("not_listed",), place.facility_id))
        for place in known.by_key.values()
        if place.facility_id not in claimed
        and place.facility_id not in known.missed
        and not place.is_closed
        and place.district in spoken_of
        and not is_own
    ]
    return ordered, missing


@dataclass(slots=True)
class Seen:
    """Places of the file so far."""

    fingerprints: set[str] = field(default_factory=set)
    by_mark: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    by_cell: dict[tuple[int, int], list[Place]] = field(default_factory=lambda: defaultdict(list))

    def doubts(self, place: Place, *, is_own: bool) -> list[str]:
        """Is it one of those, written the same, or in another way?"""
        if fingerprint(place.name, place.address) in self.fingerprints:
            return ["place_twice"]
        if not is_own:
            return []
        near = [one for cell in _cells_around(place) for one in self.by_cell.get(cell, ()) if _is_near(place, one)]
        here = [one for one in self.by_mark.get(place_mark(place.address), ()) if _is_alike(place, one)]
        return ["near_in_file"] if near or here else []

    def add(self, place: Place) -> None:
        """Have seen one more."""
        self.fingerprints.add(fingerprint(place.name, place.address))
        mark = place_mark(place.address)
        if mark:
            self.by_mark[mark].append(place)
        if place.latitude_deg is not None and place.longitude_deg is not None:
            self.by_cell[cell_of(place.latitude_deg, place.longitude_deg)].append(place)


def _with_notes(place: Place, decision: Decision) -> Decision:
    return Decision(decision.outcome, (*decision.reasons, *place.notes), decision.facility_id)


def _decide_one(place: Place, known: Known, claimed: set[UUID], keys: Counter[str], in_file: Sequence[str]) -> Decision:
    asked = known.asked.get((place.key, place.sha256))
    here = known.by_key.get(place.key)
    if here is not None and here.facility_id in claimed:
        here = None
    if asked in {"open", "leave"}:
        reason = "waits_for_answer" if asked == "open" else "left_out_before"
        return Decision("same", (reason,), here.facility_id if here is not None else None)
    renamed = [one for one in known.by_sha256.get(place.sha256, ()) if one.facility_id not in claimed]
    if renamed and keys[place.key] <= 1:
        return Decision("changed", ("identifier_changed",), renamed[0].facility_id)
    doubts = list(place.doubts)
    if keys[place.key] > 1:
        doubts.append("identifier_twice")
    doubts += in_file
    alike = [
        one
        for one in known.by_fingerprint.get(fingerprint(place.name, place.address), ())
        if one.facility_id not in claimed
    ]
    if len(alike) > 1 and here not in alike:
        doubts.append("several_alike")
    if here is not None and not alike and not _is_same_place(place, here):
        return Decision("question", (*doubts, "identifier_reused"))
    found = here if here is not None and (here in alike or not alike) else alike[0] if len(alike) == 1 else None
    if found is None and not alike:
        near = [one for one in like_places(place, known) if one.facility_id not in claimed]
        if near:
            doubts.append("near_known")
            found = near[0] if len(near) == 1 else None
    elif found is not None and found is not here and not _is_written_the_same(place, found):
        doubts.append("written_differently")
    if doubts:
        return Decision("question", tuple(doubts), None if found is None else found.facility_id)
    if found is None:
        return Decision("new", ())
    return Decision("changed", _differences(place, found), found.facility_id)


def _differences(place: Place, here: KnownPlace) -> tuple[str, ...]:
    reasons = [reason for name, reason in FIELDS if getattr(place, name) != getattr(here, name)]
    if here.key is None:
        reasons.append("known_from_elsewhere")
    elif here.key != place.key:
        reasons.append("identifier_changed")
    distance_m = _distance_m(place, here)
    if distance_m != 0.0 and place.latitude_deg is not None:
        reasons.append("moved")
    if here.is_closed:
        reasons.append("listed_again")
    return tuple(reasons) or ("rooms_differ",)


def _is_same_place(place: Place, here: KnownPlace) -> bool:
    """Is the place under this identifier still the one that it was: by its name, its address, or where it lies?"""
    distance_m = _distance_m(place, here)
    is_here = distance_m is not None and distance_m <= SAME_PLACE_M
    return (
        is_here
        or squashed(place.name) == squashed(here.name)
        or squashed_address(place.address) == squashed_address(here.address)
    )


def like_places(place: Place, known: Known) -> list[KnownPlace]:
    """What has much the same name and lies in the same place or near it, or has the same address in other words."""
    found = [one for cell in _cells_around(place) for one in known.by_cell.get(cell, ()) if _is_near(place, one)]
    by_mark = known.by_mark.get(place_mark(place.address), ())
    return found + [one for one in by_mark if one not in found and _is_alike(place, one)]


def _cells_around(place: Place) -> list[tuple[int, int]]:
    if place.latitude_deg is None or place.longitude_deg is None:
        return []
    row, column = cell_of(place.latitude_deg, place.longitude_deg)
    return [(row + up, column + right) for up in (-1, 0, 1) for right in (-1, 0, 1)]


def _is_near(place: Place, here: KnownPlace | Place) -> bool:
    distance_m = _distance_m(place, here)
    return distance_m is not None and distance_m <= NEAR_M and _has_like_name(place, here)


def _is_alike(place: Place, here: KnownPlace | Place) -> bool:
    """The same road and number, or lot, and much the same name; not where both say that they lie apart."""
    mark, distance_m = place_mark(place.address), _distance_m(place, here)
    is_apart = distance_m is not None and distance_m > SAME_PLACE_M
    return mark != "" and mark == place_mark(here.address) and not is_apart and _has_like_name(place, here)


def _has_like_name(place: Place, here: KnownPlace | Place) -> bool:
    one, other = squashed(place.name), squashed(here.name)
    return one in other or other in one or difflib.SequenceMatcher(None, one, other).ratio() >= ALIKE


def _is_written_the_same(place: Place, here: KnownPlace) -> bool:
    return (place.name, place.address) == (here.name, here.address)


def _distance_m(place: Place, here: KnownPlace | Place) -> float | None:
    if place.latitude_deg is None or place.longitude_deg is None:
        return None
    if here.latitude_deg is None or here.longitude_deg is None:
        return None
    east = (place.longitude_deg - here.longitude_deg) * math.cos(math.radians(place.latitude_deg))
    return math.hypot(east, place.latitude_deg - here.latitude_deg) * METRES_OF_DEGREE
