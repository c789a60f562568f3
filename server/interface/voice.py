"""Whose word an entry is, for whatever counts persons: two are those who differ by account and by name.

In a district no two accounts bear one name, so the name adds nothing there; but somebody may have an account at a Pi's
server and another at the city's, and entries from before accounts had ids tell persons apart by name alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says something, as an entry names them."""

    name: str
    account: str | None = None
    """None: in an entry from before accounts had ids."""

    def is_of(self, other: Voice) -> bool:
        """Is it the same person's, as far as anybody can tell?"""
        is_one_account = self.account is not None and self.account == other.account
        return is_one_account or self.name == other.name
