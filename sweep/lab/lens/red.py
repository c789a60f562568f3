"""What red frames add: the same rendered clips judged with their red frames and without.

Job: render clips that have red frames, judge each twice, compare with their truth. Input: world and seeds; output:
lenses behind absorptive filters found either way, recall of all others, false alarms. Refuses nothing: any world with
geometry may be looked at, nothing is fitted here.

    python -m sweep.lab.lens.red --world training --first 61021 --count 40 --lenses 12 --out CLIPS
    python -m sweep.lab.lens.red --figures CLIPS
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from sweep.lab.lens.rows import HALF_SIZE, World, render
from sweep.lab.scoring.intervals import clopper_pearson
from sweep.lab.scoring.report import rows as report_rows
from sweep.lab.scoring.score import RATES, Claim, ClipOutcome, match_clip, score_clips
from sweep.lab.scoring.truth import parse_truth
from sweep.lens.clip.clips import Clip
from sweep.lens.evidence.judge import candidate_score
from sweep.lens.follow.follow import follow_clip
from sweep.lens.scan import conclude
from sweep.sim.scene.rendered import SNR_FLOOR

TIERS, TIER_SHARES = (2, 3, 4), (0.4, 0.4, 0.2)
"""Of clips with a given number of lenses."""
WAYS: Final = ("without red", "with red")


def judge_both(world: World, seed: int, lenses: int | None) -> dict[str, Any]:
    """Truth of the clip of a seed, and what is claimed without its red frames and with them."""
    how: dict[str, Any] = {}
    if lenses is not None:
        tier = int(np.random.default_rng([seed, 0x22]).choice(TIERS, p=TIER_SHARES))
        how = {"tier": tier, "with_lens": True, "lenses": lenses, "size": HALF_SIZE}
    rendered = render(world, seed, triples=8, red=True, **how)
    frames, meta = rendered.frames, rendered.meta
    followed = follow_clip(Clip(meta.clip, meta, lambda index: frames[index]))
    claims = {}
    for way, one in zip(WAYS, (replace(followed, red=None), followed), strict=True):
        told = conclude(meta.clip, meta, one, None).detections
        claims[way] = [(d.x, d.y, d.score, d.frame, d.evidence.get("infrared_ratio")) for d in told]
    return {"truth": rendered.truth, "claims": claims}


def outcomes_of(kept: dict[str, Any], *, absorptive: bool) -> list[ClipOutcome]:
    """Matched with the truth, each way; `absorptive`: those behind absorptive filters count by their red light."""
    truth = kept["truth"]
    for lens in truth["lenses"] if absorptive else ():
        if lens["kind"] == "absorptive":
            lens["detectable"] = lens["detectable"] or lens["red_snr"] >= SNR_FLOOR
    parsed = parse_truth(truth)
    return [match_clip(parsed, [Claim(*claim[:4]) for claim in kept["claims"][way]]) for way in WAYS]


def tell(kept: Sequence[dict[str, Any]]) -> list[str]:
    """The table."""
    told = [f"{len(kept)} clips"]
    for absorptive in (False, True):
        counted = "with those that red alone shows" if absorptive else "lenses that count in infrared"
        matched = [outcomes_of(one, absorptive=absorptive) for one in kept]
        for number, way in enumerate(WAYS):
            outcomes = [both[number] for both in matched]
            score = score_clips(outcomes)
            told.append(f"{way}, {counted}")
            told += ["  ".join(row) for row in report_rows(score)[: len(RATES) + 1]]
            cuts = {"candidates": candidate_score()} | {f"{rate} FA/clip": score.threshold[rate] for rate in RATES[1:]}
            told += [f"{name}: {_share(outcomes, -np.inf if cut is None else cut)}" for name, cut in cuts.items()]
    return told


def _share(outcomes: Sequence[ClipOutcome], least: float) -> str:
    """Recall of lenses behind absorptive filters, recall of the others, false alarms a clip."""
    found, there = {True: 0, False: 0}, {True: 0, False: 0}
    alarms = 0
    for one in outcomes:
        hit = {m.lens for m in one.matched if m.lens is not None and m.score >= least}
        alarms += sum(m.lens is None and m.score >= least for m in one.matched)
        for index, lens in enumerate(one.truth.lenses):
            if lens.counts:
                there[lens.kind == "absorptive"] += 1
                found[lens.kind == "absorptive"] += index in hit
    shown = []
    for name, key in (("absorptive", True), ("others", False)):
        low, high = clopper_pearson(found[key], there[key]) if there[key] else (0.0, 1.0)
        shown.append(f"{name} {found[key]} of {there[key]} ({low:.2f}-{high:.2f})")
    return ", ".join([*shown, f"{alarms / len(outcomes):.2f} FA/clip"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--world", choices=("training", "tuning", "held_out"), default="training")
    parser.add_argument("--first", type=int, default=61_021)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--lenses", type=int, help="so many in each clip, hard tiers; default: clips as they come")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, help="render clips and keep what is claimed of them")
    where.add_argument("--figures", type=Path, help="what is found in clips that were kept")
    args = parser.parse_args(arguments)
    if args.figures is not None:
        print(*tell([json.loads(p.read_text(encoding="utf-8")) for p in sorted(args.figures.glob("*.json"))]), sep="\n")
        return 0
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for number in range(args.count):
        path = args.out / f"{args.world}-{args.first + number:07d}.json"
        if not path.exists():
            kept = judge_both(args.world, args.first + number, args.lenses)
            path.write_text(json.dumps(kept, default=lambda value: value.item()), encoding="utf-8")
        if number % 20 == 19:
            print(f"{number + 1} of {args.count}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
