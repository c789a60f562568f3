"""Does a transmitter send like a camera that streams?

Input is the flows of a `FrameLog`; output is a verdict per sender: `video_uplink`, `not_video` or `not_assessable`, a
score from 0 to 1 that is not a probability, and after how many seconds of the flow it was decided.  A flow is judged in
growing windows, so that a clear case is decided early.  Features follow the literature named in the field notes: steady
rate, large frames, mostly one direction, presence in every half second, and bursts that keep a picture clock.  Too few
frames or too short a time is never `not_video`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .cadence import NO_RHYTHM, Floats, Rhythm, find_rhythm, split_bursts
from .transmitters import Flow

Verdict = Literal["video_uplink", "not_video", "not_assessable"]

WINDOWS_S: Final = (2.5, 3.5, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
"""Listening times after which a flow is looked at."""
SILENCE_ENDS_S: Final = 2.5
"""A longer pause starts a new stretch of activity: guessed; a stream that stalls this long is judged afresh."""
MIN_FRAMES: Final = 24
MIN_SECONDS: Final = 2.0
"""Below either nothing is assessable: guessed from CamLoPA's floor of 150 frames in 5 s, lowered for slow cameras."""
DECIDE_SCORE: Final = 0.5
LARGE_OCTETS: Final = 700
"""Octets of a frame that is a piece of something big: guessed, half of a full Ethernet packet."""
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


NOTHING_HEARD: Final = VideoVerdict("not_assessable", 0.0, None, None)


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
    for first, last in _stretches(t_s):
        begin_s, length_s = float(t_s[first]), float(t_s[last - 1] - t_s[first])
        windows = [w for w in WINDOWS_S if w < length_s] + [min(length_s, WINDOWS_S[-1])]
        for window_s in windows:
            if window_s < MIN_SECONDS:
                continue
            features = _measure(flow, t_s, back_s, begin_s, window_s)
            if features.frames < MIN_FRAMES:
                continue
            score = score_features(features, flow)
            verdict: Verdict = "video_uplink" if score >= DECIDE_SCORE else "not_video"
            found = VideoVerdict(verdict, score, round(window_s, 3), features)
            if verdict == "video_uplink":
                return found
            if _rank(found) >= _rank(best):
                best = found
    return best


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
    starts, _ = split_bursts(times, octets)
    return Features(
        seconds=window_s,
        frames=len(times),
        rate_kbps=total * 8 / window_s / 1000,
        large_share=float(octets[octets >= LARGE_OCTETS].sum()) / max(total, 1.0),
        up_share=total / max(total + back, 1.0),
        persistence=_persistence(times, octets, window_s),
        variation=_variation(times, octets, window_s),
        rhythm=find_rhythm(starts) if len(starts) else NO_RHYTHM,
    )


def _persistence(times: Floats, octets: NDArray[np.int32], window_s: float) -> float:
    bins = max(int(window_s / 0.5), 1)
    sums, _ = np.histogram(times, bins=bins, range=(0, bins * 0.5), weights=octets)
    return float((sums >= 0.2 * sums.mean()).mean()) if sums.any() else 0.0


def _variation(times: Floats, octets: NDArray[np.int32], window_s: float) -> float:
    bins = max(int(window_s), 1)
    sums, _ = np.histogram(times, bins=bins, range=(0, float(bins)), weights=octets)
    mean = float(sums.mean())
    return float(sums.std() / mean) if mean > 0 else 9.9


def score_features(features: Features, flow: Flow) -> float:
    """Score of one window: a logistic of what speaks for and against; the weights are guessed, then checked."""
    evidence = -1.0
    evidence += 5.0 * _ramp(features.up_share, 0.55, 0.9) - 4.0
    evidence += 3.0 * _ramp(features.persistence, 0.6, 1.0) - 2.0
    evidence += 2.0 * _ramp(features.large_share, 0.2, 0.7) - 1.0
    evidence += 2.0 * _ramp(features.rate_kbps, 40.0, 200.0) - 1.5
    evidence += 4.0 * _ramp(-features.rhythm.log10_chance, 2.0, 8.0) - 2.0
    evidence -= 2.0 * _ramp(features.variation, 0.5, 1.2)
    if flow.is_from_ap:
        # What an access point sends is its clients' download, unless it is itself the source.
        evidence += 3.0 * flow.self_sourced_share - 5.0
    return 1.0 / (1.0 + math.exp(-evidence))


def _ramp(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)
