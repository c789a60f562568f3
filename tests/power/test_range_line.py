"""The range sensor's supply line and a real process that measures: it falls with the permit and with the process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.power.rig import ROOT, stand_in_environment
from tests.simulators.gpio_kernel import GpioKernel
from tests.waiting import wait_until

LINE = 23
MEASURES = """
import sys
from contextlib import contextmanager
from sweep.host.gpio import LinePlace
from sweep.lens.camera.ranging import RangePlace, Ranging
from sweep.modality.control import Control
from tests.simulators.vl53l1x import Vl53l1x

class Simulated(RangePlace):
    @contextmanager
    def wire(self):
        chip = Vl53l1x()
        chip.set(is_high=True)
        yield chip

control = Control()
control.declare_empty(("Kim", "Lee"))
with Ranging(Simulated(LinePlace(sys.argv[1], 23))).measuring(control.permit()):
    sys.stdin.readline()
    control.pause()
    sys.stdin.readline()
"""


@pytest.mark.parametrize("way", ["someone came in", "kill -9"])
def test_the_supply_of_the_range_sensor_falls_with_the_permit_and_with_its_process(way: str, tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip", others=(LINE,)) as chip:
        pin = chip.pins[LINE]
        pin.board_ohm, pin.pull = 10_000.0, "pull_down"  # R157; GPIO23 as a Pi has it at boot
        command = [sys.executable, "-c", MEASURES, str(chip.device)]
        with subprocess.Popen(command, cwd=ROOT, env=stand_in_environment(), stdin=subprocess.PIPE) as process:
            wait_until(lambda: pin.level, "it never had supply")
            if way == "kill -9":
                process.kill()
            else:
                assert process.stdin is not None
                process.stdin.write(b"\n")
                process.stdin.flush()
            wait_until(lambda: not pin.level, "it kept its supply")
            process.communicate(b"\n" if way != "kill -9" else None)
        assert process.returncode == (-9 if way == "kill -9" else 0)
        assert [edge.level for edge in pin.edges] == [1, 0]
