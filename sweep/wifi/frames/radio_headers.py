"""What the receiver wrote in front of each 802.11 frame: radiotap, PPI, Prism, AVS, or nothing.

Input is a `PacketBlock`; output is `RadioFrames`: where each MPDU lies, how long it was, its level and channel.
Radiotap layouts are worked out once per combination of present words and then read with array operations.  A frame that
cannot be used, or whose checksum failed, is left out under a named reason.  It never looks at the 802.11 header itself.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import (
    LINK_AVS,
    LINK_IEEE80211,
    LINK_PPI,
    LINK_PRISM,
    LINK_RADIOTAP,
    Int64s,
    PacketBlock,
)
from sweep.phrases import Phrase

WIFI_LINK_TYPES: Final = frozenset({LINK_IEEE80211, LINK_RADIOTAP, LINK_PRISM, LINK_AVS, LINK_PPI})
NO_LEVEL: Final = -32768
"""Stands for "the receiver gave no level"."""
MAX_PRESENT_WORDS: Final = 16
"""Present words read at most: guessed; a receiver with eight chains uses nine."""
MAX_LAYOUTS: Final = 512
"""Combinations of present words read per block: guessed; receivers use fewer than ten, a hostile file one per frame."""
FCS_OCTETS: Final = 4

_FLAG_FCS_AT_END, _FLAG_BAD_FCS, _RX_BAD_PLCP = 0x10, 0x40, 0x0002

# Radiotap fields by bit number: (octets, alignment), https://www.radiotap.org/fields/defined
_RADIOTAP_FIELDS: Final = (
    (8, 8), (1, 1), (1, 1), (4, 2), (2, 2), (1, 1), (1, 1), (2, 2), (2, 2), (2, 2), (1, 1), (1, 1), (1, 1), (1, 1),
    (2, 2), (2, 2), (1, 1), (1, 1), (8, 4), (3, 1), (8, 4), (12, 2), (12, 8), (12, 2), (12, 2), (6, 2), (1, 1), (4, 2),
)  # fmt: skip
_BIT_FLAGS, _BIT_CHANNEL, _BIT_SIGNAL, _BIT_RX_FLAGS, _BIT_XCHANNEL, _BIT_NO_PSDU, _BIT_TLV = 1, 3, 5, 14, 18, 26, 28
_BIT_RADIOTAP_NAMESPACE, _BIT_MORE = 29, 31

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RadioFrames:
    """Columns of equal length, one row per usable frame of a block."""

    start: Int64s
    """Index of the MPDU's first octet in the block's data."""
    captured: Int64s
    """Octets of the MPDU that the file holds, without checksum."""
    frame_len: Int64s
    """Octets of the MPDU on the air, without checksum."""
    rssi_dbm: NDArray[np.int16]
    """Level of the whole receiver (first antenna field), NO_LEVEL where absent."""
    channel_mhz: NDArray[np.int32]
    """Centre frequency of the primary channel, 0 where absent."""
    t_ns: Int64s

    def __len__(self) -> int:
        return len(self.start)

    def keep(self, wanted: Bools) -> Self:
        """Only the rows where `wanted` is true."""
        return type(self)(**{column.name: getattr(self, column.name)[wanted] for column in fields(self)})


@dataclass(frozen=True, slots=True)
class RadiotapLayout:
    """Offsets from the start of the radiotap header for one combination of present words; -1 where absent."""

    flags: int
    channel: int
    signal: int
    rx_flags: int
    no_psdu: int
    end: int
    """First octet after the last field that could be placed."""


@lru_cache(maxsize=1024)
def lay_out_radiotap(words: tuple[int, ...]) -> RadiotapLayout:
    """Place the fields of a radiotap header that has these present words.

    Fields after a vendor's own name space or after TLVs lie at data-dependent places and count as absent.
    """
    offset = 4 + 4 * len(words)
    found: dict[int, int] = {}
    for number, word in enumerate(words):
        for bit, (octets, alignment) in enumerate(_RADIOTAP_FIELDS):
            if word >> bit & 1:
                offset += -offset % alignment
                found.setdefault(bit, offset)
                offset += octets
        is_last = number + 1 == len(words)
        if is_last or word >> _BIT_TLV & 1 or not word >> _BIT_RADIOTAP_NAMESPACE & 1:
            break
    channel = found.get(_BIT_CHANNEL, -1)
    if channel < 0 and _BIT_XCHANNEL in found:
        channel = found[_BIT_XCHANNEL] + 4
    return RadiotapLayout(
        flags=found.get(_BIT_FLAGS, -1),
        channel=channel,
        signal=found.get(_BIT_SIGNAL, -1),
        rx_flags=found.get(_BIT_RX_FLAGS, -1),
        no_psdu=found.get(_BIT_NO_PSDU, -1),
        end=offset,
    )


def locate_frames(block: PacketBlock) -> tuple[RadioFrames, Counter[str]]:
    """The usable frames of a block of an 802.11 link type, and why the others are not.

    Frames with a bad checksum or a bad PLCP header are left out: their addresses may be noise.  ValueError for a link
    type outside WIFI_LINK_TYPES.
    """
    rejected: Counter[str] = Counter()
    match block.link_type:
        case 127:
            frames = _after_radiotap(block, rejected)
        case 105:
            frames = _bare(block)
        case 119 | 163:
            frames = _after_each(block, _read_prism_or_avs, rejected)
        case 192:
            frames = _after_each(block, _read_ppi, rejected)
        case other:
            raise ValueError(Phrase("link_type_without_wifi", link_type=other))
    return frames, rejected


def _bare(block: PacketBlock) -> RadioFrames:
    count = len(block)
    return RadioFrames(
        start=block.start,
        captured=np.minimum(block.captured, block.original),
        frame_len=block.original,
        rssi_dbm=np.full(count, NO_LEVEL, dtype=np.int16),
        channel_mhz=np.zeros(count, dtype=np.int32),
        t_ns=block.t_ns,
    )


def _words_at(data: NDArray[np.uint8], dtype: str) -> NDArray[np.generic]:
    """`data` seen as overlapping little-endian words: element i is the word that starts at octet i."""
    octets = np.dtype(dtype).itemsize
    return np.ndarray(shape=(max(len(data) - octets + 1, 0),), dtype=dtype, buffer=data, strides=(1,))


def _after_radiotap(block: PacketBlock, rejected: Counter[str]) -> RadioFrames:
    data = block.data
    usable = _keep_packets(block, block.captured >= 8, "short_radiotap", rejected)
    header_len = _words_at(data, "<u2")[usable.start + 2].astype(np.int64)
    is_sound = (data[usable.start] == 0) & (header_len >= 8) & (header_len <= usable.captured)
    sound = _keep_packets(usable, is_sound, "bad_radiotap", rejected)
    header_len = header_len if sound is usable else header_len[is_sound]
    start, captured, original, t_ns = sound.start, sound.captured, sound.original, sound.t_ns

    count = len(start)
    rssi = np.full(count, NO_LEVEL, dtype=np.int16)
    channel = np.zeros(count, dtype=np.int32)
    flags = np.zeros(count, dtype=np.uint8)
    is_bad_plcp = np.zeros(count, dtype=bool)
    has_no_psdu = np.zeros(count, dtype=bool)
    is_cut = np.ones(count, dtype=bool)
    for number, (words, all_rows) in enumerate(_group_by_present_words(data, start, header_len)):
        if number >= MAX_LAYOUTS:
            break
        layout = lay_out_radiotap(words)
        is_whole = layout.end <= header_len[all_rows]
        rows = all_rows if is_whole.all() else all_rows[is_whole]
        first = start if len(rows) == count else start[rows]
        is_cut[rows] = False
        if layout.flags >= 0:
            flags[rows] = data[first + layout.flags]
        if layout.signal >= 0:
            rssi[rows] = data[first + layout.signal].astype(np.int8)
        if layout.channel >= 0:
            channel[rows] = _words_at(data, "<u2")[first + layout.channel]
        if layout.rx_flags >= 0:
            is_bad_plcp[rows] = (data[first + layout.rx_flags] & _RX_BAD_PLCP) != 0
        if layout.no_psdu >= 0:
            has_no_psdu[rows] = True
    frame_len = original - header_len - np.where(flags & _FLAG_FCS_AT_END, FCS_OCTETS, 0)
    is_bad_fcs = (flags & _FLAG_BAD_FCS) != 0
    frames = RadioFrames(
        start=start + header_len,
        captured=np.minimum(captured - header_len, np.maximum(frame_len, 0)),
        frame_len=frame_len,
        rssi_dbm=rssi,
        channel_mhz=channel,
        t_ns=t_ns,
    )
    is_out = is_cut | is_bad_fcs | is_bad_plcp | has_no_psdu
    if not is_out.any():
        return frames
    rejected["cut_radiotap"] += int(is_cut.sum())
    rejected["bad_fcs"] += int((is_bad_fcs & ~is_cut).sum())
    rejected["bad_plcp"] += int((is_bad_plcp & ~is_bad_fcs & ~is_cut).sum())
    rejected["no_psdu"] += int((has_no_psdu & ~is_bad_plcp & ~is_bad_fcs & ~is_cut).sum())
    return frames.keep(~is_out)


def _keep_packets(block: PacketBlock, is_good: Bools, reason: str, rejected: Counter[str]) -> PacketBlock:
    """The good packets of a block, itself when all are; counts the others."""
    if is_good.all():
        return block
    rejected[reason] += int((~is_good).sum())
    return replace(
        block,
        start=block.start[is_good],
        captured=block.captured[is_good],
        original=block.original[is_good],
        t_ns=block.t_ns[is_good],
    )


def _group_by_present_words(
    data: NDArray[np.uint8], start: Int64s, header_len: Int64s
) -> Iterator[tuple[tuple[int, ...], Int64s]]:
    """Rows that share the same present words; where the words run past the header, those that fit."""
    word_at = _words_at(data, "<u4")
    pending: list[tuple[tuple[int, ...], Int64s]] = [((), np.arange(len(start), dtype=np.int64))] if len(start) else []
    while pending:
        before, all_rows = pending.pop()
        offset = 4 + 4 * len(before)
        fits = header_len[all_rows] >= offset + 4
        if not fits.all():
            yield before, all_rows[~fits]
        rows = all_rows[fits]
        words = word_at[start[rows] + offset]
        for word, chosen in _group_equal(words, rows):
            so_far = (*before, word)
            if so_far[-1] >> _BIT_MORE & 1 and len(so_far) < MAX_PRESENT_WORDS:
                pending.append((so_far, chosen))
            else:
                yield so_far, chosen


def _group_equal(words: NDArray[np.generic], rows: Int64s) -> Iterator[tuple[int, Int64s]]:
    """Rows by equal words; nearly always there is one word only, and then nothing is sorted."""
    if not len(rows):
        return
    if (words == words[0]).all():
        yield int(words[0]), rows
        return
    order = np.argsort(words, kind="stable")
    ordered = words[order]
    edges = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    for first, chosen in zip([0, *edges.tolist()], np.split(rows[order], edges), strict=True):
        yield int(ordered[first]), chosen


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a header other than radiotap says about one frame."""

    octets: int
    fcs_octets: int = 0
    rssi_dbm: int = NO_LEVEL
    channel_mhz: int = 0


def _after_each(block: PacketBlock, read: Callable[[bytes], _Reading | str], rejected: Counter[str]) -> RadioFrames:
    """Read rare header formats packet by packet."""
    rows: list[tuple[int, int, int, int, int, int]] = []
    for index in range(len(block)):
        reading = read(block.packet(index))
        if isinstance(reading, str):
            rejected[reading] += 1
            continue
        frame_len = int(block.original[index]) - reading.octets - reading.fcs_octets
        captured = min(int(block.captured[index]) - reading.octets, max(frame_len, 0))
        start = int(block.start[index]) + reading.octets
        rows.append((start, captured, frame_len, reading.rssi_dbm, reading.channel_mhz, int(block.t_ns[index])))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    return RadioFrames(
        start=table[:, 0],
        captured=table[:, 1],
        frame_len=table[:, 2],
        rssi_dbm=table[:, 3].astype(np.int16),
        channel_mhz=table[:, 4].astype(np.int32),
        t_ns=table[:, 5],
    )


def to_channel_mhz(number: int) -> int:
    """Centre frequency of an IEEE 802.11 channel number in the 2.4 or 5 GHz band; 0 when there is none."""
    if 1 <= number <= 13:
        return 2407 + 5 * number
    if number == 14:
        return 2484
    return 5000 + 5 * number if 32 <= number <= 177 else 0


def _read_prism_or_avs(packet: bytes) -> _Reading | str:
    # Prism: message code, message length (u32 LE), 16 octets of name, ten items of id u32, status u16, length u16, u32.
    # AVS: version (u32 BE, 0x802110xx), length (u32 BE), then fixed fields.  Both share link type 119.
    if len(packet) < 8:
        return "short_prism_header"
    if packet[:3] == b"\x80\x21\x10":
        length = int.from_bytes(packet[4:8], "big")
        if not 64 <= length <= len(packet):
            return "bad_avs_header"
        channel, *_, signal_type, signal = struct.unpack_from(">IIIIIi", packet, 28)
        level = signal if signal_type == 2 and -128 <= signal < 0 else NO_LEVEL
        return _Reading(length, rssi_dbm=level, channel_mhz=to_channel_mhz(channel))
    code, length = struct.unpack_from("<II", packet)
    if code not in {0x41, 0x44} or not 24 <= length <= len(packet):
        return "bad_prism_header"
    level, channel = NO_LEVEL, 0
    for offset in range(24, min(length, 144) - 11, 12):
        item, status, _, value = struct.unpack_from("<IHHi", packet, offset)
        number = item >> 16 if code == 0x44 else item >> 12
        if status == 0 and number == 3:
            channel = to_channel_mhz(value)
        elif status == 0 and number == 6 and -128 <= value < 0:
            level = value
    return _Reading(length, rssi_dbm=level, channel_mhz=channel)


def _read_ppi(packet: bytes) -> _Reading | str:
    # Version u8, flags u8, length u16, link type u32, then fields of type u16, length u16 (all little-endian).
    if len(packet) < 8:
        return "short_ppi_header"
    version, _, length, link_type = struct.unpack_from("<BBHI", packet)
    if version != 0 or not 8 <= length <= len(packet) or link_type != LINK_IEEE80211:
        return "bad_ppi_header"
    position = 8
    while position + 4 <= length:
        field_type, octets = struct.unpack_from("<HH", packet, position)
        if field_type == 2 and octets >= 20 and position + 24 <= length:
            flags, _, channel, _, _, level = struct.unpack_from("<HHHHHb", packet, position + 12)
            if flags & 0b1100:
                return "bad_fcs"
            return _Reading(length, FCS_OCTETS if flags & 1 else 0, level, channel)
        position += 4 + octets
    return _Reading(length)
