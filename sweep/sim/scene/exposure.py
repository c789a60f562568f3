"""One exposure of a physical scene: layers, points of light, halo and ghosts under the lamp that is on.

Job: carry lamps and camera to a moment and lay down the electrons that the sensor then counts. Input: a furnished room,
a hand, lamps, optics; output: `Exposed`, and rows of the truth of a lens. Refuses to draw anything at random: whoever
builds it has done so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sweep.lens.clip.clips import Frame
from sweep.sim.scene.camera import Array, Image, Pose
from sweep.sim.scene.glints import Glints, Lamps, Mirrors, Moment, Retro
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.imaging import Halo, Placed, PointSpread, View, ghosts, into_camera, smeared, splat
from sweep.sim.scene.layers import Stage, hidden
from sweep.sim.scene.rendered import TrueLens
from sweep.sim.scene.room import Room

Leds = dict[str, tuple[Array, Array]]
"""By lamp: places around the camera (n x 2, metres) and W/sr of each LED."""


@dataclass(frozen=True)
class Exposed:
    """One frame before the sensor, and the geometry that the truth needs."""

    electrons: Image
    ground: Image
    """Layers only."""
    pose: Pose
    moment: Moment
    placed: Placed
    owner: Array
    """Owner of each point of `placed`."""


@dataclass(frozen=True)
class Exposer:
    """A scene, what lights it and what looks at it."""

    view: View
    room: Room
    stage: Stage
    hand: Hand
    led: Leds
    beam_exponent: float
    spread: PointSpread
    halo: Halo
    ghost_paths: Sequence[tuple[float, float, float]]
    exposure_s: float
    full_scale: float
    """Pixels per pixel of the full sensor."""
    read_noise_e: float
    e_per_dn: float
    gain: float = 1.0
    """Factor of the light of every point; the layers keep theirs."""

    def expose(self, start: float, letter: str, pulse: float = 1.0) -> Exposed:
        """The exposure that begins then, seconds, under that lamp, which shines for `pulse` of its nominal time."""
        middle = start + self.exposure_s / 2
        pose = self.hand.pose(middle)
        lamps = self.lamps(letter, pose, pulse)
        moment = Moment(pose.position, start, self.exposure_s, letter, self.room.carried(middle))
        ground = self.stage.light(lamps, pose, middle, moment.carried)
        begin, end = self.hand.pose(start), self.hand.pose(start + self.exposure_s)
        smear = self._smear(begin, end)
        if float(np.hypot(*smear)) > 0.7:
            ground = smeared(ground, smear)
        glints = self.room.glints(lamps, moment)
        placed, owner = self._place(glints, pose, moment.carried)
        shown = self._along(placed, smear)
        flare = ghosts(shown, self.view, self.ghost_paths, 5.0)
        image = self._with_points(ground, Placed.joined([shown, flare]))
        return Exposed(image, ground, pose, moment, placed, owner)

    def _smear(self, begin: Pose, end: Pose) -> Array:
        """Movement of the middle of the picture during the exposure, px."""
        ahead = np.array([0.0, 0.0, float(self.room.layers[0].origin[2])])
        point = (begin.position + ahead @ begin.rotation)[None, :]
        a, b = (self.view.project(into_camera(point, pose))[0] for pose in (begin, end))
        return np.asarray(b - a)

    def _place(self, glints: Glints, pose: Pose, carried: Array) -> tuple[Placed, Array]:
        """Pixels and electrons of what is seen."""
        if glints.owner.size == 0:
            return Placed.joined([]), np.zeros(0)
        local = into_camera(glints.at, pose)
        pixels = self.view.project(local)
        electrons = glints.irradiance_w_m2 * self.gain * self.view.electrons_per_w_m2 * self.view.falloff(local)
        reach = 60.0
        keep = (electrons > 0.2) & (pixels[:, 0] > -reach) & (pixels[:, 0] < self.view.width + reach)
        keep &= (pixels[:, 1] > -reach) & (pixels[:, 1] < self.view.height + reach)
        keep[keep] &= ~hidden(self.room.layers, pose.position, glints.at[keep], carried, slack_m=0.012)
        soften = 1e-3 * glints.soften_mm / np.maximum(local[:, 2], 0.05) * self.view.focal_px
        placed = Placed(pixels[:, 0], pixels[:, 1], electrons, self.view.disc_px(glints.focus_distance_m), soften)
        return placed.only(keep), glints.owner[keep]

    @staticmethod
    def _along(placed: Placed, smear: Array) -> Placed:
        """The same light laid along the path of the exposure."""
        length = float(np.hypot(*smear))
        parts = min(24, math.ceil(length / 0.35))
        if parts <= 1 or placed.x_px.size == 0:
            return placed
        steps = (np.arange(parts) + 0.5) / parts - 0.5
        return Placed(
            (placed.x_px + smear[0] * steps[:, None]).ravel(),
            (placed.y_px + smear[1] * steps[:, None]).ravel(),
            np.tile(placed.electrons / parts, parts),
            np.tile(placed.disc_px, parts),
            np.tile(placed.soften_px, parts),
        )

    def _with_points(self, ground: Image, points: Placed) -> Image:
        margin = 16 + round(64 * self.full_scale)
        rows, columns = ground.shape
        sparks = np.zeros((rows + 2 * margin, columns + 2 * margin), np.float32)
        splat(sparks, points, self.spread, margin)
        if float(points.electrons.sum()) > 2e4:
            sparks += self.halo.spread(
                points, sparks.shape[0], sparks.shape[1], margin, max(1, round(4 * self.full_scale))
            )
        image = ground + sparks[margin : margin + rows, margin : margin + columns]
        return np.asarray(image + np.float32(self.halo.veil_share * float(ground[::8, ::8].mean())), np.float32)

    def lamps(self, letter: str, pose: Pose, pulse: float = 1.0) -> Lamps:
        """The LEDs that are on, in the world."""
        return lamps_of(self.led, self.beam_exponent, letter, pose, pulse)

    def note(self, lens: TrueLens, retro: Retro, front: Mirrors, frame: Frame, at: Exposed, index: int) -> None:
        """A row of the truth of a lens and its front surface in an on_axis frame."""
        on_axis, off_axis = self.lamps("A", at.pose), self.lamps("B", at.pose)
        lit = retro.glint(on_axis, at.moment)
        on_w_m2, off_w_m2 = (
            float(retro.glint(lamps, at.moment).irradiance_w_m2.sum())
            + float(front.glints(lamps, at.moment).irradiance_w_m2.sum())
            for lamps in (on_axis, off_axis)
        )
        local = into_camera(lit.at, at.pose)
        x, y = (float(v) for v in self.view.project(local)[0])
        electrons = on_w_m2 * self.gain * self.view.electrons_per_w_m2 * float(self.view.falloff(local)[0])
        is_hidden = bool(hidden(self.room.layers, at.pose.position, lit.at, at.moment.carried, slack_m=0.012)[0])
        inside = not is_hidden and 0 <= x <= self.view.width - 1 and 0 <= y <= self.view.height - 1
        rad = float(self.view.disc_px(lit.focus_distance_m)[0])
        row, column = min(self.view.height - 1, max(0, round(y))), min(self.view.width - 1, max(0, round(x)))
        noise = float(at.ground[row, column]) + self.read_noise_e**2 + self.e_per_dn**2 / 12.0
        near = frame[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        lens.note(index, (x, y), electrons, math.sqrt(self.spread.effective_px(rad) * noise), inside=inside, rad=rad,
                  peak_dn=int(near.max()))  # fmt: skip
        if electrons > 0.0:
            lens.ratios.append(off_w_m2 / on_w_m2)


def lamps_of(led: Leds, beam_exponent: float, letter: str, pose: Pose, pulse: float = 1.0) -> Lamps:
    """The LEDs of a lamp around a camera; none for a lamp that there is not. pulse: share of its nominal light."""
    if letter not in led:
        return Lamps(np.zeros((0, 3)), np.zeros(0), pose.rotation[2], beam_exponent)
    places, intensity = led[letter]
    flat = np.column_stack([places, np.zeros(len(places))])
    return Lamps(pose.position + flat @ pose.rotation, pulse * intensity, pose.rotation[2], beam_exponent)
