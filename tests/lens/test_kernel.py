"""The compiled lens kernel gives what Python gives but for rounding, on anything, and reads nothing but its images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.lens.pixels.cutouts import COLUMNS, Elsewhere, Places, TripleViews, view_of
from sweep.lens.pixels.kernel import Kernel
from sweep.lens.pixels.matched_filter import filter_frame, shrink
from sweep.lens.pixels.measure import measure_places
from tests.lens.hostile import FULL_E, draw_frame, draw_places, seeds, shapes

CLOSE = 2e-5
"""Of the light that a sum is made of: what 300 roundings of single precision come to at worst."""
SHAPE = {"elongation": 1e-3, "width_px": 1e-3}
"""Differences of sums that cancel: most where a cut-out is lit at its rim only, and Python is the one that is off."""
COUNTED = frozenset({"area_high", "area_low", "off_area_high", "off_area_low"})
"""Pixels over a level, which rounding may move by one."""


def views_of(rng: np.random.Generator, shape: tuple[int, int], step: int) -> TripleViews:
    on, off, dark = (shrink(draw_frame(rng, (step * shape[0], step * shape[1])), step) for _ in range(3))
    (on_level,), (off_level,) = filter_frame(on, step, 1), filter_frame(off, step, 1)
    return TripleViews(
        on_axis=view_of(on, step),
        off_axis=view_of(off, step),
        dark=view_of(dark, step),
        saturated=np.where(on >= FULL_E, 255, 0).astype(np.uint8),
        middle=view_of(dark, step) if rng.random() < 0.5 else None,
        outer=None,
        red=view_of(off, step) if rng.random() < 0.5 else None,
        short=None,
        on_level=on_level,
        off_level=off_level,
        read_noise_e=float(rng.choice([0.0, 3.0])),
        full_e=FULL_E * step * step,
        centre=(step * shape[1] / 2, step * shape[0] / 2),
        seeks_eyes=False,
        scale=float(step),
        baseline_px_m=float(rng.choice([1.0, 60.0, 1e4])),
        is_vertical=bool(rng.integers(0, 2)),
    )


def places_of(rng: np.random.Generator, views: TripleViews, count: int) -> tuple[Places, Elsewhere]:
    step = views.on_axis.step
    shape = views.on_axis.image.shape[0] * step, views.on_axis.image.shape[1] * step
    on, off, dark = (Places(*draw_places(rng, shape, count)) for _ in range(3))
    return on, Elsewhere(off, dark, middle=dark, red=off)


def assert_alike(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32], views: TripleViews) -> None:
    # what a sum over a cut-out is made of, apart from what stands in it in the end
    light = max(1.0, *(float(np.abs(view.image).max()) for view in (views.on_axis, views.off_axis, views.dark)))
    for at, name in enumerate(COLUMNS):
        assert np.array_equal(np.isnan(found[:, at]), np.isnan(expected[:, at])), name
        gap = np.nan_to_num(np.abs(found[:, at] - expected[:, at]))
        size = np.nan_to_num(np.abs(expected[:, at])) + (light if name.endswith("_e") else 1.0)
        assert (gap <= (1.0 if name in COUNTED else SHAPE.get(name, CLOSE) * size)).all(), (name, gap.max())


@given(seeds, shapes, st.integers(1, 2), st.integers(0, 9))
def test_places_are_measured_as_by_python(
    kernel: Kernel, seed: int, shape: tuple[int, int], step: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    views = views_of(rng, shape, step)
    on, there = places_of(rng, views, count)
    found = measure_places(views, on, there, kernel)
    assert_alike(found, measure_places(views, on, there, None), views)
    known = [
        at for at, name in enumerate(COLUMNS) if not name.startswith(("middle", "outer", "red", "short", "fellow"))
    ]
    assert np.isfinite(found[:, known]).all()


def test_what_does_not_fit_is_refused(kernel: Kernel) -> None:
    rng = np.random.default_rng(1)
    views = views_of(rng, (20, 30), 1)
    on, there = places_of(rng, views, 4)
    with pytest.raises(ValueError, match="one size"):
        measure_places(replace(views, saturated=views.saturated[1:]), on, there, kernel)
    with pytest.raises(ValueError, match="too many values"):
        measure_places(views, on, replace(there, off=Places(there.off.x[:2], there.off.y[:2])), kernel)
    with pytest.raises(ValueError, match="rows and columns"):
        kernel.measure_points(np.zeros((0, 5), np.float32), 1, (on.x, on.y), 2.3, np.zeros(1, np.int32))


def measure_random(kernel: Kernel, count: int) -> None:
    """What a test under sanitizers runs."""
    for number in range(count):
        rng = np.random.default_rng(number)
        views = views_of(rng, [(1, 1), (5, 40), (33, 21)][number % 3], 1 + number % 2)
        measure_places(views, *places_of(rng, views, number % 7), kernel)
