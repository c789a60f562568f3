"""A find stands until persons close it: no later sweep, click, order of arrival or rebuild takes it away."""

from __future__ import annotations

import csv
import importlib
import io
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import text, update

from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.places.facilities import load_demo_facility
from server.places.open_things import standing_of_rooms
from server.projections import projecting
from server.signing import keys
from server.store.db import Database
from server.store.schema import cases, facilities
from sweep.report import ClockReading, Disposition, PhoneTime, new_id
from tests.report_factory import START, clock, make_report
from tests.server.conftest import Client, Site, keys_in
from tests.server.sweep_kit import DEMO_ROOM, Probe, desk, report_of

migration = importlib.import_module("server.store.migrations.versions.0040_two_results")
FINDING = make_report().findings[0]
FINDING_ID = FINDING.finding_id
OTHER_ID = UUID("018f0000-0000-7000-8000-0000000002f2")
Verdict = Literal["no_camera", "camera_found", "cannot_exclude", "recheck"]


@pytest.fixture
def real_site(site: Site) -> Site:
    """The demonstration's facility as a real one, with a real probe and one that simulates."""
    with site.db.write() as connection:
        connection.execute(update(facilities).values(is_demo=False))
    site.admit(Probe("real", "live").signer, "probe", "probe-demo-1")
    site.admit(Probe("sim", "simulated").signer, "demo", "probe-demo-1")
    return site


def _decide(client: Client, sweep_id: UUID, verdict: Verdict, finding_id: UUID = FINDING_ID) -> None:
    answer = client.post(f"/api/findings/{finding_id}/disposition", {"sweep_id": str(sweep_id), "verdict": verdict})
    assert answer.status_code == 201, answer.text


def _room(client: Client) -> dict[str, Any]:
    """The room, which the list and the page of the room must show alike."""
    listed = next(room for room in client.get("/api/rooms").json()["rooms"] if room["room_id"] == str(DEMO_ROOM))
    detail = client.get(f"/api/rooms/{DEMO_ROOM}").json()
    shown = ("equipment", "persons", "standing")
    assert [listed[name] for name in shown] == [detail[name] for name in shown]
    return dict(detail)


def _later(minutes: float) -> dict[str, object]:
    return {"started": clock(minutes), "ended": clock(minutes + 1)}


def _bare(minutes: float, outcome: str = "aborted") -> dict[str, object]:
    """A later sweep that found nothing."""
    nothing: dict[str, object] = dict.fromkeys(("positions", "observations", "findings", "coverage", "verdicts"), ())
    return nothing | _later(minutes) | {"outcome": outcome}


def _counts(standing: dict[str, Any]) -> dict[str, int]:
    return {one["state"]: one["count"] for one in standing["counts"]}


def _shown(client: Client) -> tuple[str, dict[str, int], str]:
    standing = _room(client)["standing"]
    return standing["state"], _counts(standing), standing["sweep_id"]


@pytest.mark.parametrize("verdict", ["camera_found", "cannot_exclude", None])
@pytest.mark.parametrize("how", ["aborted", "completed", "opened", "simulated"])
def test_a_later_sweep_hides_nothing(real_site: Site, verdict: Verdict | None, how: str) -> None:
    real, sim = Probe("real", "live"), Probe("sim", "simulated")
    first, opened, report = real.whole_sweep()
    for wire in (opened, report):
        real_site.send(wire)
    inspector = real_site.login("inspector")
    if verdict is not None:
        _decide(inspector, first, verdict)
    state = {"camera_found": "found", "cannot_exclude": "suspected", None: "to_inspect"}[verdict]
    expected = (state, {state: 1}, str(first))
    assert _shown(inspector) == expected
    later = new_id()
    probe = sim if how == "simulated" else real
    assert real_site.send(probe.opened(later)).status_code == 200
    if how != "opened":
        outcome = "aborted" if how == "aborted" else "completed"
        assert real_site.send(probe.report_changed(later, **_bare(60, outcome))).status_code == 200
    assert _shown(inspector) == expected
    room, last = _room(inspector), _room(inspector)["last_sweep"]
    said = None if verdict is None else state
    assert room["persons"] == (said or "not_recorded")
    if how == "simulated":
        assert (room["equipment"], last["sweep_id"]) == ("to_inspect", str(first))
    else:
        of_last = "no_report" if how == "opened" else "not_assessable"
        assert (last["sweep_id"], last["equipment"], last["persons"]) == (str(later), of_last, "not_recorded")
        assert room["equipment"] == ("to_inspect" if verdict is None else of_last)


def test_a_simulation_marks_no_real_room(real_site: Site) -> None:
    simulated, opened, report = Probe("sim", "simulated").whole_sweep()
    for wire in (opened, report):
        real_site.send(wire)
    inspector = real_site.login("inspector")
    _decide(inspector, simulated, "camera_found")
    room = _room(inspector)
    assert [room[name] for name in ("equipment", "persons", "standing", "last_sweep")] == [None] * 4


def test_a_find_is_closed_by_two_persons_and_opened_again_by_one(real_site: Site) -> None:
    real = Probe("real", "live")
    sweep_id, opened, report = real.whole_sweep()
    for wire in (opened, report):
        real_site.send(wire)
    first, second = real_site.login("inspector", "점검자-01"), real_site.login("inspector", "점검자-02")
    _decide(first, sweep_id, "camera_found")
    _decide(first, sweep_id, "no_camera")
    _decide(first, sweep_id, "no_camera")
    assert _shown(first)[1] == {"found": 1}
    _decide(second, sweep_id, "no_camera")
    room = _room(first)
    assert (room["standing"], room["persons"], room["equipment"]) == (None, "not_recorded", "to_inspect")
    _decide(second, sweep_id, "cannot_exclude")
    assert _shown(first)[1] == {"found": 1}
    assert [case["state"] for case in first.get("/api/cases", room_id=str(DEMO_ROOM)).json()["cases"]] == ["camera"]


def test_of_two_findings_each_stands_for_itself(real_site: Site) -> None:
    real = Probe("real", "live")
    sweep_id = new_id()
    both = report_of(sweep_id, "live").findings
    both = (*both, both[0].model_copy(update={"finding_id": OTHER_ID, "zone_id": "stall-1"}))
    for wire in (real.opened(sweep_id), real.report_changed(sweep_id, findings=both)):
        assert real_site.send(wire).status_code == 200
    inspector = real_site.login("inspector")
    assert _shown(inspector)[1] == {"to_inspect": 2}
    _decide(inspector, sweep_id, "camera_found")
    assert _shown(inspector)[1] == {"found": 1, "to_inspect": 1}
    _decide(inspector, sweep_id, "no_camera", OTHER_ID)
    assert _shown(inspector)[1] == {"found": 1}


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("camera_found", {"found": 1}), ("cannot_exclude", {"suspected": 1}), ("recheck", {"recheck": 1}),
        ("no_camera", None),
    ],
)  # fmt: skip
def test_a_place_whose_second_look_was_cut_short_takes_every_decision_and_has_its_case(
    real_site: Site, verdict: Verdict, shown: dict[str, int] | None
) -> None:
    real, sweep_id = Probe("real", "live"), new_id()
    waiting = FINDING.model_copy(update={"stage": "first_look"})
    for wire in (real.opened(sweep_id), real.report_changed(sweep_id, findings=(waiting,), outcome="aborted")):
        assert real_site.send(wire).status_code == 200
    inspector = real_site.login("inspector")
    assert _shown(inspector) == ("to_inspect", {"to_inspect": 1}, str(sweep_id))
    (case,) = inspector.get("/api/cases", room_id=str(DEMO_ROOM)).json()["cases"]
    assert (case["finding_id"], case["state"]) == (str(FINDING_ID), "candidate")
    _decide(inspector, sweep_id, verdict)
    standing = _room(inspector)["standing"]
    assert shown == (None if standing is None else _counts(standing))


def test_what_a_person_reported_stands_in_the_room_and_is_nothing_that_the_equipment_said(real_site: Site) -> None:
    inspector = real_site.login("inspector")
    step = {"step": {"step": "reported", "what": "나사가 이상함"}}
    assert inspector.post(f"/api/rooms/{DEMO_ROOM}/cases", step).status_code == 201
    room = _room(inspector)
    assert (room["standing"]["state"], room["standing"]["sweep_id"]) == ("to_inspect", None)
    assert (room["equipment"], room["persons"], room["last_sweep"]) == (None, None, None)
    assert _shown(inspector)[1] == {"to_inspect": 1}


def test_the_log_says_what_stands_open_beside_each_later_sweep(real_site: Site) -> None:
    real = Probe("real", "live")
    first, opened, report = real.whole_sweep()
    later = new_id()
    for wire in (opened, report, real.opened(later), real.report_changed(later, **_bare(60))):
        assert real_site.send(wire).status_code == 200
    inspector = real_site.login("inspector")
    _decide(inspector, first, "camera_found")
    answer = inspector.get("/api/exports/inspection-log", **{"reason": "x", "from": "2026-03-01", "to": "2026-03-31"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["점검 결과(사람)"] for row in rows] == ["의심기기 발견(경찰 확인 중)", "미기재"]
    assert [row["장비 점검 결과"] for row in rows] == ["확인할 곳", "판정 불가"]
    assert [row["이 방에 남은 것"] for row in rows] == ["의심기기 발견 1건"] * 2
    assert all("현장 보존" in row["다음 조치"] for row in rows)


def test_what_stands_follows_from_the_entries_in_any_order_and_after_a_rebuild(
    database_url: str, tmp_path: Path
) -> None:
    real, person = Probe("real", "live"), desk(source="live")
    first, opened, report = real.whole_sweep()
    later = new_id()
    wires = [
        opened,
        report,
        person.disposition(first, "no_camera", 20),
        person.disposition(first, "camera_found", 30),
        real.opened(later),
        real.report_changed(later, **_bare(60)),
    ]
    db = Database(database_url, keys_in(tmp_path))
    db.migrate()
    with db.write() as connection:
        load_demo_facility(connection)
        keys.admit(
            connection,
            public_key=real.signer.public_key,
            role="probe",
            probe_id="probe-demo-1",
            name="test",
            actor="test",
        )
        keys.admit(
            connection, public_key=person.signer.public_key, role="server", probe_id=None, name="test", actor="test"
        )
    for wire in reversed(wires):
        accept(db, read_arrival(wire), quarantine_max_bytes=0)
    with db.write() as connection:
        before = standing_of_rooms(connection, [DEMO_ROOM])
        shown = {room: (one.gravest.state, one.counts, one.gravest.sweep_id) for room, one in before.items()}
        assert shown == {DEMO_ROOM: ("found", (("found", 1),), first)}
    projecting.rebuild(db)
    with db.write() as connection:
        assert standing_of_rooms(connection, [DEMO_ROOM]) == before
        connection.execute(update(cases).values(stands="to_inspect"))
        connection.execute(text(migration.STANDS))  # what a filled database shows until it is projected anew
        assert standing_of_rooms(connection, [DEMO_ROOM]) == before
    db.close()


def _said(verdict: Verdict, minutes: float, claimed: float | None = None) -> Disposition:
    phone = None
    if claimed is not None:
        phone = PhoneTime(utc=clock(claimed).utc, behind_ms=0)
    decided = ClockReading(utc=clock(minutes).utc, synchronised=True, max_error_ms=0)
    return Disposition(
        v=1, finding_id=FINDING_ID, sweep_id=new_id(), verdict=verdict, note=None, decided=decided, claimed=phone
    )


def test_a_claim_never_makes_a_decision_later_than_its_signature() -> None:
    early = _said("no_camera", 10, claimed=9_000)
    assert early.counts_from == early.decided.utc
    far = PhoneTime(utc=START, behind_ms=2**53 - 1)
    assert early.model_copy(update={"claimed": far}).counts_from == early.decided.utc
