"""One thing that a probe needs, looked at by itself: what `sweep doctor` makes its list of.

Input is what somebody found; output is a `DoctorCheck`, with what is wrong in a sentence and what to do.  `Here` is the
machine that is looked at: its files below a root, the programs that are asked, and the time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from sweep.phrases import Phrase
from sweep.power.sensor import HELPER
from sweep.report import DoctorCheck, LocalText, local_text

Group = Literal["program", "machine", "camera", "radio", "head"]
State = Literal["ok", "note", "wrong", "unknown"]
Said = str | Phrase
"""The same in both languages, or what has words in each."""

GROUPS: Final[dict[Group, Phrase]] = {
    "program": Phrase("group_program"),
    "machine": Phrase("group_machine"),
    "camera": Phrase("camera"),
    "radio": Phrase("group_radio"),
    "head": Phrase("sensor_head"),
}
STATES: Final[dict[State, Phrase]] = {
    "ok": Phrase("state_ok"),
    "note": Phrase("state_note"),
    "wrong": Phrase("state_wrong"),
    "unknown": Phrase("state_unknown"),
}
NOT_KNOWN: Final[Said] = Phrase("not_known")
PATIENCE_S: Final = 5.0
"""For a program that is asked (guessed)."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What is looked at; its methods say how it stands."""

    group: Group
    code: str
    title: Said

    def ok(self, found: Said) -> DoctorCheck:
        """As it should be."""
        return self._check("ok", found, None)

    def unknown(self, found: Said = NOT_KNOWN) -> DoctorCheck:
        """Not to be told from here."""
        return self._check("unknown", found, None)

    def note(self, found: Said, advice: Said | None = None) -> DoctorCheck:
        """A sweep goes on without it, and sees less."""
        return self._check("note", found, advice)

    def wrong(self, found: Said, advice: Said) -> DoctorCheck:
        """To be mended before the probe is taken along."""
        return self._check("wrong", found, advice)

    def _check(self, state: State, found: Said, advice: Said | None) -> DoctorCheck:
        said = None if advice is None else both(advice)
        return DoctorCheck(
            group=self.group, code=self.code, title=both(self.title), state=state, found=both(found), advice=said
        )


def both(said: Said) -> LocalText:
    """As a text of the contract."""
    return local_text(said) if isinstance(said, Phrase) else LocalText(ko=said, en=said)


def disk_of(folder: Path) -> tuple[int, int]:
    """Octets of the disk that a folder is or will be on: in all, and free for this account."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    said = os.statvfs(there)
    return said.f_blocks * said.f_frsize, said.f_bavail * said.f_frsize


@dataclass(frozen=True, slots=True)
class Here:
    """The machine that is looked at; tests give another one."""

    root: Path = Path("/")
    nmcli: str = "nmcli"
    bluetoothctl: str = "bluetoothctl"
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    disk: Callable[[Path], tuple[int, int]] = disk_of
    service: Path = Path("/run/ansim-sweep/capture.sock")
    """Of the capture helper."""
    sensor_helper: Path = HELPER
    """Of the helper that binds the sensor's driver."""

    def path(self, name: str) -> Path:
        """A file of this machine, named from the root on."""
        return self.root / name.lstrip("/")

    def read(self, name: str) -> str | None:
        """What a file says; None where there is none."""
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            return None


def run(*command: str) -> str | None:
    """What a program says; None where it is missing, fails or does not end."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
