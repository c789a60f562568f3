"""Training of the lens judge on rendered clips.

Job: fit a boosted forest to followed places of the training worlds, in the proportions of the mixture; calibrate it on
folds it was not fitted to; write `judge_model.json`; say what each part of the mixture is worth. Input: files of rows;
output: the model, tables. Same seeds, same model. Refuses the worlds that only judge. Needs LightGBM, which is a
development dependency.

    python -m sweep.lab.lens.train rows --world training --first 1 --count 226 --out ROWS [--dense | --bright]
    python -m sweep.lab.lens.train rows --world plain --first 1 --count 220 --out ROWS [--dense | --bright]
    python -m sweep.lab.lens.train fit ROWS --earlier OLD_MODEL --out sweep/lens/evidence/judge_model.json
    python -m sweep.lab.lens.train calibrate ROWS --model MODEL --out sweep/lens/evidence/judge_model.json
    python -m sweep.lab.lens.train ablate ROWS --earlier OLD_MODEL
    python -m sweep.lab.lens.train rows --world held_out --first 5030000 --count 200 --out FIGURES
    python -m sweep.lab.lens.train figures FIGURES --model sweep/lens/evidence/judge_model.json
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sweep.lab.lens.assumed import table
from sweep.lab.lens.figures import cut_short, outcome_of, recall_among, reliability, seen_in_red
from sweep.lab.lens.forest import Earlier, Places, fit, gather, out_of_fold, to_table
from sweep.lab.lens.mixture import (
    GROUPS,
    PARTS,
    Recall,
    across_worlds,
    blind_to,
    recall_of,
    recall_out_of_fold,
    shares,
    without,
)
from sweep.lab.lens.ratio import calibrate, candidate, reported
from sweep.lab.lens.rows import JUDGING, USUAL_TRIPLES, WORLDS, follow, load, render, save, training_clip
from sweep.lab.scoring.report import rows as report_rows
from sweep.lab.scoring.score import TABLE_RATE, score_clips
from sweep.lab.worlds.recipe import MIDDLE_RINGS_M
from sweep.lens.evidence.decision_forest import load_model
from sweep.lens.evidence.evidence import FEATURES
from sweep.lens.evidence.judge import load_judge
from sweep.sim.scene.rendered import RenderedClip


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    rows = commands.add_parser("rows", help="render, follow and keep the places of each clip")
    rows.add_argument("--world", choices=WORLDS, default="training")
    rows.add_argument("--first", type=int, default=1)
    rows.add_argument("--count", type=int, default=400)
    rows.add_argument("--out", type=Path, required=True)
    rows.add_argument("--triples", type=int, help="as figures take clips, so many triples; default: as training does")
    rows.add_argument("--short-pulses", action="store_true", help="with --triples: every fourth group is short")
    rows.add_argument("--middle-rings", choices=tuple(MIDDLE_RINGS_M), help="with --triples: M and N are lit too")
    rows.add_argument("--red", action="store_true", help="with --triples, where there is geometry: red is lit too")
    rows.add_argument(
        "--bright", action="store_true", help="clips for fitting alone: all that shines up to 100 times as bright"
    )
    rows.add_argument("--dense", action="store_true", help="clips for fitting alone: harder, and with more lenses")
    trees = commands.add_parser("fit", help="fit and calibrate the forest")
    trees.add_argument("rows", type=Path)
    trees.add_argument("--out", type=Path, required=True)
    trees.add_argument("--earlier", type=Path, help="model file of an earlier training to build upon")
    again = commands.add_parser("calibrate", help="calibrate a model anew on rows of training clips that it never saw")
    again.add_argument("rows", type=Path)
    again.add_argument("--model", type=Path, required=True)
    again.add_argument("--out", type=Path, required=True)
    table = commands.add_parser("ablate", help="what each part of the mixture is worth")
    table.add_argument("rows", type=Path)
    table.add_argument("--earlier", type=Path)
    told = commands.add_parser("figures", help="what a model finds in rows of any world")
    told.add_argument("rows", type=Path)
    told.add_argument("--model", type=Path, help="default: the one that ships")
    told.add_argument("--triples", type=int, help="judge the first so many triples only")
    told.add_argument("--assumed", action="store_true", help="also move what nobody measured over its range")
    args = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    if args.command == "rows":
        return _make_rows(args)
    paths = sorted(args.rows.glob("*.npz"))
    if args.command == "figures":
        return _tell_figures(paths, args)
    if any(load(path).world in JUDGING for path in paths):
        print("error: a world that only judges never takes part in fitting", file=sys.stderr)
        return 2
    if args.command == "calibrate":
        return _calibrate(paths, args.model, args.out)
    earlier = None if args.earlier is None else Earlier.of(args.earlier.read_text(encoding="utf-8"))
    return _make_model(paths, args.out, earlier) if args.command == "fit" else _ablate(paths, earlier)


def _make_rows(args: argparse.Namespace) -> int:
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.first, args.first + args.count):
        path = args.out / f"{args.world}-{seed:07d}.npz"
        if not path.exists():
            save(follow(_clip(args, seed)), path)
        if seed % 20 == 0:
            print(f"{seed - args.first + 1} of {args.count} clips", file=sys.stderr, flush=True)
    return 0


def _clip(args: argparse.Namespace, seed: int) -> RenderedClip:
    if args.triples is None and args.world not in JUDGING:
        return training_clip(args.world, seed, is_dense=args.dense, is_bright=args.bright)
    asked = {"short_pulses": args.short_pulses, "middle_rings": args.middle_rings, "red": args.red}
    lamps = {name: wanted for name, wanted in asked.items() if wanted}  # the unseen world knows neither
    return render(args.world, seed, triples=args.triples or USUAL_TRIPLES, **lamps)


def _tell_figures(paths: Sequence[Path], args: argparse.Namespace) -> int:
    model = load_judge() if args.model is None else load_model(args.model.read_text(encoding="utf-8"), FEATURES)
    clips = [load(path) for path in paths]
    if args.triples is not None:
        clips = [cut_short(rows, args.triples) for rows in clips]
    outcomes = [outcome_of(rows, model) for rows in clips]
    score = score_clips(outcomes)
    print(*("  ".join(row) for row in report_rows(score)), sep="\n")
    threshold = score.threshold[TABLE_RATE]
    least = -math.inf if threshold is None else threshold
    shown = recall_among(clips, outcomes, least, lambda lens: lens["kind"] == "reflective" and lens["ba_ratio"] < 0.8)
    print(f"reflective IR-cuts of B/A < 0.8 at {TABLE_RATE} FA/clip  {shown}")
    print("log10 likelihood ratio said, found, places", *reliability(outcomes), sep="\n")
    least = float(model.about["candidate"]["score"]) if "candidate" in model.about else math.inf
    alarms = sum(m.lens is None and m.score >= least for o in outcomes for m in o.matched)
    print(
        f"candidates from {least}: {alarms / len(clips):.2f} FA/clip, recall",
        recall_among(clips, outcomes, least, bool),
    )
    for kind in ("absorptive", "reflective", "clear"):
        for line in seen_in_red(clips, kind):
            print(line)
    if args.assumed:
        print("assumption, recall at 0.1 at both ends", *("  ".join(row) for row in table(clips, outcomes)), sep="\n")
    return 0


def _make_model(paths: Sequence[Path], out: Path, earlier: Earlier | None) -> int:
    places = gather(paths, earlier)
    about: dict[str, Any] = {
        "trained_on": "rendered clips",
        "clips": {world: int(count) for world, count in shares(places).items()},
        "lenses_followed": int(((places.labels == 1) & ~places.is_copy).sum()),
        "other_places": int(((places.labels == 0) & ~places.is_copy).sum()),
        "built_upon": {} if earlier is None else earlier.model.about,
    }
    table = to_table(fit(places, earlier=earlier), {}, about)
    _write(table, places, out_of_fold(places, earlier=earlier), "folds over training clips", out)
    return 0


def _calibrate(paths: Sequence[Path], model: Path, out: Path) -> int:
    places = gather(paths)
    table = json.loads(model.read_text(encoding="utf-8"))
    raw = load_model(json.dumps(table), FEATURES).forest.scores(places.features)
    _write(table, places, raw, "training clips that the forest never saw", out)
    return 0


def _write(table: dict[str, Any], places: Places, raw: npt.NDArray[np.float64], scored_by: str, out: Path) -> None:
    """Add the calibration and the candidate's score, write the model file and say what it is."""
    counts = reported(places, raw)
    table["calibration"] = calibrate(places.only(counts), raw[counts])
    model = load_model(json.dumps(table), FEATURES)
    table["about"]["candidate"] = candidate(places, raw, model) | {"scored_by": scored_by}
    out.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
    print(json.dumps(table["about"]), json.dumps(table["calibration"]), sep="\n")


def _ablate(paths: Sequence[Path], earlier: Earlier | None) -> int:
    """Recall on the whole mixture, by folds, of forests that never saw one part of it or one group of features."""
    places = gather(paths, earlier)

    def tell(name: str, judged: Places, trained: Places, upon: Earlier | None = earlier) -> None:
        print(name, *_shown(recall_out_of_fold(judged, trained, upon)), sep="  ", flush=True)

    tell("whole mixture", places, places)
    for part in PARTS:
        tell(f"without {part}", places, without(places, part))
    raw = across_worlds(places, earlier)
    for world in np.unique(places.worlds):
        held = places.worlds == world
        print(f"judged on {world} without it", *_shown(recall_of(places.only(held), raw[held])), sep="  ", flush=True)
    tell("forest of its own, whole mixture", places, places, None)
    for group in GROUPS:
        blind = blind_to(places, group)
        tell(f"without features: {group}", blind, blind, None)
    return 0


def _shown(figures: Sequence[Recall]) -> list[str]:
    return [f"{rate:g}: {value:.2f} ({low:.2f}-{high:.2f})" for rate, value, low, high in figures]


if __name__ == "__main__":
    raise SystemExit(main())
