"""The lines of the inspection log of a period, however many: what a CSV or a workbook is made of.

Input is a read transaction; output are `LogRow`s, oldest first.  The lines come from the projections; place,
signatures, gaps and alarms are read and verified now, some hundred sweeps at a time, so that memory does not grow with
the period.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from server.exports.gathering.log_request import LogRequest, wanted_sweeps
from server.interface.views.entries import GapView
from server.places.open_things import standing_of_rooms
from server.places.rooms import room_rows
from server.places.sweeps import gaps_within
from server.projections.log_lines import UNKNOWN_PLACE, read_line
from server.projections.log_records import LogRow, Place
from server.signing import keys
from server.signing.signatures import is_signed_by
from server.store.bodies import open_read
from server.store.counting import REAL
from server.store.faults import BusyError
from server.store.schema import IS_ACCEPTED, alarms, entries, log_rows, sweeps
from server.store.stored_rows import StoredEntry
from sweep.entry import kinds
from sweep.phrases import Phrase
from sweep.report import LocalText

AT_ONCE = 500  # guessed: a few megabytes of lines and entries
HASHED_KINDS = (kinds.REPORT, kinds.OPENED, kinds.INSPECTED, kinds.INSPECTION_IMPORTED)
"""Whose hash stands for a sweep, the first that is there."""


class LineReader:
    """The lines of all sweeps that a request is about."""

    def __init__(self, connection: Connection, request: LogRequest) -> None:
        self._connection = connection
        self._where = wanted_sweeps(request)
        self._language = request.language
        self._places: dict[UUID, Place] = {}
        self._keys: dict[str, keys.Key | None] = {}
        self._key_alarms: dict[str, int] = {}

    def count(self) -> int:
        """How many lines there are."""
        return self._connection.scalar(self._selected(func.count())) or 0

    def has_demo(self) -> bool:
        """Is one of them a replay or a simulation?"""
        demo = self._selected(sweeps.c.sweep_id).where(sweeps.c.source != REAL).limit(1)
        return self._connection.scalar(demo) is not None

    def __iter__(self) -> Iterator[LogRow]:
        """Oldest first."""
        statement = self._selected(sweeps.c.sweep_id, sweeps.c.room_id, sweeps.c.started_ms, log_rows.c.sealed)
        statement = statement.order_by(sweeps.c.started_ms, sweeps.c.sweep_id).limit(AT_ONCE)
        after: Row[Any] | None = None
        while True:
            page = statement
            if after is not None:
                is_later = and_(sweeps.c.started_ms == after.started_ms, sweeps.c.sweep_id > after.sweep_id)
                page = statement.where(or_(sweeps.c.started_ms > after.started_ms, is_later))
            rows = self._connection.execute(page).all()
            yield from self._lines(rows)
            if len(rows) < AT_ONCE:
                return
            after = rows[-1]

    def _selected(self, *columns: Any) -> Select[Any]:
        return select(*columns).join(log_rows, log_rows.c.sweep_id == sweeps.c.sweep_id).where(self._where)

    def _lines(self, rows: Sequence[Row[Any]]) -> Iterator[LogRow]:
        sweep_ids = [row.sweep_id for row in rows]
        self._find_places([row.room_id for row in rows if row.room_id not in self._places])
        of_sweep = self._entries(sweep_ids)
        gaps = self._gaps(of_sweep)
        alarms_of = self._alarms(sweep_ids)
        for row in rows:
            own = of_sweep[row.sweep_id]
            line = open_read(self._connection, f"line {row.sweep_id}", row.sealed)
            if line is None:
                raise BusyError(Phrase("body_erased_while_reading"))
            yield replace(
                read_line(line, self._language),
                place=self._places[row.room_id],
                entry_hash=_entry_hash(own),
                entries=len(own),
                signatures_ok=bool(own) and all(self._holds(entry) for entry in own),
                missing_entries=_missing(own, gaps),
                alarms=sum(alarms_of[row.sweep_id, key_id] + self._alarms_of_key(key_id) for key_id in _keys_of(own)),
            )

    def _find_places(self, room_ids: Sequence[UUID]) -> None:
        self._places |= dict.fromkeys(room_ids, UNKNOWN_PLACE)
        standing = standing_of_rooms(self._connection, room_ids)
        for row in room_rows(self._connection, room_ids):
            stands = standing.get(row.room_id)
            self._places[row.room_id] = Place(
                LocalText(ko=row.facility_ko, en=row.facility_en),
                row.code,
                LocalText(ko=row.name_ko, en=row.name_en),
                row.kind,
                row.sex,
                row.floor,
                row.stalls,
                open_things=() if stands is None else stands.counts,
                find_asks=None if stands is None else stands.asks,
            )

    def _entries(self, sweep_ids: Sequence[UUID]) -> defaultdict[UUID, list[StoredEntry]]:
        found: defaultdict[UUID, list[StoredEntry]] = defaultdict(list)
        columns = ("sweep_id", "key_id", "seq", "kind", "entry_hash", "payload_type", "payload", "signatures_json")
        statement = select(*(entries.c[name] for name in columns)).where(IS_ACCEPTED, entries.c.sweep_id.in_(sweep_ids))
        for row in self._connection.execute(statement.order_by(entries.c.log_index)):
            found[row.sweep_id].append(row)
        return found

    def _gaps(self, of_sweep: dict[UUID, list[StoredEntry]]) -> dict[str, tuple[GapView, ...]]:
        """Holes in the numbers of each key between the first and the last that these sweeps use, and beside them."""
        spans = _spans([row for rows in of_sweep.values() for row in rows])
        return {key_id: tuple(gaps_within(self._connection, key_id, *span)) for key_id, span in spans.items()}

    def _alarms(self, sweep_ids: Sequence[UUID]) -> Counter[tuple[UUID, str]]:
        """How many alarms each key caused about a sweep."""
        about = select(alarms.c.sweep_id, alarms.c.key_id).where(alarms.c.sweep_id.in_(sweep_ids))
        return Counter((row.sweep_id, row.key_id) for row in self._connection.execute(about))

    def _alarms_of_key(self, key_id: str) -> int:
        """Conflicts of the key that name no sweep."""
        if key_id not in self._key_alarms:
            statement = select(func.count()).where(alarms.c.sweep_id.is_(None), alarms.c.key_id == key_id)
            self._key_alarms[key_id] = self._connection.scalar(statement) or 0
        return self._key_alarms[key_id]

    def _holds(self, row: StoredEntry) -> bool:
        if row.key_id not in self._keys:
            self._keys[row.key_id] = keys.find_key(self._connection, row.key_id)
        return is_signed_by(row, self._keys[row.key_id])


def _keys_of(rows: Sequence[StoredEntry]) -> frozenset[str]:
    return frozenset(row.key_id for row in rows)


def _entry_hash(rows: Sequence[StoredEntry]) -> str | None:
    for kind in HASHED_KINDS:
        hashes: list[str] = [row.entry_hash for row in rows if row.kind == kind]
        if hashes:
            return hashes[-1]
    return None


def _spans(rows: Sequence[StoredEntry]) -> dict[str, tuple[int, int]]:
    """First and last number of each key among these entries."""
    spans: dict[str, tuple[int, int]] = {}
    for row in rows:
        if row.seq is not None:
            low, high = spans.get(row.key_id, (row.seq, row.seq))
            spans[row.key_id] = (min(low, row.seq), max(high, row.seq))
    return spans


def _missing(rows: Sequence[StoredEntry], gaps: dict[str, tuple[GapView, ...]]) -> int:
    """Numbers that never arrived, within or next to those of these entries."""
    return sum(
        gap.to_seq - gap.from_seq + 1
        for key_id, (low, high) in _spans(rows).items()
        for gap in gaps[key_id]
        if gap.to_seq >= low - 1 and gap.from_seq <= high + 1
    )
