"""Which keys may sign the heads of a log, by what its root key signed: how a witness follows a new server key.

Input are the root key's entries as the log's server tells them (WITNESS.md), each proven in a head; output are the keys
that count now.  The root key named by the origin signs a chain without a gap, which ends where it admits the next root
key; so nothing can be left out of the middle, and a revocation that was told is never untold.  What the server says is
believed only where the root key signed it.  Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from server.verifier.envelopes import DIGEST, Envelope, read_payload
from server.verifier.first_reading import claim_of
from server.verifier.key_table import KeyEntryError, KeyTable, carried_body
from server.verifier.package_lines import EntryLine, read_line
from server.verifier.strict import is_index, read_exact, write_exact
from sweep.entry import merkle, notes
from sweep.entry.dsse import EntryError, key_id_of
from sweep.entry.kinds import KEY_KINDS
from sweep.entry.notes import Checkpoint, VerifierKey
from sweep.phrases import Phrase

MAX_TOLD_BYTES = 1024 * 1024
"""Of one telling. Guessed: some 400 entries, of which a district has fewer; more are told in several."""
_ORIGIN = re.compile(r"ansim-log/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/([0-9a-f]{16})")


class SuccessionError(ValueError):
    """What was told is not what the root key of this log signed; the message is one line."""


@dataclass(frozen=True, slots=True)
class Told:
    """A telling, its form read and nothing of it verified."""

    first: int
    """How many of the root key's entries come before it."""
    note: str
    """The signed head that the proofs lead to."""
    lines: tuple[bytes, ...]
    """The entries as a package of scope `structure` has them."""
    proofs: tuple[tuple[bytes, ...], ...]


def read_told(data: bytes) -> Told:
    """Read a telling; ValueError when it is none."""
    if len(data) > MAX_TOLD_BYTES:
        raise ValueError(Phrase("witness_request_too_large"))
    head, *rows = data.splitlines()
    said = read_exact(head, max_bytes=4 * notes.MAX_NOTE_BYTES)
    is_form = type(said) is dict and tuple(said) == ("first", "checkpoint")
    if not is_form or not is_index(said["first"]) or type(said["checkpoint"]) is not str or not rows:
        raise ValueError(Phrase("telling_form"))
    lines, proofs = [], []
    for row in rows:
        value = read_exact(row, max_bytes=MAX_TOLD_BYTES)
        proof = value.pop("proof", None) if type(value) is dict else None
        if type(proof) is not list or not all(type(one) is str and DIGEST.fullmatch(one) for one in proof):
            raise ValueError(Phrase("entry_without_proof"))
        lines.append(write_exact(value))
        proofs.append(tuple(bytes.fromhex(one) for one in proof))
    return Told(said["first"], said["checkpoint"], tuple(lines), tuple(proofs))


def told_of(first: int, note: str, rows: Iterable[dict[str, Any]]) -> bytes:
    """The bytes of a telling; each row ends with its member `proof`."""
    said: list[dict[str, Any]] = [{"first": first, "checkpoint": note}, *rows]
    return b"\n".join(map(write_exact, said))


def digest_of(entry_hashes: Iterable[str]) -> str:
    """By what a witness and a server compare which entries of the root key the witness knows."""
    return hashlib.sha256("".join(f"{one}\n" for one in entry_hashes).encode()).hexdigest()


class Succession:
    """What the root key of one log has said so far."""

    def __init__(self, origin: str) -> None:
        """Raises SuccessionError for the origin of a log that names no root key."""
        named = _ORIGIN.fullmatch(origin)
        if named is None:
            raise SuccessionError(Phrase("origin_without_root_key"))
        self.origin, self._root = origin, named[2]
        self._table = KeyTable(named[1], named[2])
        self._seq = 0
        self._prev: str | None = None
        self.lines: list[bytes] = []
        self.entry_hashes: list[str] = []

    @classmethod
    def of(cls, origin: str, lines: Iterable[bytes]) -> Succession:
        """What these entries say, one after the other; SuccessionError at the first that the root key did not say."""
        found = cls(origin)
        for line in lines:
            found._take(line)
        return found

    def keys(self, watched: Iterable[VerifierKey], size: int) -> list[VerifierKey]:
        """Server keys that may sign a head of this size: of the line of a key that is watched, and not revoked.

        A key that is revoked signs no head any more, of whatever size: an honest server signs with its new key what
        it asks from then on.
        """
        named = [self._table.find(key_id_of(key.public_key)) for key in watched]
        lines = {self._table.bearer(key).line for key in named if key is not None}
        return [
            VerifierKey(self.origin, notes.ED25519, key.public_key)
            for key in self._table.of_role("server")
            if key.revoked_from_index is None
            and key.counts_at(max(0, size - 1))
            and self._table.bearer(key).line in lines
        ]

    def is_revoked(self, watched: VerifierKey) -> bool:
        """Did the root key revoke it?"""
        key = self._table.find(key_id_of(watched.public_key))
        return key is not None and key.revoked_from_index is not None

    def _take(self, line: bytes) -> None:
        item = _entry_in(line)
        try:
            envelope = read_payload(item.entry.payload_type, item.entry.payload)
        except EntryError as error:
            raise SuccessionError(Phrase("entry_unreadable", why=error)) from None
        if not isinstance(envelope, Envelope) or envelope.kind not in KEY_KINDS:
            raise SuccessionError(Phrase("not_entries_about_keys"))
        if (envelope.key_id, envelope.seq, envelope.prev) != (self._root, self._seq + 1, self._prev):
            raise SuccessionError(Phrase("entry_out_of_root_key_chain"))
        body = carried_body(envelope, item.bodies)
        try:
            acts = self._table.take(item.log_index, item.entry, envelope, claim_of(envelope, {}), body)
        except KeyEntryError as error:
            raise SuccessionError(error) from None
        if not acts:
            raise SuccessionError(Phrase("entry_not_signed_by_root_key"))
        self._seq, self._prev = envelope.seq, item.entry.entry_hash
        following = next((key for key in self._table.of_role("root") if key.predecessor == self._root), None)
        if following is not None:  # its last word: from here on the next root key speaks
            self._root, self._seq, self._prev = following.key_id, 0, None
        self.lines.append(line)
        self.entry_hashes.append(item.entry.entry_hash)


def hashes_of(lines: Iterable[bytes]) -> list[str]:
    """The hash of each entry; SuccessionError for a line that is none."""
    return [_entry_in(line).entry.entry_hash for line in lines]


def check_places(told: Told, head: Checkpoint) -> None:
    """SuccessionError unless each entry that was told is proven to be in this head."""
    for line, proof in zip(told.lines, told.proofs, strict=True):
        item = _entry_in(line)
        leaf = merkle.leaf_data(item.entry.entry_hash, item.entry.signatures_hash, item.received_ms)
        if not merkle.is_included(merkle.leaf_hash(leaf), item.log_index, head.size, proof, head.root):
            raise SuccessionError(Phrase("entry_proof_invalid"))


def _entry_in(line: bytes) -> EntryLine:
    try:
        item = read_line(line)
    except ValueError as error:
        raise SuccessionError(Phrase("entry_unreadable", why=error)) from None
    if not isinstance(item, EntryLine) or item.status != "accepted":
        raise SuccessionError(Phrase("not_entries_about_keys"))
    return item
