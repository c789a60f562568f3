"""Looks by eye of one sweep: what is asked, what persons answer, from any thread.

Input is looks that the runner asks for and answers of persons; output is records for the report, in the order in which
they were asked for.  A look that nobody answered stays among them and says so.  It decides nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sweep.modality.looks import SeenFrom
from sweep.report import EyeAnswer, EyeLook, EyeOutcome, LocalText, WallSpot

LEAST_S: Final = 2.0
"""An answer sooner than that is a habit and no look (demanded)."""
Taken = Literal["taken", "unknown", "too_quick"]


@dataclass(frozen=True, slots=True)
class AskedLook:
    """A look that is asked for."""

    look_id: UUID
    zone_id: str
    observation_id: UUID | None
    """The glint; None: the zone as a whole."""
    is_close: bool
    x_m: float
    y_m: float
    radius_m: float
    where: LocalText
    spot: WallSpot | None
    is_known: bool
    is_control: bool
    planned_s: float
    prior_log10_odds: float
    asked_ns: int
    seen_from: SeenFrom | None = None
    """None: nobody can point there."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it."""

    look: AskedLook
    answer: EyeOutcome
    answered_ns: int | None
    seconds: float


class EyeLooks:
    """Those of one sweep; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[UUID, AskedLook] = {}
        self._order: list[UUID] = []
        self._made: dict[UUID, EyeLook] = {}
        self._free_ns = 0
        """When the eye was last free."""
        self._on_answer: Callable[[Answered], None] = lambda _: None
        self._to_record: Callable[[Answered], EyeLook] | None = None

    def follow(self, to_record: Callable[[Answered], EyeLook], on_answer: Callable[[Answered], None]) -> None:
        """`to_record` makes the report's record of an answer; `on_answer` hears of each once, in the thread of whoever
        gave it, with no lock held.
        """
        self._to_record, self._on_answer = to_record, on_answer

    def ask(self, look: AskedLook) -> None:
        """A person is asked to look."""
        with self._lock:
            self._open[look.look_id] = look
            self._order.append(look.look_id)

    @property
    def pending(self) -> tuple[AskedLook, ...]:
        """Those that wait for an answer."""
        with self._lock:
            return tuple(self._open.values())

    def free_from(self, look: AskedLook) -> int:
        """When an eye can begin with a look: it makes one after the other."""
        with self._lock:
            return max(look.asked_ns, self._free_ns)

    def answer(self, look_id: UUID, answer: EyeAnswer, at_ns: int) -> Taken:
        """What a person says at that time; a second answer to the same look changes nothing."""
        with self._lock:
            look = self._open.get(look_id)
            if look is None:
                return "unknown"
            seconds = (at_ns - max(look.asked_ns, self._free_ns)) / 1e9
            if seconds < LEAST_S:
                return "too_quick"
            self._free_ns = at_ns
            told = self._end(look, answer, at_ns, seconds)
        self._on_answer(told)
        return "taken"

    def leave(self, at_ns: int) -> None:
        """The inspector goes on: what is open was not looked at."""
        while True:
            with self._lock:
                look = next(iter(self._open.values()), None)
                if look is None:
                    return
                spent_s = max(0.0, (at_ns - max(look.asked_ns, self._free_ns)) / 1e9)
                told = self._end(look, "not_answered", None, min(spent_s, look.planned_s))
            self._on_answer(told)

    def _end(self, look: AskedLook, answer: EyeOutcome, at_ns: int | None, seconds: float) -> Answered:
        told = Answered(look, answer, at_ns, round(seconds, 3))
        del self._open[look.look_id]
        if self._to_record is not None:
            self._made[look.look_id] = self._to_record(told)
        return told

    @property
    def made(self) -> tuple[EyeLook, ...]:
        """All that were asked for and are over."""
        with self._lock:
            return tuple(self._made[look_id] for look_id in self._order if look_id in self._made)
