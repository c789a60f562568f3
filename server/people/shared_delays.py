"""The counts of wrong passwords where several processes share a PostgreSQL: the rules of login_delays.py, over rows.

Names and addresses lie there as keyed hashes, for people type passwords into the field of the user name.  The counts
are gone after a crash of the database, as they are on SQLite when the server begins anew.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from server.people.login_delays import (
    FORGET_S,
    MAX_COUNTS,
    Count,
    Counts,
    LoginAttempt,
    count_attempt,
    forgive,
    names_of,
)
from server.store.db import Database
from server.store.schema import login_counts
from server.store.turns import now_us, take_turn

US_PER_S = 1_000_000
TRIMMED_EVERY = 64  # guessed: the bound may be passed by as many


class SharedDelays:
    """Counts of wrong passwords of all processes."""

    def __init__(self, db: Database, free_failures: int, hash_name: Callable[[str], str]) -> None:
        """`hash_name`: the keyed hash under which a name is counted, the same in every process."""
        self._db, self._free_failures, self._hash_name = db, free_failures, hash_name

    def enter(self, attempt: LoginAttempt) -> None:
        """As `LoginDelays.enter`."""
        with self._db.beside(is_durable=False) as connection:
            counts, now_s = self._read(connection, attempt)
            count_attempt(counts, attempt, self._free_failures, now_s)
            self._write(connection, attempt, counts)

    def succeeded(self, attempt: LoginAttempt) -> None:
        """As `LoginDelays.succeeded`."""
        with self._db.beside(is_durable=False) as connection:
            counts, _ = self._read(connection, attempt)
            forgive(counts, attempt)
            self._write(connection, attempt, counts)

    def _read(self, connection: Connection, attempt: LoginAttempt) -> tuple[Counts, float]:
        """(the counts that concern an attempt, now in seconds), in this process's turn."""
        take_turn(connection)
        hashes = {self._hash_of(name): name for name in names_of(attempt)}
        rows = connection.execute(select(login_counts).where(login_counts.c.name_hash.in_(sorted(hashes))))
        counts = Counts({hashes[row.name_hash]: Count(row.failures, row.last_us / US_PER_S) for row in rows})
        return counts, now_us(connection) / US_PER_S

    def _write(self, connection: Connection, attempt: LoginAttempt, counts: Counts) -> None:
        for name in names_of(attempt):
            name_hash, count = self._hash_of(name), counts.get(name)
            if count is None:
                connection.execute(delete(login_counts).where(login_counts.c.name_hash == name_hash))
                continue
            values = {"failures": count.failures, "last_us": int(count.last_s * US_PER_S)}
            new = insert(login_counts).values(name_hash=name_hash, **values)
            connection.execute(new.on_conflict_do_update(index_elements=["name_hash"], set_=values))
            if count.failures == 1:
                self._trim(connection, values["last_us"])

    def _trim(self, connection: Connection, now: int) -> None:
        """Forget what is old, and the oldest beyond the bound."""
        connection.execute(delete(login_counts).where(login_counts.c.last_us < now - int(FORGET_S) * US_PER_S))
        held = connection.scalar(select(func.count()).select_from(login_counts)) or 0
        if held > MAX_COUNTS + TRIMMED_EVERY:
            oldest = select(login_counts.c.name_hash).order_by(login_counts.c.last_us).limit(held - MAX_COUNTS)
            connection.execute(delete(login_counts).where(login_counts.c.name_hash.in_(oldest.scalar_subquery())))

    def _hash_of(self, name: tuple[str, str]) -> str:
        return self._hash_name("\n".join(name))
