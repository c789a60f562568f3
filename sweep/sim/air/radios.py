"""The air of the simulated room: which radios are where, and what they send.

Input is the world and a standpoint. A camera of Wi-Fi streams, and its pictures answer to the lamp when that plays in
the same zone, or it uploads clips while somebody moves before it; one that waits to be set up says so over Bluetooth.
"""

from __future__ import annotations

from sweep.sim.air.ble import BleEmitter
from sweep.sim.air.frames import WifiEmitter
from sweep.sim.world import SimulatedPosition, World

BUILDING_AP = "00:00:5e:00:53:01"
BUILDING_MHZ = 2_437
NEIGHBOURS = ("00:00:5e:00:53:02", "00:00:5e:00:53:03", "00:00:5e:00:53:04", "00:00:5e:00:53:05")
CAMERA = "02:c4:3e:00:00:17"
CAMERA_BLE = "7d:10:00:00:00:04"
CLIPS_S = ((5.0, 40.0), (5.0, 60.0))
"""How long a clip by motion is, and how long it is from one to the next (guessed, as in the air of `air_venue`)."""


def wifi_emitters(room: World, position: SimulatedPosition) -> list[WifiEmitter]:
    """The radios of the room: a building network with its users, and the camera where there is one."""
    width, depth = room.plan.width_m, room.plan.depth_m
    emitters = [
        WifiEmitter("ap", BUILDING_AP, width + 6.0, depth / 2.0, tx_dbm=20.0, ssid="공공와이파이".encode()),
        WifiEmitter("browser", "02:11:22:00:00:01", width + 3.0, depth + 2.0, peer=BUILDING_AP),
        WifiEmitter("caller", "02:11:22:00:00:02", -4.0, depth / 2.0, peer=BUILDING_AP, bitrate_kbps=350.0),
    ]
    camera = room.camera
    is_here = camera is not None and camera.zone_id == position.zone_id
    if camera is not None and (camera.kind == "wifi_camera" or (camera.kind == "wifi_on_motion" and is_here)):
        emitters.append(
            WifiEmitter(
                "camera_station",
                CAMERA,
                camera.x_m,
                camera.y_m,
                tx_dbm=14.0,
                peer=BUILDING_AP,
                bitrate_kbps=450.0,
                follows_light=is_here,
                clips_s=CLIPS_S if camera.kind == "wifi_on_motion" else None,
            )
        )
    return emitters


def radios_by_channel(room: World, position: SimulatedPosition) -> tuple[tuple[int, tuple[WifiEmitter, ...]], ...]:
    """Who sends on which channel (centre in MHz): the building's network, and those of neighbours."""
    width, depth = room.plan.width_m, room.plan.depth_m
    shop, flat, office, far = NEIGHBOURS
    return (
        (BUILDING_MHZ, tuple(wifi_emitters(room, position))),
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
    """Phones, earphones and a tracker of people outside, and a camera that waits to be set up."""
    width, depth = room.plan.width_m, room.plan.depth_m
    camera = room.camera
    waits = camera is not None and camera.kind == "ble_setup"
    hidden = [BleEmitter("camera_setup", CAMERA_BLE, camera.x_m, camera.y_m)] if camera is not None and waits else []
    return [
        *hidden,
        BleEmitter("phone", "4a:10:00:00:00:01", width + 2.0, depth + 1.0),
        BleEmitter("headphones", "5b:10:00:00:00:02", width + 2.2, depth + 1.0),
        BleEmitter("tracker", "6c:10:00:00:00:03", -3.0, depth),
    ]
