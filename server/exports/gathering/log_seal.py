"""What a document says of the log it was made from: entries, root hash, and what a witness outside signed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from server.exports.seal import Seal
from server.log import tiles
from server.store.schema import checkpoints
from sweep.entry import notes

MOST_HEADS = 20  # guessed: heads without a witness's line are kept for packages, and few


def seal_of(connection: Connection) -> Seal:
    """The seal of the log as it is; lines of witnesses were verified before they were kept."""
    size = tiles.tree_size(connection)
    root_hash = base64.b64encode(tiles.root(connection, size)).decode()
    statement = select(checkpoints.c.note).where(checkpoints.c.size <= size).order_by(checkpoints.c.size.desc())
    for text in connection.scalars(statement.limit(MOST_HEADS)):
        note = notes.parse_note(text)
        head = notes.parse_checkpoint(note.text)
        for line in note.lines:
            if line.name != head.origin and len(line.blob) == notes.COSIGNATURE_BYTES:
                signed = datetime.fromtimestamp(int.from_bytes(line.blob[:8], "big"), UTC)
                return Seal(size, root_hash, line.name, head.size, signed)
    return Seal(size, root_hash, None, 0, None)
