"""Could we have heard it?  How much of each transmitter's data reached the receiver.

Input is what the `witnesses` of one log or several come to; output is a `Hearing` per sender.  Many receivers are
deaf to fast modulations and to several streams at once, and then see a camera's reservations and acknowledgements but
none of its pictures.  Three witnesses
tell, the most direct first: Block Acks name frames that arrived, sequence numbers skip what was missed, and a
reservation (RTS) that was answered must have been filled with something.  Below a floor nobody may say "no camera".
The reserved airtime is a hint at what went by unheard; it never makes a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.frames.columns import is_among

from .loss_evidence import (
    ANSWERED,
    CONFIRMED,
    CONFIRMED_HEARD,
    CONFIRMED_TO,
    FILLED,
    MIN_RESERVATIONS,
    NAMED,
    ONE_COUNTER,
    PER_STREAM,
    RESERVED_US,
    UNHEARD_TO,
    LossEvidence,
)
from .video import VideoVerdict

Basis = Literal["block_ack", "sequence_gaps", "reservations"]

FLOOR: Final = 0.65
"""Share of data frames below which nothing may be denied: measured on 150 simulated cameras heard for 10 s; of those,
149 are found when 65 % of the frames are heard, 133 at 50 %, 101 at 40 %, 32 at 30 % and 1 at 20 %."""
PEER_FLOOR: Final = 0.5
"""Share of the frames *towards* a sender below which it may be half of a call: guessed."""
MIN_WITNESSED: Final = 30
"""Frames a witness must speak of: derived, a share of one half is then known to within 0.18 (two sigma)."""
PEER_UNHEARD_HZ: Final = 10.0
"""Unheard frames per second towards a sender that may be the other half of a call: derived, half the slowest call."""
MAX_BREAKS: Final = 0.1
"""Share of jumps that are restarts above which a counter is not one counter: guessed."""


@dataclass(frozen=True, slots=True)
class Reception:
    """How well one sender was heard."""

    confirmed: int = 0
    """Data frames that Block Acks named."""
    confirmed_heard: int = 0
    """Of those, heard here."""
    counted: int = 0
    """Data frames sent by its sequence numbers, from the first heard to the last."""
    counted_heard: int = 0
    reservations: int = 0
    """RTS frames that were answered."""
    reservations_filled: int = 0
    """Of those, with a data frame heard inside."""
    reserved_s: float = 0.0
    """Airtime it reserved."""
    clock_hz: float | None = None
    """Rhythm of its reservations between 4 and 31 per second, when there is a clear one: a hint."""
    confirmed_to: int = 0
    """Data frames to it that its own Block Acks named."""
    unheard_to: int = 0
    """Of those, not heard here."""

    @property
    def witness(self) -> tuple[Basis, float] | None:
        """The most direct witness with enough to say, and the share of data frames heard by it."""
        if self.confirmed >= MIN_WITNESSED:
            return "block_ack", self.confirmed_heard / self.confirmed
        if self.counted >= MIN_WITNESSED:
            return "sequence_gaps", self.counted_heard / self.counted
        if self.reservations >= MIN_RESERVATIONS:
            return "reservations", self.reservations_filled / self.reservations
        return None

    @property
    def is_deaf(self) -> bool:
        """Less than FLOOR of its data was heard; False where nothing tells."""
        return self.witness is not None and self.witness[1] < FLOOR


NO_WITNESS: Final = Reception()


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """How well everybody was heard."""

    by_sender: dict[int, Reception]
    unheard_senders: int
    """Addresses whose data was acknowledged or invited but that were never heard themselves."""

    def of(self, addresses: tuple[int, ...]) -> Reception:
        """Of a transmitter: the address with most frames witnessed speaks for it."""
        found = [self.by_sender[a] for a in addresses if a in self.by_sender]
        return max(found, key=lambda h: (h.confirmed, h.counted, h.reservations), default=NO_WITNESS)


def temper_video(verdict: VideoVerdict, hearing: Reception, listened_s: float) -> VideoVerdict:
    """The verdict that stands in view of what was heard; the score stays.

    Below the floor every verdict is `not_assessable` (`data_unheard`).  A call whose other half was not heard looks
    like a camera, so `video_uplink` falls as well when many, and most, frames towards it went unheard (`peer_unheard`).
    """
    if hearing.is_deaf:
        return replace(verdict, verdict="not_assessable", decided_after_s=None, reason="data_unheard")
    is_many = hearing.unheard_to >= max(PEER_UNHEARD_HZ * listened_s, MIN_WITNESSED)
    is_half_heard = is_many and hearing.unheard_to > (1.0 - PEER_FLOOR) * hearing.confirmed_to
    if verdict.verdict == "video_uplink" and is_half_heard:
        return replace(verdict, verdict="not_assessable", decided_after_s=None, reason="peer_unheard")
    return verdict


def conclude_reception(witnesses: LossEvidence, heard: NDArray[np.uint64]) -> ReceptionReport:
    """How well everybody was heard, of those who were `heard` at all (ascending addresses)."""
    was_heard = is_among(witnesses.addresses, heard)
    rows = witnesses.counts[was_heard]
    counted, counted_heard = _kinder_count(rows)
    by_sender = {
        address: Reception(
            confirmed=row[CONFIRMED],
            confirmed_heard=row[CONFIRMED_HEARD],
            counted=sent,
            counted_heard=came,
            reservations=row[ANSWERED],
            reservations_filled=row[FILLED],
            reserved_s=row[RESERVED_US] / 1e6,
            clock_hz=witnesses.clocks_hz.get(address),
            confirmed_to=row[CONFIRMED_TO],
            unheard_to=row[UNHEARD_TO],
        )
        for address, row, sent, came in zip(
            witnesses.addresses[was_heard].tolist(),
            rows.tolist(),
            counted.tolist(),
            counted_heard.tolist(),
            strict=True,
        )
    }
    # A Block Ack names a sender beyond doubt; a lone CTS may answer noise.
    return ReceptionReport(by_sender, int(np.count_nonzero(witnesses.counts[~was_heard, NAMED])))


def _kinder_count(rows: Int64s) -> tuple[Int64s, Int64s]:
    """Per row: QoS data frames sent by the sender's counters, and heard; the kinder of two ways of counting.

    A station has one counter per receiver and TID (IEEE 802.11-2020, 10.3.2.14.2), but some drivers number everything
    with one.  Where a counter's jumps say that it is not one counter, nothing is counted.
    """
    ways = []
    for first in (PER_STREAM, ONE_COUNTER):
        sent, heard, breaks = rows[:, first], rows[:, first + 1], rows[:, first + 2]
        is_one_counter = breaks <= MAX_BREAKS * np.maximum(heard, 1)
        ways.append((np.where(is_one_counter, sent, 0), np.where(is_one_counter, heard, 0)))
    (counted, heard), (counted_one, heard_one) = ways
    with np.errstate(invalid="ignore", divide="ignore"):
        is_kinder = (counted_one > 0) & ((counted == 0) | (heard_one / counted_one > heard / counted))
    return np.where(is_kinder, counted_one, counted), np.where(is_kinder, heard_one, heard)
