"""Sizes of pictures by a model of a scene, an encoder and its rate control: fresh draws, no table.

Bits of a picture follow from how hard the scene is (texture, sensor noise, what moves and for how long), the
quantiser and its control: a leaky bucket as in x264's VBV, a ceiling, filler, a fixed quality, still pictures.  Habits
of firmware are drawn with it: groups, long groups, refresh in strips, layers in time, rates that fall in the dark,
sensors whose pictures are dropped to reach a lower rate.  Rows of `encoded_fresh.npz` (real encoders) are mixed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.simulators.encode_pictures import FRESH_TABLE, SETTINGS

Rng = np.random.Generator
Floats = NDArray[np.float64]
REAL_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Pictures:
    """What an encoder gives away."""

    t_s: Floats
    """When each is ready, its encoder's own time and jitter of threads included."""
    octets: Floats
    is_complete: NDArray[np.bool_]
    hz: float
    shutter_s: Floats
    """When each was taken."""

    def part(self, keep: NDArray[np.bool_], t_s: Floats) -> Pictures:
        """Some of them, ready at other times."""
        return Pictures(t_s[keep], self.octets[keep], self.is_complete[keep], self.hz, self.shutter_s[keep])


def spread(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw_activity(count: int, hz: float, rng: Rng) -> Floats:
    """How much moves in each picture, 0 in an empty room: visits, and within each a walk that comes and goes."""
    moving, at = np.zeros(count), 0.0
    rests_s, stays_s = spread(rng, 3, 120), spread(rng, 1, 20)
    at = float(rng.exponential(rests_s)) - (stays_s if rng.random() < 0.5 else 0.0)
    while at * hz < count:
        long_s, strength = float(rng.exponential(stays_s)), spread(rng, 0.2, 3.0)
        first, last = max(int(at * hz), 0), int(min((at + long_s) * hz, count))
        if last > first:
            steps = np.abs(np.sin(np.arange(last - first) / hz * rng.uniform(2, 9) + rng.uniform(0, 6)))
            moving[first:last] += strength * (0.4 + 0.6 * steps)
        at += long_s + float(rng.exponential(rests_s))
    return moving


def wander(count: int, keep: float, size: float, rng: Rng) -> Floats:
    """A walk that returns to 0, for noise of exposure and of texture."""
    steps = rng.normal(0, size * np.sqrt(1 - keep * keep), count)
    found, level = np.empty(count), float(rng.normal(0, size))
    for place, step in enumerate(steps.tolist()):
        level = keep * level + step
        found[place] = level
    return found


def draw_times(count_s: float, rng: Rng) -> tuple[Floats, float]:
    """When the shutter opens: a quartz that is off, a sensor thinned to a lower rate, a rate that falls in the dark."""
    hz = float(rng.choice([5, 6, 8, 10, 12, 15, 15, 18, 20, 20, 24, 25, 25, 30]))
    true = hz * (1 + float(rng.normal(0, 2e-4)))
    habit = float(rng.random())
    if habit < 0.12 and hz in {12.0, 18.0, 20.0, 24.0, 25.0}:
        sensor = np.arange(0, count_s, 1 / (30.0 * (1 + float(rng.normal(0, 2e-4)))))
        t_s = sensor[np.diff(np.floor(np.arange(len(sensor) + 1) * hz / 30.0)) > 0]
    elif habit < 0.2:
        t_s = np.cumsum(np.full(int(count_s * true), 1 / true) * np.exp(wander(int(count_s * true), 0.995, 0.06, rng)))
    else:
        t_s = np.arange(0, count_s, 1 / true)
    return t_s + float(rng.uniform(0, 1 / hz)), hz


def model_sizes(count: int, hz: float, kbps: float, rng: Rng) -> tuple[Floats, NDArray[np.bool_]]:
    """Octets of each picture, and which of them stand alone."""
    budget = kbps * 125 / hz
    codec = str(rng.choice(["capped", "average", "filler", "quality", "refresh", "layers", "long", "still"],
                           p=[0.24, 0.2, 0.1, 0.14, 0.06, 0.08, 0.08, 0.1]))  # fmt: skip
    if codec == "still":
        level = budget * np.exp(wander(count, 0.97, float(rng.choice([0.005, 0.03, 0.1])), rng))
        return level * (1 + 0.05 * draw_activity(count, hz, rng)), np.ones(count, dtype=bool)
    group = max(int(hz * (rng.uniform(4, 12) if codec == "long" else rng.choice([1, 1, 2, 2, 3, 4]))), 2)
    is_complete = (np.arange(count) + int(rng.integers(group))) % group == 0
    noise, ratio = spread(rng, 0.01, 0.5), spread(rng, 3, 14)
    moving = draw_activity(count, hz, rng)
    hard = (noise + 0.5 * moving) * np.exp(wander(count, 0.8, 0.25, rng) + rng.normal(0, 0.12, count))
    hard[is_complete] = ratio * (0.25 + noise) * np.exp(rng.normal(0, 0.03, int(is_complete.sum())))
    if codec == "refresh":
        hard = (noise + 0.5 * moving) * np.exp(rng.normal(0, 0.08, count)) + ratio * 0.25 / group
        is_complete[:] = False
    if codec == "layers":
        hard *= np.where(np.arange(count) % 2, 0.55, 1.3) ** (~is_complete)
    usual = float(np.mean(hard))
    if codec == "quality":
        return np.maximum(budget * hard / usual, 60.0), is_complete
    return control_rate(hard, usual, budget, hz, codec, rng), is_complete


def control_rate(hard: Floats, usual: float, budget: float, hz: float, codec: str, rng: Rng) -> Floats:
    """A quantiser that follows a leaky bucket picture by picture."""
    bucket = budget * hz * float(rng.choice([0.3, 0.5, 1.0, 2.0]))
    reacts, finest = float(rng.uniform(0.02, 0.25)), (0.6 if codec in {"capped", "long"} else 0.05)
    full, scale, found = 0.5 * bucket, 1.0, np.empty(len(hard))
    for place, need in enumerate((hard / usual * budget).tolist()):
        scale *= float(np.exp(reacts * (full / bucket - 0.5)))
        scale = min(max(scale, finest), 30.0)
        size = min(need / scale, max(bucket - full, 0.1 * budget) + budget)
        if codec == "filler" and full + size < budget:
            size = budget - full
        full = min(max(full + size - budget, 0.0), bucket)
        found[place] = max(size, 50.0)
    return found


@cache
def load_fresh() -> dict[str, Floats]:
    with np.load(FRESH_TABLE) as table:
        return {name: table[name].astype(np.float64) for name in table.files}


def take_real(seconds: float, rng: Rng) -> tuple[Floats, Floats, NDArray[np.bool_], float]:
    rows = load_fresh()
    name = str(rng.choice(sorted(rows)))
    hz, count = float(SETTINGS[name].hz), int(seconds * SETTINGS[name].hz)
    first = int(rng.integers(0, len(rows[name]) - count))
    t_s = np.arange(count) / (hz * (1 + float(rng.normal(0, 2e-4)))) + float(rng.uniform(0, 1 / hz))
    octets = rows[name][first : first + count]
    is_complete = (np.arange(count) + first) % max(SETTINGS[name].group, 1) == 0
    return t_s, octets * spread(rng, 0.7, 2.5), is_complete, hz


def draw_pictures(seconds: float, rng: Rng, kbps: float | None = None) -> Pictures:
    """A camera of 5 to 30 pictures a second and 150 kbit/s to 5 Mbit/s."""
    if rng.random() < REAL_SHARE and kbps is None:
        t_s, octets, is_complete, hz = take_real(seconds, rng)
    else:
        t_s, hz = draw_times(seconds, rng)
        octets, is_complete = model_sizes(len(t_s), hz, kbps or spread(rng, 180, 4_000), rng)
    rate = float(octets.sum()) * 8e-3 / max(seconds, 1e-3)
    octets = octets * (min(max(rate, 150.0), 5_000.0) / max(rate, 1.0))
    work_s = spread(rng, 0.001, 0.008)
    ready_s = t_s + rng.gamma(2, work_s / 2, len(t_s)) + octets * spread(rng, 1e-8, 2e-7)
    return Pictures(np.maximum.accumulate(ready_s), np.ceil(octets), is_complete, hz, t_s)
