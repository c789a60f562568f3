"""The access log, which the database itself keeps append-only.

Revises: 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT_MS = 2 * 366 * 86_400_000
SQLITE = (
    """
    CREATE TRIGGER access_log_update BEFORE UPDATE ON access_log
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END
    """,
    f"""
    CREATE TRIGGER access_log_delete BEFORE DELETE ON access_log
    WHEN OLD.at_ms > CAST(strftime('%s', 'now') AS INTEGER) * 1000 - {KEPT_MS}
    BEGIN SELECT RAISE(ABORT, 'the access log is append-only for two years'); END
    """,
)
POSTGRES = (
    f"""
    CREATE FUNCTION keep_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at_ms <= (extract(epoch FROM now()) * 1000)::bigint - {KEPT_MS} THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the access log is append-only for two years';
    END $$
    """,
    """
    CREATE TRIGGER access_log_rows BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION keep_access_log()
    """,
    """
    CREATE TRIGGER access_log_all BEFORE TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION keep_access_log()
    """,
)


def upgrade() -> None:
    """Make the table and what guards it."""
    op.create_table(
        "access_log",
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("account", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("access_id", name=op.f("pk_access_log")),
    )
    op.create_index(op.f("ix_access_log_at_ms"), "access_log", ["at_ms"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: the access log has to be kept."""
    raise NotImplementedError("the access log has to be kept for two years")
