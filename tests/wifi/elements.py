"""Information elements built by hand, octet by octet."""

import struct

UUID = bytes(range(1, 17))


def element(number: int, value: bytes) -> bytes:
    return bytes([number, len(value)]) + value


def attribute(number: int, value: bytes) -> bytes:
    return struct.pack(">HH", number, len(value)) + value


def wps(name: bytes = b"Camera <b>", uuid: bytes = UUID, category: int = 4) -> bytes:
    kind = struct.pack(">H4sH", category, b"\x00\x50\xf2\x04", 1)
    attributes = ((0x1011, name), (0x1021, b"ACME\x1b[2J"), (0x1047, uuid), (0x1054, kind))
    return element(221, b"\x00\x50\xf2\x04" + b"".join(attribute(*one) for one in attributes))


def suites(*numbers: int) -> bytes:
    """A count and as many suites of IEEE 802.11."""
    return struct.pack("<H", len(numbers)) + b"".join(b"\x00\x0f\xac" + bytes([n]) for n in numbers)


def rsn(pairwise: tuple[int, ...] = (4,), keys: tuple[int, ...] = (2,), tail: bytes = b"\0\0") -> bytes:
    return element(48, b"\1\0" + b"\x00\x0f\xac\x04" + suites(*pairwise) + suites(*keys) + tail)


RATES = element(1, bytes([0x82, 0x84]))
