"""Time of the lens detector per triple next to plain OpenCV on the same frames, and its memory.

Detector and plain OpenCV take turns on each clip, and the ratio is the median over these pairs. Two times are told: of
the wall, of the triples alone as the result says it; and of the processor, of the whole clip with frames made electrons
and the judgement at its end, which other work on the machine disturbs least.
"""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from sweep.lens.clip.source import pair_triples
from sweep.lens.pixels.kernel import KERNEL_TROUBLE
from sweep.sim.scene.rendered import RenderedClip
from tests.bench.lens_baselines import register_difference_blob
from tests.lens.rendered import FRESH_SEED, render, scan

CLIPS = 6
ROUNDS = 3


@pytest.mark.parametrize(("name", "size"), [("half", (728, 544)), ("full", (1456, 1088))])
def test_time_per_triple(name: str, size: tuple[int, int], report: Callable[[str], None]) -> None:
    cv2.setNumThreads(1)
    pairs = []
    for seed in range(FRESH_SEED + 500, FRESH_SEED + 500 + CLIPS):
        clip, _ = render(seed, size=size)
        scan(clip)
        pairs += [(*time_detector(clip), *time_plain(clip)) for _ in range(ROUNDS)]
    wall, processor, plain_wall, plain_processor = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = [statistics.median(ours / theirs for ours, theirs in columns) for columns in (
        [(one[0], one[2]) for one in pairs], [(one[1], one[3]) for one in pairs]
    )]  # fmt: skip
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kernel = f"without the kernel: {KERNEL_TROUBLE}" if KERNEL_TROUBLE else "with the kernel"
    report(f"lens, {name} size, {kernel}, load {os.getloadavg()[0]:.1f}")
    report(f"  wall: {wall:.1f} ms per triple, plain OpenCV {plain_wall:.1f} ms, ratio of pairs {ratios[0]:.2f}")
    report(f"  processor: {processor:.1f} ms, plain OpenCV {plain_processor:.1f} ms, ratio of pairs {ratios[1]:.2f}")
    report(f"  {peak_mib:.0f} MiB at most, the renderer and its frames included")
    assert np.isfinite(ratios).all()


def time_detector(clip: RenderedClip) -> tuple[float, float]:
    """Milliseconds per triple: of the wall, of the processor for all that a clip takes."""
    started = time.thread_time()
    each = scan(clip).ms_per_triple
    return each, (time.thread_time() - started) * 1e3 / len(pair_triples(clip.meta.phases, clip.meta.short_frames)[0])


def time_plain(clip: RenderedClip) -> tuple[float, float]:
    """The same of plain OpenCV."""
    walls, started = [], time.thread_time()
    triples = pair_triples(clip.meta.phases, clip.meta.short_frames)[0]
    for triple in triples:
        begun = time.perf_counter()
        register_difference_blob(clip.frames, clip.meta, triple)
        walls.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(walls), (time.thread_time() - started) * 1e3 / len(triples)
