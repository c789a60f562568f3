"""What persons may do to a running sweep: declare the room empty, pause, resume, finish, abort.

Input is calls from any thread (a command from the phone, a button, a signal); output is the answer the sweep asks for
between measurements.  Nothing optical starts before two persons have declared the room empty, and a pause ends that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from sweep.report import ProbeState

Answer = Literal["go", "finish", "abort", "expired"]
DECLARATION_S = 900.0  # DESIGN: the declaration that a room is empty and closed expires after 15 minutes


class Control:
    """State of one sweep as persons steer it; safe to use from several threads."""

    def __init__(self, *, clock: Callable[[], float], declared: bool = False, wait_s: float = DECLARATION_S) -> None:
        """`clock` counts monotonic seconds; `declared` starts with the room declared empty (recordings)."""
        self._clock = clock
        self._wait_s = wait_s
        self._always_declared = declared
        self._condition = threading.Condition()
        self._declared_at: float | None = clock() if declared else None
        self._paused = False
        self._ending: Literal["finish", "abort"] | None = None
        self.declared_by: tuple[str, str] | None = None

    def declare_empty(self, by: tuple[str, str]) -> None:
        """Two persons say that the room is empty and closed."""
        with self._condition:
            self._declared_at = self._clock()
            self.declared_by = by
            self._paused = False
            self._condition.notify_all()

    def pause(self) -> None:
        """Somebody came in: stop measuring; the room must be declared empty again."""
        with self._condition:
            self._paused = True
            self._declared_at = None
            self._condition.notify_all()

    def finish(self) -> None:
        """Close the sweep with what there is."""
        self._end("finish")

    def abort(self) -> None:
        """Stop at once."""
        self._end("abort")

    def _end(self, how: Literal["finish", "abort"]) -> None:
        with self._condition:
            self._ending = how
            self._condition.notify_all()

    @property
    def is_declared(self) -> bool:
        """True while a declaration holds."""
        with self._condition:
            return self._holds()

    def _holds(self) -> bool:
        if self._always_declared and not self._paused:
            return True
        return self._declared_at is not None and self._clock() - self._declared_at < DECLARATION_S

    def wait(self, on_state: Callable[[ProbeState], None]) -> Answer:
        """Return when measuring may go on, or how the sweep is to end; `on_state` hears what is being waited for."""
        told: ProbeState | None = None
        until = self._clock() + self._wait_s
        with self._condition:
            while True:
                if self._ending is not None:
                    return self._ending
                if self._holds():
                    return "go"
                state: ProbeState = "paused" if self._paused else "waiting_for_empty"
                if state != told:
                    told = state
                    on_state(state)
                left = until - self._clock()
                if left <= 0.0:
                    return "expired"
                self._condition.wait(min(left, 1.0))
