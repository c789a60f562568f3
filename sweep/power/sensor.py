"""Loads the sensor's driver after the sensor has power, and takes it away before the power goes: **unproven on a Pi**.

Input is how; output is a driver that has found the sensor, or one line why not. A driver that was loaded at boot found
no sensor, since nothing had power then. Two ways: the overlay is loaded at runtime (`dtoverlay imx296,always-on`, as
root), or, where the overlay was loaded at boot, the driver is bound anew to the device that it did not find, by this
process as root, or by the package's helper (`sensor_helper`), which a service without rights asks for it. Written from
the kernel's documentation of both and tried on stand-ins only; the setting is off until a Pi has run it.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from pathlib import Path
from typing import Final, Literal

from sweep.phrases import Phrase, from_line

Method = Literal["at_boot", "overlay", "bind", "helper"]
OVERLAY: Final = "imx296,always-on"
NAME: Final = "imx296"
DRIVER: Final = Path("/sys/bus/i2c/drivers/imx296")
DEVICES: Final = Path("/sys/bus/i2c/devices")
PATIENCE_S: Final = 10.0
HELPER: Final = Path("/run/ansim-sweep/sensor.sock")
"""Where the package's helper is asked (host/system)."""
VERB: Final = b"attach"
"""All that it is asked for; the end of the connection takes the driver away."""
MAX_ANSWER: Final = 1_000


class SensorError(RuntimeError):
    """The driver did not take the sensor; one line that says what to do."""


class SensorDriver:
    """The driver of the camera's sensor; attached while the sensor has power."""

    def __init__(
        self, method: Method, *, command: str = "dtoverlay", driver: Path = DRIVER, devices: Path = DEVICES,
        helper: Path = HELPER,
    ) -> None:  # fmt: skip
        self._method = method
        self._command = command
        self._driver = driver
        self._devices = devices
        self._helper = helper
        self._held: socket.socket | None = None
        """The helper's line, while the driver is attached by it."""

    def attach(self) -> None:
        """The sensor has power: let the driver find it. Raises SensorError."""
        match self._method:
            case "overlay":
                self._run(OVERLAY)
            case "bind":
                self._write("bind")
            case "helper":
                self._hold()
            case "at_boot":
                return

    def detach(self) -> None:
        """The power is going, or gone: take the driver away, so that it finds the sensor next time."""
        match self._method:
            case "overlay":
                self._run("-r", NAME)
            case "bind":
                self._write("unbind")
            case "helper":
                self._let_go()
            case "at_boot":
                return

    def _run(self, *messages: str) -> None:
        command = [self._command, *messages]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        except FileNotFoundError:
            raise SensorError(Phrase("raspi_utils_missing", command=self._command)) from None
        except subprocess.TimeoutExpired:
            raise SensorError(Phrase("command_does_not_end", command=" ".join(command))) from None
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[:160]
            raise SensorError(Phrase("command_needs_root", command=" ".join(command), why=said or "failed"))

    def _hold(self) -> None:
        """Ask the helper, and keep its line."""
        self._let_go()
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(PATIENCE_S)
        try:
            line.connect(str(self._helper))
            line.send(VERB)
            answer = line.recv(MAX_ANSWER).decode("utf-8", "replace")
        except OSError as error:
            line.close()
            raise SensorError(Phrase("sensor_helper_away", socket=self._helper, why=error)) from error
        if answer != "ok":
            line.close()
            raise SensorError(from_line(answer.removeprefix("error ")))
        self._held = line

    def _let_go(self) -> None:
        """End the helper's line and wait until it has taken the driver away."""
        line, self._held = self._held, None
        if line is None:
            return
        with line, contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_WR)
            line.recv(MAX_ANSWER)

    def _write(self, name: str) -> None:
        found = sorted(path.name for path in self._devices.glob("*") if _is_sensor(path))
        if not found:
            raise SensorError(Phrase("device_tree_entry_missing", name=NAME, overlay=OVERLAY))
        try:
            (self._driver / name).write_text(found[0], encoding="ascii")
        except OSError as error:
            raise SensorError(Phrase("driver_needs_root_and_power", file=self._driver / name, why=error)) from error


def _is_sensor(device: Path) -> bool:
    try:
        return (device / "name").read_text(encoding="ascii").strip() == NAME
    except OSError:
        return False
