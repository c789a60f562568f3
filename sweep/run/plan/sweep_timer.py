"""The time of a live sweep as it goes on: its budget begins when two persons have declared the room empty, stands still
while nobody may go on, and says of each position what it may take.

Input is the room's plan, the settings' durations and a clock; output is a plan for each position and the seconds left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

from sweep.judge.locate import MIN_POSITIONS
from sweep.modality.control import Control
from sweep.modality.lease import Declaration
from sweep.modality.mode import QUICK_KINDS, QUICK_LEAVES_OUT, zones_of
from sweep.report import Mode, Plan
from sweep.run.plan.budget import Budget, Durations, PositionPlan


class SweepTimer:
    """One for a live sweep."""

    def __init__(
        self, mode: Mode, plan: Plan, durations: Durations, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """The sweep begins now."""
        stalls = sum(zone.kind in QUICK_KINDS for zone in plan.zones)
        self._zones = zones_of(mode, plan)
        self._visited: set[str] = set()
        is_light_last = mode == "full" and len(self._zones) >= MIN_POSITIONS  # fewer stands place nothing
        self._budget = Budget(mode, durations, stalls, clock_s, is_light_last=is_light_last)
        self._budget.outside(len(self._zones))

    def follow(self, control: Control) -> None:
        """While no declaration holds the time stands still."""
        control.watch(self._on_declaration)

    def _on_declaration(self, declaration: Declaration | None) -> None:
        if declaration is None:
            self._budget.stop()
        else:
            self._budget.go_on()

    def left_s(self) -> float | None:
        """How long the sweep takes at most from now on."""
        left_s = self._budget.left_s
        return None if left_s is None else round(left_s, 1)

    def hold(self, seconds: float) -> None:
        """So long the second looks take at most that are asked for."""
        self._budget.hold(seconds)

    def look(self) -> PositionPlan:
        """What the second look that begins now may take."""
        return self._budget.look()

    def has_time(self, seconds: float) -> bool:
        """Whether there is so much time for second looks besides the zones to come."""
        return self._budget.has_time(seconds, self.zones_to_come)

    @property
    def zones_to_come(self) -> int:
        """Zones that nobody visited yet."""
        return sum(zone not in self._visited for zone in self._zones)

    @property
    def is_through(self) -> bool:
        """Whether every zone was visited."""
        return not self.zones_to_come

    def take_up(self, zone_ids: Collection[str]) -> None:
        """These zones were visited before the sweep was interrupted."""
        self._visited |= set(zone_ids)

    @property
    def has_pending_light(self) -> bool:
        """Whether somebody may still go back for the light."""
        return self.is_through and self._budget.has_pending_light

    def pending_light(self) -> PositionPlan:
        """What a position may take to which somebody went back for the light."""
        return self._budget.pending_light()

    def plan_position(self, zone_id: str) -> PositionPlan:
        """What the position that begins in this zone may take."""
        is_first = not self._visited
        to_come = [zone for zone in self._zones if zone not in self._visited and zone != zone_id]
        self._visited.add(zone_id)
        return self._budget.plan_position(len(to_come) + 1, is_first=is_first)


def quick_limits(mode: Mode, plan: Plan, visited: Collection[str]) -> set[str]:
    """What a quick sweep has to say of the zones it did not look at."""
    is_partial = any(zone.zone_id not in visited and zone.kind not in QUICK_KINDS for zone in plan.zones)
    return {QUICK_LEAVES_OUT["other_zones"]} if mode == "quick" and is_partial else set()
