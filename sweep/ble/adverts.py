"""What a BLE advertisement says: the AD structures of Core Specification Supplement part A, read without trust.

Input is the octets of an advertising or scan response packet, or their parts; output is an `Advert`.  Names are hostile
octets and stay octets.  A structure that runs past the end is dropped and everything before it is kept.  It does not
decide what a device is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NO_UUID16: Final = -1
MAX_PARTS: Final = 64
"""AD structures read per packet: derived, 255 octets hold at most 127 and useful ones are longer."""

# AD types, Bluetooth Assigned Numbers section 2.3
_UUID_LISTS: Final = {0x02: 2, 0x03: 2, 0x14: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16, 0x15: 16}
_SERVICE_DATA: Final = {0x16: 2, 0x20: 4, 0x21: 16}
"""AD type -> octets of a UUID in it."""
_SHORT_NAME, _FULL_NAME, _APPEARANCE, _MANUFACTURER = 0x08, 0x09, 0x19, 0xFF
_BASE_UUID_TAIL: Final = bytes.fromhex("00001000800000805f9b34fb")


@dataclass(frozen=True, slots=True)
class Advert:
    """One advertisement as heard."""

    t_ns: int
    """Nanoseconds since 1970 by the capture's clock; 0 where unknown."""
    address: int | None
    """48-bit number; None where the record carries none."""
    is_random: bool
    """The address was made up by the device (it names no vendor)."""
    rssi_dbm: int | None
    is_connectable: bool
    is_request: bool = False
    """Not the device itself was heard but another that addressed it: it is near, and nothing else is known."""
    name: bytes = b""
    """Local name, raw octets: hostile."""
    manufacturer_data: tuple[tuple[int, bytes], ...] = ()
    """Company identifier and what follows it."""
    service_uuids: frozenset[int] = frozenset()
    """16-bit numbers; longer UUIDs only when they are built on the Bluetooth base."""
    service_data: tuple[tuple[int, bytes], ...] = ()
    appearance: int | None = None


@dataclass(frozen=True, slots=True)
class AdvertBody:
    """What the AD structures of one packet hold."""

    name: bytes
    manufacturer_data: tuple[tuple[int, bytes], ...]
    service_uuids: frozenset[int]
    service_data: tuple[tuple[int, bytes], ...]
    appearance: int | None
    is_cut: bool
    """A structure ran past the end."""


def read_body(data: bytes) -> AdvertBody:
    """Read AD structures: length u8, type u8, value; a length of 0 ends them early."""
    name, appearance, is_cut = b"", None, False
    companies: list[tuple[int, bytes]] = []
    uuids: set[int] = set()
    services: list[tuple[int, bytes]] = []
    position, parts = 0, 0
    while position < len(data) and data[position] and parts < MAX_PARTS:
        length, parts = data[position], parts + 1
        if position + 1 + length > len(data):
            is_cut = True
            break
        kind, value = data[position + 1], data[position + 2 : position + 1 + length]
        position += 1 + length
        if kind == _FULL_NAME or (kind == _SHORT_NAME and not name):
            name = value
        elif kind == _MANUFACTURER and len(value) >= 2:
            companies.append((int.from_bytes(value[:2], "little"), value[2:]))
        elif kind == _APPEARANCE and len(value) == 2:
            appearance = int.from_bytes(value, "little")
        else:
            uuids |= _listed_uuids(kind, value)
            services += _service_data(kind, value)
    return AdvertBody(name, tuple(companies), frozenset(uuids), tuple(services), appearance, is_cut)


def _listed_uuids(kind: int, value: bytes) -> set[int]:
    size = _UUID_LISTS.get(kind)
    if size is None:
        return set()
    pieces = (value[i : i + size] for i in range(0, len(value) - size + 1, size))
    return {number for piece in pieces if (number := to_uuid16(piece[::-1])) != NO_UUID16}


def _service_data(kind: int, value: bytes) -> list[tuple[int, bytes]]:
    size = _SERVICE_DATA.get(kind)
    if size is None or len(value) < size:
        return []
    number = to_uuid16(value[:size][::-1])
    return [] if number == NO_UUID16 else [(number, value[size:])]


def to_uuid16(octets: bytes) -> int:
    """The 16-bit number of a UUID given in 2, 4 or 16 octets, most significant first; NO_UUID16 when it has none."""
    if len(octets) == 16:
        if octets[4:] != _BASE_UUID_TAIL:
            return NO_UUID16
        octets = octets[:4]
    if len(octets) == 4:
        if octets[:2] != b"\0\0":
            return NO_UUID16
        octets = octets[2:]
    return int.from_bytes(octets, "big") if len(octets) == 2 else NO_UUID16
