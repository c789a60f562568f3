"""Rendered clips by tier: a whole scene, its recording and its truth from one seed, in memory.

Job: draw a probe, a room with confusers and lenses, carry the probe through the clip and expose every frame. Input:
seed, tier, size, number of triples, mode; output: `RenderedClip` (raw frames, meta, truth). The mode `held_out` makes
other assumptions (`lens_foreign`) and is never used to tune anything. Refuses to be evidence: figures measured on it
are rendered figures and must say so.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import cv2
import numpy as np

from sweep.lens.clips import ClipMeta, Frame, LampGroup, write_clip
from sweep.lens.optics import load_optics
from sweep.plug.strobe import Phase
from sweep.sim.lens_camera import Array, Image, Pose
from sweep.sim.lens_foreign import Foreign
from sweep.sim.lens_glints import Glints, Lamps, Mirror, Mirrors, Moment, Retro
from sweep.sim.lens_imaging import Halo, Placed, PointSpread, View, ghosts, into_camera, splat
from sweep.sim.lens_layers import Stage, hidden
from sweep.sim.lens_readout import Readout
from sweep.sim.lens_recipe import TIERS, LensDraw, draw_lens, draw_probe, draw_tier
from sweep.sim.lens_room import Room, Site, frame_of, log_uniform, tilted
from sweep.sim.lens_scenery import build_room
from sweep.sim.lens_tuning import Hand, Tuning

Mode = Literal["tuning", "held_out"]
HALF_SIZE, FULL_SIZE = (728, 544), (1456, 1088)
WITHOUT_LENS_SHARE = 0.4
EXPOSURE_S = (5e-5, 3e-3)
SNR_FLOOR = 5.0
SMALLEST_TRUTH_E = 60.0
"""Glints below this are left out of the truth, as in the sample truth."""


@dataclass(frozen=True)
class RenderedClip:
    """Raw frames, what the recording says about itself, and what is in it."""

    frames: list[Frame]
    meta: ClipMeta
    truth: dict[str, Any]

    def write(self, out_dir: Path, *, truth_dir: Path | None = None, fmt: Literal["png", "npz", "npy"] = "npy") -> None:
        """Write the clip folder under `out_dir` and `<clip>.json` under `truth_dir`."""
        write_clip(out_dir / self.meta.clip, self.frames, self.meta, fmt)
        if truth_dir is not None:
            truth_dir.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.truth, allow_nan=False) + "\n"
            (truth_dir / f"{self.meta.clip}.json").write_text(text, encoding="utf-8")


def render_tier_clip(
    seed: int,
    *,
    tier: int | None = None,
    size: tuple[int, int] = HALF_SIZE,
    triples: int = 8,
    mode: Mode = "tuning",
    textures: Path | None = None,
    with_lens: bool | None = None,
    clip: str | None = None,
) -> RenderedClip:
    """Render one clip of 3 to 30 triples; the same arguments give the same bytes.

    tier: 1 sanity, 2 normal, 3 hard, 4 extreme, None draws .2/.3/.3/.2; size: (width, height) px, the field of view
    stays; textures: folder of photographs used as albedo; with_lens: None leaves about 40 % of clips without.
    Raises ValueError for a tier or number of triples out of range.
    """
    if tier is not None and tier not in TIERS:
        raise ValueError(f"no tier {tier}: use 1, 2, 3, 4 or None")
    if not 3 <= triples <= 200:
        raise ValueError(f"{triples} triples: use 3 to 30 (at most 200)")
    rng = np.random.default_rng([seed, 0x7E45, 0 if mode == "tuning" else 1])
    drawn_tier = draw_tier(rng)
    drawn_lens = bool(rng.random() >= WITHOUT_LENS_SHARE)
    shoot = _Shoot(
        rng, drawn_tier if tier is None else tier, size, triples, mode, textures,
        drawn_lens if with_lens is None else with_lens,
    )  # fmt: skip
    return shoot.run(clip or f"{'t' if mode == 'tuning' else 'h'}{seed:07d}")


@dataclass
class _Planted:
    draw: LensDraw
    retro: Retro
    front: Mirrors
    """Glint of the front surface: a part of what the lens shows, under both lamps."""
    site: Site
    rows: list[dict[str, Any]]
    ratios: list[float]


@dataclass(frozen=True)
class _Exposed:
    """One frame before the sensor, and the geometry that the truth needs."""

    electrons: Image
    ground: Image
    """Layers only."""
    pose: Pose
    moment: Moment
    placed: Placed
    owner: Array
    """Owner of each point of `placed`."""


class _Shoot:
    def __init__(
        self, rng: np.random.Generator, tier: int, size: tuple[int, int], triples: int, mode: Mode,
        textures: Path | None, with_lens: bool,
    ) -> None:  # fmt: skip
        self.tier = tier
        self.assume: Tuning | Foreign = Tuning() if mode == "tuning" else Foreign(rng)
        self.mode: Mode = mode
        optics = load_optics()
        self.epj = optics.electrons_per_joule(optics.wavelength_nm)
        self.wavelength_nm = optics.wavelength_nm
        width, height = size
        self.full_scale = width / optics.full_width_px
        self.probe = draw_probe(rng, tier, width, triples)
        probe = self.probe
        self.nominal_focal_px = optics.focal_m / optics.pixel_pitch_m * self.full_scale
        self.spread: PointSpread = self.assume.spread(rng, self.full_scale)
        last = max(i for i, letter in enumerate(probe.phases) if letter == "A")
        self.last_a = last
        pupil_m2 = optics.pupil_area_m2(probe.f_number)
        self._per_w_m2_s = pupil_m2 * self.epj
        view = View(
            width, height, self.nominal_focal_px * (1.0 + probe.focal_error), width / 2 + probe.centre_off_px[0],
            height / 2 + probe.centre_off_px[1], probe.distortion, optics.pixel_pitch_m / self.full_scale,
            optics.focal_m, probe.f_number, probe.focus_m, self.spread.core_sigma_px, probe.corner_falloff,
            self._per_w_m2_s * 1e-3,
        )  # fmt: skip
        uneven = [np.maximum(0.2, 1.0 + probe.uneven * rng.standard_normal(n)) for n in
                  (len(probe.places_a), len(probe.places_b))]  # fmt: skip
        self.led = {
            name: (np.array(places), intensity * power * share / share.sum())
            for name, places, intensity, power, share in zip(
                "AB", (probe.places_a, probe.places_b), probe.intensity_w_sr, probe.power, uneven, strict=True
            )
        }
        self.rng = rng
        self.halo: Halo = self.assume.halo(rng, self.full_scale)
        self.ghosts = self.assume.ghost_paths(rng, self.full_scale)
        scene = build_room(
            rng, view, self.assume, tier, textures, wall_light=self._wall_light, per_w_m2_s=self._per_w_m2_s,
            wall_level_e=probe.wall_level_dn * probe.e_per_dn, e_per_dn=probe.e_per_dn, exposure_range_s=EXPOSURE_S,
            reference_s=probe.times_s[last],
        )  # fmt: skip
        self.view, self.exposure_s, self.ambient = scene.view, scene.exposure_s, scene.ambient
        self.room: Room = scene.room
        self.planted = self._plant(scene.lens_pixels if with_lens else [])
        scene.furnish(self.room, self.assume, [(p.site.x_px, p.site.y_px) for p in self.planted])
        scene.finish(self.room, self.spread)
        self.room.layers.sort(key=lambda layer: -float(layer.origin[2]) if layer.alpha is not None else -1e9)
        self.stage = Stage(self.room.layers, self.view, self.ambient)
        self.hand: Hand = self.assume.hand(
            rng, scene.speed_m_s, scene.turn_rad_s, probe.times_s[-1] + 0.1, probe.times_s[last] + self.exposure_s / 2
        )
        self.readout: Readout = self.assume.readout(
            rng, (height, width), probe.e_per_dn, probe.black_dn, probe.read_noise_e
        )
        self.noise = np.random.default_rng(rng.integers(2**63))

    def _wall_light(self, point: Array, normal: Array) -> float:
        """Irradiance of the on_axis lamps at a point of the reference pose."""
        lamps = self._lamps("A", Pose(np.eye(3), np.zeros(3)))
        intensity, distance, unit = lamps.towards(point[None, :])
        return float((intensity / distance**2 * np.maximum(unit @ normal, 0.0)).sum())

    def _plant(self, pixels: list[tuple[float, float]]) -> list[_Planted]:
        rng, planted = self.rng, []
        for x, y in pixels:
            draw = draw_lens(rng, self.tier)
            site = self.room.site(x, y)
            hole_m = max(draw.aperture_mm * 0.5e-3, float(rng.uniform(0.8, 8.0)) * 1e-3 * float(rng.random() < 0.8))
            if rng.random() < 0.25:
                self.room.paint(site, hole_m * rng.uniform(1.2, 2.5), rng.uniform(0.1, 0.9))
            if rng.random() < 0.85:
                self.room.paint(site, hole_m, rng.uniform(0.01, 0.2))
            turn = rng.uniform(0.0, 2.0 * math.pi)
            off = math.radians(draw.off_angle_deg)
            facing = frame_of(-site.point, np.array([1.0, 0.0, 0.0]))
            axis = tilted(facing, off * np.array([math.cos(turn), math.sin(turn)]))[2]
            height = float(rng.choice([0.0, 0.0, -0.003, rng.uniform(0.0, 0.04)]))
            at = site.point * (1.0 - height / max(float(np.linalg.norm(site.point)), 0.05))
            owner = self.room.own("lens", at, hole_m)
            second, second_rho, rho = None, 0.0, draw.rho
            if draw.kind == "reflective":
                second, second_rho = self.assume.filter_lobe(rng)
                rho *= float(rng.uniform(0.02, 0.5))
            elif draw.kind == "absorptive":
                rho *= 10.0 ** float(rng.uniform(-4.0, -1.5))
            exponent, cutoff_deg = self.assume.lens_entrance(rng)
            retro = Retro(
                owner, at, axis, math.pi / 4 * (draw.aperture_mm * 1e-3) ** 2 * draw.visible_share, rho,
                self.assume.lens_lobe(rng), exponent, math.radians(cutoff_deg),
                second_lobe=second, second_rho=second_rho,
            )  # fmt: skip
            self.room.retros.append(retro)
            front = _front_of(rng, owner, at, axis, draw.visible_share)
            self.room.mirrors.extend(front)
            planted.append(_Planted(draw, retro, Mirrors(front), site, [], []))
        return planted

    def run(self, clip: str) -> RenderedClip:
        """Expose all frames."""
        frames: list[Frame] = []
        confusers: dict[int, list[dict[str, Any]]] = {}
        for index, letter in enumerate(self.probe.phases):
            exposed = self._expose(index, letter)
            frame = self.readout.expose(exposed.electrons, self.noise)
            frames.append(frame)
            if letter == "A":
                self._note_lenses(index, exposed, frame)
                self._note_confusers(index, exposed, confusers)
        return RenderedClip(frames, self._meta(clip), self._truth(clip, confusers))

    def _expose(self, index: int, letter: str) -> _Exposed:
        start = self.probe.times_s[index]
        middle = start + self.exposure_s / 2
        pose = self.hand.pose(middle)
        lamps = self._lamps(letter, pose)
        moment = Moment(pose.position, start, self.exposure_s, letter, self.room.carried(middle))
        ground = self.stage.light(lamps, pose, middle, moment.carried)
        begin, end = self.hand.pose(start), self.hand.pose(start + self.exposure_s)
        smear = self._smear(begin, end)
        if float(np.hypot(*smear)) > 0.7:
            ground = _smeared(ground, smear)
        glints = self.room.glints(lamps, moment)
        placed, owner = self._place(glints, pose, moment.carried)
        shown = self._along(placed, smear)
        flare = ghosts(shown, self.view, self.ghosts, 5.0)
        image = self._with_points(ground, Placed.joined([shown, flare]))
        return _Exposed(image, ground, pose, moment, placed, owner)

    def _smear(self, begin: Pose, end: Pose) -> Array:
        """Movement of the middle of the picture during the exposure, px."""
        point = np.array([[0.0, 0.0, float(self.room.layers[0].origin[2])]])
        a, b = (self.view.project(into_camera(point, pose))[0] for pose in (begin, end))
        return np.asarray(b - a)

    def _place(self, glints: Glints, pose: Pose, carried: Array) -> tuple[Placed, Array]:
        """Pixels and electrons of what is seen."""
        if glints.owner.size == 0:
            return Placed.joined([]), np.zeros(0)
        local = into_camera(glints.at, pose)
        pixels = self.view.project(local)
        electrons = glints.irradiance_w_m2 * self.view.electrons_per_w_m2 * self.view.falloff(local)
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

    def _lamps(self, letter: str, pose: Pose) -> Lamps:
        if letter not in self.led:
            return Lamps(np.zeros((0, 3)), np.zeros(0), pose.rotation[2], self.probe.beam_exponent)
        places, intensity = self.led[letter]
        flat = np.column_stack([places, np.zeros(len(places))])
        return Lamps(pose.position + flat @ pose.rotation, intensity, pose.rotation[2], self.probe.beam_exponent)

    def _note_lenses(self, index: int, exposed: _Exposed, frame: Frame) -> None:
        off_axis = self._lamps("B", exposed.pose)
        on_axis = self._lamps("A", exposed.pose)
        for planted in self.planted:
            lit = planted.retro.glint(on_axis, exposed.moment)
            on_w_m2, off_w_m2 = (
                float(planted.retro.glint(lamps, exposed.moment).irradiance_w_m2.sum())
                + float(planted.front.glints(lamps, exposed.moment).irradiance_w_m2.sum())
                for lamps in (on_axis, off_axis)
            )
            local = into_camera(lit.at, exposed.pose)
            x, y = self.view.project(local)[0]
            seen = self.view.electrons_per_w_m2 * float(self.view.falloff(local)[0])
            electrons = on_w_m2 * seen
            is_hidden = bool(
                hidden(self.room.layers, exposed.pose.position, lit.at, exposed.moment.carried, slack_m=0.012)[0]
            )
            inside = bool(not is_hidden and 0 <= x <= self.view.width - 1 and 0 <= y <= self.view.height - 1)
            rad = float(self.view.disc_px(lit.focus_distance_m)[0])
            row = min(self.view.height - 1, max(0, round(float(y))))
            column = min(self.view.width - 1, max(0, round(float(x))))
            level = float(exposed.ground[row, column])
            noise = level + self.probe.read_noise_e**2 + self.probe.e_per_dn**2 / 12.0
            snr = electrons / math.sqrt(self.spread.effective_px(rad) * noise) if inside else 0.0
            near = frame[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            planted.rows.append(
                {"frame": index, "x": round(float(x), 3), "y": round(float(y), 3), "inside": inside,
                 "e": round(electrons if inside else 0.0, 1), "snr": round(snr, 2), "peak_dn": int(near.max()),
                 "rad": round(rad, 2)}
            )  # fmt: skip
            if electrons > 0.0:
                planted.ratios.append(off_w_m2 / on_w_m2)

    def _note_confusers(self, index: int, exposed: _Exposed, tracks: dict[int, list[dict[str, Any]]]) -> None:
        lens_owners = {planted.retro.owner for planted in self.planted}
        placed = exposed.placed
        near_px = max(2.0, 6.0 * self.full_scale)
        for number, thing in enumerate(self.room.things):
            if number in lens_owners:
                continue
            rows = tracks.setdefault(number, [])
            if thing.kind in ("tape", "reflector", "bright_dot", "dark_hole"):
                local = into_camera((thing.position + exposed.moment.carried[thing.carrier])[None, :], exposed.pose)
                x, y = self.view.project(local)[0]
                if -50 < x < self.view.width + 50 and -50 < y < self.view.height + 50:
                    radius = thing.radius_m / max(float(local[0, 2]), 0.05) * self.view.focal_px
                    rows.append(_row(index, float(x), float(y), 0.0, radius))
                continue
            mine = np.flatnonzero((exposed.owner == number) & (placed.electrons > SMALLEST_TRUTH_E))
            mine = mine[np.argsort(-placed.electrons[mine], kind="stable")][:40]
            kept: list[tuple[float, float]] = []
            for i in mine:
                x, y = float(placed.x_px[i]), float(placed.y_px[i])
                if len(kept) < 16 and all(math.hypot(x - a, y - b) > near_px for a, b in kept):
                    kept.append((x, y))
                    rows.append(_row(index, x, y, float(placed.electrons[i]), float(placed.disc_px[i])))

    def _meta(self, clip: str) -> ClipMeta:
        probe = self.probe
        letters = list(probe.phases)
        power_a, power_b = probe.intensity_w_sr
        if probe.wrong_labels:
            a, b = probe.wrong_labels
            letters[a], letters[b] = letters[b], letters[a]
        rng = np.random.default_rng(len(letters))
        return ClipMeta(
            clip=clip, width=self.view.width, height=self.view.height, bits=10, black_level=probe.black_nominal,
            e_per_dn=probe.e_per_dn, read_noise_e=round(probe.read_noise_e * float(rng.uniform(0.97, 1.03)), 2),
            saturation_dn=1023, fps=probe.fps, exposure_s=self.exposure_s, phases=tuple(cast("list[Phase]", letters)),
            focal_px=self.nominal_focal_px, principal_point=(self.view.width / 2.0, self.view.height / 2.0),
            f_number=probe.f_number, focus_m=probe.focus_m,
            led={
                "A": LampGroup(offset_m=probe.offset_a_m, layout=probe.layout_a, intensity_w_sr=power_a),
                "B": LampGroup(offset_m=probe.offset_b_m, layout=probe.layout_b, intensity_w_sr=power_b),
            },
            wavelength_nm=self.wavelength_nm, format="npy",
        )  # fmt: skip

    def _truth(self, clip: str, confusers: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
        lenses = []
        for planted in self.planted:
            snr = float(np.median([row["snr"] for row in planted.rows]))
            in_view = float(np.mean([row["inside"] for row in planted.rows]))
            draw = planted.draw
            lenses.append(
                {"kind": draw.kind, "aperture_mm": draw.aperture_mm,
                 "range_m": round(float(np.linalg.norm(planted.retro.position)), 3),
                 "off_angle_deg": draw.off_angle_deg, "rho": planted.retro.rho,
                 "cone_sigma_deg": round(planted.retro.lobe.width_deg, 3), "visible_frac": draw.visible_share,
                 "snr": round(snr, 2), "ba_ratio": round(float(np.median(planted.ratios or [0.0])), 4),
                 "detectable": snr >= SNR_FLOOR and in_view > 0.5, "track": planted.rows}
            )  # fmt: skip
        things = self.room.things
        counts: dict[str, int] = {}
        for thing in things:
            if thing.kind != "lens":
                counts[thing.kind] = counts.get(thing.kind, 0) + 1
        return {
            "clip": clip, "version": f"{self.mode}-1", "tier": self.tier, "mode": self.mode, "width": self.view.width,
            "last_A": self.last_a, "lenses": lenses,
            "confusers": [{"id": k, "type": things[k].kind, "track": rows} for k, rows in confusers.items() if rows],
            "conf_counts": dict(sorted(counts.items())),
            "layers": [f"{'wall' if layer.alpha is None else 'plane'}" for layer in self.room.layers],
            "wrong_labels": list(self.probe.wrong_labels), "dropped_frames": self.probe.dropped,
        }  # fmt: skip


def _front_of(rng: np.random.Generator, owner: int, at: Array, axis: Array, visible_share: float) -> list[Mirror]:
    """The front surface of a lens: a small ball of glass, coated or not, wider than the aperture.

    4 % of bare glass with 2 mm of radius explains the off_axis light of the weak lenses in the sample clips.
    """
    if rng.random() < 0.15:
        return []
    curve_m, half_m = log_uniform(rng, 0.8e-3, 6e-3), log_uniform(rng, 0.4e-3, 2.5e-3)
    share = log_uniform(rng, 0.004, 0.06) * max(0.3, visible_share)
    frame = frame_of(axis, np.array([1.0, 0.0, 0.0]))
    half_m = min(half_m, 0.9 * curve_m)
    return [Mirror(owner, at, frame, half_m, half_m, 1 / curve_m, 1 / curve_m, share, is_round=True)]


def _row(frame: int, x: float, y: float, electrons: float, rad: float) -> dict[str, Any]:
    return {"frame": frame, "x": round(x, 2), "y": round(y, 2), "electrons": round(electrons), "rad": round(rad, 2)}


def _smeared(image: Image, smear: Array) -> Image:
    """Blur along the path of the exposure."""
    reach = math.ceil(float(np.abs(smear).max()) / 2.0) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for step in np.linspace(-0.5, 0.5, 4 * reach + 1):
        x, y = smear[0] * step + reach, smear[1] * step + reach
        i, j = int(x), int(y)
        fx, fy = x - i, y - j
        kernel[j : j + 2, i : i + 2] += np.outer([1 - fy, fy], [1 - fx, fx])[
            : kernel.shape[0] - j, : kernel.shape[1] - i
        ]
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)
