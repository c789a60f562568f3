"""What comes in about practice: what a colleague hid, and the sweep in which it was looked for."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from sweep.report import Record
from sweep.report.base import Slug

HiddenKind = Literal["lens", "transmitter"]


class Hidden(Record):
    """A reference lens or a planted transmitter in a zone."""

    zone_id: Slug
    kind: HiddenKind


class PracticeRequest(Record):
    """What somebody hid for the person who is logged in."""

    room_id: UUID
    hidden: Annotated[tuple[Hidden, ...], Field(min_length=1, max_length=12)]


class PracticeSweep(Record):
    """The sweep in which it was looked for."""

    sweep_id: UUID
