"""An end for a page whose script never answers: Playwright waits without a limit for what `evaluate` is promised.

Killing what draws the pages tells whoever waits for one of them that it crashed, so that its test fails with the line
that waited; the browser itself lives, and the next test has a page of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.waiting import LONGEST_S as LONGEST_TEST_S
from tests.waiting import descendants

LONGEST_S = LONGEST_TEST_S - 60.0
"""Before the test itself is taken for hung, whose end would say less."""


def end_pages() -> None:
    """Kill every process that draws a page of a browser that this process has started."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def ended_after(limit_s: float) -> Iterator[None]:
    """End the pages when the block takes longer than this."""
    timer = threading.Timer(limit_s, end_pages)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
