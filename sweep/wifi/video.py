"""Does a transmitter send like a camera that streams?

Input is the flows of a `FrameLog`; output is a verdict per sender: `video_uplink`, `not_video` or `not_assessable`, a
score from 0 to 1 that is not a probability, and after how many seconds of the flow it was decided.  A flow is judged in
growing windows, so that a clear case is decided early.  What speaks for a camera stands in `likeness`: it goes one way,
in bursts that keep a picture clock and end anywhere, of the sizes that pictures have.  `not_video` is said only where
the traffic shows what no camera does.  Too few frames or too short a time is open, with a reason, and so is what lacks
one thing that a camera may lack too: the clock, where pictures come late (`unclocked`), sizes of pictures, which a
machine that reports may have as well, or the stream, where clips are uploaded when something moves (`clips`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from .cadence import (
    FULL_SHARE,
    NO_RHYTHM,
    PERFECT_RHYTHM,
    Floats,
    Octets,
    Rhythm,
    count_ends,
    find_best_rhythm,
    is_sound,
    is_tone,
    sum_ticks,
)
from .clips import judge_clips
from .columns import quantile
from .earlier import close_gaps
from .likeness import THIN_KBPS, Features, score_features
from .transmitters import Flow, is_uplink
from .unclocked import LONG_ANSWER_OCTETS, UNCLOCKED_S, Unclocked, measure_unclocked

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
LONGER_TIMES, CONTRADICTED_NATS = 1.4, -2.0
"""A window so much longer, where there is one, must not speak against the clock by so much: guessed; of a real clock it
speaks for it ever more, of the scanners on the tuning flows it speaks against it by 5 to 35."""
CLIP_SCORE: Final = 0.6
"""A phone may upload photographs so: guessed, above the decision and no further."""
TALK_OCTETS: Final = 150
"""Octets of frames from the peer that may carry speech or a request: derived, 20 ms of Opus at 16 kbit/s with RTP, IP
and 802.11 headers are 160; acknowledgements of TCP stay below, also over IPv6."""
JOIN_STEP_OCTETS, MOSTLY_JOINED = (60, 90), 0.7
"""Octets that an acknowledgement adds to a frame that joins several: derived, 40 to 72 with the subframe's 14 and LLC
or padding; and the share of longer frames that has to fit such steps: guessed."""
GROUP_OCTETS, GROUP_GAP_S, JOINED_OCTETS = 500, 0.011, 1_600
"""A frame so large with another one so near is part of a picture: guessed, speech has at least 20 ms between packets.
A longer frame holds several packets in itself."""
EVEN_OCTETS: Final = 2
"""Pieces of a picture that was cut evenly differ by no more: derived, one octet and its padding."""
SURE_NATS: Final = 6.0
"""Below this the clock of sound may have hidden that of the pictures: as much as counts in full."""
COMPLETE_EVERY_S: Final = 10.0
"""Complete pictures are at most as far apart: guessed, economical encoders go up to this."""
MIN_TICKS: Final = 8
"""Periods of a clock below which nothing is said of them: as few as events make a clock."""
MAX_STRETCHES: Final = 64
"""Stretches of activity judged per flow, the longest first: bounds the work on hostile input."""


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
    """Why nothing was assessable: `too_few_frames`, `too_short`, one of OPEN_REASONS or of `blindness.temper_video`."""


TOO_SHORT: Final = "too_short"
"""Reason: it is like a stream whose pictures come late, and was not heard for long enough to show either."""
NO_CLOCK: Final = "no_clock"
"""Reason: a steady stream goes one way in pieces like pictures, and keeps no clock that could be found."""
ANSWERED: Final = "answered"
"""Reason: such a stream is answered by more than acknowledgements: a viewer asks for each picture, or somebody
talks."""
MAY_BE_CLIPS: Final = "may_be_clips"
"""Reason: a thick upload of some seconds and next to nothing besides: a clip of what moved, or a file."""
LIKE_REPORTS: Final = "like_reports"
"""Reason: it keeps a clock and goes one way, but what it sends each time, or how little, may be a slow camera's
pictures or the reports of a machine."""
MAY_RELAY: Final = "may_relay"
"""Reason: an access point that others use as well sends something like a camera in its own name.  Many routers put
their own address on all that comes from outside, so this may be what one of its clients watches."""
OPEN_REASONS: Final = frozenset({NO_CLOCK, ANSWERED, MAY_BE_CLIPS, LIKE_REPORTS, MAY_RELAY})
"""Of what the traffic alone cannot tell, and the light can."""
OWN_SHARE: Final = 0.75
"""Share of the octets in its cell that an access point which is itself the camera sends as pictures: guessed; the rest
is acknowledgements and whoever steers it."""
NOTHING_HEARD: Final = VideoVerdict("not_assessable", 0.0, None, None, "too_few_frames")
_RANKS: Final = (
    ("not_assessable", "too_few_frames"),
    ("not_assessable", TOO_SHORT),
    ("not_video", None),
    ("not_assessable", MAY_BE_CLIPS),
    ("not_assessable", ANSWERED),
    ("not_assessable", NO_CLOCK),
    ("not_assessable", LIKE_REPORTS),
    ("not_assessable", MAY_RELAY),
    ("video_uplink", None),
)


def judge_flows(flows: tuple[Flow, ...]) -> VideoVerdict:
    """The strongest verdict over the flows of one sender.

    An access point whose cell carries much besides may be handing on what somebody watches, and is left open.
    """
    verdicts = [judge_flow(flow) for flow in flows]
    found = find_strongest(verdicts)
    streams = [flow for flow, one in zip(flows, verdicts, strict=True) if one.verdict == "video_uplink"]
    if streams and all(flow.is_from_ap for flow in streams):
        carried = sum(int(flow.frame_len.sum()) + int(flow.back_frame_len.sum()) for flow in flows)
        if sum(int(flow.frame_len.sum()) for flow in streams) < OWN_SHARE * carried:
            return replace(found, verdict="not_assessable", decided_after_s=None, reason=MAY_RELAY)
    return found


def find_strongest(verdicts: list[VideoVerdict]) -> VideoVerdict:
    """Video before what may be video, that before no video, and that before too little."""
    return max(verdicts, key=lambda one: (_RANKS.index((one.verdict, one.reason)), one.score), default=NOTHING_HEARD)


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

        def cut(window: tuple[float, float], begin_s: float = begin_s) -> _Window:
            return _cut_window(flow, t_s, back_s, begin_s + window[0], window[1])

        stands = NOTHING_HEARD
        for place in _windows(length_s):
            window = cut(place)
            if window.frames >= MIN_FRAMES:
                found = _judge_window(window, flow, place[0])
                if found.verdict == "video_uplink" and not _is_contradicted(cut, flow, place, length_s):
                    return found
                stands = replace(found, verdict="not_video")
        if stands is not NOTHING_HEARD and is_uplink(flow):
            opened = (_leave_open(cut(place), flow) for place in _open_windows(length_s))
            stands = next((one for one in opened if one is not None), stands)
        best = find_strongest([best, stands])
    if best.reason not in OPEN_REASONS and is_uplink(flow):
        best = find_strongest([best, *_leave_open_together(flow)])
    match judge_clips(flow):
        case "clips", after_s:
            return VideoVerdict("video_uplink", CLIP_SCORE, round(after_s, 3), None)
        case "may_be_clips", _:
            return find_strongest([best, VideoVerdict("not_assessable", best.score, None, best.features, MAY_BE_CLIPS)])
        case _:
            return best


def _judge_window(window: _Window, flow: Flow, after_s: float) -> VideoVerdict:
    looks = 1 + round(after_s / SLIDE_STEP_S)
    features = _measure(window, flow)
    score, decided_s = score_features(features, flow, looks=looks), round(after_s + window.seconds, 3)
    if score >= DECIDE_SCORE:
        return VideoVerdict("video_uplink", score, decided_s, features)
    return VideoVerdict("not_video", score, decided_s, features)


def _is_contradicted(
    cut: Callable[[tuple[float, float]], _Window], flow: Flow, place: tuple[float, float], length_s: float
) -> bool:
    """Whether a longer window shows that the clock was chance: steps that are nearly even add up their delays."""
    begin_s, seconds = place
    longer_s = min(length_s - begin_s, WINDOWS_S[-1])
    if longer_s < LONGER_TIMES * seconds:
        return False
    return _measure(cut((begin_s, longer_s)), flow).rhythm.sure_nats < CONTRADICTED_NATS


def _leave_open(window: _Window, flow: Flow) -> VideoVerdict | None:
    """What lacks one thing that a camera may lack as well; None for what shows that it is none."""
    if window.frames < MIN_FRAMES:
        return None
    features, is_like_pictures = _measure(window, flow), window.unclocked().is_like_pictures
    if score_features(features, flow, given=["rate"]) >= DECIDE_SCORE:
        reason = LIKE_REPORTS
    elif not is_like_pictures:
        return None
    elif window.seconds < UNCLOCKED_S:
        reason = TOO_SHORT
    elif score_features(features, flow, given=["sizes"]) >= DECIDE_SCORE:
        reason = LIKE_REPORTS
    else:
        reason = NO_CLOCK if features.is_one_way else ANSWERED
    return VideoVerdict("not_assessable", score_features(features, flow), None, features, reason)


def _leave_open_together(flow: Flow) -> list[VideoVerdict]:
    """What is left open once the seconds in which the channel was not heard are taken out, as between two stands."""
    closed = close_gaps(flow)
    if closed is flow:
        return []
    t_s, back_s = (closed.t_ns - closed.t_ns[0]) / 1e9, (closed.back_t_ns - closed.t_ns[0]) / 1e9
    places = _open_windows(float(t_s[-1]))
    found = (_leave_open(_cut_window(closed, t_s, back_s, *place), closed) for place in places)
    return [one for one in found if one is not None][:1]


def _windows(length_s: float) -> list[tuple[float, float]]:
    """Begin and length of the windows of a stretch: growing from its start, then sliding for what begins later."""
    if length_s < MIN_SECONDS:
        return []
    growing = [(0.0, w) for w in WINDOWS_S if w < length_s] + [(0.0, min(length_s, WINDOWS_S[-1]))]
    slides = min(int((length_s - SLIDE_WINDOW_S) / SLIDE_STEP_S), MAX_SLIDES)
    return growing + [(SLIDE_STEP_S * number, SLIDE_WINDOW_S) for number in range(1, slides + 1)]


def _open_windows(length_s: float) -> list[tuple[float, float]]:
    """The same for what may be left open, which a short window shows too easily: as long as any, half overlapping."""
    longest_s = WINDOWS_S[-1]
    if length_s < longest_s:
        return [(0.0, length_s)]
    halves = min(int((length_s - longest_s) / (longest_s / 2)), MAX_SLIDES)
    return [(longest_s / 2 * number, longest_s) for number in range(halves + 1)]


def _stretches(t_s: Floats) -> list[tuple[int, int]]:
    """Half-open index ranges without a pause of SILENCE_ENDS_S, the longest first."""
    edges = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= SILENCE_ENDS_S) + 1, [len(t_s)]])
    ranges = [(int(a), int(b)) for a, b in pairwise(edges)]
    return sorted(ranges, key=lambda r: r[0] - r[1])[:MAX_STRETCHES]


def measure_window(flow: Flow, seconds: float) -> tuple[Features, Unclocked] | None:
    """What the first `seconds` of a flow look like, with a clock and without; None with too few frames."""
    zero_ns = flow.t_ns[0] if len(flow.t_ns) else 0
    t_s, back_s = (flow.t_ns - zero_ns) / 1e9, (flow.back_t_ns - zero_ns) / 1e9
    window = _cut_window(flow, t_s, back_s, 0.0, seconds)
    return None if window.frames < MIN_FRAMES else (_measure(window, flow), window.unclocked())


@dataclass(frozen=True, slots=True)
class _Window:
    """Frames of a flow in some seconds."""

    seconds: float
    frames: int
    """All of the sender's."""
    t_s: Floats
    """From the beginning of the window; a constant sound is left out, as in `octets`."""
    octets: Octets
    sent: float
    """Octets with the sound."""
    back_octets: Octets

    @property
    def answers(self) -> Octets:
        """Frames of the peer that are longer than acknowledgements."""
        return _pick_answers(self.back_octets)

    @property
    def up_share(self) -> float:
        return self.sent / max(self.sent + float(self.back_octets.sum()), 1.0)

    def unclocked(self) -> Unclocked:
        return measure_unclocked(
            self.t_s,
            self.octets,
            seconds=self.seconds,
            up_share=self.up_share,
            answers=self.answers,
            grouped_share=_grouped(self.t_s, self.octets),
        )


def _cut_window(flow: Flow, t_s: Floats, back_s: Floats, begin_s: float, seconds: float) -> _Window:
    first, last = np.searchsorted(t_s, [begin_s, begin_s + seconds])
    back_first, back_last = np.searchsorted(back_s, [begin_s, begin_s + seconds])
    times, octets = t_s[first:last] - begin_s, flow.frame_len[first:last]
    sent = float(octets.sum())
    if len(octets) and (tone := is_tone(octets)).any():
        times, octets = times[~tone], octets[~tone]
    return _Window(seconds, int(last - first), times, octets, sent, flow.back_frame_len[back_first:back_last])


def _measure(window: _Window, flow: Flow) -> Features:
    times, octets, answers, sent = window.t_s, window.octets, window.answers, max(window.sent, 1.0)
    features = Features(
        seconds=window.seconds,
        frames=window.frames,
        rate_kbps=float(octets.sum()) * 8 / window.seconds / 1000,
        up_share=window.up_share,
        answers=float(answers.sum()) / sent,
        long_answers=float(answers[answers >= LONG_ANSWER_OCTETS].sum()) / sent,
        grouped_share=_grouped(times, octets),
        rhythm=PERFECT_RHYTHM,
    )
    if features.rate_kbps < THIN_KBPS or score_features(features, flow, given=["rate"]) < DECIDE_SCORE:
        return replace(features, rhythm=NO_RHYTHM)  # no rhythm could make a camera of it, and it is costly to look for
    rhythm = find_best_rhythm(times, octets)
    if rhythm.sure_nats < SURE_NATS and (sound := is_sound(times, octets)).any():
        of_rest = find_best_rhythm(times[~sound], octets[~sound])
        if of_rest.sure_nats > rhythm.sure_nats:
            rhythm, times, octets = of_rest, times[~sound], octets[~sound]
    return _measure_ticks(features, rhythm, times, octets)


def _measure_ticks(features: Features, rhythm: Rhythm, times: Floats, octets: Octets) -> Features:
    sums = sum_ticks(times, octets, rhythm)[1:-1]
    if len(sums) < MIN_TICKS or not sums.any():
        return replace(features, rhythm=NO_RHYTHM)
    usual, peak, spread, tail = _weigh_sizes(sums, max(round(features.seconds / COMPLETE_EVERY_S), 1))
    return replace(
        features,
        rate_kbps=float(octets.sum()) * 8 / features.seconds / 1000,
        grouped_share=_grouped(times, octets),
        rhythm=rhythm,
        ended_share=min(count_ends(octets, len(sums)) / len(sums), 1.0),
        kept_share=float((sums > 0).mean()),
        peak_octaves=peak,
        usual_octets=usual,
        spread=spread,
        tail=tail,
    )


def _weigh_sizes(sums: Floats, peaks: int) -> tuple[float, float, float, float]:
    """The usual octets of a period, the height that so many peaks have, spread and tail of what came per period.

    What follows empty periods has waited and counts for all of them.
    """
    filled = np.flatnonzero(sums > 0)
    sizes = sums[filled] / np.diff(filled, prepend=filled[0] - 1)
    usual, upper, top = (quantile(sizes, share) for share in (0.5, 0.75, 0.95))
    peak = float(np.sort(sizes)[-min(peaks, len(sizes))])
    spread = quantile(np.abs(sizes - usual), 0.5) / usual
    return usual, float(np.log2(peak / usual)), spread, top / upper - 1.0


def _pick_answers(back_octets: Octets) -> Octets:
    """Frames from the peer longer than an acknowledgement, also than several that the access point joined in one.

    Joined ones grow by equal steps from a single one.
    """
    single, longer = back_octets[back_octets < TALK_OCTETS], back_octets[back_octets >= TALK_OCTETS]
    if not len(single) or not len(longer):
        return longer
    above = longer - _commonest(single)
    fits = [(above + 2) % step <= 4 for step in range(*JOIN_STEP_OCTETS)]
    is_joined = max(fits, key=np.count_nonzero)
    return longer[~is_joined] if is_joined.mean() > MOSTLY_JOINED else longer


def _commonest(octets: Octets) -> int:
    lengths, counts = np.unique(octets, return_counts=True)
    return int(lengths[np.argmax(counts)])


def _grouped(times: Floats, octets: Octets) -> float:
    if len(times) < 2:
        return 0.0
    single = octets[octets < JOINED_OCTETS]
    is_full = octets >= FULL_SHARE * (quantile(single, 0.98) if len(single) else JOINED_OCTETS)
    is_piece = np.diff(times) < GROUP_GAP_S
    is_piece &= is_full[1:] | is_full[:-1] | (np.abs(np.diff(octets)) <= EVEN_OCTETS)
    has_company = octets >= JOINED_OCTETS
    has_company[1:] |= is_piece
    has_company[:-1] |= is_piece
    return float(octets[has_company & (octets >= GROUP_OCTETS)].sum()) / max(float(octets.sum()), 1.0)
