"""`sweep` alone says what is here and what to type next, of what the kernel lists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from sweep.cli import COMMANDS
from sweep.cli.next_steps import next_steps
from sweep.phrases import words


def machine(root: Path, *, wifi: bool = False, camera: str | None = None, head: bool = False) -> Path:
    """What the kernel lists on a machine."""
    for folder in ("dev", "sys/class/net/eth0", "sys/class/bluetooth/hci0", "sys/class/video4linux/video0"):
        (root / folder).mkdir(parents=True)
    if wifi:
        (root / "sys/class/net/wlan1/phy80211").mkdir(parents=True)
    if camera is not None:
        (root / "sys/class/video4linux/video0/name").write_text(camera)
    if head:
        (root / "dev/ttyUSB0").touch()
    return root


@pytest.mark.parametrize(
    ("has", "said", "unsaid"),
    [
        (
            {"wifi": True},
            {"next_wifi", "next_bluetooth", "next_no_camera", "next_no_head", "next_live"},
            {"next_camera"},
        ),
        ({}, {"next_no_wifi", "next_doctor", "next_demo", "next_simulated"}, {"next_live"}),
        ({"camera": "UVC Camera", "head": True}, {"next_camera", "next_head", "next_live"}, {"next_no_camera"}),
        ({"camera": "bcm2835-codec-decode"}, {"next_no_camera"}, {"next_camera", "next_live"}),
    ],
)
def test_it_tells_what_is_here(tmp_path: Path, has: dict[str, object], said: set[str], unsaid: set[str]) -> None:
    steps = next_steps(machine(tmp_path, **has), has_simulation=True)  # type: ignore[arg-type]  # each case has its own keys
    codes = {one.code for one in steps}
    assert said <= codes
    assert not unsaid & codes
    for language in ("ko", "en"):
        lines = [words(one, language) for one in steps]
        assert len(lines) <= 12
        assert max(map(cell_len, lines)) <= 80
        for command in re.findall(r"^  sweep ([a-z]+)", "\n".join(lines), re.MULTILINE):
            assert command in COMMANDS


def test_it_loads_neither_the_parser_nor_what_measures() -> None:
    script = """
import contextlib, sys, sweep.cli
sys.argv = ["sweep"]
with contextlib.suppress(SystemExit):
    sweep.cli.main()
print(sorted({"typer", "rich", "numpy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "sweep doctor" in done.stdout
