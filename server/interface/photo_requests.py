"""What persons send about photographs of objects: a declaration, a sealed picture, why one is opened, a public key."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from server.interface.case_requests import SecondPerson
from server.interface.fields import Digest, KeyId, Reason, Slug
from server.interface.sealed_photos import MAX_SEALED_BYTES
from sweep.phrases import Phrase
from sweep.report import Record, UtcTime
from sweep.report.photo_records import MAX_RECIPIENTS, Arrows, Pixels, Shows

MAX_PHOTO_REQUEST_BYTES = MAX_SEALED_BYTES * 4 // 3 + 4096  # derived: base64, and the fields beside it
AgeRecipient = Annotated[str, StringConstraints(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]
"""An X25519 public key of age, as `age-keygen -y` prints it."""


class PhotoDeclarationRequest(Record):
    """Two persons declare that nobody is in the room and that only the object will be photographed."""

    second_person: SecondPerson


class PhotoRequest(Record):
    """A photograph as the phone sealed it."""

    photo_id: UUID
    """Made by the phone, so that sending twice does it once."""
    declaration_id: UUID
    zone_id: Slug | None = None
    shows: Shows
    width_px: Pixels
    height_px: Pixels
    plain_sha256: Digest
    plain_size: Annotated[int, Field(ge=1, le=MAX_SEALED_BYTES)]
    sealed_to: Annotated[tuple[KeyId, ...], Field(min_length=1, max_length=MAX_RECIPIENTS)]
    sealed: Annotated[str, StringConstraints(min_length=4, max_length=MAX_PHOTO_REQUEST_BYTES)]
    """The age file in base64."""
    taken: UtcTime
    sent: UtcTime
    """Both by the phone's clock."""
    arrows: Arrows = ()


class OpenPhotoRequest(Record):
    """Why an evidence officer opens a photograph."""

    purpose: Literal["look", "police"]
    reason: Annotated[Reason, Field(min_length=4, max_length=200)]


class PhotoCheckRequest(Record):
    """What the officer's browser found in an opened photograph."""

    hash_matches: bool
    has_metadata: bool
    opens: bool = True
    """False: a key that the photograph names does not open it."""

    @model_validator(mode="after")
    def _says_nothing_of_what_is_closed(self) -> Self:
        if not self.opens and (self.hash_matches or self.has_metadata):
            raise ValueError(Phrase("unopened_photo_has_no_metadata"))
        return self


class EvidenceKeyRequest(Record):
    """The public key of an evidence officer; the private one was made in their browser or elsewhere and stays there."""

    recipient: AgeRecipient
