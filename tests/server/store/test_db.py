"""The only room that touches SQL: migrations on filled databases, schemas of other releases, readers that hold nobody
up.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.places.facilities import load_demo_facility
from server.projections import sweep_record
from server.signing import keys
from server.store.alarms import raise_alarm
from server.store.db import WRITER_LOCK, Database
from server.store.faults import BusyError, DiskFullError, ReadOnlyError, SchemaError
from server.store.revisions import MIGRATIONS
from server.store.schema import body_refs, entries, metadata, plans, rooms, sweeps
from sweep.report import new_id
from tests.server.conftest import PASSWORD, Call, Site, keys_in, running
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

REBUILDS = '''"""Rebuild the tables that others refer to, and one that grew."""

import sqlalchemy as sa
from alembic import op

revision = "9999_from_9998"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the schema newer."""
    for table in ("facilities", "rooms", "entries", "users", "body_refs"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("of_tomorrow", sa.Integer(), nullable=True))
            batch_op.create_check_constraint("ck_" + table, "of_tomorrow IS NULL")
    {more}
'''


def _newer(folder: Path, more: str = "pass") -> Path:
    """The migrations of a later release."""
    later = folder / "migrations"
    shutil.copytree(MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    numbers = sorted(path.name.split("_")[0] for path in (later / "versions").glob("*.py"))
    (later / "versions" / "9999_rebuilds.py").write_text(REBUILDS.format(head=numbers[-1], more=more))
    return later


@pytest.fixture
def filled(database_url: str, tmp_path: Path) -> Iterator[Database]:
    """A database that holds rows in every table that another one refers to."""
    with contextlib.closing(Database(database_url, keys_in(tmp_path / "data"), writer_wait_s=0.2)) as db:
        db.migrate()
        probe = Probe()
        with db.write() as connection:
            load_demo_facility(connection)
            keys.admit(
                connection,
                public_key=probe.signer.public_key,
                role="demo",
                probe_id="probe-demo-1",
                name="test",
                actor="test",
            )
        for wire in probe.whole_sweep()[1:]:
            accept(db, read_arrival(wire), quarantine_max_bytes=0)
        yield db


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
    }


def test_a_migration_rebuilds_tables_of_a_filled_database(filled: Database, database_url: str, tmp_path: Path) -> None:
    with filled.read() as connection:
        before = _counts(connection)
    assert all(before[table.name] for table in (rooms, plans, entries, body_refs, sweeps))
    filled.migrate(_newer(tmp_path))
    with filled.read() as connection:
        assert _counts(connection) == before
        assert connection.scalar(text("SELECT count(*) FROM entries WHERE of_tomorrow IS NULL")) == before["entries"]
    with pytest.raises(DBAPIError), filled.write() as connection:  # what refers to a rebuilt table still does
        connection.execute(text("DELETE FROM entries"))


def test_a_migration_that_fails_changes_nothing(filled: Database, tmp_path: Path) -> None:
    broken = "op.execute(\"DELETE FROM entries WHERE log_index = 0\")\n    raise ValueError('half way')"
    with filled.read() as connection:
        before = _counts(connection)
    with pytest.raises((ValueError, DBAPIError)):
        filled.migrate(_newer(tmp_path, broken))
    with filled.read() as connection:
        assert _counts(connection) == before
    filled.check_schema()


def test_a_migration_that_loses_what_others_refer_to_changes_nothing(filled: Database, tmp_path: Path) -> None:
    with pytest.raises((SchemaError, DBAPIError)):
        filled.migrate(_newer(tmp_path, 'op.execute("DELETE FROM entries WHERE log_index = 0")'))
    filled.check_schema()


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("serve", "--port", "0"),
    ("migrate",),
    ("import-facilities", "server/places/demo_facility.json"),
    ("export", "log", "log.csv", "--reason", "x"),
    ("export", "entries", "log.jsonl"),
    ("rebuild",),
    ("enrol", "00" * 32, "--role", "witness", "--name", "x"),
    ("add-user", "kim", "--display-name", "점검자-01"),
)


def test_a_newer_schema_is_one_line_for_every_command(
    filled: Database, settings: Settings, tmp_path: Path, call: Call
) -> None:
    filled.migrate(_newer(tmp_path))
    commands = [*COMMANDS]
    if filled.is_sqlite:
        commands.append(("verify", settings.url.removeprefix("sqlite:///")))
    for command in commands:
        code, out, said = call(*command)
        assert (code, out, len(said.splitlines())) == (2, "", 1), command
        assert "newer release (schema 9999" in said, command
    assert not Path("log.csv").exists()


def test_one_line_of_migrations_leads_to_the_newest() -> None:
    """Two files that follow the same one would leave a database without a way forward."""
    paths = sorted((MIGRATIONS / "versions").glob("*.py"))
    numbers = [path.name.split("_")[0] for path in paths]
    assert len(set(numbers)) == len(numbers)
    for path, number, before in zip(paths, numbers, [None, *numbers], strict=False):
        down = "None" if before is None else f'"{before}"'
        written = path.read_text(encoding="utf-8")
        assert f"\ndown_revision = {down}\n" in written, path.name
        assert f'\nrevision = "{number}"\n' in written, path.name


def test_a_full_disk_is_remembered_until_a_later_write_found_room(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = itertools.count(100)

    def write(*, is_empty: bool = False) -> None:
        with filled.write() as connection:
            if not is_empty:
                raise_alarm(connection, "test", key_id=None, sweep_id=None, log_index=next(places))

    with pytest.raises(DiskFullError), filled.write():
        raise OSError(errno.ENOSPC, "the store of the keys has no room either")
    assert filled.is_full
    write()
    assert filled.is_full, "a small one may find room where a report did not"
    monkeypatch.setattr("server.store.db.FULL_S", 0.0)
    if not filled.is_sqlite:
        write(is_empty=True)
        assert filled.is_full
    write()
    assert not filled.is_full


def test_a_reader_cannot_write(filled: Database) -> None:
    with pytest.raises(ReadOnlyError), filled.read() as connection:
        connection.execute(text("DELETE FROM plans"))


def test_a_reader_sees_one_snapshot_and_no_writer_waits_for_it(filled: Database) -> None:
    with filled.read() as connection:
        before = _counts(connection)
        with filled.write() as other:
            other.execute(text("DELETE FROM dispositions"))
            other.execute(text("UPDATE sweeps SET said = 'found'"))
            raise_alarm(other, "conflict", key_id=None, sweep_id=None, log_index=0)
        filled.migrate()
        filled.check_schema()
        assert _counts(connection) == before
        assert connection.scalar(select(sweeps.c.said)) != "found"


def test_a_writer_waits_with_a_bound(filled: Database, database_url: str) -> None:
    with (
        contextlib.closing(Database(database_url, writer_wait_s=0.2)) as other,
        other.write(),
        pytest.raises(BusyError, match="try again"),
        filled.write(),
    ):
        pass
    with filled.write(), ThreadPoolExecutor(1) as pool, pytest.raises(BusyError):
        pool.submit(_enter, filled).result(30)


def _enter(db: Database) -> None:
    with db.write():
        pass


def test_what_a_thread_still_works_on_is_closed_when_it_has_done(filled: Database) -> None:
    with filled.read() as connection:
        driver: Any = connection.connection.driver_connection
        filled.close()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert filled.is_sqlite or driver.closed


def test_a_busy_database_answers_503_with_a_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.api.app.Database", partial(Database, writer_wait_s=0.5))
    probe = Probe()
    wire = probe.opened(new_id())
    engine = create_engine(settings.url)
    with running(settings) as site, engine.connect() as connection:
        site.admit(probe.signer)
        site.add_user("kim", "viewer", "점검자-01")
        if site.db.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": WRITER_LOCK})
        login = {"username": "kim", "password": PASSWORD}
        for answer in (site.send(wire), site.anonymous().post("/api/login", login)):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
            assert answer.json()["error"]["code"] == "busy"
        assert _writer_of(site) == "degraded"
        connection.rollback()
        assert site.send(wire).status_code == 200
        assert _writer_of(site) == "ok"
    engine.dispose()


def _writer_of(site: Site) -> object:
    return site.anonymous().get("/api/health").json()["parts"]["writer"]


def test_a_write_that_does_not_end_is_told(filled: Database) -> None:
    with filled.write():
        assert not filled.is_stuck
        wait_until(lambda: filled.is_stuck, "a write that takes longer than others wait")
    assert not filled.is_stuck


def test_a_fault_of_a_statement_does_not_say_what_it_carried(filled: Database) -> None:
    values = {"room_id": None, "version": 1, "plan_json": "02:5e:c2:e7:00:17", "is_verified": True}
    with pytest.raises(DBAPIError) as caught, filled.write() as connection:
        connection.execute(insert(plans).values(**values, created_ms=0, created_by="x"))
    assert "hidden" in str(caught.value)
    # PostgreSQL itself names a row that it refuses: what is of a body in there is sealed
    assert "02:5e" not in str(caught.value) or not filled.is_sqlite


def test_reading_a_sweep_writes_nothing(filled: Database) -> None:
    with filled.read() as connection:
        sweep_id = connection.scalar(select(sweeps.c.sweep_id))
        assert sweep_id is not None
        record, _ = sweep_record.read_sweep(connection, sweep_id)
    assert record.report is not None
