"""The day's reference check while a sweep goes on: three repeats before the target, an entry, and what holds after it.

Input is the position and what measures there; output is live events, a signed entry, and the check that the report
cites. What was measured before the target is in no report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sweep.deliver.outbox import Outbox
from sweep.host.clock import WallClock
from sweep.judge.control_chart import REPEATS
from sweep.modality.control import Control
from sweep.modality.measurement import Measurement
from sweep.modality.next_position import REFERENCE_ID, BeforeTarget
from sweep.report import LiveEvent, ReferenceCheck, Source, utc_now
from sweep.run.position.coordinator import Coordinator
from sweep.run.position.tasks import PositionTasks
from sweep.run.reference.entries import append_check
from sweep.run.reference.reference import NOT_DONE, ReferenceFile, ReferenceFileError, readings_of
from sweep.run.reference.words import reference_event, target_position
from sweep.run.watch.camera_supply import CameraSupply
from sweep.run.workers import Workers


@dataclass(frozen=True, slots=True)
class DailyCheck:
    """That of one sweep."""

    kept: ReferenceFile | None
    """What is known of earlier checks; None: nobody makes any."""
    outbox: Outbox
    control: Control
    tasks: PositionTasks
    on_event: Callable[[LiveEvent], None]
    now_ns: Callable[[], int]
    read_clock: Callable[[], WallClock]
    positions: int
    """How many the sweep has."""
    probe_id: str
    source: Source
    on_measured: Callable[[], None]
    """Called when nobody measures any more."""

    def make(self, target: BeforeTarget, workers: Workers, coordinator: Coordinator, supply: CameraSupply) -> None:
        """Three repeats, unless the sweep is stopped; nothing of it is in the report but what it came to."""
        repeats = self._measure(target, workers, coordinator, supply)
        self.on_measured()
        if self.kept is None or len(repeats) < REPEATS:
            self.on_event(reference_event(len(repeats), REPEATS, NOT_DONE))
            return
        readings, clock = readings_of(repeats), self.read_clock()
        try:
            check = self.kept.check(readings, clock)
        except (ReferenceFileError, OSError):  # nothing is known of earlier checks: this one proves nothing
            check = NOT_DONE
        append_check(self.outbox, self.probe_id, check, readings, source=self.source, clock=clock)
        self.on_event(reference_event(REPEATS, REPEATS, check))

    def _measure(
        self, target: BeforeTarget, workers: Workers, coordinator: Coordinator, supply: CameraSupply
    ) -> list[list[Measurement]]:
        repeats: list[list[Measurement]] = []
        for number in range(REPEATS):
            if self.control.standing != "go":
                break
            self.on_event(reference_event(number, REPEATS))
            supply.bring_up(self.control, workers.process_id("lens"))
            position = target_position(self.now_ns(), target.dwell_s, number)
            tasks = self.tasks.before_target(target, position)
            coordinator.begin(REFERENCE_ID, 0, self.positions, None, None, tasks.keys())
            measured = []
            for one in workers.measure(tasks, on_message=coordinator.on_message, attend=coordinator.attend):
                coordinator.ended(one.modality)
                measured.append(one)
            coordinator.rest()
            repeats.append(measured)
        return repeats

    def holds_at(self, started: datetime) -> ReferenceCheck:
        """The check that holds for a sweep that started then."""
        return NOT_DONE if self.kept is None else self.kept.today(started)

    def fell(self) -> None:
        """Somebody dropped the probe: what was checked before holds no longer."""
        if self.kept is not None:
            with contextlib.suppress(ReferenceFileError, OSError):  # then no check holds anyway
                self.kept.fell(utc_now())
