"""`sweep-server` with a wall clock that a test steps: stepped_server.py FILE COMMAND...

FILE holds how many seconds the clock is ahead of the true one, read at every look at the clock.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from server import cli
from server.store import clock


def step(file: Path) -> None:
    """Let the server's one clock go by this file."""

    def ahead_s() -> int:
        return int(file.read_text(encoding="ascii") or 0)

    stepped = {"time_ns": lambda: time.time_ns() + ahead_s() * 1_000_000_000}
    vars(clock)["time"] = SimpleNamespace(**vars(time) | stepped)
    vars(clock)["utc_now"] = lambda: datetime.now(UTC) + timedelta(seconds=ahead_s())


if __name__ == "__main__":
    step(Path(sys.argv.pop(1)))
    cli.main()
