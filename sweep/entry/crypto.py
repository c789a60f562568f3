"""The only module that does cryptography: Ed25519, AES-256-GCM, and private keys sealed under a passphrase.

Input and output are bytes; nothing here knows entries, notes or files.  What stands behind this module, and what a
public body has to clear before it relies on it, is in server/CRYPTO.md: another module goes in here and nowhere else.
"""

from __future__ import annotations

import secrets

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from sweep.phrases import Phrase

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
_SIGN_BIT = 0x80  # of x, in the last octet
_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""y of each point whose order divides 8, the non-canonical ones too: the list of libsodium's `has_small_order`."""


class SigningKey:
    """An Ed25519 private key (RFC 8032)."""

    def __init__(self, seed: bytes) -> None:
        """`seed`: 32 secret bytes; ValueError for another length."""
        if len(seed) != SEED_BYTES:
            raise ValueError(Phrase("ed25519_seed_length", needed=SEED_BYTES, given=len(seed)))
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._private.public_key().public_bytes_raw()

    @classmethod
    def make(cls) -> SigningKey:
        """A new key."""
        return cls(secrets.token_bytes(SEED_BYTES))

    @property
    def seed(self) -> bytes:
        """The secret."""
        return self._private.private_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature over a message, 64 bytes."""
        return self._private.sign(message)


def is_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Does this signature by this key hold over the message? False for malformed ones."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def has_small_order(public_key: bytes) -> bool:
    """Is it a point for which anybody can make signatures that hold, without any secret?"""
    return public_key[:-1] + bytes((public_key[-1] & ~_SIGN_BIT,)) in _SMALL_ORDER


def seal(key: SigningKey, passphrase: bytes) -> bytes:
    """The key as PEM (PKCS #8), encrypted under a passphrase."""
    private = Ed25519PrivateKey.from_private_bytes(key.seed)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))


def unseal(pem: bytes, passphrase: bytes) -> SigningKey:
    """The key in a sealed PEM; ValueError for another passphrase, another file or another kind of key."""
    try:
        private = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError):
        raise ValueError(Phrase("wrong_file_or_passphrase")) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(Phrase("not_an_ed25519_key"))  # noqa: TRY004  what a file holds is a value
    return SigningKey(private.private_bytes_raw())


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """The X.509 certificates in a PEM file; ValueError when there is none."""
    return x509.load_pem_x509_certificates(pem)


class DecryptError(ValueError):
    """What was encrypted does not open: another key, another binding, or changed bytes."""


def encrypt(key: bytes, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    """AES-256-GCM (NIST SP 800-38D); `bound` is not encrypted, and has to be the same to open. A nonce serves once."""
    return AESGCM(key).encrypt(nonce, data, bound)


def decrypt(key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What `encrypt` sealed; raises DecryptError."""
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError) as error:
        raise DecryptError(Phrase("decryption_failed")) from error
