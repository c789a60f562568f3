"""What looks like two transmitters under one address and is one: a station that joins anew, and a repeater.

Input is the frames of a log; output is when which addresses joined a network, and the two receivers of a sender whose
frames to one are copies of those to the other.  Either could be made up to hide a second transmitter, so each is
believed only as far as whoever does so gains nothing: joining takes seconds, and copies say what the sender says.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.frames.columns import number_distinct
from sweep.wifi.frames.dot11 import GROUP_BIT, MANAGEMENT, TO_DS, Dot11Frames
from sweep.wifi.frames.radio_headers import Bools

ASKS_TO_JOIN, MAY_JOIN = (0, 2, 11), (1, 3, 11)
"""Subtypes of frames by which a station joins, and by which an access point answers it: association, reassociation,
authentication (IEEE 802.11-2020, 9.2.4.1.3)."""
JOINING_NS: Final = 300_000_000
"""Frames of one joining: guessed, ten times what four frames and their answers take."""
BETWEEN_JOININGS_NS: Final = 3_000_000_000
"""Who joins more often is not believed: guessed; a tenth of the time at most is then within a joining, so that at most
a tenth of the turns that two senders take could be hidden in one."""
COPIED_NS: Final = 50_000_000
"""A repeater sends a frame on within this: guessed."""
COPIED_SHARE: Final = 0.8
"""Of the frames to either receiver that are copies: guessed, as many as are heard of both; of a stream of 30 pictures a
second, other frames come so near in the same length once in 300 times."""
MOSTLY: Final = 0.95
"""Share of a repeated sender's frames that go to two receivers."""
LEAST_COPIES: Final = 12
"""Frames that end something, by which copies are told: derived, chance has a dozen of them in 1e-29."""
_US: Final = 1_000
_TIME_BITS: Final = 42


class Joinings(NamedTuple):
    """When addresses joined; sorted by address and time."""

    addresses: NDArray[np.uint64]
    key: Int64s
    """Place of the address, and microseconds after the log began."""
    start_ns: int

    def between(self, address: NDArray[np.uint64], t_ns: Int64s) -> Bools:
        """Per two neighbouring rows of the same address, whether it joined after the one and before the other."""
        if not len(self.key):
            return np.zeros(max(len(t_ns) - 1, 0), dtype=bool)
        place = np.minimum(np.searchsorted(self.addresses, address), len(self.addresses) - 1)
        key = np.searchsorted(self.key, _key(place, t_ns - self.start_ns))
        joined: Bools = (key[1:] > key[:-1]) & (self.addresses[place[1:]] == address[1:])
        return joined


def find_joinings(frames: Dot11Frames) -> Joinings:
    """Those that are believed."""
    is_management = frames.kind == MANAGEMENT
    asks = np.flatnonzero(is_management & np.isin(frames.subtype, ASKS_TO_JOIN))
    answers = np.flatnonzero(is_management & np.isin(frames.subtype, MAY_JOIN))
    rows, start_ns = np.concatenate([asks, answers]), int(frames.t_ns.min()) if len(frames) else 0
    if not len(rows):
        return Joinings(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64), start_ns)
    addresses, place = number_distinct(np.concatenate([frames.ta[asks], frames.ra[answers]]))
    t_ns = frames.t_ns[rows] - start_ns
    order = np.lexsort((t_ns, place))
    place, t_ns = place[order], t_ns[order]
    pause_ns = np.where(np.diff(place, prepend=-1) == 0, np.diff(t_ns, prepend=0), BETWEEN_JOININGS_NS)
    first = np.flatnonzero(pause_ns > JOINING_NS)
    last = np.append(first[1:], len(t_ns)) - 1
    is_believed = (pause_ns[first] >= BETWEEN_JOININGS_NS) & (t_ns[last] - t_ns[first] <= JOINING_NS)
    kept = np.repeat(is_believed, last - first + 1)
    return Joinings(addresses, np.sort(_key(place[kept], t_ns[kept])), start_ns)


def _key(place: Int64s, t_ns: Int64s) -> Int64s:
    key: Int64s = (place << _TIME_BITS) + t_ns // _US
    return key


def find_copies(frames: Dot11Frames, sender: int) -> frozenset[int]:
    """The two access points between which a sender's frames are sent on: all but a few go to either, in equal lengths
    (but for what encryption adds) at nearly the same time; none where it is not so.
    """
    goes_up = (frames.flags & TO_DS == TO_DS) & ((frames.ra & np.uint64(GROUP_BIT)) == 0)
    rows = np.flatnonzero(frames.is_data_with_body() & goes_up & (frames.ta == np.uint64(sender)))
    receivers, receiver = number_distinct(frames.ra[rows])
    counts = np.bincount(receiver, minlength=2)
    two = np.argsort(-counts)[:2]
    if len(receivers) < 2 or counts[two].sum() < MOSTLY * len(rows):
        return frozenset()
    streams = [_without_longest(frames, rows[receiver == one]) for one in two]
    if min(len(t_ns) for t_ns, _ in streams) < LEAST_COPIES:
        return frozenset()
    shares = (_share_copied(streams[0], streams[1]), _share_copied(streams[1], streams[0]))
    return frozenset(int(receivers[one]) for one in two) if min(shares) >= COPIED_SHARE else frozenset()


def _without_longest(frames: Dot11Frames, rows: Int64s) -> tuple[Int64s, Int64s]:
    """Times, and by how much shorter than the longest; full frames, which all are alike, are left out."""
    short = frames.frame_len[rows].max() - frames.frame_len[rows].astype(np.int64)
    return frames.t_ns[rows][short > 0], short[short > 0]


def _share_copied(those: tuple[Int64s, Int64s], others: tuple[Int64s, Int64s]) -> float:
    """Share of the frames beside which one of the others has the same length."""
    start_ns = min(int(those[0].min()), int(others[0].min()))
    asked, known = (_key(length, t_ns - start_ns) for t_ns, length in (those, others))
    known = np.sort(known)
    after = np.searchsorted(known, asked)
    nearest = np.minimum(
        np.abs(known[np.minimum(after, len(known) - 1)] - asked), np.abs(known[np.maximum(after - 1, 0)] - asked)
    )
    return float((nearest <= COPIED_NS // _US).mean())
