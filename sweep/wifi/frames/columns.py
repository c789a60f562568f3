"""Numbering and ordering of long columns, in a few passes instead of a sort.

Input is columns of a frame log: hundreds of thousands of rows, few distinct values, nearly in order of time.  Output is
what `numpy.unique` and `numpy.lexsort` would give, which took half the time of a scan.  It knows nothing of frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel
from sweep.captures.packets import Int64s

_TABLE_BITS: Final = 18
"""Slots of the table: derived, 8 octets each stay in the cache, and 300 values meet in one slot in one try of six."""
_MULTIPLIERS: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
"""Odd numbers without a pattern (the golden ratio; a prime of xxHash): two tries before sorting after all."""
_RADIX_LIMIT: Final = 1 << 16
"""Numbers below this are sorted by their digits, in linear time."""


def number_distinct(values: NDArray[Any], kernel: Kernel | None = KERNEL) -> tuple[NDArray[Any], Int64s]:
    """The distinct values, ascending, and for each row the place of its value among them; 64-bit integers only."""
    found = None if kernel is None else kernel.number_distinct(np.ascontiguousarray(values))
    return number_plainly(values) if found is None else found


def number_plainly(values: NDArray[Any]) -> tuple[NDArray[Any], Int64s]:
    """The same with array operations only."""
    as_bits = np.ascontiguousarray(values).view(np.uint64)
    for multiplier in _MULTIPLIERS:
        slot = (as_bits * np.uint64(multiplier)) >> np.uint64(64 - _TABLE_BITS)
        slot = slot.view(np.int64)
        table = np.zeros(1 << _TABLE_BITS, dtype=values.dtype)
        table[slot] = values
        if not np.array_equal(table[slot], values):  # two values met in one slot
            continue
        is_used = np.zeros(1 << _TABLE_BITS, dtype=bool)
        is_used[slot] = True
        used = np.flatnonzero(is_used)
        order = np.argsort(table[used])
        place = np.zeros(1 << _TABLE_BITS, dtype=np.int64)
        place[used[order]] = np.arange(len(used))
        return table[used[order]], place[slot]
    distinct, index = np.unique(values, return_inverse=True)
    return distinct, index.astype(np.int64)


def order_streams(stream: Int64s, t_ns: Int64s) -> Int64s:
    """Rows by stream (small numbers from 0) and within it by time; equal times keep their order."""
    by_time = None if is_ascending(t_ns) else np.argsort(t_ns, kind="stable")
    key = stream if by_time is None else stream[by_time]
    if len(key) and int(key.max()) < _RADIX_LIMIT:
        key = key.astype(np.uint16)
    order = np.argsort(key, kind="stable")
    return order if by_time is None else by_time[order]


def add_counts(parts: Sequence[tuple[NDArray[np.uint64], Int64s]], width: int) -> tuple[NDArray[np.uint64], Int64s]:
    """Tables of keys (ascending, each once) and their counts, shape (keys, `width`), added up to one."""
    keys, place = number_distinct(np.concatenate([key for key, _ in parts]))
    counts = np.concatenate([count for _, count in parts])
    sums = np.zeros((len(keys), width), dtype=np.int64)
    for column in range(width):
        np.add.at(sums[:, column], place, counts[:, column])
    return keys, sums


def count_alike(values: NDArray[Any]) -> Int64s:
    """Per row: how many rows have its value; lengths of frames, of which there are few different ones."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    if int(values.min()) >= 0 and int(values.max()) < _RADIX_LIMIT:
        alike: Int64s = np.bincount(values)[values]
        return alike
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return counts[place].astype(np.int64)


def count_distinct(values: NDArray[Any]) -> int:
    """How many different ones there are; lengths of frames, or seconds, of which there are few."""
    if len(values) and int(values.min()) >= 0 and int(values.max()) < _RADIX_LIMIT:
        return int(np.count_nonzero(np.bincount(values)))
    return len(np.unique(values))


def quantile(values: NDArray[Any], share: float) -> float:
    """As `numpy.quantile`, which takes ten times as long for as few values as there are in a window of a flow."""
    ordered = np.sort(values)
    at = (len(ordered) - 1) * share
    low, part = int(at), at - int(at)
    below, above = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
    return above - (above - below) * (1.0 - part) if part >= 0.5 else below + (above - below) * part


def is_among(wanted: NDArray[Any], known: NDArray[Any]) -> NDArray[np.bool_]:
    """For each of `wanted`: does it stand in the ascending `known`?"""
    if not len(known):
        return np.zeros(len(wanted), dtype=bool)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    return found


def is_ascending(values: NDArray[Any]) -> bool:
    """No value is smaller than the one before it."""
    return bool((values[1:] >= values[:-1]).all())
