"""What comes in about reports of the public, from whoever takes one over."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from server.interface.fields import Line, OptionalLine, no_link
from sweep.report import Record


class StickerSheetRequest(Record):
    """Of which rooms to print stickers, in this order."""

    room_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=400)]
    """A sheet of 400 takes some seconds."""
    is_new: bool = False
    """New codes for all of them: what hangs on their doors opens nothing any more."""


class ReportCaseRequest(Record):
    """A case for a report of the public, in the words of who takes it over."""

    what: Annotated[Line, Field(max_length=200)]


class CloseReportRequest(Record):
    """What became of a report of the public."""

    outcome: Literal["looked_at", "nothing_there", "not_a_report"]
    note: Annotated[OptionalLine, AfterValidator(no_link)] = ""
