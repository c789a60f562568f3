"""The second person's PIN, given without a connection: sealed on the first one's phone, opened where it arrives.

The phone makes a key for one use and agrees on a secret with the server's public one (ECDH on P-256, SEC 1), from which
comes the key of one message (HKDF, RFC 5869; AES-256-GCM).  Whoever holds the phone can open nothing of it, and what
was sealed for one inspection opens for no other.  Passwords and codes are not sealed: a code is of its half minute.
"""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import ECDH, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.interface.case_requests import SecondPerson
from server.people.devices import KnownDevices
from sweep.report import parse_json

POINT_OCTETS = 65
NONCE = bytes(12)
"""One key seals one message."""
INFO = b"ansim second pin"


def recipient_of(devices: KnownDevices) -> str:
    """To what a phone seals: an uncompressed point of P-256 in base64."""
    return base64.b64encode(_point(devices.pin_sealing_key.public_key())).decode()


def open_pin(devices: KnownDevices, sealed: str, about: str) -> SecondPerson | None:
    """What was sealed `about` this inspection; None for what opens not, or is no PIN of somebody's.

    `sealed`: base64 of the phone's point and the message behind it.
    """
    try:
        octets = base64.b64decode(sealed, validate=True)
        theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), octets[:POINT_OCTETS])
        ours = devices.pin_sealing_key
        info = INFO + octets[:POINT_OCTETS] + _point(ours.public_key())
        key = HKDF(SHA256(), 32, salt=None, info=info).derive(ours.exchange(ECDH(), theirs))
        named = parse_json(SecondPerson, AESGCM(key).decrypt(NONCE, octets[POINT_OCTETS:], about.encode()))
    except (ValueError, InvalidTag):
        return None
    return None if named.pin is None else named


def _point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
