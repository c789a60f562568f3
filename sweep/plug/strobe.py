"""What is said of the strobed lamps between the process that films and the sensor head: words, and triggers as records.

The process that films asks for a strobe, the head's process runs it when its turn comes and tells of each trigger when
it was and under which lamp; a strobe that ends says why. It decides nothing and knows neither camera nor line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Phase: TypeAlias = Literal["A", "B", "C", "M", "R"]
"""Lamp phases as clip files write them: on_axis, off_axis, dark, middle ring, red."""
ORDER: Final[tuple[Phase, ...]] = ("A", "B", "C")
"""One round of the lamps."""
PAIR_WITHIN_SHARE: Final = 0.35
"""Share of the period by which a frame, or the time of a trigger, may be off; half would be a coin toss (derived)."""
FILMED_OUT: Final = "filmed_out"
"""Why a strobe ended that was stopped by whoever asked for it, or lasted as long as was asked."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One camera trigger that the sensor head gave."""

    number: int
    """Count since the lamps began."""
    t_ns: int
    """CLOCK_BOOTTIME of its beginning."""
    phase: Phase
    is_lit: bool
    """False where a lamp should have been lit and the head's guard withheld it."""


@dataclass(frozen=True, slots=True)
class Strobe:
    """Please flash the lamps in step with the camera's trigger."""

    fps: float
    """Triggers a second."""
    exposure_s: float
    longest_s: float
    """It ends by itself then, from its first trigger on."""
    order: tuple[Phase, ...] = ORDER
    """Phases of one round, 1 to 5 of them."""


@dataclass(frozen=True, slots=True)
class StopStrobe:
    """Please stop: enough was filmed."""


@dataclass(frozen=True, slots=True)
class Triggers:
    """Triggers that came since the last such word; the first of them says that the camera may be started."""

    triggers: tuple[Trigger, ...]
    dropped: tuple[tuple[str, int], ...] = ()
    """What led to no trigger since then, by code."""


@dataclass(frozen=True, slots=True)
class StrobeEnded:
    """No more triggers come."""

    because: str
    """A code, FILMED_OUT when it was to end."""
