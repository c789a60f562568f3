"""Cameras that shape what they send are left to the light that would find them."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import pytest

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import examine_flow
from sweep.wifi.traffic.echo import is_echoed
from sweep.wifi.traffic.video import judge_flow
from tests.simulators.air_encoded import list_fresh
from tests.simulators.air_shaped import SHAPES, Shape, draw_shaped
from tests.simulators.flow_of import flow_of

SEED: Final = 57_01
RATES_KBPS: Final[dict[Shape, tuple[int, ...]]] = {
    "padded": (300, 800, 2_000), "equal": (100, 300, 800), "stepped": (32, 64), "mirrored": (100, 300, 800),
    "sparse": (100, 300, 800),
}  # fmt: skip
FOUND: Final = 0.05
MOST_DENIED: Final[dict[Shape, float]] = {
    "padded": 0.1, "equal": 0.05, "stepped": 0.03, "mirrored": 0.03, "sparse": 0.03,
}  # fmt: skip
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


def test_an_echo_is_as_long_as_what_was_sent_soon_after() -> None:
    rng = np.random.default_rng(1)
    t_ns = np.cumsum(rng.integers(20_000_000, 60_000_000, 400))
    lengths, others = rng.integers(150, 1_400, (2, 400))
    up, delay_ns, missed = (t_ns, lengths), 30_000_000, rng.random(400) < 0.2
    none = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    assert is_echoed(flow_of(up, (t_ns + delay_ns, lengths)))
    assert is_echoed(flow_of(up, ((t_ns + delay_ns)[~missed], lengths[~missed])))
    assert not is_echoed(flow_of(up, (t_ns + delay_ns, others)))
    assert not is_echoed(flow_of(up, (t_ns - delay_ns, lengths))), "it comes before"
    assert not is_echoed(flow_of(up, (t_ns + 10 * delay_ns, lengths))), "much later"
    assert not is_echoed(flow_of(up, none))
    more_ns = np.sort(np.concatenate([t_ns + delay_ns, t_ns + 2 * delay_ns, t_ns + 3 * delay_ns]))
    assert not is_echoed(flow_of(up, (more_ns, np.repeat(lengths, 3)))), "three times as much"
