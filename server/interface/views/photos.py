"""Photographs of objects as people see them: that there are some, how many and when; never a picture."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from sweep.report import LocalText
from sweep.report.photo_records import Arrow, Shows


class EvidenceKeyView(View):
    """The public key of an evidence officer."""

    key_id: str
    recipient: str
    name: str
    """Whose it is: a pseudonym."""
    district_id: str | None
    """Null: of the whole city."""
    made: datetime
    is_own: bool


class EvidenceKeyList(View):
    """Keys to which photographs are sealed."""

    keys: tuple[EvidenceKeyView, ...]


class PhotoDeclaration(View):
    """Two persons have declared the room empty: how long the camera may open, and to whom the picture is sealed."""

    declaration_id: UUID
    declared_by: tuple[str, str]
    remaining_s: int
    left: int
    """How many may still be taken."""
    recipients: tuple[EvidenceKeyView, ...]
    max_edge_px: int
    preview_s: int
    """The page's camera closes by itself after so long."""


class PhotoView(View):
    """That a photograph exists."""

    photo_id: UUID
    taken: datetime
    shows: Shows
    person: str
    commitment: str
    state: Literal["kept", "deleted"]
    opened: int
    """How often an evidence officer opened it."""
    is_doubted: bool
    """It did not open, was not the picture that was declared, or held metadata, when an officer opened it."""
    log_index: int


class PhotoList(View):
    """The photographs of a case."""

    photos: tuple[PhotoView, ...]
    left: int
    why_not: LocalText | None
    """Why none can be taken now; null when one may."""
    declaration: PhotoDeclaration | None
    """The asking person's own that holds now."""


class PhotoCreated(View):
    """A photograph that was recorded."""

    photo: PhotoView
    left: int


class SealedPhotoView(View):
    """A sealed photograph, for the officer's browser to open."""

    photo_id: UUID
    sealed: str
    """The age file in base64."""
    plain_sha256: str
    plain_size: int
    log_index: int
    """Of the entry that says that it was opened."""
    arrows: tuple[Arrow, ...]
    """To be drawn over it."""
    named: tuple[str, ...]
    """Public keys that the photograph names; only their owners can tell whether it is sealed to them."""
