"""Device addresses under a key: comparable with each other, meaningless to anyone without the key.

Input is a 48-bit address and a secret; output is a tag of 16 hexadecimal digits (the first 8 bytes of HMAC-SHA256).
The vendor prefix and the locally-administered bit stay readable, since they tell what a device is and not which one.
The secret is never printed and never leaves this object.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.report import AddressToken

AddressForm = Literal["hashed", "full"]
"""How addresses appear in the output of a command."""
SECRET_OCTETS: Final = 32
_LOCAL_BIT: Final = 1 << 41


def format_address(address: int) -> str:
    """A 48-bit number as `aa:bb:cc:dd:ee:ff`."""
    return address.to_bytes(6, "big").hex(":")


def parse_address(text: str) -> int:
    """The 48-bit number of `aa:bb:cc:dd:ee:ff` (or with dashes, either case); ValueError for anything else."""
    octets = text.replace("-", ":").split(":")
    if len(octets) != 6 or any(len(octet) != 2 for octet in octets):
        raise ValueError(Phrase("address_not_six_octets"))
    return int.from_bytes(bytes.fromhex("".join(octets)), "big")


def is_locally_administered(address: int) -> bool:
    """True when the address was made up by its owner (IEEE 802c): it names no vendor."""
    return bool(address & _LOCAL_BIT)


def to_oui(address: int) -> str | None:
    """The vendor prefix as `AA:BB:CC`; None for a locally administered address."""
    if is_locally_administered(address):
        return None
    return address.to_bytes(6, "big")[:3].hex(":").upper()


@dataclass(frozen=True, slots=True)
class AddressKey:
    """A secret that turns addresses into tags."""

    scheme: Literal["room", "sweep"]
    """`room`: kept for a year, visits can be compared; `sweep`: lives in memory and dies with the sweep."""
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("an address key needs at least 16 bytes")

    @classmethod
    def random(cls, scheme: Literal["room", "sweep"] = "sweep") -> AddressKey:
        """A new key nobody else has."""
        return cls(scheme, os.urandom(SECRET_OCTETS))

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits that tell keys apart and say nothing about the secret."""
        import hashlib

        return hashlib.sha256(b"ansim-address-key-v1\0" + self.secret).hexdigest()[:8]

    def tag(self, address: int) -> str:
        """The tag of one address under this key."""
        import hashlib  # both load a library that only tags need
        import hmac

        return hmac.new(self.secret, address.to_bytes(6, "big"), hashlib.sha256).hexdigest()[:16]

    def token(self, address: int, *, is_random: bool | None = None) -> AddressToken:
        """The address as the record that reports carry.

        `is_random` says whether its owner made it up, where the air tells so itself (Bluetooth); None asks the address.
        """
        from sweep.report import AddressToken  # loads Pydantic, which reading a capture does not need

        is_made_up = is_locally_administered(address) if is_random is None else is_random
        return AddressToken(
            scheme=self.scheme,
            key_id=self.key_id,
            tag=self.tag(address),
            oui=None if is_made_up else to_oui(address),
            is_locally_administered=is_made_up,
        )
