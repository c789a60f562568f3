"""`sweep doctor` and a live sweep as a user runs them, on a kernel that drops a released line and one that keeps it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from sweep.power.kernel import REMEDY
from sweep.sim.source import default_room
from tests.power.rig import ROOT, Rig, stand_in_environment
from tests.simulators.gpio_kernel import GpioKernel
from tests.waiting import wait_until


def settings(folder: Path, chip: GpioKernel) -> Path:
    path = folder / "sweep.toml"
    path.write_text(
        f'camera_power_line = 4\ncamera_power_chip = "{chip.device}"\nwifi_adapter = "wlan-absent"\n'
        f'state = "{folder / "state"}"\nserver = "http://127.0.0.1:1"\n',
        encoding="utf-8",
    )
    return path


def sweep(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "sweep.cli", *map(str, words)]
    return subprocess.run(
        command, cwd=ROOT, env=stand_in_environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL,
        timeout=120, check=False,
    )  # fmt: skip


def test_the_doctor_refuses_a_kernel_that_keeps_a_released_line(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip", kernel="lax") as chip:
        done = sweep("doctor", "--config", settings(tmp_path, chip))
    assert done.returncode == 2
    assert "dtparam=strict_gpiod" in done.stderr
    assert done.stderr.count("\n") == 1
    assert chip.edges == []


def test_the_doctor_is_content_with_a_strict_one_and_leaves_the_line_low(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip") as chip:
        done = sweep("doctor", "--config", settings(tmp_path, chip))
    assert done.returncode == 1, done.stderr
    assert chip.edges == []


def test_the_doctor_leaves_a_sweep_that_runs_alone(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip") as chip, Rig(chip) as rig:
        rig.light()
        done = sweep("doctor", "--config", settings(tmp_path, chip))
        assert done.returncode == 1, done.stderr
        assert chip.level == 1


@pytest.mark.parametrize("kernel", ["strict", "lax"])
def test_the_end_of_a_service_switches_off_what_its_crash_left_on(kernel: str, tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip", kernel="lax" if kernel == "lax" else "strict") as chip:
        with Rig(chip) as rig:
            rig.light()
            rig.kill("giver", "holder", "guard")
            wait_until(lambda: not chip.is_claimed, "the claim never ended")
            assert chip.level == (kernel == "lax")
        done = sweep("doctor", "--camera-off", "--config", settings(tmp_path, chip))
        assert done.returncode == 0, done.stderr
        assert chip.level == 0


def test_without_a_line_there_is_nothing_to_switch_off() -> None:
    done = sweep("doctor", "--camera-off")
    assert done.returncode == 2
    assert "camera_power_line" in done.stderr


def test_a_live_sweep_and_the_agent_are_refused_on_a_kernel_that_keeps_a_released_line(tmp_path: Path) -> None:
    room, made = tmp_path / "room.json", default_room()
    room.write_text(made.model_dump_json(), "utf-8")
    with GpioKernel(tmp_path / "chip", kernel="lax") as chip:
        config = settings(tmp_path, chip)
        for words in (("run", "--room", room, "--inspector", "a", "--inspector", "b"), ("agent",)):
            done = sweep(*words, "--config", config)
            assert done.returncode == 2, (words, done.stderr)
            assert "dtparam=strict_gpiod" in done.stderr
            assert done.stderr.count("\n") == 1
    assert chip.edges == []
    assert not list((tmp_path / "state").glob("outbox/*.json"))


READ_BACK = """
import sys
from sweep.host.gpio import LinePlace
from sweep.host.i2c import I2cError
from sweep.modality.control import Control
from sweep.power.self_test import Ranger, examine_off, examine_on
control = Control()
control.declare_empty(("Kim", "Lee"))
for device in sys.argv[1:]:
    place, supply = LinePlace(device, 17), LinePlace(device, 4)
    enable = LinePlace(device, 23)
    name = device[-1]
    asked = []
    def answers():
        asked.append(None)
        return name == "g" or (name != "h" and len(asked) > 2)  # twice while it is off
    def measure():
        if name == "i":
            raise I2cError("what answers at 0x29 is no VL53L1X: it says 0xffff")
        return "1.40 m"
    ranger = Ranger(enable, answers, measure, is_expected=name != "j")
    rows = examine_off(place, supply) + examine_on(place, supply, control.permit(), ranger=ranger)
    print(" | ".join(f"{row.part}: {row.fault} {row.is_unsafe}" for row in rows if row.fault is not None))
"""


def test_each_fault_of_the_cameras_supply_has_words_of_its_own(tmp_path: Path) -> None:
    made = {name: GpioKernel(tmp_path / name, offset=17, others=(4, 23), read_back=4) for name in "abcdefghij"}
    made["b"].hold(17, 1)
    made["c"].hold(4, 1)
    made["d"].hold(17, 0)
    made["e"].hold(4, 0)
    made["f"].pins[17].board_ohm = None
    with ExitStack() as opened:
        devices = [str(opened.enter_context(chip).device) for chip in made.values()]
        done = subprocess.run(
            [sys.executable, "-c", READ_BACK, *devices],
            cwd=ROOT, env=stand_in_environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert all(all(pin.holder is None for pin in chip.pins.values()) for chip in made.values())
    good, high, shorted, low, no_supply, no_ribbon, stuck, absent, foreign, unset = done.stdout.splitlines()
    assert good == ""
    assert high.startswith("camera's supply line, off: GPIO17 reads high though it is driven low")
    assert "True" in high
    assert shorted.startswith("camera's 3.3 V, off: the camera has 3.3 V though GPIO17 is low")
    assert shorted.endswith("True")
    assert low.startswith("camera's supply line, on: GPIO17 reads low though it is driven high")
    assert no_supply.startswith("camera's 3.3 V, on: the camera has no 3.3 V though GPIO17 is high")
    assert no_ribbon.startswith("camera's supply line, let go of: GPIO17 rises when it is let go of")
    assert [edge.level for edge in made["a"].edges] == [1, 0]
    assert [edge.level for edge in made["a"].pins[23].edges][-2:] == [1, 0]
    assert stuck.startswith("range sensor, off: the range sensor answers though its supply is off")
    assert stuck.endswith("True")
    assert absent.startswith("range sensor, on: no range sensor answers")
    assert foreign.startswith("range sensor, on: what answers at 0x29 is no VL53L1X")
    assert unset.startswith("range sensor, on: sweeps do not use it: range_sensor = true")
    for line in (foreign, unset, absent, low, no_supply, no_ribbon):
        assert "True" not in line


def test_the_doctor_powers_no_camera_without_two_persons(tmp_path: Path) -> None:
    chip = GpioKernel(tmp_path / "chip", offset=17, others=(4, 10, 23, 24), read_back=4)
    chip.hold(24, 1)
    config = tmp_path / "sweep.toml"
    config.write_text(f'carrier = "B"\ncamera_power_chip = "{chip.device}"\n', encoding="utf-8")
    with chip:
        alone = sweep("doctor", "--config", config)
        assert chip.edges == []
        one_person = sweep("doctor", "--config", config, "--declared-empty", "kim", "--declared-empty", "KIM ")
        assert chip.edges == []
        declared = sweep("doctor", "--config", config, "--declared-empty", "kim", "--declared-empty", "lee")
        assert [edge.level for edge in chip.edges] == [1, 0]
        chip.hold(4, 1)
        powered = sweep("doctor", "--config", config)
    assert alone.returncode == 1, alone.stderr
    assert "two persons have to declare the room empty" in alone.stdout
    assert re.search(r"range sensor\n +for: distance of the walls\n +state: not used", alone.stdout)
    assert re.search(r"inputs with 5 V\n +for: swap of the bank\n +state: b\n", alone.stdout)
    assert re.search(r"power meter\n +for: power bank in per cent\n", alone.stdout)
    assert one_person.returncode == 2
    assert declared.returncode == 1, declared.stderr
    assert powered.returncode == 2
    assert "shorted" in powered.stderr


def test_the_documents_name_the_lines_that_the_remedy_and_the_board_want() -> None:
    for document in ("README.md", "sweep/COMMANDS.md", "hardware/BUILD.md", "CHANGELOG.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert "=op,dl,pd" in text, document
        assert "dtparam=strict_gpiod" in text, document
    assert "dtparam=strict_gpiod" in str(REMEDY)
