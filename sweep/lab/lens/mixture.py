"""What each part of the training mixture and each group of features is worth.

Job: leave one world, one kind of confuser or one group of features out of the fit and say what recall that costs on
the whole mixture. Input: places; output: recall at a rate of false alarms with its interval. Refuses the worlds that
only judge, as every choice about the mixture does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.forest import SHARES, Earlier, Places, fit, out_of_fold, weighted
from sweep.lab.scoring.intervals import percentiles
from sweep.lab.scoring.score import RATES
from sweep.lens.evidence.evidence import AT

PARTS = (*SHARES, "eyes", "glitter", "ind_led", "drops", "tape_frag", "screw")
"""Worlds and kinds that can be left out."""
GROUPS: dict[str, tuple[str, ...]] = {
    "ratio of the lamps": (
        "stacked_z", "ratio_max", "ratio_unclipped", "area_ratio", "off_shift", "ratio_point", "ratio_wide",
        "ratio_spread", "ratio_margin",
    ),
    "middle rings and short pulses": ("middle_ratio", "outer_ratio", "short_ratio", "short_width"),
    "steadiness": (
        "persistence", "longest_gap", "variation", "variation_excess", "jump", "trend", "unsteadiness", "block_scatter",
        "weakest_block", "travel",
    ),
    "motion": ("slide", "slide_share", "slide_along", "jitter"),
    "shape": (
        "width", "sharpness", "width_spread", "elongation", "compactness", "core_share", "saturated_px", "level",
        "flare",
    ),
    "surroundings": (
        "contrast", "annulus", "off_dip", "off_dip_wide", "slope", "around_spread", "clutter", "wall_e", "ambient",
        "overshadowed", "edge",
    ),
    "dark frames": ("dark_ratio", "dark_peak"),
    "twins, pairs and flashes": ("twins", "twin", "pair", "pair_motion", "eye_pair", "flashing"),
}  # fmt: skip
"""Features that tell of one thing; brightness and length stay."""
Recall = tuple[float, float, float, float]
FOLDS = 3
RESAMPLES = 200
SEED = 90


def shares(places: Places) -> dict[str, int]:
    """Clips of each world."""
    _, first = np.unique(places.clips, return_index=True)
    names, counts = np.unique(places.worlds[first], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def without(places: Places, part: str) -> Places:
    """The places without a world, or without those on a kind of confuser."""
    return weighted(places.only((places.worlds != part) & (places.kinds != part)))


def blind_to(places: Places, group: str) -> Places:
    """The places as a detector without that group of features sees them."""
    features = places.features.copy()
    features[:, [AT[name] for name in GROUPS[group]]] = np.nan
    return replace(places, features=features)


def across_worlds(places: Places, earlier: Earlier | None = None) -> npt.NDArray[np.float64]:
    """Raw score of each place by a forest that never saw its world: the next world is another."""
    raw = np.zeros(places.labels.size)
    for world in np.unique(places.worlds):
        held = places.worlds == world
        raw[held] = fit(weighted(places.only(~held)), earlier=earlier).raw_scores(places.only(held))
    return raw


def recall_out_of_fold(places: Places, trained: Places, earlier: Earlier | None = None) -> list[Recall]:
    """Recall by forests that never saw the clip; every world counts by its share."""
    return recall_of(places, out_of_fold(places, trained, FOLDS, earlier))


def recall_of(places: Places, raw: npt.NDArray[np.float64]) -> list[Recall]:
    """Rate, recall among the lenses that were followed, and the ends of its 90 % interval over clips.

    Places that belong to one object are not merged, so false alarms count a little high.
    """
    raw, places = raw[~places.is_copy], places.only(~places.is_copy)
    order = np.argsort(-raw, kind="stable")
    is_lens, clip = places.labels[order] == 1, np.unique(places.clips[order], return_inverse=True)[1]
    weight = places.weights[order].astype(np.float64)
    count = int(clip.max()) + 1
    clip_weight = np.zeros(count)
    clip_weight[clip] = weight
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1.0 / count), RESAMPLES)
    figures = []
    for rate in RATES:
        value = _recall(rate, is_lens, weight, float(clip_weight.sum()))
        spread = np.array(
            [_recall(rate, is_lens, weight * times[clip], float((clip_weight * times).sum())) for times in drawn]
        )
        low, high = percentiles(spread) or (np.nan, np.nan)
        figures.append((rate, value, float(low), float(high)))
    return figures


def _recall(rate: float, is_lens: npt.NDArray[np.bool_], weight: npt.NDArray[np.float64], clips: float) -> float:
    """Share of lenses before the false alarms exceed `rate` a clip; places best first."""
    alarms = np.cumsum(np.where(is_lens, 0.0, weight))
    cut = int(np.searchsorted(alarms, rate * clips, side="right"))
    return float(weight[:cut][is_lens[:cut]].sum() / max(float(weight[is_lens].sum()), 1e-9))
