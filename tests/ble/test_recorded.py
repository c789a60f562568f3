"""BLE captures that nobody here made: checksums, labelled advertisements, foreign files."""

import json
from collections import Counter
from pathlib import Path

import pytest

from sweep.ble import build_scan, scan_file
from sweep.ble.jsonadverts import read_json_adverts
from sweep.captures.packets import CaptureFileError

# Labels of theengs/decoder whose devices report a place without being told to by a person's phone.
TRACKER_LABELS = {"Tile name", "Tile Name", "Tile uuid", "Nut", "Gigaset G-Tag", "Theengs", "Bosch Nyon"}


def test_bad_checksums_leave_the_addresses_that_exist(shared_data: Path) -> None:
    path = shared_data / "ble" / "5-May_Conference_Room__nRF52__nrf52_capture_225.pcapng"
    scan = scan_file(path).to_json(addresses="full")
    addresses = {address for device in scan["devices"] for address in device["addresses"]}
    assert len(addresses) == 35
    assert scan["rejected"] == {"bad_crc": 604}
    # Two of them were only addressed by others and never heard themselves.
    assert sum(device["adverts"] == 0 for device in scan["devices"]) == 2


def test_both_sniffers_hear_the_same_room(shared_data: Path) -> None:
    rooms = []
    for name in ("nRF52__nrf52_capture_225", "Ubertooth__ubertooth_capture_225"):
        scan = scan_file(shared_data / "ble" / f"5-May_Conference_Room__{name}.pcapng").to_json(addresses="full")
        rooms.append({device["addresses"][0] for device in scan["devices"] if device["adverts"] > 10})
    assert len(rooms[0] & rooms[1]) >= 0.7 * len(rooms[1])


def test_phones_and_computers_are_no_cameras(shared_data: Path) -> None:
    for path in sorted((shared_data / "ble").glob("*.pcapng")):
        scan = scan_file(path).to_json()
        kinds = Counter(device["kind"] for device in scan["devices"])
        assert "camera_hint" not in kinds
        assert kinds["phone"] >= 9
        assert all(device["camera_weight_log10"] == 0 for device in scan["devices"])


def test_labelled_trackers_are_recognised_and_nothing_is_called_a_camera(shared_data: Path) -> None:
    path = shared_data / "ble" / "theengs_adverts_dev.json"
    labels = json.loads(path.read_text())
    adverts, _ = read_json_adverts(path)
    assert len(adverts) == len(labels) == 240
    identities = [build_scan([advert], rejected=Counter()).devices[0].identity for advert in adverts]
    kinds = [identity.kind for identity in identities]
    assert {kind for kind, row in zip(kinds, labels, strict=True) if row["label"] in TRACKER_LABELS} == {"tracker"}
    iphones = {kind for kind, row in zip(kinds, labels, strict=True) if row["expect"]["model"] == "Apple iPhone/iPad"}
    assert iphones == {"phone"}
    plants = {kind for kind, row in zip(kinds, labels, strict=True) if row["expect"]["type"] == "PLANT"}
    assert plants == {"sensor"}
    assert "camera_hint" not in kinds
    assert not any(identity.camera_weight_log10 for identity in identities)


def test_foreign_files_give_one_line(shared_data: Path) -> None:
    for path in (
        shared_data / "wifi" / "data__wifi_imu_pairs__wifi_w_test7.csv",
        shared_data / "wifi" / "test__test1.pcap",
        shared_data / "ip" / "pcaps__blink-cam-01.pcap",
        shared_data / "korea" / "seoul_toilets.csv",
        shared_data / "rf" / "analog_video_channels.json",
    ):
        with pytest.raises(CaptureFileError, match=r"^[^\n]+$"):
            scan_file(path)
