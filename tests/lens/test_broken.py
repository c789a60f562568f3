"""Broken clips: each is refused by a name that a person can look up, and none brings the scan down."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sweep.lab.scoring.intervals import clopper_pearson
from sweep.lens import ClipResult, scan_clips
from sweep.lens.clip.clips import ClipReason
from sweep.lens.words import WORDS
from tests.lens.broken_clips import BREAKS, Break, Format, _whole

FORMATS: tuple[Format, ...] = ("npy", "npz", "png")
NORMAL, SOAK = 200, 10_000


def scan_broken(folder: Path, number: int, seed: int) -> tuple[Break, ClipResult]:
    """Break a clip by number and scan it; whatever the scan raises is a crash."""
    rng = np.random.default_rng([seed, number])
    kind = BREAKS[number % len(BREAKS)]
    clip = folder / f"clip-{number}"
    kind.make(clip, rng, FORMATS[int(rng.integers(3))])
    (result,) = scan_clips(folder).clips
    json.dumps(scan_clips_json(result), allow_nan=False)
    shutil.rmtree(clip)
    return kind, result


def scan_clips_json(result: ClipResult) -> object:
    from sweep.lens import LensScan

    return LensScan((result,)).to_json()


def rejected(result: ClipResult) -> str:
    """The name of the rejection, empty when there was none."""
    if result.error is not None:
        assert result.error in set(ClipReason), result.error
        return result.error
    if result.verdict == "not_assessable":
        return result.reason
    return ""


def run(folder: Path, count: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Outcome of each kind of damage, and those that had to be refused and were not."""
    outcomes: Counter[tuple[str, str]] = Counter()
    let_through = []
    for number in range(count):
        kind, result = scan_broken(folder, number, seed)
        name = rejected(result)
        outcomes[kind.name, name or "let through"] += 1
        if name:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
            assert name in WORDS.reasons, f"{name} has no sentence for the inspector"
            assert result.candidates == ()
            assert result.message
            assert "\n" not in result.message
            assert len(result.message) < 400
        elif kind.must_reject:
            let_through.append(f"{kind.name} ({number}): {result.verdict} {result.reason}")
    return outcomes, let_through


def test_broken_clips_are_refused_and_never_a_crash(tmp_path: Path) -> None:
    outcomes, let_through = run(tmp_path, NORMAL, seed=1)
    assert let_through == []
    assert {kind for kind, _ in outcomes} == {one.name for one in BREAKS}
    assert len({name for _, name in outcomes}) >= 12


def test_the_clips_are_good_before_they_are_broken(tmp_path: Path) -> None:
    """Otherwise a scan that refuses everything would pass."""
    for number, fmt in enumerate(FORMATS):
        _whole(tmp_path / f"clip-{number}", np.random.default_rng(number), fmt)
    results = scan_clips(tmp_path).clips
    assert [rejected(r) for r in results] == ["", "", ""]


@pytest.mark.soak
def test_ten_thousand_broken_clips(tmp_path: Path) -> None:
    outcomes, let_through = run(tmp_path, SOAK, seed=int(np.random.default_rng().integers(1 << 31)))
    total = sum(outcomes.values())
    must = sum(n for (kind, _), n in outcomes.items() if next(b for b in BREAKS if b.name == kind).must_reject)
    low, high = clopper_pearson(len(let_through), must)
    for (kind, name), n in sorted(outcomes.items()):
        print(f"{kind:32} {name:36} {n}")
    print(f"{total} broken clips, 0 crashes; {len(let_through)} of {must} let through, 90 % {low:.5f} to {high:.5f}")
    assert let_through == []
