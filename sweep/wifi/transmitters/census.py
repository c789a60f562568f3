"""What a log comes to per address, in counts that can be added up over the logs of one capture.

Input is a `FrameLog`; output is a `Census`: frames, octets, times, levels and channels of every address, what it did
that tells an access point from a station, and its first and last probe request.  Two of them added are that of both
logs, so that a capture of any length is described from parts.  The number of addresses is bounded: the rarest are
dropped.  It draws no conclusion; `transmitters` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.frames.columns import add_counts, is_among, is_ascending, number_distinct
from sweep.wifi.frames.dot11 import (
    BEACON,
    BROADCAST,
    CONTROL,
    EXTENSION,
    FROM_DS,
    GROUP_BIT,
    MANAGEMENT,
    NO_ADDRESS,
    PROBE_REQUEST,
    PROBE_RESPONSE,
    TO_DS,
    Addresses,
)
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.frames.radio_headers import Bools

MAX_ADDRESSES: Final = 20_000
"""Addresses counted at once: as many as are described; a flood of made-up ones loses the rarest."""
LOWEST_DBM: Final = -128
"""Of an octet with a sign, which is how every receiver writes levels."""

FRAMES, RETRIES, UP, DOWN, ANNOUNCES, SERVES, IS_BSSID, IS_CLIENT = range(8)
"""Columns of `Census.counts`: frames it sent, repeats among them, octets of data it sent and was sent (repeats not
counted); and in how many logs it did what tells its role."""
_COLUMNS: Final = 8
_IS_ASKING: Final = np.array([subtype in {0, 2, PROBE_REQUEST} for subtype in range(16)])
LEVEL_BITS, CHANNEL_BITS = 8, 16
"""How far the address is shifted in a key of a level and of a channel."""


class Probes(NamedTuple):
    """Time and sequence number of the first and the last probe request of an address."""

    first_ns: int
    first_number: int
    last_ns: int
    last_number: int


@dataclass(frozen=True, slots=True)
class Census:
    """Counts of one log or of several; addresses are 48-bit numbers."""

    addresses: Addresses
    """Everybody who sent, or was sent to in a way that tells something; ascending."""
    counts: Int64s
    """Shape (addresses, columns), see FRAMES and the others."""
    first_ns: Int64s
    """Per address: its earliest frame; the largest number where it sent none."""
    last_ns: Int64s
    levels: tuple[NDArray[np.uint64], Int64s]
    """Address << 8 | dBm - LOWEST_DBM, ascending; how many frames, shape (keys, 1)."""
    channels: tuple[NDArray[np.uint64], Int64s]
    """Address << 16 | MHz, likewise."""
    probes: dict[int, Probes]
    dropped: int = 0
    """Frames of addresses that found no room."""

    def __add__(self, other: Census) -> Census:
        """What both logs come to; `other` is the later one."""
        if not len(self.addresses):
            return other
        addresses, counts = add_counts([(one.addresses, one.counts) for one in (self, other)], _COLUMNS)
        first_ns = np.full(len(addresses), np.iinfo(np.int64).max)
        last_ns = np.full(len(addresses), np.iinfo(np.int64).min)
        for one in (self, other):
            place = np.searchsorted(addresses, one.addresses)
            first_ns[place] = np.minimum(first_ns[place], one.first_ns)
            last_ns[place] = np.maximum(last_ns[place], one.last_ns)
        return Census(
            addresses,
            counts,
            first_ns,
            last_ns,
            add_counts([self.levels, other.levels], 1),
            add_counts([self.channels, other.channels], 1),
            _join_probes(self.probes, other.probes),
            self.dropped + other.dropped,
        ).keep_commonest(MAX_ADDRESSES)

    def keep_commonest(self, most: int) -> Census:
        """At most so many addresses, those that sent most; the frames of the others are counted as `dropped`."""
        if len(self.addresses) <= most:
            return self
        order = np.lexsort((-self.counts[:, DOWN], -self.counts[:, FRAMES]))
        kept = np.sort(order[:most])
        addresses = self.addresses[kept]

        def of_kept(table: tuple[NDArray[np.uint64], Int64s], bits: int) -> tuple[NDArray[np.uint64], Int64s]:
            is_recording = is_among(table[0] >> np.uint64(bits), addresses)
            return table[0][is_recording], table[1][is_recording]

        probed = is_among(np.fromiter(self.probes, dtype=np.uint64, count=len(self.probes)), addresses)
        return Census(
            addresses,
            self.counts[kept],
            self.first_ns[kept],
            self.last_ns[kept],
            of_kept(self.levels, LEVEL_BITS),
            of_kept(self.channels, CHANNEL_BITS),
            {one: its for (one, its), is_recording in zip(self.probes.items(), probed, strict=True) if is_recording},
            self.dropped + int(self.counts[order[most:], FRAMES].sum()),
        )

    @property
    def senders(self) -> Addresses:
        """Addresses that sent something, ascending."""
        return self.addresses[self.counts[:, FRAMES] > 0]


def _empty() -> Census:
    none, nobody = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
    table = nobody, np.zeros((0, 1), dtype=np.int64)
    return Census(nobody, np.zeros((0, _COLUMNS), dtype=np.int64), none, none, table, table, {})


EMPTY_CENSUS: Final = _empty()


def take_census(log: FrameLog) -> Census:
    """Count what every address of a log did."""
    frames, index = log.frames, log.transmitter_index
    senders, numbers = np.flatnonzero(index >= 0), index[index >= 0]
    data = frames.is_data_with_body() & ~log.is_repeat
    octets = frames.frame_len[data]
    receivers, place_of_ra = number_distinct(frames.ra)
    sent = np.bincount(numbers, minlength=len(log.transmitters))
    received = np.bincount(place_of_ra[data], minlength=len(receivers))
    is_sender, is_receiver = _are_commonest(sent), _are_commonest(received)
    addresses, _ = number_distinct(np.concatenate([log.transmitters[is_sender], receivers[is_receiver]]))
    counts = np.zeros((len(addresses), _COLUMNS), dtype=np.int64)

    def note(column: int, who: Addresses, count: Int64s) -> None:
        is_known = is_among(who, addresses)
        counts[np.searchsorted(addresses, who[is_known]), column] = count[is_known]

    note(FRAMES, log.transmitters, sent)
    note(RETRIES, log.transmitters, np.bincount(index[log.is_repeat], minlength=len(sent)))
    note(UP, log.transmitters, np.bincount(index[data], weights=octets, minlength=len(sent)).astype(np.int64))
    note(DOWN, receivers, np.bincount(place_of_ra[data], weights=octets, minlength=len(received)).astype(np.int64))
    for column, who in _list_marks(log, receivers, place_of_ra):
        note(column, who, np.ones(len(who), dtype=np.int64))
    first_ns = np.full(len(addresses), np.iinfo(np.int64).max)
    last_ns = np.full(len(addresses), np.iinfo(np.int64).min)
    at_sender = np.searchsorted(addresses, log.transmitters[is_sender])
    first_ns[at_sender], last_ns[at_sender] = (
        times[is_sender] for times in _times_of(numbers, frames.t_ns[senders], len(sent))
    )
    if not is_sender.all():
        senders, numbers = senders[is_sender[numbers]], numbers[is_sender[numbers]]
    level, channel = frames.rssi_dbm[senders], frames.channel_mhz[senders]
    is_level = (level >= LOWEST_DBM) & (level < 0)  # 0 dBm and more is what drivers write when they know none
    is_channel = (channel > 0) & (channel < 1 << CHANNEL_BITS)
    return Census(
        addresses,
        counts,
        first_ns,
        last_ns,
        _count_values(log.transmitters, numbers[is_level], level[is_level] - LOWEST_DBM, LEVEL_BITS),
        _count_values(log.transmitters, numbers[is_channel], channel[is_channel], CHANNEL_BITS),
        _list_probes(log),
        int(sent[~is_sender].sum()),
    )


def _are_commonest(counts: Int64s) -> Bools:
    """MAX_ADDRESSES places at most, those with the largest counts."""
    chosen = np.zeros(len(counts), dtype=bool)
    chosen[np.argsort(-counts, kind="stable")[:MAX_ADDRESSES] if len(counts) > MAX_ADDRESSES else slice(None)] = True
    return chosen


def _count_values(
    addresses: Addresses, numbers: Int64s, values: NDArray[np.generic], bits: int
) -> tuple[NDArray[np.uint64], Int64s]:
    """How often each value comes with each address."""
    pairs, place = number_distinct(numbers << bits | values.astype(np.int64))
    keys = addresses[pairs >> bits] << np.uint64(bits) | (pairs & ((1 << bits) - 1)).astype(np.uint64)
    return keys, np.bincount(place, minlength=len(pairs)).astype(np.int64)[:, None]


def _times_of(numbers: Int64s, t_ns: Int64s, count: int) -> tuple[Int64s, Int64s]:
    """Earliest and latest time per transmitter; each has a frame at least."""
    if not is_ascending(t_ns):
        order = np.argsort(t_ns)
        numbers, t_ns = numbers[order], t_ns[order]
    first, last = np.zeros((2, count), dtype=np.int64)
    last[numbers] = t_ns  # of several values for one place the last one stands
    first[numbers[::-1]] = t_ns[::-1]
    return first, last


def _list_marks(log: FrameLog, receivers: Addresses, place_of_ra: Int64s) -> list[tuple[int, Addresses]]:
    """Column and who has it: what tells the role of an address, by its own frames and by what others say of it."""
    frames, index = log.frames, log.transmitter_index

    def senders(rows: Bools) -> Addresses:
        found = np.zeros(len(log.transmitters), dtype=bool)
        found[index[rows & (index >= 0)]] = True
        return log.transmitters[found]

    def named(rows: Bools) -> Addresses:
        found = np.zeros(len(receivers), dtype=bool)
        found[place_of_ra[rows]] = True
        return receivers[found]

    is_management, is_data = frames.kind == MANAGEMENT, frames.kind == 2
    ds = frames.flags & (TO_DS | FROM_DS)
    to_ap, from_ap = is_data & (ds == TO_DS), is_data & (ds == FROM_DS)
    beacon = is_management & ((frames.subtype == BEACON) | (frames.subtype == PROBE_RESPONSE))
    unicast = (frames.ra & np.uint64(GROUP_BIT)) == 0
    # Unicast management frames name the BSSID: the one who is not it is the station.
    exchange = is_management & unicast & (frames.bssid != NO_ADDRESS) & (frames.bssid != BROADCAST)
    # Authentication, association requests and probe requests of stations; PS-Poll is only sent by stations.
    asks = is_management & _IS_ASKING[frames.subtype]
    polls = (frames.kind == CONTROL) & (frames.subtype == 10)
    return [
        (ANNOUNCES, senders((beacon & (frames.bssid == frames.ta)) | (frames.kind == EXTENSION))),
        (SERVES, senders(from_ap)),
        (SERVES, named(to_ap)),
        (IS_BSSID, number_distinct(frames.bssid[exchange])[0]),
        (IS_CLIENT, senders(to_ap | asks | polls | (exchange & (frames.ta != frames.bssid)))),
        (IS_CLIENT, named(from_ap & unicast)),
    ]


def _list_probes(log: FrameLog) -> dict[int, Probes]:
    frames = log.frames
    rows = np.flatnonzero((frames.kind == MANAGEMENT) & (frames.subtype == PROBE_REQUEST))
    rows = rows[np.argsort(frames.t_ns[rows], kind="stable")]
    found: dict[int, Probes] = {}
    numbers = (frames.sequence_control[rows] >> 4).tolist()
    for sender, t_ns, number in zip(frames.ta[rows].tolist(), frames.t_ns[rows].tolist(), numbers, strict=True):
        known = found.get(sender)
        first_ns, first_number = (t_ns, number) if known is None else known[:2]
        found[sender] = Probes(first_ns, first_number, t_ns, number)
    return found


def _join_probes(before: dict[int, Probes], after: dict[int, Probes]) -> dict[int, Probes]:
    joined = dict(before)
    for sender, its in after.items():
        known = joined.get(sender)
        if known is None:
            joined[sender] = its
            continue
        first, last = min(known, its, key=lambda one: one.first_ns), max(its, known, key=lambda one: one.last_ns)
        joined[sender] = Probes(first.first_ns, first.first_number, last.last_ns, last.last_number)
    return joined
