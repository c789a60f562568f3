"""What looks by eye come to in a simulated city: which cameras are looked at, what that costs, what an eye would find.

Job: lay eyes of several sensitivities on what was looked at, draw the curve over the least value of a look, choose the
operating point. Input: rows of the city and of its looks; output: plain records for JSON. Everything here is simulated.
Refuses to choose where the bounds cannot be held.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.judge.eye_looks import EyeLookPolicy
from sweep.judge.thresholds import Thresholds
from sweep.lab.city.eye_looks import COLUMNS, UNSURE, Floats, LookRows, found
from sweep.lab.city.figures import MARGIN, ZONES, Cut, share
from sweep.lab.city.light import FATES, Dark
from sweep.lab.city.rooms import KINDS, World, with_screws
from sweep.lab.city.samples import Curves
from sweep.lab.city.simulation import AT, Rows
from sweep.lab.city.sweeps import Sampler

EYES: Final = (0.46, 0.8, 0.95)
"""Shares of cameras that an eye sees to which it is pointed: as one that nobody points (LAPD), and two guesses."""
MOST_MEAN_S: Final = 10.0
"""Of looks in a room without a camera: wanted of the first world."""
UNSURE_PER_1000: Final = 20.0
"""Candidates by looks of which nobody can tell, per 1,000 rooms, at the larger share of them."""
SCREWS: Final = (1 / 6, 3.0)
"""Times their rate: what is known of screws ends there (`with_screws`)."""
MOST_SCREWED: Final = (2_000, 800)
"""Rooms without a camera and of each kind that are walked through for these."""
BY: Final = {name: number for number, name in enumerate(COLUMNS)}


class _Laid:
    """Rows of looks with the findings of today beside them."""

    def __init__(self, rows: Rows, looks: LookRows, points: Thresholds) -> None:
        self.rows, self.looks, self.points = rows, looks, points
        self.none = looks.of(-1)
        self.kinds = [looks.of(number) for number in range(len(KINDS))]
        cut = Cut(rows, points)
        runs = rows.table[:, AT["room"]].astype(int)
        self.today = []
        """By kind and run: whether the camera's zone is a finding."""
        for number, mine in enumerate(self.kinds):
            flags = np.zeros(len(mine))
            flags[runs[cut.camera & (cut.kind == number) & cut.finding]] = 1.0
            self.today.append(flags)
        asked = cut.none & cut.first
        self.asked = set(zip(runs[asked].tolist(), rows.table[asked, AT["zone"]].astype(int).tolist(), strict=True))
        """Room and zone of candidates where no camera is."""
        self.candidates = 1_000.0 * float(asked.sum()) / rows.rooms
        """Without looks, per 1,000 rooms without a camera; and findings after the second look: looks add none."""
        self.cases = 1_000.0 * float((cut.none & cut.finding).sum()) / rows.rooms
        second = np.zeros(rows.rooms)
        np.add.at(second, runs[asked], cut.looks_s[asked])
        self.today_s = np.array(rows.seconds["before"]) + second
        """Of rooms without a camera: what a sweep takes, second looks counted."""
        self.second_s = second
        self.budget_s = np.array(looks.budgets_s)

    def seconds(self, which: int, at: int) -> Floats:
        """With looks, and the light as much shorter as they ask for."""
        none = self.none[:, which, at]
        total: Floats = none[:, BY["clock_s"]] + none[:, BY["seconds"]] + self.second_s
        return total

    def found(self, number: int, which: int, at: int, eye: float) -> tuple[Floats, Floats]:
        """By looks, and by them or today's findings."""
        by_looks = found(self.kinds[number][:, which, at], eye, self.looks.policy.unpointed_share)
        return by_looks, np.maximum(by_looks, self.today[number] * eye)

    def unsure(self, at: int, part: float) -> float:
        """Zones per 1,000 rooms without a camera that are candidates only as nobody could tell of so many looks."""
        least = self.looks.policy.unsure_from
        weighed = Counter((room, zone) for room, zone, log10 in self.looks.places[at] if log10 >= least)
        raised = sum(1.0 - (1.0 - part) ** many for zone, many in weighed.items() if zone not in self.asked)
        return 1_000.0 * raised / self.rows.rooms


def look_figures(rows: Rows, looks: LookRows, points: Thresholds) -> dict[str, Any]:
    """Everything that `sweep city` prints of looks in one world."""
    laid, at = _Laid(rows, looks, points), looks.least_values.index(looks.policy.least_value)
    streams = laid.kinds[[kind.name for kind in KINDS].index("wifi_streaming")]
    return {
        "least_value": looks.policy.least_value,
        "budget_s": looks.policy.budget_s,
        "seconds_a_look": {f"{seconds:g}": _one(laid, which, at) for which, seconds in enumerate(looks.seconds)},
        "curve": {
            f"{seconds:g}": [_point(laid, which, n) for n in range(len(looks.least_values))]
            for which, seconds in enumerate(looks.seconds)
        },
        "unsure": _unsure(laid, at),
        "streaming_follows_light": {
            "today": share(float((rows.table[:, AT["fate"]] >= FATES.index("follows")).sum()), len(streams)),
            "with_looks": share(float(streams[:, 0, at, BY["follows"]].sum()), len(streams)),
        },
    }


def _one(laid: _Laid, which: int, at: int) -> dict[str, Any]:
    """One policy: costs in rooms without a camera, and what is looked at by kind of camera."""
    none, with_looks = laid.none[:, which, at], laid.seconds(which, at)
    return {
        "per_room": _cost(none, laid.looks.seconds[which]),
        "minutes": {
            "today": round(float(laid.today_s.mean()) / 60.0, 2),
            "with_looks": round(float(with_looks.mean()) / 60.0, 2),
            "over_today": share(float((laid.today_s > laid.budget_s).sum()), len(with_looks)),
            "over_with_looks": share(float((with_looks > laid.budget_s).sum()), len(with_looks)),
        },
        "kinds": {kind.name: _kind(laid, number, which, at) for number, kind in enumerate(KINDS)},
    }


def _cost(none: Floats, seconds: float) -> dict[str, Any]:
    """Of rooms without a camera, by looks of so many seconds."""
    controls = float(none[:, BY["controls"]].mean())
    return {
        "looks": round(float(none[:, BY["looks"]].mean()), 3),
        "controls": round(controls, 4),
        "seconds": round(float(none[:, BY["seconds"]].mean()), 2),
        "control_seconds": round(controls * seconds, 2),
        "most_seconds": round(float(none[:, BY["seconds"]].max()), 1),
        "with_a_look": share(float((none[:, BY["looks"]] > 0).sum()), len(none)),
    }


def _looked(mine: Floats, unpointed: float) -> dict[str, Any]:
    """Of one kind of camera."""
    told: dict[str, Any] = {
        "looked_at_lens": share(float(mine[:, BY["at_lens"]].sum()), len(mine)),
        "looked_in_zone": share(float(mine[:, BY["in_zone"]].sum()), len(mine)),
        "eye_over_zone": share(float(mine[:, BY["at_whole_zone"]].sum()), len(mine)),
    }
    return told | {f"found_{eye:g}": round(float(found(mine, eye, unpointed).mean()), 3) for eye in EYES}


def screw_figures(
    world: World, curves: Curves, dark: Dark, policy: EyeLookPolicy, *, seed: int, rooms: int, per_kind: int
) -> dict[str, Any]:
    """By times the world's screws and seconds of a look: what looks cost, and what is looked at by kind of camera."""
    told: dict[str, Any] = {}
    for times in SCREWS:
        sampler = Sampler(with_screws(world, times), curves, np.random.default_rng([seed, 0x5C2E]))
        looks = LookRows(policy, ())
        for _ in range(rooms):
            looks.add(dark, -1, sampler.room(None))
        for number, kind in enumerate(KINDS):
            for _ in range(per_kind):
                looks.add(dark, number, sampler.room(kind))
        told[f"{times:.3g}"] = {
            f"{seconds:g}": {
                "per_room": _cost(looks.of(-1)[:, which, 0], seconds),
                "kinds": {
                    kind.name: _looked(looks.of(number)[:, which, 0], policy.unpointed_share)
                    for number, kind in enumerate(KINDS)
                },
            }
            for which, seconds in enumerate(looks.seconds)
        }
    return told


def _kind(laid: _Laid, number: int, which: int, at: int) -> dict[str, Any]:
    mine, today = laid.kinds[number][:, which, at], laid.today[number]
    told = _looked(mine, laid.looks.policy.unpointed_share) | {"finding_today": share(float(today.sum()), len(mine))}
    for eye in EYES:
        _, by_either = laid.found(number, which, at, eye)
        told[f"found_today_{eye:g}"] = round(float(today.mean()) * eye, 3)
        told[f"found_by_either_{eye:g}"] = round(float(by_either.mean()), 3)
    return told


def _point(laid: _Laid, which: int, at: int) -> dict[str, float]:
    """One point of the curve."""
    none, names = laid.none[:, which, at], [kind.name for kind in KINDS]
    lens, streams = laid.kinds[names.index("recorder_1mm")], laid.kinds[names.index("wifi_streaming")]
    eye = laid.looks.policy.pointed_share
    chance = sum(
        laid.rows.shares[name] * float(laid.found(number, which, at, eye)[1].mean())
        for number, name in enumerate(names)
    )
    hours = float(laid.seconds(which, at).mean()) / 3_600.0
    return {
        "least_value": laid.looks.least_values[at],
        "looks": round(float(none[:, BY["looks"]].mean()), 3),
        "seconds": round(float(none[:, BY["seconds"]].mean()), 2),
        "recorder_1mm": round(float(lens[:, which, at, BY["at_lens"]].mean()), 3),
        "streaming_zone": round(float(streams[:, which, at, BY["in_zone"]].mean()), 3),
        "candidates_per_1000": round(laid.candidates + laid.unsure(at, max(UNSURE)), 1),
        "cases_per_1000": round(laid.cases, 1),
        "finds_per_million_hours": round(1e6 * ZONES * 10.0**laid.points.prior * chance / hours, 2),
    }


def _unsure(laid: _Laid, at: int) -> dict[str, Any]:
    """By share of looks of which nobody can tell: what looks cost in a room without a camera, and the candidates."""
    return {
        f"{part:g}": {
            "seconds": round(float(np.mean(seconds)), 2),
            "most_seconds": round(float(np.max(seconds)), 1),
            "by_looks_per_1000": round(laid.unsure(at, part), 2),
            "candidates_per_1000": round(laid.candidates + laid.unsure(at, part), 2),
        }
        for part, seconds in laid.looks.unsure_s.items()
    }


def choose_looks(rows: Rows, looks: LookRows, points: Thresholds) -> EyeLookPolicy:
    """The policy with the least value of most expected finds an hour whose looks take no more than is wanted on
    average, with a margin; and with the posterior from which unsure looks are candidates. Raises ValueError where none
    keeps within.
    """
    laid = _Laid(rows, looks, points)
    curve = [_point(laid, 0, n) for n in range(len(looks.least_values))]
    kept = [one for one in curve if one["seconds"] <= MARGIN * MOST_MEAN_S]
    if not kept:
        raise ValueError("no least value keeps within the seconds")
    best = max(kept, key=lambda one: (one["finds_per_million_hours"], one["least_value"]))
    places = looks.places[looks.least_values.index(best["least_value"])]
    ordered = sorted((log10 for _, _, log10 in places), reverse=True)
    most = int(MARGIN * UNSURE_PER_1000 / max(UNSURE) * len(looks.budgets_s) / 1_000.0)
    unsure_from = looks.policy.unsure_from
    if len(ordered) > most:
        unsure_from = round(math.floor(ordered[most] * 100 + 1) / 100, 2)
    return looks.policy.model_copy(update={"least_value": best["least_value"], "unsure_from": unsure_from})


def write_policy(policy: EyeLookPolicy, path: Path, *, seed: int, rooms: int, screws: float) -> None:
    """The policy file of the judge."""
    table = policy.model_dump() | {
        "made_by": f"sweep city --seed {seed} --world first --screws {screws:g} --choose-looks {path.name}",
        "chosen_on": f"{rooms} simulated rooms without a camera, first world with {screws:g} times its screws, seed "
        f"{seed}: most expected finds an hour at no more than {MARGIN * MOST_MEAN_S:g} s of looks a room on average "
        f"({MARGIN:g} of what is wanted); unsure ones no more than {MARGIN * UNSURE_PER_1000:g} candidates per 1,000 "
        f"rooms at {max(UNSURE):g} of looks",
    }
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
