"""Rendered clips by tier: a whole scene, its recording and its truth from one seed, in memory.

Job: draw a probe, a room with confusers and lenses, carry the probe through the clip and expose every frame. Input:
seed, tier, size, number of triples, mode; output: `RenderedClip` (raw frames, meta, truth). The mode `held_out` makes
other assumptions (`lab.worlds.foreign`) and is never used to tune anything. Refuses to be evidence: figures measured on
it are rendered figures and must say so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from sweep.lab.worlds.foreign import Foreign
from sweep.lab.worlds.notes import SMALLEST_TRUTH_E
from sweep.lab.worlds.plant import plant
from sweep.lab.worlds.recipe import (
    MIDDLE_RINGS_M,
    RED_M,
    RED_S,
    RED_SHARE,
    RING_LEDS,
    TIERS,
    LampName,
    RingSet,
    draw_probe,
    draw_tier,
    pulses_of,
    ring_places,
    with_lamps,
)
from sweep.lab.worlds.scenery import build_room
from sweep.lab.worlds.tuning import Training, Tuning
from sweep.lens.clip.clips import ClipMeta, ClipPhase, Frame, LampGroup
from sweep.lens.optics import load_optics
from sweep.phrases import Phrase
from sweep.sim.scene.camera import Array, Pose
from sweep.sim.scene.exposure import Exposed, Exposer, lamps_of
from sweep.sim.scene.glints import Mirrors, Retro
from sweep.sim.scene.hand import Hand
from sweep.sim.scene.imaging import Halo, PointSpread, View, into_camera
from sweep.sim.scene.layers import Stage, hidden
from sweep.sim.scene.readout import Readout
from sweep.sim.scene.rendered import RenderedClip
from sweep.sim.scene.room import Room

Mode = Literal["tuning", "training", "held_out"]
MODES: tuple[Mode, ...] = ("tuning", "held_out", "training")
"""In the order of their seeds."""
HALF_SIZE, FULL_SIZE = (728, 544), (1456, 1088)
WITHOUT_LENS_SHARE = 0.4
EXPOSURE_S = (5e-5, 3e-3)
Carried = Callable[[Hand, Sequence[float], float], Hand]
"""Another hand, from the one drawn, the start of each exposure (s) and the distance of the wall (m)."""


def render_tier_clip(
    seed: int,
    *,
    tier: int | None = None,
    size: tuple[int, int] = HALF_SIZE,
    triples: int = 8,
    mode: Mode = "tuning",
    textures: Path | None = None,
    with_lens: bool | None = None,
    lenses: int | None = None,
    short_pulses: bool = False,
    middle_rings: RingSet | None = None,
    red: bool = False,
    clip: str | None = None,
    carried: Carried | None = None,
    gain: float = 1.0,
) -> RenderedClip:
    """Render one clip of 3 to 30 triples; the same arguments give the same bytes.

    tier: 1 sanity, 2 normal, 3 hard, 4 extreme, None draws .2/.3/.3/.2; size: (width, height) px, the field of view
    stays; textures: folder of photographs used as albedo; with_lens: None leaves about 40 % of clips without; lenses:
    how many there are where there are any, None draws 1 to 3; short_pulses: every fourth group under a sixteenth of
    the light; middle_rings: frames M and N in each group, and of which rings; red: frames R, in each group where
    the head has bursts, with no more room light than under infrared; carried: moves the hand (`lab.lens.pairs`); gain:
    factor of the light of every lens and confuser, while walls keep theirs.
    Raises ValueError for a tier or number of triples out of range.
    """
    shoot = shoot_of(
        seed, mode, size, triples, tier=tier, textures=textures, with_lens=with_lens, lenses=lenses,
        short_pulses=short_pulses, middle_rings=middle_rings, red=red, carried=carried, gain=gain,
    )  # fmt: skip
    return shoot.run(clip or f"{mode[0] if mode != 'training' else 'w'}{seed:07d}")


def shoot_of(
    seed: int, mode: Mode, size: tuple[int, int], triples: int, *, tier: int | None = None,
    textures: Path | None = None, with_lens: bool | None = None, lenses: int | None = None,
    short_pulses: bool = False, middle_rings: RingSet | None = None, red: bool = False,
    carried: Carried | None = None, gain: float = 1.0,
) -> Shoot:  # fmt: skip
    """The room of a seed and who films it; arguments as `render_tier_clip` takes them."""
    if tier is not None and tier not in TIERS:
        raise ValueError(Phrase("tier_unknown", tier=tier))
    if not 3 <= triples <= 200:
        raise ValueError(Phrase("triple_count_out_of_range", triples=triples))
    rng = np.random.default_rng([seed, 0x7E45, MODES.index(mode)])
    drawn_tier = draw_tier(rng)
    drawn_lens = bool(rng.random() >= WITHOUT_LENS_SHARE)
    return Shoot(
        rng, drawn_tier if tier is None else tier, size, triples, mode, textures,
        drawn_lens if with_lens is None else with_lens, lenses, short_pulses, middle_rings, red, carried, gain,
    )  # fmt: skip


class Shoot:
    """One clip on its way: the room, who films it, and what was planted."""

    def __init__(
        self, rng: np.random.Generator, tier: int, size: tuple[int, int], triples: int, mode: Mode,
        textures: Path | None, with_lens: bool, lenses: int | None = None, short_pulses: bool = False,
        middle_rings: RingSet | None = None, red: bool = False, carried: Carried | None = None,
        gain: float = 1.0,
    ) -> None:  # fmt: skip
        self.tier = tier
        self.assume: Tuning | Foreign = _assumptions(mode, rng)
        self.mode: Mode = mode
        optics = load_optics()
        self.epj = optics.electrons_per_joule(optics.wavelength_nm)
        self.wavelength_nm = optics.wavelength_nm
        width, height = size
        self.full_scale = width / optics.full_width_px
        probe = draw_probe(rng, tier, width, triples)
        self.rings, self.has_red = middle_rings, red
        more: list[LampName] = list(MIDDLE_RINGS_M[middle_rings] if middle_rings else ())
        more += ["R"] if red else []
        self.probe = probe = with_lamps(probe, more) if more else probe
        self.pulses = pulses_of(probe.phases) if short_pulses else ()
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
        if middle_rings:
            each = np.full(RING_LEDS, probe.intensity_w_sr[0] / RING_LEDS)
            self.led |= {name: (ring_places(middle_rings, name), each) for name in MIDDLE_RINGS_M[middle_rings]}
        self.rng = rng
        halo: Halo = self.assume.halo(rng, self.full_scale)
        paths = self.assume.ghost_paths(rng, self.full_scale)
        scene = build_room(
            rng, view, self.assume, tier, textures, wall_light=self._wall_light, per_w_m2_s=self._per_w_m2_s,
            wall_level_e=probe.wall_level_dn * probe.e_per_dn, e_per_dn=probe.e_per_dn, exposure_range_s=EXPOSURE_S,
            reference_s=probe.times_s[last], lenses=lenses,
        )  # fmt: skip
        self.view, self.exposure_s, self.ambient = scene.view, scene.exposure_s, scene.ambient
        self.room: Room = scene.room
        if red:
            share = RED_SHARE * min(1.0, RED_S / self.exposure_s) / RING_LEDS
            self.led["R"] = ring_places("head", "R"), np.full(RING_LEDS, share * probe.intensity_w_sr[0])
        self.planted = plant(rng, tier, self.room, self.assume, scene.lens_pixels if with_lens else [])
        scene.furnish(self.room, self.assume, [(p.site.x_px, p.site.y_px) for p in self.planted])
        scene.finish(self.room, self.spread)
        self.room.layers.sort(key=lambda layer: -float(layer.origin[2]) if layer.alpha is not None else -1e9)
        hand: Hand = self.assume.hand(
            rng, scene.speed_m_s, scene.turn_rad_s, probe.times_s[-1] + 0.1, probe.times_s[last] + self.exposure_s / 2
        )
        if carried is not None:
            hand = carried(hand, probe.times_s, float(self.room.layers[0].origin[2]))
        self.exposer = Exposer(
            self.view, self.room, Stage(self.room.layers, self.view, self.ambient), hand, self.led,
            probe.beam_exponent, self.spread, halo, paths, self.exposure_s, self.full_scale, probe.read_noise_e,
            probe.e_per_dn, gain,
        )  # fmt: skip
        self.readout: Readout = self.assume.readout(
            rng, (height, width), probe.e_per_dn, probe.black_dn, probe.read_noise_e
        )
        self.noise = np.random.default_rng(rng.integers(2**63))

    def _wall_light(self, point: Array, normal: Array) -> float:
        """Irradiance of the on_axis lamps at a point of the reference pose."""
        lamps = lamps_of(self.led, self.probe.beam_exponent, "A", Pose(np.eye(3), np.zeros(3)))
        intensity, distance, unit = lamps.towards(point[None, :])
        return float((intensity / distance**2 * np.maximum(unit @ normal, 0.0)).sum())

    def exposed_for(self, share: float, hand: Hand) -> Exposer:
        """The same room filmed by another hand, exposed and lit for a share of the usual time."""
        view = replace(self.view, electrons_per_w_m2=self.view.electrons_per_w_m2 * share)
        stage = Stage(self.room.layers, view, self.ambient)
        return replace(self.exposer, view=view, stage=stage, hand=hand, exposure_s=self.exposure_s * share)

    def run(self, clip: str, span: range | None = None) -> RenderedClip:
        """Expose all frames, or those of a span, which stand in meta and truth by their numbers among all."""
        frames: list[Frame] = []
        confusers: dict[int, list[dict[str, Any]]] = {}
        for planted in self.planted:
            planted.lens.clear()
        for index in range(len(self.probe.phases)) if span is None else span:
            letter, pulse = self.probe.phases[index], self.pulses[index] if self.pulses else 1.0
            exposed = self.exposer.expose(self.probe.times_s[index], letter, pulse)
            frame = self.readout.expose(exposed.electrons, self.noise)
            frames.append(frame)
            if letter == "A":
                for planted in self.planted:
                    self.exposer.note(planted.lens, planted.retro, planted.front, frame, exposed, index)
                self._note_confusers(index, exposed, confusers)
            elif letter == "R":
                for planted in self.planted:
                    planted.lens.red_snr.append(_snr_under(self.exposer, "R", planted.retro, planted.front, exposed))
        return RenderedClip(frames, self._meta(clip), self._truth(clip, confusers))

    def _note_confusers(self, index: int, exposed: Exposed, tracks: dict[int, list[dict[str, Any]]]) -> None:
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
        offsets = MIDDLE_RINGS_M[self.rings] if self.rings else {}
        rings: dict[LampName, LampGroup] = {name: LampGroup(offset_m=offset, layout="ring8", intensity_w_sr=power_a)
                 for name, offset in offsets.items()}  # fmt: skip
        if self.has_red:
            rings["R"] = LampGroup(offset_m=RED_M, layout="ring8", intensity_w_sr=RED_SHARE * power_a)
        return ClipMeta(
            clip=clip, width=self.view.width, height=self.view.height, bits=10, black_level=probe.black_nominal,
            e_per_dn=probe.e_per_dn, read_noise_e=round(probe.read_noise_e * float(rng.uniform(0.97, 1.03)), 2),
            saturation_dn=1023, fps=probe.fps, exposure_s=self.exposure_s,
            phases=tuple(cast("list[ClipPhase]", letters)), focal_px=self.nominal_focal_px,
            principal_point=(self.view.width / 2.0, self.view.height / 2.0),
            f_number=probe.f_number, focus_m=probe.focus_m,
            led={
                "A": LampGroup(offset_m=probe.offset_a_m, layout=probe.layout_a, intensity_w_sr=power_a),
                "B": LampGroup(offset_m=probe.offset_b_m, layout=probe.layout_b, intensity_w_sr=power_b),
                **rings,
            },
            pulse_scale=self.pulses,
            wavelength_nm=self.wavelength_nm, format="npy", is_simulated=True,
        )  # fmt: skip

    def _truth(self, clip: str, confusers: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
        things = self.room.things
        counts: dict[str, int] = {}
        for thing in things:
            if thing.kind != "lens":
                counts[thing.kind] = counts.get(thing.kind, 0) + 1
        return {
            "clip": clip, "version": f"{self.mode}-1", "tier": self.tier, "mode": self.mode, "width": self.view.width,
            "last_A": self.last_a, "lenses": [planted.lens.truth() for planted in self.planted],
            "confusers": [{"id": k, "type": things[k].kind, "track": rows} for k, rows in confusers.items() if rows],
            "conf_counts": dict(sorted(counts.items())),
            "layers": [f"{'wall' if layer.alpha is None else 'plane'}" for layer in self.room.layers],
            "wrong_labels": list(self.probe.wrong_labels), "dropped_frames": self.probe.dropped,
        }  # fmt: skip


def _assumptions(mode: Mode, rng: np.random.Generator) -> Tuning | Foreign:
    if mode == "held_out":
        return Foreign(rng)
    return Tuning() if mode == "tuning" else Training(rng)


def _row(frame: int, x: float, y: float, electrons: float, rad: float) -> dict[str, Any]:
    return {"frame": frame, "x": round(x, 2), "y": round(y, 2), "electrons": round(electrons), "rad": round(rad, 2)}


def _snr_under(here: Exposer, letter: str, retro: Retro, front: Mirrors, at: Exposed) -> float:
    """Signal-to-noise ratio of a lens and its front surface in one frame under that lamp; 0 out of view."""
    lamps = here.lamps(letter, at.pose)
    lit = retro.glint(lamps, at.moment)
    light = float(lit.irradiance_w_m2.sum() + front.glints(lamps, at.moment).irradiance_w_m2.sum())
    local = into_camera(lit.at, at.pose)
    x, y = (float(v) for v in here.view.project(local)[0])
    inside = 0 <= x <= here.view.width - 1 and 0 <= y <= here.view.height - 1
    if not inside or bool(hidden(here.room.layers, at.pose.position, lit.at, at.moment.carried, slack_m=0.012)[0]):
        return 0.0
    electrons = light * here.gain * here.view.electrons_per_w_m2 * float(here.view.falloff(local)[0])
    noise = float(at.ground[round(y), round(x)]) + here.read_noise_e**2 + here.e_per_dn**2 / 12.0
    disc = float(here.view.disc_px(lit.focus_distance_m)[0])
    return electrons / math.sqrt(here.spread.effective_px(disc) * noise)
