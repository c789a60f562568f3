"""What comes in about documents: which inspection log to make, and why."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from server.interface.fields import Reason
from server.interface.formats import Format
from sweep.phrases import Language
from sweep.report import Record


class ExportRequest(Record):
    """Which inspection log to make, and why."""

    format: Format
    period_first: date
    period_last: date
    """Korean days, both included."""
    room_id: UUID | None = None
    sweep_id: UUID | None = None
    """One sweep alone: in a PDF its form, then what the equipment says."""
    with_sheets: bool = False
    """In a PDF the sheets of every sweep behind the summary."""
    is_redacted: bool = False
    """A copy of a whole period for information disclosure (정보공개), on paper, without what the law keeps back."""
    language: Language = "ko"
    """Of headings and words, of the forms that have English."""
    reason: Reason
