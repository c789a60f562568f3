"""Imports of facilities: counts with reasons, rows, and questions for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from sweep.report import LocalText

ImportState = Literal["staging", "preview", "confirming", "confirmed", "undoing", "undone"]
ImportOutcome = Literal["new", "same", "changed", "question"]


class ReasonCount(View):
    """How many rows became this for this reason; a row may have several."""

    outcome: ImportOutcome
    reason: str
    words: LocalText
    rows: int


class ImportView(View):
    """A file that was given, and what it does or did."""

    import_id: UUID
    file_name: str
    layout: Literal["seoul", "national", "changing_rooms"]
    encoding: str
    state: ImportState
    """Nothing has changed in `preview`, and nothing is left of it in `undone`."""
    created: datetime
    created_by: str
    confirmed: datetime | None
    undone: datetime | None
    rows: int
    """Of the file; the counts of outcomes add up to these and `not_listed`."""
    not_listed: int
    """Facilities that the file no longer lists; each is a question."""
    counts: dict[ImportOutcome, int]
    open_questions: int
    reasons: tuple[ReasonCount, ...]


class ImportList(View):
    """Imports, newest first."""

    imports: tuple[ImportView, ...]


class ImportRowView(View):
    """A row of a file, as it came and what it is."""

    line: int
    """Of the file; below zero for a facility that it no longer lists."""
    outcome: ImportOutcome
    reasons: tuple[str, ...]
    words: tuple[LocalText, ...]
    source_key: str
    name: str
    address: str
    district: str
    facility_id: UUID | None
    known_as: str | None
    """Name of that facility here."""
    raw: dict[str, str]
    """Cells by column."""
    answers: tuple[Literal["add", "update", "close", "leave"], ...]
    """What a person may answer; empty when nothing is asked."""
    answer: str | None
    answered_by: str | None


class ImportRowList(View):
    """A page of rows."""

    rows: tuple[ImportRowView, ...]
    next: int | None
    """Ask with `after` this line for the next page; null on the last one."""
