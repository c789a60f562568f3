"""What a witness remembers of each log, and whether it signs the next head: C2SP `tlog-witness`, without a network.

Input are the bytes of an `add-checkpoint` request; output is a reply (status, text).  A head is cosigned only when a
trusted key signed it and it grew from the last one that was cosigned here, which is on disk before the answer is given.
So a log that was set back or changed finds no signature, and everybody who asks sees what it was.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server.witness.folder import Folder, MemoryLostError
from server.witness.forks import Decision, Fork, Forks, Why
from server.witness.succession import Succession, SuccessionError, check_places, digest_of, hashes_of, read_told
from sweep.entry import merkle, notes
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase

MAX_PROOF_LINES = 63  # C2SP tlog-witness
MAX_REQUEST_BYTES = notes.MAX_NOTE_BYTES + 64 * 64
KEY_FILE = "witness.key"
NOT_WATCHED = "this log is not watched here\n"
TEXT, SIZE_TEXT = "text/plain; charset=utf-8", "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answers."""

    status: int
    text: str
    media_type: str = TEXT


class ResolveError(ValueError):
    """Two persons cannot go on like this; the message is one line."""


class WitnessState:
    """The witness's memory: of each log its last head, what its root key said, and its forks; and the own key."""

    def __init__(self, folder: Path, name: str, logs: Iterable[notes.VerifierKey], now_s: Callable[[], float]) -> None:
        """`logs`: keys of the logs that are watched; several of one log while its key changes.

        MemoryLostError when something of what it remembers is lost or damaged.
        """
        self._folder, self._now_s = Folder(folder), now_s
        if not (folder / KEY_FILE).exists() and self._folder.names(".note"):
            raise MemoryLostError(Phrase("witness_memory_missing", file=folder / KEY_FILE))
        self._signer = Signer.load_or_create(folder / KEY_FILE)
        self.key = notes.VerifierKey(name, notes.COSIGNATURE, self._signer.public_key)
        self._logs: dict[str, list[notes.VerifierKey]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._followed: dict[str, tuple[str, Succession]] = {}
        self.forks = Forks(self._folder)
        self.forks.all()
        for origin in self._logs:
            self._remembered(origin)
            self._succession(origin)

    @property
    def origins(self) -> tuple[str, ...]:
        """Logs that are watched."""
        return tuple(self._logs)

    def last(self, origin: str) -> str | None:
        """The last head of a log with the lines of its key and this witness; None before the first."""
        return self._folder.read(_file(origin, ".note"))

    def add_checkpoint(self, request: bytes) -> Reply:
        """Judge a request to cosign; of a head that is refused only a fork is kept."""
        try:
            old, proof, note = _read(request)
            head = notes.parse_checkpoint(notes.parse_note(note).text)
        except (notes.NoteError, ValueError) as error:
            return Reply(400, f"{error}\n")
        if head.origin not in self._logs:
            return Reply(404, NOT_WATCHED)
        with self._folder.alone():  # the keys, too: one may be revoked just now
            try:
                line = _line_of(note, self._keys(head.origin, head.size))
            except notes.NoteError as error:
                return Reply(403, f"{error}\n")
            if old > head.size:
                return Reply(400, "the old size is larger than the new one\n")
            return self._judge(head, line, old, proof)

    def known_keys(self, origin: str) -> Reply:
        """How much of the root key's entries is known: their number, their digest, and how many forks are undecided."""
        if origin not in self._logs:
            return Reply(404, NOT_WATCHED)
        known = self._succession(origin)
        if known is None:
            return Reply(404, "the origin of this log names no root key\n")
        return Reply(200, self._state(known))

    def add_keys(self, request: bytes) -> Reply:
        """Take in what the root key of a log said; what is known already is never taken back."""
        try:
            told = read_told(request)
            head = notes.parse_checkpoint(notes.parse_note(told.note).text)
            hashes = hashes_of(told.lines)
        except (notes.NoteError, ValueError) as error:
            return Reply(400, f"{error}\n")
        watched = self._logs.get(head.origin, [])
        if not watched:
            return Reply(404, NOT_WATCHED)
        with self._folder.alone():
            known = self._succession(head.origin)
            if known is None:
                return Reply(404, "the origin of this log names no root key\n")
            if told.first > len(known.lines):
                return Reply(409, self._state(known))
            both = known.entry_hashes[told.first :]
            is_other = any(one != other for one, other in zip(both, hashes, strict=False))
            start = known.lines[: told.first] if is_other else known.lines
            try:
                check_places(told, head)
                after = Succession.of(head.origin, [*start, *(told.lines if is_other else told.lines[len(both) :])])
                signing = after.keys(watched, head.size) + [one for one in watched if not after.is_revoked(one)]
                notes.open_checkpoint(told.note, signing)
            except SuccessionError as error:
                return Reply(422, f"{error}\n")
            except notes.NoteError as error:
                return Reply(403, f"{error}\n")
            if is_other:  # the root key signed two different entries for one place of its chain
                before, others = (b"\n".join(one.lines).decode() for one in (known, after))
                self.forks.keep(head.origin, "keys", before, others, int(self._now_s()))
                return Reply(422, "the root key's entries are not those that were told before\n")
            if len(after.lines) > len(known.lines):
                self._folder.write(_file(head.origin, ".keys"), "".join(f"{line.decode()}\n" for line in after.lines))
            return Reply(200, self._state(after))

    def resolve(self, fork_id: str, head_note: str | None, persons: Sequence[str], reason: str) -> Fork:
        """Go on as two persons decided; ResolveError when they cannot.

        `fork_id`: of an undecided fork, or the origin of a log where the witness kept none.  `head_note`: the head of
        the true log, signed by a key that its root key admitted and did not revoke; None: what is remembered is true.
        A fork of `keys` is left by forgetting what was told of keys: the log's server tells it anew.
        """
        with self._folder.alone():
            open_ones = [fork for origin in self._logs for fork in self.forks.undecided(origin)]
            fork = next((one for one in open_ones if one.fork_id == fork_id), None)
            origin = fork.origin if fork is not None else fork_id
            if origin not in self._logs:
                raise ResolveError(Phrase("fork_or_log_unknown", fork_id=fork_id))
            remembered, now_s = self.last(origin), int(self._now_s())
            if fork is not None and fork.why == "keys":
                self._folder.write(_file(origin, ".keys"), "")
                return self.forks.decide(fork, Decision("", tuple(persons), reason, now_s))
            if head_note is None:
                if fork is None or remembered is None:
                    raise ResolveError(Phrase("log_not_remembered"))
                return self.forks.decide(fork, Decision(remembered, tuple(persons), reason, now_s))
            known = self._succession(origin)
            if known is not None and not known.lines:
                raise ResolveError(Phrase("root_key_entries_missing"))
            try:
                head = notes.parse_checkpoint(notes.parse_note(head_note).text)
                if head.origin != origin:
                    raise ResolveError(Phrase("head_of_another_log", origin=head.origin))
                true = f"{head.text}\n{_line_of(head_note, self._keys(origin, head.size))}"
            except notes.NoteError as error:
                raise ResolveError(Phrase("head_invalid", why=error)) from None
            if fork is None:
                fork = self.forks.made(origin, remembered or "", true, now_s)
            decided = self.forks.decide(fork, Decision(true, tuple(persons), reason, now_s))  # before anything goes on
            self._folder.write(_file(origin, ".note"), true)
            return decided

    def _judge(self, head: notes.Checkpoint, line: str, old: int, proof: list[bytes]) -> Reply:
        before = self._remembered(head.origin)
        size, root = (0, merkle.EMPTY_ROOT) if before is None else (before.size, before.root)
        if head.size == size and head.root != root:
            self._keep_fork(head, line, "same_size")
        if old != size or (head.size == size and head.root != root):
            return Reply(409, f"{size}\n", SIZE_TEXT)
        if size and not merkle.is_consistent(size, head.size, root, head.root, proof):
            if len(proof) == len(merkle.consistency_path(size, head.size)):  # else it was none, and says nothing
                self._keep_fork(head, line, "not_grown")
            return Reply(422, "the log did not grow from what was seen of it\n")
        own = notes.cosign(head.text, self.key, self._signer.sign_bytes, int(self._now_s()))
        self._folder.write(_file(head.origin, ".note"), f"{head.text}\n{line}{own}")  # before anybody gets the line
        return Reply(200, own)

    def _keep_fork(self, head: notes.Checkpoint, line: str, why: Why) -> None:
        self.forks.keep(head.origin, why, self.last(head.origin) or "", f"{head.text}\n{line}", int(self._now_s()))

    def _remembered(self, origin: str) -> notes.Checkpoint | None:
        """The head from which a log has to grow; MemoryLostError when it cannot be read."""
        text = self.last(origin)
        try:
            found = None if text is None else notes.parse_checkpoint(notes.parse_note(text).text)
        except notes.NoteError:
            found = None
        if text is not None and (found is None or found.origin != origin):
            raise MemoryLostError(Phrase("witness_memory_damaged", file=self._folder.path / _file(origin, ".note")))
        return found

    def _keys(self, origin: str, size: int) -> list[notes.VerifierKey]:
        """Keys that may sign a head of this size: as the root key says, or those watched while it has said nothing."""
        known = self._succession(origin)
        return self._logs[origin] if known is None or not known.lines else known.keys(self._logs[origin], size)

    def _succession(self, origin: str) -> Succession | None:
        """What the root key said; None for a log whose origin names none.  MemoryLostError when it cannot be read."""
        text = self._folder.read(_file(origin, ".keys")) or ""
        cached = self._followed.get(origin)
        if cached is not None and cached[0] == text:
            return cached[1]
        try:
            found = Succession.of(origin, text.encode().splitlines())
        except SuccessionError:
            if text:
                raise MemoryLostError(
                    Phrase("witness_memory_damaged", file=self._folder.path / _file(origin, ".keys"))
                ) from None
            return None
        self._followed[origin] = (text, found)
        return found

    def _state(self, known: Succession) -> str:
        forks = len(self.forks.undecided(known.origin))
        return f"{len(known.lines)}\n{digest_of(known.entry_hashes)}\n{forks}\n"


def _file(origin: str, suffix: str) -> str:
    return f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}{suffix}"


def _line_of(note: str, keys: Iterable[notes.VerifierKey]) -> str:
    """The line of the note by one of these keys; NoteError when there is none, or it does not hold."""
    read = notes.parse_note(note)
    for key in keys:
        if notes.is_signed_by(read, key):
            rows = note.rpartition("\n\n")[2][:-1].split("\n")
            own = (key.name, key.key_hash)
            held = next(row for row, line in zip(rows, read.lines, strict=True) if (line.name, line.key_hash) == own)
            return f"{held}\n"
    raise notes.NoteError(Phrase("checkpoint_not_signed_by_log"))


def _read(request: bytes) -> tuple[int, list[bytes], str]:
    """(old size, proof, note) of a request; ValueError for anything else."""
    if len(request) > MAX_REQUEST_BYTES:
        raise ValueError(Phrase("witness_request_too_large"))
    try:
        head, separator, note = request.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise ValueError(Phrase("witness_request_not_utf8")) from None
    first, *lines = head.split("\n")
    found = _OLD.fullmatch(first)
    if found is None or not separator or len(lines) > MAX_PROOF_LINES:
        raise ValueError(Phrase("witness_request_form"))
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        raise ValueError(Phrase("proof_line_not_base64")) from None
    if any(len(hash_) != merkle.HASH_BYTES for hash_ in proof):
        raise ValueError(Phrase("proof_line_not_a_hash"))
    return int(found[1]), proof, note


def request_of(old: int, proof: Iterable[bytes], note: str) -> bytes:
    """The bytes of an `add-checkpoint` request."""
    lines = "".join(f"{base64.b64encode(hash_).decode()}\n" for hash_ in proof)
    return f"old {old}\n{lines}\n{note}".encode()
