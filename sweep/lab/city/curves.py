"""What the simulated city samples from: curves measured with the real code, in one file.

Job: judge followed places of rendered clips and pairs of looks with the detector's own forest, take in how light tests
ended and where transmitters were placed; write `city_curves.json`. Input: folders of rows and pairs, files of runs;
output: that file. Refuses clips that the forest was trained on, by their seeds.

    python -m sweep.lab.city.curves --pairs DIR [--rows DIR...] [--second-rows DIR...] [--third-rows DIR...] \
        [--light RUNS] [--light-nulls RUNS] [--places RUNS]

What is left out of the three radio files stays as the written file has it: a detector of another day changes no light
test. A world whose rows are left out stays as well, where the same forest measured it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.lab.city.rooms import Lens, WorldName
from sweep.lab.city.samples import APERTURES_MM, CALLED, is_lens
from sweep.lab.lens.pairs import best_of, load_pair, scores_of, spots_of, things_of
from sweep.lab.lens.rows import JUDGING, load
from sweep.lens.evidence.judge import load_judge
from sweep.phrases import Phrase

LEAST_SCORE: Final = 0.0
"""Lower scores of confusers weigh nothing and are only counted."""
NEAR_M: Final = 1.5
"""Range within which a plain 1 mm lens is wanted to be found."""
UNFOLLOWED: Final = -9.0
RENDERERS: Final[dict[WorldName, str]] = {"first": "training", "second": "held_out", "third": "unseen"}
"""Of the clips and pairs of each world."""
PLACED: Final = ("places", "region_holds")
"""What `sweep.lab.city.places` tells of a world."""


def trained_until() -> dict[str, int]:
    """The last seed of each world that the forest was fitted to; a few of those before it were left out."""
    return {world: int(count) + 50 for world, count in load_judge().about["clips"].items()}


def measure_clips(paths: Iterable[Path]) -> dict[str, Any]:
    """Scores of every thing and lens of single clips. Raises ValueError for a clip that trained the forest."""
    last = trained_until()
    things: dict[str, list[float]] = {}
    counts: Counter[str] = Counter()
    lenses: list[list[Any]] = []
    planted: list[tuple[dict[str, Any], list[Any]]] = []
    background: list[float] = []
    clips = 0
    for path in paths:
        rows = load(path)
        seed = int(path.name.rsplit("-", 1)[1].split(".")[0])
        if rows.world not in JUDGING and seed <= last.get(rows.world, 0):
            raise ValueError(Phrase("forest_trained_on_clip", file=path.name))
        look = scores_of(rows)
        clips += 1
        counts.update(rows.truth.get("conf_counts", {}))
        found, rest = things_of(look, rows.truth)
        for kind, score in found:
            things.setdefault(kind, []).append(score)
        background += rest
        of_clip = [(lens, _lens_row(lens, look)) for lens in rows.truth["lenses"]]
        lenses += [row for _, row in of_clip]
        planted += of_clip
    return {
        "clips": clips,
        "things": {
            kind: {"count": max(counts[kind], len(scores)), "scores": _kept(scores)}
            for kind, scores in sorted(things.items())
        },
        "background": _kept(background),
        "lenses": [row for row in lenses if row[3]],
        "targets": {name: _lost(planted, name) for name in APERTURES_MM},
    }


def _lens_row(lens: dict[str, Any], look: Any) -> list[Any]:
    inside = float(np.mean([row.get("inside", True) for row in lens["track"]])) if lens["track"] else 0.0
    score = best_of(look, lens["track"], lens=True)
    return [lens["kind"], lens["aperture_mm"], lens["range_m"], inside > 0.5, _finite(score)]


def _lost(planted: Sequence[tuple[dict[str, Any], list[Any]]], name: Lens) -> dict[str, int]:
    """How many lenses of a target within NEAR_M are left step by step."""
    near = [(lens, row) for lens, row in planted if is_lens(name, row[0], row[1], row[2], NEAR_M)]
    in_view = [(lens, row) for lens, row in near if row[3]]
    return {
        "planted": len(near),
        "in_view": len(in_view),
        "detectable": sum(bool(lens["detectable"]) for lens, _ in in_view),
        "followed": sum(row[4] > UNFOLLOWED for _, row in in_view),
        "above_0": sum(row[4] >= 0.0 for _, row in in_view),
        "called": sum(row[4] >= CALLED for _, row in in_view),
    }


def _finite(score: float) -> float:
    return round(max(score, UNFOLLOWED), 3)


def _kept(scores: Iterable[float]) -> list[float]:
    return sorted(_finite(score) for score in scores if score >= LEAST_SCORE)


def measure_pairs(paths: Iterable[Path]) -> list[list[Any]]:
    """Kind, first and second score of what scored at first; null where the second look did not show the place."""
    rows: list[list[Any]] = []
    for path in paths:
        for spot in spots_of(*load_pair(path)):
            if spot.first >= LEAST_SCORE or (spot.kind == "lens" and spot.about["in_view"]):
                about = [spot.about[name] for name in ("kind", "aperture_mm", "range_m")] if spot.about else []
                second = _finite(spot.second) if spot.second_in_view else None
                rows.append([spot.kind, _finite(spot.first), second, *about])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=Path, nargs="+", default=[], help="first looks of pairs do as well")
    parser.add_argument("--second-rows", type=Path, nargs="+", default=[])
    parser.add_argument("--third-rows", type=Path, nargs="+", default=[])
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--light", type=Path, help="as tests.simulators.light_runs writes it")
    parser.add_argument("--light-nulls", type=Path, help="as tests.simulators.light_nulls writes it")
    parser.add_argument("--places", type=Path, help="as sweep.lab.city.places writes it")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("city_curves.json"))
    args = parser.parse_args(arguments)
    earlier: dict[str, Any] = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}

    def radio(path: Path | None, kept: Any, name: str) -> Any:
        if path is None and kept is None:
            parser.error(f"--{name} is left out and {args.out} has none")
        return kept if path is None else json.loads(path.read_text("utf-8"))

    stored: dict[str, Any] = earlier.get("worlds", {})
    places = {name: {key: one[key] for key in PLACED if key in one} for name, one in stored.items()}
    curves: dict[str, Any] = {
        "build": load_judge().build,
        "worlds": {},
        "light": radio(args.light, earlier.get("light"), "light"),
        "light_nulls": radio(args.light_nulls, earlier.get("light_nulls"), "light-nulls"),
    }
    placed_by = radio(args.places, places or None, "places")
    given: dict[WorldName, list[Path]] = {"first": args.rows, "second": args.second_rows, "third": args.third_rows}
    for name, folders in given.items():
        if not folders:
            if name not in stored or earlier["build"] != curves["build"]:
                parser.error(f"rows of the {name} world are left out, and {args.out} has none by this forest")
            curves["worlds"][name] = stored[name]
            continue
        renderer = RENDERERS[name]
        paths = [p for folder in folders for p in sorted(folder.glob("*.npz")) if not p.name.endswith(".2.npz")]
        wanted = [p for p in paths if p.name.startswith(renderer)]
        pairs = sorted(args.pairs.glob(f"{renderer}-*.json"))
        print(f"{name}: {len(wanted)} clips, {len(pairs)} pairs", file=sys.stderr, flush=True)
        curves["worlds"][name] = measure_clips(wanted) | {"pairs": len(pairs), "again": measure_pairs(pairs)}
    for name, placed in placed_by.items():
        curves["worlds"][name] |= placed
    args.out.write_text(json.dumps(curves, separators=(",", ":")) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
