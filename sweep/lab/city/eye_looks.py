"""Looks by eye in the simulated city: asked for while the inspector walks through a room, by the probe's own rule.

Job: walk through a drawn room zone by zone, back for the light and a last way back, and choose looks at every stage by
what was observed until then. Input: rooms, policies that differ in `least_value` and in the seconds of a look; output:
what was looked at and how long it took, by room. Refuses to know more than an inspector would: glints of later zones
and the light of later stands count for nothing yet. Whether an eye sees the camera that it looks at is laid on
afterwards (`found`): looked at is not found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from sweep.judge.eye_looks import EyeLookPolicy, LookBudget, LookPlace, ZoneOdds, in_order, odds_of
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.lab.city.light import UNTESTED, Answer, Dark
from sweep.lab.city.simulation import MOVE_S, sweep_room
from sweep.lab.city.sweeps import CALLED, Room, coverage_of, lens_of, radio_of, tag_of, wifi_of
from sweep.report import Observation
from sweep.run.modalities import WEIGHERS

LEAST_VALUES: Final = tuple(round(10.0 ** float(exponent), 10) for exponent in np.arange(-7.0, -5.2, 0.1))
"""Expected finds a second that the curve is drawn over."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stage:
    """The inspector stands in a zone, and so much is known."""

    zone: int
    to_come: int
    """Zones that nobody visited yet."""
    odds: tuple[ZoneOdds, ...]
    """Of this zone; at the end of a sweep of every zone, since one may go back."""


@dataclass(frozen=True, slots=True)
class Walked:
    """A room with everything that looks could be chosen by."""

    stages: Sequence[Stage]
    camera: tuple[str, UUID | None] | None
    """Its zone, and its glint where one was called; None: no camera."""
    clock_s: float
    """Without looks, and with their seconds held back from the light."""
    budget_s: float
    follows: bool
    """The camera follows the light in its zone, though looks took their seconds from it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The looks at one room by one policy."""

    places: tuple[LookPlace, ...]
    seconds: float
    at_lens: bool
    in_zone: bool
    at_whole_zone: bool
    """An eye went over the camera's zone to which nobody pointed."""


def walk(room: Room, dark: Dark, held_s: float) -> Walked:
    """The stages of a sweep of that room; `held_s`: what the light leaves for looks."""
    swept = sweep_room(room, dark, held_s)
    zones = room.kind.plan.zones
    n = len(zones)
    glints: list[Observation] = []
    camera_glint: UUID | None = None
    at: list[list[Observation]] = []
    for k, spots in enumerate(room.spots):
        here: list[Observation] = []
        for spot in spots:
            if spot.score >= CALLED:
                seen = lens_of(zones[k], f"p{k}", spot.score)
                here.append(seen)
                if spot.kind == "lens" and k == room.camera_zone:
                    camera_glint = seen.observation_id
        at.append(here)
        glints += here
    radio = [[*radio_of(zone, f"p{k}", k, room)] for k, zone in enumerate(zones)]
    shares = {
        tag_of(number): {zone.zone_id: share for zone, share in zip(zones, device.shares, strict=True)}
        for number, device in enumerate(room.devices)
    }

    def odds(k: int, visited: int, answers: Sequence[Sequence[Answer]], *, is_through: bool) -> ZoneOdds:
        heard = [
            wifi_of(zones[j], f"p{j}", number, device, device.levels[j], answers[j][number])
            for j in range(visited) for number, device in enumerate(room.devices)
        ]  # fmt: skip
        observed = [o for here in at[:visited] for o in here] + [o for here in radio[:visited] for o in here] + heard
        return odds_of(
            zones[k], observed, coverage_of(zones[k]), weighers=WEIGHERS, weights=load_weights(),
            prior=load_thresholds().prior, places=shares if is_through else _NO_PLACES, zones=n,
        )  # fmt: skip

    dark_answers = [[UNTESTED] * len(room.devices) for _ in zones]
    stages = []
    for k in range(n):
        is_last = k == n - 1  # levels of every stand say where a transmitter is
        if at[k] or k in room.hints or room.carriers or (is_last and room.tested):
            stages.append(Stage(k, n - 1 - k, (odds(k, k + 1, dark_answers, is_through=is_last),)))
    told = [list(row) for row in dark_answers]
    last = n - 1
    for number, k in enumerate(swept.lit):
        if k in swept.lit[number + 1 :]:
            continue  # its last test there has the answers of the others
        told[k] = swept.answers[k]
        stages.append(Stage(k, 0, (odds(k, n, told, is_through=True),)))
        last = k
    if glints or room.hints or room.carriers or room.tested:
        worth = [k for k in range(n) if at[k] or k in room.hints or room.carriers or room.tested]
        stages.append(Stage(last, 0, tuple(odds(k, n, swept.answers, is_through=True) for k in worth)))
    camera = None if room.camera_zone < 0 else (zones[room.camera_zone].zone_id, camera_glint)
    follows = room.is_streaming and swept.answers[room.camera_zone][0].verdict == "follows_light"
    return Walked(tuple(stages), camera, swept.clock_s, swept.budget_s, follows)


_NO_PLACES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType({})


def look(walked: Walked, policy: EyeLookPolicy, names: Sequence[str]) -> Looked:
    """The looks that a policy asks for; `names`: of the zones, in their order."""
    budget = LookBudget(policy)
    done: dict[str, set[UUID | None]] = {}
    made: list[LookPlace] = []

    def take(zone_id: str, to_come: int, places: Sequence[LookPlace]) -> None:
        budget.enter(zone_id, to_come)
        for place in budget.choose(places):
            done.setdefault(zone_id, set()).add(place.observation_id)
            made.append(place)

    for stage in walked.stages:
        here = names[stage.zone]
        if len(stage.odds) == 1 and stage.odds[0].zone_id == here:
            take(here, stage.to_come, stage.odds[0].places(policy, done.get(here, ())))
            continue
        ahead = [
            place if odds.zone_id == here else place.from_afar(MOVE_S)
            for odds in stage.odds for place in odds.places(policy, done.get(odds.zone_id, ()))
        ]  # fmt: skip
        for place in in_order(ahead, policy):  # each with its way there
            take(place.zone_id, 0, [place])
    at_lens = in_zone = at_whole = False
    if walked.camera is not None:
        zone_id, glint = walked.camera
        looked = done.get(zone_id, set())
        in_zone, at_whole = bool(looked), None in looked
        at_lens = glint is not None and glint in looked
    return Looked(tuple(made), policy.budget_s - budget.left_s, at_lens, in_zone, at_whole)


COLUMNS: Final = ("looks", "seconds", "at_lens", "in_zone", "at_whole_zone")


class LookRows:
    """What every policy of the curve came to, by kind of camera and room."""

    def __init__(self, policy: EyeLookPolicy, least_values: Sequence[float] = LEAST_VALUES) -> None:
        """Curves over `least_values` and the policy's own, for glances and for looks from close by."""
        self.least_values = sorted({*least_values, policy.least_value})
        self.policy = policy
        self.seconds = (policy.glance_s, policy.close_s)
        self._policies = [
            [policy.model_copy(update={"least_value": value, "glance_s": seconds}) for value in self.least_values]
            for seconds in self.seconds
        ]
        self._nothing = np.zeros((len(self.seconds), len(self.least_values), len(COLUMNS)), dtype=np.float32)
        self._rows: dict[int, list[npt.NDArray[np.float32]]] = {}
        self.clocks: list[tuple[float, float]] = []
        """Of rooms without a camera: seconds without looks, and the room's budget."""
        self.follows: list[bool] = []
        """By run with a camera that streams."""
        self.posteriors: list[list[float]] = [[] for _ in self.least_values]
        """Of rooms without a camera, by least value: log10 odds of each place that a glance is for."""

    def add(self, dark: Dark, kind: int, room: Room) -> None:
        """A room; `kind` -1: without a camera."""
        walked = walk(room, dark, self.policy.budget_s)
        self._rows.setdefault(kind, []).append(self._of_room(walked, room, kind) if walked.stages else self._nothing)
        if kind < 0:
            self.clocks.append((walked.clock_s, walked.budget_s))
        if room.is_streaming:
            self.follows.append(walked.follows)

    def _of_room(self, walked: Walked, room: Room, kind: int) -> npt.NDArray[np.float32]:
        names = [zone.zone_id for zone in room.kind.plan.zones]
        row = self._nothing.copy()
        for which, policies in enumerate(self._policies):
            for number, policy in enumerate(policies):
                looked = look(walked, policy, names)
                row[which, number] = (
                    len(looked.places), looked.seconds, looked.at_lens, looked.in_zone, looked.at_whole_zone
                )  # fmt: skip
                if kind < 0 and which == 0:
                    self.posteriors[number] += [math.log10(p.probability / (1 - p.probability)) for p in looked.places]
        return row

    def of(self, kind: int) -> Floats:
        """By room, seconds of a look (glance, close), least value, column of COLUMNS."""
        return np.array(self._rows[kind], dtype=np.float64)


def found(rows: Floats, eye: float, unpointed: float) -> Floats:
    """Chance that the eye finds the camera, by room and policy: pointed at its lens `eye`, over its zone `unpointed`; a
    look at something else in its zone finds nothing.
    """
    at = {name: rows[..., number] for number, name in enumerate(COLUMNS)}
    chance: Floats = np.where(at["at_lens"] > 0, eye, np.where(at["at_whole_zone"] > 0, unpointed, 0.0))
    return chance
