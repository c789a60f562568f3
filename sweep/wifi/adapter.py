"""Live Wi-Fi: the door to the adapter, opened once per process and kept open from stand to stand.

Input is the adapter's name; output is an `Air`.  The helper that may tune the radio is a process of its own; this one
gives up its capabilities once the helper stands.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sweep.wifi.capture import LiveCapture, drop_capabilities

_open: dict[str, LiveCapture] = {}


@contextmanager
def open_adapter(adapter: str) -> Iterator[LiveCapture]:
    """The air that the adapter hears, for one stand; CaptureOpenError with one line when it cannot be opened."""
    if adapter not in _open:
        if _has_no_capabilities():
            sys.exit("the capture helper has ended")  # the supervisor starts this process anew, with what it needs
        capture = LiveCapture(adapter, repairs=True)
        if multiprocessing.parent_process() is not None:
            drop_capabilities()
        _open[adapter] = capture
    try:
        yield _open[adapter]
    finally:
        if not _open[adapter].has_helper:
            _open.pop(adapter).close()


def _has_no_capabilities() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return any(line.split() == ["CapEff:", "0" * 16] for line in status.splitlines())
