"""The table of the carrier's lines is that of the board."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from sweep.cli.config import Config, ConfigError, read_config
from sweep.host.carrier import CARRIERS, ENERGY_METER, RANGE_SENSOR
from sweep.host.gpio import LinePlace

BOARD = tomllib.loads((Path(__file__).parents[2] / "hardware" / "interfaces.toml").read_text(encoding="utf-8"))


def test_the_lines_are_those_of_the_board() -> None:
    lines = {name: row["gpio"] for name, row in BOARD["pi"].items()}
    assert asdict(CARRIERS["B"]) == asdict(CARRIERS["C"]) == lines
    assert (BOARD["pi_bus"]["energy_meter"], BOARD["pi_bus"]["range_sensor"]) == (ENERGY_METER, RANGE_SENSOR)


def test_the_revision_says_which_line_switches_the_camera() -> None:
    assert Config(carrier="B").camera_power == LinePlace("/dev/gpiochip0", 17)
    assert Config(carrier="A").camera_power == LinePlace("/dev/gpiochip0", 4)
    assert Config(camera_power_line=22).camera_power == LinePlace("/dev/gpiochip0", 22)
    assert Config().camera_power is None
    assert Config(carrier="B").line("head_reset") == LinePlace("/dev/gpiochip0", 18)
    assert Config(carrier="A").line("head_reset") is None


def test_a_range_sensor_needs_the_carrier_that_gives_it_supply() -> None:
    assert Config(carrier="B", range_sensor=True).line("range_enable") == LinePlace("/dev/gpiochip0", 23)
    for settings in ({}, {"carrier": "A"}):
        with pytest.raises(ValueError, match="only a carrier of revision B"):
            Config.model_validate({"range_sensor": True, **settings})


def test_the_old_line_on_a_new_board_is_refused(tmp_path: Path) -> None:
    """GPIO4 of revision B is an output of the board: driven, two outputs would fight."""
    file = tmp_path / "sweep.toml"
    file.write_text('carrier = "B"\ncamera_power_line = 4\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"GPIO17: leave camera_power_line out"):
        read_config(file)
