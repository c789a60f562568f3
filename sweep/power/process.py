"""What holder and guard have in common as processes: priority, clock, and saying a line over a socket."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path
from typing import Final

LOOK_EVERY_MS: Final = 20
"""CLOCK_BOOTTIME goes on while a machine sleeps and the time-out of a poll does not, so none is longer than this."""
PRIORITY: Final = 20
"""Of real time, 1 to 99: guessed, before the head's process, whose work this can never delay."""
LINE_OCTETS: Final = 300
PIDFD_THREAD: Final = os.O_EXCL
"""include/uapi/linux/pidfd.h, Linux 6.9."""


def be_urgent() -> None:
    """Come before whatever else runs, where the system allows it; a terminal's Ctrl-C is the runner's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hurry()


def hurry() -> None:
    """Give the calling thread the priority of real time, where the system allows it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))


def boottime_ns() -> int:
    """CLOCK_BOOTTIME."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def open_pidfd(thread_id: int, flags: int = PIDFD_THREAD) -> int:
    """Becomes readable when this thread ends; before Linux 6.9, when its process has ended.

    A process that is killed ends for others only when its memory is given back, which takes a loaded machine 100 ms
    and more; its threads end before. Raises ProcessLookupError.
    """
    try:
        return os.pidfd_open(thread_id, flags)
    except ProcessLookupError:
        raise
    except OSError:
        return os.pidfd_open(os.getpid() if _is_own(thread_id) else thread_id)


def _is_own(thread_id: int) -> bool:
    return Path(f"/proc/self/task/{thread_id}").exists()


def heard(speaker: socket.socket, octets: int) -> bytes:
    """What it said; nothing when it is gone (a peer that dies with words unread resets the socket)."""
    try:
        return speaker.recv(octets)
    except OSError:
        return b""


def tell(line: str, *listeners: socket.socket) -> None:
    """Say a line to whoever still listens."""
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.send(line.encode()[:LINE_OCTETS], socket.MSG_DONTWAIT)
