"""A terminal with somebody at it, for commands that ask persons."""

from __future__ import annotations

import os


def two_persons_at(zones: int, *, before: str = "") -> int:
    """The terminal's end for a command's stdin: what was typed ahead declares the room empty once, then begins zone
    after zone. The keyboard's end stays open, so that the input does not end; both die with this process.
    """
    keyboard, terminal = os.openpty()
    os.write(keyboard, (before + "y\n" + "\n" * zones).encode())
    return terminal
