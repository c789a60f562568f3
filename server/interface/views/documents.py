"""Documents that are being made."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import ErrorBody, View


class ExportJobView(View):
    """A document that is being made, and kept for an hour when it is ready."""

    job_id: UUID
    state: Literal["queued", "running", "ready", "failed"]
    percent: int
    ahead: int
    """How many documents are made before this one; 0 when it is its turn."""
    format: Literal["csv", "pdf", "xlsx", "hwpx", "json", "zip"]
    period_first: date
    period_last: date
    room_id: UUID | None
    sweep_id: UUID | None = None
    file_name: str
    size: int | None
    """Bytes; null until it is ready."""
    failure: ErrorBody | None
    asked: datetime


class ExportJobList(View):
    """One's own documents, newest first."""

    exports: tuple[ExportJobView, ...]
