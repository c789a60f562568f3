"""From a file to the JSON that others read: addresses, keys, rejections, foreign files."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_ETHERNET, CaptureFileError, build_block
from sweep.captures.pcapng_writer import PcapngWriter
from sweep.modality.addresses import AddressKey
from sweep.wifi import scan_file
from sweep.wifi.frames.framelog import build_log, read_windows
from sweep.wifi.scan import Scanner
from sweep.wifi.transmitters.census import FRAMES, take_census
from sweep.wifi.transmitters.transmitters import describe_transmitters
from tests.simulators.air_deaf import write_exchange
from tests.simulators.air_queues import SECOND, draw_flow
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import (
    AP,
    BROADCAST,
    OTHER,
    ROUTER,
    START_NS,
    STATION,
    beacon,
    data_up,
    frame,
    octets,
    radiotap,
    write_frames,
)
from tests.wifi.test_radio_headers import block_of
from tests.wifi.test_reception import assert_witness

SECOND_NS = 1_000_000_000
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
        "two_transmitters": [],
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


@pytest.mark.parametrize(
    ("link_type", "advice"),
    [
        (1, "this is Ethernet, read it with --flows"),
        (256, "sweep ble"),
        (101, "IP packets without the addresses.*--flows"),
        (113, 'interface "any".*--flows'),
        (276, 'interface "any".*--flows'),
        (147, "monitor mode"),
    ],
)
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


def counted(document: dict[str, Any]) -> dict[str, Any]:
    """What windows must not change: everything that is counted, and nothing that is judged at a stretch."""
    told = {name: value for name, value in document.items() if name != "transmitters"}
    return told | {
        one["addresses"][0]: {name: value for name, value in one.items() if name not in {"video", "hearing"}}
        for one in document["transmitters"]
    }


@pytest.mark.parametrize("window_frames", [1, 7, 50, 1_000])
def test_counts_do_not_depend_on_windows(tmp_path: Path, window_frames: int) -> None:
    rng = np.random.default_rng(5)
    frames = []
    for number in range(300):
        station = f"02:00:00:00:01:{rng.integers(4):02x}"
        kind = rng.integers(6)
        if kind == 0:
            frames.append(beacon(ssid=b"room", sequence=number))
        elif kind == 1:
            frames.append(frame(0, 4, BROADCAST, station, BROADCAST, sequence=number, body=b"\0\0\1\4\2\4\x0b\x16"))
        else:
            is_again = 0x08 if rng.random() < 0.4 else 0
            frames.append(data_up(station=station, length=200 + number, sequence=number // 3, flags=is_again))
    packets = [(START_NS + 5_000_000 * n, radiotap(-40 - n % 9) + octets, 300 + n) for n, octets in enumerate(frames)]
    path = tmp_path / "a.pcapng"
    with path.open("wb") as stream:  # a block of one packet each, so that a window may end anywhere
        writer = PcapngWriter(stream)
        for t_ns, octets_, original in packets:
            writer.write(build_block(127, octets_, [(0, len(octets_), original, t_ns)]))
    whole = counted(scan_file(path).to_json(addresses="full"))
    with open_capture(path, chunk_octets=512) as reader:
        scanner = Scanner()
        logs = list(read_windows(reader.blocks, window_frames=window_frames))
        for log in logs:
            scanner.add(log)
        found = scanner.finish(tally=reader.tally)
    assert len(logs) >= min(300 // window_frames, 20)
    assert counted(found.to_json(addresses="full")) == whole


def test_a_camera_is_found_wherever_windows_end(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    flow = draw_flow("encoder", 40.0, np.random.default_rng([1, 3]), SECOND)
    write_exchange(path, flow, np.random.default_rng(1))
    station = int.from_bytes(octets(STATION), "big")
    for window_frames in (1 << 18, 2_000):
        found = scan_file(path, window_frames=window_frames)
        one = next(one for one in found.transmitters if one.transmitter.addresses == (station,))
        assert one.video.verdict == "video_uplink"
        assert_witness(one.hearing, "block_ack", 1.0)


def test_clips_are_counted_over_all_windows(tmp_path: Path) -> None:
    """One upload in each window, and one cut in two by a seam."""
    rng = np.random.default_rng(2)
    packets = []
    for clip in range(8):
        for number in range(150):
            t_ns = START_NS + clip * 60 * SECOND_NS + int(number * rng.integers(5, 9) * 1_000_000)
            packets.append((t_ns, radiotap() + data_up(length=26, sequence=number), 1_500))
    packets.sort()
    path = tmp_path / "a.pcap"
    write_pcap(path, packets, link_type=127)
    scanner, logs = Scanner(), 0
    with open_capture(path, chunk_octets=8_192) as reader:
        for log in read_windows(reader.blocks, window_frames=100):
            scanner.add(log)
            logs += 1
        found = scanner.finish(tally=reader.tally)
    whole = scan_file(path)
    station = int.from_bytes(octets(STATION), "big")
    one, other = (
        next(one.video for one in scan.transmitters if one.transmitter.addresses == (station,))
        for scan in (found, whole)
    )
    assert logs > 8
    assert (other.verdict, other.features) == ("video_uplink", None)
    assert (one.verdict, one.score, one.features) == (other.verdict, other.score, other.features)
    assert one.decided_after_s == pytest.approx(other.decided_after_s, abs=1.0)  # each log begins its own seconds


def test_a_flood_of_addresses_loses_the_rarest() -> None:
    frames = [data_up(station=f"02:00:00:00:01:{n:02x}", sequence=m) for n in range(50) for m in range(1 + n % 5)]
    census = take_census(build_log([block_of([radiotap() + one for one in [*frames, beacon()]])]))
    kept = census.keep_commonest(20)
    assert kept.counts[:, FRAMES].min() == 4
    assert kept.dropped == len(frames) + 1 - kept.counts[:, FRAMES].sum()
    assert set((kept.levels[0] >> np.uint64(8)).tolist()) == set(kept.addresses.tolist())
    assert {one.addresses[0] for one in describe_transmitters(kept, {})} == set(kept.addresses.tolist())
