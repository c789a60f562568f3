"""What a simulated city comes to at given operating points: alarms per 1,000 rooms, detection, minutes, what each part
adds.

Job: lay operating points on the rows of `city`; choose them; hold the posterior against the truth. Input: rows; output:
plain records for JSON. Refuses to choose in the second world.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.judge.thresholds import Thresholds
from sweep.lab.city.light import FATES
from sweep.lab.city.rooms import KINDS
from sweep.lab.city.simulation import AT, STAYS, Rows
from sweep.report import MODALITIES

ZONES: Final = 5
"""Of every room of the city."""
CANDIDATES_PER_1000, FINDINGS_PER_1000, STRONG_PER_10000 = 60.0, 10.0, 1.0
MARGIN: Final = 0.95
"""Share of what is allowed that is aimed at in the city where it is chosen: of 100,000 rooms 5,700 and 950 are counted,
known to 2 and 5 %, so that other seeds stay within what is wanted."""
KEPT: Final = 0.98
"""Guessed: share of what a point keeps that it may stand higher for."""
HALF_WIDTH: Final = 1.0
"""Of a posterior that is worth calling strong, in decades: guessed."""
TRADED: Final = (30.0, 60.0, 120.0, 250.0, 500.0, 1_000.0, 2_000.0)
"""Candidates per 1,000 rooms that `trade` asks for."""
PREVALENCES: Final = (1e-5, 1e-4, 1e-3)
"""Of rooms."""
EDGES: Final = (-4.5, -4.0, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0)
LOOK_MIN: Final = 4.0
"""Of each person who looks at a place by eye, with the way there and the note: guessed."""
TWO_AT_ALL: Final = (2, 2, 2, 2)
"""Persons at each opening in the year after a place was named as no camera: every 90 days."""
ONE_IF_UNCHANGED: Final = (1, 2, 1, 2)
"""The same of what is unchanged (`server/standing/naming.py`): one, and after half a year two who name it anew."""
Floats = npt.NDArray[np.float64]


def share(hits: float, of: float) -> dict[str, float]:
    """A count with its share and 90 % interval (Jeffreys, by Wilson's approximation)."""
    if of <= 0:
        return {"hits": 0, "of": 0, "share": 0.0, "low": 0.0, "high": 1.0}
    p, z2 = hits / of, 1.645**2
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = 1.645 / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of**2))
    return {"hits": int(hits), "of": int(of), "share": round(p, 5), "low": round(max(0.0, centre - half), 5),
            "high": round(min(1.0, centre + half), 5)}  # fmt: skip


def per(hits: float, rooms: int, each: int = 1_000) -> dict[str, float]:
    """So many per `each` rooms, with the 90 % interval of a count."""
    low = 0.0 if hits == 0 else hits * (1 - 1 / (9 * hits) - 1.645 / (3 * math.sqrt(hits))) ** 3
    high = (hits + 1) * (1 - 1 / (9 * (hits + 1)) + 1.645 / (3 * math.sqrt(hits + 1))) ** 3
    return {"hits": int(hits), "rate": round(each * hits / rooms, 3), "low": round(each * max(low, 0.0) / rooms, 3),
            "high": round(each * high / rooms, 3)}  # fmt: skip


class Cut:
    """Rows at operating points, perhaps without one modality."""

    def __init__(self, rows: Rows, points: Thresholds, without: str | None = None) -> None:
        t = rows.table
        self.none = t[:, AT["kind"]] < 0
        self.camera = t[:, AT["is_camera"]] == 1.0
        gone = np.zeros(len(t)), np.zeros(len(t))
        if without is not None:
            gone = t[:, AT[f"first_{without}"]], t[:, AT[f"second_{without}"]]
        first, second = t[:, AT["first"]] - gone[0], t[:, AT["second"]] - gone[1]
        self.first = first >= points.first_look
        self.finding = self.first & (second >= points.second_look)
        low = t[:, AT["second_low"]] - gone[1]
        self.strong = self.finding & (second >= points.strong) & (low >= points.strong_low)
        self.explained = t[:, AT["earlier"]] >= points.first_look
        self.kind = t[:, AT["kind"]]
        self.looks_s = np.where(self.first, t[:, AT["looks_s"]], 0.0)


def figures(rows: Rows, points: Thresholds) -> dict[str, Any]:
    """Everything that `sweep city` prints of one world."""
    cut = Cut(rows, points)
    t = rows.table
    none = cut.none
    before, strong_before = t[:, AT["before"]] == 1.0, t[:, AT["before_strong"]] == 1.0
    found = cut.finding & cut.camera
    return {
        "rooms_without_camera": rows.rooms,
        "planted_per_kind": rows.planted,
        "per_1000_rooms": {
            "before": {
                "candidates": per(float((before & none).sum()), rows.rooms),
                "strong_per_10000": per(float((strong_before & none).sum()), rows.rooms, 10_000),
            },
            "after": {
                "first_look": per(float((cut.first & none).sum()), rows.rooms),
                "findings": per(float((cut.finding & none).sum()), rows.rooms),
                "first_look_unexplained": per(float((cut.first & none & ~cut.explained).sum()), rows.rooms),
                "findings_unexplained": per(float((cut.finding & none & ~cut.explained).sum()), rows.rooms),
                "strong_per_10000": per(float((cut.strong & none).sum()), rows.rooms, 10_000),
            },
        },
        "detection": detection(rows, cut, before),
        "trade": trade(rows),
        "streaming_by_light": by_fate(rows, cut),
        "strong_among_found": share(float((cut.strong & cut.camera).sum()), float(found.sum())),
        "minutes": minutes(rows, cut),
        "persons": persons(rows, cut),
        "leave_one_out": {m: _without(rows, points, m) for m in MODALITIES},
        "second_look_by_confuser": by_confuser(rows, cut),
        "value": {f"{p:g}": _value(rows, cut, p) for p in PREVALENCES},
        "posterior": reliability(rows, points),
    }


def detection(rows: Rows, cut: Cut, before: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """By kind of camera: in its own zone; `beside`: in the others, per 100 sweeps."""
    out: dict[str, Any] = {}
    for number, kind in enumerate(KINDS):
        mine = cut.camera & (cut.kind == number)
        count = float(rows.planted[kind.name])
        out[kind.name] = {
            "share_of_cameras": rows.shares[kind.name],
            "before": share(float((mine & before).sum()), count),
            "first_look": share(float((mine & cut.first).sum()), count),
            "finding": share(float((mine & cut.finding).sum()), count),
            "strong": share(float((mine & cut.strong).sum()), count),
            "beside": {
                name: per(float((flags & ~cut.camera & (cut.kind == number)).sum()), int(count), 100)
                for name, flags in (("first_look", cut.first), ("finding", cut.finding))
            },
        }
    return out


def trade(rows: Rows) -> list[dict[str, float]]:
    """What other first looks would ask for and find: candidates per 1,000 rooms against a plain 1 mm lens."""
    t = rows.table
    number = next(n for n, kind in enumerate(KINDS) if kind.name == "recorder_1mm")
    none, first = t[:, AT["kind"]] < 0, t[:, AT["first"]]
    mine = (t[:, AT["kind"]] == number) & (t[:, AT["is_camera"]] == 1.0)
    out: list[dict[str, float]] = []
    for wanted in TRADED:
        most = wanted * rows.rooms / 1_000
        if float(none.sum()) <= most:
            break  # more than anything was observed in
        at = _least(first[none], most)
        if out and at == out[-1]["first_look"]:
            continue  # weights come in steps
        hits = float((first[mine] >= at).sum())
        out.append({
            "first_look": at, "candidates": per(float((first[none] >= at).sum()), rows.rooms)["rate"],
            "recorder_1mm": share(hits, float(rows.planted["recorder_1mm"]))["share"],
        })  # fmt: skip
    return out


def by_fate(rows: Rows, cut: Cut) -> dict[str, Any]:
    """Streaming cameras by what became of the light in their zone, and how many of each were found all the same."""
    fate = rows.table[:, AT["fate"]]
    count = float(rows.planted["wifi_streaming"])
    out: dict[str, Any] = {}
    for number, name in enumerate(FATES):
        mine = cut.camera & (fate == number)
        hits = float(mine.sum())
        out[name] = {"cameras": share(hits, count), "found": share(float((mine & cut.finding).sum()), hits)}
    return out


def _all(rows: Rows, flags: npt.NDArray[np.bool_], cut: Cut) -> float:
    """Share of all cameras for which something holds, each kind by its share."""
    return sum(
        rows.shares[kind.name] * float((flags & cut.camera & (cut.kind == n)).sum()) / rows.planted[kind.name]
        for n, kind in enumerate(KINDS)
    )


def _without(rows: Rows, points: Thresholds, modality: str) -> dict[str, Any]:
    """The same operating points with one modality silent in both looks."""
    cut = Cut(rows, points, modality)
    return {
        "first_look": per(float((cut.first & cut.none).sum()), rows.rooms),
        "findings": per(float((cut.finding & cut.none).sum()), rows.rooms),
        "detection": round(_all(rows, cut.finding, cut), 3),
        "lost": round(_all(rows, Cut(rows, points).finding, cut) - _all(rows, cut.finding, cut), 3),
    }


def minutes(rows: Rows, cut: Cut) -> dict[str, float]:
    """What a sweep takes, second looks counted, and how many keep to their budget."""
    looks = np.zeros(rows.rooms)
    t = rows.table
    mine = cut.none & cut.first
    np.add.at(looks, t[mine, AT["room"]].astype(int), cut.looks_s[mine])
    total = np.array(rows.seconds["before"]) + looks
    return {
        "mean": round(float(total.mean()) / 60.0, 2),
        "p95": round(float(np.quantile(total, 0.95)) / 60.0, 2),
        "most": round(float(total.max()) / 60.0, 2),
        "share_within_budget": round(float((total <= np.array(rows.seconds["budget"])).mean()), 4),
        "second_looks_s_per_room": round(float(looks.mean()), 2),
    }


def persons(rows: Rows, cut: Cut) -> dict[str, float]:
    """What the places of rooms without a camera cost persons in the year after two named them, by both rules.

    Unchanged is what stays where it is; of the rest the new rule asks two persons as the old one does.
    """
    found = np.flatnonzero(cut.none & cut.finding)
    stay = sum(rows.confusers[at] in STAYS for at in found)
    a_place = 1_000 / rows.rooms * LOOK_MIN
    return {
        "places_per_1000": round(1_000 * len(found) / rows.rooms, 2),
        "unchanged": round(stay / max(1, len(found)), 3),
        "minutes_per_1000_two": round(a_place * len(found) * sum(TWO_AT_ALL), 1),
        "minutes_per_1000_one": round(
            a_place * (stay * sum(ONE_IF_UNCHANGED) + (len(found) - stay) * sum(TWO_AT_ALL)), 1
        ),
    }


def by_confuser(rows: Rows, cut: Cut) -> dict[str, dict[str, int]]:
    """Candidates of rooms without a camera and what the second look left of them; and the cameras that it lost."""
    out: dict[str, dict[str, int]] = {}
    for at in np.flatnonzero((cut.none | cut.camera) & cut.first):
        name = "camera" if cut.camera[at] else rows.confusers[at] or "radio"
        one = out.setdefault(name, {"candidates": 0, "left": 0})
        one["candidates"] += 1
        one["left"] += int(cut.finding[at])
    return dict(sorted(out.items(), key=lambda item: -item[1]["candidates"]))


def _value(rows: Rows, cut: Cut, prevalence: float) -> dict[str, float]:
    """Of what is called, the share with a camera there; and looks by eye in a year of 80,000 visits."""
    out = {}
    for name, flags in (("first_look", cut.first), ("finding", cut.finding), ("strong", cut.strong)):
        true = prevalence * _all(rows, flags, cut)
        false = (1.0 - prevalence) * float((flags & cut.none).sum()) / rows.rooms
        out[name] = round(true / (true + false), 5) if true + false else 0.0
        out[f"{name}_a_year"] = round(80_000 * (true + false), 1)
    return out


def reliability(rows: Rows, points: Thresholds) -> dict[str, Any]:
    """The posterior after both looks against the truth, cameras reweighted to the prior; zones of which nothing was
    observed keep the posterior of the others that say nothing.
    """
    t = rows.table
    cut = Cut(rows, points)
    prior = 10.0**points.prior
    zones = float(rows.rooms * ZONES)
    weight = np.zeros(len(t))
    weight[cut.none] = 1.0
    for number, kind in enumerate(KINDS):
        mine = cut.camera & (cut.kind == number)
        weight[mine] = prior * zones * rows.shares[kind.name] / rows.planted[kind.name]
    keep = weight > 0.0
    posterior = t[:, AT["second"]]
    bins = np.searchsorted(EDGES, posterior, side="right")
    table = []
    for b in range(len(EDGES) + 1):
        here = keep & (bins == b)
        cameras, others = float(weight[here & cut.camera].sum()), float((here & cut.none).sum())
        raw = int((here & cut.camera).sum())
        if raw == 0 and others == 0:
            continue
        # the prior's cameras among zones in which nothing was observed do not exist: every camera has a row
        low, high = _odds_interval(cameras, raw, others)
        table.append({
            "said": round(float(np.average(posterior[here], weights=weight[here])), 2),
            "found": round(math.log10(max(cameras, 1e-12) / max(others, 0.5)), 2), "low": low, "high": high,
            "cameras_planted": raw, "zones_without": int(others),
        })  # fmt: skip
    p = 1.0 / (1.0 + 10.0**-posterior)
    y = cut.camera.astype(float)
    quiet = zones - float(cut.none.sum())
    still = 10.0 ** float(np.median(posterior[cut.none])) if cut.none.any() else prior
    total = float(weight.sum()) + quiet
    brier = (float((weight * (p - y) ** 2)[keep].sum()) + quiet * still**2) / total
    log = (float(-(weight * np.log(np.where(y == 1.0, p, 1.0 - p)))[keep].sum()) - quiet * math.log(1 - still)) / total
    cameras = float(weight[cut.camera & keep].sum())
    brier_prior = (cameras * (1 - prior) ** 2 + (total - cameras) * prior**2) / total
    log_prior = (-cameras * math.log(prior) - (total - cameras) * math.log(1 - prior)) / total
    return {
        "table": table,
        "brier": brier, "brier_of_prior": brier_prior, "brier_skill": round(1.0 - brier / brier_prior, 4),
        "log_score": log, "log_score_of_prior": log_prior, "log_skill": round(1.0 - log / log_prior, 4),
    }  # fmt: skip


def _odds_interval(cameras: float, raw: int, others: float) -> tuple[float, float]:
    """90 % interval of log10 odds found: both sides are counts."""
    rng = np.random.default_rng(5)
    a = rng.gamma(raw + 0.5, 1.0, 4_000) * (cameras / raw if raw else 0.0)
    b = rng.gamma(others + 0.5, 1.0, 4_000)
    logs = np.log10(np.maximum(a, 1e-15) / b)
    return round(float(np.quantile(logs, 0.05)), 2), round(float(np.quantile(logs, 0.95)), 2)


def choose(rows: Rows, prior: float) -> dict[str, float]:
    """The lowest operating points that keep what is wanted in rooms without a camera: candidates and findings with a
    margin, strong ones by the upper end of what was counted, for they are few. Weights are steps, so that posteriors
    crowd on a few values: the first two points stand between such steps, where a small weight that a sweep lacks (RF
    without a baseline: .03) moves no crowd over them.

    What is strong has its posterior and, one decade lower, the lower end of its interval above the point.
    """
    t = rows.table
    none = t[:, AT["kind"]] < 0
    first, second = t[none, AT["first"]], t[none, AT["second"]]
    low = t[none, AT["second_low"]]
    one = _between(first, _least(first, MARGIN * CANDIDATES_PER_1000 * rows.rooms / 1_000))
    asked = first >= one
    two = max(one, _between(second, _least(second[asked], MARGIN * FINDINGS_PER_1000 * rows.rooms / 1_000)))
    left = asked & (second >= two)
    three = max(two, _least(np.minimum(second, low + HALF_WIDTH)[left], _surely_within(STRONG_PER_10000, rows.rooms)))
    return {
        "prior": prior, "first_look": one, "second_look": two, "strong": three,
        "strong_low": round(three - HALF_WIDTH, 2),
    }  # fmt: skip


def _surely_within(wanted_per_10000: float, rooms: int) -> int:
    """The most of so few that the upper end of their 90 % interval stays within what is wanted; 0 where none does."""
    hits = 0
    while per(float(hits + 1), rooms, 10_000)["high"] <= wanted_per_10000:
        hits += 1
    return hits


def _least(values: Floats, most: float) -> float:
    """The lowest point, in hundredths, that at most so many values reach."""
    ordered = np.sort(values)[::-1]
    at = int(most)
    if len(ordered) <= at:
        return round(float(ordered[-1]) if len(ordered) else -4.4, 2)
    return round(math.floor(float(ordered[at]) * 100 + 1) / 100, 2)


def _between(values: Floats, point: float) -> float:
    """Halfway from a point to the highest one that keeps KEPT of what it keeps, in hundredths."""
    kept = values[values >= point]
    return point if not len(kept) else round((point + float(np.quantile(kept, 1.0 - KEPT))) / 2.0, 2)


def write_points(points: dict[str, float], path: Path, *, seed: int, rooms: int, version: str) -> None:
    """The thresholds file of the judge."""
    table = {
        "v": 1, "version": version, "made_by": f"sweep city --seed {seed} --world first --choose {path.name}",
        "chosen_on": f"{rooms} simulated rooms without a camera, first world, seed {seed}: at most "
        f"{MARGIN * CANDIDATES_PER_1000:g} candidates and {MARGIN * FINDINGS_PER_1000:g} findings per 1,000 rooms "
        f"({MARGIN:g} of what is wanted), and of strong ones {STRONG_PER_10000:g} per 10,000 as the upper end",
        **points,
    }  # fmt: skip
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
