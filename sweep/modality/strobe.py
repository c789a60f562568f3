"""What is said of the strobed lamps between the process that films and the sensor head: messages, and triggers as
records.

The process that films asks for a strobe, the head's process runs it when its turn comes and tells of each trigger when
it was and under which lamp; a strobe that ends says why. It decides nothing and knows neither camera nor line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Phase: TypeAlias = Literal["A", "B", "C", "M", "N", "R"]
"""Lamp phases as clip files write them: on_axis, off_axis, dark, middle ring, outer ring, red."""
ORDER: Final[tuple[Phase, ...]] = ("A", "B", "C")
"""One round of the lamps."""
VARIED_ORDER: Final[tuple[Phase, ...]] = ("A", "B", "C", "B", "A", "C")
"""Two rounds in an order that no light locks to. Derived: one that comes once a period and keeps step with the six
exposures shines in neighbours among them, taken in steps of 1, 2 or 3; all neighbours that hold 0 and 4, those of
on_axis, hold a dark or an off_axis one as well."""
SHORT_EVERY: Final = 4
"""Every so many groups one has short pulses, so that what saturates under the usual ones has a measurable ratio."""
SHORT_SCALE: Final = 1 / 16
"""Length of a short pulse against the usual one: 64 us of 1,024, two slots of the sensor head, its shortest."""
SHORTEST_S: Final = 64e-6
"""The head's shortest pulse (wire protocol)."""
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
    pulse_scale: float = 1.0
    """Length of its lamp pulse against the usual one of its phase, as the head reports it; 1 without light."""


@dataclass(frozen=True, slots=True)
class Strobe:
    """Please flash the lamps in step with the camera's trigger."""

    fps: float
    """Triggers a second."""
    exposure_s: float
    """How long the lamp lights; the head rounds up to 32 us and holds it below its limits. The shutter opens 64 us
    earlier and closes 64 us later."""
    longest_s: float
    """It ends by itself then, from its first trigger on."""
    order: tuple[Phase, ...] = ORDER
    """Phases of one group, 1 to 6 of them, red not among them: one round, or two."""
    short_every: int = SHORT_EVERY
    """The last group of so many has short pulses; 0: none has."""
    red_every_s: float = 0.0
    """A burst of red exposures so often, each between dark and on_axis ones; 0: never. Red has to rest for 2 s."""
    red_count: int = 5
    """Red exposures of a burst, 1 to 6; with its four partners 5 are three triples."""
    is_shown: bool = False
    """The head's visible light shines as long as the lamps flash: whoever is there sees that frames are kept."""


def round_of(order: tuple[Phase, ...]) -> int:
    """Exposures of a round, each with one on_axis exposure, of a group of one round or two."""
    return len(order) // max(1, order.count("A"))


@dataclass(frozen=True, slots=True)
class StopStrobe:
    """Please stop: enough was filmed."""


@dataclass(frozen=True, slots=True)
class Triggers:
    """Triggers that came since the last such message; the first of them says that the camera may be started."""

    triggers: tuple[Trigger, ...]
    dropped: tuple[tuple[str, int], ...] = ()
    """What led to no trigger since then, by code."""


@dataclass(frozen=True, slots=True)
class StrobeEnded:
    """No more triggers come."""

    because: str
    """A code, FILMED_OUT when it was to end."""
