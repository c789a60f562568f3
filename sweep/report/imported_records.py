"""Bodies of past inspections that an office had in lists of its own: what the list says, and nothing that it does not.

Nobody who signs was there, and nothing was measured.  Such an inspection fulfils nothing before an officer cites the
number of its original, and what was imported by mistake is withdrawn by an entry of its own.  Names of inspectors are
in none of these bodies.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from .base import AccountId, ClockReading, DocumentNumber, Record, Text

ImportedMethod = Literal["instruments", "by_eye"]
ImportedResult = Literal["nothing_unusual", "recheck", "suspected", "found"]
"""As the list says it: no case is opened by it."""


class InspectionImported(Record):
    """A past inspection of one room as a row of an office's list has it; its entry names the room."""

    v: Literal[1]
    sweep_id: UUID
    """The inspection's own id, which no probe's sweep has."""
    import_id: UUID
    """The import of the list."""
    day: date
    at: Annotated[str, StringConstraints(pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$")] | None
    """Korean time; null: the list has none."""
    persons: Annotated[int, Field(ge=1, le=20)] | None
    """How many the list names or counts; null: it says nothing."""
    method: ImportedMethod
    method_words: Text
    """As it stands in the list, of words that are known."""
    result: ImportedResult
    result_words: Text
    document: DocumentNumber | None
    """Number of the original as the list has it: nobody has looked there yet."""
    recorded: ClockReading
    """When the server signed it."""
    account: AccountId
    """Who imported it."""


class InspectionCited(Record):
    """An officer has the original at hand and cites its number; the last citation counts."""

    v: Literal[1]
    sweep_id: UUID
    document: DocumentNumber
    cited: ClockReading
    account: AccountId


class InspectionWithdrawn(Record):
    """Its import was taken back: the inspection counts for nothing from then on, and its entries stay in the log."""

    v: Literal[1]
    sweep_id: UUID
    import_id: UUID
    withdrawn: ClockReading
    account: AccountId
