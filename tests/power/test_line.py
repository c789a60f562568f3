"""The wrapper of gpiod and what the kernel does with a released line; the stand-in is held against the real package."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from pathlib import Path

import gpiod
import pytest

from sweep.power.kernel import parameter
from tests.power.rig import ROOT, stand_in_environment
from tests.simulators import gpiod_stand_in
from tests.simulators.gpio_kernel import GpioKernel, Kernel

CHECK = """
import sys
from sweep.power.kernel import check_strict
from sweep.host.gpio import LineError, LinePlace
try:
    check_strict(LinePlace(sys.argv[1], int(sys.argv[2])))
except LineError as error:
    print(error)
"""


def refusal(device: Path, offset: int = 4) -> str:
    """What `check_strict` says in a process of its own; empty when it says nothing."""
    run = subprocess.run(
        [sys.executable, "-c", CHECK, str(device), str(offset)],
        env=stand_in_environment(), cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout.strip()


@pytest.mark.parametrize("kernel", ["strict", "lax"])
def test_a_kernel_that_keeps_a_released_line_is_found_out_without_ever_raising_it(
    kernel: Kernel, tmp_path: Path
) -> None:
    with GpioKernel(tmp_path / "chip", kernel=kernel) as chip:
        said = refusal(chip.device)
        assert ("dtparam=strict_gpiod" in said) == (kernel == "lax")
        assert said.count("\n") == 0
        assert chip.edges == []


def test_the_parameter_of_the_chips_own_driver_is_believed(tmp_path: Path) -> None:
    """A kernel for both holds both modules, and strict_gpiod sets the one of its board."""
    assert parameter("pinctrl-bcm2711", tmp_path) is None
    for module, word in (("pinctrl_bcm2835", "N"), ("pinctrl_rp1", "Y")):
        file = tmp_path / module / "parameters" / "persist_gpio_outputs"
        file.parent.mkdir(parents=True)
        file.write_text(f"{word}\n", encoding="ascii")
    assert parameter("pinctrl-bcm2711", tmp_path) is False
    assert parameter("pinctrl-bcm2835", tmp_path) is False
    assert parameter("pinctrl-rp1", tmp_path) is True
    assert parameter("gpio-mockup", tmp_path) is None


def test_a_line_that_cannot_be_driven_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    assert "camera_power_chip" in refusal(tmp_path / "no-chip")
    with GpioKernel(tmp_path / "chip") as chip:
        assert "camera_power_line" in refusal(chip.device, offset=99)


def test_the_stand_in_has_nothing_that_gpiod_has_not() -> None:
    """Names, parameters and members that the wrapper may use exist in the real package too."""
    made = Path(gpiod_stand_in.__path__[0])
    code = (
        "import json, inspect, gpiod\n"
        "print(json.dumps({\n"
        "  'request_lines': list(inspect.signature(gpiod.request_lines).parameters),\n"
        "  'LineSettings': list(inspect.signature(gpiod.LineSettings).parameters),\n"
        "  'set_value': list(inspect.signature(gpiod.LineRequest.set_value).parameters),\n"
        "  'get_value': list(inspect.signature(gpiod.LineRequest.get_value).parameters),\n"
        "  'release': list(inspect.signature(gpiod.LineRequest.release).parameters),\n"
        "  'get_line_info': list(inspect.signature(gpiod.Chip.get_line_info).parameters),\n"
        "  'enums': {e: [m.name for m in getattr(gpiod.line, e)] for e in ('Value', 'Direction', 'Bias')},\n"
        "}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(made)}, capture_output=True, check=True
    )
    stand_in = json.loads(run.stdout)
    for name, real in (
        ("request_lines", gpiod.request_lines),
        ("LineSettings", gpiod.LineSettings),
        ("set_value", gpiod.LineRequest.set_value),
        ("get_value", gpiod.LineRequest.get_value),
        ("release", gpiod.LineRequest.release),
        ("get_line_info", gpiod.Chip.get_line_info),
    ):
        assert set(stand_in[name]) <= set(inspect.signature(real).parameters), name
    for name, members in stand_in["enums"].items():
        assert set(members) <= {member.name for member in getattr(gpiod.line, name)}
    assert "label" in gpiod.ChipInfo.__dataclass_fields__
    assert hasattr(gpiod.Chip, "get_info")
    assert {"consumer", "direction"} <= set(gpiod.LineInfo.__dataclass_fields__)
