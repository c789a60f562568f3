"""Time of the lens detector per triple next to plain OpenCV on the same frames, and its memory."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sweep.lens.clip_source import pair_triples
from tests.bench.lens_baselines import register_difference_blob
from tests.lens.rendered import FRESH_SEED, render, scan

CLIPS = 6


@pytest.mark.parametrize(("name", "size"), [("half", (728, 544)), ("full", (1456, 1088))])
def test_time_per_triple(name: str, size: tuple[int, int], report: Callable[[str], None]) -> None:
    cv2.setNumThreads(1)
    ours, plain = [], []
    for seed in range(FRESH_SEED + 500, FRESH_SEED + 500 + CLIPS):
        clip, _ = render(seed, size=size)
        scan(clip)
        ours.append(scan(clip).ms_per_triple)
        for triple in pair_triples(clip.meta.phases, clip.meta.short_frames)[0][1:]:
            started = time.perf_counter()
            register_difference_blob(clip.frames, clip.meta, triple)
            plain.append((time.perf_counter() - started) * 1e3)
    mine, theirs = statistics.median(ours), statistics.median(plain)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(f"lens, {name} size: {mine:.1f} ms per triple, plain OpenCV {theirs:.1f} ms, ratio {mine / theirs:.2f}")
    report(f"lens, {name} size: {peak_mib:.0f} MiB at most, the renderer and its frames included")
    assert np.isfinite(mine / theirs)
