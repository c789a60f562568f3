"""The compiled fit of registration finds the motion that Python finds, on textures and on what has none."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.lens.pixels.fit import RULES, fit_motion, fit_plainly
from sweep.lens.pixels.kernel import Kernel
from sweep.lens.pixels.register import prepare, prepare_moved
from tests.lens.hostile import draw_frame, seeds

CLOSE_PX = 2e-3
"""A tenth of the step at which a fit has arrived: single precision adds up in another order, and is off by less."""

Affine = npt.NDArray[np.float64]


def textured(rng: np.random.Generator, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    rough = rng.normal(size=shape)
    wall = 200.0 + 400.0 * cv2.GaussianBlur(rough, (0, 0), 2.0)
    return np.asarray(np.maximum(wall + rng.normal(size=shape) * 3.0, 0.0), np.float32)


def off_by(a: Affine, b: Affine, shape: tuple[int, int]) -> float:
    """Largest distance of the corners after two motions."""
    corners = np.array([[0, shape[1], 0, shape[1]], [0, 0, shape[0], shape[0]], [1, 1, 1, 1]], np.float64)
    return float(np.abs(a @ corners - b @ corners).max())


@given(seeds, st.floats(-2.5, 2.5), st.floats(-2.5, 2.5), st.floats(-0.01, 0.01))
def test_the_motion_is_that_of_python_and_the_true_one(
    kernel: Kernel, seed: int, x: float, y: float, turn: float
) -> None:
    rng = np.random.default_rng(seed)
    before = textured(rng, (90, 130))
    true = np.array([[1.0, -turn, x], [turn, 1.0, y]])
    after = np.asarray(cv2.warpAffine(before, true, (130, 90), borderMode=cv2.BORDER_REFLECT), np.float32)
    template, moved = prepare(before, 3.0), prepare_moved(after, 3.0)
    what = template.fine, moved.fine, template.selected, template.jacobian, np.eye(2, 3)
    found, correlation = fit_motion(*what, kernel)
    expected, expected_correlation = fit_plainly(*what)
    assert off_by(found, expected, before.shape) < CLOSE_PX
    assert correlation == pytest.approx(expected_correlation, abs=1e-4)
    assert off_by(found, true, before.shape) < 0.5


@given(seeds, st.sampled_from([(1, 1), (5, 9), (30, 40), (64, 90)]))
def test_whatever_is_seen_a_motion_comes_back(kernel: Kernel, seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    template, moved = prepare(draw_frame(rng, shape), 3.0), prepare_moved(draw_frame(rng, shape), 3.0)
    start = np.eye(2, 3) + rng.normal(size=(2, 3)) * np.array([0.02, 0.02, rng.choice([0.5, 500.0])])
    motion, correlation = kernel.fit_motion(
        (template.fine, moved.fine), template.selected, template.jacobian, RULES, start
    )
    assert np.isfinite(motion).all()
    assert -1.0 - 1e-6 <= correlation <= 1.0 + 1e-6


def test_a_constant_image_keeps_its_start(kernel: Kernel) -> None:
    flat = prepare(np.full((40, 60), 100.0, np.float32), 3.0)
    for way in (kernel, None):
        motion, correlation = fit_motion(flat.fine, flat.fine, flat.selected, flat.jacobian, np.eye(2, 3), way)
        assert off_by(motion, np.eye(2, 3), (40, 60)) < 1e-9
        assert correlation == 0.0


def test_what_does_not_fit_is_refused(kernel: Kernel) -> None:
    flat = prepare(np.full((40, 60), 100.0, np.float32), 3.0)
    with pytest.raises(ValueError, match="six numbers"):
        kernel.fit_motion((flat.fine, flat.fine), flat.selected[1:], flat.jacobian, RULES, np.eye(2, 3))


def fit_random(kernel: Kernel, count: int) -> None:
    """What a test under sanitizers runs; the places of the last ones lie outside of the image."""
    for number in range(count):
        rng = np.random.default_rng(number)
        shape = [(1, 1), (5, 9), (33, 47)][number % 3]
        template, moved = prepare(draw_frame(rng, shape), 3.0), prepare_moved(draw_frame(rng, shape), 3.0)
        selected = template.selected if number % 5 else template.selected * 7 - 90
        start = np.eye(2, 3) * rng.choice([1.0, 0.0, -3.0, 1e30]) + rng.normal(size=(2, 3))
        kernel.fit_motion((template.fine, moved.fine), selected, template.jacobian, RULES, start)
