"""What each modality gets to do at a position: positions and tasks of one sweep.

Input is the source and what the runner decides of a position; output is a position on the sweep's clock and a task for
each modality's process.  It starts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sweep.modality.addresses import AddressKey
from sweep.modality.looks import CLOSE_M, View, is_close, modality_of
from sweep.modality.mode import QUICK
from sweep.modality.next_position import BeforeTarget, Outside
from sweep.modality.pending_light import LIGHT_DWELL_S, LIGHT_LATER, PendingLight
from sweep.modality.protocol import SensingModality
from sweep.modality.task import Task
from sweep.report import Modality, Position, RecordedPosition
from sweep.run.plan.budget import PositionPlan
from sweep.run.sweep_sources import LiveSource, SweepSource

TARGET_M: Final = 1.0
"""From the probe to the reference target, by its cord (hardware/README)."""


@dataclass(frozen=True, slots=True)
class PositionTasks:
    """Makes them for one sweep."""

    source: SweepSource
    modalities: Sequence[SensingModality]
    sweep_id: UUID
    sweep_key: AddressKey
    room_key: AddressKey
    now_ns: Callable[[], int]
    is_strained: Callable[[], bool] = lambda: False
    """Whether the processor has to be spared now."""

    @property
    def _room(self) -> LiveSource | None:
        return self.source if isinstance(self.source, LiveSource) else None

    def position(self, recorded: RecordedPosition) -> Position:
        """The stand on the sweep's clock."""
        if self._room is not None:  # the wall clock may be set while a sweep goes on
            start_ns = self.now_ns()
            end_ns = start_ns + round((recorded.end - recorded.start).total_seconds() * 1e9)
        else:
            start_ns, end_ns = self._since_start_ns(recorded.start), self._since_start_ns(recorded.end)
        return Position(
            position_id=recorded.id,
            zone_id=recorded.zone,
            x_m=recorded.x_m,
            y_m=recorded.y_m,
            facing_deg=recorded.facing_deg,
            start_ns=start_ns,
            end_ns=end_ns,
        )

    def ended_now(self, position: Position) -> Position:
        """Live, a position takes as long as it takes."""
        if self._room is None:
            return position
        return position.model_copy(update={"end_ns": max(position.start_ns, self.now_ns())})

    def _since_start_ns(self, moment: datetime) -> int:
        """Recordings carry no CLOCK_BOOTTIME: their time counts from the start of the sweep."""
        return max(0, round((moment - self.source.manifest.started).total_seconds() * 1e9))

    def inside(
        self,
        recorded: RecordedPosition,
        position: Position,
        keep: Path | None,
        closed: Mapping[Modality, str],
        plan: PositionPlan,
        view: View | None = None,
        light: PendingLight | None = None,
    ) -> dict[Modality, Task[Any]]:
        """Tasks of a position, at a second look of who looks again only.  `closed`: sources that are not opened here,
        and why; `view`: of a second look, where somebody led to it; `light`: somebody went back for it, and nothing
        else is measured.
        """
        sources = {
            name: source for name, source in self.source.sources(recorded, position).items() if name not in closed
        }
        dwell_s = (recorded.end - recorded.start).total_seconds()
        is_walk = self._room is not None and self._room.is_walk(recorded)
        again = modality_of(recorded.id) if light is None else "wifi"
        names = [modality.name for modality in self.modalities if again in {None, modality.name}]
        dwell_s = dwell_s if light is None else min(dwell_s, LIGHT_DWELL_S)
        quick = QUICK if self.source.manifest.mode == "quick" and again is None else None
        tasks = {name: self._task(name, position, dwell_s, sources, keep) for name in names}
        return {
            name: replace(
                task,
                is_walk=is_walk,
                light_s=plan.light_s,
                open_light_s=plan.open_light_s,
                light_tags=frozenset[str]() if light is None else light.tags,
                no_light_because=LIGHT_LATER if plan.is_light_later else quick,
                nothing_because=closed.get(name) or task.nothing_because,
                range_m=CLOSE_M if is_close(recorded.id) else None if view is None else view.range_m,
            )
            for name, task in tasks.items()
        }

    def before_target(self, place: BeforeTarget, position: Position) -> dict[Modality, Task[Any]]:
        """Tasks of one repeat before the reference target: no light is played to anybody there."""
        return {
            modality.name: replace(
                self._task(modality.name, position, place.dwell_s, place.sources, None),
                no_light_because=QUICK,
                range_m=TARGET_M,
            )
            for modality in self.modalities
        }

    def outside(self, outside: Outside, position: Position, keep: Path | None) -> dict[Modality, Task[Any]]:
        """Tasks of the position outside the door."""
        return {
            modality.name: replace(
                self._task(modality.name, position, outside.dwell_s, outside.sources, keep), is_outside=True
            )
            for modality in self.modalities
            if modality.name in outside.measures
        }

    def _task(
        self, name: Modality, position: Position, dwell_s: float, sources: Mapping[Modality, object], keep: Path | None
    ) -> Task[Any]:
        return Task(
            sweep_id=self.sweep_id,
            position=position,
            dwell_s=dwell_s,
            sweep_key=self.sweep_key,
            room_key=self.room_key,
            source=sources.get(name),
            nothing_because=self._why_nothing(name),
            keep=keep,
            is_spared=self.is_strained(),
        )

    def _why_nothing(self, modality: Modality) -> str:
        is_absent = self._room is not None or modality in self.source.manifest.not_connected
        return "not_connected" if is_absent else "not_recorded"
