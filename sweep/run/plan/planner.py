"""Where a sweep goes from here: what each position may take, what asks to be looked at again, and for whom the light is
worth going back.

Input is what was measured so far and the time that is left; output is a plan for the position that begins, looks and
lights that `Control` offers to persons, and live events.  What it tells is a first word: the report has the last.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sweep.judge.eye_looks import EyeLookPolicy
from sweep.modality.control import Control
from sweep.modality.looks import Look, is_again
from sweep.modality.measurement import Measurement
from sweep.modality.mode import SHORT_LEAVES_OUT, SHORT_OF_TIME, zones_of
from sweep.modality.pending_light import PendingLight, pending_light
from sweep.modality.protocol import SensingModality
from sweep.modality.weights import WeightsInForce
from sweep.report import (
    GuidanceEvent,
    LiveEvent,
    Position,
    RecordedPosition,
    RecordedSweep,
    Source,
    TransmitterPlace,
)
from sweep.run.plan.budget import Durations, PositionPlan
from sweep.run.plan.eye_look_planner import Eye, EyeLookPlanner
from sweep.run.plan.light_test_chances import chances_of
from sweep.run.plan.sweep_timer import SweepTimer
from sweep.run.reporting.outcome import with_what_was_seen
from sweep.run.reporting.report_builder import judge_of
from sweep.run.reporting.room_progress import room_events
from sweep.run.reporting.second_look_progress import SecondLookProgress
from sweep.run.reporting.second_looks import first_of, is_recording, looked_again_of, looks_of, recorded_of
from sweep.run.words import notice_event


@dataclass(slots=True)
class Made:
    """What a sweep has come to so far."""

    measurements: list[Measurement] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    done: list[RecordedPosition] = field(default_factory=list)

    def through(self, *, is_room: bool, but: str | None = None) -> int:
        """How many positions are through, but for the one in the zone `but`; in a room a zone counts once however often
        somebody stands there.
        """
        first = [one for one in self.positions if not is_again(one.position_id)]
        return len({one.zone_id for one in first} - {but}) if is_room else len(first)


class SweepPlanner:
    """One for a sweep."""

    def __init__(
        self, control: Control, on_event: Callable[[LiveEvent], None], sweep_id: UUID,
        modalities: Sequence[SensingModality],
        source: Source, weights: WeightsInForce,
        policy: EyeLookPolicy, now_ns: Callable[[], int] | None, eye: Eye | None,
    ) -> None:  # fmt: skip
        """`policy`, `now_ns`, `eye`: of looks by eye (`EyeLookPlanner`)."""
        self._control = control
        self._on_event = on_event
        self._modalities = modalities
        self._judge = partial(
            judge_of, modalities=modalities, sweep_id=sweep_id, source=source, weights=weights.weights
        )
        self._again = SecondLookProgress(control.looks, on_event, self._has_time)
        self.eye = EyeLookPlanner(
            control.eye_looks, policy, on_event, sweep_id, modalities, weights.weights,
            now_ns=now_ns, eye=eye, has_time=self._has_seconds, look_closely=control.look_closely,
        )  # fmt: skip
        self._timer: SweepTimer | None = None
        self._is_short = False
        self.limits: set[str] = set()
        """Codes of what goes for want of time, which the report has to say."""

    def begin(self, manifest: RecordedSweep, durations: Durations | None) -> None:
        """The time of the sweep begins; nobody minds it without `durations`."""
        if durations is not None:
            self._timer = SweepTimer(manifest.mode, manifest.plan, durations)
            self._timer.follow(self._control)

    def take_up(self, positions: Sequence[Position]) -> None:
        """These stands were made before the sweep was interrupted."""
        if self._timer is not None:
            self._timer.take_up({one.zone_id for one in positions if not is_again(one.position_id)})

    def left_s(self) -> float | None:
        """How long the sweep takes at most from now on; None: nobody minds the time."""
        return None if self._timer is None else self._timer.left_s()

    def _has_time(self, look: Look) -> bool:
        """For a second look, after the positions to come and the looks before it."""
        if self._timer is None:
            return True
        before = itertools.takewhile(lambda one: one != look, self._control.looks.pending)
        return self._timer.has_time(look.longest_s + sum(one.longest_s for one in before))

    def _has_seconds(self, seconds: float) -> bool:
        """For a look by eye, besides the positions to come."""
        return self._timer is None or self._timer.has_time(seconds)

    def plan_of(self, recorded: RecordedPosition, *, is_walk: bool) -> tuple[PositionPlan, PendingLight | None]:
        """What the position may take, and for whom the light is to which somebody went back; that something goes for
        want of time is told once.
        """
        if self._timer is None:
            return PositionPlan(None), None
        if is_again(recorded.id):
            return self._timer.look(), None
        self._hold(self._timer)
        light = self._control.lights.at(recorded.zone)
        if light is not None and not is_walk:
            self._control.lights.begin(light)
            return self._timer.pending_light(), light
        plan = self._timer.plan_position(recorded.zone)
        if "bluetooth" in plan.leaves_out:
            self.limits.add(SHORT_LEAVES_OUT["bluetooth"])
        if plan.leaves_out and not self._is_short:
            self._is_short = True
            self._on_event(notice_event(SHORT_OF_TIME))
        return plan, None

    def _hold(self, timer: SweepTimer) -> None:
        timer.hold(self.eye.kept_s(timer.zones_to_come) + sum(look.longest_s for look in self._control.looks.pending))

    def judged(self, manifest: RecordedSweep, made: Made) -> None:
        """After a position: where a transmitter that may be anywhere would be told best, how well the zone was seen and
        which devices ask for a look, what asks for a second look or came of it, and where to go back for the light.
        """
        first = first_of(made.measurements)
        judged = self._judge(manifest, made.positions, first)
        if not is_recording(manifest) and not is_again(made.positions[-1].position_id):
            to_come = {*zones_of(manifest.mode, manifest.plan)} - {one.zone_id for one in made.positions}
            self.eye.stood(manifest, made.positions, first, judged.places, len(to_come))
            answered = with_what_was_seen(manifest, self._control)
            if answered.eye_looks != manifest.eye_looks:
                manifest = answered
                judged = self._judge(manifest, made.positions, first)
        wanted = [place.next_stand for place in judged.places if place.next_stand is not None]
        if wanted:
            best = max(wanted, key=lambda position: position.gain_bits)
            self._on_event(GuidanceEvent(type="guidance", text=best.text))
        for event in room_events(manifest.plan, made.positions, made.measurements, judged, self._modalities):
            self._on_event(event)
        self._offer_light(manifest, made.positions, first, judged.places)
        observations = [o for one in made.measurements for o in one.observations]
        looks = looks_of(judged.findings, manifest.plan, made.positions, observations, judged.places)
        if is_recording(manifest):
            looks = recorded_of(looks, {one.id for one in manifest.positions})
        self._control.looks.offer(looks)
        everything = judged.findings
        if len(first) < len(made.measurements):
            everything = self._judge(manifest, made.positions, made.measurements).findings
        looked = looked_again_of(judged.findings, everything, made.positions, made.measurements)
        self._again.judged(made.measurements, looked)

    def _offer_light(
        self,
        manifest: RecordedSweep,
        positions: Sequence[Position],
        first: Sequence[Measurement],
        places: Sequence[TransmitterPlace],
    ) -> None:
        """Once every zone was heard; that there is no time left for it is said in the report."""
        if self._timer is None or not self._timer.is_through:
            return
        ahead = pending_light(chances_of(manifest.plan, positions, first, places))
        self._hold(self._timer)
        if not self._timer.has_pending_light and ahead:
            self.limits.add(SHORT_LEAVES_OUT["light_test"])
            ahead = ()
        self._control.lights.offer(ahead)
