"""Entries made for tests: fixed seeds, times and salts, so that the same arguments give the same bytes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sweep.entry.dsse import SignedEntry, Signer
from sweep.entry.envelope import Assurance, Body, EntryTime, Envelope, sign_envelope
from sweep.report import Source

BOOT_ID = UUID("018f0000-0000-7000-8000-0000000000b0")
ROOM_ID = UUID("018f0000-0000-7000-8000-0000000000a1")
EPOCH = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def signer(name: str = "probe") -> Signer:
    """A signer whose key follows from `name`."""
    return Signer.from_seed(hashlib.sha256(name.encode()).digest())


def salted(media_type: str, data: bytes) -> Body:
    """A body whose salt follows from its data."""
    return Body(media_type, data, hashlib.sha256(b"salt" + data).digest())


def entry_id(key: Signer, seq: int) -> UUID:
    """A UUIDv7-shaped id that follows from key and number."""
    digest = hashlib.sha256(f"{key.key_id}:{seq}".encode()).hexdigest()
    return UUID(f"018f0000-0000-7{digest[:3]}-8{digest[3:6]}-{digest[6:18]}")


def make_entry(
    key: Signer,
    seq: int,
    prev: str | None = None,
    *,
    kind: str = "sweep.report",
    bodies: tuple[Body, ...] = (),
    source: Source = "simulated",
    sweep_id: UUID | None = None,
    room_id: UUID | None = ROOM_ID,
    refs: tuple[UUID, ...] = (),
    tenant: str = "demo-gu",
    subject: str = "probe-demo-1",
    assurance: Assurance = "device",
) -> SignedEntry:
    """A signed entry."""
    time = EntryTime(
        utc=EPOCH + timedelta(seconds=seq),
        boot_id=BOOT_ID,
        boottime_ns=seq * 1_000_000_000,
        synchronised=True,
        max_error_ms=50,
    )
    envelope = Envelope(
        v=1,
        kind=kind,
        entry_id=entry_id(key, seq),
        tenant=tenant,
        room_id=room_id,
        sweep_id=sweep_id,
        key_id=key.key_id,
        subject=subject,
        assurance=assurance,
        source=source,
        seq=seq,
        prev=prev,
        refs=refs,
        bodies=tuple(body.ref for body in bodies),
        time=time,
        seen_checkpoint=None,
    )
    return sign_envelope(envelope, key)
