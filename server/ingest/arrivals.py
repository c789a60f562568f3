"""What arrived at the ingest path, read and checked as far as is possible without a database.

Input are wire bytes; output is an `Arrival` or an ApiError 400 with one line.  An entry of another
version is not refused: it becomes an arrival without an envelope.  Bodies must match the commitments that are signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from server.interface.errors import ApiError, invalid
from server.signing.key_bodies import read_key_body
from server.verifier.envelopes import KEY_ID, Unread, read_payload
from sweep.entry.dsse import EntryError, SignedEntry
from sweep.entry.envelope import Body, BodyRef, Envelope, from_wire, parse_envelope
from sweep.entry.kinds import KEY_KINDS, KNOWN_KINDS
from sweep.phrases import Phrase
from sweep.report import first_problem, has_unsafe_character

MAX_WIRE_BYTES = 16 * 1024 * 1024  # derived: the largest body (8 MiB) in base64 and 20 crops beside it


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
    def key_id(self) -> str:
        """The key by which it counts: that of the envelope, or the smallest of those that signed an unread one."""
        return self.envelope.key_id if self.envelope is not None else min(key_id for key_id, _ in self.entry.signatures)

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.entry.payload) + sum(len(body.data) for body in self.bodies)


def read_arrival(wire: bytes) -> Arrival:
    """Read and check the wire bytes; ApiError 400 for anything malformed."""
    try:
        entry, bodies = from_wire(wire)
        _check_frame(entry)
        said = read_payload(entry.payload_type, entry.payload)
        arrived = tuple(body.ref for body in bodies)
        if len({ref.commitment for ref in arrived}) != len(arrived):
            raise EntryError(Phrase("body_sent_twice"))
        if isinstance(said, Unread):
            return Arrival(entry, None, bodies, arrived, _guessed_id(entry, said), "unknown_version")
        envelope = parse_envelope(entry.payload)
        _check_envelope(entry, envelope, arrived)
        if envelope.kind in KEY_KINDS:
            read_key_body(envelope, bodies)
    except ValidationError as error:
        raise _malformed(Phrase("body_invalid", why=first_problem(error))) from None
    except EntryError as error:
        raise _malformed(error) from None
    unreadable = None if envelope.kind in KNOWN_KINDS else "unknown_kind"
    return Arrival(entry, envelope, bodies, envelope.bodies, envelope.entry_id, unreadable)


def _check_frame(entry: SignedEntry) -> None:
    if not all(KEY_ID.fullmatch(key_id) for key_id, _ in entry.signatures):
        raise EntryError(Phrase("keyid_not_16_digits"))


def _check_envelope(entry: SignedEntry, envelope: Envelope, arrived: tuple[BodyRef, ...]) -> None:
    if envelope.key_id not in {key_id for key_id, _ in entry.signatures}:
        raise EntryError(Phrase("envelope_key_did_not_sign"))
    if has_unsafe_character(envelope.subject):
        raise EntryError(Phrase("subject_control_character"))
    named = {ref.commitment: ref for ref in envelope.bodies}
    if len(named) != len(envelope.bodies):
        raise EntryError(Phrase("envelope_names_body_twice"))
    if any(named.get(ref.commitment) != ref for ref in arrived):
        raise EntryError(Phrase("body_matches_no_commitment"))


def _guessed_id(entry: SignedEntry, said: Unread) -> UUID:
    """The entry id of an unread entry as far as it can be guessed, else one made from its hash."""
    return UUID(said.entry_id) if said.entry_id else UUID(bytes=bytes.fromhex(entry.entry_hash)[:16], version=5)


def _malformed(why: Phrase | Exception) -> ApiError:
    return invalid(Phrase("malformed_entry", why=why), code="malformed_entry")
