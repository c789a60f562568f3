"""How many bytes does a city's record take?  What one entry, body, leaf, projection and access takes on PostgreSQL.

The figures stand in server/CAPACITY.md, multiplied.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.log import tiles
from server.people.access_log import Reader, note
from server.places import facilities
from server.projections import projecting
from server.signing import keys
from server.store import schema
from server.store.db import Database
from sweep.report import new_id, to_json
from tests.bench.district import full_report, probes
from tests.bench.fill import fill_rooms
from tests.entry_factory import salted
from tests.server.sweep_kit import Probe

SWEEPS, NOTES, LEAVES, ACCESSES, ROOMS = 200, 2_000, 100_000, 20_000, 2_000
MOST_PER_SWEEP = 400_000
"""Bytes of a sweep with a report of 221 KB (guessed: twice that, and no more)."""
GROUPS = {
    "entry": (schema.entries, schema.body_refs),
    "body": (schema.body_data,),
    "projection": schema.PROJECTIONS,
    "leaf": (schema.log_tiles,),
    "access": (schema.access_log,),
    "room": (schema.rooms, schema.facilities, schema.plans),
}


def _sizes(db: Database) -> dict[str, int]:
    """Bytes of each group of tables, with indexes and what is stored beside them."""
    with db.read() as connection:
        return {
            group: sum(
                connection.scalar(text(f"SELECT pg_total_relation_size('{table.name}')")) or 0 for table in tables
            )
            for group, tables in GROUPS.items()
        }


@contextmanager
def _growth(db: Database, found: dict[str, float], count: int, names: dict[str, str]) -> Iterator[None]:
    """What each of `count` things adds, by group and the name under which it is reported."""
    before = _sizes(db)
    yield
    after = _sizes(db)
    for group, name in names.items():
        found[name] = (after[group] - before[group]) / count


@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
def test_what_a_citys_record_takes(database_url: str, tmp_path: Path, report: Callable[[str], None]) -> None:
    (sender,), writer = probes(1, full_report()), Probe("bench-notes")
    services = build_services(Settings(data_dir=tmp_path, database_url=database_url))
    found: dict[str, float] = {}
    with contextlib.closing(services.db) as db:
        with db.write() as connection:
            facilities.load_demo_facility(connection)
            for key in (sender.key, writer.signer):
                keys.admit(
                    connection,
                    public_key=key.public_key,
                    role="demo",
                    probe_id="probe-demo-1",
                    name="bench",
                    actor="bench",
                )
        with _growth(db, found, SWEEPS, {"body": "body of a report", "projection": "projections of a sweep"}):
            for _ in range(SWEEPS):
                accept(db, read_arrival(sender.sweep()), quarantine_max_bytes=0)
            projecting.drain(db)
        with _growth(db, found, NOTES, {"entry": "entry with its reference", "body": "body of 500 bytes"}):
            for _ in range(NOTES):
                wire = writer.entry("test.note", (salted("a/b", os.urandom(500)),), sweep_id=new_id())[1]
                accept(db, read_arrival(wire), quarantine_max_bytes=0)
        with _growth(db, found, ROOMS, {"room": "room with its plan"}):
            fill_rooms(db, ROOMS)
        reader = Reader("점검자-01", "kim", "192.0.2.17")
        with _growth(db, found, ACCESSES, {"access": "line of the access log"}), db.write() as connection:
            for _ in range(ACCESSES):
                note(connection, reader, "sweep.viewed", str(new_id()), ("device_addresses", "device_names"))
        with db.write() as connection:
            connection.execute(text("TRUNCATE log_tiles"))
        with _growth(db, found, LEAVES, {"leaf": "leaf of the tree"}), db.write() as connection:
            tiles.append(connection, 0, [os.urandom(32) for _ in range(LEAVES)])
    for name, each in found.items():
        report(f"{name}: {each:,.0f} bytes on PostgreSQL")
    report(f"the report has {len(to_json(full_report())):,} bytes")
    assert found["body of a report"] + 3 * found["entry with its reference"] < MOST_PER_SWEEP
