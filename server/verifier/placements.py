"""In which district a room lies at a place in the log, as the log's own records say it.

Input are the records of `room.placed` that count; output is the district at an index.  A room may move: the last record
before an index says where it lies there.  Before its first record it lies where that record puts it, because a room is
only named by whoever knows it already.  It needs only the standard library.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from uuid import UUID

Room = UUID | str | None


class Placements:
    """Rooms and the districts in which they lie, from which index on."""

    def __init__(self) -> None:
        self._of: defaultdict[Room, list[tuple[int, str]]] = defaultdict(list)

    def place(self, room: Room, from_index: int, district: str) -> None:
        """Let a room lie in a district from an index on; records may come in any order."""
        insort(self._of[room], (from_index, district))

    def district_at(self, room: Room, log_index: int) -> str | None:
        """The district in which a room lies at an index; None where no record says."""
        known = self._of.get(room)
        if not known:
            return None
        place = bisect_right(known, log_index, key=lambda one: one[0])
        return known[max(place - 1, 0)][1]
