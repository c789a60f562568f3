"""`sweep doctor`: whether what a probe writes stays, and what became of its last update.

Input is the settings and this machine; output is a check for each thing.  Nothing is changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here, Topic
from sweep.host import apply_update
from sweep.host.apply_update import sentence
from sweep.phrases import Phrase, Spoken
from sweep.report import DoctorCheck

FLEETING: Final = frozenset({"overlay", "tmpfs", "ramfs"})
"""File systems that forget when the power goes."""


def check_keeping(settings: Config, here: Here) -> Iterator[DoctorCheck]:
    """The disk that the state is on, and the last update."""
    yield _state(settings, here)
    yield _update(here)


def _state(settings: Config, here: Here) -> DoctorCheck:
    topic = Topic("machine", "state_disk", Phrase("state_kept"))
    mounts = read_mounts(here.read("proc/self/mounts") or "")
    folder = Path(os.path.abspath(settings.state_folder))  # noqa: PTH100 - resolve() would follow links of this machine
    state, root = kind_of(mounts, folder), kind_of(mounts, Path("/"))
    if state is None:
        return topic.unknown()
    if state in FLEETING:
        return topic.wrong(Phrase("state_forgotten", folder=folder, state=state), Phrase("advice_mount_state"))
    if root in FLEETING:
        return topic.ok(Phrase("state_on_partition"))
    return topic.ok(Phrase("state_on_card"))


def read_mounts(text: str) -> dict[Path, str]:
    """File system by mount point; of two at one place the later one, which covers the other."""
    rows = [line.split() for line in text.splitlines()]
    return {Path(row[1].replace("\\040", " ")): row[2] for row in rows if len(row) > 2}


def kind_of(mounts: dict[Path, str], path: Path) -> str | None:
    """File system under a path; None where nothing says it."""
    return next((mounts[one] for one in (path, *path.parents) if one in mounts), None)


def _update(here: Here) -> DoctorCheck:
    # In the group of the machine: while an update asks how the program is, it is of course not finished.
    topic = Topic("machine", "update", Phrase("update"))
    state = here.path(str(apply_update.STATE))
    if not os.access(state, os.R_OK | os.X_OK):
        return topic.unknown(Phrase("only_root_sees")) if state.exists() else topic.ok(NONE)
    if (state / "update.json").exists():
        return topic.wrong(Phrase("not_finished"), "systemctl start ansim-sweep-update")
    try:
        record = json.loads((state / "last.json").read_bytes())
        said = Phrase("as_spoken", text=Spoken(*sentence(record)))
    except OSError:
        return topic.ok(NONE)
    except (ValueError, KeyError, TypeError):
        return topic.unknown()
    if record["what"] == "installed":
        return topic.ok(said)
    advice = Phrase("advice_tell_releaser")
    return topic.note(said, advice)


NONE: Final = Phrase("no_update_so_far")
