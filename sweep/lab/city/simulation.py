"""A simulated city: many sweeps of rooms without a camera, runs of their own for each kind of camera, one row a zone.

Job: draw sweeps, have the probe's own weighers judge both looks, keep the posteriors. Input: world, seed, how many;
output: `Rows`. Operating points are laid on the rows afterwards (`lab.city.figures`), so that one run serves
every choice. Refuses coverage from planted truth: every zone counts as swept like any other, and nothing is called
clear here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.lab.city.light import (
    FATES,
    UNTESTED,
    Answer,
    Dark,
    chances_of,
    fate_of,
    play_again,
    play_ahead,
    timing_of,
)
from sweep.lab.city.rooms import KINDS, CameraKind, World
from sweep.lab.city.samples import CALLED, Curves
from sweep.lab.city.sweeps import Room, Sampler, Spot, coverage_of, lens_of, radio_of, tag_of, wifi_of
from sweep.lab.city.zone_judgement import Weighed, judge_zone
from sweep.modality.looks import LENS_LOOK_S, TRANSMITTER_LOOK_S
from sweep.modality.pending_light import LIGHT_DWELL_S, pending_light
from sweep.phrases import Phrase
from sweep.report import MODALITIES, Modality, Observation, Zone
from sweep.run.plan.budget import Budget, PositionPlan

EARLIER_VISITS: Final = 3
"""Of a room that is visited four times a year (guessed); a probe is told what the last five explained."""
STAYS: Final = frozenset({
    "screw", "button", "chrome_cyl", "chrome_sphere", "tap", "gloss_img", "glass", "bright_dot", "dark_hole", "ind_led",
    "ir_beacon", "tape", "reflector",
})  # fmt: skip
"""What is where it was at the last visit; drops, eyes, clothes and flakes are not (guessed)."""
NEVER: Final = -9.0
LEAST: Final = -4.4
"""Posterior below which no operating point asks for a second look."""
BASE_S, POSITION_S = 60.0, 38.0
"""Declaring, outside and reference; a position with its walk (`sim.world`: 30 s and 8 s)."""
BUDGET_S: Final = 480.0
MOVE_S: Final = 10.0
"""Back to another zone (`sweep.run.plan.budget`)."""
DECLARED_S: Final = 15.0
"""From when on the time counts: declaring that nobody is inside does not (`sweep.run.plan.budget`); guessed."""
HELD_FROM: Final = 1.8
"""Score of a glint for whose second look time is kept: just below where its weight steps up, for beside anything else
that is heard it may be a candidate (guessed)."""
AROUND_LOOK_S: Final = 30.0
"""What a second look takes besides the light: walking there, and listening."""
Floats = npt.NDArray[np.float64]


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
    shares: Mapping[str, float]
    """Of all hidden cameras, by kind."""
    seconds: dict[str, list[float]]
    """Of rooms without a camera: what each took `before` a second look, and its `budget`."""


COLUMNS: Final = (
    "kind", "room", "zone", "is_camera", "first", "first_low", "second", "second_low", "before", "before_strong",
    "looks_s", "fate", "earlier",
    *(f"first_{m}" for m in MODALITIES), *(f"second_{m}" for m in MODALITIES),
)  # fmt: skip
AT: Final = {name: number for number, name in enumerate(COLUMNS)}


def run_city(
    world: World,
    curves: Curves,
    *,
    seed: int,
    rooms: int,
    per_kind: int,
    tell: Callable[[Phrase], None] = lambda _: None,
    also: Callable[[int, Room], None] = lambda _kind, _room: None,
) -> Rows:
    """`rooms` sweeps without a camera and `per_kind` of each kind with one; `also` gets each room once it was swept,
    with the number of its kind (-1: no camera), and may draw nothing from the same generator.
    """
    rng = np.random.default_rng([seed, 0xC17, len(world.name)])
    sampler = Sampler(world, curves, rng)
    rows: list[list[float]] = []
    confusers: list[str] = []
    seconds: list[float] = []
    budgets: list[float] = []
    jobs: list[tuple[int, CameraKind | None, int]] = [(-1, None, rooms)]
    jobs += [(number, kind, per_kind) for number, kind in enumerate(KINDS)]
    for number, kind, count in jobs:
        for n in range(count):
            room = sampler.room(kind)
            swept = sweep_room(room, sampler.dark)
            if kind is None:
                seconds.append(swept.clock_s)
                budgets.append(swept.budget_s)
            for row, confuser in rows_of(swept, sampler):
                rows.append([number, n, *row])
                confusers.append(confuser)
            also(number, room)
            if n % 10_000 == 9_999:
                tell(Phrase("city_rooms_done", world=world.name, done=n + 1, of=count))
        if kind is not None:
            tell(Phrase("city_kind_done", world=world.name, count=count, kind=kind.name))
    table = np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))
    return Rows(
        table, confusers, rooms, {kind.name: per_kind for kind in KINDS}, world.camera_shares,
        {"before": seconds, "budget": budgets},
    )  # fmt: skip


@dataclass(slots=True)
class Swept:
    """A room after the first looks."""

    room: Room
    answers: list[list[Answer]]
    """By position, by transmitter."""
    timing: Budget | None
    """None where nothing needed the light."""
    clock_s: float
    """Since the sweep began."""
    lit: list[int] = field(default_factory=list)
    """Zones to which somebody went back for the light, in their order."""

    @property
    def budget_s(self) -> float:
        """`budget_of` the room."""
        return budget_of(self.room)

    def light_plan(self) -> PositionPlan | None:
        """What a second look by light may take now."""
        return None if self.timing is None else self.timing.look()


def budget_of(room: Room) -> float:
    """Eight minutes for three stalls, and as much more for each one beyond."""
    stalls = sum(zone.kind in {"stall", "booth"} for zone in room.kind.plan.zones)
    return BUDGET_S * max(1.0, stalls / 3.0)


def sweep_room(room: Room, dark: Dark, eye_looks_s: float = 0.0) -> Swept:
    """Position after position, then back for the light as far as the time goes; second looks keep their time, and looks
    by eye `eye_looks_s`.
    """
    zones = room.kind.plan.zones
    swept = Swept(room, [[UNTESTED] * len(room.devices) for _ in zones], None, DECLARED_S)
    budget = timing_of(sum(zone.kind in {"stall", "booth"} for zone in zones), lambda: swept.clock_s)
    swept.clock_s = BASE_S + POSITION_S * len(zones)
    if not room.tested:
        return swept
    swept.timing = budget
    held_s = eye_looks_s + LENS_LOOK_S * sum(any(spot.score >= HELD_FROM for spot in spots) for spots in room.spots)
    budget.hold(held_s)
    at = len(zones) - 1
    while budget.has_pending_light:
        ahead = pending_light(chances_of(room.devices, swept.answers))
        if not ahead:
            break
        k, members = int(ahead[0].zone_id), sorted(int(tag) for tag in ahead[0].tags)
        swept.clock_s += LIGHT_DWELL_S + (MOVE_S if k != at else 0.0)
        told, light_s = play_ahead(room.devices, k, members, budget.pending_light(), dark)
        swept.clock_s += light_s
        swept.lit.append(k)
        at = k
        for number, one in told.items():
            swept.answers[k][number] = one
        if any(one.verdict == "follows_light" for one in told.values()):
            held_s += TRANSMITTER_LOOK_S
            budget.hold(held_s)
    return swept


def rows_of(swept: Swept, sampler: Sampler) -> list[tuple[list[float], str]]:
    """A row, from the third of COLUMNS on, of each zone in which something was observed; what its best glint lay on."""
    room = swept.room
    zones = room.kind.plan.zones
    called_by_zone = [sorted((s for s in spots if s.score >= CALLED), key=lambda s: -s.score) for spots in room.spots]
    followed = {k for k, told in enumerate(swept.answers) if any(one.verdict == "follows_light" for one in told)}
    glinting = {k for k, called in enumerate(called_by_zone) if called}
    worth = (glinting | followed | room.hints | {room.camera_zone}) - {-1}
    if room.carriers:  # heard at every position
        worth |= set(range(len(zones)))
    if not worth:
        return []
    places = {
        tag_of(number): {zone.zone_id: share for zone, share in zip(zones, device.shares, strict=True)}
        for number, device in enumerate(room.devices)
    }
    # a transmitter is heard at every position, so that its strongest one is known in each zone; a carrier as well
    heard = [
        [
            wifi_of(zone, f"p{k}", number, device, device.levels[k], swept.answers[k][number])
            for k, zone in enumerate(zones)
        ]
        for number, device in enumerate(room.devices)
    ]
    radio = [o for k, zone in enumerate(zones) for o in radio_of(zone, f"p{k}", k, room)]
    glints = [lens_of(zones[k], f"p{k}", spot.score) for k, called in enumerate(called_by_zone) for spot in called]
    result = []
    for k in sorted(worth):
        zone, called, is_camera = zones[k], called_by_zone[k], k == room.camera_zone
        observed: list[Observation] = [*glints, *radio]
        observed += [o for one in heard for o in one]
        coverage = coverage_of(zone)
        first = judge_zone(zone, observed, coverage, places=places, zones=len(zones))
        before = judge_before(called, first)
        second, looks_s = first, 0.0
        if first.log10 >= LEAST:
            again, extra, looks_s = _look_again(zone, called, swept, first, sampler)
            second = judge_zone(zone, [*observed, *extra], coverage, places=places, again=again, zones=len(zones))
        fate = -1.0
        if is_camera and room.is_streaming:  # the camera is the first of the room's transmitters
            fate = float(FATES.index(fate_of(room.devices[0], k, swept.answers[k][0])))
        earlier = NEVER
        if first.log10 >= LEAST and called and called[0].kind in STAYS:
            earlier = _earlier(zone, called[0], sampler)
        row = [
            float(k), float(is_camera), first.log10, first.low, second.log10, second.low, *map(float, before),
            looks_s, fate, earlier,
        ]  # fmt: skip
        row += [first.of(m) for m in MODALITIES] + [second.of(m) for m in MODALITIES]
        result.append((row, called[0].kind if called else ""))
    return result


def _earlier(zone: Zone, spot: Spot, sampler: Sampler) -> float:
    """The highest posterior that a thing which stays has had at one of the earlier visits, by itself.

    An inspector does not stand where the last one did: its scores are those of looks from 20 to 30 cm aside.
    """
    scores = [sampler.again_of(spot.kind, spot.score) for _ in range(EARLIER_VISITS)]
    best = max((score for score in scores if score is not None), default=NEVER)
    if best < CALLED:
        return NEVER
    return judge_zone(zone, [lens_of(zone, "p", best)], coverage_of(zone)).log10


def _look_again(
    zone: Zone, called: list[Spot], swept: Swept, first: Weighed, sampler: Sampler
) -> tuple[dict[Modality, Sequence[str]], list[Observation], float]:
    """What the second look at a zone's candidate observes, and what it takes: of the lens and by light, whichever
    speaks for it (`sweep.run.reporting.second_looks.looks_of`).
    """
    again: dict[Modality, Sequence[str]] = {}
    extra: list[Observation] = []
    looks_s = 0.0
    room = swept.room
    speak = {e.modality for e in first.evidence if e.weight_log10 > 0.0}
    if "lens" in speak and called and called[0].again is not None:
        name = f"again-{zone.zone_id}-near"
        again["lens"] = (name,)
        if called[0].again >= CALLED:
            extra.append(lens_of(zone, name, called[0].again))
        looks_s += LENS_LOOK_S
        swept.clock_s += LENS_LOOK_S
    plan = swept.light_plan() if "wifi" in speak else None
    if plan is not None and plan.light_s:
        name = f"again-{zone.zone_id}-light"
        again["wifi"] = (name,)
        k = [z.zone_id for z in room.kind.plan.zones].index(zone.zone_id)
        answers, light_s = play_again(room.devices, k, plan, sampler.dark)
        extra += [
            wifi_of(zone, name, number, device, device.levels[k], answers[number])
            for number, device in enumerate(room.devices)
        ]
        looks_s += AROUND_LOOK_S + light_s
        swept.clock_s += AROUND_LOOK_S + light_s
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
