"""The data frames of a capture by sender and receiver: what flows are made of, of one log or of one after the other.

Input is `FrameLog`s in their order; output is `Flow` records (times and lengths of data frames of one transmitter
towards one peer, with the opposite direction beside it).  Of each data frame 24 octets are kept, of all others nothing
but the seconds in which their channel was heard.  It draws no conclusion about who is who.
"""

from __future__ import annotations

from math import inf
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.host.heap import give_back_freed
from sweep.wifi.frames.columns import number_distinct, order_streams, quantile
from sweep.wifi.frames.dot11 import FROM_DS, GROUP_BIT, NO_ADDRESS, TO_DS
from sweep.wifi.frames.framelog import FrameLog

from .census import LOWEST_DBM
from .flow import Flow
from .successors import Heard, join_successors

FRAGMENT_BITS: Final = 4
NS: Final = 1_000_000_000
LONGEST_HEARD_S: Final = 1_000_000.0
"""Of a longer capture only the seconds with frames are listed: bounds the memory where a clock is wrong."""
MIN_FLOW_FRAMES: Final = 8
"""Data frames below which a direction is not kept as a flow: guessed, far below what any judgement needs."""
MOST_FRAMES: Final = 8_000_000
"""Data frames kept: derived, 200 MB."""
_CHANNEL_BITS: Final = 16


class Streams:
    """Takes logs one after the other."""

    def __init__(self) -> None:
        self.dropped = 0
        """Data frames beyond MOST_FRAMES."""
        self._frames = 0
        self._ends: NDArray[np.uint64] = np.zeros((2, 0), dtype=np.uint64)
        """Sender and receiver of each stream; one may be there several times until `_merge`."""
        self._stream: list[NDArray[np.uint32]] = []
        """Of each data frame, in pieces, as its other columns are; none once they are in order."""
        self._rows: dict[str, list[NDArray[Any]]] = {}
        self._sizes: Int64s = np.zeros(0, dtype=np.int64)
        """Rows of each stream, once they are in order."""
        self._seconds: Int64s = np.zeros(0, dtype=np.int64)
        """In which something was heard, counted from the beginning, << 16 | MHz; ascending."""
        self._begin_ns = self._end_ns = 0

    def add(self, log: FrameLog) -> None:
        """Take the unicast data frames of a log."""
        frames = log.frames
        if not len(frames):
            return
        self._begin_ns = self._begin_ns if len(self._seconds) else log.start_ns
        self._end_ns = max(self._end_ns, log.end_ns)
        seconds = (frames.t_ns - self._begin_ns) // NS << _CHANNEL_BITS | frames.channel_mhz
        self._seconds = number_distinct(np.concatenate([self._seconds, number_distinct(seconds)[0]]))[0]
        is_unicast = (frames.ra & np.uint64(GROUP_BIT)) == 0
        rows = np.flatnonzero(frames.is_data_with_body() & ~log.is_repeat & is_unicast)
        self.dropped += max(self._frames + len(rows) - MOST_FRAMES, 0)
        rows = rows[: MOST_FRAMES - self._frames]
        if not len(rows):
            return
        self._frames += len(rows)
        if self._rows and not self._stream:
            self._stream = [np.repeat(np.arange(len(self._sizes), dtype=np.uint32), self._sizes)]
        ta, sa = frames.ta[rows], frames.sa[rows]
        ends, stream = _number_pairs(ta, frames.ra[rows])
        self._stream.append((stream + self._ends.shape[1]).astype(np.uint32))
        columns = {
            "t_ns": frames.t_ns[rows],
            "frame_len": frames.frame_len[rows],
            "sequence_number": (frames.sequence_control[rows] >> FRAGMENT_BITS).astype(np.int16),
            "tid": frames.tid[rows],
            "rssi_dbm": frames.rssi_dbm[rows],
            "channel_mhz": frames.channel_mhz[rows].astype(np.uint16),
            "is_from_ap": (frames.flags[rows] & (TO_DS | FROM_DS)) == FROM_DS,
            "self_sourced": (sa == ta).astype(np.int8) - (sa == NO_ADDRESS),  # -1 where the frame does not tell
        }
        for name, column in columns.items():
            self._rows.setdefault(name, []).append(column)
        self._ends = np.concatenate([self._ends, ends], axis=1)

    def list_flows(self, least_frames: int = MIN_FLOW_FRAMES, *, before_ns: float = inf) -> tuple[Flow, ...]:
        """Those of at least `least_frames` frames before a time, by sender and peer."""
        if not self._frames:
            return ()
        edges = self._merge().tolist()
        rows = {name: pieces[0] for name, pieces in self._rows.items()}
        span_of = dict[tuple[int, int], slice]()
        for first, last, pair in zip([0, *edges], edges, zip(*self._ends.tolist(), strict=True), strict=False):
            count = last - first if before_ns == inf else int(np.searchsorted(rows["t_ns"][first:last], before_ns))
            span_of[pair] = slice(first, first + count)
        flows, heard_ns = list[Heard](), dict[int, Int64s]()
        for (sender, receiver), its in span_of.items():
            if its.stop - its.start < least_frames:
                continue
            back = span_of.get((receiver, sender), slice(0))
            octets, source = rows["frame_len"][its], rows["self_sourced"][its]
            mhz = int(np.argmax(np.bincount(rows["channel_mhz"][its])))
            if mhz not in heard_ns:
                heard_ns[mhz] = self._heard_ns(mhz)
            flow = Flow(
                sender=sender,
                peer=receiver,
                is_from_ap=2 * int(np.count_nonzero(rows["is_from_ap"][its])) > len(octets),
                self_sourced_share=float(octets[source > 0].sum() / max(int(octets[source >= 0].sum()), 1)),
                t_ns=rows["t_ns"][its],
                frame_len=octets,
                back_t_ns=rows["t_ns"][back],
                back_frame_len=rows["frame_len"][back],
                sequence_number=rows["sequence_number"][its].astype(np.int32),
                tid=rows["tid"][its],
                heard_ns=heard_ns[mhz],
            )
            flows.append(Heard(flow, _median_level(rows["rssi_dbm"][its])))
        return join_successors(flows)

    def _merge(self) -> Int64s:
        """Bring streams into the order of sender and receiver and the rows of each together, by time; where each ends.

        One column after the other, so that no two are there twice at once.
        """
        if self._stream:
            are_many = len(self._stream) > 1
            self._ends, number = _number_pairs(*self._ends)
            stream: NDArray[Any] = number.astype(np.uint32)[_join(self._stream)]
            self._stream.clear()
            self._rows["t_ns"] = [_join(self._rows["t_ns"])]
            order = order_streams(stream, self._rows["t_ns"][0])
            self._sizes = np.bincount(stream, minlength=self._ends.shape[1])
            for name, pieces in self._rows.items():
                self._rows[name] = [_join(pieces)[order]]
            if are_many:
                del stream, order
                give_back_freed()
        return np.cumsum(self._sizes)

    def _heard_ns(self, mhz: int) -> Int64s:
        """Beginnings of the seconds in which a channel was heard: all of them where the capture names no channel."""
        if mhz == 0 and self._end_ns - self._begin_ns <= LONGEST_HEARD_S * NS:
            seconds = np.arange((self._end_ns - self._begin_ns) // NS + 1, dtype=np.int64)
        elif mhz == 0:
            seconds = number_distinct(self._seconds >> _CHANNEL_BITS)[0]
        else:
            seconds = self._seconds[(self._seconds & ((1 << _CHANNEL_BITS) - 1)) == mhz] >> _CHANNEL_BITS
        return self._begin_ns + seconds * NS


def list_flows(log: FrameLog, least_frames: int = MIN_FLOW_FRAMES) -> tuple[Flow, ...]:
    """The unicast data flows of a log that have at least `least_frames` frames, by sender and peer."""
    streams = Streams()
    streams.add(log)
    return streams.list_flows(least_frames)


def _number_pairs(senders: NDArray[np.uint64], receivers: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], Int64s]:
    """The different pairs, ascending, and for each row the number of its pair."""
    addresses, place = number_distinct(np.concatenate([senders, receivers]))
    pairs, number = number_distinct(place[: len(senders)] * max(len(addresses), 1) + place[len(senders) :])
    return addresses[np.stack(np.divmod(pairs, max(len(addresses), 1)))], number


def _join(pieces: list[NDArray[Any]]) -> NDArray[Any]:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _median_level(levels: NDArray[np.int16]) -> float | None:
    """None where the receiver gives none."""
    known = levels[(levels >= LOWEST_DBM) & (levels < 0)]
    return quantile(known, 0.5) if len(known) else None
