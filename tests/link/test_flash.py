"""`sweep flash` with a stub in the place of avrdude, on a pseudo-terminal and on the emulated head."""

import os
import pty
import stat
import subprocess
import sys
import tty
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.link import messages
from sweep.link.flash import FlashError, flash
from sweep.link.frame import encode
from sweep.link.head import SerialPort
from sweep.link.messages import Identity
from sweep.sim.head.emulated import EmulatedHead, RfScene
from tests.power.rig import ROOT, stand_in_environment
from tests.sim.head_kit import built_elf
from tests.simulators.gpio_kernel import GpioKernel
from tests.waiting import wait_until


@pytest.fixture
def terminal() -> Iterator[str]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "head.hex"
    path.write_text(":00000001FF\n", encoding="ascii")
    return path


def stub(folder: Path, script: str) -> Path:
    """An avrdude that writes its arguments to a file and then does what `script` says."""
    tool = folder / "avrdude"
    tool.write_text(f'#!/bin/sh\necho "$@" > {folder}/arguments\n{script}\n', encoding="utf-8")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    return folder / "arguments"


def run(tools: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and what was said, by `sweep flash` that finds its tools in this folder."""
    result = CliRunner(env={"PATH": str(tools)}).invoke(build_app(("flash",)), ["flash", *arguments])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_avrdude_gets_port_image_and_speed(terminal: str, image: Path, tmp_path: Path) -> None:
    arguments = stub(tmp_path, "exit 0")
    code, said = run(tmp_path, terminal, "--hex", str(image), "--no-verify")
    assert (code, "not verified" in said) == (0, True)
    given = arguments.read_text(encoding="utf-8").split()
    assert given[given.index("-P") + 1] == terminal
    assert given[given.index("-p") + 1] == "m328p"
    assert given[given.index("-b") + 1] == "115200"
    assert f"flash:w:{image}:i" in given
    run(tmp_path, terminal, "--hex", str(image), "--no-verify", "--old-bootloader")
    assert "57600" in arguments.read_text(encoding="utf-8")


def test_the_head_is_asked_afterwards_who_it_is(image: Path, tmp_path: Path) -> None:
    stub(tmp_path, "exit 0")
    with EmulatedHead(RfScene(), built_elf(), paced=True) as emulated:
        code, said = run(tmp_path, emulated.port, "--hex", str(image))
    assert code == 0, said
    assert f"protocol {messages.PROTOCOL_VERSION}" in said


def test_a_running_sweep_is_left_alone(terminal: str, image: Path, tmp_path: Path) -> None:
    arguments = stub(tmp_path, "exit 0")
    with SerialPort(terminal):
        code, said = run(tmp_path, terminal, "--hex", str(image), "--no-verify")
    assert code == 2
    assert "a sweep runs" in said
    assert not arguments.exists()


def test_a_failure_of_avrdude_is_one_line(terminal: str, image: Path, tmp_path: Path) -> None:
    stub(tmp_path, 'echo "avrdude: stk500_getsync(): not in sync: resp=0x00" >&2; exit 1')
    code, said = run(tmp_path, terminal, "--hex", str(image))
    assert code == 2
    assert "not in sync" in said
    assert "--old-bootloader" in said
    assert len(said.strip().splitlines()) == 1


def test_a_head_on_the_ribbon_is_reset_by_its_line_and_what_is_wrong_is_said(image: Path, tmp_path: Path) -> None:
    """A stub of avrdude fails; whether the head begins anew when its RESET is pulsed tells why."""
    stub(tmp_path, "exit 1")
    master, slave = pty.openpty()
    tty.setraw(slave)
    pulses: list[bool] = []

    def reset(*, reaches: bool) -> None:
        pulses.append(reaches)
        if reaches and len(pulses) > 1:
            os.write(master, encode(Identity(2, 0, bytes(8), 0, 32_000, 2_500, 2), 0))

    for reaches, words in ((True, "its bootloader did not answer"), (False, "RESET does not reach it")):
        pulses.clear()
        with pytest.raises(FlashError, match=words):
            flash(
                os.ttyname(slave), image, reset=partial(reset, reaches=reaches), restart_s=0.2,
                avrdude=str(tmp_path / "avrdude"),
            )  # fmt: skip
        assert pulses == [reaches, reaches]
    os.close(master)
    os.close(slave)


def test_a_uart_without_a_reset_line_is_refused_before_anything_is_tried(image: Path, tmp_path: Path) -> None:
    arguments = stub(tmp_path, "exit 0")
    code, said = run(tmp_path, "/dev/ttyAMA0", "--hex", str(image))
    assert code == 2
    assert 'carrier = "B"' in said
    assert "open the case" in said
    assert not arguments.exists()


def test_the_line_is_pulsed_high_once_and_left_low(tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip", others=(18,)) as chip:
        chip.pins[18].pull = "pull_down"
        code = "import sys\nfrom sweep.host.gpio import LinePlace\nfrom sweep.host.head_reset import pulse_reset\n"
        code += "pulse_reset(LinePlace(sys.argv[1], 18))"
        command = [sys.executable, "-c", code, str(chip.device)]
        subprocess.run(command, cwd=ROOT, env=stand_in_environment(), check=True)
        wait_until(lambda: chip.pins[18].holder is None, "the claim outlasted its process")
    edges = chip.pins[18].edges
    assert [edge.level for edge in edges] == [1, 0]
    assert edges[1].t_ns - edges[0].t_ns >= 1_000_000


def test_what_is_missing_is_named(terminal: str, image: Path, tmp_path: Path) -> None:
    stub(tmp_path, "exit 0")
    assert "is the sensor head plugged in" in run(tmp_path, str(tmp_path / "ttyUSB9"), "--hex", str(image))[1]
    assert "not a serial port" in run(tmp_path, str(image), "--hex", str(image))[1]
    assert "run make firmware" in run(tmp_path, terminal, "--hex", str(tmp_path / "none.hex"))[1]
    wrong = tmp_path / "wrong.hex"
    wrong.write_bytes(b"\x7fELF")
    assert "not an Intel HEX image" in run(tmp_path, terminal, "--hex", str(wrong))[1]
    code, said = run(tmp_path / "no-tools", terminal, "--hex", str(image))
    assert (code, "apt install avrdude" in said) == (2, True)


def test_the_meter_shows_a_carrier_that_comes_up() -> None:
    from sweep.sim.head.emulated import Emitter

    scene = RfScene((Emitter("continuous", -35.0, starts_s=3.0),))
    with EmulatedHead(scene, built_elf()) as emulated:
        arguments = ["rf", emulated.port, "--seconds", "5", "--meter"]  # which may begin a while after the head
        result = CliRunner().invoke(build_app(("rf",)), arguments)
    assert result.exit_code == 0, result.output
    shown = [float(line.split()[0]) for line in result.stderr.splitlines() if " dB " in line]
    assert len(shown) == 50
    assert max(shown[:10]) < 2
    assert shown[-1] == pytest.approx(27, abs=3)
