"""Installs an update that `sweep update` verified, and puts the packages before it back where the new are not well.

Input is the folder STATE: `update.json` (what is to be done, and how far it is), `next/` and `kept/` with the packages
after and before; output is what became of it, in `last.json` and in two sentences.  Before dpkg begins, every installed
file is linked into a tree beside, which takes no room: going back is a rename and a start, and dpkg learns of it while
the old program runs already.  It is run by the system's Python from a copy in that folder, for dpkg exchanges the
package meanwhile: hence the standard library alone.  A cut of power leaves `update.json`, by which the next start puts
the old packages back.  It verifies nothing: that was done.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

STATE: Final = Path("/var/lib/ansim-sweep-update")
UNIT: Final = "ansim-sweep-update.service"
UNITS: Final = {"ansim-sweep-probe": "ansim-sweep-probe.service", "ansim-sweep-server": "ansim-sweep-server.service"}
"""Of each package; started in this order: until the server answers, nobody has written to its database."""
DATA: Final = Path("/var/lib/ansim-sweep-server")
CONFIG: Final = Path("/etc/ansim-sweep/probe.toml")
INSTALL_S: Final = 300.0
"""For dpkg on a slow card (guessed: a minute)."""
HEALTH_S: Final = 45.0
"""Until the programs must have shown that they are well (guessed: doctor takes 20 s)."""
SETTLED_S: Final = 5.0
"""A program that ends sooner after its start was not well (guessed: longer than RestartSec)."""
STOP_S: Final = 10.0
"""For a program that is not well to end in order (guessed); then it is killed."""


class UnwellError(Exception):
    """What was installed is not to be kept; the message says why."""


@dataclass(slots=True)
class Applier:
    """One machine's update; tests give other programs and another clock."""

    state: Path = STATE
    data: Path = DATA
    root: Path = Path("/")
    has_systemd: bool = field(default_factory=lambda: Path("/run/systemd/system").is_dir())
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    clock_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def go_on(self) -> str | None:
        """Do what is to be done; `installed`, `rolled_back`, `stuck`, or None where there was nothing."""
        try:
            told: dict[str, Any] = json.loads((self.state / "update.json").read_bytes())
        except FileNotFoundError:
            return None
        if told["phase"] == "put_back":
            return self._finish(told)
        if told["phase"] != "staged":
            return self._roll_back(told, "it was cut off while it was being installed")
        try:
            self._install(told)
            self._check(told, self.clock_s() + HEALTH_S)
        except UnwellError as why:
            return self._roll_back(told, str(why))
        self._end(told, "installed", "")
        self._drop_asides(told)
        shutil.rmtree(self.state / "kept", ignore_errors=True)
        (self.state / "next").rename(self.state / "kept")
        return "installed"

    def _install(self, told: dict[str, Any]) -> None:
        for package in told["from"]:
            self._set_aside(package)
        self._forbid_starting()
        self._phase(told, "installing")
        self._units("stop", reversed(told["from"]))
        if "ansim-sweep-server" in told["from"] and self.data.is_dir():  # a database once migrated is of no use before
            shutil.rmtree(self.state / "data", ignore_errors=True)
            _copy_tree(self.data, self.state / "data")
        said = self._dpkg("next")
        if said is not None:
            raise UnwellError(f"it could not be installed: {said}")

    def _check(self, told: dict[str, Any], until_s: float) -> None:
        """Whether what was installed works here; raises UnwellError."""
        wrong = self.wrong_codes(max(1.0, until_s - self.clock_s()))
        if wrong is None:
            raise UnwellError("sweep doctor gave no answer")
        new = sorted(set(wrong) - set(told["wrong_before"]))
        if new:
            raise UnwellError(f"sweep doctor finds wrong what was not before: {', '.join(new)}")
        self._allow_starting()
        if not self.has_systemd:
            return
        units = [UNITS[one] for one in told["from"] if self._ask("systemctl", "is-enabled", UNITS[one]) == "enabled"]
        for unit in units:
            if not self._succeeds(until_s - self.clock_s(), "systemctl", "start", unit):
                raise UnwellError(f"{unit} did not become ready")
        self.sleep(SETTLED_S)
        for unit in units:
            if self._ask("systemctl", "show", "-P", "ActiveState", unit) != "active":
                raise UnwellError(f"{unit} ended")
            if self._ask("systemctl", "show", "-P", "NRestarts", unit) not in {"0", ""}:
                raise UnwellError(f"{unit} was started again")

    def wrong_codes(self, seconds: float) -> list[str] | None:
        """What `sweep doctor` finds wrong in the program itself, golden recordings among it; None: it gave no answer.

        A head that wants the new firmware is no reason to go back, nor is a cable that is out.
        """
        file = self.state / "doctor.json"
        file.unlink(missing_ok=True)
        config = ["--config", str(CONFIG)] if CONFIG.exists() else []
        self._succeeds(seconds, "sweep", "doctor", "--json", str(file), *config)
        try:
            checks: list[dict[str, Any]] = json.loads(file.read_bytes())["checks"]
            return [str(one["code"]) for one in checks if one["group"] == "program" and one["state"] == "wrong"]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _roll_back(self, told: dict[str, Any], why: str) -> str:
        begun = self.clock_s()
        self._forbid_starting()
        self._phase(told, "rolling_back")
        self._kill_units(reversed(told["from"]))
        if not self._put_back(told):
            said = self._dpkg("kept")
            if said is not None:  # tried anew at the next start
                self._tell(told, "stuck", f"{why}; the packages before it could not be put back: {said}")
                return "stuck"
        if (self.state / "data").is_dir():
            shutil.rmtree(self.data, ignore_errors=True)
            _copy_tree(self.state / "data", self.data)
        self._phase(told | {"why": why}, "put_back")  # from now on the server may write, and its data stay
        self._start(told)
        return self._finish(told | {"why": why, "took_s": round(self.clock_s() - begun, 1)})

    def _finish(self, told: dict[str, Any]) -> str:
        """The program before runs, or may: now dpkg learns of it, and takes away what the newer one had besides."""
        self._phase(told, "put_back")
        self._start(told)
        for package in told["from"]:  # dpkg needs the room
            shutil.rmtree(self._places(package)[1] / "failed", ignore_errors=True)
        said = self._dpkg("kept")
        if said is not None:
            self._tell(told, "stuck", f"{told['why']}; the program before runs, its packages are not put back: {said}")
            return "stuck"
        self._start(told)  # where a package's script stopped one
        self._end(told, "rolled_back", told["why"], took_s=told.get("took_s"))
        self._drop_asides(told)
        shutil.rmtree(self.state / "next", ignore_errors=True)
        return "rolled_back"

    def _start(self, told: dict[str, Any]) -> None:
        self._allow_starting()
        self._units("start", told["from"])

    def _places(self, package: str) -> tuple[Path, Path]:
        """Where a package's program lies, and where it is set aside: on the same disk, for a rename exchanges them."""
        home = self.root / "usr" / "lib" / package
        return home, home.with_name(f"{package}.before")

    def _set_aside(self, package: str) -> None:
        """Link the files of an installed package into a tree beside.  Where links cannot be made there is none, and
        dpkg goes back by itself.
        """
        home, aside = self._places(package)
        part = aside.with_name(f"{aside.name}.part")
        for old in (aside, part):
            shutil.rmtree(old, ignore_errors=True)
        try:
            shutil.copytree(home, part / "home", symlinks=True, copy_function=os.link)
            for line in self._ask("dpkg-query", "-L", package).splitlines():
                file = self.root / line.lstrip("/")
                if file.is_file() and not file.is_relative_to(home):
                    place = part / "others" / line.lstrip("/")
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, place)
            os.sync()
            part.rename(aside)
            _sync(aside.parent)
        except (OSError, shutil.Error):
            shutil.rmtree(part, ignore_errors=True)

    def _put_back(self, told: dict[str, Any]) -> bool:
        """Exchange the programs for those that were set aside; False where one was not.  Done twice it does no harm."""
        places = [self._places(package) for package in told["from"]]
        if not all(aside.is_dir() for _, aside in places):
            return False
        try:
            for home, aside in places:
                if (aside / "home").is_dir():
                    if home.is_dir():
                        home.rename(aside / "failed")
                    (aside / "home").rename(home)
                    _sync(aside)
                    _sync(home.parent)
                for file in (one for one in (aside / "others").rglob("*") if one.is_file()):
                    target = self.root / file.relative_to(aside / "others")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    part = target.with_name(f"{target.name}.part")
                    shutil.copy2(file, part)
                    part.rename(target)
                    _sync(target.parent)
        except OSError:
            return False
        if self.has_systemd:
            self._succeeds(STOP_S, "systemctl", "daemon-reload")
        return True

    def _drop_asides(self, told: dict[str, Any]) -> None:
        for package in told["from"]:
            shutil.rmtree(self._places(package)[1], ignore_errors=True)

    def _dpkg(self, folder: str) -> str | None:
        """Install what lies there; None: done, else what dpkg said last."""
        files = sorted(str(file) for file in (self.state / folder).glob("*.deb"))
        command = ["dpkg", "--force-confdef", "--force-confold", "--force-downgrade", "--install", *files]
        surroundings = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "ANSIM_UPDATING": "1"}
        try:
            done = self.run(
                command, capture_output=True, text=True, timeout=INSTALL_S, check=False, env=surroundings,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}"
        (self.state / "dpkg.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        if done.returncode == 0:
            return None
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        return (lines[0] if lines else f"exit code {done.returncode}")[:300]

    def _units(self, what: str, packages: Any) -> None:
        if self.has_systemd:
            for package in packages:
                self._succeeds(HEALTH_S, "systemctl", what, UNITS[package])

    def _kill_units(self, packages: Any) -> None:
        if self.has_systemd:
            for package in packages:
                if not self._succeeds(STOP_S, "systemctl", "stop", UNITS[package]):
                    self._succeeds(STOP_S, "systemctl", "kill", "--signal=KILL", UNITS[package])

    def _succeeds(self, seconds: float, *command: str) -> bool:
        try:
            done = self.run(command, capture_output=True, text=True, timeout=max(1.0, seconds), check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def _ask(self, *command: str) -> str:
        with suppress(OSError, subprocess.TimeoutExpired):
            return self.run(command, capture_output=True, text=True, timeout=10.0, check=False).stdout.strip()
        return ""

    def _forbid_starting(self) -> None:
        """The units have a condition: half an installation starts nothing, not even when the machine starts."""
        write_durably(self.state / "installing", b"")

    def _allow_starting(self) -> None:
        (self.state / "installing").unlink(missing_ok=True)
        _sync(self.state)

    def _phase(self, told: dict[str, Any], phase: str) -> None:
        write_durably(self.state / "update.json", json.dumps(told | {"phase": phase}).encode())

    def _end(self, told: dict[str, Any], what: str, why: str, **more: object) -> None:
        self._tell(told, what, why, **more)
        shutil.rmtree(self.state / "data", ignore_errors=True)
        (self.state / "update.json").unlink()
        _sync(self.state)

    def _tell(self, told: dict[str, Any], what: str, why: str, **more: object) -> None:
        record = {"what": what, "why": why, "from": told["from"], "to": told["to"], **more}
        write_durably(self.state / "last.json", json.dumps(record).encode())


def _copy_tree(source: Path, target: Path) -> None:
    """A copy that has its name only when it is whole, owned as the tree was.  Raises OSError."""
    part, owner = target.with_name(f"{target.name}.part"), source.stat()
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part, symlinks=True)
    for path in (part, *part.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    os.sync()
    part.rename(target)
    _sync(target.parent)


def write_durably(path: Path, data: bytes) -> None:
    """Put `data` into `path`, whole and on the disk.  Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sentence(record: dict[str, Any]) -> tuple[str, str]:
    """What became of the last update, Korean and English."""
    to = ", ".join(f"{name} {version}" for name, version in record["to"].items())
    match record["what"]:
        case "installed":
            return f"{to}: 설치됨", f"{to}: installed"
        case "rolled_back":
            took_s = record.get("took_s")  # unknown where the power went when it ran again
            ko, en = ("", "") if took_s is None else (f"({took_s:.0f}초)", f" in {took_s:.0f} s")
            return f"{to}: 이전 버전으로 되돌림{ko}: {record['why']}", f"{to}: taken back{en}: {record['why']}"
        case _:
            return (
                f"{to}: 이전 버전으로 되돌리지 못함: {record['why']}",
                f"{to}: could not be taken back: {record['why']}",
            )


def main() -> None:
    """Entry point: `start` has systemd run it, so that a terminal that goes away ends nothing; else it runs here.
    `ko` or `en`: in which language the end is told; without either in both.
    """
    applier = Applier()
    if "start" in sys.argv[1:] and applier.has_systemd:
        subprocess.run(["/usr/bin/systemctl", "start", UNIT], check=False)
    else:
        applier.go_on()
    try:
        record = json.loads((applier.state / "last.json").read_bytes())
    except FileNotFoundError:
        sys.exit("error: nothing came of it")
    for language, line in zip(("ko", "en"), sentence(record), strict=True):
        if language in sys.argv[1:] or not {"ko", "en"} & {*sys.argv[1:]}:
            print(line)
    sys.exit(0 if record["what"] == "installed" else 1)


if __name__ == "__main__":
    main()
