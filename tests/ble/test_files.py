"""BLE capture files of every format, hostile names, and what leaves a scan."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.ble import scan_file
from sweep.ble.devices import build_scan
from sweep.ble.jsonadverts import read_json_adverts
from sweep.captures.packets import CaptureFileError
from sweep.modality.addresses import AddressKey
from tests.ble.packets import (
    ADDRESS,
    OTHER,
    T_NS,
    btsnoop,
    legacy_report,
    link_layer,
    part,
    pdu,
    radio,
)
from tests.simulators.pcap import write_pcap

HOSTILE = [
    b"<img src=x onerror=alert(1)>",
    "\u202eexe.gpj".encode(),
    b"\x1b[31mred\x07",
    b'=HYPERLINK("x")',
    b"\xff\0x",
]


def write(path: Path, packets: list[bytes], link_type: int) -> Path:
    rows = [(T_NS + n * 100_000_000, packet, len(packet)) for n, packet in enumerate(packets)]
    write_pcap(path, rows, link_type=link_type)
    return path


def test_devices_of_a_capture(tmp_path: Path) -> None:
    packets = [radio(link_layer(pdu(part(0x03, b"\xed\xfe"))), rssi_dbm=level) for level in (-70, -50, -60, -40)]
    packets += [radio(link_layer(pdu(b"", address=OTHER, is_random=False)))]
    packets += [radio(link_layer(pdu(b""), crc=b"bad"))]
    document = scan_file(write(tmp_path / "a.pcap", packets, 256)).to_json(addresses="full")
    assert (document["adverts"], document["rejected"]) == (5, {"bad_crc": 1})
    tracker, other = document["devices"]
    assert tracker == {
        "addresses": ["c2:00:00:00:00:01"],
        "ouis": [None],
        "address_type": "random",
        "kind": "tracker",
        "name": None,
        "company": "Tile, Inc.",
        "hints": [{"code": "tile_service", "weight_log10": 0.0}],
        "camera_weight_log10": 0.0,
        "rssi_dbm": {"median": -55.0, "max": -40.0},
        "adverts": 4,
        "requests": 0,
        "is_connectable": True,
    }
    assert (other["address_type"], other["ouis"]) == ("public", [None])  # 02 is locally administered: no vendor


def test_addresses_and_names_stay_inside_unless_asked_for(tmp_path: Path) -> None:
    packets = [
        link_layer(pdu(part(0x09, b"somebody's phone"))),
        link_layer(pdu(part(0x09, b"V380_42"), address=OTHER)),
    ]
    scan = scan_file(write(tmp_path / "a.pcap", packets, 251))
    key = AddressKey("sweep", bytes(32))
    hashed, full = scan.to_json(key=key), scan.to_json(addresses="full")
    assert "c2:00" not in json.dumps(hashed)
    assert hashed == scan.to_json(key=key)
    assert {device["name"] for device in hashed["devices"]} == {None, "V380_42"}
    assert {device["name"] for device in full["devices"]} == {"somebody's phone", "V380_42"}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_kept_as_octets_and_shown_escaped(tmp_path: Path, name: bytes) -> None:
    scan = scan_file(write(tmp_path / "a.pcap", [link_layer(pdu(part(0x09, name)))], 251))
    assert scan.devices[0].name == name
    shown = scan.to_json(addresses="full")["devices"][0]["name"]
    assert shown.isprintable()
    assert scan.to_json()["devices"][0]["name"] is None


@pytest.mark.parametrize("data_link", [1001, 1002, 2001])
def test_btsnoop(tmp_path: Path, data_link: int) -> None:
    event = legacy_report((ADDRESS, part(0x09, b"lamp"), -60))
    packet = b"\x04" + event if data_link == 1002 else event
    content = btsnoop([packet, packet], data_link)
    path = tmp_path / "a.btsnoop"
    for cut in (0, 1, 30):
        path.write_bytes(content[: len(content) - cut])
        scan = scan_file(path)
        assert [(device.name, device.adverts, device.first_ns) for device in scan.devices] == [
            (b"lamp", 2 if cut == 0 else 1, T_NS)
        ]
        assert (scan.cut_tail_octets > 0) == (cut > 0)


def test_btsnoop_leaves_commands_out(tmp_path: Path) -> None:
    path = tmp_path / "a.btsnoop"
    path.write_bytes(btsnoop([b"\x03\x0c\x00"], 1001, flags=2))
    assert scan_file(path).to_json()["rejected"] == {"not_an_advert": 1}


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "it is empty"),
        (b"btsnoop\0\0\0", "cut off inside the btsnoop header"),
        (btsnoop([], 1003), "data link 1003"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"rows": []}', "holds no list"),
        (b"plain text", "not a pcap"),
    ],
)
def test_foreign_files_give_one_line(tmp_path: Path, content: bytes, advice: str) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(content)
    with pytest.raises(CaptureFileError, match=advice) as caught:
        scan_file(path)
    assert str(caught.value).isprintable()


ROW = {
    "t_s": 1_700_000_000.5,
    "address": "C2:00:00:00:00:01",
    "address_type": "random",
    "rssi_dbm": -61,
    "is_connectable": True,
    "name": "lamp",
    "manufacturer_data": {"0x02e5": "00ff"},
    "service_uuids": ["fd50", "0000fe95-0000-1000-8000-00805f9b34fb"],
    "service_data": {"FD5A": "01"},
    "appearance": 64,
}


def test_json_adverts(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for document in ([ROW], {"adverts": [ROW]}):
        path.write_text(json.dumps(document))
        (advert,), rejected = read_json_adverts(path)
        assert not rejected
        assert (advert.address, advert.is_random, advert.rssi_dbm, advert.t_ns) == (
            ADDRESS,
            True,
            -61,
            T_NS + 5 * 10**8,
        )
        assert (advert.name, advert.appearance, advert.is_connectable) == (b"lamp", 64, True)
        assert advert.manufacturer_data == ((0x02E5, b"\0\xff"),)
        assert advert.service_uuids == {0xFD50, 0xFE95}
        assert advert.service_data == ((0xFD5A, b"\1"),)


def test_json_raw_and_hexadecimal_names(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"raw": (part(0x09, b"a") + part(0xFF, b"\x4c\0x")).hex(), "name_hex": "ff00"}]))
    (advert,), _ = read_json_adverts(path)
    assert (advert.name, advert.manufacturer_data) == (b"\xff\0", ((0x4C, b"x"),))


def test_fields_that_cannot_be_read_are_counted_and_left_out(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "address": "nowhere",
        "rssi_dbm": "loud",
        "name": 7,
        "manufacturer_data": [],
        "service_data": {"fd5a": "zz"},
        "t_s": -1,
        "appearance": True,
        "raw": "0",
    }
    path = tmp_path / "a.json"
    path.write_text(json.dumps([row, 5]))
    (advert,), rejected = read_json_adverts(path)
    assert advert.address is None
    assert rejected == Counter(
        bad_address=1, bad_rssi_dbm=1, bad_name=1, bad_manufacturer_data=1, bad_service_data=1, bad_t_s=1,
        bad_appearance=1, bad_raw=1, not_an_object=1,
    )  # fmt: skip


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [*ROW, "raw", "name_hex", "mac", "uuid", "data", "datatype", "servicedata", "manufacturerdata"]
)


@given(
    rows=st.lists(st.dictionaries(FIELDS, JSON_VALUES | st.sampled_from(list(ROW.values())), max_size=8), max_size=4)
)
def test_any_json_is_read_or_counted(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(rows))
    adverts, rejected = read_json_adverts(path)
    assert len(adverts) == len(rows)
    json.dumps(build_scan(adverts, rejected=rejected).to_json(addresses="full"), allow_nan=False)


@given(octets=st.binary(max_size=300), head=st.sampled_from([b"", btsnoop([]), b"\x0a\x0d\x0d\x0a", b'[{"name":']))
def test_any_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, octets: bytes, head: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(head + octets)
    try:
        scan_file(path)
    except CaptureFileError as error:
        line = str(error)
        assert line.isprintable()
