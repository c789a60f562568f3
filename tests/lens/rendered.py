"""Rendered clips, detected and compared with their truth in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from sweep.lab.scoring.report import rows
from sweep.lab.scoring.score import Claim, ClipOutcome, Score, match_clip
from sweep.lab.scoring.truth import ClipTruth, parse_truth
from sweep.lab.worlds.tiers import render_tier_clip
from sweep.lens.clip.clips import Clip, ClipMeta, Frame
from sweep.lens.records import ClipResult
from sweep.lens.scan import scan_clip
from sweep.sim.scene.rendered import RenderedClip

FRESH_SEED = 5_000_000
"""From here on seeds belong to the tests; training takes its own from 1 on."""

Method = Callable[[Sequence[Frame], ClipMeta], list[Claim]]


def render(
    seed: int,
    *,
    mode: Literal["tuning", "held_out"] = "tuning",
    size: tuple[int, int] = (728, 544),
    triples: int = 8,
    textures: Path | None = None,
) -> tuple[RenderedClip, ClipTruth]:
    """The clip of a seed and its truth, checked as a truth file is."""
    clip = render_tier_clip(seed, tier=None, size=size, triples=triples, mode=mode, textures=textures)
    return clip, parse_truth(clip.truth)


def scan(clip: RenderedClip) -> ClipResult:
    """The detector on a rendered clip."""
    frames = clip.frames
    return scan_clip(Clip(clip.meta.clip, clip.meta, lambda index: frames[index]))


def claims_of(result: ClipResult) -> list[Claim]:
    """What the detector says, as the scoring wants it."""
    return [Claim(d.x, d.y, d.score, d.frame) for d in result.detections]


def outcomes(
    seeds: Iterable[int],
    *,
    mode: Literal["tuning", "held_out"] = "tuning",
    size: tuple[int, int] = (728, 544),
    textures: Path | None = None,
    methods: dict[str, Method] | None = None,
) -> dict[str, list[ClipOutcome]]:
    """Outcome of each clip by method; `detector` is ours."""
    table: dict[str, list[ClipOutcome]] = {"detector": []}
    for seed in seeds:
        clip, truth = render(seed, mode=mode, size=size, textures=textures)
        result = scan(clip)
        table["detector"].append(match_clip(truth, claims_of(result), was_processed=result.error is None))
        for name, method in (methods or {}).items():
            table.setdefault(name, []).append(match_clip(truth, method(clip.frames, clip.meta)))
    return table


def lines(score: Score) -> list[str]:
    """The figures for people, one line each."""
    return ["  ".join(row) for row in rows(score)]
