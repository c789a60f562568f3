"""The 802.11 header of every frame of a block, as columns.

Input is a `PacketBlock` of an 802.11 link type; output is `Dot11Frames`, one row per frame whose header could be read,
and a count of rejections by name.  By the compiled kernel, or with array operations: no frame is ever turned into an
object, and the body of a frame is not looked at.  Address roles follow IEEE 802.11-2020 clause 9.3; DMG (802.11ad)
control and beacon frames are included.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel, point_at
from sweep.captures.packets import LINK_IEEE80211, LINK_RADIOTAP, Int64s, PacketBlock

from .radio_headers import Bools, RadioFrames, locate_frames

NO_ADDRESS: Final = (1 << 64) - 1
"""Stands for "this frame has no such address"."""
BROADCAST: Final = (1 << 48) - 1
GROUP_BIT: Final = 1 << 40
NO_SEQUENCE: Final = -1

MANAGEMENT, CONTROL, DATA, EXTENSION = 0, 1, 2, 3
BEACON, PROBE_RESPONSE, PROBE_REQUEST = 8, 5, 4
"""Subtypes of management frames."""
TO_DS, FROM_DS, RETRY = 0x01, 0x02, 0x08
"""Bits of the second octet of Frame Control."""
PROTECTED, ORDER = 0x40, 0x80
EXTENDED_IV: Final = 0x20
UNREAD, UNPROTECTED, PROTECTED_OTHERWISE = -1, -2, -3
"""In the place of a packet number."""

Addresses = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Dot11Frames:
    """Columns of equal length, one row per frame; addresses are 48-bit numbers or NO_ADDRESS."""

    t_ns: Int64s
    kind: NDArray[np.uint8]
    """0 management, 1 control, 2 data, 3 extension."""
    subtype: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    """Second octet of Frame Control; 0 where those bits mean something else (control frame extension)."""
    frame_len: NDArray[np.int32]
    """Octets of the MPDU on the air without checksum."""
    rssi_dbm: NDArray[np.int16]
    channel_mhz: NDArray[np.int32]
    ra: Addresses
    ta: Addresses
    """Transmitter; the group bit that signals a bandwidth in control frames is cleared."""
    sa: Addresses
    da: Addresses
    bssid: Addresses
    sequence_control: NDArray[np.int32]
    """Sequence number << 4 | fragment, or NO_SEQUENCE."""
    tid: NDArray[np.int8]
    """Traffic identifier of QoS data, otherwise -1."""
    start: Int64s
    """Index of the MPDU in the block's data."""
    captured: NDArray[np.int32]
    packet_number: NDArray[np.int32]
    """Lower three octets of the number that CCMP and GCMP give to a data frame, in the clear before its body; UNREAD
    where it was not captured or there is no body, UNPROTECTED, or PROTECTED_OTHERWISE."""

    def __len__(self) -> int:
        return len(self.t_ns)

    def keep(self, wanted: Bools | slice) -> Self:
        """Only the rows where `wanted` is true, or that it spans: those are not copied."""
        return type(self)(**{column.name: getattr(self, column.name)[wanted] for column in fields(self)})

    def is_data_with_body(self) -> Bools:
        """Data frames that carry octets (Null frames only say "awake" or "asleep")."""
        wanted: Bools = (self.kind == DATA) & ((self.subtype & 4) == 0)
        return wanted


# What the two octets of Frame Control say, looked up instead of worked out for every frame.  Control subtypes with a
# transmitter in the second address: Trigger, TACK, BFRP, NDPA, BAR, BA, PS-Poll and RTS.  CTS and Ack have none.  In
# CF-End the second address is the BSSID, which a station may send in its access point's stead, and a Control Wrapper
# depends on the frame inside: neither is taken for a transmitter.  Of the control frame extensions (subtype 6, DMG)
# Poll, SPR, Grant, CTS, SSW, Feedback and Ack have one.
_CONTROL_WITH_TA: Final = (2, 3, 4, 5, 8, 9, 10, 11)
_EXTENDED_WITH_TA: Final = (2, 3, 4, 5, 8, 9, 10)
_SHORTEST: Final = 10
"""Octets of the shortest useful frame: Frame Control, Duration, one address (Ack, CTS, DMG Beacon)."""
_HEAD_OCTETS: Final = 44
"""The longest header read: four addresses, QoS Control, HT Control and the packet number."""
_FIRST, _SECOND, _THIRD, _FOURTH, _NONE = range(5)
"""Which address of a frame plays a role."""


_BY_KERNEL: Final = frozenset({LINK_IEEE80211, LINK_RADIOTAP})
_REASONS: Final = (
    "usable", "short_radiotap", "bad_radiotap", "cut_radiotap", "bad_fcs", "bad_plcp", "no_psdu", "short_header",
    "bad_protocol_version", "reserved_type", "group_transmitter", "null_transmitter",
)  # fmt: skip
"""By the numbers of the kernel."""
COLUMNS: Final = {
    "t_ns": np.int64, "kind": np.uint8, "subtype": np.uint8, "flags": np.uint8, "frame_len": np.int32,
    "rssi_dbm": np.int16, "channel_mhz": np.int32, "ra": np.uint64, "ta": np.uint64, "sa": np.uint64, "da": np.uint64,
    "bssid": np.uint64, "sequence_control": np.int32, "tid": np.int8, "start": np.int64, "captured": np.int32,
    "packet_number": np.int32,
}  # fmt: skip
"""In the order of the kernel's `struct columns`."""


class _Shapes:
    """How the header is laid out, per value of `_shape_of`."""

    __slots__ = ("bssid", "da", "is_reserved", "is_three", "needed", "no_flags", "qos_at", "sa", "ta")

    def __init__(self) -> None:
        shape = np.arange(1 << 10)
        kind, subtype, flags = shape & 3, shape >> 2 & 15, shape >> 6
        is_control, is_data = kind == CONTROL, kind == DATA
        self.is_three = (kind == MANAGEMENT) | is_data
        to_ds, from_ds = is_data & ((flags & TO_DS) != 0), is_data & ((flags & FROM_DS) != 0)
        is_beacon_dmg = (kind == EXTENSION) & (subtype == 0)
        self.is_reserved = (kind == EXTENSION) & ~is_beacon_dmg
        self.no_flags = is_control & (subtype == 6)
        is_cf_end = is_control & ((subtype == 14) | (subtype == 15))
        has_ta = self.is_three | (is_control & ~self.no_flags & np.isin(subtype, _CONTROL_WITH_TA))
        has_ta |= self.no_flags & np.isin(flags, _EXTENDED_WITH_TA)
        self.needed = np.where(to_ds & from_ds, 30, np.where(self.is_three, 24, np.where(has_ta, 16, _SHORTEST)))
        is_qos = is_data & ((subtype & 8) != 0)
        self.qos_at = np.where(is_qos, np.where(to_ds & from_ds, 30, 24), 0).astype(np.uint8)

        def choose(*cases: tuple[Bools, int]) -> NDArray[np.uint8]:
            chosen = np.full(len(shape), _NONE, dtype=np.uint8)
            for is_so, role in reversed(cases):
                chosen[is_so] = role
            return chosen

        # Source, destination and BSSID by IEEE 802.11-2020 table 9-30; none in control frames.
        both, three = to_ds & from_ds, self.is_three
        self.ta = choose((is_beacon_dmg, _FIRST), (has_ta, _SECOND))
        self.sa = choose((both, _FOURTH), (from_ds, _THIRD), (three, _SECOND))
        self.da = choose((to_ds, _THIRD), (three, _FIRST))
        is_ps_poll = is_control & (subtype == 10)
        bssid_first = is_beacon_dmg | is_ps_poll | (to_ds & ~from_ds)
        self.bssid = choose((both, _NONE), (bssid_first, _FIRST), (from_ds | is_cf_end, _SECOND), (three, _THIRD))


def _shape_of(heads: NDArray[np.uint8]) -> Int64s:
    """Type, subtype and the four lower flags of each frame as one number."""
    return heads[:, 0].astype(np.int64) >> 2 | (heads[:, 1].astype(np.int64) & 15) << 6


@lru_cache(maxsize=1)
def _shapes() -> _Shapes:
    return _Shapes()


def parse_block(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
    """Read the headers of all frames in a block; ValueError when its link type is not 802.11.

    Rejections: those of `locate_frames`, `short_header`, `bad_protocol_version`, `reserved_type`, `group_transmitter`
    (a data or management frame sent by a group address) and `null_transmitter`.
    """
    if KERNEL is None or block.link_type not in _BY_KERNEL:
        return parse_plainly(block)
    return parse_by_kernel(block, KERNEL)


def parse_by_kernel(block: PacketBlock, kernel: Kernel) -> tuple[Dot11Frames, Counter[str]]:
    """The same by the compiled kernel, for frames behind radiotap or bare.

    It gives the same columns, but for blocks with more than MAX_LAYOUTS combinations of present words, whose frames it
    reads all.
    """
    columns = {name: np.empty(len(block), dtype=dtype) for name, dtype in COLUMNS.items()}
    packets = tuple(np.ascontiguousarray(one) for one in (block.start, block.captured, block.original, block.t_ns))
    rejected = np.zeros(len(_REASONS), dtype=np.int64)
    places = point_at(list(columns.values()))
    count = kernel.read_frames(block.data, packets, places, rejected, is_radiotap=block.link_type == LINK_RADIOTAP)
    reasons = Counter({reason: n for reason, n in zip(_REASONS, rejected.tolist(), strict=True) if n})
    return Dot11Frames(**{name: column[:count] for name, column in columns.items()}), reasons


def parse_plainly(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
    """The same with array operations only."""
    radio, rejected = locate_frames(block)
    shapes = _shapes()

    def keep(radio: RadioFrames, is_bad: Bools, reason: str) -> RadioFrames:
        count = int(np.count_nonzero(is_bad))
        rejected[reason] += count
        return radio.keep(~is_bad) if count else radio

    radio = keep(radio, radio.captured < _SHORTEST, "short_header")
    heads = _gather_heads(block.data, radio.start)
    is_foreign = heads[:, 0] & np.uint8(3) != 0
    radio = keep(radio, is_foreign, "bad_protocol_version")
    heads = heads if len(radio) == len(heads) else heads[~is_foreign]
    shape = _shape_of(heads)
    is_short = radio.captured < shapes.needed[shape]
    radio = keep(radio, is_short, "short_header")
    if len(radio) < len(heads):
        heads, shape = heads[~is_short], shape[~is_short]

    frames = _read_heads(radio, heads, shape, shapes)
    is_reserved = shapes.is_reserved[shape]
    is_group = (frames.ta & np.uint64(GROUP_BIT) != 0) & (frames.ta != NO_ADDRESS) & (frames.kind != CONTROL)
    is_null = ~is_reserved & (frames.ta == 0)
    is_bad = is_reserved | is_group | is_null
    if is_bad.any():
        for reason, found in (
            ("reserved_type", is_reserved), ("group_transmitter", is_group), ("null_transmitter", is_null)
        ):  # fmt: skip
            rejected[reason] += int(found.sum())
        frames = frames.keep(~is_bad)
    return frames, rejected


def _read_heads(radio: RadioFrames, heads: NDArray[np.uint8], shape: Int64s, shapes: _Shapes) -> Dot11Frames:
    """Columns from the first `_HEAD_OCTETS` octets of each frame; what lies behind `captured` in them is not used."""
    count = len(heads)
    rows = np.arange(count)
    kind, subtype = heads[:, 0] >> np.uint8(2) & np.uint8(3), heads[:, 0] >> np.uint8(4)
    flags = heads[:, 1].copy()
    flags[shapes.no_flags[shape]] = 0
    qos_at = shapes.qos_at[shape]
    is_qos = (qos_at > 0) & (radio.captured > qos_at)
    qos = heads.reshape(-1)[rows * _HEAD_OCTETS + qos_at]
    # In an aggregate of several packets the third and fourth address are the BSSID; each packet inside has its own.
    is_aggregate = is_qos & (qos >= 0x80)

    numbers = np.empty((5, count), dtype=np.uint64)
    words = np.ndarray((count, _HEAD_OCTETS - 7), dtype=">u8", buffer=heads, strides=(_HEAD_OCTETS, 1))
    for place, octet in enumerate((4, 10, 16, 24)):
        # An address is the lower 48 bits of the 64-bit number that begins two octets before it.
        np.bitwise_and(words[:, octet - 2], np.uint64(BROADCAST), out=numbers[place], casting="unsafe")
    numbers[_NONE] = NO_ADDRESS
    addresses = numbers.reshape(-1)

    def read(roles: NDArray[np.uint8]) -> Addresses:
        found: Addresses = addresses[(roles * np.int64(count))[shape] + rows]
        return found

    ta, sa, da, bssid = read(shapes.ta), read(shapes.sa), read(shapes.da), read(shapes.bssid)
    is_control = kind == CONTROL
    ta[is_control & (ta != NO_ADDRESS)] &= np.uint64(~GROUP_BIT & BROADCAST)
    bssid[is_control & (subtype >= 14) & (radio.captured < 16)] = NO_ADDRESS
    sa[is_aggregate & (flags & FROM_DS != 0)] = NO_ADDRESS
    da[is_aggregate & (flags & TO_DS != 0)] = NO_ADDRESS
    sequence = heads[:, 22].astype(np.int32) | heads[:, 23].astype(np.int32) << 8
    sequence[~shapes.is_three[shape]] = NO_SEQUENCE
    return Dot11Frames(
        t_ns=radio.t_ns,
        kind=kind,
        subtype=subtype,
        flags=flags,
        frame_len=np.minimum(radio.frame_len, 2**31 - 1).astype(np.int32),
        rssi_dbm=radio.rssi_dbm,
        channel_mhz=radio.channel_mhz,
        ra=numbers[_FIRST],
        ta=ta,
        sa=sa,
        da=da,
        bssid=bssid,
        sequence_control=sequence,
        tid=np.where(is_qos, (qos & np.uint8(15)).astype(np.int8), np.int8(-1)),
        start=radio.start,
        captured=radio.captured.astype(np.int32),
        packet_number=_read_packet_numbers(heads, radio.captured),
    )


def _read_packet_numbers(heads: NDArray[np.uint8], captured: Int64s) -> NDArray[np.int32]:
    """As IEEE 802.11-2020, 12.5.3.2 has it."""
    flags, is_qos = heads[:, 1], heads[:, 0] & 0x80 != 0
    at = np.where(flags & 3 == 3, 30, 24) + 2 * is_qos + 4 * (is_qos & (flags & ORDER != 0))
    flat, begin = heads.reshape(-1), np.arange(len(heads)) * _HEAD_OCTETS + at
    first, second, third, key, fifth = (flat[begin + place].astype(np.int32) for place in range(5))
    is_whole, is_extended = captured >= at + 8, key & EXTENDED_IV != 0
    is_body = heads[:, 0] & 0x4C == DATA << 2
    number = np.select(
        [
            ~is_body, flags & PROTECTED == 0, captured < at + 4, ~is_extended, ~is_whole, third != 0,
        ],
        [UNREAD, UNPROTECTED, UNREAD, PROTECTED_OTHERWISE, UNREAD, PROTECTED_OTHERWISE],
        default=first | second << 8 | fifth << 16,
    )  # fmt: skip
    return number.astype(np.int32)


def _gather_heads(data: NDArray[np.uint8], start: Int64s) -> NDArray[np.uint8]:
    """The first `_HEAD_OCTETS` octets from each place, shape (places, _HEAD_OCTETS); zeros behind the end of `data`."""
    room = len(data) - _HEAD_OCTETS
    if room < 0 or (len(start) and int(start.max()) > room):
        data, room = np.concatenate([data, np.zeros(_HEAD_OCTETS, dtype=np.uint8)]), len(data)
    # Element i is the run of octets that begins at octet i: one copy per frame instead of one per field.
    runs = np.ndarray((room + 1,), dtype=f"V{_HEAD_OCTETS}", buffer=data, strides=(1,))
    heads: NDArray[np.uint8] = runs[start].view(np.uint8).reshape(-1, _HEAD_OCTETS)
    return heads
