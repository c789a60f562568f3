"""What people note of a visit: an entry of its own, part of the persons' result, and when it is refused."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.store.schema import entries
from sweep.entry.kinds import VISIT_NOTED
from sweep.report import new_id, parse_json
from sweep.report.visit_records import Noted, note_hash
from tests.report_factory import make_report
from tests.server.conftest import Client, Site
from tests.server.sweep_kit import Probe

NOTE: dict[str, Any] = {
    "by_eye": "nothing_unusual",
    "spots": ["vent", "partition"],
    "marks": None,
    "occasion": "regular",
    "companions": None,
    "emergency_bell": "works",
    "measures": ["sticker"],
    "confirmed_by": "시설관리 담당",
}


@pytest.fixture
def person(site: Site) -> Client:
    return site.login("inspector", "점검자-01")


def _sweep(site: Site, **changes: object) -> UUID:
    probe, sweep_id = Probe(), new_id()
    site.admit(probe.signer)
    for wire in (probe.opened(sweep_id), probe.report_changed(sweep_id, **changes)):
        assert site.send(wire).status_code == 200
    return sweep_id


def _note(person: Client, sweep_id: UUID, **changes: Any) -> Any:
    return person.post(f"/api/sweeps/{sweep_id}/note", NOTE | changes)


def _line(person: Client) -> dict[str, str]:
    answer = person.get("/api/exports/inspection-log?from=2026-01-01&to=2026-12-31&reason=월간")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return row


def test_the_persons_word_stands_beside_that_of_the_equipment(site: Site, person: Client) -> None:
    sweep_id = _sweep(site, findings=())
    before = person.get(f"/api/sweeps/{sweep_id}").json()
    assert (before["visit"]["note"], before["summary"]["persons"]) == (None, "not_recorded")
    assert _note(person, sweep_id).status_code == 201
    after = person.get(f"/api/sweeps/{sweep_id}").json()
    assert after["summary"]["persons"] == "nothing_unusual"
    assert (after["visit"]["noted_by"], after["visit"]["note"]["spots"]) == ("점검자-01", ["vent", "partition"])
    equipment = before["summary"]["equipment"], after["summary"]["equipment"]
    assert equipment == ("to_inspect", "to_inspect"), "a method names a place, and the note changes nothing of it"
    row = _line(person)
    assert (row["점검 결과(사람)"], row["장비 점검 결과"]) == (
        "[시뮬레이션 기록] 특이사항 없음(육안·탐지기)",
        "[시뮬레이션 기록] 확인할 곳",
    )
    assert (row["점검구분(정기·수시·합동)"], row["비상벨 작동"], row["조치"], row["확인자"]) == (
        "정기", "정상", "점검 스티커 부착", "시설관리 담당",
    )  # fmt: skip


def test_the_last_note_counts_and_both_stay_in_the_log(site: Site, person: Client) -> None:
    sweep_id = _sweep(site, findings=())
    assert _note(person, sweep_id).status_code == 201
    marks = {"by_eye": "marks", "marks": "2번 칸 나사 구멍"}
    assert _note(person, sweep_id, **marks).status_code == 201
    detail = person.get(f"/api/sweeps/{sweep_id}").json()
    assert (detail["visit"]["note"]["by_eye"], detail["summary"]["persons"]) == ("marks", "suspected")
    with site.db.read() as connection:
        kept = connection.scalars(select(entries.c.status).where(entries.c.kind == VISIT_NOTED)).all()
    assert kept == ["accepted", "accepted"]


def test_a_named_place_is_looked_at_before_anybody_says_that_nothing_was_unusual(site: Site, person: Client) -> None:
    sweep_id = _sweep(site)
    refused = _note(person, sweep_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "look_first")
    assert _note(person, sweep_id, by_eye="marks", marks="환풍구 안 점").status_code == 201
    finding_id = person.get(f"/api/sweeps/{sweep_id}").json()["report"]["findings"][0]["finding_id"]
    verdict = {"sweep_id": str(sweep_id), "verdict": "no_camera"}
    assert person.post(f"/api/findings/{finding_id}/disposition", verdict).status_code == 201
    assert _note(person, sweep_id).status_code == 201
    assert person.get(f"/api/sweeps/{sweep_id}").json()["summary"]["persons"] == "nothing_unusual"


def test_a_place_that_waits_for_its_second_look_is_looked_at_first_too(site: Site, person: Client) -> None:
    waiting = make_report().findings[0].model_copy(update={"stage": "first_look"})
    sweep_id = _sweep(site, findings=(waiting,), outcome="aborted")
    refused = _note(person, sweep_id)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "look_first")


def test_the_same_note_sent_again_is_one(site: Site, person: Client) -> None:
    sweep_id, note_id = _sweep(site, findings=()), str(new_id())
    first, again = (_note(person, sweep_id, note_id=note_id).json() for _ in range(2))
    assert first == again == {"entry_id": note_id, "log_index": first["log_index"]}
    other = _note(person, sweep_id, note_id=note_id, emergency_bell="broken")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "note_known")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"marks": "구멍"}, 400, "invalid_request"),
        ({"by_eye": "marks", "marks": "몰카 구멍"}, 400, "hurtful_word"),
        ({"companions": "https://example.kr"}, 400, "no_links"),
        ({"companions": "ｅｘａｍｐｌｅ。ｋｒ"}, 400, "no_links"),
        ({"by_eye": "marks", "marks": "몰ㅋㅏ 구멍"}, 400, "hurtful_word"),
        ({"spots": ["roof"]}, 400, "invalid_request"),
    ],
)
def test_what_contradicts_itself_or_may_hurt_is_refused(
    site: Site, person: Client, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = _note(person, _sweep(site, findings=()), **changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_sweep_that_nobody_knows_has_no_note(person: Client) -> None:
    assert _note(person, new_id()).status_code == 404


ZONE: dict[str, Any] = {
    "zone_id": "stall-1",
    "fine": ["vent", "light"],
    "marked": ["partition"],
    "holes": 2,
    "floor_gap_mm": 9,
    "ceiling_gap_mm": None,
    "emergency_bell": "works",
    "sticker": True,
    "broken": [],
}


def test_a_checklist_is_kept_zone_by_zone_and_each_zone_once(site: Site, person: Client) -> None:
    sweep_id = _sweep(site, findings=())
    marks = {"by_eye": "marks", "marks": "1번 칸 구멍 2곳"}
    assert _note(person, sweep_id, **marks, zones=[ZONE, ZONE]).status_code == 400
    assert _note(person, sweep_id, **marks, zones=[ZONE | {"fine": ["partition"]}]).status_code == 400
    assert _note(person, sweep_id, **marks, zones=[ZONE]).status_code == 201
    assert person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["note"]["zones"] == [ZONE]
    told = "1번 칸: 이상 없음 2부위, 표시 칸막이 틈새·나사 구멍, 구멍 2개, 아래 틈 9 mm, 스티커로 막음"
    assert _line(person)["구역별 육안 점검"] == told


def test_a_signature_is_over_the_note_that_was_shown(site: Site, person: Client) -> None:
    sweep_id = _sweep(site, findings=())
    by_finger = {
        "signed_as": "witness",
        "agency": "가상경찰서",
        "name": "김경위",
        "rank": "경위",
        "shown_hash": "0" * 64,
        "strokes": [[[10, 20], [30, 40]]],
        "signature_id": str(new_id()),
    }

    def sign(**changes: Any) -> Any:
        return person.post(f"/api/sweeps/{sweep_id}/signatures", by_finger | changes)

    assert sign().json()["error"]["code"] == "hash_not_shown", "nothing was written down yet"
    assert _note(person, sweep_id).status_code == 201
    shown = person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["note_hash"]
    assert sign().json()["error"]["code"] == "hash_not_shown"
    first, again = sign(shown_hash=shown), sign(shown_hash=shown)
    assert (first.status_code, again.json()) == (201, first.json())
    other = sign(shown_hash=shown, name="박경위")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "signature_known"), "no second one under its id"
    assert sign(shown_hash=shown, signature_id=None, strokes=[]).status_code == 400
    (kept,) = person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["signatures"]
    assert kept["signature_id"] == by_finger["signature_id"]
    assert (kept["signed_as"], kept["rank"], kept["taken_by"], kept["is_of_last_note"]) == (
        "witness", "경위", "점검자-01", True,
    )  # fmt: skip
    keeper = {"signed_as": "keeper", "agency": "시설관리팀", "rank": None, "name": "박담당"}
    assert sign(shown_hash=shown, signature_id=None, **keeper).status_code == 201
    row = _line(person)
    assert row["동행·입회"] == "가상경찰서 경위 입회 서명"
    assert row["확인자"] == "시설관리 담당, 시설관리팀 확인 서명"
    assert not {name for name in ("김경위", "박담당") if name in str(row)}, "names stay in the log"
    assert _note(person, sweep_id, emergency_bell="broken").status_code == 201
    kept = person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["signatures"]
    assert [one["is_of_last_note"] for one in kept] == [False, False]
    assert _line(person)["동행·입회"] == "미기재", "what was signed was another note"
    assert sign(shown_hash=shown, signature_id=str(new_id())).json()["error"]["code"] == "hash_not_shown"


def test_a_note_that_waits_on_a_phone_is_signed_by_what_it_says(site: Site, person: Client) -> None:
    sweep_id, note_id = _sweep(site, findings=()), new_id()
    said = parse_json(Noted, json.dumps(NOTE).encode())
    by_finger = {
        "signed_as": "keeper",
        "agency": "시설관리팀",
        "name": "박담당",
        "rank": None,
        "shown": "note",
        "strokes": [[[10, 20], [30, 40]]],
    }
    minutes_ago = {"decided": "2026-05-04T01:00:00Z", "sent": "2026-05-04T01:20:00Z"}
    assert _note(person, sweep_id, note_id=str(note_id), claimed=minutes_ago).status_code == 201
    for shown, status in (
        (note_hash(said, sweep_id, new_id()), 409),
        (note_hash(said.model_copy(update={"emergency_bell": "broken"}), sweep_id, note_id), 409),
        (person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["note_hash"], 409),
        (note_hash(said, sweep_id, note_id), 201),
    ):
        body = by_finger | {"shown_hash": shown, "claimed": minutes_ago}
        assert person.post(f"/api/sweeps/{sweep_id}/signatures", body).status_code == status
    visit = person.get(f"/api/sweeps/{sweep_id}").json()["visit"]
    (kept,) = visit["signatures"]
    assert (kept["is_of_last_note"], kept["claimed"]["utc"]) == (True, minutes_ago["decided"])
    assert visit["claimed"]["utc"] == minutes_ago["decided"]
    assert _line(person)["확인자"] == "시설관리 담당, 시설관리팀 확인 서명"
    assert _note(person, sweep_id, emergency_bell="broken").status_code == 201
    (kept,) = person.get(f"/api/sweeps/{sweep_id}").json()["visit"]["signatures"]
    assert not kept["is_of_last_note"], "what was signed was another note"
