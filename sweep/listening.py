"""Live Wi-Fi at a position: the adapter opened once per process, and what it heard ready to be measured.

Input is the adapter's name and a time; output is `sweep.wifi.listen.Heard`, or the sentence why nothing was heard.  The
helper that may tune the radio is a process of its own; this one gives up its capabilities once the helper stands.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

from sweep.wifi.capture import LiveCapture, drop_capabilities
from sweep.wifi.capture_helper import CaptureOpenError
from sweep.wifi.listen import Heard, Listener

_open: dict[str, tuple[LiveCapture, Listener]] = {}


def listen_here(adapter: str, seconds: float) -> Heard:
    """What the adapter hears from now on; CaptureOpenError with one line when it cannot be opened."""
    if adapter not in _open:
        if _has_no_capabilities():
            sys.exit("the capture helper has ended")  # the supervisor starts this process anew, with what it needs
        capture = LiveCapture(adapter, repairs=True)
        if multiprocessing.parent_process() is not None:
            drop_capabilities()
        _open[adapter] = capture, Listener(capture)
    capture, listener = _open[adapter]
    heard = listener.listen(seconds)
    if not capture.has_helper:
        capture.close()
        del _open[adapter]
    return heard


def close() -> None:
    """Close every adapter."""
    for capture, _ in _open.values():
        capture.close()
    _open.clear()


def _has_no_capabilities() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return any(line.split() == ["CapEff:", "0" * 16] for line in status.splitlines())


__all__ = ["CaptureOpenError", "close", "listen_here"]
