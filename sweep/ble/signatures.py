"""What is known of advertisements: one row per signature, each with its source and what it is worth.

Pure data.  `weight_log10` is the logarithm of a guessed likelihood ratio for "a camera is near"; until it is measured
it stays small, since a name or a maker never proves a camera.  Rows with a weight and the kind `unknown` belong to
makers whose radios sit in everything: they are a hint beside others and no camera by themselves.  Trackers and phones
have no weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

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


_SIG: Final = "Bluetooth SIG assigned numbers"
_FIELD: Final = "field notes, section 5"
_THEENGS: Final = "theengs/decoder device list"

SIGNATURES: Final = (
    # Cameras that announce themselves, set-up beacons and glasses.
    Signature("gopro_service", "service", 0xFEA6, "camera_hint", 0.3, "Open GoPro BLE specification"),
    Signature("gopro_company", "company", 0x02F2, "camera_hint", 0.3, _SIG),
    Signature("meta_glasses_company", "company", 0x01AB, "camera_hint", 0.3, _FIELD),
    Signature("meta_glasses_service", "service", 0xFD5F, "camera_hint", 0.3, _FIELD),
    Signature("luxottica_company", "company", 0x0D53, "camera_hint", 0.3, f"{_SIG}; frames of camera glasses"),
    Signature("snap_company", "company", 0x03C2, "camera_hint", 0.3, f"{_SIG}; camera glasses"),
    Signature("wyze_company", "company", 0x0870, "camera_hint", 0.2, _FIELD),
    Signature("wyze_service", "service", 0xFD7B, "camera_hint", 0.2, _SIG),
    Signature("arlo_company", "company", 0x0C19, "camera_hint", 0.3, _FIELD),
    Signature("hikvision_company", "company", 0x0E25, "camera_hint", 0.2, _SIG),
    Signature("dji_company", "company", 0x08AA, "camera_hint", 0.2, _FIELD),
    Signature("tuya_setup_service", "service", 0xFD50, "camera_hint", 0.1, f"{_FIELD}: also lamps and locks"),
    Signature("name_v380", "name_prefix", b"V380_", "camera_hint", 0.3, _FIELD),
    Signature("name_lookcam", "name_prefix", b"LookCam_", "camera_hint", 0.3, _FIELD),
    Signature("name_hidvcam", "name_prefix", b"HIDVCAM", "camera_hint", 0.3, _FIELD),
    Signature("name_gopro", "name_prefix", b"GoPro ", "camera_hint", 0.3, "Open GoPro BLE specification"),
    # Makers of cameras and of a thousand other things.
    Signature("tuya_company", "company", 0x07D0, "unknown", 0.05, _SIG),
    Signature("anker_company", "company", 0x0CC2, "unknown", 0.05, f"{_FIELD}; also headphones and chargers"),
    Signature("xiaomi_company", "company", 0x038F, "unknown", 0.05, _FIELD),
    Signature("xiaomi_service", "service", 0xFE95, "unknown", 0.05, f"{_FIELD}; mostly thermometers"),
    Signature("espressif_company", "company", 0x02E5, "unknown", 0.05, _FIELD),
    # Trackers: information for whoever carries them unknowingly, never camera evidence.
    Signature("dult_service", "service", 0xFCB2, "tracker", 0.0, "IETF draft-detecting-unwanted-location-trackers"),
    Signature("find_my_separated", "company", 0x004C, "tracker", 0.0, _FIELD, b"\x12\x19"),
    Signature("tile_service", "service", 0xFEED, "tracker", 0.0, _FIELD),
    Signature("tile_setup_service", "service", 0xFEEC, "tracker", 0.0, _SIG),
    Signature("tile_new_service", "service", 0xFD84, "tracker", 0.0, _SIG),
    Signature("tile_company", "company", 0x067C, "tracker", 0.0, _SIG),
    Signature("tile_name", "name", b"Tile", "tracker", 0.0, _THEENGS),
    Signature("smarttag_service", "service", 0xFD5A, "tracker", 0.0, _FIELD),
    Signature("smarttag_setup_service", "service", 0xFD59, "tracker", 0.0, _SIG),
    Signature("google_find_frame", "service", 0xFEAA, "tracker", 0.0, "Find My Device Network specification", b"\x40"),
    Signature("google_find_alarm", "service", 0xFEAA, "tracker", 0.0, "Find My Device Network specification", b"\x41"),
    Signature("chipolo_service", "service", 0xFE33, "tracker", 0.0, _FIELD),
    Signature("chipolo_new_service", "service", 0xFE65, "tracker", 0.0, _SIG),
    Signature("chipolo_company", "company", 0x08C3, "tracker", 0.0, _SIG),
    Signature("pebblebee_service", "service", 0xFA25, "tracker", 0.0, _FIELD),
    Signature("gigaset_tag", "company", 0x0180, "tracker", 0.0, _THEENGS, b"\x02\x15"),
    Signature("nut_name", "name", b"nut", "tracker", 0.0, _THEENGS),
    Signature("itag_name", "name_prefix", b"iTAG", "tracker", 0.0, "field reports; a key finder without a maker"),
    Signature("nyon_name", "name_prefix", b"Nyon-", "tracker", 0.0, _THEENGS),
    Signature("theengs_ibeacon", "company", 0x004C, "tracker", 0.0, _THEENGS, b"\x02\x15Theengs-iBeacon2"),
    # Carried by people who are not looked for.
    Signature("exposure_service", "service", 0xFD6F, "phone", 0.0, "Exposure Notification specification 1.2"),
    Signature("nearby_share_service", "service", 0xFEF3, "phone", 0.0, _SIG),
    Signature("google_phone_service", "service", 0xFE9F, "phone", 0.0, _SIG),
    Signature("google_cross_service", "service", 0xFCF1, "phone", 0.0, _SIG),
    Signature("fast_pair_service", "service", 0xFE2C, "headphones", 0.0, "Google Fast Pair specification"),
    Signature("huami_company", "company", 0x0157, "watch", 0.0, _THEENGS),
    Signature("garmin_company", "company", 0x0087, "watch", 0.0, _SIG),
    Signature("garmin_service", "service", 0xFE1F, "watch", 0.0, _SIG),
    Signature("ibeacon", "company", 0x004C, "beacon", 0.0, "Apple Proximity Beacon specification", b"\x02\x15"),
    Signature("eddystone", "service", 0xFEAA, "beacon", 0.0, "Eddystone protocol specification"),
)  # fmt: skip

APPLE_COMPANY: Final = 0x004C
MICROSOFT_COMPANY: Final = 0x0006

# First message of Apple's manufacturer data -> kind; Martin et al., "Handoff All Your Privacy", PoPETs 2019, table 1.
APPLE_MESSAGES: Final[dict[int, Kind]] = {
    0x05: "phone", 0x07: "headphones", 0x09: "media", 0x0A: "media", 0x0C: "phone", 0x0D: "phone", 0x0E: "phone",
    0x0F: "phone", 0x10: "phone",
}  # fmt: skip
APPLE_HOMEKIT_MESSAGE: Final = 0x06
APPLE_CAMERA_CATEGORIES: Final = frozenset({17, 18})
"""IP camera and video doorbell, HomeKit Accessory Protocol specification table 13-1."""

# Appearance category (upper ten bits) -> kind; Assigned Numbers section 2.6.2.
APPEARANCES: Final[dict[int, Kind]] = {
    1: "phone", 2: "computer", 3: "watch", 8: "tracker", 9: "tracker", 0x15: "sensor", 0x25: "headphones",
}  # fmt: skip

# Microsoft connected devices platform: device type (lower five bits of the second octet) -> kind; MS-CDP 2.2.2.2.3.
MICROSOFT_DEVICES: Final[dict[int, Kind]] = {6: "phone", 7: "phone", 8: "phone"}
