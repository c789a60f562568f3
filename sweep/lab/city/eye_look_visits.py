"""Visits to the same rooms, one a quarter: what an inspector's answers at one save at the next.

Job: let what stays in a room glint again at each visit, with the score of a look from 20 to 30 cm aside, beside what is
there only once; let the eye explain whatever it is pointed at. An answer holds until it is half a year old: then the
place is looked at like any other. Input: world, curves, policy; output: seconds and what is looked at, by visit. The
camera of a visit is new there: nobody has explained it. Refuses answers that are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import numpy as np

from sweep.judge.eye_looks import EyeLookPolicy
from sweep.lab.city.eye_looks import Looked, Walked, look, walk
from sweep.lab.city.light import Dark
from sweep.lab.city.rooms import KINDS, CameraKind, World
from sweep.lab.city.samples import CALLED, Curves
from sweep.lab.city.simulation import STAYS
from sweep.lab.city.sweeps import Room, Sampler, Spot

VISITS: Final = 6
MOST_VISITED: Final = 400
"""Rooms of each kind: six sweeps each."""
DRAWN: Final = 300
"""Rooms whose things say how many are called again."""
HOLDS: Final = 1
"""Visits for which an answer holds: at the second after it, half a year has passed."""


@dataclass(slots=True)
class _Lasting:
    """A thing that stays, and the visit at which an eye explained it last."""

    zone: int
    kind: str
    score: float
    explained: int = -VISITS


def visit_figures(
    world: World, curves: Curves, dark: Dark, policy: EyeLookPolicy, *, seed: int, rooms: int, per_kind: int
) -> list[dict[str, float]]:
    """By visit, the first first: looks and seconds in a room without a camera, the seconds were nothing remembered, how
    many looks are at what was known, and plain 1 mm lenses and zones of cameras that stream looked at.
    """
    sampler = Sampler(world, curves, np.random.default_rng([seed, 0x6E7E]))
    shown = _shown_again(sampler)
    kinds: list[tuple[str, CameraKind | None, int]] = [("", None, rooms)]
    kinds += [(kind.name, kind, per_kind) for kind in KINDS if kind.name in {"recorder_1mm", "wifi_streaming"}]
    sums = [
        dict.fromkeys(("looks", "seconds", "forgot_s", "known", "recorder_1mm", "streaming_zone"), 0.0)
        for _ in range(VISITS)
    ]
    for name, kind, count in kinds:
        for _ in range(count):
            for told, (looked, known, forgot_s) in zip(sums, _visits(sampler, dark, policy, kind, shown), strict=True):
                if kind is None:
                    told["looks"] += len(looked.places) / count
                    told["seconds"] += looked.seconds / count
                    told["forgot_s"] += forgot_s / count
                    told["known"] += known / count
                elif name == "recorder_1mm":
                    told["recorder_1mm"] += looked.at_lens / count
                else:
                    told["streaming_zone"] += looked.in_zone / count
    return [{name: round(value, 3) for name, value in told.items()} for told in sums]


def _visits(
    sampler: Sampler, dark: Dark, policy: EyeLookPolicy, kind: CameraKind | None, shown: float
) -> list[tuple[Looked, int, float]]:
    """Each visit to one room: its looks, how many of them are at what was known, and their seconds were nothing
    remembered.
    """
    lasting: list[_Lasting] = []
    first = sampler.room(kind)
    result = []
    for number in range(VISITS):
        room, owners = (
            (first, _owners(first, lasting))
            if number == 0
            else _again(sampler, first, lasting, (1.0 - shown) ** number)
        )
        walked = walk(room, dark)
        by_glint = _by_glint(walked, owners)
        known = {glint for glint, thing in by_glint.items() if number - thing.explained <= HOLDS}
        seed = int(sampler.rng.integers(2**32))
        looked = look(walked, policy, known, rng=np.random.default_rng(seed))
        made = {place.observation_id for place in looked.places}
        for glint in made & (by_glint.keys() - known):
            if glint is not None:
                by_glint[glint].explained = number
        result.append((looked, len(made & known), look(walked, policy, rng=np.random.default_rng(seed)).seconds))
    return result


Owners = list[list[_Lasting | None]]
"""By zone and spot: the thing that stays which it lies on."""


def _owners(room: Room, lasting: list[_Lasting]) -> Owners:
    owners: Owners = []
    for zone, spots in enumerate(room.spots):
        here = [_Lasting(zone, spot.kind, spot.score) if spot.kind in STAYS else None for spot in spots]
        owners.append(list(here))
        lasting += [one for one in here if one is not None]
    return owners


def _shown_again(sampler: Sampler) -> float:
    """Of things that stay and were called once, how many are called at another visit."""
    things = [spot for _ in range(DRAWN) for here in sampler.room(None).spots for spot in here if spot.kind in STAYS]
    scores = [sampler.again_of(spot.kind, spot.score) for spot in things]
    return sum(score is not None and score >= CALLED for score in scores) / max(1, len(scores))


def _again(sampler: Sampler, first: Room, lasting: list[_Lasting], new: float) -> tuple[Room, Owners]:
    """The room at another visit: things that stay score as from aside; `new`: the share of those that it shows which no
    visit showed before, so that a room glints as much at each; and its camera.
    """
    spots: list[list[Spot]] = [[] for _ in first.spots]
    owners: Owners = [[] for _ in first.spots]
    for thing in lasting:
        score = sampler.again_of(thing.kind, thing.score)
        if score is not None and score >= CALLED:
            spots[thing.zone].append(Spot(thing.kind, score, None))
            owners[thing.zone].append(thing)
    for zone, here in enumerate(sampler.clutter(first)):
        for spot in here:
            if spot.kind not in STAYS:
                spots[zone].append(spot)
                owners[zone].append(None)
            elif sampler.rng.random() < new:
                thing = _Lasting(zone, spot.kind, spot.score)
                lasting.append(thing)
                spots[zone].append(spot)
                owners[zone].append(thing)
    if first.camera_zone >= 0:
        lens = next(spot for spot in first.spots[first.camera_zone] if spot.kind == "lens")
        spots[first.camera_zone].append(lens)
        owners[first.camera_zone].append(None)
    return replace(first, spots=spots), owners


def _by_glint(walked: Walked, owners: Sequence[Sequence[_Lasting | None]]) -> dict[UUID, _Lasting]:
    return {
        glint: thing
        for seen, here in zip(walked.seen, owners, strict=True)
        for glint, thing in zip(seen, here, strict=True) if glint is not None and thing is not None
    }  # fmt: skip


def visit_rows(visits: Sequence[dict[str, Any]]) -> list[str]:
    """As `sweep city` prints them below their heading."""
    lines = []
    for number, one in enumerate(visits, start=1):
        seconds = f"{one['seconds']:5.1f}  {one['forgot_s']:5.1f}  {one['known']:5.2f}"
        lines.append(
            f"    {number}  {one['looks']:5.2f}  {seconds}  {one['recorder_1mm']:.2f}  {one['streaming_zone']:.2f}"
        )
    return lines
