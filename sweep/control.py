"""What persons may do to a running sweep: declare the room empty, pause, resume, finish, abort.

Input is calls from any thread (a command from the phone, a button, a signal); output is the answer the sweep asks for
between measurements.  Nothing optical starts before two persons have declared the room empty, and a pause ends that.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn

from sweep.report import ProbeState

_ISSUED = object()
Answer = Literal["go", "finish", "abort", "expired"]
Standing = Literal["go", "paused", "undeclared", "moved_on", "finish", "abort"]
"""Whether what goes on may go on; `moved_on`: the inspector stands elsewhere by now."""
DECLARATION_S = 900.0  # DESIGN: the declaration that a room is empty and closed expires after 15 minutes


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the inspector stands now, and what is wanted there."""

    zone_id: str
    x_m: float
    y_m: float
    facing_deg: float
    is_walk: bool = False
    """Somebody walks by prompts, instead of the lamp."""


class RoomNotEmptyError(PermissionError):
    """Nobody may film now: the room is not declared empty, or no longer."""


class RoomPermit:
    """Leave to film, good only while the declaration holds that it was given for.

    `Control.permit` gives it and nobody else can make one; a pause, an ending or fifteen minutes end it for good, and
    a later declaration does not revive it. A camera asks for it when it opens and before it hands out each frame.
    """

    __slots__ = ("_control", "_epoch", "declared_by")

    def __init__(self, control: Control, epoch: int, declared_by: tuple[str, str], issued: object) -> None:
        if issued is not _ISSUED:
            raise TypeError("a permit comes from Control.permit, after two persons declared the room empty")
        self._control = control
        self._epoch = epoch
        self.declared_by = declared_by

    def holds(self) -> bool:
        """Whether filming is allowed at this moment."""
        return self._control.permits(self._epoch)

    def check(self) -> None:
        """Raises RoomNotEmptyError when filming is not allowed at this moment."""
        if not self.holds():
            raise RoomNotEmptyError("the room is no longer declared empty: the camera stays off")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a permit stays in the process that declared the room empty")


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
        self._epoch = 0
        self._stands: deque[Stand] = deque(maxlen=1)
        self._last_stand: Stand | None = None
        self.declared_by: tuple[str, str] | None = None

    def declare_empty(self, by: tuple[str, str]) -> None:
        """Two persons say that the room is empty and closed."""
        with self._condition:
            if not self._by_persons():
                self._epoch += 1  # what was allowed before this declaration stays ended
            self._declared_at = self._clock()
            self.declared_by = by
            self._paused = False
            self._condition.notify_all()

    def pause(self) -> None:
        """Somebody came in: stop measuring; the room must be declared empty again."""
        with self._condition:
            self._paused = True
            self._declared_at = None
            self._epoch += 1
            self._condition.notify_all()

    def resume(self) -> None:
        """Go on after a pause: two persons have to declare the room empty first."""
        with self._condition:
            self._paused = False
            self._condition.notify_all()

    def stand(self, stand: Stand) -> None:
        """The inspector stands there now; what is measured elsewhere ends early."""
        with self._condition:
            self._stands.append(stand)
            self._condition.notify_all()

    def walk(self) -> bool:
        """Somebody wants to walk by prompts where the last position was; False when there was none yet."""
        with self._condition:
            last = self._last_stand
            if last is None:
                return False
            self._stands.append(Stand(last.zone_id, last.x_m, last.y_m, last.facing_deg, is_walk=True))
            self._condition.notify_all()
            return True

    def next_stand(self, on_state: Callable[[ProbeState], None]) -> Stand | None:
        """Wait for the next place to measure at; None when the sweep is to end, which nobody's answer also does."""
        told: ProbeState | None = None
        until = self._clock() + self._wait_s
        with self._condition:
            while self._ending is None:
                is_declared = self._holds()
                if is_declared and self._stands:
                    self._last_stand = self._stands.popleft()
                    return self._last_stand
                state: ProbeState = "running" if is_declared else "paused" if self._paused else "waiting_for_empty"
                if state != told:
                    told = state
                    on_state(state)
                left = until - self._clock()
                if left <= 0.0:
                    self._ending = "abort"
                    self._epoch += 1
                    break
                self._condition.wait(min(left, 1.0))
        return None

    @property
    def standing(self) -> Standing:
        """Whether what goes on now may go on."""
        with self._condition:
            if self._ending is not None:
                return self._ending
            if not self._holds():
                return "paused" if self._paused else "undeclared"
            return "moved_on" if self._stands else "go"

    def finish(self) -> None:
        """Close the sweep with what there is."""
        self._end("finish")

    def abort(self) -> None:
        """Stop at once."""
        self._end("abort")

    def _end(self, how: Literal["finish", "abort"]) -> None:
        with self._condition:
            self._ending = how
            self._epoch += 1
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

    def _by_persons(self) -> bool:
        """A declaration of two persons holds; that of a recording, which nobody made, does not count."""
        return (
            self.declared_by is not None
            and self._declared_at is not None
            and self._clock() - self._declared_at < DECLARATION_S
        )

    def permit(self) -> RoomPermit:
        """Leave to film. Raises RoomNotEmptyError unless two different persons have declared the room empty."""
        with self._condition:
            if not self._by_persons() or self._paused or self._ending is not None:
                raise RoomNotEmptyError("two persons must declare the room empty and closed before the camera opens")
            names = self.declared_by or ("", "")
            if not names[0].strip() or not names[1].strip() or names[0].strip() == names[1].strip():
                raise RoomNotEmptyError("two different persons must declare the room empty")
            return RoomPermit(self, self._epoch, names, _ISSUED)

    def permits(self, epoch: int) -> bool:
        """Whether a permit of that epoch still holds."""
        with self._condition:
            return epoch == self._epoch and self._by_persons() and not self._paused and self._ending is None

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
