"""What comes down is sealed to the server that asked (age, X25519).

The identity is made here at the first start with a city and never leaves; the city gets its public half, the recipient,
with each signed request.  It lies in the folder of the server's keys: whoever takes the whole card has both.
"""

from __future__ import annotations

import os
from pathlib import Path

from sweep.entry.dsse import sync_folder
from sweep.phrases import Phrase


class SealedError(Exception):
    """What came down does not open, or a recipient or identity is none; the message is one line."""


class Identity:
    """The private half."""

    def __init__(self, text: str) -> None:
        """`text`: AGE-SECRET-KEY-1…; raises SealedError."""
        import pyrage  # here and below: a server without a city, and that is nobody's city, does without it

        try:
            self._identity = pyrage.x25519.Identity.from_str(text.strip())
        except pyrage.IdentityError:
            raise SealedError(Phrase("age_identity_invalid")) from None
        self.recipient = str(self._identity.to_public())

    @classmethod
    def load_or_create(cls, path: Path) -> Identity:
        """The identity in a file, made and stored with mode 0600 when there is none."""
        if path.exists():
            return cls(path.read_text(encoding="ascii", errors="replace"))
        import pyrage

        text = str(pyrage.x25519.Identity.generate())
        part = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)  # else a power cut makes another one, and what was sealed to this one opens no more
        return cls(text)

    def unseal(self, sealed: bytes) -> bytes:
        """What was sealed to this identity; raises SealedError."""
        import pyrage

        try:
            return bytes(pyrage.decrypt(sealed, [self._identity]))
        except pyrage.DecryptError:
            raise SealedError(Phrase("sealed_not_to_this_server")) from None


def seal_to(recipient: str, data: bytes) -> bytes:
    """Seal to the recipient of another server; raises SealedError when it is none."""
    import pyrage

    try:
        return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))
    except pyrage.RecipientError:
        raise SealedError(Phrase("age_recipient_invalid")) from None
