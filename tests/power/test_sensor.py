"""The late driver on stand-ins: a `dtoverlay` that writes down how it was called, and a folder like sysfs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.power.sensor import SensorDriver, SensorError


def stand_in(folder: Path, code: int) -> tuple[str, Path]:
    """A command that notes its words; where they stand."""
    log = folder / "calls"
    script = folder / "dtoverlay"
    script.write_text(f'#!/bin/sh\necho "$@" >>{log}\necho "failed to apply overlay" >&2\nexit {code}\n')
    script.chmod(0o755)
    return str(script), log


def test_the_overlay_is_loaded_and_taken_away(tmp_path: Path) -> None:
    command, log = stand_in(tmp_path, 0)
    driver = SensorDriver("overlay", command=command)
    driver.attach()
    driver.detach()
    assert log.read_text().splitlines() == ["imx296,always-on", "-r imx296"]


def test_an_overlay_that_does_not_load_is_one_line(tmp_path: Path) -> None:
    command, _ = stand_in(tmp_path, 1)
    with pytest.raises(SensorError, match="failed to apply overlay; it needs root"):
        SensorDriver("overlay", command=command).attach()
    with pytest.raises(SensorError, match="raspi-utils"):
        SensorDriver("overlay", command=str(tmp_path / "absent")).attach()


def test_the_driver_is_bound_to_the_sensor_and_nothing_else(tmp_path: Path) -> None:
    devices, driver = tmp_path / "devices", tmp_path / "driver"
    driver.mkdir()
    for address, name in (("1-0068", "mpu6050"), ("10-001a", "imx296")):
        (devices / address).mkdir(parents=True)
        (devices / address / "name").write_text(f"{name}\n", encoding="ascii")
    sensor = SensorDriver("bind", driver=driver, devices=devices)
    sensor.attach()
    assert (driver / "bind").read_text() == "10-001a"
    sensor.detach()
    assert (driver / "unbind").read_text() == "10-001a"
    with pytest.raises(SensorError, match="needs root"):
        SensorDriver("bind", driver=tmp_path / "absent", devices=devices).attach()
    with pytest.raises(SensorError, match=r"config\.txt"):
        SensorDriver("bind", driver=driver, devices=tmp_path / "none").attach()


def test_by_default_nothing_is_touched() -> None:
    sensor = SensorDriver("at_boot", command="/nonexistent")
    sensor.attach()
    sensor.detach()
