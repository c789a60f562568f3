"""A phone with passkeys, in software: what browsers send, right or with one thing wrong."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

RP_ID = "ansim.example.kr"
ORIGIN = "https://ansim.example.kr"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey, and what it says when it is asked."""

    origin: str = ORIGIN
    rp_id: str = RP_ID
    flags: int = PRESENT | VERIFIED
    count: int = 0
    user_handle: str = ""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def new(self, options: dict[str, Any], name: str = "내 휴대전화") -> dict[str, Any]:
        """The body that registers it, for the options of the server."""
        self.user_handle = options["user_id"]
        numbers = self.key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        data = self.signed_data(ATTESTED) + bytes(16) + len(self.credential_id).to_bytes(2, "big")
        data += self.credential_id + cbor2.dumps(public_key)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "name": name,
            "client_data": bytes_to_base64url(self.client_data("webauthn.create", options["challenge"])),
            "attestation": bytes_to_base64url(attestation),
        }

    def answer(self, options: dict[str, Any]) -> dict[str, Any]:
        """The body that answers a challenge."""
        self.count += 1
        data, client_data = self.signed_data(), self.client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        return {
            "credential_id": bytes_to_base64url(self.credential_id),
            "client_data": bytes_to_base64url(client_data),
            "authenticator_data": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "user_handle": self.user_handle,
        }

    def client_data(self, kind: str, challenge: str) -> bytes:
        """What the browser says and the key signs."""
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def signed_data(self, flags: int = 0) -> bytes:
        rp_hash = hashlib.sha256(self.rp_id.encode()).digest()
        return rp_hash + bytes([self.flags | flags]) + self.count.to_bytes(4, "big")


def changed(encoded: str, place: int) -> str:
    """The same bytes with one of them another."""
    data = bytearray(base64url_to_bytes(encoded))
    data[place % len(data)] ^= 0x5A
    return bytes_to_base64url(bytes(data))
