"""Temporary folders of processes that are gone are removed, and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sweep.host.scratch import NAME, remove_orphans, scratch_folder

KILLED = """
import os, signal, tempfile
from pathlib import Path
from sweep.host.scratch import scratch_folder
with scratch_folder("lens") as folder:
    (folder / "clip").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    (left,) = tmp_path.iterdir()
    name = NAME.fullmatch(left.name)
    assert name is not None
    number, ticks = (int(one) for one in name.groups())
    mine = tmp_path / f"sweep-rf-{os.getpid()}-{ticks}-again"  # its number was given again, to this process
    others = [tmp_path / "sweep-notes", tmp_path / "sweep-lens-1-0", tmp_path / f"sweeping-lens-{number}-{ticks}-a"]
    for folder in (mine, *others):
        folder.mkdir()
    outside = tmp_path / "kept"
    outside.mkdir()
    (tmp_path / f"sweep-lens-{number}-{ticks}-link").symlink_to(outside)
    assert remove_orphans(tmp_path) == 2
    assert sorted(tmp_path.iterdir()) == sorted([*others, outside, tmp_path / f"sweep-lens-{number}-{ticks}-link"])


def test_a_folder_that_is_in_use_stays() -> None:
    with scratch_folder("lens") as folder:
        remove_orphans(folder.parent)
        assert folder.is_dir()
    assert not folder.exists()
