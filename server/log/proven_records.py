"""Records with their place in the tree, and a signed statement of files: what a ZIP proves itself with.

Input is a connection whose transaction sees one state of the log, the places that are meant and the server's key;
output are the lines and the statement that `server/verifier/proven_records.py` reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, select

from server.log import tiles
from server.log.package import Packed, entry_line
from server.store.clock import now_ms
from server.store.schema import IS_ACCEPTED, body_refs, entries, erased_bodies, room_districts
from server.verifier.bodies import Carried
from server.verifier.package_lines import Scope
from server.verifier.proven_records import RECORDS
from server.verifier.statement import NamedFile
from server.verifier.strict import write_exact
from server.verifier.zip_file import NAME
from sweep.entry import merkle
from sweep.entry.dsse import Signer
from sweep.entry.kinds import KEY_KINDS
from sweep.phrases import Phrase

__all__ = ["RECORDS", "indices_of", "parts_of", "proven_lines", "records_at", "signed_statement"]
T = TypeVar("T")
AT_ONCE = 500  # guessed: fewer than a statement may have parameters


def proven_lines(connection: Connection, wanted: Iterable[int], scope: Scope | Carried) -> Iterator[bytes]:
    """The entries at these places in the order of the log, each with its proof and its line end.

    With them go those by which they are judged: of all keys, erasures of their bodies, where their rooms lie.
    """
    indices = {*wanted, *indices_of(connection, entries.c.kind.in_(sorted(KEY_KINDS)))}
    for what in (_erasures_of, _placements_of):
        for some in parts_of(sorted(indices)):
            indices |= what(connection, some)
    return (write_exact(record) + b"\n" for record in records_at(connection, sorted(indices), scope))


def records_at(connection: Connection, indices: Sequence[int], scope: Scope | Carried) -> Iterator[dict[str, Any]]:
    """The entries at these places, each as a package's line with its `proof` in the tree as it is."""
    size, subtree = tiles.tree_size(connection), tiles.reader(connection)
    packed = Packed()
    for some in parts_of(indices):
        rows = connection.execute(select(entries).where(entries.c.log_index.in_(some)).order_by(entries.c.log_index))
        for row in rows:
            proof = merkle.prove(merkle.inclusion_path(row.log_index, size), subtree)
            yield entry_line(connection, row, scope, packed) | {"proof": [hash_.hex() for hash_ in proof]}


def _erasures_of(connection: Connection, some: Sequence[int]) -> set[int]:
    """Places of the accepted entries that erased a body of these."""
    erased = select(erased_bodies.c.log_index).join(body_refs, body_refs.c.commitment == erased_bodies.c.commitment)
    return indices_of(connection, entries.c.log_index.in_(erased.where(body_refs.c.log_index.in_(some))))


def _placements_of(connection: Connection, some: Sequence[int]) -> set[int]:
    """Places of the accepted entries that say where the rooms of these lie."""
    rooms = select(entries.c.room_id).where(entries.c.log_index.in_(some), entries.c.room_id.is_not(None))
    placed = select(room_districts.c.from_index).where(room_districts.c.room_id.in_(rooms))
    return indices_of(connection, entries.c.log_index.in_(placed))


def indices_of(connection: Connection, condition: ColumnElement[bool]) -> set[int]:
    """Places of the accepted entries that keep a condition."""
    return set(connection.scalars(select(entries.c.log_index).where(IS_ACCEPTED, condition)))


def parts_of(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """The items in parts that one statement holds."""
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def signed_statement(
    signer: Signer, media_type: str, about: Mapping[str, Any], checkpoint: str, files: Sequence[NamedFile]
) -> bytes:
    """The statement: what these files are about, and each by name, size and hash; ValueError for a name not plain."""
    for one in files:
        if NAME.fullmatch(one.name) is None:
            raise ValueError(Phrase("zip_name_improper", name=one.name))
    said = {
        "v": 1,
        **about,
        "made_ms": now_ms(),
        "checkpoint": checkpoint,
        "files": [asdict(one) for one in files],
    }
    return write_exact(signer.sign(media_type, write_exact(said)).to_json()) + b"\n"
