"""What persons may do to a running sweep: declare the room empty, pause, resume, finish, abort.

Input is calls from any thread (a command from the phone, a button, a signal); output is the answer the sweep asks for
between measurements, and news for whoever listens: whose declaration holds, and the state of the sweep, which is said
here and nowhere else.  Nothing optical starts before two persons have declared the room empty, and a pause ends that.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sweep.modality.eye_looks import EyeLooks, Taken
from sweep.modality.lease import DECLARATION_S, Declaration, RoomNotEmptyError, RoomPermit, issue
from sweep.modality.lease_pipe import LeaseGiver
from sweep.modality.looks import CloseLook, Looks
from sweep.modality.next_position import NOWHERE, OUTSIDE, REFERENCE, NextPosition, closer_by
from sweep.modality.notifications import Notifications
from sweep.modality.pending_light import PendingLights
from sweep.phrases import Phrase
from sweep.report import EyeAnswer, LookKind, ProbeState, are_two_persons
from sweep.report.proof_records import Identified

Answer = Literal["go", "finish", "abort", "expired"]
Standing = Literal["go", "paused", "undeclared", "moved_on", "finish", "abort"]
"""Whether what goes on may go on; `moved_on`: the inspector stands elsewhere by now."""
LOOK_EVERY_S: Final = 0.5
"""While waiting, so that an expiry is told soon after it happened."""
Ending = Literal["closing", "done", "aborted", "failed"]
"""States that no person gives a sweep."""


def boottime_s() -> float:
    """CLOCK_BOOTTIME in seconds: it goes on while the probe sleeps, so a declaration expires then too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Control:
    """State of one sweep as persons steer it; safe to use from several threads."""

    def __init__(
        self, *, clock: Callable[[], float] = boottime_s, needs_persons: bool = True, wait_s: float = DECLARATION_S
    ) -> None:
        """`clock` counts seconds of CLOCK_BOOTTIME.  Without `needs_persons` measuring goes on though nobody declared
        anything: a recording, in which nothing is lit and nobody filmed any more. It never gives a permit.
        """
        self._clock = clock
        self._wait_s = wait_s
        self._needs_persons = needs_persons
        self._condition = threading.Condition()
        self._declaration: Declaration | None = None
        self._identified: Identified | None = None
        self._proved: set[str] = set()
        self._paused = False
        self._ending: Literal["finish", "abort"] | None = None
        self._end_state: Ending | None = None
        self._epoch = 0
        self._lapses = 0
        self._positions: deque[NextPosition] = deque(maxlen=1)
        self._last_position: NextPosition | None = None
        self._close_looks: deque[CloseLook] = deque()
        """For the probe, while the inspector stands before them."""
        self._skipped_position: int | None = None
        """Whose response tests a person skipped; only where somebody stands now can one be."""
        self.looks = Looks()
        """Candidates that ask for a second look."""
        self.eye_looks = EyeLooks()
        """Places that somebody is asked to look at by eye."""
        self.lights = PendingLights()
        """Where somebody should go back for the light."""
        self._watchers: list[_Watcher] = []
        self._on_state: Callable[[ProbeState], None] | None = None
        self._queued_state: ProbeState | None = None
        self._news = Notifications()

    @property
    def needs_persons(self) -> bool:
        """Whether nothing happens before two persons have declared the room empty."""
        return self._needs_persons

    def declare_empty(
        self, by: tuple[str, str], identified: Identified | None = None, *, until_ns: int | None = None
    ) -> None:
        """Two persons say that the room is empty and closed; `identified`: how, where a server knew them; `until_ns`:
        when it ends at the latest, where they said it earlier.

        Raises RoomNotEmptyError when both names are one person's: whatever held before holds no longer than it did.
        """
        if not are_two_persons(by):
            raise RoomNotEmptyError(Phrase("two_must_declare_room_empty"))
        with self._changing():
            self._note_change()  # an end that nobody has looked at yet comes first
            if not self._by_persons():
                self._epoch += 1  # what was allowed before this declaration stays ended
            longest_ns = round((self._clock() + DECLARATION_S) * 1e9)
            self._declaration = Declaration(by, longest_ns if until_ns is None else min(until_ns, longest_ns))
            self._identified = identified
            self._proved |= set(by) if identified is not None else set()
            self._paused = False

    def pause(self) -> None:
        """Somebody came in: stop measuring; the room must be declared empty again."""
        with self._changing():
            self._paused = True
            self._close_looks.clear()
            self._declaration = None
            self._epoch += 1

    def lapse(self) -> None:
        """The declaration ends without anybody's word: this process hung, and other ends of the lease are over."""
        with self._changing():
            self._lapses += self._by_persons()
            self._declaration = None
            self._epoch += 1

    @property
    def lapses(self) -> int:
        """How often a declaration ended because this process hung."""
        with self._condition:
            return self._lapses

    @property
    def declaration(self) -> Declaration | None:
        """The one that holds now."""
        with self._condition:
            return self._standing_declaration()

    @property
    def identified(self) -> Identified | None:
        """How the two were identified whose declaration holds now; None: by two names only, or none holds."""
        with self._condition:
            return None if self._standing_declaration() is None else self._identified

    @property
    def proved_by(self) -> frozenset[str]:
        """Everybody who has proved to be there and declared the room empty in this sweep."""
        with self._condition:
            return frozenset(self._proved)

    def watch(self, callback: Callable[[Declaration | None], None]) -> None:
        """Tell `callback` of the declaration that holds now, and of every later one and its end; None: none holds.

        It hears each change once, in their order, in the thread of whoever made it and before that call returns, with
        no lock of this object held. It hears nothing when a declaration expires: that is in `until_ns`. What it raises
        is printed and keeps nobody from stopping.
        """
        with self._condition:
            watcher = _Watcher(callback, self._standing_declaration())
            self._watchers.append(watcher)
            self._news.post(callback, watcher.queued)
        self._news.deliver()

    def announce(self, on_state: Callable[[ProbeState], None]) -> None:
        """Tell `on_state` the state of the sweep: the one it is in, unless that was told before, and each transition.

        As `watch` does, but for one listener, whose place the next one takes. That a declaration expired is noticed
        when somebody waits or asks for `standing`, which a sweep does ten times a second while it measures.
        """
        with self._changing():
            self._on_state = on_state

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Holds the lock, and afterwards tells of what changed."""
        with self._condition:
            yield
            self._note_change()
        self._news.deliver()

    def _note_change(self) -> None:
        """With the lock held: wake who waits, and queue what listeners have not heard."""
        self._condition.notify_all()
        now = self._standing_declaration()
        for watcher in self._watchers:
            if watcher.queued != now:
                watcher.queued = now
                self._news.post(watcher.callback, now)
        state = self._state()
        if self._on_state is not None and state != self._queued_state:
            self._queued_state = state
            self._news.post(self._on_state, state)

    def _state(self) -> ProbeState:
        if self._end_state is not None:
            return self._end_state
        if self._ending is not None:
            return "closing"
        return "running" if self._holds() else "paused" if self._paused else "waiting_for_empty"

    def notice_time(self) -> None:
        """Tell what time alone has changed: a declaration that expired."""
        with self._condition:
            if self._on_state is not None and self._state() != self._queued_state:
                self._note_change()
        self._news.deliver(waits=False)

    def resume(self) -> None:
        """Go on after a pause: two persons have to declare the room empty first."""
        with self._changing():
            self._paused = False

    def go_to(self, position: NextPosition) -> None:
        """The inspector stands there now; what is measured elsewhere ends early."""
        with self._condition:
            self._positions.append(position)
            self._condition.notify_all()

    def walk(self) -> bool:
        """Somebody wants to walk by prompts where the last position was; False when there was none yet."""
        with self._condition:
            last = self._last_position
            if last is None:
                return False
            self._positions.append(NextPosition(last.zone_id, last.x_m, last.y_m, last.facing_deg, is_walk=True))
            self._condition.notify_all()
            return True

    def look_again(self, finding_id: UUID, kind: LookKind) -> bool:
        """The inspector stands at the next place of that second look; False where none is to be made."""
        look = self.looks.find(finding_id, kind)
        view = None if look is None else self.looks.next_view(look)
        if look is None or view is None:
            return False
        self.go_to(NextPosition(view.zone_id, view.x_m, view.y_m, view.facing_deg, again=look.position_id(view)))
        return True

    def look_closely(self, look: CloseLook) -> None:
        """The inspector goes up to a spot here: the probe films it, unless somebody goes on or comes in first."""
        with self._condition:
            self._close_looks.append(look)
            self._condition.notify_all()

    def take_close_look(self) -> CloseLook | None:
        """The next spot to be filmed from close by; None: there is none."""
        with self._condition:
            return self._close_looks.popleft() if self._close_looks else None

    @property
    def is_to_look_closely(self) -> bool:
        """Whether a spot waits to be filmed from close by."""
        with self._condition:
            return bool(self._close_looks)

    def answer_look(self, look_id: UUID, answer: EyeAnswer) -> Taken:
        """What a person says who looked at a place by eye."""
        return self.eye_looks.answer(look_id, answer, round(self._clock() * 1e9))

    def go_outside(self) -> bool:
        """The inspector stands outside the closed door; False once somebody stood inside."""
        return self._put_position_first(OUTSIDE)

    def skip_outside(self) -> bool:
        """Nobody measures outside the door, or no longer; False once somebody stood inside."""
        return self._put_position_first(NOWHERE)

    def skip_response_tests(self, position_index: int) -> None:
        """No response test at that position of the sweep, or no more of it."""
        with self._condition:
            self._skipped_position = position_index
            self._condition.notify_all()

    def skips_response_tests(self, position_index: int) -> bool:
        """Whether a person skipped the response tests of that position."""
        with self._condition:
            return self._skipped_position == position_index

    def _put_position_first(self, position: NextPosition) -> bool:
        with self._condition:
            if self._last_position is not None:
                return False
            self._positions.append(position)
            self._condition.notify_all()
            return True

    def next_position(self) -> NextPosition | None:
        """Wait for the next place to measure at; None when the sweep is to end, which nobody's answer also does."""
        until = self._clock() + self._wait_s
        while True:
            self.notice_time()
            with self._condition:
                if self._ending is not None:
                    return None
                if self._holds() and self._positions:
                    position = self._positions.popleft()
                    self._close_looks.clear()
                    if position not in (OUTSIDE, REFERENCE, NOWHERE) and position.again is None:
                        self._last_position = position
                    return position
                if self._holds() and self._close_looks:
                    return closer_by(self._close_looks.popleft())
                left = until - self._clock()
                if left > 0.0:
                    self._condition.wait(min(left, LOOK_EVERY_S))
                    continue
            self.abort()

    @property
    def standing(self) -> Standing:
        """Whether what goes on now may go on."""
        self.notice_time()
        with self._condition:
            if self._ending is not None:
                return self._ending
            if not self._holds():
                return "paused" if self._paused else "undeclared"
            return "moved_on" if self._positions else "go"

    def finish(self) -> None:
        """Close the sweep with what there is."""
        self._end("finish")

    def abort(self) -> None:
        """Stop at once."""
        self._end("abort")

    def _end(self, how: Literal["finish", "abort"]) -> None:
        with self._changing():
            if self._ending is None or how == "abort":
                self._ending = how
            self._epoch += 1

    def enter(self, state: Ending) -> None:
        """The sweep itself is at its end: what persons allowed ends here, and what they still say changes nothing."""
        with self._changing():
            self._ending = self._ending or "finish"
            self._end_state = state
            self._epoch += 1

    @property
    def is_declared(self) -> bool:
        """True while a declaration of two persons holds."""
        with self._condition:
            return self._by_persons()

    @property
    def is_over(self) -> bool:
        """True when the sweep has been told to end."""
        with self._condition:
            return self._ending is not None

    def _holds(self) -> bool:
        """Measuring may go on as far as the room is concerned."""
        return not self._paused and (not self._needs_persons or self._by_persons())

    def _by_persons(self) -> bool:
        return self._declaration is not None and self._clock() * 1e9 < self._declaration.until_ns

    def _standing_declaration(self) -> Declaration | None:
        return self._declaration if self._by_persons() and self._ending is None else None

    def lease(self) -> LeaseGiver:
        """What persons say here, for other processes: a context manager that gives each its end of the lease."""
        giver = LeaseGiver(lambda: self.declaration, on_lapse=self.lapse)
        self.watch(giver.follow)
        return giver

    def permit(self) -> RoomPermit:
        """Leave to film, for this process. Raises RoomNotEmptyError unless two persons have declared the room empty."""
        with self._condition:
            declaration = self._standing_declaration()
            if declaration is None:
                raise RoomNotEmptyError(Phrase("two_must_declare_before_camera"))
            return issue(self, self._epoch, declaration.by)

    def permits(self, epoch: int) -> bool:
        """Whether a permit of that epoch still holds."""
        with self._condition:
            return epoch == self._epoch and self._standing_declaration() is not None

    def wait(self) -> Answer:
        """Return when measuring may go on, or how the sweep is to end."""
        until = self._clock() + self._wait_s
        while True:
            self.notice_time()
            with self._condition:
                if self._ending is not None:
                    return self._ending
                if self._holds():
                    return "go"
                left = until - self._clock()
                if left <= 0.0:
                    return "expired"
                self._condition.wait(min(left, LOOK_EVERY_S))


@dataclass(slots=True)
class _Watcher:
    """One who hears of declarations."""

    callback: Callable[[Declaration | None], None]
    queued: Declaration | None
    """What it has heard or is about to."""
