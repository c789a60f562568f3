"""What an assessment says: one hazard of one group of lamps in one situation, its value and its limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Table = dict[str, Any]
"""All inputs as one mapping: `firmware`, `boards`, `optics`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One hazard of one group in one situation."""

    group: str
    situation: str
    hazard: str
    value: float
    limit: float
    unit: str
    must_hold: bool = True
    """False where the limit of the exempt group may be exceeded and what follows is written in the README."""

    @property
    def share(self) -> float:
        """Part of the limit that is used."""
        return self.value / self.limit

    @property
    def is_within(self) -> bool:
        """Whether the limit holds."""
        return self.value <= self.limit
