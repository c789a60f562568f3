"""Which places the inspector is asked to look at by eye, while standing in their zone, and what an answer leads to.

Input is what was measured so far and answers of persons; output is looks that `Control` offers, live events, and
records for the report.  It chooses by `sweep.judge.eye_looks` and makes no candidate: that is fusion's, by the records.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sweep.judge.coverage import cover
from sweep.judge.eye_evidence import after, asks_for_candidate
from sweep.judge.eye_looks import EyeLookPolicy, LookBudget, LookPlace, load_policy, odds_of
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.modality.evidence import Circle
from sweep.modality.eye_looks import Answered, AskedLook, EyeLooks
from sweep.modality.looks import CLOSE_M, CloseLook, SeenFrom, close_id_of
from sweep.modality.measurement import Measurement
from sweep.modality.protocol import SensingModality
from sweep.modality.weights import Weights
from sweep.report import (
    ContractError,
    EyeAnswer,
    EyeLook,
    KnownThing,
    LensObservation,
    LiveEvent,
    LookAnsweredEvent,
    LookAskedEvent,
    Observation,
    Plan,
    Position,
    RecordedSweep,
    TransmitterPlace,
    WallSpot,
    Zone,
    centre_of,
    derived_id,
    place_of,
)
from sweep.report.files import read_json
from sweep.report.known import is_one_place
from sweep.report.walls.spots import point_of, spot_at, spot_of
from sweep.run.reporting.eye_look_words import asked_text, came_of_text, where_of

Eye = Callable[[AskedLook, float], tuple[EyeAnswer, float] | None]
"""Answers a look by itself and says how many seconds it took, or that nobody looks (None).  It sees such a share."""
CLOSER: Final = frozenset({"hole", "unsure"})
"""Answers after which the same place is looked at from close by."""
LeadsTo = Literal["close_look", "candidate", "guide"]
CONTROL_BEARINGS_DEG: Final = (-60.0, -45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0, 60.0)
CONTROL_ELEVATIONS_DEG: Final = (-25.0, 0.0, 20.0)
CONTROL_APART_DEG: Final = 20.0
"""From everything that shone (guessed: a hand points to 10 degrees)."""
CONTROL_RADIUS_M: Final = 0.3
NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Direction(NamedTuple):
    """From where one stands."""

    bearing_deg: float | None
    elevation_deg: float | None
    range_m: float | None


NOWHERE: Final = Direction(None, None, None)


def read_policy(file: Path) -> EyeLookPolicy:
    """A district's own policy; what makes a candidate stays as it ships.  Raises ContractError."""
    return read_json(EyeLookPolicy, file, ContractError)


class EyeLookPlanner:
    """One for a sweep."""

    def __init__(
        self,
        looks: EyeLooks,
        policy: EyeLookPolicy,
        on_event: Callable[[LiveEvent], None],
        sweep_id: UUID,
        modalities: Sequence[SensingModality],
        weights: Weights | None,
        *,
        now_ns: Callable[[], int] | None,
        eye: Eye | None = None,
        has_time: Callable[[float], bool] = lambda _: True,
        look_closely: Callable[[CloseLook], None] = lambda _: None,
    ) -> None:
        """`now_ns`: None where the time is that of the positions.  `eye`: answers at once, where nobody stands in a
        room; `has_time`: whether so many seconds are left of the sweep besides the zones to come;
        `look_closely`: has the probe film a spot from close by.
        """
        self._looks, self._policy, self._on_event = looks, policy, on_event
        self._sweep_id = sweep_id
        self._weighers = {modality.name: modality.weigher for modality in modalities}
        self._weights = weights or load_weights()
        self._clock_ns, self._eye, self._has_time = now_ns, eye, has_time
        self._look_closely = look_closely
        self._stood_ns = 0
        """When the last position was over."""
        self._budget = LookBudget(policy)
        self._turns = 0
        """Looks for which a control was drawn, and closer ones."""
        self._done: dict[str, set[UUID | None]] = {}
        self._lock = threading.RLock()
        """Answers come from other threads."""
        looks.follow(self._record, self._answered)

    def kept_s(self, zones_to_come: int) -> float:
        """Of the room's seconds, what looks may still ask for."""
        return self._budget.kept_s(zones_to_come)

    def _now_ns(self) -> int:
        return self._stood_ns if self._clock_ns is None else self._clock_ns()

    def take_up(self, looks: Iterable[EyeLook]) -> None:
        """These were made before the sweep was interrupted."""
        for look in looks:
            self._budget.settle(0.0, look.seconds)
            if not look.is_control:
                self._done.setdefault(look.zone_id, set()).add(look.observation_id)

    def leave(self) -> None:
        """The inspector goes on."""
        self._looks.leave(self._now_ns())

    def stood(
        self,
        manifest: RecordedSweep,
        positions: Sequence[Position],
        measurements: Sequence[Measurement],
        places: Iterable[TransmitterPlace],
        zones_to_come: int,
    ) -> None:
        """The last of these positions is over, and the inspector still stands there: ask for what is worth a look.
        `measurements`: of first looks.
        """
        position = positions[-1]
        self._stood_ns = position.end_ns
        zone = next(one for one in manifest.plan.zones if one.zone_id == position.zone_id)
        observations = [o for one in measurements for o in one.observations]
        covered = {one.modality: one for one in cover(manifest.plan, measurements) if one.zone_id == zone.zone_id}
        odds = odds_of(
            zone,
            observations,
            covered,
            weighers=self._weighers,
            weights=self._weights,
            prior=load_thresholds().prior,
            places={place.address.tag: place.zones for place in places},
            zones=len(manifest.plan.zones),
            visited=len({one.zone_id for one in positions}),
        )
        done = self._done.setdefault(zone.zone_id, set())
        spots = {o.observation_id: o for o in observations if o.observation_id in odds.spots}
        by_id = {one.position_id: one for one in positions}
        circles = {
            seen: self._weighers[o.modality].place(o, by_id[o.position_id], manifest.plan) for seen, o in spots.items()
        }
        walls = {seen: spot_of(manifest.plan, zone, by_id[o.position_id], o) for seen, o in spots.items()}
        known = {
            seen
            for seen, circle in circles.items()
            if is_known(zone.zone_id, circle, None if (wall := walls[seen]) is None else wall.up_m, manifest.known)
        }
        with self._lock:
            self._budget.enter(zone.zone_id, zones_to_come)
            for place in self._budget.choose(odds.places(self._policy, done, known)):
                if not self._has_time(place.seconds):
                    self._budget.give_back(place)
                    continue
                done.add(place.observation_id)
                seen = None if place.observation_id is None else spots[place.observation_id]
                stood = position if seen is None else by_id[seen.position_id]
                circle = None if seen is None else circles[seen.observation_id]
                self._ask(place, manifest.plan, zone, stood, circle, seen)
                self._ask_control(manifest.plan, zone, position, observations)

    def _ask(
        self, place: LookPlace, plan: Plan, zone: Zone, stood: Position, circle: Circle | None, seen: Observation | None
    ) -> None:
        x_m, y_m = centre_of(zone)
        if circle is None:
            circle = Circle(x_m, y_m, max(math.dist((x_m, y_m), corner) for corner in zone.polygon))
        spot = spot_of(plan, zone, stood, seen)
        before = math.log10(place.probability / (1.0 - place.probability))
        self._offer(
            AskedLook(
                look_id=self._id_of(zone.zone_id, place.observation_id, is_close=False),
                zone_id=zone.zone_id,
                observation_id=place.observation_id,
                is_close=False,
                x_m=round(circle.x_m, 3),
                y_m=round(circle.y_m, 3),
                radius_m=round(circle.radius_m, 3),
                where=where_of(plan, zone, stood, seen, spot),
                spot=spot,
                is_known=place.is_known,
                is_control=False,
                planned_s=place.seconds,
                prior_log10_odds=round(before, 3),
                asked_ns=self._now_ns(),
                seen_from=None if seen is None else seen_from(stood, seen),
            ),
            Direction(seen.bearing_deg, seen.elevation_deg, seen.range_m)
            if isinstance(seen, LensObservation)
            else NOWHERE,
        )

    def _ask_control(self, plan: Plan, zone: Zone, position: Position, seen: Iterable[Observation]) -> None:
        """Now and then a look at a wall where nothing shone, which nobody can tell from the others."""
        self._turns += 1
        drawn = derived_id(self._sweep_id, f"control/{zone.zone_id}/{self._turns}").int
        may = self._budget.may_take(self._policy.glance_s) and self._has_time(self._policy.glance_s)
        if drawn % 10**6 >= self._policy.control_share * 10**6 or not may:
            return
        here = [o for o in seen if isinstance(o, LensObservation) and o.zone_id == zone.zone_id]
        shone = [o.bearing_deg for o in here]
        free: list[tuple[float, float | None, WallSpot]] = [
            (bearing, elevation, spot)
            for bearing, elevation in itertools.product(CONTROL_BEARINGS_DEG, CONTROL_ELEVATIONS_DEG)
            if all(at is not None and abs(at - bearing) > CONTROL_APART_DEG for at in shone)
            and (spot := spot_at(plan, zone, position, bearing, elevation, None)) is not None
        ]
        if not free:
            return
        bearing_deg, elevation_deg, spot = free[drawn // 10**6 % len(free)]
        x_m, y_m = point_of(plan, zone, spot)
        if all(o.elevation_deg is None for o in here):  # as little is known of it as of what shone
            spot, elevation_deg = spot.model_copy(update={"up_m": None}), None
        range_m = None
        if any(o.range_m is not None for o in here):
            range_m = round(math.dist((position.x_m, position.y_m), (x_m, y_m)), 2)
        self._budget.take(self._policy.glance_s)
        self._offer(
            AskedLook(
                look_id=self._id_of(zone.zone_id, None, is_close=False, turn=self._turns),
                zone_id=zone.zone_id,
                observation_id=None,
                is_close=False,
                x_m=round(x_m, 3),
                y_m=round(y_m, 3),
                radius_m=CONTROL_RADIUS_M,
                where=where_of(plan, zone, position, None, spot),
                spot=spot,
                is_known=False,
                is_control=True,
                planned_s=self._policy.glance_s,
                prior_log10_odds=load_thresholds().prior,
                asked_ns=self._now_ns(),
                seen_from=seen_from(position, None),
            ),
            Direction(bearing_deg, elevation_deg, range_m),
        )

    def _id_of(self, zone_id: str, seen: UUID | None, *, is_close: bool, turn: int = 0) -> UUID:
        return derived_id(self._sweep_id, f"look/{zone_id}/{seen}/{is_close}/{turn}/{self._now_ns()}")

    def _offer(self, look: AskedLook, way: Direction) -> None:
        self._looks.ask(look)
        self._on_event(
            LookAskedEvent(
                type="look_asked",
                look_id=look.look_id,
                zone_id=look.zone_id,
                is_pointed=look.observation_id is not None or look.is_control,
                is_close=look.is_close,
                x_m=look.x_m,
                y_m=look.y_m,
                radius_m=look.radius_m,
                bearing_deg=way.bearing_deg,
                elevation_deg=way.elevation_deg,
                range_m=way.range_m,
                spot=look.spot,
                longest_s=look.planned_s,
                left_s=round(self._budget.left_s, 1),
                is_known=look.is_known,
                where=look.where,
                text=asked_text(look),
            )
        )
        if self._eye is not None:
            is_pointed = look.observation_id is not None or look.is_control
            said = self._eye(look, self._policy.pointed_share if is_pointed else self._policy.unpointed_share)
            if said is not None:
                answer, seconds = said
                self._looks.answer(look.look_id, answer, self._looks.free_from(look) + round(seconds * 1e9))

    def _answered(self, told: Answered) -> None:
        with self._lock:
            self._tell_of(told)

    def _tell_of(self, told: Answered) -> None:
        look = told.look
        self._budget.settle(look.planned_s, told.seconds)
        leads_to = self._leads_to(told)
        self._on_event(
            LookAnsweredEvent(
                type="look_answered",
                look_id=look.look_id,
                zone_id=look.zone_id,
                answer=told.answer,
                seconds=told.seconds,
                leads_to=leads_to,
                text=came_of_text(look, told.answer, leads_to),
            )
        )
        if leads_to == "close_look":
            seconds = self._closer_s(told)
            self._budget.take_closer(seconds)
            closer = replace(look, is_close=True, planned_s=seconds, asked_ns=self._now_ns())
            self._turns += 1
            closer_id = self._id_of(look.zone_id, look.observation_id, is_close=True, turn=self._turns)
            if look.seen_from is not None:  # filmed while the eye looks: its seconds are the same
                self._look_closely(close_look(look, look.seen_from, closer_id))
            self._offer(replace(closer, look_id=closer_id), NOWHERE)

    def _leads_to(self, told: Answered) -> LeadsTo | None:
        look = told.look
        if told.answer == "camera_like":
            return "guide"
        if told.answer in CLOSER and not look.is_close and self._may_look_closer(told):
            return "close_look"
        last = self._record(told)
        before = [one for one in self._looks.made if one.look_id != look.look_id and place_of(one) == place_of(last)]
        return "candidate" if asks_for_candidate([*before, last], load_policy()) else None

    def _closer_s(self, told: Answered) -> float:
        """What a look takes from close by, less what the glance before it took."""
        return round(self._policy.close_s - min(told.seconds, self._policy.glance_s), 3)

    def _may_look_closer(self, told: Answered) -> bool:
        seconds = self._closer_s(told)
        return self._budget.has(seconds) and self._has_time(seconds)

    def _record(self, told: Answered) -> EyeLook:
        look = told.look
        share = self._policy.unpointed_share
        pointed = share if look.observation_id is None else self._policy.pointed_share
        asked = {name: getattr(look, name) for name in EyeLook.model_fields if hasattr(look, name)}
        return EyeLook(
            **asked,
            answer=told.answer,
            answered_ns=told.answered_ns,
            seconds=told.seconds,
            posterior_log10_odds=round(after(look.prior_log10_odds, told.answer, share), 3),
            posterior_pointed_log10_odds=round(after(look.prior_log10_odds, told.answer, pointed), 3),
        )


def seen_from(position: Position, seen: Observation | None) -> SeenFrom:
    """From where a spot was seen, and where in the picture."""
    place_px = (seen.x_px, seen.y_px) if isinstance(seen, LensObservation) else None
    return SeenFrom(position.position_id, position.x_m, position.y_m, position.facing_deg, place_px)


def close_look(look: AskedLook, stood: SeenFrom, look_id: UUID) -> CloseLook:
    """What the probe films beside a look by eye: the spot, from `CLOSE_M` before it on the way to it."""
    along = (look.x_m - stood.x_m, look.y_m - stood.y_m)
    far_m = math.hypot(*along)
    share = max(0.0, 1.0 - CLOSE_M / max(far_m, CLOSE_M))
    facing_deg = math.degrees(math.atan2(along[1], along[0])) % 360.0 if far_m > 0.0 else stood.facing_deg
    return CloseLook(
        close_id_of(look.zone_id, look_id), look.zone_id, round(stood.x_m + share * along[0], 3),
        round(stood.y_m + share * along[1], 3), round(facing_deg, 2) % 360.0, stood,
    )  # fmt: skip


def is_known(zone_id: str, circle: Circle | None, up_m: float | None, known: Collection[KnownThing]) -> bool:
    """Whether an earlier visit explained what is there; `up_m`: how high, where anybody knows."""
    if circle is None:
        return False
    here = KnownThing(
        zone_id=zone_id, x_m=circle.x_m, y_m=circle.y_m, radius_m=circle.radius_m, what=None, decided=NEVER, up_m=up_m
    )
    return any(is_one_place(one, here) for one in known if not one.devices)
