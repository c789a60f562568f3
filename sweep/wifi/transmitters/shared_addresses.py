"""Which addresses are used by two transmitters: somebody sends in another one's name, or two devices have one address.

Input is a `FrameLog`; output is what shows it, per address.  A sender numbers its frames by one counter for each
receiver and traffic identifier (IEEE 802.11-2020, 10.3.2.14.2), so that a number goes on from the one before, comes
again only as a repeat, and is never given to two frames.  Two senders have two counters, however near to each other
they keep them, and mostly two levels.  What it encrypts for one receiver it numbers by one more counter for all
identifiers (12.5.3.2), since whoever has a key uses no number twice.  Whoever takes over from a sender that is silent
for good leaves nothing to see.  What only looks so is left alone (`one_sender`).  It draws no conclusion on what the
address sends; `scan` does.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.frames.columns import number_distinct, order_streams
from sweep.wifi.frames.dot11 import (
    BEACON,
    BROADCAST,
    CONTROL,
    DATA,
    FROM_DS,
    GROUP_BIT,
    MANAGEMENT,
    NO_ADDRESS,
    NO_SEQUENCE,
    PROTECTED_OTHERWISE,
    RETRY,
    TO_DS,
    UNREAD,
    Dot11Frames,
)
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.frames.radio_headers import Bools

from .census import LOWEST_DBM
from .missed_frames import MAIN_SHARE
from .one_sender import find_copies, find_joinings
from .streams import FRAGMENT_BITS

Sign = Literal["two_counters", "number_used_twice", "two_levels", "two_networks", "two_ciphers"]
"""What shows two transmitters under one address."""

TWO_TRANSMITTERS: Final = "two_transmitters"
"""Why nothing strong is said of an address."""
NEAR: Final = 256
"""A number so much before or after the last one belongs to the same counter: derived, the longest Block Ack window of
802.11ax."""
NEAR_FAST, FAST_FRAMES, FAST_NS = 1_024, 64, 100_000_000
"""The same of a sender of whom so many frames were just heard within so long: derived, the longest window of 802.11be,
whose frames may be sent again on another link; so many are guessed, as only who is fast fills a window of more."""
GOES_ON_BY: Final = 64
"""Where a counter is taken up again, frames that may be missing: guessed; any other counter lands there once in 63
times."""
PAUSE_NS: Final = 10_000_000_000
"""After so long a silence of a stream a counter is not taken up again: guessed."""
UNHEARD_NS: Final = 500_000_000
"""Numbers are only held against each other while the channel is heard; so long without any frame it is not: derived, an
access point announces itself ten times a second; while somebody listens elsewhere a counter may go all round."""
ANEW: Final = 8
"""A step back to a number below this is a counter that begins anew: guessed, with some frames unheard."""
MORE_FRAGMENTS: Final = 0x04
APART_DB, BETWEEN_DB = 15.0, 6.0
"""Medians of two kinds of frames of one sender at one time are less apart, and their levels nearer: guessed; powers by
rate, antennas that aim and control frames make up to 10 dB."""
INSIDE: Final = 0.9
"""Share of the frames of each kind whose levels count for that, the middle ones: guessed."""
TAKES_TURNS, TURN_NS = 6, 1_000_000_000
"""How often frames of both kinds follow each other within this: guessed, a person who walks changes a level once."""
LEAST_KBPS: Final = 20.0
"""Of what could be pictures: as of a thin stream (`traffic.thin`)."""
SEQUENCES, PACKETS = 1 << 12, 1 << 24
"""Numbers after which a counter of frames begins again, and one of packets as far as it is read."""
BAND_MHZ: Final = 1_000
"""2.4 GHz apart from the others; channels of one band overlap, and a receiver on one hears its neighbours'."""


BOTH_GO_ON, COUNTED_TWICE, STEPS_BACK = 2, 3, 3
"""Returns of both counters, and numbers used twice with so many steps back, from which on there are two: guessed; by
chance two returns of both come once in 200,000 jumps, and a counter that begins anew steps back once."""
SUDDEN_NS: Final = 50_000_000
SUDDEN_JUMPS, SUDDEN_SHARE, SUDDEN_BACK = 8, 0.02, 0.125
"""Jumps within this time, their share of the frames, and the share of them that goes back, from which on what numbers
there are is no counter: guessed.  Derived: of two counters half go back; a jump ahead is 5,000 frames a second that
nobody heard, as of a fast upload, and one back would be 40,000."""
LEAST_FRAMES: Final = SUDDEN_JUMPS + 1
"""Of a stream that is looked at: derived, with fewer nothing could show."""
FCS_OCTETS: Final = 4
"""Two receivers whose captures were joined may count the checksum or not."""


def find_shared(log: FrameLog) -> dict[int, frozenset[Sign]]:
    """Addresses that two transmitters use, and what shows it."""
    found: dict[int, set[Sign]] = defaultdict(set)
    rows, pair, number = _list_encrypted(log)
    for counters in (read_counters(log), _count(log, rows[number >= 0], pair[number >= 0], PACKETS)):
        is_sudden = (counters.sudden >= SUDDEN_JUMPS) & (counters.sudden >= SUDDEN_SHARE * counters.frames)
        is_sudden &= counters.sudden_back >= SUDDEN_BACK * counters.sudden
        signs: tuple[tuple[Sign, Bools], ...] = (
            ("two_counters", (counters.both >= BOTH_GO_ON) | is_sudden),
            ("number_used_twice", (counters.twice >= COUNTED_TWICE) & (counters.back >= STEPS_BACK)),
        )
        for sign, shows in signs:
            for sender in counters.sender[shows].tolist():
                found[sender].add(sign)
    for sender in _list_two_ciphers(log, rows, pair, number):
        found[sender].add("two_ciphers")
    networks, levels = _list_two_networks(log), _list_two_levels(log)
    copies = {sender: find_copies(log.frames, sender) for sender in {*networks, *levels}}
    for sender, receivers in levels.items():
        if receivers != copies[sender]:
            found[sender].add("two_levels")
    for sender in networks:
        if not copies[sender]:
            found[sender].add("two_networks")
    return {sender: frozenset(its) for sender, its in found.items()}


class Counters(NamedTuple):
    """What the numbers of the streams of one log say; columns of equal length, a row for each stream."""

    sender: NDArray[np.uint64]
    frames: Int64s
    sudden: Int64s
    """Jumps to numbers that are not near the last one, sooner than a counter gets there."""
    sudden_back: Int64s
    """Of these, to a number before."""
    both: Int64s
    """Jumps back to where the counter stood before the jump before, right after another one: both counters go on."""
    back: Int64s
    """Frames with a number before the one before them that are no repeats."""
    twice: Int64s
    """Frames with the number of another frame, which had another length."""


def read_counters(log: FrameLog) -> Counters:
    """Follow the numbers of every stream of data to one receiver, and of beacons."""
    frames = log.frames
    is_data = frames.is_data_with_body() & ((frames.ra & np.uint64(GROUP_BIT)) == 0)
    is_beacon = (frames.kind == MANAGEMENT) & (frames.subtype == BEACON)
    has_number = (frames.sequence_control != NO_SEQUENCE) & (frames.ta != NO_ADDRESS)
    rows = np.flatnonzero((is_data | is_beacon) & has_number)
    _, sender = number_distinct(frames.ta[rows])
    receivers, receiver = number_distinct(frames.ra[rows])
    pair = sender * max(len(receivers), 1) + receiver
    counter = np.where(is_beacon[rows], 17, frames.tid[rows].astype(np.int64) + 1)
    return _count(log, rows, pair * 32 + counter, SEQUENCES)


def _count(log: FrameLog, rows: Int64s, key: Int64s, circle: int) -> Counters:
    """Of each counter, which rows of one `key` have in common."""
    keys, stream = number_distinct(key)
    counts = np.bincount(stream, minlength=len(keys))
    sender = np.zeros(len(keys), dtype=np.uint64)
    sender[stream] = log.frames.ta[rows]
    is_long = counts >= LEAST_FRAMES
    kept = is_long[stream]
    rows, stream = rows[kept], (np.cumsum(is_long) - 1)[stream[kept]]
    order = order_streams(stream, log.frames.t_ns[rows])
    rows, stream = rows[order], stream[order]
    found = _follow(stream, log.frames, rows, _is_unheard(log, rows), int(is_long.sum()), circle)
    return Counters(sender[is_long], counts[is_long], *found)


def _follow(
    stream: Int64s, frames: Dot11Frames, rows: Int64s, is_unheard: Bools, count: int, circle: int
) -> tuple[Int64s, Int64s, Int64s, Int64s, Int64s]:
    """The columns of `Counters`, per stream, from `sudden` on, by frames' numbers or packets'; rows by stream and time.

    A packets' counter hardly comes to a number by chance, so that it may pause, a line of frames between is another
    one's, and none goes back but where a key is new.
    """
    none = np.zeros(count, dtype=np.int64)
    if not len(stream):
        return none, none, none, none, none
    is_of_packets = circle == PACKETS
    number = (frames.packet_number[rows] if is_of_packets else frames.sequence_control[rows] >> FRAGMENT_BITS).astype(
        np.int64
    )
    step = ((np.diff(number) + circle // 2) & (circle - 1)) - circle // 2
    pause_ns, is_same = np.diff(frames.t_ns[rows]), np.diff(stream) == 0
    is_break = ~is_same | ((pause_ns > PAUSE_NS) & (not is_of_packets))
    is_break |= find_joinings(frames).between(frames.ta[rows], frames.t_ns[rows])
    is_fast = np.zeros(len(step), dtype=bool)
    is_fast[FAST_FRAMES - 1 :] = stream[FAST_FRAMES:] == stream[:-FAST_FRAMES]
    is_fast[FAST_FRAMES - 1 :] &= frames.t_ns[rows[FAST_FRAMES:]] - frames.t_ns[rows[:-FAST_FRAMES]] <= FAST_NS
    is_jump = ~is_break & (np.abs(step) > np.where(is_fast, NEAR_FAST, NEAR))
    run, place = _runs(is_break | is_jump, step)
    first = np.flatnonzero(np.concatenate([[True], is_break | is_jump]))
    last = number[first] + np.maximum.reduceat(place, first)
    spell = np.concatenate([[0], np.cumsum(is_break)])[first]
    is_return = np.zeros(len(first), dtype=bool)
    if len(first) > 2:
        ahead = (number[first[2:]] - last[:-2]) & (circle - 1)
        is_return[2:] = (ahead <= GOES_ON_BY) & (spell[2:] == spell[:-2])
    is_line = np.concatenate([[False], np.diff(first) > 1])  # what came before has more than one frame
    is_both = is_return & np.concatenate([[False], is_return[:-1]]) | (is_return & is_line & is_of_packets)
    is_sudden = is_jump & (((step < 0) & (number[1:] >= NEAR)) if is_of_packets else (pause_ns <= SUDDEN_NS))
    sudden = np.bincount(stream[1:][is_sudden], minlength=count)
    sudden_back = np.bincount(stream[1:][is_sudden & (step < 0)], minlength=count)
    both = np.bincount(stream[first][is_both], minlength=count)
    is_anew = (step < 0) & (number[1:] < ANEW)
    run, place = _runs(is_break | is_unheard | is_anew | (is_jump & ~is_sudden), step)
    is_back = (np.diff(run) == 0) & (step < 0) & ((frames.flags[rows[1:]] & RETRY) == 0)
    back = np.bincount(stream[1:][is_back], minlength=count)
    twice = np.bincount(stream[_find_twice(run, place, frames, rows)], minlength=count)
    return sudden, sudden_back, both, back, twice


def _find_twice(run: Int64s, place: Int64s, frames: Dot11Frames, rows: Int64s) -> Int64s:
    """Places of rows whose number another frame has: a fragment of another length, or one behind a last fragment."""
    key, fragment = (run << 38) + place + (1 << 37), frames.sequence_control[rows] & ((1 << FRAGMENT_BITS) - 1)
    order = np.argsort(key, kind="stable")  # in no time, since they hardly ever step back
    is_shared = np.concatenate([[False], np.diff(key[order]) == 0, [False]])
    order = order[is_shared[1:] | is_shared[:-1]]
    order = order[np.lexsort((fragment[order], key[order]))]
    is_other = ~np.isin(np.abs(np.diff(frames.frame_len[rows[order]])), (0, FCS_OCTETS))
    is_last = (frames.flags[rows[order[:-1]]] & MORE_FRAGMENTS) == 0
    is_twice = np.where(np.diff(fragment[order]) == 0, is_other, is_last) & (np.diff(key[order]) == 0)
    found: Int64s = order[1:][is_twice]
    return found


def _is_unheard(log: FrameLog, rows: Int64s) -> Bools:
    """Per pause between two rows of a stream: whether their channel was not heard for all of it."""
    frames, begin_ns, end_ns = log.frames, log.frames.t_ns[rows[:-1]], log.frames.t_ns[rows[1:]]
    found = np.zeros(max(len(rows) - 1, 0), dtype=bool)
    asked = np.flatnonzero(end_ns - begin_ns > UNHEARD_NS)
    for mhz in np.unique(frames.channel_mhz[rows[asked]]).tolist():
        times = np.sort(frames.t_ns[frames.channel_mhz == mhz])
        silences = times[:-1][np.diff(times) > UNHEARD_NS]
        its = asked[frames.channel_mhz[rows[asked]] == mhz]
        found[its] = np.searchsorted(silences, begin_ns[its]) < np.searchsorted(silences, end_ns[its])
    return found


def _runs(is_new: Bools, step: Int64s) -> tuple[Int64s, Int64s]:
    """Per row the run it belongs to, and how far its number lies after the first one of its run."""
    run = np.concatenate([[0], np.cumsum(is_new)])
    serial = np.concatenate([[0], np.cumsum(step)])
    first = np.flatnonzero(np.concatenate([[True], is_new]))
    return run, serial - serial[first][run]


def _list_encrypted(log: FrameLog) -> tuple[Int64s, Int64s, Int64s]:
    """Rows of data to one receiver by pair of sender and receiver and time, their pair, and what stands for a number.

    TKIP marks its second octet and looks like a number once in 256 frames: so it is read where a pair mostly uses it.
    """
    frames = log.frames
    is_data = frames.is_data_with_body() & ((frames.ra & np.uint64(GROUP_BIT)) == 0) & (frames.ta != NO_ADDRESS)
    rows = np.flatnonzero(is_data & (frames.packet_number != UNREAD))
    _, sender = number_distinct(frames.ta[rows])
    _, receiver = number_distinct(frames.ra[rows])
    pairs, pair = number_distinct((sender << 32) + receiver)
    number = frames.packet_number[rows].astype(np.int64)
    known, otherwise = (
        np.bincount(pair[is_so], minlength=len(pairs)) for is_so in (number >= 0, number == PROTECTED_OTHERWISE)
    )
    is_marked = (number >= 0) & (number >> 8 & 0xFF == (number | 0x20) & 0x7F)
    number[is_marked & (otherwise > known)[pair]] = PROTECTED_OTHERWISE
    order = order_streams(pair, frames.t_ns[rows])
    return rows[order], pair[order], number[order]


def _list_two_ciphers(log: FrameLog, rows: Int64s, pair: Int64s, number: Int64s) -> set[int]:
    """Senders that by turns encrypt what they send to one receiver and do not, or otherwise."""
    is_turn = (np.diff(np.minimum(number, 0)) != 0) & (np.diff(pair) == 0)
    is_turn &= np.diff(log.frames.t_ns[rows]) <= TURN_NS
    turns = np.bincount(pair[1:][is_turn], minlength=int(pair.max(initial=0)) + 1)[pair]
    return set(log.frames.ta[rows[turns >= TAKES_TURNS]].tolist())


def _list_two_networks(log: FrameLog) -> list[int]:
    """Senders that send data into two networks as one does who is in both at once.

    Who moves from one to the other and back needs longer for it.  A network is an access point in one band, or what
    stations that send to each other call theirs; and one that relays with four addresses, as a mesh does to several.
    """
    frames = log.frames
    direction = frames.flags & (TO_DS | FROM_DS)
    is_wanted = (direction != FROM_DS) & ((frames.ra & np.uint64(GROUP_BIT)) == 0)
    rows = np.flatnonzero(frames.is_data_with_body() & is_wanted & (frames.ta != NO_ADDRESS))
    senders, sender = number_distinct(frames.ta[rows])
    _, receiver = number_distinct(np.where(direction[rows] == 0, frames.bssid[rows], frames.ra[rows]))
    network = (receiver << 32) + frames.channel_mhz[rows] // BAND_MHZ
    order = order_streams(sender, frames.t_ns[rows])
    sender, network, t_ns = sender[order], network[order], frames.t_ns[rows[order]]
    is_relayed = direction[rows[order]] == TO_DS | FROM_DS
    turns = np.flatnonzero((np.diff(sender) == 0) & (np.diff(network) != 0))
    first, last = turns[:-1], turns[1:] + 1  # of one network, around what went into another one
    is_same = (
        (sender[first] == sender[last])
        & (network[first] == network[last])
        & ~(is_relayed[first] & is_relayed[turns[:-1] + 1])
    )
    turned = np.bincount(sender[first[is_same & (t_ns[last] - t_ns[first] <= TURN_NS)]], minlength=len(senders))
    return [int(one) for one in senders[turned >= TAKES_TURNS]]


def _list_two_levels(log: FrameLog) -> dict[int, frozenset[int]]:
    """Senders of whose kinds of frames (receiver, data, management, control) one that could be pictures comes louder
    than another at the same time on one channel; and the receivers of both.

    What is fainter may be: an access point sets the power of a station's data, and whoever sends pictures in its name
    sends them as loud as he has to.
    """
    frames = log.frames
    rows = np.flatnonzero((frames.ta != NO_ADDRESS) & (frames.rssi_dbm < 0) & (frames.rssi_dbm >= LOWEST_DBM))
    senders, sender = number_distinct(frames.ta[rows] | (frames.channel_mhz[rows].astype(np.uint64) << np.uint64(48)))
    receivers, receiver = number_distinct(frames.ra[rows])
    what = np.where(frames.kind[rows] == DATA, frames.tid[rows].astype(np.int64) + 1, 32 + frames.subtype[rows])
    what = np.where(frames.kind[rows] == CONTROL, what + 16, what)
    keys, stream = number_distinct((sender * max(len(receivers), 1) + receiver) * 64 + what)
    counts = np.bincount(stream, minlength=len(keys))
    its = keys // 64 // max(len(receivers), 1)
    is_long = counts >= LEAST_FRAMES
    candidates = np.flatnonzero(np.bincount(its[is_long], minlength=len(senders)) >= 2)
    if not len(candidates):
        return {}
    kept = (is_long & np.isin(its, candidates))[stream]
    rows, stream = rows[kept], stream[kept]
    order = np.lexsort((frames.rssi_dbm[rows], stream))
    rows, stream = rows[order], stream[order]
    first = np.flatnonzero(np.concatenate([[True], np.diff(stream) != 0]))
    size = np.diff(np.concatenate([first, [len(stream)]]))
    low, middle, high = (
        frames.rssi_dbm[rows[first + ((size - 1) * share).astype(np.int64)]].astype(np.float64)
        for share in (0.5 - INSIDE / 2, 0.5, 0.5 + INSIDE / 2)
    )
    found = {}
    whose = its[stream[first]]
    may_be_pictures = _may_be_pictures(frames, rows, first, keys[stream[first]] // 64)
    for one in candidates.tolist():
        places = np.flatnonzero(whose == one)
        able = places[may_be_pictures[places]]
        if not len(able):
            continue
        loud, faint = able[np.argmax(middle[able])], places[np.argmin(middle[places])]
        if middle[loud] - middle[faint] < APART_DB or low[loud] - high[faint] < BETWEEN_DB:
            continue
        times = [frames.t_ns[rows[first[place] : first[place] + size[place]]] for place in (loud, faint)]
        t_ns = np.concatenate(times)
        is_loud = np.repeat([True, False], [len(part) for part in times])[np.argsort(t_ns, kind="stable")]
        if int(((np.diff(is_loud) != 0) & (np.diff(np.sort(t_ns)) <= TURN_NS)).sum()) >= TAKES_TURNS:
            ends = frames.ra[rows[first[[loud, faint]]]].tolist()
            found[int(senders[one]) & BROADCAST] = frozenset(int(end) for end in ends)
    return found


def _may_be_pictures(frames: Dot11Frames, rows: Int64s, first: Int64s, flow: Int64s) -> Bools:
    """Per kind of frames, which begin at these places and belong to a `flow`, whether it is data of LEAST_KBPS and more
    while it is sent, or so much of the flow's that the light test would not leave it out.
    """
    is_data = frames.kind[rows[first]] == DATA
    octets = np.add.reduceat(frames.frame_len[rows].astype(np.int64), first) * is_data
    span_ns = np.maximum.reduceat(frames.t_ns[rows], first) - np.minimum.reduceat(frames.t_ns[rows], first)
    _, group = number_distinct(flow)
    is_much = octets > (1.0 - MAIN_SHARE) * np.bincount(group, weights=octets)[group]
    found: Bools = is_data & (is_much | (octets * 8e6 >= LEAST_KBPS * np.maximum(span_ns, TURN_NS)))
    return found
