"""Waiting for a real process or thread, where there is no clock to inject: the only place of a test that polls."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""After this what is waited for is taken for hung: guessed, a hundred times what it takes on a machine that is free."""


def wait_until(is_so: Callable[[], object], what: str, patience_s: float = PATIENCE_S, every_s: float = 0.001) -> None:
    """Look every so often whether a condition holds. Raises AssertionError with `what` when it never does in time."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not in {patience_s} s"
        time.sleep(every_s)
