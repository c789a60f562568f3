"""Could a flow be a camera's whose pictures come too late to show their clock?

Input is the data frames of one window of a flow and what its peer sent meanwhile; output is `Unclocked`, marks that no
lateness changes, and whether they are those of a stream of pictures.  A queue that scatters pictures, or lets them
through in batches, takes away the clock (`cadence`) and with it everything that is counted by its periods; it leaves
the order of the frames: pictures still end, in ever other places, several times a second, second after second.  This
opens a question and never answers it: what passes here is left to the light.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .cadence import FULL_SHARE, Floats, Octets
from .columns import quantile

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
FULL_NEARLY, MAX_SPREAD = 0.95, 0.8
"""Where they make up so much, what lies between two ends has to be of similar size as well: chosen on the tuning flows,
where uploads spread by 0.82 to 0.97 and of thick cameras one in fifty by more."""
LEAST_DISTINCT: Final = 0.045
"""At any rate: blocks of one size end in one place, pictures that an encoder fills up in a few more."""
MAX_LENGTHS_SHARE: Final = 0.99
"""Share of the frames that the three commonest lengths make up: as many ends have to be elsewhere."""
MIN_ACTIVE: Final = 0.85
"""Share of whole seconds in which something came: pauses of half a second leave all of them."""
MAX_UNEVEN: Final = 1.6
"""Standard deviation over mean of the octets in two seconds: chosen on the tuning flows; pages come at once."""
MIN_GROUPED, MIN_FULL_SHARE, FULL_OCTETS = 0.03, 0.15, 1_060
"""Pictures are cut: some frames come close behind a full one (as where `likeness` begins to believe in it), or, where a
sender paces them evenly, so many octets are in frames of one length: guessed; pieces of 1,024 octets are 1,110 in the
air."""


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
        return self.distinct >= MIN_DISTINCT and (self.lengths_share <= FULL_NEARLY or self.spread <= MAX_SPREAD)


def measure_unclocked(
    t_s: Floats, octets: Octets, *, seconds: float, up_share: float, answers: NDArray[np.int32], grouped_share: float
) -> Unclocked:
    """Marks of frames at `t_s` (ascending, from 0 to `seconds`); `answers` are the longer frames of the peer."""
    total = max(float(octets.sum()), 1.0)
    lengths, place, counts = np.unique(octets, return_inverse=True, return_counts=True)
    is_end = octets < FULL_SHARE * quantile(octets, 0.9) if len(octets) else np.zeros(0, dtype=bool)
    if is_end.sum() < MIN_SHORT_ENDS_HZ * seconds and len(octets):  # ends that are nearly full
        is_end = octets != lengths[np.argmax(counts)]
    ends = np.bincount(place[is_end]) if is_end.any() else np.zeros(0, dtype=np.int64)
    most = max(2.0, END_SHARE * MAX_TICKS_HZ * seconds)
    by_second = np.bincount(t_s.astype(np.int64), minlength=max(int(seconds), 1))[: max(int(seconds), 1)]
    twos = max(int(seconds / 2.0), 1)
    by_two = np.bincount((t_s / 2.0).astype(np.int64), weights=octets, minlength=twos)[:twos]
    return Unclocked(
        seconds=seconds,
        rate_kbps=total * 8e-3 / seconds,
        up_share=up_share,
        answers=float(answers.sum()) / total,
        long_answers=float(answers[answers >= LONG_ANSWER_OCTETS].sum()) / total,
        ends_hz=float(np.minimum(ends, most).sum()) / seconds,
        distinct=float((ends > 0).sum()) / max(min(int(ends.sum()), 250), 1),
        lengths_share=float(np.sort(counts)[-3:].sum()) / max(len(octets), 1),
        spread=_spread(octets, is_end),
        active=float((by_second > 0).mean()),
        uneven=float(by_two.std() / max(float(by_two.mean()), 1.0)),
        grouped_share=grouped_share,
        full_share=float((lengths * counts)[lengths >= FULL_OCTETS].max(initial=0)) / total,
    )


def _spread(octets: Octets, is_end: NDArray[np.bool_]) -> float:
    begins = np.concatenate([[0], np.flatnonzero(is_end[:-1]) + 1])
    blocks = np.add.reduceat(octets.astype(np.float64), begins) if len(octets) else np.ones(1)
    usual = quantile(blocks, 0.5)
    return quantile(np.abs(blocks - usual), 0.5) / usual
