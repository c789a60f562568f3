"""The one door to SQL: engines, transactions and migrations for SQLite (WAL, synchronous=FULL) and PostgreSQL.

Input is an SQLAlchemy URL; `read()` and `write()` give connections inside a transaction.  A read is one snapshot that
cannot write and holds nobody up, however long it takes.  Writes are serialised, by a lock in this process and, on
PostgreSQL, by an advisory lock across processes, so that log indices have no holes and appear in order.  When `write()`
returns the transaction is on disk.  A full disk raises `DiskFullError`, a writer that waited in vain `BusyError`, a
database that does not answer `AwayError`, and a schema of another release `SchemaError`; each message is one line.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_PRAGMAS = ("synchronous=FULL", "trusted_schema=OFF", "secure_delete=ON")
WRITER_WAIT_S = 10.0  # guessed: longer than any write here, shorter than the patience of a probe
CONNECT_WAIT_S = 10.0  # guessed: as long as a writer waits
WRITER_LOCK = 0x616E73696D  # "ansim": name of the PostgreSQL advisory lock that makes one writer
READERS = 8  # connections that are kept
MORE_READERS = 56  # derived: forty threads of routes, and as many streams again as PostgreSQL's default of 100 leaves
SQLITE_FULL = 13  # SQLITE_FULL in sqlite3.h
SQLITE_BUSY = 5  # SQLITE_BUSY in sqlite3.h
SQLITE_AWAY = frozenset({10, 14})  # SQLITE_IOERR, SQLITE_CANTOPEN in sqlite3.h
POSTGRES_AWAY = ("08", "57P")  # connection_exception; admin_shutdown, crash_shutdown, cannot_connect_now
# A body of 200 KB takes 1.6 ms of the only writer with the default pglz and 0.3 ms with lz4, which not every build has.
PREFER_LZ4 = """
    SELECT set_config(name, 'lz4', false) FROM pg_settings
    WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
"""
PING_WAIT_S = 2
POSTGRES_FULL = "53100"  # disk_full, PostgreSQL manual, appendix A
POSTGRES_BUSY = frozenset({"55P03", "53300"})  # lock_not_available, too_many_connections
OPTIMIZE_ALL = 0x10002  # every table that changed much, also those that this connection never asked
SCRUB_WAIT_MS = 200  # guessed: a checkpoint holds writers up while it waits for readers


class DiskFullError(Exception):
    """The database could not grow; nothing of the transaction was kept."""


class BusyError(Exception):
    """Another writer was not done in time, or no connection was free; nothing was kept, and it may be tried again."""


class AwayError(Exception):
    """The database does not answer; nothing was kept, and it may be tried again when it is back."""


class SchemaError(Exception):
    """The database has the schema of another release than this one; the message says what to do."""


class Database:
    """A database with one writer at a time and any number of readers."""

    def __init__(self, url: str, *, writer_wait_s: float = WRITER_WAIT_S) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._url = url
        self._writer_wait_s = writer_wait_s
        self._write_lock = threading.Lock()
        self.needs_scrub = self.is_sqlite
        """Something that was deleted may still lie in the write-ahead log, perhaps since before this start."""
        if self.is_sqlite:
            _make_private(parsed.database or "")
            wait_s = writer_wait_s
            self._reader = _sqlite_engine(url, "BEGIN", wait_s, pool_size=READERS, pragmas=("query_only=ON",))
            pragmas = ("journal_mode=WAL", "foreign_keys=ON")
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", wait_s, pool_size=1, pragmas=pragmas)
        else:
            snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = _postgres_engine(url, pool_size=READERS, execution_options=snapshot)
            self._writer = _postgres_engine(url, pool_size=1, pool_pre_ping=False)  # its first word asks for the lock
            _prepare_postgres_writer(self._writer, writer_wait_s)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a read transaction: one snapshot, which cannot write and for which no writer waits."""
        with _named_faults(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in the only write transaction; committed and on disk when the block ends without an error."""
        with _named_faults(), self._locked(), self._only_writer() as connection:
            yield connection

    def migrate(self, migrations: Path = MIGRATIONS) -> None:
        """Bring the schema up to date, all of it or nothing; reads only when it is.

        Raises SchemaError for a schema that a newer release made: this one never goes back.
        """
        with self._reader.begin() as connection:
            if _revision(connection) == _head(migrations):
                return
        with _named_faults(), self._locked(), self._migrator() as engine, engine.begin() as connection:
            self._become_writer(connection)
            _refuse_newer(connection, migrations)
            command.upgrade(_alembic(migrations, connection), "head")
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if self.is_sqlite else None
            if broken is not None:
                raise SchemaError(f"the migration would leave rows of {broken[0]} without what they refer to")

    def ping(self) -> None:
        """Read one row over a new connection, so that neither a full pool nor a cached page answers; else AwayError."""
        parsed = make_url(self._url)
        if self.is_sqlite:
            engine = create_engine(f"sqlite:///file:{parsed.database}?mode=ro&uri=true", poolclass=NullPool)
        else:
            engine = create_engine(self._url, poolclass=NullPool, connect_args={"connect_timeout": PING_WAIT_S})
        try:
            with _named_faults(), engine.connect() as connection:
                connection.execute(text("SELECT version_num FROM alembic_version"))
        except OperationalError as error:
            raise AwayError("the database does not answer as it should") from error
        finally:
            engine.dispose()

    def check_schema(self) -> None:
        """Raise SchemaError unless the schema is just that of this release; for databases that are only read."""
        with self.read() as connection:
            _refuse_newer(connection, MIGRATIONS)
            if _revision(connection) != _head(MIGRATIONS):
                raise SchemaError("the database was made by an older release: run sweep-server migrate on it first")

    def scrub(self) -> bool:
        """Make what was deleted unreadable on disk: SQLite overwrites it and empties its write-ahead log.

        PostgreSQL does so at its next vacuum, which this starts.  False: a reader still sees the old state;
        `needs_scrub` stays, and this is to be called again.
        """
        with _named_faults(), self._locked(), self._outside_transactions() as driver:
            if not self.is_sqlite:
                driver.execute("VACUUM body_data")
                return True
            driver.execute(f"PRAGMA busy_timeout={SCRUB_WAIT_MS}")
            self.needs_scrub = bool(driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            driver.execute(f"PRAGMA busy_timeout={int(self._writer_wait_s * 1000)}")
            return not self.needs_scrub

    def optimize(self) -> None:
        """Let SQLite look again at tables that grew since it last counted them; PostgreSQL does so by itself."""
        if self.is_sqlite:
            with _named_faults(), self._locked(), self._outside_transactions() as driver:
                driver.execute(f"PRAGMA optimize={OPTIMIZE_ALL}")

    def close(self) -> None:
        """Give all connections back."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be this process's only writer; BusyError when another one was not done in time."""
        if not self._write_lock.acquire(timeout=self._writer_wait_s):
            raise BusyError("another writer is not done yet; try again in a few seconds")
        try:
            yield
        finally:
            self._write_lock.release()

    @contextmanager
    def _migrator(self) -> Iterator[Engine]:
        """The writer, on SQLite without foreign keys: a table is rebuilt by dropping it while others refer to it."""
        if not self.is_sqlite:
            yield self._writer
            return
        pragmas = ("journal_mode=WAL",)
        engine = _sqlite_engine(self._url, "BEGIN IMMEDIATE", self._writer_wait_s, pool_size=1, pragmas=pragmas)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _outside_transactions(self) -> Iterator[Any]:
        """A connection of the driver on which every statement stands alone."""
        with closing(self._writer.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            if self.is_sqlite:
                yield driver
                return
            driver.autocommit = True
            try:
                yield driver
            finally:
                driver.autocommit = False

    @contextmanager
    def _only_writer(self) -> Iterator[Connection]:
        """The writer's connection in a transaction, on a new one when the database was away since the last."""
        connection = self._writer.connect()
        try:
            transaction = connection.begin()
            try:
                self._become_writer(connection)
            except OperationalError as error:
                if not error.connection_invalidated:
                    raise
                connection.close()
                connection = self._writer.connect()
                transaction = connection.begin()
                self._become_writer(connection)
            with transaction:
                yield connection
        finally:
            connection.close()

    def _become_writer(self, connection: Connection) -> None:
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": WRITER_LOCK})


def _alembic(migrations: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    return config


def _head(migrations: Path) -> str | None:
    return ScriptDirectory.from_config(_alembic(migrations)).get_current_head()


def _revision(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection, migrations: Path) -> None:
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_alembic(migrations)).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaError(
            f"the database was made by a newer release (schema {found}, this one knows up to {_head(migrations)}): "
            "install that release, or restore the backup from before it"
        )


def _make_private(name: str) -> None:
    """Make an SQLite file that only its owner reads; SQLite gives its other files the same mode."""
    if name and not name.startswith((":", "file:")):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)


def _sqlite_engine(url: str, begin: str, wait_s: float, *, pool_size: int, pragmas: tuple[str, ...]) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else MORE_READERS,
        pool_timeout=CONNECT_WAIT_S,
        connect_args={"timeout": wait_s, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # sqlite3 must not begin transactions of its own; `begin` below does
        for pragma in (*SQLITE_PRAGMAS, *pragmas):
            raw.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(
    url: str, *, pool_size: int, pool_pre_ping: bool = True, execution_options: dict[str, Any] | None = None
) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0 if pool_size == 1 else MORE_READERS // 2,
        pool_timeout=CONNECT_WAIT_S,
        pool_pre_ping=pool_pre_ping,
        execution_options=execution_options or {},
    )


def _prepare_postgres_writer(engine: Engine, wait_s: float) -> None:
    """Durable commits, bounded waits and cheap compression for the writer, whatever the server's defaults are."""

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        raw.execute("SET synchronous_commit = on")
        raw.execute("SET jit = off")  # compiling costs 12 ms a query where a table of 10^6 rows is estimated dear
        raw.execute(f"SET lock_timeout = {int(wait_s * 1000)}")
        raw.execute(PREFER_LZ4)
        raw.commit()


@contextmanager
def _named_faults() -> Iterator[None]:
    """Tell a full disk and a busy database from any other fault of the driver."""
    try:
        yield
    except PoolTimeoutError:
        raise BusyError("no connection to the database is free; try again in a few seconds") from None
    except OperationalError as error:
        code, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
        if (code is not None and code & 0xFF == SQLITE_FULL) or state == POSTGRES_FULL:
            raise DiskFullError("the disk is full") from error
        if (code is not None and code & 0xFF == SQLITE_BUSY) or state in POSTGRES_BUSY:
            raise BusyError("another writer is not done yet; try again in a few seconds") from error
        if _is_away(code, state, error.connection_invalidated):
            raise AwayError("the database does not answer; is it running?") from error
        raise


def _is_away(code: int | None, state: str | None, is_invalidated: bool) -> bool:
    """Is it that nobody answers? PostgreSQL's driver gives neither code nor state when it cannot connect."""
    if code is not None:
        return code & 0xFF in SQLITE_AWAY
    return is_invalidated or state is None or state.startswith(POSTGRES_AWAY)
