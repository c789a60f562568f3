"""Statistics of a quarter: what counts and what does not, per district, and how long things took by a moved clock."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from server.districts import register
from server.exports.gathering.statistics import gather, quarter_of
from server.exports.logs.statistics_table import (
    COLUMNS,
    DEMO_NOTICE,
    SHEETS,
    DistrictLine,
    notice_of,
    with_total,
    write_xlsx,
)
from server.ingest import case_entries
from server.interface.case_requests import CaseRequest, StepRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.interface.words import KST
from server.people import auth
from server.places import facilities
from server.projections.log_records import Period
from server.store.clock import moved_to, to_ms
from server.store.schema import facilities as facility_table
from server.store.schema import practice_runs, public_reports, rooms, sweeps, users, visual_checks
from sweep.report import LocalText, new_id, parse_json
from tests.server.conftest import PASSWORD, Site

MARCH = datetime(2026, 3, 3, 10, tzinfo=KST)
QUARTER = quarter_of(2026, 1)
TODAY = date(2026, 4, 2)


def test_quarters() -> None:
    assert quarter_of(2026, 1) == Period(date(2026, 1, 1), date(2026, 3, 31))
    assert quarter_of(2026, 4) == Period(date(2026, 10, 1), date(2026, 12, 31))
    for wrong in (0, 5):
        with pytest.raises(ValueError, match="four quarters"):
            quarter_of(2026, wrong)


def _rooms(site: Site, district_id: str, count: int) -> list[UUID]:
    """Rooms of a new facility in a new district; the last one is a changing room."""
    name = LocalText(ko=f"{district_id} 화장실", en=district_id)
    with site.db.write() as connection:
        register.add_district(connection, district_id, LocalText(ko=district_id, en=district_id), actor="test")
        wanted = FacilityRequest(name=name, address="어딘가 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=district_id)
        kinds = ["restroom"] * (count - 1) + ["changing_room"]
        return [
            facilities.add_room(
                connection, facility_id, RoomRequest.model_validate({"name": name, "kind": kind}), actor="test"
            )
            for kind in kinds
        ]


def _sweep(room_id: UUID, at: datetime = MARCH, **changed: Any) -> dict[str, Any]:
    started_ms = to_ms(at)
    return {
        "sweep_id": new_id(),
        "room_id": room_id,
        "source": "live",
        "mode": "full",
        "outcome": "completed",
        "equipment": "nothing_detected",
        "said": "nothing_unusual",
        "started_ms": started_ms,
        "ended_ms": started_ms + 600_000,
        "candidates": 0,
        "not_assessable_zones": 0,
        "probe_id": "probe-1",
        "plan_version": 1,
        "report_state": "present",
        "persons": 2,
    } | changed


class Two:
    """Two inspectors who take steps at times of their own, past the session of anybody."""

    def __init__(self, site: Site) -> None:
        self._site = site
        for name, shown in (("first", "점검자-01"), ("second", "점검자-02")):
            site.add_user(name, "inspector", shown)
        self._first, self._second = (auth.check_password(site.db, name, PASSWORD) for name in ("first", "second"))

    def steps(self, room_id: UUID, opening: dict[str, Any], *steps: tuple[float, dict[str, Any]]) -> None:
        """A case with its steps, each so many hours after the opening on the third of March."""
        server_signer = self._site.services.server_signer
        with moved_to(MARCH), self._site.db.write() as connection:
            request = parse_json(CaseRequest, json.dumps({"step": opening}).encode())
            case_id = case_entries.open_case(connection, server_signer, self._first, room_id, request)
        for hours, step in steps:
            with moved_to(MARCH + timedelta(hours=hours)), self._site.db.write() as connection:
                taken = parse_json(StepRequest, json.dumps({"step": step}).encode())
                case = case_entries.find_case(connection, case_id)
                case_entries.take_step(connection, server_signer, self._first, case, taken, self._second)


@pytest.fixture
def filled(site: Site) -> dict[str, list[UUID]]:
    """Two districts: in one visits, cases, repairs and reports, in the other a single look."""
    here, there = _rooms(site, "mapo-gu", 4), _rooms(site, "jung-gu", 2)
    before, after = datetime(2025, 12, 31, 23, 59, tzinfo=KST), datetime(2026, 4, 1, 0, 0, tzinfo=KST)
    with site.db.write() as connection:
        rows = [
            _sweep(here[0], candidates=2),
            _sweep(here[0], datetime(2026, 3, 31, 23, 59, tzinfo=KST)),
            _sweep(here[1], mode="quick"),
            _sweep(here[1], outcome="aborted", equipment="partly"),
            _sweep(here[2], persons=1, candidates=5),
            _sweep(here[2], source="simulated", candidates=9),
            _sweep(here[2], before),
            _sweep(here[2], after),
        ]
        connection.execute(insert(sweeps), rows)
        looks = [(here[3], MARCH), (here[3], after), (there[0], MARCH)]
        values = [
            {"check_id": new_id(), "room_id": room, "checked_ms": to_ms(at), "checked_by": "점검자-01"}
            for room, at in looks
        ]
        connection.execute(insert(visual_checks), values)
        report = {"room_id": here[0], "what": "hole", "text": "구멍이 있어요", "note": "", "received_ms": to_ms(MARCH)}
        closed = {"outcome": "looked_at", "closed_by": "점검자-01", "closed_ms": to_ms(MARCH)}
        connection.execute(insert(public_reports).values(report_id=new_id(), **report))
        connection.execute(insert(public_reports).values(report_id=new_id(), **report, **closed))
    return {"mapo-gu": here, "jung-gu": there}


@pytest.fixture
def two(site: Site) -> Two:
    return Two(site)


def test_what_counts_and_how_long_it_took(site: Site, filled: dict[str, list[UUID]], two: Two) -> None:
    here = filled["mapo-gu"]
    strange = {"step": "reported", "what": "검은 점"}
    two.steps(
        here[0], strange, (2, {"step": "looked_at", "seen": "object"}), (3, {"step": "not_camera", "what": "나사"})
    )
    two.steps(
        here[1],
        strange,
        (4, {"step": "looked_at", "seen": "object"}),
        (4.5, {"step": "camera", "was_touched": False}),
        (4.6, {"step": "room_closed", "guarded_by": "점검자-02"}),
        (4.7, {"step": "photographed", "commitment": None, "why_not": "촬영 장비 없음"}),
        (5.0, {"step": "police_called", "receipt_no": "1"}),
        (
            6,
            {"step": "handed_over", "officer": "김경위", "station": "서", "rank": "경위"}
            | {"receipt_no": "1", "seal_no": "2"},
        ),
    )
    two.steps(here[1], strange)
    hole = {"step": "defect_found", "defect": "hole"}
    two.steps(
        here[2],
        hole,
        (24, {"step": "repaired", "by": "시설관리팀"}),
        (25, {"step": "rechecked", "holds": False}),
        (47, {"step": "repaired", "by": "시설관리팀"}),
        (48, {"step": "rechecked", "holds": True}),
    )
    two.steps(here[3], hole | {"due": "2026-03-20"})
    with site.db.read() as connection:
        lines = {line.name: line for line in gather(connection, QUARTER, None, TODAY)}
        (only,) = gather(connection, QUARTER, "mapo-gu", TODAY)
        early = {line.name: line for line in gather(connection, QUARTER, None, date(2026, 3, 20))}
    expected = DistrictLine(
        "mapo-gu",
        facilities=1,
        rooms=4,
        restrooms=3,
        changing_rooms=1,
        rooms_visited=3,
        rooms_unvisited=1,
        measured=2,
        full=2,
        quick=1,
        by_eye=1,
        not_counted=2,
        candidates=2,
        public_reports=2,
        public_reports_closed=1,
        cases=5,
        undecided=1,
        not_camera=1,
        defects=2,
        cameras=1,
        handed_over=1,
        repairs=2,
        repairs_checked=1,
        repairs_late=1,
        to_look_ms=[],
        to_call_ms=[],
        to_repair_ms=[],
    )
    found = lines["mapo-gu"]
    hours = [[round(one / 3_600_000, 1) for one in times] for times in (found.to_look_ms, found.to_call_ms)]
    assert (sorted(hours[0]), hours[1]) == ([2.0, 4.0], [0.5])
    assert [round(one / 86_400_000, 2) for one in found.to_repair_ms] == [2.0]
    assert only == found
    assert early["mapo-gu"].repairs_late == 0, "on its day it is not late yet"
    for times in ("to_look_ms", "to_call_ms", "to_repair_ms"):
        setattr(found, times, [])
    assert found == expected
    assert (lines["jung-gu"].by_eye, lines["jung-gu"].rooms_visited, lines["jung-gu"].cases) == (1, 1, 0)
    with site.db.read() as connection:
        after = {line.name: line for line in gather(connection, quarter_of(2026, 2), None, TODAY)}
    assert (after["mapo-gu"].full, after["mapo-gu"].by_eye, after["mapo-gu"].cases) == (1, 1, 0)


def test_the_file_for_each_role_and_its_line_in_the_access_log(site: Site, filled: dict[str, list[UUID]]) -> None:
    auditor = site.login("auditor", "감사-01")
    query: dict[str, str | int] = {"year": 2026, "quarter": 1, "reason": "분기 보고", "format": "csv"}
    answer = auditor.http.get("/api/exports/statistics", params=query)
    assert answer.status_code == 200, answer.text
    assert 'filename="statistics_2026-Q1.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    by_name = {row["구분"]: row for row in rows}
    assert rows[-1]["구분"] == "합계" and {"mapo-gu", "jung-gu"} < set(by_name)
    assert (by_name["mapo-gu"]["장비 정밀(회)"], by_name["합계"]["장비 정밀(회)"]) == ("2", "2")
    assert by_name["jung-gu"]["육안 확인까지 중앙값(시간)"] == "–"
    text = answer.content.decode()
    for personal in ("점검자", "어딘가", "구멍이 있어요", "mapo-gu 화장실"):
        assert personal not in text
    officer = site.login("district_officer", "구담당-01")
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.display_name == "구담당-01").values(district_id="jung-gu"))
    own = officer.http.get("/api/exports/statistics", params=query)
    assert [row["구분"] for row in csv.DictReader(io.StringIO(own.content.decode("utf-8-sig")))] == ["jung-gu"]
    assert site.login("viewer").http.get("/api/exports/statistics", params=query).status_code == 403
    assert auditor.http.get("/api/exports/statistics", params=query | {"quarter": 5}).status_code == 400
    with site.db.read() as connection:
        log = connection.exec_driver_sql("SELECT action, object_id, reason FROM access_log").all()
    assert ("statistics.exported", "statistics_2026-Q1.csv", "분기 보고") in [tuple(row) for row in log]


def test_what_the_page_shows_is_what_the_file_says(site: Site, filled: dict[str, list[UUID]]) -> None:
    officer = site.login("city_officer", "시담당-01")
    asked = {"year": 2026, "quarter": 1}
    shown = officer.http.get("/api/statistics", params=asked)
    assert shown.status_code == 200, shown.text
    page = shown.json()
    assert (page["first"], page["last"], page["is_over"]) == ("2026-01-01", "2026-03-31", True)
    file = officer.http.get("/api/exports/statistics", params=asked | {"reason": "대조", "format": "csv"})
    rows = {row["구분"]: row for row in csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))}
    for line in (*page["districts"], page["total"]):
        row = rows[line["name"]]
        for name, heading in (("rooms", "방(개소)"), ("full", "장비 정밀(회)"), ("by_eye", "육안(회)")):
            assert str(line[name]) == row[heading], (line["name"], heading)
    by_id = {line["district_id"]: line for line in page["districts"]}
    assert (by_id["mapo-gu"]["full"], by_id["jung-gu"]["by_eye"], page["total"]["full"]) == (2, 1, 2)
    assert (page["total"]["looked"], page["total"]["to_look_h"], page["total"]["to_call_h"]) == (0, None, None)
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.display_name == "시담당-01").values(district_id="jung-gu"))
    own = officer.http.get("/api/statistics", params=asked).json()
    assert [line["district_id"] for line in own["districts"]] == ["jung-gu"]
    assert own["total"]["full"] == 0
    assert site.login("viewer").http.get("/api/statistics", params=asked).status_code == 403


def test_what_was_simulated_stands_apart_and_is_never_added(site: Site, filled: dict[str, list[UUID]]) -> None:
    here = filled["mapo-gu"]
    with site.db.write() as connection:
        of_room = rooms.join(facility_table, facility_table.c.facility_id == rooms.c.facility_id)
        demo_room = connection.scalars(
            select(rooms.c.room_id).select_from(of_room).where(facility_table.c.is_demo)
        ).first()
        assert demo_room is not None
        rows = [_sweep(demo_room, source=source) for source in ("simulated", "replay", "practice")]
        connection.execute(insert(sweeps), [*rows, _sweep(demo_room, mode="quick"), _sweep(here[0], source="replay")])
        look = {"check_id": new_id(), "room_id": demo_room, "checked_ms": to_ms(MARCH), "checked_by": "점검자-01"}
        connection.execute(insert(visual_checks).values(look))
    officer = site.login("city_officer", "시담당-01")
    asked: dict[str, Any] = {"year": 2026, "quarter": 1}
    real, apart = (
        officer.http.get("/api/statistics", params=asked | {"simulated": simulated}).json()
        for simulated in (False, True)
    )
    assert ((real["is_demo"], real["simulated"]), (apart["is_demo"], apart["simulated"])) == ((False, 4), (True, 4))
    counted = [[one["total"][name] for name in ("full", "quick", "by_eye")] for one in (real, apart)]
    assert counted == [[2, 2, 2], [4, 0, 1]], "a real one counts in a demonstration's room, too"
    assert apart["total"]["rooms"] == len(site.login("admin").http.get("/api/rooms").json()["rooms"]) - 6
    with site.db.read() as connection:
        of_each = {line.name: line for line in gather(connection, QUARTER, None, TODAY)}
        (made_up,) = [line for line in gather(connection, QUARTER, None, TODAY, is_demo=True) if line.rooms]
    assert sum(line.rooms_visited for line in of_each.values()) == 5
    assert sum(line.rooms_unvisited for line in of_each.values()) == 2, "a demonstration's is none of the real rooms"
    assert made_up.rooms_unvisited == made_up.rooms - 1
    files = {
        (simulated, kind): officer.http.get(
            "/api/exports/statistics", params=asked | {"reason": "대조", "simulated": simulated, "format": kind}
        )
        for simulated in (False, True)
        for kind in ("csv", "xlsx")
    }
    names = [files[simulated, "csv"].headers["content-disposition"] for simulated in (False, True)]
    assert ["-simulated" in name for name in names] == [False, True]
    periods = [
        {row["기간"] for row in csv.DictReader(io.StringIO(files[simulated, "csv"].content.decode("utf-8-sig")))}
        for simulated in (False, True)
    ]
    assert periods == [{"2026-01-01 ~ 2026-03-31"}, {"2026-01-01 ~ 2026-03-31 (시뮬레이션)"}]
    for simulated, notice in ((False, notice_of(4, is_demo=False)), (True, DEMO_NOTICE)):
        with zipfile.ZipFile(io.BytesIO(files[simulated, "xlsx"].content)) as book:
            assert notice in book.read("xl/sharedStrings.xml").decode()


def test_the_workbook_has_numbers_a_sum_and_says_when_simulations_are_in_it() -> None:
    lines = [DistrictLine("가구", rooms=3, full=2, to_look_ms=[3_600_000, 7_200_000]), DistrictLine("나구", rooms=4)]
    total = with_total(lines)[-1]
    assert (total.name, total.rooms, total.to_look_ms) == ("합계", 7, [3_600_000, 7_200_000])
    assert lines[0].rooms == 3 and len(with_total(lines[:1])) == 1
    made = datetime(2026, 4, 2, 9, tzinfo=KST)
    notice = notice_of(3, is_demo=True)
    data = write_xlsx(lines, QUARTER, made, notice)
    assert data == write_xlsx(lines, QUARTER, made, notice)
    assert (notice, notice_of(0, is_demo=False)) == (DEMO_NOTICE, "")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        words = book.read("xl/sharedStrings.xml").decode()
        first, second = (book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))
    assert DEMO_NOTICE in words and "합계" in words and "결재" in words
    assert "<v>7</v>" in first and "<v>1.5</v>" in second
    assert {column.group for column in COLUMNS} == {"", *(group for groups in SHEETS.values() for group in groups)}
    assert all(column.heading in words for column in COLUMNS)


def test_what_looks_by_eye_cost_and_how_many_hidden_lenses_eyes_saw(site: Site, filled: dict[str, list[UUID]]) -> None:
    here, there = filled["mapo-gu"], filled["jung-gu"]
    cost: dict[str, Any] = {"eye_looks": 3, "eye_look_ms": 24_000, "eye_controls": 2, "eye_errors": 1}
    for name in ("one", "two", "three"):
        site.add_user(name, "inspector", name)
    with site.db.write() as connection:
        connection.execute(insert(sweeps), [_sweep(here[0]) | cost, _sweep(here[1], persons=1) | cost])
        people = connection.scalars(select(users.c.user_id).where(users.c.username.in_(["one", "two", "three"]))).all()
        hidden = [
            {"run_id": new_id(), "user_id": user, "room_id": room, "hidden_json": "[]", "hidden_ms": to_ms(MARCH),
             "eye_shown": 2, "eye_seen": seen}
            for seen, user in enumerate(people) for room in (here[0], *there[:1])[: 1 + (seen < 2)]
        ]  # fmt: skip
        connection.execute(insert(practice_runs), hidden)
        lines = {line.district_id: line for line in gather(connection, QUARTER, None, TODAY)}
    line, other = lines["mapo-gu"], lines["jung-gu"]
    assert (line.eye_looks, line.eye_look_ms, line.eye_controls, line.eye_errors) == (3, 24_000, 2, 1)
    assert (line.eye_shown, line.eye_seen) == (6, 3)
    assert (other.eye_shown, other.eye_seen) == (0, 0), "the sum of two is nobody's to tell"
    said = {column.heading: column.value(line) for column in COLUMNS}
    assert said["점검 한 번에 든 시간(초)"] == 6.0
    unlooked = {column.heading: column.value(DistrictLine("가구", full=2)) for column in COLUMNS}
    assert (unlooked["점검 한 번에 살핀 곳"], unlooked["점검 한 번에 든 시간(초)"]) == ("–", "–")
    assert said["육안 탐지율(찾은 것/숨긴 것)"] == "3/6 (22~78 %)"
    assert said["대조 오류(오류/대조)"] == "1/2 (12~88 %)"
    assert {column.heading: column.value(other) for column in COLUMNS}["육안 탐지율(찾은 것/숨긴 것)"] == "–"
    officer = site.login("city_officer", "시담당-01")
    (view,) = [
        one
        for one in officer.http.get("/api/statistics", params={"year": 2026, "quarter": 1}).json()["districts"]
        if one["district_id"] == "mapo-gu"
    ]  # fmt: skip
    assert (view["eye_seen"], round(view["eye_seen_low"], 2), round(view["eye_seen_high"], 2)) == (3, 0.22, 0.78)
