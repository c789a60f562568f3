"""Live Wi-Fi at a position: the adapter opened once per process, and what it heard ready to be measured.

Input is the adapter's name and a time; output is `sweep.wifi.listen.Heard`, or the sentence why nothing was heard.  The
helper that may tune the radio is a process of its own; this one gives up its capabilities once the helper stands.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path

from sweep.wifi.capture import LiveCapture, drop_capabilities
from sweep.wifi.capture_helper import CaptureOpenError
from sweep.wifi.listen import ChannelWatch, Heard, Listener

_open: dict[str, tuple[LiveCapture, Listener]] = {}


def listen_here(adapter: str, seconds: float, goes_on: Callable[[], bool] = lambda: True) -> Heard:
    """What the adapter hears from now on; CaptureOpenError with one line when it cannot be opened."""
    if adapter not in _open:
        if _has_no_capabilities():
            sys.exit("the capture helper has ended")  # the supervisor starts this process anew, with what it needs
        capture = LiveCapture(adapter, repairs=True)
        if multiprocessing.parent_process() is not None:
            drop_capabilities()
        _open[adapter] = capture, Listener(capture)
    capture, listener = _open[adapter]
    heard = listener.listen(seconds, goes_on=goes_on)
    if not capture.has_helper:
        capture.close()
        del _open[adapter]
    return heard


def watch_here(adapter: str, mhz: int | None) -> ChannelWatch:
    """Stay on a channel of the position listened to last; CaptureOpenError when the adapter is away."""
    if adapter not in _open:
        raise CaptureOpenError("the adapter is away; plug it in")
    return _open[adapter][1].watch(mhz)


def heard_here(adapter: str) -> Heard:
    """All that was heard at this position so far, watches too; only after `listen_here`."""
    return _open[adapter][1].heard()


def close() -> None:
    """Close every adapter."""
    for capture, _ in _open.values():
        capture.close()
    _open.clear()


def _has_no_capabilities() -> bool:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return any(line.split() == ["CapEff:", "0" * 16] for line in status.splitlines())


__all__ = ["CaptureOpenError", "close", "heard_here", "listen_here", "watch_here"]
