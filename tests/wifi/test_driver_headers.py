"""What drivers write in front of a frame, read as tshark reads it: mac80211 with ath9k and mt76, rtl88xx, ESP32, Prism.

The layouts are those of the drivers' sources (mac80211's ieee80211_add_rx_radiotap_header; the out-of-tree rtl8812au);
the bytes are made here, no adapter recorded them.
"""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_IEEE80211, LINK_PRISM, LINK_RADIOTAP
from sweep.modality.addresses import format_address
from sweep.wifi.frames.dot11 import Dot11Frames, parse_block
from sweep.wifi.frames.radio_headers import NO_LEVEL
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import START_NS, STATION, data_up
from tests.wifi.test_radio_headers import DEFINED

NAMESPACE, EXTENDED = 29, 31
MHZ, DBM = 5_180, -57
VALUES = {
    0: struct.pack("<Q", 123_456), 1: b"\x10", 2: b"\x0c", 3: struct.pack("<HH", MHZ, 0x0140), 5: struct.pack("b", DBM),
    11: b"\x01", 14: b"\0\0", 19: b"\x07\0\x07", 20: struct.pack("<IHH", 9, 0, 0), 21: bytes([4, 0, 0, 4]) + bytes(8),
    23: bytes(12),
}  # fmt: skip


def radiotap_of(words: list[list[int]], levels: list[int]) -> bytes:
    """A header with these bits per present word; words after the first carry a chain's level and its number."""
    present, body = b"", b""
    for number, bits in enumerate(words):
        is_last = number + 1 == len(words)
        present += struct.pack("<I", sum(1 << b for b in bits) | (0 if is_last else 1 << NAMESPACE | 1 << EXTENDED))
        for bit in bits:
            octets, alignment = DEFINED[bit]
            body += b"\0" * (-(4 + 4 * len(words) + len(body)) % alignment)
            if number == 0:
                body += VALUES[bit].ljust(octets, b"\0")
            else:
                body += struct.pack("b", levels[number] if bit == 5 else number - 1)
    return struct.pack("<BBH", 0, 0, 4 + len(present) + len(body)) + present + body


CHAIN = [5, 11]
RADIOTAPS = {
    "ath9k": radiotap_of([[0, 1, 2, 3, 5, 14], CHAIN, CHAIN], [DBM, -58, -71]),
    "ath9k, 802.11n": radiotap_of([[0, 1, 2, 3, 5, 14, 19], CHAIN, CHAIN, CHAIN], [DBM, -58, -71, -66]),
    "mt76, 802.11n aggregate": radiotap_of([[0, 1, 2, 3, 5, 14, 19, 20], CHAIN, CHAIN], [DBM, -60, -59]),
    "mt76, 802.11ac": radiotap_of([[0, 1, 2, 3, 5, 14, 20, 21], CHAIN, CHAIN], [DBM, -60, -59]),
    "mt7921, 802.11ax": radiotap_of([[0, 1, 2, 3, 5, 14, 20, 23], CHAIN, CHAIN], [DBM, -60, -59]),
    "rtl88xx": radiotap_of([[0, 1, 2, 3, 5, 11, 14]], [DBM]),
    "rtl88xx, 802.11n": radiotap_of([[0, 1, 3, 5, 11, 14, 19]], [DBM]),
}


def prism_of() -> bytes:
    items = b"".join(
        struct.pack("<IHHi", (number << 12) | 0x44, 0, 4, value)
        for number, value in ((1, 0), (2, 0), (3, 36), (4, 0), (5, 0), (6, DBM), (7, 0), (8, 0), (9, 0), (10, 0))
    )
    return struct.pack("<II16s", 0x41, 144, b"wlan0") + items


@pytest.mark.parametrize("name", RADIOTAPS)
def test_radiotap_of_a_driver_is_read_as_tshark_reads_it(name: str, tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.fail("tshark is not installed: make setup-test")
    packet = RADIOTAPS[name] + data_up(sequence=77) + b"FCS!"
    path = tmp_path / "a.pcap"
    write_pcap(path, [(START_NS, packet, len(packet))], link_type=LINK_RADIOTAP)
    fields = ("radiotap.dbm_antsignal", "radiotap.channel.freq", "wlan.ta", "wlan.seq", "radiotap.length")
    command = ["tshark", "-r", str(path), "-T", "fields", *(part for field in fields for part in ("-e", field))]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout.removesuffix("\n")
    level, mhz, ta, sequence, length = (value.split(",")[0] for value in line.split("\t"))
    assert (int(level), int(mhz), ta) == (DBM, MHZ, STATION)
    found, rejected = read(path)
    assert rejected == 0
    assert (found.rssi_dbm.tolist(), found.channel_mhz.tolist()) == ([int(level)], [int(mhz)])
    assert format_address(int(found.ta[0])) == ta
    assert int(found.sequence_control[0]) >> 4 == int(sequence)
    assert int(found.frame_len[0]) == len(packet) - int(length) - 4


@pytest.mark.parametrize(
    ("link_type", "header", "level", "mhz"),
    [(LINK_IEEE80211, b"", NO_LEVEL, 0), (LINK_PRISM, prism_of(), DBM, MHZ)],
    ids=["ESP32", "Prism"],
)
def test_other_headers(link_type: int, header: bytes, level: int, mhz: int, tmp_path: Path) -> None:
    packet = header + data_up(sequence=77)
    path = tmp_path / "a.pcap"
    write_pcap(path, [(START_NS, packet, len(packet))], link_type=link_type)
    command = ["tshark", "-r", str(path), "-T", "fields", "-e", "wlan.ta"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == STATION
    found, rejected = read(path)
    assert rejected == 0
    assert (found.rssi_dbm.tolist(), found.channel_mhz.tolist()) == ([level], [mhz])
    assert format_address(int(found.ta[0])) == STATION


def read(path: Path) -> tuple[Dot11Frames, int]:
    with open_capture(path) as reader:
        (block,) = reader.blocks
    found, rejected = parse_block(block)
    return found, rejected.total()
