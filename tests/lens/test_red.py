"""Candidates from red frames: what red alone shows is found there, and nothing else changes by them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast
from weakref import ReferenceType, ref

import pytest

from sweep.lens.clip.bursts import PARTNERS, RoundSieve, burst_of
from sweep.lens.clip.clips import Clip, ClipPhase, Frame
from sweep.lens.clip.frames import PhaseFrame
from sweep.lens.clip.hot_pixels import HotPixels
from sweep.lens.clip.pairing import TripleBuilder
from sweep.lens.evidence.red_light import joined
from sweep.lens.follow.follow import follow_clip
from sweep.lens.live.held_view import HOLD_TRIPLES, KEPT_ON_AXIS, REACH, HeldView
from sweep.lens.records import ClipResult, Detection
from sweep.lens.scan import conclude, scan_clip
from sweep.modality.strobe import Phase, Trigger
from tests.lens.clip_factory import meta_for, strobed_frames
from tests.lens.live_triples import PERIOD_NS

SHAPE = (272, 364)
GLINT = (200.0, 130.0)
GROUPS: tuple[ClipPhase, ...] = ("A", "B", "R", "C") * 6
DRIFT_PX = (0.6, 0.3)


def frames_of(phases: tuple[ClipPhase, ...], *answers: ClipPhase) -> list[Frame]:
    return strobed_frames(3, SHAPE, phases=phases, glint=GLINT, answers=answers, drift_px=DRIFT_PX)


def scanned(phases: tuple[ClipPhase, ...], *answers: ClipPhase) -> ClipResult:
    frames = frames_of(phases, *answers)
    return scan_clip(Clip("clip", meta_for(SHAPE, phases), frames.__getitem__))


def at_the_glint(result: ClipResult, phases: tuple[ClipPhase, ...]) -> list[Detection]:
    """Detections at its place; it lies at `GLINT` in the last on_axis frame and drifts."""
    last = max(i for i, phase in enumerate(phases) if phase == "A")
    there = []
    for one in result.detections:
        x, y = (place - step * (last - one.frame) for place, step in zip(GLINT, DRIFT_PX, strict=True))
        if abs(one.x - x) < 3.0 and abs(one.y - y) < 3.0:
            there.append(one)
    return there


def test_a_point_that_red_alone_shows_is_found_in_an_on_axis_frame_and_says_why() -> None:
    result = scanned(GROUPS, "R")
    (one,) = at_the_glint(result, GROUPS)
    assert one.verdict == "lens_candidate"
    assert result.verdict == "candidate"
    assert GROUPS[one.frame] == "A"
    assert one.evidence["infrared_ratio"] == pytest.approx(0.0, abs=0.1)
    assert one.reasons[-1].name == "red_alone"
    assert one.score == pytest.approx(sum(reason.weight for reason in one.reasons), abs=2e-3)
    assert "red_ratio" not in one.evidence, "red and infrared are exchanged there"


def test_without_red_frames_it_is_not_found() -> None:
    phases = tuple(phase for phase in GROUPS if phase != "R")
    assert not any(one.verdict == "lens_candidate" for one in at_the_glint(scanned(phases, "R"), phases))


def test_a_point_that_infrared_shows_too_is_told_once_and_as_without_red() -> None:
    frames = frames_of(GROUPS, "A", "R")
    meta = meta_for(SHAPE, GROUPS)
    followed = follow_clip(Clip("clip", meta, frames.__getitem__))
    assert followed.red is not None
    assert len(followed.red.progress.used) == 6
    both, infrared = (conclude("clip", meta, one, None) for one in (followed, replace(followed, red=None)))
    (one,) = at_the_glint(both, GROUPS)
    assert one in infrared.detections
    assert "infrared_ratio" not in one.evidence


def test_a_burst_of_red_that_is_filmed_finds_it_too_and_keeps_no_frames_long() -> None:
    order: tuple[Phase, ...] = ("A", "B", "C")
    reds = burst_of(order)
    rounds = order * 4
    phases = cast("tuple[Phase, ...]", (*rounds, *("C", "A", *"R" * reds, "A", "C"), *rounds, *rounds))
    frames = frames_of(phases, "R")
    meta = meta_for(SHAPE, order)
    hold, taken = HeldView(meta, HotPixels(meta)), list[ReferenceType[Frame]]()

    def film() -> None:
        sieve, builder = RoundSieve(order, reds + PARTNERS), TripleBuilder(len(order))
        for number, phase in enumerate(phases):
            pixels = frames[number].copy()
            taken.append(ref(pixels))
            part = sieve.add(PhaseFrame(pixels, Trigger(number, number * PERIOD_NS, phase, True), number))
            made = None if part is None else builder.add(part)
            if made is not None:
                hold.add(replace(made, beside=sieve.beside()))

    film()
    held = sum(one() is not None for one in taken)
    assert hold.triples == 12 < HOLD_TRIPLES
    assert held <= REACH + KEPT_ON_AXIS + reds + PARTNERS < len(phases)
    (one,) = at_the_glint(hold.finish(), phases)
    assert one.verdict == "lens_candidate"
    assert one.reasons[-1].name == "red_alone"
    assert phases[one.frame] == "A"


@pytest.mark.parametrize(
    ("away_px", "infrared_snr", "infrared_score", "told"),
    [
        (9.0, 80.0, 0.2, ["infrared"]),  # the rim of something bright
        (9.0, 4.0, 0.2, ["red", "infrared"]),
        (3.0, 4.0, 0.2, ["red"]),
        (3.0, 4.0, 1.5, ["infrared"]),
        (30.0, 80.0, 0.2, ["red", "infrared"]),
    ],
)
def test_of_two_at_one_place_one_is_told(
    away_px: float, infrared_snr: float, infrared_score: float, told: list[str]
) -> None:
    meta = meta_for((544, 728), GROUPS)
    followed = follow_clip(Clip("clip", meta_for(SHAPE, GROUPS), frames_of(GROUPS).__getitem__))
    frame = followed.triples[2].on_axis
    red = Detection("red", 100.0, 100.0, frame, 1.0, "lens_candidate", {"snr": 20.0}, ())
    other = Detection("infrared", 100.0 + away_px, 100.0, frame, infrared_score, "glint", {"snr": infrared_snr}, ())
    assert [one.clip for one in joined((other,), (red,), followed, meta, 40)] == told
