"""Installing an update: what is kept, what is taken back, and a cut of power at every step."""

from __future__ import annotations

import ast
import errno
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sweep.host import apply_update
from sweep.host.apply_update import Applier, sentence

PROBE, SERVER = "ansim-sweep-probe", "ansim-sweep-server"
OLD, NEW = {PROBE: "0.1.0", SERVER: "0.1.0"}, {PROBE: "0.2.0", SERVER: "0.2.0"}


class PowerCutError(BaseException):
    """Nothing of the program goes on."""


@dataclass
class Machine:
    """A machine with dpkg and systemd, as far as an update knows them; what stands here survives a cut.

    `installed` is what dpkg has written down, which is not always the program that would start.
    """

    state: Path
    data: Path
    root: Path
    """Below it the programs of the packages, a file of each that says its version, and a setting."""
    installed: dict[str, str] = field(default_factory=lambda: dict(OLD))
    running: set[str] = field(default_factory=lambda: {f"{one}.service" for one in OLD})
    faults: set[str] = field(default_factory=set)
    cut_at: int | None = None
    """The command, or the wait for the disk, during which the power goes; it is half done."""
    steps: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    """Version of each program when it was started."""

    def home(self, package: str) -> Path:
        """Where its program lies."""
        return self.root / "usr" / "lib" / package

    def put(self, package: str, version: str) -> None:
        """As dpkg does: a new file takes the old one's name."""
        files = {self.home(package) / "app" / "version": version, self.setting(package): f"made for {version}"}
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name("part")
            part.write_text(text)
            part.rename(file)

    def setting(self, package: str) -> Path:
        """A file of the package that lies elsewhere."""
        return self.root / "etc" / f"{package}.toml"

    def program(self, package: str) -> str:
        """Version of the program as it lies there."""
        return (self.home(package) / "app" / "version").read_text()

    def is_cut(self, step: str) -> bool:
        """Whether the power goes in this step."""
        self.steps.append(step)
        return self.cut_at is not None and len(self.steps) > self.cut_at

    def sync(self, descriptor: int) -> None:
        """Wait for the disk; what is cut is between the steps, where a folder is."""
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir() and self.is_cut(f"sync {path}"):
            raise PowerCutError

    def run(self, command: Sequence[str], **_how: Any) -> subprocess.CompletedProcess[str]:
        is_cut = self.is_cut(" ".join(command))
        code, said = self._do(tuple(command), half=is_cut)
        if is_cut:
            raise PowerCutError
        return subprocess.CompletedProcess(command, code, said, "dpkg: error: no room\nmore" if code else "")

    def _do(self, command: tuple[str, ...], *, half: bool) -> tuple[int, str]:
        match command:
            case ("dpkg", *_, str()):
                for file in [Path(one) for one in command if one.endswith(".deb")]:
                    package, version, _ = file.name.split("_")
                    self.installed[package] = "half" if half else version
                    if self.program(package) != version:  # the same files take the places of the same files one by one
                        self.put(package, "half" if half else version)
                    if half:
                        break
                return (1 if "install" in self.faults and "next" in command[-1] else 0), ""
            case ("dpkg-query", "-L", package):
                return 0, f"/.\n/etc\n/etc/{package}.toml\n/usr/lib/{package}/app/version\n"
            case ("systemctl", *_):
                return self._systemctl(command)
            case ("sweep", "doctor", *_) if "mute" not in self.faults or self.installed == OLD:
                state = "wrong" if "golden" in self.faults and self.installed == NEW else "ok"
                checks = [
                    {"group": "program", "code": "golden_clip", "state": state},
                    {"group": "head", "code": "head", "state": "wrong"},
                ]
                (self.state / "doctor.json").write_text(json.dumps({"checks": checks}))
        return 0, ""

    def _systemctl(self, command: tuple[str, ...]) -> tuple[int, str]:
        match command:
            case ("systemctl", "is-enabled", _):
                return 0, "enabled\n"
            case ("systemctl", "show", "-P", what, unit):
                ended = "ends" in self.faults and self.installed == NEW and unit.startswith(PROBE)
                state = "active" if unit in self.running and not ended else "failed"
                return 0, {"ActiveState": state, "NRestarts": "0"}[what]
            case ("systemctl", "stop", unit):
                self.running.discard(unit)
            case ("systemctl", "start", unit):
                assert not (self.state / "installing").exists()
                package = unit.removesuffix(".service")
                if unit not in self.running:
                    self.started.append(self.program(package))
                    assert self.started[-1] != "half"
                    assert self.setting(package).read_text() == f"made for {self.started[-1]}"
                if "server" in unit:
                    log = self.data / "log"
                    log.write_text(
                        "migrated" if self.program(SERVER) == NEW[SERVER] else f"{log.read_text()[:3]}, written"
                    )
                if "start" in self.faults and self.program(SERVER) == NEW[SERVER] and unit.startswith(SERVER):
                    return 1, ""
                self.running.add(unit)
            case _:
                pass
        return 0, ""

    def applier(self) -> Applier:
        return Applier(self.state, self.data, self.root, True, self.run, lambda: 0.0, lambda _seconds: None)


@pytest.fixture(autouse=True)
def no_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a real one: cuts are made between the steps."""
    monkeypatch.setattr("os.sync", lambda: None)
    monkeypatch.setattr("os.fsync", lambda _file: None)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return machine_at(tmp_path)


def machine_at(folder: Path) -> Machine:
    """A machine whose update is about to begin."""
    state, data, root = folder / "state", folder / "data", folder / "root"
    for where, versions in (("next", NEW), ("kept", OLD)):
        (state / where).mkdir(parents=True)
        for package, version in versions.items():
            (state / where / f"{package}_{version}_arm64.deb").write_text(version)
    data.mkdir()
    (data / "log").write_text("old")
    told = {"phase": "staged", "from": OLD, "to": NEW, "wrong_before": []}
    (state / "update.json").write_text(json.dumps(told))
    machine = Machine(state, data, root)
    for package, version in OLD.items():
        machine.put(package, version)
    return machine


def test_what_is_well_is_kept_to_go_back_to_next_time(machine: Machine) -> None:
    assert machine.applier().go_on() == "installed"
    assert machine.installed == NEW
    assert machine.running == {"ansim-sweep-probe.service", "ansim-sweep-server.service"}
    assert sorted(file.name for file in (machine.state / "kept").iterdir()) == [
        f"{name}_0.2.0_arm64.deb" for name in (PROBE, SERVER)
    ]
    assert not (machine.state / "update.json").exists()
    assert (machine.data / "log").read_text() == "migrated"
    assert machine.applier().go_on() is None
    assert sorted(one.name for one in (machine.root / "usr" / "lib").iterdir()) == [PROBE, SERVER]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("install", "could not be installed: dpkg: error: no room"),
        ("golden", "finds wrong what was not before: golden_clip"),
        ("mute", "sweep doctor gave no answer"),
        ("start", "ansim-sweep-server.service did not become ready"),
        ("ends", "ansim-sweep-probe.service ended"),
    ],
)
def test_what_is_not_well_is_taken_back(fault: str, why: str, machine: Machine) -> None:
    machine.faults.add(fault)
    assert machine.applier().go_on() == "rolled_back"
    assert machine.installed == OLD
    assert machine.running == {"ansim-sweep-probe.service", "ansim-sweep-server.service"}
    assert [machine.program(package) for package in OLD] == ["0.1.0", "0.1.0"]
    assert (machine.data / "log").read_text() == "old, written"
    record = json.loads((machine.state / "last.json").read_text())
    assert record["why"].endswith(why)
    assert all(why in line for line in sentence(record))
    assert not (machine.state / "installing").exists()
    assert sorted(one.name for one in (machine.root / "usr" / "lib").iterdir()) == [PROBE, SERVER]


def test_the_program_before_runs_again_before_dpkg_is_asked(machine: Machine) -> None:
    machine.faults.add("golden")
    machine.applier().go_on()
    since = machine.steps[1 + next(at for at, step in enumerate(machine.steps) if "next" in step and "dpkg" in step) :]
    asked = [step for step in since if step.startswith(("dpkg ", "systemctl start"))]
    assert [step.split()[0] for step in asked] == ["systemctl"] * 4 + ["dpkg"] + ["systemctl"] * 2
    assert machine.started == ["0.1.0", "0.1.0"]


def test_a_disk_without_links_leaves_going_back_to_dpkg(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "no links here")

    monkeypatch.setattr("os.link", refuse)
    machine.faults.add("golden")
    assert machine.applier().go_on() == "rolled_back"
    assert [machine.program(package) for package in OLD] == ["0.1.0", "0.1.0"]
    assert machine.started == ["0.1.0", "0.1.0"]


@pytest.mark.parametrize("fault", ["", "golden"])
def test_a_cut_at_any_step_leaves_one_version_whole(
    fault: str, tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", machine.sync)
    machine.faults = {fault}
    machine.applier().go_on()
    whole, ends = machine.steps, []
    assert any("dpkg" in step for step in whole)
    for cut in range(len(whole)):
        for again in (1, 6):
            machine = machine_at(tmp_path / f"{cut}-{again}")
            machine.faults = {fault}
            monkeypatch.setattr("os.fsync", machine.sync)
            ends.append(cut_and_start(machine, cut, again))
    assert set(ends) == ({"0.1.0"} if fault else {"0.1.0", "0.2.0"})


def cut_and_start(machine: Machine, cut: int, again: int) -> str:
    """Cut the power, and so many steps after the next start once more; the version that is whole in the end."""
    machine.cut_at = cut
    for _ in range(2):
        try:
            machine.applier().go_on()
        except PowerCutError:
            machine.running = set()
            machine.cut_at = len(machine.steps) + again
    machine.cut_at = None
    machine.applier().go_on()
    assert not (machine.state / "update.json").exists()
    assert not (machine.state / "installing").exists()
    (version,) = set(machine.installed.values())
    assert {machine.program(package) for package in OLD} == {version}
    log = (machine.data / "log").read_text()
    assert log.startswith("old") if version == "0.1.0" else log == "migrated"
    return version


def test_what_the_server_wrote_after_it_was_taken_back_stays_whatever_is_cut(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", machine.sync)
    machine.faults.add("golden")
    run = machine.run

    def cut_when_dpkg_goes_back(command: Sequence[str], **how: Any) -> subprocess.CompletedProcess[str]:
        if "kept" in command[-1]:
            assert not list(machine.root.glob("usr/lib/*.before/failed"))  # dpkg needs the room
            (machine.data / "log").write_text("old, and an entry since")
            raise PowerCutError
        return run(command, **how)

    applier = machine.applier()
    applier.run = cut_when_dpkg_goes_back
    with pytest.raises(PowerCutError):
        applier.go_on()
    assert not (machine.state / "installing").exists()  # what runs again may start at the next start, too
    assert machine.applier().go_on() == "rolled_back"
    assert (machine.data / "log").read_text() == "old, written"
    record = json.loads((machine.state / "last.json").read_text())
    assert record["took_s"] == 0.0
    record["took_s"] = None
    assert all("None" not in line for line in sentence(record))


def test_it_is_tried_anew_where_the_old_packages_do_not_come_back(machine: Machine) -> None:
    machine.faults = {"golden", "install"}
    kept = machine.state / "kept"
    kept.rename(machine.state / "next.old")
    kept.mkdir()
    told = json.loads((machine.state / "update.json").read_text()) | {"phase": "installing"}
    (machine.state / "update.json").write_text(json.dumps(told))
    (kept / "next_0.1.0_arm64.deb").write_text("")  # dpkg refuses what has "next" in its name, here
    assert machine.applier().go_on() == "stuck"
    assert (machine.state / "update.json").exists()
    assert (machine.state / "installing").exists()  # and nothing is started


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(apply_update.__file__).read_text())
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
