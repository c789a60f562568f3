"""Documents that people asked for, as processes that share a PostgreSQL tell each other; kept for an hour."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, Uuid, false

from server.store.schema.base import metadata

# Written by the process that makes it (`process_id`); what it says of it is `told_json`, when it did last `told_us`.
documents = Table(
    "documents",
    metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("process_id", String(32), nullable=False),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("told_us", BigInteger, nullable=False),
    Column("told_json", Text, nullable=False),
    Column("is_cancelled", Boolean, nullable=False, server_default=false()),
)

# What is not in object storage of one that is ready, sealed under a key that lies beside the keys of bodies.
document_pieces = Table(
    "document_pieces",
    metadata,
    Column("job_id", Uuid, ForeignKey("documents.job_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
