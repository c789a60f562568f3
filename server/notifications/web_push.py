"""Web Push: one constant message, encrypted for a browser (RFC 8291) and signed for its push service (RFC 8292).

Input is where a browser takes messages, which strangers may have made up; output is what became of one.  It calls the
services of the setting alone, over https, follows nobody elsewhere and reads no answer.  http-ece and pywebpush were
looked at: the one comes without a wheel, the other needs it and two HTTP clients besides.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import struct
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import ConfigDict

from server.interface.notification_requests import SubscriptionRequest
from server.notifications.outcomes import DEAD, GONE, LATER, LIFE_S, SENT, TEXT, TIMEOUT_S, Outcome

CURVE: Final = ec.SECP256R1()
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RECORD_BYTES: Final = 4_096  # RFC 8291, section 4: one record
PADDED_BYTES: Final = 128  # guessed: more than the constant text, of a length that tells nothing
HEADERS: Final = {
    "Content-Encoding": "aes128gcm",
    "Content-Type": "application/octet-stream",
    "TTL": str(LIFE_S),
    "Urgency": "high",
    "Topic": "ansim",  # a later message takes the place of one that was not fetched yet
}
TOKEN_S: Final = 12 * 3600  # RFC 8292, section 2: at most 24 hours
MAX_AFTER_S: Final = 3_600.0
HTTPS_PORT: Final = 443


class Subscription(SubscriptionRequest):
    """A browser's subscription as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PushSender:
    """What calls the push services of browsers in the name of this server."""

    def __init__(
        self, contact: str, services: str, seed: bytes, loopback: frozenset[str], clock_s: Callable[[], float]
    ) -> None:
        """`contact`: whom a push service writes to; `services`: whom to call; `seed`: 64 secret octets."""
        self._contact, self._clock_s = contact, clock_s
        self._services = tuple(name.strip().lower() for name in services.split(",") if name.strip())
        self._loopback = loopback
        private = ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, CURVE)
        self._key = ECKey.import_key(private)
        self.public_key = base64url(_point(private.public_key()))
        self._http = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def allows(self, endpoint: str) -> bool:
        """Is this an address of a push service that we call? One on this machine has to be named with its port."""
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").lower()
        try:
            port = parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not host:
            return False
        if host in self._loopback:
            return f"{host}:{port}" in self._services
        is_known = any(fnmatchcase(host, name) for name in self._services)
        return parts.scheme == "https" and port in {None, HTTPS_PORT} and is_known

    def send(self, subscription: Subscription) -> Outcome:
        """Tell this browser that there is something to look at."""
        if not self.allows(subscription.endpoint):
            return GONE  # the operator calls that service no more
        try:
            body = encrypted(TEXT.encode(), unbase64url(subscription.p256dh), unbase64url(subscription.auth))
        except ValueError:
            return GONE  # a key that is no point of the curve
        headers = HEADERS | {"Authorization": self.authorization(subscription.endpoint)}
        try:
            with self._http.stream("POST", subscription.endpoint, content=body, headers=headers) as answer:
                return _outcome_of(answer.status_code, answer.headers.get("Retry-After", ""))
        except (httpx.HTTPError, httpx.InvalidURL):
            return LATER

    def authorization(self, endpoint: str) -> str:
        """Who calls a push service (RFC 8292, section 3)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(self._clock_s()) + TOKEN_S,
            "sub": self._contact,
        }
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, self._key, algorithms=["ES256"])
        return f"vapid t={token}, k={self.public_key}"


def encrypted(
    text: bytes,
    browser: bytes,
    auth: bytes,
    *,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes = b"",
    padded: int = PADDED_BYTES,
) -> bytes:
    """The text for a browser, of the same length whatever it says; ValueError for keys that are none.

    RFC 8291, section 3.4, in the one record of RFC 8188; `own` and `salt` are new each time but in the RFC's example.
    """
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, browser)
    own, salt = own or ec.generate_private_key(CURVE), salt or secrets.token_bytes(16)
    mine = _point(own.public_key())
    shared = _hkdf(own.exchange(ec.ECDH(), public), auth, b"WebPush: info\0" + browser + mine, 32)
    key = _hkdf(shared, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(shared, salt, b"Content-Encoding: nonce\0", 12)
    plain = (text + b"\x02").ljust(padded, b"\0")
    return salt + struct.pack("!LB", RECORD_BYTES, len(mine)) + mine + AESGCM(key).encrypt(nonce, plain, None)


def hash_of(endpoint: str) -> str:
    """What a browser's address is known by in the database."""
    return hashlib.sha256(b"ansim-push\0" + endpoint.encode()).hexdigest()


def is_usable(subscription: SubscriptionRequest) -> bool:
    """Can anything be encrypted for this browser?"""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unbase64url(subscription.p256dh))
    except ValueError:
        return False
    return True


def base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """What `base64url` wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


def _point(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _outcome_of(status: int, retry_after: str) -> Outcome:
    """RFC 8030, section 5; a redirect leads nowhere."""
    if 200 <= status < 300:
        return SENT
    if status in {404, 410}:
        return GONE
    if status == 429 or status >= 500:
        wanted = float(retry_after) if retry_after.isdigit() else 0.0
        return Outcome("later", min(wanted, MAX_AFTER_S))
    return DEAD
