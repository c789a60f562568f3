"""Flat surfaces of a scene: walls, boxes, posters, tape, faces; matt light, sheen, retroreflection and shadows.

Job: turn planes with albedo canvases into electrons per pixel for one pose and the lamps that are on. Input: layers
from far to near; output: a float32 frame. Refuses curved surfaces: what is round is either a mirror
(`sim.scene.glints`) or painted flat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sweep.sim.scene.camera import Array, Flags, Image, Pose
from sweep.sim.scene.glints import Lamps
from sweep.sim.scene.imaging import View, into_camera
from sweep.sim.scene.lobes import Lobe
from sweep.sim.scene.textures import polygon_cover


@dataclass
class Layer:
    """A plane with a canvas; the canvas is drawn on while the scene is furnished, then only read."""

    origin: Array
    """World position of the middle of the canvas."""
    across: Array
    """3 x 3 unit vectors: along canvas x, along canvas y, towards the room."""
    texel_m: float
    albedo: Image
    alpha: Image | None = None
    """Opacity; None is a wall without end."""
    sheen: float = 0.0
    """Weight of a broad glossy lobe."""
    sheen_exponent: float = 20.0
    retro: Image | None = None
    """rho of retroreflecting parts."""
    retro_lobe: Lobe | None = None
    retro_entrance_exponent: float = 1.0
    carrier: int = 0
    casts_shadow: bool = False

    @property
    def half_m(self) -> tuple[float, float]:
        """Half width and half height of the canvas."""
        rows, columns = self.albedo.shape
        return columns * self.texel_m / 2.0, rows * self.texel_m / 2.0

    def corners(self, carried: Array) -> Array:
        """World corners (4 x 3) of the canvas."""
        w, h = self.half_m
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return np.asarray(self.origin + carried[self.carrier] + (signs * (w, h)) @ self.across[:2])

    def texel_of(self, point: Array) -> tuple[float, float]:
        """Canvas position of a world point on the plane, texel centres at integers."""
        rows, columns = self.albedo.shape
        u, v = (point - self.origin) @ self.across[:2].T / self.texel_m
        return float(u) + (columns - 1) / 2.0, float(v) + (rows - 1) / 2.0

    def meet(self, origin: Array, directions: Array, carried: Array) -> Array:
        """Multiples of `directions` (n x 3) at which lines from `origin` meet the plane; inf behind."""
        normal = self.across[2]
        slope = directions @ normal
        slope = np.where(np.abs(slope) < 1e-9, -1e-9, slope)
        along = ((self.origin + carried[self.carrier] - origin) @ normal) / slope
        return np.asarray(np.where(along > 0.0, along, np.inf))

    def covers(self, points: Array, carried: Array) -> Flags:
        """Whether each point (n x 3) of the plane lies on the opaque canvas."""
        if self.alpha is None:
            return np.ones(points.shape[0], dtype=bool)
        w, h = self.half_m
        uv = (points - self.origin - carried[self.carrier]) @ self.across[:2].T
        return np.asarray((np.abs(uv[:, 0]) <= w) & (np.abs(uv[:, 1]) <= h))


@dataclass(frozen=True, slots=True)
class Ambient:
    """Daylight and room light: irradiance over frame-high gradients, with flicker."""

    irradiance_w_m2: float
    """In the pass band, at the middle of the scene."""
    gradient: Array
    """Relative change per metre along world x and y."""
    flicker_hz: float
    flicker_share: float
    flicker_phase: float
    sun: tuple[Array, float, float]
    """Middle, radius in metres and irradiance of a patch of sun."""

    def at(self, points: Array, time_s: float) -> Array:
        """Irradiance at points (... x 3)."""
        wave = 1.0 + self.flicker_share * math.sin(2.0 * math.pi * self.flicker_hz * time_s + self.flicker_phase)
        slope = 1.0 + points[..., :2] @ self.gradient
        total = self.irradiance_w_m2 * wave * np.clip(slope, 0.05, 4.0)
        middle, radius_m, strength = self.sun
        if strength > 0.0:
            away = np.linalg.norm(points - middle, axis=-1) / radius_m
            total = total + strength * np.clip((1.0 - away) * 6.0 + 0.5, 0.0, 1.0)
        return np.asarray(total)


class Stage:
    """All layers of a scene, seen by one view."""

    def __init__(self, layers: Sequence[Layer], view: View, ambient: Ambient) -> None:
        self.layers, self.view, self.ambient = list(layers), view, ambient
        self._grid = view.grid()
        self._falloff = view.falloff(self._grid)

    def light(self, lamps: Lamps, pose: Pose, time_s: float, carried: Array) -> Image:
        """Electrons per pixel of all layers, far ones first."""
        view = self.view
        image = np.zeros((view.height, view.width), np.float32)
        rays = self._grid @ pose.rotation
        casters = [layer for layer in self.layers if layer.casts_shadow]
        for layer in self.layers:
            box = self._box(layer, pose, carried)
            if box is None:
                continue
            left, top, right, bottom = box
            cell = view.cell_px
            c0, r0 = left // cell, top // cell
            c1, r1 = (right - 1) // cell + 3, (bottom - 1) // cell + 3
            part = self._part(layer, lamps, pose, time_s, carried, rays[r0:r1, c0:c1], self._falloff[r0:r1, c0:c1])
            light, cover = part
            x, y = left - (c0 - 1) * cell, top - (r0 - 1) * cell
            light = light[y : y + bottom - top, x : x + right - left]
            if layer.alpha is None:
                for caster in casters:
                    self._shade(image, light, layer, caster, lamps, pose, time_s, carried)
                image[top:bottom, left:right] = light
            else:
                cover = cover[y : y + bottom - top, x : x + right - left]
                view_part = image[top:bottom, left:right]
                view_part += cover * (light - view_part)
        return image

    def _box(self, layer: Layer, pose: Pose, carried: Array) -> tuple[int, int, int, int] | None:
        """Pixels (left, top, right, bottom) that a layer may touch."""
        view = self.view
        if layer.alpha is None:
            return 0, 0, view.width, view.height
        corners = into_camera(layer.corners(carried), pose)
        if np.any(corners[:, 2] < 0.02):
            return None
        pixels = view.project(corners)
        low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 2, 0)
        high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 3, (view.width, view.height))
        if np.any(high - low < 1):
            return None
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _part(
        self, layer: Layer, lamps: Lamps, pose: Pose, time_s: float, carried: Array, rays: Array, falloff: Array
    ) -> tuple[Image, Image]:
        """Electrons per pixel and opacity over the cells of `rays`."""
        rows, columns = rays.shape[:2]
        shape = (columns * self.view.cell_px, rows * self.view.cell_px)
        flat = rays.reshape(-1, 3)
        along = np.minimum(layer.meet(pose.position, flat, carried), 60.0)
        points = pose.position + along[:, None] * flat
        to_eye = -flat / np.linalg.norm(flat, axis=1, keepdims=True)
        offset = points - layer.origin - carried[layer.carrier]
        canvas_rows, canvas_columns = layer.albedo.shape
        uv = offset @ layer.across[:2].T / layer.texel_m + np.array(
            [(canvas_columns - 1) / 2.0, (canvas_rows - 1) / 2.0]
        )
        per_px = self.view.electrons_per_w_m2 / self.view.focal_px**2 * falloff.reshape(-1)
        matt, gloss, back = self._radiance(layer, lamps, points, to_eye, time_s)
        planes = [uv[:, 0], uv[:, 1], matt * per_px]
        has_gloss, has_back = layer.sheen > 0.0, layer.retro is not None
        planes += [gloss * per_px] if has_gloss else []
        planes += [back * per_px] if has_back else []
        coarse = np.stack(planes, axis=-1).astype(np.float32).reshape(rows, columns, len(planes))
        fine = [
            np.asarray(cv2.resize(coarse[..., i].copy(), shape, interpolation=cv2.INTER_LINEAR), np.float32)
                for i in range(len(planes))]  # fmt: skip
        edge = cv2.BORDER_REFLECT if layer.alpha is None else cv2.BORDER_REPLICATE
        light = _sampled(layer.albedo, fine[0], fine[1], edge)
        light *= fine[2]
        if has_gloss:
            light += fine[3]
        if layer.retro is not None:
            light += _sampled(layer.retro, fine[0], fine[1], edge) * fine[-1]
        if layer.alpha is None:
            return light, light
        return light, _sampled(layer.alpha, fine[0], fine[1], cv2.BORDER_CONSTANT)

    def _radiance(
        self, layer: Layer, lamps: Lamps, points: Array, to_eye: Array, time_s: float
    ) -> tuple[Array, Array, Array]:
        """Radiance (n) per unit of albedo, of the sheen, and per unit of retroreflectance."""
        normal = layer.across[2]
        matt = self.ambient.at(points, time_s) / math.pi
        gloss = back = np.zeros(points.shape[0])
        if lamps.count == 0:
            return matt, gloss, back
        intensity, distance, unit = lamps.towards(points)
        incidence = np.maximum(unit @ normal, 0.0)
        received = intensity / distance**2
        matt = matt + (received * incidence).sum(axis=1) / math.pi
        if layer.sheen > 0.0:
            half = unit + to_eye[:, None, :]
            cosine = np.maximum((half @ normal) / np.linalg.norm(half, axis=-1), 0.0)
            lobe = cosine**layer.sheen_exponent * (layer.sheen_exponent + 2.0) / (8.0 * math.pi)
            gloss = layer.sheen * (received * incidence * lobe).sum(axis=1)
        if layer.retro_lobe is not None:
            cross = np.linalg.norm(np.cross(unit, to_eye[:, None, :]), axis=-1)
            alpha = np.arctan2(cross, (unit * to_eye[:, None, :]).sum(axis=-1))
            entrance = np.maximum(to_eye @ normal, 0.0) ** layer.retro_entrance_exponent
            back = (received * incidence * layer.retro_lobe.at(alpha)).sum(axis=1) * entrance
        return matt, gloss, back

    def _shade(
        self, image: Image, light: Image, wall: Layer, caster: Layer, lamps: Lamps, pose: Pose, time_s: float,
        carried: Array,
    ) -> None:  # fmt: skip
        """Take from the wall's light what a box keeps off it, for up to four groups of lamps."""
        del image
        if lamps.count == 0:
            return
        groups = np.array_split(np.argsort(lamps.positions[:, 0] + 1e-3 * lamps.positions[:, 1]), min(4, lamps.count))
        corners = caster.corners(carried)
        middle = wall.origin[None, :]
        ambient = self.ambient.at(middle, time_s)[0]
        per_lamp, distance, unit = lamps.towards(middle)
        received = (per_lamp / distance**2 * np.maximum(unit @ wall.across[2], 0.0))[0]
        total = ambient + float(received.sum())
        for group in groups:
            lamp = lamps.positions[group].mean(axis=0)
            along = wall.meet(lamp, corners - lamp, carried)
            if not np.all(np.isfinite(along)) or np.any(along > 50.0):
                continue
            hit = lamp + along[:, None] * (corners - lamp)
            seen = into_camera(hit, pose)
            if np.any(seen[:, 2] < 0.05):
                continue
            pixels = self.view.project(seen)
            low = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 3, 0)
            high = np.minimum(np.ceil(pixels.max(axis=0)).astype(int) + 4, (self.view.width, self.view.height))
            if np.any(high - low < 2):
                continue
            cover = polygon_cover(pixels - low, int(high[1] - low[1]), int(high[0] - low[0]))
            cover = np.asarray(cv2.blur(cover, (5, 5)), np.float32)
            share = np.float32(float(received[group].sum()) / total)
            light[low[1] : high[1], low[0] : high[0]] *= 1.0 - share * cover


def _sampled(canvas: Image, x: Image, y: Image, edge: int) -> Image:
    return np.asarray(cv2.remap(canvas, x, y, cv2.INTER_LINEAR, borderMode=edge), np.float32)


def hidden(layers: Sequence[Layer], eye: Array, points: Array, carried: Array, slack_m: float = 2e-3) -> Flags:
    """Whether a layer with edges stands between the eye and each point (n x 3)."""
    result = np.zeros(points.shape[0], dtype=bool)
    way = points - eye
    for layer in layers:
        if layer.alpha is None or points.shape[0] == 0:
            continue
        along = layer.meet(eye, way, carried)
        before = along < 1.0 - slack_m / np.maximum(np.linalg.norm(way, axis=1), 1e-6)
        hit = eye + np.where(np.isfinite(along), along, 0.0)[:, None] * way
        result |= before & layer.covers(hit, carried)
    return result
