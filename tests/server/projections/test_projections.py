"""Projections follow from the entries alone: in any order of arrival, again and again, and after a rebuild."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.projections import projecting
from server.signing import keys
from server.store.clock import to_ms
from server.store.db import Database
from server.store.schema import PROJECTIONS, entries, facilities, findings, sweeps
from sweep.entry.envelope import from_wire
from sweep.report import new_id
from tests.report_factory import START, make_report
from tests.server.conftest import Site, keys_in
from tests.server.log_kit import end_of
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import Probe, desk


def _snapshot(connection: Connection) -> list[list[tuple[object, ...]]]:
    """All projected rows, without the log index, which is the order of arrival."""
    found = []
    for table in PROJECTIONS:
        rows = plain_rows(connection, table)
        kept = (tuple(value for name, value in row.items() if not name.endswith("log_index")) for row in rows)
        found.append(sorted(kept, key=repr))
    return found


def _wires(count: int) -> list[bytes]:
    probe, person, wires = Probe(), desk(), list[bytes]()
    for _ in range(count):
        sweep_id, opened, report = probe.whole_sweep()
        wires += [
            opened,
            report,
            person.disposition(sweep_id, "recheck"),
            person.disposition(sweep_id, "no_camera", 30),
        ]
    wires.append(probe.opened(new_id()))
    return wires


def _filled(folder: Path, wires: list[bytes]) -> Database:
    db = Database(f"sqlite:///{folder / 'db.sqlite3'}", keys_in(folder))
    db.migrate()
    with db.write() as connection:
        for signer, probe_id in ((Probe().signer, "probe-demo-1"), (desk().signer, None)):
            keys.admit(
                connection,
                public_key=signer.public_key,
                role="demo",
                probe_id=probe_id,
                name="test",
                actor="test",
            )
    for wire in wires:
        accept(db, read_arrival(wire), quarantine_max_bytes=0)
    return db


def test_order_and_repetition_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.log.order.now_ms", lambda: to_ms(START) + 3_600_000)  # a sweep counts from its receipt
    wires = _wires(2)
    snapshots = []
    for seed in range(4):
        order = wires if seed == 0 else random.Random(seed).sample(wires * 2, len(wires) * 2)
        (tmp_path / str(seed)).mkdir()
        db = _filled(tmp_path / str(seed), order)
        with db.read() as connection:
            before = _snapshot(connection)
        with db.write() as connection:  # what no entry speaks of goes, what is missing or wrong comes back
            connection.execute(update(sweeps).values(sweep_id=new_id()).where(sweeps.c.equipment == "no_report"))
            connection.execute(update(sweeps).values(equipment="clear", said="found"))
            connection.execute(delete(findings))
        assert projecting.rebuild(db) == 3
        with db.read() as connection:
            assert _snapshot(connection) == before
        snapshots.append(before)
        db.close()
    assert all(one == two for one, two in itertools.pairwise(snapshots))
    assert [len(rows) for rows in snapshots[0]] == [3, 2, 4, 3, 2, 2]


def test_what_a_sweep_says_in_lists(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    inspector = site.login("inspector")

    def summary() -> dict[str, Any]:
        detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
        room = inspector.get(f"/api/rooms/{detail['summary']['room_id']}").json()
        assert room["last_sweep"] == room["sweeps"][0] == detail["summary"]
        found: dict[str, Any] = detail["summary"]
        return found

    site.send(opened)
    opening = {name: summary()[name] for name in ("outcome", "ended", "equipment", "persons")}
    assert opening == {"outcome": None, "ended": None, "equipment": "no_report", "persons": "not_recorded"}
    site.send(report)
    whole = summary()
    assert whole.pop("at_city") is None
    assert whole.pop("received") > whole.pop("started_claimed")
    assert whole == {
        "sweep_id": str(sweep_id),
        "room_id": "01920000-0000-7000-8000-00000000a001",
        "source": "simulated",
        "mode": "full",
        "outcome": "completed",
        "started": "2026-03-02T06:00:00Z",
        "ended": "2026-03-02T06:07:00Z",
        "equipment": "to_inspect",
        "persons": "not_recorded",
        "candidates": 1,
        "not_assessable_zones": 2,
        "is_demo": True,
        "inspectors": ["점검자-01", "점검자-02"],
        "probe_id": "probe-demo-1",
    }


@pytest.mark.parametrize(
    ("verdict", "persons", "state"),
    [
        ("no_camera", "not_recorded", "no_camera"),
        ("recheck", "recheck", "recheck"),
        ("cannot_exclude", "suspected", "suspected"),
        ("camera_found", "found", "found"),
    ],
)
def test_a_person_decides_and_the_server_signs(site: Site, verdict: str, persons: str, state: str) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    finding_id = make_report().findings[0].finding_id
    inspector = site.login("inspector", "점검자-07")
    path, note = f"/api/findings/{finding_id}/disposition", {"ko": "나사 구멍", "en": "A screw hole"}
    wanted = {"sweep_id": str(sweep_id), "verdict": verdict, "note": note}
    assert inspector.post(path, wanted).status_code == 201
    detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
    assert (detail["summary"]["persons"], detail["summary"]["equipment"]) == (persons, "to_inspect")
    assert [(one["finding_id"], one["state"]) for one in detail["findings"]] == [(str(finding_id), state)]
    assert [(one["zone_id"], one["state"]) for one in detail["zones"]] == [
        ("stall-1", "not_assessable"), ("stall-2", "to_inspect"), ("entrance", "not_looked"),
    ]  # fmt: skip
    (disposition,) = detail["dispositions"]
    assert [disposition[name] for name in ("verdict", "note", "subject", "assurance")] == [
        verdict,
        note,
        "점검자-07",
        "password",
    ]
    last = detail["entries"][-1]
    assert (last["kind"], last["source"], last["signature_ok"]) == ("disposition", "simulated", True)
    assert last["key_id"] == site.services.server_signer.demo_signer.key_id
    assert inspector.post(path, wanted | {"sweep_id": str(new_id())}).status_code == 404
    assert site.login("viewer").post(path, wanted).status_code == 403


def test_a_second_report_replaces_the_first_only_as_a_correction_by_the_same_key(site: Site) -> None:
    probe, stranger = Probe(), Probe("stranger")
    for one in (probe, stranger):
        site.admit(one.signer)
    inspector = site.login("inspector")
    sweep_id, opened, first = probe.whole_sweep()
    second = stranger.report(sweep_id)
    bodies = from_wire(probe.report(sweep_id))[1]
    for wire in (opened, first, second):
        site.send(wire)
    end = end_of(site.db)
    with site.db.read() as connection:
        entry_id = connection.scalar(select(entries.c.entry_id).where(entries.c.log_index == end - 2))
    assert entry_id is not None
    correction, wire = probe.entry("sweep.report", bodies, sweep_id=sweep_id, refs=(entry_id,))

    def shown() -> str:
        detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
        assert [alarm["code"] for alarm in detail["alarms"]] == ["sweep_of_another_key"]
        commitments = {body["commitment"]: row["log_index"] for row in detail["entries"] for body in row["bodies"]}
        return str(commitments[detail["crops"][0]["commitment"]])

    assert shown() == str(end - 2)
    assert site.send(wire).status_code == 200
    assert shown() == str(end)
    assert correction.entry_hash == inspector.get("/api/entries", after=end - 1).json()["entries"][0]["entry_hash"]


def test_demo_sweeps_stay_out_of_the_history_of_a_real_facility(site: Site) -> None:
    with site.db.write() as connection:
        connection.execute(update(facilities).values(is_demo=False))
    probe, real = Probe(), Probe("real", "live")
    site.admit(probe.signer)
    site.admit(real.signer, "probe", "probe-demo-1")
    simulated, opened, report = probe.whole_sweep()
    viewer = site.login("viewer")
    for wire in (opened, report):
        site.send(wire)
    room = viewer.get("/api/rooms").json()["rooms"][1]
    assert room["last_sweep"] is None
    live, opened, report = real.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    room = viewer.get(f"/api/rooms/{room['room_id']}").json()
    assert room["last_sweep"]["sweep_id"] == str(live)
    assert {sweep["sweep_id"]: sweep["is_demo"] for sweep in room["sweeps"]} == {str(live): False, str(simulated): True}
