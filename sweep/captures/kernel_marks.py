"""What the compiled kernel measures of a window of a flow: `kernel_clock.c` and `kernel_marks.c`, called with arrays.

Input is times and lengths of frames and the rules by which they are measured; output is plain numbers, or None where
the window does not fit (lengths of 65,536 octets and more, times that do not ascend): then the Python way is taken.
What the numbers mean stands where they are used, in `sweep/wifi`.  Memory that is used again belongs to the thread.
"""

from __future__ import annotations

import ctypes
import threading
from ctypes import c_bool, c_double, c_int64, c_void_p
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.host.compiled import declare

Floats = NDArray[np.float64]
Octets = NDArray[np.int32]

LENGTHS: Final = 65_536
"""`kernel.h`: a longer frame does not fit."""
THIN: Final = 8
"""Of so many places one sample is kept: derived, places are milliseconds and rates end at 31 per second, so that what
folds onto them comes from 94 and more."""
TAPS: Final = 16
"""Samples that the filter before it spans: derived, its Kaiser window then holds such rates below 1e-6, and passes
those up to 31 alike to as much."""
_CUTOFF, _KAISER = 1 / 16, 12.0
"""In cycles per place, half way between 31 and 94 of 1,000; and the window's shape for 120 dB."""
_POINTS: Final = 16_384
"""Of the longest transform, 2^18 places."""
_KINDS: Final = 6
_FRAMES: Final = 8_192
"""That memory is made for at first: guessed, ten seconds of a thick stream."""


class ClockRules(NamedTuple):
    """`struct clock_rules`; the names are those of the constants in `sweep/wifi/traffic/cadence.py`."""

    slowest_hz: float
    fastest_hz: float
    step_s: float
    max_span_s: float
    most_events_hz: float
    as_good: float
    close_gap_s: float
    wide_gap_s: float
    idle_s: float
    usual_share: float
    full_share: float
    large_share: float
    big_share: float
    rare_share: float
    least_rare: float
    min_events: float
    max_lag: float


class MarkRules(NamedTuple):
    """`struct mark_rules`, likewise of `sweep/wifi/traffic/windows.py` and `cadence.py`."""

    tone_octets: float
    tone_share: float
    least_tone: float
    sound_strength: float
    sound_rayleigh: float
    sound_turns_cosine: float
    group_gap_s: float
    group_octets: float
    joined_octets: float
    even_octets: float
    full_share: float
    talk_octets: float
    long_answer_octets: float
    first_step: float
    last_step: float
    mostly_joined: float
    early_turns: float
    end_share: float
    least_ends: float


class UnclockedRules(NamedTuple):
    """`struct unclocked_rules`, likewise of `sweep/wifi/traffic/unclocked.py`."""

    full_share: float
    min_short_ends_hz: float
    max_ticks_hz: float
    end_share: float
    least_ends: float
    full_octets: float


class Beats(NamedTuple):
    """`struct clock_found`: how events keep the rate that they keep best."""

    events: float
    """How many; 0 where there are too few, or too many for pictures, and nothing else is said."""
    zero_s: float
    """Time of the first one."""
    span_s: float
    """From the first to the last one."""
    rate_hz: float
    strength: float
    """Length of the mean phasor at that rate."""
    between: float
    """The same of the intervals over one to some events, the largest of them."""
    cosine: float
    """Mean phasor, counted from the first event."""
    sine: float


class _ClockRoom(ctypes.Structure):
    """`struct clock_room`."""

    _fields_ = [
        ("events", c_int64),
        *[(name, c_void_p) for name in ("event_s", "sizes", "cosine", "sine")],
        ("points", c_void_p * 4),
        ("turns", c_void_p * 2),
        ("halves", c_void_p * 2),
        ("filter", c_void_p),
        ("counts", c_void_p),
    ]


class _Room(threading.local):
    """Memory of one thread."""

    def __init__(self) -> None:
        self._fixed = (
            np.empty((4, _POINTS), dtype=np.float32),
            *make_turns(),
            make_filter(),
            np.zeros(LENGTHS, dtype=np.uint32),
        )
        self.found = np.empty((_KINDS, len(Beats._fields)))
        self.marks = np.empty(11)
        self.make(_FRAMES)

    def make(self, frames: int) -> None:
        """Have room for so many frames at least."""
        self.frames = frames
        self._lists = np.empty((4, frames))
        points, turns, halves, weights, counts = self._fixed
        self.counts = counts.ctypes.data
        self.lists = [row.ctypes.data for row in self._lists]
        self._clock = _ClockRoom(
            frames,
            *self.lists,
            (c_void_p * 4)(*(row.ctypes.data for row in points)),
            (c_void_p * 2)(*(row.ctypes.data for row in turns)),
            (c_void_p * 2)(*(row.ctypes.data for row in halves)),
            weights.ctypes.data,
            self.counts,
        )
        self.clock = ctypes.addressof(self._clock)
        self.found_at, self.marks_at = self.found.ctypes.data, self.marks.ctypes.data

    def of(self, frames: int) -> _Room:
        """The same memory, with room for so many."""
        if frames > self.frames:
            self.make(max(frames, 2 * self.frames))
        return self


class MarksKernel:
    """The functions of a loaded library that measure windows."""

    def __init__(self, library: Any) -> None:
        self._room = _Room()
        self._find_clock = declare(library.find_clock, c_void_p, c_int64, *[c_void_p] * 3, gives=c_bool)
        self._find_clocks = declare(library.find_clocks, c_void_p, c_void_p, c_int64, *[c_void_p] * 3, gives=c_int64)
        self._cut_window = declare(
            library.cut_window, c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_double, *[c_void_p] * 5,
            gives=c_int64,
        )  # fmt: skip
        self._find_sound = declare(
            library.find_sound, c_void_p, c_void_p, c_int64, c_void_p, c_int64, *[c_void_p] * 4, c_int64, c_void_p,
            gives=c_int64,
        )  # fmt: skip
        self._measure_ticks = declare(
            library.measure_ticks, c_void_p, c_void_p, c_int64, c_double, c_double, c_int64, c_int64, *[c_void_p] * 4,
            c_int64, c_void_p, gives=c_int64,
        )  # fmt: skip
        self._measure_unclocked = declare(
            library.measure_unclocked, c_void_p, c_void_p, c_int64, c_double, *[c_void_p] * 5, c_int64, c_int64,
            c_void_p, gives=c_int64,
        )  # fmt: skip

    def find_clock(self, event_s: Floats, rules: Floats) -> Beats | None:
        """How ascending events keep a clock."""
        room, event_s = self._room.of(len(event_s)), np.ascontiguousarray(event_s, dtype=np.float64)
        fits = self._find_clock(_at(event_s), len(event_s), _at(rules), room.clock, room.found_at)
        return Beats(*room.found[0].tolist()) if fits else None

    def find_clocks(self, t_s: Floats, octets: Octets, rules: Floats) -> list[Beats] | None:
        """The same for each kind of events of frames, as `cadence._list_events` has them."""
        room = self._room.of(len(t_s))
        t_s, octets = _frames(t_s, octets)
        kinds = self._find_clocks(_at(t_s), _at(octets), len(t_s), _at(rules), room.clock, room.found_at)
        return None if kinds < 0 else [Beats(*row) for row in room.found[:kinds].tolist()]

    def cut_window(
        self, t_s: Floats, octets: Octets, back: Octets, begin_s: float, rules: Floats
    ) -> tuple[Floats, Octets, list[float]] | None:
        """Frames without a constant sound, counted from `begin_s`, and the six sums of `windows.Sums`."""
        room = self._room
        t_s, octets = _frames(t_s, octets)
        back = np.ascontiguousarray(back, dtype=np.int32)
        kept_s, kept = np.empty(len(t_s)), np.empty(len(t_s), dtype=np.int32)
        count = self._cut_window(
            _at(t_s), _at(octets), len(t_s), _at(back), len(back), begin_s, _at(rules), room.counts, _at(kept_s),
            _at(kept), room.marks_at,
        )  # fmt: skip
        return None if count < 0 else (kept_s[:count], kept[:count], room.marks[:6].tolist())

    def find_sound(self, t_s: Floats, octets: Octets, rates_hz: Floats, rules: Floats) -> NDArray[np.bool_] | None:
        """Per frame: it is short and comes by one of the clocks of sound."""
        room = self._room.of(len(t_s))
        t_s, octets = _frames(t_s, octets)
        sound = np.empty(len(t_s), dtype=bool)
        found = self._find_sound(
            _at(t_s), _at(octets), len(t_s), _at(rates_hz), len(rates_hz), _at(rules), *room.lists[:3], room.frames,
            _at(sound),
        )  # fmt: skip
        return None if found < 0 else sound

    def measure_ticks(
        self, t_s: Floats, octets: Octets, clock: tuple[float, float], peaks: int, min_ticks: int, rules: Floats
    ) -> tuple[bool, list[float]] | None:
        """Whether enough came in the periods of a clock (its rate and when it ticks), and the marks of it."""
        room = self._room
        t_s, octets = _frames(t_s, octets)
        found = self._measure_ticks(
            _at(t_s), _at(octets), len(t_s), *clock, peaks, min_ticks, _at(rules), room.counts, *room.lists[:2],
            room.frames, room.marks_at,
        )  # fmt: skip
        return None if found < 0 else (found > 0, room.marks.tolist())

    def measure_unclocked(self, t_s: Floats, octets: Octets, seconds: float, rules: Floats) -> list[float] | None:
        """Marks of a window whatever its clock."""
        whole, twos = max(int(seconds), 1), max(int(seconds / 2.0), 1)
        room = self._room.of(max(len(t_s), whole))
        t_s, octets = _frames(t_s, octets)
        found = self._measure_unclocked(
            _at(t_s), _at(octets), len(t_s), seconds, _at(rules), room.counts, *room.lists[:3], whole, twos,
            room.marks_at,
        )  # fmt: skip
        return None if found < 0 else room.marks.tolist()


def make_filter() -> NDArray[np.float32]:
    """Shape (THIN, 2, TAPS / 2): what a one at the place n THIN + r adds to every other sample from n on, and to those
    between.
    """
    at = np.arange(THIN * TAPS) - (THIN * TAPS - 1) / 2
    taps = np.sinc(2 * _CUTOFF * at) * np.kaiser(len(at), _KAISER)
    rows = taps.reshape(TAPS, THIN)[:, ::-1].T
    return np.ascontiguousarray(np.stack([rows[:, ::2], rows[:, 1::2]], axis=1), dtype=np.float32)


def make_turns() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cosine and minus sine of the turns by which transforms of each size combine, as `struct clock_room` says."""
    turns, halves = np.zeros(2 * _POINTS, dtype=np.complex128), np.zeros(_POINTS, dtype=np.complex128)
    size = 4
    while size <= _POINTS:
        by = np.outer(np.arange(size // 4), np.arange(4)) / size
        turns[size : 2 * size] = np.exp(-2j * np.pi * by).reshape(-1)
        halves[size // 2 : size] = np.exp(-2j * np.pi * np.arange(size // 2) / (2 * size))
        size *= 2
    return _parts(turns), _parts(halves)


def _parts(values: NDArray[np.complex128]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.stack([values.real, values.imag]), dtype=np.float32)


def _at(values: NDArray[Any]) -> int:
    """Address of what the caller keeps."""
    return int(values.ctypes.data)


def _frames(t_s: Floats, octets: Octets) -> tuple[Floats, Octets]:
    """As the library reads them."""
    if len(t_s) != len(octets):
        raise ValueError("each frame has a time and a length")
    return np.ascontiguousarray(t_s, dtype=np.float64), np.ascontiguousarray(octets, dtype=np.int32)
