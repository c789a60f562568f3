"""Bodies of what a log says of itself: who may speak in it, what was purged from it, and days of the access log."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .base import Count, HexDigest, KeyId, Record, Slug, Text


class KeyAdmitted(Record):
    """What a key is, from which log index on it counts, and which key it replaces."""

    v: Literal[1]
    key_id: KeyId
    public_key: HexDigest
    """32 bytes, hexadecimal."""
    algorithm: Literal["ed25519"]
    role: Literal["root", "server", "probe", "demo", "witness"]
    tenant: Slug
    probe_id: Slug | None
    name: Text
    valid_from_index: Count
    predecessor: KeyId | None


class KeyRevoked(Record):
    """From which log index on nothing that a key signed counts, and why."""

    v: Literal[1]
    key_id: KeyId
    from_index: Count
    reason: Text


class KeyReinstated(Record):
    """A revocation taken back, and why."""

    v: Literal[1]
    key_id: KeyId
    reason: Text


class QuarantinePurged(Record):
    """Which places of the log were emptied of what strangers had sent, and why."""

    v: Literal[1]
    indices: Annotated[tuple[tuple[Count, Count], ...], Field(min_length=1, max_length=1_000)]
    """First and last index of each run."""
    reason: Text


class AccessLogHead(Record):
    """The accesses of a day, sealed (sweep/LOG.md)."""

    v: Literal[1]
    day: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    """Korean day."""
    count: Count
    head: HexDigest
    before: HexDigest | None
