"""Opens bodies from a database and a store, written from server/store/crypto/BODIES.md, with nothing of the server."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


@dataclass
class Store:
    """What the store's file says."""

    name: str
    reserved: int
    times_destroyed: int
    nodes: dict[str, bytes] = field(default_factory=dict)
    """Seeds by the bits from the root, as text of 0 and 1."""

    def seed(self, slot: int) -> bytes | None:
        """The leaf of a slot, or None when no node lies above it."""
        bits = f"{slot:040b}"
        for depth in range(41):
            seed = self.nodes.get(bits[:depth])
            if seed is not None:
                for bit in bits[depth:]:
                    seed = hmac.new(seed, b"ansim-body-tree-v1" + bytes([int(bit)]), hashlib.sha256).digest()
                return seed
        return None


def read_store(file: bytes, store_key: bytes) -> Store:
    """Open the store; InvalidTag when the key is another."""
    magic = b"ansim-body-keys-v1\n"
    assert file.startswith(magic)
    plain = AESGCM(store_key).decrypt(file[35:47], file[47:], file[:35])
    store = Store(file[19:35].hex(), int.from_bytes(plain[:8], "big"), int.from_bytes(plain[8:16], "big"))
    for start in range(16, len(plain), 38):
        node = plain[start : start + 38]
        store.nodes[f"{int.from_bytes(node[1:6], 'big'):040b}"[: node[0]]] = node[6:]
    return store


def open_sealed(seed: bytes, commitment: str, sealed: bytes) -> tuple[bytes, bytes] | None:
    """(salt, body) of a row of `body_data`, or None when it does not open."""
    key = hmac.new(seed, b"ansim-body-key-v1", hashlib.sha256).digest()
    bound_to = b"ansim-sealed-body-v1\x00" + bytes.fromhex(commitment)
    try:
        plain = AESGCM(key).decrypt(sealed[:12], sealed[12:], bound_to)
    except InvalidTag:
        return None
    salt, form, content = plain[:32], plain[32], plain[33:]
    if form == 1:
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    assert hashlib.sha256(b"ansim-body-v1\x00" + salt + content).hexdigest() == commitment
    return salt, content


def open_text(store: Store, purpose: str, sealed: bytes) -> str | None:
    """A sealed text of a projection, or None when one of its bodies is erased."""
    end = 2 + 5 * int.from_bytes(sealed[:2], "big")
    joint = hashlib.sha256()
    for start in range(2, end, 5):
        seed = store.seed(int.from_bytes(sealed[start : start + 5], "big"))
        if seed is None:
            return None
        joint.update(hmac.new(seed, b"ansim-derived-key-v1", hashlib.sha256).digest())
    bound_to = b"ansim-sealed-text-v1\x00" + purpose.encode() + b"\x00" + sealed[:end]
    return AESGCM(joint.digest()).decrypt(sealed[end : end + 12], sealed[end + 12 :], bound_to).decode()


def derivable(store: Store, slots: range) -> Iterator[tuple[int, bytes]]:
    """Every one of these slots that the store opens, with its seed."""
    for slot in slots:
        seed = store.seed(slot)
        if seed is not None:
            yield slot, seed
