"""The detector's measured curves: `detection.json` as whoever states a probability reads it.

Input is the table that `sweep.lab.lens.curve` or `sweep bench weights` counted; output is the probability that a lens
of some signal-to-noise ratio is found in so many triples, drawn anew for each draw from what the counts allow, and the
light that lenses return.  Between what was counted it goes in straight lines; above, it stays where the last count left
it, below it is nothing.  Refuses with ValueError a table of another form; whether it was counted with the forest that
judges, whoever reads it asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from sweep.phrases import Phrase

Floats = npt.NDArray[np.float64]
Kind = Literal["clear", "reflective"]
KINDS: Final[tuple[Kind, ...]] = ("clear", "reflective")
FIRST_LOOK_SCORE: Final = 1.28
"""Score from which a place is a candidate (`judge.candidate_score`), of those that the table was counted at."""
AS_CALLED: Final = "called"
"""Its name in a table that was counted with one forest, at the score of a candidate by that."""
LOG_SNR: Final = np.linspace(-0.5, 4.5, 101)


@dataclass(frozen=True, eq=False)
class DetectionCurves:
    """The table."""

    source: Literal["rendered", "field"]
    forest: str
    """Build of the judge that it was counted with."""
    on_axis_offset_m: float
    """Radius of the lamps that the light of lenses was stated for."""
    clips: int
    triples: tuple[int, ...]
    log_snr: Floats
    """Middle of each class."""
    found: npt.NDArray[np.int64]
    """Lenses found, by triples and class."""
    looked_for: npt.NDArray[np.int64]
    together: float
    """Part of the misses of two places that go together: 0 independent, 1 the same."""
    noise_log10: Floats
    """Quantiles of the noise about a lens over what the map of directions says of its place."""
    ranges_m: Floats
    angles_deg: Floats
    returns_log10: dict[Kind, Floats]
    """Range x quantile."""
    entrance_log10: Floats
    """Angle x quantile."""
    independent: float = 1.0
    """Share of the counts that counts as independent: twelve clips of one camera are not twelve cameras."""
    made_from: str = ""
    """What was counted."""

    def draw(self, rng: np.random.Generator, draws: int) -> Floats:
        """Probability by draw, row of triples and LOG_SNR: each count's from its Beta distribution (Jeffreys); of less
        light than any lens that was counted had, 0.
        """
        hits, all_ = self.independent * self.found[None], self.independent * self.looked_for[None]
        rates = rng.beta(hits + 0.5, all_ - hits + 0.5, size=(draws, *self.found.shape))
        is_fainter = np.cumsum(self.looked_for > 0, axis=1) == 0
        rates = np.where(is_fainter, 0.0, np.where(all_ > 0, rates, np.nan))
        curves = np.empty((draws, len(self.triples), len(LOG_SNR)))
        for at in np.ndindex(draws, len(self.triples)):
            known = np.isfinite(rates[at])
            curves[at] = np.interp(LOG_SNR, self.log_snr[known], rates[at][known])
        return curves

    def row_of(self, triples: npt.NDArray[np.int16]) -> npt.NDArray[np.intp]:
        """Row of so many triples, -1 for fewer than the first."""
        return np.searchsorted(np.array(self.triples), triples, side="right") - 1

    def returned_log10(self, kind: Kind, range_m: Floats, share: Floats, on_axis_offset_m: float) -> Floats:
        """log10 of a lens's light over the reference lens's; `share`: which of the lenses, 0 weakest to 1.

        It hangs on the angle between lamp and camera as the lens sees it: lamps farther out are nearer lamps at a
        longer range, in proportion.
        """
        same_angle_m = range_m * (self.on_axis_offset_m / on_axis_offset_m)
        return _between(self.returns_log10[kind], np.log(same_angle_m), np.log(self.ranges_m), share)

    def entrance(self, angle_deg: Floats, share: Floats) -> Floats:
        """log10 of what is left at an angle from the lens's axis."""
        return _between(self.entrance_log10, angle_deg, self.angles_deg, share)


def _between(table: Floats, at: Floats, grid: Floats, share: Floats) -> Floats:
    """Table (grid x quantile) at points between the grid's, for the quantile nearest to `share`."""
    column = np.minimum((share * table.shape[1]).astype(np.intp), table.shape[1] - 1)
    right = np.clip(np.searchsorted(grid, at), 1, len(grid) - 1)
    part = np.clip((at - grid[right - 1]) / (grid[right] - grid[right - 1]), 0.0, 1.0)
    return np.asarray(table[right - 1, column] * (1.0 - part) + table[right, column] * part)


@cache
def load_curves(score: float = FIRST_LOOK_SCORE) -> DetectionCurves:
    """The table that ships with the package, at the score from which a place counts as found."""
    table = json.loads(files("sweep.lens.evidence").joinpath("detection.json").read_text(encoding="utf-8"))
    return parse_curves(table, f"{score:g}")


def parse_curves(table: Mapping[str, Any], score: str = AS_CALLED) -> DetectionCurves:
    """A table at that score.  Raises ValueError for one of another form."""
    try:
        return _curves(table, score)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(Phrase("detection_unreadable", why=error)) from None


def _curves(table: Mapping[str, Any], score: str) -> DetectionCurves:
    edges = [max(edge, 1.0) for edge in table["snr_edges"]]
    middles = [np.sqrt(a * b) for a, b in zip(edges, [*edges[1:], edges[-1] * 4.0], strict=True)]
    pairs = table["together"][score]
    span = pairs["as_one"] - pairs["independent"]
    curves = DetectionCurves(
        table["source"],
        table["forest"],
        float(table["on_axis_offset_m"]),
        table["clips"],
        tuple(table["triples"]),
        np.log10(middles),
        np.array(table["found"][score], np.int64),
        np.array(table["lenses"], np.int64),
        float(np.clip((pairs["missed"] - pairs["independent"]) / span, 0.0, 1.0)) if span > 0.0 else 1.0,
        np.array(table["noise_log10"], np.float64),
        np.array(table["ranges_m"], np.float64),
        np.array(table["angles_deg"], np.float64),
        {kind: np.array(table["returns_log10"][kind], np.float64) for kind in KINDS},
        np.array(table["entrance_log10"], np.float64),
        float(table.get("independent", 1.0)),
        str(table.get("made_from", f"{table['clips']} {table['source']} clips")),
    )
    shape = (len(curves.triples), len(edges))
    fits = (
        curves.source in {"rendered", "field"}
        and curves.found.shape == curves.looked_for.shape == shape
        and bool((curves.looked_for >= curves.found).all() and (curves.found >= 0).all())
        and curves.looked_for.any(axis=1).all()
        and 0.0 < curves.independent <= 1.0
        and curves.on_axis_offset_m > 0.0
        and all(returned.shape[:1] == curves.ranges_m.shape for returned in curves.returns_log10.values())
        and curves.entrance_log10.shape[:1] == curves.angles_deg.shape
    )
    if not fits:
        raise ValueError(Phrase("detection_unreadable", why=Phrase("detection_shape")))
    return curves
