"""Simulated BLE advertisers as a phone-like controller at one place would hear them.

Input is emitters with places and kinds, the listener's place, a duration and a seed; output is adverts as heard.
Everything is made up: random addresses, invented payloads in the shape that such devices send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sweep.modality.addresses import parse_address

from .path import frame_levels_dbm, mean_level_dbm, receives

BleKind = Literal["phone", "watch", "headphones", "computer", "tracker", "beacon", "camera_setup"]
DEFAULT_START_NS: Final = 1_750_000_000_000_000_000
INTERVALS_S: Final[dict[str, float]] = {
    "phone": 0.3, "watch": 0.4, "headphones": 0.25, "computer": 0.2, "tracker": 2.0, "beacon": 0.5, "camera_setup":
    0.15, }  # fmt: skip
"""Advertising intervals: guessed, the usual order of magnitude."""
HEARD_SHARE: Final = 0.3
"""Of the packets, by a receiver on one of three channels: guessed."""
MAX_NAME_OCTETS: Final = 26


@dataclass(frozen=True, slots=True)
class BleEmitter:
    """One advertiser in the simulated room."""

    kind: BleKind
    address: str
    """`aa:bb:cc:dd:ee:ff`, sent as a random address."""
    x_m: float
    y_m: float
    tx_dbm: float = 0.0
    name: bytes = b""
    """Local name, any octets; what the kind usually sends when empty."""


@dataclass(frozen=True, slots=True)
class HeardAdvert:
    """One advert as the receiver heard it."""

    t_ns: int
    emitter: BleEmitter
    level_dbm: int

    @property
    def payload(self) -> bytes:
        """Its AD structures."""
        return _payload(self.emitter)

    @property
    def is_connectable(self) -> bool:
        """Whether the device says that one may connect."""
        return self.emitter.kind in {"phone", "camera_setup"}


def hear_adverts(
    *,
    emitters: Sequence[BleEmitter],
    listener_xy_m: tuple[float, float],
    seconds: float,
    seed: int,
    start_ns: int = DEFAULT_START_NS,
) -> list[HeardAdvert]:
    """What a receiver at `listener_xy_m` hears within `seconds`, in order of time.

    ValueError for a bad address.
    """
    rng = np.random.default_rng([seed, round(listener_xy_m[0] * 100) & 0xFFFF, round(listener_xy_m[1] * 100) & 0xFFFF])
    heard: list[HeardAdvert] = []
    for emitter in emitters:
        interval_s = INTERVALS_S[emitter.kind]
        count = max(int(seconds / interval_s), 1)
        times = np.cumsum(interval_s + rng.uniform(0, 0.01, count)) - rng.uniform(0, interval_s)
        mean = mean_level_dbm(emitter.address, (emitter.x_m, emitter.y_m), listener_xy_m, emitter.tx_dbm, seed)
        levels = frame_levels_dbm(mean, count, rng)
        usable = receives(levels, rng) & (rng.random(count) < HEARD_SHARE) & (times < seconds)
        heard += [HeardAdvert(start_ns + int(times[i] * 1e9), emitter, int(levels[i])) for i in np.flatnonzero(usable)]
    return sorted(heard, key=lambda advert: advert.t_ns)


def _payload(emitter: BleEmitter) -> bytes:
    """AD structures that such a device sends; the invented part comes from its address."""
    noise = parse_address(emitter.address).to_bytes(6, "big") * 5
    flags = b"\x02\x01\x06"
    parts: list[bytes] = []
    match emitter.kind:
        case "phone":
            parts = [b"\x02\x01\x1a", _part(0xFF, b"\x4c\x00\x10\x05\x01\x1c" + noise[:3])]
        case "watch":
            parts = [b"\x02\x01\x1a", _part(0xFF, b"\x4c\x00\x10\x05\x0b\x18" + noise[:3])]
        case "headphones":
            parts = [_part(0xFF, b"\x4c\x00\x07\x19\x01" + noise[:24])]
        case "computer":
            parts = [_part(0xFF, b"\x06\x00\x01\x09\x20\x02" + noise[:23])]
        case "tracker":
            parts = [_part(0xFF, b"\x4c\x00\x12\x19\x00" + noise[:24])]
        case "beacon":
            parts = [flags, _part(0xFF, b"\x4c\x00\x02\x15" + noise[:16] + b"\0\1\0\2\xc5")]
        case "camera_setup":
            parts = [flags, _part(0x03, b"\x50\xfd")]
    name = emitter.name or (b"LookCam_" + noise[3:6].hex().encode() if emitter.kind == "camera_setup" else b"")
    if not name:
        return b"".join(parts)
    room = 31 - sum(len(part) for part in parts) - 2
    named = _part(0x09, name[: min(MAX_NAME_OCTETS, max(room, 0))])
    return b"".join([*parts, named]) if room > 0 else flags + named


def _part(kind: int, value: bytes) -> bytes:
    return bytes([len(value) + 1, kind]) + value
