"""Admitted keys, the quarantine of strangers, and the keys of this server."""

from __future__ import annotations

from datetime import datetime

from server.interface.fields import KeyRole
from server.interface.views.answer import View


class ServerKey(View):
    """The key that signs receipts, checkpoints and entries of people."""

    key_id: str
    public_key: str
    """Hexadecimal, 32 bytes."""
    verifier_key: str
    """The same for the notes of this log: `name+hash+key` (C2SP signed-note)."""


class ServerSuccession(View):
    """What leads from the root key that a log names to the key that its server has now."""

    admissions: tuple[dict[str, object], ...]
    """Entries with their bodies, as they travel to the ingest path."""


class KeyView(View):
    """An admitted key."""

    key_id: str
    role: KeyRole
    probe_id: str | None
    name: str
    tenant: str | None
    valid_from_index: int
    revoked_from_index: int | None
    """Null: not revoked."""
    predecessor: str | None
    probes: tuple[str, ...] = ()
    """Of a Pi's server: the probes that stand beside it."""
    tells_for: tuple[str, ...] = ()
    """Of a server that tells this one how its districts stand: these."""
    quarantined: int
    """Entries that it signed and that do not count."""


class WaitingKeyView(View):
    """What strangers sent under one key; nobody has verified it."""

    key_id: str
    entries: int
    size: int
    networks: tuple[str, ...]
    """The first few."""
    first_received: datetime
    last_received: datetime
    tenants: tuple[str, ...]
    subjects: tuple[str, ...]
    is_admitted: bool
    """The key is admitted, and these are forgeries in its name."""


class AskedOfRoot(View):
    """An act about a key that waits for the root key's signature."""

    kind: str
    actor: str
    at: datetime


class LogFork(View):
    """A head that a key of this log signed and that is not of this log, beside this log's own."""

    fork_id: str
    key_id: str
    """Who signed it."""
    size: int
    found: datetime
    settled: datetime | None
    """When the witness had decided and signed this log again; null: open."""
    note: str
    own_note: str


class KeyList(View):
    """Keys, and the quarantine of strangers, the largest first."""

    keys: tuple[KeyView, ...]
    waiting: tuple[WaitingKeyView, ...]
    asked_of_root: tuple[AskedOfRoot, ...]
    """Empty while the root key lies on this server: then every act is signed at once."""
    forks: tuple[LogFork, ...]
    """The newest first."""
    max_bytes: int
    """What the quarantine may hold in all."""


class JudgedKey(View):
    """A key was changed, and what waited of it judged anew."""

    key_id: str
    released: int
    left: int
    """Entries that still wait."""
    documents: tuple[str, ...]
    """Documents given out before that would say something else now."""
    waits_for_root: bool
    """Nothing is changed yet: the root key is elsewhere and has to sign first."""


class Discarded(View):
    """How many waiting entries were purged."""

    entries: int
