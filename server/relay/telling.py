"""What a server does once a minute for the one above it: look what stands otherwise in a district, and tell it.

Input is what the settings let go of each district and how the schedule has its rooms; output is what above.py does.  A
server of many districts takes them in turns, so that it looks over one a minute; one that is refused holds up no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from server.interface.told_requests import ToldRoom
from server.relay.above import districts_told, note, tell
from server.relay.client import CityClient, CityRefusesError
from server.store.db import Database
from server.store.pending_sweeps import count_due
from server.store.schema import entries
from sweep.phrases import Phrase, phrase_of

ANEW_S = 3_600.0  # guessed: what changed without an entry waits an hour, and whoever tells nothing is heard of so often


@dataclass(slots=True)
class _Turn:
    """What is remembered of a district."""

    came_s: float = float("-inf")
    looked: tuple[int, float] | None = None
    """How long the log was at the last look, and when that was."""
    told_s: float | None = None
    trouble: Phrase | None = None


class Teller:
    """Called with the way to the server above."""

    def __init__(
        self,
        db: Database,
        policy: Mapping[str, Collection[str]],
        due: Callable[[str], Sequence[ToldRoom]],
        *,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`policy`: what may be told of which district; `due`: how every room of one stands in the schedule."""
        self._db = db
        self._policy = policy
        self._due = due
        self._now_s = now_s
        self._turns: dict[str, _Turn] = {}

    def __call__(self, client: CityClient) -> Phrase | None:
        """Look and tell of the district whose turn it is; returns why one is refused.  Raises CityAwayError."""
        with self._db.read() as connection:
            turns = {one: self._turns.setdefault(one, _Turn()) for one in districts_told(connection)}
        district_id, turn = min(turns.items(), key=lambda one: one[1].came_s)
        turn.came_s = self._now_s()
        try:
            self._look_and_tell(client, district_id, turn)
            turn.trouble = None
        except CityRefusesError as error:
            turn.trouble = phrase_of(error)
        return next((one.trouble for one in turns.values() if one.trouble is not None), None)

    def _look_and_tell(self, client: CityClient, district_id: str, turn: _Turn) -> None:
        gets, now_s = self._policy.get(district_id, ()), turn.came_s
        if turn.told_s is None:  # before anything is numbered: the database may be older than what it told
            tell(self._db, client, district_id)
            turn.told_s = now_s
        with self._db.read() as connection:
            entries_now = connection.scalar(select(func.max(entries.c.log_index))) or 0
            is_read = count_due(connection) == 0
        is_same = turn.looked is not None and turn.looked[0] == entries_now and now_s < turn.looked[1] + ANEW_S
        due = self._due(district_id) if "schedule" in gets else ()
        note(self._db, gets, due, district_id, rooms_only=is_same)
        if not is_same and is_read:
            turn.looked = entries_now, now_s
        is_heard = now_s < turn.told_s + ANEW_S
        if tell(self._db, client, district_id, is_heard=is_heard) or not is_heard:
            turn.told_s = now_s
