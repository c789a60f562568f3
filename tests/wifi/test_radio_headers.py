"""Receiver headers: radiotap against a slow reader written from its definition, and Prism, AVS and PPI by hand."""

import struct
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.packets import PacketBlock
from sweep.wifi.frames.radio_headers import (
    MAX_LAYOUTS,
    NO_LEVEL,
    RadioFrames,
    lay_out_radiotap,
    locate_frames,
    to_channel_mhz,
)

MPDU = b"\xd4\x00\x00\x00" + bytes(6)

# radiotap.org, "defined fields": bit -> (octets, alignment)
DEFINED = {
    0: (8, 8), 1: (1, 1), 2: (1, 1), 3: (4, 2), 4: (2, 2), 5: (1, 1), 6: (1, 1), 7: (2, 2), 8: (2, 2), 9: (2, 2),
    10: (1, 1), 11: (1, 1), 12: (1, 1), 13: (1, 1), 14: (2, 2), 15: (2, 2), 16: (1, 1), 17: (1, 1), 18: (8, 4),
    19: (3, 1), 20: (8, 4), 21: (12, 2), 22: (12, 8), 23: (12, 2), 24: (12, 2), 25: (6, 2), 26: (1, 1), 27: (4, 2),
}  # fmt: skip


def block_of(packets: list[bytes], link_type: int = 127, extra: int = 0) -> PacketBlock:
    starts = np.cumsum([0, *(len(packet) for packet in packets)])[:-1].astype(np.int64)
    lengths = np.array([len(packet) for packet in packets], dtype=np.int64)
    data = np.frombuffer(b"".join(packets) + b"\0" * 8, dtype=np.uint8)
    return PacketBlock(link_type, data, starts, lengths, lengths + extra, np.zeros(len(packets), dtype=np.int64))


def locate(packet: bytes, link_type: int = 127) -> tuple[RadioFrames, dict[str, int]]:
    frames, rejected = locate_frames(block_of([packet], link_type))
    return frames, {reason: count for reason, count in rejected.items() if count}


def radiotap_header(present: list[int], values: dict[int, bytes]) -> bytes:
    """A header whose first present word has these bits; values as bytes by bit, zero where not given."""
    body = b""
    for bit in sorted(present):
        octets, alignment = DEFINED[bit]
        body += b"\0" * (-(8 + len(body)) % alignment)
        body += values.get(bit, b"").ljust(octets, b"\0")
    message = sum(1 << bit for bit in present)
    return struct.pack("<BBHI", 0, 0, 8 + len(body), message) + body


@given(
    present=st.sets(st.sampled_from(sorted(DEFINED)), max_size=28),
    level=st.integers(-128, 127),
    channel=st.integers(1, 7125),
)
def test_every_combination_of_fields_is_placed_as_defined(present: set[int], level: int, channel: int) -> None:
    bits = sorted(present - {26})  # "no PSDU" means that no frame follows
    header = radiotap_header(bits, {5: struct.pack("b", level), 3: struct.pack("<HH", channel, 0)})
    frames, rejected = locate(header + MPDU)
    assert rejected == {}
    assert frames.rssi_dbm.tolist() == [level if 5 in bits else NO_LEVEL]
    assert frames.channel_mhz.tolist() == [channel if 3 in bits else 0]
    assert frames.start.tolist() == [len(header)]
    assert frames.frame_len.tolist() == [len(MPDU)]


def test_several_antennas_give_the_level_of_the_receiver() -> None:
    # First word: level; then two words of level and antenna each.
    words = (1 << 5 | 1 << 29 | 1 << 31, 1 << 5 | 1 << 11 | 1 << 29 | 1 << 31, 1 << 5 | 1 << 11)
    body = struct.pack("bbBbB", -40, -44, 0, -50, 1)
    header = struct.pack("<BBHIII", 0, 0, 16 + len(body), *words) + body
    frames, rejected = locate(header + MPDU)
    assert rejected == {}
    assert frames.rssi_dbm.tolist() == [-40]
    assert lay_out_radiotap(words).end == 16 + len(body)


def test_what_follows_a_vendor_name_space_counts_as_absent() -> None:
    words = (1 << 1 | 1 << 30 | 1 << 31, 1 << 5)
    layout = lay_out_radiotap(words)
    assert (layout.flags, layout.signal) == (12, -1)


def test_a_checksum_at_the_end_is_no_part_of_the_frame() -> None:
    frames, _ = locate(radiotap_header([1, 5], {1: b"\x10", 5: b"\xd0"}) + MPDU + b"FCS!")
    assert frames.frame_len.tolist() == [len(MPDU)]
    assert frames.captured.tolist() == [len(MPDU)]


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"\0\0\x08\0\0\0", "short_radiotap"),
        (b"\1\0\x08\0\0\0\0\0" + MPDU, "bad_radiotap"),
        (b"\0\0\x07\0\0\0\0\0" + MPDU, "bad_radiotap"),
        (b"\0\0\xff\0\0\0\0\0" + MPDU, "bad_radiotap"),
        (b"\0\0\x09\0\x20\0\x02\0\0" + MPDU, "cut_radiotap"),
        (radiotap_header([1], {1: b"\x40"}) + MPDU, "bad_fcs"),
        (radiotap_header([1, 14], {14: b"\x02\0"}) + MPDU, "bad_plcp"),
        (radiotap_header([26], {}) + MPDU, "no_psdu"),
    ],
)
def test_unusable_frames_are_counted_by_reason(packet: bytes, reason: str) -> None:
    frames, rejected = locate(packet)
    assert len(frames) == 0
    assert rejected == {reason: 1}


def test_a_flood_of_layouts_is_bounded() -> None:
    packets = [radiotap_header([5], {}) + MPDU] * 10
    for number in range(2 * MAX_LAYOUTS):
        header = struct.pack("<BBHII", 0, 0, 12, 1 << 31, number)
        packets.append(header + bytes(40) + MPDU)
    frames, rejected = locate_frames(block_of(packets))
    assert rejected["cut_radiotap"] >= MAX_LAYOUTS
    assert len(frames) + rejected.total() == len(packets)


def test_bare_frames_have_neither_level_nor_channel() -> None:
    frames, rejected = locate(MPDU, 105)
    assert (frames.rssi_dbm.tolist(), frames.channel_mhz.tolist(), rejected) == ([NO_LEVEL], [0], {})


def test_prism() -> None:
    items = {3: 6, 6: -61}
    body = b"".join(
        struct.pack("<IHHi", number << 16 | 0x44, 0 if number in items else 1, 4, items.get(number, 0))
        for number in range(1, 11)
    )
    header = struct.pack("<II16s", 0x44, 144, b"wlan0") + body
    frames, rejected = locate(header + MPDU, 119)
    assert (frames.rssi_dbm.tolist(), frames.channel_mhz.tolist(), frames.frame_len.tolist()) == ([-61], [2437], [10])
    assert rejected == {}


def test_avs_behind_either_link_type() -> None:
    header = struct.pack(">IIQQIIIIIIiiII", 0x80211001, 64, 0, 0, 5, 44, 0, 0, 0, 2, -70, 0, 0, 0)
    for link_type in (119, 163):
        frames, _ = locate(header + MPDU, link_type)
        assert (frames.rssi_dbm.tolist(), frames.channel_mhz.tolist()) == ([-70], [5220])


def test_ppi() -> None:
    common = struct.pack("<HHQHHHHBBbb", 2, 20, 0, 1, 2, 2412, 0, 0, 0, -55, -90)
    header = struct.pack("<BBHI", 0, 0, 8 + 4 + 3 + len(common), 105) + struct.pack("<HH3s", 9, 3, b"odd") + common
    frames, _ = locate(header + MPDU + b"FCS!", 192)
    assert (frames.rssi_dbm.tolist(), frames.channel_mhz.tolist(), frames.frame_len.tolist()) == ([-55], [2412], [10])
    bad = bytearray(header)
    bad[8 + 7 + 4 + 8] = 0b0100
    assert locate(bytes(bad) + MPDU, 192)[1] == {"bad_fcs": 1}


@pytest.mark.parametrize("link_type", [119, 163, 192])
@given(packet=st.binary(max_size=200))
def test_any_octets_behind_rare_headers_are_read_or_rejected(link_type: int, packet: bytes) -> None:
    frames, rejected = locate(packet, link_type)
    assert len(frames) + sum(rejected.values()) == 1


def test_channels() -> None:
    assert [to_channel_mhz(n) for n in (1, 13, 14, 36, 165, 0, 200, -5)] == [2412, 2472, 2484, 5180, 5825, 0, 0, 0]


def test_other_link_types_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match=r"no 802\.11"):
        locate_frames(block_of([MPDU], 1))


def test_the_levels_of_a_recorded_multi_antenna_receiver(shared_data: Path) -> None:
    from sweep.captures.files import open_capture

    counts: Counter[bool] = Counter()
    with open_capture(shared_data / "wifi" / "test__test1.pcap") as reader:
        for block in reader.blocks:
            frames, _ = locate_frames(block)
            counts.update((frames.rssi_dbm != NO_LEVEL).tolist())
    assert counts == {True: 180, False: 12}
