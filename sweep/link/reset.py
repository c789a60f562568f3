"""Whether the sensor head on a port begins anew, its bootloader first.

Input is the port, and what resets the head: opening a USB socket of its own does, a UART needs the line of a carrier.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sweep.link.frame import FrameReader, Received
from sweep.link.head import SerialPort
from sweep.link.messages import Identity

RESETS_ITSELF: Final = ("ttyUSB", "ttyACM")
"""Ports of USB adapters, whose DTR resets a Nano."""
RESTART_S: Final = 4.0
"""A bootloader waits for one to two seconds before it begins the firmware (Optiboot, ATmegaBOOT)."""


def resets_itself(port: str) -> bool:
    """Whether opening this port resets the head."""
    return Path(port).resolve().name.startswith(RESETS_ITSELF)


def restarts(port: str, reset: Callable[[], None], *, within_s: float = RESTART_S) -> bool:
    """Whether a head with firmware says, unasked, that it begins anew after `reset`. Raises PortError, LineError."""
    reader = FrameReader()
    with SerialPort(port) as opened:
        reset()
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            for event in reader.feed(opened.read()):
                if isinstance(event, Received) and isinstance(event.message, Identity):
                    return True
    return False
