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

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from sweep.captures.kernel import KERNEL, Kernel
from sweep.wifi.transmitters.earlier_flows import close_gaps
from sweep.wifi.transmitters.flow import Flow, is_uplink
from sweep.wifi.transmitters.shared_addresses import TWO_TRANSMITTERS

from .cadence import Floats
from .camera_features import DECIDE_SCORE, THIN_KBPS, Features, list_marks, score_features
from .clips import judge_clips
from .echo import is_echoed
from .slow_clock import keeps_slow_clock
from .stalls import close_stalls
from .thin import LEAST_KBPS, measure_thin
from .transfers import measure_transfer
from .unclocked import MIN_GROUPED, MIN_UP_SHARE, RATE_KBPS, UNCLOCKED_S
from .windows import FlowCutter, Window, measure_features

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
NEARLY: Final = 0.999
"""Of a rate that a window needs at least, what it is not even measured below: sums are rounded."""
LONGER_TIMES, CONTRADICTED_NATS = 1.4, -2.0
"""A window so much longer, where there is one, must not speak against the clock by so much: guessed; of a real clock it
speaks for it ever more, of the scanners on the tuning flows it speaks against it by 5 to 35."""
LIKELY: Final = 0.5
"""Mark from which on what comes back keeps a clock of pictures: guessed, none of 220 simulated calls, games and pages
is left open with it."""
CLIP_SCORE: Final = 0.6
"""A phone may upload photographs so: guessed, above the decision and no further."""
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
TOO_THIN: Final = "too_thin"
"""Reason: a thin stream of frames of ever other lengths goes one way: a camera's whose picture hardly changes, or what
a machine reports."""
MAY_RELAY: Final = "may_relay"
"""Reason: an access point that others use as well sends something like a camera in its own name.  Many routers put
their own address on all that comes from outside, so this may be what one of its clients watches."""
OPEN_REASONS: Final = frozenset({NO_CLOCK, ANSWERED, MAY_BE_CLIPS, LIKE_REPORTS, MAY_RELAY, TOO_THIN, TWO_TRANSMITTERS})
"""Of what the traffic alone cannot tell, and the light can."""
OWN_SHARE: Final = 0.75
"""Share of the octets in its cell that an access point which is itself the camera sends as pictures: guessed; the rest
is acknowledgements and whoever steers it."""
NOTHING_HEARD: Final = VideoVerdict("not_assessable", 0.0, None, None, "too_few_frames")
_RANKS: Final = (
    ("not_assessable", "too_few_frames"),
    ("not_assessable", TOO_SHORT),
    ("not_video", None),
    ("not_assessable", TOO_THIN),
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


def is_called(verdict: str, reason: str | None, score: float) -> bool:
    """Whether its traffic is a camera's: called video, or it would be, but that two transmitters seem to use its
    address, which a camera can see to itself.
    """
    return verdict == "video_uplink" or (reason == TWO_TRANSMITTERS and score >= DECIDE_SCORE)


def find_strongest(verdicts: list[VideoVerdict]) -> VideoVerdict:
    """Video before what may be video, that before no video, and that before too little."""
    return max(verdicts, key=lambda one: (_RANKS.index((one.verdict, one.reason)), one.score), default=NOTHING_HEARD)


def judge_flow(flow: Flow, kernel: Kernel | None = KERNEL) -> VideoVerdict:
    """Judge each stretch of activity of a flow in growing windows; the first window that convinces decides.

    Windows are measured by the kernel, or without one with array operations.
    """
    if not len(flow.t_ns):
        return NOTHING_HEARD
    best, cutter = NOTHING_HEARD, FlowCutter(flow, kernel)
    for first, last in _stretches(cutter.t_s):
        begin_s = float(cutter.t_s[first])
        stretch, positions = _Stretch(cutter, begin_s, float(cutter.t_s[last - 1]) - begin_s), NOTHING_HEARD
        full = stretch.list_full(_windows(stretch.length_s))
        for number, (place, kbps) in enumerate(full, start=1):
            if kbps < NEARLY * THIN_KBPS and number < len(full):  # no camera; the last one says what else it is like
                continue
            found = _judge_window(stretch, place)
            if found.verdict == "video_uplink" and not _is_contradicted(stretch, place):
                return found
            positions = replace(found, verdict="not_video")
        if positions is not NOTHING_HEARD and is_uplink(flow):
            positions = _find_open(stretch) or positions
        best = find_strongest([best, positions])
    if best.reason not in OPEN_REASONS and is_uplink(flow):
        best = find_strongest([best, *_leave_open_together(flow, kernel)])
    match judge_clips(flow):
        case "clips", after_s:
            return VideoVerdict("video_uplink", CLIP_SCORE, round(after_s, 3), None)
        case "may_be_clips", _:
            return find_strongest([best, VideoVerdict("not_assessable", best.score, None, best.features, MAY_BE_CLIPS)])
        case _ if best.verdict == "not_video" and _is_denied_for_answers(flow, best, kernel):
            return replace(best, verdict="not_assessable", decided_after_s=None, reason=ANSWERED)
        case _:
            return best


def _is_denied_for_answers(flow: Flow, denied: VideoVerdict, kernel: Kernel | None) -> bool:
    """Whether what comes back to a stream of pictures is all that speaks against it, and is no other half of a call:
    it may be the same once more, or somebody else may send that in its peer's name.
    """
    features = denied.features
    if flow.is_from_ap or features is None or features.is_one_way:
        return False
    alone = replace(flow, back_t_ns=flow.back_t_ns[:0], back_frame_len=flow.back_frame_len[:0])
    if is_echoed(flow):
        return judge_flow(alone, kernel).verdict != "not_video"
    if features.rate_kbps < RATE_KBPS[0] or judge_flow(alone, kernel).verdict != "video_uplink":
        return False
    back = replace(
        alone, t_ns=flow.back_t_ns, frame_len=flow.back_frame_len, sequence_number=flow.sequence_number[:0],
        tid=flow.tid[:0],
    )  # fmt: skip
    half = judge_flow(back, kernel)
    keeps_clock = half.features is not None and list_marks(half.features)["clock"] >= LIKELY
    return half.verdict != "video_uplink" and half.reason not in OPEN_REASONS and not keeps_clock


class _Stretch:
    """Activity of a flow without a pause, measured window by window; a place is begin and length, in seconds."""

    def __init__(self, cutter: FlowCutter, begin_s: float, length_s: float) -> None:
        self.flow = cutter.flow
        self.length_s = length_s
        self._cutter = cutter
        self._begin_s = begin_s
        self._measured: dict[tuple[float, float], Features] = {}

    def list_full(self, places: list[tuple[float, float]]) -> list[tuple[tuple[float, float], float]]:
        """Those with frames enough, and the kbit/s of each."""
        counts = self._cutter.count([(self._begin_s + begin_s, seconds) for begin_s, seconds in places])
        return [(place, kbps) for place, (frames, kbps) in zip(places, counts, strict=True) if frames >= MIN_FRAMES]

    def cut(self, place: tuple[float, float]) -> Window:
        """The frames of a window."""
        return self._cutter.cut(self._begin_s + place[0], place[1])

    def measure(self, place: tuple[float, float], window: Window | None = None) -> Features:
        """What it looks like; measured once."""
        if place not in self._measured:
            self._measured[place] = measure_features(window or self.cut(place), self.flow)
        return self._measured[place]


def _judge_window(stretch: _Stretch, place: tuple[float, float]) -> VideoVerdict:
    looks = 1 + round(place[0] / SLIDE_STEP_S)
    features = stretch.measure(place)
    score, decided_s = score_features(features, stretch.flow, looks=looks), round(sum(place), 3)
    if score >= DECIDE_SCORE:
        return VideoVerdict("video_uplink", score, decided_s, features)
    return VideoVerdict("not_video", score, decided_s, features)


def _is_contradicted(stretch: _Stretch, place: tuple[float, float]) -> bool:
    """Whether a longer window shows that the clock was chance: steps that are nearly even add up their delays."""
    begin_s, seconds = place
    longer_s = min(stretch.length_s - begin_s, WINDOWS_S[-1])
    if longer_s < LONGER_TIMES * seconds:
        return False
    return stretch.measure((begin_s, longer_s)).rhythm.sure_nats < CONTRADICTED_NATS


def _find_open(stretch: _Stretch) -> VideoVerdict | None:
    """The first window that is left open for more than how little it is; else the first of those."""
    weak = None
    for found in _leave_open(stretch):
        if found.reason not in {TOO_THIN, TOO_SHORT}:
            return found
        weak = weak or found
    return weak


def _leave_open(stretch: _Stretch) -> Iterator[VideoVerdict]:
    """What lacks one thing that a camera may lack as well, window by window; none of what shows that it is none."""
    for place, kbps in stretch.list_full(_open_windows(stretch.length_s)):
        if kbps < NEARLY * LEAST_KBPS:  # too thin for anything
            continue
        window, flow = stretch.cut(place), stretch.flow
        features = stretch.measure(place, window)
        if features.is_sound:
            continue
        reason = _tell_missing(window, features, flow)
        if reason is None and (_may_be_filled_up(window, features, flow) or _may_gather(window, features)):
            reason = LIKE_REPORTS
        if reason is None:
            continue
        yield VideoVerdict("not_assessable", score_features(features, flow), None, features, reason)


def _tell_missing(window: Window, features: Features, flow: Flow) -> str | None:
    """Reason for which the pictures of a window may be a camera's; None where they are none."""
    if score_features(features, flow, given=["rate"]) >= DECIDE_SCORE:
        return LIKE_REPORTS
    unclocked = window.unclocked()
    if not (unclocked.is_like_pictures or measure_thin(window).may_be_pictures):
        return None
    if window.seconds < UNCLOCKED_S:
        return TOO_SHORT
    if not unclocked.is_like_pictures:
        return TOO_THIN
    if (transfer := measure_transfer(window.t_s, window.octets, window.seconds)).is_file(unclocked):
        return None
    if score_features(features, flow, given=["sizes"]) >= DECIDE_SCORE:
        return LIKE_REPORTS
    if not features.is_one_way:
        return ANSWERED
    return None if transfer.is_even(unclocked) else NO_CLOCK


def _may_be_filled_up(window: Window, features: Features, flow: Flow) -> bool:
    """Whether pictures that end in few places are all that speaks against it, also where all have the length of a
    sound.
    """
    given = ["ended"]
    if window.is_mostly_tone:
        given += ["rate", "grouped"]
        features = measure_features(window.with_tone(), flow, given)
    return features.is_filled_up and score_features(features, flow, given=given) >= DECIDE_SCORE


def _may_gather(window: Window, features: Features) -> bool:
    """Whether pictures of a second or two come at once, one way and thick."""
    is_thick = features.rate_kbps >= THIN_KBPS and window.grouped_share >= MIN_GROUPED
    goes_up = window.up_share >= MIN_UP_SHARE and features.is_one_way
    return is_thick and goes_up and keeps_slow_clock(window.t_s, window.octets)


def _leave_open_together(flow: Flow, kernel: Kernel | None) -> list[VideoVerdict]:
    """What is left open once the seconds in which the channel was not heard are taken out, as between two positions,
    and those in which it stalled.
    """
    closed = close_stalls(close_gaps(flow))
    if closed is flow:
        return []
    cutter = FlowCutter(closed, kernel)
    found = _find_open(_Stretch(cutter, 0.0, float(cutter.t_s[-1])))
    return [] if found is None else [found]


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
    """Half-open index ranges without a pause of SILENCE_ENDS_S, the longest first; none with too few frames for a
    window.
    """
    edges = np.concatenate([[0], np.flatnonzero(np.diff(t_s) >= SILENCE_ENDS_S) + 1, [len(t_s)]])
    ranges = [(a, b) for a, b in pairwise(edges.tolist()) if b - a >= MIN_FRAMES]
    return sorted(ranges, key=lambda r: r[0] - r[1])[:MAX_STRETCHES]
