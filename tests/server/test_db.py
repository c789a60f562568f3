"""The one door to SQL: migrations on filled databases, schemas of other releases, readers that hold nobody up."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError

from server import keys, projections
from server.alarms import raise_alarm
from server.arrivals import read_arrival
from server.db import MIGRATIONS, WRITER_LOCK, BusyError, Database, SchemaError
from server.entries import accept
from server.facilities import load_demo_facility
from server.schema import body_refs, entries, metadata, plans, rooms, sweeps
from server.settings import Settings
from sweep.report import new_id
from tests.server.conftest import PASSWORD, Call, running
from tests.server.sweep_kit import Probe

REBUILDS = '''"""Rebuild the tables that others refer to, and one that grew."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
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
def filled(database_url: str) -> Iterator[Database]:
    """A database that holds rows in every table that another one refers to."""
    with contextlib.closing(Database(database_url, writer_wait_s=0.2)) as db:
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
    ("import-facilities", "server/demo_facility.json"),
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
    numbers = sorted(path.name.split("_")[0] for path in (MIGRATIONS / "versions").glob("*.py"))
    assert numbers == [f"{number + 1:04d}" for number in range(len(numbers))]
    for number, path in enumerate(sorted((MIGRATIONS / "versions").glob("*.py"))):
        down = f'"{number:04d}"' if number else "None"
        assert f"\ndown_revision = {down}\n" in path.read_text(encoding="utf-8"), path.name


def test_a_reader_cannot_write(filled: Database) -> None:
    with pytest.raises(DBAPIError), filled.read() as connection:
        connection.execute(text("DELETE FROM plans"))


def test_a_reader_sees_one_snapshot_and_no_writer_waits_for_it(filled: Database) -> None:
    with filled.read() as connection:
        before = _counts(connection)
        with filled.write() as other:
            other.execute(text("DELETE FROM dispositions"))
            other.execute(text("UPDATE sweeps SET result = 'found'"))
            raise_alarm(other, "conflict", key_id=None, sweep_id=None, log_index=0)
        filled.migrate()
        filled.check_schema()
        assert _counts(connection) == before
        assert connection.scalar(select(sweeps.c.result)) != "found"


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


def test_a_busy_database_answers_503_with_a_time(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.app.Database", partial(Database, writer_wait_s=0.2))
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
        connection.rollback()
        assert site.send(wire).status_code == 200
    engine.dispose()


def test_reading_a_sweep_writes_nothing(filled: Database) -> None:
    with filled.read() as connection:
        sweep_id = connection.scalar(select(sweeps.c.sweep_id))
        assert sweep_id is not None
        record, _ = projections.read_sweep(connection, sweep_id)
    assert record.report is not None


def test_a_long_reader_holds_up_the_scrub_but_no_writer(filled: Database) -> None:
    with filled.read() as connection:
        _counts(connection)
        with filled.write() as other:
            other.execute(text("DELETE FROM body_data"))
        assert filled.scrub() is not filled.is_sqlite
        with filled.write() as other:
            other.execute(text("DELETE FROM dispositions"))
    assert filled.scrub()
    assert not filled.needs_scrub
    filled.optimize()
