"""The places and people of the made-up city: a file in the layout of the national standard, outlines, accounts.

Output goes through the same code as an office's: outlines are stored, the file is previewed and confirmed, people get
accounts and walk in pairs.  Names of districts, streets and people are invented; the coordinates lie in a reservoir's
hills, where no such city is.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select, update

from server.districts.register import add_district
from server.imports import importing
from server.imports.rows import outlines
from server.interface.fields import FACILITY_ROLES, Role
from server.interface.schedule_requests import PairRequest
from server.people import auth
from server.people.auth import Person, person_of
from server.places.facilities import current_plan
from server.schedule import pairs
from server.store.db import Database
from server.store.schema import facilities, rooms, user_facilities, users
from sweep.report import LocalText, Plan

ACTOR = "demo"
CITY_KO = "안심특별시"
PLACES_EN = {
    "공원": "Park", "역": "Station", "시장": "Market", "도서관": "Library", "체육관": "Gymnasium",
    "주민센터": "Community Center", "버스터미널": "Bus Terminal", "광장": "Square", "둘레길": "Trail",
    "문화회관": "Cultural Center",
}  # fmt: skip
SITES_EN = {
    "새싹": "Saessak", "느티": "Neuti", "달빛": "Dalbit", "솔잎": "Sollip", "버들": "Beodeul", "은하": "Eunha",
    "참샘": "Chamsaem", "두루": "Duru", "해맞이": "Haemaji", "단풍": "Danpung", "물레": "Mulle", "고갯길": "Gogaetgil",
}  # fmt: skip
"""As the Revised Romanization spells them."""
PLACES, SITES = tuple(PLACES_EN), tuple(SITES_EN)
PAIRS_OF_FIRST, PAIRS_OF_OTHERS = 4, 2
MOST_OF_OTHERS = 16
"""Facilities in each of the smaller districts."""


@dataclass(frozen=True, slots=True)
class District:
    """A made-up district: a patch of a grid, 0.04 degrees wide."""

    district_id: str
    ko: str
    en: str
    outline: tuple[tuple[float, float], ...]
    """Corners, longitude and latitude in degrees."""


DISTRICTS = (
    District("hanbit-gu", "한빛구", "Hanbit-gu", ((127.500, 36.420), (127.541, 36.416), (127.544, 36.452),
             (127.530, 36.470), (127.502, 36.462))),
    District("mulgyeol-gu", "물결구", "Mulgyeol-gu", ((127.541, 36.416), (127.588, 36.424), (127.592, 36.455),
             (127.566, 36.461), (127.544, 36.452))),
    District("solbat-gu", "솔밭구", "Solbat-gu", ((127.530, 36.470), (127.544, 36.452), (127.566, 36.461),
             (127.592, 36.455), (127.586, 36.492), (127.548, 36.500))),
)  # fmt: skip
COLUMNS = (
    "번호", "개방자치단체코드", "관리번호", "구분", "근거", "화장실명", "소재지도로명주소", "소재지지번주소",
    "남성용-대변기수", "남성용-소변기수", "남성용-장애인용대변기수", "남성용-장애인용소변기수",
    "남성용-어린이용대변기수", "남성용-어린이용소변기수", "여성용-대변기수", "여성용-장애인용대변기수",
    "여성용-어린이용대변기수", "관리기관명", "전화번호", "개방시간", "개방시간상세", "설치연월", "WGS84위도",
    "WGS84경도", "화장실소유구분", "오물처리방식", "비상벨설치여부", "기저귀교환대유무", "리모델링연월",
    "데이터기준일자",
)  # fmt: skip


LEFT = "officer-hanbit-before"
"""Whose office went over to another during the year."""


@dataclass(frozen=True, slots=True)
class CityRoom:
    """A room of the city as the year needs it."""

    room_id: UUID
    facility_id: UUID
    district_id: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who has an account, and who walks with whom."""

    by_name: dict[str, Person]
    pairs: dict[str, tuple[tuple[str, str], ...]]
    """User names by district."""


def outlines_json() -> bytes:
    """The outlines as an office would give them, GeoJSON."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": one.ko, "code": one.district_id, "name_eng": one.en},
                    "geometry": {"type": "Polygon", "coordinates": [[*one.outline, one.outline[0]]]},
                }
                for one in DISTRICTS
            ],
        }
    ).encode()


def facilities_csv(rng: random.Random, of_first: int) -> bytes:
    """The file with so many facilities in the first district, in CP949 as such files come; the others are small."""
    return _csv(_all_rows(rng, of_first))


def later_csv(rng: random.Random, of_first: int) -> bytes:
    """The file of a year later: a few new, a few changed, and rows that only a person can decide."""
    made = _all_rows(rng, of_first)
    made[0]["개방시간상세"] = "06:00~23:00"
    made[1]["전화번호"] = "02-0000-0199"
    made[2]["WGS84위도"], made[2]["WGS84경도"] = made[2]["WGS84경도"], made[2]["WGS84위도"]
    made[3]["설치연월"] = "1905-07"
    contradicting = dict(made[4], 관리번호="N-901", 화장실명="경계 공원 화장실")
    contradicting["소재지도로명주소"] = f"{CITY_KO} {DISTRICTS[2].ko} 끝길 1"
    nowhere = dict(made[5], 관리번호="N-902", 화장실명="이름만 있는 화장실", 소재지도로명주소="", 소재지지번주소="")
    unbelievable = dict(
        made[6], 관리번호="N-903", 화장실명="한마당 화장실", 소재지도로명주소=f"{CITY_KO} 한빛구 마당길 3"
    )
    unbelievable["여성용-대변기수"] = "4100"
    again = dict(made[7], 화장실명="옛 번호를 물려받은 화장실", 소재지도로명주소=f"{CITY_KO} 한빛구 다른길 77")
    again["WGS84위도"] = "36.4310"
    fresh = [dict(row, 관리번호=f"N-{index}") for index, row in enumerate(_rows(rng, DISTRICTS[1], 2, first=800), 910)]
    return _csv([*made[:7], again, *made[8:-1], contradicting, nowhere, unbelievable, *fresh])


def _all_rows(rng: random.Random, of_first: int) -> list[dict[str, str]]:
    counts = (of_first, *(min(of_first, MOST_OF_OTHERS) for _ in DISTRICTS[1:]))
    return [row for district, count in zip(DISTRICTS, counts, strict=True) for row in _rows(rng, district, count)]


def _rows(rng: random.Random, district: District, count: int, *, first: int = 0) -> list[dict[str, str]]:
    lons, lats = [p[0] for p in district.outline], [p[1] for p in district.outline]
    middle = (sum(lons) / len(lons), sum(lats) / len(lats))
    rows = []
    for number in range(first, first + count):
        site, place = SITES[number % len(SITES)], PLACES[(number // len(SITES) + number) % len(PLACES)]
        corner = rng.choice(district.outline)
        share = 0.1 + 0.72 * rng.random()
        lon, lat = (middle[i] + share * (corner[i] - middle[i]) for i in (0, 1))
        lon, lat = lon + rng.uniform(-0.003, 0.003), lat + rng.uniform(-0.003, 0.003)
        women, men, urinals = rng.randint(2, 5), rng.randint(1, 3), rng.randint(1, 4)
        name = f"{site}{place} 화장실" if number < len(SITES) * len(PLACES) else f"{site}{place} {number} 화장실"
        row = dict.fromkeys(COLUMNS, "0")
        row |= {
            "번호": str(number + 1),
            "개방자치단체코드": district.district_id[:3].upper(),
            "관리번호": f"{district.district_id[:1].upper()}-{number + 1:03}",
            "구분": "개방화장실" if number % 4 == 3 else "공중화장실",
            "근거": "",
            "리모델링연월": "",
            "화장실명": name,
            "소재지도로명주소": f"{CITY_KO} {district.ko} {site}로 {11 + number * 3}",
            "소재지지번주소": "",
            "남성용-대변기수": str(men),
            "남성용-소변기수": str(urinals),
            "여성용-대변기수": str(women),
            "관리기관명": f"{district.ko}청",
            "전화번호": f"02-0000-{100 + number:04}",
            "개방시간": "상시" if number % 3 else "정시",
            "개방시간상세": "00:00~24:00" if number % 3 else "06:00~22:00",
            "설치연월": f"{2004 + number % 18}-0{1 + number % 9}",
            "WGS84위도": f"{lat:.6f}",
            "WGS84경도": f"{lon:.6f}",
            "데이터기준일자": "2025-10-01",
        }
        rows.append(row)
    return rows


def english_name(name: str) -> str:
    """What a facility of the file is called in English; the file has Korean names alone."""
    site = next(one for one in SITES if name.startswith(one))
    place, *number, _ = name.removeprefix(site).split()
    return " ".join((SITES_EN[site], PLACES_EN[place], *number, "Restroom"))


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("cp949")


def found_places(db: Database, data: bytes) -> tuple[CityRoom, ...]:
    """Districts, outlines and the facilities of the file, marked as a demonstration's; its rooms by district."""
    with db.write() as connection:
        for one in DISTRICTS:
            add_district(connection, one.district_id, LocalText(ko=one.ko, en=one.en), actor=ACTOR)
        outlines.store_outlines(connection, outlines.read_outlines(outlines_json()), actor=ACTOR)
    importing.confirm(db, importing.preview(db, data, "공중화장실_시범.csv", actor=ACTOR), actor=ACTOR)
    with db.write() as connection:
        for row in connection.execute(select(facilities.c.facility_id, facilities.c.name_ko)).all():
            named = {"is_demo": True, "name_en": english_name(row.name_ko)}
            connection.execute(update(facilities).where(facilities.c.facility_id == row.facility_id).values(named))
        of_rooms = select(rooms.c.room_id, facilities.c.facility_id, facilities.c.district_id)
        of_rooms = of_rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
        found = connection.execute(of_rooms.order_by(facilities.c.code, rooms.c.name_ko)).all()
        first_of_district = {row.district_id: row.facility_id for row in reversed(found)}
        for facility_id in first_of_district.values():
            pairs.mark_special(connection, facility_id, is_special=True, actor=ACTOR)
        return tuple(
            CityRoom(row.room_id, row.facility_id, row.district_id, current_plan(connection, row.room_id))
            for row in found
        )


def add_people(db: Database, password: str, first_rooms: Sequence[CityRoom]) -> People:
    """Accounts of every role, all with this password, and the pairs of each district."""
    hashed = auth.hashed(password)  # once: each hash takes as long as a login
    home = first_rooms[0]
    walking: dict[str, tuple[tuple[str, str], ...]] = {}
    accounts: list[tuple[str, str, Role, str | None]] = [
        ("admin", "관리자-01", "admin", None),
        ("city", "시 담당자-01", "city_officer", None),
        ("auditor", "감사자-01", "auditor", None),
        ("evidence", "증거 담당자-01", "evidence_officer", None),
        ("owner", "시설 소유자-01", "facility_owner", home.district_id),
        ("cleaner", "미화원-01", "cleaner", home.district_id),
    ]
    accounts.append((LEFT, "구 담당자-01", "district_officer", DISTRICTS[0].district_id))
    inspectors = 1
    for index, district in enumerate(DISTRICTS):
        own, short = district.district_id, district.district_id.split("-")[0]
        accounts += [
            (f"supervisor-{short}", f"감독자-{index + 1:02}", "supervisor", own),
            (f"officer-{short}", f"구 담당자-{index + 2:02}", "district_officer", own),
            (f"viewer-{short}", f"열람자-{index + 1:02}", "viewer", own),
        ]
        pair_count = PAIRS_OF_OTHERS if index else PAIRS_OF_FIRST
        names = [f"inspector-{short}-{number}" for number in range(1, 2 * pair_count + 1)]
        accounts += [(name, f"점검자-{number:02}", "inspector", own) for number, name in enumerate(names, inspectors)]
        inspectors += len(names)
        walking[own] = tuple(zip(names[::2], names[1::2], strict=True))
    with db.write() as connection:
        for username, name, role, district_id in accounts:
            user_id = auth.create_user(
                connection,
                username=username,
                display_name=name,
                role=role,
                password=hashed,
                actor=ACTOR,
                district_id=district_id,
                is_demonstration=True,
            )
            if role in FACILITY_ROLES:
                connection.execute(insert(user_facilities).values(user_id=user_id, facility_id=home.facility_id))
        for district_id, of_district in walking.items():
            for one, other in of_district:
                request = PairRequest(first_username=one, second_username=other, district_id=district_id)
                pairs.add_pair(connection, request, actor=ACTOR, district_id=None)
        found = {row.username: person_of(row) for row in connection.execute(select(users))}
    return People(found, walking)
