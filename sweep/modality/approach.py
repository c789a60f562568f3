"""Nearer or farther within a position: whether a level has changed by more than fading makes of it.

Input is readings of one transmitter while a hand moves the probe; output is how it is now against where something was
last said of it.  In a room with echoes a level goes up and down by 5.6 dB (standard deviation, Rayleigh) from one half
wavelength to the next, however far the transmitter is.  Means of the power over many of those tell a change of place;
how many there were follows from how long it was listened, the hand's speed and the wavelength.  No reading is never a
change: who pauses is not farther away.  It claims no direction and no distance, and cannot tell a body that has come
between from a step away.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Trend = Literal["none", "first", "warmer", "colder", "same"]

SPOKEN_S: Final = 2.0
"""Over which a level is averaged before it is compared: at 2.4 GHz ten half wavelengths of a hand, whose mean is within
1.4 dB (derived, `spread_db`)."""
SHOWN_S: Final = 0.5
"""Over which it is averaged to be shown: the hand sees at once what it does (guessed)."""
HAND_M_S: Final = 0.3
"""How fast a hand leads the probe along a wall (guessed)."""
SIGMAS: Final = 3.0
"""Of the difference of two means that say nothing: 0.3 % of comparisons by fading alone (normal)."""
LEAST_STEP_DB: Final = 6.0
"""However short the wavelength: the spread of levels that the judge counts on when it places a device, which holds what
the hand's turning does (`judge/locate`); half the distance in a free room."""
STALE_S: Final = 2.0
"""So long after the last reading nothing is known any more (guessed: several times what a stream pauses)."""
HELD_S: Final = 2.0
"""So long what was said stands (guessed: a person reads it)."""
LIGHT_M_MHZ: Final = 299.792_458
FADE_DB: Final = 10.0 / math.log(10.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was received in a moment."""

    t_ns: int
    """Its end."""
    seconds: float
    """How long it was listened."""
    level_dbm: float
    """Of the mean power."""


@dataclass(frozen=True, slots=True)
class Near:
    """One transmitter now."""

    trend: Trend
    """`none`: nothing was received lately; `first`: too little to compare."""
    level_dbm: float | None
    """Lately; None for `none`."""
    best_dbm: float | None
    """The strongest it has been at this position, by the mean that is compared."""
    change_db: float | None
    """Against where something was last said; None where nothing can be compared."""
    step_db: float | None
    """What a change has to come to."""
    silent_s: float
    """Since the last reading."""


def spread_db(mhz: float, seconds: float) -> float:
    """Standard deviation of the mean power of a fading level over a hand's way, in dB.

    The mean of n independent Rayleigh fades is Gamma distributed; the variance of its logarithm is the trigamma
    function of n, here by its first terms (DLMF 5.15.8; within 2 % from n = 1 on).
    """
    n = max(1.0, seconds * HAND_M_S / (LIGHT_M_MHZ / mhz / 2.0))
    return FADE_DB * math.sqrt(1.0 / n + 1.0 / (2.0 * n**2) + 1.0 / (6.0 * n**3))


def mean_dbm(levels_dbm: Sequence[float], weights: Sequence[float]) -> float:
    """Level of the mean power."""
    power = sum(weight * 10.0 ** (level / 10.0) for level, weight in zip(levels_dbm, weights, strict=True))
    return 10.0 * math.log10(power / sum(weights))


@dataclass(frozen=True, slots=True)
class _Mean:
    level_dbm: float
    spread_db: float


class Approach:
    """One transmitter at one position; readings in the order of their times."""

    def __init__(self, mhz: float) -> None:
        """`mhz`: of its carrier, or the lowest that it may be on."""
        self._mhz = mhz
        self._readings: deque[Reading] = deque()
        self._said: _Mean | None = None
        """Where something was said last."""
        self._trend: Trend = "first"
        self._since_ns = 0
        self._best_dbm: float | None = None

    def add(self, reading: Reading) -> None:
        """One more; one that is not later than the last is left out."""
        if self._readings and reading.t_ns <= self._readings[-1].t_ns:
            return
        self._readings.append(reading)
        self._forget(reading.t_ns)
        mean = self._mean()
        if mean is None:
            return
        self._best_dbm = mean.level_dbm if self._best_dbm is None else max(self._best_dbm, mean.level_dbm)
        if self._said is None or (self._trend == "first" and mean.spread_db < self._said.spread_db):
            self._since_ns = reading.t_ns if self._said is None else self._since_ns
            self._said = mean  # until the first place is known as well as later ones
            return
        change_db = mean.level_dbm - self._said.level_dbm
        if abs(change_db) >= _step_db(mean, self._said):
            self._trend = "warmer" if change_db > 0.0 else "colder"
            self._said, self._since_ns = mean, reading.t_ns
        elif reading.t_ns - self._since_ns > HELD_S * 1e9 and not self._goes_on(change_db, _step_db(mean, self._said)):
            self._trend = "same"

    def _goes_on(self, change_db: float, step_db: float) -> bool:
        """Half the way to saying the same again: whoever walks on steadily is not told that nothing changes."""
        return {"warmer": change_db, "colder": -change_db}.get(self._trend, 0.0) >= step_db / 2.0

    def now(self, t_ns: int) -> Near:
        """How it is at `t_ns`, on the readings' clock."""
        last = self._readings[-1] if self._readings else None
        silent_s = 0.0 if last is None else max(0.0, (t_ns - last.t_ns) / 1e9)
        if last is None or silent_s > STALE_S:
            return Near("none", None, self._best_dbm, None, None, silent_s)
        shown = [one for one in self._readings if last.t_ns - one.t_ns < SHOWN_S * 1e9]
        level_dbm = mean_dbm([one.level_dbm for one in shown], [one.seconds for one in shown])
        mean = self._mean()
        if mean is None or self._said is None:
            return Near("first", level_dbm, self._best_dbm, None, None, silent_s)
        change_db = mean.level_dbm - self._said.level_dbm
        return Near(self._trend, level_dbm, self._best_dbm, change_db, _step_db(mean, self._said), silent_s)

    def _forget(self, now_ns: int) -> None:
        while now_ns - self._readings[0].t_ns >= SPOKEN_S * 1e9:
            self._readings.popleft()

    def _mean(self) -> _Mean | None:
        """Over the last SPOKEN_S; None before half of that was listened."""
        seconds = [one.seconds for one in self._readings]
        if sum(seconds) < SPOKEN_S / 2.0:
            return None
        return _Mean(mean_dbm([one.level_dbm for one in self._readings], seconds), spread_db(self._mhz, sum(seconds)))


def _step_db(one: _Mean, other: _Mean) -> float:
    return max(LEAST_STEP_DB, SIGMAS * math.hypot(one.spread_db, other.spread_db))
