"""Inspections with other instruments than a probe: two persons' word, in log, exports, schedule and verifier."""

from __future__ import annotations

import csv
import io
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select, update

from server.config.inspection_policy import Method, read_policy
from server.interface.words import EQUIPMENT
from server.projections import projecting
from server.schedule.listing import due_list
from server.standing.inspections import is_too_fast
from server.store.clock import today
from server.store.schema import alarms, cases, entries, rooms, sweeps
from sweep.entry.kinds import INSPECTED, INSPECTION_CONFIRMED
from sweep.report import new_id
from sweep.report.inspection_records import InstrumentLook
from sweep.report.words import COVERAGE_WORDS
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.district_kit import person
from tests.server.inspection_kit import MAPO, Ground, ground
from tests.server.log.test_package import packed
from tests.server.log_kit import verified
from tests.server.sweep_kit import Probe
from tests.server.verifier.judges import both

METHODS: tuple[Method, ...] = ("equipment", "visual")
PLACE = {"x_m": 1.0, "y_m": 0.5}


@pytest.fixture
def mapo(site: Site) -> Ground:
    return ground(site)


def _summary(client: Client, sweep_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/sweeps/{sweep_id}").json()["summary"]
    return found


def _states(site: Site, of: Ground) -> dict[str, str]:
    """What each rule says of the room today, which was there since long ago."""
    projecting.drain(site.db)
    with site.db.write() as connection:
        connection.execute(update(rooms).values(created_ms=0))
    rules = tuple(rule.model_copy(update={"again_per_day": 0.0}) for rule in read_policy())
    states: dict[str, str] = {}
    for method in METHODS:
        found = due_list(
            site.db,
            rules,
            today=today(),
            district_id=MAPO,
            states=("waiting", "due", "overdue", "missed", "done"),
            method=method,
            limit=100,
        )
        states |= {one.rule: one.state for one in found.items if one.room_id == of.room_id}
    return states


def test_two_persons_record_and_confirm_what_an_instrument_showed(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    sweep_id = body["sweep_id"]
    recorded = mapo.record(body)
    assert recorded.status_code == 201, recorded.text
    detail = mapo.first.get(f"/api/sweeps/{sweep_id}").json()
    assert (detail["report"], detail["inspection"]["confirmed_by"], detail["inspection"]["zones_left"]) == (
        None, None, [],
    )  # fmt: skip
    assert (detail["summary"]["equipment"], detail["summary"]["persons"]) == ("not_measured", "nothing_unusual")
    assert (detail["summary"]["mode"], detail["summary"]["outcome"]) == ("checked", "completed")
    assert detail["summary"]["inspectors"] == [detail["inspection"]["recorded_by"]]
    assert {one["checked"] for one in detail["inspection"]["said"]["instruments"]} == {today().isoformat()}
    confirmed = mapo.confirm(sweep_id)
    assert confirmed.status_code == 201, confirmed.text
    assert mapo.confirm(sweep_id).json() == confirmed.json()  # once
    assert mapo.record(body | {"sent": datetime.now(UTC).isoformat()}).json() == recorded.json()
    assert len(_summary(mapo.first, sweep_id)["inspectors"]) == 2
    with site.db.read() as connection:
        told = connection.execute(
            select(entries.c.kind, entries.c.subject, entries.c.assurance, entries.c.source)
            .where(entries.c.sweep_id == UUID(sweep_id))
            .order_by(entries.c.log_index)
        ).all()
        assert verified(connection).problems == []
    assert [row.kind for row in told] == [INSPECTED, INSPECTION_CONFIRMED]
    assert len({row.subject for row in told}) == 2
    assert {(row.assurance, row.source) for row in told} == {("password", "live")}
    room = mapo.first.get(f"/api/rooms/{mapo.room_id}").json()
    assert [one["sweep_id"] for one in room["sweeps"]] == [sweep_id]


def test_the_first_person_does_not_confirm_and_a_wrong_hash_neither(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    me = mapo.first.get("/api/me").json()["user"]["username"]
    again = {"username": me, "password": "a-long-password"}
    assert mapo.confirm(body["sweep_id"], second_person=again).status_code == 403
    assert mapo.confirm(body["sweep_id"], shown_hash="0" * 64).json()["error"]["code"] == "hash_not_shown"
    stranger = person(site, "inspector", "demo-gu").get("/api/me").json()["user"]["username"]
    foreign = {"username": stranger, "password": "a-long-password"}
    assert mapo.confirm(body["sweep_id"], second_person=foreign).status_code == 404
    assert _summary(mapo.first, body["sweep_id"])["inspectors"] != []
    with site.db.read() as connection:
        assert connection.scalar(select(sweeps.c.persons)) == 1


@pytest.mark.parametrize(
    ("kind", "checked", "two", "done"),
    [
        ("lens_finder", True, True, {"statute", "monthly", "daily"}),
        ("lens_finder", False, True, {"statute", "daily"}),
        ("lens_finder", True, False, {"daily"}),
        ("by_eye", True, True, {"statute", "daily"}),
        ("by_eye", True, False, {"daily"}),
    ],
)
def test_which_rules_an_inspection_fulfils(site: Site, kind: str, checked: bool, two: bool, done: set[str]) -> None:
    mapo = ground(site, checked=checked)
    body = mapo.body(kind=kind)
    assert mapo.record(body).status_code == 201
    if two:
        assert mapo.confirm(body["sweep_id"]).status_code == 201
    states = _states(site, mapo)
    assert {rule for rule, state in states.items() if state == "done"} == done


def sealed(mapo: Ground, about: str, **named: str) -> str:
    """A second person's PIN as a phone seals it (server/people/sealed_pins.py)."""
    to = b64decode(mapo.first.get("/api/me/phone-key").json()["pins_to"])
    once = generate_private_key(SECP256R1())
    point = once.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = once.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), to))
    key = HKDF(SHA256(), 32, salt=None, info=b"ansim second pin" + point + to).derive(shared)
    return b64encode(point + AESGCM(key).encrypt(bytes(12), json.dumps(named).encode(), about.encode())).decode()


def test_a_second_person_s_pin_comes_along_sealed_and_confirms_once(mapo: Ground) -> None:
    mapo.second.put("/api/pin", {"pin": "402913"})
    body = mapo.body()
    about = body["sweep_id"]
    body["second_sealed"] = sealed(mapo, about, username=mapo.second_name, pin="402913")
    assert mapo.record(body).status_code == 201
    seen = mapo.first.get(f"/api/sweeps/{about}").json()["inspection"]
    assert seen["confirmed_by"] is not None
    assert mapo.record(body).status_code == 201  # its answer was lost
    assert mapo.first.get(f"/api/sweeps/{about}").json()["inspection"] == seen


@pytest.mark.parametrize("wrong", ["pin", "password", "about", "first", "torn", "not_sealed"])
def test_what_is_not_a_second_person_s_pin_leaves_an_inspection_of_one(mapo: Ground, wrong: str) -> None:
    mapo.second.put("/api/pin", {"pin": "402913"})
    body = mapo.body()
    first_name = mapo.first.get("/api/me").json()["user"]["username"]
    named = {"username": first_name if wrong == "first" else mapo.second_name}
    named |= {"password": PASSWORD} if wrong == "password" else {"pin": "730264" if wrong == "pin" else "402913"}
    text = sealed(mapo, str(new_id()) if wrong == "about" else body["sweep_id"], **named)
    if wrong == "torn":
        text = text[:-8] + "AAAAAAA="
    body["second_sealed"] = b64encode(bytes(200)).decode() if wrong == "not_sealed" else text
    assert mapo.record(body).status_code == 201
    assert mapo.first.get(f"/api/sweeps/{body['sweep_id']}").json()["inspection"]["confirmed_by"] is None


def test_a_room_with_a_zone_left_out_is_not_done(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    body["looks"] = body["looks"][1:]
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    summary = _summary(mapo.first, body["sweep_id"])
    assert (summary["outcome"], summary["persons"]) == ("aborted", "recheck")
    left = mapo.first.get(f"/api/sweeps/{body['sweep_id']}").json()["inspection"]["zones_left"]
    assert left == [mapo.zones[0]]
    assert "done" not in _states(site, mapo).values()


@pytest.mark.parametrize(
    ("kind", "seen", "persons", "opened"),
    [
        ("lens_finder", {"saw": "glint", "place": PLACE, "afterwards": "explained"}, "nothing_unusual", 0),
        ("lens_finder", {"saw": "glint", "place": PLACE, "afterwards": "not_explained"}, "suspected", 1),
        ("thermal_imager", {"saw": "warm_spot", "place": PLACE, "afterwards": "not_explained"}, "suspected", 1),
        ("rf_finder", {"saw": "signal"}, "recheck", 0),
        ("by_eye", {"saw": "cannot_tell"}, "recheck", 0),
    ],
)
def test_what_is_seen_opens_a_case_only_where_it_has_a_place_and_no_explanation(
    site: Site, mapo: Ground, kind: str, seen: dict[str, Any], persons: str, opened: int
) -> None:
    body = mapo.body(kind=kind)
    body["looks"][0] |= seen
    assert mapo.record(body).status_code == 201
    assert mapo.record(body).status_code == 201  # sent again it opens nothing more
    assert _summary(mapo.first, body["sweep_id"])["persons"] == persons
    with site.db.read() as connection:
        found = connection.scalars(select(cases.c.state).where(cases.c.room_id == mapo.room_id)).all()
    assert list(found) == ["candidate"] * opened


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("instrument_cannot_show", {"saw": "signal"}, 400),
    ("look_place_disagrees", {"saw": "glint"}, 400),
    ("look_place_disagrees", {"place": PLACE}, 400),
    ("instrument_needed", {"instrument_id": None}, 400),
    ("instrument_not_of_district", {"instrument_id": str(new_id())}, 409),
    ("zone_not_in_plan", {"zone_id": "nowhere"}, 400),
]


@pytest.mark.parametrize(
    ("code", "changed", "status"), WRONG, ids=[f"{code} {n}" for n, (code, *_) in enumerate(WRONG)]
)
def test_a_look_that_cannot_be_is_refused(mapo: Ground, code: str, changed: dict[str, Any], status: int) -> None:
    body = mapo.body()
    body["looks"][0] |= changed
    answer = mapo.record(body)
    assert answer.status_code == status, answer.text
    assert status == 400 or answer.json()["error"]["code"] == code


def test_what_else_is_refused(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    jung = ground(site, "jung-gu")
    now = datetime.now(UTC)
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"declared_empty": False}, 400),
        ({"looks": []}, 400),
        ({"looks": [*body["looks"], body["looks"][-1]]}, 400),
        ({"looks": body["looks"][::-1]}, 400),
        ({"borescope_rule": True}, 400),
        ({"plan_version": 9}, 400),
        ({"left": (now + timedelta(hours=1)).isoformat()}, 400),
        ({"entered": body["left"]}, 400),
        ({"door_in": jung.door}, 409),
        ({"looks": [jung.look(zone, after_s=5) for zone in mapo.zones]}, 409),
    ]
    for changed, status in wrong:
        answer = mapo.record(mapo.body() | changed)
        assert answer.status_code == status, (changed, answer.text)
    long_ago = {name: (now - timedelta(days=31)).isoformat() for name in ("entered", "left")}
    late = mapo.record(mapo.body(each_s=0) | long_ago)
    assert late.json()["error"]["code"] == "decided_too_long_ago"
    assert mapo.first.post(f"/api/rooms/{jung.room_id}/inspections", body).status_code == 404
    assert mapo.record(body).status_code == 201
    assert mapo.record(body | {"plan_version": 1, "door_in": None}).status_code == 201  # the door was known then
    changed = mapo.record(body | {"looks": body["looks"][:1]})
    assert changed.json()["error"]["code"] == "inspection_known"
    borescope = mapo.body(kind="borescope")
    assert mapo.record(borescope | {"borescope_rule": False}).status_code == 400
    assert mapo.record(borescope).status_code == 201


def test_an_impossible_pace_and_a_door_that_was_not_read_are_told_at_the_desk(site: Site, mapo: Ground) -> None:
    calm, quick = mapo.body(), mapo.body(each_s=1, door_out=None)
    assert [mapo.record(one).status_code for one in (calm, quick)] == [201, 201]
    with site.db.read() as connection:
        told = connection.execute(select(alarms.c.code, alarms.c.sweep_id)).all()
    assert {(row.code, str(row.sweep_id)) for row in told} == {
        ("inspection_too_fast", quick["sweep_id"]),
        ("door_not_read", quick["sweep_id"]),
    }
    day = person(site, "supervisor", MAPO).get("/api/desk/day").json()
    assert "inspection_too_fast" in json.dumps(day["alarms"])


def test_two_inspections_of_other_persons_that_disagree_are_told_at_the_desk(site: Site, mapo: Ground) -> None:
    def told() -> list[str]:
        projecting.drain(site.db)
        with site.db.read() as connection:
            of_this = alarms.c.code == "inspections_disagree"
            return [str(one) for one in connection.scalars(select(alarms.c.sweep_id).where(of_this))]

    other = replace(mapo, first=person(site, "inspector", MAPO))
    glint = mapo.look(mapo.zones[0], saw="glint", place=PLACE, afterwards="not_explained")
    assert mapo.record(mapo.body()).status_code == 201
    projecting.drain(site.db)
    assert other.record(mapo.body()).status_code == 201
    assert told() == []  # both saw nothing
    found = mapo.body(looks=[glint, *mapo.body()["looks"][1:]])
    assert other.record(found).status_code == 201
    assert told() == [found["sweep_id"]]  # the first one had seen nothing there


def test_pace_is_told_by_the_zones_and_not_by_the_room() -> None:
    def looks(*after_s: int) -> list[InstrumentLook]:
        return [
            InstrumentLook(
                zone_id=f"z{number}",
                instrument_id=None,
                kind="by_eye",
                saw="nothing",
                place=None,
                afterwards=None,
                after_s=one,
            )
            for number, one in enumerate(after_s)
        ]

    assert not is_too_fast([])
    assert not is_too_fast(looks(20, 40, 60))
    assert not is_too_fast(looks(20, 21, 60, 80))
    assert is_too_fast(looks(300, 301, 302, 303)), "minutes at the door, and then all zones at once"
    assert is_too_fast(looks(1, 2, 3))


def test_the_log_says_that_nothing_was_measured_and_statistics_add_nothing(site: Site, mapo: Ground) -> None:
    with_lens, by_eye = mapo.body(), mapo.body(kind="by_eye")
    for body in (with_lens, by_eye):
        assert mapo.record(body).status_code == 201
        assert mapo.confirm(body["sweep_id"]).status_code == 201
    note = {
        "by_eye": "nothing_unusual", "spots": ["vent"], "marks": None, "occasion": "regular", "companions": None,
        "emergency_bell": "works", "measures": [], "confirmed_by": None,
        "zones": [{"zone_id": mapo.zones[0], "fine": ["vent"], "marked": [], "holes": 0, "floor_gap_mm": 4,
                   "ceiling_gap_mm": None, "emergency_bell": "works", "sticker": False, "broken": []}],
    }  # fmt: skip
    noted = mapo.first.post(f"/api/sweeps/{with_lens['sweep_id']}/note", note)
    assert noted.status_code == 201, noted.text
    officer = person(site, "district_officer", MAPO)
    day = today().isoformat()
    first = (today() - timedelta(days=1)).isoformat()
    period = f"from={first}&to={day}&reason=월간"
    answer = officer.get(f"/api/exports/inspection-log?{period}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [row["점검 방식(측정·탐지기·육안)"] for row in rows] == ["탐지기(작동 확인)", "육안"]
    assert {row["장비 점검 결과"] for row in rows} == {"장비 측정기록 없음(점검자 확인)"}
    assert {row["점검 결과(사람)"] for row in rows} == {"특이사항 없음(육안·탐지기)"}
    assert {row["서명 검증"] for row in rows} == {"서명 유효(3건)", "서명 유효(2건)"}
    assert {row[COVERAGE_WORDS["chance"].ko] for row in rows} == {EQUIPMENT["not_measured"].ko}
    assert "렌즈 탐지기 가상 K18 1(작동 확인" in rows[0]["장비"]
    assert rows[0]["구역별 탐지기 점검"].count("렌즈 탐지기: 특이사항 없음") == len(mapo.zones)
    assert "이상 없음 1부위" in rows[0]["구역별 육안 점검"]
    assert all(row["기록 해시(SHA-256)"] != "없음" for row in rows)
    assert all(len(row["점검자"].split(", ")) == 2 for row in rows)
    statistics = officer.get("/api/statistics", year=today().year, quarter=(today().month + 2) // 3).json()
    line = statistics["total"]
    assert (line["full"], line["quick"], line["instruments"], line["by_eye"]) == (0, 0, 1, 1)
    for form in ("json", "xlsx", "pdf", "hwpx"):
        document = officer.get(f"/api/exports/inspection-log?format={form}&{period}")
        assert document.status_code == 200, (form, document.text)
        if form == "json":
            assert [one["equipment"]["result"] for one in document.json()["sweeps"]] == ["not_measured"] * 2
            assert [one["mode"] for one in document.json()["sweeps"]] == ["checked", "by_eye"]


def test_a_probe_cannot_take_an_inspections_place(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    before = _summary(mapo.first, body["sweep_id"])
    thief = Probe("thief", "live", probe_id="probe-t", tenant=MAPO, room_id=mapo.room_id)
    site.admit(thief.signer, "probe", probe_id=thief.probe_id, tenant=MAPO)
    sweep_id = UUID(body["sweep_id"])
    for wire in (thief.opened(sweep_id), thief.report(sweep_id)):
        assert site.send(wire).status_code == 200
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    after = _summary(mapo.first, body["sweep_id"])
    assert after == before | {"inspectors": after["inspectors"]}
    measured, *wires = thief.whole_sweep()
    for wire in wires:
        assert site.send(wire).status_code == 200
    taken = mapo.record(mapo.body(sweep_id=str(measured)))
    assert taken.json()["error"]["code"] == "inspection_known"
    assert both(packed(site.services)) == ([], []), "and by the documents' verifier"


def test_a_rebuild_says_the_same_and_an_erased_body_leaves_no_row(site: Site, mapo: Ground) -> None:
    body = mapo.body()
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    detail = mapo.first.get(f"/api/sweeps/{body['sweep_id']}").json()
    projecting.rebuild(site.db)
    assert mapo.first.get(f"/api/sweeps/{body['sweep_id']}").json() == detail
    commitment = detail["entries"][0]["bodies"][0]["commitment"]
    officer = person(site, "evidence_officer", MAPO)
    erase = {
        "reason": {"ko": "당사자 요청", "en": "asked for"},
        "second_person_username": mapo.second_name,
        "second_person_password": "a-long-password",
    }
    erased = officer.post(f"/api/bodies/{commitment}/erase", erase)
    assert erased.status_code == 201, erased.text
    assert mapo.first.get(f"/api/sweeps/{body['sweep_id']}").status_code == 410
    with site.db.read() as connection:
        assert verified(connection).problems == []
