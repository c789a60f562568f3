"""One thing, one case: a later sweep that sees the same joins the case that stands open, in any order of arrival."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.districts import register
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.interface.fields import KeyRole
from server.places.facilities import load_demo_facility
from server.projections import projecting
from server.projections.sightings import case_of
from server.signing import keys
from server.store.clock import to_ms
from server.store.db import Database
from server.store.schema import cases, due_sweeps, sightings
from sweep.entry.kinds import REPORT
from sweep.report import Finding, LocalText, Source, new_id, utc_now
from tests.report_factory import START, clock, make_report
from tests.server.cases.test_cases import FOUND_STEPS, sweep, take
from tests.server.conftest import PASSWORD, Client, Site, keys_in
from tests.server.district_kit import district, person
from tests.server.sweep_kit import DEMO_ROOM, Probe, desk

FINDING = make_report().findings[0]
SECOND = {"username": "second", "password": PASSWORD}


def seen(probe: Probe, sweep_id: UUID, minutes: float, finding: Finding = FINDING) -> list[bytes]:
    """A sweep that began so many minutes later and saw this."""
    times = {"started": clock(minutes), "ended": clock(minutes + 1)}
    return [probe.report_changed(sweep_id, findings=(finding,), **times)]


def filled(empty: Path, folder: Path, wires: list[bytes], *probes: Probe) -> Database:
    folder.mkdir(exist_ok=True)
    shutil.copy(empty, folder / "db.sqlite3")
    db = Database(f"sqlite:///{folder / 'db.sqlite3'}", keys_in(folder))
    with db.write() as connection:
        load_demo_facility(connection)
        for probe in (*probes, desk()):
            probe_id = probe.probe_id if probe.assurance == "device" else None
            public_key = probe.signer.public_key
            keys.admit(connection, public_key=public_key, role="demo", probe_id=probe_id, name="test", actor="test")
    for wire in wires:
        accept(db, read_arrival(wire), quarantine_max_bytes=0)
    return db


def stands(db: Database) -> dict[UUID, tuple[UUID | None, str, str]]:
    """By sweep: the sweep whose case it joins, the state of the case, and what stands."""
    with db.read() as connection:
        assert connection.execute(select(due_sweeps)).all() == []
        rows = connection.execute(select(cases)).all()
    sweep_of = {row.case_id: row.sweep_id for row in rows}
    return {row.sweep_id: (sweep_of.get(row.joins), row.state, row.stands) for row in rows}


@pytest.mark.parametrize("said", ["nothing", "closed before", "closed after", "closed on both", "found in the later"])
def test_in_any_order_of_arrival_and_after_a_rebuild(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr("server.log.order.now_ms", lambda: to_ms(START) + 36_000_000)
    first, later, other = sorted(new_id() for _ in range(3))
    probe, one = Probe(), desk()
    wires = [*seen(probe, first, 0), *seen(probe, later, 60), *seen(probe, other, 60, FINDING.model_copy(
        update={"zone_id": "stall-1", "x_m": 0.7}))]  # fmt: skip
    none, joined = (None, "candidate", "to_inspect"), (first, "candidate", "to_inspect")
    expected = {first: none, later: joined, other: none}
    match said:
        case "closed before":
            wires.append(one.disposition(first, "no_camera", 20))
            expected = {first: (None, "candidate", "no_camera"), later: none, other: none}
        case "closed after":
            wires.append(one.disposition(first, "no_camera", 70))
            expected |= {first: (None, "candidate", "no_camera"), later: (first, "candidate", "no_camera")}
        case "closed on both":
            wires += [one.disposition(first, "cannot_exclude", 20), one.disposition(later, "no_camera", 70)]
            expected |= {first: (None, "candidate", "no_camera"), later: (first, "candidate", "no_camera")}
        case "found in the later":
            wires.append(one.disposition(later, "camera_found", 70))
            expected |= {first: (None, "camera", "found"), later: (first, "camera", "found")}
        case _:
            pass
    for number, order in enumerate((wires, wires[::-1], wires[1:] + wires[:1], wires[2:] + wires[:2])):
        db = filled(migrated_sqlite, tmp_path / str(number), order, probe)
        assert stands(db) == expected
        projecting.rebuild(db)
        assert stands(db) == expected
        db.close()


@pytest.mark.parametrize("how", ["another room", "another source", "practice"])
def test_another_room_or_source_never_joins(migrated_sqlite: Path, tmp_path: Path, how: str) -> None:
    first, later = new_id(), new_id()
    probe = Probe()
    source: Source = "live" if how == "another source" else "practice" if how == "practice" else "simulated"
    room = UUID("01920000-0000-7000-8000-00000000a002") if how == "another room" else DEMO_ROOM
    second = Probe("second", source, room_id=room)
    earlier = probe if how != "practice" else Probe("second", "practice")
    if how == "practice":
        second = earlier
    wires = [*seen(earlier, first, 0), *seen(second, later, 60)]
    db = filled(migrated_sqlite, tmp_path, [], probe)
    with db.write() as connection:
        role: KeyRole = "demo" if source == "simulated" else "probe"
        public_key = second.signer.public_key
        keys.admit(connection, public_key=public_key, role=role, probe_id="probe-demo-1", name="test", actor="test")
    for wire in wires:
        accept(db, read_arrival(wire), quarantine_max_bytes=0)
    assert {joins for joins, _, _ in stands(db).values()} == {None}
    assert len(stands(db)) == 2
    db.close()


def _two(site: Site) -> Client:
    site.add_user("second", "inspector", "점검자-02")
    return site.login("supervisor", "감독자-01")


def _seen_twice(site: Site, probe: Probe) -> tuple[UUID, UUID]:
    """Two sweeps that saw the same thing, the earlier one first."""
    site.admit(probe.signer)
    first, later = sweep(site, probe), new_id()
    for wire in seen(probe, later, 60):
        assert site.send(wire).status_code == 200
    return first, later


def _open(client: Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get("/api/cases").json()["cases"]
    state = client.get(f"/api/rooms/{DEMO_ROOM}/state").json()
    assert [one["case_id"] for one in listed] == [one["case_id"] for one in state["open_cases"]]
    assert client.get("/api/desk/day").json()["open_cases"] == len(listed)
    return listed


def test_lists_and_rooms_count_it_once_and_either_id_leads_to_the_one_case(site: Site) -> None:
    probe, two = Probe(), _two(site)
    first, later = _seen_twice(site, probe)
    (case,) = _open(two)
    assert (case["sweep_id"], case["seen_by"]) == (str(first), ["lens"])
    assert case["zone"]["ko"] == "2번 칸 뒷벽, 높이 모름, 가운데"
    standing = two.get(f"/api/rooms/{DEMO_ROOM}").json()["standing"]
    assert (standing["counts"], standing["sweep_id"]) == ([{"state": "to_inspect", "count": 1}], str(first))
    joined = str(case_of(later, FINDING.finding_id))
    assert two.get(f"/api/cases/{joined}").json() == two.get(f"/api/cases/{case['case_id']}").json()
    for step in FOUND_STEPS[:2]:
        answer = take(two, joined, step)
        assert answer.status_code == 201, answer.text
        assert answer.json()["case"]["case_id"] == case["case_id"]
    for sweep_id in (first, later):
        detail = two.get(f"/api/sweeps/{sweep_id}").json()
        assert ([one["state"] for one in detail["findings"]], detail["summary"]["persons"]) == (["found"], "found")
    assert [one["state"] for one in _open(two)] == ["camera"]
    standing = two.get(f"/api/rooms/{DEMO_ROOM}").json()["standing"]
    assert standing["counts"] == [{"state": "found", "count": 1}]


def test_a_decision_on_the_later_one_closes_the_case(site: Site) -> None:
    probe, two = Probe(), _two(site)
    first, later = _seen_twice(site, probe)
    said = {"sweep_id": str(later), "verdict": "no_camera"}
    for client in (site.login("inspector", "점검자-03"), site.login("inspector", "점검자-04")):
        assert client.post(f"/api/findings/{FINDING.finding_id}/disposition", said).status_code == 201
    assert _open(two) == []
    assert [one["state"] for one in two.get(f"/api/sweeps/{first}").json()["findings"]] == ["no_camera"]
    again, tomorrow = new_id(), (utc_now() - START) / timedelta(minutes=1) + 1_440.0
    for wire in seen(probe, again, tomorrow):  # what was closed is known, and not joined
        assert site.send(wire).status_code == 200
    assert [one["sweep_id"] for one in _open(two)] == [str(again)]


def test_a_case_that_a_person_opened_is_never_joined(site: Site) -> None:
    probe, two = Probe(), _two(site)
    site.admit(probe.signer)
    step = {"step": {"step": "reported", "what": "나사가 이상함"}}
    assert two.post(f"/api/rooms/{DEMO_ROOM}/cases", step).status_code == 201
    sweep_id = sweep(site, probe)
    assert {one["sweep_id"] for one in _open(two)} == {None, str(sweep_id)}


def erase_sweep(site: Site, sweep_id: UUID, status: int) -> None:
    """Everything that its report holds."""
    proof = {"second_person_username": "second", "second_person_password": PASSWORD}
    entries = site.login("admin").get(f"/api/sweeps/{sweep_id}").json()["entries"]
    for body in (body["commitment"] for one in entries if one["kind"] == REPORT for body in one["bodies"]):
        answer = site.login("admin").post(
            f"/api/bodies/{body}/erase", {"reason": {"ko": "요청", "en": "asked"}} | proof
        )
        assert answer.status_code == status, answer.text


def _kept(site: Site) -> dict[UUID, tuple[UUID | None, str, str]]:
    """What stands, the same after a rebuild."""
    projecting.drain(site.db)
    before = stands(site.db)
    projecting.rebuild(site.db)
    assert stands(site.db) == before
    return before


@pytest.mark.parametrize("erased", ["first", "later"])
def test_what_was_erased_joins_nothing_and_leaves_no_place_behind(site: Site, erased: str) -> None:
    probe, two = Probe(), _two(site)
    first, later = _seen_twice(site, probe)
    assert _kept(site)[later] == (first, "candidate", "to_inspect")
    case_id = str(case_of(first, FINDING.finding_id))
    assert take(two, case_id, {"step": "looked_at", "seen": "object"}).status_code == 201
    assert take(two, case_id, {"step": "not_camera", "what": "나사"}).status_code == 201
    assert _kept(site)[later] == (first, "not_camera", "no_camera")
    erase_sweep(site, first if erased == "first" else later, 201)
    after = _kept(site)
    assert after[first] == (None, "not_camera", "no_camera")
    if erased == "first":  # nobody can say any more that it was the same: it is looked at again
        assert after[later] == (None, "candidate", "to_inspect")
        assert [one["zone"]["ko"] for one in _open(two)] == ["2번 칸 뒷벽, 높이 모름, 가운데"]
    else:
        assert later not in after
    with site.db.read() as connection:
        assert connection.scalars(select(sightings.c.sweep_id)).all() == [later if erased == "first" else first]


def test_a_find_holds_every_sweep_that_saw_it(site: Site) -> None:
    probe, two = Probe(), _two(site)
    first, later = _seen_twice(site, probe)
    joined = str(case_of(later, FINDING.finding_id))
    for step in FOUND_STEPS[:2]:
        assert take(two, joined, step).status_code == 201
    for sweep_id in (first, later):
        erase_sweep(site, sweep_id, 409)


def test_what_does_not_count_joins_nothing(site: Site) -> None:
    """A report of a key that nobody admitted waits; one of a revoked key counted, and does no more."""
    home = district(site, "mapo-gu")
    other = Probe("second probe", "live", probe_id="second", tenant="mapo-gu", room_id=home.room_id)
    far = Probe("far probe", "live", probe_id="far", tenant="jung-gu", room_id=home.room_id)
    site.admit(other.signer, "probe", probe_id="second", tenant="mapo-gu")
    with site.db.write() as connection:
        register.add_district(connection, "jung-gu", LocalText(ko="중구", en="Jung-gu"), actor="test")
    site.admit(far.signer, "probe", probe_id="far", tenant="jung-gu")
    later, theirs, unknown = new_id(), new_id(), new_id()
    stranger = Probe("stranger", "live", probe_id="unknown", tenant="mapo-gu", room_id=home.room_id)
    for wire in (*seen(other, later, 60), *seen(far, theirs, 70), *seen(stranger, unknown, 80)):
        assert site.send(wire).status_code in {200, 202}
    assert _kept(site) == {
        home.sweep_id: (None, "candidate", "to_inspect"), later: (home.sweep_id, "candidate", "to_inspect"),
    }  # fmt: skip
    admin = person(site, "admin", None)
    gone = admin.post(f"/api/keys/{home.probe.signer.key_id}/revoke", {"reason": "도난", "from_index": 0})
    assert gone.status_code == 200, gone.text
    assert _kept(site) == {later: (None, "candidate", "to_inspect")}
    assert admin.post(f"/api/keys/{home.probe.signer.key_id}/reinstate", {"reason": "되찾음"}).status_code == 200
    assert _kept(site)[later] == (home.sweep_id, "candidate", "to_inspect")
