"""`sweep update`: installs a signed update from a stick or a folder, and goes back by itself where it is not well.

Input is the folder; output is two sentences and exit code 0 installed, 1 taken back, 2 refused.  Verifying and copying
is `run.updating`, installing is `host.apply_update`, which takes this process's place: its own files are exchanged.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Final

import typer

from sweep.cli.doctor.checks_keeping import FLEETING, kind_of, read_mounts
from sweep.cli.output import existing, fail, one_line, print_words, tell
from sweep.host.apply_update import STATE, Applier, sentence
from sweep.host.packages import PackageError, architecture, installed_version
from sweep.modality.weights import WeightsError
from sweep.phrases import Phrase, Spoken
from sweep.report.language import language_of
from sweep.run.field_weights import read_key
from sweep.run.updating import KEY_FILE, PACKAGES, UpdateError, open_update, require_newer, stage

PYTHON: Final = "/usr/bin/python3"


def update(
    path: Annotated[
        Path | None, typer.Argument(help="Stick or folder; without it, show the result of the last update.")
    ] = None,
    downgrade: Annotated[bool, typer.Option("--downgrade", help="Accept an older version.")] = False,
) -> None:
    """Install a signed update without a network. An update that is unhealthy after a minute is rolled back."""
    if path is None:
        _tell_last()
        return
    if os.geteuid() != 0:
        fail("only_root")
    if kind_of(read_mounts(Path("/proc/self/mounts").read_text(encoding="utf-8")), Path("/usr")) in FLEETING:
        fail("read_only_system")
    with one_line(UpdateError, WeightsError, PackageError, OSError):
        key = read_key(KEY_FILE)
        if key is None:
            raise UpdateError(Phrase("no_release_key", file=KEY_FILE))
        found = open_update(existing(path), key)
        versions = {name: installed_version(name) for name in PACKAGES}
        installed = {name: version for name, version in versions.items() if version is not None}
        if not installed:
            raise UpdateError(Phrase("package_not_installed"))
        require_newer(found, installed, may_go_back=downgrade)
        print_words("update_copies", version=found.manifest.version)
        stage(found, architecture(), installed, STATE, lambda: Applier().wrong_codes(60.0))
    print_words("update_installs")
    os.execv(PYTHON, [PYTHON, "-I", str(STATE / "apply_update.py"), "start", language_of(os.environ)])  # noqa: S606 - a constant path


def _tell_last() -> None:
    try:
        record = json.loads((STATE / "last.json").read_bytes())
    except (OSError, ValueError):
        print_words("no_update_was_installed")
        return
    tell(Spoken(*sentence(record)))
