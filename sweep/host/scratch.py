"""Temporary folders that do not outlive the process that made them, though it be killed: the next start removes them.

Each carries in its name the process that made it, by its number and the tick of the machine at which it began, since
numbers are given again.  Nothing else is ever removed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = re.compile(r"sweep-[a-z]+-([0-9]+)-([0-9]+)-[A-Za-z0-9_]+")
STARTED_FIELD: Final = 22
"""proc_pid_stat(5): ticks from the start of the machine to that of the process."""


@contextmanager
def scratch_folder(what: str) -> Iterator[Path]:
    """A new folder that goes at the end; `what` is a word for its name."""
    process = os.getpid()
    with tempfile.TemporaryDirectory(prefix=f"sweep-{what}-{process}-{_started(process)}-") as folder:
        yield Path(folder)


def remove_orphans(root: Path | None = None) -> int:
    """Remove the folders of processes that are gone; how many there were.  What cannot be removed is left."""
    removed = 0
    for path in Path(root or tempfile.gettempdir()).glob("sweep-*"):
        made_by = NAME.fullmatch(path.name)
        if made_by is None or path.is_symlink() or not path.is_dir():
            continue
        if _started(int(made_by[1])) != made_by[2]:
            shutil.rmtree(path, ignore_errors=True)
            removed += not path.exists()
    return removed


def _started(process: int) -> str | None:
    """When a process began; None when there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[STARTED_FIELD - 3]
