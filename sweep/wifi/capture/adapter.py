"""Live Wi-Fi: the adapter, opened once per process and kept open from position to position.

Input is the adapter's name; output is an `Air`.  The helper that may tune the radio is a process of its own: a service,
where one is installed, else a child of this process, which gives up its capabilities once the helper stands.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sweep.phrases import Phrase
from sweep.wifi.capture.capture import LiveCapture, drop_capabilities

SERVICE: Final = Path("/run/ansim-sweep/capture.sock")
"""Where the installed service of the helper listens (host/system); who may connect, its socket says."""

_open: dict[str, LiveCapture] = {}


@contextmanager
def open_adapter(adapter: str, service: Path = SERVICE) -> Iterator[LiveCapture]:
    """The air that the adapter hears, for one position; CaptureOpenError with one line when it cannot be opened."""
    if adapter not in _open:
        _open[adapter] = _open_by_service(adapter, service) or _open_with_helper(adapter)
    try:
        yield _open[adapter]
    finally:
        if not _open[adapter].has_helper:
            _open.pop(adapter).close()


def _open_by_service(adapter: str, service: Path) -> LiveCapture | None:
    """None where no service is installed, or where it is not for this account."""
    if not os.access(service, os.W_OK):
        return None
    return LiveCapture(adapter, service=service, repairs=True)


def _open_with_helper(adapter: str) -> LiveCapture:
    if _has_no_capabilities():
        sys.exit(str(Phrase("capture_helper_has_ended")))  # the supervisor starts this process anew, with what it needs
    capture = LiveCapture(adapter, repairs=True)
    if multiprocessing.parent_process() is not None:
        drop_capabilities()
    return capture


def _has_no_capabilities() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return any(line.split() == ["CapEff:", "0" * 16] for line in status.splitlines())
