"""Runs a command with its state on a disk of a few KiB: a real tmpfs in a mount namespace of its own, or, where this
machine allows no mount, under the limit that the system sets on the size of files.
"""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def can_mount(folder: Path) -> bool:
    """Whether a tmpfs can be mounted here."""
    probe = f"mount -t tmpfs -o size=64k tmpfs {folder}"
    return subprocess.run(["unshare", "-m", "sh", "-c", probe], capture_output=True, check=False).returncode == 0


def limit_files(size_bytes: int) -> None:
    """No file of this process may grow beyond it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def run_on_small_disk(
    folder: Path, size_kib: int, command: list[str], *, is_limit: bool = False
) -> subprocess.CompletedProcess[str]:
    """The command's end; `folder` is where its disk is small, and what it left there is copied to `folder`.left."""
    folder.mkdir(parents=True, exist_ok=True)
    if is_limit or not can_mount(folder):
        return subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            preexec_fn=lambda: limit_files(size_kib * 1024),
        )  # fmt: skip
    script = 'mount -t tmpfs -o size=$0k tmpfs "$1"; f=$1; shift; "$@"; rc=$?; cp -a "$f" "$f.left"; exit $rc'
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, str(size_kib), str(folder), *command],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@contextmanager
def on_small_disk(folder: Path, size_kib: int, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process that goes on until the block ends."""
    if can_mount(folder):
        script = 'mount -t tmpfs -o size=$0k tmpfs "$1"; shift; exec "$@"'
        begun = ["unshare", "-m", "sh", "-c", script, str(size_kib), str(folder), *command]
        process = subprocess.Popen(begun, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: limit_files(size_kib * 1024),  # noqa: PLW1509  no thread of this process holds a lock
        )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.terminate()
