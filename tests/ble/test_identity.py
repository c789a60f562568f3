"""What kind a device is: trackers, phones and cameras, and what never makes a camera."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.ble.adverts import Advert
from sweep.ble.identity import find_maker, identify
from sweep.ble.signatures import SIGNATURES


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
        (advert(service=0xFD50, service_data=b"x"), "camera_hint"),
        (advert(name=b"V380_1234"), "camera_hint"),
        (advert(name=b"LookCam_GW"), "camera_hint"),
        (advert(name=b"HIDVCAM-0001"), "camera_hint"),
        (advert(company=0x004C, data=bytes.fromhex("06310011223344556611000a0b0c0d")), "camera_hint"),
        (advert(service=0xFCB2, service_data=b"\x01\x00"), "tracker"),
        (advert(company=0x004C, data=b"\x12\x19\x10" + bytes(24)), "tracker"),
        (advert(service=0xFEED), "tracker"),
        (advert(service=0xFD5A, service_data=bytes(20)), "tracker"),
        (advert(service=0xFEAA, service_data=b"\x41" + bytes(20)), "tracker"),
        (advert(service=0xFE33), "tracker"),
        (advert(service=0xFA25), "tracker"),
        (advert(service=0xFEAA, service_data=b"\x10\x00\x03a"), "beacon"),
        (advert(company=0x004C, data=b"\x02\x15" + bytes(21)), "beacon"),
        (advert(company=0x004C, data=b"\x10\x05\x01\x1c\0\0\0"), "phone"),
        (advert(company=0x004C, data=b"\x10\x05\x01\x98\0\0\0"), "watch"),
        (advert(company=0x004C, data=b"\x07\x19" + bytes(25)), "headphones"),
        (advert(company=0x0006, data=b"\x01\x09\x20\x02"), "computer"),
        (advert(company=0x0006, data=b"\x01\x08\x20\x02"), "phone"),
        (advert(service=0xFD6F), "phone"),
        (advert(appearance=0x0040), "phone"),
        (advert(appearance=0x0941), "headphones"),
        # Makers of cameras and of everything else, and names that only sound like one.
        (advert(service=0xFE95, service_data=bytes(5)), "unknown"),
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


def test_hints_of_one_device_do_not_add_up() -> None:
    identity = identify([advert(name=b"V380_1", service=0xFD50), advert(company=0x02E5)])
    assert {hint.code for hint in identity.hints} == {"name_v380", "tuya_setup_service", "espressif_company"}
    assert identity.camera_weight_log10 == 0.3


def test_makers_come_from_the_assigned_numbers_only() -> None:
    assert identify([advert(name=b"Apple, Inc.")]).company is None
    assert find_maker({0x004C}, set()) == "Apple, Inc."
    assert find_maker(set(), {0xFEA6}) == "GoPro, Inc."
    assert find_maker({0xFFFE}, {0x1234}) is None


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
