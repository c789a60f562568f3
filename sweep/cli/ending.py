"""An end that comes from outside: Ctrl-C, a service that is stopped, a terminal that went away.

Input are signals; output is one call, after which what was measured is still written.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import stat
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_when_told(end: Callable[[], None]) -> None:
    """Call `end` on Ctrl-C, when a service is stopped, and when the terminal goes away (a connection that broke), so
    that what was measured until then is still written.
    """
    for name in ("stdout", "stderr"):
        if (stream := getattr(sys, name)).isatty():
            setattr(sys, name, _outliving(stream))
    for number in ENDINGS:
        signal.signal(number, lambda number, _: end_by(number, end))


class _Outliving(io.FileIO):
    """A terminal to write to: what is said after it went away is said to nobody."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Takes all of `data` where the terminal is gone, which a write may see before SIGHUP says so."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


def _outliving(stream: TextIO) -> TextIO:
    stream.flush()
    raw = _Outliving(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=True)


def end_by(number: int, end: Callable[[], None]) -> None:
    """Call `end`, as this signal does."""
    if number == signal.SIGHUP:  # nobody reads any more, and each word would be an error
        nowhere = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            if stat.S_ISCHR(os.fstat(fd).st_mode):  # a terminal that went away is none to isatty()
                os.dup2(nowhere, fd)
        os.close(nowhere)
    end()
