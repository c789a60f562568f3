"""A district's instruments, with their checks and what was done about each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from server.interface.views.trail import AuditLine
from sweep.report.inspection_records import InstrumentKind


class InstrumentHolder(View):
    """Who holds an instrument."""

    username: str
    name: str


class InstrumentHolders(View):
    """To whom an instrument may be given."""

    people: tuple[InstrumentHolder, ...]


class InstrumentCheckView(View):
    """A check of an instrument."""

    check_id: UUID
    what: Literal["function", "calibration"]
    day: date
    good_until: date
    has_passed: bool
    checked_by: str
    recorded: datetime
    recorded_by: str
    withdrawn: datetime | None
    """It was wrong, and counts no more."""


class InstrumentView(View):
    """An instrument of a district."""

    instrument_id: UUID
    district_id: str
    kind: InstrumentKind
    maker: str
    model: str
    serial: str
    holder: InstrumentHolder | None
    """Null: it lies in the office."""
    added: datetime
    retired: datetime | None
    """Out of use since then."""
    is_checked: bool
    """The last check of its function that counts was passed, and is good today."""
    checks: tuple[InstrumentCheckView, ...]
    """Newest first."""


class InstrumentList(View):
    """A district's instruments by kind, maker, model and number."""

    instruments: tuple[InstrumentView, ...]
    is_cut: bool
    """There are more."""


class InstrumentDetail(View):
    """An instrument, and what was done about it, newest first."""

    instrument: InstrumentView
    history: tuple[AuditLine, ...]
