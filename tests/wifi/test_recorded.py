"""The parser against tshark, and against everything odd, on captures that nobody here made."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from sweep.captures.files import open_capture
from sweep.captures.packets import CaptureFileError
from sweep.modality.addresses import format_address
from sweep.wifi.frames.dot11 import NO_ADDRESS, NO_SEQUENCE, RETRY, parse_block
from sweep.wifi.frames.radio_headers import NO_LEVEL
from sweep.wifi.scan import scan_file

FIELDS = (
    "wlan.ta", "wlan.ra", "wlan.sa", "wlan.da", "wlan.bssid", "wlan.seq", "wlan.frag", "wlan.qos.tid", "wlan.fc.retry",
    "radiotap.dbm_antsignal", "radiotap.channel.freq",
)  # fmt: skip


def read_with_tshark(path: Path, *fields: str) -> list[list[str]]:
    if shutil.which("tshark") is None:
        pytest.fail("tshark is not installed: make setup-test")
    wanted = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-r", str(path), "-T", "fields", *wanted]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [line.split("\t") for line in output.removesuffix("\n").split("\n")] if output else []


def read_ourselves(path: Path) -> list[list[str]]:
    rows = []
    with open_capture(path) as reader:
        for block in reader.blocks:
            frames, _ = parse_block(block)
            for i in range(len(frames)):
                roles = (frames.ta, frames.ra, frames.sa, frames.da, frames.bssid)
                control = int(frames.sequence_control[i])
                rows.append(
                    [
                        *("" if role[i] == NO_ADDRESS else format_address(int(role[i])) for role in roles),
                        "" if control == NO_SEQUENCE else str(control >> 4),
                        "" if control == NO_SEQUENCE else str(control & 15),
                        "" if frames.tid[i] < 0 else str(frames.tid[i]),
                        str(bool(frames.flags[i] & RETRY)),
                        "" if frames.rssi_dbm[i] == NO_LEVEL else str(frames.rssi_dbm[i]),
                        str(frames.channel_mhz[i] or ""),
                    ]
                )
    return rows


@pytest.mark.parametrize(
    "name",
    [
        "Chrome_1.pcapng",
        "output__capture_20251101_191050.pcap",
        "output__capture_20251110_111818.pcap",
        "test__capture_wds-01.cap",
        "test__n-02.cap",
        "test__test1.pcap",
        "test__wpa2-psk-linksys.cap",
        "test__wpa3-psk.pcap",
        "test__wps2.0.pcap",
        "test__Chinese-SSID-Name.pcap",
    ],
)
def test_headers_equal_those_of_tshark(shared_data: Path, name: str) -> None:
    path = shared_data / "wifi" / name
    # tshark repeats some fields (one level per antenna): the first is the receiver's own
    expected = [[value.split(",")[0] for value in row] for row in read_with_tshark(path, *FIELDS)]
    for row in expected:
        row[8] = str(row[8] in {"True", "1"})
    assert read_ourselves(path) == expected


def test_a_busy_capture_has_the_transmitters_that_tshark_lists(shared_data: Path) -> None:
    path = shared_data / "wifi" / "Chrome_1.pcapng"
    scan = scan_file(path).to_json(addresses="full")
    ours = {address: one["frames"] for one in scan["transmitters"] for address in one["addresses"]}
    theirs = Counter(row[0] for row in read_with_tshark(path, "wlan.ta") if row[0])
    assert len(ours) == 40
    assert ours == dict(theirs)
    assert scan["frames"] == 20_223
    assert scan["rejected"] == {}


def test_browsing_is_no_camera(shared_data: Path) -> None:
    scan = scan_file(shared_data / "wifi" / "Chrome_1.pcapng").to_json()
    assert {one["video"]["verdict"] for one in scan["transmitters"]} <= {"not_video", "not_assessable"}


def test_no_file_of_the_folder_crashes(shared_data: Path) -> None:
    for path in sorted((shared_data / "wifi").iterdir()):
        if path.suffix in {".pcap", ".pcapng", ".cap"}:
            verdicts = [one["video"]["verdict"] for one in scan_file(path).to_json()["transmitters"]]
            assert "video_uplink" not in verdicts
        else:
            with pytest.raises(CaptureFileError, match=r"^[^\n]+$"):
                scan_file(path)


def test_ethernet_needs_flows(shared_data: Path) -> None:
    path = shared_data / "ip" / "packet_captures__rtsp-traffic.pcapng"
    with pytest.raises(CaptureFileError, match="--flows"):
        scan_file(path)
    verdicts = {
        one["addresses"][0]: one["video"]["verdict"]
        for one in scan_file(path, as_flows=True).to_json(addresses="full")["transmitters"]
    }
    assert sorted(verdicts.values()) == ["not_video", "video_uplink"]


def test_a_camera_that_uploads_clips_on_motion_is_found(shared_data: Path) -> None:
    scan = scan_file(shared_data / "ip" / "pcaps__blink-cam-01.pcap", as_flows=True).to_json()
    assert sorted(one["video"]["verdict"] for one in scan["transmitters"]) == ["not_video", "video_uplink"]


def test_cameras_being_set_up_do_not_stream_yet(shared_data: Path) -> None:
    for path in sorted((shared_data / "ip").glob("iot-sentinel__*.pcap")):
        scan = scan_file(path, as_flows=True).to_json()
        assert "video_uplink" not in {one["video"]["verdict"] for one in scan["transmitters"]}, path.name


@pytest.mark.parametrize("name", ["pcaps__lockly-hub-01.pcap", "pcaps__schlage-lock-01.pcap"])
def test_door_locks_are_no_cameras(shared_data: Path, name: str) -> None:
    scan = scan_file(shared_data / "ip" / name, as_flows=True).to_json()
    assert "video_uplink" not in {one["video"]["verdict"] for one in scan["transmitters"]}
