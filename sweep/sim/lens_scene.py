"""Renderer of simple lens scenes: a tiled wall with fittings, filmed by the strobed hand-held probe.

Job: draw a scene from a seed, plant the lenses asked for, expose it under the three lamp phases while the hand moves
and write it in the clip format, with the truth beside it. Input: a seed and planted lenses; output: a clip folder and
`ClipTruth`. Everything is physical in electrons and deterministic by seed. Refuses to be evidence: a detection rate
measured on it is a rendered one and must say so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sweep.lens.clips import ClipMeta, Frame, LampGroup, write_clip
from sweep.lens.optics import Optics, ReturnLobe, load_optics
from sweep.plug.strobe import Phase
from sweep.sim.lens_camera import Array, Camera, HandMotion, Image, Pose, Sensor, add_point, rotation_matrix
from sweep.sim.lens_objects import Ball, Facet, Glaze, Glow, Lamp, Lens, Shiny

COMPACT_SIZE = (320, 240)
COMPACT_TRIPLES = 4
COMPACT_E_PER_DN = 16.0
COMPACT_LEVEL_DN = 30.0
COMPACT_GRAIN = 0.03
"""Measured on 80 rendered scenes: clips of 400 kB in which each planted lens was found and nothing else was; coarse
steps and a short exposure leave little noise to store."""
HALF_SIZE_FOCAL_PX = 869.6
WALL_LEVEL_DN = 180.0
"""Exposure control aims the wall at this level, as the probe's does."""


@dataclass(frozen=True, slots=True)
class PlantedLens:
    """A lens to hide in the scene; `x_px`, `y_px` is where it shows in the last on_axis frame."""

    aperture_mm: float
    range_m: float
    x_px: float
    y_px: float
    rho: float = 0.05
    off_angle_deg: float = 0.0
    visible_share: float = 1.0
    core_sigma_deg: float = 0.51
    off_axis_share: float = 0.0
    """Light of a reflective IR-cut filter that off_axis shows too, as a share of on_axis; 0 for a clear lens."""


@dataclass(frozen=True, slots=True)
class LensTruth:
    """Where a planted lens is in each on_axis frame and how strong."""

    aperture_mm: float
    range_m: float
    rho: float
    snr: float
    """Median over on_axis frames: electrons over the noise of the pixels under the point."""
    detectable: bool
    track: tuple[dict[str, float], ...]
    """frame, x, y, e, snr for each on_axis frame."""


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """What is in a rendered clip."""

    clip: str
    seed: int
    lenses: tuple[LensTruth, ...]
    objects: dict[str, int]
    """Count of other shiny objects by kind."""


@dataclass(frozen=True)
class _Wall:
    """A flat textured wall."""

    origin: Array
    """World position of the middle of the canvas."""
    across: Array
    """2 x 3 unit vectors along canvas x and y."""
    normal: Array
    albedo: Image
    metres_per_texel: float


def render_clip(
    out_dir: Path,
    *,
    clip: str,
    seed: int,
    lenses: Sequence[PlantedLens] = (),
    size: tuple[int, int] = (728, 544),
    triples: int = 8,
    fmt: Literal["png", "npz", "npy"] = "png",
    range_m: float = 1.0,
    order: str = "ABC",
    objects: int = 8,
    e_per_dn: float = 4.0,
    wall_level_dn: float = WALL_LEVEL_DN,
    grain: float = 0.08,
    speed_m_s: float = 0.06,
    truth_dir: Path | None = None,
    lit: Sequence[Phase] = (),
) -> ClipTruth:
    """Render a clip into `out_dir / clip`; the truth goes to `truth_dir / <clip>.json` when given.

    size: (width, height) in pixels, the field of view stays that of the probe; range_m: distance of the wall when no
    lens sets it; order: the phases of one group; objects: how many shiny confusers; e_per_dn: coarser steps make
    smaller files, and so does a darker wall (wall_level_dn above black) and a smoother
    one (grain, relative); lit: the lamp that shines in each frame, where it is not the one the clip names. Raises
    `ClipError` when the folder exists or cannot hold the frames.
    """
    scene = WallScene(seed, lenses, size, triples, range_m, order, objects, e_per_dn, wall_level_dn, grain, speed_m_s)
    frames, meta, truth = scene.render(clip, lit or scene.phases)
    write_clip(out_dir / clip, frames, meta, fmt)
    if truth_dir is not None:
        truth_dir.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(truth), indent=1) + "\n"
        (truth_dir / f"{clip}.json").write_text(text, encoding="utf-8")
    return truth


def render_compact_clip(
    out_dir: Path,
    *,
    clip: str,
    seed: int,
    lenses: Sequence[PlantedLens] = (),
    range_m: float = 1.0,
    truth_dir: Path | None = None,
) -> ClipTruth:
    """Render a clip small enough to ship (about 400 kB): lens positions are pixels of `COMPACT_SIZE`."""
    return render_clip(
        out_dir,
        clip=clip,
        seed=seed,
        lenses=lenses,
        size=COMPACT_SIZE,
        triples=COMPACT_TRIPLES,
        fmt="npz",
        range_m=range_m,
        objects=5,
        e_per_dn=COMPACT_E_PER_DN,
        wall_level_dn=COMPACT_LEVEL_DN,
        grain=COMPACT_GRAIN,
        truth_dir=truth_dir,
    )


class WallScene:
    """One scene and its recording."""

    def __init__(
        self,
        seed: int,
        lenses: Sequence[PlantedLens],
        size: tuple[int, int],
        triples: int,
        range_m: float,
        order: str,
        objects: int,
        e_per_dn: float,
        wall_level_dn: float,
        grain: float,
        speed_m_s: float,
    ) -> None:
        self.seed = seed
        self.rng = np.random.default_rng([seed, 0x1E45])
        self.optics: Optics = load_optics()
        self.phases: tuple[Phase, ...] = tuple(_phase(letter) for letter in order) * triples
        width, height = size
        binning = self.optics.full_width_px / width
        focal_px = HALF_SIZE_FOCAL_PX * width / 728.0
        centre = self.rng.normal(0.0, 2.0 * width / 728.0, 2)
        self.camera = Camera(
            width, height, focal_px, width / 2 + centre[0], height / 2 + centre[1],
            self.optics.pixel_pitch_m * binning, self.optics.focal_m, self.optics.f_number, self.optics.focus_m,
            self.optics.wavelength_nm * 1e-9,
        )  # fmt: skip
        self.range_m = lenses[0].range_m if lenses else range_m
        self.e_per_dn = e_per_dn
        self.read_noise_e = float(self.rng.uniform(2.5, 4.0))
        self.sensor = Sensor.make(
            self.rng, self.camera, self.optics.bits, self.optics.black_level_dn, e_per_dn, self.read_noise_e
        )
        last = max(i for i, p in enumerate(self.phases) if p == "A")
        self.motion = HandMotion(self.rng, speed_m_s, 0.8 * speed_m_s, last / self.optics.fps)
        self.power = {"A": float(self.rng.uniform(0.85, 1.15)), "B": float(self.rng.uniform(0.85, 1.15))}
        self.ambient_share = float(self.rng.uniform(0.0, 0.15))
        self.wall = self._make_wall(grain)
        self.exposure_s = self._expose_for_wall(wall_level_dn)
        self.planted = [self._plant(lens) for lens in lenses]
        self.others = self._furnish(objects, lenses)

    def render(self, clip: str, shining: Sequence[Phase]) -> tuple[list[Frame], ClipMeta, ClipTruth]:
        """Expose all frames, each under the lamp that shines then."""
        noise = np.random.default_rng([self.seed, 0x4015E])
        frames, tracks = [], [[] for _ in self.planted]  # type: list[Frame], list[list[dict[str, float]]]
        for index, (phase, lit) in enumerate(zip(self.phases, shining, strict=True)):
            image, ground, seen = self.light_at(index / self.optics.fps, lit)
            for lens, track, (electrons, x, y) in zip(self.planted, tracks, seen, strict=True):
                if phase == "A":
                    track.append(self._lens_row(index, x, y, electrons, ground, lens))
            frames.append(self.sensor.expose(image, noise))
        return frames, self.meta(clip), self._truth(clip, tracks)

    def light_at(self, time_s: float, lit: Phase) -> tuple[Image, Image, list[tuple[float, float, float]]]:
        """Electrons per pixel of an exposure that begins then under that lamp; the same without the planted lenses; and
        of each of these electrons, x and y in pixels.
        """
        pose = self.motion.pose(time_s)
        later = self.motion.pose(time_s + self.exposure_s)
        lamps = self._lamps(lit, pose)
        image = self._wall_light(lamps, pose)
        for thing in self.others:
            self._add_sparks(image, thing, lamps, pose, later)
        ground = image.copy() if self.planted else image
        return image, ground, [self._add_lens(image, lens, lit, lamps, pose, later) for lens in self.planted]

    def meta(self, clip: str) -> ClipMeta:
        """Nominal numbers of its frames."""
        optics = self.optics
        return ClipMeta(
            clip=clip, width=self.camera.width, height=self.camera.height, bits=optics.bits,
            black_level=optics.black_level_dn, e_per_dn=self.e_per_dn, read_noise_e=round(self.read_noise_e, 2),
            saturation_dn=optics.saturation_dn, fps=optics.fps, exposure_s=self.exposure_s, phases=self.phases,
            focal_px=self.camera.focal_px, principal_point=(self.camera.width / 2, self.camera.height / 2),
            f_number=optics.f_number, focus_m=optics.focus_m,
            led={
                "A": LampGroup(offset_m=optics.on_axis_offset_m, layout=f"ring{optics.on_axis_count}",
                               intensity_w_sr=optics.on_axis_intensity_w_sr),
                "B": LampGroup(offset_m=optics.off_axis_offset_m, layout="two clusters, +-x",
                               intensity_w_sr=optics.off_axis_intensity_w_sr),
            },
            wavelength_nm=optics.wavelength_nm,
        )  # fmt: skip

    def _truth(self, clip: str, tracks: list[list[dict[str, float]]]) -> ClipTruth:
        lenses = []
        for (lens, plant), track in zip(self.planted, tracks, strict=True):
            snr = float(np.median([row["snr"] for row in track]))
            inside = float(np.mean([self._is_inside(row) for row in track]))
            lenses.append(
                LensTruth(
                    plant.aperture_mm, plant.range_m, lens.rho, round(snr, 2), snr >= 5.0 and inside > 0.5, tuple(track)
                )
            )
        kinds = [thing.kind for thing in self.others]
        return ClipTruth(clip, self.seed, tuple(lenses), {kind: kinds.count(kind) for kind in sorted(set(kinds))})

    def _is_inside(self, row: dict[str, float]) -> bool:
        return 0 <= row["x"] < self.camera.width and 0 <= row["y"] < self.camera.height

    def _lamps(self, phase: str, pose: Pose) -> list[Lamp]:
        """LEDs that are on, at their places around the moved camera."""
        optics = self.optics
        if phase == "A":
            turns = np.arange(optics.on_axis_count) * 2.0 * math.pi / optics.on_axis_count
            places = [(optics.on_axis_offset_m * math.cos(t), optics.on_axis_offset_m * math.sin(t)) for t in turns]
            total = optics.on_axis_intensity_w_sr * self.power["A"]
        elif phase == "B":
            side, step = optics.off_axis_offset_m, 0.004
            places = [(s * side, j * step) for s in (-1, 1) for j in (-1, 0, 1)]
            total = optics.off_axis_intensity_w_sr * self.power["B"]
        else:
            return []
        share = total / len(places)
        return [Lamp(pose.position + pose.rotation.T @ np.array([x, y, 0.0]), share) for x, y in places]

    def _make_wall(self, grain_share: float) -> _Wall:
        """Tiles with grout, slow stains and fine grain, a little tilted."""
        rng, camera = self.rng, self.camera
        tilt = rng.normal(0.0, math.radians(6.0), 2)
        rotation = rotation_matrix(np.array([tilt[0], tilt[1], rng.normal(0.0, 0.05)]))
        across, normal = rotation[:, :2].T, -rotation[:, 2]
        texel = self.range_m / camera.focal_px * 0.8
        width, height = int(camera.width * 1.25 * 1.6), int(camera.height * 1.25 * 1.6)
        base = rng.uniform(0.35, 0.6)
        stain = cv2.resize(rng.normal(0, 1, (height // 40 + 2, width // 40 + 2)).astype(np.float32), (width, height),
                           interpolation=cv2.INTER_CUBIC)  # fmt: skip
        grain = cv2.GaussianBlur(rng.standard_normal((height, width), dtype=np.float32), (0, 0), 1.2)
        albedo = base * (1.0 + 0.03 * stain + grain_share * grain)
        side = max(6, round(rng.choice([0.1, 0.15, 0.2]) / texel))
        grout = max(1, round(0.003 / texel))
        for axis, length in ((0, height), (1, width)):
            start = int(rng.integers(0, side))
            for line in range(start, length, side):
                cut = (
                    (slice(line, line + grout), slice(None)) if axis == 0 else (slice(None), slice(line, line + grout))
                )
                albedo[cut] *= 0.55
        return _Wall(
            np.array([0.0, 0.0, self.range_m]), across, normal, np.clip(albedo, 0.02, 0.95).astype(np.float32), texel
        )

    def _expose_for_wall(self, wall_level_dn: float) -> float:
        level = self.optics.wall_signal_e_px(
            albedo=0.5, range_m=self.range_m, intensity_w_sr=1.0, exposure_s=1e-3, f_number=self.optics.f_number,
            wavelength_nm=self.optics.wavelength_nm, focal_px=self.camera.focal_px,
        )  # fmt: skip
        wanted = wall_level_dn * self.e_per_dn / level * 1e-3
        return float(min(3e-3, max(5e-5, wanted)))

    def _electrons(self, intensity_w_sr: float, distance_m: float) -> float:
        """Electrons of one exposure from a point of `intensity_w_sr` towards the camera."""
        pupil = self.optics.pupil_area_m2(self.optics.f_number)
        joule = intensity_w_sr / distance_m**2 * pupil * self.exposure_s
        return joule * self.optics.electrons_per_joule(self.optics.wavelength_nm)

    def _wall_light(self, lamps: list[Lamp], pose: Pose) -> Image:
        """Matt light of the wall, ambient included, electrons per pixel."""
        camera, wall = self.camera, self.wall
        shape = (camera.width, camera.height)
        scale = wall.metres_per_texel
        rows, columns = wall.albedo.shape
        corner = wall.origin - scale * (columns / 2 * wall.across[0] + rows / 2 * wall.across[1])
        basis = np.stack([wall.across[0] * scale, wall.across[1] * scale, corner - pose.position], axis=1)
        intrinsics = np.array([[camera.focal_px, 0, camera.centre_x], [0, camera.focal_px, camera.centre_y], [0, 0, 1]])
        homography = intrinsics @ pose.rotation @ basis
        albedo = cv2.warpPerspective(
            wall.albedo, homography, shape, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )
        step = 8
        xs, ys = np.meshgrid(np.arange(0, camera.width + step, step), np.arange(0, camera.height + step, step))
        rays = np.stack(
            [(xs - camera.centre_x) / camera.focal_px, (ys - camera.centre_y) / camera.focal_px, np.ones(xs.shape)], -1
        )
        directions = rays @ pose.rotation
        along = ((wall.origin - pose.position) @ wall.normal) / (directions @ wall.normal)
        points = pose.position + along[..., None] * directions
        irradiance = np.full(xs.shape, self.ambient_share / self.range_m**2)
        for lamp in lamps:
            way = lamp.position - points
            distance = np.linalg.norm(way, axis=-1)
            incidence = np.maximum((way @ wall.normal) / distance, 0.0)
            beam = np.maximum((-(way / distance[..., None]) @ pose.rotation[2]), 0.0) ** 2
            irradiance += lamp.intensity_w_sr * incidence * beam / distance**2
        falloff = 1.0 / np.linalg.norm(rays, axis=-1) ** 4
        per_w = self.optics.pupil_area_m2(self.optics.f_number) * self.exposure_s / camera.focal_px**2
        per_w *= self.optics.electrons_per_joule(self.optics.wavelength_nm) / math.pi
        light = (irradiance * falloff * per_w).astype(np.float32)
        full = cv2.resize(light, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        # resizing by areas puts the first sample at pixel 3.5; the wall is smooth enough for the shift to vanish
        return np.asarray(full[: camera.height, : camera.width] * albedo, np.float32)

    def _on_wall(self, x_px: float, y_px: float) -> Array:
        """World point where the line of sight of a pixel of the last on_axis frame meets the wall."""
        ray = self.camera.ray(x_px, y_px)
        return np.asarray(ray * ((self.wall.origin @ self.wall.normal) / (ray @ self.wall.normal)))

    def _plant(self, plant: PlantedLens) -> tuple[Lens, PlantedLens]:
        ray = self.camera.ray(plant.x_px, plant.y_px)
        position = ray * plant.range_m
        towards = -position / np.linalg.norm(position)
        axis = rotation_matrix(np.array([0.0, math.radians(plant.off_angle_deg), 0.0])) @ towards
        reference = self.optics.reference_lobe
        lobe = ReturnLobe(reference.core_share, plant.core_sigma_deg, reference.pedestal_sigma_deg)
        return Lens(position, axis, plant.aperture_mm * 1e-3, plant.rho, lobe, plant.visible_share), plant

    def _furnish(self, count: int, lenses: Sequence[PlantedLens]) -> list[Shiny]:
        """Shiny things on the wall, none within 12 px (half size) of a planted lens."""
        rng, camera = self.rng, self.camera
        clear_px = 12.0 * max(0.5, camera.width / 728.0)
        things: list[Shiny] = []
        kinds = ("screw", "knob", "drop", "status_led", "facet")
        for _ in range(count):
            kind = str(rng.choice(kinds, p=(0.4, 0.15, 0.2, 0.1, 0.15)))
            x, y = rng.uniform(0, camera.width), rng.uniform(0, camera.height)
            radius = float(
                {"screw": rng.uniform(3e-3, 6e-3), "knob": rng.uniform(8e-3, 25e-3)}.get(
                    kind, rng.uniform(1e-3, 2.5e-3)
                )
            )
            tilt = rng.normal(0.0, 0.12, 3)
            bright = float(rng.uniform(0.3, 1.0))
            if any(math.hypot(x - p.x_px, y - p.y_px) < clear_px for p in lenses):
                continue
            place = self._on_wall(x, y)
            if kind == "status_led":
                things.append(Glow(place, 2e-5 * bright))
            elif kind == "facet":
                normal = rotation_matrix(tilt) @ self.wall.normal
                things.append(Facet(place, normal, 1e-3, 0.6, math.radians(1.0 + 3.0 * bright)))
            else:
                reflectance = 0.04 if kind == "drop" else 0.6 * bright
                things.append(Ball(place - radius * self.wall.normal * -0.2, radius, reflectance, kind, 0.4 * bright))
        things.append(self._glaze(lenses))
        return things

    def _glaze(self, lenses: Sequence[PlantedLens]) -> Glaze:
        """Glossy tiles that mirror the lamps; the tile under a planted lens is matt."""
        rng, wall = self.rng, self.wall
        side = 0.15
        reach = math.ceil(0.6 * self.range_m / side)
        grid = np.arange(-reach, reach + 1) * side
        u, v = np.meshgrid(grid, grid)
        centres = wall.origin + u.reshape(-1, 1) * wall.across[0] + v.reshape(-1, 1) * wall.across[1]
        for lens in lenses:
            away = np.abs((centres - self._on_wall(lens.x_px, lens.y_px)) @ wall.across.T).max(axis=1) > side / 2 + 0.01
            centres = centres[away] if away.any() else centres
        bend = rng.normal(0.0, math.radians(0.4), (centres.shape[0], 2))
        normals = wall.normal + bend[:, :1] * wall.across[0] + bend[:, 1:] * wall.across[1]
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        return Glaze(centres, normals, wall.across, side / 2 - 0.002, 0.04, float(rng.uniform(0.3, 1.5)))

    def _add_sparks(self, image: Image, thing: Shiny, lamps: list[Lamp], pose: Pose, later: Pose) -> None:
        for spark in thing.sparks(lamps, pose.position):
            self._add_spark(image, spark.position, spark.intensity_w_sr, spark.soften_px, pose, later)

    def _add_spark(
        self, image: Image, position: Array, intensity_w_sr: float, soften_px: float, pose: Pose, later: Pose
    ) -> tuple[float, float, float]:
        """Draw one point with its motion blur; returns electrons and its place at mid-exposure."""
        camera = self.camera
        ends = [camera.project(p.to_camera(position[None, :]))[0] for p in (pose, later)]
        distance = float(np.linalg.norm(position - pose.position))
        electrons = self._electrons(intensity_w_sr, distance)
        x, y = (ends[0] + ends[1]) / 2.0
        if electrons > 0.05:
            sigma = math.hypot(camera.core_sigma_px(), soften_px * camera.width / 728.0)
            length = float(np.hypot(*(ends[1] - ends[0])))
            parts = max(1, math.ceil(length / 0.5))
            for k in range(parts):
                px, py = ends[0] + (ends[1] - ends[0]) * ((k + 0.5) / parts)
                add_point(image, float(px), float(py), electrons / parts, sigma, camera.blur_disc_px(distance))
        return electrons, float(x), float(y)

    def _add_lens(
        self, image: Image, planted: tuple[Lens, PlantedLens], phase: str, lamps: list[Lamp], pose: Pose, later: Pose
    ) -> tuple[float, float, float]:
        lens, plant = planted
        (spark,) = lens.sparks(lamps, pose.position)
        intensity = spark.intensity_w_sr
        if phase == "B" and plant.off_axis_share > 0.0:
            lit = self._lamps("A", pose)
            intensity = max(intensity, plant.off_axis_share * lens.sparks(lit, pose.position)[0].intensity_w_sr)
        return self._add_spark(image, spark.position, intensity, 0.0, pose, later)

    def _lens_row(
        self, index: int, x: float, y: float, electrons: float, ground: Image, planted: tuple[Lens, PlantedLens]
    ) -> dict[str, float]:
        """One row of the truth: signal-to-noise over the pixels under the point, by the matched-filter formula."""
        camera = self.camera
        disc = camera.blur_disc_px(planted[1].range_m)
        sigma = math.hypot(camera.core_sigma_px(), disc / 2.0)
        pixels = 4.0 * math.pi * sigma**2
        row, column = min(camera.height - 1, max(0, round(y))), min(camera.width - 1, max(0, round(x)))
        variance = float(ground[row, column]) + self.read_noise_e**2 + self.e_per_dn**2 / 12.0
        snr = electrons / math.sqrt(electrons + pixels * variance) if electrons > 0 else 0.0
        return {"frame": index, "x": round(x, 3), "y": round(y, 3), "e": round(electrons, 1), "snr": round(snr, 2)}


def _phase(letter: str) -> Phase:
    for known in ("A", "B", "C", "M", "R"):
        if letter == known:
            return known
    raise ValueError(f"no phase is called {letter!r}: use A, B, C")


def with_power(lens: PlantedLens, factor: float) -> PlantedLens:
    """The same lens returning `factor` times the light."""
    return replace(lens, rho=lens.rho * factor)


__all__ = [
    "COMPACT_SIZE",
    "COMPACT_TRIPLES",
    "ClipTruth",
    "LensTruth",
    "PlantedLens",
    "WallScene",
    "render_clip",
    "render_compact_clip",
    "with_power",
]
