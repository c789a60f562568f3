"""Could we have heard it?  How much of each transmitter's data reached the receiver.

Input is a `FrameLog`; output is a `Hearing` per sender.  Many receivers are deaf to fast modulations and to several
streams at once, and then see a camera's reservations and acknowledgements but none of its pictures.  Three witnesses
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

from .cadence import find_rhythm
from .columns import is_ascending, number_distinct, order_streams
from .control_frames import BLOCK_ACK, CTS, RTS
from .dot11 import DATA, GROUP_BIT, NO_SEQUENCE
from .framelog import FrameLog
from .radio_headers import Bools
from .video import VideoVerdict

Basis = Literal["block_ack", "sequence_gaps", "reservations"]

FLOOR: Final = 0.65
"""Share of data frames below which nothing may be denied: measured on 150 simulated cameras heard for 10 s; of those,
149 are found when 65 % of the frames are heard, 133 at 50 %, 101 at 40 %, 32 at 30 % and 1 at 20 %."""
PEER_FLOOR: Final = 0.5
"""Share of the frames *towards* a sender below which it may be half of a call: guessed."""
MIN_WITNESSED: Final = 30
"""Frames a witness must speak of: derived, a share of one half is then known to within 0.18 (two sigma)."""
MIN_RESERVATIONS: Final = 15
"""Answered reservations needed: guessed, each stands for several frames."""
PEER_UNHEARD_HZ: Final = 10.0
"""Unheard frames per second towards a sender that may be the other half of a call: derived, half the slowest call."""
LONGEST_GAP: Final = 512
"""Sequence numbers that may be missing at once; a longer jump is a restart: guessed, an eighth of the counter."""
PAUSE_NS: Final = 500_000_000
"""After a longer pause of a stream its first Block Ack may speak of frames from before: guessed."""
MAX_BREAKS: Final = 0.1
"""Share of jumps that are restarts above which a counter is not one counter: guessed."""
CLEAR_CLOCK_NATS: Final = 6.0
"""Logarithm of the likelihood of a clock at which it is told: guessed, hardly any rhythm without one reaches 5."""
MAX_CLOCKS: Final = 256
"""Senders whose reservations are searched for a rhythm: bounds the work on hostile input."""
_CHUNK: Final = 20_000  # Block Acks spread out at once: 5 MB


@dataclass(frozen=True, slots=True)
class Hearing:
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


NO_WITNESS: Final = Hearing()


@dataclass(frozen=True, slots=True)
class HearingReport:
    """How well everybody was heard."""

    by_sender: dict[int, Hearing]
    unheard_senders: int
    """Addresses whose data was acknowledged or invited but that were never heard themselves."""

    def of(self, addresses: tuple[int, ...]) -> Hearing:
        """Of a transmitter: the address with most frames witnessed speaks for it."""
        found = [self.by_sender[a] for a in addresses if a in self.by_sender]
        return max(found, key=lambda h: (h.confirmed, h.counted, h.reservations), default=NO_WITNESS)


def temper_video(verdict: VideoVerdict, hearing: Hearing, listened_s: float) -> VideoVerdict:
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


@dataclass(frozen=True, slots=True)
class _People:
    """Everybody named in data and control frames, and those of them who send, as small numbers."""

    addresses: NDArray[np.uint64]
    """Ascending."""
    sender_number: Int64s
    """Per address: its place among the senders, -1 for those who only receive."""
    data_rows: Int64s
    """Numbered data frames of the log."""
    data_sender: Int64s
    """Per row of `data_rows`: place in `addresses`; the others likewise per data or control frame."""
    data_receiver: Int64s
    control_sender: Int64s
    control_receiver: Int64s

    @property
    def count(self) -> int:
        """How many senders there are."""
        return int(self.sender_number.max(initial=-1)) + 1


def assess_hearing(log: FrameLog) -> HearingReport:
    """Weigh the witnesses of every sender of a log."""
    people = _number_people(log)
    if not people.count:
        return HearingReport({}, 0)
    confirmed, confirmed_heard, confirmed_to, unheard_to = _weigh_block_acks(log, people)
    counted, counted_heard = _weigh_gaps(log, people)
    answered, filled, reserved_us, clocks = _weigh_reservations(log, people)
    senders = people.addresses[people.sender_number >= 0]
    was_heard = np.isin(senders, log.transmitters)
    by_sender = {
        int(senders[i]): Hearing(
            confirmed=int(confirmed[i]),
            confirmed_heard=int(confirmed_heard[i]),
            counted=int(counted[i]),
            counted_heard=int(counted_heard[i]),
            reservations=int(answered[i]),
            reservations_filled=int(filled[i]),
            reserved_s=float(reserved_us[i]) / 1e6,
            clock_hz=clocks.get(int(i)),
            confirmed_to=int(confirmed_to[i]),
            unheard_to=int(unheard_to[i]),
        )
        for i in np.flatnonzero(was_heard)
    }
    # A Block Ack names a sender beyond doubt; a lone CTS may answer noise.
    is_named = np.zeros(people.count, dtype=bool)
    is_named[people.sender_number[people.control_sender[log.control.subtype == BLOCK_ACK]]] = True
    return HearingReport(by_sender, int((is_named & ~was_heard).sum()))


def _number_people(log: FrameLog) -> _People:
    frames, control = log.frames, log.control
    rows = np.flatnonzero((frames.kind == DATA) & (frames.sequence_control != NO_SEQUENCE))
    parts = [frames.ta[rows], control.sender, frames.ra[rows], control.receiver]
    addresses, place = number_distinct(np.concatenate(parts))
    data_sender, control_sender, data_receiver, control_receiver = np.split(
        place, np.cumsum([len(part) for part in parts])[:-1]
    )
    is_sender = np.zeros(len(addresses), dtype=bool)
    is_sender[data_sender] = is_sender[control_sender] = True
    number = np.where(is_sender, np.cumsum(is_sender) - 1, -1)
    return _People(addresses, number, rows, data_sender, data_receiver, control_sender, control_receiver)


def _unwrap(stream: Int64s, sequence: Int64s) -> Int64s:
    """Sequence numbers without wrap-around, per stream; rows sorted by stream and time."""
    step = ((np.diff(sequence) + 2048) & 4095) - 2048
    step[np.diff(stream) != 0] = 0
    return np.concatenate([sequence[:1], sequence[:1] + np.cumsum(step)])


def _weigh_block_acks(log: FrameLog, people: _People) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Per sender: frames confirmed, of those heard; frames to it that it confirmed, of those unheard."""
    frames, control, count = log.frames, log.control, people.count
    acks = np.flatnonzero(control.subtype == BLOCK_ACK)
    if not len(acks):
        none = np.zeros(count, dtype=np.int64)
        return none, none, none, none
    rows = people.data_rows
    chosen = np.flatnonzero((frames.tid[rows] >= 0) & ((frames.ra[rows] & np.uint64(GROUP_BIT)) == 0))
    data = rows[chosen]
    sender = np.concatenate([people.data_sender[chosen], people.control_sender[acks]])
    receiver = np.concatenate([people.data_receiver[chosen], people.control_receiver[acks]])
    tid = np.concatenate([frames.tid[data], control.tid[acks]]).astype(np.int64)
    streams, stream = number_distinct((sender * len(people.addresses) + receiver) * 16 + tid)
    t_ns = np.concatenate([frames.t_ns[data], control.t_ns[acks]])
    number = np.concatenate([frames.sequence_control[data] >> 4, control.first_sequence[acks]]).astype(np.int64)
    # Data that nobody acknowledges in blocks has nothing to say here.
    is_acknowledged = np.zeros(len(streams), dtype=bool)
    is_acknowledged[stream[len(data) :]] = True
    order = np.flatnonzero(is_acknowledged[stream])
    order = order[order_streams(stream[order], t_ns[order])]
    stream, t_ns, number = stream[order], t_ns[order], number[order]
    is_ack = order >= len(data)
    place = _unwrap(stream, number)
    key = (stream << 37) + (place - place.min())
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (np.diff(stream) != 0) | (np.diff(t_ns) > PAUSE_NS)
    # The first Block Ack of a stream, or after a pause, may name frames from before anybody listened.
    run = np.cumsum(is_first)
    ack_rows = np.flatnonzero(is_ack)
    is_early = np.concatenate([[True], np.diff(run[ack_rows]) != 0])
    bitmaps = control.bitmap[acks[order[ack_rows] - len(data)]]
    named = _spread(key[ack_rows[~is_early]], bitmaps[~is_early])
    named = named[~_is_among(named, _spread(key[ack_rows[is_early]], bitmaps[is_early]))]
    is_heard = _is_among(named, np.sort(key[~is_ack]))
    pair = streams[named >> 37] // 16
    index = people.sender_number[pair // len(people.addresses)]
    place_of_receiver = people.sender_number[pair % len(people.addresses)]
    is_sender_too = place_of_receiver >= 0
    return (
        np.bincount(index, minlength=count),
        np.bincount(index[is_heard], minlength=count),
        np.bincount(place_of_receiver[is_sender_too], minlength=count),
        np.bincount(place_of_receiver[~is_heard & is_sender_too], minlength=count),
    )


def _spread(key: Int64s, bitmaps: NDArray[np.uint8]) -> Int64s:
    """Distinct keys of all frames that the bitmaps name, ascending."""
    found = [np.zeros(0, dtype=np.int64)]
    for first in range(0, len(key), _CHUNK):
        chosen = bitmaps[first : first + _CHUNK]
        width = 8 if not chosen[:, 8:].any() else chosen.shape[1]  # hardly anybody acknowledges more than 64 at once
        bits = np.flatnonzero(np.unpackbits(chosen[:, :width], axis=1, bitorder="little").reshape(-1))
        shift = (8 * width).bit_length() - 1  # a power of two; dividing by it would take most of the time here
        found.append(_distinct(key[first + (bits >> shift)] + (bits & ((1 << shift) - 1))))
    return _distinct(np.concatenate(found))


def _distinct(key: Int64s) -> Int64s:
    ordered = np.sort(key)
    return ordered[np.concatenate([[True], ordered[1:] != ordered[:-1]])] if len(ordered) else ordered


def _is_among(wanted: Int64s, known: Int64s) -> Bools:
    """For each of `wanted`: does it stand in `known`?  Both ascending."""
    if not len(known):
        return np.zeros(len(wanted), dtype=bool)
    found: Bools = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted
    return found


def _weigh_gaps(log: FrameLog, people: _People) -> tuple[Int64s, Int64s]:
    """Per sender: QoS data frames sent by its counters, and heard; the kinder of two ways of counting.

    A station has one counter per receiver and TID (IEEE 802.11-2020, 10.3.2.14.2), but some drivers number everything
    with one.
    """
    frames, rows = log.frames, people.data_rows
    is_unicast = (frames.ra[rows] & np.uint64(GROUP_BIT)) == 0
    chosen = np.flatnonzero((frames.tid[rows] >= 0) & is_unicast & ~log.is_repeat[rows])
    rows, sender = rows[chosen], people.sender_number[people.data_sender[chosen]]
    _, by_standard = number_distinct(
        (sender * len(people.addresses) + people.data_receiver[chosen]) * 16 + frames.tid[rows]
    )
    counted, heard = _count_gaps(log, rows, by_standard, sender, people.count)
    counted_one, heard_one = _count_gaps(log, rows, sender, sender, people.count)
    with np.errstate(invalid="ignore", divide="ignore"):
        is_kinder = (counted_one > 0) & ((counted == 0) | (heard_one / counted_one > heard / counted))
    return np.where(is_kinder, counted_one, counted), np.where(is_kinder, heard_one, heard)


def _count_gaps(log: FrameLog, rows: Int64s, number: Int64s, sender: Int64s, count: int) -> tuple[Int64s, Int64s]:
    """Frames sent and heard per sender if each stream has one counter; 0 where its jumps say that it has not."""
    frames = log.frames
    order = order_streams(number, frames.t_ns[rows])
    number, who, t_ns = number[order], sender[order], frames.t_ns[rows[order]]
    place = _unwrap(number, (frames.sequence_control[rows[order]] >> 4).astype(np.int64))
    by_place = (number << 40) + place
    if not is_ascending(by_place):  # late repeats fall into their place
        again = np.argsort(by_place, kind="stable")
        number, who, t_ns, place = number[again], who[again], t_ns[again], place[again]
    step, pause_ns, is_same = np.diff(place), np.abs(np.diff(t_ns)), np.diff(number) == 0
    is_close = is_same & (step >= 1) & (pause_ns <= PAUSE_NS)
    is_counted = is_close & (step <= LONGEST_GAP)
    is_break = is_close & (step > LONGEST_GAP)
    sent = np.bincount(who[1:][is_counted], weights=step[is_counted], minlength=count).astype(np.int64)
    heard = np.bincount(who[1:][is_counted], minlength=count)
    breaks = np.bincount(who[1:][is_break], minlength=count)
    is_one_counter = breaks <= MAX_BREAKS * np.maximum(heard, 1)
    return np.where(is_one_counter, sent, 0), np.where(is_one_counter, heard, 0)


def _weigh_reservations(log: FrameLog, people: _People) -> tuple[Int64s, Int64s, NDArray[np.float64], dict[int, float]]:
    """Per sender: RTS answered, of those with data inside, microseconds reserved, and a rhythm where one is clear."""
    frames, control, count = log.frames, log.control, people.count
    rts = np.flatnonzero(control.subtype == RTS)
    rts = rts[np.argsort(control.t_ns[rts], kind="stable")]
    who = people.sender_number[people.control_sender[rts]]
    begin, end = control.t_ns[rts], control.t_ns[rts] + control.duration_us[rts] * 1_000
    answers = np.flatnonzero((control.subtype == CTS) | (control.subtype == BLOCK_ACK))
    is_answered = _has_event(
        who, begin, end, people.sender_number[people.control_sender[answers]], control.t_ns[answers]
    )
    data = np.flatnonzero(frames.kind == DATA)
    addresses = people.addresses[people.sender_number >= 0]
    data_sender = np.minimum(np.searchsorted(addresses, log.transmitters), len(addresses) - 1)
    is_known = addresses[data_sender] == log.transmitters
    data = data[is_known[log.transmitter_index[data]]] if len(rts) else data[:0]
    is_filled = _has_event(who, begin, end, data_sender[log.transmitter_index[data]], frames.t_ns[data])
    is_answered |= is_filled
    reserved = np.bincount(who[is_answered], weights=control.duration_us[rts][is_answered], minlength=count)
    clocks = {}
    for i in np.flatnonzero(np.bincount(who[is_answered], minlength=count) >= MIN_RESERVATIONS)[:MAX_CLOCKS]:
        times = begin[is_answered & (who == i)]
        rhythm = find_rhythm((times - times[0]) / 1e9)
        if rhythm.clock_nats >= CLEAR_CLOCK_NATS:
            clocks[int(i)] = round(rhythm.rate_hz, 2)
    return (
        np.bincount(who[is_answered], minlength=count),
        np.bincount(who[is_answered & is_filled], minlength=count),
        reserved,
        clocks,
    )


def _has_event(who: Int64s, begin: Int64s, end: Int64s, event_who: Int64s, event_ns: Int64s) -> Bools:
    """For each interval of a sender: does one of its events lie inside?  A microsecond before counts, clocks round."""
    if not len(who) or not len(event_who):
        return np.zeros(len(who), dtype=bool)
    is_asked = np.zeros(int(max(who.max(), event_who.max())) + 1, dtype=bool)
    is_asked[who] = True
    chosen = np.flatnonzero(is_asked[event_who])
    event_who, event_ns = event_who[chosen], event_ns[chosen]
    # One number for sender and time; times give way to their ranks where 64 bits would not hold it.
    times = np.concatenate([begin - 1_000, end, event_ns])
    times -= times.min()
    if int(times.max() + 1) * (len(is_asked) + 1) >= 1 << 62:
        times = np.unique(times, return_inverse=True)[1].astype(np.int64)
    width = int(times.max()) + 1
    first, last, place = np.split(times, [len(begin), 2 * len(begin)])
    events = np.sort(event_who * width + place)
    inside: Int64s = np.searchsorted(events, who * width + last, side="right") - np.searchsorted(
        events, who * width + first
    )
    return inside > 0
