"""Does a transmitter send like a camera that streams?

Input is the flows of a `FrameLog`; output is a verdict per sender: `video_uplink`, `not_video` or `not_assessable`, a
score from 0 to 1 that is not a probability, and after how many seconds of the flow it was decided.  A flow is judged in
growing windows, so that a clear case is decided early.  Features follow the literature named in the field notes: steady
rate, large frames, mostly one direction, presence in every half second, and bursts that keep a picture clock.  A camera
that uploads a clip when something moves shows none of that clock, but clip after clip of nearly the same size.  Too few
frames or too short a time is never `not_video`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .cadence import FULL_SHARE, NO_RHYTHM, PERFECT_RHYTHM, Floats, Rhythm, count_short_frames, find_best_rhythm
from .transmitters import Flow

Verdict = Literal["video_uplink", "not_video", "not_assessable"]

WINDOWS_S: Final = (2.5, 3.5, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
"""Listening times after which a flow is looked at."""
SLIDE_WINDOW_S, SLIDE_STEP_S, MAX_SLIDES = 10.0, 5.0, 240
"""Later windows of a long stretch: guessed, a stream that begins after other traffic is found within 15 s of beginning,
for the first 20 minutes of a stretch."""
SILENCE_ENDS_S: Final = 2.5
"""A longer pause starts a new stretch of activity: guessed; a stream that stalls this long is judged afresh."""
MIN_FRAMES: Final = 24
MIN_SECONDS: Final = 2.0
"""Below either nothing is assessable: guessed from CamLoPA's floor of 150 frames in 5 s, lowered for slow cameras."""
DECIDE_SCORE: Final = 0.5
LARGE_OCTETS: Final = 700
"""Octets of a frame that is a piece of something big: guessed, half of a full Ethernet packet."""
CLIP_OCTETS, MIN_CLIPS, CLIP_VARIATION, CLIP_PAUSE_S = 150_000, 6, 0.35, 20.0
"""Clips on motion: measured on one such camera (50 uploads of 0.2-0.64 MB in a week), limits guessed around it."""
CLIP_SCORE: Final = 0.6
"""A phone may upload photographs so: guessed, above the decision and no further."""
BACK_OCTETS: Final = 300
"""Octets of a frame that is more than an acknowledgement or a report: guessed."""
TALK_OCTETS: Final = (150, 600)
"""Octets of frames that may carry speech: derived, 20 ms of Opus at 16 kbit/s with RTP, IP and 802.11 headers are 160;
acknowledgements of TCP stay below, also over IPv6."""
JOIN_STEP_OCTETS, MOSTLY_JOINED = (60, 90), 0.7
"""Octets that an acknowledgement adds to a frame that joins several: derived, 40 to 72 with the subframe's 14 and LLC
or padding; and the share of longer frames that has to fit such steps: guessed."""
GROUP_OCTETS, GROUP_GAP_S, JOINED_OCTETS = 500, 0.011, 1_600
"""A frame so large with another one so near is part of a picture: guessed, speech has at least 20 ms between packets.
A longer frame holds several packets in itself."""
MAX_STRETCHES: Final = 64
"""Stretches of activity judged per flow, the longest first: bounds the work on hostile input."""


@dataclass(frozen=True, slots=True)
class Features:
    """What one window of a flow looks like."""

    seconds: float
    frames: int
    rate_kbps: float
    large_share: float
    """Share of octets in frames of at least LARGE_OCTETS."""
    up_share: float
    """Share of octets that go from the sender to the peer."""
    persistence: float
    """Share of half seconds that hold at least a fifth of the mean."""
    variation: float
    """Coefficient of variation of octets per second."""
    back_kbps: float
    """Rate of frames of at least BACK_OCTETS from the peer: more than acknowledgements."""
    talk_hz: float
    """Frames per second from the peer as long as packets of speech."""
    grouped_share: float
    """Share of octets in large frames beside a full one: pictures are cut into packets, sound is not."""
    ended_share: float
    """Frames shorter than a full one per period of the rhythm, at most 1: pictures end somewhere, a file goes on."""
    rhythm: Rhythm


@dataclass(frozen=True, slots=True)
class VideoVerdict:
    """The judgement on one transmitter."""

    verdict: Verdict
    score: float
    decided_after_s: float | None
    """Seconds from the start of the stretch of activity to the decision; None when nothing was assessable."""
    features: Features | None
    """Of the window that decided."""
    reason: str | None = None
    """Why nothing was assessable: `too_few_frames`, or one of `blindness.temper_video`."""


NOTHING_HEARD: Final = VideoVerdict("not_assessable", 0.0, None, None, "too_few_frames")


def judge_flows(flows: tuple[Flow, ...]) -> VideoVerdict:
    """The strongest verdict over the flows of one sender."""
    best = NOTHING_HEARD
    for flow in flows:
        found = judge_flow(flow)
        if _rank(found) > _rank(best):
            best = found
    return best


def _rank(verdict: VideoVerdict) -> tuple[int, float]:
    return ("not_assessable", "not_video", "video_uplink").index(verdict.verdict), verdict.score


def judge_flow(flow: Flow) -> VideoVerdict:
    """Judge each stretch of activity of a flow in growing windows; the first window that convinces decides."""
    if not len(flow.t_ns):
        return NOTHING_HEARD
    zero_ns = flow.t_ns[0]
    t_s = (flow.t_ns - zero_ns).astype(np.float64) / 1e9
    back_s = (flow.back_t_ns - zero_ns).astype(np.float64) / 1e9
    best = NOTHING_HEARD
    stretches = _stretches(t_s)
    for first, last in stretches:
        begin_s, length_s = float(t_s[first]), float(t_s[last - 1] - t_s[first])
        for after_s, window_s in _windows(length_s):
            features = _measure(flow, t_s, back_s, begin_s + after_s, window_s)
            if features.frames < MIN_FRAMES:
                continue
            score = score_features(features, flow, looks=1 + round(after_s / SLIDE_STEP_S))
            verdict: Verdict = "video_uplink" if score >= DECIDE_SCORE else "not_video"
            found = VideoVerdict(verdict, score, round(after_s + window_s, 3), features)
            if verdict == "video_uplink":
                return found
            if _rank(found) >= _rank(best):
                best = found
    return _judge_clips(flow, t_s, stretches) or best


def _windows(length_s: float) -> list[tuple[float, float]]:
    """Begin and length of the windows of a stretch: growing from its start, then sliding for what begins later."""
    if length_s < MIN_SECONDS:
        return []
    growing = [(0.0, w) for w in WINDOWS_S if w < length_s] + [(0.0, min(length_s, WINDOWS_S[-1]))]
    slides = min(int((length_s - SLIDE_WINDOW_S) / SLIDE_STEP_S), MAX_SLIDES)
    return growing + [(SLIDE_STEP_S * number, SLIDE_WINDOW_S) for number in range(1, slides + 1)]


def _judge_clips(flow: Flow, t_s: Floats, stretches: list[tuple[int, int]]) -> VideoVerdict | None:
    """Uploads of nearly equal size with pauses between: clips of something that moved; None when there are none."""
    if flow.is_from_ap:
        return None
    clips: list[tuple[float, float, float]] = []
    for first, last in sorted(stretches):
        octets = float(flow.frame_len[first:last].sum())
        back = float(flow.back_frame_len[_between(flow, first, last)].sum())
        if octets >= CLIP_OCTETS and octets >= 0.85 * (octets + back):
            clips.append((float(t_s[first]), float(t_s[last - 1]), octets))
    if len(clips) < MIN_CLIPS:
        return None
    sizes = np.array([octets for _, _, octets in clips])
    pauses_s = np.array([after[0] - before[1] for before, after in pairwise(clips)])
    if sizes.std() > CLIP_VARIATION * sizes.mean() or float(np.median(pauses_s)) < CLIP_PAUSE_S:
        return None
    return VideoVerdict("video_uplink", CLIP_SCORE, round(clips[MIN_CLIPS - 1][1] - clips[0][0], 3), None)


def _between(flow: Flow, first: int, last: int) -> slice:
    ends = np.searchsorted(flow.back_t_ns, [flow.t_ns[first], flow.t_ns[last - 1]])
    return slice(int(ends[0]), int(ends[1]))


def _stretches(t_s: Floats) -> list[tuple[int, int]]:
    """Half-open index ranges without a pause of SILENCE_ENDS_S, the longest first."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= SILENCE_ENDS_S) + 1, [len(t_s)]])
    ranges = [(int(a), int(b)) for a, b in pairwise(edges)]
    return sorted(ranges, key=lambda r: r[0] - r[1])[:MAX_STRETCHES]


def _measure(flow: Flow, t_s: Floats, back_s: Floats, begin_s: float, window_s: float) -> Features:
    first, last = np.searchsorted(t_s, [begin_s, begin_s + window_s])
    back_first, back_last = np.searchsorted(back_s, [begin_s, begin_s + window_s])
    times, octets = t_s[first:last] - begin_s, flow.frame_len[first:last]
    total, back = float(octets.sum()), float(flow.back_frame_len[back_first:back_last].sum())
    back_octets = flow.back_frame_len[back_first:back_last]
    answers = _pick_answers(back_octets)
    features = Features(
        seconds=window_s,
        frames=len(times),
        rate_kbps=total * 8 / window_s / 1000,
        large_share=float(octets[octets >= LARGE_OCTETS].sum()) / max(total, 1.0),
        up_share=total / max(total + back, 1.0),
        persistence=_persistence(times, octets, window_s),
        variation=_variation(times, octets, window_s),
        back_kbps=float(answers[answers >= BACK_OCTETS].sum()) * 8 / window_s / 1000,
        talk_hz=float((answers < TALK_OCTETS[1]).sum()) / window_s,
        grouped_share=_grouped(times, octets),
        ended_share=0.0,
        rhythm=NO_RHYTHM,
    )
    if score_features(replace(features, ended_share=1.0, rhythm=PERFECT_RHYTHM), flow) < DECIDE_SCORE:
        return features  # no rhythm could make a camera of it, and looking for one is the costly part
    rhythm = find_best_rhythm(times, octets)
    ended = count_short_frames(octets) / (rhythm.rate_hz * window_s) if rhythm.rate_hz else 0.0
    return replace(features, rhythm=rhythm, ended_share=min(ended, 1.0))


def _pick_answers(back_octets: NDArray[np.int32]) -> NDArray[np.int32]:
    """Frames from the peer longer than an acknowledgement, also than several that the access point joined in one.

    Joined ones grow by equal steps from a single one.
    """
    single, longer = back_octets[back_octets < TALK_OCTETS[0]], back_octets[back_octets >= TALK_OCTETS[0]]
    if not len(single) or not len(longer):
        return longer
    above = longer - _commonest(single)
    fits = [(above + 2) % step <= 4 for step in range(*JOIN_STEP_OCTETS)]
    is_joined = max(fits, key=np.count_nonzero)
    return longer[~is_joined] if is_joined.mean() > MOSTLY_JOINED else longer


def _commonest(octets: NDArray[np.int32]) -> int:
    lengths, counts = np.unique(octets, return_counts=True)
    return int(lengths[np.argmax(counts)])


def _grouped(times: Floats, octets: NDArray[np.int32]) -> float:
    if len(times) < 2:
        return 0.0
    single = octets[octets < JOINED_OCTETS]
    is_full = octets >= FULL_SHARE * (np.quantile(single, 0.98) if len(single) else JOINED_OCTETS)
    is_piece = np.diff(times) < GROUP_GAP_S
    is_piece &= is_full[1:] | is_full[:-1]
    has_company = octets >= JOINED_OCTETS
    has_company[1:] |= is_piece
    has_company[:-1] |= is_piece
    return float(octets[has_company & (octets >= GROUP_OCTETS)].sum()) / max(float(octets.sum()), 1.0)


def _persistence(times: Floats, octets: NDArray[np.int32], window_s: float) -> float:
    bins = max(int(window_s / 0.5), 1)
    sums, _ = np.histogram(times, bins=bins, range=(0, bins * 0.5), weights=octets)
    return float((sums >= 0.2 * sums.mean()).mean()) if sums.any() else 0.0


def _variation(times: Floats, octets: NDArray[np.int32], window_s: float) -> float:
    bins = max(int(window_s), 1)
    sums, _ = np.histogram(times, bins=bins, range=(0, float(bins)), weights=octets)
    mean = float(sums.mean())
    return float(sums.std() / mean) if mean > 0 else 9.9


# What speaks for a camera: (name, where it begins to count, where it counts in full, weight).  Ranges are guessed from
# the literature in the field notes; weights were set by hand so that no mark outweighs the lack of two others, and
# checked on simulated flows (tests/simulators) and on recorded ones.
_MARKS: Final = (
    ("ended_share", 0.2, 0.6, 6.0),
    ("up_share", 0.6, 0.88, 5.0),
    ("large_share", 0.2, 0.6, 2.0),
    ("persistence", 0.6, 0.95, 1.0),
    ("grouped_share", 0.15, 0.3, 6.0),
)
_CLOCK_WEIGHT, _ONE_WAY_WEIGHT, _RATE_WEIGHT, _STEADY_WEIGHT = 6.5, 6.0, 4.5, 0.5
_CLOCK_NATS: Final = (3.0, 8.0)
_CLEAR_STRENGTH, _BLUR_NATS = 0.8, 15.0
"""A clock less strict than this needs more evidence, by so many nats per unit: both chosen on the tuning flows."""
_BIAS: Final = -33.0
_UNHURRIED_S, _HASTE_NATS = 5.0, 3.0
"""Shorter windows need more evidence: chosen on the tuning flows, where false alarms came after 2.5 and 3.5 s."""
_FROM_AP, _FORWARDED = -2.0, -8.0
"""What an access point sends is its clients' download unless it is itself the source; and even then with less trust."""


def score_features(features: Features, flow: Flow, *, looks: int = 1) -> float:
    """Score of one window: a logistic of the marks of a camera; the clock has to make up for many `looks`."""
    rhythm = features.rhythm
    blur = max(0.0, _CLEAR_STRENGTH - rhythm.strength)
    haste = max(0.0, 1.0 - features.seconds / _UNHURRIED_S)
    clock_nats = rhythm.clock_nats - _BLUR_NATS * blur - _HASTE_NATS * haste - math.log(looks)
    evidence = _BIAS + sum(weight * _ramp(getattr(features, name), low, high) for name, low, high, weight in _MARKS)
    evidence += _CLOCK_WEIGHT * _ramp(clock_nats, *_CLOCK_NATS)
    evidence += _ONE_WAY_WEIGHT * min(_ramp(-features.back_kbps, -120.0, -20.0), _ramp(-features.talk_hz, -20.0, -10.0))
    evidence += _RATE_WEIGHT * _ramp(math.log10(max(features.rate_kbps, 1.0)), 1.9, 2.3)
    evidence += _STEADY_WEIGHT * _ramp(-features.variation, -1.2, -0.5)
    if flow.is_from_ap:
        evidence += _FROM_AP + _FORWARDED * (1.0 - flow.self_sourced_share)
    return 1.0 / (1.0 + math.exp(-evidence))


def _ramp(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
