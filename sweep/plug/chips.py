"""Chips of a response test, drawn by whoever plays them."""

from __future__ import annotations

import secrets


def draw_chips(count: int) -> tuple[int, ...]:
    """Chips to play: each one a fair coin of its own, from the operating system, as the p-values take for granted."""
    return tuple(secrets.randbelow(2) for _ in range(count))
