"""What control frames tell of data frames: reservations by RTS and CTS, and the bitmaps of Block Acks.

Input is a block and its parsed headers; output is a `ControlFrames` table.  Control frames go out at robust rates, so a
receiver hears them even when the data between them is beyond it.  No conclusion is drawn here; `blindness` does.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel, point_at
from sweep.captures.packets import Int64s

from .dot11 import COLUMNS, CONTROL, GROUP_BIT, NO_ADDRESS, Addresses, Dot11Frames

BLOCK_ACK, RTS, CTS = 9, 11, 12
"""Subtypes of control frames."""
BITMAP_OCTETS: Final = 32
"""Longest bitmap read: 256 frames, what 802.11ax allows; longer ones of 802.11be are read up to here."""
MAX_CONTROL_FRAMES: Final = 1_000_000
"""Kept per listening period: derived, 64 octets each; at 500 aggregates a second this is half an hour."""
_COMPRESSED: Final = 2  # BA Type in bits 1-4 of BA Control (IEEE 802.11-2020, table 9-28)


@dataclass(frozen=True, slots=True)
class ControlFrames:
    """Columns of equal length, one row per RTS, CTS or compressed Block Ack, in the order they were read."""

    t_ns: Int64s
    subtype: NDArray[np.uint8]
    sender: Addresses
    """Who sends the data: transmitter of an RTS, receiver of a CTS or Block Ack."""
    receiver: Addresses
    """Who receives it; NO_ADDRESS for a CTS."""
    duration_us: NDArray[np.int32]
    """How long the channel stays reserved after the frame; 0 in frames that carry an association id there."""
    tid: NDArray[np.int8]
    """Of a Block Ack, otherwise -1."""
    first_sequence: NDArray[np.int32]
    """Sequence number of the first bit of a Block Ack, otherwise -1."""
    bitmap: NDArray[np.uint8]
    """Shape (rows, BITMAP_OCTETS): bit i, least significant first, acknowledges `first_sequence` + i."""

    def __len__(self) -> int:
        return len(self.t_ns)


def read_control_frames(data: NDArray[np.uint8], frames: Dot11Frames) -> ControlFrames:
    """The table of one block; `data` is the buffer that `frames.start` points into.

    Block Acks of other variants than compressed are left out: they are rare and name several receivers or streams.
    """
    return read_plainly(data, frames) if KERNEL is None else read_by_kernel(data, frames, KERNEL)


def read_by_kernel(data: NDArray[np.uint8], frames: Dot11Frames, kernel: Kernel) -> ControlFrames:
    """The same by the compiled kernel."""
    given = [np.ascontiguousarray(getattr(frames, name), dtype=dtype) for name, dtype in COLUMNS.items()]
    most, none = int(np.count_nonzero(frames.kind == CONTROL)), _empty()
    shapes = [getattr(none, column.name) for column in fields(ControlFrames)]
    columns = [np.empty((most, *one.shape[1:]), dtype=one.dtype) for one in shapes]
    rows = kernel.read_control(data, len(frames), point_at(given), point_at(columns))
    return ControlFrames(*(column[:rows] for column in columns))


def read_plainly(data: NDArray[np.uint8], frames: Dot11Frames) -> ControlFrames:
    """The same with array operations only."""
    is_reservation = (frames.subtype == RTS) | (frames.subtype == CTS)
    is_block_ack = (frames.subtype == BLOCK_ACK) & (frames.captured >= 20 + 8)
    rows = np.flatnonzero((frames.kind == CONTROL) & (is_reservation | is_block_ack))
    start = frames.start[rows]
    is_ack = frames.subtype[rows] == BLOCK_ACK
    # Frame Control (2), Duration (2), RA (6), TA (6), BA Control (2), Starting Sequence Control (2), bitmap.
    ba_control = np.zeros(len(rows), dtype=np.int32)
    ba_control[is_ack] = _u16(data, start[is_ack] + 16)
    is_wanted = ~is_ack | (((ba_control >> 1) & 15) == _COMPRESSED)
    rows, start, is_ack, ba_control = rows[is_wanted], start[is_wanted], is_ack[is_wanted], ba_control[is_wanted]

    sequence = np.full(len(rows), -1, dtype=np.int32)
    sequence[is_ack] = _u16(data, start[is_ack] + 18)
    bitmap = np.zeros((len(rows), BITMAP_OCTETS), dtype=np.uint8)
    # Bits 1-2 of the fragment number: 0 means 8 octets, anything else 32 or more.
    octets = np.where((sequence & 0b0110) == 0, 8, BITMAP_OCTETS)
    octets = np.where(is_ack, np.minimum(octets, frames.captured[rows] - 20), 0)
    for length in np.flatnonzero(np.bincount(octets[is_ack])):
        chosen = np.flatnonzero(octets == length)
        bitmap[chosen, :length] = data[start[chosen, None] + 20 + np.arange(length)]
    duration = _u16(data, start + 2)
    is_rts = frames.subtype[rows] == RTS
    ra = frames.ra[rows] & np.uint64(~GROUP_BIT & ((1 << 48) - 1))
    return ControlFrames(
        t_ns=frames.t_ns[rows],
        subtype=frames.subtype[rows],
        sender=np.where(is_rts, frames.ta[rows], ra),
        receiver=np.where(is_rts, ra, np.where(is_ack, frames.ta[rows], np.uint64(NO_ADDRESS))),
        duration_us=np.where(duration < 0x8000, duration, 0).astype(np.int32),
        tid=np.where(is_ack, ba_control >> 12, -1).astype(np.int8),
        first_sequence=np.where(is_ack, sequence >> 4, -1).astype(np.int32),
        bitmap=bitmap,
    )


def join_control_frames(parts: list[ControlFrames]) -> ControlFrames:
    """Tables one after the other, at most MAX_CONTROL_FRAMES rows."""
    if not parts:
        parts = [_empty()]
    return ControlFrames(
        **{
            column.name: np.concatenate([getattr(part, column.name) for part in parts])[:MAX_CONTROL_FRAMES]
            for column in fields(ControlFrames)
        }
    )


def _empty() -> ControlFrames:
    number, address = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
    word, octet, tid = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int8)
    bitmap = np.zeros((0, BITMAP_OCTETS), dtype=np.uint8)
    return ControlFrames(number, octet, address, address, word, tid, word, bitmap)


def _u16(data: NDArray[np.uint8], position: Int64s) -> NDArray[np.int32]:
    return data[position].astype(np.int32) | data[position + 1].astype(np.int32) << 8
