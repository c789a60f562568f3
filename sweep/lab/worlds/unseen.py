"""The judging world: a fourth way to draw a restroom, by formulas that no other renderer shares.

Job: draw planes of a room, a probe, lenses and confusers from one seed and expose the clip. Input: seed, tier, size,
triples; output: `RenderedClip`. Refuses training and tuning: it was stored before the detector that it judges was
changed, and only its scores are read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from sweep.lab.worlds.unseen_light import Points, Reach, draw_counter, draw_reach, lay, turned
from sweep.lab.worlds.unseen_things import KINDS, Furnisher
from sweep.lens.clip.clips import ClipMeta, Frame, LampGroup
from sweep.modality.strobe import Phase
from sweep.sim.scene.camera import Array, Image, Pose
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.rendered import RenderedClip
from sweep.sim.scene.room import log_uniform

TIER_SHARES = (0.2, 0.3, 0.3, 0.2)
NONE_SHARE = 0.4
THINGS = {1: (0, 4), 2: (3, 9), 3: (7, 18), 4: (15, 32)}
"""Confusers by tier; guessed, a little below the clip document's 18 to 40 in tier 4, since pairs count as one here."""
FOCAL_PX = 869.6
"""At half size; the product's own optics."""
COARSE = 16


@dataclass(frozen=True)
class _Held:
    """A hand as others take it: at the origin, facing ahead, when the last on_axis exposure begins."""

    reach: Reach
    middle: Array

    def pose(self, time_s: float) -> Pose:
        """As `lens_tuning.Hand`."""
        at = self.reach.at(time_s) - self.middle
        return Pose(turned(at[3:]), at[:3])


class UnseenRoom:
    """One room, who films it, and what was planted."""

    def __init__(
        self, seed: int, tier: int | None, size: tuple[int, int], triples: int, with_lens: bool | None,
        carried: Callable[[Hand, Sequence[float], float], Hand] | None, range_m: float | None = None,
    ) -> None:  # fmt: skip
        """`range_m`: how far the wall is, where that is not drawn."""
        rng = self.rng = np.random.default_rng([seed, 0x4F0E])
        drawn = int(rng.choice([1, 2, 3, 4], p=TIER_SHARES))
        has_lens = bool(rng.random() >= NONE_SHARE)
        self.tier, self.has_lens = tier or drawn, has_lens if with_lens is None else with_lens
        self.width, self.height = size
        self.scale = self.width / 728.0
        self.focal = FOCAL_PX * self.scale * float(rng.normal(1.0, 0.004))
        self.centre = np.array([self.width, self.height]) / 2.0 + rng.normal(0.0, 2.0 * self.scale, 2)
        order = list("ABC") if rng.random() < 0.6 else [str(c) for c in rng.permutation(list("ABC"))]
        self.phases = order * triples
        self.fps = float(rng.choice([30.0, 50.0, 60.0]))
        self.last_a = max(i for i, letter in enumerate(self.phases) if letter == "A")
        self.offset_a, self.offset_b = float(rng.uniform(0.005, 0.013)), float(rng.uniform(0.06, 0.085))
        turns = 2.0 * math.pi * np.arange(8) / 8 + 0.3
        ring = self.offset_a * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
        side = np.array([[s * self.offset_b, dy, 0.0] for s in (-1, 1) for dy in (-0.008, 0.0, 0.008)])
        level = float(rng.uniform(0.8, 1.2))
        self.lamps = {"A": (ring, np.full(8, 1 / 8)), "B": (side, np.full(6, level / 6)),
                      "C": (np.zeros((0, 3)), np.zeros(0))}  # fmt: skip
        self.f_number, self.focus_m = float(rng.choice([2.0, 2.8])), float(rng.uniform(0.5, 1.2))
        self.points = Points(self.scale * float(rng.uniform(0.7, 1.4)), float(rng.uniform(2.0, 4.5)),
                             int(rng.choice([5, 6, 7, 12])), float(rng.uniform(0, 6)))  # fmt: skip
        self.e_per_dn, self.read_noise_e = log_uniform(rng, 1.0, 6.0), float(rng.uniform(2.0, 4.5))
        drawn_m = log_uniform(rng, *{1: (0.5, 1.5), 2: (0.4, 2.2), 3: (0.3, 2.8), 4: (0.25, 3.0)}[self.tier])
        self.range_m = drawn_m if range_m is None else range_m
        speed, turn = {1: (0.02, 0.02), 2: (0.06, 0.05), 3: (0.12, 0.1), 4: (0.25, 0.25)}[self.tier]
        pace = log_uniform(rng, 0.1, 1.5)
        length = len(self.phases) / self.fps + 0.1
        hand = draw_reach(rng, min(pace * speed, 0.3 * self.range_m), pace * turn, length)
        self.hand: Hand = _Held(hand, hand.at(self.last_a / self.fps))
        self.times_s = [i / self.fps for i in range(len(self.phases))]
        if carried is not None:
            self.hand = carried(self.hand, self.times_s, self.range_m)
        self.share = 1.0
        """Of the usual exposure, lit and open."""
        furnisher = Furnisher(
            rng, self.tier, self.width, self.height, self.scale, self.focal, self.centre, self.range_m, self.fps
        )
        furnisher.build()
        self.scene, self.lenses = furnisher.scene, furnisher.lenses
        level_e = self.e_per_dn * log_uniform(rng, 40.0, 300.0)
        # a matt wall of this albedo at this range fills a pixel with level_e electrons
        self.gain = level_e * math.pi * self.focal**2 * self.range_m**2 / float(np.median(self.scene.planes[0].albedo))
        most = {1: 0.03, 2: 0.3, 3: 1.0, 4: 0.8}[self.tier]
        self.ambient = log_uniform(rng, 1e-3, most) / self.range_m**2
        self.flicker = float(rng.uniform(0.0, 0.6)), float(rng.choice([100.0, 120.0])), float(rng.uniform(0, 6.3))
        furnisher.gain = self.gain
        if self.has_lens:
            for _ in range(1 + int(rng.random() < 0.2)):
                furnisher.lens()
        low, high = THINGS[self.tier]
        names, shares = list(KINDS), np.array(list(KINDS.values())) * rng.gamma(1.5, 1.0, len(KINDS))
        for kind in rng.choice(names, int(rng.integers(low, high)), p=shares / shares.sum()):
            furnisher.thing(str(kind))
        self.sensor = draw_counter(rng, (self.height, self.width), self.e_per_dn, self.read_noise_e)
        self.halo = log_uniform(rng, 0.002, 0.04), self.scale * float(rng.uniform(2.0, 9.0))

    def run(self, clip: str, span: range | None = None) -> RenderedClip:
        """Expose all frames, or those of a span, which stand in meta and truth by their numbers among all."""
        noise = np.random.default_rng(self.rng.integers(2**63))
        self.scene.notes.rows.clear()
        for _, lens in self.lenses:
            lens.clear()
        frames = [self._expose(index, noise) for index in range(len(self.phases)) if span is None or index in span]
        truth = self.scene.notes.truth(clip, "unseen", self.tier, self.width, self.last_a, [t for _, t in self.lenses])
        return RenderedClip(frames, self._meta(clip), truth)

    def _project(self, at: Array, rotation: Array, eye: Array) -> tuple[Array, Array, Array]:
        local = (at - eye) @ rotation.T
        z = np.where(local[:, 2] > 0.02, local[:, 2], np.nan)
        x = self.centre[0] + self.focal * local[:, 0] / z
        y = self.centre[1] + self.focal * local[:, 1] / z
        return x, y, z

    def _expose(self, index: int, noise: np.random.Generator) -> Frame:
        scene, letter, time_s = self.scene, self.phases[index], index / self.fps
        pose = self.hand.pose(self.times_s[index])
        rotation, eye = pose.rotation, pose.position
        moved = scene.head_m_s * (time_s - self.last_a / self.fps)
        offsets, power = self.lamps[letter]
        lamps = eye + offsets @ rotation
        share, rate, phase = self.flicker
        ambient = self.ambient * (1.0 + share * math.sin(2.0 * math.pi * rate * time_s + phase))
        ground = self._ground(rotation, eye, lamps, power, ambient, moved)
        parts = self._glints(eye, lamps, power, time_s, moved)
        at, light, owner = (np.concatenate(column) for column in zip(*parts, strict=True))
        x, y, _ = self._project(at, rotation, eye)
        electrons = light * self.gain * self.share
        inside = (x > -20) & (x < self.width + 20) & (y > -20) & (y < self.height + 20) & (electrons > 0.3)
        far = np.linalg.norm(at - eye, axis=1)
        disc = 0.5 * (self._focal_m**2 / self.f_number) * np.abs(1.0 / self.focus_m - 1.0 / far) / self._pitch_m
        image = ground.copy()
        lay(image, x[inside], y[inside], electrons[inside], disc[inside], self.points)
        self._shine(image, x[inside], y[inside], electrons[inside])
        frame = self.sensor.expose(image, noise)
        if letter == "A":
            scene.notes.note(index, owner[inside], x[inside], y[inside], electrons[inside], 3.0 * self.scale)
            self._note_lenses(index, rotation, eye, ground, frame)
        return frame

    @property
    def _pitch_m(self) -> float:
        return 6.9e-6 / self.scale

    @property
    def _focal_m(self) -> float:
        return FOCAL_PX * 6.9e-6

    def _glints(
        self, eye: Array, lamps: Array, power: Array, time_s: float, moved: Array
    ) -> list[tuple[Array, Array, Any]]:
        scene = self.scene
        parts: list[tuple[Array, Array, Any]] = [(np.zeros((0, 3)), np.zeros(0), np.zeros(0, int))]
        back = scene.returners
        if back.at:
            at = np.stack(back.at) + np.array(back.carried)[:, None] * moved
            light = back.irradiance(at, eye, lamps, power)
            for row, start in scene.blinks:
                if start <= time_s < start + 0.15:
                    light[row] = 0.0
            parts.append((at, light, np.array(back.owner)))
        if scene.faces.at:
            parts.append(
                (np.stack(scene.faces.at), scene.faces.irradiance(eye, lamps, power), np.array(scene.faces.owner))
            )
        if scene.balls.centre:
            centre = np.stack(scene.balls.centre) + np.array(scene.balls.carried)[:, None] * moved
            parts.append(scene.balls.images(centre, eye, lamps, power))
        parts.append(scene.panes.images(eye, lamps, power))
        for owner, point, watts, rate, phase in scene.glows:
            shines = 1.0 if rate == 0.0 else max(0.0, 0.5 + 0.7 * math.sin(2.0 * math.pi * (rate * time_s + phase)))
            way = point - eye
            parts.append((point[None], np.array([watts * shines / float(way @ way)]), np.array([owner])))
        return parts

    def _ground(self, rotation: Array, eye: Array, lamps: Array, power: Array, ambient: float, moved: Array) -> Image:
        size = (self.width, self.height)
        total = np.zeros((self.height, self.width), np.float32)
        camera = np.array([[self.focal, 0, self.centre[0]], [0, self.focal, self.centre[1]], [0, 0, 1.0]])
        gx = np.arange(0, self.width + COARSE, COARSE)
        gy = np.arange(0, self.height + COARSE, COARSE)
        mesh = np.stack(np.meshgrid((gx - self.centre[0]) / self.focal, (gy - self.centre[1]) / self.focal), axis=-1)
        rays = np.concatenate([mesh, np.ones((*mesh.shape[:2], 1))], axis=2) @ rotation
        for plane in sorted(self.scene.planes, key=lambda p: -float(p.middle[2])):
            middle = plane.middle + (moved if plane.carried else 0.0)
            rows, columns = plane.albedo.shape
            across = np.stack([plane.u * plane.texel_m, plane.v * plane.texel_m,
                               middle - eye - plane.texel_m * ((columns - 1) / 2 * plane.u + (rows - 1) / 2 * plane.v)],
                              axis=1)  # fmt: skip
            homography = camera @ rotation @ across
            is_wall = plane is self.scene.planes[0]
            border = cv2.BORDER_REFLECT_101 if is_wall else cv2.BORDER_CONSTANT
            albedo = cv2.warpPerspective(plane.albedo, homography, size, flags=cv2.INTER_LINEAR, borderMode=border)
            normal = plane.normal
            along = ((middle - eye) @ normal) / np.minimum(rays @ normal, -1e-6)
            point = eye + along[..., None] * rays
            light = np.full(along.shape, ambient)
            for lamp, watts in zip(lamps, power, strict=True):
                way = lamp - point
                far2 = (way**2).sum(axis=-1)
                light += watts * np.maximum(way @ normal, 0.0) / far2**1.5
            tilt = rays[..., :] @ rotation[2] / np.linalg.norm(rays, axis=-1)
            light *= self.gain * self.share / (math.pi * self.focal**2) * tilt**4
            wide = (len(gx) * COARSE, len(gy) * COARSE)
            lit = cv2.resize(light.astype(np.float32), wide, interpolation=cv2.INTER_LINEAR)
            # the first sample stands for pixel 0, resize puts it at the middle of the first cell
            lit = np.roll(lit, (-(COARSE // 2), -(COARSE // 2)), (0, 1))[: self.height, : self.width]
            if is_wall:
                total = np.asarray(albedo * lit, np.float32)
            else:
                cover = np.ones(plane.albedo.shape, np.float32)
                if plane.is_round:
                    cover[:] = 0.0
                    half = (columns // 2, rows // 2)
                    cv2.ellipse(
                        cover, half, (max(1, half[0] - 1), max(1, half[1] - 1)), 0, 0, 360, 1.0, -1, cv2.LINE_AA
                    )
                alpha = cv2.warpPerspective(cover, homography, size, flags=cv2.INTER_LINEAR)
                total = np.asarray(total + alpha * (albedo * lit - total), np.float32)
        sigma = max(0.35, 0.6 * self.points.width_px)
        return np.asarray(cv2.GaussianBlur(total, (0, 0), sigma), np.float32)

    def _shine(self, image: Image, x: Array, y: Array, electrons: Array) -> None:
        """Scatter around what is very bright: falls with the cube of the distance."""
        share, width = self.halo
        for k in np.flatnonzero(electrons > 5e4):
            reach = 80
            a, b = max(0, int(x[k]) - reach), max(0, int(y[k]) - reach)
            part = image[b : int(y[k]) + reach, a : int(x[k]) + reach]
            if part.size:
                away = np.hypot(np.arange(part.shape[1])[None] + a - x[k], np.arange(part.shape[0])[:, None] + b - y[k])
                profile = share / (2.0 * math.pi * width**2) / (1.0 + (away / width) ** 3)
                part += np.float32(electrons[k]) * profile.astype(np.float32)

    def _note_lenses(self, index: int, rotation: Array, eye: Array, ground: Image, frame: Frame) -> None:
        light = {}
        for letter in "AB":
            offsets, power = self.lamps[letter]
            parts = self._glints(eye, eye + offsets @ rotation, power, 1e9, np.zeros(3))
            owner = np.concatenate([p[2] for p in parts])
            light[letter] = owner, np.concatenate([p[1] for p in parts]) * self.gain * self.share
        for number, (row, lens) in enumerate(self.lenses):
            at = self.scene.returners.at[row][None]
            x, y, _ = (float(v[0]) for v in self._project(at, rotation, eye))
            inside = bool(0 <= x <= self.width - 1 and 0 <= y <= self.height - 1 and not self._is_covered(at[0], eye))
            far = float(np.linalg.norm(at[0] - eye))
            rad = 0.5 * (self._focal_m**2 / self.f_number) * abs(1.0 / self.focus_m - 1.0 / far) / self._pitch_m
            on, off = (float(light[s][1][light[s][0] == -1 - number].sum()) for s in "AB")
            column, line = (
                int(np.clip(round(v), 0, n - 1)) if math.isfinite(v) else 0
                for v, n in ((x, self.width), (y, self.height))
            )
            level = float(ground[line, column]) + self.read_noise_e**2 + self.e_per_dn**2 / 12.0
            near = frame[max(0, line - 1) : line + 2, max(0, column - 1) : column + 2]
            lens.note(index, (x, y), on, math.sqrt(self.points.effective_px(rad) * level), inside=inside, rad=rad,
                      peak_dn=int(near.max()))  # fmt: skip
            lens.ratios.append(off / max(on, 1e-9))

    def _is_covered(self, at: Array, eye: Array) -> bool:
        """Whether a board or a face stands between."""
        way = at - eye
        for plane in self.scene.planes[1:]:
            slope = float(way @ plane.normal)
            along = float((plane.middle - eye) @ plane.normal) / slope if abs(slope) > 1e-9 else -1.0
            if 0.0 < along < 0.995:
                local = eye + along * way - plane.middle
                rows, columns = plane.albedo.shape
                a = abs(local @ plane.u) / (columns * plane.texel_m / 2)
                b = abs(local @ plane.v) / (rows * plane.texel_m / 2)
                if (math.hypot(a, b) if plane.is_round else max(a, b)) < 1.0:
                    return True
        return False

    def _meta(self, clip: str) -> ClipMeta:
        return ClipMeta(
            clip=clip, width=self.width, height=self.height, bits=10, black_level=60.0,
            e_per_dn=round(self.e_per_dn, 3), read_noise_e=round(self.read_noise_e, 2), saturation_dn=1023,
            fps=self.fps, exposure_s=0.001, phases=tuple(cast("list[Phase]", self.phases)),
            focal_px=FOCAL_PX * self.scale, principal_point=(self.width / 2.0, self.height / 2.0),
            f_number=self.f_number, focus_m=self.focus_m,
            led={"A": LampGroup(offset_m=self.offset_a, layout="ring8", intensity_w_sr=1.0),
                 "B": LampGroup(offset_m=self.offset_b, layout="two clusters, +-x", intensity_w_sr=1.0)},
            wavelength_nm=850.0, format="npy", is_simulated=True,
        )  # fmt: skip


def render_unseen_clip(
    seed: int,
    *,
    tier: int | None = None,
    size: tuple[int, int] = (728, 544),
    triples: int = 8,
    with_lens: bool | None = None,
    clip: str | None = None,
    carried: Callable[[Hand, Sequence[float], float], Hand] | None = None,
) -> RenderedClip:
    """One clip; the same arguments give the same bytes. Arguments as in `lens_tiers.render_tier_clip`."""
    return UnseenRoom(seed, tier, size, triples, with_lens, carried).run(clip or f"u{seed:07d}")
