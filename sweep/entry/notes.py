"""Signed notes, checkpoints and cosignatures: what the C2SP documents of that name lay down.

Input are texts and Ed25519 keys; output are notes as text, or what a note holds once a signature of it was verified.
Only the standard library and `cryptography`: server, probe, witness and verifier share it.  A note that is malformed
raises NoteError; lines by keys that the reader does not know are skipped, as the documents demand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sweep.entry.crypto import is_signature
from sweep.phrases import Phrase

Kind = Literal[1, 4]
ED25519: Final = 1
COSIGNATURE: Final = 4
"""Signature types of C2SP `signed-note`."""
COSIGNATURE_BYTES: Final = 72
"""Time and signature of a witness."""
MAX_NOTE_BYTES = 16 * 1024  # derived: a checkpoint and a hundred witnesses
MAX_LINES = 100  # of signatures, as Go's note package has it
MAX_SIZE = 2**53 - 1
DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


class NoteError(ValueError):
    """A note, checkpoint or verifier key that does not hold; the message is one line."""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """One signature line of a note, not verified."""

    name: str
    key_hash: bytes
    """4 octets."""
    blob: bytes
    """What follows them."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it was read."""

    text: str
    """What is signed, with its last newline."""
    lines: tuple[NoteLine, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head."""

    origin: str
    size: int
    root: bytes
    """32 octets."""
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key as notes know it."""

    name: str
    kind: Kind
    public_key: bytes
    """32 octets."""

    @property
    def key_hash(self) -> bytes:
        """First 4 octets of SHA-256 over name, newline, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def __str__(self) -> str:
        """`name+hash+key`, as operators hand it on."""
        key = base64.b64encode(bytes([self.kind]) + self.public_key).decode()
        return f"{self.name}+{self.key_hash.hex()}+{key}"


def parse_verifier_key(text: str) -> VerifierKey:
    """Read `name+hash+key`; NoteError when it is malformed or its hash is that of another key."""
    name, key_hash, key = [*text.strip().split("+", 2), "", ""][:3]
    if not _NAME.fullmatch(name) or not key:
        raise NoteError(Phrase("not_a_verifier_key"))
    raw = _unbase64(key, "the key")
    if len(raw) != 33 or raw[0] not in (ED25519, COSIGNATURE):
        raise NoteError(Phrase("verifier_key_type_unsupported"))
    found = VerifierKey(name, ED25519 if raw[0] == ED25519 else COSIGNATURE, raw[1:])
    if found.key_hash.hex() != key_hash:
        raise NoteError(Phrase("verifier_key_hash_differs", name=name))
    return found


def is_name(text: str) -> bool:
    """May a key have this name?"""
    return _NAME.fullmatch(text) is not None


def parse_note(text: str) -> Note:
    """Read a signed note; NoteError when it is malformed. Verifies nothing."""
    if len(text) > MAX_NOTE_BYTES or len(text.encode("utf-8", "replace")) > MAX_NOTE_BYTES:
        raise NoteError(Phrase("note_too_large", most=MAX_NOTE_BYTES))
    if any((character < " " and character != "\n") or "\ud800" <= character <= "\udfff" for character in text):
        raise NoteError(Phrase("note_control_character"))
    body, separator, tail = text.rpartition("\n\n")
    if not separator or not body or not tail.endswith("\n"):
        raise NoteError(Phrase("not_a_signed_note"))
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_LINES:
        raise NoteError(Phrase("note_too_many_signatures", most=MAX_LINES))
    return Note(body + "\n", tuple(_parse_line(line) for line in lines))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; NoteError when it is malformed."""
    match text.split("\n"):
        case [origin, size, root, *extensions, ""] if origin and _SIZE.fullmatch(size) and "" not in extensions:
            digest = _unbase64(root, "the root hash")
            if len(digest) != 32:
                raise NoteError(Phrase("root_hash_length"))
            if int(size) > MAX_SIZE:
                raise NoteError(Phrase("log_size_impossible"))
            return Checkpoint(origin, int(size), digest, tuple(extensions))
    raise NoteError(Phrase("not_a_checkpoint"))


def sign_note(text: str, key: VerifierKey, sign: Callable[[bytes], bytes]) -> str:
    """The signature line of an Ed25519 key for a text, with its newline; `sign` gives 64 octets."""
    return _line(key, sign(text.encode()))


def cosign(text: str, key: VerifierKey, sign: Callable[[bytes], bytes], unix_s: int) -> str:
    """The line of a witness for the text of a checkpoint, with its newline."""
    return _line(key, unix_s.to_bytes(8, "big") + sign(_cosigned(text, unix_s)))


def is_signed_by(note: Note, key: VerifierKey) -> bool:
    """Does a line of this Ed25519 key hold? False without one; NoteError when there is one that does not hold."""
    lines = _lines_of(note, key)
    for line in lines:
        _verify(key, line.blob, note.text.encode())
    return bool(lines)


def cosigned_at(note: Note, key: VerifierKey) -> int | None:
    """When a witness first signed, in seconds since 1970; None: it did not; NoteError: a line does not hold."""
    times = []
    for line in _lines_of(note, key):
        if len(line.blob) != COSIGNATURE_BYTES:
            raise NoteError(Phrase("line_not_a_cosignature", name=key.name))
        unix_s = int.from_bytes(line.blob[:8], "big")
        if unix_s > MAX_SIZE:
            raise NoteError(Phrase("cosignature_time_impossible", name=key.name))
        _verify(key, line.blob[8:], _cosigned(note.text, unix_s))
        times.append(unix_s)
    return min(times, default=None)


def open_checkpoint(text: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """The checkpoint in a note that one of these keys of its log signed; NoteError otherwise."""
    note = parse_note(text)
    found = parse_checkpoint(note.text)
    signed = [is_signed_by(note, key) for key in keys if key.name == found.origin]  # a line of each must hold
    if True not in signed:
        raise NoteError(Phrase("checkpoint_not_signed_by_log"))
    return found


def _lines_of(note: Note, key: VerifierKey) -> list[NoteLine]:
    return [line for line in note.lines if line.name == key.name and line.key_hash == key.key_hash]


def _verify(key: VerifierKey, signature: bytes, message: bytes) -> None:
    if not is_signature(key.public_key, signature, message):
        raise NoteError(Phrase("signature_by_name_invalid", name=key.name))


def _cosigned(text: str, unix_s: int) -> bytes:
    return f"cosignature/v1\ntime {unix_s}\n{text}".encode()


def _line(key: VerifierKey, blob: bytes) -> str:
    return f"{DASH}{key.name} {base64.b64encode(key.key_hash + blob).decode()}\n"


def _parse_line(line: str) -> NoteLine:
    name, _, signature = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not _NAME.fullmatch(name):
        raise NoteError(Phrase("signature_line_form"))
    blob = _unbase64(signature, "a signature")
    if len(blob) < 5:
        raise NoteError(Phrase("signature_line_too_short"))
    return NoteLine(name, blob[:4], blob[4:])


def _unbase64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(Phrase("named_not_base64", what=what)) from None
    if base64.b64encode(raw).decode() != text:
        raise NoteError(Phrase("named_base64_not_canonical", what=what))
    return raw
