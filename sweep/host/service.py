"""What a service says to the one that started it: that it is ready, and that it is still alive (sd_notify of systemd).

Input is a state such as `READY=1`; output is one datagram to the socket that the environment names, or nothing where no
service manager asked for one.  It never waits and never fails: a manager that is gone is nobody's loss.
"""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Final

READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"


def notify_systemd(state: str) -> bool:
    """Whether a manager was told."""
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        line.sendto(state.encode(), "\0" + name[1:] if name.startswith("@") else name)
        return True
    return False
