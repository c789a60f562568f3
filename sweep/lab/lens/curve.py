"""The curves behind the lens's probability of detection, counted on rendered clips: writes `detection.json`.

Job: of the lenses planted in rendered clips, count by signal-to-noise ratio and number of triples which ones the
detector's score passed; count how often two looks at the same lens from two places missed together; draw how much
light lenses return compared with the reference lens, and how much of it is left at an angle.  Input: folder of followed
places as `lab.lens.pairs` keeps them (`NAME.1.npz` and `NAME.2.npz`); output: one table.  Refuses to smooth: what was
counted stands there with its counts.

    python -m sweep.lab.lens.curve PAIRS --out sweep/lens/evidence/detection.json
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sweep.lab.lens.rows import HALF_SIZE, Rows, load, render
from sweep.lab.worlds.foreign import Foreign
from sweep.lab.worlds.recipe import draw_lens
from sweep.lab.worlds.tuning import Tuning
from sweep.lens.clip.source import pair_triples
from sweep.lens.evidence.judge import judge_tracks, load_judge
from sweep.lens.follow.coverage import expected_flux_e
from sweep.lens.follow.track import AT, Tracks
from sweep.lens.follow.view import COLUMNS, ROWS, view_of
from sweep.lens.optics import load_optics

SNR_EDGES: Final = (0.0, 3.0, 6.0, 12.0, 30.0, 100.0, 400.0, 1600.0, 1e9)
TRIPLES: Final = (3, 5, 8, 14)
SCORES: Final = (0.41, 0.95, 1.28, 1.91, 2.35)
"""The middle one is that of a candidate (`judge.candidate_score`)."""
REACH_PX, MOST = 4.0, 200
"""As the second look's table: a hit at half size, and places that are judged."""
QUANTILES: Final = tuple((k + 0.5) / 10.0 for k in range(10))
RANGES_M: Final = (0.3, 0.5, 0.8, 1.2, 1.8, 2.6)
ANGLES_DEG: Final = (0.0, 10.0, 20.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 75.0)
DRAWS: Final = 4000
FIRST_NOISE_SEED: Final = 420_000
"""Of clips that train nothing."""
TIERS: Final = (1, 2, 3)
"""Easy, usual and hard lenses in equal parts (guessed: nobody has counted them); tier 4 is what hardly anything shows.
"""


def scores_of(rows: Rows, triples: int) -> list[tuple[float, float]]:
    """(signal-to-noise ratio, best score) of each lens that is in view in most of the first triples."""
    kept = [k for k, number in enumerate(rows.tracks.triples) if number < triples]
    tracks = Tracks(rows.tracks.rows[:, kept], rows.tracks.triples[kept])
    frames = rows.frames[:triples]
    is_found = (tracks.rows[:, :, AT["found"]] > 0).any(axis=1)
    tracks = Tracks(tracks.rows[is_found], tracks.triples)
    places = []
    for one in judge_tracks(tracks, rows.scene, MOST) if kept else []:
        last = int(np.flatnonzero(tracks.rows[one.track, :, AT["found"]] > 0)[-1])
        row = tracks.rows[one.track, last]
        places.append((rows.frames[int(tracks.triples[last])], float(row[AT["x"]]), float(row[AT["y"]]), one.score))
    found = []
    for lens in rows.truth["lenses"]:
        track = {row["frame"]: row for row in lens["track"] if row["frame"] in frames}
        if sum(row["inside"] for row in track.values()) * 2 <= len(frames):
            continue
        snr = float(np.median([row["snr"] for row in track.values()]))
        best = -math.inf
        for frame, x, y, score in places:
            row = track.get(frame)
            reach = 0.0 if row is None else max(REACH_PX, row.get("rad", 0.0) + 3.0)
            if row is not None and math.hypot(row["x"] - x, row["y"] - y) <= reach:
                best = max(best, score)
        found.append((snr, best))
    return found


def count(folder: Path) -> dict[str, Any]:
    """Lenses found and looked for, by score, number of triples and signal-to-noise ratio; and the looks that missed
    together.
    """
    shape = (len(SCORES), len(TRIPLES), len(SNR_EDGES) - 1)
    hits, all_ = np.zeros(shape, int), np.zeros(shape[1:], int)
    pairs: list[tuple[tuple[float, float], tuple[float, float]]] = []
    files = sorted(folder.glob("*.1.npz"))
    for path in files:
        looks = [load(path), load(path.with_name(path.name.replace(".1.npz", ".2.npz")))]
        for rows in looks:
            for at, triples in enumerate(TRIPLES):
                if triples <= len(rows.frames):
                    for snr, score in scores_of(rows, triples):
                        column = int(np.searchsorted(SNR_EDGES, snr, side="right")) - 1
                        all_[at, column] += 1
                        hits[:, at, column] += score >= np.array(SCORES)
        both = [_by_number(rows) for rows in looks]
        pairs += [(both[0][number], both[1][number]) for number in sorted(both[0].keys() & both[1].keys())]
    return {
        "clips": 2 * len(files),
        "snr_edges": [edge for edge in SNR_EDGES if edge < 1e9],
        "triples": list(TRIPLES),
        "lenses": all_.tolist(),
        "found": {f"{score:g}": hits[k].tolist() for k, score in enumerate(SCORES)},
        "together": {f"{score:g}": _together(pairs, score, hits[k, 2], all_[2]) for k, score in enumerate(SCORES)},
    }


def _by_number(rows: Rows) -> dict[int, tuple[float, float]]:
    """As `scores_of` over all triples, by the lens's number in the truth."""
    found = {}
    for number, lens in enumerate(rows.truth["lenses"]):
        alone = Rows(rows.clip, rows.tracks, rows.scene, rows.frames, rows.truth | {"lenses": [lens]})
        for one in scores_of(alone, len(rows.frames)):
            found[number] = one
    return found


def _together(
    pairs: list[tuple[tuple[float, float], tuple[float, float]]], score: float, hits: Any, all_: Any
) -> dict[str, float]:
    """How many lenses were missed by both of two looks, and how many would be if the looks were independent, or one,
    given what each look's signal-to-noise ratio says.
    """
    rates = (hits + 0.5) / (all_ + 1.0)
    missed, apart, one = 0, 0.0, 0.0
    for looks in pairs:
        columns = [int(np.searchsorted(SNR_EDGES, snr, side="right")) - 1 for snr, _ in looks]
        misses = [1.0 - rates[column] for column in columns]
        missed += all(best < score for _, best in looks)
        apart += misses[0] * misses[1]
        one += min(misses)
    return {"pairs": len(pairs), "missed": missed, "independent": round(apart, 2), "as_one": round(one, 2)}


def returns() -> dict[str, list[list[float]]]:
    """log10 of the light of a lens over that of the reference lens of the same aperture, facing the probe: quantiles by
    range, for lenses without a filter and behind one that reflects; half from each of two sets of assumptions.
    """
    optics = load_optics()
    rng = np.random.default_rng(19)
    drawn: dict[str, list[npt.NDArray[np.float64]]] = {"clear": [], "reflective": []}
    for number in range(DRAWS):
        assume = Tuning() if number % 2 else Foreign(rng)
        draw = draw_lens(rng, TIERS[number % len(TIERS)])
        lobe = assume.lens_lobe(rng)
        second, second_rho = assume.filter_lobe(rng)
        weaker = float(rng.uniform(0.02, 0.5))  # as lenses are planted (lens_plant)
        alphas = np.array([optics.on_axis_offset_m / range_m for range_m in RANGES_M])
        nominal = np.array([optics.reference_lobe.density_per_sr(a) for a in alphas]) * optics.reference_rho
        plain = np.asarray(lobe.at(alphas), float) * draw.rho
        behind = plain * weaker + np.asarray(second.at(alphas), float) * second_rho
        for kind, density in (("clear", plain), ("reflective", behind)):
            drawn[kind].append(np.log10(np.maximum(density * draw.visible_share, 1e-12) / nominal))
    return {
        kind: np.round(np.quantile(np.array(rows), QUANTILES, axis=0).T, 3).tolist() for kind, rows in drawn.items()
    }


def entrances() -> list[list[float]]:
    """log10 of what a lens returns at an angle from its axis over what it returns along it: quantiles by angle."""
    rng = np.random.default_rng(20)
    rows = []
    for number in range(DRAWS):
        exponent, cutoff = (Tuning() if number % 2 else Foreign(rng)).lens_entrance(rng)
        edge = [(cutoff - angle) / 3.0 + 0.5 for angle in ANGLES_DEG]  # a soft edge of 3 degrees, as the renderer's
        rows.append(
            [
                exponent * math.log10(math.cos(math.radians(angle))) + math.log10(min(1.0, max(1e-9, part)))
                for angle, part in zip(ANGLES_DEG, edge, strict=True)
            ]
        )
    table: list[list[float]] = np.round(np.quantile(np.array(rows), QUANTILES, axis=0).T, 3).tolist()
    return table


def noises(clips: int) -> list[float]:
    """log10 of the noise that the renderer states for a lens over what the map of directions says of its place, in
    quantiles: the map takes the worst part of a cell, texture and the lens's own light included.
    """
    optics, ratios = load_optics(), []
    for seed in range(FIRST_NOISE_SEED, FIRST_NOISE_SEED + clips):
        rendered = render("training", seed, size=HALF_SIZE, triples=4, with_lens=True, lenses=4)
        meta = rendered.meta
        triple = pair_triples(meta.phases, meta.short_frames)[0][1]
        lit, unlit = (
            (rendered.frames[at].astype(np.float32) - np.float32(meta.black_level)) * np.float32(meta.e_per_dn)
            for at in (triple.on_axis, triple.dark)
        )
        saturated = (rendered.frames[triple.on_axis] >= meta.saturation_dn).astype(np.uint8) * np.uint8(255)
        farthest = view_of(optics, meta, lit, unlit, saturated, 0.0).farthest_m
        for lens in rendered.truth["lenses"]:
            for row in lens["track"]:
                if row["frame"] != triple.on_axis or not row["inside"] or row["snr"] <= 0.0:
                    continue
                column, line = int(row["x"] / meta.width * COLUMNS), int(row["y"] / meta.height * ROWS)
                reach_m = float(farthest[min(max(line, 0), ROWS - 1), min(max(column, 0), COLUMNS - 1)])
                if reach_m > 0.0:
                    flux = expected_flux_e(optics, meta, reach_m)
                    noise_e = math.sqrt(max((flux / optics.snr_floor) ** 2 - flux, 1.0))
                    ratios.append(math.log10(row["e"] / row["snr"] / noise_e))
    print(f"noise of {len(ratios)} lenses in {clips} clips", file=sys.stderr)
    result: list[float] = np.round(np.quantile(ratios, QUANTILES), 3).tolist()
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--noise-clips", type=int, default=26)
    args = parser.parse_args(arguments)
    table = {
        "source": "rendered",
        "forest": load_judge().build,
        "on_axis_offset_m": load_optics().on_axis_offset_m,
        **count(args.folder),
        "noise_log10": noises(args.noise_clips),
        "quantiles": list(QUANTILES),
        "ranges_m": list(RANGES_M),
        "returns_log10": returns(),
        "angles_deg": list(ANGLES_DEG),
        "entrance_log10": entrances(),
    }
    lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    args.out.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
