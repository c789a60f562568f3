"""BLE packets built by hand in every form that captures hold."""

import struct

from sweep.ble.btsnoop import EPOCH_OFFSET_US
from sweep.ble.linklayer import compute_crc

ADDRESS = 0xC20000000001
OTHER = 0xC20000000002
T_NS = 1_700_000_000_000_000_000


def part(kind: int, value: bytes) -> bytes:
    return bytes([len(value) + 1, kind]) + value


def pdu(data: bytes = b"", *, kind: int = 0, address: int = ADDRESS, is_random: bool = True) -> bytes:
    body = address.to_bytes(6, "little") + data
    return bytes([kind | (0x40 if is_random else 0), len(body)]) + body


def link_layer(pdu_: bytes, *, access_address: int = 0x8E89BED6, crc: bytes | None = None) -> bytes:
    return struct.pack("<I", access_address) + pdu_ + (compute_crc(pdu_) if crc is None else crc)


def radio(packet: bytes, *, rssi_dbm: int = -60, flags: int = 0x0003) -> bytes:
    return struct.pack("<BbbBIH", 0, rssi_dbm, -128, 0, 0x8E89BED6, flags) + packet


def nordic(packet: bytes, *, rssi_dbm: int = -60, flags: int = 1, version: int = 2) -> bytes:
    event = struct.pack("<BBBBHI", 10, flags, 37, -rssi_dbm, 0, 0)
    if version == 1:
        return struct.pack("<BBBBHB", 11, 6, len(event + packet), 1, 0, 6) + event + packet
    return struct.pack("<BHBHB", 11, len(event + packet), version, 0, 6) + event + packet


def legacy_report(*reports: tuple[int, bytes, int]) -> bytes:
    """An HCI event with (address, data, level) reports, random addresses."""
    body = bytes([0x02, len(reports)])
    for address, data, level in reports:
        body += bytes([0, 1]) + address.to_bytes(6, "little") + bytes([len(data)]) + data + struct.pack("b", level)
    return bytes([0x3E, len(body)]) + body


def extended_report(address: int, data: bytes, level: int) -> bytes:
    head = struct.pack("<HB", 0x0001, 1) + address.to_bytes(6, "little") + bytes([1, 0, 0xFF]) + b"\x7f"
    body = bytes([0x0D, 1]) + head + struct.pack("b", level) + bytes(9) + bytes([len(data)]) + data
    return bytes([0x3E, len(body)]) + body


def btsnoop(packets: list[bytes], data_link: int = 1002, flags: int = 3) -> bytes:
    out = b"btsnoop\0" + struct.pack(">II", 1, data_link)
    for packet in packets:
        time_us = T_NS // 1000 + EPOCH_OFFSET_US
        out += struct.pack(">IIIIq", len(packet), len(packet), flags, 0, time_us) + packet
    return out
