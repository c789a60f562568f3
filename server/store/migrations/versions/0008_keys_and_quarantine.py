"""Keys are valid by log index and for a tenant; what strangers sent is counted.

Revises: 0007.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FILL = """
    INSERT INTO quarantine (log_index, network, key_id, size, waited_s)
    SELECT log_index, 'unknown', key_id, size, 0 FROM entries
    WHERE status = 'quarantined' AND (reason = 'bad_signature' OR key_id NOT IN (SELECT key_id FROM keys))
"""
ORPHANS = """
    DELETE FROM body_data WHERE NOT EXISTS (SELECT 1 FROM body_refs WHERE body_refs.commitment = body_data.commitment)
"""


def upgrade() -> None:
    """Make the schema newer; tenants are filled in at the next start, which judges all entries once."""
    op.add_column("keys", sa.Column("tenant", sa.String(length=64), nullable=True))
    op.add_column("keys", sa.Column("valid_from_index", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_column("keys", "valid_from_ms")
    op.drop_column("keys", "valid_until_ms")
    op.create_index(op.f("ix_keys_predecessor"), "keys", ["predecessor"])
    op.add_column("entries", sa.Column("tenant", sa.String(length=64), nullable=True))
    op.create_table(
        "quarantine",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("waited_s", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log_index"], ["entries.log_index"], name=op.f("fk_quarantine_log_index")),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_key_id"), "quarantine", ["key_id"])
    op.create_index("ix_quarantine_of_network", "quarantine", ["network", "key_id", "size"])
    op.execute(FILL)
    op.execute(ORPHANS)


def downgrade() -> None:
    """Make the schema older; every key is then valid from the beginning."""
    op.drop_table("quarantine")
    op.drop_column("entries", "tenant")
    op.drop_index(op.f("ix_keys_predecessor"), "keys")
    op.add_column("keys", sa.Column("valid_from_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("keys", sa.Column("valid_until_ms", sa.BigInteger(), nullable=True))
    op.drop_column("keys", "valid_from_index")
    op.drop_column("keys", "tenant")
