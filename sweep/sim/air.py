"""The air of the simulated room: which radios are where, and the Wi-Fi and Bluetooth captures of one standpoint.

Input is the world and a standpoint, output capture files beside each other. Where a camera hides, it streams over Wi-
Fi and its pictures answer to the lamp when the inspector plays it in the same zone.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np

from sweep.sim.air_ble import BleEmitter, write_ble_capture
from sweep.sim.air_wifi import WifiEmitter, write_wifi_capture
from sweep.sim.world import DWELL_S, Standpoint, World
from sweep.wifi.sequence import ChipSequence

CHIP_S = 0.6
STIMULUS_UNCERTAINTY_S = 0.1
BUILDING_AP = "00:00:5e:00:53:01"
BUILDING_MHZ = 2_437
NEIGHBOURS = ("00:00:5e:00:53:02", "00:00:5e:00:53:03", "00:00:5e:00:53:04", "00:00:5e:00:53:05")
CAMERA = "02:c4:3e:00:00:17"


def wifi_emitters(room: World, stand: Standpoint) -> list[WifiEmitter]:
    """The radios of the room: a building network with its users, and the camera where there is one."""
    width, depth = room.plan.width_m, room.plan.depth_m
    emitters = [
        WifiEmitter("ap", BUILDING_AP, width + 6.0, depth / 2.0, tx_dbm=20.0, ssid="공공와이파이".encode()),
        WifiEmitter("browser", "02:11:22:00:00:01", width + 3.0, depth + 2.0, peer=BUILDING_AP),
        WifiEmitter("caller", "02:11:22:00:00:02", -4.0, depth / 2.0, peer=BUILDING_AP, bitrate_kbps=350.0),
    ]
    camera = room.camera
    if camera is not None and camera.kind == "wifi_camera":
        emitters.append(
            WifiEmitter(
                "camera_station",
                CAMERA,
                camera.x_m,
                camera.y_m,
                tx_dbm=14.0,
                peer=BUILDING_AP,
                bitrate_kbps=450.0,
                follows_light=camera.zone_id == stand.zone_id,
            )
        )
    return emitters


def radios_by_channel(room: World, stand: Standpoint) -> tuple[tuple[int, tuple[WifiEmitter, ...]], ...]:
    """Who sends on which channel (centre in MHz): the building's network, and those of neighbours."""
    width, depth = room.plan.width_m, room.plan.depth_m
    shop, flat, office, far = NEIGHBOURS
    return (
        (BUILDING_MHZ, tuple(wifi_emitters(room, stand))),
        (
            2_412,
            (
                WifiEmitter("ap", shop, -7.0, depth + 3.0, tx_dbm=20.0, ssid="행복분식".encode()),
                WifiEmitter("browser", "02:11:22:00:00:03", -6.0, depth + 1.0, peer=shop),
            ),
        ),
        (
            2_462,
            (
                WifiEmitter("ap", flat, width + 9.0, -8.0, tx_dbm=20.0, ssid=b"KT_GiGA_2G_3F21"),
                WifiEmitter(
                    "uploader", "02:11:22:00:00:04", width + 8.0, -6.0, peer=flat, bitrate_kbps=1_200.0
                ),
            ),
        ),
        (
            5_180,
            (
                WifiEmitter("ap", office, width + 5.0, depth + 6.0, tx_dbm=20.0, ssid=b"office-5G"),
                WifiEmitter(
                    "caller", "02:11:22:00:00:05", width + 4.0, depth + 5.0, peer=office, bitrate_kbps=900.0
                ),
            ),
        ),
        (5_745, (WifiEmitter("ap", far, -9.0, -9.0, tx_dbm=20.0, ssid=b""),)),
    )  # fmt: skip


def ble_emitters(room: World) -> list[BleEmitter]:
    """Phones, earphones and a tracker of people outside."""
    width, depth = room.plan.width_m, room.plan.depth_m
    return [
        BleEmitter("phone", "4a:10:00:00:00:01", width + 2.0, depth + 1.0),
        BleEmitter("headphones", "5b:10:00:00:00:02", width + 2.2, depth + 1.0),
        BleEmitter("tracker", "6c:10:00:00:00:03", -3.0, depth),
    ]


def play_sequence(started: datetime, seed: int) -> ChipSequence:
    """The pseudo-random chips that the white lamp plays during the dwell."""
    rng = np.random.default_rng([seed, 0xC417])
    chips = rng.integers(0, 2, round((DWELL_S - 2.0) / CHIP_S))
    return ChipSequence(
        start_s=started.timestamp() + 1.0,
        start_uncertainty_s=STIMULUS_UNCERTAINTY_S,
        chip_s=CHIP_S,
        chips=tuple(int(chip) for chip in chips),
    )


def record_air(place: Path, stand: Standpoint, room: World, started: datetime, seed: int) -> None:
    """Write `wifi.pcap`, `stimulus.json` and `ble.json` of one standpoint into `place`."""
    sequence = play_sequence(started, seed)
    write_wifi_capture(
        place / "wifi.pcap",
        emitters=wifi_emitters(room, stand),
        listener_xy_m=(stand.x_m, stand.y_m),
        seconds=DWELL_S,
        seed=room.seed,
        stimulus=sequence,
        start_ns=round(started.timestamp() * 1e9),
    )
    document = {
        "start": sequence.start_s,
        "start_uncertainty_s": sequence.start_uncertainty_s,
        "chip_s": sequence.chip_s,
        "chips": list(sequence.chips),
    }
    (place / "stimulus.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    write_ble_capture(
        place / "ble.json",
        emitters=ble_emitters(room),
        listener_xy_m=(stand.x_m, stand.y_m),
        seconds=DWELL_S,
        seed=seed,
    )
