"""`sweep run` with light, end to end: the real firmware drives the lamp, a camera sees it, an adapter hears the camera.

Run as `unshare -n python -m tests.wifi.lit_rig FOLDER TROUBLE LONGEST_S ZONES`; prints one JSON object.  The head is
the emulated one, kept to wall time; the camera takes each picture under the level that the lamp's pin has just then
and sends it through a TAP device of type 803.  A second camera sees another lamp.  Frames carry what nobody may keep.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from sweep.report import to_json
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.source import default_room
from tests.keyboard import TwoPersons
from tests.waiting import wait_until
from tests.wifi.frames import BROADCAST, beacon, data_up, frame, radiotap
from tests.wifi.lit_camera import LitCamera
from tests.wifi.live_rig import CAMERA_MHZ, CHANNELS, IW, NETWORK_MHZ, Radio
from tests.wifi.tap_rig import NAME

CAMERA, OTHER = "02:00:00:00:0c:01", "02:00:00:00:0c:02"
AP, PHONE = "00:00:5e:00:53:a7", "02:9f:31:7c:5a:e1"
SSID, SOUGHT, PAYLOAD = b"Maple-Family-5F", b"Blue-Harbour-Hotel", b"\xd3PAYLOAD-OF-A-BYSTANDER\x9a"
ROW, OTHER_ROW, WALK_ROW = "lit_quality_slow_group", "lit_capped_600", "walk_capped_600"
ENCODER_S, PIECE, LOST, OVERHEAD = 0.12, 1_200, 0.02, 74
DWELL_S: Final = 7.0
ENTERED_S: Final = 4.0
TROUBLE_AFTER_EDGES: Final = 6
"""In the middle of the first look, which comes after 25 chips."""


class Lamp:
    """The level of the lamp's pin, and every change of it."""

    def __init__(self) -> None:
        self.level = 0
        self.edges: list[tuple[float, int]] = []

    def set(self, level: int) -> None:
        self.level = level
        self.edges.append((time.monotonic(), level))


def send_pictures(
    radio: Radio, address: str, camera: LitCamera, level_at: Callable[[], int], stop: threading.Event, seed: int
) -> None:
    """Take and send pictures as a camera does: exposed now, sent when encoded, in packets with pauses, some unheard."""
    rng = np.random.default_rng(seed)
    body = (PAYLOAD * 60)[: PIECE + OVERHEAD]
    queue: list[tuple[float, int]] = []
    next_s, sequence = time.monotonic(), 0
    while not stop.is_set():
        now_s = time.monotonic()
        if now_s >= next_s:
            queue.append((now_s + ENCODER_S + abs(rng.normal(0, 0.003)), camera.next_picture(level_at())))
            next_s = max(next_s + 1.0 / camera.hz, now_s)
        while queue and queue[0][0] <= now_s:
            left = queue.pop(0)[1]
            while left > 0:
                piece = min(left, PIECE)
                left, sequence = left - piece, (sequence + 1) % 4096
                head = data_up(address, AP, 26, sequence)
                if rng.random() >= LOST:
                    radio.send(CAMERA_MHZ, radiotap(-50, CAMERA_MHZ) + head + body[: piece + OVERHEAD - 26])
                stop.wait(0.0008)
        stop.wait(0.002)


def send_others(radio: Radio, stop: threading.Event) -> None:
    """An access point, a phone that looks for a network it knows, and another network."""
    number = 0
    while not stop.wait(0.1):
        number += 1
        radio.send(CAMERA_MHZ, radiotap(-45, CAMERA_MHZ) + beacon(AP, SSID, number % 4096))
        radio.send(NETWORK_MHZ, radiotap(-60, NETWORK_MHZ) + beacon("00:00:5e:00:53:02", b"office", number % 4096))
        probe = frame(0, 4, BROADCAST, PHONE, BROADCAST, sequence=number % 4096, body=bytes([0, len(SOUGHT)]) + SOUGHT)
        radio.send(CAMERA_MHZ, radiotap(-55, CAMERA_MHZ) + probe)
        radio.send(CAMERA_MHZ, radiotap(-55, CAMERA_MHZ) + data_up(PHONE, AP, 26, number % 4096) + PAYLOAD * 4)


def another_lamp(seed: int) -> Callable[[], int]:
    """The level of a lamp that plays chips of its own, as in the room next door."""
    chips = np.random.default_rng(seed).integers(0, 2, 4_000)
    return lambda: int(chips[int(time.monotonic() / 0.6) % 4_000])


def write_room(folder: Path, zones: int, *, is_laboratory: bool = False) -> Path:
    room = default_room()
    told: dict[str, Any] = {"room_kind": room.room_kind, "room_id": str(room.room_id)}
    told |= {name: json.loads(to_json(getattr(room, name))) for name in ("facility_name", "room_name", "plan")}
    told["plan"]["zones"] = told["plan"]["zones"][:zones]
    told["is_laboratory"] = is_laboratory
    (folder / "room.json").write_text(json.dumps(told), encoding="utf-8")
    return folder / "room.json"


class World:
    """Radio, lamp and cameras, from entering to leaving the context."""

    def __init__(self, folder: Path, scene: RfScene, *, is_walked: bool = False) -> None:
        """The camera sees the lamp, or with `is_walked` the person: `walker` is 1 while somebody walks."""
        (folder / "iw").write_text(IW.format(folder=folder, channels=CHANNELS), encoding="ascii")
        (folder / "iw").chmod(0o755)
        self.lamp, self.radio, self._stop = Lamp(), Radio(folder), threading.Event()
        self.head = EmulatedHead(scene, paced=True, pins=("white",), on_edge=lambda _, level, __: self.lamp.set(level))
        self.walker = 0
        lit, other = LitCamera(WALK_ROW if is_walked else ROW, 1), LitCamera(OTHER_ROW, 2)
        level_at = (lambda: self.walker) if is_walked else (lambda: self.lamp.level)
        self._threads = [
            threading.Thread(target=self.radio.follow_iw, args=(self._stop,)),
            threading.Thread(target=send_others, args=(self.radio, self._stop)),
            threading.Thread(
                target=send_pictures, args=(self.radio, CAMERA, lit, level_at, self._stop, 3)
            ),
            threading.Thread(
                target=send_pictures, args=(self.radio, OTHER, other, another_lamp(5), self._stop, 4)
            ),
        ]  # fmt: skip

    def __enter__(self) -> Self:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # cameras do not wait for this machine's processors
        self.head.__enter__()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.head.__exit__(None, None, None)

    def pull_adapter(self) -> None:
        """For good."""
        self.radio.unplug()


def settings_of(folder: Path, port: str, longest_s: float) -> str:
    return (
        f'wifi_adapter = "{NAME}"\nwifi_dwell_s = {DWELL_S}\nport = "{port}"\nstimulus_longest_s = {longest_s}\n'
        f'state = "{folder / "state"}"\n'
    )


def main() -> None:
    folder, trouble, longest_s, zones = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    room = write_room(folder, zones, is_laboratory="--keep" in sys.argv)
    with World(folder, RfScene()) as world:
        (folder / "sweep.toml").write_text(settings_of(folder, world.head.port, longest_s), encoding="utf-8")
        command = [sys.executable, "-m", "sweep.cli", "run", "--config", str(folder / "sweep.toml")]
        command += ["--room", str(room), "--inspector", "A-1", "--inspector", "A-2"]
        command += ["--json", str(folder / "report.json"), *sys.argv[5:]]
        environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
        began_s = time.monotonic()
        troubled_s: float | None = None
        with TwoPersons() as persons, subprocess.Popen(
            ["chrt", "--other", "0", *command], env=environment, stdin=persons.terminal, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, cwd=folder,
        ) as run:  # fmt: skip
            troubles: dict[str, Callable[[], None]] = {
                "head_unplugged": world.head.unplug,
                "adapter_pulled": world.pull_adapter,
                "abort": lambda: run.send_signal(signal.SIGINT),
                "entered": lambda: world.head.hold_button(is_pressed=True),
            }
            if trouble in troubles:
                wait_until(lambda: len(world.lamp.edges) >= TROUBLE_AFTER_EDGES, "chips", 60.0, 0.02)
                if trouble == "entered":  # nobody declares the room empty again
                    persons.leave()
                troubled_s = time.monotonic()
                troubles[trouble]()
            if trouble == "entered":
                time.sleep(ENTERED_S)  # nothing may be played meanwhile: there is nothing to wait for
                run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=400)
        ended_s = time.monotonic()
    print(
        json.dumps(
            {
                "code": run.returncode, "out": out, "err": err, "seconds": round(ended_s - began_s, 1),
                "edges": [[round(at - began_s, 3), level] for at, level in world.lamp.edges],
                "troubled_s": None if troubled_s is None else round(troubled_s - began_s, 3),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
