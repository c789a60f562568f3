"""When the server did last what it does by the clock, for health and metrics: a record without any work of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

ROUND_S = 3600.0  # SQLite's own advice: every few hours, and when a connection opens
LATE_S = 2 * ROUND_S + 60.0  # derived: one round was missed
JOBS = ("access_log", "quarantine", "photographs", "notifications", "told", "body_keys", "tables")
WitnessState = Literal["off", "ok", "degraded"]


@dataclass(slots=True)
class MaintenanceLog:
    """When each work was done last, by this process."""

    started_s: float = field(default_factory=time.monotonic)
    done_s: dict[str, float] = field(default_factory=dict)
    """By work, seconds of the monotonic clock."""
    removed: dict[str, int] = field(default_factory=dict)
    """By work, how many rows went since the process began."""
    witness: WitnessState = "off"
    """What the last asking of the witness and the time-stamping service gave."""
    holds_plain: bool = False
    """Files of the database may hold words in plain from before bodies were sealed."""

    def note(self, job: str, removed: int = 0) -> None:
        """Remember that a work was done just now."""
        self.done_s[job] = time.monotonic()
        self.removed[job] = self.removed.get(job, 0) + removed

    def ago_s(self, job: str) -> float | None:
        """How long ago it was done; None when not yet."""
        return None if job not in self.done_s else time.monotonic() - self.done_s[job]

    @property
    def is_late(self) -> bool:
        """A work was not done for two rounds, or never since the process has been there as long."""
        now = time.monotonic()
        return any(now - self.done_s.get(job, self.started_s) > LATE_S for job in JOBS)
