"""What a database is like that answers: whether it takes writes, how far clock and log are from this clock."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sqlalchemy import Connection, text

from server.store.clock import now_ms

_NEWEST = text("SELECT received_ms FROM entries ORDER BY log_index DESC LIMIT 1")
_OF_POSTGRES = text("""
    SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean,
           (extract(epoch FROM clock_timestamp()) * 1000)::bigint
""")
CLOCK_OFF_MS = 5_000  # guessed: clocks that something sets are within a second of each other


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """A database that answered."""

    is_read_only: bool
    """It takes no writes: a standby, set so, or a file on a disk that was mounted so."""
    clock_off_ms: int
    """How far this machine's clock is from the database's, or behind the newest entry, whichever is more."""

    @property
    def is_clock_wrong(self) -> bool:
        """One of the clocks is wrong, or went back."""
        return self.clock_off_ms > CLOCK_OFF_MS


def sign_of_life(connection: Connection, file: str | None) -> SignOfLife:
    """Ask it; `file`: of an SQLite database, where it lies."""
    newest_ms = connection.scalar(_NEWEST)
    behind_ms = 0 if newest_ms is None else max(0, newest_ms - now_ms())
    if connection.dialect.name == "sqlite":
        return SignOfLife(bool(file) and not os.access(file or "", os.W_OK), behind_ms)
    is_read_only, its_ms = connection.execute(_OF_POSTGRES).one()
    return SignOfLife(is_read_only, max(behind_ms, abs(its_ms - now_ms())))
