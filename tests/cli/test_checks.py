"""What `sweep doctor` looks at: a probe that is well, and the likeliest faults one at a time."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from sweep.captures import kernel as captures_kernel
from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.cli.doctor import examining, golden
from sweep.cli.doctor.checks import Here
from sweep.cli.doctor.checks_machine import check_program
from sweep.cli.doctor.doctor import show_checks
from sweep.cli.doctor.golden import FOLDER, LENSES, examine_capture, examine_lenses
from sweep.cli.output import out
from sweep.host import installation
from sweep.lens.pixels import kernel as lens_kernel
from sweep.report import DoctorCheck
from sweep.sim.scene.wall import PlantedLens
from tests.simulators.compact_clip import render_compact_clip

WELL = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/meminfo": "MemTotal:        4143456 kB\n",
    "proc/self/status": "CapEff:\t0000000000003000\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal",
    "sys/class/thermal/thermal_zone0/temp": "51000",
    "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled": "0",
    "usr/lib/systemd/system.conf.d/ansim-sweep-probe.conf": "[Manager]\nRuntimeWatchdogSec=10\n",
    "usr/lib/ansim-sweep-probe/camera-timeout.json": "{}",
    "sys/bus/i2c/drivers/imx296/10-001a": "",
    "sys/module/imx296/parameters/trigger_mode": "1",
    "sys/class/net/sweep0/type": "803",
    "sys/class/bluetooth/hci0": "",
    "dev/ttyAMA0": "",
    "proc/self/mounts": "/dev/mmcblk0p2 / ext4 rw 0 0\n",
}


@dataclass(frozen=True)
class Probe:
    """A machine made of files, and what is asked of it."""

    here: Here
    ask: Callable[[str], str] = lambda _port: "firmware abc"

    def put(self, name: str, text: str | None) -> None:
        place = self.here.path(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            place.unlink()
        else:
            place.write_text(text, encoding="utf-8")

    def checks(self, settings: Config) -> list[DoctorCheck]:
        return examining.checks_of_parts(settings, self.here, self.ask)


def program(folder: Path, name: str, says: str) -> str:
    place = folder / name
    place.write_text(f"#!/bin/sh\nprintf '%s\\n' '{says}'\n", encoding="utf-8")
    place.chmod(0o755)
    return str(place)


@pytest.fixture
def settings(tmp_path: Path) -> Config:
    return Config(
        wifi_adapter="sweep0", camera="pi", port="/dev/ttyAMA0", lens_calibration="lens.json", state=str(tmp_path)
    )


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    here = Here(
        root=tmp_path / "root",
        nmcli=program(tmp_path, "nmcli", "sweep0:unmanaged"),
        bluetoothctl=program(tmp_path, "bluetoothctl", "bluetoothctl: 5.82"),
        now=lambda: datetime(2027, 3, 1, tzinfo=UTC),
        disk=lambda _folder: (32_000_000_000, 20_000_000_000),
        service=tmp_path / "none.sock",
    )
    well = Probe(here)
    for name, text in WELL.items():
        well.put(name, text)
    return well


def test_a_probe_that_is_well(probe: Probe, settings: Config) -> None:
    checks = probe.checks(settings)
    assert {check.code for check in checks if check.state == "wrong"} == set()
    assert len({check.code for check in checks}) == len(checks)
    assert all(check.advice is None for check in checks if check.state == "ok")


def test_a_read_only_system_keeps_its_state_on_a_partition_of_its_own(probe: Probe, tmp_path: Path) -> None:
    settings = Config(state=str(tmp_path / "my state"))
    place = str(settings.state_folder).replace(" ", "\\040")
    probe.put("proc/self/mounts", f"overlayroot / overlay rw 0 0\n/dev/mmcblk0p3 {place} ext4 rw 0 0\n")
    (check,) = (one for one in probe.checks(settings) if one.code == "state_disk")
    assert (check.state, check.found.en) == ("ok", "system read-only, state on its own partition")


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ({"what": "installed", "why": ""}, "ok"),
        ({"what": "rolled_back", "why": "it ended", "took_s": 21.0}, "note"),
        ({"what": "stuck", "why": "no room"}, "note"),
        ({}, "unknown"),
    ],
)
def test_what_became_of_the_last_update_is_said(
    record: dict[str, object], state: str, probe: Probe, settings: Config
) -> None:
    told = record | {"from": {}, "to": {"ansim-sweep-probe": "0.2.0"}} if record else record
    probe.put("var/lib/ansim-sweep-update/last.json", json.dumps(told))
    (check,) = (one for one in probe.checks(settings) if one.code == "update")
    assert check.state == state
    assert str(record.get("why", "")) in check.found.en


def another_firmware(_port: str) -> str:
    raise ValueError("the sensor head speaks protocol 2, this software 3: flash it")


FAULTS: dict[str, tuple[str, Callable[[Probe], Probe]]] = {
    "no capability": ("capability", lambda p: changed(p, "proc/self/status", "CapEff:\t0000000000000000\n")),
    "managed mode": ("managed", lambda p: with_here(p, nmcli=program(p.here.root, "nmcli", "sweep0:connected"))),
    "adapter out": ("adapter", lambda p: changed(p, "sys/class/net/sweep0/type", None)),
    "another firmware": ("head", lambda p: replace(p, ask=another_firmware)),
    "head unplugged": ("head", lambda p: changed(p, "dev/ttyAMA0", None)),
    "wrong year": ("clock", lambda p: with_here(p, now=lambda: datetime(1970, 1, 1, 0, 3, tzinfo=UTC))),
    "disk at 95 %": ("disk", lambda p: with_here(p, disk=lambda _folder: (32_000_000_000, 1_600_000_000))),
    "camera cable out": ("camera", lambda p: changed(p, "sys/bus/i2c/drivers/imx296/10-001a", None)),
    "trigger off": ("trigger", lambda p: changed(p, "sys/module/imx296/parameters/trigger_mode", "0")),
    "BlueZ too old": ("bluetooth", lambda p: with_here(p, bluetoothctl=program(p.here.root, "bt", "bt: 5.50"))),
    "undervoltage": ("supply", lambda p: changed(p, THROTTLED, "50001")),
    "slowed down": ("supply", lambda p: changed(p, THROTTLED, "4")),
    "hot": ("heat", lambda p: changed(p, "sys/class/thermal/thermal_zone0/temp", "84300")),
    "no watchdog": ("watchdog", lambda p: changed(p, "usr/lib/systemd/system.conf.d/ansim-sweep-probe.conf", "")),
    "state in memory": ("state_disk", lambda p: changed(p, "proc/self/mounts", "overlayroot / overlay rw 0 0\n")),
    "update cut off": ("update", lambda p: changed(p, "var/lib/ansim-sweep-update/update.json", "{}")),
    "too little memory": ("memory", lambda p: changed(p, "proc/meminfo", "MemTotal: 1893456 kB\n")),
}  # fmt: skip
THROTTLED = "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"


def changed(probe: Probe, name: str, text: str | None) -> Probe:
    probe.put(name, text)
    return probe


def with_here(probe: Probe, **how: Any) -> Probe:
    return replace(probe, here=replace(probe.here, **how))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_alone_and_says_what_to_do(fault: str, probe: Probe, settings: Config) -> None:
    code, cause = FAULTS[fault]
    wrong = [check for check in cause(probe).checks(settings) if check.state == "wrong"]
    assert [check.code for check in wrong] == [code]
    (check,) = wrong
    assert check.advice is not None
    print(f"{fault:18} {check.title.ko}: {check.found.ko} → {check.advice.ko}")


def test_an_adapter_of_ones_own_is_led_as_the_page_says(probe: Probe, repo_root: Path) -> None:
    page = (repo_root / "sweep" / "wifi" / "README.md").read_text(encoding="utf-8")
    lines = page.split("```")[3].strip().splitlines()
    settings = Config(wifi_adapter="wlan1")
    probe.put("sys/class/net/wlan1/type", "1")
    held = with_here(probe, nmcli=program(probe.here.root, "nmcli", "wlan1:connected"))
    (check,) = (one for one in held.checks(settings) if one.code == "managed")
    assert check.state == "wrong" and check.advice is not None and lines[0] in check.advice.en
    assert "set type monitor" in lines[1]
    probe.put("sys/class/net/wlan1/type", "803")
    (check,) = (one for one in probe.checks(settings) if one.code == "managed")
    assert (check.state, check.found.en) == ("ok", "in monitor mode")


def test_a_supply_that_is_switched_keeps_the_sensor_unknown(probe: Probe, settings: Config) -> None:
    probe.put("sys/bus/i2c/drivers/imx296/10-001a", None)
    switched = settings.model_copy(update={"carrier": "B"})
    assert {check.code for check in probe.checks(switched) if check.state == "unknown"} == {"camera"}


def test_the_bench_kit_is_told_part_by_part(probe: Probe, settings: Config) -> None:
    kit = settings.model_copy(update={"carrier": "kit"})
    checks = probe.checks(kit)
    assert [check.code for check in checks if check.state == "wrong"] == []
    said = {check.code: (check.state, check.found.en) for check in checks if check.group == "camera"}
    assert said["optics"] == ("ok", "kit: ring 11 mm, 0.41 W/sr, lens 6 mm")
    assert said["kit"] == ("note", "the camera always has power: for laboratories only")
    for check in checks:
        print(f"{check.group:8} {check.title.ko}: {check.found.ko} / {check.title.en}: {check.found.en}")


@pytest.mark.parametrize(
    ("update", "found", "state"),
    [
        ({"camera_module": "imx219"}, "imx219 takes no trigger: only frames that are lit whole are used", "note"),
        ({"camera_trigger": "none"}, "is on", "wrong"),
        ({"camera": "/dev/ttyAMA0"}, "by its maker's control", "unknown"),
    ],
)
def test_the_doctor_says_how_frames_find_their_lamp(
    update: dict[str, str], found: str, state: str, probe: Probe, settings: Config
) -> None:
    kit = settings.model_copy(update={"carrier": "kit", **update})
    (check,) = (one for one in probe.checks(kit) if one.code == "trigger")
    assert check.state == state
    assert found.removeprefix("is ") in check.found.en


@pytest.mark.parametrize(("way", "state"), [("at_boot", "note"), ("helper", "wrong"), ("bind", "note")])
def test_how_the_driver_finds_a_dark_sensor_is_told(way: str, state: str, probe: Probe, settings: Config) -> None:
    switched = settings.model_copy(update={"carrier": "B", "camera_sensor": way})
    here = replace(probe.here, sensor_helper=probe.here.path("run/none.sock"))
    (check,) = (one for one in replace(probe, here=here).checks(switched) if one.code == "sensor_driver")
    assert check.state == state
    if way != "bind":
        assert check.advice is not None and ("helper" in check.advice.en or "sensor.socket" in check.advice.en)


def test_a_silent_sensor_is_told_with_the_overlay_of_its_socket(probe: Probe, settings: Config) -> None:
    probe.put("sys/bus/i2c/drivers/imx296/10-001a", None)
    probe.here.path("sys/bus/i2c/drivers/imx296").rmdir()
    (check,) = (one for one in probe.checks(settings) if one.code == "camera")
    assert check.advice is not None and "dtoverlay=imx296,cam0" in check.advice.en


def test_lenses_and_cameras_of_known_content_are_found_here() -> None:
    assert examine_lenses() is None
    assert examine_capture() is None


def test_the_known_clip_is_rendered_by_its_recipe(tmp_path: Path) -> None:
    lenses = [PlantedLens(size_mm, 1.0, *place) for size_mm, place in zip((1.0, 1.5, 2.0), LENSES, strict=True)]
    order = (1, 0, 2)
    render_compact_clip(tmp_path, clip="clip", seed=3, lenses=[lenses[i] for i in order])
    again = np.load(tmp_path / "clip" / "frames.npz")["frames"].astype(np.int32)
    kept = np.load(FOLDER / "clip" / "frames.npz")["frames"].astype(np.int32)
    assert np.abs(again - kept).mean() < 1.0  # the same picture, whatever the last digit of a sine is


def test_a_processor_that_computes_otherwise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one did whose vector units a library used wrongly: no error, fewer lenses."""
    whole = cv2.GaussianBlur

    def half(image: np.ndarray, *rest: Any, **how: Any) -> np.ndarray:
        found = np.array(whole(image, *rest, **how))
        found[: found.shape[0] // 2] = 0.0
        return found

    monkeypatch.setattr(cv2, "GaussianBlur", half)
    told = examine_lenses()
    assert told is not None
    assert "of 3 lenses" in str(told)


@pytest.mark.parametrize(("module", "code"), [(captures_kernel, "kernel"), (lens_kernel, "lens_kernel")])
def test_a_kernel_that_was_not_built_is_noted(module: ModuleType, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("examine_lenses", "examine_capture"):
        monkeypatch.setattr(golden, name, lambda: None)
    states = {}
    for trouble in (None, "it was not built"):
        monkeypatch.setattr(module, "KERNEL_TROUBLE", trouble)
        (check,) = (one for one in check_program() if one.code == code)
        states[check.state] = check.found.en
    assert states == {"ok": "compiled", "note": "it was not built"}
    monkeypatch.setattr(installation, "WAY", "debian")
    (check,) = (one for one in check_program() if one.code == code)
    assert (check.state, check.found.en) == ("wrong", "the package is damaged: it was not built")
    monkeypatch.setattr(installation, "WAY", "pipx")
    (check,) = (one for one in check_program() if one.code == code)
    assert check.advice is not None
    assert (check.state, check.advice.en) == ("note", f"install the wheel for {platform.machine()}")


@pytest.mark.parametrize("locale", ["ko_KR.UTF-8", "C.UTF-8"])
def test_what_is_wrong_stands_below_the_list_in_one_language(
    probe: Probe, settings: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], locale: str
) -> None:
    monkeypatch.setattr(out, "width", 80)
    monkeypatch.setenv("LC_ALL", locale)
    checks = FAULTS["no watchdog"][1](FAULTS["trigger off"][1](probe)).checks(settings)
    show_checks(checks)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert max(map(cell_len, lines)) <= 80
    first = next(n for n, line in enumerate(lines) if line[:2] == "• ")
    below = " ".join(line.strip() for line in lines[first:])
    if locale.startswith("ko"):
        assert [one.split(":")[0] for one in below.split("• ")[1:]] == ["하드웨어 감시", "외부 트리거"]
    else:
        assert "external trigger: off → put options imx296 trigger_mode=1 into modprobe.d, then start anew" in below
        assert not re.search("[가-힣]", said)


def test_the_list_as_json(tmp_path: Path) -> None:
    target = tmp_path / "doctor.json"
    done = CliRunner().invoke(build_app(), ["doctor", "--json", str(target)])
    document = json.loads(target.read_text(encoding="utf-8"))
    assert done.exit_code == (1 if document["wrong"] else 0)
    assert done.stdout == ""
    assert {check["group"] for check in document["checks"]} == {"program", "machine", "camera", "radio", "head"}
    assert len(document["checks"]) >= 20


def test_the_phone_gets_the_same_list(probe: Probe, settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list[str]()

    def look() -> list[DoctorCheck]:
        looks.append("program")
        return []

    monkeypatch.setattr(examining, "check_program", look)
    probe.put(THROTTLED, "50001")
    examiner = examining.Examiner(settings, probe.here, probe.ask)
    told = [one.model_dump(mode="json") for one in examiner.look().checks]
    assert told == [one.model_dump() for one in examining.checks_of_parts(settings, probe.here, probe.ask)]
    assert [one["code"] for one in told if one["state"] == "wrong"] == ["supply"]
    probe.put(THROTTLED, "0")
    assert [one.code for one in examiner.look().checks if one.state == "wrong"] == []
    assert looks == ["program"], "what is installed is looked at once"
