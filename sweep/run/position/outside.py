"""Measuring outside the closed door: what inside is compared with.

Input is who listens there and for how long; output are live events and the measurements, of which each modality
remembers what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sweep.modality.measurement import Measurement
from sweep.modality.next_position import OUTSIDE_ID, Outside
from sweep.report import LiveEvent
from sweep.run.outside_baseline import outside_position
from sweep.run.position.coordinator import Coordinator
from sweep.run.position.tasks import PositionTasks
from sweep.run.reporting.sweep_recorder import SweepRecorder
from sweep.run.workers import Workers
from sweep.run.zone_updates import guidance_events


@dataclass(frozen=True, slots=True)
class OutsideMeasuring:
    """That of one sweep."""

    tasks: PositionTasks
    keeping: SweepRecorder | None
    on_event: Callable[[LiveEvent], None]

    def make(
        self, outside: Outside, workers: Workers, coordinator: Coordinator, *, start_ns: int, positions: int
    ) -> list[Measurement]:
        """What was measured; `positions`: how many the sweep has."""
        position = outside_position(start_ns, outside.dwell_s)
        keep = None if self.keeping is None else self.keeping.keep_position(OUTSIDE_ID)
        keep_rf = None if self.keeping is None else partial(self.keeping.heard_rf, OUTSIDE_ID)
        tasks = self.tasks.outside(outside, position, keep)
        coordinator.begin(OUTSIDE_ID, 0, positions, None, keep_rf, tasks.keys(), is_outside=True)
        measured = []
        for measurement in workers.measure(tasks, on_message=coordinator.on_message, attend=coordinator.attend):
            coordinator.ended(measurement.modality)
            measured.append(measurement)
            for event in guidance_events(measurement):
                self.on_event(event)
        coordinator.rest()
        return measured
