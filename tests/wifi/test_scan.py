"""From a file to the JSON that others read: addresses, keys, rejections, foreign files."""

import json
import re
from pathlib import Path

import pytest

from sweep.addresses import AddressKey
from sweep.captures.packets import LINK_ETHERNET, CaptureFileError
from sweep.wifi import scan_file
from sweep.wifi.framelog import build_log
from tests.wifi.frames import AP, OTHER, ROUTER, STATION, beacon, data_up, octets, radiotap, write_frames
from tests.wifi.test_radio_headers import block_of

KEY = AddressKey("sweep", bytes(range(32)))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return write_frames(tmp_path / "a.pcap", [beacon(), data_up(), b"\x01"])


def test_fields_are_those_that_others_read(capture: Path) -> None:
    document = json.loads(json.dumps(scan_file(capture).to_json(addresses="full"), allow_nan=False))
    assert document["frames"] == 2
    assert document["rejected"] == {"short_header": 1}
    assert document["elements"] == {"dissected": 1, "not_understood": {}}
    by_role = {one["role"]: one for one in document["transmitters"]}
    assert by_role["ap"] == {
        "addresses": [AP],
        "ouis": [None],
        "is_locally_administered": [True],
        "joined_by": [],
        "signature": "6e340b9cffb37a98",
        "security": [],
        "device_category": None,
        "role": "ap",
        "vendor": None,
        "is_randomised": True,
        "channel_mhz": 2437,
        "rssi_dbm": {"median": -50.0, "max": -50.0},
        "frames": 1,
        "retries": 0,
        "bytes_up": 0,
        "bytes_down": 100,
        "video": {"verdict": "not_assessable", "score": 0.0, "decided_after_s": None, "reason": "too_few_frames"},
        "hearing": {
            "basis": None,
            "heard_share": None,
            "unheard_to": 0,
            "airtime_share": 0.0,
            "clock_hz": None,
        },
    }
    assert by_role["sta"]["addresses"] == [STATION]


def test_addresses_are_tags_unless_asked_for(capture: Path) -> None:
    scan = scan_file(capture)
    text = json.dumps(scan.to_json())
    assert AP not in text
    assert STATION not in text
    assert AP.replace(":", "") not in text
    tags = [one["addresses"][0] for one in scan.to_json(key=KEY)["transmitters"]]
    assert all(re.fullmatch(r"[0-9a-f]{16}", tag) for tag in tags)
    assert tags == [one["addresses"][0] for one in scan.to_json(key=KEY)["transmitters"]]
    assert tags != [one["addresses"][0] for one in scan.to_json()["transmitters"]]


def test_an_empty_capture_is_no_error(tmp_path: Path) -> None:
    document = scan_file(write_frames(tmp_path / "a.pcap", [])).to_json()
    assert (document["frames"], document["transmitters"], document["listened_s"]) == (0, [], 0.0)


@pytest.mark.parametrize(("link_type", "advice"), [(1, "--flows"), (256, "sweep ble"), (113, "monitor mode")])
def test_other_link_types_give_one_line(tmp_path: Path, link_type: int, advice: str) -> None:
    path = write_frames(tmp_path / "a.pcap", [bytes(60)], link_type=link_type, header=b"")
    with pytest.raises(CaptureFileError, match=advice) as caught:
        scan_file(path)
    assert "\n" not in str(caught.value)


def ethernet(sender: str, receiver: str, source: bytes, length: int = 1000) -> bytes:
    return (octets(receiver) + octets(sender) + b"\x08\0" + bytes(12) + source).ljust(length, b"\0")


def test_ethernet_is_read_as_flows_around_the_router(tmp_path: Path) -> None:
    packets = [ethernet(STATION, ROUTER, b"\x0a\0\0\2") for _ in range(10)]
    packets += [ethernet(ROUTER, STATION, bytes([8, 8, 8, n])) for n in range(10)]
    packets += [ethernet(OTHER, STATION, b"\x0a\0\0\3"), bytes(9)]
    path = write_frames(tmp_path / "a.pcap", packets, link_type=LINK_ETHERNET, header=b"")
    document = scan_file(path, as_flows=True).to_json(addresses="full")
    roles = {one["addresses"][0]: one["role"] for one in document["transmitters"]}
    assert roles == {STATION: "sta", ROUTER: "ap", OTHER: "unknown"}
    assert document["rejected"] == {"short_header": 1}
    assert all(one["rssi_dbm"] is None for one in document["transmitters"])


def test_frames_over_the_limit_are_counted() -> None:
    blocks = [block_of([radiotap() + beacon(sequence=n)] * 10) for n in range(3)]
    log = build_log(blocks, max_frames=25)
    assert len(log.frames) == 25
    assert dict(log.rejected) == {"over_frame_limit": 5}
