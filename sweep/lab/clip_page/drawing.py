"""Small pictures for the page of a scan: frames, patches and light curves, as text that stands in the page itself.

Job: turn arrays into `data:` addresses and SVG. Input: electrons and curve points; output: strings without any text
that came from a recording. Refuses nothing it is given.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.clip_page.curve import CurvePoint, Patches
from sweep.lens.pixels.register import Image

CURVE_WIDTH, CURVE_HEIGHT = 420, 190
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 14, 30


def frame_address(electrons: Image) -> str:
    """A frame as a JPEG: square root of the light, the brightest thousandth white."""
    white = max(1.0, float(np.percentile(electrons[::2, ::2], 99.9)))
    return _address(_stretch(electrons, 0.0, white), ".jpg", "image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, 82])


def patch_addresses(patches: Patches) -> tuple[str, str, str, str]:
    """On_axis, off_axis, dark and difference as PNGs, the first three on one scale, square root of the light."""
    shown = (patches.on_axis, patches.off_axis, patches.dark)
    black = min(0.0, float(np.percentile(patches.dark, 5.0)))
    white = max(black + 1.0, float(patches.on_axis.max()))
    addresses = [_png(_stretch(image, black, white)) for image in shown]
    peak = max(1.0, float(patches.difference.max()))
    return addresses[0], addresses[1], addresses[2], _png(_stretch(patches.difference, 0.0, peak))


def curve_svg(points: Sequence[CurvePoint], title: str) -> str:
    """Light per triple on a scale that is linear near zero and logarithmic beyond the noise; `title`: escaped text."""
    if not points:
        return ""
    values = [v for p in points for v in (p.on_axis_e, p.off_axis_e, p.dark_e)]
    knee = max(10.0, float(np.median([p.noise_e for p in points])))
    scaled = [_scaled(v, knee) for v in values]
    low, high = min(0.0, *scaled), max(*scaled, 1.0)
    first, last = points[0].triple, max(points[-1].triple, points[0].triple + 1)

    def at(triple: int, value: float) -> tuple[float, float]:
        x = LEFT + (triple - first) / (last - first) * (CURVE_WIDTH - LEFT - RIGHT)
        y = TOP + (high - _scaled(value, knee)) / (high - low) * (CURVE_HEIGHT - TOP - BOTTOM)
        return round(x, 1), round(y, 1)

    parts = [
        f'<svg class="curve" role="img" viewBox="0 0 {CURVE_WIDTH} {CURVE_HEIGHT}" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{title}</title>",
    ]
    for tick in _ticks(low, high, knee):
        _, y = at(first, tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{CURVE_WIDTH - RIGHT}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 3.5}" text-anchor="end">{_short(tick)}</text>')
    for p in points[:: max(1, len(points) // 10)]:
        x, _ = at(p.triple, 0.0)
        parts.append(f'<text class="tick" x="{x}" y="{CURVE_HEIGHT - 12}" text-anchor="middle">{p.triple + 1}</text>')
    for name, series in (
        ("dark", [p.dark_e for p in points]),
        ("off", [p.off_axis_e for p in points]),
        ("on", [p.on_axis_e for p in points]),
    ):
        places = [at(p.triple, value) for p, value in zip(points, series, strict=True)]
        line = " ".join(f"{x},{y}" for x, y in places)
        parts.append(f'<polyline class="line {name}" points="{line}"/>')
        parts += [f'<circle class="dot {name}" cx="{x}" cy="{y}" r="2.6"/>' for x, y in places]
    parts += [
        f'<circle class="ring" cx="{x}" cy="{y}" r="5.5"/>'
        for p in points
        if p.is_saturated
        for x, y in [at(p.triple, p.on_axis_e)]
    ]
    return "".join([*parts, "</svg>"])


def _scaled(value: float, knee: float) -> float:
    return math.asinh(value / knee)


def _ticks(low: float, high: float, knee: float) -> list[float]:
    """Zero and a few powers of ten that lie within the scale."""
    powers = [10.0**k for k in range(1, 8) if low < _scaled(10.0**k, knee) <= high and 10.0**k >= 2.0 * knee]
    return [0.0, *powers[-4:]]


def _short(value: float) -> str:
    return f"{value / 1000:.0f}k" if value >= 1000 else f"{value:.0f}"


def _stretch(image: Image, black: float, white: float) -> npt.NDArray[np.uint8]:
    share = np.clip((image - black) / (white - black), 0.0, 1.0)
    return np.asarray(255.0 * np.sqrt(share), np.uint8)


def _png(image: npt.NDArray[np.uint8]) -> str:
    return _address(image, ".png", "image/png", [])


def _address(image: npt.NDArray[np.uint8], suffix: str, kind: str, options: list[int]) -> str:
    _, coded = cv2.imencode(suffix, image, options)
    return f"data:{kind};base64,{base64.b64encode(coded.tobytes()).decode('ascii')}"
