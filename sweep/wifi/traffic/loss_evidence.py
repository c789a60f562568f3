"""What speaks of data frames that were not heard: Block Acks, gaps of sequence numbers, reservations.

Input is a `FrameLog`; output is `Witnesses`: counts per sender that can be added up over the logs of one capture.  Each
log is weighed by itself: the first Block Ack of a stream and the frames around a seam say nothing of each other.  It
draws no conclusion; `blindness` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.kernel import KERNEL
from sweep.captures.packets import Int64s
from sweep.wifi.frames.columns import add_counts, is_among, is_ascending, number_distinct, order_streams
from sweep.wifi.frames.control_frames import BLOCK_ACK, CTS, RTS
from sweep.wifi.frames.dot11 import DATA, GROUP_BIT, NO_SEQUENCE
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.frames.radio_headers import Bools
from sweep.wifi.transmitters.census import MAX_ADDRESSES

from .cadence import find_rhythm

MIN_RESERVATIONS: Final = 15
"""Answered reservations needed: guessed, each stands for several frames."""
LONGEST_GAP: Final = 512
"""Sequence numbers that may be missing at once; a longer jump is a restart: guessed, an eighth of the counter."""
PAUSE_NS: Final = 500_000_000
"""After a longer pause of a stream its first Block Ack may speak of frames from before: guessed."""
CLEAR_CLOCK_NATS: Final = 6.0
"""Logarithm of the likelihood of a clock at which it is told: guessed, hardly any rhythm without one reaches 5."""
MAX_CLOCKS: Final = 256
"""Senders whose reservations are searched for a rhythm: bounds the work on hostile input."""
_CHUNK: Final = 20_000  # Block Acks spread out at once: 5 MB

CONFIRMED, CONFIRMED_HEARD, CONFIRMED_TO, UNHEARD_TO, ANSWERED, FILLED, RESERVED_US, NAMED = range(8)
"""Columns of `Witnesses.counts`: frames that Block Acks named, of those heard; frames to it that it named, of those
unheard; RTS frames answered, of those with data inside; microseconds reserved; Block Acks that name it."""
PER_STREAM, ONE_COUNTER = 8, 11
"""Where three columns begin: frames sent by the sequence numbers, of those heard, restarts; with a counter per receiver
and TID, and with one counter."""
COLUMNS: Final = 14


@dataclass(frozen=True, slots=True)
class LossEvidence:
    """What the witnesses of one log, or of several, say of each sender."""

    addresses: NDArray[np.uint64]
    """Senders of data, heard or only named; ascending."""
    counts: Int64s
    """Shape (addresses, COLUMNS), see CONFIRMED and the others."""
    clocks_hz: dict[int, float]
    """Rhythm of a sender's reservations, where there is a clear one."""

    def __add__(self, other: LossEvidence) -> LossEvidence:
        """What those of both logs say; `other` is the later one."""
        if not len(self.addresses):
            return other
        addresses, counts = add_counts([(one.addresses, one.counts) for one in (self, other)], COLUMNS)
        clocks_hz = dict([*self.clocks_hz.items(), *other.clocks_hz.items()][:MAX_ADDRESSES])
        return LossEvidence(addresses, counts, clocks_hz).keep_commonest()

    def keep_commonest(self) -> LossEvidence:
        """MAX_ADDRESSES at most, those of whom most is said."""
        if len(self.addresses) <= MAX_ADDRESSES:
            return self
        kept = np.sort(np.argsort(-self.counts.sum(axis=1), kind="stable")[:MAX_ADDRESSES])
        return LossEvidence(self.addresses[kept], self.counts[kept], self.clocks_hz)


NO_WITNESSES: Final = LossEvidence(np.zeros(0, dtype=np.uint64), np.zeros((0, COLUMNS), dtype=np.int64), {})


def weigh_loss_evidence(log: FrameLog) -> LossEvidence:
    """What the witnesses of a log say of every sender."""
    people = _number_people(log)
    senders = people.addresses[people.sender_number >= 0]
    counts = np.zeros((people.count, COLUMNS), dtype=np.int64)
    if not people.count:
        return LossEvidence(senders, counts, {})
    per_stream, one_counter = _weigh_gaps(log, people)
    answered, filled, reserved_us, clocks = _weigh_reservations(log, people)
    named_rows = people.sender_number[people.control_sender[log.control.subtype == BLOCK_ACK]]
    named = np.bincount(named_rows, minlength=people.count)
    columns = (*_weigh_block_acks(log, people), answered, filled, reserved_us, named, *per_stream, *one_counter)
    for number, column in enumerate(columns):
        counts[:, number] = column
    return LossEvidence(senders, counts, {int(senders[number]): hz for number, hz in clocks.items()}).keep_commonest()


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
    named = named[~is_among(named, _spread(key[ack_rows[is_early]], bitmaps[is_early]))]
    is_heard = is_among(named, np.sort(key[~is_ack]))
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
    return spread_plainly(key, bitmaps) if KERNEL is None else KERNEL.spread_bits(key, bitmaps)


def spread_plainly(key: Int64s, bitmaps: NDArray[np.uint8]) -> Int64s:
    """The same without the compiled kernel."""
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


def _weigh_gaps(log: FrameLog, people: _People) -> tuple[tuple[Int64s, ...], tuple[Int64s, ...]]:
    """What `_count_gaps` says with a counter per receiver and TID, and with one per sender."""
    frames, rows = log.frames, people.data_rows
    is_unicast = (frames.ra[rows] & np.uint64(GROUP_BIT)) == 0
    chosen = np.flatnonzero((frames.tid[rows] >= 0) & is_unicast & ~log.is_repeat[rows])
    rows, sender = rows[chosen], people.sender_number[people.data_sender[chosen]]
    _, by_standard = number_distinct(
        (sender * len(people.addresses) + people.data_receiver[chosen]) * 16 + frames.tid[rows]
    )
    return (
        _count_gaps(log, rows, by_standard, sender, people.count),
        _count_gaps(log, rows, sender, sender, people.count),
    )


def _count_gaps(log: FrameLog, rows: Int64s, number: Int64s, sender: Int64s, count: int) -> tuple[Int64s, ...]:
    """Frames sent and heard per sender if each stream has one counter, and its jumps that are restarts."""
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
    return sent, heard, np.bincount(who[1:][is_break], minlength=count)


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
