"""Two clips of one spot: what is seen again keeps its score, what is gone from the side loses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sweep.lens.clip.clips import Clip
from sweep.lens.live.second_look import GONE, Joint, SecondLook, scan_both, scan_pairs
from sweep.lens.records import Detection
from tests.lens.clip_factory import meta_for, strobed_frames, write_frames

WHOLE = (272, 364)
SHAPE = (240, 320)
GLINT = (170.0, 130.0)
ASIDE = (24, 16)
"""By how much the second view is moved, x and y."""


def look(seed: int, glint: tuple[float, float] | None, drift_px: tuple[float, float], at: tuple[int, int]) -> Clip:
    whole = strobed_frames(seed, WHOLE, glint=glint, drift_px=drift_px)
    frames = [np.ascontiguousarray(f[at[1] : at[1] + SHAPE[0], at[0] : at[0] + SHAPE[1]]) for f in whole]
    return Clip(f"from-{at[0]}", meta_for(SHAPE), lambda index: frames[index])


def nearest(joint: Joint) -> Detection:
    return min(joint.result.detections, key=lambda d: float(np.hypot(d.x - GLINT[0], d.y - GLINT[1])))


@pytest.mark.parametrize("again", [True, False])
def test_a_glint_counts_by_whether_the_second_look_shows_it(again: bool) -> None:
    first = look(3, GLINT, (1.2, 0.7), (0, 0))
    joint = scan_both(first, look(3, GLINT if again else None, (-0.9, 0.4), ASIDE))
    assert joint.state == "joined"
    one = nearest(joint)
    told = one.reasons[-1]
    assert told.name == ("seen_again" if again else "gone_from_the_side")
    assert one.score == pytest.approx(sum(reason.weight for reason in one.reasons), abs=2e-3)
    if not again:
        assert told.weight == -GONE
    scores = [d.score for d in joint.result.detections]
    assert scores == sorted(scores, reverse=True)


def test_places_of_a_sweep_are_judged_with_what_the_first_of_them_saw() -> None:
    places = SecondLook()
    alone = places.judge(look(3, GLINT, (1.2, 0.7), (0, 0)))
    assert all(r.name != "seen_again" for d in alone.detections for r in d.reasons)
    for _ in range(2):
        places.go_on()
        told = places.judge(look(3, GLINT, (-0.9, 0.4), ASIDE))
        assert "seen_again" in {r.name for d in told.detections for r in d.reasons}


def test_pairs_are_clips_of_one_name_and_one_that_cannot_be_read_leaves_the_first(tmp_path: Path) -> None:
    frames = strobed_frames(3, SHAPE, glint=GLINT)
    for folder, name in (("one", "a"), ("one", "b"), ("two", "a"), ("two", "b")):
        write_frames(tmp_path / folder / name, frames)
    (tmp_path / "two" / "b" / "meta.json").write_text("{", encoding="utf-8")
    both = scan_pairs(tmp_path / "one", tmp_path / "two").clips
    assert [c.clip for c in both] == ["a", "b"]
    assert [c.error for c in both] == [None, None]
    told = [{r.name for d in c.detections for r in d.reasons} for c in both]
    assert "seen_again" in told[0]
    assert "seen_again" not in told[1]


def test_looks_at_two_walls_change_nothing() -> None:
    first = look(3, GLINT, (1.2, 0.7), (0, 0))
    joint = scan_both(first, look(9, GLINT, (1.2, 0.7), ASIDE))
    assert joint.state == "not_registered"
    assert {r.name for d in joint.result.detections for r in d.reasons}.isdisjoint({"seen_again", "gone_from_the_side"})
