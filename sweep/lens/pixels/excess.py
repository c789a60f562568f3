"""Where on_axis exceeds off_axis: the local maxima of one scale of a triple, with what is read off the images there.

Job: subtract the registered off_axis flux, state the noise of the difference and find the local maxima, of it and of
on_axis alone. Input: a filtered scale of on_axis, off_axis moved onto it, the ratio of the lamps; output: `Excess`. By
the compiled kernel, or with array operations. Refuses maxima within 3 px of the border.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lens.pixels.kernel import KERNEL, Kernel
from sweep.lens.pixels.matched_filter import POINT, Column, Level
from sweep.lens.pixels.register import Image

Indices = npt.NDArray[np.intp]

PEAK_SNR = 2.8
"""Derived: a lens of signal-to-noise 5 falls below it in one frame of seventy."""
MAX_PEAKS = 4000
SHARED_SNR = 8.0
"""Guessed: a weaker point that both lamps show cannot be told from the texture of a wall."""
CLUTTER_CLIP = 6.0
BORDER = 3


@dataclass(frozen=True)
class Tops:
    """Local maxima, row by row of the image; columns of equal length."""

    xs: Indices
    ys: Indices
    excess: Column
    """Flux of on_axis over that of off_axis, lamps levelled."""
    snr: Column
    """The same over its noise."""
    gain: Column
    """Ratio of the lamps there."""
    noise: Column
    """Of the excess."""
    sub_x: Column
    """Vertex of the parabola through the neighbours, from the pixel's centre."""
    sub_y: Column
    flux: Column
    off: Column
    """Of off_axis at the registered place."""

    def __len__(self) -> int:
        return int(self.xs.size)

    def take(self, which: npt.NDArray[np.generic]) -> Tops:
        """Some of them."""
        return Tops(*(getattr(self, one.name)[which] for one in fields(self)))

    def join(self, others: Tops) -> Tops:
        """These, then the others."""
        return Tops(*(np.concatenate([getattr(self, one.name), getattr(others, one.name)]) for one in fields(self)))


@dataclass(frozen=True)
class Excess:
    """What one scale of a triple shows."""

    peaks: Tops
    """Maxima of the excess above `PEAK_SNR`, at most `MAX_PEAKS`."""
    shown: Tops
    """Maxima of on_axis alone that stand out by `SHARED_SNR`."""
    modulus: Image
    """Of the excess over its noise, at most `CLUTTER_CLIP`: every other pixel of every other row."""


def find_excess(
    on: Level, moved: Image, lamp_ratio: Image, read_noise_e: float, kernel: Kernel | None = KERNEL
) -> Excess:
    """Maxima of one scale. moved: off_axis flux where registration puts it, H x W; lamp_ratio: coarse map of on_axis
    over off_axis illumination.
    """
    found = None if kernel is None else find_by(kernel, on, moved, lamp_ratio, read_noise_e)
    if found is None:
        found = find_plainly(on, moved, lamp_ratio, read_noise_e)
    if len(found.peaks) <= MAX_PEAKS:
        return found
    keep = np.sort(np.argpartition(-found.peaks.snr, MAX_PEAKS)[:MAX_PEAKS])
    return Excess(found.peaks.take(keep), found.shown, found.modulus)


def find_by(kernel: Kernel, on: Level, moved: Image, lamp_ratio: Image, read_noise_e: float) -> Excess | None:
    """The same by the compiled kernel, all maxima of them; None where they do not fit it."""
    scale = POINT.noise_gain * on.step
    alone = SHARED_SNR * scale, read_noise_e**2, _faintest(on.step, read_noise_e)
    rules = PEAK_SNR, _floor(read_noise_e), scale, CLUTTER_CLIP, *alone
    found = kernel.find_peaks((on.flux, on.mean, on.widest, moved), lamp_ratio, rules)
    if found is None:
        return None
    peaks, shown = (
        Tops(places[:, 0].astype(np.intp), places[:, 1].astype(np.intp), *rows.T) for places, rows in found[:2]
    )
    return Excess(peaks, shown, found[2])


def find_plainly(on: Level, moved: Image, lamp_ratio: Image, read_noise_e: float) -> Excess:
    """The same without the compiled kernel."""
    gain, noise = _expected_noise(on, lamp_ratio, read_noise_e)
    excess = np.asarray(cv2.multiply(moved, gain), np.float32)
    cv2.subtract(on.flux, excess, excess)
    ratio = np.asarray(cv2.divide(excess, noise), np.float32)
    top = np.asarray(cv2.dilate(excess, np.ones((3, 3), np.uint8)), np.float32)

    def tell(image: Image, top: Image, worth: npt.NDArray[np.bool_]) -> Tops:
        ys, xs = _reaching(image, top, worth)
        sub_x, sub_y = _subpixel(image, xs, ys)
        columns = (excess[ys, xs], ratio[ys, xs], gain[ys, xs], noise[ys, xs], sub_x, sub_y, on.flux[ys, xs])
        return Tops(xs, ys, *columns, moved[ys, xs])

    modulus = np.abs(ratio[::2, ::2])
    np.minimum(modulus, np.float32(CLUTTER_CLIP), out=modulus)
    shown = tell(on.flux, on.widest, on.flux > _faintest(on.step, read_noise_e))
    light = np.maximum(on.mean[shown.ys, shown.xs], 0.0) + np.float32(read_noise_e**2)
    stands_out = shown.flux > np.float32(SHARED_SNR * POINT.noise_gain * on.step) * np.sqrt(light)
    return Excess(tell(excess, top, ratio >= PEAK_SNR), shown.take(stands_out), modulus)


def _faintest(step: int, read_noise_e: float) -> float:
    """Least flux of what stands out by `SHARED_SNR`: read noise is always there."""
    return max(1e-3, SHARED_SNR * POINT.noise_gain * step * max(read_noise_e, 1e-3))


def _floor(read_noise_e: float) -> float:
    """Variance of a pixel without light."""
    return read_noise_e**2 + 0.05


def _expected_noise(on: Level, lamp_ratio: Image, read_noise_e: float) -> tuple[Image, Image]:
    """Lamp ratio and standard deviation of the excess, H x W, worked out at half the resolution: both are smooth."""
    height, width = on.flux.shape
    half = np.ascontiguousarray(on.mean[::2, ::2])
    size = (half.shape[1], half.shape[0])
    gain = np.asarray(cv2.resize(lamp_ratio, size, interpolation=cv2.INTER_LINEAR), np.float32)
    # off_axis light is on_axis light over the ratio of the lamps: (1 + gain) light + (1 + gain^2) floor
    variance = np.maximum(half, np.float32(0.0), out=half)
    variance *= gain + np.float32(1.0)
    gain *= gain
    gain += np.float32(1.0)
    gain *= np.float32(_floor(read_noise_e))
    variance += gain
    noise = np.asarray(cv2.sqrt(variance, variance), np.float32)
    noise *= np.float32(POINT.noise_gain * on.step)
    size = (width, height)
    full = [np.asarray(cv2.resize(f, size, interpolation=cv2.INTER_LINEAR), np.float32) for f in (lamp_ratio, noise)]
    return full[0], full[1]


def _reaching(image: Image, top: Image, worth: npt.NDArray[np.bool_]) -> tuple[Indices, Indices]:
    """Rows and columns of the pixels that are worth it and reach `top`, away from the border."""
    height, width = image.shape
    reached = image >= top
    reached &= worth
    ys, xs = np.divmod(np.flatnonzero(reached), width)
    inside = (ys >= BORDER) & (ys < height - BORDER) & (xs >= BORDER) & (xs < width - BORDER)
    return ys[inside], xs[inside]


def _subpixel(flux: Image, xs: Indices, ys: Indices) -> tuple[Column, Column]:
    """Vertex of the parabola through the three neighbours, per axis, within half a pixel."""
    centre = flux[ys, xs]

    def vertex(low: Column, high: Column) -> Column:
        curve = low - 2.0 * centre + high
        shift = np.where(curve < -1e-6, 0.5 * (low - high) / np.where(curve < -1e-6, curve, -1.0), 0.0)
        return np.clip(shift, -0.5, 0.5).astype(np.float32)

    return vertex(flux[ys, xs - 1], flux[ys, xs + 1]), vertex(flux[ys - 1, xs], flux[ys + 1, xs])
