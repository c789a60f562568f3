"""What kind a device is: trackers, phones and cameras, and what never makes a camera."""

import runpy
import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.ble import identity as module
from sweep.ble.adverts import Advert
from sweep.ble.identity import find_maker, identify
from sweep.ble.signatures import SIGNATURES, XIAOMI_BANDS, XIAOMI_SENSORS


def advert(
    *,
    name: bytes = b"",
    company: int | None = None,
    data: bytes = b"",
    service: int | None = None,
    service_data: bytes | None = None,
    appearance: int | None = None,
) -> Advert:
    return Advert(
        t_ns=0,
        address=1,
        is_random=True,
        rssi_dbm=-60,
        is_connectable=False,
        name=name,
        manufacturer_data=() if company is None else ((company, data),),
        service_uuids=frozenset() if service is None else frozenset({service}),
        service_data=() if service is None or service_data is None else ((service, service_data),),
        appearance=appearance,
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (advert(service=0xFEA6), "camera_hint"),
        (advert(company=0x01AB), "camera_hint"),
        (advert(service=0xFD5F), "camera_hint"),
        (advert(company=0x0870), "camera_hint"),
        (advert(company=0x0C19), "camera_hint"),
        (advert(company=0x08AA), "camera_hint"),
        (advert(name=b"V380_1234"), "camera_hint"),
        (advert(name=b"LookCam_GW"), "camera_hint"),
        (advert(name=b"HIDVCAM-0001"), "camera_hint"),
        (advert(company=0x004C, data=bytes.fromhex("06310011223344556611000a0b0c0d")), "camera_hint"),
        (advert(service=0xFCB2, service_data=b"\x01\x00"), "tracker"),
        (advert(company=0x004C, data=b"\x12\x19\x10" + bytes(24)), "tracker"),
        (advert(service=0xFEED), "tracker"),
        (advert(service=0xFD5A, service_data=bytes(20)), "tracker"),
        (advert(company=0x004C, data=b"\x12\x02\x10\x01"), "tracker"),
        (advert(company=0x004C, data=b"\x12\x02\x20\x01"), "tracker"),
        (advert(company=0x004C, data=b"\x12\x02\x30\x01"), "headphones"),
        (advert(company=0x004C, data=b"\x12\x02\x00\x01"), "phone"),
        (advert(service=0xFD59), "tracker"),
        (advert(service=0xFEEC), "tracker"),
        (advert(service=0xFD84), "tracker"),
        (advert(service=0xFEAA, service_data=b"\x40" + bytes(20)), "tracker"),
        (advert(service=0xFEAA, service_data=b"\x41" + bytes(20)), "tracker"),
        (advert(service=0xFE33), "tracker"),
        (advert(service=0xFE65), "tracker"),
        (advert(service=0xFA25), "tracker"),
        (advert(company=0x069A), "tracker"),
        (advert(company=0x05F7), "tracker"),
        (advert(company=0x0E45), "tracker"),
        (advert(name=b"nutale-1"), "tracker"),
        (advert(name=b"iTAG  "), "tracker"),
        (advert(service=0xFEAA, service_data=b"\x10\x00\x03a"), "beacon"),
        (advert(company=0x004C, data=b"\x02\x15" + bytes(21)), "beacon"),
        (advert(company=0x004C, data=b"\x02\x15Theengs-iBeacon1" + bytes(5)), "tracker"),
        (advert(company=0x004C, data=b"\x02\x15Theengs-iBeacon2" + bytes(5)), "tracker"),
        (advert(company=0x004C, data=b"\x02\x15Theengs-iBeacoms" + bytes(5)), "beacon"),
        (advert(name=b"FMT100_0123"), "tracker"),
        (advert(name=b"TicWatch GTH 1A2B"), "watch"),
        (advert(name=b"TicWatch Pro 3 0123", service=0xFE2C), "watch"),
        (advert(company=0x004C, data=b"\x10\x05\x01\x1c\0\0\0"), "phone"),
        (advert(company=0x004C, data=b"\x10\x05\x01\x98\0\0\0"), "watch"),
        (advert(company=0x004C, data=b"\x07\x19" + bytes(25)), "headphones"),
        (advert(company=0x0006, data=b"\x01\x09\x20\x02"), "computer"),
        (advert(company=0x0006, data=b"\x01\x08\x20\x02"), "phone"),
        (advert(service=0xFD6F), "phone"),
        (advert(appearance=0x0040), "phone"),
        (advert(appearance=0x0941), "headphones"),
        (advert(appearance=0x0A40), "headphones"),
        (advert(company=0x004C, data=b"\x08\x07" + bytes(7)), "phone"),
        (advert(company=0x004C, data=b"\x0b\x03\0\0\0"), "watch"),
        (advert(service=0xFD69, service_data=bytes(20)), "phone"),
        (advert(company=0x0087), "watch"),
        (advert(service=0xFEE0), "watch"),
        (advert(service=0xFD62), "watch"),
        (advert(service=0xFE86), "watch"),
        (advert(name=b"HUAWEI Band 8-123"), "watch"),
        (advert(name=b"Amazfit GTS 4"), "watch"),
        (advert(name=b"Galaxy Watch6 (0000)"), "watch"),
        (advert(service=0xFE95, service_data=bytes.fromhex("b050fa5900")), "watch"),
        (advert(service=0xFEFF), "headphones"),
        (advert(service=0x184E, service_data=b"\0"), "headphones"),
        (advert(service=0xFDF0), "headphones"),
        (advert(name=b"Galaxy Buds2 Pro"), "headphones"),
        # Sensors, of makers of cameras too.
        (advert(service=0xFE95, service_data=bytes.fromhex("7120980012")), "sensor"),
        (advert(service=0xFD50, service_data=bytes(9)), "sensor"),
        (advert(service=0xFD3D, service_data=b"\x69\x00"), "sensor"),
        (advert(service=0xFD3D, service_data=b"\xe9\x00"), "sensor"),
        (advert(service=0x181A, service_data=bytes(13)), "sensor"),
        (advert(service=0xFCD2, service_data=b"\x40"), "sensor"),
        # Makers of cameras and of everything else, and names that only sound like one.
        (advert(service=0xFD50), "unknown"),
        (advert(service=0xFD50, service_data=bytes(20)), "unknown"),
        (advert(company=0x07D0), "unknown"),
        (advert(service=0xFE95, service_data=bytes(5)), "unknown"),
        (advert(service=0xFE95, service_data=b"\x98\x00"), "unknown"),
        (advert(service=0xFD3D, service_data=b"\xff"), "unknown"),
        (advert(service=0xFD3D, service_data=b""), "unknown"),
        (advert(company=0x004C, data=b"\x12\x02"), "unknown"),
        (advert(company=0x02E5), "unknown"),
        (advert(company=0x0CC2), "unknown"),
        (advert(name=b"Webcam of nobody"), "unknown"),
        (advert(name=b"Ring"), "unknown"),
        (advert(name=b"my LookCam_"), "unknown"),
        (advert(name=b"lookcam_"), "unknown"),
        (advert(), "unknown"),
    ],
)
def test_kinds(said: Advert, kind: str) -> None:
    assert identify([said]).kind == kind


def test_a_phone_that_shows_a_camera_makers_service_stays_a_phone() -> None:
    phone = advert(company=0x004C, data=b"\x10\x05\x01\x1c\0\0\0")
    identity = identify([phone, advert(service=0xFD50), advert(name=b"GoPro 1")])
    assert (identity.kind, identity.camera_weight_log10) == ("phone", 0.0)


def test_a_phone_that_plays_an_ibeacon_stays_a_phone() -> None:
    ibeacon = advert(company=0x004C, data=b"\x02\x15" + bytes(21))
    alone = identify([ibeacon])
    assert (alone.kind, alone.camera_weight_log10) == ("beacon", 0.0)
    for phone in (advert(company=0x004C, data=b"\x10\x05\x01\x1c\0\0\0"), advert(service=0xFEF3)):
        assert identify([ibeacon, phone]).kind == "phone"


def test_a_camera_that_measures_stays_a_camera_and_a_sensor_of_a_camera_maker_weighs_nothing() -> None:
    camera = identify([advert(name=b"V380_1", service=0x181A), advert(service=0xFE95, service_data=b"\x71\x20\x98\0")])
    assert (camera.kind, camera.camera_weight_log10) == ("camera_hint", 0.3)
    plant = identify([advert(service=0xFD50, service_data=bytes(9)), advert(company=0x07D0)])
    assert (plant.kind, plant.camera_weight_log10) == ("sensor", 0.0)


def test_hints_of_one_device_do_not_add_up() -> None:
    identity = identify([advert(name=b"V380_1", service=0xFD50), advert(company=0x02E5)])
    assert {hint.code for hint in identity.hints} == {"name_v380", "tuya_service", "espressif_company"}
    assert identity.camera_weight_log10 == 0.3


def test_makers_come_from_the_assigned_numbers_only() -> None:
    assert identify([advert(name=b"Apple, Inc.")]).company is None
    assert find_maker({0x004C}, set()) == "Apple, Inc."
    assert find_maker(set(), {0xFEA6}) == "GoPro, Inc."
    assert find_maker({0xFFFE}, {0x1234}) is None
    assert find_maker({0x0380}, set()) == 'LLC "MEGA-F service"'


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    apart = runpy.run_path(shutil.copy(module.__file__, str(tmp_path)))
    with pytest.raises(FileNotFoundError):
        apart["find_maker"]({0x004C}, set())


@given(seed=st.integers(0, 10_000))
def test_order_and_repetition_of_adverts_do_not_matter(seed: int) -> None:
    rng = Random(seed)
    said = [advert(service=0xFD50), advert(name=b"tag"), advert(service=0xFEED), advert(company=0x02E5)]
    shuffled = rng.choices(said, k=3) + rng.sample(said, k=len(said))
    assert identify(shuffled) == identify(said)


@given(
    name=st.binary(max_size=30),
    company=st.integers(0, 0xFFFF),
    data=st.binary(max_size=27),
    service=st.integers(0, 0xFFFF),
)
def test_a_camera_needs_a_signature(name: bytes, company: int, data: bytes, service: int) -> None:
    identity = identify([advert(name=name, company=company, data=data, service=service)])
    if identity.kind == "camera_hint":
        assert {hint.code for hint in identity.hints} & (
            {signature.code for signature in SIGNATURES if signature.kind == "camera_hint"} | {"homekit_camera"}
        )


def test_the_table_keeps_its_own_rules() -> None:
    codes = [signature.code for signature in SIGNATURES]
    assert len(set(codes)) == len(codes)
    for signature in SIGNATURES:
        assert signature.source
        assert 0 <= signature.weight_log10 <= 0.3
        assert (signature.weight_log10 > 0) == (signature.kind in {"camera_hint", "unknown"})
        assert signature.field in {"service", "company"} or not signature.data_prefix
    assert not XIAOMI_BANDS & XIAOMI_SENSORS
