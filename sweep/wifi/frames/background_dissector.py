"""A copy of this process that loads scapy while the capture is still being read.

Input is the management frames of a log, once there is one; output is what they say, as `element_reader` reads it.
Loading takes as long as the walk over a hundred thousand packets, and is lost where there are no such frames.  What the
copy could not do, or was killed over, is done here.  It forks only a process of one thread, as `forked` does.
"""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .element_reader import Said, read_elements
from .fork_pool import is_single_threaded
from .management import Management


class BackgroundDissector:
    """One copy, which answers one question."""

    def __init__(self) -> None:
        """Start the copy."""
        question, self._question = os.pipe()
        self._answer, answer = os.pipe()
        self._asked: Management | None = None
        self._pid = os.fork()
        if not self._pid:  # in the copy, which must never return
            try:
                os.close(self._question)
                with suppress(ModuleNotFoundError):
                    import sweep.wifi.frames.dissection  # noqa: F401  loads scapy
                with os.fdopen(question, "rb") as stream, os.fdopen(answer, "wb") as target, suppress(EOFError):
                    pickle.dump(read_elements(pickle.load(stream)), target)  # noqa: S301  from this process
            finally:
                os._exit(0)
        os.close(question)
        os.close(answer)

    def ask(self, management: Management) -> None:
        """Have the copy read these; only the first time."""
        if self._asked is None and management.bodies:
            self._asked = management
            with suppress(BrokenPipeError), os.fdopen(self._question, "wb") as stream:
                pickle.dump(management, stream)

    def read(self, management: Management) -> Said:
        """What they say: the copy's answer where it was asked for these."""
        if self._asked == management:
            with os.fdopen(os.dup(self._answer), "rb") as stream, suppress(EOFError, pickle.UnpicklingError):
                answer: Said = pickle.load(stream)  # noqa: S301  written by a copy of this process
                return answer
        return read_elements(management)

    def end(self) -> None:
        """Whatever the copy does is no longer needed."""
        os.close(self._answer)
        if self._asked is None:
            os.close(self._question)
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self._pid, 0)


@contextmanager
def background_dissector(
    *, is_wanted: bool, may_fork: Callable[[], bool] = is_single_threaded
) -> Iterator[BackgroundDissector | None]:
    """A copy for as long as the block lasts; None where none is wanted or this process may not fork."""
    if not is_wanted or not may_fork():
        yield None
        return
    ahead = BackgroundDissector()
    try:
        yield ahead
    finally:
        ahead.end()
