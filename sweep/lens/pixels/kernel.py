"""The only caller of the lens kernel: `kernel*.c` beside this module, which does pixel by pixel what is dear in Python.

Where it is missing, was built from another source, or does not load (`compiled`), `KERNEL` is None and the Python way
is taken, which gives the same but for rounding. Input is images and places, output is columns or images. Refuses images
and places that do not belong together.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from ctypes import POINTER, byref, c_bool, c_double, c_float, c_int32, c_int64, c_void_p
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from sweep.host.compiled import SOURCES, declare, load_library
from sweep.host.installation import built
from sweep.phrases import Phrase

Image = npt.NDArray[np.float32]
Column = npt.NDArray[np.float32]

LIBRARY: Final = built("lens_kernel.so")
_MOST_PEAKS, _FIELDS = 1 << 15, 8
"""Places that one scale of a frame may have, and numbers told of each."""


class _Image(ctypes.Structure):
    """`struct image`."""

    kept: Image
    """What it points at, which lives as long."""
    _fields_: ClassVar = [("at", c_void_p), ("width", c_int32), ("height", c_int32)]


class _Places(ctypes.Structure):
    """`struct places`."""

    kept: tuple[Column, Column]
    _fields_: ClassVar = [("x", c_void_p), ("y", c_void_p)]


class _Frames(ctypes.Structure):
    """`struct frames`."""

    _fields_: ClassVar = [
        ("on_axis", _Image), ("off_axis", _Image), ("saturated", c_void_p), ("step", c_int32),
        ("pixel_variance", c_float), ("full_e", c_float),
    ]  # fmt: skip


class MeasureRules(ctypes.Structure):
    """`struct measure_rules`: what decides, as `cutouts` says it."""

    _fields_: ClassVar = [
        (name, c_float)
        for name in (
            "core_px", "point_px", "wide_px", "hollow_px", "high", "low", "window", "least_ratio", "most_ratio",
        )
    ]  # fmt: skip


class _Levels(ctypes.Structure):
    """`struct levels`."""

    _fields_: ClassVar = [(name, _Image) for name in ("flux", "mean", "widest", "moved", "lamp_ratio")]


_PEAK_RULES = "least_snr", "floor", "noise_scale", "most_clutter", "shown_scale", "shown_floor", "faintest"


class _PeakRules(ctypes.Structure):
    """`struct peak_rules`."""

    _fields_: ClassVar = [(name, c_float) for name in _PEAK_RULES]


class _Found(ctypes.Structure):
    """`struct found`."""

    _fields_: ClassVar = [("room", c_int64), ("count", c_int64), ("places", c_void_p), ("fields", c_void_p)]


class FitRules(ctypes.Structure):
    """`struct fit_rules`: what decides, as `fit` says it."""

    _fields_: ClassVar = [
        ("iterations", c_int32), ("least_inside", c_int32), ("step_px", c_double), ("huber", c_double),
    ]  # fmt: skip


class _Chosen(ctypes.Structure):
    """`struct chosen`."""

    _fields_: ClassVar = [("places", c_void_p), ("jacobian", c_void_p), ("count", c_int64)]


class _FitRoom(ctypes.Structure):
    """`struct fit_room`."""

    _fields_: ClassVar = [(name, c_void_p) for name in ("column", "row", "target", "value", "residual")]


class _Room(threading.local):
    """Memory of one thread, kept: so large that the system would clear it anew for each call."""

    def __init__(self, rows_octets: int) -> None:
        self.rows = np.empty(rows_octets, np.uint8)
        self.places = np.empty((2, _MOST_PEAKS, 2), np.int32)
        self.fields = np.empty((2, _MOST_PEAKS, _FIELDS), np.float32)


class Kernel:
    """A loaded library; its functions take memory by address, which the callers here keep alive."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._measure_places = declare(
            library.measure_places, POINTER(_Frames), POINTER(MeasureRules), *[POINTER(_Places)] * 2, c_int64, c_void_p,
            c_int32, c_void_p,
        )  # fmt: skip
        self._measure_points = declare(
            library.measure_points, POINTER(_Image), c_int32, POINTER(_Places), c_int64, c_float, c_void_p, c_int32,
            *[c_void_p] * 2,
        )  # fmt: skip
        self._measure_twins = declare(
            library.measure_twins, *[POINTER(_Image)] * 2, c_int32, *[POINTER(_Places)] * 2, c_int64, c_bool, c_void_p,
            c_int32, *[c_void_p] * 3,
        )  # fmt: skip

        self._find_peaks = declare(
            library.find_peaks, POINTER(_Levels), POINTER(_PeakRules), *[c_void_p] * 2, *[POINTER(_Found)] * 2,
            gives=c_bool,
        )  # fmt: skip
        self._fit_motion = declare(
            library.fit_motion, *[POINTER(_Image)] * 2, POINTER(_Chosen), POINTER(FitRules), POINTER(_FitRoom),
            c_void_p, gives=c_double,
        )  # fmt: skip
        self._room = _Room(declare(library.peak_octets, gives=c_int64)())

    def measure_places(
        self,
        frames: tuple[Image, Image],
        saturated: npt.NDArray[np.uint8],
        step: int,
        levels: tuple[float, float],
        places: tuple[Sequence[Column], Sequence[Column]],
        ring: npt.NDArray[np.int32],
        rules: MeasureRules,
        columns: int,
    ) -> npt.NDArray[np.float32]:
        """N places on_axis and off_axis by the apertures of `rules`: N x `columns`, as `measure.MEASURED` names them.

        frames: on_axis and off_axis, H x W; saturated: H x W, 255 a full pixel; levels: variance of a pixel without
        light, and electrons of a saturated one; places: columns x, y in either frame, pixels of the frame; ring:
        indices of the cut-out that count as surroundings.
        """
        on, off = (_image(frame) for frame in frames)
        if frames[0].shape != frames[1].shape or saturated.shape != frames[0].shape:
            raise ValueError("frames of one triple have one size")
        full = np.ascontiguousarray(saturated, dtype=np.uint8)
        here, there = (_places(place) for place in places)
        count = _count(here, there)
        out = np.empty((count, columns), np.float32)
        what = _Frames(on, off, full.ctypes.data, step, *levels)
        self._measure_places(
            byref(what), byref(rules), byref(here), byref(there), count, ring.ctypes.data, ring.size, out.ctypes.data
        )
        return out

    def measure_points(
        self, frame: Image, step: int, places: Sequence[Column], point_px: float, ring: npt.NDArray[np.int32]
    ) -> tuple[Column, Column]:
        """Light within `point_px` of N places of one frame, and the level around each."""
        image, at = _image(frame), _places(places)
        count = _count(at)
        point, around = np.empty(count, np.float32), np.empty(count, np.float32)
        self._measure_points(
            byref(image), step, byref(at), count, point_px, ring.ctypes.data, ring.size, point.ctypes.data,
            around.ctypes.data,
        )  # fmt: skip
        return point, around

    def measure_twins(
        self,
        levels: tuple[Image, Image],
        step: int,
        places: tuple[Sequence[Column], Sequence[Column]],
        steps: npt.NDArray[np.intp],
        flux_e: Column,
        *,
        is_vertical: bool,
    ) -> tuple[Column, Column]:
        """Strongest pair, and strongest of all, of what off_axis shows `steps` away along the baseline and on_axis
        does not, over the flux of each place. `levels`: widened fluxes on_axis and off_axis.
        """
        on, off = (_image(level) for level in levels)
        if levels[0].shape != levels[1].shape:
            raise ValueError("frames of one triple have one size")
        here, there = (_places(place) for place in places)
        count = _count(here, there)
        if flux_e.size != count:
            raise ValueError("each place has a flux")
        away, flux = np.ascontiguousarray(steps, np.int32), np.ascontiguousarray(flux_e, np.float32)
        pair, twin = np.empty(count, np.float32), np.empty(count, np.float32)
        self._measure_twins(
            byref(on), byref(off), step, byref(here), byref(there), count, is_vertical, away.ctypes.data, away.size,
            flux.ctypes.data, pair.ctypes.data, twin.ctypes.data,
        )  # fmt: skip
        return pair, twin

    def find_peaks(
        self, images: tuple[Image, Image, Image, Image], lamp_ratio: Image, rules: tuple[float, ...]
    ) -> tuple[tuple[npt.NDArray[np.int32], Image], tuple[npt.NDArray[np.int32], Image], Image] | None:
        """Maxima of the excess, maxima of on_axis alone (columns and rows, N x 2, and N x 8 numbers, as
        `excess.Tops` names them), and the modulus of the excess at every other pixel; None where there is no room.

        images: flux, mean, widest flux of on_axis, and moved flux of off_axis, H x W; lamp_ratio: coarse.
        """
        if len({image.shape for image in images}) > 1:
            raise ValueError("images of one scale have one size")
        height, width = images[0].shape
        parts = [_image(image) for image in (*images, lamp_ratio)]
        room = self._room
        modulus = np.empty(((height + 1) // 2, (width + 1) // 2), np.float32)
        found = [_Found(_MOST_PEAKS, 0, room.places[k].ctypes.data, room.fields[k].ctypes.data) for k in range(2)]
        fits = self._find_peaks(
            byref(_Levels(*parts)), byref(_PeakRules(*rules)), room.rows.ctypes.data, modulus.ctypes.data,
            *map(byref, found),
        )  # fmt: skip
        if not fits or any(one.count > _MOST_PEAKS for one in found):
            return None
        peaks, shown = ((room.places[k, : one.count].copy(), room.fields[k, : one.count].copy()) for k, one in
                        enumerate(found))  # fmt: skip
        return peaks, shown, modulus

    def fit_motion(
        self,
        images: tuple[Image, Image],
        selected: npt.NDArray[np.intp],
        jacobian: npt.NDArray[np.float32],
        rules: FitRules,
        start: npt.NDArray[np.float64],
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Motion of the second image against the first, and their correlation after it; see `fit.fit_motion`."""
        reference, moved = (_image(image) for image in images)
        places = np.ascontiguousarray(selected, np.int64)
        lines = np.ascontiguousarray(jacobian.T, np.float32)
        if lines.shape != (6, places.size) or start.shape != (2, 3):
            raise ValueError("a motion has six numbers")
        columns = np.empty((5, places.size), np.float32)
        room = _FitRoom(*(column.ctypes.data for column in columns))
        motion = np.array(start, np.float64, order="C")
        chosen = _Chosen(places.ctypes.data, lines.ctypes.data, places.size)
        correlation = self._fit_motion(
            byref(reference), byref(moved), byref(chosen), byref(rules), byref(room), motion.ctypes.data
        )
        return motion, float(correlation)


def _image(image: Image) -> _Image:
    """As the library reads it."""
    rows = np.ascontiguousarray(image, dtype=np.float32)
    if rows.ndim != 2 or not rows.size:
        raise ValueError("an image has rows and columns")
    found = _Image(rows.ctypes.data, rows.shape[1], rows.shape[0])
    found.kept = rows
    return found


def _places(places: Sequence[Column]) -> _Places:
    x, y = (np.ascontiguousarray(axis, dtype=np.float32) for axis in places)
    if x.shape != y.shape:
        raise ValueError("a place has a column and a row")
    found = _Places(x.ctypes.data, y.ctypes.data)
    found.kept = x, y
    return found


def _count(*places: _Places) -> int:
    """How many places there are, of which each lies in each frame."""
    (count,) = {one.kept[0].size for one in places}
    return count


def load_kernel(library: Path, source: Path = SOURCES["lens_kernel.so"]) -> Kernel | Phrase:
    """The kernel in `library`, or why it cannot be used, in one line."""
    found = load_library(library, source)
    return found if isinstance(found, Phrase) else Kernel(found)


_loaded = load_kernel(LIBRARY)
KERNEL: Final = _loaded if isinstance(_loaded, Kernel) else None
KERNEL_TROUBLE: Final = _loaded if isinstance(_loaded, Phrase) else None
"""Why there is none."""
