"""A thread whose end is noticed: what it raises is kept for the thread that owns it, which is told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class WatchedThread(threading.Thread):
    """Runs a body; a fault of it is our own bug, and its owner must not go on as if nothing was."""

    def __init__(self, name: str, body: Callable[[], None], on_fault: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._body = body
        self._on_fault = on_fault
        self.fault: BaseException | None = None

    def run(self) -> None:
        """The body, until it returns or fails."""
        try:
            self._body()
        except BaseException as fault:  # noqa: BLE001  # handed to the owner's thread, which raises it
            self.fault = fault
            self._on_fault()

    def check(self) -> None:
        """Raise what the thread raised."""
        if self.fault is not None:
            raise self.fault
