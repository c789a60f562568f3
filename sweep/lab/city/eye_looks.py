"""Looks by eye in the simulated city: asked for while the inspector walks through a room, by the probe's own rule.

Job: walk through a drawn room zone by zone and back for the light, and choose looks at every stage by what was observed
until then, controls among them. Input: rooms, policies that differ in `least_value` and in the seconds of a look;
output: what was looked at and how long it took, by room. Refuses to know more than an inspector would: glints of later
zones and the light of later stands count for nothing yet. Whether an eye sees the camera that it looks at is laid on
afterwards (`found`): looked at is not found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final
from uuid import UUID

import numpy as np
import numpy.typing as npt

from sweep.judge.eye_looks import EyeLookPolicy, LookBudget, LookPlace, ZoneOdds, odds_of
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.lab.city.light import UNTESTED, Answer, Dark
from sweep.lab.city.samples import CALLED
from sweep.lab.city.simulation import budget_of, sweep_room
from sweep.lab.city.sweeps import Room, coverage_of, lens_of, radio_of, tag_of, wifi_of
from sweep.report import Observation
from sweep.run.modalities import WEIGHERS

LEAST_VALUES: Final = tuple(round(10.0 ** float(exponent), 10) for exponent in np.arange(-6.6, -5.55, 0.1))
"""Expected finds a second that the curve is drawn over."""
KEPT_STEP_S: Final = 10.0
"""To the next of these the seconds are rounded up that looks keep from the light: so few lights are played."""
UNSURE: Final = (0.05, 0.1)
"""Shares of looks of which nobody can tell what is there, neither at once nor from close by: guessed."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stage:
    """The inspector stands in a zone, and so much is known."""

    to_come: int
    """Zones that nobody visited yet."""
    odds: ZoneOdds


@dataclass(frozen=True, slots=True)
class Tail:
    """A sweep from when every zone was heard."""

    stages: Sequence[Stage]
    clock_s: float
    """What the sweep takes, without looks."""
    follows: bool
    """The camera follows the light in its zone."""


@dataclass(slots=True)
class Walked:
    """A room with everything that looks could be chosen by."""

    stages: Sequence[Stage]
    """Of each zone as it is visited."""
    camera: tuple[str, UUID | None] | None
    """Its zone, and its glint where one was called; None: no camera."""
    seen: Sequence[Sequence[UUID | None]]
    """By zone, of each of the room's spots: its glint where one was called."""
    is_tested: bool
    """The light is for something here."""
    after: Callable[[float], Tail]
    """Once that many seconds are kept from the light: those of the looks so far, and for those to come."""
    _tails: dict[float, Tail] = field(default_factory=dict)

    def tail(self, kept_s: float) -> Tail:
        """What comes after the last zone; the same seconds give the same light."""
        if kept_s not in self._tails:
            self._tails[kept_s] = self.after(kept_s)
        return self._tails[kept_s]


@dataclass(frozen=True, slots=True)
class Looked:
    """The looks at one room by one policy."""

    places: tuple[LookPlace, ...]
    controls: int
    """Looks at a wall where nothing shone, besides."""
    seconds: float
    """Of all of them, and of closer ones."""
    at_lens: bool
    in_zone: bool
    at_whole_zone: bool
    """An eye went over the camera's zone to which nobody pointed."""
    clock_s: float
    """What the sweep takes besides."""
    follows: bool


def walk(room: Room, dark: Dark) -> Walked:
    """The stages of a sweep of that room; how long the light plays depends on what looks took before."""
    zones = room.kind.plan.zones
    n = len(zones)
    seen = [
        [lens_of(zones[k], f"p{k}", spot.score) if spot.score >= CALLED else None for spot in spots]
        for k, spots in enumerate(room.spots)
    ]
    at: list[list[Observation]] = [[one for one in here if one is not None] for here in seen]
    seen_at = [[None if one is None else one.observation_id for one in here] for here in seen]
    radio = [[*radio_of(zone, f"p{k}", k, room)] for k, zone in enumerate(zones)]
    shares = {
        tag_of(number): {zone.zone_id: share for zone, share in zip(zones, device.shares, strict=True)}
        for number, device in enumerate(room.devices)
    }

    @cache
    def heard_of(j: int, number: int, told: Answer) -> Observation:
        return wifi_of(zones[j], f"p{j}", number, room.devices[number], room.devices[number].levels[j], told)

    covered = [coverage_of(zone) for zone in zones]

    def odds(k: int, visited: int, answers: Sequence[Sequence[Answer]]) -> ZoneOdds:
        heard = [heard_of(j, number, told) for j in range(visited) for number, told in enumerate(answers[j])]
        observed = [o for here in at[:visited] for o in here] + [o for here in radio[:visited] for o in here] + heard
        return odds_of(
            zones[k], observed, covered[k], weighers=WEIGHERS, weights=load_weights(),
            prior=load_thresholds().prior, places=shares if visited == n else _NO_PLACES, zones=n, visited=visited,
        )  # fmt: skip

    untested = [[UNTESTED] * len(room.devices) for _ in zones]
    stages = [
        Stage(n - 1 - k, odds(k, k + 1, untested))
        for k in range(n) if at[k] or k in room.hints or room.carriers or (k == n - 1 and room.tested)
    ]  # levels of every stand say where a transmitter is  # fmt: skip

    def after(kept_s: float) -> Tail:
        swept = sweep_room(room, dark, kept_s)
        told, lit = [list(row) for row in untested], []
        for number, k in enumerate(swept.lit):
            if k in swept.lit[number + 1 :]:
                continue  # its last test there has the answers of the others
            told[k] = swept.answers[k]
            lit.append(Stage(0, odds(k, n, told)))
        follows = room.is_streaming and swept.answers[room.camera_zone][0].verdict == "follows_light"
        return Tail(tuple(lit), swept.clock_s, follows)

    camera = None
    if room.camera_zone >= 0:
        at_camera = zip(room.spots[room.camera_zone], seen_at[room.camera_zone], strict=True)
        glint = next((one for spot, one in at_camera if spot.kind == "lens"), None)
        camera = (zones[room.camera_zone].zone_id, glint)
    return Walked(tuple(stages), camera, seen_at, room.tested > 0, after)


_NO_PLACES: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType({})


def look(
    walked: Walked,
    policy: EyeLookPolicy,
    known: Collection[UUID] = (),
    *,
    rng: np.random.Generator,
    unsure: float = 0.0,
) -> Looked:
    """The looks that a policy asks for; `known`: glints that an earlier visit explained; `unsure`: share of looks of
    which nobody can tell, so that one goes closer.  A control is asked for as the probe does, but some wall is always
    bare.
    """
    budget = LookBudget(policy)
    done: dict[str, set[UUID | None]] = {}
    made: list[LookPlace] = []
    controls, closer_s = 0, policy.close_s - policy.glance_s

    def stand(stage: Stage) -> None:
        nonlocal controls
        zone_id = stage.odds.zone_id
        budget.enter(zone_id, stage.to_come)
        for place in budget.choose(stage.odds.places(policy, done.get(zone_id, ()), known)):
            done.setdefault(zone_id, set()).add(place.observation_id)
            made.append(place)
            is_control, is_unsure = rng.random() < policy.control_share, rng.random() < unsure
            if is_control and budget.may_take(policy.glance_s):
                budget.take(policy.glance_s)
                controls += 1
            if is_unsure and budget.has(closer_s):
                budget.take_closer(closer_s)

    for stage in walked.stages:
        stand(stage)
    kept_s = policy.budget_s - budget.left_s + budget.kept_s(0)
    tail = walked.tail(KEPT_STEP_S * math.ceil(kept_s / KEPT_STEP_S - 1e-6) if walked.is_tested else 0.0)
    for stage in tail.stages:
        stand(stage)
    at_lens = in_zone = at_whole = False
    if walked.camera is not None:
        zone_id, glint = walked.camera
        looked = done.get(zone_id, set())
        in_zone, at_whole = bool(looked), None in looked
        at_lens = glint is not None and glint in looked
    seconds = policy.budget_s - budget.left_s
    return Looked(tuple(made), controls, seconds, at_lens, in_zone, at_whole, tail.clock_s, tail.follows)


COLUMNS: Final = ("looks", "controls", "seconds", "at_lens", "in_zone", "at_whole_zone", "clock_s", "follows")
Place = tuple[int, int, float]
"""Number of a room and of a zone in it, log10 odds of a camera where the look is."""


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
        self._rows: dict[int, list[npt.NDArray[np.float32]]] = {}
        self.budgets_s: list[float] = []
        """Of rooms without a camera."""
        self.places: list[list[Place]] = [[] for _ in self.least_values]
        """Of rooms without a camera, by least value: what each glance is for."""
        self.unsure_s: dict[float, list[float]] = {part: [] for part in UNSURE}
        """Of rooms without a camera: seconds of looks by glances, if of so many nobody could tell."""

    def add(self, dark: Dark, kind: int, room: Room) -> None:
        """A room; `kind` -1: without a camera."""
        walked, before = walk(room, dark), self._rows.setdefault(kind, [])
        seed = [kind + 1, len(before)]  # of what falls by chance, for each policy the same
        row = np.zeros((len(self.seconds), len(self.least_values), len(COLUMNS)), dtype=np.float32)
        glances: list[Looked] = []
        for which, policies in enumerate(self._policies):
            for number, policy in enumerate(policies):
                looked = look(walked, policy, rng=np.random.default_rng(seed))
                row[which, number] = (
                    len(looked.places), looked.controls, looked.seconds, looked.at_lens, looked.in_zone,
                    looked.at_whole_zone, looked.clock_s, looked.follows,
                )  # fmt: skip
                glances += [looked] if which == 0 else []
        if kind < 0:
            self.budgets_s.append(budget_of(room))
            zones = [zone.zone_id for zone in room.kind.plan.zones]
            for places, looked in zip(self.places, glances, strict=True):
                places += [
                    (len(before), zones.index(one.zone_id), math.log10(one.probability / (1 - one.probability)))
                    for one in looked.places
                ]
            for part, seconds in self.unsure_s.items():
                seconds.append(look(walked, self.policy, rng=np.random.default_rng(seed), unsure=part).seconds)
        before.append(row)

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
