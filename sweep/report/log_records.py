"""Bodies of what a log says of itself: who may speak in it, what was purged from it, and days of the access log."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, model_serializer, model_validator

from sweep.phrases import Phrase

from .base import AccountId, Code, Count, HexDigest, KeyId, Pseudonym, Record, Slug, Text, UtcTime

RELAYS = frozenset({"relay", "demo-relay"})
"""Roles of the keys of a Pi's server at its city's: each names its probes, and no other role does."""


class KeyAdmitted(Record):
    """What a key is, from which log index on it counts, and which key it replaces."""

    v: Literal[1]
    key_id: KeyId
    public_key: HexDigest
    """32 bytes, hexadecimal."""
    algorithm: Literal["ed25519"]
    role: Literal["root", "server", "probe", "demo", "witness", "relay", "demo-relay"]
    tenant: Slug
    probe_id: Slug | None
    name: Text
    valid_from_index: Count
    predecessor: KeyId | None
    probes: Annotated[tuple[Slug, ...], Field(max_length=100)] | None = None
    """The probes that stand beside a Pi's server; no member of any other role's admission."""

    @model_validator(mode="after")
    def _names_probes(self) -> KeyAdmitted:
        if ("probes" in self.model_fields_set and self.probes is not None) != (self.role in RELAYS):
            raise ValueError(Phrase("probes_only_for_relay"))
        return self

    @model_serializer(mode="wrap")
    def _in_its_form(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = handler(self)
        if self.probes is None:
            del said["probes"]
        return said


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


class RoomPlaced(Record):
    """From its own place in the log on these rooms lie in this district."""

    v: Literal[1]
    district: Slug
    rooms: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=1_000)]


class AccessLogHead(Record):
    """The accesses of a day, sealed (sweep/LOG.md)."""

    v: Literal[1]
    day: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    """Korean day."""
    count: Count
    head: HexDigest
    before: HexDigest | None


class PersonRegistered(Record):
    """An account by whose id entries name a person, as it is from a time on: its line in the district's register."""

    v: Literal[1]
    account: AccountId
    district: Slug | None
    """Null: of the whole city."""
    role: Code
    is_active: bool
    since: UtcTime


class PersonName(Record):
    """What an account is called in entries; a body of its own, so that it can be erased and the line stays."""

    v: Literal[1]
    account: AccountId
    name: Pseudonym
