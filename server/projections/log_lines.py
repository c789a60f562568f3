"""Lines of the inspection log, made once when a sweep is projected, so that a long log is read without its reports.

Input is what the entries of a sweep hold; output is its `LogRow` as JSON, without what is judged when the log is made:
place, signatures, gaps and alarms.  Details of findings are never part of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import TypeAdapter

from server.interface.fields import FindingState
from server.projections.imported_words import imported_header
from server.projections.log_records import LogRow, Place, SweepHeader
from server.projections.log_rows import build_log_row
from server.projections.sweep_record import SweepRecord
from server.projections.visit_words import hand_of
from server.standing.inspections import inspected_with
from sweep.phrases import LANGUAGES, Language, Phrase
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


def stored_line(record: SweepRecord, states: Mapping[UUID, FindingState]) -> str:
    """The line of a sweep that has an opening or a report, as JSON."""
    report = record.report
    header = header_of(report, record.opened, record.received)
    if header is None:
        raise ValueError(Phrase("sweep_without_line"))
    return _in_both(
        lambda language: build_log_row(
            header,
            UNKNOWN_PLACE,
            report,
            report_state=record.report_state,
            states=states,
            hand=hand_of(record, language),
            language=language,
        )
    )


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


def inspection_line(record: SweepRecord, said: InspectionRecorded) -> str:
    """The line of an inspection with other instruments, as JSON."""
    header = inspection_header(record, said)
    return _in_both(
        lambda language: build_log_row(
            header,
            UNKNOWN_PLACE,
            None,
            report_state="present",
            hand=hand_of(record, language),
            inspection=said,
            language=language,
        )
    )


def imported_line(record: SweepRecord, said: InspectionImported) -> str:
    """The line of what an office's list says of the past, as JSON; what anybody notes about it counts for nothing."""
    header, cited = imported_header(record, said), None if record.citation is None else record.citation[1]
    return _in_both(
        lambda language: build_log_row(
            header, UNKNOWN_PLACE, None, report_state="present", imported=(said, cited), language=language
        )
    )


def _in_both(row_in: Callable[[Language], LogRow]) -> str:
    """The row in Korean, and on a second line what it says otherwise in English."""
    korean, english = (_LINE.dump_python(row_in(language), mode="json") for language in LANGUAGES)
    otherwise = {name: value for name, value in english.items() if value != korean[name]}
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in (korean, otherwise))


def read_line(text: str, language: Language = "ko") -> LogRow:
    """The line that `stored_line` wrote, in a language."""
    korean, _, otherwise = text.partition("\n")
    if language == "ko":
        return _LINE.validate_json(korean)
    return _LINE.validate_json(json.dumps(json.loads(korean) | json.loads(otherwise)))
