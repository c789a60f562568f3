"""Probes, what they are asked to do, and the event that tells a page of an entry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.interface.fields import CommandAnswer, KeyRole
from server.interface.views.answer import View
from sweep.report import ProbeState, ReferenceChecked, Source


class StopView(View):
    """A stop that a person asked for; it stands until the sweep runs again or is over."""

    command_id: UUID
    sweep_id: UUID
    asked_by: str
    """Pseudonym."""
    asked: datetime
    answer: CommandAnswer
    """Of the probe."""


class ProbeView(View):
    """An enrolled probe."""

    probe_id: str
    key_id: str
    name: str
    role: KeyRole
    online: bool
    last_seen: datetime | None
    state: ProbeState | None
    """Null: it has told nothing since the server started."""
    sweep_id: UUID | None
    room_id: UUID | None
    """Of that sweep, where it was started from here."""
    inspectors: tuple[str, ...] | None
    """Pseudonyms of those who make it; likewise."""
    is_practice: bool
    """That sweep counts as no inspection; likewise."""
    missed: int
    """Live messages of this sweep that the probe dropped or the network lost; the report has the last word."""
    stop: StopView | None
    proved_by: tuple[str, str] | None
    """Pseudonyms of the two who declared this sweep's room empty and were identified; null again after a pause."""


class ProbeList(View):
    """All enrolled probes."""

    probes: tuple[ProbeView, ...]


class ReferenceCheckView(View):
    """A morning's check of a probe, as the log holds it."""

    at: datetime
    """When it was made: as the probe says, where that can be."""
    log_index: int
    key_id: str
    source: Source
    told: ReferenceChecked


class ReferenceChecks(View):
    """The last checks of a probe."""

    probe_id: str
    checks: tuple[ReferenceCheckView, ...]
    """The newest first."""


class LiveAccepted(View):
    """How many live messages were taken."""

    accepted: int


class CommandQueued(View):
    """A command waits for the probe, or was given to it before."""

    command_id: UUID
    sweep_id: UUID
    answer: CommandAnswer
    """Of the probe, as far as it has come."""
    probe_online: bool


class EntryEvent(View):
    """Data of the SSE event `entry`: something about a sweep was projected."""

    sweep_id: UUID
    kind: str
