"""Rows of an office's own list of facilities or rooms as places; a cell that may be read in two ways is a doubt.

Pure but for the day of today.  A row of a list of rooms becomes a place with that one room.
"""

from __future__ import annotations

import re
from dataclasses import replace

from server.imports.places.layouts import held_against, kind_in, place_from
from server.imports.reading import cells, values
from server.imports.reading.columns import Own
from server.imports.reading.cuts import covered, names_person
from server.imports.reading.table import RawRow
from server.imports.rows.outlines import Districts
from server.imports.rows.place import Place, PlannedRoom, Sex
from server.places.room_parts import floor_in, sex_in
from server.store.clock import today

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SEVERAL = re.compile(r"[/,·ㆍ+&]|및|또는")
_FLOOR_AND_SEX = re.compile(r"(.*?\S)\s*\(?\s*(남|여|남자|여자|남성|여성)\)?")
_SEX_OF: dict[str, Sex] = {"men": "men", "women": "women", "unisex": "all"}


def own_facility(own: Own, districts: Districts | None) -> Place:
    """The facility that a row tells, with the rooms that its counts tell of."""
    doubts: list[str] = []
    counts: dict[str, int | None] = {}
    for name in ("men_stalls", "men_urinals", "women_stalls"):
        counts[name], doubt = values.counted(own.said.get(name, ""))
        doubts.append(doubt)
    men, urinals, women = counts.values()
    if any(one is not None for one in counts.values()) and (
        women is None or (men is None and ("men_stalls" in own.said or urinals is None))
    ):
        doubts.append("count_missing")
    if any(one == 0 for one in counts.values()) and not any(counts.values()):
        doubts.append("counts_are_nought")
    both: tuple[tuple[Sex, int, int], ...] = (("men", men or 0, urinals or 0), ("women", women or 0, 0))
    rooms = tuple(
        PlannedRoom(sex, 1, stalls=stalls, urinals=standing, is_counted=True)
        for sex, stalls, standing in both
        if stalls + standing
    )
    return _place(own, rooms, [] if rooms else ["rooms_from_template"], doubts, districts)


def own_room(own: Own, districts: Districts | None) -> Place:
    """The room that a row tells, in its facility."""
    room, doubts = read_room(own)
    return _place(own, (room,), [] if room.is_counted else ["plans_from_template"], doubts, districts)


def read_room(own: Own) -> tuple[PlannedRoom, list[str]]:
    """(the room that a row names, doubts)."""
    named, facility = own.said.get("room", ""), own.said.get("name", "")
    sex, sex_doubt = _sex(own.said.get("sex", ""), named)
    floor, floor_doubt = values.floor(own.said.get("floor", ""))
    beside = _FLOOR_AND_SEX.fullmatch(own.said.get("floor", ""))
    if floor_doubt and beside is not None and sex in {None, values.sex(beside[2])[0]}:
        sex, sex_doubt = values.sex(beside[2]) if sex is None else (sex, sex_doubt)
        floor, floor_doubt = values.floor(beside[1])
    stalls, stalls_doubt = values.counted(own.said.get("stalls", ""))
    urinals, urinals_doubt = values.counted(own.said.get("urinals", ""))
    doubts = [sex_doubt, floor_doubt, stalls_doubt, urinals_doubt]
    if 0 in (stalls, urinals) and not stalls and not urinals:
        doubts.append("counts_are_nought")
    for text in (named, facility):
        said = sex_in(text)
        if sex is not None and said is not None and _SEX_OF.get(said) != sex:
            doubts.append("sex_contradicts_name")
        if floor is not None and floor_in(text) not in {None, floor}:
            doubts.append("floor_contradicts_name")
    if floor is None and not floor_doubt:
        floor = floor_in(named)
    name = cells.line(named, 100)[0]
    if name and floor is not None and floor_in(name) is None:
        name = f"{values.floor_words(floor)} {name}"
    is_changing = "탈의" in named + facility + own.said.get("kind", "")
    room = PlannedRoom(
        sex or "all",
        1,
        kind="changing_room" if is_changing else "restroom",
        name=name,
        stalls=stalls or 0,
        urinals=urinals or 0,
        is_counted=(stalls or 0) + (urinals or 0) > 0,
        floor=floor,
    )
    return room, [doubt for doubt in doubts if doubt]


def _sex(cell: str, named: str) -> tuple[Sex | None, str]:
    if cell:
        return values.sex(cell)
    said = sex_in(named) or sex_in(f" {named} ")
    if said is None:
        return values.sex(named) if named else (None, "sex_missing")
    return (_SEX_OF[said], "") if said in _SEX_OF else (None, "sex_unclear")


def addresses_in(own: Own) -> tuple[str, str]:
    """(by road, by lot); an address that is neither stands where the first one would."""
    told = [own.said.get(name, "") for name in ("road", "lot", "address")]
    road, lot, either = ("" if values.is_nothing(text) else text for text in told)
    if either and not values.is_road(either) and values.place_mark(either):
        return road, lot or either
    return road or either, lot


def kept_cells(own: Own) -> dict[str, str]:
    """Cells as they are kept: who may be a private person is covered."""
    told = own.said.get("operator", "")
    return {
        heading: covered(cell) if cell == told and names_person(told) else cell for heading, cell in own.raw.items()
    }


def _place(
    own: Own, rooms: tuple[PlannedRoom, ...], notes: list[str], doubts: list[str], districts: Districts | None
) -> Place:
    def cell(name: str) -> str:
        text = own.said.get(name, "")
        return "" if values.is_nothing(text) else text

    addresses = addresses_in(own)
    odd = values.odd_texts(cell("hours"), cell("phone"), cell("installed"))
    if any(addresses) and not any(map(values.place_mark, addresses)):
        odd.append("address_unclear")
    installed, date_note = values.installed(cell("installed"), today())
    if date_note in {"date_unreadable", "date_unbelievable", "day_in_two_ways"}:  # said, and not to be lost
        odd.append(date_note)
    elif date_note == "year_from_day":
        pass
    elif len(set(_YEAR.findall(cell("installed")))) > 1:
        odd.append("day_in_two_ways")
    if installed > f"{today():%Y-%m}"[: len(installed)]:
        odd.append("may_be_closed")
    operator = cell("operator")
    if names_person(operator):
        operator = ""
        odd.append("operator_may_be_person")
    has_coordinates = "latitude" in own.said and "longitude" in own.said
    where = (
        cells.coordinates(cell("latitude"), cell("longitude"))
        if has_coordinates
        else cells.Coordinates(None, None, "coordinates_missing")
    )
    if where.note in {"coordinates_unreadable", "coordinates_outside_korea"}:
        odd.append(where.note)
    kinds = {kind_in(part) for part in _SEVERAL.split(cell("kind"))} - {"other"}
    if len(kinds) > 1:
        odd.append("cell_unsure")
    place = place_from(
        RawRow(own.line, own.raw, own.doubts),
        key=cell("key"),
        name=cell("name"),
        addresses=addresses,
        district=cell("district"),
        where=where,
        kind=kind_in(cell("kind")),
        hours=cell("hours"),
        phone=cell("phone"),
        operator=operator,
        installed=installed,
        rooms=rooms,
        notes=[*notes, date_note, *own.notes],
        doubts=[*doubts, *odd],
    )
    key = f"{place.key}|{place.name}|{place.address}"[: cells.LONGEST_TEXT]
    return held_against(replace(place, key=key), districts)
