"""Bodies of entries about photographs of objects: one was taken, opened, checked, or its period of retention is over.

The picture itself is a body beside `PhotoTaken`: one line of JSON (`PhotoHead`), a line feed, and an age file that only
evidence officers open.  Nothing here says what a picture shows beyond the sort of thing, and nothing has room for one.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from .base import AccountId, ClockReading, Count, HexDigest, KeyId, Label, Pseudonym, Record, Slug, Text, UtcTime
from .proof_records import Identified
from .sweep import PhoneTime

Shows = Literal["object", "surroundings", "hole", "repair"]
"""What was photographed: the object, its place in the room, a hole or gap, or a repair."""
MAX_RECIPIENTS = 16  # guessed: evidence officers of a district and of the city
MAX_ARROWS = 8  # guessed: more hide what they point at
Pixels = Annotated[int, Field(ge=1, le=4_096)]
Thousandths = Annotated[int, Field(ge=0, le=1_000)]
"""Of the picture's width or height, from its upper left corner."""


class Arrow(Record):
    """Drawn over a photograph by whoever took it, from its tail to what it points at; the picture stays as it is."""

    from_x: Thousandths
    from_y: Thousandths
    to_x: Thousandths
    to_y: Thousandths


Arrows = Annotated[tuple[Arrow, ...], Field(max_length=MAX_ARROWS)]


class PhotoHead(Record):
    """First line of a sealed photograph, so that what is sealed can be told from what was put in its place."""

    v: Literal[1]
    photo_id: UUID
    plain_sha256: HexDigest
    """Of the picture without metadata, as it was before it was sealed."""
    plain_size: Count
    """In bytes."""


class PhotoTaken(Record):
    """Somebody photographed an object while two persons had declared the room empty and closed."""

    v: Literal[1]
    photo_id: UUID
    case_id: UUID
    zone_id: Slug | None
    shows: Shows
    width_px: Pixels
    height_px: Pixels
    declaration_id: UUID
    declared_by: tuple[Pseudonym, Pseudonym]
    identified: Identified
    declared: UtcTime
    """When the two declared it, by the server."""
    sealed_to: Annotated[tuple[KeyId, ...], Field(min_length=1, max_length=MAX_RECIPIENTS)]
    """Names of the evidence officers' keys, in order."""
    decided: ClockReading
    claimed: PhoneTime
    account: AccountId | None = None
    declared_accounts: tuple[AccountId, AccountId] | None = None
    """Of the two in `declared_by`."""
    arrows: Arrows = ()
    """Beside the picture whose hash `PhotoHead` says, which nobody draws into."""


class PhotoOpened(Record):
    """An evidence officer was given a sealed photograph, and why."""

    v: Literal[1]
    photo_id: UUID
    commitment: HexDigest
    purpose: Literal["look", "police"]
    reason: Text
    document_no: Label | None
    """Of the request of the police, when it is for them."""
    decided: ClockReading
    account: AccountId | None = None


class PhotoChecked(Record):
    """What the officer's browser found when it had opened a photograph."""

    v: Literal[1]
    photo_id: UUID
    commitment: HexDigest
    hash_matches: bool
    has_metadata: bool
    opens: bool = True
    """False: a key to which it was to be sealed does not open it, and nothing is known of what is inside."""
    decided: ClockReading
    account: AccountId | None = None


class PhotoExpired(Record):
    """The server deleted a photograph of which the period of retention was over."""

    v: Literal[1]
    photo_id: UUID
    commitment: HexDigest
    kept_days: Annotated[int, Field(ge=1, le=36_500)]
    basis: Text
