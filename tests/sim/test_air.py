"""The simulated air: levels by distance, what each kind of emitter is taken for, size and sameness of recordings."""

import struct
from pathlib import Path

import numpy as np
import pytest

from sweep.ble import scan_file as scan_ble
from sweep.modality.addresses import format_address
from sweep.sim.air.ble import INTERVALS_S, BleEmitter, BleKind
from sweep.sim.air.frames import WifiEmitter
from sweep.sim.air.path import mean_level_dbm, receives
from sweep.wifi import JudgedTransmitter
from sweep.wifi import scan_file as scan_wifi
from tests.simulators.ble_captures import write_ble_capture
from tests.simulators.wifi_captures import write_wifi_capture

AP = "00:00:5e:00:53:01"
CAMERA, BROWSER, CALLER, UPLOADER, OWN_AP, VIEWER = (f"02:00:00:00:00:{n:02x}" for n in range(1, 7))
ROOM = [
    WifiEmitter("ap", AP, 6.0, 2.0, tx_dbm=18.0, ssid=b"building"),
    WifiEmitter("browser", BROWSER, 3.0, 3.0, peer=AP),
]
CAMERA_AT = (1.0, 1.0)


def scan(
    path: Path, emitters: list[WifiEmitter], *, at: tuple[float, float] = (2.0, 2.0), seed: int = 1
) -> dict[str, JudgedTransmitter]:
    write_wifi_capture(path, emitters=emitters, listener_xy_m=at, seconds=20.0, seed=seed)
    return {format_address(one.transmitter.addresses[0]): one for one in scan_wifi(path).transmitters}


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_camera_is_found_and_without_it_nothing_is(tmp_path: Path, seed: int) -> None:
    camera = WifiEmitter("camera_station", CAMERA, *CAMERA_AT, peer=AP)
    found = scan(tmp_path / "with.pcap", [*ROOM, camera], seed=seed)
    assert found[CAMERA].video.verdict == "video_uplink"
    assert found[CAMERA].transmitter.role == "sta"
    assert found[AP].transmitter.names == (b"building",)
    assert found[AP].video.verdict != "video_uplink"
    without = scan(tmp_path / "without.pcap", ROOM, seed=seed)
    assert "video_uplink" not in {one.video.verdict for one in without.values()}


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_with_its_own_access_point_is_found(tmp_path: Path, seed: int) -> None:
    own = WifiEmitter("camera_ap", OWN_AP, *CAMERA_AT, peer=VIEWER, ssid=b"IPC-0001")
    found = scan(tmp_path / "a.pcap", [*ROOM, own, WifiEmitter("browser", VIEWER, 9.0, 2.0)], seed=seed)
    assert (found[OWN_AP].transmitter.role, found[OWN_AP].video.verdict) == ("ap", "video_uplink")


@pytest.mark.parametrize("seed", range(4))
def test_calls_and_backups_are_no_cameras(tmp_path: Path, seed: int) -> None:
    busy = [
        WifiEmitter("caller", CALLER, 3.0, 1.0, peer=AP, bitrate_kbps=400.0),
        WifiEmitter("uploader", UPLOADER, 4.0, 1.0, peer=AP, bitrate_kbps=1_500.0),
    ]
    found = scan(tmp_path / "a.pcap", [*ROOM, *busy], seed=seed)
    assert "video_uplink" not in {one.video.verdict for one in found.values()}
    assert {one.signs for one in found.values()} == {()}, "of one transmitter each"


def test_levels_fall_with_distance(tmp_path: Path) -> None:
    camera = WifiEmitter("camera_station", CAMERA, *CAMERA_AT, peer=AP)
    levels = []
    for x in (1.5, 4.0, 12.0):
        level = scan(tmp_path / "a.pcap", [*ROOM, camera], at=(x, 1.0))[CAMERA].transmitter.level
        assert level is not None
        levels.append(level.median_dbm)
    assert levels[0] > levels[1] > levels[2]
    near = [mean_level_dbm(CAMERA, CAMERA_AT, (2.0, 1.0), 15.0, seed) for seed in range(300)]
    assert np.mean(near) == pytest.approx(15.0 - 40.2, abs=0.5)
    assert np.std(near) == pytest.approx(2.5, abs=0.4)


def test_weak_frames_are_lost() -> None:
    rng = np.random.default_rng(1)
    shares = [float(receives(np.full(2_000, level), rng).mean()) for level in (-60, -90, -100)]
    assert shares[0] > 0.97
    assert 0.4 < shares[1] < 0.6
    assert shares[2] < 0.01


def test_a_recording_is_small_and_the_same_again(tmp_path: Path) -> None:
    emitters = [*ROOM, WifiEmitter("camera_station", CAMERA, *CAMERA_AT, peer=AP)]
    for name in ("a.pcap", "b.pcap"):
        write_wifi_capture(tmp_path / name, emitters=emitters, listener_xy_m=(2.0, 2.0), seconds=20.0, seed=3)
    content = (tmp_path / "a.pcap").read_bytes()
    assert content == (tmp_path / "b.pcap").read_bytes()
    assert len(content) < 60_000
    write_wifi_capture(tmp_path / "b.pcap", emitters=emitters, listener_xy_m=(2.0, 2.0), seconds=20.0, seed=4)
    assert content != (tmp_path / "b.pcap").read_bytes()


def test_a_recording_holds_headers_only(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    write_wifi_capture(
        path,
        emitters=[*ROOM, WifiEmitter("camera_station", CAMERA, *CAMERA_AT, peer=AP)],
        listener_xy_m=(2.0, 2.0),
        seconds=5.0,
        seed=3,
    )
    content = path.read_bytes()
    longest, at = 0, 24
    while at < len(content):
        captured, original = struct.unpack_from("<II", content, at + 8)
        assert captured <= original
        longest = max(longest, captured)
        at += 16 + captured
    assert longest <= 128


@pytest.mark.parametrize("suffix", [".json", ".pcap"])
@pytest.mark.parametrize("kind", list(INTERVALS_S))
def test_each_kind_of_advertiser_is_recognised(tmp_path: Path, kind: BleKind, suffix: str) -> None:
    path = tmp_path / f"ble{suffix}"
    emitter = BleEmitter(kind, "c2:00:00:00:00:07", 1.0, 1.0)
    count = write_ble_capture(path, emitters=[emitter], listener_xy_m=(2.0, 2.0), seconds=20.0, seed=1)
    document = scan_ble(path).to_json(addresses="full")
    (device,) = document["devices"]
    assert document["adverts"] == device["adverts"] == count > 0
    assert document["rejected"] == {}
    assert device["kind"] == ("camera_hint" if kind == "camera_setup" else kind)
    assert device["addresses"] == ["c2:00:00:00:00:07"]
    assert -75 < device["rssi_dbm"]["median"] < -25


def test_hostile_names_are_sent_as_they_are(tmp_path: Path) -> None:
    emitter = BleEmitter("phone", "c2:00:00:00:00:07", 1.0, 1.0, name="\u202e<b>\x1b[0m".encode())
    write_ble_capture(tmp_path / "a.pcap", emitters=[emitter], listener_xy_m=(1.0, 1.0), seconds=20.0, seed=1)
    assert scan_ble(tmp_path / "a.pcap").devices[0].name == "\u202e<b>\x1b[0m".encode()
