"""Words to the service manager, and the units, rules and settings of the packages."""

import re
import socket
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from server.serving import service_manager
from sweep.config import read_config
from sweep.host import service
from sweep.wifi.adapter import SERVICE


@pytest.mark.parametrize("tell", [service.tell_manager, service_manager.tell_manager], ids=["probe", "server"])
@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_a_manager_hears_what_it_is_told(
    tell: Callable[[str], object], is_abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"@{tmp_path}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name[1:]}" if is_abstract else name)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        tell("READY=1")
        assert listener.recv(64) == b"READY=1"
    tell("WATCHDOG=1")  # it is gone: nobody waits for it
    monkeypatch.setenv("NOTIFY_SOCKET", "")
    tell("WATCHDOG=1")


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
