"""Resets the sensor head by its RESET, which the carrier of revision B brings to a line of the Raspberry Pi."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from sweep.host.gpio import Line, LinePlace

CONSUMER: Final = "ansim-sweep-head-reset"
PULSE_S: Final = 0.01
"""Ten times what the carrier needs (hardware/interfaces.toml, pi.head_reset)."""


def pulse_reset(place: LinePlace, *, wait: Callable[[float], None] = time.sleep) -> None:
    """Hold the head in reset for a moment; the line is low afterwards. Raises LineError."""
    with Line(place, CONSUMER, drive=False, pull="down") as line:
        line.set(is_high=True)
        try:
            wait(PULSE_S)
        finally:
            line.set(is_high=False)
