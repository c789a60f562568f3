"""Which frames of a live camera make rounds of the lamps, and which are beside them: middle rings and bursts of red.

Job: take frames with their phase in the order of their triggers and hand on those of the rounds, keeping those beside
them for the next triple. Input: `PhaseFrame`s and the order of a round; output: frames of rounds, and what was kept.
A burst of red begins between two rounds and takes as many triggers as whole rounds do (`burst_of`), so that rounds
keep their numbers. It counts nothing as lost.
"""

from __future__ import annotations

from sweep.lens.clip.clips import DARK, OFF_AXIS, ON_AXIS
from sweep.lens.clip.frames import PhaseFrame
from sweep.modality.strobe import Phase, Strobe

PARTNERS = 4
"""Exposures of a burst besides the red ones: dark and on_axis before them, on_axis and dark after (wire protocol)."""
RED_MOST = 6
"""Red exposures of a burst (wire protocol)."""
RED_EVERY_S = 2.5
"""A burst of 0.2 s, and more than the 2 s that red has to rest (firmware/limits.toml); one flash in 2.5 s is far below
what may trouble photosensitive people, three a second."""
MOST_BESIDE = 16
"""Frames that wait for the next triple: one burst and a round's rings (derived), 13 MB at half size."""


def burst_of(order: tuple[Phase, ...]) -> int:
    """Red exposures of a burst that takes whole rounds of that length: the most that fit, 0 where none does."""
    return max((count for count in range(1, RED_MOST + 1) if (count + PARTNERS) % len(order) == 0), default=0)


def red_of(strobe: Strobe) -> int:
    """Triggers that each burst of a strobe takes; 0 without any."""
    return strobe.red_count + PARTNERS if strobe.red_every_s > 0.0 else 0


class RoundSieve:
    """One for a run of the lamps."""

    def __init__(self, order: tuple[Phase, ...], burst: int) -> None:
        """`burst`: triggers that a burst of red takes, 0 where there is none."""
        self._order = order
        self._burst = burst
        self._until = 0
        """Triggers before this one belong to a burst."""
        self._beside: list[PhaseFrame] = []
        self.rounds = 0
        """Numbers of rounds that bursts took; no triple was lost with them."""

    def add(self, frame: PhaseFrame) -> PhaseFrame | None:
        """The frame where it is part of a triple; else it is kept."""
        number = frame.trigger.number
        place = number % len(self._order)
        if self._burst and number >= self._until and frame.trigger.phase != self._order[place]:
            self._until = number - place + self._burst  # it began with this round's first trigger
            self.rounds += self._burst // len(self._order)
        if number >= self._until and frame.trigger.phase in {ON_AXIS, OFF_AXIS, DARK}:
            return frame
        self._beside.append(frame)
        del self._beside[:-MOST_BESIDE]
        return None

    def beside(self) -> tuple[PhaseFrame, ...]:
        """What was kept since it was last asked."""
        kept, self._beside = tuple(self._beside), []
        return kept
