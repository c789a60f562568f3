"""Cameras that fill up their stream still show the light where pictures come late."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sweep.wifi.stimulus.null_sequences import NullSequences
from sweep.wifi.stimulus.significance import examine_flow
from sweep.wifi.traffic.pictures import tell_full
from sweep.wifi.transmitters.missed_frames import Queue
from tests.simulators import air_encoded
from tests.simulators.fit_light import LATE, Lateness


@pytest.mark.parametrize("late", ["on time", "45 ms", "90 ms", "batches"])
@pytest.mark.parametrize("firsts", [(200,), pytest.param((0, 200, 395), marks=pytest.mark.soak)])
def test_late_filler_follows_light_that_falls_on_a_small_part(late: Lateness, firsts: tuple[int, ...]) -> None:
    """Somebody walks, and 10 % more light of the scene is all on one spot; two minutes, by itself."""
    names = [name for name in air_encoded.SETTINGS if name.startswith("uneven")]
    found = []
    for name, first in product(names, firsts):
        rng = np.random.default_rng([73, first, sum(map(ord, name))])
        flow, sequence, listened_s = air_encoded.draw_lit(name, first, 200, rng, air="good", **LATE[late])
        heard: Any = SimpleNamespace(start_ns=0, listened_s=listened_s)
        test = examine_flow(flow, sequence, NullSequences(sequence), heard)
        found.append(test is not None and test.p_value <= 0.05)
    print(f"uneven light, {late}: {sum(found)} of {len(found)} follow")
    assert sum(found) >= 0.8 * len(found)


def test_ends_that_are_nearly_full_end_pictures_where_full_frames_are_longer() -> None:
    """Of pictures that are filled up most end in one length."""
    lengths = np.tile([1_482, 1_482, 1_482, 1_352], 100)
    lengths[3::12] = 1_351
    lengths[7::12] = np.arange(300, 300 + len(lengths[7::12]))
    queue = Queue(np.arange(400.0), lengths.astype(np.int32), np.zeros(400, dtype=np.int64), True)
    assert (tell_full(queue) == (lengths == 1_482)).all()
    ends_only = Queue(queue.t_s, np.where(lengths == 1_482, 1_352, lengths).astype(np.int32), queue.missing, True)
    assert tell_full(ends_only).sum() > 300, "none is longer"
