"""A wall that is filmed for as long as somebody films it: a frame for each exposure, under the lamp that shone in it.

Input is what hides on the wall, the time of an exposure and its lamp; output is a raw frame.  It is the renderer of
`sim.scene.wall` kept running: the same light, with noise from a bank of draws, so that it keeps rate.  It knows no head
and no camera.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

import cv2
import numpy as np

from sweep.lens.clip.clips import ClipMeta, Frame
from sweep.modality.strobe import Phase
from sweep.sim.scene.camera import Image
from sweep.sim.scene.wall import PlantedLens, Wall, WallScene

FPS: Final = 50.0
"""As the probe's camera runs."""
SHORT_SHARE: Final = 0.9
"""Of the exposure, above which a pulse is one of the usual length: the head rounds it to 32 us (derived)."""
BANK: Final = 1 << 22
"""Draws of a normal distribution that are used over and over, each frame from another place: 16 MB."""


@dataclass(frozen=True, slots=True)
class FilmSet:
    """What is in front of the camera."""

    seed: int
    size: tuple[int, int] = (728, 544)
    """Width and height in pixels; the field of view stays that of the probe."""
    lenses: tuple[PlantedLens, ...] = ()
    range_m: float = 1.0
    """Of the wall, when no lens sets it."""
    objects: int = 8
    """Screws, drops, LEDs and the like."""
    printed_eyes: int = 0
    """Pairs of eyes on a poster: paint, nothing that shines."""
    speed_m_s: float = 0.06
    """Of the hand."""

    def to_json(self) -> str:
        """One line that `from_json` reads back."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> FilmSet:
        """The set of `to_json`; raises ValueError, TypeError, KeyError."""
        raw = json.loads(text)
        width, height = raw.pop("size")
        lenses = tuple(PlantedLens(**lens) for lens in raw.pop("lenses"))
        return cls(size=(width, height), lenses=lenses, **raw)


class Film:
    """The set while it is filmed; the hand goes on moving."""

    def __init__(self, made: FilmSet) -> None:
        wall = Wall(made.seed, made.lenses, made.size, made.range_m, made.objects, speed_m_s=made.speed_m_s)
        self._scene = WallScene(wall, ("A", "B", "C") * 8)
        rng = np.random.default_rng([made.seed, 0xF11])
        for _ in range(made.printed_eyes):
            _print_eyes(self._scene.surface.albedo, self._scene.surface.texel_m, rng)
        self._bank = rng.standard_normal(BANK, dtype=np.float32)
        self._rng = rng
        self.meta: ClipMeta = self._scene.meta("film").model_copy(update={"fps": FPS})
        """Nominal numbers of its frames."""

    def frame(self, time_s: float, lit: Phase, pulse_s: float | None = None) -> Frame:
        """The exposure that began then, on a clock of the film's own; `pulse_s`: how long the lamp shone in it, None
        for all of the exposure.
        """
        is_short = pulse_s is not None and pulse_s < SHORT_SHARE * self.meta.exposure_s
        share = pulse_s / self.meta.exposure_s if pulse_s is not None and is_short else 1.0
        return self._expose(self._scene.electrons(time_s, lit, share))

    def _expose(self, light: Image) -> Frame:
        """As `Readout.expose`, but that few electrons are taken for normal and draws come from the bank."""
        sensor = self._scene.readout
        counted = np.maximum(light * sensor.response + sensor.offset_e, 0.0)
        spread = np.sqrt(counted + np.float32(sensor.read_noise_e**2))
        start = int(self._rng.integers(0, BANK - light.size))
        counted += spread * self._bank[start : start + light.size].reshape(light.shape)
        raw = counted * np.float32(1.0 / sensor.e_per_dn) + np.float32(sensor.black_dn + 0.5)
        return np.asarray(np.clip(raw, 0.0, float(sensor.saturation_dn)).astype(np.uint16))


def _print_eyes(albedo: Image, metres_per_texel: float, rng: np.random.Generator) -> None:
    """Paint two eyes 62 mm apart: white, iris, pupil and a printed highlight."""
    height, width = albedo.shape
    x, y = rng.uniform(0.35, 0.65) * width, rng.uniform(0.35, 0.65) * height
    for side in (-0.031, 0.031):
        middle = (round(x + side / metres_per_texel), round(y))
        for radius_m, tone in ((0.012, 0.85), (0.006, 0.25), (0.003, 0.04)):
            cv2.circle(albedo, middle, max(1, round(radius_m / metres_per_texel)), tone, -1, cv2.LINE_AA)
        mark = (middle[0] + round(0.0015 / metres_per_texel), middle[1] - round(0.0015 / metres_per_texel))
        cv2.circle(albedo, mark, max(1, round(0.0008 / metres_per_texel)), 0.95, -1, cv2.LINE_AA)
