"""Cameras that shape what they send are left to the light that would find them."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import examine_flow
from sweep.wifi.traffic.video import judge_flow
from tests.simulators.air_encoded import list_fresh
from tests.simulators.air_shaped import SHAPES, Shape, draw_shaped

SEED: Final = 57_01
RATES_KBPS: Final[dict[Shape, tuple[int, ...]]] = {"stepped": (32, 64)}
FOUND: Final = 0.05
MOST_DENIED: Final[dict[Shape, float]] = {"stepped": 0.03}
"""Most of a shape's cameras that are denied although they follow the light."""


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape in RATES_KBPS])
@pytest.mark.parametrize("count", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_a_camera_that_shapes_its_stream_is_left_to_the_light(shape: Shape, count: int) -> None:
    answers: Counter[str] = Counter()
    for number in range(count):
        rng = np.random.default_rng([SEED, number, *map(ord, shape)])
        name, kbps = str(rng.choice(list_fresh())), int(rng.choice(RATES_KBPS[shape]))
        flow, sequence, listened_s = draw_shaped(shape, name, 100, 95, rng, kbps=kbps)
        found = judge_flow(flow)
        if found.verdict != "not_video":
            answers[found.reason or found.verdict] += 1
            continue
        heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
        test = examine_flow(flow, sequence, NullSequences(sequence), heard)
        answers["denied" if test is not None and test.p_value <= FOUND else "nothing to find"] += 1
    print(f"{shape}: {dict(answers)}")
    assert answers["denied"] <= max(MOST_DENIED[shape] * count, 1)
