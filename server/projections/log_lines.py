"""Lines of the inspection log, made once when a sweep is projected, so that a long log is read without its reports.

Input is what the entries of a sweep hold; output is its `LogRow` as JSON, without what is judged when the log is made:
place, signatures, gaps and alarms.  Details of findings are never part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from server.interface.fields import BodyState, FindingState
from server.projections.imported_words import imported_header
from server.projections.log_records import HandEntries, LogRow, Place, SweepHeader
from server.projections.log_rows import build_log_row
from server.projections.sweep_record import SweepRecord
from server.standing.inspections import inspected_with
from sweep.phrases import Phrase
from sweep.report import ClockReading, LocalText, PhoneTime, SweepOpened, SweepReport
from sweep.report.imported_records import InspectionImported
from sweep.report.inspection_records import InspectionRecorded

_LINE: TypeAdapter[LogRow] = TypeAdapter(LogRow)
UNKNOWN_PLACE = Place(
    LocalText(ko="등록되지 않은 시설", en="Facility not registered"),
    None,
    LocalText(ko="등록되지 않은 방", en="Room not registered"),
    "restroom",
)


def header_of(report: SweepReport | None, opened: SweepOpened | None, received: datetime) -> SweepHeader | None:
    """What is known of a sweep at all; None when neither opening nor report can be read."""
    if report is not None:
        return replace(SweepHeader.of_report(report, opened), received=received)
    return None if opened is None else replace(SweepHeader.of_opened(opened), received=received)


def stored_line(
    report: SweepReport | None,
    opened: SweepOpened | None,
    received: datetime,
    report_state: BodyState,
    states: Mapping[UUID, FindingState],
    hand: HandEntries,
) -> str:
    """The line of a sweep that has an opening or a report, as JSON."""
    header = header_of(report, opened, received)
    if header is None:
        raise ValueError(Phrase("sweep_without_line"))
    row = build_log_row(header, UNKNOWN_PLACE, report, report_state=report_state, states=states, hand=hand)
    return _LINE.dump_json(row).decode()


def inspection_header(record: SweepRecord, said: InspectionRecorded) -> SweepHeader:
    """What is known of an inspection; its times are those of the phone, by as much as its clock was off."""
    row = record.inspection_row
    if row is None or row.room_id is None:
        raise ValueError(Phrase("sweep_without_line"))
    second = () if record.confirmation is None else (record.confirmation[0].subject,)
    return SweepHeader(
        sweep_id=said.sweep_id,
        room_id=row.room_id,
        source=row.source,
        mode=inspected_with(said),
        inspectors=tuple(name for name in (row.subject, *second) if name is not None),
        probe_id="",
        started=_by_server(said.entered, said.recorded),
        ended=_by_server(said.left, said.recorded),
        declared_empty=said.declared_empty,
        received=record.received,
    )


def _by_server(time: PhoneTime, recorded: ClockReading) -> ClockReading:
    return recorded.model_copy(update={"utc": time.utc + timedelta(milliseconds=time.behind_ms)})


def inspection_line(record: SweepRecord, said: InspectionRecorded, hand: HandEntries) -> str:
    """The line of an inspection with other instruments, as JSON."""
    header = inspection_header(record, said)
    row = build_log_row(header, UNKNOWN_PLACE, None, report_state="present", hand=hand, inspection=said)
    return _LINE.dump_json(row).decode()


def imported_line(record: SweepRecord, said: InspectionImported) -> str:
    """The line of what an office's list says of the past, as JSON; what anybody notes about it counts for nothing."""
    header, cited = imported_header(record, said), None if record.citation is None else record.citation[1]
    row = build_log_row(header, UNKNOWN_PLACE, None, report_state="present", imported=(said, cited))
    return _LINE.dump_json(row).decode()


def read_line(text: str) -> LogRow:
    """The line that `stored_line` wrote."""
    return _LINE.validate_json(text)
