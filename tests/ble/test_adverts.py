"""AD structures: every kind that is read, and any octets at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.ble.adverts import NO_UUID16, read_body, to_uuid16
from tests.ble.packets import part

BASE = bytes.fromhex("0000fd5a00001000800000805f9b34fb")


def test_each_kind_of_structure_is_read() -> None:
    body = read_body(
        part(0x01, b"\x06")
        + part(0x09, b"full name")
        + part(0x08, b"short")
        + part(0xFF, b"\x4c\x00\x10\x02ab")
        + part(0x03, b"\x95\xfe\xa6\xfe")
        + part(0x05, b"\x50\xfd\0\0")
        + part(0x07, BASE[::-1])
        + part(0x16, b"\x5a\xfdservice")
        + part(0x20, b"\x33\xfe\0\0four")
        + part(0x21, BASE[::-1] + b"long")
        + part(0x19, b"\xc1\x00")
    )
    assert body.name == b"full name"
    assert body.manufacturer_data == ((0x004C, b"\x10\x02ab"),)
    assert body.service_uuids == {0xFE95, 0xFEA6, 0xFD50, 0xFD5A}
    assert body.service_data == ((0xFD5A, b"service"), (0xFE33, b"four"), (0xFD5A, b"long"))
    assert body.appearance == 0x00C1
    assert not body.is_cut


def test_what_stands_before_a_cut_is_kept() -> None:
    body = read_body(part(0x09, b"name") + b"\x1e\xff\x4c\x00")
    assert (body.name, body.manufacturer_data, body.is_cut) == (b"name", (), True)


def test_a_length_of_zero_ends_the_data() -> None:
    assert read_body(b"\0" + part(0x09, b"name")).name == b""


@pytest.mark.parametrize(
    ("octets", "number"),
    [
        (b"\xfd\x5a", 0xFD5A),
        (b"\0\0\xfd\x5a", 0xFD5A),
        (BASE, 0xFD5A),
        (b"\1\0\xfd\x5a", NO_UUID16),
        (BASE[:-1] + b"\0", NO_UUID16),
        (b"\xfd", NO_UUID16),
        (b"", NO_UUID16),
    ],
)
def test_uuids_on_the_bluetooth_base(octets: bytes, number: int) -> None:
    assert to_uuid16(octets) == number


@given(st.binary(max_size=260))
def test_any_octets_are_read(data: bytes) -> None:
    body = read_body(data)
    assert all(0 <= uuid <= 0xFFFF for uuid in body.service_uuids)
    assert len(body.name) <= 255
