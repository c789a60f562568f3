"""`sweep run` with an adapter: a TAP device plays the radio, an executable plays `iw`, made-up air the room.

Run as `unshare -n python -m tests.wifi.live_rig FOLDER TROUBLE`; prints one JSON object.  The device starts as a
managed interface; the executable tells what it was asked, and this process does what a kernel would have done.  With
`bluetooth` as TROUBLE there is none, and a stand-in for BlueZ answers on a system bus of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sweep.captures.files import open_capture
from sweep.report import to_json
from sweep.sim.air.bluez import FakeBlueZ
from sweep.sim.air.frames import WifiEmitter
from sweep.sim.source import default_room
from tests.ble.daemon import Bluetooth
from tests.keyboard import TwoPersons
from tests.simulators.wifi_captures import write_wifi_capture
from tests.waiting import wait_until
from tests.wifi.tap_rig import _TUNSETLINK, NAME, make_tap, rename, set_up

CAMERA_MHZ, NETWORK_MHZ = 2_437, 5_180
CAMERA: Final = "02:00:00:00:0c:01"
DWELL_S: Final = 7.0
ZONES: Final = 2
HEARD: Final = 100
"""Frames: where the adapter stays from one zone to the next, some are sent while nobody measures."""
CHANNELS = "".join(
    f"\\t* {mhz} MHz [{n}]\\n" for n, mhz in enumerate((2_412, CAMERA_MHZ, 2_462, NETWORK_MHZ, 5_260), 1)
)
IW = """#!/bin/sh
echo "$*" >> {folder}/asked
case "$*" in
*info) echo "wiphy 0";;
*channels) printf 'Band 1:\\n{channels}';;
*"set freq "*) echo "$5" > {folder}/tuned.new; mv {folder}/tuned.new {folder}/tuned;;
*"set type monitor") n=0; while [ ! -e {folder}/monitored ] && [ $n -lt 100 ]; do sleep 0.02; n=$((n+1)); done
  rm {folder}/monitored;;
*) echo "command failed" >&2; exit 1;;
esac
"""


class Radio:
    """The device as its kernel would treat it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._tap: int | None = make_tap(link=1)
        self.sent = 0

    def send(self, mhz: int, octets: bytes) -> None:
        """A frame on the air: received when the device is tuned there."""
        with contextlib.suppress(OSError, ValueError), self._lock:
            if self._tap is not None and int((self._folder / "tuned").read_text(encoding="ascii")) == mhz:
                os.write(self._tap, octets)
                self.sent += 1

    def follow_iw(self, stop: threading.Event) -> None:
        """Do what iw was asked for."""
        asked, done = self._folder / "asked", 0
        while not stop.wait(0.005):
            lines = asked.read_text(encoding="ascii").splitlines() if asked.exists() else []
            for line in lines[done:]:
                if line.endswith("set type monitor"):
                    with self._lock, contextlib.suppress(OSError):
                        self._set_link(803)
                    (self._folder / "monitored").touch()
            done = len(lines)

    def _set_link(self, link: int) -> None:
        if self._tap is not None:
            fcntl.ioctl(self._tap, _TUNSETLINK, link)

    def take_back(self) -> None:
        """What NetworkManager does with an interface that it manages."""
        set_up(NAME, is_up=False)
        with self._lock:
            self._set_link(1)
        set_up(NAME)

    def rename(self) -> None:
        rename(NAME, "wlx0")

    def unplug(self) -> None:
        """For good."""
        with self._lock:
            if self._tap is not None:
                os.close(self._tap)
            self._tap = None

    def pull_out(self) -> None:
        """And back in after a second."""
        self.unplug()
        time.sleep(1.0)  # how long it is out is the trouble
        with self._lock:
            self._tap = make_tap(link=1)


def play(radio: Radio, path: Path, mhz: int, stop: threading.Event) -> None:
    """A recording as it happened, at full length, again and again."""
    with open_capture(path) as reader:
        packets = [
            (int(block.t_ns[i]), block.packet(i) + bytes(int(block.original[i] - block.captured[i])))
            for block in reader.blocks
            for i in range(len(block))
        ]
    while not stop.is_set():
        began_ns = time.monotonic_ns() - packets[0][0]
        for t_ns, octets in packets:
            while not stop.is_set() and (ahead_ns := t_ns + began_ns - time.monotonic_ns()) > 0:
                stop.wait(ahead_ns / 1e9)
            radio.send(mhz, octets)


def write_air(folder: Path) -> None:
    network = WifiEmitter("ap", "00:00:5e:00:53:01", 1.0, 1.0, ssid=b"net")
    camera = WifiEmitter("camera_station", CAMERA, 1.0, 2.0, peer="00:00:5e:00:53:01", bitrate_kbps=900.0)
    office = WifiEmitter("ap", "00:00:5e:00:53:02", 8.0, 2.0, ssid=b"office")
    for name, emitters, mhz in (("camera", [network, camera], CAMERA_MHZ), ("office", [office], NETWORK_MHZ)):
        write_wifi_capture(
            folder / f"{name}.pcap", emitters=emitters, listener_xy_m=(1.0, 1.0), seconds=30.0, seed=3,
            channel_mhz=mhz, beacon_share=1.0,
        )  # fmt: skip


def main() -> None:
    folder, trouble = Path(sys.argv[1]), sys.argv[2]
    (folder / "iw").write_text(IW.format(folder=folder, channels=CHANNELS), encoding="ascii")
    (folder / "iw").chmod(0o755)
    room = default_room()
    room_file = {name: getattr(room, name) for name in ("room_kind",)} | {
        "room_id": str(room.room_id),
        **{name: json.loads(to_json(getattr(room, name))) for name in ("facility_name", "room_name", "plan")},
    }
    room_file["plan"]["zones"] = room_file["plan"]["zones"][:ZONES]
    (folder / "room.json").write_text(json.dumps(room_file), encoding="utf-8")
    adapter = "none9" if trouble == "absent" else NAME
    settings = f'wifi_adapter = "{adapter}"\nwifi_dwell_s = {DWELL_S}\n'
    bluetooth = Bluetooth() if trouble == "bluetooth" else None
    if bluetooth is not None:
        settings += 'ble_adapter = "hci0"\nble_scan_s = 2.0\n'
    (folder / "sweep.toml").write_text(settings, encoding="utf-8")
    write_air(folder)

    radio, stop = Radio(folder), threading.Event()
    troubles: dict[str, Callable[[], None]] = {
        "taken_back": radio.take_back, "renamed": radio.rename, "pulled_out": radio.pull_out,
    }  # fmt: skip
    threads = [
        threading.Thread(target=radio.follow_iw, args=(stop,)),
        threading.Thread(target=play, args=(radio, folder / "camera.pcap", CAMERA_MHZ, stop)),
        threading.Thread(target=play, args=(radio, folder / "office.pcap", NETWORK_MHZ, stop)),
    ]
    for thread in threads:
        thread.start()
    command = [sys.executable, "-m", "sweep.cli", "run", "--config", str(folder / "sweep.toml"), "--quiet"]
    command += ["--room", str(folder / "room.json"), "--inspector", "A-1", "--inspector", "A-2"]
    command += ["--state", str(folder / "state"), "--json", str(folder / "report.json")]
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    said = folder / "said"
    second = room_file["plan"]["zones"][1]["name"]["en"]
    with contextlib.ExitStack() as stack:
        if bluetooth is not None:
            stack.enter_context(bluetooth.up())
            bluetooth.do(FakeBlueZ.add_adapter)
            environment["DBUS_SYSTEM_BUS_ADDRESS"] = bluetooth.address
        persons, errors = stack.enter_context(TwoPersons()), stack.enter_context(said.open("wb"))
        run = stack.enter_context(
            subprocess.Popen(
                command, env=environment, stdin=persons.terminal, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        )
        if trouble in troubles:
            wait_until(lambda: second.encode() in said.read_bytes(), "the question to stand there", 60.0, 0.02)
            sent = radio.sent
            wait_until(lambda: radio.sent >= sent + HEARD, "frames in the second zone", 60.0, 0.02)
            troubles[trouble]()
        out, _ = run.communicate(timeout=120)
    stop.set()
    for thread in threads:
        thread.join()
    asked = (folder / "asked").read_text(encoding="ascii").splitlines() if (folder / "asked").exists() else []
    err = said.read_text(encoding="utf-8")
    print(json.dumps({"code": run.returncode, "out": out, "err": err, "asked": asked, "sent": radio.sent}))


if __name__ == "__main__":
    main()
