"""What a submission proves itself with: records of sweeps with their place in the tree, and the signed statement.

Input is a connection whose transaction sees one state of the log, the sweeps that are meant and the server's key;
output are the lines and the statement that `server/verifier/submission.py` reads.  No body goes with a record but what
even the scope `structure` carries, of keys and erasures: envelopes alone tell who signed what and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from server.log.proven_records import RECORDS, indices_of, parts_of, proven_lines
from server.log.proven_records import signed_statement as signed
from server.store.schema import entries
from server.verifier.parted_submission import PARTED_TYPE
from server.verifier.statement import NamedFile
from server.verifier.submission import STATEMENT, SUBMISSION_TYPE
from sweep.entry.dsse import Signer
from sweep.entry.kinds import SWEEP_KINDS

__all__ = ["RECORDS", "STATEMENT", "Submitted", "record_lines", "signed_statement"]


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
    indices: set[int] = set()
    for some in parts_of(sweep_ids):
        indices |= indices_of(connection, entries.c.kind.in_(sorted(SWEEP_KINDS)) & entries.c.sweep_id.in_(some))
    return proven_lines(connection, indices, "structure")


def signed_statement(signer: Signer, about: Submitted, files: Sequence[NamedFile], *, is_parted: bool = False) -> bytes:
    """The statement: what these files are, by name, size and hash; `is_parted`: they are submissions themselves."""
    said = {
        "origin": about.origin,
        "district": about.district,
        "first": about.first.isoformat(),
        "last": about.last.isoformat(),
    }
    return signed(signer, PARTED_TYPE if is_parted else SUBMISSION_TYPE, said, about.checkpoint, files)
