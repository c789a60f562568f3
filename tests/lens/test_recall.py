"""How many rendered lenses are found at how many false alarms, on seeds that training never saw.

The normal run takes a few clips and holds what a broken detector would lose at once. The soak run makes the table of
the clip document with intervals, for the renderer that the judge was trained on and for the one it never saw.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.lab.lens.figures import reliability
from sweep.lab.scoring.score import score_clips
from tests.bench.lens_baselines import METHODS
from tests.lens.rendered import FRESH_SEED, lines, outcomes

MANY = 320
FULL_SIZE_CLIPS = 60


@pytest.mark.parametrize("few", [pytest.param(8, marks=pytest.mark.soak), pytest.param(16, marks=pytest.mark.soak)])
def test_a_few_fresh_clips(few: int) -> None:
    table = outcomes(range(FRESH_SEED, FRESH_SEED + few))["detector"]
    score = score_clips(table, resamples=50)
    assert score.clips_unprocessed == 0
    assert score.lenses >= 4
    recall = score.recall[1.0].value
    assert recall is not None
    assert recall >= 0.6


@pytest.mark.soak
@pytest.mark.parametrize("mode", ["tuning", "held_out"])
def test_table(mode: str, shared_textures: Path | None, capsys: pytest.CaptureFixture[str]) -> None:
    half = outcomes(
        range(FRESH_SEED + 1000, FRESH_SEED + 1000 + MANY - FULL_SIZE_CLIPS),
        mode="held_out" if mode == "held_out" else "tuning",
        textures=shared_textures,
        methods=METHODS,
    )
    full = outcomes(
        range(FRESH_SEED + 9000, FRESH_SEED + 9000 + FULL_SIZE_CLIPS),
        mode="held_out" if mode == "held_out" else "tuning",
        size=(1456, 1088),
        textures=shared_textures,
        methods=METHODS,
    )
    with capsys.disabled():
        for name in half:
            print(f"\n== {mode}, {name}: {len(half[name])} clips at half size and {len(full[name])} at full")
            print("\n".join(lines(score_clips(half[name] + full[name]))))
        print(f"\n== {mode}, reliability of the score (log10 likelihood ratio said, found, places)")
        print("\n".join(reliability(half["detector"] + full["detector"])))
    score = score_clips(half["detector"] + full["detector"])
    assert score.clips_unprocessed == 0
    at_one_in_ten = score.recall[0.1].value
    assert at_one_in_ten is not None
    best = max(score_clips(half[name] + full[name]).recall[0.1].value or 0.0 for name in METHODS)
    assert at_one_in_ten > best
