"""Framing of the serial line, sans-IO: bytes in, events out. A frame is COBS with 0x00 as its only delimiter; its
payload is message id, sequence number and fields, followed by CRC-16/CCITT-FALSE. Malformed bytes become `Rejected`
events with a named reason and are counted; nothing that comes over the line raises. Knows neither ports nor clocks.
"""

from __future__ import annotations

import binascii
import enum
import struct
from collections import Counter
from dataclasses import dataclass

from sweep.link.messages import BY_ID, HEADER_SIZE, MAX_PAYLOAD, Message

CRC_START = 0xFFFF
CRC_SIZE = 2
MAX_WIRE = MAX_PAYLOAD + CRC_SIZE + 1
"""Octets of a frame between two delimiters (a body under 254 octets grows by one)."""


class Reason(enum.StrEnum):
    """Why a stretch of bytes between two delimiters is not a message."""

    TOO_LONG = "too_long"
    BAD_COBS = "bad_cobs"
    TOO_SHORT = "too_short"
    BAD_CRC = "bad_crc"
    UNKNOWN_ID = "unknown_id"
    WRONG_LENGTH = "wrong_length"
    WRONG_DIRECTION = "wrong_direction"


@dataclass(frozen=True, slots=True)
class Received:
    """A whole, intact message."""

    message: Message
    seq: int
    """Sequence number of the sender, 0-255."""
    wire_size: int
    """Octets it took on the line, delimiter included: the time they took is known."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that were not a message."""

    reason: Reason
    wire_size: int


Event = Received | Rejected


def encode(message: Message, seq: int) -> bytes:
    """The frame of `message` with its delimiter. Raises struct.error for a field out of range."""
    payload = bytes((message.ID, seq & 0xFF)) + message.pack()
    return cobs_encode(payload + struct.pack(">H", binascii.crc_hqx(payload, CRC_START))) + b"\0"


def cobs_encode(body: bytes) -> bytes:
    """Consistent overhead byte stuffing (Cheshire and Baker 1999) of less than 254 octets, without delimiter."""
    return b"".join(bytes((len(part) + 1,)) + part for part in body.split(b"\0"))


def cobs_decode(stuffed: bytes) -> bytes | None:
    """The body of `stuffed` (no zeros in it), or None where the encoding is broken."""
    out = bytearray()
    at, end = 0, len(stuffed)
    while at < end:
        code = stuffed[at]
        after = at + code
        if after > end or code == 0:
            return None
        out += stuffed[at + 1 : after]
        at = after
        if code != 0xFF and at < end:
            out.append(0)
    return bytes(out)


class FrameReader:
    """Cuts a byte stream into events. `is_to_host` says which direction is expected; `rejected` counts by reason."""

    def __init__(self, *, is_to_host: bool = True) -> None:
        self._is_to_host = is_to_host
        self._tail = bytearray()
        self._skipped = 0
        self.rejected: Counter[Reason] = Counter()
        self.received = 0

    def feed(self, data: bytes) -> list[Event]:
        """Events completed by `data`, in order. Any chunking of the same stream gives the same events."""
        events: list[Event] = []
        *complete, rest = bytes(self._tail + data).split(b"\0")
        for stuffed in complete:
            size = len(stuffed) + self._skipped
            if size == 0:
                continue
            events.append(self._decode(stuffed, size + 1))
            self._skipped = 0
        # A sender that never delimits must not grow the buffer: keep only what could still be a frame.
        if len(rest) + self._skipped > MAX_WIRE:
            self._skipped += len(rest)
            rest = b""
        self._tail = bytearray(rest)
        return events

    def _decode(self, stuffed: bytes, wire_size: int) -> Event:
        event = decode_frame(stuffed, wire_size, is_to_host=self._is_to_host)
        if isinstance(event, Rejected):
            self.rejected[event.reason] += 1
        else:
            self.received += 1
        return event


def decode_frame(stuffed: bytes, wire_size: int, *, is_to_host: bool) -> Event:
    """The event of the bytes between two delimiters."""
    if wire_size - 1 > MAX_WIRE:
        return Rejected(Reason.TOO_LONG, wire_size)
    body = cobs_decode(stuffed)
    if body is None:
        return Rejected(Reason.BAD_COBS, wire_size)
    if len(body) < HEADER_SIZE + CRC_SIZE:
        return Rejected(Reason.TOO_SHORT, wire_size)
    if binascii.crc_hqx(body, CRC_START) != 0:  # over payload and its own CRC it is 0
        return Rejected(Reason.BAD_CRC, wire_size)
    kind = BY_ID.get(body[0])
    if kind is None:
        return Rejected(Reason.UNKNOWN_ID, wire_size)
    if is_to_host != kind.IS_TO_HOST:
        return Rejected(Reason.WRONG_DIRECTION, wire_size)
    fields = body[HEADER_SIZE:-CRC_SIZE]
    if len(fields) != kind.LAYOUT.size:
        return Rejected(Reason.WRONG_LENGTH, wire_size)
    return Received(kind(*kind.LAYOUT.unpack(fields)), body[1], wire_size)
