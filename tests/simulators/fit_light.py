"""The curve of `sweep.wifi.stimulus.sensitivity`, of real encoders' pictures: `python -m tests.simulators.fit_light`.

Input is the cameras of `encode_cameras` at several shares of light, without light and lit by the same chips, over airs
and with lateness; output is, by share of light, the change of sizes that a flow may hide so that 95 of 100 cameras that
hide as much show the light: a logistic of the logarithms of both, which lets those that show least pull the curve down.
Rows of even numbers are for the fit, those of odd numbers for figures only (`tests/wifi/test_sensitivity.py`).
Whatever is between light and p-value is in it: encoder, losses, lateness, test.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.sensitivity import find_smallest_change
from sweep.wifi.stimulus.significance import FlowTest, examine_flow
from tests.simulators import air_encoded
from tests.simulators.encode_cameras import CAMERA_CHIPS, CAMERA_LEVELS, CAMERAS

Floats = NDArray[np.float64]
Half = Literal["even", "odd"]
Lateness = Literal["on time", "30 ms", "45 ms", "90 ms", "batches"]
LATE: Final[dict[Lateness, dict[str, Any]]] = {
    "on time": {}, "30 ms": {"sigma_s": 0.03}, "45 ms": {"sigma_s": 0.045}, "90 ms": {"sigma_s": 0.09},
    "batches": {"batches": True},
}  # fmt: skip
"""How late pictures are (`lateness`)."""
LATE_WAYS: Final[tuple[Lateness, ...]] = ("30 ms", "90 ms", "45 ms", "batches")
AIRS: Final[tuple[air_encoded.Air, ...]] = ("good", "radio", "cell")
CHIPS: Final = (100, 200)
LEAST_KBPS: Final = 63.0
"""A thinner stream is no camera to the detector (`sweep/wifi/traffic/video.py`)."""
FLOWS: Final = (1, 20)
"""Flows that are tested at once, by which Holm divides."""
ALPHA: Final = 0.05
MISSED: Final = 0.05
RIDGE: Final = 1e-3
HIDES_ALL: Final = 5.0
"""The change that stands for any, where none would show: more than any camera makes."""
Sample = tuple[float, float, bool]
"""Light, the change of sizes that the flow may hide, and whether the camera shows."""


@dataclass(frozen=True, slots=True)
class Case:
    """One camera in one place for one or two minutes."""

    name: str
    air: air_encoded.Air
    lateness: Lateness
    chips: int


@dataclass(slots=True)
class Found:
    """What its test finds, without light and by the share of light."""

    case: Case
    dark: FlowTest
    p_values: dict[float, float] = field(default_factory=dict)

    def hidden(self, flows: int) -> float:
        """The change of sizes that would show among so many flows."""
        found = find_smallest_change(self.dark.response, self.dark.rows, ALPHA / flows)
        return float("inf") if found is None else found

    def shows(self, light: float, flows: int) -> bool:
        """Whether the camera follows that light among so many flows."""
        return self.p_values[light] * flows <= ALPHA


def list_cameras(half: Half) -> list[str]:
    """Rows that were encoded and are thick enough."""
    rows = air_encoded.load_rows()
    return [
        name for number, name in enumerate(CAMERAS)
        if number % 2 == (half == "odd") and name in rows
        and rows[name].mean() * 8e-3 * CAMERAS[name].hz >= LEAST_KBPS
    ]  # fmt: skip


def list_cases(half: Half) -> list[Case]:
    """Each camera on time in every air and late in two of four ways; lengths and airs in turn."""
    cases = []
    for number, name in enumerate(list_cameras(half)):
        cases += [Case(name, air, "on time", CHIPS[(number + turn) % 2]) for turn, air in enumerate(AIRS)]
        late = LATE_WAYS[:2] if number % 2 else LATE_WAYS[2:]
        cases += [
            Case(name, AIRS[(number // 2 + turn) % 3], way, CHIPS[(number // 2 + turn) % 2])
            for turn, way in enumerate(late)
        ]
    return cases


def examine(case: Case, light: float) -> FlowTest | None:
    """The test of a camera under that much light; at 0 the chips are played and it sees nothing."""
    rng = np.random.default_rng([83, case.chips, AIRS.index(case.air), *map(ord, case.name + case.lateness)])
    first = CAMERA_CHIPS * CAMERA_LEVELS.index(light)
    flow, sequence, listened_s = air_encoded.draw_lit(
        case.name, first, case.chips, rng, air=case.air, **LATE[case.lateness]
    )
    heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
    return examine_flow(flow, sequence, NullSequences(sequence), heard)


def find(case: Case) -> Found | None:
    """A camera in the dark and at all shares of light; None where it is too thin to be tested."""
    dark = examine(case, 0.0)
    if dark is None:
        return None
    found = Found(case, dark)
    for light in sorted(CAMERA_LEVELS)[1:]:
        lit = examine(case, light)
        found.p_values[light] = 1.0 if lit is None else lit.p_value
    return found


def find_all(half: Half) -> Iterator[Found]:
    """All cases of a half, with a line of progress for every fiftieth."""
    cases = list_cases(half)
    for number, case in enumerate(cases):
        if number % 50 == 0:
            print(f"{number} of {len(cases)} cases", file=sys.stderr, flush=True)
        found = find(case)
        if found is not None:
            yield found


def sample(found: Found) -> list[Sample]:
    """What one camera says, by light and number of flows."""
    return [
        (light, min(found.hidden(flows), HIDES_ALL), found.shows(light, flows))
        for light in found.p_values for flows in FLOWS
    ]  # fmt: skip


def fit(samples: list[Sample]) -> Floats:
    """Weights of one, of the logarithm of the light, and of that of the change, in the logit of showing."""
    light, change, shows = (np.array(column, dtype=np.float64) for column in zip(*samples, strict=True))
    marks = np.stack([np.ones(len(light)), np.log(light), np.log(change)], axis=1)

    def loss(weights: Floats) -> float:
        logits = marks @ weights
        return float(np.logaddexp(0.0, logits).sum() - shows @ logits + RIDGE * weights @ weights)

    weights: Floats = minimize(loss, np.zeros(3)).x
    return weights


def find_largest(weights: Floats, light: float) -> float:
    """The change that flows may hide of which all but MISSED show the light."""
    logit = np.log((1.0 - MISSED) / MISSED)
    return float(np.exp((logit - weights[0] - weights[1] * np.log(light)) / weights[2]))


def count_told(samples: list[Sample], weights: Floats) -> dict[float, tuple[int, int]]:
    """By light: of how many it is told that they would show it, and how many do."""
    lights = sorted({light for light, _, _ in samples})
    limits = [0.0, *(find_largest(weights, light) for light in lights)]
    counts = {}
    for low, high, light in zip(limits, limits[1:], lights, strict=False):
        told = [shows for one, change, shows in samples if one == light and low < change <= high]
        counts[light] = len(told), sum(told)
    return counts


def main() -> None:
    by_camera: dict[str, list[Sample]] = defaultdict(list)
    for found in find_all("even"):
        by_camera[found.case.name] += sample(found)
    weights = fit([one for samples in by_camera.values() for one in samples])
    print(f"{len(by_camera)} cameras, weights {np.round(weights, 2)}")
    left_out: Counter[tuple[float, str]] = Counter()
    for name, samples in by_camera.items():
        others = fit([one for other, more in by_camera.items() if other != name for one in more])
        for light, (told, shown) in count_told(samples, others).items():
            left_out.update({(light, "told"): told, (light, "shown"): shown})
    for light in sorted(CAMERA_LEVELS)[1:]:
        counts = f"{left_out[light, 'shown']} of {left_out[light, 'told']}"
        print(
            f"{light:.0%}: {find_largest(weights, light):.4f}; each camera by a curve of the others: {counts} show it"
        )


if __name__ == "__main__":
    main()
