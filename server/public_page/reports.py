"""What the public writes: a hole, a device, something else; text alone, kept without anything about who wrote it.

Input is a form that anybody may send; output is a candidate that waits for two inspectors to look at.  Links are taken
out, since nobody here shall be led to footage, and the text is one bounded line that is safe to show.  What is kept
says nothing to the public: the page answers the same whatever waits.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, update

from server.interface.errors import ApiError, busy, invalid, not_found
from server.interface.plain_text import without_links
from server.interface.views.public_page import PublicReportList, PublicReportView
from server.store.audit import record
from server.store.clock import from_ms, now_ms
from server.store.schema import facilities, public_reports, rooms
from sweep.phrases import Phrase
from sweep.report import LocalText, display_text, new_id

What = Literal["hole", "device", "other"]
Outcome = Literal["looked_at", "nothing_there", "not_a_report"]
MAX_LETTERS = 500
WINDOW_S = 3600.0
MOST_OF_ADDRESS = 20  # guessed: many people share the address of a mobile network, or of a proxy
MOST_OF_ROOM = 10
MOST_OF_ALL = 300
KEPT_NAMES = 20_000
LINK_REMOVED = "[링크 생략]"
SHOWN = 500


class ReportLimits:
    """How many reports came in the last hour: from an address, about a room, and all together, of this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def enter(self, address: str, room_id: UUID) -> None:
        """Count one more; ApiError 429 when there are too many."""
        with self._lock:
            self._enter(address, room_id, self._clock())

    def _enter(self, address: str, room_id: UUID, now_s: float) -> None:
        bounds = ((f"a {address}", MOST_OF_ADDRESS), (f"r {room_id}", MOST_OF_ROOM), ("*", MOST_OF_ALL))
        for name, most in bounds:
            times = self._times.get(name, deque())
            while times and times[0] <= now_s - WINDOW_S:
                times.popleft()
            if len(times) >= most:
                raise busy(Phrase("too_many_reports"), status=429, code="too_many_reports", retry_after_s=600)
        for name, _ in bounds:
            self._times.setdefault(name, deque()).append(now_s)
            self._times.move_to_end(name)
        while len(self._times) > KEPT_NAMES:
            self._times.popitem(last=False)


def clean_text(text: str) -> str:
    """One line without links; ApiError 400 when nothing is left, or it is too long."""
    line = " ".join(text.split())
    if len(line) > MAX_LETTERS:
        raise invalid(Phrase("report_too_long", most=MAX_LETTERS), code="report_too_long")
    line = display_text(without_links(line, LINK_REMOVED), limit=4 * MAX_LETTERS)
    if not line.replace(LINK_REMOVED, "").strip():
        raise invalid(Phrase("report_empty"), code="report_empty")
    return line


def read_report(form: Mapping[str, str]) -> tuple[str, str]:
    """(kind, text) of a form; ApiError 400 for what is no report."""
    what = form.get("what", "")
    if what not in get_args(What):
        raise invalid(Phrase("report_kind"), code="report_kind")
    return what, clean_text(form.get("text", ""))


def take_report(connection: Connection, room_id: UUID, what: str, text: str) -> None:
    """Keep what `read_report` gave as a candidate to be looked at."""
    connection.execute(
        insert(public_reports).values(report_id=new_id(), room_id=room_id, what=what, text=text, received_ms=now_ms())
    )


def open_reports(connection: Connection, district_id: str | None) -> PublicReportList:
    """Reports that nobody closed, the oldest first; of all districts or one."""
    statement = _joined().where(public_reports.c.outcome.is_(None))
    statement = statement.order_by(public_reports.c.received_ms, public_reports.c.report_id).limit(SHOWN)
    if district_id is not None:
        statement = statement.where(facilities.c.district_id == district_id)
    return PublicReportList(reports=tuple(_view(row) for row in connection.execute(statement)))


def waiting_report(connection: Connection, report_id: UUID, district_id: str | None) -> Any:
    """Row of a report that nobody closed; ApiError 404, 409 when somebody did."""
    row = connection.execute(_joined().where(public_reports.c.report_id == report_id)).one_or_none()
    if row is None or (district_id is not None and row.district_id != district_id):
        raise not_found(Phrase("report_not_found"))
    if row.outcome is not None:
        raise ApiError(409, Phrase("report_closed"))
    return row


def close_report(
    connection: Connection,
    report_id: UUID,
    outcome: Outcome | Literal["case_opened"],
    note: str,
    *,
    actor: str,
    district_id: str | None,
) -> None:
    """Say what became of a report that waits; of `case_opened` the note is the case's id. Errors as above."""
    waiting_report(connection, report_id, district_id)
    said = {"outcome": outcome, "note": note, "closed_by": actor, "closed_ms": now_ms()}
    connection.execute(update(public_reports).where(public_reports.c.report_id == report_id).values(**said))
    detail = {"outcome": outcome}
    record(connection, actor=actor, action="report.closed", object_id=str(report_id), detail=detail)


def _joined() -> Any:
    return (
        select(
            public_reports,
            rooms.c.name_ko,
            rooms.c.name_en,
            facilities.c.name_ko.label("facility_ko"),
            facilities.c.name_en.label("facility_en"),
            facilities.c.district_id,
        )
        .join(rooms, rooms.c.room_id == public_reports.c.room_id)
        .join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    )


def _view(row: Row[Any]) -> PublicReportView:
    return PublicReportView(
        report_id=row.report_id,
        room_id=row.room_id,
        facility_name=LocalText(ko=row.facility_ko, en=row.facility_en),
        room_name=LocalText(ko=row.name_ko, en=row.name_en),
        what=row.what,
        text=row.text,
        received=from_ms(row.received_ms),
    )
