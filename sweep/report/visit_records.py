"""Body of what the inspectors noted of their visit: what they saw by eye, and what a log asks besides.

It is the persons' own word, beside the report and never part of it: by eye a person may say that nothing was unusual,
which no probe may say before its weights were measured in the field.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from sweep.phrases import Phrase

from .base import AccountId, ClockReading, HexDigest, Record, Slug, Text
from .case_records import Millimetres, Person, Stroke
from .sweep import PhoneTime

ByEye = Literal["nothing_unusual", "marks", "not_done"]
Occasion = Literal["regular", "ad_hoc", "joint"]
Spot = Literal["vent", "ceiling", "light", "socket", "door_lock", "partition", "toilet_bin", "basin"]
Bell = Literal["works", "broken", "none", "not_tested"]
Measure = Literal["sticker", "hole_closed", "repair_asked", "scene_kept", "police_called"]
SignedAs = Literal["inspector", "keeper", "witness"]
"""An inspector, who may have no account here; whoever keeps the building; 입회인, who came along for an agency."""
Shown = Literal["entry", "note"]
"""What stood on the page to be signed: the entry of the last note, or the note as it waits on the phone."""


class ZoneCheck(Record):
    """What was looked at in one zone, part by part."""

    zone_id: Slug
    fine: Annotated[tuple[Spot, ...], Field(max_length=8)]
    """Looked at by eye, and nothing unusual."""
    marked: Annotated[tuple[Spot, ...], Field(max_length=8)]
    """Looked at, and something is strange; before `broken` was told apart, broken parts too."""
    holes: Annotated[int, Field(ge=0, le=99)]
    """How many holes nobody can explain."""
    floor_gap_mm: Millimetres | None
    """Below the partition, measured; null: not measured."""
    ceiling_gap_mm: Millimetres | None
    emergency_bell: Bell
    sticker: bool
    """Was a hole or gap closed by a sticker there and then?"""
    broken: Annotated[tuple[Spot, ...], Field(max_length=8)] = ()
    """Looked at, and damaged or out of order with nothing strange about it: to be repaired, and no mark of a camera."""

    @model_validator(mode="after")
    def _names_each_part_once(self) -> Self:
        named = (*self.fine, *self.marked, *self.broken)
        if len(set(named)) < len(named):
            raise ValueError(Phrase("zone_part_twice"))
        return self


class Noted(Record):
    """What people on the spot say of a visit, without what the server knows itself."""

    by_eye: ByEye
    """What they saw: nothing unusual, marks (holes, scratches, strange things), or that they did not look."""
    spots: Annotated[tuple[Spot, ...], Field(max_length=8)]
    """Where they looked, each once; empty when they did not look."""
    marks: Text | None
    """What the marks are and where; null without any."""
    occasion: Occasion
    """A regular inspection, one at another time, or one together with others."""
    companions: Text | None
    """Who came along, by office and rank: no names."""
    emergency_bell: Bell
    measures: Annotated[tuple[Measure, ...], Field(max_length=5)]
    """What was done there and then, each once."""
    confirmed_by: Text | None
    """Who of the facility or the police confirmed it, by office: no names."""
    zones: Annotated[tuple[ZoneCheck, ...], Field(max_length=60)] = ()
    """The checklist, each zone once; empty where nobody filled one in."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.by_eye == "marks") != (self.marks is not None):
            raise ValueError(Phrase("marks_and_description_disagree"))
        if (self.by_eye == "not_done") != (not self.spots):
            raise ValueError(Phrase("look_and_places_disagree"))
        if len(set(self.spots)) < len(self.spots) or len(set(self.measures)) < len(self.measures):
            raise ValueError(Phrase("spot_or_measure_twice"))
        if len({zone.zone_id for zone in self.zones}) < len(self.zones):
            raise ValueError(Phrase("zone_twice"))
        return self


class VisitNote(Noted):
    """A note of a visit as the server signed it for a person; a later one of the same sweep takes its place."""

    v: Literal[1]
    sweep_id: UUID
    noted: ClockReading
    """When the server signed it."""
    claimed: PhoneTime | None = None
    """When the person wrote it down, which may be long before it was sent; null when the page did not say."""
    account: AccountId | None = None


def note_hash(noted: Noted, sweep_id: UUID, note_id: UUID) -> str:
    """SHA-256 in hex of a note as the phone keeps it, before the server has made an entry of it.

    Over the JSON of its fields with `note_id` and `sweep_id`: UTF-8, names sorted, no spaces (RFC 8785, which for
    words and whole numbers is just that).
    """
    fields = {name: getattr(noted, name) for name in Noted.model_fields}
    said = Noted(**fields).model_dump(mode="json") | {"note_id": str(note_id), "sweep_id": str(sweep_id)}
    return hashlib.sha256(
        json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


class SignedByHand(Record):
    """A signature by finger over the hash of the last note, without what the server knows itself."""

    signed_as: SignedAs
    agency: Text
    """Office, facility or police station."""
    name: Person
    """As they give it themselves."""
    rank: Text | None
    shown_hash: HexDigest
    """Hash that stood on the page: of the last note of this visit."""
    shown: Shown = "entry"
    """Of what it is: of the note's entry, or of the note alone, where it was signed before the server had it."""
    strokes: Annotated[tuple[Stroke, ...], Field(min_length=1, max_length=60)]
    """The signature in thousandths of the field's width and height."""


class VisitSigned(SignedByHand):
    """A signature by finger as the server took it down; who signed is known to those who stood there."""

    v: Literal[1]
    sweep_id: UUID
    signed: ClockReading
    """When the server signed it."""
    claimed: PhoneTime | None = None
    """When the person signed, which may be long before it was sent; null when the page did not say."""
    account: AccountId | None = None
    """Of whoever held the phone: the envelope's subject."""
