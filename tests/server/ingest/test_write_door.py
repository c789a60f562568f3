"""The ingest path under load: entries that share a commit, a refusal that is one entry's own, and reading
afterwards.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection, delete, func, select

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import Arrival, read_arrival
from server.ingest.group_commit import GroupCommit
from server.interface.errors import ApiError
from server.places import facilities
from server.projections import projecting
from server.projections.projector import Projector
from server.signing import keys
from server.store import pending_sweeps
from server.store.db import Database
from server.store.schema import body_data, body_refs, due_sweeps, entries, sweeps
from sweep.entry.kinds import REPORT_TYPE
from sweep.report import new_id
from tests.server.conftest import Client, Site, running
from tests.server.log_kit import end_of
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S

PROBES = 6


def _admit(db: Database, *probes: Probe) -> None:
    with db.write() as connection:
        facilities.load_demo_facility(connection)
        for probe in probes:
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="demo",
                probe_id="probe-demo-1",
                name="test",
                actor="test",
            )


class HeldWriter:
    """Another writer, in the way until it is let go."""

    def __init__(self, db: Database) -> None:
        self._db, self._held, self._go = db, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def _hold(self) -> None:
        with self._db.write():
            self._held.set()
            self._go.wait(PATIENCE_S)

    def __enter__(self) -> None:
        self._thread.start()
        assert self._held.wait(PATIENCE_S)

    def __exit__(self, *_: object) -> None:
        self._go.set()
        self._thread.join()


def _together(db: Database, ingest: GroupCommit, arrivals: list[Arrival]) -> list[object]:
    """What becomes of entries that all wait for the same writer."""

    def accept(arrival: Arrival) -> object:
        try:
            return ingest.accept(arrival)[0]
        except ApiError as error:
            return error.code

    with ThreadPoolExecutor(len(arrivals)) as pool:
        with HeldWriter(db):
            waiting = [pool.submit(accept, arrival) for arrival in arrivals]
            deadline_s = time.monotonic() + 30
            while ingest.waiting < len(arrivals):  # also the one that leads: it takes them once it may write
                assert time.monotonic() < deadline_s
        return [one.result(30) for one in waiting]


def test_entries_that_wait_share_one_commit_and_a_refusal_is_one_entry_s_own(settings: Settings) -> None:
    services = build_services(settings)
    db, probes = services.db, [Probe(f"probe-{number}") for number in range(PROBES)]
    _admit(db, *probes)
    begun: list[Connection] = []
    ingest = GroupCommit(db, quarantine_max_bytes=0, say_first=begun.append)
    arrivals = [read_arrival(probe.whole_sweep()[1]) for probe in probes]
    stranger = read_arrival(Probe("stranger").whole_sweep()[1])
    first = end_of(db)
    outcomes = _together(db, ingest, [*arrivals, stranger])
    assert outcomes.pop() == "quarantine_full"
    indices = [getattr(outcome, "log_index", None) for outcome in outcomes]
    assert sorted(index for index in indices if index is not None) == list(range(first, first + PROBES))
    assert len(begun) == 2  # all together, and once more without the one that is refused
    with db.read() as connection:
        indices_of_all = connection.scalars(select(entries.c.log_index).order_by(entries.c.log_index)).all()
        assert indices_of_all == [*range(first + PROBES)]
        assert pending_sweeps.count_due(connection) == PROBES
    again = _together(db, ingest, arrivals)
    assert [getattr(outcome, "log_index", None) for outcome in again] == indices
    db.close()


def test_the_same_entry_twice_in_one_commit_is_one_entry(settings: Settings) -> None:
    services, probe = build_services(settings), Probe()
    _admit(services.db, probe)
    arrival = read_arrival(probe.whole_sweep()[1])
    first = end_of(services.db)
    outcomes = _together(services.db, GroupCommit(services.db, quarantine_max_bytes=0), [arrival] * 4)
    assert {getattr(outcome, "log_index", None) for outcome in outcomes} == {first}
    assert sorted(getattr(outcome, "is_new", None) is True for outcome in outcomes) == [False, False, False, True]
    services.db.close()


def test_a_signature_that_does_not_hold_is_refused_before_and_after_the_key_is_known(settings: Settings) -> None:
    services, probe = build_services(settings), Probe()
    _admit(services.db, probe)
    ingest = GroupCommit(services.db, quarantine_max_bytes=0)
    for _ in range(2):
        good = read_arrival(probe.opened(new_id()))
        key_id, signature = good.entry.signatures[0]
        forged = type(good.entry)(good.entry.payload_type, good.entry.payload, ((key_id, signature[::-1]),))
        with pytest.raises(ApiError, match="does not hold"):
            ingest.accept(Arrival(forged, good.envelope, good.bodies, good.refs, good.entry_id, good.unreadable))
        assert ingest.accept(good)[0].is_new
    services.db.close()


def _projected(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(sweeps)) or 0


def test_what_arrived_before_a_crash_is_read_after_it(settings: Settings) -> None:
    services, probe = build_services(settings), Probe()
    _admit(services.db, probe)
    ingest = GroupCommit(services.db, quarantine_max_bytes=0)
    wires = [probe.whole_sweep() for _ in range(3)]
    for _, opened, report in wires:
        for wire in (opened, report):
            ingest.accept(read_arrival(wire))
    with services.db.read() as connection:
        assert (_projected(connection), pending_sweeps.count_due(connection)) == (0, 3)
    services.db.close()  # nobody has read anything: the process ended here
    with running(settings) as site:
        viewer = site.login("viewer")
        for sweep_id, *_ in wires:
            assert viewer.get(f"/api/sweeps/{sweep_id}").json()["summary"]["equipment"] == "to_inspect"
        with site.db.read() as connection:
            before = plain_rows(connection, sweeps)
        projecting.rebuild(site.db)
        with site.db.read() as connection:
            assert sorted(plain_rows(connection, sweeps), key=repr) == sorted(before, key=repr)


def test_two_that_project_at_once_project_a_sweep_each(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    services, probes = build_services(settings), [Probe("one"), Probe("two")]
    db, both_looked = services.db, threading.Barrier(2)
    _admit(db, *probes)
    waiting = set()
    for probe in probes:
        sweep_id, opened, _ = probe.whole_sweep()
        services.ingest.accept(read_arrival(opened))
        waiting.add(sweep_id)
    write = db.write

    def write_when_both_looked() -> AbstractContextManager[Connection]:
        both_looked.wait(PATIENCE_S)
        return write()

    monkeypatch.setattr(db, "write", write_when_both_looked)
    with ThreadPoolExecutor(2) as pool:
        projected = {one.result() for one in [pool.submit(projecting.project_next, db) for _ in range(2)]}
    assert projected == waiting
    with db.read() as connection:
        assert pending_sweeps.count_due(connection) == 0
    db.close()


def test_a_sweep_can_be_asked_for_as_soon_as_its_receipt_is_there(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    viewer = site.login("viewer")
    for _ in range(5):
        sweep_id, opened, report = probe.whole_sweep()
        for wire in (opened, report):
            assert httpx.post(f"{site.url}/api/entries", content=wire, timeout=30).status_code == 200
        detail = viewer.get(f"/api/sweeps/{sweep_id}")
        assert (detail.status_code, detail.json()["summary"]["outcome"]) == (200, "completed")
        assert _newest(viewer) == str(sweep_id)


def _newest(viewer: Client) -> object:
    rooms = viewer.get("/api/rooms").json()["rooms"]
    return next(room["last_sweep"]["sweep_id"] for room in rooms if room["last_sweep"] is not None)


def test_the_projector_tells_what_can_be_read_and_goes_on_after_a_sweep_that_cannot(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    services, probe = build_services(settings), Probe()
    db = services.db
    _admit(db, probe)
    ingest = GroupCommit(db, quarantine_max_bytes=0)
    bad, good = new_id(), new_id()
    for sweep_id in (bad, good):
        ingest.accept(read_arrival(probe.opened(sweep_id)))
    project = projecting.project

    def fail(sick: UUID, connection: Connection, sweep_id: UUID | None) -> None:
        if sweep_id == sick:
            raise KeyError("a fault of our own")
        project(connection, sweep_id)

    monkeypatch.setattr(projecting, "project", partial(fail, bad))
    told: list[tuple[UUID, str]] = []
    projector = Projector(db, lambda: True)
    for sweep_id in (bad, good):
        projector.entry_arrived(sweep_id, "sweep.opened")
    projector.start(lambda sweep_id, kind: told.append((sweep_id, kind)))
    assert projector.wait(PATIENCE_S)
    projector.stop()
    assert (good, "sweep.opened") in told
    assert "cannot be projected" in caplog.text
    with db.read() as connection:
        assert connection.scalars(select(due_sweeps.c.sweep_id)).all() == [bad]
    monkeypatch.setattr(projecting, "project", project)
    assert projecting.drain(db) == 1
    db.close()


def test_a_body_that_comes_later_is_read_too(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    with site.db.write() as connection:
        commitment = connection.scalar(select(body_refs.c.commitment).where(body_refs.c.media_type == REPORT_TYPE))
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
        projecting.project(connection, sweep_id)
    viewer = site.login("viewer")
    assert viewer.get(f"/api/sweeps/{sweep_id}").json()["report_state"] == "missing"
    assert httpx.post(f"{site.url}/api/entries", content=report, timeout=30).status_code == 200
    assert viewer.get(f"/api/sweeps/{sweep_id}").json()["report_state"] == "present"
