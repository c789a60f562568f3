"""What sending entries comes to: how a `send` function says that one was not taken, and what a whole pass did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sweep.phrases import Phrase

MOST_FAILURES: Final = 3
"""Entries in a row that the server does not take, after which a pass ends: it is the server and not they (guessed)."""


class EntryRefusedError(RuntimeError):
    """Raised by a `send` function when the server refuses an entry for good (malformed or in conflict)."""


class EntryHeldError(RuntimeError):
    """Raised by a `send` function when the server answers that it does not take this entry now."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one pass over the outbox did."""

    delivered: int
    refused: int
    pending: int
    damaged: int = 0
    """Files set aside because they could not be read."""
    trouble: Phrase | None = None
    """Why entries wait though the server answers; one line."""
    went_back: bool = False
    """The server's log is not the one that this probe saw before."""
