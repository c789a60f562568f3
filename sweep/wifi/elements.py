"""Information elements of management frames: what a radio says of itself, reduced to a signature and a few names.

Input is a block and its parsed headers; output is `Elements` per sender.  A sender's frames are walked again only when
their length changes, which is when elements come or go.  The network name of a probe request tells where a bystander
has been and is stepped over unread; names of devices (WPS) are hostile text and stay bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dot11 import BEACON, MANAGEMENT, NO_ADDRESS, PROBE_REQUEST, PROBE_RESPONSE, Dot11Frames

MAX_WALKS: Final = 8
"""Frames walked per sender: guessed; a radio says two or three different things, a flood any number."""
MAX_SENDERS: Final = 20_000
MAX_NAME_OCTETS: Final = 32
"""Of a device name, as the Wi-Fi Simple Configuration specification allows."""
_FIXED: Final = {0: 4, 2: 10, PROBE_REQUEST: 0, PROBE_RESPONSE: 12, BEACON: 12}
"""Octets before the elements by subtype (IEEE 802.11-2020, 9.3.3)."""
_SSID, _VENDOR, _EXTENSION = 0, 221, 255
_STABLE: Final = frozenset({1, 45, 50, 59, 127, 191})
"""Elements whose contents belong to the radio and not to the moment: rates, HT, operating classes, extended, VHT."""
_STABLE_EXTENSIONS: Final = frozenset({35, 108})  # HE and EHT capabilities
_WPS: Final = b"\x00\x50\xf2\x04"
_WPS_NAMES, _WPS_UUID = (0x1011, 0x1021, 0x1023), 0x1047
"""Attributes: device name, manufacturer, model name; UUID-E."""


class Elements(NamedTuple):
    """What one sender's management frames say of it."""

    signature: str
    """Sixteen hexadecimal digits: the same for the same kind of radio and software, not for one device."""
    names: tuple[bytes, ...]
    """Device name, manufacturer and model, raw octets: hostile, for the body of a finding only."""
    uuid: bytes
    """Of the device, by WPS; empty where it does not say."""
    clock_us: int | None = None
    """When its timer stood at zero, by the capture's clock; None where it announces no timer."""


def read_elements(
    data: NDArray[np.uint8], frames: Dot11Frames, known: dict[int, Elements], walked: dict[int, set[int]]
) -> None:
    """Add what the frames of a block say to `known`, by sender; `walked` remembers lengths seen so far.

    `data` is the buffer that `frames.start` points into.  A frame cut inside its elements gives no signature.
    """
    is_wanted = (frames.kind == MANAGEMENT) & np.isin(frames.subtype, list(_FIXED)) & (frames.ta != NO_ADDRESS)
    rows = np.flatnonzero(is_wanted & (frames.captured > 26))
    if not len(rows):
        return
    key = (frames.ta[rows] << np.uint64(16)) | ((frames.frame_len[rows] & 0xFFF) << 4 | frames.subtype[rows]).astype(
        np.uint64
    )
    _, first = np.unique(key, return_index=True)
    for row in rows[first].tolist():
        sender, shape = int(frames.ta[row]), int(frames.frame_len[row]) << 4 | int(frames.subtype[row])
        if sender not in walked and len(walked) >= MAX_SENDERS:
            continue
        shapes = walked.setdefault(sender, set())
        if shape in shapes or len(shapes) >= MAX_WALKS:
            continue
        shapes.add(shape)
        begin, subtype = int(frames.start[row]), int(frames.subtype[row])
        body = data[begin + 24 + _FIXED[subtype] : begin + int(frames.captured[row])].tobytes()
        found = read_body(body)
        if found is not None:
            timer_us = int.from_bytes(data[begin + 24 : begin + 32].tobytes(), "little") if _FIXED[subtype] == 12 else 0
            clock_us = int(frames.t_ns[row]) // 1_000 - timer_us if timer_us else None
            known[sender] = _merge(known.get(sender), found._replace(clock_us=clock_us))


def _merge(before: Elements | None, found: Elements) -> Elements:
    """The first signature stays; names and UUID are taken wherever they appear."""
    if before is None:
        return found
    names = tuple(dict.fromkeys((*before.names, *found.names)))[:8]
    clock_us = found.clock_us if before.clock_us is None else before.clock_us
    return Elements(before.signature, names, before.uuid or found.uuid, clock_us)


def read_body(body: bytes) -> Elements | None:
    """What a run of elements says; None when the last one is cut."""
    digest = hashlib.sha256()
    names: list[bytes] = []
    uuid = b""
    for number, value in walk(body):
        if value is None:
            return None
        digest.update(bytes([number]))
        if number == _VENDOR:
            digest.update(value[:4])
            if value.startswith(_WPS):
                for attribute, content in _walk_wps(value[4:]):
                    if attribute in _WPS_NAMES and content.strip(b"\0 "):
                        names.append(content[:MAX_NAME_OCTETS])
                    elif attribute == _WPS_UUID and len(content) == 16 and any(content):
                        uuid = content
        elif number == _EXTENSION:
            digest.update(value if value[:1] and value[0] in _STABLE_EXTENSIONS else value[:1])
        elif number in _STABLE:
            digest.update(value)
    return Elements(digest.hexdigest()[:16], tuple(names), uuid)


def walk(body: bytes) -> Iterator[tuple[int, bytes | None]]:
    """Elements as (id, value); the value of a cut one is None, and that of a network name is never given out."""
    position = 0
    while position < len(body):
        end = position + 2 + (body[position + 1] if position + 1 < len(body) else len(body))
        if end > len(body):
            yield body[position], None
            return
        yield body[position], b"" if body[position] == _SSID else body[position + 2 : end]
        position = end


def _walk_wps(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Attributes: type and length (u16 each, big-endian), then the value."""
    position = 0
    while position + 4 <= len(body):
        attribute, length = (
            int.from_bytes(body[position : position + 2]),
            int.from_bytes(body[position + 2 : position + 4]),
        )
        yield attribute, body[position + 4 : position + 4 + length]
        position += 4 + length
