"""A replica of a PostgreSQL, for reads: a standby that follows by streaming replication, ever a little behind.

Input are reads with the position that their asker has seen; output is one snapshot of the replica that holds all up to
there, or None, and then the primary is read.  A position is one of the write-ahead log: it orders entries, projections
and places alike, where the log index orders entries alone.  A replica that was promoted, follows another primary, lags
or does not answer is left alone until a look finds that it follows again.  Nothing waits for one that hangs.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.store.engines import KEEP_ALIVE, READERS, postgres_engine
from server.store.faults import AwayError, named_faults
from sweep.phrases import Phrase

ReplicaState = Literal["follows", "behind", "away", "promoted", "another"]
"""Only one that follows is read; `another`: of another database, or of one that left the primary's timeline."""

MOST_BEHIND_S = 10.0  # guessed: what an officer's list may lack of what others did
ANSWER_WAIT_S = 1.0  # guessed: longer than a busy replica takes for one row, shorter than a person's patience
CONNECT_WAIT_S = 2  # the shortest that libpq knows
LOOKS_KEPT = 1_800  # derived: an hour of looks
_IS_AT = "pg_wal_lsn_diff({}, '0/0')::bigint"
_WRITTEN = _IS_AT.format("pg_current_wal_insert_lsn()")
_POSITION = text(f"SELECT {_WRITTEN} WHERE NOT pg_is_in_recovery()")
_PRIMARY = text(f"""
    SELECT {_WRITTEN}, (SELECT system_identifier FROM pg_control_system()),
           ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint
    WHERE NOT pg_is_in_recovery()
""")  # noqa: S608  ours
_FOLLOWED = f"SELECT pg_is_in_recovery(), coalesce({_IS_AT.format('pg_last_wal_replay_lsn()')}, 0)"
_LOOKED = f"""
    {_FOLLOWED}, (SELECT system_identifier FROM pg_control_system()),
    greatest((SELECT timeline_id FROM pg_control_checkpoint()),
             (SELECT min_recovery_end_timeline FROM pg_control_recovery())),
    coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0)
"""  # noqa: S608  ours
log = logging.getLogger(__name__)


class Primary(NamedTuple):
    """Where the primary is."""

    position: int
    """Nothing that a snapshot from before shows was written behind it."""
    system: int
    timeline: int


class Read(NamedTuple):
    """One snapshot."""

    connection: Connection
    position: int | None
    """What it shows was written up to here; None where nobody may be asked for less than all."""


class Behind(NamedTuple):
    """How the replica is, as the last look found it."""

    state: ReplicaState
    seconds: float | None
    """Since the primary wrote what the replica has not; None unless it follows or is behind."""
    octets: int | None


def primary_of(connection: Connection) -> Primary:
    """Where the primary is, with which this is a transaction; AwayError when it is none any more."""
    found = connection.execute(_PRIMARY).one_or_none()
    if found is None:
        raise AwayError(Phrase("database_does_not_answer"))
    return Primary(*found)


def position_of(connection: Connection) -> int | None:
    """The position behind all that this transaction with the primary shows; None when it is none any more."""
    found: int | None = connection.execute(_POSITION).scalar_one_or_none()
    return found


class Replica:
    """One replica, for any number of threads."""

    def __init__(self, url: str, options: dict[str, Any], monotonic: Callable[[], float] = time.monotonic) -> None:
        """Nothing is asked yet; `options`: execution options of its connections."""
        import psycopg  # the driver, which SQLite does without

        self._faults = (psycopg.Error, DBAPIError, PoolTimeoutError, OSError, AwayError)
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._engine = postgres_engine(
            url,
            pool_size=READERS,
            pool_pre_ping=False,  # the first question of each read is one
            execution_options=snapshot,
            pool_wait_s=ANSWER_WAIT_S,
            connect_args={"connect_timeout": CONNECT_WAIT_S, **KEEP_ALIVE},
        ).execution_options(**options)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looks: deque[tuple[float, int]] = deque(maxlen=LOOKS_KEPT)
        self._behind = Behind("away", None, None)

    @property
    def behind(self) -> Behind:
        """How it was last."""
        return self._behind

    def look(self, primary: Primary) -> Behind:
        """See how it is, beside a primary that was there just now."""
        connection = None
        try:
            connection = self._engine.connect()
            follows, position, system, timeline, age_s = _answer(connection, _LOOKED)
            connection.close()
        except self._faults as error:
            self._drop(connection)
            return self._note(Behind("away", None, None), str(error))
        if int(system) != primary.system or (follows == "t" and int(timeline) > primary.timeline):
            return self._note(Behind("another", None, None))
        if follows != "t":
            return self._note(Behind("promoted", None, None))
        seconds = self._seconds_behind(primary.position, int(position), float(age_s))
        state: ReplicaState = "behind" if seconds > MOST_BEHIND_S else "follows"
        return self._note(Behind(state, round(seconds, 1), max(primary.position - int(position), 0)))

    @contextmanager
    def read(self, seen: int) -> Iterator[Read | None]:
        """One snapshot that holds all up to the position `seen`; None when it has none, or cannot be asked.

        AwayError when it ends meanwhile, BusyError when it could not keep what this snapshot needs.
        """
        begun = self._begun(seen) if self._behind.state == "follows" else None
        if begun is None:
            yield None
            return
        try:
            with named_faults():
                yield begun
        except AwayError as error:
            self._note(Behind("away", None, None), str(error))
            raise
        finally:
            with suppress(*self._faults):
                begun.connection.close()

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def _begun(self, seen: int) -> Read | None:
        """The snapshot is taken after the replica said how far it is, and by one that was a replica still."""
        connection = None
        try:
            connection = self._engine.connect()
            follows, position = _answer(connection, _FOLLOWED)
            if follows == "t" and int(position) >= seen:
                is_replica, shown = connection.exec_driver_sql(_FOLLOWED).one()
                if is_replica:
                    return Read(connection, shown)
                follows = "f"
            connection.close()
        except self._faults as error:
            self._drop(connection)
            self._note(Behind("away", None, None), str(error))
            return None
        if follows != "t":
            self._note(Behind("promoted", None, None))
        return None

    def _seconds_behind(self, primary: int, replica: int, age_s: float) -> float:
        """Since when it lacks something, by looks at the primary; before the first of them by its own word."""
        with self._lock:
            now = self._monotonic()
            self._looks.append((now, primary))
            if replica >= primary:
                return 0.0
            reached = [at for at, position in self._looks if position <= replica]
            return now - reached[-1] if reached else max(now - self._looks[0][0], age_s)

    def _note(self, now: Behind, why: str = "") -> Behind:
        """Remember how it is, and tell the operator when that is news."""
        before, self._behind = self._behind, now
        if before.state != now.state:
            log.warning("the replica: %s, before %s %s", now.state, before.state, why.partition("\n")[0])
        return now

    def _drop(self, connection: Connection | None) -> None:
        """Give up a connection that failed, and those that lie idle beside it."""
        with suppress(*self._faults):
            if connection is not None:
                connection.invalidate()
                connection.close()
        self._engine.dispose()


def _answer(connection: Connection, statement: str) -> list[str]:
    """The one row of a statement that stands alone, on a connection without transaction; AwayError when none comes."""
    driver: Any = connection.connection.driver_connection
    line, until_s = driver.pgconn, time.monotonic() + ANSWER_WAIT_S
    results: list[Any] = []
    line.send_query(statement.encode())
    line.flush()
    waiting = select.poll()
    waiting.register(line.socket, select.POLLIN)
    while not results or results[-1] is not None:
        if line.is_busy():
            if not waiting.poll(max(until_s - time.monotonic(), 0.0) * 1_000):
                raise AwayError(Phrase("database_does_not_answer"))
            line.consume_input()
            continue
        results.append(line.get_result())
    first = results[0]
    if first is None or not first.ntuples:
        raise AwayError(Phrase("database_does_not_answer"))
    return [(first.get_value(0, column) or b"").decode("ascii") for column in range(first.nfields)]
