"""A memory card whose power is cut: any moment of what was done to a folder is played again.

`Card` applies steps in order and keeps apart what a sync has put on the disk; `Card.lay_out` writes what may lie there
after a cut: of what was not synced nothing, a part that any journalling file system may leave (names in order, blocks
in any), or the least that POSIX promises (each name and each block of 4096 by itself).  No real file system does all of
it; what survives here survives on ext4, xfs, btrfs and f2fs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.disk_calls import Step

BLOCK: Final = 4_096
LOSSES: Final = ("all", "tail", "any")
"""What becomes of what was not synced: nothing of it is there; names up to some moment and any block; any name and any
block."""


@dataclass(eq=False)
class File:
    """A file, whatever its names."""

    now: bytearray = field(default_factory=bytearray)
    on_disk: bytes = b""
    unsynced: list[tuple[int, bytes] | int] = field(default_factory=list)
    """Writes at their offset, and sizes, since the last sync."""
    syncing: int = 0
    """How many of those the sync that goes on reaches."""

    def apply(self, step: Step) -> None:
        """A write, another size, or the beginning of a sync."""
        if step.what == "write":
            _write(self.now, step.data, step.offset)
            self.unsynced.append((step.offset, step.data))
        elif step.what == "size":
            _resize(self.now, step.offset)
            self.unsynced.append(step.offset)
        else:
            self.syncing = len(self.unsynced)


@dataclass(eq=False)
class Folder:
    """A folder: what each name in it stands for."""

    now: dict[str, File | Folder] = field(default_factory=dict)


@dataclass(eq=False)
class Naming:
    """Names that change together: in which folder, to what; None: gone."""

    names: tuple[tuple[Folder, str, File | Folder | None], ...]
    waits_for: set[int]
    """Folders that were not synced since, by id."""


class Card:
    """The folder, as its processes see it and as the disk holds it."""

    def __init__(self) -> None:
        self.root = Folder()
        self._unsynced: list[Naming] = []
        self._on_disk: dict[int, dict[str, File | Folder]] = {}
        self._committed = 0
        """How many of the namings a journal's commit has reached: any sync commits all before it."""
        self.witnessed: list[bytes] = []

    def apply(self, step: Step) -> None:
        """What a call does."""
        match step.what:
            case "witness":
                self.witnessed.append(step.data)
            case "make":
                folder, name = self._place(step.path)
                if name not in folder.now:
                    self._change((folder, name, File()))
            case "folder":
                folder, name = self._place(step.path)
                self._change((folder, name, Folder()))
            case "write" | "size" | "begin_sync":
                file = self._file(step.path)
                if file is not None:
                    file.apply(step)
            case "sync":
                self._sync(step.path)
            case "move" | "name":
                folder, name = self._place(step.path)
                there, called = self._place(step.target)
                was = ((folder, name, None),) if step.what == "move" else ()
                self._change(*was, (there, called, folder.now[name]))
            case "remove":
                folder, name = self._place(step.path)
                if name in folder.now:
                    self._change((folder, name, None))

    def _place(self, path: str) -> tuple[Folder, str]:
        *parents, name = path.split("/")
        folder = self.root
        for parent in parents:
            found = folder.now[parent]
            assert isinstance(found, Folder)
            folder = found
        return folder, name

    def _file(self, path: str) -> File | None:
        """The file of that name; None for a folder, and for one that has no name any more."""
        folder, name = self._place(path)
        found = folder.now.get(name)
        return found if isinstance(found, File) else None

    def _change(self, *names: tuple[Folder, str, File | Folder | None]) -> None:
        for folder, name, what in names:
            if what is None:
                folder.now.pop(name, None)
            else:
                folder.now[name] = what
        self._unsynced.append(Naming(names, {id(folder) for folder, _, _ in names}))

    def _sync(self, path: str) -> None:
        file = self._file(path) if path else None
        if file is not None:
            done, file.unsynced = file.unsynced[: file.syncing], file.unsynced[file.syncing :]
            file.syncing = 0
            held = bytearray(file.on_disk)
            for one in done:
                _resize(held, one) if isinstance(one, int) else _write(held, one[1], one[0])
            file.on_disk = bytes(held)
        else:
            folder = self.root
            for part in path.split("/") if path else ():
                found = folder.now.get(part)
                if not isinstance(found, Folder):
                    return
                folder = found
            for naming in self._unsynced:
                naming.waits_for.discard(id(folder))
        self._committed = len(self._unsynced)
        while self._unsynced and not self._unsynced[0].waits_for:
            self._name(self._unsynced.pop(0), self._on_disk)
            self._committed -= 1

    @staticmethod
    def _name(naming: Naming, held: dict[int, dict[str, File | Folder]]) -> None:
        for folder, name, what in naming.names:
            entries = held.setdefault(id(folder), {})
            if what is None:
                entries.pop(name, None)
            else:
                entries[name] = what

    def read(self, path: str) -> bytes | None:
        """What the processes see in a file; None where none is."""
        folder, name = self._place(path)
        found = folder.now.get(name)
        return bytes(found.now) if isinstance(found, File) else None

    def lay_out(self, target: Path, loss: str, rng: random.Random) -> None:
        """Write what lies on the disk after a cut now; `loss` says what becomes of what was not synced."""
        held = {key: dict(names) for key, names in self._on_disk.items()}
        upto = rng.randint(self._committed, len(self._unsynced)) if loss == "tail" else 0
        for number, naming in enumerate(self._unsynced):
            survives = not naming.waits_for or (loss == "any" and rng.random() < 0.5)
            if number < upto if loss == "tail" else survives:
                self._name(naming, held)
        self._lay(self.root, target, held, loss, rng)

    def _lay(
        self, folder: Folder, target: Path, held: dict[int, dict[str, File | Folder]], loss: str, rng: random.Random
    ) -> None:
        target.mkdir(mode=0o700)
        for name, what in held.get(id(folder), {}).items():
            if isinstance(what, Folder):
                self._lay(what, target / name, held, loss, rng)
            else:
                (target / name).write_bytes(_after_cut(what, loss, rng))
                (target / name).chmod(0o600)


def _after_cut(file: File, loss: str, rng: random.Random) -> bytes:
    """What a file may hold: each block that was not synced is there or not."""
    held = bytearray(file.on_disk)
    if loss == "all":
        return bytes(held)
    for one in file.unsynced:
        if isinstance(one, int):
            if rng.random() < 0.5:
                _resize(held, one)
            continue
        offset, data = one
        at = 0
        while at < len(data):
            step = min(len(data) - at, BLOCK - (offset + at) % BLOCK)
            if rng.random() < 0.5:
                _write(held, data[at : at + step], offset + at)
            at += step
    return bytes(held)


def _write(held: bytearray, data: bytes, offset: int) -> None:
    _resize(held, max(len(held), offset + len(data)))
    held[offset : offset + len(data)] = data


def _resize(held: bytearray, size: int) -> None:
    if size < len(held):
        del held[size:]
    else:
        held.extend(bytes(size - len(held)))
