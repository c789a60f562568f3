"""What comes in about practice: what a colleague hid, and the sweep or the looks by which it was looked for."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from sweep.report import Record
from sweep.report.base import Slug
from sweep.report.inspection_records import InstrumentKind, InstrumentSaw

HiddenKind = Literal["lens", "transmitter"]
Means = Literal["probe", "instruments"]
"""With what one looked: rates of the two are never summed."""


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


class PracticeLook(Record):
    """What one instrument, or the eye, showed in a zone."""

    zone_id: Slug
    kind: InstrumentKind
    saw: InstrumentSaw


class PracticeLooks(Record):
    """Looks with other instruments than a probe: a practice of them is no inspection, and nothing of it is recorded."""

    looks: Annotated[tuple[PracticeLook, ...], Field(min_length=1, max_length=300)]
