"""Accounts and sessions, the audit trail, and who looked at what: ordinary tables."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
)

from server.store.schema.base import metadata

audit = Table(
    "audit",
    metadata,
    Column("audit_id", Uuid, primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("actor", String(60), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object_id", String(200), nullable=False),
    Column("detail_json", Text, nullable=False),
    Index("ix_audit_object_id", "object_id", "at_ms"),
)

access_log = Table(
    "access_log",
    metadata,
    Column("access_id", Uuid, primary_key=True),
    Column("at_ms", BigInteger, nullable=False, index=True),
    Column("name", String(60), nullable=False),
    Column("account", String(60), nullable=False),
    Column("address", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object_id", String(200), nullable=False),
    Column("shown", String(200), nullable=False),
    Column("reason", Text, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("username", String(60), nullable=False, unique=True),
    Column("display_name", String(60), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("must_change_password", Boolean, nullable=False, server_default=false()),
    Column("password_ms", BigInteger, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Column("district_id", String(64), nullable=True),
    Column("is_demonstration", Boolean, nullable=False, server_default=false()),
    Column("account", String(16), nullable=False, unique=True),
    Column("enrolment_hash", Text, nullable=True),
    Column("first_age_s", BigInteger, nullable=False, server_default="0"),
    Column("registered_ms", BigInteger, nullable=True),
    # Drawn when a phone was lost: what that phone keeps was sealed under a key that nobody is given any more.
    Column("phone_salt", LargeBinary, nullable=True),
)

# Every name that an account ever bore in a district, and so every id that was ever given: no row goes with its account.
# `name` is null once it was erased.
account_names = Table(
    "account_names",
    metadata,
    Column("name_id", Uuid, primary_key=True),
    Column("account", String(16), nullable=False, index=True),
    Column("name", String(60), nullable=True),
    Column("district_id", String(64), nullable=True),
    Column("since_ms", BigInteger, nullable=False),
)

# Facilities that an owner, a member of staff or a cleaner belongs to.
user_facilities = Table(
    "user_facilities",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("facility_id", Uuid, ForeignKey("facilities.facility_id"), primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("way", String(16), nullable=False, server_default="password"),
)

# A person's own keys (WebAuthn). The credential's id has at most 1,023 bytes.
passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("is_synced", Boolean, nullable=False),
    Column("name", String(60), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger, nullable=True),
)

# Authenticator apps (TOTP): the secret is sealed; `last_step` is the last code that counted, `wrong` those in a row.
second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("wrong", Integer, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("confirmed_ms", BigInteger, nullable=True),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)

# For the second person of an act on another one's phone. A badge names its person and proves nothing.
pins = Table(
    "pins",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("pin_hash", Text, nullable=False),
    Column("set_ms", BigInteger, nullable=False),
    Column("wrong", Integer, nullable=False),
)

badges = Table(
    "badges",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("badge", String(12), nullable=False, unique=True),
    Column("issued_ms", BigInteger, nullable=False),
)

spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("challenge", String(43), primary_key=True),
    Column("ends_ms", BigInteger, nullable=False, index=True),
)

access_heads = Table(
    "access_heads",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
)

login_counts = Table(
    "login_counts",
    metadata,
    Column("name_hash", String(64), primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False, index=True),
)

# Which account a subject of the city's single sign-on speaks for.
single_sign_on_links = Table(
    "single_sign_on_links",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.user_id"), primary_key=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("linked_ms", BigInteger, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_single_sign_on_links_issuer"),
)

practice_runs = Table(
    "practice_runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.user_id"), nullable=False, index=True),
    Column("room_id", Uuid, ForeignKey("rooms.room_id"), nullable=False),
    Column("hidden_json", Text, nullable=False),
    Column("hidden_ms", BigInteger, nullable=False),
    Column("sweep_id", Uuid, nullable=True),
    Column("found_json", Text, nullable=True),
    Column("false_alarms", Integer, nullable=True),
    Column("eye_shown", Integer, nullable=False, server_default="0"),
    Column("eye_seen", Integer, nullable=False, server_default="0"),
    Column("means", String(16), nullable=False, server_default="probe"),
    UniqueConstraint("user_id", "sweep_id"),
)
"""What a colleague hid for somebody to practise, and what they found of it: for that person alone, and without names in
the sum of a district.
"""
