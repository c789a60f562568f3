"""Management frames that say something new of their sender: kept as octets until somebody asks what they say.

Input is a block and its parsed headers; output is `Management`.  A frame is new when its sender sent none of the same
subtype, length and network name before, which is what changes when elements come, go or are exchanged; the traffic map
and the load, which change from beacon to beacon, make nothing new.  Nothing is dissected here, so that listening costs
the same whatever is on the air: `dissection` does that when a log is described.  The name in a frame that asks for a
network tells where a bystander has been and is taken out before anything is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s

from .columns import number_distinct
from .dot11 import BEACON, MANAGEMENT, NO_ADDRESS, PROBE_REQUEST, PROBE_RESPONSE, Dot11Frames

MAX_BODIES_PER_SENDER: Final = 8
"""Guessed: a radio says two or three different things, a flood any number."""
MAX_SENDERS: Final = 20_000
MAX_BODIES: Final = 1_500
"""Different runs of elements kept per log, whoever sent them: derived, at 0.7 ms each (5 on a Raspberry Pi, guessed) a
flood costs seconds and 4 MB; what comes after is counted."""
MAX_BODY_OCTETS: Final = 2_304 - 24
"""The longest management frame without its header (IEEE 802.11-2020, 9.2.4.7.1)."""
ANNOUNCING: Final = (BEACON, PROBE_RESPONSE)
"""Subtypes that give the sender's own network name away; in all others it is somebody else's."""
_FIXED: Final = {0: 4, 2: 10, PROBE_REQUEST: 0, PROBE_RESPONSE: 12, BEACON: 12}
"""Octets before the elements by subtype (IEEE 802.11-2020, 9.3.3)."""
_HEADER: Final = 24
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
"""An odd number without a pattern (the golden ratio), so that two keys hardly ever become one."""
_SSID: Final = 0


class ManagementBody(NamedTuple):
    """The elements of one management frame."""

    is_announcement: bool
    octets: bytes
    """As sent, perhaps cut by the capture; a name that was asked for is taken out."""
    clock_us: int | None
    """When the sender's timer stood at zero, by the capture's clock; None where the frame carries no timer."""


@dataclass(frozen=True, slots=True)
class Management:
    """What is new, by sender, in the order it was read."""

    bodies: dict[int, tuple[ManagementBody, ...]] = field(default_factory=dict)
    missed: int = 0
    """Frames that may have been new and found no room."""


class ManagementNotes:
    """Takes blocks one after the other."""

    def __init__(self) -> None:
        self._bodies: dict[int, dict[tuple[int, int, bytes], ManagementBody]] = {}
        self._octets: dict[bytes, bytes] = {}
        self._missed = 0

    def add(self, data: NDArray[np.uint8], frames: Dot11Frames) -> None:
        """Note the new frames of a block; `data` is the buffer that `frames.start` points into."""
        is_wanted = (frames.kind == MANAGEMENT) & _IS_NOTED[frames.subtype] & (frames.ta != NO_ADDRESS)
        rows = np.flatnonzero(is_wanted)
        if not len(rows):
            return
        begin = frames.start[rows] + _HEADER + _FIXED_OCTETS[frames.subtype[rows]]
        end = frames.start[rows] + frames.captured[rows]
        has_elements = begin + 2 <= end
        rows, begin, end = rows[has_elements], begin[has_elements], end[has_elements]
        name_octets = np.where(data[begin] == _SSID, data[begin + 1], 0).astype(np.int64)
        is_whole = begin + 2 + name_octets <= end
        rows, begin, end, name_octets = rows[is_whole], begin[is_whole], end[is_whole], name_octets[is_whole]
        for i in _find_different(data, frames, rows, begin, name_octets).tolist():
            self._note(data, frames, int(rows[i]), int(begin[i]), int(end[i]), int(name_octets[i]))

    def _note(
        self, data: NDArray[np.uint8], frames: Dot11Frames, row: int, begin: int, end: int, name_octets: int
    ) -> None:
        sender, subtype, frame_len = int(frames.ta[row]), int(frames.subtype[row]), int(frames.frame_len[row])
        octets = data[begin : min(end, begin + MAX_BODY_OCTETS)].tobytes()
        is_announcement = subtype in ANNOUNCING
        if is_announcement:
            shape = subtype, frame_len, octets[2 : 2 + name_octets]
        else:
            shape = subtype, frame_len - name_octets, b""
            if octets[0] == _SSID:
                octets = bytes(2) + octets[2 + name_octets :]
        noted = self._bodies.get(sender)
        if noted is None:
            if len(self._bodies) >= MAX_SENDERS:
                self._missed += 1
                return
            noted = self._bodies[sender] = {}
        if shape in noted:
            return
        if len(noted) >= MAX_BODIES_PER_SENDER or (octets not in self._octets and len(self._octets) >= MAX_BODIES):
            self._missed += 1
            return
        timer_us = 0
        if is_announcement:
            timer_us = int.from_bytes(data[begin - 12 : begin - 4].tobytes(), "little")
        clock_us = int(frames.t_ns[row]) // 1_000 - timer_us if timer_us else None
        noted[shape] = ManagementBody(is_announcement, self._octets.setdefault(octets, octets), clock_us)

    def finish(self) -> Management:
        """All that was new."""
        bodies = {sender: tuple(noted.values()) for sender, noted in self._bodies.items() if noted}
        return Management(bodies, self._missed)


_IS_NOTED: Final = np.array([subtype in _FIXED for subtype in range(16)])
_FIXED_OCTETS: Final = np.array([_FIXED.get(subtype, 0) for subtype in range(16)], dtype=np.int64)


def _find_different(
    data: NDArray[np.uint8], frames: Dot11Frames, rows: Int64s, begin: Int64s, name_octets: Int64s
) -> Int64s:
    """Places in `rows` that differ in sender, subtype, length or name, shorter frames of a sender first.

    Names of the same length, first and last octet pass for the same, unless someone wants to waste our time.
    """
    asks = ~np.isin(frames.subtype[rows], ANNOUNCING)
    length = frames.frame_len[rows] - np.where(asks, name_octets, 0)
    shape = (length & 0xFFF).astype(np.uint64) << np.uint64(4) | frames.subtype[rows]
    first, last = data[begin + 1 + np.minimum(name_octets, 1)], data[begin + 1 + name_octets]
    sketch = np.where(asks, 0, (first.astype(np.int64) << 8 | last) << 8 | name_octets).astype(np.uint64)
    key = frames.ta[rows] << np.uint64(16) | shape
    distinct, place = number_distinct(key * _MULTIPLIER ^ sketch)
    chosen = np.empty(len(distinct), dtype=np.int64)
    chosen[place[::-1]] = np.arange(len(place))[::-1]  # of several for one place the last one stands: the first row
    return np.asarray(chosen[np.argsort(key[chosen], kind="stable")], dtype=np.int64)
