"""What the server says to the service manager that started it (sd_notify of systemd), where one did: ready, and alive.

Input is a state such as `READY=1`; output is one datagram. It never waits and never fails.
"""

from __future__ import annotations

import contextlib
import os
import socket


def tell_manager(state: str) -> None:
    """One datagram to the socket that the environment names; nothing where it names none."""
    if not (path := os.environ.get("NOTIFY_SOCKET", "")).startswith(("/", "@")):
        return
    address = path if path[0] == "/" else f"\0{path[1:]}"
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        line.sendto(state.encode(), address)
