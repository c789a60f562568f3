"""Sentence for the numbers the judge rests on, Korean and English.

Job: one sentence with its number for each feature of the evidence. Input: a feature's name and value; output: the
pair of sentences. Refuses a feature without a sentence: every reason must be readable.
"""

from __future__ import annotations

import math
import re
from typing import Final

from sweep.report.sentences import Sentence, Sentences

_LOG = {
    "stacked_z", "snr", "z_over_clutter", "variation_excess", "contrast", "ambient", "wall_e", "flare",
    "ratio_unclipped", "overshadowed", "area_ratio", "short_ratio", "unsteadiness", "block_scatter", "travel",
}  # fmt: skip
_LOG2 = {"saturated_px", "neighbours", "retro_neighbours", "crowd", "triples", "flashing"}
LARGEST_LOG: Final = 20.0
"""Of a factor that is told as a number."""
SHOWN_FROM: Final = 0.005
"""The least value that two decimals show."""

REASONS: Final = Sentences(
    "lens.numbers",
    """
        stacked_z snr z_over_clutter ratio_max ratio_unclipped area_ratio off_shift overshadowed ratio_point
        ratio_wide ratio_spread ratio_margin persistence longest_gap life variation variation_excess jump trend
        width sharpness width_spread elongation compactness core_share saturated_px contrast annulus off_dip
        off_dip_wide dark_ratio ambient twins twin slide slide_share slide_along jitter slope around_spread clutter
        flare neighbours retro_neighbours crowd pair pair_motion level edge triples wall_e middle_ratio red_ratio
        outer_ratio short_ratio short_width eye_pair flashing unsteadiness block_scatter weakest_block dark_peak
        travel seen_again gone_from_the_side red_alone rest
    """,
)


NONE: Final = Sentences("lens.none", "dark_peak dark_ratio eye_pair pair pair_motion twin twins")
"""What speaks by being absent: of a value that would be shown as nothing, or below it."""


def sentence(name: str, value: float) -> Sentence:
    """Both sentences for a feature and its value. Raises KeyError for an unknown feature."""
    both = NONE[name] if name in NONE and value < SHOWN_FROM else REASONS[name]
    if not math.isfinite(value):
        ko, en = (re.sub(r"\{[^}]*\}", "?", text) for text in REASONS[name])
        return Sentence(f"{ko}(측정할 수 없었음)", f"{en} (could not be measured)")
    if name in _LOG:
        value = 10.0**value
    elif name in _LOG2:
        value = 2.0**value - (0.0 if name == "triples" else 1.0)
    factor = math.exp(min(value, LARGEST_LOG))
    return Sentence(*(text.format(v=value, p=100.0 * value, f=factor) for text in both))
