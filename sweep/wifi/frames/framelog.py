"""All usable frames of one listening period as columns, with repeats marked and addresses numbered.

Input is a run of packet blocks; output is a `FrameLog`, the only thing that later steps work on.  Bodies of frames are
gone by then, but for those of management frames that say something new.  The number of frames kept is bounded: what
comes after the bound is counted, not stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s, PacketBlock

from .columns import number_distinct
from .control_frames import ControlFrames, join_control_frames, read_control_frames
from .dot11 import MANAGEMENT, NO_ADDRESS, NO_SEQUENCE, RETRY, Dot11Frames, parse_block
from .management import Management, ManagementNotes
from .radio_headers import WIFI_LINK_TYPES, Bools

MAX_FRAMES: Final = 6_800_000
"""Frames kept per listening period: derived, 82 octets each, so 560 MB, half the memory of the smallest probe."""
REPEAT_WITHIN_NS: Final = 1_000_000_000
"""A retry repeats the frame of the same sequence number heard less than this before (SnoopDog's rule)."""

WINDOW_FRAMES: Final = 1 << 18
"""Frames of a capture judged at once: derived, 300 octets each while they are, so 80 MB, and a minute of the busiest
channel."""
MAX_SEAM: Final = 65_536
"""Frames remembered to tell repeats from: derived, more come within a second from no radio."""

_SIEVE_BITS: Final = 20

ParseBlock = Callable[[PacketBlock], tuple[Dot11Frames, Counter[str]]]


@dataclass(frozen=True, slots=True)
class FrameLog:
    """What was heard in one listening period."""

    frames: Dot11Frames
    is_repeat: Bools
    """Retries of a frame that was already heard: no new octets."""
    transmitters: NDArray[np.uint64]
    """Addresses that sent something, ascending."""
    transmitter_index: Int64s
    """Per frame: index into `transmitters`, -1 for frames without a transmitter (CTS, Ack)."""
    rejected: Counter[str]
    """Frames left out, by named reason."""
    control: ControlFrames
    """What RTS, CTS and Block Acks say of data frames, heard or not."""
    management: Management
    """Management frames that say something new of their sender, not dissected yet."""

    @property
    def start_ns(self) -> int:
        """Time of the earliest frame; 0 for an empty log."""
        return int(self.frames.t_ns.min()) if len(self.frames) else 0

    @property
    def listened_s(self) -> float:
        """From the earliest to the latest frame."""
        return float(np.ptp(self.frames.t_ns)) / 1e9 if len(self.frames) else 0.0

    @property
    def end_ns(self) -> int:
        """Time of the latest frame; 0 for an empty log."""
        return int(self.frames.t_ns.max()) if len(self.frames) else 0

    def keep(self, wanted: Bools) -> FrameLog:
        """Only the frames where `wanted` is true; what control frames say of others stays."""
        kept = self.frames.keep(wanted)
        return number_transmitters(kept, self.control, self.management, self.rejected)


class LogBuilder:
    """Takes blocks one after the other; at most `max_frames` frames are kept, the rest is counted."""

    def __init__(self, *, max_frames: int = MAX_FRAMES) -> None:
        self._seam = empty_frames()
        self._parts: list[Dot11Frames] = []
        self._control: list[ControlFrames] = []
        self._rejected: Counter[str] = Counter()
        self._management = ManagementNotes()
        self._room = max_frames

    def add(self, block: PacketBlock, parse: ParseBlock = parse_block) -> None:
        """Take the frames of a block."""
        frames, reasons = parse(block)
        self._rejected.update(reasons)
        if len(frames) > self._room:
            self._rejected["over_frame_limit"] += len(frames) - self._room
            frames = frames.keep(np.arange(len(frames)) < self._room)
        self._management.add(block.data, frames)
        self._control.append(read_control_frames(block.data, frames))
        self._parts.append(frames)
        self._room -= len(frames)

    def take(self, block: PacketBlock, parse: ParseBlock, link_types: frozenset[int]) -> None:
        """The same; packets of other link types are counted as `foreign_link_type`."""
        if block.link_type in link_types:
            self.add(block, parse)
        else:
            self._rejected["foreign_link_type"] += len(block)

    @property
    def frames(self) -> int:
        """Frames added since the last log."""
        return sum(map(len, self._parts))

    def finish(self) -> FrameLog:
        """The log of all that was added since the last cut; its `management` and `rejected` count since the start."""
        return self._number(join_frames([self._seam, *self._parts]))

    def cut(self) -> FrameLog:
        """The same, after which another log begins; repeats are told across the seam."""
        parts, self._parts = [self._seam, *self._parts], []
        frames = join_frames(parts)
        log = self._number(frames)
        self._room += len(log.frames)
        is_recent = frames.t_ns > int(frames.t_ns.max(initial=0)) - REPEAT_WITHIN_NS
        is_recent[:-MAX_SEAM] = False
        self._seam = frames.keep(is_recent)
        self._control = []
        return log

    def _number(self, frames: Dot11Frames) -> FrameLog:
        control = join_control_frames(self._control)
        return number_transmitters(frames, control, self._management.finish(), self._rejected, seam=len(self._seam))


def read_windows(
    blocks: Iterable[PacketBlock],
    *,
    parse: ParseBlock = parse_block,
    link_types: frozenset[int] = WIFI_LINK_TYPES,
    window_frames: int = WINDOW_FRAMES,
) -> Iterator[FrameLog]:
    """Logs of `window_frames` frames or somewhat more, one after the other, of a run of any length; one at least.

    The last one tells of everything what was rejected and what management frames said.
    """
    builder = LogBuilder()
    for block in blocks:
        builder.take(block, parse, link_types)
        if builder.frames >= window_frames:
            yield builder.cut()
    yield builder.finish()


def build_log(
    blocks: Iterable[PacketBlock],
    *,
    parse: ParseBlock = parse_block,
    link_types: frozenset[int] = WIFI_LINK_TYPES,
    max_frames: int = MAX_FRAMES,
) -> FrameLog:
    """Read blocks into a log; packets of other link types are counted as `foreign_link_type`."""
    builder = LogBuilder(max_frames=max_frames)
    for block in blocks:
        builder.take(block, parse, link_types)
    return builder.finish()


def join_frames(parts: list[Dot11Frames]) -> Dot11Frames:
    """Columns one after the other; `start` no longer points anywhere.  The list is empty afterwards, so that of who
    has no other no more than one column is there twice.
    """
    columns = {
        column.name: [getattr(part, column.name) for part in parts or [empty_frames()]]
        for column in fields(Dot11Frames)
    }
    parts.clear()
    return Dot11Frames(**{name: np.concatenate(columns.pop(name)) for name in tuple(columns)})


def empty_frames() -> Dot11Frames:
    """A log of silence."""
    none64 = np.zeros(0, dtype=np.int64)
    address, octet, word = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int32)
    return Dot11Frames(
        t_ns=none64, kind=octet, subtype=octet, flags=octet, frame_len=word, rssi_dbm=np.zeros(0, dtype=np.int16),
        channel_mhz=word, ra=address, ta=address, sa=address, da=address, bssid=address, sequence_control=word,
        tid=np.zeros(0, dtype=np.int8), start=none64, captured=word,
        packet_number=word,
    )  # fmt: skip


def number_transmitters(
    frames: Dot11Frames, control: ControlFrames, management: Management, rejected: Counter[str], *, seam: int = 0
) -> FrameLog:
    """Number the addresses and mark the repeats; the first `seam` frames only tell repeats and stay out of the log."""
    has_ta = frames.ta != NO_ADDRESS
    transmitters, numbers = number_distinct(frames.ta[has_ta])
    index = np.full(len(frames), -1, dtype=np.int64)
    index[has_ta] = numbers
    is_repeat = _mark_repeats(frames, index)
    if seam:
        frames, is_repeat = frames.keep(slice(seam, None)), is_repeat[seam:]
        used, numbers = number_distinct(index[seam:])
        transmitters = transmitters[used[used >= 0]]
        index = numbers - int((used < 0).any())
    return FrameLog(
        frames=frames,
        is_repeat=is_repeat,
        transmitters=transmitters,
        transmitter_index=index,
        rejected=Counter({reason: count for reason, count in rejected.items() if count}),
        control=control,
        management=management,
    )


def _mark_repeats(frames: Dot11Frames, transmitter_index: Int64s) -> Bools:
    """Frames with the retry bit whose sequence number was heard from the same counter within a second."""
    is_repeat = np.zeros(len(frames), dtype=bool)
    rows = np.flatnonzero((frames.sequence_control != NO_SEQUENCE) & (transmitter_index >= 0))
    # One counter per transmitter for management and non-QoS data, one per TID for QoS data (802.11-2020, 10.3.2.14.2);
    # management frames are kept apart from data, since some drivers number them on their own.
    counter = np.where(frames.kind[rows] == MANAGEMENT, 17, frames.tid[rows].astype(np.int64) + 1)
    key = (transmitter_index[rows] << 22) | (counter << 16) | frames.sequence_control[rows]
    is_retry = (frames.flags[rows] & RETRY) != 0
    # Only frames that share a retry's number matter; this table lets some others through, which does no harm.
    is_wanted = np.zeros(1 << _SIEVE_BITS, dtype=bool)
    slot = (key ^ (key >> _SIEVE_BITS)) & ((1 << _SIEVE_BITS) - 1)
    is_wanted[slot[is_retry]] = True
    chosen = np.flatnonzero(is_wanted[slot])
    key, rows, is_retry = key[chosen], rows[chosen], is_retry[chosen]
    order = np.argsort(key, kind="stable")
    key, rows, is_retry = key[order], rows[order], is_retry[order]
    gap_ns = np.diff(frames.t_ns[rows])
    is_same = (np.diff(key) == 0) & (np.abs(gap_ns) < REPEAT_WITHIN_NS)
    is_repeat[rows[1:]] = is_same & is_retry[1:]
    return is_repeat
