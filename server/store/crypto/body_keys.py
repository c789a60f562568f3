"""The store of the bodies' keys: one small file beside the data, never in the database nor in its write-ahead log.

Input are slots; output is a seed for each that was not destroyed.  The file holds the nodes of the tree and how many
slots were given out, sealed under the store key, a file of its own.  Nothing is written for a body that is stored:
slots are given out from blocks, and only a new block and a destruction rewrite the file.  `reserve` and `destroy` are
called by the database's only writer, which is what keeps two processes apart; readers notice a replaced file.  A store
that is not there or does not open raises BodyKeysError: none is ever made anew for a database that has bodies.
BODIES.md has the format.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Iterable
from pathlib import Path

from server.store.crypto import key_tree
from server.store.crypto.key_tree import SEED_BYTES, SLOTS, Node, Range
from sweep.entry.crypto import decrypt, encrypt
from sweep.phrases import Phrase

MAGIC = b"ansim-body-keys-v1\n"
STORE_ID_BYTES = 16
NONCE_BYTES = 12
BLOCK = 4096
"""Slots that a process takes at once. Guessed: the file is rewritten once for so many bodies."""
CACHED_DEPTH = 28  # derived: one node for each block of 2^12 slots, so that neighbours share most of the way
CACHED_NODES = 64  # guessed: the blocks that one page or export reads from
OVERWRITTEN_AT_ONCE = 1 << 20  # octets: a file may be larger than what memory is left
TRIES = 5  # a reader that meets a file as it is overwritten finds the new one at its next look


class BodyKeysError(Exception):
    """The keys of the bodies cannot be used; the message is one line."""


class BodyKeys:
    """The keys of one server's bodies."""

    def __init__(self, path: Path, key_path: Path) -> None:
        """`path`: the store; `key_path`: the key that it is sealed under.  Neither is touched yet."""
        self.path, self.key_path = path, key_path
        self._lock = threading.RLock()
        self._seen: tuple[int, ...] | None = None
        self._store_id = b""
        self._nodes: dict[Node, bytes] = {}
        self._reserved = 0
        self._times_destroyed = 0
        self._near: dict[int, tuple[Node, bytes]] = {}
        self._block: Range = (0, 0)
        self._ahead: set[int] = set()
        self.is_due = True
        """Keys of bodies that are gone may still be here, perhaps since before this start."""

    @property
    def exists(self) -> bool:
        """Is there a store?"""
        return self.path.exists()

    @property
    def store_id(self) -> str:
        """Name of the store, 32 hexadecimal digits."""
        with self._lock:
            self._refresh()
            return self._store_id.hex()

    @property
    def times_destroyed(self) -> int:
        """How often keys were destroyed: what was read before the last time may hold what is erased now."""
        with self._lock:
            if not self.exists:
                return 0
            self._refresh()
            return self._times_destroyed

    @property
    def unused(self) -> Range:
        """Slots that this process has taken and not given out yet."""
        return self._block

    @property
    def spoken_for(self) -> list[Range]:
        """Slots of this process that have no body yet and may get one."""
        with self._lock:
            return [self._block, *((slot, slot + 1) for slot in self._ahead)]

    def create(self) -> None:
        """Make a store with a root of its own; BodyKeysError when there is one."""
        with self._lock:
            if self.exists:
                raise BodyKeysError(Phrase("body_keys_already_there", file=self.path))
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _make_key(self.key_path)
            self._store_id = secrets.token_bytes(STORE_ID_BYTES)
            self._nodes = {(0, 0): secrets.token_bytes(SEED_BYTES)}
            self._reserved = self._times_destroyed = 0
            self._save()

    def holds(self, slot: int) -> bool:
        """Can the key of this slot still be derived?"""
        with self._lock:
            self._refresh()
            return key_tree.holder(self._nodes, slot) is not None

    def seed(self, slot: int) -> bytes | None:
        """The seed of a slot, of which its keys are made; None when it was destroyed."""
        with self._lock:
            self._refresh()
            block = slot >> (key_tree.SLOT_BITS - CACHED_DEPTH)
            near = self._near.get(block)
            if near is None:
                node = key_tree.holder(self._nodes, slot)
                if node is None:
                    return None
                if node[0] > CACHED_DEPTH:  # part of the block was destroyed
                    return key_tree.descend(node, self._nodes[node], slot)
                near = (CACHED_DEPTH, block), key_tree.descend(node, self._nodes[node], slot, CACHED_DEPTH)
                if len(self._near) >= CACHED_NODES:
                    self._near.clear()
                self._near[block] = near
            return key_tree.descend(*near, slot)

    def held(self) -> list[Range]:
        """Every slot that can be derived."""
        with self._lock:
            self._refresh()
            return key_tree.ranges_of(self._nodes)

    def take(self, count: int) -> list[int]:
        """New slots, never given out before, whatever becomes of the transaction that asks for them."""
        with self._lock:
            self._refresh()
            taken: list[int] = []
            while len(taken) < count:
                first, end = self._block
                if first >= end or not (self.holds(first) and self.holds(end - 1)):  # another process cleared it away
                    self.reserve()
                    continue
                some = min(count - len(taken), end - first)
                taken += range(first, first + some)
                self._block = (first + some, end)
            return taken

    def take_ahead(self, count: int) -> list[int]:
        """The same outside the write transaction, where no block is taken: none when this one has not so many left."""
        with self._lock:
            first, end = self._block
            if not self.exists or end - first < count or not (self.holds(first) and self.holds(end - 1)):
                return []
            self._block = (first + count, end)
            taken = range(first, first + count)
            self._ahead.update(taken)
            return list(taken)

    def settle(self, slots: Iterable[int]) -> None:
        """These slots were taken ahead; what they were taken for is stored now, or never will be."""
        with self._lock:
            self._ahead.difference_update(slots)

    def reserve(self) -> None:
        """Take the next block of slots for this process; what it had not given out of the last one stays unused."""
        with self._lock:
            self._load()
            if self._reserved + BLOCK > SLOTS:
                raise BodyKeysError(Phrase("key_tree_full"))
            self._block = (self._reserved, self._reserved + BLOCK)
            self._reserved += BLOCK
            self._save()

    def destroy(self, ranges: Iterable[Range]) -> None:
        """Make the keys of these slots underivable for ever; when this returns the file is replaced on disk."""
        gone = key_tree.merged(ranges)
        if not gone:
            return
        with self._lock:
            self._load()
            self._nodes = key_tree.destroyed(self._nodes, gone)
            self._times_destroyed += 1
            self._save()

    def destroy_what_is_not_in(self, other: BodyKeys) -> None:
        """Keep only what another copy of this store holds too: what was erased in either stays erased."""
        with self._lock, other._lock:
            self._load()
            other._load()
            if self._store_id != other._store_id:
                raise BodyKeysError(Phrase("body_keys_of_another_database", key_file=other.path, file=self.path))
            self._nodes = key_tree.common(self._nodes, other._nodes)
            self._reserved = max(self._reserved, other._reserved)
            self._times_destroyed = max(self._times_destroyed, other._times_destroyed) + 1
            self._save()

    def read_files(self) -> tuple[bytes, bytes]:
        """(store, store key) as they are on disk, of which the second opens the first."""
        with self._lock:
            self._load()
            return self.path.read_bytes(), self.key_path.read_bytes()

    def _refresh(self) -> None:
        try:
            seen = _mark(self.path)
        except FileNotFoundError:
            raise BodyKeysError(Phrase("body_keys_missing", file=self.path)) from None
        if seen != self._seen:
            self._load()

    def _load(self) -> None:
        for number in range(TRIES):
            try:
                seen = _mark(self.path)
                self._read(self.path.read_bytes(), self.key_path.read_bytes())
                self._seen = seen
                return
            except ValueError:
                if number == TRIES - 1:
                    raise BodyKeysError(
                        Phrase("body_keys_do_not_open", file=self.path, key_file=self.key_path)
                    ) from None
            except FileNotFoundError as error:
                raise BodyKeysError(Phrase("body_keys_secret_missing", file=error.filename)) from None

    def _read(self, data: bytes, key: bytes) -> None:
        """Take the store over from its file; raises ValueError."""
        head = data[: len(MAGIC) + STORE_ID_BYTES]
        if not head.startswith(MAGIC):
            raise ValueError(Phrase("not_a_key_store"))
        nonce, sealed = data[len(head) : len(head) + NONCE_BYTES], data[len(head) + NONCE_BYTES :]
        plain = decrypt(key, nonce, sealed, head)
        self._nodes = key_tree.decode(plain[16:])
        self._store_id = head[len(MAGIC) :]
        self._reserved, self._times_destroyed = int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:16], "big")
        self._near.clear()

    def _save(self) -> None:
        head = MAGIC + self._store_id
        plain = self._reserved.to_bytes(8, "big") + self._times_destroyed.to_bytes(8, "big")
        plain += key_tree.encode(self._nodes)
        nonce = secrets.token_bytes(NONCE_BYTES)
        key = self.key_path.read_bytes()
        replace_file(self.path, head + nonce + encrypt(key, nonce, plain, head))
        self._near.clear()
        self._seen = _mark(self.path)


def replace_file(path: Path, data: bytes) -> None:
    """Put a file that only its owner reads in the place of another, on disk, and overwrite what stood there."""
    part, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    _finish_overwriting(path, old)
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        os.link(path, old)
    part.replace(path)
    _sync_folder(path.parent)
    _finish_overwriting(path, old)


def overwrite_and_unlink(path: Path) -> None:
    """Overwrite a file in its place, as far as the disk does so, and remove it, if it is there."""
    try:
        with path.open("r+b") as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(bytes(min(left, OVERWRITTEN_AT_ONCE)))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def _finish_overwriting(path: Path, old: Path) -> None:
    """Overwrite what stood there before the last change, also when a crash left it; never what stands there now."""
    if not old.exists():
        return
    if path.exists() and old.samefile(path):  # the crash came before the new file took its place
        old.unlink()
    else:
        overwrite_and_unlink(old)
    _sync_folder(old.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mark(path: Path) -> tuple[int, ...]:
    """What changes when a file is replaced."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


def _make_key(path: Path) -> None:
    """Make the store key, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)
