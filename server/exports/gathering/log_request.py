"""Which log somebody wants, for whom and why: what its file is called, and which sweeps it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_

from server.districts.scope import rooms_of
from server.interface.formats import Format
from server.interface.words import KST
from server.people.access_log import Shown
from server.projections.log_records import Period
from server.store.clock import to_ms
from server.store.schema import sweeps
from sweep.phrases import Language


@dataclass(frozen=True, slots=True)
class LogRequest:
    """Which log, for whom and why."""

    format: Format
    period: Period
    room_id: UUID | None
    organisation: str
    requested_by: str
    """Pseudonym."""
    reason: str
    district_id: str | None = None
    """Only what was done in this district; None: everywhere."""
    sweep_id: UUID | None = None
    """One sweep alone, whatever the period: its form and what the equipment says."""
    with_sheets: bool = False
    """In a PDF the sheets of every sweep after the summary, as many as one document holds."""
    case_id: UUID | None = None
    """The file of one case for whoever investigates, and no log: `case_file.py`."""
    document_no: str = ""
    """Number under which the office's register has it."""
    may_name: bool = False
    """Do names stand beside pseudonyms: does the office want it, and may whoever asks see them?"""

    is_redacted: bool = False
    """A copy for information disclosure, on paper: `redacted_copy.py`."""
    part_size: int = 0
    """Sweeps that a part of it holds at most, where no one document holds all (`log_parts.py`); 0: it is one."""
    sweep_ids: tuple[UUID, ...] | None = None
    """Those of one part, whatever the period; None: all."""
    language: Language = "ko"
    """Of headings and words, of the forms that have English."""

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Which personal data is in it."""
        has_names = self.may_name and self.format.about.names_people
        return ("inspection_log", "person_names") if has_names else ("inspection_log",)

    @property
    def ending(self) -> Format:
        """What the file is: parts come in a ZIP."""
        return Format.ZIP if self.part_size else self.format

    @property
    def file_name(self) -> str:
        """Name of the document, ASCII."""
        if self.case_id is not None:
            return f"case_{self.case_id}.zip"
        if self.part_size:
            name = "submission" if self.format is Format.ZIP else f"inspection-log-{self.format}"
            return f"{name}-in-parts_{self.period.first}_{self.period.last}.zip"
        if self.format is Format.ZIP:
            return f"submission_{self.period.first}_{self.period.last}.zip"
        if self.is_redacted:
            return f"redacted-log_{self.period.first}_{self.period.last}.{self.format}"
        name = "inspection-log-english" if self.language == "en" else "inspection-log"
        if self.sweep_id is not None:
            return f"{name}_{self.sweep_id}.{self.format}"
        return f"{name}_{self.period.first}_{self.period.last}.{self.format}"


def milliseconds(period: Period) -> tuple[int, int]:
    """First and first no longer of a period, in milliseconds since 1970."""
    first = datetime.combine(period.first, time(), KST)
    return to_ms(first), to_ms(datetime.combine(period.last, time(), KST) + timedelta(days=1))


def wanted_sweeps(request: LogRequest) -> ColumnElement[bool]:
    """Condition on `sweeps`: those that it is about."""
    first_ms, end_ms = milliseconds(request.period)
    if request.sweep_id is not None:
        wanted = sweeps.c.sweep_id == request.sweep_id
    elif request.sweep_ids is not None:
        wanted = sweeps.c.sweep_id.in_(request.sweep_ids)
    else:
        wanted = and_(sweeps.c.started_ms >= first_ms, sweeps.c.started_ms < end_ms)
    if request.room_id is not None:
        wanted = and_(wanted, sweeps.c.room_id == request.room_id)
    if request.district_id is not None:
        wanted = and_(wanted, sweeps.c.room_id.in_(rooms_of(request.district_id)))
    return wanted
