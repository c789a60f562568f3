"""The late driver on stand-ins: a `dtoverlay` that writes down how it was called, and a folder like sysfs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep.power.sensor import HELPER, VERB, SensorDriver, SensorError
from tests.waiting import wait_until


def stand_in(folder: Path, code: int) -> tuple[str, Path]:
    """A command that notes its words; where they stand."""
    log = folder / "calls"
    script = folder / "dtoverlay"
    script.write_text(f'#!/bin/sh\necho "$@" >>{log}\necho "failed to apply overlay" >&2\nexit {code}\n')
    script.chmod(0o755)
    return str(script), log


def test_the_overlay_is_loaded_and_taken_away(tmp_path: Path) -> None:
    command, log = stand_in(tmp_path, 0)
    driver = SensorDriver("overlay", command=command)
    driver.attach()
    driver.detach()
    assert log.read_text().splitlines() == ["imx296,always-on", "-r imx296"]


def test_an_overlay_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    command, _ = stand_in(tmp_path, 1)
    with pytest.raises(SensorError, match="failed to apply overlay; it needs root"):
        SensorDriver("overlay", command=command).attach()
    with pytest.raises(SensorError, match="raspi-utils"):
        SensorDriver("overlay", command=str(tmp_path / "absent")).attach()


def test_the_driver_is_bound_to_the_sensor_and_nothing_else(tmp_path: Path) -> None:
    devices, driver = tmp_path / "devices", tmp_path / "driver"
    driver.mkdir()
    for address, name in (("1-0068", "mpu6050"), ("10-001a", "imx296")):
        (devices / address).mkdir(parents=True)
        (devices / address / "name").write_text(f"{name}\n", encoding="ascii")
    sensor = SensorDriver("bind", driver=driver, devices=devices)
    sensor.attach()
    assert (driver / "bind").read_text() == "10-001a"
    sensor.detach()
    assert (driver / "unbind").read_text() == "10-001a"
    with pytest.raises(SensorError, match="needs root"):
        SensorDriver("bind", driver=tmp_path / "absent", devices=devices).attach()
    with pytest.raises(SensorError, match=r"config\.txt"):
        SensorDriver("bind", driver=driver, devices=tmp_path / "none").attach()


def test_by_default_nothing_is_touched() -> None:
    sensor = SensorDriver("at_boot", command="/nonexistent")
    sensor.attach()
    sensor.detach()


# --- The package's helper ---------------------------------------------------------------------------------------------


class Package:
    """The helper's unit laid out as the package lays it, a stand-in for the driver, and what systemd does for its
    socket: a process with the connection as its standard input for each, by the unit's own command line.
    """

    def __init__(self, root: Path, repo_root: Path) -> None:
        system = repo_root / "sweep" / "host" / "system"
        for line in (system / "layout").read_text(encoding="utf-8").splitlines():
            if line.startswith("ansim-sweep-sensor"):
                name, place = line.split()
                target = root / place.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(system / name, target)
        units = root / "usr/lib/systemd/system"
        self.unit = (units / "ansim-sweep-sensor@.service").read_text(encoding="utf-8")
        self.listens = (units / "ansim-sweep-sensor.socket").read_text(encoding="utf-8")
        self.driver, self.devices, self.repo_root = root / "driver", root / "devices", repo_root
        (self.devices / "10-001a").mkdir(parents=True)
        (self.devices / "10-001a" / "name").write_text("imx296\n", encoding="ascii")
        self.driver.mkdir()
        for name in ("bind", "unbind"):
            (self.driver / name).touch(mode=0o200)  # as sysfs has them: its owner may write
        self.socket = root / "sensor.sock"
        self.helpers: list[subprocess.Popen[bytes]] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(self.socket))
        self._listener.listen()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def command(self) -> list[str]:
        (started,) = (line for line in self.unit.splitlines() if line.startswith("ExecStart="))
        interpreter, *rest = started.removeprefix("ExecStart=").split()
        assert interpreter == "/usr/lib/ansim-sweep-probe/bin/python3"
        assert rest == ["-I", "-m", "sweep.power.sensor_helper"]
        drops = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
        return [*drops, sys.executable, *rest[1:], str(self.driver), str(self.devices)]

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self.helpers.append(subprocess.Popen(self.command(), stdin=line.fileno(), cwd=self.repo_root))
                line.close()

    def said(self, name: str) -> str:
        return (self.driver / name).read_text(encoding="ascii")

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave it in accept
        self._accepting.join()  # a helper may have answered before it stands in the list
        self._listener.close()
        for helper in self.helpers:
            helper.kill()
            helper.wait()


@pytest.fixture
def package(tmp_path: Path, repo_root: Path) -> Iterator[Package]:
    laid_out = Package(tmp_path, repo_root)
    yield laid_out
    laid_out.close()


def test_a_service_without_rights_has_the_driver_bound_and_taken_away(package: Package) -> None:
    """As root where the test is, and then without a capability, as the unit says."""
    assert "\nUser=root\n" in package.unit and "\nCapabilityBoundingSet=\n" in package.unit
    assert f"ListenSequentialPacket={HELPER}\n" in package.listens
    assert "SocketGroup=ansim-probe\nSocketMode=0660\n" in package.listens
    sensor = SensorDriver("helper", helper=package.socket)
    sensor.attach()
    assert (package.said("bind"), package.said("unbind")) == ("10-001a", "")
    sensor.detach()
    assert package.said("unbind") == "10-001a", "taken away before detach is over"
    sensor.attach()
    sensor.detach()
    assert [helper.wait() for helper in package.helpers] == [0, 0]


def test_the_driver_goes_with_a_sweep_that_dies(package: Package) -> None:
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(str(package.socket))
    line.send(VERB)
    assert line.recv(100) == b"ok"
    line.close()
    wait_until(lambda: package.said("unbind") == "10-001a", "the driver was taken away")


@pytest.mark.parametrize("verb", [b"detach", b"attach /etc/passwd", b"\xff" * 64, b"attach\n"])
def test_the_helper_takes_one_verb_and_touches_nothing_for_another(package: Package, verb: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line:
        line.connect(str(package.socket))
        line.send(verb)
        assert b"sensor_helper_knows_one_verb" in line.recv(1000)
    assert package.said("bind") == ""


def test_a_sensor_that_does_not_answer_is_one_line_of_the_helper(package: Package) -> None:
    shutil.rmtree(package.driver)
    with pytest.raises(SensorError, match="needs root") as failed:
        SensorDriver("helper", helper=package.socket).attach()
    assert "\n" not in str(failed.value)


def test_a_helper_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    sensor = SensorDriver("helper", helper=tmp_path / "none.sock")
    with pytest.raises(SensorError, match=r"systemctl start ansim-sweep-sensor\.socket"):
        sensor.attach()
    sensor.detach()
