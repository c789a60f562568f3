"""Is a server's log still the one that was seen before?  A receipt's proof, and growth from one head to the next.

Input are receipts, notes and proofs that are fetched; output is the note to remember, or an error.  Pure: a probe keeps
the note in a file, a server that relays to another one in its database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sweep.entry import merkle, notes
from sweep.entry.dsse import EntryError, SignedEntry
from sweep.entry.envelope import Receipt
from sweep.phrases import Phrase

Fetch = Callable[[int, int], Sequence[bytes]]
"""(old size, new size) -> hashes of the consistency proof; OSError when the server cannot be reached."""


class LogWentBackError(EntryError):
    """The server's log is not the one that was seen before; the message is one line."""


def check_growth(receipt: Receipt, entry: SignedEntry, server_key: bytes, seen: str | None, fetch: Fetch) -> str | None:
    """Hold a receipt's proof against the entry and against the note that was seen before: the note to remember now.

    None for a server that never gave a proof.  Raises EntryError when the proof does not hold, LogWentBackError when
    the log is another one than before, and OSError when the server does not give the proof of its growth now.
    """
    proof = receipt.inclusion_proof
    if proof is None:
        if seen is not None:
            raise LogWentBackError(Phrase("server_gives_no_proof"))
        return None
    head = _open(proof.checkpoint, server_key)
    leaf = merkle.leaf_hash(merkle.leaf_data(entry.entry_hash, entry.signatures_hash, receipt.received_ms))
    hashes = [bytes.fromhex(hash_) for hash_ in proof.hashes]
    is_its_place = (proof.leaf_index, proof.tree_size) == (receipt.log_index, head.size)
    if not is_its_place or not merkle.is_included(leaf, proof.leaf_index, head.size, hashes, head.root):
        raise EntryError(Phrase("receipt_proof_invalid"))
    if seen is not None:
        _check_grown(notes.parse_checkpoint(notes.parse_note(seen).text), head, fetch)
    return proof.checkpoint


def check_head(note: str, server_key: bytes, seen: str | None, fetch: Fetch) -> notes.Checkpoint:
    """The head in a note that the server's key signed, when the log grew from the note that was seen before.

    Raises EntryError, LogWentBackError and OSError as `check_growth` does.
    """
    head = _open(note, server_key)
    if seen is not None:
        _check_grown(notes.parse_checkpoint(notes.parse_note(seen).text), head, fetch)
    return head


def _check_grown(before: notes.Checkpoint, head: notes.Checkpoint, fetch: Fetch) -> None:
    if head.origin != before.origin:
        raise LogWentBackError(Phrase("log_of_another_origin", origin=head.origin, before=before.origin))
    if head.size < before.size:
        raise LogWentBackError(Phrase("log_went_back", before=before.size, now=head.size))
    if (head.size, head.root) == (before.size, before.root):
        return
    hashes = [] if head.size == before.size else fetch(before.size, head.size)
    if not merkle.is_consistent(before.size, head.size, before.root, head.root, hashes):
        raise LogWentBackError(Phrase("log_rewritten", size=before.size))


def _open(note: str, server_key: bytes) -> notes.Checkpoint:
    """The head in a note that the server's key signed; EntryError otherwise."""
    try:
        origin = notes.parse_checkpoint(notes.parse_note(note).text).origin
        return notes.open_checkpoint(note, [notes.VerifierKey(origin, notes.ED25519, server_key)])
    except notes.NoteError as error:
        raise EntryError(Phrase("receipt_checkpoint_invalid", why=error)) from None
