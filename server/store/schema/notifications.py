"""Who is told of what, by which way, and what has still to be sent: ordinary tables, emptied by retention."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from server.store.schema.base import metadata

# What happened, once for each thing; nobody is told before `ready_ms`, and `told_ms` says when that was.
notifications = Table(
    "notifications",
    metadata,
    Column("notification_id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("object_id", String(200), nullable=False),
    Column("district_id", String(64), nullable=True),
    Column("noticed_ms", BigInteger, nullable=False, index=True),
    Column("ready_ms", BigInteger, nullable=False),
    Column("told_ms", BigInteger, nullable=True),
    UniqueConstraint("kind", "object_id", name="uq_notifications_kind"),
)

notified_people = Table(
    "notified_people",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("notification_id", Uuid, ForeignKey("notifications.notification_id"), primary_key=True),
)

# What a person chose; without a row the role's defaults hold. The mail address is sealed.
notification_choices = Table(
    "notification_choices",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("kinds", String(100), nullable=False),
    Column("mail_sealed", LargeBinary, nullable=True),
    Column("quiet_from", String(5), nullable=True),
    Column("quiet_until", String(5), nullable=True),
)

# Browsers that asked for it: address and keys of each are sealed.
push_subscriptions = Table(
    "push_subscriptions",
    metadata,
    Column("subscription_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("endpoint_hash", String(64), nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("name", String(60), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

# The queue: what waits has no outcome, and belongs until `lease_ms` to the process that took it.
sendings = Table(
    "sendings",
    metadata,
    Column("sending_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("way", String(8), nullable=False),
    Column("subscription_id", Uuid, nullable=True),
    Column("due_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_ms", BigInteger, nullable=False),
    Column("outcome", String(8), nullable=True),
    Column("ended_ms", BigInteger, nullable=True),
    Index("ix_sendings_outcome", "outcome", "due_ms"),
)

# Who is on duty for a district: finds are told to them.
duties = Table(
    "duties",
    metadata,
    Column("district_id", String(64), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)
