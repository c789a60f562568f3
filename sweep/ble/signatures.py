"""What is known of advertisements: one row per signature, each with its source and what it is worth.

Pure data.  `weight_log10` is the logarithm of a guessed likelihood ratio for "a camera is near"; until it is measured
it stays small, since a name or a maker never proves a camera.  Rows with a weight and the kind `unknown` belong to
makers whose radios sit in everything: they are a hint beside others and no camera by themselves.  Nothing else has a
weight.  Accessories of another maker's network are known by that network alone, whoever's name is on them: Eufy, moto
tag, JioTag and most new key finders send as Apple's or Google's do.
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
    data_octets: int | None = None
    """The data must be of this length; None: any."""


_SIG: Final = "Bluetooth SIG assigned numbers"
_FIELD: Final = "field notes, section 5"
_SERVICE: Final = f"{_SIG}, section 3.4.2"
_THEENGS: Final = "theengs/decoder device list"
_AIRGUARD: Final = "AirGuard, Heinrich et al., WiSec 2022, and its published scan filters"
_FHN: Final = "Find Hub Network accessory specification 1.3"
_GADGETBRIDGE: Final = "names and services that Gadgetbridge looks for"

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
    Signature("name_v380", "name_prefix", b"V380_", "camera_hint", 0.3, _FIELD),
    Signature("name_lookcam", "name_prefix", b"LookCam_", "camera_hint", 0.3, _FIELD),
    Signature("name_hidvcam", "name_prefix", b"HIDVCAM", "camera_hint", 0.3, _FIELD),
    Signature("name_gopro", "name_prefix", b"GoPro ", "camera_hint", 0.3, "Open GoPro BLE specification"),
    # Makers of cameras and of a thousand other things.
    Signature("tuya_company", "company", 0x07D0, "unknown", 0.05, _SIG),
    Signature("tuya_service", "service", 0xFD50, "unknown", 0.05, f"{_FIELD}; sensors, lamps, locks, seldom a camera"),
    Signature("anker_company", "company", 0x0CC2, "unknown", 0.05, f"{_FIELD}; also headphones and chargers"),
    Signature("xiaomi_company", "company", 0x038F, "unknown", 0.05, _FIELD),
    Signature("xiaomi_service", "service", 0xFE95, "unknown", 0.05, f"{_FIELD}; mostly thermometers"),
    Signature("espressif_company", "company", 0x02E5, "unknown", 0.05, _FIELD),
    # Trackers: information for whoever carries them unknowingly, never camera evidence.
    Signature("dult_service", "service", 0xFCB2, "tracker", 0.0, "IETF draft-ietf-dult-accessory-protocol-01"),
    Signature("find_my_separated", "company", 0x004C, "tracker", 0.0, _FIELD, b"\x12\x19"),
    Signature("google_find_frame", "service", 0xFEAA, "tracker", 0.0, _FHN, b"\x40"),
    Signature("google_find_alarm", "service", 0xFEAA, "tracker", 0.0, _FHN, b"\x41"),
    Signature("smarttag_service", "service", 0xFD5A, "tracker", 0.0, _AIRGUARD),
    Signature("smarttag_setup_service", "service", 0xFD59, "tracker", 0.0, _SIG),
    Signature("tile_service", "service", 0xFEED, "tracker", 0.0, _AIRGUARD),
    Signature("tile_setup_service", "service", 0xFEEC, "tracker", 0.0, _SIG),
    Signature("tile_new_service", "service", 0xFD84, "tracker", 0.0, _SIG),
    Signature("tile_company", "company", 0x067C, "tracker", 0.0, _SIG),
    Signature("tile_name", "name", b"Tile", "tracker", 0.0, _THEENGS),
    Signature("chipolo_service", "service", 0xFE33, "tracker", 0.0, _AIRGUARD),
    Signature("chipolo_new_service", "service", 0xFE65, "tracker", 0.0, _SIG),
    Signature("chipolo_company", "company", 0x08C3, "tracker", 0.0, _SIG),
    Signature("pebblebee_service", "service", 0xFA25, "tracker", 0.0, _AIRGUARD),
    Signature("adero_company", "company", 0x069A, "tracker", 0.0, f"{_SIG}; TrackR before"),
    Signature("tracmo_company", "company", 0x05F7, "tracker", 0.0, f"{_SIG}; CubiTag"),
    Signature("filo_company", "company", 0x0E45, "tracker", 0.0, _SIG),
    Signature("gigaset_tag", "company", 0x0180, "tracker", 0.0, _THEENGS, b"\x02\x15"),
    Signature("nut_name", "name", b"nut", "tracker", 0.0, _THEENGS),
    Signature("nutale_name", "name_prefix", b"nutale", "tracker", 0.0, _THEENGS),
    Signature("tag_it_name", "name_prefix", b"Tag-It", "tracker", 0.0, _THEENGS),
    Signature("itag_name", "name_prefix", b"iTAG", "tracker", 0.0, _THEENGS),
    Signature("nyon_name", "name_prefix", b"Nyon-", "tracker", 0.0, _THEENGS),
    Signature("theengs_ibeacon", "company", 0x004C, "tracker", 0.0, _THEENGS, b"\x02\x15Theengs-iBeacon2"),
    # Phones, as people carry them who are not looked for.
    Signature("exposure_service", "service", 0xFD6F, "phone", 0.0, "Exposure Notification specification 1.2"),
    Signature("nearby_share_service", "service", 0xFEF3, "phone", 0.0, _SIG),
    Signature("google_phone_service", "service", 0xFE9F, "phone", 0.0, _SIG),
    Signature("google_cross_service", "service", 0xFCF1, "phone", 0.0, _SIG),
    Signature("samsung_find_service", "service", 0xFD69, "phone", 0.0, f"{_AIRGUARD}; phones, watches, earphones"),
    # Watches, bands and rings.
    Signature("garmin_company", "company", 0x0087, "watch", 0.0, _SIG),
    Signature("garmin_service", "service", 0xFE1F, "watch", 0.0, _SIG),
    Signature("huami_company", "company", 0x0157, "watch", 0.0, _THEENGS),
    Signature("huami_service", "service", 0xFEE0, "watch", 0.0, _SIG),
    Signature("huami_new_service", "service", 0xFEE1, "watch", 0.0, _SIG),
    Signature("amazfit_name", "name_prefix", b"Amazfit ", "watch", 0.0, _GADGETBRIDGE),
    Signature("xiaomi_band_name", "name_prefix", b"Xiaomi Smart Band ", "watch", 0.0, _GADGETBRIDGE),
    Signature("mi_band_name", "name_prefix", b"Mi Smart Band ", "watch", 0.0, _GADGETBRIDGE),
    Signature("fitbit_service", "service", 0xFD62, "watch", 0.0, f"{_SIG} while Fitbit, Inc. held it"),
    Signature("fitbit_new_service", "service", 0xFD63, "watch", 0.0, f"{_SIG} while Fitbit, Inc. held it"),
    Signature("huawei_wearable_service", "service", 0xFE86, "watch", 0.0, _GADGETBRIDGE),
    Signature("huawei_watch_name", "name_prefix", b"HUAWEI WATCH ", "watch", 0.0, _GADGETBRIDGE),
    Signature("huawei_band_name", "name_prefix", b"HUAWEI Band ", "watch", 0.0, _GADGETBRIDGE),
    Signature("honor_watch_name", "name_prefix", b"HONOR Watch ", "watch", 0.0, _GADGETBRIDGE),
    Signature("honor_band_name", "name_prefix", b"HONOR Band ", "watch", 0.0, _GADGETBRIDGE),
    Signature("galaxy_watch_name", "name_prefix", b"Galaxy Watch", "watch", 0.0, "the name Samsung gives it"),
    Signature("galaxy_fit_name", "name_prefix", b"Galaxy Fit", "watch", 0.0, "the name Samsung gives it"),
    Signature("polar_company", "company", 0x006B, "watch", 0.0, _SIG),
    Signature("polar_service", "service", 0xFEEE, "watch", 0.0, _SIG),
    Signature("suunto_company", "company", 0x009F, "watch", 0.0, _SIG),
    Signature("casio_company", "company", 0x0178, "watch", 0.0, _SIG),
    Signature("pebble_company", "company", 0x0154, "watch", 0.0, _SIG),
    Signature("pebble_service", "service", 0xFED9, "watch", 0.0, _SIG),
    Signature("oura_company", "company", 0x02B2, "watch", 0.0, f"{_SIG}; a ring"),
    Signature("heart_rate_service", "service", 0x180D, "watch", 0.0, _SERVICE),
    # Earphones, headsets and hearing aids.
    Signature("fast_pair_service", "service", 0xFE2C, "headphones", 0.0, "Google Fast Pair specification"),
    Signature("audio_stream_service", "service", 0x184E, "headphones", 0.0, f"{_SERVICE}; LE Audio"),
    Signature("hearing_access_service", "service", 0x1854, "headphones", 0.0, f"{_SERVICE}; LE Audio"),
    Signature("hearing_aid_service", "service", 0xFDF0, "headphones", 0.0, "Android ASHA specification"),
    Signature("galaxy_buds_name", "name_prefix", b"Galaxy Buds", "headphones", 0.0, _GADGETBRIDGE),
    Signature("freebuds_name", "name_prefix", b"HUAWEI FreeBuds", "headphones", 0.0, _GADGETBRIDGE),
    Signature("jabra_service", "service", 0xFEFF, "headphones", 0.0, f"{_SIG}; GN Netcom"),
    Signature("jabra_company", "company", 0x0067, "headphones", 0.0, f"{_SIG}; GN"),
    Signature("gn_hearing_company", "company", 0x0089, "headphones", 0.0, _SIG),
    Signature("gn_hearing_service", "service", 0xFEFE, "headphones", 0.0, _SIG),
    Signature("plantronics_company", "company", 0x0055, "headphones", 0.0, _SIG),
    Signature("plantronics_service", "service", 0xFED5, "headphones", 0.0, _SIG),
    Signature("bose_company", "company", 0x009E, "headphones", 0.0, _SIG),
    Signature("bose_service", "service", 0xFEBE, "headphones", 0.0, _SIG),
    Signature("bose_new_service", "service", 0xFDD2, "headphones", 0.0, _SIG),
    Signature("beats_company", "company", 0x00CC, "headphones", 0.0, _SIG),
    Signature("sennheiser_company", "company", 0x0494, "headphones", 0.0, _SIG),
    Signature("sennheiser_service", "service", 0xFDCE, "headphones", 0.0, _SIG),
    Signature("skullcandy_company", "company", 0x07C9, "headphones", 0.0, _SIG),
    Signature("demant_company", "company", 0x0107, "headphones", 0.0, _SIG),
    Signature("sonova_company", "company", 0x0282, "headphones", 0.0, _SIG),
    Signature("starkey_company", "company", 0x00BA, "headphones", 0.0, _SIG),
    Signature("cochlear_company", "company", 0x0497, "headphones", 0.0, _SIG),
    # Sensors.  They stand below cameras: a camera that also measures the temperature stays one.
    Signature("tuya_plant_sensor", "service", 0xFD50, "sensor", 0.0, f"{_THEENGS}, HHCCJCY10", data_octets=9),
    Signature("bthome_service", "service", 0xFCD2, "sensor", 0.0, "BTHome specification 2"),
    Signature("shelly_company", "company", 0x0BA9, "sensor", 0.0, _SIG),
    Signature("qingping_service", "service", 0xFDCD, "sensor", 0.0, _SIG),
    Signature("ruuvi_company", "company", 0x0499, "sensor", 0.0, _SIG),
    Signature("blue_maestro_company", "company", 0x0133, "sensor", 0.0, _SIG),
    Signature("govee_meter_name", "name_prefix", b"GVH5", "sensor", 0.0, _THEENGS),
    Signature("govee_meter_long_name", "name_prefix", b"Govee_H5", "sensor", 0.0, _THEENGS),
    Signature("environment_service", "service", 0x181A, "sensor", 0.0, f"{_SERVICE}; b-parasite in the soil, too"),
    Signature("body_composition_service", "service", 0x181B, "sensor", 0.0, _SERVICE),
    Signature("weight_service", "service", 0x181D, "sensor", 0.0, _SERVICE),
    Signature("thermometer_service", "service", 0x1809, "sensor", 0.0, _SERVICE),
    Signature("blood_pressure_service", "service", 0x1810, "sensor", 0.0, _SERVICE),
    Signature("glucose_service", "service", 0x1808, "sensor", 0.0, _SERVICE),
    Signature("glucose_monitoring_service", "service", 0x181F, "sensor", 0.0, _SERVICE),
    Signature("cycling_service", "service", 0x1816, "sensor", 0.0, _SERVICE),
    # Beacons.
    Signature("ibeacon", "company", 0x004C, "beacon", 0.0, "Apple Proximity Beacon specification", b"\x02\x15"),
    Signature("eddystone", "service", 0xFEAA, "beacon", 0.0, "Eddystone protocol specification"),
)  # fmt: skip

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
