"""Captured packets of every kind to adverts; noise and cut packets to named reasons."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.ble.adverts import Advert
from sweep.ble.linklayer import BLE_LINK_TYPES, compute_crc, read_event, read_packet
from tests.ble.packets import (
    ADDRESS,
    OTHER,
    T_NS,
    extended_report,
    legacy_report,
    link_layer,
    nordic,
    part,
    pdu,
    radio,
)

DATA = part(0x09, b"lamp") + part(0xFF, b"\xe5\x02x")
H4_EVENT = b"\x04"


def only(found: list[Advert] | str) -> Advert:
    assert isinstance(found, list), found
    (advert,) = found
    return advert


def test_the_checksum_is_that_of_a_recorded_packet() -> None:
    # ADV_NONCONN_IND of a computer as an nRF Sniffer recorded it; its invented address bytes are part of the sum.
    recorded = bytes.fromhex("42094a9751e42a1e02010601ff")
    assert compute_crc(recorded) == reference_crc(recorded)


def reference_crc(octets: bytes) -> bytes:
    """Bit by bit, as the shift register of Core Specification 6, vol. 6 part B figure 3.4 runs."""
    register = 0x555555
    for octet in octets:
        for bit in range(8):
            feedback = (register >> 23 & 1) ^ (octet >> bit & 1)
            register = (register << 1) & 0xFFFFFF
            if feedback:
                register ^= 0x00065B
    return int(f"{register:024b}"[::-1], 2).to_bytes(3, "little")


@given(st.binary(min_size=2, max_size=39))
def test_the_checksum_equals_the_shift_register(octets: bytes) -> None:
    assert compute_crc(octets) == reference_crc(octets)


@pytest.mark.parametrize(
    ("link_type", "packet", "level"),
    [
        (251, link_layer(pdu(DATA)), None),
        (256, radio(link_layer(pdu(DATA))), -60),
        (256, radio(link_layer(pdu(DATA)), flags=0x0001), None),
        (256, radio(link_layer(pdu(DATA)), flags=0x0C03), -60),
        (272, nordic(link_layer(pdu(DATA)), version=1), -60),
        (272, nordic(link_layer(pdu(DATA)), version=2), -60),
        (272, nordic(link_layer(pdu(DATA)), version=3), -60),
        (187, H4_EVENT + legacy_report((ADDRESS, DATA, -60)), -60),
        (201, b"\0\0\0\1" + H4_EVENT + legacy_report((ADDRESS, DATA, -60)), -60),
        (254, b"\0\0\0\3" + legacy_report((ADDRESS, DATA, -60)), -60),
        (187, H4_EVENT + extended_report(ADDRESS, DATA, -60), -60),
    ],
)
def test_every_link_type_gives_the_same_advert(link_type: int, packet: bytes, level: int | None) -> None:
    advert = only(read_packet(link_type, packet, T_NS))
    assert (advert.address, advert.is_random, advert.is_connectable) == (ADDRESS, True, True)
    assert (advert.rssi_dbm, advert.t_ns, advert.is_request) == (level, T_NS, False)
    assert (advert.name, advert.manufacturer_data) == (b"lamp", ((0x02E5, b"x"),))


@pytest.mark.parametrize(("kind", "is_connectable"), [(0, True), (1, True), (2, False), (4, False), (6, False)])
def test_kinds_of_advertising(kind: int, is_connectable: bool) -> None:
    advert = only(read_packet(251, link_layer(pdu(b"" if kind == 1 else DATA, kind=kind, is_random=False)), T_NS))
    assert (advert.is_connectable, advert.is_random) == (is_connectable, False)
    assert advert.name == (b"" if kind == 1 else b"lamp")


@pytest.mark.parametrize("kind", [3, 5])
def test_a_request_names_the_device_and_passes_over_who_asks(kind: int) -> None:
    asked = bytes([kind | 0x80, 12]) + OTHER.to_bytes(6, "little") + ADDRESS.to_bytes(6, "little")
    advert = only(read_packet(251, link_layer(asked), T_NS))
    assert (advert.address, advert.is_request, advert.is_random, advert.rssi_dbm) == (ADDRESS, True, True, None)


def test_extended_advertising_with_and_without_an_address() -> None:
    header = bytes([9 | 1 << 6, 0x09]) + ADDRESS.to_bytes(6, "little") + b"\x01\x20"
    packet = bytes([0x47, len(header + DATA)]) + header + DATA
    advert = only(read_packet(251, link_layer(packet), T_NS))
    assert (advert.address, advert.name, advert.is_connectable) == (ADDRESS, b"lamp", True)
    without = bytes([0x07, 7]) + bytes([6, 0x18, 1, 2, 3, 4, 5])
    assert read_packet(251, link_layer(without), T_NS) == "extended_without_address"


@pytest.mark.parametrize(
    ("link_type", "packet", "reason"),
    [
        (251, b"\xd6\xbe\x89", "short_header"),
        (251, link_layer(pdu(DATA), access_address=0x12345678), "not_an_advert"),
        (251, link_layer(pdu(DATA), crc=b"\0\0\0"), "bad_crc"),
        (251, link_layer(pdu(DATA))[:20], "cut_packet"),
        (251, link_layer(bytes([0, 3, 1, 2, 3])), "cut_packet"),
        (251, link_layer(bytes([8, 6]) + bytes(6)), "not_an_advert"),
        (256, bytes(9), "short_header"),
        (256, radio(link_layer(pdu(DATA)), flags=0x0002), "still_whitened"),
        (256, radio(link_layer(pdu(DATA)), flags=0x0403), "bad_crc"),
        (272, bytes(16), "short_header"),
        (272, nordic(link_layer(pdu(DATA)), version=9), "unknown_sniffer_version"),
        (272, nordic(link_layer(pdu(DATA)), flags=0), "bad_crc"),
        (187, b"", "short_header"),
        (187, b"\x02abc", "not_an_advert"),
        (187, H4_EVENT + b"\x0e\x04\x01\x03\x0c\x00", "not_an_advert"),
        (187, H4_EVENT + legacy_report((ADDRESS, DATA, -60))[:-3], "cut_packet"),
        (254, b"\0\0", "short_header"),
        (254, b"\0\0\0\2" + legacy_report((ADDRESS, DATA, -60)), "not_an_advert"),
    ],
)
def test_what_is_no_advert_is_named(link_type: int, packet: bytes, reason: str) -> None:
    assert read_packet(link_type, packet, T_NS) == reason


def test_one_event_may_hold_several_reports() -> None:
    found = read_event(legacy_report((ADDRESS, DATA, -60), (OTHER, b"", 127)), T_NS)
    assert isinstance(found, list)
    assert [(advert.address, advert.rssi_dbm) for advert in found] == [(ADDRESS, -60), (OTHER, None)]


@given(link_type=st.sampled_from(sorted(BLE_LINK_TYPES)), packet=st.binary(max_size=120))
def test_any_octets_are_read_or_named(link_type: int, packet: bytes) -> None:
    found = read_packet(link_type, packet, T_NS)
    assert isinstance(found, str) or all(advert.address is not None for advert in found)


@given(
    changes=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=6),
    wrap=st.sampled_from([(251, lambda p: p), (256, radio), (272, nordic)]),
)
def test_a_damaged_packet_is_never_taken_for_another_device(changes: list[tuple[int, int]], wrap: Any) -> None:
    link_type, put_in = wrap
    whole = link_layer(pdu(DATA))
    damaged = bytearray(whole)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    found = read_packet(link_type, put_in(bytes(damaged)), T_NS)
    if isinstance(found, list) and bytes(damaged) != whole:
        assert compute_crc(bytes(damaged[4:-3])) == bytes(damaged[-3:]) or damaged[5] != whole[5]


def test_other_link_types_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no BLE"):
        read_packet(1, b"", T_NS)
