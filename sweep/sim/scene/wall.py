"""A tiled wall with fittings and the lenses asked for, by the room's physics: what a simulated sweep films.

Job: plant lenses at stated pixels, furnish the wall calmly, expose it while a hand moves; write a clip, or give single
exposures for as long as somebody films. Input: seed and planted lenses; output: a clip folder and its truth, or
electrons. Refuses to be evidence: a detection rate measured on it is a rendered one and must say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import cv2
import numpy as np

from sweep.lens.clip.clips import ClipMeta, LampGroup
from sweep.lens.optics import Optics, load_optics
from sweep.modality.strobe import Phase
from sweep.phrases import Phrase
from sweep.sim.scene.camera import Array, Image, Pose, facing, rotation_matrix
from sweep.sim.scene.exposure import Exposer, Leds
from sweep.sim.scene.fittings import BUILDERS, add_gloss
from sweep.sim.scene.glints import Mirrors, Retro
from sweep.sim.scene.hand import Elsewhere, Hand, Turning, draw_hold
from sweep.sim.scene.imaging import Halo, PointSpread, View
from sweep.sim.scene.layers import Ambient, Layer, Stage
from sweep.sim.scene.lobes import draw_filter, gaussian
from sweep.sim.scene.readout import make_readout
from sweep.sim.scene.rendered import RenderedClip, TrueLens
from sweep.sim.scene.room import Room, log_uniform
from sweep.sim.scene.textures import fractal
from sweep.sim.scene.turn import Turn, surfaces

HALF_SIZE_FOCAL_PX = 869.6
WALL_LEVEL_DN = 180.0
"""Exposure control aims the wall at this level, as the probe's does."""
FITTINGS = {"screw": 0.4, "chrome_sphere": 0.15, "chrome_cyl": 0.1, "ind_led": 0.1, "facet": 0.15, "bright_dot": 0.1}
"""What hangs on the wall of a demonstration: nothing that sends light back as a lens does."""
CLEAR_PX = 12.0
"""Half-size pixels around a planted lens that stay free of fittings."""


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
    is_filtered: bool = False
    """Behind a reflective filter of infrared, which lets little through and sends a wide cone back itself."""


@dataclass(frozen=True, slots=True)
class Wall:
    """What is filmed, and how."""

    seed: int
    lenses: tuple[PlantedLens, ...] = ()
    size: tuple[int, int] = (728, 544)
    """Width and height in pixels; the field of view stays that of the probe."""
    range_m: float = 1.0
    """Of the wall, when no lens sets it."""
    objects: int = 8
    e_per_dn: float = 4.0
    """Coarser steps make smaller files,"""
    wall_level_dn: float = WALL_LEVEL_DN
    """and so does a darker wall,"""
    grain: float = 0.08
    """and a smoother one."""
    speed_m_s: float = 0.06
    """Of the hand."""
    aside: tuple[float, float, float] | None = None
    """The same wall from another place: metres to the right and towards it, and degrees turned to the right."""
    close: tuple[float, float, float, float] | None = None
    """The same wall while the probe is led to what shows at this pixel: x and y, metres from there at which it ends,
    and the share of the way that is behind it.
    """
    turn: Turn | None = None
    """Whoever films looks round; None: he looks ahead."""


def render_clip(
    out_dir: Path,
    *,
    clip: str,
    wall: Wall,
    triples: int = 8,
    fmt: Literal["png", "npz", "npy"] = "png",
    order: str = "ABC",
    lit: Sequence[Phase] = (),
) -> RenderedClip:
    """Render a clip into `out_dir / clip`.

    order: the phases of one group; lit: the lamp that shines in each frame, where it is not the one the clip names.
    Raises `ClipError` when the folder exists or cannot hold the frames, ValueError for a phase that there is not.
    """
    phases = tuple(_phase(letter) for letter in order) * triples
    rendered = WallScene(wall, phases).render(clip, tuple(lit) or phases)
    rendered.write(out_dir, fmt=fmt)
    return rendered


class WallScene:
    """A wall while it is filmed."""

    def __init__(self, wall: Wall, phases: Sequence[Phase] = ("A", "B", "C")) -> None:
        """phases: of the recording, whose last on_axis frame is the one that pixels are stated in."""
        self.wall, self.phases, self.optics = wall, tuple(phases), load_optics()
        optics, rng = self.optics, np.random.default_rng([wall.seed, 0x3A11])
        width, height = wall.size
        self.full_scale = width / optics.full_width_px
        range_m = wall.lenses[0].range_m if wall.lenses else wall.range_m
        self.read_noise_e = float(rng.uniform(2.2, 3.5))
        self.times_s = np.arange(len(phases)) / optics.fps
        near_m = range_m - (0.0 if wall.aside is None else wall.aside[1])
        if wall.close is not None:
            near_m += wall.close[3] * (wall.close[2] - range_m)
        self.exposure_s = _exposure_s(optics, wall, near_m, width)
        reference_s = float(self.times_s[max(i for i, letter in enumerate(phases) if letter == "A")])
        view = _view(optics, wall.size, self.full_scale, self.exposure_s)
        self.surface = _surface(rng, wall, view, range_m)
        self.room = Room(view, rng, reference_s, layers=[self.surface])
        self.planted = [self._plant(lens) for lens in wall.lenses]
        self._furnish(rng)
        add_gloss(self.room, self.surface, 0.15)
        sigma = math.hypot(view.core_sigma_px, 0.5 * float(view.disc_px(np.array(range_m))))
        np.clip(self.surface.albedo, 0.02, 0.95, out=self.surface.albedo)
        cv2.GaussianBlur(self.surface.albedo, (0, 0), sigma, dst=self.surface.albedo, borderType=cv2.BORDER_REPLICATE)
        dim = log_uniform(rng, 1e-3, 0.03) * optics.on_axis_intensity_w_sr / range_m**2
        ambient = Ambient(dim, np.zeros(2), 0.0, 0.0, 0.0, (np.zeros(3), 1.0, 0.0))
        sway = draw_hold(rng, wall.speed_m_s, 0.3 * wall.speed_m_s, reference_s + self.exposure_s / 2)
        there = None if wall.aside is None else _pose_of(wall.aside)
        if wall.close is not None:
            there = _pose_before(wall.close, view, range_m)
        hand: Hand = sway if there is None else Elsewhere(sway, there)
        if wall.turn is not None:
            beside = np.random.default_rng([wall.seed, 0x7A11])
            self.room.layers += surfaces(wall.turn, range_m, range_m / view.focal_px, beside)
            hand = Turning(sway, wall.turn.ways_deg, reference_s + self.exposure_s / 2)
        self.exposer = Exposer(
            view, self.room, Stage(self.room.layers, view, ambient), hand, _leds(rng, optics), 2.0,
            PointSpread(view.core_sigma_px), Halo((0.004,), (40.0 * self.full_scale,), 0.002), (), self.exposure_s,
            self.full_scale, self.read_noise_e, wall.e_per_dn,
        )  # fmt: skip
        self.readout = make_readout(
            rng, (height, width), e_per_dn=wall.e_per_dn, black_dn=optics.black_level_dn,
            read_noise_e=self.read_noise_e, full_well_e=wall.e_per_dn * 1.3 * optics.saturation_dn, bits=optics.bits,
            response_sigma=0.006, row_e=0.4, column_e=0.4, pixel_e=0.5, hot_share=5e-5, flicker_share=0.0,
            row_noise_e=0.0, bleed_share=0.0,
        )  # fmt: skip
        elsewhere = tuple(round(1e3 * abs(part)) for part in (*(wall.aside or ()), *(wall.close or ())))
        self.noise = np.random.default_rng([int(rng.integers(2**63)), *elsewhere])

    def electrons(self, time_s: float, lit: Phase, pulse: float = 1.0) -> Image:
        """Electrons per pixel of the exposure that begins then under that lamp, for `pulse` of its nominal light."""
        return self.exposer.expose(time_s, lit, pulse).electrons

    def render(self, clip: str, lit: Sequence[Phase]) -> RenderedClip:
        """All frames of the recording, each under the lamp that `lit` names."""
        frames = []
        for index, letter in enumerate(lit):
            exposed = self.exposer.expose(float(self.times_s[index]), letter)
            frames.append(self.readout.expose(exposed.electrons, self.noise))
            if self.phases[index] == "A":
                for retro, lens in self.planted:
                    self.exposer.note(lens, retro, Mirrors([]), frames[-1], exposed, index)
        return RenderedClip(frames, self.meta(clip), self._truth(clip))

    def meta(self, clip: str) -> ClipMeta:
        """Nominal numbers of its frames."""
        optics, (width, height) = self.optics, self.wall.size
        return ClipMeta(
            clip=clip, width=width, height=height, bits=optics.bits, black_level=optics.black_level_dn,
            e_per_dn=self.wall.e_per_dn, read_noise_e=round(self.read_noise_e, 2), saturation_dn=optics.saturation_dn,
            fps=optics.fps, exposure_s=self.exposure_s, phases=self.phases,
            focal_px=self.exposer.view.focal_px, principal_point=(width / 2, height / 2),
            f_number=optics.f_number, focus_m=optics.focus_m,
            led={
                "A": LampGroup(offset_m=optics.on_axis_offset_m, layout=f"ring{optics.on_axis_count}",
                               intensity_w_sr=optics.on_axis_intensity_w_sr),
                "B": LampGroup(offset_m=optics.off_axis_offset_m, layout="two clusters, +-x",
                               intensity_w_sr=optics.off_axis_intensity_w_sr),
            },
            wavelength_nm=optics.wavelength_nm, is_simulated=True,
        )  # fmt: skip

    def _truth(self, clip: str) -> dict[str, Any]:
        kinds = [thing.kind for thing in self.room.things if thing.kind != "lens"]
        return {
            "clip": clip, "version": "wall-1", "tier": 1, "mode": "wall", "width": self.wall.size[0],
            "last_A": max(i for i, letter in enumerate(self.phases) if letter == "A"),
            "lenses": [lens.truth() for _, lens in self.planted], "confusers": [],
            "conf_counts": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        }  # fmt: skip

    def _plant(self, lens: PlantedLens) -> tuple[Retro, TrueLens]:
        view, lobe = self.room.view, self.optics.reference_lobe
        ray = view.rays(np.array(lens.x_px), np.array(lens.y_px))
        at = ray * lens.range_m
        towards = -at / np.linalg.norm(at)
        axis = rotation_matrix(np.array([0.0, math.radians(lens.off_angle_deg), 0.0])) @ towards
        area = math.pi / 4.0 * (lens.aperture_mm * 1e-3) ** 2 * lens.visible_share
        core = gaussian(lens.core_sigma_deg, 1.0 - lobe.core_share, lobe.pedestal_sigma_deg)
        owner = self.room.own("lens", at, 0.5e-3 * lens.aperture_mm)
        rho, second, second_rho = lens.rho, None, 0.0
        if lens.is_filtered:  # as `lab.worlds.plant` draws it
            rng = np.random.default_rng([self.wall.seed, 0x1C])
            rho *= float(rng.uniform(0.02, 0.5))
            second, second_rho = draw_filter(rng)
        retro = Retro(
            owner, at, axis, area, rho, core, 4.0, math.radians(40.0), second_lobe=second, second_rho=second_rho
        )
        self.room.retros.append(retro)
        kind = "reflective" if lens.is_filtered else "clear"
        about = {"kind": kind, "aperture_mm": lens.aperture_mm, "range_m": lens.range_m, "rho": rho}
        return retro, TrueLens(about)

    def _furnish(self, rng: np.random.Generator) -> None:
        clear_px = CLEAR_PX * max(0.5, 2.0 * self.full_scale)
        kinds, shares = list(FITTINGS), list(FITTINGS.values())
        for kind in rng.choice(kinds, self.wall.objects, p=shares):
            x, y = rng.uniform(0.0, self.wall.size[0]), rng.uniform(0.0, self.wall.size[1])
            if all(math.hypot(x - lens.x_px, y - lens.y_px) > clear_px for lens in self.wall.lenses):
                BUILDERS[str(kind)](self.room, self.room.site(x, y))


def _pose_of(aside: tuple[float, float, float]) -> Pose:
    """Turned to the right means that the wall goes to the left of the picture; y points down."""
    right_m, nearer_m, turn_deg = aside
    return Pose(rotation_matrix(np.array([0.0, -math.radians(turn_deg), 0.0])), np.array([right_m, 0.0, nearer_m]))


def _pose_before(close: tuple[float, float, float, float], view: View, range_m: float) -> Pose:
    """On the straight way to a spot of the wall, turned to it as far as the way is behind."""
    x_px, y_px, near_m, share = close
    spot = view.rays(np.array(x_px), np.array(y_px)) * range_m
    far_m = float(np.linalg.norm(spot))
    at = spot * max(0.0, 1.0 - near_m / far_m) * share
    ahead = np.array([0.0, 0.0, range_m])
    return Pose(facing(at, ahead + share * (spot - ahead)), at)


def _exposure_s(optics: Optics, wall: Wall, range_m: float, width: int) -> float:
    focal_px = HALF_SIZE_FOCAL_PX * width / 728.0
    level = optics.wall_signal_e_px(
        albedo=0.5, range_m=range_m, intensity_w_sr=1.0, exposure_s=1e-3, f_number=optics.f_number,
        wavelength_nm=optics.wavelength_nm, focal_px=focal_px,
    )  # fmt: skip
    return float(min(3e-3, max(5e-5, wall.wall_level_dn * wall.e_per_dn / level * 1e-3)))


def _view(optics: Optics, size: tuple[int, int], full_scale: float, exposure_s: float) -> View:
    per_w_m2 = optics.pupil_area_m2(optics.f_number) * optics.electrons_per_joule(optics.wavelength_nm) * exposure_s
    pitch_m = optics.pixel_pitch_m / full_scale
    # diffraction, aberration (guessed 1.5 um) and the area of the pixel
    core_px = math.hypot(math.hypot(0.42e-9 * optics.wavelength_nm * optics.f_number, 1.5e-6) / pitch_m, 0.29)
    return View(
        size[0], size[1], optics.focal_m / pitch_m, size[0] / 2.0, size[1] / 2.0, 0.0, pitch_m, optics.focal_m,
        optics.f_number, optics.focus_m, core_px, 4.0, per_w_m2,
    )  # fmt: skip


def _leds(rng: np.random.Generator, optics: Optics) -> Leds:
    """Ring and two clusters, 10 % off their nominal power."""
    turns = np.arange(optics.on_axis_count) * 2.0 * math.pi / optics.on_axis_count
    ring = optics.on_axis_offset_m * np.column_stack([np.cos(turns), np.sin(turns)])
    sides: Array = np.array([(s * optics.off_axis_offset_m, j * 0.004) for s in (-1, 1) for j in (-1, 0, 1)])
    power = rng.uniform(0.9, 1.1, 2) * (optics.on_axis_intensity_w_sr, optics.off_axis_intensity_w_sr)
    return {
        "A": (ring, np.full(len(ring), power[0] / len(ring))),
        "B": (sides, np.full(len(sides), power[1] / len(sides))),
    }


def _surface(rng: np.random.Generator, wall: Wall, view: View, range_m: float) -> Layer:
    """Tiles with grout, slow stains and fine grain, a little tilted."""
    lean = rng.normal(0.0, math.radians(5.0), 2)
    rotation = rotation_matrix(np.array([lean[0], lean[1], rng.normal(0.0, 0.05)]))
    across = np.stack([rotation[:, 0], rotation[:, 1], -rotation[:, 2]])
    texel_m = range_m / view.focal_px
    rows, columns = int(view.height * 1.5), int(view.width * 1.5)
    grain = cv2.GaussianBlur(rng.standard_normal((rows, columns), dtype=np.float32), (0, 0), 1.2)
    albedo = rng.uniform(0.35, 0.6) * (1.0 + 0.03 * fractal(rng, rows, columns, 1.2) + wall.grain * grain)
    side, grout = max(6, round(float(rng.choice([0.1, 0.15, 0.2])) / texel_m)), max(1, round(0.003 / texel_m))
    for start in range(int(rng.integers(0, side)), columns, side):
        albedo[:, start : start + grout] *= 0.55
    for start in range(int(rng.integers(0, side)), rows, side):
        albedo[start : start + grout] *= 0.55
    return Layer(np.array([0.0, 0.0, range_m]), across, texel_m, np.asarray(albedo, np.float32))


def _phase(letter: str) -> Phase:
    if letter not in ("A", "B", "C", "M", "R"):
        raise ValueError(Phrase("phase_unknown", letter=letter))
    return cast("Phase", letter)
