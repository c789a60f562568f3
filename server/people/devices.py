"""Known devices: a cookie that says "this person logged in from here before", as OWASP's device cookies.

It gives no access; it only keeps a stranger's wrong passwords from delaying the right person.  A token is an id and its
HMAC over user name, id and the time of the password, so that a new password ends all tokens of the old one.  A shared
phone holds the tokens of its last few people.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sweep.entry.dsse import sync_folder

DEVICE_COOKIE = "ansim_device"
MAX_PEOPLE = 5  # guessed: inspectors who share a phone
COOKIE_DAYS = 365
SECRET_OCTETS = 32
_TOKEN = re.compile(r"([0-9a-f]{32})([0-9a-f]{64})")


class KnownDevices:
    """Makes and recognises tokens."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load_or_create(cls, path: Path) -> KnownDevices:
        """With the secret in this file, which only its owner reads; made at the first start, and anew where a power
        cut left it without one.
        """
        with suppress(FileNotFoundError):
            secret = path.read_bytes()
            if len(secret) == SECRET_OCTETS:
                return cls(secret)
            path.unlink()
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_OCTETS))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process made it meanwhile
            os.link(part, path)
        part.unlink()
        sync_folder(path.parent)
        return cls(path.read_bytes())

    def device_of(self, cookie: str, username: str, password_ms: int) -> str | None:
        """Id of the device when one of its tokens was made for this person and password."""
        for device, mac in _tokens(cookie):
            if hmac.compare_digest(mac, self._mac(device, username, password_ms)):
                return device
        return None

    def remember(self, cookie: str, username: str, password_ms: int) -> str:
        """The cookie with a token for this person, in front of those of others."""
        known = self.device_of(cookie, username, password_ms)
        device = known or secrets.token_hex(16)
        others = [device + mac for device, mac in _tokens(cookie) if device != known]
        return "~".join([device + self._mac(device, username, password_ms), *others][:MAX_PEOPLE])

    @property
    def fingerprint(self) -> str:
        """What the secret is known by; nobody comes from this to the secret."""
        return hashlib.sha256(b"ansim-devices\0" + self._secret).hexdigest()

    def hash_name(self, name: str) -> str:
        """A name as it is counted where others might read it."""
        return hmac.new(self._secret, f"name\n{name}".encode(), hashlib.sha256).hexdigest()

    def pin_mac(self, user_id: UUID, pin: str) -> str:
        """What is hashed of a PIN: without this secret, outside the database, a million tries tell nothing."""
        return hmac.new(self._secret, b"ansim-pin\0" + user_id.bytes + pin.encode(), hashlib.sha256).hexdigest()

    @property
    def second_factor_key(self) -> bytes:
        """Under which secrets of authenticator apps are sealed: outside the database, the same in each process."""
        return hmac.new(self._secret, b"ansim-second-factor\0", hashlib.sha256).digest()

    @property
    def notification_key(self) -> bytes:
        """Under which mail addresses and those of browsers are sealed."""
        return hmac.new(self._secret, b"ansim-notification\0", hashlib.sha256).digest()

    @property
    def vapid_seed(self) -> bytes:
        """64 octets from which the key for push services follows, the same in each process."""
        return hmac.new(self._secret, b"ansim-vapid\0", hashlib.sha512).digest()

    def phone_key(self, user_id: UUID, salt: bytes) -> bytes:
        """32 octets under which a phone seals what it keeps of this person; the same at each login of theirs, until a
        phone is lost and another `salt` is drawn.
        """
        return hmac.new(self._secret, b"ansim-phone\0" + user_id.bytes + salt, hashlib.sha256).digest()

    @cached_property
    def pin_sealing_key(self) -> EllipticCurvePrivateKey:
        """To whose public half a phone seals a second person's PIN: the same in each process (FIPS 186-5, A.2.1)."""
        curve = SECP256R1()
        wide = HKDF(SHA256(), 48, salt=None, info=b"ansim-pin-sealing").derive(self._secret)
        return derive_private_key(int.from_bytes(wide) % (curve.group_order - 1) + 1, curve)

    def challenge_mac(self, text: str) -> str:
        """The keyed hash of a challenge that is handed out (challenges.py)."""
        return hmac.new(self._secret, f"ansim-challenge\0{text}".encode(), hashlib.sha256).hexdigest()

    def _mac(self, device: str, username: str, password_ms: int) -> str:
        return hmac.new(self._secret, f"{username}\n{device}\n{password_ms}".encode(), hashlib.sha256).hexdigest()


def _tokens(cookie: str) -> list[tuple[str, str]]:
    found = (_TOKEN.fullmatch(part) for part in cookie.split("~")[:MAX_PEOPLE])
    return [(match[1], match[2]) for match in found if match is not None]
