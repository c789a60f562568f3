"""Fill a database with a district's years in seconds: one sweep goes through the ingest path, the others are its
copies.

Input is a migrated database; output are rooms with plans, and signed entries in a chain with bodies and projections,
written in bulk under ids, times and rooms of their own.  What is in there verifies, and a rebuild changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, create_engine, func, insert, select, text

from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.ingest.persons import ServerSigner
from server.places.facilities import template_plan
from server.projections.sightings import case_of
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store import schema
from server.store.bodies import open_read, seal_read, sealed_rows
from server.store.db import Database
from server.store.stored_bodies import bodies_of
from sweep.entry import kinds
from sweep.entry.dsse import ENTRY_TYPE, SignedEntry
from sweep.entry.envelope import Body
from sweep.report import new_id, to_json
from tests.bench.district import BenchProbe

AT_ONCE = 2_000
ROOMS_OF_FACILITY = 4
Rows = list[dict[str, Any]]
SWEEP_TABLES = (schema.entries, schema.body_refs, *schema.PROJECTIONS)
PURPOSES = {"sealed": "line", "inspectors_sealed": "inspectors", "things_sealed": "things"}
"""Of the sealed columns of projections, see server/projections/projecting.py."""


@dataclass(frozen=True)
class Copy:
    """A sweep that is a copy of another, under ids of its own."""

    rows: dict[Table, Rows]
    bodies: list[Body]


def settle(db: Database) -> None:
    """Count what was filled in, as the server's nightly work does, and PostgreSQL's autovacuum within a minute."""
    db.optimize()
    if not db.is_sqlite:
        with db.read() as connection:
            engine = create_engine(connection.engine.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
        engine.dispose()


def fill_rooms(db: Database, count: int) -> list[UUID]:
    """Rooms, four to a facility, each with a plan; returns their ids."""
    plan = to_json(template_plan("restroom")).decode()
    facilities: Rows = []
    rooms: Rows = []
    plans: Rows = []
    for number in range(count):
        if number % ROOMS_OF_FACILITY == 0:
            name = {
                "code": f"11-{number:06d}",
                "name_ko": f"{number:06d}번 공중화장실",
                "name_en": f"Place {number:06d}",
            }
            facilities.append(name | {"facility_id": new_id(), "address": "x", "is_demo": False, "created_ms": 0})
        name = {"name_ko": f"여자 화장실 {number % 4}층", "name_en": f"Women's, {number % 4}F"}
        ids = {"room_id": new_id(), "facility_id": facilities[-1]["facility_id"]}
        rooms.append(name | ids | {"kind": "restroom", "created_ms": 0})
        version = {"version": 1, "plan_json": plan, "is_verified": False}
        plans.append(version | {"room_id": ids["room_id"], "created_ms": 0, "created_by": "bench"})
    with db.write() as connection:
        for table, rows in ((schema.facilities, facilities), (schema.rooms, rooms), (schema.plans, plans)):
            connection.execute(insert(table), rows)
    return [row["room_id"] for row in rooms]


def fill_sweeps(
    db: Database,
    probe: BenchProbe,
    room_ids: Sequence[UUID],
    count: int,
    every: timedelta,
    server_signer: ServerSigner | None = None,
) -> None:
    """Reports of `count` more sweeps, one `every` so long from the template's start on, in turn through the rooms.

    `server_signer`: of a server that says in its log that it admits the probe, before anything of it.
    """
    with db.write() as connection:
        keys.admit(
            connection,
            public_key=probe.key.public_key,
            role="demo",
            probe_id="probe-demo-1",
            name="bench",
            actor="bench",
        )
        if server_signer is not None:
            sign_waiting(connection, server_signer)
    first = accept(db, read_arrival(probe.sweep()), quarantine_max_bytes=0)
    with db.read() as connection:
        template: dict[Table, Rows] = {}
        for table in SWEEP_TABLES:
            statement = select(table)
            if "sweep_id" in table.c:
                statement = statement.where(table.c.sweep_id == first.sweep_id)
            elif "log_index" in table.c:
                statement = statement.where(table.c.log_index == first.log_index)
            else:
                refs = schema.body_refs
                statement = statement.where(
                    table.c.commitment.in_(select(refs.c.commitment).where(refs.c.log_index == first.log_index))
                )
            template[table] = [_opened(connection, dict(row)) for row in connection.execute(statement).mappings()]
        (report,) = (body.data for body in bodies_of(connection, first.log_index))
        log_index = (connection.scalar(select(func.max(schema.entries.c.log_index))) or 0) + 1
    assert report is not None
    copies = _copies(template, probe, report.decode(), room_ids, count, every, log_index)
    while some := list(islice(copies, AT_ONCE)):
        with db.write() as connection:
            bodies = [body for copy in some for body in copy.bodies]
            sealed = [row | {"arrived_ms": 0} for row in sealed_rows(connection, bodies)]
            connection.execute(insert(schema.body_data), sealed)
            for copy, row in zip(some, sealed, strict=True):
                for rows in copy.rows.values():
                    rows[:] = [_sealed(connection, one, row["slot"]) for one in rows]
            for table in SWEEP_TABLES:
                found = [row for copy in some for row in copy.rows[table]]
                if found:
                    connection.execute(insert(table), found)


def _opened(connection: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """A row of a projection whose sealed columns are text."""
    for name, purpose in PURPOSES.items():
        if row.get(name) is not None:
            row[name] = open_read(connection, f"{purpose} {row['sweep_id']}", row[name])
    return row


def _sealed(connection: Connection, row: dict[str, Any], slot: int) -> dict[str, Any]:
    """The same sealed, under the key of its own body."""
    texts = {name: row[name] for name in PURPOSES if row.get(name) is not None}
    return row | {
        name: seal_read(connection, [slot], f"{PURPOSES[name]} {row['sweep_id']}", text) for name, text in texts.items()
    }


def _copies(
    template: dict[Table, Rows],
    probe: BenchProbe,
    report: str,
    room_ids: Sequence[UUID],
    count: int,
    every: timedelta,
    log_index: int,
) -> Iterator[Copy]:
    (entry,), (ref,) = template[schema.entries], template[schema.body_refs]
    envelope = json.loads(entry["payload"])
    for number in range(count):
        sweep_id, room_id, entry_id = new_id(), room_ids[number % len(room_ids)], new_id()
        probe.seq += 1
        swaps = {str(entry["sweep_id"]): str(sweep_id), str(entry["room_id"]): str(room_id)}
        data = _swapped(report, swaps).encode()
        body = Body(ref["media_type"], data, hashlib.sha256(sweep_id.bytes).digest())
        commitment = body.commitment
        payload = json.dumps(
            envelope
            | {"entry_id": str(entry_id), "sweep_id": str(sweep_id), "room_id": str(room_id)}
            | {"seq": probe.seq, "prev": probe.prev, "bodies": [envelope["bodies"][0] | {"commitment": commitment}]},
            separators=(",", ":"),
        ).encode()
        signed = probe.key.sign(ENTRY_TYPE, payload)
        ids = {"sweep_id": sweep_id, "room_id": room_id, "log_index": log_index, "report_log_index": log_index}
        ids |= {"commitment": commitment, "report_commitment": commitment}
        later_ms = number * every // timedelta(milliseconds=1)
        made = {
            schema.entries: [entry | _entry_values(signed, entry_id, probe, ids)],
            schema.body_refs: [ref | {"log_index": log_index, "commitment": commitment}],
        }
        for table, rows in template.items():
            made.setdefault(table, [_moved(row, ids, swaps, later_ms) for row in rows])
        yield Copy(made, [body])
        probe.prev = signed.entry_hash
        log_index += 1


def _entry_values(signed: SignedEntry, entry_id: UUID, probe: BenchProbe, ids: dict[str, Any]) -> dict[str, Any]:
    return {
        "log_index": ids["log_index"],
        "sweep_id": ids["sweep_id"],
        "room_id": ids["room_id"],
        "entry_id": entry_id,
        "entry_hash": signed.entry_hash,
        "signatures_hash": signed.signatures_hash,
        "payload": signed.payload,
        "signatures_json": json.dumps([[key_id, signature.hex()] for key_id, signature in signed.signatures]),
        "seq": probe.seq,
        "prev": probe.prev,
    }


def _moved(row: dict[str, Any], ids: dict[str, Any], swaps: dict[str, str], later_ms: int) -> dict[str, Any]:
    """A row of a projection, under other ids and later."""
    moved = {name: ids.get(name, value) for name, value in row.items()}
    for name, value in moved.items():
        if name in {"started_ms", "ended_ms"} and value is not None:
            moved[name] = value + later_ms
        elif (name.endswith("_json") or name in PURPOSES) and value is not None:
            moved[name] = _swapped(value, swaps)
    if "case_id" in row:
        moved["case_id"] = case_of(moved["sweep_id"], moved["finding_id"])
    return moved


def _swapped(text: str, swaps: dict[str, str]) -> str:
    for old, new in swaps.items():
        text = text.replace(old, new)
    return text


def fill_log(db: Database, probe: BenchProbe, room_ids: Sequence[UUID], wanted: int, body_bytes: int) -> None:
    """Let the log grow to `wanted` entries by copies of its newest one, each a sweep of its own, with random bodies.

    Only what is looked up differs: the copies share payload and signature, which hold.
    """
    with db.read() as connection:
        newest = connection.execute(
            select(schema.entries).order_by(schema.entries.c.log_index.desc()).limit(1)
        ).mappings()
        entry = dict(newest.one())
        sweep = dict(
            connection.execute(select(schema.sweeps).where(schema.sweeps.c.sweep_id == entry["sweep_id"]))
            .mappings()
            .one()
        )
    first = entry["log_index"] + 1
    for start in range(first, wanted, AT_ONCE):
        entries, bodies, refs, sweeps = [], [], [], []
        for index in range(start, min(start + AT_ONCE, wanted)):
            body, sweep_id = Body(kinds.REPORT_TYPE, os.urandom(body_bytes), bytes(32)), new_id()
            commitment = body.commitment
            probe.seq += 1
            own = {"log_index": index, "entry_hash": os.urandom(32).hex(), "entry_id": new_id(), "sweep_id": sweep_id}
            entries.append(entry | own | {"seq": probe.seq})
            refs.append(
                {
                    "log_index": index,
                    "position": 0,
                    "commitment": commitment,
                    "media_type": kinds.REPORT_TYPE,
                    "size": body_bytes,
                }
            )
            bodies.append(body)
            ids = {"sweep_id": sweep_id, "room_id": room_ids[index % len(room_ids)], "report_log_index": index}
            sweeps.append(sweep | ids | {"report_commitment": commitment})
        with db.write() as connection:
            sealed = [row | {"arrived_ms": 0} for row in sealed_rows(connection, bodies)]
            for table, rows in (
                (schema.entries, entries),
                (schema.body_data, sealed),
                (schema.body_refs, refs),
                (schema.sweeps, sweeps),
            ):
                connection.execute(insert(table), rows)
    with db.write() as connection:  # the chain goes on from here
        probe.prev = connection.scalar(
            select(schema.entries.c.entry_hash).order_by(schema.entries.c.log_index.desc()).limit(1)
        )


@contextmanager
def _bare(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """These tables of a PostgreSQL without indices and constraints, which are made again at the end."""
    names = [table.name for table in tables]
    constraints = connection.execute(
        text(
            "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) AS told FROM pg_constraint k"
            " JOIN pg_class c ON c.oid = k.conrelid WHERE c.relname = ANY(:names) AND k.contype IN ('p', 'u', 'f')"
            " ORDER BY k.contype = 'f' DESC"
        ),
        {"names": names},
    ).all()
    others = connection.execute(
        text(
            "SELECT f.relname, k.conname, pg_get_constraintdef(k.oid) AS told FROM pg_constraint k"
            " JOIN pg_class c ON c.oid = k.confrelid JOIN pg_class f ON f.oid = k.conrelid"
            " WHERE c.relname = ANY(:names) AND NOT f.relname = ANY(:names) AND k.contype = 'f'"
        ),
        {"names": names},
    ).all()
    for row in (*others, *constraints):
        connection.execute(text(f"ALTER TABLE {row.relname} DROP CONSTRAINT {row.conname}"))
    indices = connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:names)"), {"names": names}
    ).all()
    for row in indices:
        connection.execute(text(f"DROP INDEX {row.indexname}"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    for row in indices:
        connection.execute(text(row.indexdef))
    for row in (*reversed(constraints), *others):
        connection.execute(text(f"ALTER TABLE {row.relname} ADD CONSTRAINT {row.conname} {row.told}"))


FAR_SLOTS = 1 << 36  # of bodies that nobody opens


def clone_log(db: Database, room_ids: Sequence[UUID], wanted: int) -> None:
    """Let the log of a PostgreSQL grow to `wanted` entries inside it, as `fill_log` does; these bodies do not open."""
    digest = "encode(sha256(int8send(i)), 'hex')"
    time_ordered = "(lpad(to_hex(1772000000000 + i), 12, '0') || '7000' || left(md5(i::text), 16))::uuid"
    own: dict[Table, dict[str, str]] = {
        schema.entries: {"log_index": "i", "entry_hash": digest, "entry_id": time_ordered, "sweep_id": time_ordered},
        schema.body_refs: {"log_index": "i", "commitment": digest},
        schema.body_data: {"commitment": digest, "slot": f"{FAR_SLOTS} + i", "brought_by": "NULL"},
        schema.sweeps: {
            "sweep_id": time_ordered, "report_log_index": "i", "report_commitment": digest,
            "room_id": "(SELECT of_rooms[1 + i % array_length(of_rooms, 1)] FROM rooms_there)",
        },
    }  # fmt: skip
    own[schema.entries]["seq"] = "-i"  # beside the chain, which goes on where `fill_log` left it
    with db.write() as connection:
        newest = connection.scalar(select(func.max(schema.entries.c.log_index)))
        assert newest is not None
        if newest + 1 >= wanted:
            return
        like = {
            schema.entries: f"log_index = {newest}",
            schema.body_refs: f"log_index = {newest}",
            schema.body_data: f"commitment = (SELECT commitment FROM body_refs WHERE log_index = {newest})",  # noqa: S608 - a number
            schema.sweeps: f"report_log_index = {newest}",
        }
        connection.execute(
            text("CREATE TEMPORARY TABLE rooms_there ON COMMIT DROP AS SELECT CAST(:rooms AS uuid[]) AS of_rooms"),
            {"rooms": list(room_ids)},
        )
        with _bare(connection, list(own)):
            for table, values in own.items():
                columns = ", ".join(values.get(column.name, column.name) for column in table.c)
                names = ", ".join(column.name for column in table.c)
                newest_row = f"(SELECT * FROM {table.name} WHERE {like[table]}) AS newest"  # noqa: S608 - own names only
                numbers = f"generate_series({newest + 1}::bigint, {wanted - 1}) AS i"
                connection.execute(
                    text(f"INSERT INTO {table.name} ({names}) SELECT {columns} FROM {numbers}, {newest_row}")  # noqa: S608 - own names only
                )
