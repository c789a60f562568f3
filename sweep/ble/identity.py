"""What kind of device an advertiser is, from everything it said.

Input is the adverts of one address; output is an `Identity`: kind, maker and hints with weights.  Phones and trackers
come before cameras, so that nothing a bystander carries is called a camera because of one loose signature.  A maker's
name is looked up in the assigned numbers (makers.txt); a name sent over the air is never taken as a maker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from sweep.ble.adverts import Advert
from sweep.ble.signatures import (
    APPEARANCES,
    APPLE_CAMERA_CATEGORIES,
    APPLE_COMPANY,
    APPLE_FIND_MY_DEVICES,
    APPLE_HOMEKIT_MESSAGE,
    APPLE_MESSAGES,
    APPLE_NEAR_OWNER,
    MICROSOFT_COMPANY,
    MICROSOFT_DEVICES,
    SIGNATURES,
    SWITCHBOT_SERVICES,
    SWITCHBOT_TYPES,
    XIAOMI_BANDS,
    XIAOMI_SENSORS,
    XIAOMI_SERVICE,
    Kind,
    Signature,
)

# The first kind in this order that any signature names is the device's kind.
MAKERS: Final = Path(__file__).with_name("makers.txt")
PRECEDENCE: Final[tuple[Kind, ...]] = (
    "tracker", "watch", "headphones", "phone", "computer", "camera_hint", "media", "sensor", "beacon", "unknown",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hint:
    """One signature that was seen."""

    code: str
    weight_log10: float
    """Guessed log10 likelihood ratio for a camera; 0 for signatures of other things."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device is taken for."""

    kind: Kind
    company: str | None
    hints: tuple[Hint, ...]

    @property
    def camera_weight_log10(self) -> float:
        """The strongest hint at a camera; hints of one device are not independent, so they do not add up."""
        return max((hint.weight_log10 for hint in self.hints), default=0.0) if self.kind in _OPEN_KINDS else 0.0


_OPEN_KINDS: Final = frozenset({"camera_hint", "unknown"})


def identify(adverts: Iterable[Advert]) -> Identity:
    """The kind of one device; the order and number of adverts do not matter."""
    kinds: set[Kind] = set()
    hints: dict[str, float] = {}
    companies: set[int] = set()
    services: set[int] = set()
    for advert in adverts:
        companies |= {number for number, _ in advert.manufacturer_data}
        services |= advert.service_uuids | {number for number, _ in advert.service_data}
        for signature in SIGNATURES:
            if _matches(signature, advert):
                hints[signature.code] = signature.weight_log10
                kinds.add(signature.kind)
        for code, kind, weight in _vendor_messages(advert):
            hints[code] = weight
            kinds.add(kind)
    kind = next((kind for kind in PRECEDENCE if kind in kinds), "unknown")
    return Identity(kind, find_maker(companies, services), tuple(Hint(code, hints[code]) for code in sorted(hints)))


def _matches(signature: Signature, advert: Advert) -> bool:
    match signature.field:
        case "service":
            wants_data = signature.data_prefix or signature.data_octets is not None
            if not wants_data and signature.value in advert.service_uuids:
                return True
            return _holds(advert.service_data, signature)
        case "company":
            return _holds(advert.manufacturer_data, signature)
        case "name_prefix":
            return isinstance(signature.value, bytes) and advert.name.startswith(signature.value)
        case "name":
            return advert.name == signature.value


def _holds(parts: tuple[tuple[int, bytes], ...], signature: Signature) -> bool:
    return any(
        number == signature.value
        and data.startswith(signature.data_prefix)
        and signature.data_octets in {None, len(data)}
        for number, data in parts
    )


def _vendor_messages(advert: Advert) -> list[tuple[str, Kind, float]]:
    found: list[tuple[str, Kind, float]] = []
    for number, data in advert.manufacturer_data:
        if number == APPLE_COMPANY and len(data) >= 2:
            found += _apple_message(data)
        elif number == MICROSOFT_COMPANY and len(data) >= 2 and data[0] == 0x01:
            found.append(("microsoft_device", MICROSOFT_DEVICES.get(data[1] & 0x1F, "computer"), 0.0))
    for number, data in advert.service_data:
        found += _product(number, data)
    if advert.appearance is not None and (kind := APPEARANCES.get(advert.appearance >> 6)):
        found.append(("appearance", kind, 0.0))
    return found


def _product(service: int, data: bytes) -> list[tuple[str, Kind, float]]:
    if service == XIAOMI_SERVICE and len(data) >= 4:
        # Frame control u16, product u16 (MiBeacon).
        product = int.from_bytes(data[2:4], "little")
        if product in XIAOMI_BANDS:
            return [("xiaomi_band", "watch", 0.0)]
        return [("xiaomi_sensor", "sensor", 0.0)] if product in XIAOMI_SENSORS else []
    if service in SWITCHBOT_SERVICES and data and data[0] & 0x7F in SWITCHBOT_TYPES:
        return [("switchbot_device", "sensor", 0.0)]
    return []


def _apple_message(data: bytes) -> list[tuple[str, Kind, float]]:
    # Messages of type u8, length u8, value follow each other; the first decides.
    message, value = data[0], data[2:]
    if message == APPLE_HOMEKIT_MESSAGE and len(value) >= 9:
        # Status u8, device 6, category u16 (HomeKit Accessory Protocol 7.4.2.1).
        is_camera = int.from_bytes(value[7:9], "little") in APPLE_CAMERA_CATEGORIES
        return [("homekit_camera", "camera_hint", 0.3)] if is_camera else [("homekit_accessory", "sensor", 0.0)]
    if data.startswith(APPLE_NEAR_OWNER) and value:
        return [("find_my_near_owner", APPLE_FIND_MY_DEVICES[value[0] >> 4 & 0b11], 0.0)]
    if message == 0x10 and len(value) >= 2 and value[1] & 0x1F == 0x18:
        return [("apple_nearby_watch", "watch", 0.0)]
    kind = APPLE_MESSAGES.get(message)
    return [(f"apple_message_{message:02x}", kind, 0.0)] if kind else []


def find_maker(companies: set[int], services: set[int]) -> str | None:
    """The registered name behind a company identifier, else behind a member UUID; None when neither is known."""
    asked = [f"company {number:04X}" for number in sorted(companies)]
    asked += [f"member {number:04X}" for number in sorted(services)]
    return next((name for one in asked if (name := _makers().get(one))), None)


@lru_cache(maxsize=1)
def _makers() -> dict[str, str]:
    """Names by kind and number: a dated table, written by `.ci/registries.py`."""
    lines = MAKERS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))
