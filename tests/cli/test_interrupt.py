"""Ctrl-C at any moment: one line, exit code 130, and no process left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import wait_until


def _holds_interrupts(pid: int) -> bool:
    """Has the program begun to load?"""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False
    blocked = int(status.split("SigBlk:")[1].split()[0], 16)
    return bool(blocked >> (signal.SIGINT - 1) & 1)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("arguments", "after_s"),
    [
        *((["demo"], after_s) for after_s in (0.0, 0.5, 1.0, 1.3)),
        *((["run", "--sim"], after_s) for after_s in (0.2, 0.8, 1.2, 1.6)),
    ],
)
def test_ctrl_c_ends_a_command_with_one_line(
    tmp_path: Path, repo_root: Path, arguments: list[str], after_s: float
) -> None:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(repo_root), "HOME": str(tmp_path)}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "sweep.cli", *arguments],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, process_group=0,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        wait_until(lambda: _holds_interrupts(process.pid), "the program loads")
        time.sleep(after_s)  # at any moment of it
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all that run
        said = process.communicate(timeout=60.0)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert said.splitlines()[-1] == "sweep: stopped"
    wait_until(lambda: not _lives(process.pid), "all that it started has ended")
