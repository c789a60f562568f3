"""Signed heads of the tree and proofs against them, as receipts, routes, witnesses and packages hand them out.

Input is a connection and the server's keys; output are notes (C2SP `tlog-checkpoint`) and proofs.  The origin names the
tenant and the first root key, so that whoever holds one checkpoint holds the anchor of all keys.  A head is signed once
for each size that somebody asks for, and kept in memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy import Connection, select

from server.log import tiles
from server.store.db import Database
from server.store.schema import keys
from sweep.entry import notes
from sweep.entry.dsse import Signer
from sweep.entry.envelope import InclusionProof
from sweep.phrases import Phrase

MAX_KNOWN_HEADS = 64  # guessed: heads of the last few seconds


def origin_of(connection: Connection) -> str:
    """First line of every checkpoint of this log; LookupError before there is a root key."""
    first = select(keys.c.key_id, keys.c.tenant).where(keys.c.role == "root", keys.c.predecessor.is_(None))
    row = connection.execute(first.order_by(keys.c.admitted_ms, keys.c.key_id).limit(1)).one_or_none()
    if row is None:
        raise LookupError(Phrase("log_without_root_key"))
    return f"ansim-log/{row.tenant}/{row.key_id}"


class Heads:
    """The heads that this server signs."""

    def __init__(self, signer: Signer) -> None:
        """`signer`: the server's key."""
        self._signer = signer
        self._origin: str | None = None
        self._signed: OrderedDict[tuple[int, bytes], str] = OrderedDict()
        self._lock = threading.Lock()

    def origin(self, connection: Connection) -> str:
        """First line of every checkpoint of this log; LookupError before there is a root key."""
        if self._origin is None:
            self._origin = origin_of(connection)
        return self._origin

    def verifier_key(self, connection: Connection) -> notes.VerifierKey:
        """The key under which this server's checkpoints verify."""
        return notes.VerifierKey(self.origin(connection), notes.ED25519, self._signer.public_key)

    def note(self, connection: Connection, size: int | None = None) -> str:
        """The signed checkpoint of the tree as it is, or of its first `size` entries; ValueError when it is smaller."""
        size = tiles.tree_size(connection) if size is None else size
        return self._signed_note(self.origin(connection), size, tiles.root(connection, size))

    def inclusion(self, connection: Connection, index: int) -> InclusionProof:
        """Proof that the entry at `index` is in the tree as it is; ValueError when there is none."""
        return self._proof(self.origin(connection), tiles.head(connection, (index,)), index)

    def inclusion_in(self, db: Database, head: tiles.Head, index: int) -> InclusionProof:
        """Proof that an entry is in the tree as the transaction saw it that has stored the entry and is committed."""
        if self._origin is None:
            with db.read() as connection:
                return self._proof(self.origin(connection), head, index)
        return self._proof(self._origin, head, index)

    def _proof(self, origin: str, head: tiles.Head, index: int) -> InclusionProof:
        return InclusionProof(
            leaf_index=index,
            tree_size=head.size,
            hashes=tuple(hash_.hex() for hash_ in head.proofs[index]),
            checkpoint=self._signed_note(origin, head.size, head.root),
        )

    def _signed_note(self, origin: str, size: int, root: bytes) -> str:
        """The checkpoint, signed when it is asked for first."""
        with self._lock:
            known = self._signed.get((size, root))
            if known is None:
                text = notes.Checkpoint(origin, size, root).text
                key = notes.VerifierKey(origin, notes.ED25519, self._signer.public_key)
                known = text + "\n" + notes.sign_note(text, key, self._signer.sign_bytes)
                self._signed[size, root] = known
                if len(self._signed) > MAX_KNOWN_HEADS:
                    self._signed.popitem(last=False)
        return known
