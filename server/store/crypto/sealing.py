"""How a body, and what was read from bodies, is sealed: AES-256-GCM under keys that can be destroyed.

Input are the seeds of slots (body_keys.py); output are bytes for the database.  A body is sealed together with its salt
under a key of its own slot and bound to its commitment.  A text that was read from bodies is sealed under a key made of
the seeds of all of them, so that it dies with the first that is erased.  BODIES.md has the formats.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import zstandard

from sweep.entry.crypto import decrypt, encrypt
from sweep.entry.dsse import MAX_BODY_BYTES, SALT_BYTES
from sweep.entry.envelope import Body
from sweep.phrases import Phrase

BODY_LABEL = b"ansim-body-key-v1"
DERIVED_LABEL = b"ansim-derived-key-v1"
BODY_DOMAIN = b"ansim-sealed-body-v1\x00"
TEXT_DOMAIN = b"ansim-sealed-text-v1\x00"
NONCE_BYTES = 12
SLOT_BYTES = 5
PLAIN, ZSTD = 0, 1
# What a body shrinks to says something of its content, and outlives it. Its length is in the envelope anyway.
COMPRESSED_FROM_BYTES = 4096  # derived: reports are longer; details, verdicts and names shorter
PADDED_TO_BYTES = 64  # guessed: a few bits of the shrunk length are kept back
LEVEL = 3  # zstd's own default


class SealError(Exception):
    """A sealed body does not open with the key of its slot, or is not the one that its commitment names."""


@dataclass(frozen=True)
class PackedBody(Body):
    """A body that was made small before it was its turn to be sealed: that takes most of the time, and needs no key."""

    packed: bytes

    @classmethod
    def of(cls, body: Body) -> PackedBody:
        """A body, made small."""
        made = cls(body.media_type, body.data, body.salt, _packed(body.data))
        vars(made)["commitment"] = body.commitment  # cached there; to hash a report again takes as long as to seal it
        return made


def seal_body(seed: bytes, body: Body) -> bytes:
    """Nonce, then salt, form and content encrypted."""
    plain = body.salt + (body.packed if isinstance(body, PackedBody) else _packed(body.data))
    nonce = secrets.token_bytes(NONCE_BYTES)
    domain = BODY_DOMAIN + bytes.fromhex(body.commitment)
    return nonce + encrypt(_key(seed, BODY_LABEL), nonce, plain, domain)


def open_body(seed: bytes, commitment: str, sealed: bytes) -> tuple[bytes, bytes]:
    """(salt, data); raises SealError."""
    domain = BODY_DOMAIN + bytes.fromhex(commitment)
    try:
        plain = decrypt(_key(seed, BODY_LABEL), sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], domain)
        return plain[:SALT_BYTES], _unpacked(plain[SALT_BYTES:])
    except (ValueError, IndexError, zstandard.ZstdError) as error:
        raise SealError(Phrase("body_does_not_open", commitment=commitment)) from error


def seal_text(seeds: Callable[[int], bytes | None], slots: Sequence[int], purpose: str, text: str) -> bytes:
    """A text that was read from the bodies in these slots; raises SealError when one of them is destroyed."""
    ordered = sorted(set(slots))
    key = _joint_key(seeds, ordered)
    if key is None:
        raise SealError(Phrase("body_source_erased"))
    head = bytes([len(ordered) >> 8, len(ordered) & 0xFF]) + b"".join(
        slot.to_bytes(SLOT_BYTES, "big") for slot in ordered
    )
    nonce = secrets.token_bytes(NONCE_BYTES)
    return head + nonce + encrypt(key, nonce, text.encode(), TEXT_DOMAIN + purpose.encode() + b"\x00" + head)


def open_text(seeds: Callable[[int], bytes | None], purpose: str, sealed: bytes) -> str | None:
    """The text; None when a body from which it was read is erased, or it is not of this purpose."""
    end = 2 + SLOT_BYTES * int.from_bytes(sealed[:2], "big")
    head, nonce, rest = sealed[:end], sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    slots = [int.from_bytes(head[start : start + SLOT_BYTES], "big") for start in range(2, end, SLOT_BYTES)]
    key = _joint_key(seeds, slots)
    if key is None:
        return None
    try:
        return decrypt(key, nonce, rest, TEXT_DOMAIN + purpose.encode() + b"\x00" + head).decode()
    except ValueError:
        return None


def _key(seed: bytes, label: bytes) -> bytes:
    return hmac.digest(seed, label, "sha256")


def _joint_key(seeds: Callable[[int], bytes | None], slots: Sequence[int]) -> bytes | None:
    """A key that only whoever has the seed of every slot can make; None when one is destroyed."""
    digest = hashlib.sha256()
    for slot in slots:
        seed = seeds(slot)
        if seed is None:
            return None
        digest.update(_key(seed, DERIVED_LABEL))
    return digest.digest()


def _packed(data: bytes) -> bytes:
    if len(data) >= COMPRESSED_FROM_BYTES:
        frame = zstandard.ZstdCompressor(level=LEVEL).compress(data)
        if len(frame) + PADDED_TO_BYTES < len(data):
            return bytes([ZSTD]) + frame + bytes(-len(frame) % PADDED_TO_BYTES)
    return bytes([PLAIN]) + data


def _unpacked(packed: bytes) -> bytes:
    if packed[0] == PLAIN:
        return packed[1:]
    if packed[0] != ZSTD:
        raise ValueError(Phrase("body_form_unknown"))
    frame = packed[1:]
    if not 0 <= zstandard.frame_content_size(frame) <= MAX_BODY_BYTES:
        raise ValueError(Phrase("body_too_large"))
    return zstandard.ZstdDecompressor().decompressobj().decompress(frame)
