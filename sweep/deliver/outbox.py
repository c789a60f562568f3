"""The outbox: signed entries wait here, in order and on disk, until the server's receipt for each has been verified.

Input is bodies to be signed; output is wire bytes handed to a `send` function.  An entry file is deleted only after a
valid receipt, so a crash at any moment loses nothing and numbers nothing twice.  What is damaged, foreign or refused
for good is set aside with the reason, and the rest goes on; what the disk has no room for stays in memory and is tried
again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from sweep.deliver.entry_files import Aside, DamagedEntryError, EntryFiles, Why, open_wire
from sweep.deliver.log_watch import Fetch, LogWatch, LogWentBackError
from sweep.deliver.newest_entry import find_newest
from sweep.deliver.numbering import Newest, Numbering
from sweep.deliver.sending import MOST_FAILURES, Delivery, EntryHeldError, EntryRefusedError
from sweep.entry.dsse import EntryError, SignedEntry, Signer, parse_signed
from sweep.entry.envelope import Body, EntryTime, Envelope, parse_envelope, sign_envelope, to_wire, verify_receipt
from sweep.host.clock import WallClock, read_boot_id
from sweep.host.disk import DISK, Disk, DiskError, disk_trouble
from sweep.phrases import Phrase, phrase_of
from sweep.report import Source, new_id

RESERVE_NAME: Final = "reserve"
RESERVE_BYTES: Final = 12 * 1024 * 1024
"""Room for the largest report: a body of 8 MiB in base64, its crops beside it (derived)."""


def _no_growth(_old: int, _new: int) -> Sequence[bytes]:
    """Nobody to ask for a proof: only a log that stands still is consistent."""
    return ()


class OutboxError(RuntimeError):
    """The outbox cannot be used: locked, or on a disk that is full or fails.  One line that says what to do."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """An entry that the disk had no room for: in memory only."""

    name: str
    kind: str
    entry: SignedEntry
    wire: bytes
    reason: Phrase | None
    """Why; None while it was not tried."""
    when_safe: Callable[[], None]
    """Called once it is on a disk, or with the server."""


class Outbox:
    """Entries of one key in one folder; a context manager that holds the folder's lock."""

    def __init__(
        self,
        folder: Path,
        signer: Signer,
        *,
        tenant: str,
        subject: str,
        spare: Path | None = None,
        reserve_bytes: int = RESERVE_BYTES,
        disk: Disk = DISK,
    ) -> None:
        """`spare`: another folder, best on another disk, for entries that the first has no room for."""
        self._folder = folder
        self._spare = spare
        self._signer = signer
        self._tenant = tenant
        self._subject = subject
        self._reserve_bytes = reserve_bytes
        self._disk = disk
        self._lock: int | None = None
        self._numbering = Numbering(folder, signer.key_id, disk)
        self._newest = Newest(0, None)
        self._unsaved: list[Unsaved] = []
        self._files = EntryFiles(folder, spare, signer, disk)
        self._watch = LogWatch(folder, disk)

    def __enter__(self) -> Self:
        try:
            if os.path.lexists(self._folder) and not self._folder.is_dir():
                raise OutboxError(Phrase("outbox_not_a_folder", folder=self._folder))
            self._disk.make_folder(self._folder)
            self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise OutboxError(disk_trouble(self._folder, error)) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            self._lock = None
            raise OutboxError(Phrase("outbox_in_use", folder=self._folder)) from None
        with contextlib.ExitStack() as unlock:
            unlock.callback(self._unlock)
            for folder in self._files.folders():
                for part in folder.glob("*.part"):
                    with contextlib.suppress(OSError):  # of a write that was cut off: it takes no part in anything
                        self._disk.unlink(part)
            self._newest = find_newest(self._files, self._numbering, self._signer.key_id)
            if self._newest.seq and not self._numbering.covers(self._newest.seq):
                with contextlib.suppress(DiskError):  # tried again before any number could be given twice
                    self._numbering.store(self._newest)
            unlock.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._disk.let_room_go(self._folder / RESERVE_NAME)
        finally:
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def reserve(self) -> None:
        """Keep room on the disk for the report of a sweep that is to begin.  Raises OutboxError when there is none."""
        self.save()
        try:
            if self._numbering.read() is None:
                self._numbering.store(self._newest)  # from now on it can be written on a full disk, too
            self._disk.keep_room(self._folder / RESERVE_NAME, self._reserve_bytes)
        except DiskError as error:
            if self._spare_has_room():
                return
            mib = self._reserve_bytes / 2**20
            raise OutboxError(Phrase("no_space_for_report", why=error, mib=mib)) from None

    def _spare_has_room(self) -> bool:
        if self._spare is None or not self._spare.is_dir():
            return False
        try:
            self._disk.keep_room(self._spare / RESERVE_NAME, self._reserve_bytes)
        except DiskError:
            return False
        self._disk.let_room_go(self._spare / RESERVE_NAME)
        return True

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
        must_save: bool = False,
        entry_id: UUID | None = None,
        when_safe: Callable[[], None] = lambda: None,
    ) -> SignedEntry:
        """Sign the next entry of this key and put it on disk; where that fails it is among `unsaved`, in memory.

        With `must_save` it raises OutboxError instead, and there is no such entry.  `entry_id`: a name chosen before.
        `when_safe` is called once the entry is on a disk, or with the server.
        """
        before = self._newest
        envelope = Envelope(
            v=1,
            kind=kind,
            entry_id=entry_id or new_id(),
            tenant=self._tenant,
            room_id=room_id,
            sweep_id=sweep_id,
            key_id=self._signer.key_id,
            subject=self._subject,
            assurance="device",
            source=source,
            seq=before.seq + 1,
            prev=before.entry_hash,
            refs=refs,
            bodies=tuple(body.ref for body in bodies),
            time=_stamp(clock),
            seen_checkpoint=self._watch.seen,
        )
        signed = sign_envelope(envelope, self._signer)
        made = Unsaved(f"{envelope.seq:012d}.entry", kind, signed, to_wire(signed, bodies), None, when_safe)
        self._disk.let_room_go(self._folder / RESERVE_NAME)  # this is what it was kept for
        left = self._put([*self._unsaved, made])
        if must_save and left and left[-1].entry is signed:
            self._unsaved = left[:-1]
            raise OutboxError(Phrase("sweep_not_begun", why=left[-1].reason))
        self._newest = Newest(envelope.seq, signed.entry_hash)
        self._unsaved = left
        return signed

    @property
    def unsaved(self) -> tuple[Unsaved, ...]:
        """Entries that are in memory only, each with what is wrong with the disk."""
        return tuple(self._unsaved)

    def save(self) -> bool:
        """Try once more to put on disk what is in memory only; True when nothing is any more."""
        self._unsaved = self._put(self._unsaved)
        return not self._unsaved

    def _put(self, entries: Sequence[Unsaved]) -> list[Unsaved]:
        """Store entries in order; those that could not be, with the reason.  None is stored before an earlier one."""
        for at, one in enumerate(entries):
            try:
                self._store(one)
            except DiskError as error:
                return [replace(e, reason=phrase_of(error)) for e in entries[at:]]
        return []

    def _store(self, one: Unsaved) -> None:
        newest = Newest(parse_envelope(one.entry.payload).seq, one.entry.entry_hash)
        self._files.store(one.name, one.wire)
        with contextlib.suppress(DiskError):  # the file has its number; before it may go, the head is stored
            self._numbering.store(newest)
        one.when_safe()

    def holds(self, entry_id: UUID) -> bool:
        """Whether an entry of that name waits on a disk, or was set aside there."""
        return any(entry_id == known for known in self._files.entry_ids())

    @property
    def waiting(self) -> int:
        """How many entries wait, on disk and in memory."""
        return len(self._files.waiting()) + len(self._unsaved)

    def pending(self) -> Iterator[tuple[Path, bytes]]:
        """Waiting entries that can be read, in the order of their numbers, as (file, wire bytes)."""
        for path in sorted(self._files.waiting(), key=lambda path: path.name):
            try:
                _, _, wire = self._files.open(path)
            except DamagedEntryError:
                continue
            yield path, wire

    def deliver(
        self,
        send: Callable[[bytes], object],
        server_key: bytes,
        *,
        fetch_growth: Fetch = _no_growth,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Delivery:
        """Send every waiting entry in order and delete each after its receipt verified.

        `send` takes wire bytes and returns the receipt (decoded DSSE JSON); it raises EntryRefusedError for a refusal,
        EntryHeldError when this entry is not taken now, and OSError when the server cannot be reached, which ends the
        pass and leaves the rest waiting.  `fetch_growth` fetches the proof that the server's log grew from what was
        seen of it before; where it did not, nothing is deleted and the pass ends.  What is damaged or refused is set
        aside.  An entry whose receipt does not verify stays, and those behind it are tried.  Raises OutboxError when
        the disk fails.
        """
        files = self._files.waiting()
        total = len(files) + len(self._unsaved)
        delivered = refused = damaged = in_a_row = 0
        trouble: Phrase | None = None
        went_back = False
        items: list[Path | Unsaved] = [*files, *self._unsaved]
        for item in items:
            try:
                entry, bodies, wire = self._open(item)
            except DamagedEntryError as error:
                damaged += 1
                self._set_aside(item, "damaged", phrase_of(error))
                continue
            self._cover_head(entry)
            try:
                commitments = tuple(body.commitment for body in bodies)
                receipt = verify_receipt(parse_signed(send(wire)), server_key, entry, commitments)
                self._watch.check(receipt, entry, server_key, fetch_growth)
            except EntryRefusedError as refusal:
                self._set_aside(item, "refused", phrase_of(refusal))
                refused += 1
                continue
            except LogWentBackError as error:
                trouble, went_back = phrase_of(error), True
                break
            except (EntryHeldError, EntryError) as error:
                self._files.failures[item.name] += 1
                is_held = isinstance(error, EntryHeldError)
                why = phrase_of(error) if is_held else Phrase("receipt_does_not_hold", why=error)
                trouble = trouble or Phrase("server_does_not_take", file=item.name, why=why)
                in_a_row += 1
                if in_a_row == MOST_FAILURES:
                    break
                continue
            in_a_row = 0
            self._remove(item)
            delivered += 1
            if on_progress is not None:
                on_progress(delivered, total)
        return Delivery(delivered, refused, total - delivered - refused - damaged, damaged, trouble, went_back)

    @property
    def log_root(self) -> str | None:
        """Key id of the root key of the server's log, as it was seen; None before the first receipt with a proof."""
        return self._watch.root_key_id

    def asides(self) -> tuple[Aside, ...]:
        """Everything that was ever set aside and still lies there."""
        return self._files.asides()

    @property
    def damaged_heads(self) -> tuple[str, ...]:
        """Names of copies of the newest number that were found damaged."""
        return tuple(self._numbering.damaged)

    def _cover_head(self, entry: SignedEntry) -> None:
        """Make sure that deleting `entry` cannot make its number free again."""
        envelope = parse_envelope(entry.payload)
        if envelope.key_id != self._signer.key_id:
            return
        if self._numbering.covers(envelope.seq):
            return
        try:
            self._numbering.store(self._newest)
        except DiskError as error:
            raise OutboxError(Phrase("entry_numbers_not_saved", why=error)) from None

    def _open(self, item: Path | Unsaved) -> tuple[SignedEntry, tuple[Body, ...], bytes]:
        return self._files.open(item) if isinstance(item, Path) else open_wire(item.wire)

    def _set_aside(self, item: Path | Unsaved, why: Why, reason: Phrase) -> None:
        if isinstance(item, Path):
            self._files.set_aside(item, why, reason)
            return
        with contextlib.suppress(OSError, DiskError):  # it stays in memory, is refused again and then kept
            self._files.keep_refused(item.name, item.wire, reason)
            self._unsaved.remove(item)
            item.when_safe()

    def _remove(self, item: Path | Unsaved) -> None:
        if isinstance(item, Path):
            self._files.remove(item)
        else:
            self._unsaved.remove(item)
            item.when_safe()


def _stamp(clock: WallClock) -> EntryTime:
    return EntryTime(
        utc=datetime.now(UTC),
        boot_id=read_boot_id(),
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        synchronised=clock.synchronised,
        max_error_ms=clock.max_error_ms,
    )
