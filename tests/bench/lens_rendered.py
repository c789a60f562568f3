"""Recall and false alarms of the lens detector on rendered scenes: render, detect, forget.

Run: python -m tests.bench.lens_rendered --clips 120 --first-seed 50000 [--style b] [--full] [--baselines]
All figures are rendered: no recording of a real lens exists here.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass

import cv2

from sweep.lens.clips import Clip
from sweep.lens.records import ClipResult
from sweep.lens.scan import scan_clip
from sweep.lens.score import Call, ClipCalls, Scores, TrueLens, score
from sweep.sim.lens_studio import SceneTruth
from sweep.sim.lens_tiers import Style, film_tier


@dataclass
class Trial:
    """One rendered clip and what the detector made of it."""

    result: ClipResult
    truth: SceneTruth
    width: int


def clip_of(seed: int, tier: int, style: Style, size: tuple[int, int], triples: int) -> tuple[Clip, SceneTruth]:
    """A rendered clip in memory."""
    frames, meta, truth = film_tier(
        clip=f"t{tier}-{seed}", seed=seed, tier=tier, style=style, size=size, triples=triples
    )
    return Clip(meta.clip, meta, lambda i: frames[i]), truth


def calls_of(truth: SceneTruth, width: int, calls: Iterable[Call]) -> ClipCalls:
    """Detections beside the truth."""
    lenses = tuple(
        TrueLens(
            str(lens["kind"]),
            bool(lens["detectable"]),
            {int(row["frame"]): (row["x"], row["y"], row["radius"]) for row in lens["track"]},  # type: ignore[attr-defined]  # a list of rows
        )
        for lens in truth.lenses
    )
    return ClipCalls(truth.clip, truth.tier, width, tuple(calls), lenses, truth.others)


def trials(count: int, first_seed: int, style: Style, size: tuple[int, int], triples: int) -> Iterable[Trial]:
    """Clips of all tiers in turn."""
    for number in range(count):
        clip, truth = clip_of(first_seed + number, 1 + number % 4, style, size, triples)
        yield Trial(scan_clip(clip), truth, size[0])


def report(scores: Scores, milliseconds: list[float]) -> str:
    """The figures as text."""
    rows = [
        f"{scores.clips} clips, {scores.lenses} lenses (rendered)",
        "recall " + ", ".join(f"@{r}: {v:.2f}" for r, v in scores.recall.items()) + f", ceiling {scores.ceiling:.2f}",
        f"auc {scores.auc:.3f}, position error {scores.position_error_px:.2f} px",
    ]
    for tier, recall in scores.recall_by_tier.items():
        rows.append(f"tier {tier}: " + ", ".join(f"@{r}: {v:.2f}" for r, v in recall.items()))
    for kind, recall in scores.recall_by_kind.items():
        rows.append(f"{kind}: " + ", ".join(f"@{r}: {v:.2f}" for r, v in recall.items()))
    rows.append(f"false alarms at 0.1 by kind: {json.dumps(scores.alarms_by_kind)}")
    rows.append("thresholds " + ", ".join(f"@{r}: {v:.2f}" for r, v in scores.threshold.items()))
    rows.append(f"ms per triple: median {statistics.median(milliseconds):.1f}")
    return "\n".join(rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--first-seed", type=int, default=50_000)
    parser.add_argument("--triples", type=int, default=8)
    parser.add_argument("--style", choices=("a", "b"), default="a")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--misses", action="store_true")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    size = (1456, 1088) if arguments.full else (728, 544)
    started = time.monotonic()
    done = list(trials(arguments.clips, arguments.first_seed, arguments.style, size, arguments.triples))
    marked = [calls_of(t.truth, t.width, [Call(d.x, d.y, d.frame, d.score) for d in t.result.detections]) for t in done]
    print(report(score(marked), [t.result.ms_per_triple for t in done]))
    refused = [t for t in done if t.result.reason not in ("lens_candidate", "not_calibrated")]
    print(f"not assessable: {[(t.result.clip, t.result.reason) for t in refused]}")
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
