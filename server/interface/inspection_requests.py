"""What persons send of an inspection with other instruments, wholly from the phone, perhaps hours later."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from server.interface.case_requests import SecondPerson
from server.interface.fields import Digest, StickerCode, TimeOrderedId, no_link
from sweep.phrases import Phrase
from sweep.report import DocumentNumber, Record, UtcTime
from sweep.report.inspection_records import Inspected

SealedPin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{100,600}={0,2}$")]


class InspectionRequest(Inspected):
    """What was seen, zone by zone, and when they came and went; sent again it is one inspection."""

    sweep_id: TimeOrderedId
    """Made by the phone when they entered."""
    entered: UtcTime
    left: UtcTime
    sent: UtcTime
    """All by the phone's clock; another `sent` when it is sent again."""
    door_in: StickerCode | None
    """As it was read at the door; null where it could not be read."""
    door_out: StickerCode | None
    second_sealed: SealedPin | None = None
    """The second person's PIN (`server/people/sealed_pins.py`); null where the phone cannot seal, and without one."""

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if not self.entered <= self.left <= self.sent:
            raise ValueError(Phrase("inspection_times_disagree"))
        if self.looks[-1].after_s > (self.left - self.entered).total_seconds() + 1:
            raise ValueError(Phrase("inspection_times_disagree"))
        return self


class CitationRequest(Record):
    """The number under which the office keeps the original of an imported inspection, by whoever has it at hand."""

    document: Annotated[DocumentNumber, AfterValidator(no_link)]
    shown_hash: Digest
    """Of the entry that the page shows."""


class ConfirmationRequest(Record):
    """The second person, by something of their own, over the entry that the page shows."""

    shown_hash: Digest
    second_person: SecondPerson
