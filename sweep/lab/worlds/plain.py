"""The plain world: a restroom drawn in the picture plane, for training beside the physical renderer.

Job: move a background of dead leaves or cells, lay points on it whose light under each lamp is drawn rather than
derived, and expose the clip. Input: seed, tier, size, triples; output: `RenderedClip`. Refuses geometry: ranges of
light, ratio, sliding and flashing are drawn as wide as anything that was seen or reported, so that a judge trained
here cannot lean on the laws of the other renderer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from sweep.lab.worlds.notes import Notes
from sweep.lab.worlds.plain_spots import OFF_AXIS_M, Marks, Spots
from sweep.lab.worlds.plain_things import BUILDERS, add_lens
from sweep.lab.worlds.recipe import MIDDLE_RINGS_M, LampName, RingSet, pulses_of
from sweep.lens.clip.clips import ClipMeta, ClipPhase, Frame, LampGroup
from sweep.sim.scene.camera import Array, Image
from sweep.sim.scene.rendered import RenderedClip, TrueLens
from sweep.sim.scene.room import log_uniform

TIER_SHARES = (0.2, 0.3, 0.3, 0.2)
NONE_SHARE = 0.4
THINGS = {1: (0, 5), 2: (2, 11), 3: (6, 21), 4: (14, 36)}
"""Confusers by tier; tier 4 reaches into the 18 to 40 of the clip document."""
SNR = {1: (40.0, 1000.0), 2: (8.0, 1000.0), 3: (4.0, 300.0), 4: (4.0, 120.0)}
"""Of a lens in one on_axis frame, drawn uniformly in its logarithm: 5 to 1,000 over the tiers."""
PX_PER_FRAME = {1: 0.8, 2: 2.5, 3: 5.0, 4: 12.0}
"""Guessed about the clip document's 10 px at full size in tier 4."""
FOCAL_PX = 869.6
ERF_AT = np.linspace(-4.0, 4.0, 1601)
ERF = np.array([math.erf(v) for v in ERF_AT])


def render_plain_clip(
    seed: int,
    *,
    tier: int | None = None,
    size: tuple[int, int] = (728, 544),
    triples: int = 8,
    with_lens: bool | None = None,
    lenses: int | None = None,
    short_pulses: bool = False,
    middle_rings: RingSet | None = None,
    clip: str | None = None,
    gain: float = 1.0,
) -> RenderedClip:
    """One clip; the same arguments give the same bytes. Arguments as in `lens_tiers.render_tier_clip`."""
    rng = np.random.default_rng([seed, 0x91A1])
    drawn_tier = int(rng.choice([1, 2, 3, 4], p=TIER_SHARES))
    drawn_lens = bool(rng.random() >= NONE_SHARE)
    shoot = _Shoot(rng, tier or drawn_tier, size, triples, drawn_lens if with_lens is None else with_lens, lenses,
                   short_pulses=short_pulses, middle_rings=middle_rings, gain=gain)  # fmt: skip
    return shoot.run(clip or f"p{seed:07d}")


@dataclass(frozen=True)
class _Probe:
    """What the recording says of itself."""

    fps: float
    phases: tuple[str, ...]
    e_per_dn: float
    read_noise_e: float
    level_e: float
    """Of the wall under on_axis lamps."""
    lamp_ratio: float
    """off_axis over on_axis light on the wall."""
    ambient_e: float
    flicker: tuple[float, float, float]
    """Share, Hz and phase of the room's lamps."""


def _draw_probe(rng: np.random.Generator, tier: int, triples: int, rings: Sequence[str]) -> _Probe:
    order = list("ABC") if rng.random() < 0.5 else [str(c) for c in rng.permutation(list("ABC"))]
    e_per_dn = log_uniform(rng, 0.8, 8.0)
    level = e_per_dn * log_uniform(rng, 25.0, 350.0)
    ambient = {1: 0.03, 2: 0.3, 3: 1.2, 4: 0.8}[tier]
    return _Probe(
        fps=float(rng.choice([30.0, 40.0, 50.0, 60.0, 60.0])), phases=tuple([*order, *rings] * triples),
        e_per_dn=round(e_per_dn, 3), read_noise_e=round(float(rng.uniform(2.0, 5.0)), 2), level_e=level,
        lamp_ratio=log_uniform(rng, 0.5, 1.6), ambient_e=level * log_uniform(rng, 1e-3, ambient),
        flicker=(float(rng.uniform(0.0, 0.9)), float(rng.choice([100.0, 120.0])), float(rng.uniform(0.0, 6.3))),
    )  # fmt: skip


class _Shoot:
    def __init__(
        self,
        rng: np.random.Generator,
        tier: int,
        size: tuple[int, int],
        triples: int,
        with_lens: bool,
        lenses: int | None,
        *,
        short_pulses: bool,
        middle_rings: RingSet | None,
        gain: float,
    ) -> None:
        self.gain = gain
        self.rng, self.tier, (self.width, self.height) = rng, tier, size
        self.scale = self.width / 728.0
        self.rings = MIDDLE_RINGS_M[middle_rings] if middle_rings else {}
        self.probe = _draw_probe(rng, tier, triples, tuple(self.rings))
        phases = self.probe.phases
        self.pulses = pulses_of(phases) if short_pulses else ()
        self.last_a = max(i for i, letter in enumerate(phases) if letter == "A")
        self.margin = round(60 * self.scale)
        self.ways = self._hand(len(phases))
        self.sigma_px = self.scale * float(rng.uniform(0.5, 1.3))
        self.albedo = _background(rng, self.height + 2 * self.margin, self.width + 2 * self.margin)
        x, y = np.meshgrid(
            np.linspace(-1, 1, self.width, dtype=np.float32), np.linspace(-1, 1, self.height, dtype=np.float32)
        )
        slope = rng.normal(0.0, 0.15, 4)
        fall = 1.0 - np.float32(rng.uniform(0.1, 0.5)) * (x * x + y * y) / 2.0
        self.light = {
            "A": np.maximum(fall * (1.0 + slope[0] * x + slope[1] * y), 0.05),
            "B": np.maximum(self.probe.lamp_ratio * fall * (1.0 + slope[2] * x + slope[3] * y), 0.03),
        }
        self.light |= dict.fromkeys(self.rings, self.light["A"])
        self.spots = Spots(len(phases), phases, self.probe.fps, rng, self.pulses, self.rings)
        self.notes = Notes()
        self.lenses: list[tuple[TrueLens, slice, float]] = []
        marks = Marks(self.albedo, self.margin, rng, self.scale, self.notes, (self.width, self.height))
        if with_lens:
            drawn = int(rng.choice([1, 2, 3], p=(0.75, 0.2, 0.05)))
            for _ in range(drawn if lenses is None else lenses):
                self._lens(marks)
        low, high = THINGS[tier]
        kinds = [kind for kind, _, _ in BUILDERS]
        shares = np.array([share for _, share, _ in BUILDERS]) * rng.gamma(1.2, 1.0, len(BUILDERS))
        for k in rng.choice(len(kinds), int(rng.integers(low, high)), p=shares / shares.sum()):
            BUILDERS[int(k)][2](self.spots, marks, self._noise_e())
        self.spots.close()
        np.clip(self.albedo, 0.02, 0.95, out=self.albedo)
        self.albedo = np.asarray(cv2.GaussianBlur(self.albedo, (0, 0), max(0.4, self.sigma_px)), np.float32)
        self.hot = rng.integers(0, self.width * self.height, int(rng.poisson(float(rng.uniform(5.0, 90.0)))))
        self.hot_e = self.probe.e_per_dn * 10.0 ** rng.uniform(0.8, 3.2, self.hot.size)
        self.noise = np.random.default_rng(rng.integers(2**63))

    def _noise_e(self) -> float:
        """Of a matched filter on the wall."""
        width = math.sqrt(4.0 * math.pi) * math.hypot(self.sigma_px, 0.29)
        probe = self.probe
        ground = 0.6 * probe.level_e + probe.ambient_e + probe.read_noise_e**2 + probe.e_per_dn**2 / 12.0
        return width * math.sqrt(ground)

    def _hand(self, count: int) -> list[Array]:
        """2 x 3 from the reference frame: steady motion, a slow swing and a walk; turn and zoom follow it weakly."""
        rng = self.rng
        speed = self.scale * log_uniform(rng, 0.05, PX_PER_FRAME[self.tier])
        turn = rng.uniform(0, 2 * math.pi)
        steps = speed * np.array([math.cos(turn), math.sin(turn)]) + rng.normal(0.0, 0.12 * speed + 0.05, (count, 2))
        swing = rng.normal(0.0, speed, 2) * np.sin(np.arange(count)[:, None] * rng.uniform(0.02, 0.2))
        way = np.cumsum(steps, axis=0) + swing
        way -= way[self.last_a]
        spin = np.arange(count) - self.last_a
        angle, zoom = spin * rng.normal(0.0, 3e-4), 1.0 + spin * rng.normal(0.0, 4e-4)
        ways = []
        for k in range(count):
            c, s = zoom[k] * math.cos(angle[k]), zoom[k] * math.sin(angle[k])
            middle = np.array([self.width, self.height]) / 2.0
            linear = np.array([[c, -s], [s, c]])
            ways.append(np.column_stack([linear, middle - linear @ middle + way[k]]))
        return ways

    def _lens(self, marks: Marks) -> None:
        rng = self.rng
        x, y = marks.place(16.0)
        kind = str(rng.choice(["clear", "reflective"], p=(0.8, 0.2) if self.tier > 1 else (1.0, 0.0)))
        if rng.random() < 0.65:
            marks.disc(x, y, log_uniform(rng, 0.6, 5.0), float(rng.uniform(0.02, 0.2)))
        first = self.spots.count
        ratio = add_lens(
            self.spots, rng, (x, y), log_uniform(rng, *SNR[self.tier]) * self._noise_e(), kind, -1 - len(self.lenses)
        )
        lens = TrueLens({"kind": kind, "aperture_mm": 1.0, "range_m": 1.0, "off_angle_deg": 0.0, "visible_frac": 1.0})
        self.lenses.append((lens, slice(first, self.spots.count), ratio))

    def run(self, clip: str) -> RenderedClip:
        frames: list[Frame] = []
        for index, letter in enumerate(self.probe.phases):
            ground = self._ground(index, letter)
            x, y, light = self.spots.at(index, self.ways[index])
            electrons = light * self.gain
            image = ground.copy()
            for k in np.flatnonzero(electrons > 0.3):
                self._lay(image, float(x[k]), float(y[k]), float(electrons[k]), float(self.spots.size_px[k]))
            frame = self._read(image)
            frames.append(frame)
            if letter == "A":
                self.notes.note(index, self.spots.owner, x, y, electrons, 3.0 * self.scale)
                self._note(index, x, y, electrons, ground, frame)
        truth = self.notes.truth(clip, "plain", self.tier, self.width, self.last_a, [row[0] for row in self.lenses])
        return RenderedClip(frames, self._meta(clip), truth)

    def _ground(self, index: int, letter: str) -> Image:
        probe = self.probe
        shift = self.ways[index].copy()
        shift[:, 2] -= shift[:, :2] @ np.array([self.margin, self.margin])
        albedo = cv2.warpAffine(
            self.albedo, shift, (self.width, self.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        share, rate, phase = probe.flicker
        ambient = probe.ambient_e * (1.0 + share * math.sin(2.0 * math.pi * rate * index / probe.fps + phase))
        pulse = self.pulses[index] if self.pulses else 1.0
        lamp = self.light[letter] * np.float32(pulse * probe.level_e) if letter in self.light else np.float32(0.0)
        return np.asarray(albedo * 2.0 * (lamp + ambient), np.float32)

    def _lay(self, image: Image, x: float, y: float, electrons: float, size_px: float) -> None:
        """A Gaussian integrated over the pixels, by the error function."""
        sigma = math.hypot(self.sigma_px, size_px * self.scale)
        reach = math.ceil(4.0 * sigma + 1.0)
        a, b = max(0, round(x) - reach), max(0, round(y) - reach)
        c, d = min(self.width, round(x) + reach + 1), min(self.height, round(y) + reach + 1)
        if a >= c or b >= d:
            return
        across, down = (
            np.diff(np.interp((np.arange(low, high + 1) - 0.5 - at) / (math.sqrt(2.0) * sigma), ERF_AT, ERF)) / 2.0
            for low, high, at in ((a, c, x), (b, d, y))
        )
        image[b:d, a:c] += np.float32(electrons) * np.outer(down, across).astype(np.float32)

    def _read(self, image: Image) -> Frame:
        probe = self.probe
        spread = np.sqrt(np.maximum(image, 0.0) + np.float32(probe.read_noise_e**2))
        counted = image + spread * self.noise.standard_normal(image.shape, dtype=np.float32)
        counted.reshape(-1)[self.hot] += self.hot_e
        return np.clip(np.rint(counted / np.float32(probe.e_per_dn) + 60.0), 0, 1023).astype(np.uint16)

    def _note(self, index: int, x: Array, y: Array, electrons: Array, ground: Image, frame: Frame) -> None:
        probe = self.probe
        for lens, rows, ratio in self.lenses:
            at = float(x[rows.start]), float(y[rows.start])
            sigma = math.hypot(self.sigma_px, float(self.spots.size_px[rows.start]) * self.scale)
            inside = 0 <= at[0] <= self.width - 1 and 0 <= at[1] <= self.height - 1
            column, row = (int(np.clip(round(v), 0, n - 1)) for v, n in zip(at, (self.width, self.height), strict=True))
            level = float(ground[row, column]) + probe.read_noise_e**2 + probe.e_per_dn**2 / 12.0
            noise = math.sqrt(4.0 * math.pi) * math.hypot(sigma, 0.29) * math.sqrt(level)
            near = frame[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
            rad = 2.0 * float(self.spots.size_px[rows.start])
            nominal = float(electrons[rows].sum()) / (self.pulses[index] if self.pulses else 1.0)
            lens.note(index, at, nominal, noise, inside=inside, rad=rad, peak_dn=int(near.max()))
            lens.ratios.append(ratio)

    def _meta(self, clip: str) -> ClipMeta:
        probe = self.probe
        rings: dict[LampName, LampGroup] = {name: LampGroup(offset_m=offset, layout="ring8", intensity_w_sr=1.0)
                 for name, offset in self.rings.items()}  # fmt: skip
        return ClipMeta(
            clip=clip, width=self.width, height=self.height, bits=10, black_level=60.0, e_per_dn=probe.e_per_dn,
            read_noise_e=probe.read_noise_e, saturation_dn=1023, fps=probe.fps, exposure_s=0.001,
            phases=tuple(cast("list[ClipPhase]", list(probe.phases))), focal_px=FOCAL_PX * self.scale,
            principal_point=(self.width / 2.0, self.height / 2.0), f_number=2.8, focus_m=0.8,
            led={"A": LampGroup(offset_m=0.01, layout="ring8", intensity_w_sr=1.0),
                 "B": LampGroup(offset_m=OFF_AXIS_M, layout="two clusters, +-x", intensity_w_sr=1.0), **rings},
            pulse_scale=self.pulses,
            wavelength_nm=850.0, format="npy", is_simulated=True,
        )  # fmt: skip


def _background(rng: np.random.Generator, rows: int, columns: int) -> Image:
    """Dead leaves: discs and slabs of power-law sizes, each over the ones before, in tones about one mean.

    Natural scenes have these statistics of edges (Lee, Mumford and Huang 2001); a calm wall has few, low leaves.
    """
    base, contrast = float(rng.uniform(0.2, 0.7)), log_uniform(rng, 0.005, 0.45)
    albedo = np.full((rows, columns), base, np.float32)
    for _ in range(int(log_uniform(rng, 4, 500))):
        size = 2.0 * (rng.random() + 1e-4) ** -0.5
        tone = float(np.clip(base * (1.0 + contrast * rng.normal()), 0.03, 0.95))
        at = (float(rng.uniform(0, columns)), float(rng.uniform(0, rows)))
        size = min(float(size), 0.4 * columns)
        if rng.random() < 0.5:
            cv2.circle(albedo, (round(at[0]), round(at[1])), max(1, round(size)), tone, -1, cv2.LINE_AA)
        else:
            box = cv2.boxPoints((at, (2.5 * size, size * float(rng.uniform(0.1, 1.5))), float(rng.uniform(0, 180))))
            cv2.fillConvexPoly(albedo, np.rint(box * 16).astype(np.int32), tone, cv2.LINE_AA, 4)
    if rng.random() < 0.4:  # a grid of joints
        pitch = log_uniform(rng, 18.0, 160.0)
        tone = base * float(rng.uniform(0.4, 1.3))
        for offset in np.arange(rng.uniform(0, pitch), columns, pitch):
            albedo[:, int(offset) : int(offset) + 2] = tone
        for offset in np.arange(rng.uniform(0, pitch), rows, pitch * float(rng.uniform(0.5, 2.0))):
            albedo[int(offset) : int(offset) + 2] = tone
    grain = cv2.GaussianBlur(
        rng.standard_normal((rows, columns), dtype=np.float32), (0, 0), float(rng.uniform(0.5, 3.0))
    )
    albedo *= 1.0 + np.float32(log_uniform(rng, 0.003, 0.12)) * grain / np.float32(max(float(grain.std()), 1e-6))
    return albedo
