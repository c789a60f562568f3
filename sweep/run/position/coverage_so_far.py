"""How well a zone was seen, told while somebody still looks at it.

Input is what the modalities have of the position that goes on; output is the live event that is told after each
position, by the same estimate.  It is worked out in a thread of its own, one at a time and of the newest, so that
commands, lamps and a stop never wait for it.  What comes out after the position, or after a person's word that ends it,
is told to nobody.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from sweep.modality.looks import is_again
from sweep.modality.measurement import Measurement
from sweep.modality.partial_results import LEAST_REST
from sweep.modality.protocol import SensingModality
from sweep.report import CoverageEvent, Modality, Plan, Position
from sweep.run.reporting.room_progress import coverage_event

TELL_EVERY_S: Final = 3.0
"""Between two of them: four or five while a position is filmed (guessed; what they weigh is in server/CAPACITY.md)."""
Estimate = Callable[
    [Plan, str, Sequence[Position], Iterable[Measurement], Sequence[SensingModality]], CoverageEvent | None
]


@dataclass(slots=True)
class _Stand:
    """The position that goes on."""

    plan: Plan
    positions: tuple[Position, ...]
    """The last one is it."""
    before: tuple[Measurement, ...]
    """Measured at the others."""
    has: dict[Modality, Measurement] = field(default_factory=dict)
    """What each modality has of it by now."""
    is_news: bool = False
    """More of the walls was seen than was last worked out."""
    told: CoverageEvent | None = None


class CoverageSoFar:
    """One for a sweep, a context manager; `begin` comes before each position, `end` after it."""

    def __init__(
        self,
        modalities: Sequence[SensingModality],
        on_event: Callable[[CoverageEvent], None],
        *,
        may_tell: Callable[[], bool],
        estimate: Estimate = coverage_event,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`may_tell`: whether the position still goes on, by what persons have said."""
        self._modalities = modalities
        self._on_event = on_event
        self._may_tell = may_tell
        self._estimate = estimate
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._stand: _Stand | None = None
        self._due_s = clock_s()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="coverage so far", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stand, self._is_over = None, True
            self._changed.notify()
        self._thread.join()

    def begin(self, plan: Plan, positions: Sequence[Position], measurements: Sequence[Measurement]) -> None:
        """The last of `positions` begins; `measurements`: of those before it.  A second look counts for no coverage."""
        is_counted = not is_again(positions[-1].position_id)
        with self._changed:
            self._stand = _Stand(plan, tuple(positions), tuple(measurements)) if is_counted else None

    def take(self, one: Measurement) -> None:
        """What a modality has of this position by now, or what it came to; the newest counts."""
        with self._changed:
            if self._stand is None:
                return
            self._stand.has[one.modality] = one
            if one.seen is not None:
                self._stand.is_news = True
                self._changed.notify()

    def end(self) -> None:
        """The position is over: whoever judges it tells the rest."""
        with self._changed:
            self._stand = None

    def _run(self) -> None:
        while (asked := self._wait()) is not None:
            stand, has = asked
            begun_s = self._clock_s()
            zone_id = stand.positions[-1].zone_id
            event = self._estimate(stand.plan, zone_id, stand.positions, (*stand.before, *has), self._modalities)
            goes_on = self._may_tell()
            with self._changed:  # nothing of a position is told after its end
                now_s = self._clock_s()
                self._due_s = now_s + max(TELL_EVERY_S, LEAST_REST * (now_s - begun_s))
                if goes_on and stand is self._stand and event is not None and event != stand.told:
                    stand.told = event
                    self._on_event(event)

    def _wait(self) -> tuple[_Stand, tuple[Measurement, ...]] | None:
        """For news, until it is due; what there is then, or None at the end of the sweep."""
        with self._changed:
            while not self._is_over:
                wait_s = None
                if self._stand is not None and self._stand.is_news:
                    wait_s = self._due_s - self._clock_s()
                    if wait_s <= 0.0:
                        self._stand.is_news = False
                        return self._stand, tuple(self._stand.has.values())
                self._changed.wait(wait_s)
            return None
