"""Words to the service manager, and the units, rules and settings of the packages."""

import re
import shutil
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest

from server.store.clock import BOOT_ID
from sweep.cli.config import read_config
from sweep.host.clock import BOOT_ID_FILE
from sweep.host.service import ALIVE, READY, notify_systemd
from sweep.wifi.capture.adapter import SERVICE


@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_a_manager_hears_what_it_is_told(is_abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"@{tmp_path}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name[1:]}" if is_abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify_systemd(READY)
        assert listener.recv(64) == b"READY=1"
    notify_systemd(ALIVE)  # it is gone: nobody waits for it
    monkeypatch.setenv("NOTIFY_SOCKET", "")
    notify_systemd(ALIVE)


@pytest.mark.parametrize("folder", ["sweep/host/system", "server/serving/system"])
def test_each_file_of_a_package_has_a_place(folder: str, repo_root: Path) -> None:
    place = repo_root / folder
    lines = [line.split() for line in (place / "layout").read_text().splitlines() if line and line[0] != "#"]
    assert {name for name, _ in lines} == {path.name for path in place.iterdir()} - {
        "layout", "postinst", "prerm", "postrm",
    }  # fmt: skip
    assert len({target for _, target in lines}) == len(lines)


def test_settings_of_the_package_are_read_and_name_the_adapter_that_the_helper_opens(repo_root: Path) -> None:
    folder = repo_root / "sweep" / "host" / "system"
    settings = read_config(folder / "probe.toml")
    assert f"WIFI_ADAPTER={settings.wifi_adapter}" in (folder / "capture.env").read_text().splitlines()
    assert f'NAME="{settings.wifi_adapter}"' in (folder / "ansim-sweep-probe.udev").read_text()
    assert f"interface-name:{settings.wifi_adapter}" in (folder / "unmanaged.conf").read_text()
    assert f"ListenSequentialPacket={SERVICE}" in (folder / "ansim-sweep-capture.socket").read_text().splitlines()
    commented = re.sub(r"^# (?=\w+ = )", "", (folder / "probe.toml").read_text(), flags=re.MULTILINE)
    assert tomllib.loads(commented)["port"] == "/dev/ttyAMA0"


def test_only_the_helper_has_a_capability(repo_root: Path) -> None:
    held = {
        unit.name: re.findall(r"^(?:Ambient|CapabilityBounding)\w+=(.+)$", unit.read_text(), re.MULTILINE)
        for folder in ("sweep/host/system", "server/serving/system")
        for unit in (repo_root / folder).glob("*.service")
    }
    update = held.pop("ansim-sweep-update.service")  # puts packages in place, as nothing that runs in a room may
    assert {name for name, capabilities in held.items() if capabilities} == {"ansim-sweep-capture@.service"}
    assert update
    assert not re.search(r"CAP_(NET|SYS)_", " ".join(update))


@pytest.mark.parametrize("unit", ["sweep/host/system/ansim-sweep-probe", "server/serving/system/ansim-sweep-server"])
def test_who_names_the_start_of_the_machine_in_entries_may_read_it(unit: str, repo_root: Path) -> None:
    """/proc/sys is hidden by ProcSubset=pid, and the service that signs ends at its first entry."""
    assert BOOT_ID_FILE.is_relative_to("/proc/sys")
    assert BOOT_ID == BOOT_ID_FILE
    assert re.findall(r"^ProcSubset=(.+)$", (repo_root / f"{unit}.service").read_text(), re.MULTILINE) == ["all"]


UNITS = (
    "sweep/host/system/ansim-sweep-probe.service", "sweep/host/system/ansim-sweep-capture@.service",
    "sweep/host/system/ansim-sweep-sensor@.service", "sweep/host/system/ansim-sweep-update.service",
    "sweep/host/image/ansim-sweep-first-boot.service", "server/serving/system/ansim-sweep-server.service",
)  # fmt: skip


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd's own judgement of a unit needs systemd")
@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_may_little(unit: str, repo_root: Path) -> None:
    """At most 2.5 of 10 by systemd's own judgement, which `host/PACKAGES.md` quotes."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=25", str(repo_root / unit)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C.UTF-8"})
    last = (run.stdout + run.stderr).strip().splitlines()[-1]
    assert run.returncode == 0, last
    (score,) = re.findall(r": (\d\.\d) ", last)
    quoted = (repo_root / "sweep" / "host" / "PACKAGES.md").read_text().split("**Rights**")[1].split("\n\n")[0]
    what = Path(unit).stem.removeprefix("ansim-sweep-").rstrip("@")
    names = {"probe": "agent", "capture": "helper", "first-boot": "first start"}
    assert f"{names.get(what, what)} {score}" in quoted, last


def test_every_unit_is_judged(repo_root: Path) -> None:
    there = {str(path.relative_to(repo_root)) for name in ("sweep/host", "server/serving")
             for path in (repo_root / name).rglob("*.service")}  # fmt: skip
    assert there == set(UNITS)
