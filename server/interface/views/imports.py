"""Imports of lists: what their columns are, counts with reasons, rows, and questions for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from sweep.report import LocalText

ImportState = Literal["staging", "preview", "confirming", "confirmed", "undoing", "undone"]
ImportOutcome = Literal["new", "same", "changed", "question", "refused"]
ImportKind = Literal["facilities", "rooms", "inspections", "instruments", "people"]
ImportLayout = Literal["seoul", "national", "changing_rooms"] | ImportKind
"""Files as they are published, and what an office's own list is about."""


class ImportCut(View):
    """What was cut before anybody saw it."""

    cut: Literal["resident_number", "bank_account", "named_person", "password", "remarks"]
    words: LocalText
    cells: int


class ImportField(View):
    """Something that a column may hold."""

    field: str
    words: LocalText


class ImportColumn(View):
    """A column of a list, and what it is taken for."""

    heading: str
    field: str | None
    """Null: a person has to say. `left_out`: not imported."""
    said_by: Literal["table", "district", "rule", "nobody"]
    cut: ImportCut | None
    """Why it is never imported."""
    cells: tuple[str, ...]
    """Of the first rows; none of a column that is never imported, names of persons covered."""


class ImportChoice(View):
    """An answer that a phrase may have."""

    answer: str
    words: LocalText


class ImportPhrase(View):
    """A phrase that rows of a list share, about which a person is asked once."""

    rule: str
    words: LocalText
    """Of which column it is."""
    phrase: str
    """Empty: cells that say nothing below one that does."""
    rows: int
    lines: tuple[int, ...]
    """The first of them."""
    answer: str | None
    """What the district said; null: nobody has."""
    choices: tuple[ImportChoice, ...]


class ImportLook(View):
    """A list before anything of it is kept: nothing was stored, and what is cut is not in here."""

    file_name: str
    encoding: str
    sheet: str
    sheets: tuple[str, ...]
    """Of a workbook, those that can be seen."""
    layout: ImportLayout | None
    """A published layout needs no answers; else what the list seems to be about; null: a person has to say."""
    is_published: bool
    kinds: tuple[ImportKind, ...]
    """What this person may say that it is about."""
    heading_line: int
    rows: int
    columns: tuple[ImportColumn, ...]
    fields: tuple[ImportField, ...]
    """What a column of such a list may be."""
    unanswered: int
    phrases: tuple[ImportPhrase, ...]
    """Once every column is known: what is asked of all rows that say the same, and what was answered."""
    needed: tuple[LocalText, ...]
    """Columns without which this is no such list, and that are not there yet."""
    cuts: tuple[ImportCut, ...]


class ColumnAnswer(View):
    """What a district said that a column is, or what a phrase says."""

    answer_id: UUID
    kind: ImportKind
    heading: str
    """Or the phrase."""
    of: LocalText | None
    """Of a phrase: its column; null: it is a heading."""
    field: str
    words: LocalText
    answered: datetime
    answered_by: str


class ColumnAnswers(View):
    """What is remembered of a district's lists."""

    answers: tuple[ColumnAnswer, ...]


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
    layout: ImportLayout
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
    cuts: tuple[ImportCut, ...]
    reasons: tuple[ReasonCount, ...]


class ImportList(View):
    """Imports, newest first."""

    imports: tuple[ImportView, ...]


class ImportRoom(View):
    """A room in which a past inspection may have been."""

    room_id: UUID
    name: str
    """With its facility."""


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
    rooms: tuple[ImportRoom, ...]
    """Where it may have been: whoever answers `add` chooses one or several, each an inspection of its own."""
    answer: str | None
    answered_by: str | None


class ImportRowList(View):
    """A page of rows."""

    rows: tuple[ImportRowView, ...]
    next: int | None
    """Ask with `after` this line for the next page; null on the last one."""
