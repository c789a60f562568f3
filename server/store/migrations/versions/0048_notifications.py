"""Who is told of what, by which way, what has still to be sent, and who is on duty.

Revises: 0047.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f(f"fk_{table}_user_id"))


def upgrade() -> None:
    """Make the schema newer."""
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("object_id", sa.String(length=200), nullable=False),
        sa.Column("district_id", sa.String(length=64), nullable=True),
        sa.Column("noticed_ms", sa.BigInteger(), nullable=False),
        sa.Column("ready_ms", sa.BigInteger(), nullable=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_notifications")),
        sa.UniqueConstraint("kind", "object_id", name="uq_notifications_kind"),
    )
    op.create_index(op.f("ix_notifications_noticed_ms"), "notifications", ["noticed_ms"])
    op.create_table(
        "notified_people",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        _of_user("notified_people"),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notifications.notification_id"],
            name=op.f("fk_notified_people_notification_id"),
        ),
        sa.PrimaryKeyConstraint("user_id", "notification_id", name=op.f("pk_notified_people")),
    )
    op.create_table(
        "notification_choices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kinds", sa.String(length=100), nullable=False),
        sa.Column("mail_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("quiet_from", sa.String(length=5), nullable=True),
        sa.Column("quiet_until", sa.String(length=5), nullable=True),
        _of_user("notification_choices"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_choices")),
    )
    op.create_table(
        "push_subscriptions",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        _of_user("push_subscriptions"),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_subscriptions_endpoint_hash")),
    )
    op.create_index(op.f("ix_push_subscriptions_user_id"), "push_subscriptions", ["user_id"])
    op.create_table(
        "sendings",
        sa.Column("sending_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        _of_user("sendings"),
        sa.PrimaryKeyConstraint("sending_id", name=op.f("pk_sendings")),
    )
    op.create_index(op.f("ix_sendings_user_id"), "sendings", ["user_id"])
    op.create_index(op.f("ix_sendings_outcome"), "sendings", ["outcome", "due_ms"])
    op.create_table(
        "duties",
        sa.Column("district_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        _of_user("duties"),
        sa.PrimaryKeyConstraint("district_id", "user_id", name=op.f("pk_duties")),
    )


def downgrade() -> None:
    """Make the schema older; what was chosen and what waits goes."""
    for table in (
        "duties",
        "sendings",
        "push_subscriptions",
        "notification_choices",
        "notified_people",
        "notifications",
    ):
        op.drop_table(table)
