"""Black level, gain, read noise, response and hot pixels of a sensor, from dark and evenly lit frames.

Job: the photon-transfer curve (Janesick, Photon Transfer, 2007, chapter 5): the variance between two exposures of one
even scene grows with the mean, and the slope is the gain. Input: dark frames and flat frames at several levels;
output: `SensorFit`. Refuses too few frames or levels, frames that are not dark, and a curve that is no line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sweep.lens.calibration import MAX_HOT_PIXELS, CalibrationError, SensorFit
from sweep.lens.clip.clips import Frame
from sweep.phrases import Phrase

LEAST_DARK_FRAMES = 8
LEAST_LEVELS = 3
BLOCK_PX = 32
"""Derived: a block of 1,024 pixels gives its variance to 4 %, and is small against the shading of a flat."""
HOT_SIGMA = 8.0
HOT_LEAST_DN = 3.0
"""Guessed: a dark level this far above the rest is repaired; less is within what the detector's noise model holds."""
QUANTISATION_VAR = 1.0 / 12.0
MAX_LEVEL_SHARE = 0.8
"""Share of the range up to which the curve is a line on any sensor we know (guessed)."""
MAX_GAIN_ERROR = 0.05
"""Share of the gain that its 90 % interval may half span; more asks for more frames."""


@dataclass(frozen=True)
class DarkFit:
    """The sensor without light."""

    level: npt.NDArray[np.float32]
    """Mean of each pixel, DN."""
    black_level_dn: float
    spread_dn: float
    noise_dn: float
    """Standard deviation from frame to frame, rounding included."""
    hot_pixels: tuple[tuple[int, int], ...]


def fit_dark(frames: Sequence[Frame], saturation_dn: float) -> DarkFit:
    """Dark level and noise of frames taken with the lens capped. Raises CalibrationError."""
    if len(frames) < LEAST_DARK_FRAMES:
        raise CalibrationError(Phrase("dark_too_few_frames", count=len(frames), needed=LEAST_DARK_FRAMES))
    stack = np.stack(frames).astype(np.float32)
    level = stack.mean(axis=0)
    black = float(np.median(level))
    deviation = level - np.float32(black)
    spread = 1.4826 * float(np.median(np.abs(deviation)))
    noise = float(np.sqrt(np.median(stack.var(axis=0, ddof=1)) / _median_of_variance(len(frames))))
    # the mean of n frames still carries noise, which is no property of the pixel
    own = float(np.sqrt(max(0.0, spread**2 - noise**2 / len(frames))))
    if black > 0.2 * saturation_dn:
        raise CalibrationError(Phrase("dark_frames_too_bright", level_dn=black))
    if int((deviation > 0.1 * saturation_dn).sum()) > MAX_HOT_PIXELS:
        raise CalibrationError(Phrase("dark_light_on_sensor"))
    ys, xs = np.nonzero(deviation > max(HOT_SIGMA * max(spread, noise / np.sqrt(len(frames))), HOT_LEAST_DN))
    if xs.size > MAX_HOT_PIXELS:
        raise CalibrationError(Phrase("dark_too_many_hot_pixels", count=xs.size))
    hot = tuple((int(x), int(y)) for x, y in zip(xs, ys, strict=True))
    return DarkFit(level, black, own, noise, hot)


def fit_sensor(dark: Sequence[Frame], flats: Sequence[Sequence[Frame]], saturation_dn: float) -> SensorFit:
    """All of it. `flats`: for each level, exposures of one even scene. Raises CalibrationError."""
    bare = fit_dark(dark, saturation_dn)
    if len(flats) < LEAST_LEVELS:
        raise CalibrationError(Phrase("flat_too_few_levels", count=len(flats), needed=LEAST_LEVELS))
    means, variances = [], []
    for level in flats:
        mean, variance = _transfer(level, bare, saturation_dn)
        means.append(mean)
        variances.append(variance)
    mean, variance = np.concatenate(means), np.concatenate(variances)
    if mean.size < 60 or float(mean.max()) < 4.0 * max(1.0, float(mean.min())):
        raise CalibrationError(Phrase("flat_levels_too_alike"))
    slope, error = _slope(mean, variance, bare.noise_dn**2)
    if slope <= 0.0:
        raise CalibrationError(Phrase("flat_noise_does_not_grow"))
    e_per_dn = 1.0 / slope
    if error / slope > MAX_GAIN_ERROR:
        raise CalibrationError(Phrase("flat_gain_uncertain", share=error / slope))
    read_var = max(0.0, bare.noise_dn**2 - QUANTISATION_VAR)
    return SensorFit(
        black_level_dn=round(bare.black_level_dn, 3),
        black_spread_dn=round(bare.spread_dn, 4),
        e_per_dn=round(e_per_dn, 5),
        e_per_dn_error=round(e_per_dn * error / slope, 5),
        read_noise_e=round(float(np.sqrt(read_var)) * e_per_dn, 4),
        saturation_dn=saturation_dn,
        pixel_response_spread=round(_response_spread(flats, bare, e_per_dn, saturation_dn), 5),
        hot_pixels=bare.hot_pixels,
        frames=len(dark) + sum(len(level) for level in flats),
    )


def _transfer(
    frames: Sequence[Frame], dark: DarkFit, saturation_dn: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean and variance of light of each block in each pair of successive frames."""
    if len(frames) < 2:
        raise CalibrationError(Phrase("flat_level_needs_two_frames"))
    means, variances = [], []
    good = np.ones(dark.level.shape, bool)
    for x, y in dark.hot_pixels:
        good[y, x] = False
    weight = _blocks(good.astype(np.float64)).sum(axis=(1, 3))
    for first, second in zip(frames[::2], frames[1::2], strict=False):
        a, b = first.astype(np.float64) - dark.level, second.astype(np.float64) - dark.level
        # a lamp that flickers between the two changes their level, not their noise
        b *= a[good].mean() / max(b[good].mean(), 1e-9)
        mean = _blocks(0.5 * (a + b) * good).sum(axis=(1, 3)) / np.maximum(weight, 1.0)
        difference = _blocks((a - b) * good)
        centred = difference - (difference.sum(axis=(1, 3)) / np.maximum(weight, 1.0))[:, None, :, None]
        mask = _blocks(good.astype(np.float64))
        variance = 0.5 * (centred**2 * mask).sum(axis=(1, 3)) / np.maximum(weight - 1.0, 1.0)
        top = _blocks(np.maximum(first, second).astype(np.float64)).max(axis=(1, 3))
        usable = (weight > 0.9 * BLOCK_PX**2) & (mean < MAX_LEVEL_SHARE * saturation_dn) & (top < saturation_dn)
        means.append(mean[usable])
        variances.append(variance[usable])
    return np.concatenate(means), np.concatenate(variances)


def _slope(mean: npt.NDArray[np.float64], variance: npt.NDArray[np.float64], floor: float) -> tuple[float, float]:
    """Slope of variance over mean through the dark noise, and half of its 90 % interval, outliers left out."""
    light = variance - floor
    slope = float(np.median(light / np.maximum(mean, 1e-6)))
    weight, residual = np.zeros_like(mean), np.zeros_like(mean)
    keep = np.ones(mean.size, bool)
    for _ in range(4):
        # the relative error of a block's variance is the same everywhere, so its weight falls with its square
        expected = np.maximum(floor + slope * mean, 1e-6)
        weight = keep / expected**2
        slope = float((weight * mean * light).sum() / max((weight * mean**2).sum(), 1e-12))
        residual = (light - slope * mean) / expected
        spread = 1.4826 * float(np.median(np.abs(residual - np.median(residual)))) + 1e-9
        keep = np.abs(residual) < 4.0 * spread
    # each kept block adds (weight x mean x its own error)^2 to the variance of the sum
    deviation = float(np.sqrt((weight * (mean * residual) ** 2).sum()))
    return slope, 1.645 * deviation / float((weight * mean**2).sum())


def _response_spread(flats: Sequence[Sequence[Frame]], dark: DarkFit, e_per_dn: float, saturation_dn: float) -> float:
    """Standard deviation of the pixels' response in the brightest level that is not saturated."""
    best: npt.NDArray[np.float64] | None = None
    count = 0
    for level in flats:
        mean = np.mean(np.stack(level).astype(np.float64), axis=0) - dark.level
        middle = float(np.median(mean))
        if middle < MAX_LEVEL_SHARE * saturation_dn and (best is None or middle > float(np.median(best))):
            best, count = mean, len(level)
    if best is None:
        return 0.0
    # neighbours share the shading of the scene, so their difference is the pixels' own
    relative = np.diff(best, axis=1) / np.maximum(0.5 * (best[:, 1:] + best[:, :-1]), 1e-9)
    measured = (1.4826 * float(np.median(np.abs(relative)))) ** 2 / 2.0
    light = float(np.median(best))
    noise = (light / e_per_dn + dark.noise_dn**2) / count / light**2
    return float(np.sqrt(max(0.0, measured - noise)))


def _blocks(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The image as rows x BLOCK_PX x columns x BLOCK_PX, what is left over at the edges cut off."""
    rows, columns = image.shape[0] // BLOCK_PX, image.shape[1] // BLOCK_PX
    cut = image[: rows * BLOCK_PX, : columns * BLOCK_PX]
    return cut.reshape(rows, BLOCK_PX, columns, BLOCK_PX)


def _median_of_variance(count: int) -> float:
    """Median of a sample variance of `count` normal values as a share of its mean (Wilson and Hilferty)."""
    freedom = count - 1
    return float((1.0 - 2.0 / (9.0 * freedom)) ** 3)
