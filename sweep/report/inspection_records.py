"""Bodies of an inspection with other instruments than a probe: what a person says to have seen, zone by zone.

It is the persons' own word: nothing here was measured, and there is no room for a probability, a coverage or a picture.
A zone that no look names was not inspected.  The second person confirms it by an entry of their own.
"""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from sweep.phrases import Phrase

from .base import AccountId, ClockReading, HexDigest, LocalText, Metres, Record, Slug, Text
from .proof_records import SecondWay
from .sweep import PhoneTime

InstrumentKind = Literal["lens_finder", "rf_finder", "thermal_imager", "borescope", "by_eye"]
InstrumentSaw = Literal["nothing", "glint", "signal", "warm_spot", "cannot_tell"]
Afterwards = Literal["explained", "not_explained"]
"""What the eye made of a glint or a warm spot: something harmless, or it cannot be ruled out."""
Door = Literal["matched", "not_read"]
"""Was the code on the room's door read, and its own?"""
SHOWS: dict[InstrumentKind, frozenset[InstrumentSaw]] = {
    "lens_finder": frozenset({"nothing", "glint", "cannot_tell"}),
    "rf_finder": frozenset({"nothing", "signal", "cannot_tell"}),
    "thermal_imager": frozenset({"nothing", "warm_spot", "cannot_tell"}),
    "borescope": frozenset({"nothing", "glint", "cannot_tell"}),
    "by_eye": frozenset({"nothing", "glint", "cannot_tell"}),
}
"""What each kind can show at all."""
LOOKED_AT: frozenset[InstrumentSaw] = frozenset({"glint", "warm_spot"})
"""What has a place, so that an eye can look there. A signal has none."""


class PlanPlace(Record):
    """A place on the plan."""

    x_m: Metres
    y_m: Metres


class InstrumentLook(Record):
    """One zone with one instrument."""

    zone_id: Slug
    instrument_id: UUID | None
    """Of the district's register; null: by eye, with nothing that stands there."""
    kind: InstrumentKind
    saw: InstrumentSaw
    place: PlanPlace | None
    """Where, of a glint or a warm spot; null for everything else."""
    afterwards: Afterwards | None
    """Of a glint or a warm spot: what the eye made of it there and then."""
    after_s: Annotated[int, Field(ge=0, le=86_400)]
    """How long after the door, by the phone's clock."""

    @model_validator(mode="after")
    def _says_what_it_can(self) -> Self:
        if self.saw not in SHOWS[self.kind]:
            raise ValueError(Phrase("instrument_cannot_show"))
        has_place = self.saw in LOOKED_AT
        if has_place != (self.place is not None) or has_place != (self.afterwards is not None):
            raise ValueError(Phrase("look_place_disagrees"))
        if self.instrument_id is None and self.kind != "by_eye":
            raise ValueError(Phrase("instrument_needed"))
        return self


class UsedInstrument(Record):
    """An instrument as it stood in the register on that day."""

    instrument_id: UUID
    kind: InstrumentKind
    maker: Text
    model: Text
    serial: Annotated[str, Field(max_length=100)]
    checked: date | None
    """The last check of its function, passed and good that day; null: none that counts."""


class PlanZone(Record):
    """A zone of the plan that was followed."""

    zone_id: Slug
    name: LocalText


class Inspected(Record):
    """What the persons on the spot say, without what the server knows itself."""

    plan_version: Annotated[int, Field(ge=1, le=2**53 - 1)]
    looks: Annotated[tuple[InstrumentLook, ...], Field(min_length=1, max_length=300)]
    """In the order in which they were made; of one zone with one instrument there is one."""
    declared_empty: Literal[True]
    """Nobody was inside."""
    borescope_rule: bool
    """They were asked and say: a borescope pointed into no used stall and no dwelling; false where none was used."""
    typed_from: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Number of the day's list on paper from which it was typed afterwards; null: on the spot."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if len({(one.zone_id, one.instrument_id) for one in self.looks}) < len(self.looks):
            raise ValueError(Phrase("zone_twice"))
        if any(one.after_s < before.after_s for before, one in pairwise(self.looks)):
            raise ValueError(Phrase("looks_out_of_order"))
        if any(one.kind == "borescope" for one in self.looks) != self.borescope_rule:
            raise ValueError(Phrase("borescope_rule_needed"))
        return self


class InspectionRecorded(Inspected):
    """An inspection as the server signed it for the person who wrote it down; its entry names the room."""

    v: Literal[1]
    sweep_id: UUID
    """The inspection's own id, which no probe's sweep has."""
    zones: Annotated[tuple[PlanZone, ...], Field(min_length=1, max_length=200)]
    """Of the plan in that version, in its order: what no look names was not inspected."""
    instruments: Annotated[tuple[UsedInstrument, ...], Field(max_length=20)]
    entered: PhoneTime
    left: PhoneTime
    door_in: Door
    door_out: Door
    recorded: ClockReading
    """When the server signed it."""
    account: AccountId


class InspectionConfirmed(Record):
    """The second person says that they were there and that it was so; the envelope's subject is that person."""

    v: Literal[1]
    sweep_id: UUID
    shown_hash: HexDigest
    """Of the entry that they confirm."""
    way: SecondWay
    """How they proved who they are, on the first one's phone."""
    confirmed: ClockReading
    account: AccountId
