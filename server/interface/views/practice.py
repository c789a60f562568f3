"""One's own practice: for the person who practised, and nobody else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from server.interface.practice_requests import HiddenKind, Means
from server.interface.views.answer import View
from sweep.report import LocalText


class HiddenThing(View):
    """Something that was hidden, once it may be told."""

    zone: LocalText
    kind: HiddenKind
    is_found: bool


class PracticeRun(View):
    """One practice."""

    run_id: UUID
    room_id: UUID
    hidden: datetime
    """When it was hidden."""
    count: int
    """How many things."""
    means: Means
    is_compared: bool
    """False: nobody has looked yet, and where it is stays untold."""
    things: tuple[HiddenThing, ...]
    false_alarms: int | None
    """Findings, or zones where an instrument showed something, where nothing was hidden."""


class PracticeRate(View):
    """How many of a kind were found by the same means."""

    kind: HiddenKind
    found: int
    hidden: int
    low: float | None
    """Lower end of the 90 % interval (Wilson 1927), 0-1; null of nothing."""
    high: float | None


class EyeRate(View):
    """How often an eye said so, over how often it was asked."""

    hits: int
    total: int
    low: float | None
    """Lower end of the 90 % interval (Wilson 1927), 0-1; null of nothing."""
    high: float | None


class PracticeResult(View):
    """What came of all one's practice by the same means."""

    means: Means
    rates: tuple[PracticeRate, ...]
    false_alarms: int
    runs: int
    """How many were compared with what was hidden."""


class Practice(View):
    """One's own practice, the latest first."""

    runs: tuple[PracticeRun, ...]
    results: tuple[PracticeResult, ...]
    """By means; none of those by which nothing was compared."""
    planted: EyeRate
    """Hidden lenses that one's eye saw, of those in whose zone it looked."""
    controls: EyeRate
    """Looks at which something was seen where nothing had shone, of all such looks in real sweeps of oneself."""
