"""The fit of `sweep/wifi/traffic/camera_features.py`, from the data to the weights: `python -m
tests.simulators.fit_likeness`.

Input is flows of the tuning worlds (`README.md`) and of cameras that are late (`air_late`), drawn from a fixed seed and
cut to several listening times; output is the weights and the bias of a logistic of the marks without negative weights,
how the weights in use and those fitted decide, and in which range each mark of `unclocked` lies for cameras and for the
rest.  The test worlds are not touched.  What is set by hand stays as it is: marks without which no clock is looked for.
"""

from __future__ import annotations

import argparse
import importlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sweep.wifi.traffic.camera_features import BIAS, WEIGHTS, Features, list_marks
from sweep.wifi.traffic.unclocked import Unclocked
from sweep.wifi.traffic.video import MIN_FRAMES
from sweep.wifi.traffic.windows import FlowCutter, measure_features
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.air_late import WAYS, Lateness, draw_late

Floats = NDArray[np.float64]

SEED: Final = 20_25
SECONDS: Final = (2.5, 5.0, 10.0, 20.0)
"""Listening times; every flow is cut to each."""
BY_HAND: Final = ("one_way", "up", "rate")
CAMERAS: Final = {
    "air_flows": ("camera",), "air_queues": ("encoder",), "air_encoded": ("camera",), "air_homes": ("camera",),
}  # fmt: skip
OTHERS: Final = {
    "air_flows": ("backup", "call", "voice", "game", "browse", "download", "sensor"),
    "air_queues": ("congestion_window", "photographs", "conference", "voice_assistant", "pages"),
    "air_homes": ("tcp_upload", "paced_upload", "meeting", "sound", "constant_datagrams", "reading", "telemetry"),
    "air_halls": ("upload", "upload_by_quic", "share_files", "meet", "play_sound", "report", "play", "read_pages"),
}  # fmt: skip
LATE: Final = (Lateness(0.006), Lateness(0.02), Lateness(0.03))
"""As much as leaves a clock to be found; what is later is left open and takes no part in the fit."""
RARE_KINDS: Final = ("sensor", "sound", "telemetry", "play_sound", "report", "voice_assistant")
"""Machines that report, and sound, which keep clocks."""
WEIGHT_OF_OTHERS, WEIGHT_OF_RARE = 50.0, 200.0
"""Of each kind, where each kind of camera has one: chosen, an inspector hears a hundred other devices for a camera."""
RIDGE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Sample:
    """One window of one flow."""

    kind: str
    is_camera: bool
    seconds: float
    marks: dict[str, float]
    unclocked: Unclocked


def draw_flows(count: int) -> Iterator[tuple[str, bool, Flow]]:
    """Kind, whether it is a camera, and the flow: `count` of each kind."""
    for is_camera, worlds in ((True, CAMERAS), (False, OTHERS)):
        for world, kinds in worlds.items():
            source: Any = importlib.import_module(f"tests.simulators.{world}")
            for more in ([source.SEEN], [source.SECOND]) if world == "air_queues" else ([],):
                for kind in kinds:
                    for number in range(count):
                        rng = np.random.default_rng([SEED, number, sum(map(ord, world + kind))])
                        yield f"{world} {kind}", is_camera, source.draw_flow(kind, SECONDS[-1] + 0.5, rng, *more)
    for way in WAYS:
        for lateness in LATE if way != "clips" else ():
            for number in range(count):
                rng = np.random.default_rng([SEED, number, WAYS.index(way), round(1_000 * lateness.sigma_s)])
                yield f"air_late {way}", True, draw_late(way, SECONDS[-1] + 0.5, rng, lateness)


def sample(count: int) -> Iterator[Sample]:
    """All windows of all flows that have enough frames."""
    for kind, is_camera, flow in draw_flows(count):
        for seconds in SECONDS:
            found = _measure_window(flow, seconds)
            if found is not None:
                features, unclocked = found
                yield Sample(kind, is_camera, seconds, list_marks(features), unclocked)


def _measure_window(flow: Flow, seconds: float) -> tuple[Features, Unclocked] | None:
    """What the first `seconds` of a flow look like, with a clock and without; None with too few frames."""
    window = FlowCutter(flow).cut(0.0, seconds)
    return None if window.frames < MIN_FRAMES else (measure_features(window, flow), window.unclocked())


def fit(samples: list[Sample]) -> tuple[dict[str, float], float]:
    """Weights by mark, and the bias, with each kind counting as it should."""
    names = [name for name in WEIGHTS if name not in BY_HAND]
    x = np.array([[one.marks[name] for name in names] for one in samples])
    by_hand = np.array([sum(WEIGHTS[name] * (one.marks[name] - 1.0) for name in BY_HAND) for one in samples])
    y = np.array([one.is_camera for one in samples], dtype=np.float64)
    share = _share_of_each(samples)

    def loss(values: Floats) -> tuple[float, Floats]:
        evidence = x @ values[:-1] + by_hand + values[-1]
        signed = np.where(y > 0, -evidence, evidence)
        chance = 1.0 / (1.0 + np.exp(-evidence))
        slope = share * (chance - y)
        cost = float((share * np.logaddexp(0.0, signed)).sum() + RIDGE * (values[:-1] ** 2).sum())
        return cost, np.append(x.T @ slope + 2.0 * RIDGE * values[:-1], slope.sum())

    start = np.append(np.full(len(names), 5.0), -20.0)
    bounds = [(0.0, 30.0)] * len(names) + [(-200.0, 0.0)]
    found = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"maxiter": 5_000})
    weights = dict(zip(names, found.x[:-1].tolist(), strict=True)) | {name: WEIGHTS[name] for name in BY_HAND}
    return {name: weights[name] for name in WEIGHTS}, float(found.x[-1]) - sum(WEIGHTS[name] for name in BY_HAND)


def _share_of_each(samples: list[Sample]) -> Floats:
    """What each sample counts: its kind as much as it should, over all samples of the kind."""
    counts: dict[str, int] = defaultdict(int)
    for one in samples:
        counts[one.kind] += 1
    return np.array([_weight_of(one) / counts[one.kind] for one in samples])


def _weight_of(one: Sample) -> float:
    if one.is_camera:
        return 1.0
    return WEIGHT_OF_RARE if one.kind.endswith(RARE_KINDS) else WEIGHT_OF_OTHERS


def count_decisions(samples: list[Sample], weights: dict[str, float], bias: float) -> dict[str, tuple[int, int]]:
    """By kind: how many windows are called, of how many."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in samples:
        evidence = bias + sum(weights[name] * value for name, value in one.marks.items())
        counts[one.kind][0] += evidence >= 0.0
        counts[one.kind][1] += 1
    return {kind: (called, of) for kind, (called, of) in counts.items()}


def print_unclocked(samples: list[Sample]) -> None:
    """Where each mark of `unclocked` lies in windows of ten seconds and more."""
    long = [one for one in samples if one.seconds >= 10.0]
    for field in fields(Unclocked):
        for is_camera in (True, False):
            values = [getattr(one.unclocked, field.name) for one in long if one.is_camera == is_camera]
            spots = " ".join(f"{spot:9.3g}" for spot in np.quantile(values, [0.01, 0.02, 0.05, 0.5, 0.95, 0.98, 0.99]))
            print(f"{field.name:14} {'cameras' if is_camera else 'others ':8} {spots}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the weights of sweep.wifi.traffic.camera_features anew.")
    parser.add_argument("--count", type=int, default=40, help="flows of each kind (default: %(default)s)")
    samples = list(sample(parser.parse_args().count))
    weights, bias = fit(samples)
    print(f"{len(samples)} windows of {len({one.kind for one in samples})} kinds, seed {SEED}")
    print("in use:", {name: round(value, 1) for name, value in WEIGHTS.items()}, round(BIAS, 1))
    print("fitted:", {name: round(value, 1) for name, value in weights.items()}, round(bias, 1))
    used, fitted = count_decisions(samples, WEIGHTS, BIAS), count_decisions(samples, weights, bias)
    for kind, (called, of) in used.items():
        print(f"{kind:32} called {called:4} of {of:4}, with the weights fitted {fitted[kind][0]:4}")
    print("\nunclocked, quantiles at 1, 2, 5, 50, 95, 98, 99 %")
    print_unclocked(samples)


if __name__ == "__main__":
    main()
