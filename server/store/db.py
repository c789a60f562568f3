"""The only room that touches SQL: engines, transactions and migrations for SQLite (WAL, synchronous=FULL) and
PostgreSQL.

Input is an SQLAlchemy URL; `read()` and `write()` give connections inside a transaction.  A read is one snapshot that
cannot write and holds nobody up, however long it takes.  Writes are serialised, by a lock in this process and, on
PostgreSQL, by an advisory lock across processes, so that log indices have no holes and appear in order.  When `write()`
returns the transaction is on disk.  A full disk raises `DiskFullError`, a writer that waited in vain `BusyError`, a
database that does not answer `AwayError`, and a schema of another release `SchemaError`; each message is one line.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from server.store.crypto.body_keys import BodyKeys
from server.store.engines import (
    KEEP_ALIVE,
    READERS,
    make_private,
    postgres_engine,
    prepare_postgres_writer,
    sqlite_engine,
)
from server.store.faults import AwayError, BusyError, DiskFullError, SchemaError, named_faults
from server.store.life import SignOfLife, sign_of_life
from server.store.objects import ObjectStore
from server.store.postgres_statistics import holds_samples, keep_no_samples, write_samples_anew
from server.store.replica import Read, Replica, position_of, primary_of
from server.store.revisions import (
    MIGRATIONS,
    newest_revision,
    refuse_newer,
    refuse_others,
    revision_of,
    serves_beside,
    upgrade,
)
from sweep.phrases import Phrase

WRITER_WAIT_S = 10.0  # guessed: longer than any write here, shorter than the patience of a probe
WRITER_LOCK = 0x616E73696D  # "ansim": name of the PostgreSQL advisory lock that makes one writer
TURN_LOCK = WRITER_LOCK + 1  # that of the short transactions of processes that share a PostgreSQL
TURNS = 4  # guessed: each takes about a millisecond
LOOKS = 2  # derived: one for the keys of probes, one for what is live
PING_WAIT_S = 2
REPLICA_WAIT_S = 2.0  # guessed: what a document of minutes may wait for a replica
REPLICA_LOOK_S = 0.05
FULL_S = 60.0  # guessed: a small write may find room where a report did not
STUCK_S = 60.0  # guessed: somebody writes every minute
OPTIMIZE_ALL = 0x10002  # every table that changed much, also those that this connection never asked
MIGRATION_LOCK_MS = 300  # guessed: so long others wait behind a table that a migration waits for
MIGRATION_GONE_MS = 1_000  # guessed: so long PostgreSQL holds tables for a migration whose process was killed
MIGRATION_PAUSE_S = 1.0  # guessed: what waited behind it is done by then
MIGRATION_WAIT_S = 600.0  # guessed: longer than a document or `pg_dump` reads
SQLITE_HOLDS_PLAIN_COPIES = 1  # user_version that a migration leaves when dropped pages are to be written anew


T = TypeVar("T")
ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(:name)")


class Database:
    """A database with one writer at a time and any number of readers."""

    def __init__(
        self,
        url: str,
        body_keys: BodyKeys | None = None,
        objects: ObjectStore | None = None,
        *,
        replica_url: str = "",
        writer_wait_s: float = WRITER_WAIT_S,
    ) -> None:
        """`body_keys`: without them no body is stored or read; `objects`: where the large ones lie, None: here.

        Its connections have both as execution options.  `replica_url`: of a PostgreSQL that follows this one.
        """
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._url = url
        self._writer_wait_s = writer_wait_s
        self._write_lock = threading.Lock()
        self.body_keys, self.objects = body_keys, objects
        self._options = {"body_keys": body_keys, "objects": objects}
        self.replica = Replica(replica_url, self._options) if replica_url else None
        self._is_closed = False
        self._full_s: float | None = None
        self._in_vain_s: float | None = None
        self._began_s: float | None = None
        if self.is_sqlite:
            make_private(parsed.database or "")
            wait_s = writer_wait_s
            self._reader = sqlite_engine(url, "BEGIN", wait_s, pool_size=READERS, pragmas=("query_only=ON",))
            pragmas = ("journal_mode=WAL", "foreign_keys=ON")
            self._writer = sqlite_engine(url, "BEGIN IMMEDIATE", wait_s, pool_size=1, pragmas=pragmas)
        else:
            snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = postgres_engine(url, pool_size=READERS, execution_options=snapshot)
            self._writer = postgres_engine(url, pool_size=1, pool_pre_ping=False)  # its first word asks for the lock
            prepare_postgres_writer(self._writer, writer_wait_s)
            self._turns = postgres_engine(url, pool_size=TURNS)
            prepare_postgres_writer(self._turns, writer_wait_s)
            event.listen(self._turns, "checkin", self._close_late)
            self._looks = postgres_engine(url, pool_size=LOOKS, pool_pre_ping=False, isolation_level="AUTOCOMMIT")
            event.listen(self._looks, "checkin", self._close_late)
        for engine in (self._reader, self._writer):
            event.listen(engine, "checkin", self._close_late)
        self._reader = self._reader.execution_options(**self._options)
        self._writer = self._writer.execution_options(**self._options)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection in a read transaction: one snapshot, which cannot write and for which no writer waits."""
        with named_faults(), self._reader.begin() as connection:
            yield connection

    def look(self, ask: Callable[[Connection], T]) -> T:
        """What one statement finds that is asked many times a second: one trip to a PostgreSQL, no transaction."""
        if self.is_sqlite:
            with self.read() as connection:
                return ask(connection)
        with named_faults():
            try:
                with self._looks.connect() as connection:
                    return ask(connection)
            except OperationalError as error:
                if not error.connection_invalidated:
                    raise
            with self._looks.connect() as connection:  # a new one: the database was away since the last
                return ask(connection)

    @contextmanager
    def read_seen(self, seen: int | None, lacks: Callable[[Connection], bool] | None = None) -> Iterator[Read]:
        """One snapshot of the replica that holds all up to a position and lacks nothing; else, or for None, of this."""
        with ExitStack() as stack:
            found = None
            if self.replica is not None and seen is not None:
                found = stack.enter_context(self.replica.read(seen))
            if found is not None and lacks is not None and lacks(found.connection):
                found = None
            if found is None:
                connection = stack.enter_context(self.read())
                found = Read(connection, None if self.replica is None else position_of(connection))
            yield found

    @contextmanager
    def read_whole(self) -> Iterator[Connection]:
        """One snapshot of all that is written now: of the replica where it comes to that in time, else of this."""
        if self.replica is not None:
            with self.read() as connection:
                primary = primary_of(connection)
            self.replica.look(primary)
            until_s = time.monotonic() + REPLICA_WAIT_S
            while self.replica.behind.state == "follows" and time.monotonic() < until_s:
                with self.replica.read(primary.position) as found:
                    if found is not None:
                        yield found.connection
                        return
                time.sleep(REPLICA_LOOK_S)
        with self.read() as connection:
            yield connection

    def look_at_replica(self) -> None:
        """See whether the replica may be read, and how far behind it is; AwayError when this does not answer."""
        if self.replica is not None:
            with self.read() as connection:
                primary = primary_of(connection)
            self.replica.look(primary)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in the only write transaction; committed and on disk when the block ends without an error."""
        with self._stuck_noted(), self._full_noted(), named_faults(), self._locked(), self._only_writer() as connection:
            yield connection
            has_room = self._full_s is not None and self._has_written(connection)
        if has_room and time.monotonic() > (self._full_s or 0.0) + FULL_S:
            self._full_s = None

    @property
    def is_full(self) -> bool:
        """Whether the last write within the minute had no room, or none has been done since."""
        return self._full_s is not None

    @property
    def is_stuck(self) -> bool:
        """Whether a write takes longer than others wait, or one waited in vain a minute ago and none was done since."""
        now_s, began_s, in_vain_s = time.monotonic(), self._began_s, self._in_vain_s
        is_long = began_s is not None and now_s > began_s + self._writer_wait_s
        return is_long or (in_vain_s is not None and now_s < in_vain_s + STUCK_S)

    @contextmanager
    def beside(self, *, is_durable: bool) -> Iterator[Connection]:
        """A short transaction beside the writer's, for what processes that share a PostgreSQL tell each other.

        What is not durable may be lost with the database's last half second, and waits for no disk.
        """
        with self._full_noted(), named_faults(), self._turns.begin() as connection:
            if not is_durable:
                connection.execute(text("SET LOCAL synchronous_commit = off"))
            yield connection

    @asynccontextmanager
    async def notices(self, channel: str) -> AsyncIterator[AsyncIterator[object]]:
        """What PostgreSQL tells of this channel, as it comes; AwayError when the connection is lost."""
        import psycopg  # the driver, which SQLite does without
        from psycopg import sql

        _, parameters = self._turns.dialect.create_connect_args(make_url(self._url))
        try:
            async with await psycopg.AsyncConnection.connect(**parameters, **KEEP_ALIVE, autocommit=True) as connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                yield connection.notifies()
        except psycopg.Error as error:
            raise AwayError(Phrase("database_does_not_answer")) from error

    def migrate(
        self,
        migrations: Path = MIGRATIONS,
        *,
        revision: str = "head",
        may_be_newer: bool = False,
        wait_s: float = MIGRATION_WAIT_S,
    ) -> None:
        """Bring the schema up to date, or to an earlier revision, all of it or nothing; reads only when it is.

        On PostgreSQL it stands back from whatever reads for long, up to `wait_s`, and then is BusyError.  SchemaError
        for a schema that a newer release made: this one never goes back, and serves it only if it `may_be_newer` and
        takes nothing away; and for one that other processes serve to which the migrations are not to be done.
        """
        with named_faults(), self._reader.begin() as connection:
            is_new = revision_of(connection) == newest_revision(migrations)
            is_new = is_new or (may_be_newer and serves_beside(connection, migrations))
        until_s = time.monotonic() + wait_s
        while not is_new:
            try:
                self._upgrade(migrations, revision)
                break
            except BusyError:
                if self.is_sqlite:
                    raise
                if time.monotonic() > until_s:
                    raise BusyError(Phrase("migration_waited_in_vain", minutes=round(wait_s / 60))) from None
            time.sleep(MIGRATION_PAUSE_S)
        with suppress(DiskFullError):  # what holds words in plain stays marked, and health says so
            self.write_anew()

    def _upgrade(self, migrations: Path, revision: str) -> None:
        with named_faults(), self._locked(), self._migrator() as engine, engine.begin() as connection:
            self._become_writer(connection)
            refuse_newer(connection, migrations)
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {MIGRATION_LOCK_MS}")
                connection.exec_driver_sql(f"SET LOCAL client_connection_check_interval = {MIGRATION_GONE_MS}")
                refuse_others(connection, migrations)
            upgrade(connection, migrations, revision)
            if not self.is_sqlite:
                keep_no_samples(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if self.is_sqlite else None
            if broken is not None:
                raise SchemaError(Phrase("migration_would_orphan_rows", tables=broken[0]))

    def ping(self) -> SignOfLife:
        """What it is like, over a new connection: neither a full pool nor a cached page answers; else AwayError."""
        parsed = make_url(self._url)
        if self.is_sqlite:
            engine = create_engine(f"sqlite:///file:{parsed.database}?mode=ro&uri=true", poolclass=NullPool)
        else:
            engine = create_engine(self._url, poolclass=NullPool, connect_args={"connect_timeout": PING_WAIT_S})
        try:
            with named_faults(), engine.connect() as connection:
                return sign_of_life(connection, parsed.database)
        except OperationalError as error:
            raise AwayError(Phrase("database_answers_wrongly")) from error
        finally:
            engine.dispose()

    def check_schema(self) -> None:
        """Raise SchemaError unless the schema is just that of this release; for databases that are only read."""
        with self.read() as connection:
            refuse_newer(connection, MIGRATIONS)
            if revision_of(connection) != newest_revision(MIGRATIONS):
                raise SchemaError(Phrase("database_of_older_release"))

    def optimize(self) -> None:
        """Let SQLite look again at tables that grew since it last counted them; PostgreSQL does so by itself."""
        if self.is_sqlite:
            with named_faults(), self._locked(), self._outside_transactions() as driver:
                driver.execute(f"PRAGMA optimize={OPTIMIZE_ALL}")

    def close(self) -> None:
        """Give all connections back; one that a thread still works on is closed when that has done."""
        self._is_closed = True
        if self.replica is not None:
            self.replica.close()
        self._reader.dispose()
        self._writer.dispose()
        if not self.is_sqlite:
            self._turns.dispose()
            self._looks.dispose()

    def _close_late(self, raw: Any, _record: Any) -> None:
        if self._is_closed and raw is not None:  # None: the pool has closed it
            raw.close()

    def write_anew(self) -> None:
        """Write anew, as far as it is allowed, what a migration marked because it may hold words in plain.

        Of SQLite that is the file with pages of what was sealed since.  PostgreSQL removes the file of a dropped table
        with the migration itself; only its statistics kept values of it.
        """
        with named_faults(), self._locked(), self._outside_transactions() as driver:
            if not self.is_sqlite:
                write_samples_anew(driver)
                return
            if driver.execute("PRAGMA user_version").fetchone()[0] != SQLITE_HOLDS_PLAIN_COPIES:
                return
            driver.execute("VACUUM")
            driver.execute("PRAGMA user_version=0")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def holds_plain(self) -> bool:
        """Whether its files may hold words in plain from before bodies were sealed, which could not be written over."""
        with self.read() as connection:
            if not self.is_sqlite:
                return holds_samples(connection)
            mark = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        return bool(mark == SQLITE_HOLDS_PLAIN_COPIES)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be this process's only writer; BusyError when another one was not done in time."""
        if not self._write_lock.acquire(timeout=self._writer_wait_s):
            raise BusyError(Phrase("database_writer_busy"))
        self._began_s = time.monotonic()
        try:
            yield
        finally:
            self._began_s = None
            self._write_lock.release()

    @contextmanager
    def _migrator(self) -> Iterator[Engine]:
        """The writer, on SQLite without foreign keys: a table is rebuilt by dropping it while others refer to it."""
        if not self.is_sqlite:
            yield self._writer
            return
        pragmas = ("journal_mode=WAL",)
        engine = sqlite_engine(self._url, "BEGIN IMMEDIATE", self._writer_wait_s, pool_size=1, pragmas=pragmas)
        try:
            yield engine.execution_options(**self._options)
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

    @contextmanager
    def _stuck_noted(self) -> Iterator[None]:
        try:
            yield
        except BusyError:
            self._in_vain_s = time.monotonic()
            raise
        self._in_vain_s = None

    @contextmanager
    def _full_noted(self) -> Iterator[None]:
        try:
            yield
        except DiskFullError:
            self._full_s = time.monotonic()
            raise

    def _has_written(self, connection: Connection) -> bool:
        """Whether this transaction needs room; of an SQLite file the disk is at hand and tells."""
        return self.is_sqlite or connection.scalar(text("SELECT pg_current_xact_id_if_assigned()")) is not None

    def _become_writer(self, connection: Connection) -> None:
        if not self.is_sqlite:
            connection.execute(ADVISORY_LOCK, {"name": WRITER_LOCK})
