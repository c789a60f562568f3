"""dpkg: what is installed, which version is newer, and an installed package packed anew.

Input is a package's name; output is what dpkg says, or a .deb of the files as they lie here.  Nothing is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase, quote

SCRIPTS: Final = frozenset({"postinst", "prerm", "postrm", "preinst"})
PATIENCE_S: Final = 300.0
"""For packing on a slow card (guessed)."""
DROPPED: Final = frozenset({"Status", "Conffiles"})
"""What dpkg adds to a package's own fields."""


class PackageError(RuntimeError):
    """dpkg did not do it; the message is one line."""


def installed_version(package: str) -> str | None:
    """The version that is installed; None: it is not, or not whole."""
    try:
        said = _dpkg("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", package)
    except PackageError:
        return None
    state, _, version = said.partition(" ")
    return version.strip() if state == "installed" else None


def architecture() -> str:
    """Of this machine, in Debian's word.  Raises PackageError."""
    return _dpkg("dpkg", "--print-architecture").strip()


def is_newer(one: str, other: str) -> bool:
    """Whether version `one` comes after `other`, by Debian's rules."""
    return subprocess.run(["/usr/bin/dpkg", "--compare-versions", one, "gt", other], check=False).returncode == 0


def repack(package: str, target: Path) -> None:
    """Write a package as it is installed, settings as they were changed here.  Raises PackageError, OSError."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".repack-") as name:
        stage = Path(name)
        stage.chmod(0o755)
        for line in _dpkg("dpkg-query", "-L", package).splitlines():
            source, place = Path(line), stage / line.lstrip("/")
            if not line.startswith("/") or line == "/.":
                continue
            if source.is_dir() and not source.is_symlink():
                place.mkdir(parents=True, exist_ok=True)
            elif source.is_symlink():
                place.symlink_to(source.readlink())
            elif source.exists():
                _link(source, place)
        control = stage / "DEBIAN"
        control.mkdir()
        for part in _dpkg("dpkg-query", "--control-list", package).split():
            text = _dpkg("dpkg-query", "--control-show", package, part)
            (control / part).write_text(text, encoding="utf-8")
            (control / part).chmod(0o755 if part in SCRIPTS else 0o644)
        (control / "control").write_text(_fields(_dpkg("dpkg-query", "-s", package)), encoding="utf-8")
        part_file = target.with_name(f"{target.name}.part")
        _dpkg("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", str(stage), str(part_file))
        part_file.rename(target)


def _link(source: Path, place: Path) -> None:
    try:
        os.link(source, place)
    except OSError:  # another disk, or a layer below
        shutil.copy2(source, place)


def _fields(status: str) -> str:
    """A package's own fields of what dpkg has written down."""
    kept, drops = [], False
    for line in status.splitlines():
        if not line.startswith(" "):
            drops = line.partition(":")[0] in DROPPED
        if line and not drops:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _dpkg(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageError(f"{command[0]}: {type(error).__name__}") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        raise PackageError(quote(last) or Phrase("command_of_dpkg_failed", command=command[0]))
    return done.stdout
