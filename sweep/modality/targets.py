"""With what probability a modality would have found a named target in a zone: what it is given, and what it answers.

An estimator is pure: the plan, where somebody stood and what was measured there give the same answer in whatever order
they come.  It knows neither verdicts nor words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sweep.modality.measurement import Measurement
from sweep.report import Plan, Position, Target, WallView, Zone

CurveSource = Literal["field", "rendered", "simulated", "derived", "guessed"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one modality measured at one position."""

    position: Position
    measured: Measurement


@dataclass(frozen=True, slots=True)
class ZoneLooks:
    """What an estimator has to go by for one zone."""

    plan: Plan
    zone: Zone
    looks: Sequence[Look]
    """Of this modality in the whole room, each once, by position."""

    def here(self) -> tuple[Look, ...]:
        """Those made in this zone that could judge something."""
        return tuple(
            look
            for look in self.looks
            if look.position.zone_id == self.zone.zone_id and look.measured.blind_reason is None
        )

    def why_nothing(self) -> str:
        """Why nothing was looked at here."""
        reasons = [
            look.measured.blind_reason
            for look in self.looks
            if look.position.zone_id == self.zone.zone_id and look.measured.blind_reason is not None
        ]
        return min(reasons, default="not_looked")


@dataclass(frozen=True, slots=True)
class Chance:
    """The answer for one target: a probability with its 90 % interval, or why there is none."""

    target: Target
    source: CurveSource
    probability: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The answer for one zone."""

    chances: tuple[Chance, ...] = ()
    walls: tuple[WallView, ...] = ()
    """What was seen of its surfaces, where the modality sees."""


def unknown(targets: Sequence[Target], reason: str, source: CurveSource = "derived") -> Estimate:
    """Nothing can be said of any of them, for the same reason."""
    return Estimate(tuple(Chance(target, source, reason=reason) for target in targets))
