"""`sweep lens-calibrate`: from recordings on a bench to a calibration file.

Job: read `recipe.json` and the clips that it names, fit sensor, geometry and lamps, check the reference lens. Input:
a folder (layout below); output: `LensCalibration`. Refuses a recipe with unknown fields, a clip that is missing, and
whatever the fits refuse; a part that the recipe does not name is left out and limits every report until it is there.

Folder: `recipe.json` beside clip folders (LENS format): one of dark frames (lens capped, phases all C), several of
flat frames (even light, lamps off, phases all C, one clip a level), some of a matt card at known distances (phases
A, B, C), one of a board (every frame a view), one of the reference lens (A, B, C). All of one size.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from sweep.lab.bench.board import Pattern, fit_geometry
from sweep.lab.bench.lamps import CardClip, fit_lamps
from sweep.lab.bench.sensor import fit_sensor
from sweep.lab.clip_page.curve import light_curve
from sweep.lens.calibration import CalibrationError, GeometryFit, Lamp, LampFit, LensCalibration, ReferenceFit
from sweep.lens.clip.clips import Clip, ClipError, Frame, read_clip
from sweep.phrases import Phrase
from sweep.report.base import Pseudonym, Record, Slug, Text
from sweep.report.files import read_json

RECIPE_NAME = "recipe.json"
MAX_RECIPE_BYTES = 256 * 1024
MAX_FRAMES_PER_CLIP = 64
"""Bounds memory: 64 frames of full size are 200 MB."""

Folder = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Say = Callable[[Phrase], None]


class Card(Record):
    """A clip of the matt card."""

    clip: Folder
    range_m: Annotated[float, Field(ge=0.1, le=5)]
    """From the front of the lens to the card."""


class Board(Record):
    """The clip of a board and what the board is."""

    clip: Folder
    pattern: Pattern
    columns: Annotated[int, Field(ge=3, le=60)]
    """Inner corners or circles in a row."""
    rows: Annotated[int, Field(ge=3, le=60)]
    pitch_m: Annotated[float, Field(gt=0, le=0.5)]


class Reference(Record):
    """The clip of the reference lens, where it is in one on_axis frame, and what it returned when it was new."""

    clip: Folder
    name: Text
    range_m: Annotated[float, Field(ge=0.1, le=5)]
    frame: Annotated[int, Field(ge=0)]
    x: float
    y: float
    expected_e_ms: Annotated[float, Field(gt=0)] | None = None
    """On-axis electrons per millisecond at this distance at the first calibration; null at the first one."""


class Recipe(Record):
    """`recipe.json`, format v1."""

    v: Literal[1]
    probe_serial: Slug
    camera_serial: Text
    measured: date
    done_by: Pseudonym
    dark: Folder
    flats: Annotated[tuple[Folder, ...], Field(min_length=3, max_length=20)]
    cards: Annotated[tuple[Card, ...], Field(max_length=8)] = ()
    card_reflectance: Annotated[float, Field(gt=0.01, le=1)] | None = None
    """At the lamps' wavelength; needed with `cards`."""
    board: Board | None = None
    reference: Reference | None = None


def read_recipe(folder: Path) -> Recipe:
    """The recipe of a folder. Raises CalibrationError."""
    path = folder / RECIPE_NAME
    advice = Phrase("give_recipe")
    return read_json(Recipe, path, CalibrationError, max_bytes=MAX_RECIPE_BYTES, advice=advice)


def calibrate(folder: Path, say: Say) -> LensCalibration:
    """The calibration from the recordings in `folder`; `say` hears what is done. Raises CalibrationError."""
    recipe = read_recipe(folder)
    if recipe.cards and recipe.card_reflectance is None:
        raise CalibrationError(Phrase("recipe_lacks_card_reflectance"))
    try:
        return _calibrate(folder, recipe, say)
    except ClipError as error:
        raise CalibrationError(error) from None


def _calibrate(folder: Path, recipe: Recipe, say: Say) -> LensCalibration:
    dark = _open(folder, recipe.dark, None)
    shape = (dark.meta.width, dark.meta.height)
    flats = [_open(folder, name, shape) for name in recipe.flats]
    say(Phrase("calibrates_sensor", dark=recipe.dark, levels=len(flats)))
    sensor = fit_sensor(_frames(dark), [_frames(flat) for flat in flats], dark.meta.saturation_dn)
    lamps: dict[Lamp, LampFit] = {}
    if recipe.cards and recipe.card_reflectance is not None:
        say(Phrase("calibrates_lamps", ranges=", ".join(f"{card.range_m:g} m" for card in recipe.cards)))
        cards = [CardClip(_open(folder, card.clip, shape), card.range_m) for card in recipe.cards]
        lamps = fit_lamps(cards, recipe.card_reflectance, sensor)
    geometry = None if recipe.board is None else _geometry(folder, recipe.board, shape, sensor.black_level_dn, say)
    reference = None if recipe.reference is None else _reference(folder, recipe.reference, shape, say)
    return LensCalibration(
        v=1,
        probe_serial=recipe.probe_serial,
        camera_serial=recipe.camera_serial,
        measured=recipe.measured,
        done_by=recipe.done_by,
        software=f"ansim-sweep {version('ansim-sweep')}, OpenCV {cv2.__version__}",
        width=shape[0],
        height=shape[1],
        sensor=sensor,
        geometry=geometry,
        lamps=lamps,
        reference=reference,
    )


def _geometry(folder: Path, board: Board, shape: tuple[int, int], black_level_dn: float, say: Say) -> GeometryFit:
    say(Phrase("calibrates_geometry", pattern=board.pattern, columns=board.columns, rows=board.rows))
    frames = _frames(_open(folder, board.clip, shape))
    return fit_geometry(
        frames, black_level_dn, pattern=board.pattern, columns=board.columns, rows=board.rows, pitch_m=board.pitch_m
    )


def _reference(folder: Path, reference: Reference, shape: tuple[int, int], say: Say) -> ReferenceFit:
    say(Phrase("calibrates_reference", name=reference.name, range=f"{reference.range_m:g} m"))
    clip = _open(folder, reference.clip, shape)
    try:
        curve = light_curve(clip, reference.frame, reference.x, reference.y)
    except ValueError as error:
        raise CalibrationError(Phrase("reference_invalid", why=error)) from None
    if len(curve.points) < 3:
        raise CalibrationError(Phrase("reference_lens_too_few_triples"))
    if sum(point.is_saturated for point in curve.points) * 2 > len(curve.points):
        raise CalibrationError(Phrase("reference_lens_saturated"))
    on_axis = float(np.median([point.on_axis_e for point in curve.points]))
    noise = float(np.median([point.noise_e for point in curve.points]))
    if on_axis < 5.0 * max(noise, 1.0):
        raise CalibrationError(Phrase("reference_no_light"))
    off_axis = float(np.median([point.off_axis_e for point in curve.points]))
    milliseconds = clip.meta.exposure_s * 1e3
    expected = on_axis if reference.expected_e_ms is None else reference.expected_e_ms * milliseconds
    return ReferenceFit(
        name=reference.name,
        range_m=reference.range_m,
        measured_e=round(on_axis, 1),
        expected_e=round(expected, 1),
        off_axis_ratio=round(off_axis / on_axis, 4),
    )


def _open(folder: Path, name: str, shape: tuple[int, int] | None) -> Clip:
    clip = read_clip(folder / name)
    if shape is not None and (clip.meta.width, clip.meta.height) != shape:
        raise CalibrationError(
            Phrase(
                "frames_differ_from_dark_frames", file=name, width=clip.meta.width, height=clip.meta.height, dark=shape
            )
        )
    return clip


def _frames(clip: Clip) -> list[Frame]:
    return [clip.frame(i) for i in range(min(len(clip.meta.phases), MAX_FRAMES_PER_CLIP))]
