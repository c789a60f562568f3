"""Maps the sensor head's slot ticks to the Pi's CLOCK_BOOTTIME: 32-bit wrap, offset and drift, with an error bound.
Fed with (tick, time of reception) pairs; reception is never early and sometimes late, so the line lies along the
earliest arrivals. Reads no clock itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from sweep.phrases import Phrase

WRAP = 1 << 32
BUCKET_NS = 1_000_000_000
BUCKETS = 120
"""Two minutes of earliest arrivals, one a second: a ceramic resonator's drift changes more slowly (guessed)."""
START_ERROR_NS = 20_000_000
"""Before a line can be drawn: latency of a USB serial adapter, 16 ms, and a margin (guessed)."""
LARGEST_DRIFT = 0.006
"""0.5 %, a usual tolerance of ceramic resonators with temperature and age, and a margin."""
BOUND_FACTOR = 3
"""Error bound as a multiple of the median lateness of each second's earliest arrival (measured: 2.2 at most in 24 runs
of ten simulated minutes with drifts to 0.5 %, 0.8 ms mean latency and stalls of 40 ms)."""
LEAST_SPAN_NS = 5_000_000_000
"""A drift is estimated from at least this long; before it the nominal rate is used (guessed)."""


class ClockError(ValueError):
    """No tick was seen yet, so nothing can be mapped."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A tick in the Pi's time."""

    t_ns: int
    error_ns: int


class TickUnwrapper:
    """Turns 32-bit ticks into a growing count; a tick may lie up to half a wrap behind or ahead of the last one."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, tick: int) -> int:
        """The full count of `tick`, without moving on for one that lies behind."""
        if self._last is None:
            self._last = tick
            return tick
        delta = (tick - self._last + WRAP // 2) % WRAP - WRAP // 2
        full = self._last + delta
        self._last = max(self._last, full)
        return full


class TickClock:
    """Offset and drift of the head's slots against CLOCK_BOOTTIME."""

    def __init__(self, slot_ns: int) -> None:
        """`slot_ns`: nominal length of a slot, from identity."""
        self._slot_ns = slot_ns
        self._unwrapper = TickUnwrapper()
        self._buckets: deque[tuple[int, int, int]] = deque(maxlen=BUCKETS)
        self._origin: tuple[int, int] | None = None
        self._rate_ns = float(slot_ns)
        self._offset_ns = 0.0
        self._error_ns = START_ERROR_NS

    @property
    def drift(self) -> float:
        """Length of a slot against its nominal length, minus one."""
        return self._rate_ns / self._slot_ns - 1

    @property
    def is_set(self) -> bool:
        """Whether a tick was observed, so that others can be mapped."""
        return self._origin is not None

    def observe(self, tick: int, received_ns: int) -> None:
        """A message queued at `tick` was received at `received_ns` (transmission time already taken off)."""
        full = self._unwrapper.unwrap(tick)
        if self._origin is None:
            self._origin = (full, received_ns)
        ticks, elapsed_ns = full - self._origin[0], received_ns - self._origin[1]
        number = elapsed_ns // BUCKET_NS
        late_ns = elapsed_ns - ticks * self._rate_ns
        if self._buckets and self._buckets[-1][0] == number:
            _, best_ticks, best_ns = self._buckets[-1]
            if late_ns >= best_ns - best_ticks * self._rate_ns:
                return
            self._buckets[-1] = (number, ticks, elapsed_ns)
        else:
            self._buckets.append((number, ticks, elapsed_ns))
        self._fit()

    def _fit(self) -> None:
        points = [(ticks, elapsed_ns) for _, ticks, elapsed_ns in self._buckets]
        span_ns = points[-1][1] - points[0][1]
        if span_ns >= LEAST_SPAN_NS:
            self._rate_ns = _slope(points)
        # The line touches the earliest arrival; the rest of the second's best tell how far it may be off.
        residuals = [elapsed_ns - ticks * self._rate_ns for ticks, elapsed_ns in points]
        self._offset_ns = min(residuals)
        if span_ns < LEAST_SPAN_NS:
            self._error_ns = START_ERROR_NS + round(span_ns * LARGEST_DRIFT)
        else:
            middle = sorted(residuals)[len(residuals) // 2]
            self._error_ns = min(START_ERROR_NS, round(BOUND_FACTOR * (middle - self._offset_ns)) + self._slot_ns)

    def to_boottime(self, tick: int) -> Mapped:
        """When the slot `tick` began. Raises ClockError before the first observation."""
        if self._origin is None:
            raise ClockError(Phrase("head_clock_not_sent"))
        full = self._unwrapper.unwrap(tick)
        t_ns = self._origin[1] + round(self._offset_ns + (full - self._origin[0]) * self._rate_ns)
        return Mapped(t_ns, self._error_ns)


def _slope(points: list[tuple[int, int]]) -> float:
    """Least squares through the lower half of the points after a first fit: late outliers do not tilt the line."""
    chosen = points
    rate = 0.0
    for _ in range(2):
        n = len(chosen)
        mean_x = sum(x for x, _ in chosen) / n
        mean_y = sum(y for _, y in chosen) / n
        spread = sum((x - mean_x) ** 2 for x, _ in chosen)
        if spread == 0:
            return rate
        rate = sum((x - mean_x) * (y - mean_y) for x, y in chosen) / spread
        by_lateness = sorted((y - x * rate, x, y) for x, y in chosen)
        kept = [(x, y) for _, x, y in by_lateness[: max(2, n // 2)]]
        if max(x for x, _ in kept) - min(x for x, _ in kept) < (chosen[-1][0] - chosen[0][0]) // 2:
            return rate
        chosen = sorted(kept)
    return rate
