"""What happens in the simulated room while it is listened to: when the lamp shone, and when somebody walked.

Input is chips as they are played and when that ends; output is whether there was light or walking at a time.  Lamp and
person do what the real ones do: a lamp is put out that shines for too long or has to rest, and a person is late.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from sweep.modality.messages import ResponseTestKind
from sweep.modality.white_lamp_rest import Edge, Light, WhiteAccount

PERSON_LATE_S: Final = (0.15, 0.45)
"""From a prompt until somebody walks or stands: guessed, a little under what the test allows."""


class Timeline:
    """A level over time, 0 at first."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._levels: list[int] = []

    def at(self, t_s: float) -> int:
        """The level at a time."""
        place = bisect_right(self._times, t_s)
        return self._levels[place - 1] if place else 0

    def add(self, edges: Sequence[Edge]) -> None:
        """Changes to come, in order, after all that are there."""
        self._times += [t_s for t_s, _ in edges]
        self._levels += [level for _, level in edges]

    def end(self, t_s: float) -> None:
        """Nothing more from a time on."""
        place = bisect_right(self._times, t_s)
        self._times[place:], self._levels[place:] = [t_s], [0]


class Stage:
    """The room of one position; times are seconds of the listener's clock."""

    def __init__(self) -> None:
        self._timelines: dict[ResponseTestKind, Timeline] = {"light": Timeline(), "motion": Timeline()}
        self._account = WhiteAccount()
        self._before: tuple[WhiteAccount, float, float, Sequence[int]] | None = None
        """What is played: the account before it, when it began, and its chips."""

    def play_light(self, start_s: float, chip_s: float, chips: Sequence[int]) -> Light:
        """The lamp plays chips; gives when it shines, and when it was put out."""
        self._before = (self._account.copy(), start_s, chip_s, chips)
        light = self._account.play(start_s, chip_s, chips)
        self._timelines["light"].add(light.edges)
        return light

    def walk(self, start_s: float, chip_s: float, chips: Sequence[int], rng: np.random.Generator) -> None:
        """A person walks while a chip is 1, each time a little late."""
        edges = [(t_s + float(rng.uniform(*PERSON_LATE_S)), level) for t_s, level in _changes(start_s, chip_s, chips)]
        self._timelines["motion"].add(edges)

    def stop(self, t_s: float) -> None:
        """The lamp is out and nobody walks."""
        if self._before is not None:
            self._account, start_s, chip_s, chips = self._before
            self._account.play(start_s, chip_s, chips, end_s=max(t_s, start_s))
            self._before = None
        for timeline in self._timelines.values():
            timeline.end(t_s)

    def is_lit(self, t_s: float) -> int:
        """1 while the lamp shines."""
        return self._timelines["light"].at(t_s)

    def is_walked(self, t_s: float) -> int:
        """1 while somebody walks."""
        return self._timelines["motion"].at(t_s)


def _changes(start_s: float, chip_s: float, chips: Sequence[int]) -> Iterator[Edge]:
    """Where chips change, dark before the first and after the last."""
    before = 0
    for number, chip in enumerate([*chips, 0]):
        if chip != before:
            yield start_s + number * chip_s, chip
        before = chip
