"""`sweep doctor` and a live sweep as a user runs them, on a kernel that drops a released line and one that keeps it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sweep.power.kernel import REMEDY
from sweep.run.rooms import Room
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
    assert done.returncode == 0, done.stderr
    assert chip.edges == []


def test_the_doctor_leaves_a_sweep_that_runs_alone(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip") as chip, Rig(chip) as rig:
        rig.light()
        done = sweep("doctor", "--config", settings(tmp_path, chip))
        assert done.returncode == 0, done.stderr
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
    room.write_text(Room(**{name: getattr(made, name) for name in Room.model_fields}).model_dump_json(), "utf-8")
    with GpioKernel(tmp_path / "chip", kernel="lax") as chip:
        config = settings(tmp_path, chip)
        for words in (("run", "--room", room, "--inspector", "a", "--inspector", "b"), ("agent",)):
            done = sweep(*words, "--config", config)
            assert done.returncode == 2, (words, done.stderr)
            assert "dtparam=strict_gpiod" in done.stderr
            assert done.stderr.count("\n") == 1
    assert chip.edges == []
    assert not list((tmp_path / "state").glob("outbox/*.json"))


def test_the_documents_name_the_lines_that_the_remedy_and_the_board_want() -> None:
    for document in ("README.md", "sweep/README.md", "hardware/README.md", "CHANGELOG.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        assert "gpio=4=op,dl,pd" in text, document
        assert "dtparam=strict_gpiod" in text, document
    assert "dtparam=strict_gpiod" in REMEDY
