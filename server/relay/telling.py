"""What a district's server does once a minute for the one above it: look what stands otherwise, and tell it.

Input is what the settings let go and how the schedule has the rooms; output is what above.py does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from sqlalchemy import func, select

from server.interface.told_requests import ToldRoom
from server.relay.above import note, tell
from server.relay.client import CityClient
from server.store.db import Database
from server.store.pending_sweeps import count_due
from server.store.schema import entries

ANEW_S = 3_600.0  # guessed: what changed without an entry waits an hour, and whoever tells nothing is heard of so often


class Teller:
    """Called with the way to the server above; it remembers what it looked at last."""

    def __init__(
        self,
        db: Database,
        gets: Collection[str],
        district_id: str,
        due: Callable[[], Sequence[ToldRoom]],
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`due`: how every room of the district stands in the schedule."""
        self._db = db
        self._gets = gets
        self._district_id = district_id
        self._due = due
        self._now_s = now_s
        self._looked: tuple[int, float] | None = None
        """How long the log was then, and when that was."""
        self._told_s: float | None = None

    def __call__(self, client: CityClient) -> None:
        """Look and tell; raises CityAwayError."""
        with self._db.read() as connection:
            entries_now = connection.scalar(select(func.max(entries.c.log_index))) or 0
            is_read = count_due(connection) == 0
        now_s = self._now_s()
        is_same = self._looked is not None and self._looked[0] == entries_now and now_s < self._looked[1] + ANEW_S
        due = self._due() if "schedule" in self._gets else ()
        note(self._db, self._gets, due, self._district_id, rooms_only=is_same)
        if not is_same and is_read:
            self._looked = entries_now, now_s
        is_heard = self._told_s is not None and now_s < self._told_s + ANEW_S
        if tell(self._db, client, is_heard=is_heard) or not is_heard:
            self._told_s = now_s
