"""The tree over the log and its signed heads."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from server.store.schema.base import metadata

# The tree over the log: 256 hashes a row, of which only the last of each level grows (log/tiles.py).
log_tiles = Table(
    "log_tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

# Signed tree heads that left this server for a witness or a package, with the lines of the witnesses.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("signed_ms", BigInteger, nullable=False),
    Column("stamp", LargeBinary, nullable=True),
    Column("stamped_ms", BigInteger, nullable=True),
)

# Heads signed by a key of this log that are not heads of it, each beside this log's own: never removed.
log_forks = Table(
    "log_forks",
    metadata,
    Column("fork_id", String(16), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("own_note", Text, nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("found_ms", BigInteger, nullable=False),
    Column("settled_ms", BigInteger, nullable=True),
)
