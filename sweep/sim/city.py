"""A simulated city: many sweeps of rooms without a camera, runs of their own for each kind of camera, one row a zone.

Job: draw sweeps, have the probe's own weighers judge both looks, keep the posteriors. Input: world, seed, how many, the
judge; output: `Rows`. Operating points are laid on the rows afterwards (`city_figures`), so that one run serves every
choice. Refuses coverage from planted truth: every zone counts as swept like any other, and nothing is called clear
here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from sweep.report import Evidence, Modality, Observation, Zone, ZoneCoverage
from sweep.sim.city_rooms import KINDS, CameraKind, World
from sweep.sim.city_samples import Curves
from sweep.sim.city_sweeps import (
    CALLED,
    Room,
    Sampler,
    Spot,
    answer,
    coverage_of,
    lens_of,
    radio_of,
    tag_of,
    wifi_of,
)

LEAST: Final = -4.4
"""Posterior below which no operating point asks for a second look."""
MODALITIES: Final[tuple[Modality, ...]] = ("lens", "wifi", "ble", "rf")
BASE_S, STAND_S = 60.0, 38.0
"""Declaring, outside and reference; a stand with its walk (`sim.world`: 30 s and 8 s)."""
LIGHT_S: Final = 75.0
"""A light test that finds nothing (looks up to 75 s decide most); one a stand, while the budget lasts."""
BUDGET_S: Final = 480.0
LENS_LOOK_S, LIGHT_LOOK_S = 40.0, 120.0
Floats = npt.NDArray[np.float64]


class Weighed(Protocol):
    """What the judge answers (`sweep.run.judging.Weighed`)."""

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What each modality weighed."""

    @property
    def log10(self) -> float:
        """Posterior log10 odds."""

    @property
    def low(self) -> float:
        """Lower end of its interval."""

    def of(self, modality: Modality) -> float:
        """Sum of one modality."""


class Judge(Protocol):
    """`sweep.run.judging.judge_zone`."""

    def __call__(
        self,
        zone: Zone,
        observations: Sequence[Observation],
        coverage: Mapping[Modality, ZoneCoverage],
        *,
        places: Mapping[str, Mapping[str, float]] = ...,
        again: Mapping[Modality, Sequence[str]] = ...,
    ) -> Weighed:
        """The posterior of a zone."""


@dataclass(frozen=True)
class Rows:
    """Zones in which something was observed, and every camera's zone."""

    table: Floats
    """Columns as COLUMNS names them."""
    confusers: list[str]
    """What the best glint of each row lay on; empty without one."""
    rooms: int
    """Rooms without a camera."""
    planted: dict[str, int]
    """Runs of each kind of camera."""
    seconds: dict[str, list[float]]
    """By `before` a second look, of rooms without a camera: what each took."""


COLUMNS: Final = (
    "kind", "room", "is_camera", "first", "first_low", "second", "second_low", "before", "before_strong", "looks_s",
    *(f"first_{m}" for m in MODALITIES), *(f"second_{m}" for m in MODALITIES),
)  # fmt: skip
AT: Final = {name: number for number, name in enumerate(COLUMNS)}


def run_city(
    world: World,
    curves: Curves,
    judge: Judge,
    *,
    seed: int,
    rooms: int,
    per_kind: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Rows:
    """`rooms` sweeps without a camera and `per_kind` of each kind with one."""
    rng = np.random.default_rng([seed, 0xC17, len(world.name)])
    sampler = Sampler(world, curves, rng)
    rows: list[list[float]] = []
    confusers: list[str] = []
    seconds: list[float] = []
    jobs: list[tuple[int, CameraKind | None, int]] = [(-1, None, rooms)]
    jobs += [(number, kind, per_kind) for number, kind in enumerate(KINDS)]
    for number, kind, count in jobs:
        for n in range(count):
            room = sampler.room(kind)
            if kind is None:
                seconds.append(swept_s(room))
            for row, confuser in _zones(room, judge, rng):
                rows.append([number, n, *row])
                confusers.append(confuser)
            if n % 10_000 == 9_999:
                tell(f"{world.name}: {n + 1} of {count} rooms without a camera")
        if kind is not None:
            tell(f"{world.name}: {count} sweeps with {kind.name}")
    table = np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
    return Rows(table, confusers, rooms, {kind.name: per_kind for kind in KINDS}, {"before": seconds})


def swept_s(room: Room) -> float:
    """What a full sweep takes before any second look: light is played at each stand while the budget lasts."""
    stands = len(room.kind.plan.zones)
    base = BASE_S + stands * STAND_S
    return min(base + (stands * LIGHT_S if room.tested else 0.0), max(base, BUDGET_S - LIGHT_LOOK_S))


def _zones(room: Room, judge: Judge, rng: np.random.Generator) -> list[tuple[list[float], str]]:
    zones = room.kind.plan.zones
    places = {
        tag_of(number): {zone.zone_id: share for zone, share in zip(zones, device.shares, strict=True)}
        for number, device in enumerate(room.devices)
    }
    flows = max(1, math.ceil(room.tested / 2))  # derived: they spread over two channels at least
    # a transmitter is heard at every stand, so that its strongest one is known in each zone
    heard = [
        [
            wifi_of(zone, f"p{k}", number, device, device.levels[k], answer(device, k, flows, rng))
            for k, zone in enumerate(zones)
        ]
        for number, device in enumerate(room.devices)
    ]
    result = []
    for k, zone in enumerate(zones):
        called = sorted((s for s in room.spots[k] if s.score >= CALLED), key=lambda s: -s.score)
        follows = any(
            one[k].stimulus is not None and one[k].stimulus.verdict == "follows_light"  # type: ignore[union-attr]  # of records that were built without validation
            for one in heard
        )
        is_camera = k == room.camera_zone
        if not (called or follows or k in room.carriers or k in room.hints or is_camera):
            continue
        observed: list[Observation] = [lens_of(zone, f"p{k}", spot.score) for spot in called]
        observed += [o for one in heard for o in one]
        observed += radio_of(zone, f"p{k}", room.carriers.get(k), has_hint=k in room.hints)
        coverage = coverage_of(zone)
        first = judge(zone, observed, coverage, places=places)
        before = judge_before(called, first)
        second, looks_s = first, 0.0
        if first.log10 >= LEAST:
            again, extra, looks_s = _look_again(zone, called, room, first, flows, rng)
            second = judge(zone, [*observed, *extra], coverage, places=places, again=again)
        row = [float(is_camera), first.log10, first.low, second.log10, second.low, *map(float, before), looks_s]
        row += [first.of(m) for m in MODALITIES] + [second.of(m) for m in MODALITIES]
        result.append((row, called[0].kind if called else ""))
    return result


def _look_again(
    zone: Zone, called: list[Spot], room: Room, first: Weighed, flows: int, rng: np.random.Generator
) -> tuple[dict[Modality, Sequence[str]], list[Observation], float]:
    """What the second look at a zone's candidate observes, and what it takes."""
    again: dict[Modality, Sequence[str]] = {}
    extra: list[Observation] = []
    looks_s = 0.0
    codes = {e.code for e in first.evidence}
    if "glint" in codes and called and called[0].again is not None:
        name = f"again-{zone.zone_id}-near"
        again["lens"] = (name,)
        if called[0].again >= CALLED:
            extra.append(lens_of(zone, name, called[0].again))
        looks_s += LENS_LOOK_S
    if "follows_light" in codes:
        name = f"again-{zone.zone_id}-light"
        again["wifi"] = (name,)
        k = [z.zone_id for z in room.kind.plan.zones].index(zone.zone_id)
        extra += [
            wifi_of(zone, name, number, device, device.levels[k], answer(device, k, flows, rng, again=True))
            for number, device in enumerate(room.devices)
        ]
        looks_s += LIGHT_LOOK_S
    return again, extra, looks_s


def judge_before(called: Sequence[Spot], first: Weighed) -> tuple[bool, bool]:
    """Candidate and strong by the marks of 2026-11-26: guessed weights, a floor of 1.5, two modalities of 0.8."""
    lens = 1.5 + min(max(0.25 * (called[0].score - 2.0), -0.5), 0.5) if called else -0.27
    wifi = 0.0
    codes: dict[str, Any] = {e.code: e for e in first.evidence}
    if "video_uplink" in codes or "video_uplink_near" in codes:
        wifi += 0.6  # of log10(1 + 9 p): half of the zone's places
    if "follows_light" in codes:
        wifi += 1.5
    wifi = min(wifi, 2.5)
    ble = 0.3 if "ble_camera_hint" in codes else 0.0
    rf = 1.0 if "analog_video" in codes else 0.5 if "continuous_carrier" in codes else 0.0
    parts = (lens, wifi, ble, rf)
    is_candidate = sum(p for p in parts if p > 0.0) >= 1.5
    return is_candidate, is_candidate and sum(p >= 0.8 for p in parts) >= 2
