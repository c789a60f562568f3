"""DSSE documents and the hashes of an entry, as ENTRY.md describes them: what every reader of the log shares.

Input are bytes, keys and decoded JSON; output are signed documents whose payload stays exactly as it came, and hashes.
Only the standard library and `cryptography`: a verifier needs nothing else.  Malformed input is `EntryError`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.entry.crypto import SIGNATURE_BYTES, SigningKey, is_signature
from sweep.phrases import Phrase

ENTRY_TYPE = "application/vnd.ansim.entry.v1+json"
RECEIPT_TYPE = "application/vnd.ansim.receipt.v1+json"
REQUEST_TYPE = "application/vnd.ansim.request.v1+json"
WEIGHTS_TYPE = "application/vnd.ansim.field-weights.v1+json"
UPDATE_TYPE = "application/vnd.ansim.update.v1+json"
BODY_DOMAIN = b"ansim-body-v1\x00"
SALT_BYTES = 32
MAX_ENVELOPE_BYTES = 64 * 1024  # derived: 256 body references take 40 kB
MAX_BODY_BYTES = 8 * 1024 * 1024  # derived: the largest report, see report.base.MAX_JSON_BYTES
MAX_BODIES = 256
MAX_ALL_BODIES_BYTES = 16 * 1024 * 1024  # derived: more than one request to the ingest path carries


class EntryError(ValueError):
    """An entry, receipt or signed request that does not hold; the message is one line."""


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


class Signer:
    """An Ed25519 key that signs; made on the device, kept in a file of mode 0600."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.public_key = key.public_key
        self.key_id = key_id_of(self.public_key)

    @classmethod
    def from_seed(cls, seed: bytes) -> Signer:
        """A signer from 32 secret bytes; raises EntryError for another length."""
        try:
            return cls(SigningKey(seed))
        except ValueError as error:
            raise EntryError(error) from None

    @classmethod
    def load_or_create(cls, path: Path) -> Signer:
        """The key in `path` (32 raw bytes), made and stored with mode 0600 when absent."""
        try:
            return cls.from_seed(path.read_bytes())
        except FileNotFoundError:
            pass
        except EntryError as error:
            raise EntryError(Phrase("key_file_damaged", file=path, why=error)) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        key = SigningKey.make()
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.seed)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(part, path)
        except FileExistsError:
            return cls.from_seed(path.read_bytes())
        finally:
            part.unlink()
        sync_folder(path.parent)  # else a power cut makes another key, after this one has signed
        return cls(key)

    def sign_bytes(self, message: bytes) -> bytes:
        """The signature over a message that says itself what it is: a checkpoint's text or a witness's."""
        return self._key.sign(message)

    def sign(self, payload_type: str, payload: bytes) -> SignedEntry:
        """A DSSE document over `payload` with this key's signature."""
        signature = self._key.sign(pae(payload_type, payload))
        return SignedEntry(payload_type, payload, ((self.key_id, signature),))


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk.  Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
        raise EntryError(Phrase("salt_length", needed=SALT_BYTES, given=len(salt)))
    return hashlib.sha256(BODY_DOMAIN + salt + data).hexdigest()


def parse_signed(document: Any) -> SignedEntry:
    """Read DSSE JSON (already decoded); raises EntryError for anything malformed.  Verifies nothing."""
    match document:
        case {"payloadType": str(payload_type), "payload": str(payload), "signatures": [*signatures]} if (
            1 <= len(signatures) <= 8 and len(document) == 3
        ):
            pairs = tuple(_parse_signature(signature) for signature in signatures)
            if len({key_id for key_id, _ in pairs}) != len(pairs):
                raise EntryError(Phrase("two_signatures_by_one_key"))
            return SignedEntry(payload_type, unbase64(payload, "payload", MAX_BODY_BYTES), pairs)
    raise EntryError(Phrase("not_a_dsse_document"))


def _parse_signature(signature: Any) -> tuple[str, bytes]:
    match signature:
        case {"keyid": str(key_id), "sig": str(sig)} if len(key_id) == 16 and len(signature) == 2:
            raw = unbase64(sig, "signature", SIGNATURE_BYTES)
            if len(raw) != SIGNATURE_BYTES:
                raise EntryError(Phrase("signature_length", needed=SIGNATURE_BYTES, given=len(raw)))
            return key_id, raw
    raise EntryError(Phrase("signature_members_16"))


def unbase64(text: str, what: str, limit: int) -> bytes:
    """Decoded standard base64 of at most `limit` bytes; raises EntryError."""
    if len(text) > limit * 4 // 3 + 4:
        raise EntryError(Phrase("part_too_large", what=what, most=limit))
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise EntryError(Phrase("part_not_base64", what=what)) from None
    if len(raw) > limit:
        raise EntryError(Phrase("part_too_large", what=what, most=limit))
    return raw


def verify_signature(document: SignedEntry, payload_type: str, public_key: bytes) -> bytes:
    """The payload, when `public_key` signed it as `payload_type`; raises EntryError otherwise."""
    if document.payload_type != payload_type:
        raise EntryError(Phrase("payload_type_unexpected"))
    key_id = key_id_of(public_key)
    for signer_id, signature in document.signatures:
        if signer_id == key_id:
            if not is_signature(public_key, signature, pae(payload_type, document.payload)):
                raise EntryError(Phrase("signature_of_key_invalid", key_id=key_id))
            return document.payload
    raise EntryError(Phrase("not_signed_by_key", key_id=key_id))
