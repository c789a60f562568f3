"""What is measured beside the plain light: second eyes, short pulses, middle rings, light without lamp."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sweep.lens.clip.clips import Clip, ClipPhase, Frame, LampGroup
from sweep.lens.evidence.evidence import AT, FEATURES, Matrix
from sweep.lens.evidence.judge import EYES, EYES_WEIGHT, LIT_WEIGHT, by_rule, evidence_of
from sweep.lens.evidence.light import RINGS
from sweep.lens.follow.follow import follow_clip
from sweep.lens.pixels.eye_pairs import find_eye_pairs
from sweep.lens.pixels.matched_filter import filter_frame
from sweep.lens.scan import scene_of
from tests.lens.clip_factory import meta_for, strobed_frames

Image = npt.NDArray[np.float32]
SHAPE = (192, 256)
GLINT = (150.0, 90.0)
SPREAD_PX = 1.1


def face(discs: list[tuple[int, int]], dots: list[tuple[int, int]]) -> tuple[Image, Image]:
    """On_axis and off_axis frame of skin with dark discs, and points of light that on_axis shows."""
    rng = np.random.default_rng(4)
    skin = np.full(SHAPE, 300.0, np.float32)
    for x, y in discs:
        cv2.circle(skin, (x, y), 4, 120.0, -1)
    lit = skin.copy()
    for x, y in dots:
        lit[y - 1 : y + 2, x - 1 : x + 2] += 400.0
    frames = [rng.poisson(cv2.GaussianBlur(frame, (0, 0), 0.8)).astype(np.float32) for frame in (lit, skin)]
    return frames[0], frames[1]


def fellow_of(on_axis: Image, off_axis: Image, x: float, y: float) -> tuple[float, float, float]:
    (on,), (off,) = filter_frame(on_axis, 1, 1), filter_frame(off_axis, 1, 1)
    place = (np.array([x], np.float32), np.array([y], np.float32))
    likeness, dx, dy = find_eye_pairs(off_axis, (on, off), place, place, 3.0, 1.0)
    return float(likeness[0]), float(dx[0]), float(dy[0])


@pytest.mark.parametrize("open_eyes", [1, 2])
def test_a_second_eye_is_found_open_or_looking_elsewhere(open_eyes: int) -> None:
    likeness, dx, dy = fellow_of(*face([(100, 90), (148, 96)], [(100, 90), (148, 96)][:open_eyes]), 100.0, 90.0)
    assert likeness > EYES[1]
    assert abs(dx - 48.0) < 3.0
    assert abs(dy - 6.0) < 3.0


@pytest.mark.parametrize("other", [[], [(108, 90)], [(100, 150)], [(230, 90)]], ids=["none", "near", "below", "far"])
def test_a_lens_in_a_hole_has_no_second_eye(other: list[tuple[int, int]]) -> None:
    assert fellow_of(*face([(100, 90), *other], [(100, 90), *other]), 100.0, 90.0)[0] < EYES[0]


def test_a_point_on_plain_skin_has_none_beside_two_holes() -> None:
    assert fellow_of(*face([(60, 60), (110, 60)], [(100, 120)]), 100.0, 120.0)[0] == 0.0


def frames_with(light: dict[ClipPhase, float], phases: tuple[ClipPhase, ...], pulses: tuple[float, ...]) -> Clip:
    """A drifting wall and a point of so many electrons under each lamp; short pulses shorten both."""
    frames: list[Frame] = []
    walls = strobed_frames(3, SHAPE, phases=phases)
    ys, xs = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    last = max(i for i, p in enumerate(phases) if p == "A")
    for index, phase in enumerate(phases):
        wall = (walls[index].astype(np.float32) - 60.0) * 4.0 * pulses[index]
        square = (xs - GLINT[0] + 1.2 * (last - index)) ** 2 + (ys - GLINT[1] + 0.7 * (last - index)) ** 2
        spot = np.exp(-0.5 * square / SPREAD_PX**2) / (2 * np.pi * SPREAD_PX**2)
        electrons = wall + pulses[index] * light[phase] * spot
        frames.append(np.clip(np.rint(60.0 + electrons / 4.0), 0, 1023).astype(np.uint16))
    said = pulses if set(pulses) != {1.0} else ()
    meta = meta_for(SHAPE, phases).model_copy(update={"pulse_scale": said})
    return Clip("clip", meta, lambda index: frames[index])


def evidence_at_glint(clip: Clip) -> dict[str, float]:
    followed = follow_clip(clip)
    features, rows = evidence_of(followed.tracks, scene_of(followed.progress, clip.meta))
    x, y = (followed.tracks.column(name)[rows, -1] for name in ("x", "y"))
    # the point lies at GLINT in the last on_axis frame, which may be one with a short pulse
    later = max(i for i, p in enumerate(clip.meta.phases) if p == "A") - followed.triples[-1].on_axis
    gap = np.hypot(x - GLINT[0] + 1.2 * later, y - GLINT[1] + 0.7 * later)
    best = int(np.nanargmin(gap))
    assert gap[best] < 1.5
    return dict(zip(FEATURES, features[best].tolist(), strict=True))


def test_short_pulses_tell_the_ratio_of_what_saturates_under_both_lamps() -> None:
    phases: tuple[ClipPhase, ...] = ("A", "B", "C") * 8
    pulses = tuple(1.0 if (i // 3) % 4 != 3 else 1.0 / 16.0 for i in range(len(phases)))
    light: dict[ClipPhase, float] = {"A": 4e5, "B": 1.6e5, "C": 0.0}
    seen = evidence_at_glint(frames_with(light, phases, pulses))
    assert abs(seen["short_ratio"] - np.log10(0.4 / 0.9)) < 0.15  # the lamps are levelled by the wall, .9 of it in B
    assert seen["short_width"] < 1.6
    plain = evidence_at_glint(frames_with(light, phases, (1.0,) * len(phases)))
    assert np.isnan(plain["short_ratio"])
    assert np.isnan(plain["short_width"])


def test_middle_rings_and_red_are_levelled_by_the_wall() -> None:
    phases: tuple[ClipPhase, ...] = ("A", "M", "N", "B", "R", "C") * 5
    light: dict[ClipPhase, float] = {"A": 9000.0, "B": 0.0, "C": 0.0, "M": 3600.0, "N": 0.0, "R": 9000.0}
    seen = evidence_at_glint(frames_with(light, phases, (1.0,) * len(phases)))
    assert abs(seen["middle_ratio"] - 0.5) < 0.12
    assert abs(seen["outer_ratio"]) < 0.12
    assert abs(seen["red_ratio"] - 2.0) < 0.3


@pytest.mark.parametrize("offset_m", [0.016, 0.030])
def test_a_ring_of_another_offset_is_told_as_the_one_that_was_learnt(offset_m: float) -> None:
    """The head's ring lies nearer than the one of the training: there a lens shows more of its light."""
    phases: tuple[ClipPhase, ...] = ("A", "M", "B", "C") * 5
    clip = frames_with({"A": 9000.0, "B": 0.0, "C": 0.0, "M": 3600.0}, phases, (1.0,) * len(phases))
    led = clip.meta.led | {"M": LampGroup(offset_m=offset_m, layout="ring8", intensity_w_sr=1.0)}
    told = evidence_at_glint(Clip("clip", clip.meta.model_copy(update={"led": led}), clip.frame))
    learnt_m, bend = RINGS["middle"]
    plain = evidence_at_glint(clip)["middle_ratio"]
    assert told["middle_ratio"] == pytest.approx(plain ** ((learnt_m / offset_m) ** bend), abs=0.01)
    assert (told["middle_ratio"] < 0.5 * plain) == (offset_m == 0.016)


def test_light_in_one_dark_frame_is_told_apart_from_a_lens() -> None:
    phases: tuple[ClipPhase, ...] = ("A", "B", "C") * 6
    steady = evidence_at_glint(frames_with({"A": 9000.0, "B": 0.0, "C": 0.0}, phases, (1.0,) * 18))
    assert steady["dark_peak"] < 0.1
    assert evidence_at_glint(frames_with({"A": 9000.0, "B": 0.0, "C": 8800.0}, phases, (1.0,) * 18))["dark_peak"] > 0.8


def test_rules_take_from_the_score_and_never_give() -> None:
    rows: Matrix = np.random.default_rng(2).normal(size=(400, len(FEATURES))).astype(np.float32) * 2.0
    rows[::5] = np.nan
    taken = by_rule(rows, frozenset())
    assert taken.max() <= 0.0
    assert taken[:, AT["dark_peak"]].min() == -LIT_WEIGHT
    assert taken[:, AT["eye_pair"]].min() == -EYES_WEIGHT
    learnt = by_rule(rows, frozenset({"eye_pair"}))
    assert np.array_equal(learnt[:, AT["eye_pair"]], taken[:, AT["eye_pair"]])
    assert taken[:, AT["twins"]].any()
    assert not learnt[:, AT["twins"]].any()
    assert not taken[::5].any()
