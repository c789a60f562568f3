"""A log that no one document holds, split into parts that each are one: by facility, and a large facility by days.

Input is a read transaction and a request; output is which sweeps stand in which part.  Only ids, places and times are
read for it, so that how large a log is, and in how many parts it comes, is known before anything of it is gathered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from uuid import UUID

from sqlalchemy import Connection, func, select

from server.exports.gathering.log_request import LogRequest, wanted_sweeps
from server.exports.logs.pdf_log import MAX_SWEEPS as MAX_SHEETS
from server.interface.formats import Format
from server.interface.words import KST
from server.projections.log_lines import UNKNOWN_PLACE
from server.projections.log_records import ExportError, Period
from server.store.clock import from_ms
from server.store.counting import REAL
from server.store.schema import facilities, rooms, sweeps
from sweep.phrases import Phrase

WHOLE_LINES = {Format.PDF: 2_000, Format.HWPX: 1_000, Format.ZIP: 800}
"""What one document holds; measured: 0.16 MiB a line as PDF, 0.35 as HWPX and 0.51 as ZIP, beside 175, of
export_memory_mib.
"""
PART_LINES = 400  # guessed: opened in an office in a moment; measured: 360 MiB at most, of a submission
MOST_PARTS = 60  # guessed: a month of a whole city, which is made within some minutes


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of a sweep before it is read."""

    sweep_id: UUID
    day: date
    """In Korea, by the start that counts."""
    is_demo: bool
    facility_id: UUID | None
    """None: nobody registered its room."""
    facility: str
    room: str


@dataclass(frozen=True, slots=True)
class LogPart:
    """What one document of several holds."""

    number: int
    of: int
    period: Period
    """That of the whole log, or the days of a facility that alone is too large."""
    sweeps: tuple[Listed, ...]

    def rooms(self) -> Counter[tuple[str, str]]:
        """How many sweeps there are of which facility and room."""
        return Counter((one.facility, one.room) for one in self.sweeps)

    def request(self, whole: LogRequest) -> LogRequest:
        """The request for this part alone, its number beside that of the document."""
        number = f"{whole.document_no} ({self.number}/{self.of}부)".strip()
        ids = tuple(one.sweep_id for one in self.sweeps)
        return replace(whole, period=self.period, part_size=0, sweep_ids=ids, document_no=number)


def sized(connection: Connection, request: LogRequest) -> tuple[LogRequest, int, int]:
    """(the request with the size of its parts where it needs any, how many sweeps, in how many parts).

    Raises ExportError for more parts than are made.
    """
    whole, part = _bounds(request)
    count = connection.scalar(select(func.count()).where(wanted_sweeps(request))) or 0
    if whole is None or count <= whole:
        return request, count, 1
    if count > part * MOST_PARTS:
        raise ExportError(Phrase("log_of_too_many_sweeps", most=part * MOST_PARTS))
    settled = replace(request, part_size=part)
    return settled, count, len(parts_of(connection, settled))


def parts_of(connection: Connection, request: LogRequest) -> tuple[LogPart, ...]:
    """The parts of at most `request.part_size` sweeps, facilities in the order of their names; ExportError as above."""
    parts = tuple(split(_listed(connection, request), request.part_size))
    if len(parts) > MOST_PARTS:
        raise ExportError(Phrase("log_of_too_many_parts", count=len(parts), most=MOST_PARTS))
    return tuple(
        LogPart(
            number,
            len(parts),
            Period(some[0].day, some[-1].day) if is_large else request.period,
            tuple(some),
        )
        for number, (some, is_large) in enumerate(parts, start=1)
    )


def split(listed: Sequence[Listed], most: int) -> Iterator[tuple[list[Listed], bool]]:
    """(at most so many sweeps, whether they are some days of one facility); facilities stay whole where they can."""
    held: list[Listed] = []
    for _, group in groupby(listed, key=lambda one: one.facility_id):
        facility = list(group)
        if held and len(held) + len(facility) > most:
            yield held, False
            held = []
        if len(facility) <= most:
            held += facility
            continue
        for some in _by_days(facility, most):
            yield some, True
    if held:
        yield held, False


def _by_days(facility: Sequence[Listed], most: int) -> Iterator[list[Listed]]:
    """Whole days together; a day that alone is too large in pieces."""
    held: list[Listed] = []
    for _, group in groupby(facility, key=lambda one: one.day):
        day = list(group)
        if held and len(held) + len(day) > most:
            yield held
            held = []
        while len(day) > most:
            yield day[:most]
            day = day[most:]
        held += day
    if held:
        yield held


def _bounds(request: LogRequest) -> tuple[int | None, int]:
    """(how many sweeps one document of this kind holds, how many a part of it); None: it is never split."""
    if request.sweep_id is not None or request.case_id is not None or request.is_redacted:
        return None, 0
    if request.format.about.is_paper and request.with_sheets:
        return MAX_SHEETS, MAX_SHEETS
    return WHOLE_LINES.get(request.format), PART_LINES


def _listed(connection: Connection, request: LogRequest) -> list[Listed]:
    """By facility, then in the order of the log."""
    places = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    columns = (sweeps.c.sweep_id, sweeps.c.started_ms, sweeps.c.source, facilities.c.facility_id)
    names = (facilities.c.name_ko.label("facility"), rooms.c.name_ko.label("room"))
    joined = sweeps.outerjoin(places, rooms.c.room_id == sweeps.c.room_id)
    found = connection.execute(
        select(*columns, *names)
        .select_from(joined)
        .where(wanted_sweeps(request))
        .order_by(sweeps.c.started_ms, sweeps.c.sweep_id)
    )
    listed = [
        Listed(
            row.sweep_id,
            from_ms(row.started_ms).astimezone(KST).date(),
            row.source != REAL,
            row.facility_id,
            row.facility or UNKNOWN_PLACE.facility_name.ko,
            row.room or UNKNOWN_PLACE.room_name.ko,
        )
        for row in found
    ]
    return sorted(listed, key=lambda one: (one.facility, str(one.facility_id)))
