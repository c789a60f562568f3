"""The number and hash of a key's newest entry, kept in two copies that prove themselves whole.

Input and output is a `Newest`.  A copy that is damaged is made good from the other; where none is whole, numbers go on
far beyond any that was given, so that the hole shows at the server and no number is given twice.  It signs nothing and
reads no entries.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sweep.host.disk import DISK, Disk, DiskError, read_file

HEAD_NAME: Final = "head.json"
COPY_NAME: Final = "head.copy.json"
HEAD_BYTES: Final = 512
"""Both copies always have this size: on a full disk they can still be written, in their own place."""
MAX_SEQ: Final = 2**53 - 2
LEAST_JUMP: Final = 1_000
"""Numbers left out where nobody knows the last one, at least: guessed, more than any outbox held."""
JUMP_EPOCH: Final = datetime(2025, 1, 1, tzinfo=UTC)
HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest entry of a key: its number, and its hash where that is known."""

    seq: int
    entry_hash: str | None


class Numbering:
    """The two copies in one folder."""

    def __init__(self, folder: Path, key_id: str, disk: Disk = DISK) -> None:
        self._disk = disk
        self._files = (folder / HEAD_NAME, folder / COPY_NAME)
        self._key_id = key_id
        self.damaged: list[str] = []
        """Names of the copies that were found damaged."""

    def read(self) -> Newest | None:
        """The later of the copies that are whole; None when there is none."""
        found = [newest for newest in map(self._read, self._files) if newest is not None]
        return max(found, key=lambda newest: newest.seq, default=None)

    def covers(self, seq: int) -> bool:
        """Whether every copy is whole and knows of `seq`: one alone may be damaged before anybody looks again."""
        found = [self._read(path) for path in self._files]
        return all(newest is not None and newest.seq >= seq for newest in found)

    def _read(self, path: Path) -> Newest | None:
        try:
            data = read_file(path, 16 * HEAD_BYTES)
        except FileNotFoundError:
            return None
        except OSError:  # a folder or a pipe in its place, or a bad block: damaged as its content may be
            data = b""
        found = _parse(data)
        if found is None:
            if path.name not in self.damaged:
                self.damaged.append(path.name)
            return None
        newest, key_id = found
        return newest if key_id in {None, self._key_id} else None  # a new key numbers from one

    def store(self, newest: Newest) -> None:
        """Put it on the disk, twice.  Raises DiskError when not even one copy could be written."""
        data = _format(newest, self._key_id)
        troubles: list[DiskError] = []
        for path in reversed(self._files):
            try:
                self._write(path, data)
            except DiskError as error:
                troubles.append(error)
        if len(troubles) == len(self._files):
            raise troubles[0]

    def _write(self, path: Path, data: bytes) -> None:
        try:
            self._disk.write_whole(path, data)
        except DiskError as error:
            if not error.is_full:
                raise
            self._disk.overwrite(path, data)


def jump_from(seq: int, now: datetime) -> int:
    """A number beyond all that may have been given, where `seq` is the last that is known of."""
    milliseconds = int((now - JUMP_EPOCH).total_seconds() * 1e3)  # grows faster than any probe can number
    return min(MAX_SEQ, max(seq + LEAST_JUMP, milliseconds))


def _format(newest: Newest, key_id: str) -> bytes:
    table = {"seq": newest.seq, "entry_hash": newest.entry_hash, "key_id": key_id, "check": _check(newest, key_id)}
    return json.dumps(table).encode().ljust(HEAD_BYTES - 1) + b"\n"


def _check(newest: Newest, key_id: str) -> str:
    return hashlib.sha256(f"{newest.seq} {newest.entry_hash} {key_id}".encode()).hexdigest()[:16]


def _parse(data: bytes) -> tuple[Newest, str | None] | None:
    """What `_format` wrote and for which key; an older probe named none.  None for anything else."""
    try:
        table = json.loads(data)
    except (ValueError, RecursionError):
        return None
    match table:
        case {"seq": int(seq), "entry_hash": str() | None as entry_hash, **rest} if type(seq) is int:
            newest = Newest(seq, entry_hash)
        case _:
            return None
    if not 0 <= seq <= MAX_SEQ or (entry_hash is not None and HASH.fullmatch(entry_hash) is None):
        return None
    if not rest:
        return newest, None
    key_id = rest.get("key_id")
    if not isinstance(key_id, str) or rest != {"key_id": key_id, "check": _check(newest, key_id)}:
        return None
    return newest, key_id
