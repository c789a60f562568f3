"""The settings of the cameras of `encode_pictures` and `encode_cameras`, and the tiled rooms that they see.

Input is a setting, a seed and how much light the lamp adds; output is the luma of each picture, with sensor noise, a
clock in the picture, somebody who walks, and automatic exposure.  It knows nothing of encoders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Setting:
    """One camera: encoder, picture, scene."""

    codec: str
    hz: int
    group: int
    size: tuple[int, int] = (640, 360)
    options: dict[str, str] = field(default_factory=dict)
    kbps: int = 0
    """Target or ceiling where the encoder has one."""
    noise: float = 2.5
    """Standard deviation of the sensor's noise, of 255."""
    denoise: float = 1.0
    """Share of a new picture in the temporal filter, 1 for none."""
    exposure_control: bool = False
    exposure_s: float = 1.5
    """Time in which the exposure follows."""
    walking: float = 0.0
    """Share of the time in which somebody walks through, without the lamp."""
    light: float = 0.0
    """How much brighter the lamp makes the picture on average; 0 for none."""
    levels: tuple[float, ...] = ()
    """The same in turn, each for `level_chips` chips."""
    level_chips: int = 0
    spot: tuple[float, float, float] = (0.55, 0.5, 0.45)
    """Where the lamp's light falls, as shares of width and height, and how broad it is."""
    gamma: float = 1.0
    """At 1 the lamp's light is a share of the picture's luma; else of the scene's light, whose root the luma is."""
    is_commanded_walk: bool = False
    """Somebody walks by chips instead of the lamp."""
    seconds: float = 30.0


MOST_EXPOSED: Final = 8


class Room:
    """A tiled room as a camera sees it."""

    def __init__(self, setting: Setting, seed: int) -> None:
        self.setting = setting
        width, height = setting.size
        rng = self.rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        wall = 70 + 50 * x / width + 30 * np.sin(y / height * 3)
        tile = max(height // 9, 8)
        grout = ((x + 0.2 * y) % tile < 2) | (y % tile < 2)
        texture = rng.normal(0, 1, (height // 4 + 1, width // 4 + 1)).repeat(4, 0).repeat(4, 1)[:height, :width]
        room = wall + 3 * texture + rng.normal(0, 2, (height, width)) - 22 * grout
        for _ in range(9):
            left, top = int(rng.integers(width)), int(rng.integers(height))
            room[top : top + height // 5, left : left + width // 6] = rng.uniform(30, 190)
        self.room = np.clip(room, 12, 210).astype(np.float32)
        across, down, broad = setting.spot
        spot = np.exp(-(((x / width - across) / broad) ** 2) - ((y / height - down) / (broad + 0.05)) ** 2)
        scene = self.room**setting.gamma
        lamp = scene * spot
        self.lamp = (lamp * (scene.mean() / lamp.mean())).astype(np.float32)
        self.noise = rng.normal(0, 1, (height + 64, width + 64)).astype(np.float32)
        self.body = rng.uniform(30, 170, (height, width // 5)).astype(np.float32)
        self.body = (self.body.reshape(height, -1) * 0.25 + 80).astype(np.float32)
        self.exposed: dict[float, Floats] = {}
        self.filtered: Floats | None = None
        self.gain = 1.0

    def picture(self, number: int, light: float, walk_s: float | None) -> Floats:
        """Luma of one picture; `light` is how much brighter the lamp makes it on average."""
        setting, rng = self.setting, self.rng
        width, height = setting.size
        seen = self.room + np.float32(light) * self.lamp if setting.gamma == 1.0 else self._expose(light)
        if walk_s is not None:
            self._draw_walker(seen, walk_s)
        if setting.exposure_control:
            wanted = float(self.room.mean()) / float(seen.mean())
            self.gain += (wanted - self.gain) / (setting.exposure_s * setting.hz)
            seen = seen * np.float32(self.gain)
        top, left = int(rng.integers(64)), int(rng.integers(64))
        sign = np.float32(setting.noise if rng.random() < 0.5 else -setting.noise)
        seen = seen + sign * self.noise[top : top + height, left : left + width]
        if setting.denoise < 1.0:
            before = self.filtered if self.filtered is not None else seen
            step = seen - before
            seen = before + np.where(np.abs(step) < 25, np.float32(setting.denoise), np.float32(1.0)) * step
            self.filtered = seen
        self._draw_clock(seen, number // setting.hz)
        clipped: Floats = np.clip(seen, 0, 255)
        return clipped

    def _expose(self, light: float) -> Floats:
        """Luma of the room at so much more light, kept for the pictures in which the lamp is on or off all the time."""
        if light not in self.exposed:
            gamma = np.float32(self.setting.gamma)
            if len(self.exposed) > MOST_EXPOSED:
                self.exposed.clear()
            self.exposed[light] = (self.room**gamma + np.float32(light) * self.lamp) ** (1 / gamma)
        return self.exposed[light].copy()

    def _draw_walker(self, seen: Floats, walk_s: float) -> None:
        width, height = self.setting.size
        broad = self.body.shape[1]
        place = (walk_s / 3.0) % 2.0  # through the picture in 3 s, and back
        left = int((place if place < 1 else 2 - place) * (width - broad))
        sway = int(6 * np.sin(walk_s * 7))
        top = height // 4 + sway
        seen[top:, left : left + broad] = self.body[: height - top] * 1.1

    def _draw_clock(self, seen: Floats, second: int) -> None:
        """A clock in the corner, as cheap cameras write: its last digits change every second."""
        for place in range(4):
            digit = second // 10**place % 10
            left = 8 + (3 - place) * 14
            seen[8:24, left : left + 11] = 16
            bars = np.random.default_rng(digit).integers(0, 2, (4, 3)).repeat(4, 0).repeat(3, 1)[:16, :9]
            seen[8:24, left : left + 9] = np.where(bars, 235, 16)
