"""What a witness remembers of each log, and whether it signs the next head: C2SP `tlog-witness`, without a network.

Input are the bytes of an `add-checkpoint` request; output is a reply (status, text).  A head is cosigned only when a
trusted key signed it and it grew from the last one that was cosigned here, which is on disk before the answer is given.
So a log that was set back or changed finds no signature, and everybody who asks sees what it was.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sweep.entry import merkle, notes
from sweep.entry.dsse import Signer

MAX_PROOF_LINES = 63  # C2SP tlog-witness
MAX_REQUEST_BYTES = notes.MAX_NOTE_BYTES + 64 * 64
TEXT, SIZE_TEXT = "text/plain; charset=utf-8", "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answers."""

    status: int
    text: str
    media_type: str = TEXT


class Book:
    """The witness's memory: one file for each log, and its own key."""

    def __init__(self, folder: Path, name: str, logs: Iterable[notes.VerifierKey], now_s: Callable[[], float]) -> None:
        """`logs`: keys of the logs that are watched; several of one log while its key changes."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._now_s = folder, now_s
        self._signer = Signer.load_or_create(folder / "witness.key")
        self.key = notes.VerifierKey(name, notes.COSIGNATURE, self._signer.public_key)
        self._logs: dict[str, list[notes.VerifierKey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._lock = threading.Lock()

    @property
    def origins(self) -> tuple[str, ...]:
        """Logs that are watched."""
        return tuple(self._logs)

    def last(self, origin: str) -> str | None:
        """The last head of a log with this witness's line; None before the first."""
        try:
            return self._file(origin).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def add_checkpoint(self, request: bytes) -> Reply:
        """Judge a request to cosign; a head that is refused changes nothing."""
        try:
            old, proof, note = _read(request)
            head = notes.parse_checkpoint(notes.parse_note(note).text)
        except (notes.NoteError, ValueError) as error:
            return Reply(400, f"{error}\n")
        keys = self._logs.get(head.origin)
        if keys is None:
            return Reply(404, "this log is not watched here\n")
        try:
            notes.open_checkpoint(note, keys)
        except notes.NoteError as error:
            return Reply(403, f"{error}\n")
        if old > head.size:
            return Reply(400, "the old size is larger than the new one\n")
        with self._lock:
            return self._judge(head, old, proof)

    def _judge(self, head: notes.Checkpoint, old: int, proof: list[bytes]) -> Reply:
        last = self.last(head.origin)
        before = None if last is None else notes.parse_checkpoint(notes.parse_note(last).text)
        size, root = (0, merkle.EMPTY_ROOT) if before is None else (before.size, before.root)
        if old != size:
            return Reply(409, f"{size}\n", SIZE_TEXT)
        if head.size == size and head.root != root:
            return Reply(409, f"{size}\n", SIZE_TEXT)
        if size and not merkle.is_consistent(size, head.size, root, head.root, proof):
            return Reply(422, "the log did not grow from what was seen of it\n")
        line = notes.cosign(head.text, self.key, self._signer.sign_bytes, int(self._now_s()))
        self._keep(head, f"{head.text}\n{line}")
        return Reply(200, line)

    def _keep(self, head: notes.Checkpoint, note: str) -> None:
        """Put the head on disk before anybody gets a signature for it."""
        path = self._file(head.origin)
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.note"


def _read(request: bytes) -> tuple[int, list[bytes], str]:
    """(old size, proof, note) of a request; ValueError for anything else."""
    if len(request) > MAX_REQUEST_BYTES:
        raise ValueError("the request is too large")
    try:
        head, separator, note = request.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise ValueError("the request is not UTF-8") from None
    first, *lines = head.split("\n")
    found = _OLD.fullmatch(first)
    if found is None or not separator or len(lines) > MAX_PROOF_LINES:
        raise ValueError("a request is `old SIZE`, the lines of a proof, an empty line and a checkpoint")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        raise ValueError("a line of the proof is not base64") from None
    if any(len(hash_) != merkle.HASH_BYTES for hash_ in proof):
        raise ValueError("a line of the proof is no hash")
    return int(found[1]), proof, note


def request_of(old: int, proof: Iterable[bytes], note: str) -> bytes:
    """The bytes of an `add-checkpoint` request."""
    lines = "".join(f"{base64.b64encode(hash_).decode()}\n" for hash_ in proof)
    return f"old {old}\n{lines}\n{note}".encode()
