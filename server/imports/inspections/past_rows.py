"""Rows of lists of past inspections: what each says, in which room it was, and whether it is here already.

Input are rows by field and what is known; output is a `Past` for each row and a decision.  A room has to follow from
the row for certain: one facility, and in it one room that nothing contradicts; whatever else is asked about.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from server.imports.places.own_places import addresses_in, read_room
from server.imports.places.own_rooms import CODES, RoomThere
from server.imports.reading import cells, past_values, values
from server.imports.reading.columns import Own
from server.imports.reading.phrases import BOTH
from server.imports.reading.values import Epoch, bare_name, place_mark, squashed
from server.imports.rows.deciding import Decision, like_places
from server.imports.rows.known import Known, KnownPlace, fingerprint
from server.imports.rows.place import Place
from server.imports.rows.reasons import CHOOSE_ROOM
from server.interface.errors import invalid
from server.places.room_parts import floor_in, sex_in
from sweep.phrases import Phrase

OF_ROW = frozenset(
    {
        "below_other_heading",
        "cell_cut",
        "cell_has_footnote",
        "cell_is_ditto",
        "cell_is_struck",
        "cell_unsure",
        "may_be_closed",
        "may_be_miswritten",
        "name_spaced",
        "text_unreadable",
    }
) | {
    "text_too_long",
    "text_unreadable",
    "too_many_cells",
}
"""Doubts about the row itself."""


MOST_CANDIDATES = 30
FLOOR_UNKNOWN_HERE = "room_floor_unknown_here"
"""The only room of that sex, of which the register does not say the floor that a row does: `sure_of_floors`."""
_ALL_OF_IT = frozenset({"전체", "전부", "모두", "전칸", "전실", "모든칸", "전구역", "전체칸"})
"""What a cell says that names no part of a room."""
_OF_ROOM = re.compile(
    r"(.*?\S)[\s(,·/-]+((?:지하\s*)?(?:\d{1,2}층\s*)?(?:남자|여자|남성|여성|남|여)\s*(?:화장실|탈의실)?)\)?"
)
"""A facility's name with what tells its room behind it."""


@dataclass(frozen=True, slots=True)
class Past:
    """A past inspection as a row tells it: without the names of inspectors, which lie apart."""

    key: str
    name: str
    """Of the facility, as the row has it, and so the rest."""
    address: str
    district: str
    day: str
    """YYYY-MM-DD, or empty."""
    at: str
    """HH:MM, or empty."""
    method: str
    method_words: str
    result: str
    result_words: str
    persons: int | None
    document: str
    room_id: str
    """Where it was, or may have been; empty: nobody knows."""
    known_as: str
    """How that room is called here."""
    candidates: tuple[tuple[str, str], ...] = ()
    """Rooms among which a person chooses, each with how it is called here."""
    also: tuple[str, ...] = ()
    """Rooms that a person chose beside the first."""

    @property
    def sha256(self) -> str:
        """Of everything that the row says."""
        beside = {"key", "known_as", "candidates", "also"}
        said = {name: value for name, value in asdict(self).items() if name not in beside}
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> str:
        """As it is kept with the import."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def may_be(self, other: Past) -> bool:
        """May both be one inspection: of one room and day, with nothing that tells them apart?"""
        is_there = self.room_id == other.room_id != "" and self.day == other.day != ""
        apart = [one and two and one != two for one, two in ((self.at, other.at), (self.document, other.document))]
        return is_there and not any(apart)


def past_of(text: str) -> Past:
    """What `to_json` kept."""
    told = json.loads(text)
    candidates = tuple((room_id, name) for room_id, name in told.pop("candidates", ()))
    return Past(**told | {"candidates": candidates, "also": tuple(told.pop("also", ()))})


def chosen_in(past: Past, room_ids: Sequence[str]) -> Past:
    """The same in the rooms that a person chose among its candidates; ApiError 400 for others, and for none."""
    known = dict(past.candidates)
    if not room_ids or not set(room_ids) <= known.keys():
        raise invalid(Phrase("room_choice_needed"), code="room_choice_needed")
    first, *others = dict.fromkeys(room_ids)
    return replace(past, room_id=first, also=tuple(others), known_as=", ".join(known[one] for one in (first, *others)))


class Told(NamedTuple):
    """A row, what is unclear about it, and who was there."""

    past: Past
    doubts: tuple[str, ...]
    names: str
    """For the office's own documents; empty: nobody is named."""


@dataclass(frozen=True, slots=True)
class There:
    """What places are known beside a list."""

    known: Known
    rooms: Mapping[UUID, Sequence[RoomThere]]
    """Open ones, by facility."""
    districts: Mapping[str, str]
    """Ids by Korean names."""


def read_past(own: Own, epoch: Epoch, today: date) -> Told:
    """What a row says, without where it was."""

    def cell(name: str) -> str:
        text = own.said.get(name, "")
        return "" if values.is_nothing(text) else cells.line(text)[0]

    day, at, doubts = past_values.past_day(own.said.get("day", ""), epoch, today, own.months)
    alone, odd = past_values.past_time(own.said.get("time", ""))
    doubts.append(odd)
    if alone is not None and at not in {None, alone}:
        doubts.append("time_in_two_ways")
    method, unclear = past_values.past_method(own.said.get("method", ""))
    result, grave = past_values.past_result(own.said.get("result", ""))
    names = cell("inspectors")
    counted, many = past_values.counted_persons(own.said.get("persons", ""))
    named = past_values.counted_names(names) if names else None
    if None not in {counted, named} and counted != named:
        doubts.append("persons_contradict_names")
    document = cell("document")
    if len(document) > 100:
        doubts.append("text_too_long")
    road, lot = addresses_in(own)
    past = Past(
        key="",
        name=cell("name"),
        address=cells.line(road or lot)[0],
        district=cell("district") or cells.district_in(road or lot),
        day="" if day is None else day.isoformat(),
        at=alone or at or "",
        method=method or "",
        method_words=cell("method") if method else "",
        result=result or "",
        result_words=cells.line(own.said.get("result", ""))[0] if result else "",
        persons=counted if counted is not None else named,
        document=document[:100],
        room_id="",
        known_as="",
    )
    said = {one for one in (cell("district"), cells.district_in(road), cells.district_in(lot)) if one}
    if len(said) > 1:
        doubts.append("district_contradicts_address")
    doubts += [unclear, grave, many, *(one for one in own.doubts if one in OF_ROW)]
    if not past.name:
        doubts.append("name_missing")
    return Told(past, tuple(dict.fromkeys(filter(None, doubts))), names)


def find_room(own: Own, told: Told, there: There) -> Told:
    """The same with its room, where the row says it for certain; else with the doubt, and the room that it may be."""
    name, part = told.past.name, own.said.get("room", "")
    part = "" if squashed(part) in _ALL_OF_IT else part
    facility, doubt = _facility(told.past, own.said.get("key", ""), there)
    cut = None if part or own.said.get("sex") else _OF_ROOM.fullmatch(name)
    if doubt and cut is not None:
        told_apart = replace(told.past, name=cut[1].strip())
        other, unsure = _facility(told_apart, own.said.get("key", ""), there)
        if not unsure:
            facility, doubt, part = other, "", cut[2]
    if facility is None:
        return _placed(told, None, None, [doubt])
    if own.told.get("sex", ("", ""))[1] == BOTH:
        return _in_both(own, told, facility, there.rooms.get(facility.facility_id, ()), doubt)
    rooms, unclear = _rooms(own, part, there.rooms.get(facility.facility_id, ()))
    if len(rooms) == 1 and unclear not in CHOOSE_ROOM:
        return _placed(told, facility, rooms[0], [doubt, unclear])
    named = tuple((str(one.room_id), _called(facility, one)) for one in rooms[:MOST_CANDIDATES])
    return _placed(told._replace(past=replace(told.past, candidates=named)), facility, None, [doubt, unclear])


def _in_both(own: Own, told: Told, facility: KnownPlace, rooms: Sequence[RoomThere], doubt: str) -> Told:
    """A row of which a person said that it tells of the men's and the women's room: one of each, or it is asked."""
    floor, unclear = values.floor(own.said.get("floor", ""))
    here = [one for one in rooms if one.sex in {"men", "women"} and floor in {None, one.floor}]
    if unclear or own.said.get("room") or sorted(str(one.sex) for one in here) != ["men", "women"]:
        return _placed(told, facility, None, [doubt, unclear or "room_in_two_ways"])
    first, second = here
    named = tuple((str(one.room_id), _called(facility, one)) for one in here)
    found = _placed(told, facility, first, [doubt])
    called = ", ".join(name for _, name in named)
    past = replace(found.past, candidates=named, also=(str(second.room_id),), known_as=called)
    return found._replace(past=past)


def _called(facility: KnownPlace, room: RoomThere) -> str:
    return f"{facility.name} · {room.name}"


def _placed(told: Told, facility: KnownPlace | None, room: RoomThere | None, doubts: list[str]) -> Told:
    past = told.past
    if facility is not None and room is not None:
        past = replace(past, room_id=str(room.room_id), known_as=_called(facility, room))
    where = past.room_id or past.name
    past = replace(past, key=f"{past.day} {past.at}|{where}|{past.document}"[: cells.LONGEST_TEXT])
    return Told(past, tuple(dict.fromkeys((*told.doubts, *filter(None, doubts)))), told.names)


def _facility(past: Past, code: str, there: There) -> tuple[KnownPlace | None, str]:
    """(the facility of this name and address, doubt)."""
    known, here = there.known, there.districts.get(past.district)
    called = known.by_name.get(squashed(past.name), []) or known.by_bare_name.get(bare_name(past.name), [])
    named = [one for one in called if not past.district or one.district_id == here]
    alike = named
    if past.address:
        alike = [one for one in named if fingerprint(one.name, one.address) == fingerprint(past.name, past.address)]
        mark = place_mark(past.address)
        alike = alike or [one for one in named if mark and place_mark(one.address) == mark]
    if len(alike) > 1 and code:
        alike = [one for one in alike if one.code == code]
    if len(alike) == 1:
        return alike[0], ""
    if alike:
        return None, "several_facilities"
    near = named or like_places(as_place(past), known)
    return (near[0], "facility_may_be") if len(near) == 1 else (None, "facility_unknown")


def as_place(past: Past) -> Place:
    """Its facility, as far as a row tells it."""
    return Place(past.key, past.name, past.address, past.district, None, None, "other", "", "", "", "", ())


def _rooms(own: Own, named: str, rooms: Sequence[RoomThere]) -> tuple[Sequence[RoomThere], str]:
    """(the room that a row means or may mean, or those among which a person chooses; doubt)."""
    cell = own.said.get("sex", "")
    exact = [one for one in rooms if named and squashed(one.name) == squashed(named)]
    if len(exact) == 1 and not cell and not own.said.get("floor"):
        return exact, ""
    planned, doubts = read_room(replace(own, said=own.said | {"room": named}))
    unclear = {"sex_unclear", "floor_unclear", "sex_contradicts_name", "floor_contradicts_name"} & set(doubts)
    if unclear:
        doubt = min(unclear)
        here = [one for one in rooms if planned.floor in {None, one.floor} or one.floor is None]
        return (here if doubt in CHOOSE_ROOM else ()), doubt
    has_sex = bool(cell) or "sex_missing" not in doubts
    sex = CODES[planned.sex] if has_sex else None
    floor = planned.floor
    left = [one for one in rooms if sex in {None, one.sex} or one.sex is None]
    left = [one for one in left if floor in {None, one.floor} or one.floor is None]
    if len(exact) == 1 and exact[0] in left:
        return exact, ""
    if not left:
        return (), "room_unknown"
    if len(left) > 1:
        return left, "room_in_two_ways"
    (one,) = left
    if named and sex_in(f" {named} ") is None and floor_in(named) is None:
        return left, "room_may_be"
    if sex is not None and one.sex == sex and floor is not None and one.floor is None:
        return left, FLOOR_UNKNOWN_HERE
    is_said = (sex is None or one.sex == sex) and (floor is None or one.floor == floor)
    return left, "" if is_said else "room_may_be"


def sure_of_floors(read: Sequence[tuple[Own, Told]]) -> list[tuple[Own, Told]]:
    """The same, where a list that tells one floor of an only room means that room; of two floors it may be another."""
    floors: dict[str, set[str]] = {}
    for own, told in read:
        floors.setdefault(told.past.room_id, set()).add(squashed(own.said.get("floor", "")).removesuffix("층"))
    settled = []
    for own, told in read:
        doubts = [one for one in told.doubts if one != FLOOR_UNKNOWN_HERE]
        if len(doubts) < len(told.doubts) and len(floors[told.past.room_id] - {""}) > 1:
            doubts.append("room_may_be")
        settled.append((own, told._replace(doubts=tuple(doubts))))
    return settled


def decide_past(
    told: Iterable[Told], there: There, before: Mapping[str, Sequence[Past]], own: Collection[tuple[str, str]]
) -> list[Decision]:
    """A decision for each row, in the file's order; the facility is never in it: an inspection changes none.

    `before`: imported and not taken back, by room; `own`: room and day of what was done here.
    """
    seen: dict[str, list[Past]] = defaultdict(list)
    return [_decide(one, there.known, before, own, seen) for one in told]


def _decide(
    told: Told,
    known: Known,
    before: Mapping[str, Sequence[Past]],
    own: Collection[tuple[str, str]],
    seen: dict[str, list[Past]],
) -> Decision:
    past, doubts = told.past, list(told.doubts)
    answer = known.asked.get((past.key, past.sha256))
    if answer in {"open", "leave"}:
        return Decision("same", ("waits_for_answer" if answer == "open" else "left_out_before",))
    if answer == "add" and past.candidates:  # in the rooms that a person chose
        return Decision("same", ("inspection_known",))
    rooms = [replace(past, room_id=one) for one in (past.room_id, *past.also) if one]
    if rooms and all(any(one.sha256 == there.sha256 for there in before.get(one.room_id, ())) for one in rooms):
        return Decision("same", ("inspection_known",))
    for one in rooms:
        if any(map(one.may_be, before.get(one.room_id, ()))):
            doubts.append("inspection_may_be_known")
        if any(map(one.may_be, seen[one.room_id])):
            doubts.append("inspection_twice")
        if (one.room_id, one.day) in own:
            doubts.append("inspection_beside_own")
        seen[one.room_id].append(one)
    if not doubts and not past.room_id:
        doubts.append("room_unknown")
    return Decision("question", tuple(dict.fromkeys(doubts))) if doubts else Decision("new", ())
