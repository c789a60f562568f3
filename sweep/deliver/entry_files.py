"""The files of an outbox: which entries wait in its folders, what each holds, where those go that cannot be used.

Input is folders and this probe's key; output is entries that verify, or a `DamagedEntryError` with the reason.  A file
that is set aside lies in `damaged/` or `refused/` beside a file with the reason.  It sends and numbers nothing.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from sweep.entry.dsse import EntryError, SignedEntry, Signer
from sweep.entry.envelope import Body, from_wire, parse_envelope, verify_entry
from sweep.host.disk import DISK, Disk, DiskError, read_file
from sweep.phrases import Phrase, from_line, to_line

ENTRY_NAME: Final = re.compile(r"([0-9]{12,16})\.entry")
MAX_WIRE_BYTES: Final = 16 * 1024 * 1024
"""The ingest path takes no more."""

MAX_REASON_BYTES: Final = 16_384
Why = Literal["damaged", "refused"]


class DamagedEntryError(ValueError):
    """A file of the outbox is no entry that could be delivered; one line."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A file that was set aside."""

    name: str
    why: Why
    reason: Phrase | str


class EntryFiles:
    """Entry files in the folder of an outbox and in its spare one."""

    def __init__(self, folder: Path, spare: Path | None, signer: Signer, disk: Disk = DISK) -> None:
        self._folder = folder
        self._spare = spare
        self._signer = signer
        self._disk = disk
        self.failures: Counter[str] = Counter()
        """By name: how often the server did not take it."""
        self._left_alone: set[Path] = set()

    def folders(self) -> list[Path]:
        """The folders that are there."""
        return [folder for folder in (self._folder, self._spare) if folder is not None and folder.is_dir()]

    def waiting(self) -> list[Path]:
        """Files that wait, in the order of their numbers; what has failed more often comes later."""
        found = [path for folder in self.folders() for path in folder.glob("*.entry") if path not in self._left_alone]
        return sorted(found, key=lambda path: (self.failures[path.name], path.name))

    def store(self, name: str, wire: bytes) -> None:
        """Put an entry on the first disk that has room.  Raises DiskError."""
        try:
            self._disk.write_whole(self._folder / name, wire)
        except DiskError:
            if self._spare is None or not self._spare.is_dir():
                raise
            self._disk.write_whole(self._spare / name, wire)

    def open(self, path: Path) -> tuple[SignedEntry, tuple[Body, ...], bytes]:
        """An entry file; DamagedEntryError says why it is none."""
        if ENTRY_NAME.fullmatch(path.name) is None:
            raise DamagedEntryError(Phrase("file_name_not_an_entry"))
        try:
            wire = read_file(path, MAX_WIRE_BYTES)
        except OSError as error:
            raise DamagedEntryError(Phrase("entry_file_unreadable", why=error)) from None
        entry, bodies, _ = open_wire(wire)
        return self._check(entry, bodies), bodies, wire

    def entry_ids(self) -> Iterator[UUID]:
        """The names of all entries that lie here and can be read, waiting or set aside."""
        for folder in self.folders():
            for path in (*folder.glob("*.entry"), *folder.glob("refused/*.entry"), *folder.glob("damaged/*.entry")):
                with contextlib.suppress(OSError, DamagedEntryError):
                    entry, _, _ = open_wire(read_file(path, MAX_WIRE_BYTES))
                    yield parse_envelope(entry.payload).entry_id

    def _check(self, entry: SignedEntry, bodies: tuple[Body, ...]) -> SignedEntry:
        """What this key signed must still verify; what another key signed is for the server to judge."""
        try:
            if any(key_id == self._signer.key_id for key_id, _ in entry.signatures):
                named = {
                    (r.commitment, r.media_type, r.size) for r in verify_entry(entry, self._signer.public_key).bodies
                }
                if not {(body.commitment, body.media_type, len(body.data)) for body in bodies} <= named:
                    raise DamagedEntryError(Phrase("body_differs_from_signed"))
        except EntryError as error:
            raise DamagedEntryError(error) from None
        return entry

    def set_aside(self, path: Path, why: Why, reason: Phrase) -> None:
        """Move a file out of the way; on a disk where nothing can be moved it stays and is never tried again."""
        folder = path.parent / why
        try:
            self._disk.make_folder(folder)
            target = _free_name(folder / path.name)
            self._disk.rename(path, target)
            self._disk.sync_folder(folder)
            self._disk.sync_folder(path.parent)
        except OSError:
            self._left_alone.add(path)
            return
        self._keep_reason(target, reason)

    def keep_refused(self, name: str, wire: bytes, reason: Phrase) -> None:
        """Keep an entry that was refused before it ever reached the disk.  Raises OSError, DiskError."""
        folder = self._folder / "refused"
        self._disk.make_folder(folder)
        target = _free_name(folder / name)
        self._disk.write_whole(target, wire)
        self._keep_reason(target, reason)

    def _keep_reason(self, path: Path, reason: Phrase) -> None:
        with contextlib.suppress(DiskError):  # the file itself is what matters; `asides` says that no reason was kept
            said = f"{reason}\n" + ("" if reason.code == "unknown_error" else f"{to_line(reason)}\n")
            self._disk.write_whole(path.with_suffix(".reason"), said.encode())

    def remove(self, path: Path) -> None:
        """Delete an entry that the server has; one that cannot be deleted is left alone."""
        try:
            self._disk.unlink(path)
            self._disk.sync_folder(path.parent)
        except OSError:  # being sent once more changes nothing at the server
            self._left_alone.add(path)

    def asides(self) -> tuple[Aside, ...]:
        """Everything that was ever set aside and still lies there."""
        reasons: tuple[Why, ...] = ("refused", "damaged")
        found: list[Aside] = []
        for folder in self.folders():
            for why in reasons:
                paths = sorted((folder / why).glob("*.entry"))
                found += [Aside(path.name, why, _reason_beside(path)) for path in paths]
        return tuple(found)


def _reason_beside(path: Path) -> Phrase | str:
    """Why an entry was set aside."""
    try:
        said = read_file(path.with_suffix(".reason"), MAX_REASON_BYTES).decode("utf-8", "replace").strip()
    except OSError:  # it could not be written, or somebody removed it
        return Phrase("no_reason_kept")
    return from_line(said.rpartition("\n")[2])


def open_wire(wire: bytes) -> tuple[SignedEntry, tuple[Body, ...], bytes]:
    """An entry from its wire bytes; DamagedEntryError says why it is none."""
    try:
        entry, bodies = from_wire(wire)
        parse_envelope(entry.payload)
    except EntryError as error:
        raise DamagedEntryError(Phrase("entry_file_damaged", why=error)) from None
    return entry, bodies, wire


def number_of(name: str) -> int:
    """The number in the name of an entry file; 0 for another name."""
    found = ENTRY_NAME.fullmatch(name)
    return int(found[1]) if found else 0


def _free_name(path: Path) -> Path:
    """`path`, or the like of it that nothing has yet."""
    number = 1
    free = path
    while free.exists() or free.is_symlink():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
