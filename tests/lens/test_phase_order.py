"""The order of the lamps: what comes by itself in step with it does not look like a lens."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sweep.lens.clip.clips import Clip
from sweep.lens.evidence.judge import candidate_score
from sweep.lens.scan import scan_clip
from sweep.modality.strobe import ORDER, VARIED_ORDER, Phase, round_of
from tests.lens.clip_factory import meta_for, strobed_frames

SIZE = (272, 364)
PLACE = (200.0, 130.0)


def lit_in(order: tuple[Phase, ...], turns: int, begin: int, length: int) -> set[int]:
    """Exposures in which a light shines that turns `turns` times a group, in sixths of its period."""
    return {j for j in range(len(order)) if (j * turns * 6 // len(order) - begin) % 6 < length}


def test_no_light_that_comes_once_a_period_shines_in_the_on_axis_exposures_alone() -> None:
    for order, locks in ((ORDER, True), (VARIED_ORDER, False)):
        on_axis = {j for j, phase in enumerate(order) if phase == "A"}
        lights = [
            lit_in(order, turns, begin, length) for turns in range(6) for begin in range(6) for length in range(7)
        ]
        assert (on_axis in lights) == locks
    assert round_of(VARIED_ORDER) == round_of(ORDER) == 3
    for half in (VARIED_ORDER[:3], VARIED_ORDER[3:]):
        assert sorted(half) == ["A", "B", "C"], "each half is a triple"
    same = [b - a for a, b in combinations([*range(12)], 2) if (VARIED_ORDER * 2)[a] == (VARIED_ORDER * 2)[b] != "C"]
    assert min(same) == 2, "so that a lamp has rested for a period"


def score_beside(order: tuple[Phase, ...], lit: set[int]) -> float:
    """Score of a status LED that shines in some exposures of each group of six."""
    phases = order * (24 // len(order))
    frames = strobed_frames(3, SIZE, phases=phases, drift_px=(0.6, 0.3))
    last = max(i for i, phase in enumerate(phases) if phase == "A")
    ys, xs = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    for number in (i for i in range(24) if i % 6 in lit):
        x, y = PLACE[0] - 0.6 * (last - number), PLACE[1] - 0.3 * (last - number)
        spot = 12_000.0 / (2 * np.pi * 1.2) * np.exp(-0.5 * ((xs - x) ** 2 + (ys - y) ** 2) / 1.2)
        frames[number] = np.minimum(frames[number] + np.rint(spot / 4.0), 1023).astype(np.uint16)
    result = scan_clip(Clip("led", meta_for(SIZE, phases), frames.__getitem__))
    near = [d.score for d in result.detections if np.hypot(d.x - PLACE[0], d.y - PLACE[1]) < 4.0]
    return max(near, default=-9.0)


def test_a_light_in_step_with_the_lamps_is_told_from_a_lens_where_their_order_varies() -> None:
    """By its light in dark exposures, or off_axis; in every third exposure it looks like a lens else."""
    scores = [score_beside(VARIED_ORDER, lit) for lit in ({0, 3}, {4, 5, 0}, {0, 2, 4})]
    assert max(scores) < candidate_score()
    assert score_beside(ORDER, {0, 3}) > max(scores) + 1.0
