"""`sweep run` at a terminal, as a user runs it: the supply rises with the declaration and falls with the sweep."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweep.modality.liveness import boottime_ns
from sweep.sim.source import default_room
from tests.power.rig import DARK_WITHIN_MS, ROOT, stand_in_environment
from tests.power.test_doctor import settings
from tests.simulators.gpio_kernel import GpioKernel
from tests.waiting import wait_until


@contextmanager
def at_a_terminal(folder: Path, chip: GpioKernel, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A live sweep with an adapter that is not there, and the terminal's other end."""
    room, made = folder / "room.json", default_room()
    room.write_text(made.model_dump_json(), "utf-8")
    ours, theirs = pty.openpty()
    config = settings(folder, chip)
    config.write_text("".join(line for line in config.read_text().splitlines(True) if "server" not in line), "utf-8")
    command = [sys.executable, "-m", "sweep.cli", "run", "--config", str(config), "--room", str(room)]
    command += ["--json", str(folder / "report.json")]
    process = subprocess.Popen(
        [*command, "--inspector", "kim", "--inspector", "lee"],
        cwd=ROOT, env=stand_in_environment() | environment, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        wait_until(lambda: not chip.is_claimed, "a claim outlasted the sweep")
        os.close(ours)


def read_until(terminal: int, word: bytes) -> None:
    said = b""
    while word not in said:
        said += os.read(terminal, 4096)


@pytest.mark.wall_clock("a tenth of a second from the signal to the line, on a machine with other work")
@pytest.mark.parametrize("way", ["ctrl-c", "kill"])
def test_the_supply_follows_the_declaration_of_a_sweep_at_a_terminal(way: str, tmp_path: Path) -> None:
    with GpioKernel(tmp_path / "chip") as chip, at_a_terminal(tmp_path, chip) as (process, terminal):
        read_until(terminal, b"Enter")
        assert chip.edges == []
        os.write(terminal, b"y\n")
        wait_until(lambda: chip.level == 1, "the line never rose")
        at_ns = boottime_ns()
        process.send_signal(signal.SIGINT if way == "ctrl-c" else signal.SIGKILL)
        wait_until(lambda: chip.level == 0, "the line never fell")
        assert (chip.edges[-1].t_ns - at_ns) / 1e6 < DARK_WITHIN_MS
        assert [edge.level for edge in chip.edges] == [1, 0]


def test_the_power_button_closes_the_sweep_and_keeps_what_was_measured(tmp_path: Path) -> None:
    """Systemd stops the program by SIGTERM and says that the machine goes down."""
    systemctl = tmp_path / "bin" / "systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text("#!/bin/sh\necho stopping\nexit 1\n", encoding="utf-8")
    systemctl.chmod(0o755)
    path = f"{systemctl.parent}{os.pathsep}{os.environ['PATH']}"
    with GpioKernel(tmp_path / "chip") as chip, at_a_terminal(tmp_path, chip, PATH=path) as (process, terminal):
        read_until(terminal, b"Enter")
        os.write(terminal, b"y\n")
        wait_until(lambda: chip.level == 1, "the line never rose")
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: chip.level == 0, "the line never fell")
        with contextlib.suppress(OSError):  # the terminal ends with the sweep
            while process.poll() is None:  # what it says has to be read, or it waits
                if select.select([terminal], [], [], 0.2)[0]:
                    os.read(terminal, 4096)
        process.wait()
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["outcome"] == "aborted"
    assert "closed_switched_off" in {limit["code"] for limit in report["limits"]}
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "state" / "outbox").glob("*.json")]
    assert len(entries) >= 2, "opened and closed, both signed and stored"
