"""A probe with everything: `sweep agent` as a process, head, camera, adapter, Bluetooth and the camera's supply.

Run as `unshare -n python -m tests.web.whole_probe FOLDER DOOR`: the network namespace is the adapter's, and DOOR the
Unix socket through which the server is reached from there.  Words on standard input do what hands do; each is answered
by a line.  Head: the real firmware, emulated.  Camera: the rendered sensor, triggered by the head's pins.  Adapter: a
TAP device.  Bluetooth: a stand-in for its daemon under the real bleak.  Supply: a stand-in for gpiod under the real
holder and guard.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sweep.sim.air.bluez import FakeBlueZ
from sweep.sim.head.emulated import EmulatedHead, RfScene
from tests.ble.daemon import Bluetooth
from tests.lens.film_rig import QUARTER_SIZE, plain_lens
from tests.power.rig import stand_in_environment
from tests.rights import need_root
from tests.simulators.film import FilmSet
from tests.simulators.gpio_kernel import GpioKernel
from tests.simulators.rendered_sensor import EmulatedSensor
from tests.web.agent import PROBE_ID
from tests.web.relay import relaying, unix_socket
from tests.wifi.lit_camera import LitCamera
from tests.wifi.lit_rig import CAMERA, ROW, send_others, send_pictures
from tests.wifi.live_rig import CHANNELS, IW, Radio
from tests.wifi.tap_rig import NAME, set_up

ROOT: Final = Path(__file__).resolve().parents[2]
FILMED: Final = FilmSet(7, QUARTER_SIZE, lenses=(plain_lens(QUARTER_SIZE),))
FULL_MV, LOW_MV = 4_950, 4_520
"""The second is below the notice and above what closes a sweep (`run/supply_watch`)."""
DWELL_S: Final = 15.0
SCAN_S: Final = 3.0
SETTINGS: Final = """probe_id = "{probe_id}"
server = "{url}"
state = "{folder}/state"
port = "{folder}/head"
wifi_adapter = "{adapter}"
wifi_dwell_s = {dwell_s}
stimulus = "never"
ble_adapter = "hci0"
ble_scan_s = {scan_s}
camera = "pi"
camera_power_line = 4
camera_power_chip = "{folder}/chip"
"""


class Parts:
    """What hands can plug, pull and press; a context manager in whose `folder` the agent finds it all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._exposures = folder / "exposures"
        self._stop = threading.Event()
        self._head: EmulatedHead | None = None
        self._sensor: EmulatedSensor | None = None
        (folder / "iw").write_text(IW.format(folder=folder, channels=CHANNELS), encoding="ascii")
        (folder / "iw").chmod(0o755)
        radio = Radio(folder)
        self._air = [
            threading.Thread(target=radio.follow_iw, args=(self._stop,)),
            threading.Thread(target=send_others, args=(radio, self._stop)),
            threading.Thread(
                target=send_pictures, args=(radio, CAMERA, LitCamera(ROW, 1), lambda: 0, self._stop, 3)
            ),
        ]  # fmt: skip
        self.hands: dict[str, Callable[[], None]] = {
            "pull head": self.pull_head,
            "plug head": partial(self.plug_head, FULL_MV),
            "plug head with a low battery": partial(self.plug_head, LOW_MV),
            "pull camera": self.pull_camera,
            "plug camera": self.plug_camera,
            "press": lambda: self._hold_button(is_pressed=True),
            "release": lambda: self._hold_button(is_pressed=False),
        }

    def __enter__(self) -> Self:
        for thread in self._air:
            thread.start()
        self.plug_head(FULL_MV)
        self.plug_camera()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._air:
            thread.join()
        self.pull_camera()
        self.pull_head()

    def plug_head(self, battery_mv: int) -> None:
        """A head comes up, with what its supply then measures."""
        self._exposures.unlink(missing_ok=True)
        self._head = EmulatedHead(RfScene(battery_mv=battery_mv), paced=True, exposures=self._exposures)
        self._head.__enter__()
        (self._folder / "head").symlink_to(self._head.port)

    def pull_head(self) -> None:
        """Its cable is pulled."""
        (self._folder / "head").unlink(missing_ok=True)
        if self._head is not None:
            self._head.__exit__(None, None, None)
        self._head = None

    def plug_camera(self) -> None:
        """Needs a head, whose pins trigger it."""
        self._sensor = EmulatedSensor(FILMED, self._exposures, self._folder)
        self._sensor.__enter__()

    def pull_camera(self) -> None:
        """Its cable is pulled."""
        if self._sensor is not None:
            self._sensor.pull()
        self._sensor = None

    def _hold_button(self, *, is_pressed: bool) -> None:
        assert self._head is not None, "there is no head"
        self._head.hold_button(is_pressed=is_pressed)


@contextmanager
def agent(folder: Path, url: str, bus: str) -> Iterator[None]:
    """`sweep agent` on these parts."""
    settings = SETTINGS.format(
        probe_id=PROBE_ID, url=url, folder=folder, adapter=NAME, dwell_s=DWELL_S, scan_s=SCAN_S
    )  # fmt: skip
    (folder / "sweep.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "tests.web.filming_agent", str(folder / "frames.sock"), FILMED.to_json()]
    environment = stand_in_environment() | {
        "PATH": f"{folder}:{os.environ['PATH']}", "DBUS_SYSTEM_BUS_ADDRESS": bus,
    }  # fmt: skip
    with (folder / "agent.log").open("wb") as said, subprocess.Popen(
        ["chrt", "--other", "0", *command, "agent", "--config", str(folder / "sweep.toml")],
        env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            yield
        finally:
            process.terminate()


def main(folder: Path, door: str) -> None:
    """Until standard input closes."""
    set_up("lo")
    port = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{port.getsockname()[1]}"
    bluetooth = Bluetooth()
    with ExitStack() as opened:
        opened.enter_context(relaying(port, lambda: unix_socket(door)))
        opened.enter_context(bluetooth.up())
        bluetooth.do(FakeBlueZ.add_adapter)
        opened.enter_context(GpioKernel(folder / "chip"))
        parts = opened.enter_context(Parts(folder))
        opened.enter_context(agent(folder, url, bluetooth.address))
        print("ready", flush=True)
        for line in sys.stdin:
            parts.hands[line.strip()]()
            print(line.strip(), flush=True)


class WholeProbe:
    """The probe as seen from outside its namespace; a context manager."""

    def __init__(self, folder: Path, server_port: int) -> None:
        self._folder = folder
        self._port = server_port
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        need_root("a whole probe in a network of its own")
        door = str(self._folder / "door")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(door)
        self._opened.enter_context(relaying(listener, lambda: socket.create_connection(("127.0.0.1", self._port))))
        command = ["unshare", "-n", sys.executable, "-m", "tests.web.whole_probe", str(self._folder), door]
        self._process = self._opened.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        )
        self._hear("ready")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._opened.close()

    def do(self, what: str) -> None:
        """One of `Parts.hands`; returns when it is done."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        self._hear(what)

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        heard = self._process.stdout.readline().strip()
        assert heard == word, heard or self.said

    @property
    def said(self) -> str:
        """What the agent said."""
        return (self._folder / "agent.log").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
