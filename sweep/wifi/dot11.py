"""The 802.11 header of every frame of a block, as columns.

Input is a `PacketBlock` of an 802.11 link type; output is `Dot11Frames`, one row per frame whose header could be read,
and a count of rejections by name.  Array operations only: no frame is ever turned into an object, and the body of a
frame is not looked at.  Address roles follow IEEE 802.11-2020 clause 9.3; DMG (802.11ad) control and beacon frames are
included.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sweep.packets import Int64s, PacketBlock

from .radio_headers import Bools, locate_frames

NO_ADDRESS: Final = (1 << 64) - 1
"""Stands for "this frame has no such address"."""
BROADCAST: Final = (1 << 48) - 1
GROUP_BIT: Final = 1 << 40
LOCAL_BIT: Final = 1 << 41
NO_SEQUENCE: Final = -1

MANAGEMENT, CONTROL, DATA, EXTENSION = 0, 1, 2, 3
BEACON, PROBE_RESPONSE, PROBE_REQUEST = 8, 5, 4
"""Subtypes of management frames."""
TO_DS, FROM_DS, RETRY, PROTECTED = 0x01, 0x02, 0x08, 0x40
"""Bits of the second octet of Frame Control."""

# Control subtypes with a transmitter in the second address: Trigger, TACK, BFRP, NDPA, BAR, BA, PS-Poll and RTS.  CTS
# and Ack have none.  In CF-End the second address is the BSSID, which a station may send in its access point's stead,
# and a Control Wrapper depends on the frame inside: neither is taken for a transmitter.
_CONTROL_WITH_TA: Final = np.isin(np.arange(16), [2, 3, 4, 5, 8, 9, 10, 11])
# Control frame extensions (subtype 6) of DMG with a second address: Poll, SPR, Grant, CTS, SSW, Feedback, Ack.
_EXTENDED_WITH_TA: Final = np.isin(np.arange(16), [2, 3, 4, 5, 8, 9, 10])

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

    def __len__(self) -> int:
        return len(self.t_ns)

    def keep(self, wanted: Bools) -> Self:
        """Only the rows where `wanted` is true."""
        return type(self)(**{column.name: getattr(self, column.name)[wanted] for column in fields(self)})

    def is_data_with_body(self) -> Bools:
        """Data frames that carry octets (Null frames only say "awake" or "asleep")."""
        wanted: Bools = (self.kind == DATA) & ((self.subtype & 4) == 0)
        return wanted


def parse_block(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
    """Read the headers of all frames in a block; ValueError when its link type is not 802.11.

    Rejections: those of `locate_frames`, `short_header`, `bad_protocol_version`, `reserved_type`, `group_transmitter`
    (a data or management frame sent by a group address) and `null_transmitter`.
    """
    radio, rejected = locate_frames(block)
    data = block.data

    # Shortest useful frame: Frame Control, Duration, one address (Ack, CTS, DMG Beacon).
    is_short = radio.captured < 10
    rejected["short_header"] += int(is_short.sum())
    radio = radio.keep(~is_short)
    frame_control = data[radio.start]
    is_foreign = (frame_control & 3) != 0
    rejected["bad_protocol_version"] += int(is_foreign.sum())
    radio = radio.keep(~is_foreign)

    start, captured = radio.start, radio.captured
    frame_control, flags = data[start], data[start + 1]
    kind = ((frame_control >> 2) & 3).astype(np.uint8)
    subtype = (frame_control >> 4).astype(np.uint8)
    is_extended = (kind == CONTROL) & (subtype == 6)
    is_cf_end = (kind == CONTROL) & ((subtype == 14) | (subtype == 15))
    is_beacon_dmg = (kind == EXTENSION) & (subtype == 0)
    has_ta = (kind == MANAGEMENT) | (kind == DATA)
    has_ta |= (kind == CONTROL) & ~is_extended & _CONTROL_WITH_TA[subtype]
    has_ta |= is_extended & _EXTENDED_WITH_TA[flags & 0x0F]
    flags = np.where(is_extended, 0, flags).astype(np.uint8)

    is_three_addressed = (kind == MANAGEMENT) | (kind == DATA)
    is_wds = (kind == DATA) & ((flags & (TO_DS | FROM_DS)) == (TO_DS | FROM_DS))
    is_qos = (kind == DATA) & ((subtype & 8) != 0)
    needed = np.where(has_ta, 16, 10) + np.where(is_three_addressed, 8, 0) + np.where(is_wds, 6, 0)
    is_short = captured < needed
    is_reserved = (kind == EXTENSION) & ~is_beacon_dmg

    addresses = _AddressReader(data)
    first = addresses.read(start + 4, ~is_short)
    second = addresses.read(start + 10, (has_ta & ~is_short) | (is_cf_end & (captured >= 16)))
    third = addresses.read(start + 16, is_three_addressed & ~is_short)
    fourth = addresses.read(start + 24, is_wds & ~is_short)

    is_control = kind == CONTROL
    ta = np.where(is_control & (second != NO_ADDRESS), second & np.uint64(~GROUP_BIT & BROADCAST), second)
    ta = np.where(is_beacon_dmg & ~is_short, first, ta)
    ta = np.where(is_cf_end, np.uint64(NO_ADDRESS), ta)
    is_group = ~is_control & (ta != NO_ADDRESS) & ((ta & np.uint64(GROUP_BIT)) != 0)
    is_null = ta == 0
    rejected["short_header"] += int(is_short.sum())
    rejected["reserved_type"] += int((is_reserved & ~is_short).sum())
    rejected["group_transmitter"] += int((is_group & ~is_short & ~is_reserved).sum())
    rejected["null_transmitter"] += int((is_null & ~is_short & ~is_reserved).sum())

    qos = _octets_at(data, start + np.where(is_wds, 30, 24), is_qos & (captured >= np.where(is_wds, 31, 25)))
    sa, da, bssid = _roles(kind, flags, first, second, third, fourth)
    # In an aggregate of several packets the third and fourth address are the BSSID; each packet inside has its own.
    is_aggregate = (qos >= 0) & ((qos & 0x80) != 0)
    sa = np.where(is_aggregate & ((flags & FROM_DS) != 0), np.uint64(NO_ADDRESS), sa)
    da = np.where(is_aggregate & ((flags & TO_DS) != 0), np.uint64(NO_ADDRESS), da)
    bssid = np.where(is_beacon_dmg | (is_control & (subtype == 10)), first, np.where(is_cf_end, second, bssid))
    has_sequence = is_three_addressed & (captured >= 24)
    frames = Dot11Frames(
        t_ns=radio.t_ns,
        kind=kind,
        subtype=subtype,
        flags=flags,
        frame_len=np.clip(radio.frame_len, 0, 2**31 - 1).astype(np.int32),
        rssi_dbm=radio.rssi_dbm,
        channel_mhz=radio.channel_mhz,
        ra=first,
        ta=ta,
        sa=sa,
        da=da,
        bssid=bssid,
        sequence_control=_u16_at(data, start + 22, has_sequence),
        tid=np.where(qos >= 0, qos & 0x0F, -1).astype(np.int8),
        start=start,
        captured=captured.astype(np.int32),
    )
    return frames.keep(~(is_short | is_reserved | is_group | is_null)), rejected


def _roles(
    kind: NDArray[np.uint8], flags: NDArray[np.uint8], *addresses: Addresses
) -> tuple[Addresses, Addresses, Addresses]:
    """Source, destination and BSSID by IEEE 802.11-2020 table 9-30; NO_ADDRESS in control frames."""
    first, second, third, fourth = addresses
    none = np.full(len(kind), NO_ADDRESS, dtype=np.uint64)
    is_data = kind == DATA
    to_ds, from_ds = is_data & ((flags & TO_DS) != 0), is_data & ((flags & FROM_DS) != 0)
    is_three_addressed = (kind == MANAGEMENT) | is_data
    sa = np.where(from_ds, np.where(to_ds, fourth, third), second)
    da = np.where(to_ds, third, first)
    bssid = np.where(to_ds, np.where(from_ds, none, first), np.where(from_ds, second, third))
    return (
        np.where(is_three_addressed, sa, none),
        np.where(is_three_addressed, da, none),
        np.where(is_three_addressed, bssid, none),
    )


class _AddressReader:
    """Reads 48-bit big-endian numbers at many places of a buffer at once."""

    __slots__ = ("_words",)

    def __init__(self, data: NDArray[np.uint8]) -> None:
        # Element i is the 64-bit word at octet i; an address at p is the lower 48 bits of the word at p - 2, and every
        # address of a frame has at least two octets of header before it.
        self._words = np.ndarray(shape=(max(len(data) - 7, 0),), dtype=">u8", buffer=data, strides=(1,))

    def read(self, position: Int64s, is_present: Bools) -> Addresses:
        found = np.full(len(position), NO_ADDRESS, dtype=np.uint64)
        rows = np.flatnonzero(is_present)
        found[rows] = self._words[position[rows] - 2] & np.uint64(BROADCAST)
        return found


def _u16_at(data: NDArray[np.uint8], position: Int64s, is_present: Bools) -> NDArray[np.int32]:
    found = np.full(len(position), NO_SEQUENCE, dtype=np.int32)
    rows = np.flatnonzero(is_present)
    place = position[rows]
    found[rows] = data[place].astype(np.int32) | data[place + 1].astype(np.int32) << 8
    return found


def _octets_at(data: NDArray[np.uint8], position: Int64s, is_present: Bools) -> NDArray[np.int16]:
    found = np.full(len(position), -1, dtype=np.int16)
    rows = np.flatnonzero(is_present)
    found[rows] = data[position[rows]]
    return found
