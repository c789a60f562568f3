"""What holder and guard have in common as processes: priority, and saying a line over a socket."""

from __future__ import annotations

import contextlib
import signal
import socket
from typing import Final

from sweep.modality.liveness import set_realtime_priority

LINE_OCTETS: Final = 1_000


def take_priority() -> None:
    """Come before whatever else runs, where the system allows it; a terminal's Ctrl-C and its end, or a service's that
    is told of it, are the runner's business.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    set_realtime_priority()


def heard(speaker: socket.socket, octets: int) -> bytes:
    """What it said; nothing when it is gone (a peer that dies with messages unread resets the socket)."""
    try:
        return speaker.recv(octets)
    except OSError:
        return b""


def tell(line: str, *listeners: socket.socket) -> None:
    """Say a line to whoever still listens."""
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.send(line.encode()[:LINE_OCTETS], socket.MSG_DONTWAIT)
