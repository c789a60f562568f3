"""What each tier of clips is made of: ranges for probe, scene, motion and lenses.

Job: draw the numbers of one clip by its tier (sanity, normal, hard, extreme as in the clip document). Input: seeded
generator; output: frozen records. Refuses nothing; each range stands in LENS-RENDERER.md with its origin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from sweep.sim.scene.room import log_uniform

LensKind = Literal["clear", "absorptive", "reflective"]

TIER_SHARES = (0.2, 0.3, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class TierRange:
    """Ranges (low, high) of one tier."""

    range_m: tuple[float, float]
    speed_m_s: tuple[float, float]
    turn_rad_s: tuple[float, float]
    ambient_share: tuple[float, float]
    """Of the wall's level under the on_axis lamps."""
    boxes: int
    """At most so many boxes and posters."""
    aperture_mm: tuple[float, float]
    rho: tuple[float, float]
    off_angle_deg: tuple[float, float]
    visible_share: tuple[float, float]
    kinds: tuple[float, float, float]
    """Shares of clear, absorptive, reflective."""
    companion_share: float
    """How often a confuser stands within 30 px of a lens."""


TIERS: dict[int, TierRange] = {
    1: TierRange((0.4, 1.6), (0.003, 0.06), (0.001, 0.03), (1e-3, 0.03), 1, (1.0, 3.0), (0.015, 0.1), (0.0, 10.0),
                 (0.85, 1.0), (1.0, 0.0, 0.0), 0.0),
    2: TierRange((0.3, 2.2), (0.01, 0.15), (0.002, 0.1), (2e-3, 0.3), 2, (0.8, 3.0), (0.006, 0.1), (0.0, 25.0),
                 (0.5, 1.0), (0.86, 0.06, 0.08), 0.1),
    3: TierRange((0.25, 2.8), (0.01, 0.25), (0.003, 0.2), (5e-3, 1.2), 3, (0.6, 2.5), (0.004, 0.035), (0.0, 33.0),
                 (0.25, 1.0), (0.76, 0.08, 0.16), 0.3),
    4: TierRange((0.2, 3.0), (0.03, 0.45), (0.01, 0.5), (2e-3, 0.8), 4, (0.5, 1.2), (0.003, 0.06), (0.0, 35.0),
                 (0.1, 1.0), (0.6, 0.08, 0.32), 0.4),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Probe:
    """Lamps and camera of one clip: nominal as recorded, and what they truly are."""

    fps: float
    e_per_dn: float
    read_noise_e: float
    f_number: float
    focus_m: float
    offset_a_m: float
    offset_b_m: float
    layout_a: str
    layout_b: str
    places_a: tuple[tuple[float, float], ...]
    places_b: tuple[tuple[float, float], ...]
    intensity_w_sr: tuple[float, float]
    """Nominal A and B."""
    power: tuple[float, float]
    """True over nominal."""
    uneven: float
    """Standard deviation among LEDs of a group."""
    beam_exponent: float
    black_dn: float
    black_nominal: float
    wall_level_dn: float
    centre_off_px: tuple[float, float]
    distortion: float
    focal_error: float
    corner_falloff: float
    phases: tuple[str, ...]
    times_s: tuple[float, ...]
    """Start of each exposure."""
    wrong_labels: tuple[int, ...]
    """Frames whose recorded letter is not the true one."""
    dropped: int


@dataclass(frozen=True, slots=True)
class LensDraw:
    """A lens to plant."""

    kind: LensKind
    aperture_mm: float
    rho: float
    off_angle_deg: float
    visible_share: float


def draw_tier(rng: np.random.Generator) -> int:
    """A tier by `TIER_SHARES`."""
    return int(rng.choice([1, 2, 3, 4], p=TIER_SHARES))


def draw_probe(rng: np.random.Generator, tier: int, width: int, triples: int) -> Probe:
    """The probe of one clip."""
    full = width / 1456.0
    count_a = int(rng.choice([4, 6, 8, 8, 8, 8, 10, 12]))
    offset_a = float(rng.uniform(0.005, 0.016))
    turn = rng.uniform(0, 2 * math.pi)
    ring = tuple(
        (offset_a * math.cos(turn + 2 * math.pi * k / count_a), offset_a * math.sin(turn + 2 * math.pi * k / count_a))
        for k in range(count_a)
    )
    offset_b = float(rng.uniform(0.06, 0.085))
    layout_b, places_b = _off_axis(rng, offset_b)
    fps = float(rng.choice([30.0, 40.0, 50.0, 60.0, 60.0, 60.0]))
    phases, times, wrong, dropped = _timeline(rng, triples, fps, tier)
    e_per_dn = float(rng.choice([1.0, 4.0, log_uniform(rng, 0.8, 8.0)]))
    black = 60.0 + float(rng.normal(0.0, 1.0))
    return Probe(
        fps=fps,
        e_per_dn=round(e_per_dn, 3),
        read_noise_e=float(rng.uniform(2.0, 5.0)),
        f_number=float(rng.choice([2.0, 2.4, 2.8, 2.8])),
        focus_m=round(float(rng.uniform(0.45, 1.25)), 2),
        offset_a_m=round(offset_a, 4),
        offset_b_m=round(offset_b, 4),
        layout_a=f"ring{count_a}",
        layout_b=layout_b,
        places_a=ring,
        places_b=places_b,
        intensity_w_sr=_intensity(rng),
        power=(float(rng.uniform(0.8, 1.2)), float(rng.uniform(0.8, 1.2))),
        uneven=float(rng.uniform(0.0, 0.15)),
        beam_exponent=log_uniform(rng, 0.5, 7.0),
        black_dn=black,
        black_nominal=60.0,
        wall_level_dn=log_uniform(rng, 40.0, 350.0),
        centre_off_px=(float(rng.normal(0, 4.0 * full)), float(rng.normal(0, 4.0 * full))),
        distortion=float(rng.normal(0.0, 0.03)),
        focal_error=float(rng.normal(0.0, 0.005)),
        corner_falloff=float(rng.uniform(3.0, 6.0)),
        phases=phases,
        times_s=times,
        wrong_labels=wrong,
        dropped=dropped,
    )


def _intensity(rng: np.random.Generator) -> tuple[float, float]:
    """Nominal intensities: mostly the probe's own 1 W/sr, else other lamps."""
    if rng.random() < 0.6:
        return 1.0, 1.0
    on_axis = log_uniform(rng, 0.4, 3.0)
    return round(on_axis, 2), round(on_axis * log_uniform(rng, 0.5, 2.0), 2)


def _off_axis(rng: np.random.Generator, offset_m: float) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Two clusters left and right, seldom above and below or a wide ring."""
    kind = rng.random()
    if kind > 0.93:
        count = int(rng.choice([8, 12]))
        return f"ring{count}", tuple(
            (offset_m * math.cos(2 * math.pi * k / count), offset_m * math.sin(2 * math.pi * k / count))
            for k in range(count)
        )
    per_side, step = int(rng.integers(1, 6)), float(rng.uniform(0.003, 0.008))
    along = (np.arange(per_side) - (per_side - 1) / 2.0) * step
    clusters = [(side * offset_m, float(t)) for side in (-1.0, 1.0) for t in along]
    if kind > 0.85:
        return "two clusters, +-y", tuple((y, x) for x, y in clusters)
    return "two clusters, +-x", tuple(clusters)


def _timeline(
    rng: np.random.Generator, triples: int, fps: float, tier: int
) -> tuple[tuple[str, ...], tuple[float, ...], tuple[int, ...], int]:
    """Phases and start times, with the faults of a bad recording now and then."""
    order = [str(c) for c in rng.permutation(list("ABC"))]
    if rng.random() < 0.5:
        order = list("ABC")
    varies = rng.random() < 0.05
    letters: list[str] = []
    for _ in range(triples):
        letters += [str(c) for c in rng.permutation(order)] if varies else order
    times = [k / fps + float(rng.normal(0.0, 2e-5)) for k in range(len(letters))]
    dropped = 0
    if triples > 3 and rng.random() < 0.06:
        for _ in range(int(rng.integers(1, 3))):
            gone = int(rng.integers(1, len(letters) - 1))
            del letters[gone], times[gone]
            dropped += 1
    if triples > 3 and rng.random() < 0.05:
        cut = int(rng.integers(1, 3))
        letters, times = letters[cut:], times[cut:]
    wrong: tuple[int, ...] = ()
    if tier > 1 and triples > 3 and rng.random() < 0.02:
        first = int(rng.integers(0, len(letters) - 3))
        if letters[first] != letters[first + 1]:
            wrong = (first, first + 1)
    return tuple(letters), tuple(times), wrong, dropped


def draw_lens(rng: np.random.Generator, tier: int) -> LensDraw:
    """A lens of a tier."""
    span = TIERS[tier]
    kind: LensKind = (("clear", "absorptive", "reflective"))[int(rng.choice(3, p=span.kinds))]
    visible = float(rng.uniform(*span.visible_share)) if tier < 4 else log_uniform(rng, *span.visible_share)
    return LensDraw(
        kind=kind,
        aperture_mm=round(log_uniform(rng, *span.aperture_mm), 3),
        rho=log_uniform(rng, *span.rho),
        off_angle_deg=round(float(rng.uniform(*span.off_angle_deg)), 1),
        visible_share=round(visible, 2),
    )


SHORT_PULSE, SHORT_EVERY = 1.0 / 16.0, 4
"""From the clip document: every fourth group at a sixteenth."""
LampName: TypeAlias = Literal["A", "B", "M", "N", "R"]
RingSet: TypeAlias = Literal["laboratory", "head"]
MIDDLE_RINGS_M: dict[RingSet, dict[LampName, float]] = {
    "laboratory": {"M": 0.03, "N": 0.045},
    "head": {"M": 0.016, "N": 0.03},
}
"""Between the lamps on and off the axis: the clip document names 25 to 35 mm for the inner one; the head's as its
boards are drawn (`lens/optics.toml`), where the outer one is an arc to one side."""
RED_M, RED_SHARE, RED_S = 0.016, 0.475, 4e-4
"""Red: offset, electrons against on_axis infrared while both shine, length of its pulse (hardware/optics)."""
RING_LEDS, ARC_DEG = 8, 13.0
"""The arc's LEDs are so far apart."""


def pulses_of(phases: Sequence[str]) -> tuple[float, ...]:
    """Length of the lamp pulse of each frame where groups alternate; a group begins at each on_axis frame or before."""
    per_group = max(3, len(set(phases)))
    return tuple(SHORT_PULSE if (k // per_group) % SHORT_EVERY == SHORT_EVERY - 1 else 1.0 for k in range(len(phases)))


def ring_places(rings: RingSet, name: LampName) -> npt.NDArray[np.float64]:
    """LEDs of a middle ring, metres from the axis, n x 2."""
    if rings == "head" and name == "N":
        turns = np.radians(ARC_DEG) * (np.arange(RING_LEDS) - (RING_LEDS - 1) / 2)
    else:
        turns = np.arange(RING_LEDS) * 2.0 * math.pi / RING_LEDS
    if name == "R":
        return RED_M * np.column_stack([np.cos(turns), np.sin(turns)])
    return MIDDLE_RINGS_M[rings][name] * np.column_stack([np.cos(turns), np.sin(turns)])


def with_lamps(probe: Probe, lamps: Sequence[LampName]) -> Probe:
    """The same probe with further lamps lit after every third frame, and nothing mislabelled."""
    letters: list[str] = []
    for first in range(0, len(probe.phases), 3):
        letters += [*probe.phases[first : first + 3], *lamps]
    times = tuple(k / probe.fps for k in range(len(letters)))
    return replace(probe, phases=tuple(letters), times_s=times, wrong_labels=())
