"""Cases through the routes: from a candidate to the police, wrong turns, repairs, corrections, and what remains."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, text

from server.ingest.persons import write_for
from server.people.auth import check_password
from server.projections import projecting
from server.store.clock import today
from server.store.schema import cases
from sweep.entry import kinds
from sweep.entry.envelope import make_body
from sweep.report import new_id, to_json
from sweep.report.case_records import CaseStep
from tests.report_factory import clock
from tests.server.conftest import PASSWORD, Call, Client, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

SECOND = {"username": "second", "password": PASSWORD}
FOUND_STEPS: tuple[dict[str, Any], ...] = (
    {"step": "looked_at", "seen": "object"},
    {"step": "camera", "was_touched": False},
    {"step": "room_closed", "guarded_by": "점검자-02"},
    {"step": "police_called", "receipt_no": "2026-112-000431"},
    {"step": "photographed", "commitment": None, "why_not": "촬영 장비 없음"},
    {"step": "police_asked", "document_no": "수사-77", "officer": "김경위", "wanted": ["wifi_timeline"]},
    {
        "step": "handed_over",
        "officer": "김경위",
        "station": "마포경찰서",
        "rank": "경위",
        "receipt_no": "2026-112-000431",
        "seal_no": "봉인 12",
    },
    {"step": "reported_to_city", "to": "시 여성안전과"},
)
WRONG: dict[str, dict[str, Any]] = {
    "candidate": {"step": "police_called", "receipt_no": "1"},
    "looked_at": {"step": "handed_over", **dict.fromkeys(("officer", "station", "rank"), "아무개")}
    | {"receipt_no": "1", "seal_no": "1"},
    "camera": {"step": "police_called", "receipt_no": "1"},
    "room_closed": {"step": "reported_to_city", "to": "시"},
    "police_called": {"step": "not_camera", "what": "나사"},
    "handed_over": {"step": "reopened", "why": "다시"},
    "reported_to_city": {"step": "reopened", "why": "다시"},
}


@pytest.fixture
def two(site: Site) -> Client:
    """A supervisor who is logged in; the second person is called `second`."""
    site.add_user("second", "inspector", "점검자-02")
    return site.login("supervisor", "감독자-01")


def sweep(site: Site, probe: Probe) -> UUID:
    """A sweep with one finding, that arrived."""
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    return sweep_id


def take(client: Client, case_id: str, step: dict[str, Any], second: dict[str, str] | None = SECOND) -> httpx.Response:
    return client.post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})


def test_a_found_camera_from_candidate_to_city(site: Site, two: Client, call: Call) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id = sweep(site, probe)
    (case,) = two.get("/api/cases").json()["cases"]
    assert (case["state"], case["sweep_id"], case["is_open"]) == ("candidate", str(sweep_id), True)
    case_id, later = case["case_id"], new_id()
    for wire in (probe.opened(later), probe.report_changed(later, findings=())):
        assert site.send(wire).status_code == 200
    state = two.get(f"/api/rooms/{DEMO_ROOM}/state").json()  # an empty sweep hides nothing
    assert [one["case_id"] for one in state["open_cases"]] == [case_id]
    assert state["last_visit_sweep_id"] in {str(sweep_id), str(later)}
    assert take(two, case_id, FOUND_STEPS[0], None).json()["error"]["code"] == "second_person_needed"
    assert take(two, case_id, FOUND_STEPS[0], SECOND | {"password": "wrong"}).status_code == 401
    sentences = set()
    for step in FOUND_STEPS:
        state = two.get(f"/api/cases/{case_id}").json()["state"]
        refused = take(two, case_id, WRONG[state])
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_now"), state
        sentences.add(refused.json()["error"]["message"]["ko"])
        answer = take(two, case_id, step)
        assert answer.status_code == 201, answer.text
    assert take(two, case_id, WRONG["reported_to_city"]).status_code == 409
    assert len(sentences) == len(FOUND_STEPS) - 2  # a photograph and a request of the police leave the state
    detail = two.get(f"/api/cases/{case_id}").json()
    assert (detail["state"], detail["is_open"], detail["is_found"]) == ("reported_to_city", True, True)
    assert [event["step"]["step"] for event in detail["events"]] == [step["step"] for step in FOUND_STEPS]
    assert detail["events"][0]["step"]["second_person"] == "점검자-02"
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    report_body = two.get(f"/api/sweeps/{sweep_id}").json()["entries"][1]["bodies"][0]["commitment"]
    held = site.login("admin").post(
        f"/api/bodies/{report_body}/erase",
        {
            "reason": {"ko": "시험", "en": "test"},
            "second_person_username": "second",
            "second_person_password": PASSWORD,
        },
    )
    assert (held.status_code, held.json()["error"]["code"]) == (409, "legal_hold")
    out = site.services.settings.data_dir / "log.jsonl"
    assert call("export", "entries", out)[0] == 0
    code, said, _ = call("verify", out)
    assert (code, "unreadable" in said) == (0, False), said


@pytest.mark.parametrize(
    ("result", "state", "stands", "persons", "is_held"),
    [("camera", "police_camera", "confirmed", "confirmed", True),
     ("none", "police_none", "no_camera", "not_recorded", False)],
)  # fmt: skip
def test_what_the_police_say_ends_the_case_everywhere(
    site: Site, two: Client, result: str, state: str, stands: str, persons: str, *, is_held: bool
) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id = sweep(site, probe)
    case_id = two.get("/api/cases").json()["cases"][0]["case_id"]
    said = {"step": "police_result", "dated": today().isoformat(), "document_no": "수사-81"}
    early = take(two, case_id, said | {"result": result})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_now")
    for step in FOUND_STEPS:
        assert take(two, case_id, step).status_code == 201
    assert take(two, case_id, said | {"result": "unknown"}).json()["case"]["state"] == "reported_to_city"
    room = two.get(f"/api/rooms/{DEMO_ROOM}").json()
    assert (room["persons"], room["standing"]["counts"]) == ("found", [{"state": "found", "count": 1}])
    ended = take(two, case_id, said | {"result": result}).json()["case"]
    assert (ended["state"], ended["is_open"], ended["is_found"]) == (state, False, is_held)
    assert two.get("/api/cases").json()["cases"] == [] == two.get(f"/api/rooms/{DEMO_ROOM}/state").json()["open_cases"]
    room, detail = two.get(f"/api/rooms/{DEMO_ROOM}").json(), two.get(f"/api/sweeps/{sweep_id}").json()
    assert (room["persons"], room["standing"], detail["summary"]["persons"]) == (persons, None, persons)
    assert [one["state"] for one in detail["findings"]] == [stands]
    assert (room["equipment"], detail["summary"]["equipment"]) == ("to_inspect", "to_inspect")
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    reason = {"ko": "시험", "en": "test"}
    erase = {"reason": reason, "second_person_username": "second", "second_person_password": PASSWORD}
    body = detail["entries"][1]["bodies"][0]["commitment"]
    erased = site.login("admin").post(f"/api/bodies/{body}/erase", erase)
    assert erased.status_code == (409 if is_held else 201), erased.text


OLD_ORDER: tuple[dict[str, Any], ...] = (
    {"step": "looked_at", "second_person": "감독자-01", "seen": "object"},
    {"step": "camera", "second_person": "감독자-01", "was_touched": False},
    {"step": "room_closed", "guarded_by": "점검자-02"},
    {"step": "photographed", "commitment": None, "why_not": "촬영 장비 없음"},
    {"step": "police_called", "receipt_no": "2026-112-000431"},
    FOUND_STEPS[6],
)
"""As an earlier release wrote them: photographs before 112, and a hand-over that names nobody beside its author."""


@pytest.mark.parametrize(
    ("written", "state", "left"),
    [(4, "room_closed", FOUND_STEPS[3:4] + FOUND_STEPS[6:]), (6, "handed_over", FOUND_STEPS[7:])],
    ids=["stopped at the photographs", "handed over"],
)
def test_a_log_of_the_older_order_stands_and_goes_on(
    site: Site, two: Client, call: Call, written: int, state: str, left: tuple[dict[str, Any], ...]
) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep(site, probe)
    case_id = two.get("/api/cases").json()["cases"][0]["case_id"]
    for step in OLD_ORDER[:written]:
        _as_before(site, case_id, step)
    projecting.drain(site.db)
    case = two.get(f"/api/cases/{case_id}").json()
    assert (case["state"], len(case["events"]), case["is_found"]) == (state, written, True)
    if written == len(OLD_ORDER):
        assert case["events"][-1]["step"]["second_person"] is None
    for step in left:
        assert take(two, case_id, step).status_code == 201, step
    ended = {"step": "police_result", "result": "camera", "dated": today().isoformat(), "document_no": "수사-81"}
    assert take(two, case_id, ended).json()["case"]["state"] == "police_camera"
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    out = site.services.settings.data_dir / "log.jsonl"
    assert call("export", "entries", out)[0] == 0
    code, said, _ = call("verify", out)
    assert (code, "unreadable" in said) == (0, False), said


def _as_before(site: Site, case_id: str, step: dict[str, Any]) -> None:
    """An entry of the server's own pen, past the rule that it goes by today."""
    person = check_password(site.db, "second", PASSWORD)
    with site.db.write() as connection:
        row = connection.execute(select(cases).where(cases.c.case_id == UUID(case_id))).one()
        said = {"v": 1, "case_id": row.case_id, "finding_id": row.finding_id, "step": step, "decided": clock(30)}
        write_for(
            connection, site.services.server_signer, person, kind=kinds.CASE_STEP, source=row.source,
            room_id=row.recorded_room_id, sweep_id=row.sweep_id, refs=(),
            body=make_body(kinds.CASE_STEP_TYPE, to_json(CaseStep.model_validate(said))),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ({"step": "camera", "was_touched": False}, "camera"),
        ({"step": "not_camera", "what": "나사"}, "not_camera"),
        ({"step": "defect_found", "defect": "hole"}, "defect"),
    ],
)
def test_a_decision_brings_its_look_along_by_one_proof(
    site: Site, two: Client, decision: dict[str, Any], state: str
) -> None:
    opening = {"step": {"step": "reported", "what": "환풍구의 검은 점"}}
    case_id = two.post(f"/api/rooms/{DEMO_ROOM}/cases", opening).json()["case"]["case_id"]
    path, seen = f"/api/cases/{case_id}/steps", {"seen": "hole"}
    body = {"step": decision, "step_id": str(new_id())} | seen
    assert two.post(path, body | {"second_person": None}).json()["error"]["code"] == "second_person_needed"
    for early in ({"step": "not_reached", "why": "높음"}, {"step": "room_closed", "guarded_by": "점검자-02"}):
        refused = two.post(path, {"step": early, "second_person": SECOND} | seen)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_now")
    for _ in range(2):  # its answer was lost
        answer = two.post(path, body | {"second_person": SECOND})
        assert (answer.status_code, answer.json()["case"]["state"]) == (201, state), answer.text
    events = two.get(f"/api/cases/{case_id}").json()["events"][1:]
    assert [event["step"]["step"] for event in events] == ["looked_at", decision["step"]]
    looked = events[0]["step"]
    assert (looked["seen"], looked["second_person"]) == ("hole", "점검자-02")
    again = two.post(path, body | {"second_person": SECOND, "step_id": str(new_id())})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_now")
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before


def test_the_station_of_the_last_hand_over_is_proposed(two: Client) -> None:
    def last_of(steps: tuple[dict[str, Any], ...]) -> str:
        opened = two.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "검은 점"}})
        case_id = opened.json()["case"]["case_id"]
        for step in steps:
            assert take(two, case_id, step).status_code == 201
        station: str = two.get(f"/api/cases/{case_id}").json()["last_station"]
        return station

    assert last_of(FOUND_STEPS) == "", "its own is none before it"
    assert last_of(FOUND_STEPS[:2]) == "마포경찰서"
    assert last_of(FOUND_STEPS[:1]) == "", "nothing is found there"


def test_a_step_sent_again_is_one_step(site: Site, two: Client) -> None:
    """Its answer was lost with the battery; the phone that starts again sends it once more."""
    case_id, step_id = str(new_id()), str(new_id())
    opening = {"step": {"step": "reported", "what": "환풍구의 검은 점"}, "case_id": case_id}
    for _ in range(2):
        assert two.post(f"/api/rooms/{DEMO_ROOM}/cases", opening).json()["case"]["case_id"] == case_id
    assert len(two.get(f"/api/cases/{case_id}").json()["events"]) == 1
    body = {"step": FOUND_STEPS[0], "second_person": SECOND, "step_id": step_id}
    first, again = (two.post(f"/api/cases/{case_id}/steps", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json()["entry_id"] == again.json()["entry_id"] == step_id
    assert len(two.get(f"/api/cases/{case_id}").json()["events"]) == 2
    other = two.post(f"/api/cases/{case_id}/steps", body | {"step": FOUND_STEPS[0] | {"seen": "hole"}})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "step_known")


def _rows(site: Site) -> list[Any]:
    with site.db.read() as connection:
        return [tuple(row) for row in connection.execute(select(cases).order_by(cases.c.case_id))]


def test_a_repair_is_handed_over_at_once_and_closed_once_the_police_released_the_room(site: Site, two: Client) -> None:
    admin = site.login("admin")
    name = {"ko": "시설", "en": "Facility"}
    facility = admin.post("/api/facilities", {"name": name, "address": "어딘가 1"}).json()["facility_id"]
    rooms = [
        admin.post(f"/api/facilities/{facility}/rooms", {"name": name, "kind": "restroom"}).json()["room_id"]
        for _ in range(2)
    ]

    def opened(room: str, step: dict[str, Any]) -> str:
        return str(two.post(f"/api/rooms/{room}/cases", {"step": step}).json()["case"]["case_id"])

    lock = {"step": "defect_found", "defect": "door_lock"}
    here, elsewhere = opened(rooms[0], lock), opened(rooms[1], lock)
    strange = opened(rooms[0], {"step": "reported", "what": "벽의 구멍"})
    due = (today() + timedelta(days=5)).isoformat()
    given = {"step": "repair_handed", "handed_to": "시설 관리 담당", "due": due}
    for wrong, code in (({"handed_to": ""}, "invalid_request"), ({"handed_to": "https://example.org"}, "no_links")):
        assert take(two, here, given | wrong).json()["error"]["code"] == code
    for step in FOUND_STEPS[:2]:
        assert take(two, strange, step).status_code == 201
    repaired, holds = {"step": "repaired", "by": "시설관리팀"}, {"step": "rechecked", "holds": True}
    case = take(two, here, given).json()["case"]
    assert (case["state"], case["due"]) == ("defect", due)
    assert "repaired" not in case["allowed"] and "repair_handed" in case["allowed"]
    refused = take(two, here, repaired)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "room_not_released")
    assert refused.json()["error"]["message"]["ko"] == case["next"]["ko"]
    assert take(two, elsewhere, repaired).status_code == 201
    assert take(two, strange, given).json()["error"]["code"] == "not_now"
    police = {"step": "police_result", "result": "camera", "dated": today().isoformat(), "document_no": "수사-81"}
    for step in ({"step": "room_closed", "guarded_by": "점검자-02"}, {"step": "police_called", "receipt_no": "7"}):
        assert take(two, strange, step).status_code == 201
        assert take(two, here, repaired).json()["error"]["code"] == "room_not_released"
    assert take(two, strange, police).json()["case"]["state"] == "police_camera"
    # Whoever works on cases confirms it, not only who asked for it.
    officer = site.login("district_officer", "담당-01")
    for step, state in ((repaired, "repaired"), (holds, "hole_repaired")):
        assert take(officer, here, step, None).json()["case"]["state"] == state
    events = two.get(f"/api/cases/{here}").json()["events"]
    assert [(event["step"]["step"], event["person"]) for event in events][-3:] == [
        ("repair_handed", "감독자-01"), ("repaired", "담당-01"), ("rechecked", "담당-01"),
    ]  # fmt: skip


def test_repairs_corrections_companions_and_words(site: Site, two: Client) -> None:
    admin = site.login("admin")
    name = {"ko": "시설", "en": "Facility"}
    facility = admin.post("/api/facilities", {"name": name, "address": "어딘가 1"}).json()["facility_id"]
    room, other = (
        admin.post(f"/api/facilities/{facility}/rooms", {"name": name, "kind": "restroom"}).json()["room_id"]
        for _ in range(2)
    )
    path = f"/api/rooms/{room}/cases"
    gap = {"step": "defect_found", "defect": "floor_gap", "measured_mm": 5}
    fine = two.post(path, {"step": gap})
    assert (fine.status_code, fine.json()["error"]["code"]) == (409, "no_defect")
    opened = two.post(path, {"step": gap | {"measured_mm": 6, "installed": "2024-01-01"}}).json()
    case_id = opened["case"]["case_id"]
    assert opened["case"]["state"] == "defect" and opened["case"]["due"] > today().isoformat()
    last: dict[str, Any] = opened
    assert take(two, case_id, {"step": "rechecked", "holds": True}).json()["error"]["code"] == "not_now"
    for step, state in (
        ({"step": "repaired", "by": "시설관리팀"}, "repaired"),
        ({"step": "rechecked", "holds": False}, "defect"),
        ({"step": "repaired", "by": "시설관리팀"}, "repaired"),
        ({"step": "room_corrected", "room_id": other, "why": "옆 화장실이었음"}, "repaired"),
        ({"step": "rechecked", "holds": True}, "hole_repaired"),
    ):
        last = take(two, case_id, step).json()
        assert last["case"]["state"] == state
    assert (last["case"]["room_id"], last["case"]["recorded_room_id"]) == (other, room)
    witnessed = {
        "step": "witnessed",
        "agency": "마포경찰서",
        "name": "박순경",
        "rank": "순경",
        "strokes": [[[1, 2], [3, 4]]],
    }
    stale = take(two, case_id, witnessed | {"shown_hash": opened["entry_hash"]}, None)
    assert stale.json()["error"]["code"] == "hash_not_shown"
    assert take(two, case_id, witnessed | {"shown_hash": last["entry_hash"]}, None).status_code == 201
    for what, code in (("몰카로 보임", "hurtful_word"), ("https://example.org", "no_links"), ("벽의 구멍", None)):
        answer = two.post(path, {"step": {"step": "reported", "what": what}})
        assert (answer.json()["error"]["code"] if code else answer.status_code) == (code or 201)
    linked = take(two, case_id, witnessed | {"shown_hash": last["entry_hash"], "agency": "clips。tv"}, None)
    assert linked.json()["error"]["code"] == "no_links"
    state = two.get(f"/api/rooms/{room}/state").json()
    assert [case["state"] for case in state["open_cases"]] == ["candidate"] and state["last_visit"] is None
    assert two.get(f"/api/rooms/{new_id()}/state").status_code == 404
    demo = two.get(f"/api/rooms/{DEMO_ROOM}/state").json()
    assert demo["open_cases"] == []
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    with site.db.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM entries WHERE NOT is_readable")) == 0
