"""Recording on a bench: the camera gets its power and its driver for the recording, and loses both with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.power.rig import ROOT, stand_in_environment
from tests.power.test_sensor import stand_in
from tests.simulators.gpio_kernel import GpioKernel, Kernel
from tests.waiting import wait_until

CODE = """
import sys
from sweep.lab.bench.recording import powered
from sweep.modality.control import Control
from sweep.host.gpio import LineError, LinePlace
from sweep.power.sensor import SensorDriver
control = Control()
control.declare_empty(("Kim", "Lee"))
try:
    with powered(control, LinePlace(sys.argv[1], 4), SensorDriver("overlay", command=sys.argv[2])):
        print("on", flush=True)
        sys.stdin.readline()
except LineError as error:
    print(error, flush=True)
"""


def bench(chip: GpioKernel, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, str(chip.device), command],
        cwd=ROOT, env=stand_in_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_power_and_driver_last_as_long_as_the_recording(tmp_path: Path) -> None:
    command, log = stand_in(tmp_path, 0)
    with GpioKernel(tmp_path / "chip") as chip, bench(chip, command) as recorder:
        assert recorder.stdout is not None
        assert recorder.stdout.readline() == "on\n"
        assert chip.level == 1
        assert log.read_text().splitlines() == ["imx296,always-on"]
        recorder.communicate("\n")
        assert [edge.level for edge in chip.edges] == [1, 0]
        assert log.read_text().splitlines() == ["imx296,always-on", "-r imx296"]
        wait_until(lambda: not chip.is_claimed, "a claim outlasted the recording")


def test_a_kernel_that_keeps_a_released_line_gets_no_recording(tmp_path: Path) -> None:
    kernel: Kernel = "lax"
    with GpioKernel(tmp_path / "chip", kernel=kernel) as chip, bench(chip, "/nonexistent") as recorder:
        said, _ = recorder.communicate()
        assert "dtparam=strict_gpiod" in said
        assert chip.edges == []
