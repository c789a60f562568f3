"""The signed envelope of evidence: entry format v1, as ENTRY.md describes it.

Input is an envelope (what, when, by which key) and bodies; output is a DSSE document whose payload bytes are kept
exactly as signed.  Bodies are bound by salted commitments, so erasing one leaves every signature valid.  It never
re-serialises a payload, and it refuses duplicate keys and anything malformed with `EntryError`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import Field, StringConstraints, ValidationError

from sweep.report.base import (
    Count,
    HexDigest,
    KeyId,
    Label,
    Record,
    Slug,
    Source,
    UtcTime,
    first_problem,
    reject_duplicate_keys,
)
from sweep.report.structure import check_structure

ENTRY_TYPE = "application/vnd.ansim.entry.v1+json"
RECEIPT_TYPE = "application/vnd.ansim.receipt.v1+json"
REQUEST_TYPE = "application/vnd.ansim.request.v1+json"
BODY_DOMAIN = b"ansim-body-v1\x00"
SALT_BYTES = 32
MAX_ENVELOPE_BYTES = 64 * 1024  # derived: 256 body references take 40 kB
MAX_BODY_BYTES = 8 * 1024 * 1024  # derived: the largest report, see report.base.MAX_JSON_BYTES
MAX_BODIES = 256
MAX_WIRE_VALUES = 4_096  # derived: 256 bodies of four values, the signatures, and as much again
DEFAULT_TENANT = "demo-gu"  # of a probe and a server that nobody told otherwise: alike, or they would not understand
REQUEST_WINDOW_S = 300  # guessed: a phone's or a Pi's clock after a day without time server

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,100}$")]
Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,63}$")]
Assurance = Literal["device", "passkey", "password", "witness"]


class EntryError(ValueError):
    """An entry, receipt or signed request that does not hold; the message is one line."""


class BodyRef(Record):
    """A body as the envelope names it."""

    media_type: MediaType
    size: Annotated[int, Field(ge=0, le=MAX_BODY_BYTES)]
    commitment: HexDigest


class EntryTime(Record):
    """When the entry was made, by two clocks and with the quality of the first."""

    utc: UtcTime
    boot_id: UUID
    boottime_ns: Count
    synchronised: bool
    max_error_ms: Count | None


class Envelope(Record):
    """What is signed, format v1."""

    v: Literal[1]
    kind: Kind
    entry_id: UUID
    tenant: Slug
    room_id: UUID | None
    sweep_id: UUID | None
    key_id: KeyId
    subject: Label
    """Pseudonym of the person or device that speaks."""
    assurance: Assurance
    source: Source
    seq: Annotated[int, Field(ge=1, le=2**53 - 1)]
    """Grows by one with each entry of this key; a hole shows as a gap."""
    prev: HexDigest | None
    """Entry hash of this key's previous entry; null for the first."""
    refs: Annotated[tuple[UUID, ...], Field(max_length=256)]
    """Entries that this one speaks about (corrects, disposes of, erases)."""
    bodies: Annotated[tuple[BodyRef, ...], Field(max_length=MAX_BODIES)]
    time: EntryTime
    seen_checkpoint: Annotated[str, StringConstraints(max_length=2_000)] | None
    """Latest signed tree head this key's owner had seen."""


@dataclass(frozen=True)
class Body:
    """Bytes that an envelope commits to, with the salt that makes the commitment hiding."""

    media_type: str
    data: bytes
    salt: bytes

    @cached_property
    def commitment(self) -> str:
        """SHA-256 over domain, salt and data, hexadecimal."""
        return commit(self.salt, self.data)

    @property
    def ref(self) -> BodyRef:
        """How the envelope names this body."""
        return BodyRef(media_type=self.media_type, size=len(self.data), commitment=self.commitment)


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A DSSE document: payload bytes exactly as signed, and (key_id, signature) pairs."""

    payload_type: str
    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    @property
    def entry_hash(self) -> str:
        """SHA-256 of the pre-authentication encoding, hexadecimal."""
        return hashlib.sha256(pae(self.payload_type, self.payload)).hexdigest()

    @property
    def signatures_hash(self) -> str:
        """SHA-256 over the signatures in the order of their key ids, hexadecimal."""
        joined = b"".join(key_id.encode() + signature for key_id, signature in sorted(self.signatures))
        return hashlib.sha256(joined).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The document as DSSE JSON."""
        return {
            "payloadType": self.payload_type,
            "payload": base64.b64encode(self.payload).decode(),
            "signatures": [
                {"keyid": key_id, "sig": base64.b64encode(signature).decode()} for key_id, signature in self.signatures
            ],
        }


class Receipt(Record):
    """The server's word that an entry is on disk; a client deletes its copy only when this verifies."""

    v: Literal[1]
    entry_id: UUID
    entry_hash: HexDigest
    commitments: Annotated[tuple[HexDigest, ...], Field(max_length=MAX_BODIES)]
    """Bodies that arrived with it."""
    log_index: Count
    received_ms: Count
    inclusion_proof: None
    """Reserved for the tree's proof."""


class Signer:
    """An Ed25519 key that signs; made on the device, kept in a file of mode 0600."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private = private_key
        self.public_key = private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id_of(self.public_key)

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """A signer from 32 secret bytes; raises EntryError for another length."""
        if len(seed) != 32:
            raise EntryError(f"an Ed25519 seed has 32 bytes, not {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load_or_create(cls, path: Path) -> Signer:
        """The key in `path` (32 raw bytes), made and stored with mode 0600 when absent."""
        try:
            return cls.from_seed(path.read_bytes())
        except FileNotFoundError:
            pass
        except EntryError as error:
            raise EntryError(
                f"{path} is damaged ({error}): put its copy back, or move it away and enrol the new key at the server"
            ) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        private = Ed25519PrivateKey.generate()
        seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(seed)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return cls.from_seed(path.read_bytes())
        finally:
            part.unlink()
        return cls(private)

    def sign(self, payload_type: str, payload: bytes) -> SignedEntry:
        """A DSSE document over `payload` with this key's signature."""
        signature = self._private.sign(pae(payload_type, payload))
        return SignedEntry(payload_type, payload, ((self.key_id, signature),))


def key_id_of(public_key: bytes) -> str:
    """First 8 bytes of SHA-256 of the raw public key, hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE v1 pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def commit(salt: bytes, data: bytes) -> str:
    """Salted commitment to a body, hexadecimal; raises EntryError unless the salt has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise EntryError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return hashlib.sha256(BODY_DOMAIN + salt + data).hexdigest()


def make_body(media_type: str, data: bytes) -> Body:
    """A body with a fresh random salt."""
    return Body(media_type, data, os.urandom(SALT_BYTES))


def sign_envelope(envelope: Envelope, signer: Signer) -> SignedEntry:
    """Serialise the envelope once and sign those bytes; raises EntryError when it names another key."""
    if envelope.key_id != signer.key_id:
        raise EntryError(f"the envelope names key {envelope.key_id}, the signer is {signer.key_id}")
    return signer.sign(ENTRY_TYPE, envelope.model_dump_json().encode())


def parse_signed(document: Any) -> SignedEntry:
    """Read DSSE JSON (already decoded); raises EntryError for anything malformed.  Verifies nothing."""
    match document:
        case {"payloadType": str(payload_type), "payload": str(payload), "signatures": [*signatures]} if (
            1 <= len(signatures) <= 8 and len(document) == 3
        ):
            pairs = tuple(_parse_signature(signature) for signature in signatures)
            if len({key_id for key_id, _ in pairs}) != len(pairs):
                raise EntryError("two signatures by one key")
            return SignedEntry(payload_type, _unbase64(payload, "payload", MAX_BODY_BYTES), pairs)
    raise EntryError("not a DSSE document: payloadType, payload and 1 to 8 signatures are needed")


def _parse_signature(signature: Any) -> tuple[str, bytes]:
    match signature:
        case {"keyid": str(key_id), "sig": str(sig)} if len(key_id) == 16 and len(signature) == 2:
            return key_id, _unbase64(sig, "signature", 64)
    raise EntryError("a signature needs keyid (16 characters) and sig")


def _unbase64(text: str, what: str, limit: int) -> bytes:
    if len(text) > limit * 4 // 3 + 4:
        raise EntryError(f"the {what} is larger than {limit} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EntryError(f"the {what} is not base64") from None


def parse_envelope(payload: bytes) -> Envelope:
    """The v1 envelope in `payload`; raises EntryError for another version, duplicate keys or a broken field."""
    if len(payload) > MAX_ENVELOPE_BYTES:
        raise EntryError(f"the envelope has {len(payload)} bytes, more than {MAX_ENVELOPE_BYTES}")
    try:
        json.loads(payload, object_pairs_hook=reject_duplicate_keys)
        return Envelope.model_validate_json(payload)
    except ValidationError as error:
        raise EntryError(f"envelope: {first_problem(error)}") from None
    except (ValueError, RecursionError) as error:
        raise EntryError(f"envelope: not valid JSON ({str(error).splitlines()[0][:120]})") from None


def verify_signature(document: SignedEntry, payload_type: str, public_key: bytes) -> bytes:
    """The payload, when `public_key` signed it as `payload_type`; raises EntryError otherwise."""
    if document.payload_type != payload_type:
        raise EntryError("the payload is of another type than expected")
    key_id = key_id_of(public_key)
    for signer_id, signature in document.signatures:
        if signer_id == key_id:
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(signature, pae(payload_type, document.payload))
            except (InvalidSignature, ValueError):
                raise EntryError(f"the signature of key {key_id} does not hold") from None
            return document.payload
    raise EntryError(f"not signed by key {key_id}")


def verify_entry(document: SignedEntry, public_key: bytes) -> Envelope:
    """The envelope, when signature, version and named key hold; raises EntryError otherwise."""
    envelope = parse_envelope(verify_signature(document, ENTRY_TYPE, public_key))
    if envelope.key_id != key_id_of(public_key):
        raise EntryError("the envelope names another key than the one that signed it")
    return envelope


def verify_receipt(
    document: SignedEntry, public_key: bytes, entry: SignedEntry, commitments: tuple[str, ...]
) -> Receipt:
    """The receipt, when the server's key signed it for just this entry and these bodies; else raises EntryError."""
    try:
        receipt = Receipt.model_validate_json(verify_signature(document, RECEIPT_TYPE, public_key))
    except ValidationError as error:
        raise EntryError(f"receipt: {first_problem(error)}") from None
    if receipt.entry_hash != entry.entry_hash:
        raise EntryError("the receipt is for another entry")
    if sorted(receipt.commitments) != sorted(commitments):
        raise EntryError("the receipt does not name every body that was sent")
    return receipt


def to_wire(entry: SignedEntry, bodies: tuple[Body, ...]) -> bytes:
    """JSON bytes in which an entry and its bodies travel to the write door."""
    wire = {
        "dsse": entry.to_json(),
        "bodies": [
            {
                "media_type": body.media_type,
                "salt": base64.b64encode(body.salt).decode(),
                "data": base64.b64encode(body.data).decode(),
            }
            for body in bodies
        ],
    }
    return json.dumps(wire, separators=(",", ":")).encode()


def from_wire(data: bytes) -> tuple[SignedEntry, tuple[Body, ...]]:
    """Read what `to_wire` wrote; raises EntryError for anything malformed.  Verifies nothing."""
    try:
        check_structure(data, max_values=MAX_WIRE_VALUES, max_depth=8)
        wire = json.loads(data, object_pairs_hook=reject_duplicate_keys)
    except (ValueError, RecursionError):
        raise EntryError("not valid JSON, too much structure, or a key stands twice") from None
    match wire:
        case {"dsse": dict(document), "bodies": [*bodies]} if len(bodies) <= MAX_BODIES and len(wire) == 2:
            return parse_signed(document), tuple(_parse_body(body) for body in bodies)
    raise EntryError("an entry travels as dsse and bodies")


def _parse_body(body: Any) -> Body:
    match body:
        case {"media_type": str(media_type), "salt": str(salt), "data": str(data)} if len(body) == 3:
            parsed = Body(media_type, _unbase64(data, "body", MAX_BODY_BYTES), _unbase64(salt, "salt", SALT_BYTES))
            if len(parsed.salt) != SALT_BYTES:
                raise EntryError(f"a salt has {SALT_BYTES} bytes, not {len(parsed.salt)}")
            return parsed
    raise EntryError("a body needs media_type, salt and data")


def sign_request(signer: Signer, method: str, target: str, body: bytes, unix_s: int) -> str:
    """Value of the `Authorization` header by which a probe speaks for its key.

    `target` is path and query as sent; the signature covers method, target, SHA-256 of the body and the time.
    """
    payload = _request_payload(method, target, body, unix_s)
    signature = signer.sign(REQUEST_TYPE, payload).signatures[0][1]
    return f"Ansim key={signer.key_id},time={unix_s},sig={base64.b64encode(signature).decode()}"


def parse_request_authorization(header: str) -> tuple[str, int, bytes]:
    """(key_id, unix_s, signature) of an `Authorization` header; raises EntryError when it is none of ours."""
    scheme, _, rest = header.partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "Ansim" or set(fields) != {"key", "time", "sig"} or not fields["time"].isascii():
        raise EntryError("not an Ansim authorisation")
    if not fields["time"].isdigit() or len(fields["time"]) > 12 or len(fields["key"]) != 16:
        raise EntryError("not an Ansim authorisation")
    return fields["key"], int(fields["time"]), _unbase64(fields["sig"], "signature", 64)


def verify_request(header: str, public_key: bytes, *, method: str, target: str, body: bytes, now_unix_s: int) -> None:
    """Raise EntryError unless `public_key` signed this request within the last or next five minutes."""
    key_id, unix_s, signature = parse_request_authorization(header)
    if abs(now_unix_s - unix_s) > REQUEST_WINDOW_S:
        raise EntryError(f"the clocks differ by {abs(now_unix_s - unix_s)} s; set the probe's clock")
    document = SignedEntry(REQUEST_TYPE, _request_payload(method, target, body, unix_s), ((key_id, signature),))
    verify_signature(document, REQUEST_TYPE, public_key)


def _request_payload(method: str, target: str, body: bytes, unix_s: int) -> bytes:
    digest = hashlib.sha256(body).hexdigest()
    return json.dumps({"method": method, "target": target, "sha256": digest, "time": unix_s}).encode()
