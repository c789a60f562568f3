"""One window of a flow, measured: its frames without a constant sound, and what of a camera they show.

Input is a `Flow` and some seconds of it; output is `Features`, which `likeness` weighs, and `Unclocked`.  By the
compiled kernel, or with array operations to the same.  It looks for a clock only where one could make a camera of the
flow, and judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel
from sweep.captures.kernel_marks import MarkRules
from sweep.wifi.frames.columns import quantile
from sweep.wifi.transmitters.flow import Flow

from .cadence import (
    EARLY_TURNS,
    END_SHARE,
    FULL_SHARE,
    LEAST_ENDS,
    LEAST_TONE,
    NO_RHYTHM,
    PERFECT_RHYTHM,
    SOUND_HZ,
    SOUND_RAYLEIGH,
    SOUND_STRENGTH,
    SOUND_TURNS,
    TONE_OCTETS,
    TONE_SHARE,
    Floats,
    Octets,
    Rhythm,
    count_ends,
    find_best_rhythm,
    is_sound,
    is_tone,
    sum_ticks,
)
from .camera_features import DECIDE_SCORE, THIN_KBPS, Features, score_features
from .transfers import measure_ends_kept
from .unclocked import LONG_ANSWER_OCTETS, Unclocked, measure_unclocked

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
MOSTLY_KEPT: Final = 0.5
"""Of the octets: guessed, of cameras with a constant sound the pictures are more."""
MIN_TICKS: Final = 8
"""Periods of a clock below which nothing is said of them: as few as events make a clock."""

MARK_RULES: Final = np.array(
    MarkRules(
        tone_octets=TONE_OCTETS,
        tone_share=TONE_SHARE,
        least_tone=LEAST_TONE,
        sound_strength=SOUND_STRENGTH,
        sound_rayleigh=SOUND_RAYLEIGH,
        sound_turns_cosine=math.cos(2 * math.pi * SOUND_TURNS),
        group_gap_s=GROUP_GAP_S,
        group_octets=GROUP_OCTETS,
        joined_octets=JOINED_OCTETS,
        even_octets=EVEN_OCTETS,
        full_share=FULL_SHARE,
        talk_octets=TALK_OCTETS,
        long_answer_octets=LONG_ANSWER_OCTETS,
        first_step=JOIN_STEP_OCTETS[0],
        last_step=JOIN_STEP_OCTETS[1],
        mostly_joined=MOSTLY_JOINED,
        early_turns=EARLY_TURNS,
        end_share=END_SHARE,
        least_ends=LEAST_ENDS,
    )
)
_SOUND_HZ: Final = np.array(SOUND_HZ)


class Sums(NamedTuple):
    """Octets of a window."""

    sent: float
    """By the sender."""
    kept: float
    """Of those, without a constant sound."""
    back: float
    """From the peer."""
    answers: float
    """Of those, in frames longer than acknowledgements."""
    long_answers: float
    """Of those, in frames longer than any request."""
    grouped: float
    """Of `kept`, in large frames beside a full one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Frames of a flow in some seconds."""

    seconds: float
    frames: int
    """All of the sender's."""
    t_s: Floats
    """From the beginning of the window; a constant sound is left out, as in `octets`."""
    octets: Octets
    all_t_s: Floats
    all_octets: Octets
    """The same with a constant sound."""
    sums: Sums
    kernel: Kernel | None
    """By which it is measured; None: with array operations."""

    @property
    def up_share(self) -> float:
        """Share of octets that go from the sender to the peer."""
        return self.sums.sent / max(self.sums.sent + self.sums.back, 1.0)

    @property
    def grouped_share(self) -> float:
        """Share of octets in large frames beside a full one."""
        return self.sums.grouped / max(self.sums.kept, 1.0)

    @property
    def is_mostly_tone(self) -> bool:
        """Hardly anything is left without what has the lengths of a constant sound."""
        return self.sums.kept < MOSTLY_KEPT * self.sums.sent

    def with_tone(self) -> Window:
        """The same with all of its frames."""
        return replace(self, t_s=self.all_t_s, octets=self.all_octets, sums=self.sums._replace(kept=self.sums.sent))

    def unclocked(self) -> Unclocked:
        """What it looks like whatever its clock."""
        return measure_unclocked(
            self.t_s,
            self.octets,
            seconds=self.seconds,
            up_share=self.up_share,
            answers=self.sums.answers,
            long_answers=self.sums.long_answers,
            grouped_share=self.grouped_share,
            kernel=self.kernel,
        )


class FlowCutter:
    """Cuts windows out of a flow; times count from its first frame."""

    def __init__(self, flow: Flow, kernel: Kernel | None = KERNEL) -> None:
        zero_ns = flow.t_ns[0] if len(flow.t_ns) else 0
        self.flow = flow
        self._kernel = kernel
        self.t_s = (flow.t_ns - zero_ns).astype(np.float64) / 1e9
        self._back_s = (flow.back_t_ns - zero_ns).astype(np.float64) / 1e9
        self._sent = np.concatenate([[0], np.cumsum(flow.frame_len, dtype=np.int64)])

    def cut(self, begin_s: float, seconds: float) -> Window:
        """The frames from `begin_s` on for so many seconds."""
        first, last = np.searchsorted(self.t_s, [begin_s, begin_s + seconds]).tolist()
        back_first, back_last = np.searchsorted(self._back_s, [begin_s, begin_s + seconds]).tolist()
        t_s, octets = self.t_s[first:last], self.flow.frame_len[first:last]
        back = self.flow.back_frame_len[back_first:back_last]
        kernel = self._kernel
        cut = None if kernel is None else kernel.marks.cut_window(t_s, octets, back, begin_s, MARK_RULES)
        kept_s, kept, sums = _cut_plainly(t_s - begin_s, octets, back) if cut is None else cut
        return Window(seconds, last - first, kept_s, kept, t_s - begin_s, octets, Sums(*sums), kernel)

    def count(self, places: list[tuple[float, float]]) -> list[tuple[int, float]]:
        """Frames in the windows of some begins and lengths, and kbit/s."""
        begins, seconds = np.array(places).reshape(-1, 2).T
        first, last = np.searchsorted(self.t_s, begins), np.searchsorted(self.t_s, begins + seconds)
        rates = (self._sent[last] - self._sent[first]) * 8e-3 / seconds
        return list(zip((last - first).tolist(), rates.tolist(), strict=True))


def _cut_plainly(t_s: Floats, octets: Octets, back: Octets) -> tuple[Floats, Octets, Sums]:
    sent = float(octets.sum())
    if len(octets) and (tone := is_tone(octets)).any():
        t_s, octets = t_s[~tone], octets[~tone]
    answers = _pick_answers(back)
    sums = Sums(
        sent=sent,
        kept=float(octets.sum()),
        back=float(back.sum()),
        answers=float(answers.sum()),
        long_answers=float(answers[answers >= LONG_ANSWER_OCTETS].sum()),
        grouped=_sum_grouped(t_s, octets),
    )
    return t_s, octets, sums


def measure_features(window: Window, flow: Flow, given: Collection[str] = ("rate",)) -> Features:
    """What speaks for a camera; without a rhythm where none could make one of it, since it is costly to look for.

    Marks of the names `given` are not asked for that.
    """
    sums, sent = window.sums, max(window.sums.sent, 1.0)
    features = Features(
        seconds=window.seconds,
        frames=window.frames,
        rate_kbps=sums.kept * 8 / window.seconds / 1000,
        up_share=window.up_share,
        answers=sums.answers / sent,
        long_answers=sums.long_answers / sent,
        grouped_share=window.grouped_share,
        rhythm=PERFECT_RHYTHM,
    )
    if features.rate_kbps < THIN_KBPS or score_features(features, flow, given=given) < DECIDE_SCORE:
        return replace(features, rhythm=NO_RHYTHM)
    times, octets, kernel = window.t_s, window.octets, window.kernel
    rhythm = find_best_rhythm(times, octets, kernel)
    if rhythm.sure_nats < SURE_NATS and (sound := find_sound(times, octets, kernel)).any():
        of_rest = find_best_rhythm(times[~sound], octets[~sound], kernel)
        if of_rest.sure_nats > rhythm.sure_nats:
            rhythm, times, octets = of_rest, times[~sound], octets[~sound]
    ticks = _measure_ticks(rhythm, times, octets, max(round(features.seconds / COMPLETE_EVERY_S), 1), kernel)
    if ticks is None:
        return replace(features, rhythm=NO_RHYTHM)
    return replace(
        features,
        rate_kbps=ticks.octets * 8 / features.seconds / 1000,
        grouped_share=ticks.grouped / max(ticks.octets, 1.0),
        rhythm=rhythm,
        ended_share=min(ticks.ends / ticks.periods, 1.0),
        kept_share=ticks.filled / ticks.periods,
        peak_octaves=math.log2(ticks.peak / ticks.usual),
        usual_octets=ticks.usual,
        spread=ticks.deviation / ticks.usual,
        tail=ticks.top / ticks.upper - 1.0,
        ends_kept=measure_ends_kept(times, octets, rhythm) if rhythm.is_blurred else 1.0,
    )


def find_sound(t_s: Floats, octets: Octets, kernel: Kernel | None) -> NDArray[np.bool_]:
    """See `cadence.is_sound`."""
    sound = None if kernel is None else kernel.marks.find_sound(t_s, octets, _SOUND_HZ, MARK_RULES)
    return is_sound(t_s, octets) if sound is None else sound


class Ticks(NamedTuple):
    """What came in the periods of a clock; octets of a period are those of the periods in which something came."""

    octets: float
    """Of all frames."""
    grouped: float
    """As `Sums.grouped`."""
    periods: float
    """Whole ones."""
    ends: float
    """See `cadence.count_ends`."""
    filled: float
    """Periods in which something came."""
    usual: float
    """Median octets of a period; what follows empty periods has waited and counts for all of them."""
    peak: float
    """The height that so many peaks have."""
    deviation: float
    """Median distance from the usual."""
    upper: float
    """Octets that one period in four exceeds."""
    top: float
    """Octets that one period in twenty exceeds."""


def _measure_ticks(rhythm: Rhythm, t_s: Floats, octets: Octets, peaks: int, kernel: Kernel | None) -> Ticks | None:
    """None where there is no clock, or too little in its periods."""
    if not rhythm.rate_hz or not len(t_s):
        return None
    if kernel is not None:
        clock = rhythm.rate_hz, rhythm.tick_s
        found = kernel.marks.measure_ticks(t_s, octets, clock, peaks, MIN_TICKS, MARK_RULES)
        if found is not None:
            return Ticks(*found[1][:10]) if found[0] else None
    sums = sum_ticks(t_s, octets, rhythm)[1:-1]
    if len(sums) < MIN_TICKS or not sums.any():
        return None
    filled = np.flatnonzero(sums > 0)
    sizes = sums[filled] / np.diff(filled, prepend=filled[0] - 1)
    usual, upper, top = (quantile(sizes, share) for share in (0.5, 0.75, 0.95))
    return Ticks(
        octets=float(octets.sum()),
        grouped=_sum_grouped(t_s, octets),
        periods=float(len(sums)),
        ends=count_ends(octets, len(sums)),
        filled=float(len(filled)),
        usual=usual,
        peak=float(np.sort(sizes)[-min(peaks, len(sizes))]),
        deviation=quantile(np.abs(sizes - usual), 0.5),
        upper=upper,
        top=top,
    )


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


def _sum_grouped(times: Floats, octets: Octets) -> float:
    if len(times) < 2:
        return 0.0
    single = octets[octets < JOINED_OCTETS]
    is_full = octets >= FULL_SHARE * (quantile(single, 0.98) if len(single) else JOINED_OCTETS)
    is_piece = np.diff(times) < GROUP_GAP_S
    is_piece &= is_full[1:] | is_full[:-1] | (np.abs(np.diff(octets)) <= EVEN_OCTETS)
    has_company = octets >= JOINED_OCTETS
    has_company[1:] |= is_piece
    has_company[:-1] |= is_piece
    return float(octets[has_company & (octets >= GROUP_OCTETS)].sum())
