"""What arrived at the write door, read and checked as far as is possible without a database.

Input are the wire bytes of `sweep.entry`; output is an `Arrival` or an ApiError 400 with one line.  An entry of another
version is not refused: it becomes an arrival without an envelope.  Bodies must match the commitments that are signed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from server.errors import ApiError, invalid
from sweep.entry import (
    ENTRY_TYPE,
    MAX_ENVELOPE_BYTES,
    Body,
    BodyRef,
    EntryError,
    Envelope,
    SignedEntry,
    from_wire,
    parse_envelope,
)
from sweep.report import first_problem, has_unsafe_character
from sweep.report.kinds import KNOWN_KINDS

MAX_WIRE_BYTES = 16 * 1024 * 1024  # derived: the largest body (8 MiB) in base64 and 20 crops beside it
KEY_ID = re.compile(r"[0-9a-f]{16}")
ENTRY_TYPES = re.compile(r"application/vnd\.ansim\.entry\.v([1-9][0-9]{0,5})\+json")


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry with the bodies that came along; its signature is not verified yet."""

    entry: SignedEntry
    envelope: Envelope | None
    """None: a version that nobody here can read."""
    bodies: tuple[Body, ...]
    refs: tuple[BodyRef, ...]
    """Bodies that the entry names; for an unreadable one the bodies that came along."""
    entry_id: UUID
    unreadable: str | None
    """Why it cannot be read, as a code."""

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.entry.payload) + sum(len(body.data) for body in self.bodies)


def read_arrival(wire: bytes) -> Arrival:
    """Read and check the wire bytes; ApiError 400 for anything malformed."""
    try:
        entry, bodies = from_wire(wire)
        _check_frame(entry)
        envelope = _envelope_of(entry)
        arrived = tuple(body.ref for body in bodies)
        if len({ref.commitment for ref in arrived}) != len(arrived):
            raise EntryError("a body travels twice")
        if envelope is None:
            return Arrival(entry, None, bodies, arrived, _entry_id_of(entry), "unknown_version")
        _check_envelope(entry, envelope, arrived)
    except ValidationError as error:
        raise _malformed(f"body: {first_problem(error)}") from None
    except EntryError as error:
        raise _malformed(str(error)) from None
    unreadable = None if envelope.kind in KNOWN_KINDS else "unknown_kind"
    return Arrival(entry, envelope, bodies, envelope.bodies, envelope.entry_id, unreadable)


def _check_frame(entry: SignedEntry) -> None:
    if ENTRY_TYPES.fullmatch(entry.payload_type) is None:
        raise EntryError("the payload type is not that of an entry")
    if len(entry.payload) > MAX_ENVELOPE_BYTES:
        raise EntryError(f"the envelope has more than {MAX_ENVELOPE_BYTES} bytes")
    if not all(KEY_ID.fullmatch(key_id) for key_id, _ in entry.signatures):
        raise EntryError("a keyid is not 16 hexadecimal digits")


def _check_envelope(entry: SignedEntry, envelope: Envelope, arrived: tuple[BodyRef, ...]) -> None:
    if envelope.key_id not in {key_id for key_id, _ in entry.signatures}:
        raise EntryError("the envelope names a key that did not sign it")
    if has_unsafe_character(envelope.subject):
        raise EntryError("the subject contains a control or formatting character")
    named = {ref.commitment: ref for ref in envelope.bodies}
    if len(named) != len(envelope.bodies):
        raise EntryError("the envelope names a body twice")
    if any(named.get(ref.commitment) != ref for ref in arrived):
        raise EntryError("a body does not match any commitment, size and media type of the envelope")


def _envelope_of(entry: SignedEntry) -> Envelope | None:
    """The v1 envelope; None for another version; raises EntryError for a broken v1."""
    content: Any = None
    try:
        content = json.loads(entry.payload)
    except (ValueError, RecursionError):
        if entry.payload_type == ENTRY_TYPE:
            raise EntryError("envelope: not valid JSON") from None
    if entry.payload_type != ENTRY_TYPE:
        return None
    if isinstance(content, dict) and type(content.get("v")) is int and content["v"] != 1:
        return None
    return parse_envelope(entry.payload)


def _entry_id_of(entry: SignedEntry) -> UUID:
    """The entry id of an unreadable entry as far as it can be guessed, else one made from its hash."""
    try:
        return UUID(json.loads(entry.payload)["entry_id"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return UUID(bytes=bytes.fromhex(entry.entry_hash)[:16], version=5)


def _malformed(line: str) -> ApiError:
    return invalid(line, ko="기록의 형식이 올바르지 않습니다", code="malformed_entry")
