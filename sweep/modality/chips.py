"""Chips of a response test, drawn by whoever plays them."""

from __future__ import annotations

import secrets
from typing import Final

from sweep.modality.white_lamp_rest import WhiteAccount

TRIES: Final = 8
"""Sequences drawn until one fits: even from 15 s ahead the chance that none does is 1e-9 (derived)."""


def draw_chips(count: int) -> tuple[int, ...]:
    """Chips to play: each one a fair coin of its own, from the operating system, as the p-values take for granted."""
    return tuple(secrets.randbelow(2) for _ in range(count))


def draw_lamp_chips(count: int, chip_s: float, account: WhiteAccount, start_s: float) -> tuple[int, ...]:
    """Chips that the white lamp can play without having to rest: drawn anew, all of them, where it would.

    Of those that begin as `white_lamp_rest.BEGIN_AHEAD_S` wants it, 1 in 900 is drawn anew: p-values are too small
    by that share at most (derived).  Where none fits the last is played, and what stays dark is counted.
    """
    chips = draw_chips(count)
    for _ in range(TRIES - 1):
        if not account.copy().play(start_s, chip_s, chips).dark:
            break
        chips = draw_chips(count)
    return chips
