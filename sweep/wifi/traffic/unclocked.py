"""Could a flow be a camera's whose pictures come too late to show their clock?

Input is the data frames of one window of a flow and what its peer sent meanwhile; output is `Unclocked`, marks that no
lateness changes, and whether they are those of a stream of pictures.  A queue that scatters pictures, or lets them
through in batches, takes away the clock (`cadence`) and with it everything that is counted by its periods; it leaves
the order of the frames: pictures still end, in ever other places, several times a second, second after second.  This
opens a question and never answers it: what passes here is left to the light.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL, Kernel
from sweep.captures.kernel_marks import UnclockedRules
from sweep.wifi.frames.columns import quantile

from .cadence import FULL_SHARE, LEAST_ENDS, Floats, Octets

UNCLOCKED_S: Final = 5.0
"""Shorter windows show no steady stream: guessed."""
RATE_KBPS: Final = (120.0, 8_000.0)
"""Speech, and most machines that report, stay below on the tuning flows; the thinnest real stream measured has 224.  No
camera of this size sends more than the upper one."""
MIN_UP_SHARE: Final = 0.6
"""A camera that is polled hears a request and an acknowledgement for each picture: recorded, 0.74."""
MAX_ANSWERS: Final = 0.4
"""Octets of answers longer than acknowledgements, over those sent: derived, 40 requests a second of 250 octets over
200 kbit/s; both halves of a call are alike."""
LONG_ANSWER_OCTETS, MAX_LONG_ANSWERS = 700, 0.05
"""No request is as long, and what of the sent may be answered so: guessed, pictures of the other half of a call."""
ENDS_HZ: Final = (1.2, 60.0)
"""Ends of pictures a second: five that come in joined batches, and thirty that end twice.  Meetings and sound cut
into ever other pieces have more, files less, on the tuning flows."""
MIN_SHORT_ENDS_HZ: Final = 0.5
"""With fewer ends that are clearly shorter than the usual frame, whatever has not the commonest length is one: guessed;
pictures that are alike may all end in a piece that is nearly full."""
MAX_TICKS_HZ: Final = 30.0
"""Pictures a second at most; one length counts for a share of them."""
END_SHARE: Final = 0.12
"""As for `cadence.count_ends`."""
FULL_MOSTLY, MIN_DISTINCT = 0.9, 0.3
"""Where the three commonest lengths make up so much, frames are nearly all full, as those of a file: then ends have to
be in ever other places (distinct lengths among 250 of them at most).  Chosen on the tuning flows: of thick cameras one
in fifty has less than 0.54, uploads mostly less than 0.28."""
FULL_NEARLY, MAX_SPREAD, MAX_SPREAD_MOSTLY = 0.95, 0.8, 0.88
"""Where they make up so much, what lies between two ends has to be of similar size as well, and less strictly where
frames are mostly full: chosen on the tuning flows, where uploads spread by 0.82 to 0.97 and of thick cameras one in
fifty by more than the former, none in 400 by more than the latter."""
LEAST_DISTINCT: Final = 0.045
"""At any rate: blocks of one size end in one place, pictures that an encoder fills up in a few more."""
MAX_LENGTHS_SHARE: Final = 0.99
"""Share of the frames that the three commonest lengths make up: as many ends have to be elsewhere."""
MIN_ACTIVE: Final = 0.85
"""Share of whole seconds in which something came: pauses of half a second leave all of them."""
MAX_UNEVEN: Final = 1.6
"""Standard deviation over mean of the octets in two seconds: chosen on the tuning flows; pages come at once."""
MIN_GROUPED, MIN_FULL_SHARE, FULL_OCTETS = 0.13, 0.15, 1_060
"""Pictures are cut: some frames come close behind a full one, or, where a sender paces them evenly, so many octets are
in frames of one length.  The latter is guessed; pieces of 1,024 octets are 1,110 in the air.  The former is chosen on
the tuning flows: on a busy channel packets of speech come close together by chance, up to 0.12, and of 1,500 late
cameras none has less than 0.15."""


@dataclass(frozen=True, slots=True)
class Unclocked:
    """What a window looks like whatever its clock; a constant sound beside it is left out."""

    seconds: float
    rate_kbps: float
    up_share: float
    answers: float
    """Octets from the peer in frames longer than acknowledgements, over the octets sent."""
    long_answers: float
    """The same for frames of LONG_ANSWER_OCTETS and more."""
    ends_hz: float
    distinct: float
    """Distinct lengths among the ends."""
    lengths_share: float
    """Share of the frames that have one of the three commonest lengths."""
    spread: float
    """Median deviation of the octets from one end to the next, as a share of the usual ones."""
    active: float
    uneven: float
    grouped_share: float
    full_share: float
    """Octets in frames of the commonest long length."""

    @property
    def is_like_pictures(self) -> bool:
        """All marks are there."""
        return (
            RATE_KBPS[0] <= self.rate_kbps <= RATE_KBPS[1]
            and self.up_share >= MIN_UP_SHARE
            and self.answers <= MAX_ANSWERS
            and self.long_answers <= MAX_LONG_ANSWERS
            and ENDS_HZ[0] <= self.ends_hz <= ENDS_HZ[1]
            and self._ends_anywhere
            and self.lengths_share <= MAX_LENGTHS_SHARE
            and self.active >= MIN_ACTIVE
            and self.uneven <= MAX_UNEVEN
            and (self.grouped_share >= MIN_GROUPED or self.full_share >= MIN_FULL_SHARE)
        )

    @property
    def _ends_anywhere(self) -> bool:
        if self.lengths_share <= FULL_MOSTLY:
            return self.distinct >= LEAST_DISTINCT
        most = MAX_SPREAD if self.lengths_share > FULL_NEARLY else MAX_SPREAD_MOSTLY
        return self.distinct >= MIN_DISTINCT and self.spread <= most


class Counts(NamedTuple):
    """What a window comes to, before it is divided."""

    octets: float
    ends: float
    """Frames that end something, of one length no more than its share."""
    distinct: float
    """Their lengths."""
    all_ends: float
    three: float
    """Frames of the three commonest lengths."""
    usual: float
    """Median octets from one end to the next."""
    deviation: float
    """Median distance from those."""
    active: float
    """Whole seconds in which something came."""
    mean: float
    """Octets of two seconds."""
    variance: float
    full: float
    """Octets of the commonest long length."""


def measure_unclocked(
    t_s: Floats,
    octets: Octets,
    *,
    seconds: float,
    up_share: float,
    answers: float,
    long_answers: float,
    grouped_share: float,
    kernel: Kernel | None = KERNEL,
) -> Unclocked:
    """Marks of frames at `t_s` (ascending, from 0 to `seconds`); `answers` are octets of longer frames of the peer."""
    found = None if kernel is None else kernel.marks.measure_unclocked(t_s, octets, seconds, UNCLOCKED_RULES)
    counts = _count_plainly(t_s, octets, seconds) if found is None else Counts(*found)
    total = max(counts.octets, 1.0)
    return Unclocked(
        seconds=seconds,
        rate_kbps=total * 8e-3 / seconds,
        up_share=up_share,
        answers=answers / total,
        long_answers=long_answers / total,
        ends_hz=counts.ends / seconds,
        distinct=counts.distinct / max(min(counts.all_ends, 250.0), 1.0),
        lengths_share=counts.three / max(len(octets), 1),
        spread=counts.deviation / max(counts.usual, 1.0),
        active=counts.active / max(int(seconds), 1),
        uneven=math.sqrt(counts.variance) / max(counts.mean, 1.0),
        grouped_share=grouped_share,
        full_share=counts.full / total,
    )


def _count_plainly(t_s: Floats, octets: Octets, seconds: float) -> Counts:
    if not len(octets):
        return Counts(*[0.0] * len(Counts._fields))
    lengths, place, counts = np.unique(octets, return_inverse=True, return_counts=True)
    is_end = find_ends(octets, seconds)
    ends = np.bincount(place[is_end]) if is_end.any() else np.zeros(0, dtype=np.int64)
    most = max(LEAST_ENDS, END_SHARE * MAX_TICKS_HZ * seconds)
    by_second = np.bincount(t_s.astype(np.int64), minlength=max(int(seconds), 1))[: max(int(seconds), 1)]
    twos = max(int(seconds / 2.0), 1)
    by_two = np.bincount((t_s / 2.0).astype(np.int64), weights=octets, minlength=twos)[:twos]
    blocks = np.add.reduceat(octets.astype(np.float64), np.concatenate([[0], np.flatnonzero(is_end[:-1]) + 1]))
    usual = quantile(blocks, 0.5)
    return Counts(
        octets=float(octets.sum()),
        ends=float(np.minimum(ends, most).sum()),
        distinct=float((ends > 0).sum()),
        all_ends=float(ends.sum()),
        three=float(np.sort(counts)[-3:].sum()),
        usual=usual,
        deviation=quantile(np.abs(blocks - usual), 0.5),
        active=float((by_second > 0).sum()),
        mean=float(by_two.mean()),
        variance=float(by_two.var()),
        full=float((lengths * counts)[lengths >= FULL_OCTETS].max(initial=0)),
    )


def find_ends(octets: Octets, seconds: float) -> NDArray[np.bool_]:
    """Per frame: it is shorter than the usual ones, or, where hardly any is, of another length than the commonest."""
    if not len(octets):
        return np.zeros(0, dtype=bool)
    is_end: NDArray[np.bool_] = octets < FULL_SHARE * quantile(octets, 0.9)
    if is_end.sum() < MIN_SHORT_ENDS_HZ * seconds:  # ends that are nearly full
        lengths, counts = np.unique(octets, return_counts=True)
        is_end = octets != lengths[np.argmax(counts)]
    return is_end


UNCLOCKED_RULES: Final = np.array(
    UnclockedRules(
        full_share=FULL_SHARE,
        min_short_ends_hz=MIN_SHORT_ENDS_HZ,
        max_ticks_hz=MAX_TICKS_HZ,
        end_share=END_SHARE,
        least_ends=LEAST_ENDS,
        full_octets=FULL_OCTETS,
    )
)
