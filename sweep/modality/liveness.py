"""Whether another process lives, and being there in time: clock, priority of real time, a thread's death.

It imports nothing of the probe, so that the processes of the camera's supply start quickly.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Final

LOOK_EVERY_MS: Final = 20
"""CLOCK_BOOTTIME goes on while a machine sleeps and the time-out of a poll does not, so none is longer than this."""
PRIORITY: Final = 20
"""Of real time, 1 to 99: guessed, before the head's process, whose work this can never delay."""
PIDFD_THREAD: Final = os.O_EXCL
"""include/uapi/linux/pidfd.h, Linux 6.9."""


def boottime_ns() -> int:
    """CLOCK_BOOTTIME: it goes on while the probe sleeps, so a declaration expires then too."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def set_realtime_priority() -> None:
    """Give the calling thread the priority of real time, where the system allows it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))


def open_pidfd(thread_id: int, process_id: int | None = None, *, flags: int = PIDFD_THREAD) -> int:
    """Becomes readable when this thread ends; before Linux 6.9, when its process has ended.

    A process that is killed ends for others only when its memory is given back, which takes a loaded machine 100 ms
    and more; its threads end before. `process_id`: of the thread's process; None: this one, or the thread is its
    process's first. `flags`: those of `pidfd_open` for a thread. Raises ProcessLookupError.
    """
    try:
        return os.pidfd_open(thread_id, flags)
    except ProcessLookupError:
        raise
    except OSError:
        return os.pidfd_open(process_id or (os.getpid() if _is_own(thread_id) else thread_id))


def _is_own(thread_id: int) -> bool:
    return Path(f"/proc/self/task/{thread_id}").exists()
