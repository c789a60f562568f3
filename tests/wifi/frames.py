"""802.11 frames and capture files built by hand, octet by octet, for tests of the readers."""

import struct
from pathlib import Path

from sweep.captures.packets import LINK_IEEE80211, LINK_RADIOTAP
from sweep.modality.addresses import parse_address
from tests.simulators.pcap import write_pcap

AP, STATION, OTHER, ROUTER = "02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03", "02:00:00:00:00:04"
BROADCAST = "ff:ff:ff:ff:ff:ff"
START_NS = 1_700_000_000_000_000_000


def octets(address: str) -> bytes:
    return parse_address(address).to_bytes(6, "big")


def frame(
    kind: int,
    subtype: int,
    *addresses: str,
    flags: int = 0,
    sequence: int = 1,
    body: bytes = b"",
    tid: int | None = None,
) -> bytes:
    """A frame with one to four addresses; three or more carry a sequence number."""
    head = bytes([kind << 2 | subtype << 4, flags]) + b"\0\0" + b"".join(octets(a) for a in addresses[:3])
    if len(addresses) >= 3:
        head += struct.pack("<H", sequence << 4)
    head += b"".join(octets(a) for a in addresses[3:])
    return head + (b"" if tid is None else struct.pack("<H", tid)) + body


def beacon(bssid: str = AP, ssid: bytes = b"net", sequence: int = 1, subtype: int = 8, to: str = BROADCAST) -> bytes:
    body = struct.pack("<QHH", 0, 100, 0x0401) + bytes([0, len(ssid)]) + ssid
    return frame(0, subtype, to, bssid, bssid, sequence=sequence, body=body)


def data_up(
    station: str = STATION, ap: str = AP, length: int = 100, sequence: int = 1, *, flags: int = 0, tid: int = 0
) -> bytes:
    return frame(2, 8, ap, station, ROUTER, flags=0x01 | flags, sequence=sequence, body=bytes(length - 26), tid=tid)


def data_down(
    station: str = STATION, ap: str = AP, length: int = 100, sequence: int = 1, *, flags: int = 0, source: str = ROUTER
) -> bytes:
    return frame(2, 8, station, ap, source, flags=0x02 | flags, sequence=sequence, body=bytes(length - 26), tid=0)


def radiotap(rssi_dbm: int = -50, channel_mhz: int = 2437, flags: int = 0) -> bytes:
    return struct.pack("<BBHIBxHHb", 0, 0, 15, 0x2A, flags, channel_mhz, 0xA0, rssi_dbm)


def write_frames(
    path: Path,
    frames: list[bytes],
    *,
    interval_ms: float = 10.0,
    link_type: int = LINK_RADIOTAP,
    header: bytes | None = None,
) -> Path:
    """Frames at equal distances behind the same receiver header."""
    front = header if header is not None else (b"" if link_type == LINK_IEEE80211 else radiotap())
    packets = [
        (START_NS + round(number * interval_ms * 1e6), front + octets_, len(front) + len(octets_))
        for number, octets_ in enumerate(frames)
    ]
    write_pcap(path, packets, link_type=link_type)
    return path
