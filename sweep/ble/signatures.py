"""What is known of advertisements: one row of signatures.csv per signature, with its source and what it is worth.

`weight_log10` is the logarithm of a guessed likelihood ratio for "a camera is near"; until it is measured it stays
small, since a name or a maker never proves a camera.  Rows with a weight and the kind `unknown` belong to makers whose
radios sit in everything: they are a hint beside others and no camera by themselves.  Nothing else has a weight.
Accessories of another maker's network are known by that network alone, whoever's name is on them: Eufy, moto tag,
JioTag and most new key finders send as Apple's or Google's do.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast

Kind = Literal[
    "camera_hint", "tracker", "phone", "watch", "headphones", "computer", "beacon", "sensor", "media", "unknown"
]
Field = Literal["service", "company", "name_prefix", "name"]


@dataclass(frozen=True, slots=True)
class Signature:
    """One thing an advertisement may show."""

    code: str
    field: Field
    """`service`: a 16-bit UUID listed or with data; `company`: a manufacturer identifier; the names compare octets."""
    value: int | bytes
    kind: Kind
    weight_log10: float
    source: str
    data_prefix: bytes = b""
    """The data behind the service or company must begin so."""
    data_octets: int | None = None
    """The data must be of this length; None: any."""


def _read_table() -> tuple[Signature, ...]:
    """The rows of signatures.csv: numbers and the beginning of data in hexadecimal."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(map(_signature, csv.DictReader(line for line in file if not line.startswith("#"))))


def _signature(row: dict[str, str]) -> Signature:
    field, value = cast("Field", row["field"]), row["value"]
    return Signature(
        code=row["code"],
        field=field,
        value=int(value, 16) if field in {"service", "company"} else value.encode(),
        kind=cast("Kind", row["kind"]),
        weight_log10=float(row["weight_log10"]),
        source=row["source"],
        data_prefix=bytes.fromhex(row["data_prefix"]),
        data_octets=int(row["data_octets"]) if row["data_octets"] else None,
    )


TABLE: Final = Path(__file__).with_name("signatures.csv")
SIGNATURES: Final = _read_table()

APPLE_COMPANY: Final = 0x004C
MICROSOFT_COMPANY: Final = 0x0006

# First message of Apple's manufacturer data -> kind; Martin et al., "Handoff All Your Privacy", PoPETs 2019, table 1.
APPLE_MESSAGES: Final[dict[int, Kind]] = {
    0x05: "phone", 0x07: "headphones", 0x08: "phone", 0x09: "media", 0x0A: "media", 0x0B: "watch", 0x0C: "phone",
    0x0D: "phone", 0x0E: "phone", 0x0F: "phone", 0x10: "phone",
}  # fmt: skip
APPLE_NEAR_OWNER: Final = b"\x12\x02"
"""Find My while its owner is near: a status octet follows, and one of the key."""
# Bits 4 and 5 of the status octet -> what sends it (AirGuard's device types): an Apple device, an AirTag, an accessory
# of another maker, AirPods.  Away from the owner all are trackers: home-made ones give themselves out for any of them.
APPLE_FIND_MY_DEVICES: Final[tuple[Kind, ...]] = ("phone", "tracker", "tracker", "headphones")
APPLE_HOMEKIT_MESSAGE: Final = 0x06
APPLE_CAMERA_CATEGORIES: Final = frozenset({17, 18})
"""IP camera and video doorbell, HomeKit Accessory Protocol specification table 13-1."""

# Appearance category (upper ten bits) -> kind; Assigned Numbers section 2.6.2.
APPEARANCES: Final[dict[int, Kind]] = {
    1: "phone", 2: "computer", 3: "watch", 8: "tracker", 9: "tracker", 0x0C: "sensor", 0x0D: "watch", 0x0E: "sensor",
    0x10: "sensor", 0x15: "sensor", 0x25: "headphones", 0x29: "headphones", 0x31: "sensor", 0x32: "sensor",
}  # fmt: skip

# Microsoft connected devices platform: device type (lower five bits of the second octet) -> kind; MS-CDP 2.2.2.2.3.
MICROSOFT_DEVICES: Final[dict[int, Kind]] = {6: "phone", 7: "phone", 8: "phone"}

XIAOMI_SERVICE: Final = 0xFE95
# Product in the third and fourth octet of Xiaomi's service data, little-endian; the device table of
# Bluetooth-Devices/xiaomi-ble, whose every product but the bands measures, switches, locks or is a household appliance.
XIAOMI_BANDS: Final = frozenset({0x59FA, 0x59FB, 0x59FC, 0x6188})
XIAOMI_SENSORS: Final = frozenset({
    0x0098, 0x015D, 0x03BC,  # plants
    0x00DB, 0x01AA, 0x02DF, 0x0347, 0x0387, 0x0391, 0x045B, 0x055B, 0x0576, 0x066F, 0x06D3, 0x0B48, 0x0C3C, 0x1203,
    0x16E4, 0x2542, 0x2832, 0x4F59, 0x520B, 0x55B5, 0x5BEA, 0x5DB1, 0x78DB,  # air
    0x03D6, 0x03DD, 0x07F6, 0x0863, 0x098B, 0x0997, 0x0A83, 0x0A8D, 0x1889, 0x2AEB, 0x3531, 0x3F0F, 0x3F4C, 0x4683,
    0x4C60, 0x50FB, 0x6A0F, 0x78D1,  # doors, motion, smoke, water
    0x0153, 0x03B6, 0x03BF, 0x04E1, 0x04E6, 0x068E, 0x07BF, 0x0DFD, 0x1568, 0x1569, 0x1949, 0x1C10, 0x2387, 0x38BB,
    0x3A61, 0x3E17, 0x5968,  # switches
    0x0380, 0x04E9, 0x0599, 0x069E, 0x069F, 0x0784, 0x098C, 0x0E39, 0x11C2,  # locks
    0x0083, 0x0113, 0x0248, 0x040A, 0x045C, 0x0489, 0x0806, 0x0DE7, 0x1790,  # appliances
    0x30D9, 0x3BD5, 0x45C9, 0x48CF, 0x4B05, 0x4C04, 0x4DCB,  # scales
})  # fmt: skip

SWITCHBOT_SERVICES: Final = frozenset({0x0D00, 0xFD3D})
SWITCHBOT_TYPES: Final = frozenset(b"HTecs{duroigw")
"""Lower seven bits of the first octet of SwitchBot's service data (its published BLE interface, and `w`, the outdoor
meter, of node-switchbot): meters, switches, curtains, lamps, a lock.  Its cameras are not among them."""
