"""Whose word an entry is, for whatever counts persons: the account tells, and the name only where there is none."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says something, as an entry names them."""

    name: str
    account: str | None = None
    """None: in an entry from before accounts had ids."""

    def is_of(self, other: Voice) -> bool:
        """Is it the same person's? By the accounts, whatever the names; where one of the two has none, by the names."""
        if self.account is None or other.account is None:
            return self.name == other.name
        return self.account == other.account
