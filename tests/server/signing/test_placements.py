"""Where rooms lie: said in the log, judged by at ingest, at an upgrade, and by a verifier without a server."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from sqlalchemy import select, update

from server.districts import register
from server.interface.place_requests import FacilityRequest
from server.places import facilities
from server.projections import projecting
from server.projections.sightings import case_of
from server.server_keys.root import sign_waiting
from server.store.schema import alarms, audit, body_refs, cases, entries, room_districts, rooms
from server.store.schema import facilities as facility_table
from server.verifier.placements import Placements
from sweep.entry import kinds
from sweep.report import LocalText, new_id
from tests.server.conftest import Site
from tests.server.district_kit import District, district, erasure, person
from tests.server.log_kit import own_entries, receipt_of, verified
from tests.server.sweep_kit import Probe

MINE, THEIRS = "mapo-gu", "jung-gu"


def test_a_room_lies_where_the_last_record_before_says_and_before_the_first_where_that_one_does() -> None:
    places = Placements()
    for index, name in ((30, "c"), (10, "a"), (20, "b")):
        places.place("room", index, name)
    assert [places.district_at("room", index) for index in (0, 9, 10, 19, 20, 29, 30, 99)] == list("aaaabbcc")
    assert (places.district_at("other", 5), places.district_at(None, 5)) == (None, None)


def test_every_room_is_said_once_and_again_when_it_moves(site: Site) -> None:
    home = district(site, MINE)
    said = _said(site)
    with site.db.read() as connection:
        known = set(connection.scalars(select(rooms.c.room_id)))
    assert {room for _, room in said} == known
    assert (MINE, home.room_id) in said
    assert len(said) == len(known)
    _move(site, home, THEIRS)
    assert _said(site)[len(said) :] == [(THEIRS, home.room_id)]
    with site.db.write() as connection:
        before = connection.execute(select(room_districts).order_by(room_districts.c.from_index)).all()
        sign_waiting(connection, site.services.server_signer)
    projecting.rebuild(site.db)
    with site.db.read() as connection:
        assert connection.execute(select(room_districts).order_by(room_districts.c.from_index)).all() == before
        assert verified(connection).problems == []


def test_a_sweep_is_finished_by_the_key_that_began_it_when_its_room_has_moved(site: Site) -> None:
    home = district(site, MINE)
    sweep_id, opened, report = home.probe.whole_sweep()
    assert site.send(opened).status_code == 200
    _move(site, home, THEIRS)
    assert site.send(report).status_code == 200
    late = home.probe.opened(new_id())
    assert site.send(late).status_code == 200
    assert _last(site, 2) == [("accepted", None), ("quarantined", "room_not_allowed")]
    assert person(site, "inspector", THEIRS).get(f"/api/sweeps/{sweep_id}").json()["report_state"] == "present"
    with site.db.read() as connection:
        assert verified(connection).problems == []


def test_a_room_s_first_record_judges_what_came_before_and_no_find_is_lost(site: Site) -> None:
    """As at an upgrade: a probe of one district swept a room of which nobody said yet that it is another's."""
    mine = district(site, MINE)
    room_id = new_id()
    probe = Probe("far probe", "live", probe_id="far", tenant=MINE, room_id=room_id)
    site.admit(probe.signer, "probe", "far", MINE)
    sweep_id, opened, report = probe.whole_sweep()
    receipts = [receipt_of(site.send(wire)) for wire in (opened, report)]
    inspector, finding = person(site, "inspector", MINE), mine.finding_id
    found = {"sweep_id": str(sweep_id), "verdict": "camera_found"}
    assert inspector.post(f"/api/findings/{finding}/disposition", found).status_code == 201
    asked = {"reason": "월간 점검", "from": "2026-01-01", "to": "2026-12-31", "format": "csv"}
    assert person(site, "supervisor", MINE).get("/api/exports/inspection-log", **asked).status_code == 200
    case_id = case_of(sweep_id, finding)
    assert _state(site, case_id) == "camera"

    _add_room(site, THEIRS, room_id)
    site.send(mine.probe.opened(new_id()))  # whatever is written next says where the room lies
    assert _of_sweep(site, sweep_id) == ["room_not_allowed", "room_not_allowed", None]
    assert _state(site, case_id) == "camera"
    with site.db.read() as connection:
        codes = connection.scalars(select(alarms.c.code)).all()
        told = [json.loads(row) for row in connection.scalars(_JUDGED)]
        commitment = connection.scalar(_COMMITMENT.where(entries.c.sweep_id == sweep_id))
        assert verified(connection).problems == []
    assert codes.count("room_not_allowed") == 2
    assert "judged_anew" in codes
    assert [(one["sweeps"], one["documents"]) for one in told] == [(1, 1)]
    assert "inspection-log_2026-01-01_2026-12-31.csv" in told[0]["named"][0]
    assert [receipt_of(site.send(wire)) for wire in (opened, report)] == receipts
    held = person(site, "evidence_officer", None).post(f"/api/bodies/{commitment}/erase", erasure(site, None))
    assert (held.status_code, held.json()["error"]["code"]) == (409, "legal_hold")
    assert person(site, "inspector", THEIRS).get(f"/api/cases/{case_id}").json()["is_found"]
    projecting.rebuild(site.db)
    assert _state(site, case_id) == "camera"


@pytest.mark.parametrize("ends", ["two persons", "nobody"])
def test_a_find_stands_when_the_key_behind_it_is_revoked_from_the_past(site: Site, ends: str) -> None:
    mine = district(site, MINE)
    one = person(site, "inspector", MINE)
    verdict = {"sweep_id": str(mine.sweep_id), "verdict": "camera_found"}
    assert one.post(f"/api/findings/{mine.finding_id}/disposition", verdict).status_code == 201
    admin = person(site, "admin", None)
    revoked = admin.post(f"/api/keys/{mine.probe.signer.key_id}/revoke", {"reason": "도난", "from_index": 0})
    assert revoked.status_code == 200, revoked.text
    assert _of_sweep(site, mine.sweep_id)[:2] == ["key_revoked", "key_revoked"]
    assert _state(site, mine.case_id) == "camera"
    if ends == "two persons":
        second = erasure(site, MINE)
        proof = {"username": second["second_person_username"], "password": second["second_person_password"]}
        step = {"step": {"step": "not_camera", "what": "screw"}, "second_person": proof}
        said = one.post(f"/api/cases/{mine.case_id}/steps", step)
        assert said.status_code == 201, said.text
    wanted = "not_camera" if ends == "two persons" else "camera"
    assert _state(site, mine.case_id) == wanted
    assert admin.post(f"/api/keys/{mine.probe.signer.key_id}/reinstate", {"reason": "되찾음"}).status_code == 200
    assert _state(site, mine.case_id) == wanted


_JUDGED = select(audit.c.detail_json).where(audit.c.action == "log.judged_anew")
_COMMITMENT = select(body_refs.c.commitment).join(entries, entries.c.log_index == body_refs.c.log_index).limit(1)


def _said(site: Site) -> list[tuple[str, UUID]]:
    return [
        (body["district"], UUID(room))
        for envelope, body in own_entries(site.db)
        if envelope.kind == kinds.ROOM_PLACED
        for room in body["rooms"]
    ]


def _add_district(site: Site, name: str) -> None:
    with site.db.write() as connection:
        register.add_district(connection, name, LocalText(ko=name, en=name), actor="test")


def _move(site: Site, home: District, to: str) -> None:
    """As an import does it that finds the facility in another district."""
    _add_district(site, to)
    with site.db.write() as connection:
        moved = update(facility_table).where(facility_table.c.facility_id == home.facility_id)
        connection.execute(moved.values(district_id=to))
        facilities.say_anew_where(connection, home.facility_id)
        sign_waiting(connection, site.services.server_signer)


def _add_room(site: Site, name: str, room_id: UUID) -> None:
    _add_district(site, name)
    text = LocalText(ko=name, en=name)
    with site.db.write() as connection:
        wanted = FacilityRequest(name=text, address="어딘가 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=name)
        facilities.take_room(connection, facility_id, room_id, text, "restroom")


def _last(site: Site, count: int) -> list[tuple[str, str | None]]:
    statement = select(entries.c.status, entries.c.reason).order_by(entries.c.log_index.desc()).limit(count)
    with site.db.read() as connection:
        return [(row.status, row.reason) for row in reversed(connection.execute(statement).all())]


def _of_sweep(site: Site, sweep_id: UUID) -> list[str | None]:
    statement = select(entries.c.reason).where(entries.c.sweep_id == sweep_id).order_by(entries.c.log_index)
    with site.db.read() as connection:
        return list(connection.scalars(statement))


def _state(site: Site, case_id: UUID) -> str | None:
    projecting.drain(site.db)
    with site.db.read() as connection:
        return connection.scalar(select(cases.c.state).where(cases.c.case_id == case_id))
