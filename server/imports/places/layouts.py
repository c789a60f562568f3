"""Rows of each known layout as places: which column says what.

`seoul` is the city's list of restrooms, which numbers its rows and counts rooms in free text; `national` is
전국공중화장실표준데이터, which counts fixtures; `changing_rooms` is the table described in PLACES.md.  A row that
lacks what a facility needs becomes a place all the same, with doubts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from server.imports.reading import cells
from server.imports.reading.cuts import is_cut
from server.imports.reading.table import Layout, RawRow
from server.imports.rows.outlines import Districts
from server.imports.rows.place import STATUTE, Basis, FacilityKind, Place, PlannedRoom, Sex

MOST_ROOMS = 12  # guessed: floors of a market hall, twice; more is a count of something else
_ROOMS = re.compile(r"(남|여|공용|남녀공용)\s*(?:자|성)?\s*(?:화장실)?\s*:?\s*(\d{1,3})(?!\s*층)")
_FIXTURES = re.compile(r"(남|여)(?:자|성)?\s*[:\uff1a]?\s*((?:(?:양변기|대변기|소변기)\s*\d{1,2}[\s,]*)+)")
_FIXTURE = re.compile(r"(양변기|대변기|소변기)\s*(\d{1,2})")
_KINDS: tuple[tuple[str, FacilityKind], ...] = (
    ("임시", "temporary"),
    ("간이", "portable"),
    ("이동", "portable"),
    ("개방", "opened"),
    ("공중", "public"),
    ("공공", "public"),
    ("공원", "public"),
)
_BASES: dict[str, Basis] = {"법": "statute", "법률": "statute", "조례": "ordinance", "동의": "consent"}


def place_in(layout: Layout, row: RawRow, districts: Districts | None = None) -> Place:
    """The facility that a row of this layout tells, held against the outlines of districts where there are any."""
    return held_against(_READERS[layout](row), districts)


def held_against(place: Place, districts: Districts | None) -> Place:
    """A place whose district was looked up, or doubted, by where it lies."""
    lat, lon = place.latitude_deg, place.longitude_deg
    if districts is not None and lat is not None and lon is not None:
        found = "" if place.district else districts.at(lat, lon)
        if found:
            place = replace(place, district=found, notes=tuple(sorted({*place.notes, "district_from_outline"})))
        elif place.district and districts.is_far_from(place.district, lat, lon):
            place = replace(place, doubts=tuple(sorted({*place.doubts, "district_contradicts_coordinates"})))
    if not place.district:
        place = replace(place, doubts=tuple(sorted({*place.doubts, "district_missing"})))
    return place


def _seoul(row: RawRow) -> Place:
    def cell(name: str) -> str:
        return row.cells.get(name, "")

    kind = kind_in(cell("유형"))
    rooms, doubt = _rooms_in(cell("화장실현황"))
    return place_from(
        row,
        key=cell("연번"),
        name=cell("건물명"),
        addresses=(cell("도로명주소"), cell("지번주소")),
        district=cell("구명칭"),
        where=cells.coordinates(cell("y좌표"), cell("x좌표")),
        kind=kind,
        hours=cell("개방시간"),
        phone=cell("전화번호"),
        rooms=rooms,
        notes=[]
        if rooms and rooms[0].is_counted
        else ["rooms_from_template"]
        if not rooms
        else ["plans_from_template"],
        doubts=[doubt],
    )


def _national(row: RawRow) -> Place:
    def cell(*names: str) -> str:
        return next((row.cells[name] for name in names if row.cells.get(name)), "")

    reasons: list[str] = []

    def counted(*names: str) -> int:
        total = 0
        for name in names:
            number, reason = cells.count(cell(name))
            total += number
            reasons.append(reason)
        return total

    men = counted("남성용대변기수", "남성용장애인용대변기수", "남성용어린이용대변기수")
    urinals = counted("남성용소변기수", "남성용장애인용소변기수", "남성용어린이용소변기수")
    women = counted("여성용대변기수", "여성용장애인용대변기수", "여성용어린이용대변기수")
    rooms: tuple[PlannedRoom, ...] = ()
    if cell("남녀공용화장실여부").upper() in {"Y", "여", "예"} and men + urinals + women:
        rooms = (PlannedRoom("all", 1, stalls=men + women, urinals=urinals, is_counted=True),)
    else:
        both: tuple[tuple[Sex, int, int], ...] = (("men", men, urinals), ("women", women, 0))
        rooms = tuple(
            PlannedRoom(sex, 1, stalls=stalls, urinals=standing, is_counted=True)
            for sex, stalls, standing in both
            if stalls + standing
        )
    installed, date_note = cells.month(cell("설치연월", "설치년월"))
    _, remodelled_note = cells.month(cell("리모델링연월", "리모델링년월"))
    authority, number = cell("개방자치단체코드"), cell("관리번호")
    return place_from(
        row,
        key=f"{authority}-{number}" if authority and number else number or cell("번호"),
        name=cell("화장실명"),
        addresses=(cell("소재지도로명주소"), cell("소재지지번주소")),
        district="",
        where=cells.coordinates(cell("WGS84위도", "위도"), cell("WGS84경도", "경도")),
        kind=kind_in(cell("구분")),
        hours=cell("개방시간상세", "개방시간(상세)", "개방시간"),
        phone=cell("전화번호"),
        operator=cell("관리기관명"),
        installed=installed,
        rooms=rooms,
        notes=[date_note, remodelled_note] + ([] if rooms else ["rooms_from_template"]),
        doubts=["count_unbelievable"] if max(men, urinals, women) > cells.MOST_FIXTURES else reasons,
    )


def _changing_rooms(row: RawRow) -> Place:
    def cell(name: str) -> str:
        return row.cells.get(name, "")

    booths, reason = cells.count(cell("칸수"))
    basis = _BASES.get(cell("근거"))
    doubts = [reason]
    if cell("근거") and basis is None:
        doubts.append("basis_unknown")
    if basis == "consent" and not (cell("동의일") and cell("동의문서")):
        doubts.append("consent_incomplete")
    dated = re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell("동의일")) is not None
    if cell("동의일") and not dated:
        doubts.append("date_unreadable")
    sex: Sex = "men" if cell("성별").startswith("남") else "women" if cell("성별").startswith("여") else "all"
    room = PlannedRoom(
        sex,
        1,
        kind="changing_room",
        name=cells.line(cell("탈의실명"), 100)[0],
        stalls=booths,
        is_counted=booths > 0,
        basis=basis,
        citation=cells.line(cell("근거조문"))[0],
        dated=cell("동의일") if dated else "",
        document=cells.line(cell("동의문서"))[0],
    )
    return place_from(
        row,
        key=cell("관리번호") or f"{cell('시설명')}/{cell('탈의실명')}",
        name=cell("시설명"),
        addresses=(cell("주소"), ""),
        district=cell("구"),
        where=cells.coordinates(cell("위도"), cell("경도")),
        kind="changing",
        hours=cell("개방시간"),
        phone=cell("전화번호"),
        rooms=(room,),
        notes=([] if booths else ["plans_from_template"]) + ([] if basis else ["basis_missing"]),
        doubts=doubts,
    )


_READERS: dict[Layout, Callable[[RawRow], Place]] = {
    "seoul": _seoul,
    "national": _national,
    "changing_rooms": _changing_rooms,
}


def place_from(
    row: RawRow,
    *,
    key: str,
    name: str,
    addresses: tuple[str, str],
    district: str,
    where: cells.Coordinates,
    kind: FacilityKind,
    hours: str,
    phone: str,
    rooms: tuple[PlannedRoom, ...],
    notes: Iterable[str],
    doubts: Iterable[str],
    operator: str = "",
    installed: str = "",
) -> Place:
    """The place that these cells tell, with what was odd about them."""
    said_notes, said_doubts = [where.note, *notes], [*row.doubts, *doubts]
    texts = []
    for text in (key, name, addresses[0] or addresses[1], district, hours, phone, operator):
        shown, note = cells.line(text)
        texts.append(shown)
        said_notes.append(note)
    if any(map(is_cut, texts)):
        said_doubts.append("cell_cut")
    if not name:
        said_doubts.append("name_missing")
    if not key:
        said_notes.append("identifier_missing")
    address = texts[2]
    if not address:
        said_doubts.append("address_missing")
    elif not addresses[0]:
        said_notes.append("address_by_lot")
    named = {found for found in map(cells.district_in, addresses) if found}
    of_district = texts[3]
    if not of_district and len(named) == 1:
        (of_district,) = named
        said_notes.append("district_from_address")
    elif len(named) > 1 or (of_district and named and of_district not in named):
        said_doubts.append("district_contradicts_address")
    return Place(
        key=texts[0],
        name=texts[1],
        address=address,
        district=of_district,
        latitude_deg=where.latitude_deg,
        longitude_deg=where.longitude_deg,
        kind=kind,
        opening_hours=texts[4],
        phone=texts[5],
        operator=texts[6],
        installed=installed,
        rooms=tuple(_with_statute(room, kind) for room in rooms) if rooms else _usual_rooms(kind),
        notes=tuple(sorted({note for note in said_notes if note})),
        doubts=tuple(sorted({doubt for doubt in said_doubts if doubt})),
    )


def _usual_rooms(kind: FacilityKind) -> tuple[PlannedRoom, ...]:
    """Of a facility whose file does not say: one for men, one for women."""
    both: tuple[Sex, ...] = ("men", "women")
    return tuple(_with_statute(PlannedRoom(sex, 1), kind) for sex in both)


def _with_statute(room: PlannedRoom, kind: FacilityKind) -> PlannedRoom:
    if room.kind == "changing_room" or room.basis is not None or kind == "changing":
        return room
    return replace(room, basis="statute", citation=STATUTE)


def kind_in(cell: str) -> FacilityKind:
    """What sort of facility a cell calls it."""
    return next((kind for word, kind in _KINDS if word in cell), "other")


def _rooms_in(text: str) -> tuple[tuple[PlannedRoom, ...], str]:
    """(rooms, doubt) of the city's free text: `남1,여2` are three rooms, `남: 대변기 1, 소변기 3` fixtures of one."""
    fixtures = _FIXTURES.findall(text)
    if fixtures:
        rooms: list[PlannedRoom] = []
        for whom, found in fixtures[:MOST_ROOMS]:
            counts = [(what, int(number)) for what, number in _FIXTURE.findall(found)]
            sex: Sex = "men" if whom == "남" else "women"
            rooms.append(
                PlannedRoom(
                    sex,
                    1 + sum(room.sex == sex for room in rooms),
                    stalls=sum(number for what, number in counts if what != "소변기"),
                    urinals=sum(number for what, number in counts if what == "소변기"),
                    is_counted=True,
                )
            )
        return tuple(rooms), ""
    totals: dict[Sex, int] = {"men": 0, "women": 0, "all": 0}
    for whom, number in _ROOMS.findall(text):
        totals["men" if whom == "남" else "women" if whom == "여" else "all"] += int(number)
    if sum(totals.values()) > MOST_ROOMS:
        return (), "rooms_unbelievable"
    return tuple(PlannedRoom(sex, number + 1) for sex, many in totals.items() for number in range(many)), ""
