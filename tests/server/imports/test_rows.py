"""Rows of files as places, and what each is beside the facilities that are known."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.imports.places.layouts import place_in
from server.imports.reading import cells
from server.imports.reading.table import read_table
from server.imports.rows.deciding import Decision, decide
from server.imports.rows.known import Known, KnownPlace
from server.imports.rows.outlines import Districts, read_outlines
from server.imports.rows.place import Place, place_of
from server.imports.rows.reasons import REASONS
from server.interface.errors import ApiError
from server.places.layout import lay_out
from tests.server.imports.files import CHANGING, NATIONAL, SEOUL, csv_file, national_row, seoul_row

KOREA = Path(__file__).parents[4] / "shared" / "data" / "korea"


def _places(data: bytes) -> list[Place]:
    table = read_table(data)
    return [place_in(table.layout, row) for row in table.rows]


def _known(places: list[Place]) -> Known:
    """These places as the facilities of an earlier import of the same layout."""
    known = Known()
    for number, place in enumerate(places):
        fields = ("name", "address", "district", "kind", "opening_hours", "phone", "operator", "installed")
        known.add(
            KnownPlace(
                facility_id=UUID(int=number),
                latitude_deg=place.latitude_deg,
                longitude_deg=place.longitude_deg,
                is_closed=False,
                key=place.key,
                sha256=place.sha256,
                **{name: getattr(place, name) for name in fields},
            )
        )
    return known


def _decided(before: bytes, after: bytes) -> list[Decision]:
    return decide(_places(after), _known(_places(before)))[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize(
    ("columns", "row"), [(NATIONAL, national_row(1)), (SEOUL, seoul_row(1))], ids=["national", "seoul"]
)
def test_a_file_is_read_in_each_encoding(encoding: str, columns: tuple[str, ...], row: dict[str, str]) -> None:
    (place,) = _places(csv_file(columns, [row], encoding))
    assert (place.district, place.doubts, place.latitude_deg is not None) == ("강북구", (), True)
    assert place_of(place.to_json()) == place


@pytest.mark.parametrize(
    ("cell", "notes", "doubts"),
    [
        ({"WGS84위도": "127.03", "WGS84경도": "37.6"}, {"coordinates_swapped"}, set()),
        ({"WGS84위도": "", "WGS84경도": ""}, {"coordinates_missing"}, set()),
        ({"WGS84위도": "0", "WGS84경도": "0"}, {"coordinates_missing"}, set()),
        ({"WGS84위도": "51.5", "WGS84경도": "0.1"}, {"coordinates_outside_korea"}, set()),
        ({"WGS84위도": "nan"}, {"coordinates_unreadable"}, set()),
        ({"설치연월": "1905-07"}, {"date_unbelievable"}, set()),
        ({"설치연월": "언젠가"}, {"date_unreadable"}, set()),
        ({"남성용-대변기수": "두 개"}, set(), {"count_unclear"}),
        ({"남성용-대변기수": "999"}, set(), {"count_unbelievable"}),
        ({"화장실명": ""}, set(), {"name_missing"}),
        ({"화장실명": "a\u202eb"}, {"text_made_safe"}, set()),
        ({"소재지도로명주소": ""}, set(), {"address_missing", "district_missing"}),
        ({"소재지지번주소": "서울특별시 종로구 가람동 1"}, set(), {"district_contradicts_address", "district_missing"}),
        ({"소재지도로명주소": "", "소재지지번주소": "경기도 수원시 팔달구 매산로 1"}, {"address_by_lot"}, set()),
        ({"남성용-대변기수": "", "남성용-소변기수": "", "여성용-대변기수": ""}, {"rooms_from_template"}, set()),
    ],
    ids=range(15),
)
def test_what_is_odd_about_a_row_is_said(cell: dict[str, str], notes: set[str], doubts: set[str]) -> None:
    (place,) = _places(csv_file(NATIONAL, [national_row(1) | cell]))
    assert set(place.notes) - {"district_from_address"} == notes
    assert set(place.doubts) == doubts


def test_rooms_come_from_counts_where_there_are_any() -> None:
    (place,) = _places(csv_file(NATIONAL, [national_row(1, **{"남성용-장애인용대변기수": "1"})]))
    assert [(room.sex, room.stalls, room.urinals, room.basis) for room in place.rooms] == [
        ("men", 3, 3, "statute"),
        ("women", 4, 0, "statute"),
    ]
    texts = {
        "남2,여1": [("men", False), ("men", False), ("women", False)],
        "공용1": [("all", False)],
        "남자: 대변기1 소변기2 / 여자: 대변기3": [("men", True), ("women", True)],
        "2층 남 : 양변기 1, 소변기 3 여 : 양변기 3": [("men", True), ("women", True)],
        "": [("men", False), ("women", False)],
        "가능": [("men", False), ("women", False)],
    }
    for text, rooms in texts.items():
        (place,) = _places(csv_file(SEOUL, [seoul_row(1, **{"화장실 현황": text})]))
        assert [(room.sex, room.is_counted) for room in place.rooms] == rooms, text


def test_a_changing_room_has_the_basis_that_its_row_states() -> None:
    row = {"시설명": "가람수영장", "탈의실명": "여자 탈의실", "주소": "서울 강북구 가람로 1", "성별": "여", "칸수": "6"}
    consent = {"근거": "동의", "동의일": "2026-03-02", "동의문서": "문서-12"}
    bare, whole, half = _places(csv_file(CHANGING, [row, row | consent, row | consent | {"동의문서": ""}]))
    assert bare.rooms[0].basis is None
    assert "basis_missing" in bare.notes
    assert (whole.rooms[0].basis, whole.rooms[0].dated, whole.rooms[0].document) == ("consent", "2026-03-02", "문서-12")
    assert (whole.rooms[0].kind, whole.rooms[0].stalls, whole.doubts) == ("changing_room", 6, ())
    assert half.doubts == ("consent_incomplete",)


def test_what_is_no_file_of_facilities_is_refused_in_one_line() -> None:
    for data in (b"", b"\0\0", b"a,b\n1,2\n", "연번,연번\n1,2\n".encode(), b'"' + b"x" * 200_000):
        with pytest.raises(ApiError) as caught:
            read_table(data)
        assert caught.value.status == 400
        assert len(str(caught.value).splitlines()) == 1


def test_letters_that_cannot_be_read_are_asked_about() -> None:
    data = csv_file(SEOUL, [seoul_row(1)]).replace("나루1".encode(), b"\xff\xfe1")
    (place,) = _places(data)
    assert "text_unreadable" in place.doubts


@pytest.mark.parametrize(
    ("after", "outcome", "reasons"),
    [
        (national_row(1), "same", ()),
        (national_row(1, 전화번호="02-1"), "changed", ("phone_changed",)),
        (national_row(1, 화장실명="새이름 화장실"), "changed", ("name_changed",)),
        (national_row(1, **{"여성용-대변기수": "9"}), "changed", ("rooms_differ",)),
        (national_row(1, 번호="3-77"), "changed", ("identifier_changed",)),
        (national_row(1, 번호="3-77", 전화번호="02-1"), "changed", ("phone_changed", "identifier_changed")),
        (national_row(9, 번호="3-1"), "question", ("identifier_reused",)),
        (national_row(2, 번호="3-1"), "changed", ("identifier_changed",)),
        (national_row(9), "new", ()),
        (national_row(9, 화장실명="가람1공원 화장실 별관", WGS84위도="37.601001"), "question", ("near_known",)),
    ],
    ids=range(10),
)
def test_a_row_beside_what_is_known(after: dict[str, str], outcome: str, reasons: tuple[str, ...]) -> None:
    before = csv_file(NATIONAL, [national_row(1), national_row(2)])
    (decision,) = _decided(before, csv_file(NATIONAL, [after]))
    assert decision.outcome == outcome
    assert tuple(reason for reason in decision.reasons if reason != "district_from_address") == reasons


def test_two_rows_never_become_one_facility_unasked() -> None:
    before = csv_file(NATIONAL, [national_row(1)])
    twice = [
        national_row(1),
        national_row(1),
        national_row(5),
        national_row(6, 번호="3-5"),
        national_row(1, 번호="3-8"),
    ]
    decisions = _decided(before, csv_file(NATIONAL, twice))
    assert [one.outcome for one in decisions] == ["same", *["question"] * 4]
    said = [set(one.reasons) & {"identifier_twice", "place_twice"} for one in decisions[1:]]
    assert said == [{"identifier_twice", "place_twice"}, {"identifier_twice"}, {"identifier_twice"}, {"place_twice"}]


def test_what_the_file_no_longer_lists_is_asked_only_where_it_speaks_of_the_district() -> None:
    elsewhere = national_row(3, 소재지도로명주소="서울특별시 종로구 가람로 3")
    known = _known(_places(csv_file(NATIONAL, [national_row(1), national_row(2), elsewhere])))
    _, missing = decide(_places(csv_file(NATIONAL, [national_row(1)])), known)
    assert [one.place.key for one in missing] == ["3-2"]
    known.missed.add(missing[0].place.facility_id)
    assert decide(_places(csv_file(NATIONAL, [national_row(1)])), known)[1] == []


@given(st.lists(st.sampled_from(NATIONAL), max_size=6), st.lists(st.text(max_size=30), min_size=6, max_size=6))
def test_every_row_is_accounted_for_whatever_it_says(columns: list[str], texts: list[str]) -> None:
    row = national_row(1) | dict(zip(columns, (text.replace("\0", "") for text in texts), strict=False))
    places = _places(csv_file(NATIONAL, [row, national_row(2)], "utf-8"))
    decisions, _ = decide(places, Known())
    assert len(decisions) == len(places)
    assert {reason for one in decisions for reason in one.reasons} <= REASONS.keys()


@given(st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_a_plan_is_laid_out_from_any_counts(stalls: int, urinals: int, is_changing_room: bool) -> None:
    if stalls + urinals == 0:
        return
    plan = lay_out(stalls, urinals, is_changing_room=is_changing_room)
    kinds = Counter(zone.kind for zone in plan.zones)
    assert kinds["booth" if is_changing_room else "stall"] == stalls
    assert not plan.is_verified
    for one in plan.zones:
        (x, y), (right, bottom) = one.polygon[0], one.polygon[2]
        assert plan.zone_at((x + right) / 2, (y + bottom) / 2) == one  # none lies over another


def test_districts_are_read_off_addresses() -> None:
    for address, district in {
        "서울특별시 강북구 가람로 1": "강북구",
        "서울 강북구 가람로 1": "강북구",
        "강북구 가람로 1": "강북구",
        "경기도 수원시 팔달구 매산로 1": "수원시 팔달구",
        "강원특별자치도 춘천시 가람로 1": "춘천시",
        "세종특별자치시 가람로 1": "세종시",
        "전라남도 신안군 흑산면 1": "신안군",
        "가람로 1": "",
        "": "",
    }.items():
        assert cells.district_in(address) == district, address


@pytest.fixture(scope="module")
def seoul() -> list[Place]:
    if not KOREA.is_dir():
        pytest.skip("Seoul's open file (shared/data beside the checkout) is absent: fine without it")
    outlines = (KOREA / "kostat__2013__json__seoul_municipalities_geo_simple.json").read_bytes()
    districts = Districts(read_outlines(outlines))
    table = read_table((KOREA / "seoul_toilets.csv").read_bytes())
    return [place_in(table.layout, row, districts) for row in table.rows]


def test_the_citys_file_is_accounted_for_row_by_row(seoul: list[Place]) -> None:
    decisions, missing = decide(seoul, Known())
    assert len(decisions) == 4_585
    assert missing == []
    assert Counter(one.outcome for one in decisions) == {"new": 4_510, "question": 75}
    asked = Counter(reason for one in decisions if one.outcome == "question" for reason in one.reasons)
    assert {
        name: asked[name]
        for name in asked
        if name not in {"rooms_from_template", "plans_from_template", "address_by_lot"}
    } == {
        "place_twice": 35,
        "rooms_unbelievable": 19,
        "district_contradicts_address": 19,
        "district_contradicts_coordinates": 3,
    }


@pytest.mark.soak
def test_the_citys_file_numbered_anew_is_the_same_places(seoul: list[Place]) -> None:
    """Identifiers deleted and used again: every row finds its facility by what it says."""
    decisions, _ = decide(seoul, Known())
    listed = [place for place, one in zip(seoul, decisions, strict=True) if one.outcome == "new"]
    known = _known(listed)
    shuffled = random.Random(4).sample(listed, len(listed))
    again = [
        place_of(place.to_json().replace(f'"key": "{place.key}"', f'"key": "{n}"', 1))
        for n, place in enumerate(shuffled)
    ]
    found, missing = decide(again, known)
    ids = {place.sha256: number for number, place in enumerate(listed)}
    wrong = sum(one.facility_id != UUID(int=ids[place.sha256]) for place, one in zip(again, found, strict=True))
    assert (wrong, len(missing)) == (0, 0)
    assert {one.outcome for one in found} <= {"same", "changed"}
