"""The one door to SQL: engines, transactions and migrations for SQLite (WAL, synchronous=FULL) and PostgreSQL.

Input is an SQLAlchemy URL; `read()` and `write()` give connections inside a transaction.  Writes are serialised, by a
lock in this process and, on PostgreSQL, by an advisory lock across processes, so that log indices have no holes and
appear in order.  When `write()` returns the transaction is on disk.  A full disk raises `DiskFullError`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON")
BUSY_TIMEOUT_S = 30  # guessed: longer than any transaction here, shorter than a client's patience
WRITER_LOCK = 0x616E73696D  # "ansim": name of the PostgreSQL advisory lock that makes one writer
SQLITE_FULL = 13  # SQLITE_FULL in sqlite3.h
POSTGRES_FULL = "53100"  # disk_full, PostgreSQL manual, appendix A


class DiskFullError(Exception):
    """The database could not grow; nothing of the transaction was kept."""


class Database:
    """A database with one writer at a time and any number of readers."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._write_lock = threading.Lock()
        if self.is_sqlite:
            _make_private(parsed.database or "")
            self._reader = _sqlite_engine(url, "BEGIN", pool_size=8)
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1)
        else:
            self._reader = self._writer = create_engine(url, pool_size=12, max_overflow=4, pool_pre_ping=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a read transaction: one consistent view."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in the only write transaction; committed and on disk when the block ends without an error."""
        try:
            with self._write_lock, self._writer.begin() as connection:
                if not self.is_sqlite:
                    connection.execute(text("SET LOCAL synchronous_commit = on"))
                    connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": WRITER_LOCK})
                yield connection
        except OperationalError as error:
            if _is_disk_full(error):
                raise DiskFullError("the disk is full") from error
            raise

    def migrate(self) -> None:
        """Bring the schema up to date; does nothing when it is."""
        with self._write_lock, self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": WRITER_LOCK})
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def scrub(self) -> None:
        """Make what was deleted unreadable on disk: SQLite overwrites it and empties its write-ahead log.

        PostgreSQL does so at its next vacuum, which this starts.
        """
        statement = "PRAGMA wal_checkpoint(TRUNCATE)" if self.is_sqlite else "VACUUM body_data"
        with self._write_lock, self._reader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))

    def close(self) -> None:
        """Give all connections back."""
        self._reader.dispose()
        self._writer.dispose()


def _make_private(name: str) -> None:
    """Make an SQLite file that only its owner reads; SQLite gives its other files the same mode."""
    if name and not name.startswith((":", "file:")):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _sqlite_engine(url: str, begin: str, *, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else 32,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # sqlite3 must not begin transactions of its own; `begin` below does
        for pragma in SQLITE_PRAGMAS:
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _is_disk_full(error: OperationalError) -> bool:
    original = error.orig
    code = getattr(original, "sqlite_errorcode", None)
    return (code is not None and code & 0xFF == SQLITE_FULL) or getattr(original, "sqlstate", None) == POSTGRES_FULL
