"""What a submission proves itself with: records of sweeps with their place in the tree, and the signed statement.

Input is a connection whose transaction sees one state of the log, the sweeps that are meant and the server's key;
output are the lines and the statement that `server/verifier/submission.py` reads.  No body goes with a record but what
even the scope `structure` carries, of keys and erasures: envelopes alone tell who signed what and when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, select

from server.log import tiles
from server.log.package import Packed, entry_line
from server.store.clock import now_ms
from server.store.schema import IS_ACCEPTED, entries
from server.verifier.strict import write_exact
from server.verifier.submission import RECORDS, STATEMENT, SUBMISSION_TYPE
from sweep.entry import merkle
from sweep.entry.dsse import Signer
from sweep.entry.kinds import KEY_KINDS, SWEEP_KINDS

__all__ = ["RECORDS", "STATEMENT", "Submitted", "record_lines", "signed_statement"]
T = TypeVar("T")
AT_ONCE = 500  # guessed: fewer than a statement may have parameters


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a statement is about."""

    origin: str
    district: str | None
    """None: every district of this log."""
    first: date
    last: date
    checkpoint: str
    """The signed head under which the records are proven."""


def record_lines(connection: Connection, sweep_ids: Sequence[UUID]) -> Iterator[bytes]:
    """The entries of these sweeps and of all keys in the order of the log, each with its proof and its line end."""
    size, subtree = tiles.tree_size(connection), tiles.reader(connection)
    indices = set(_indices(connection, entries.c.kind.in_(sorted(KEY_KINDS))))
    for some in _in_parts(sweep_ids):
        indices |= _indices(connection, entries.c.kind.in_(sorted(SWEEP_KINDS)) & entries.c.sweep_id.in_(some))
    packed = Packed()
    for some_indices in _in_parts(sorted(indices)):
        rows = connection.execute(
            select(entries).where(entries.c.log_index.in_(some_indices)).order_by(entries.c.log_index)
        )
        for row in rows:
            proof = merkle.prove(merkle.inclusion_path(row.log_index, size), subtree)
            line = entry_line(connection, row, "structure", packed)
            yield write_exact(line | {"proof": [hash_.hex() for hash_ in proof]}) + b"\n"


def _in_parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _indices(connection: Connection, condition: Any) -> set[int]:
    return set(connection.scalars(select(entries.c.log_index).where(IS_ACCEPTED, condition)))


def signed_statement(signer: Signer, about: Submitted, files: Mapping[str, bytes]) -> bytes:
    """The statement: what these files are, by name, size and hash."""
    said = {
        "v": 1,
        "origin": about.origin,
        "district": about.district,
        "first": about.first.isoformat(),
        "last": about.last.isoformat(),
        "made_ms": now_ms(),
        "checkpoint": about.checkpoint,
        "files": list(_named(files.items())),
    }
    return write_exact(signer.sign(SUBMISSION_TYPE, write_exact(said)).to_json()) + b"\n"


def _named(files: Iterable[tuple[str, bytes]]) -> Iterator[dict[str, Any]]:
    for name, data in files:
        yield {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
