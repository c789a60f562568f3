"""What a probe knows and nobody else has: what lies in its state folder, and its removal for good.

Input is the state folder and a spare one for entries; output is an inventory, by which a person is asked, and emptied
folders.  Only what a probe writes there is removed: whatever else lies beside it stays, and is named.  It refuses while
a process of a sweep holds the outbox.  Keys go first, so that a wipe which is cut off has made the rest worthless.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sweep.deliver.journal import RECORDS_NAME
from sweep.host.disk import DISK
from sweep.host.sealing import KEY_FILE, PUBLIC_FILE, SEALED_FILE
from sweep.phrases import Phrase
from sweep.run.field_weights import FILE_NAME as WEIGHTS_FILE
from sweep.run.reference.reference import FILE_NAME as REFERENCE_FILE
from sweep.run.reporting.recovery import SET_ASIDE
from sweep.run.room_keys import FOLDER, RECORDED_FOLDER
from sweep.run.watch.power_bank_watch import FILE as BANK_FILE

OUTBOX: Final = "outbox"
JOURNALS: Final = "journal"
KEYS: Final = (KEY_FILE, "demo.key", "lab-demo.key", FOLDER, RECORDED_FOLDER)
"""What makes the rest this probe's own, in the order in which it goes."""
REST: Final = (
    SEALED_FILE, PUBLIC_FILE, "server.pub", JOURNALS, SET_ASIDE, "replayed", BANK_FILE, REFERENCE_FILE,
    "reference-simulated.json", WEIGHTS_FILE, OUTBOX,
)  # fmt: skip
ENTRY_FOLDERS: Final = ("", "refused", "damaged")


class WipeError(RuntimeError):
    """Nothing is wiped, or not everything; one line that says why."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What would be gone."""

    has_key: bool
    is_sealed: bool
    """The key is in the machine's credential store."""
    waiting: int
    """Signed entries that no server has."""
    aside: int
    """Entries that were refused or damaged."""
    unclosed: int
    """Sweeps whose measurements lie in a journal only."""
    room_keys: int
    others: tuple[str, ...]
    """What lies there and is none of the probe's: it stays."""

    @property
    def is_empty(self) -> bool:
        """There is nothing to wipe."""
        return not (self.has_key or self.is_sealed or self.waiting or self.aside or self.unclosed or self.room_keys)


def take_stock(state: Path, spare: Path | None, sealed: Path) -> Inventory:
    """What lies there.  `sealed`: where the machine keeps a sealed key.  Raises OSError."""
    folders = [one for one in (state / OUTBOX, spare) if one is not None]
    entries = [list((folder / name).glob("*.entry")) for folder in folders for name in ENTRY_FOLDERS]
    there = {path.name for path in state.iterdir()} if state.is_dir() else set()
    return Inventory(
        has_key=(state / KEY_FILE).exists(),
        is_sealed=sealed.exists(),
        waiting=sum(map(len, entries[:: len(ENTRY_FOLDERS)])),
        aside=sum(map(len, entries)) - sum(map(len, entries[:: len(ENTRY_FOLDERS)])),
        unclosed=len(list(state.glob(f"{JOURNALS}/*/{RECORDS_NAME}"))),
        room_keys=len(list(state.glob(f"{FOLDER}/*.key"))),
        others=tuple(sorted(there - {*KEYS, *REST})),
    )


@contextmanager
def nobody_sweeps(state: Path) -> Iterator[None]:
    """Hold the outbox, so that no sweep begins meanwhile.  Raises WipeError while one goes on, or an agent runs."""
    try:
        lock = os.open(state / OUTBOX / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WipeError(Phrase("state_in_use")) from None
        yield
    finally:
        os.close(lock)


def wipe(state: Path, spare: Path | None, sealed: Path) -> None:
    """Remove it, keys first.  Raises WipeError with what could not be removed."""
    _forget(sealed)
    for name in (*KEYS, *REST):
        _forget(state / name)
    if spare is not None:
        for path in spare.glob("*.entry"):
            _forget(path)
        for name in ENTRY_FOLDERS[1:]:
            _forget(spare / name)
    with suppress(OSError):
        DISK.sync_folder(state)
    left = [str(path) for path in (sealed, *(state / name for name in (*KEYS, *REST))) if path.exists()]
    left += [] if spare is None else [str(path) for path in spare.glob("*.entry")]
    if left:
        raise WipeError(Phrase("wipe_incomplete", left=", ".join(left[:3])))


def _forget(path: Path) -> None:
    """Overwrite a file and remove it; a folder with all that is in it.  A memory card may still hold the old blocks."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            for one in path.rglob("*.key"):
                _forget(one)
            shutil.rmtree(path)
        elif path.suffix in {".key", ".cred"} and not path.is_symlink():
            DISK.overwrite(path, bytes(path.stat().st_size))
    with suppress(OSError):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        DISK.sync_folder(path.parent)
