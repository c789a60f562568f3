"""The compiled kernel finds the maxima of a scale that Python finds, and tells the same of them but for rounding."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given

from sweep.lens.pixels.excess import PEAK_SNR, Tops, find_by, find_excess, find_plainly
from sweep.lens.pixels.kernel import Kernel
from sweep.lens.pixels.matched_filter import Level, filter_frame, lamp_ratio_map
from tests.lens.hostile import draw_frame, seeds, shapes

Image = npt.NDArray[np.float32]
CLOSE = 2e-5
"""Of the largest flux in the image: what interpolating in another order comes to."""


def scale_of(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Level, Image, Image, float]:
    """A scale of on_axis, off_axis moved onto it, the ratio of the lamps and read noise."""
    frames = [draw_frame(rng, shape) for _ in range(3)]
    (on,), (off,) = filter_frame(frames[0], 1, 1), filter_frame(frames[1], 1, 1)
    ratio = lamp_ratio_map(*frames) if rng.random() < 0.5 else rng.uniform(0.2, 5.0, (1, 1)).astype(np.float32)
    return on, off.flux, ratio, float(rng.choice([0.0, 3.0]))


def assert_alike(found: Tops, expected: Tops, image: Image, light: float, least: Image) -> None:
    """The same places, but for those that rounding makes a maximum or not; the same told of each."""
    top = cv2.dilate(image, np.ones((3, 3), np.uint8))
    here, there = ({(x, y): k for k, (x, y) in enumerate(zip(t.xs, t.ys, strict=True))} for t in (found, expected))
    for x, y in here.keys() ^ there.keys():
        assert top[y, x] - image[y, x] <= CLOSE * light
        assert least[y, x] >= -CLOSE * light
    both = sorted(here.keys() & there.keys())
    ours, theirs = (t.take(np.array([at[k] for k in both], int)) for t, at in ((found, here), (expected, there)))
    for one in fields(Tops):
        a, b = getattr(ours, one.name), getattr(theirs, one.name)
        if one.name.startswith("sub"):  # of a plateau, which way it leans is rounding
            curved = np.abs(ours.excess) > 100 * CLOSE * light
            a, b = a[curved], b[curved]
            assert (np.abs(a - b) <= 0.02).all()
        else:
            gap = np.abs(a.astype(np.float64) - b)
            scales = {"excess": light, "flux": light, "off": light, "snr": light / theirs.noise}
            scale = scales.get(one.name, 1.0)
            assert (gap <= CLOSE * (np.abs(b) + scale)).all(), (one.name, gap.max())


def largest(*images: Image) -> float:
    return max(1.0, *(float(np.abs(image).max()) for image in images))


@given(seeds, shapes)
def test_maxima_are_those_of_python(kernel: Kernel, seed: int, shape: tuple[int, int]) -> None:
    on, moved, ratio, noise_e = scale_of(np.random.default_rng(seed), shape)
    found, expected = find_by(kernel, on, moved, ratio, noise_e), find_plainly(on, moved, ratio, noise_e)
    assert found is not None
    gain = cv2.resize(ratio, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    excess = np.asarray(on.flux - moved * gain, np.float32)
    light = 6.0 * largest(on.flux, moved)
    assert_alike(found.peaks, expected.peaks, excess, light, excess)
    assert_alike(found.shown, expected.shown, on.flux, light, on.flux)
    assert (np.abs(found.modulus - expected.modulus) <= 1e-3 + CLOSE * light).all()
    for tops in (found.peaks, found.shown):
        assert all(np.isfinite(getattr(tops, one.name)).all() for one in fields(Tops))


def test_a_lens_is_found_where_it_is(kernel: Kernel) -> None:
    wall = np.full((60, 80), 100.0, np.float32)
    ys, xs = np.mgrid[0:60, 0:80]
    lit = np.asarray(wall + 900.0 * np.exp(-0.5 * ((xs - 40.25) ** 2 + (ys - 20.0) ** 2) / 0.64), np.float32)
    (on,), (off,) = filter_frame(lit, 1, 1), filter_frame(wall, 1, 1)
    for found in (find_excess(on, off.flux, np.ones((2, 2), np.float32), 3.0, way) for way in (kernel, None)):
        best = found.peaks.take(np.argsort(-found.peaks.snr)[:1])
        assert (best.xs[0], best.ys[0]) == (40, 20)
        assert best.sub_x[0] == pytest.approx(0.25, abs=0.06)
        assert best.snr[0] > 100 * PEAK_SNR / 10


def test_a_wider_image_than_there_is_room_for_goes_the_python_way(kernel: Kernel) -> None:
    on, moved, ratio, noise_e = scale_of(np.random.default_rng(3), (12, 4_200))
    assert find_by(kernel, on, moved, ratio, noise_e) is None
    expected = find_plainly(on, moved, ratio, noise_e)
    assert len(find_excess(on, moved, ratio, noise_e, kernel).shown) == len(expected.shown)


def test_threads_do_not_disturb_each_other(kernel: Kernel) -> None:
    scales = [scale_of(np.random.default_rng(seed), (200, 300)) for seed in range(4)]

    def count(scale: tuple[Level, Image, Image, float]) -> list[float]:
        found = find_by(kernel, *scale)
        assert found is not None
        return [float(found.peaks.snr.sum()), float(found.shown.flux.sum())]

    expected = [count(scale) for scale in scales]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(count, scales * 15)) == expected * 15


def find_random(kernel: Kernel, count: int) -> None:
    """What a test under sanitizers runs."""
    for number in range(count):
        rng = np.random.default_rng(number)
        find_by(kernel, *scale_of(rng, [(1, 1), (7, 9), (5, 40), (33, 21), (6, 4_096)][number % 5]))
