"""The outbox: signed entries wait here, in order and on disk, until the server's receipt for each has been verified.

Input is bodies to be signed; output is wire bytes handed to a `send` function.  An entry file is deleted only after a
valid receipt, so a crash at any moment loses nothing and numbers nothing twice.  What the server refuses for good is
set aside with the reason, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from sweep.entry import (
    Body,
    EntryError,
    EntryTime,
    Envelope,
    SignedEntry,
    Signer,
    from_wire,
    parse_envelope,
    parse_signed,
    sign_envelope,
    to_wire,
    verify_receipt,
)
from sweep.report import Source, new_id

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
HEAD_NAME = "head.json"


class OutboxError(RuntimeError):
    """The outbox cannot be used: locked, damaged or on a full disk.  One line that says what to do."""


class EntryRefusedError(RuntimeError):
    """Raised by a `send` function when the server refuses an entry for good (malformed or in conflict)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one pass over the outbox did."""

    delivered: int
    refused: int
    pending: int


@dataclass(frozen=True, slots=True)
class WallClock:
    """Quality of the clock that stamps entries."""

    synchronised: bool
    max_error_ms: int | None


class Outbox:
    """Entries of one key in one folder; a context manager that holds the folder's lock."""

    def __init__(self, folder: Path, signer: Signer, *, tenant: str, subject: str) -> None:
        self._folder = folder
        self._signer = signer
        self._tenant = tenant
        self._subject = subject
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise OutboxError(f"another sweep process uses the outbox {self._folder}; end it first") from None
        with contextlib.ExitStack() as unlock:
            unlock.callback(self._unlock)
            for part in self._folder.glob("*.part"):
                part.unlink()
            unlock.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def append(
        self,
        kind: str,
        bodies: tuple[Body, ...],
        *,
        source: Source,
        room_id: UUID | None,
        sweep_id: UUID | None,
        clock: WallClock,
        refs: tuple[UUID, ...] = (),
    ) -> SignedEntry:
        """Sign the next entry of this key and put it on disk; raises OutboxError when the disk is full."""
        seq, prev = self._head()
        envelope = Envelope(
            v=1,
            kind=kind,
            entry_id=new_id(),
            tenant=self._tenant,
            room_id=room_id,
            sweep_id=sweep_id,
            key_id=self._signer.key_id,
            subject=self._subject,
            assurance="device",
            source=source,
            seq=seq + 1,
            prev=prev,
            refs=refs,
            bodies=tuple(body.ref for body in bodies),
            time=_stamp(clock),
            seen_checkpoint=None,
        )
        signed = sign_envelope(envelope, self._signer)
        self._store(f"{seq + 1:012d}.entry", to_wire(signed, bodies))
        self._store_head(seq + 1, signed.entry_hash)
        return signed

    def pending(self) -> Iterator[tuple[Path, bytes]]:
        """Waiting entries in the order of their numbers, as (file, wire bytes)."""
        for path in sorted(self._folder.glob("*.entry")):
            yield path, path.read_bytes()

    def deliver(
        self,
        send: Callable[[bytes], object],
        server_key: bytes,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Delivery:
        """Send every waiting entry in order and delete each after its receipt verified.

        `send` takes wire bytes and returns the receipt (decoded DSSE JSON); it raises EntryRefusedError for a refusal
        and OSError when the server cannot be reached, which ends the pass and leaves the rest waiting.  Raises
        EntryError when a receipt does not verify: the entry stays.
        """
        waiting = [path for path, _ in self.pending()]
        delivered = refused = 0
        for path in waiting:
            wire = path.read_bytes()
            entry, bodies = from_wire(wire)
            self._cover_head(entry)
            try:
                receipt = parse_signed(send(wire))
            except EntryRefusedError as refusal:
                self._set_aside(path, str(refusal))
                refused += 1
                continue
            verify_receipt(receipt, server_key, entry, tuple(body.commitment for body in bodies))
            path.unlink()
            _sync_folder(self._folder)
            delivered += 1
            if on_progress is not None:
                on_progress(delivered, len(waiting))
        return Delivery(delivered, refused, len(waiting) - delivered - refused)

    def _head(self) -> tuple[int, str | None]:
        """(number, hash) of this key's newest entry: the later of the stored head and the last waiting file."""
        seq, entry_hash = self._stored_head()
        files = sorted(self._folder.glob("*.entry"))
        if files:
            last, _ = self._read(files[-1])
            newest = parse_envelope(last.payload)
            if newest.seq > seq:
                return newest.seq, last.entry_hash
        return seq, entry_hash

    def _cover_head(self, entry: SignedEntry) -> None:
        """Make sure that deleting `entry` cannot make its number free again."""
        seq = parse_envelope(entry.payload).seq
        if seq > self._stored_head()[0]:
            self._store_head(seq, entry.entry_hash)

    def _read(self, path: Path) -> tuple[SignedEntry, tuple[Body, ...]]:
        try:
            return from_wire(path.read_bytes())
        except EntryError as error:
            raise OutboxError(f"{path} is damaged ({error}); keep the file and ask for help") from None

    def _stored_head(self) -> tuple[int, str | None]:
        try:
            head = json.loads((self._folder / HEAD_NAME).read_text())
            return int(head["seq"]), str(head["entry_hash"])
        except FileNotFoundError:
            return 0, None
        except (ValueError, KeyError, TypeError):
            raise OutboxError(f"{self._folder / HEAD_NAME} is damaged; keep the folder and ask for help") from None

    def _store_head(self, seq: int, entry_hash: str) -> None:
        self._store(HEAD_NAME, json.dumps({"seq": seq, "entry_hash": entry_hash}).encode())

    def _store(self, name: str, data: bytes) -> None:
        path = self._folder / name
        part = path.with_name(f"{name}.part")
        try:
            _write_durably(part, data)
            part.rename(path)
            _sync_folder(self._folder)
        except OSError as error:
            part.unlink(missing_ok=True)
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise OutboxError(f"the disk of {self._folder} is full: free some space, nothing was lost") from None
            raise

    def _set_aside(self, path: Path, reason: str) -> None:
        refused = self._folder / "refused"
        refused.mkdir(exist_ok=True)
        (refused / f"{path.stem}.reason").write_text(reason + "\n", encoding="utf-8")
        path.rename(refused / path.name)
        _sync_folder(refused)
        _sync_folder(self._folder)


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamp(clock: WallClock) -> EntryTime:
    return EntryTime(
        utc=datetime.now(UTC),
        boot_id=UUID(BOOT_ID_FILE.read_text().strip()),
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        synchronised=clock.synchronised,
        max_error_ms=clock.max_error_ms,
    )
