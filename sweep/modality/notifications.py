"""News for listeners of several threads: each hears it once, in the order in which it came about, with no lock held.

Whoever changes something posts with its own lock held, so that the order is that of the changes, and delivers after
letting go of it: a listener may steer from within.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

N = TypeVar("N")


class Notifications:
    """What listeners have not heard yet."""

    def __init__(self) -> None:
        """Nothing."""
        self._waiting: deque[Callable[[], None]] = deque()
        self._telling = threading.RLock()
        self._is_telling = False

    def post(self, listener: Callable[[N], None], news: N) -> None:
        """Queue what `listener` is to hear; with the lock held of whoever keeps the order."""
        self._waiting.append(partial(_hear, listener, news))

    def deliver(self, *, waits: bool = True) -> None:
        """Deliver what is queued; a listener that steers from within hears of it after it has returned.

        `waits`: for another thread that delivers just now, so that what this one did has been heard on return.
        """
        while self._waiting:
            if not self._telling.acquire(blocking=waits):
                return  # whoever has it looks again after letting go
            try:
                if self._is_telling:
                    return
                self._is_telling = True
                try:
                    while self._waiting:
                        self._waiting.popleft()()
                finally:
                    self._is_telling = False
            finally:
                self._telling.release()


def _hear(listener: Callable[[N], None], news: N) -> None:
    """Never raises: what is wrong with a listener is said where the bugs of threads are."""
    try:
        listener(news)
    except Exception:  # noqa: BLE001  whatever it is, the person who said stop is heard and the others are told
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
