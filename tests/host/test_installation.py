"""How it was installed, by what lies where, and what it says to type."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sweep.host.installation import PIPX, PROGRAM, Way, built, command_for, way_installed


def program(folder: Path, *beside: str) -> Path:
    """A program in a folder with what else is there."""
    for one in beside:
        (folder / one).mkdir(parents=True)
    (folder / "sweep").mkdir(parents=True, exist_ok=True)
    return folder / "sweep"


def test_a_checkout_is_told_by_its_makefile_unless_the_program_holds_what_was_built(tmp_path: Path) -> None:
    assert way_installed(PROGRAM, tmp_path) == "checkout"
    (tmp_path / "Makefile").touch()
    assert way_installed(program(tmp_path), tmp_path) == "checkout"
    assert way_installed(program(tmp_path, "sweep/built"), tmp_path) == "environment"


def test_a_package_lies_where_the_package_lies() -> None:
    assert way_installed(Path("/usr/lib/ansim-sweep-probe/app/sweep"), Path("/usr/lib/ansim-sweep-probe")) == "debian"


def test_an_environment_of_pipx_holds_its_notes(tmp_path: Path) -> None:
    installed = program(tmp_path / "lib" / "python3.13" / "site-packages")
    assert way_installed(installed, tmp_path) == "environment"
    (tmp_path / PIPX).touch()
    assert way_installed(installed, tmp_path) == "pipx"


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("checkout", "make setup"),
        ("pipx", "pipx runpip ansim-sweep install 'ansim-sweep[lab]'"),
        ("environment", f"{sys.executable} -m pip install 'ansim-sweep[lab]'"),
    ],
)
def test_each_way_has_its_command(way: Way, says: str) -> None:
    assert command_for("lab", way) == says


def test_in_a_package_it_is_the_package_that_is_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.host.installation.PROGRAM", Path("/usr/lib/ansim-sweep-probe/app/sweep"))
    assert command_for("probe", "debian") == "apt install --reinstall ansim-sweep-probe"


def test_what_was_built_lies_in_the_program_or_in_the_folders_of_the_checkout(
    repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert built("kernel.so") == repo_root / "build" / "kernel.so"
    assert built("sensor_head.hex") == repo_root / "firmware" / "build" / "sensor_head.hex"
    monkeypatch.setattr("sweep.host.installation.WAY", "pipx")
    assert built("kernel.so") == repo_root / "sweep" / "built" / "kernel.so"
    assert built("sensor_head.hex") == repo_root / "sweep" / "built" / "sensor_head.hex"
