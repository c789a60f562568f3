"""When a flow sends, and when it only says that it is still there.

Input is times and octets of its frames; output is the whole seconds in which it sends, or the flow as if its stalls had
not been.  A camera may stop for seconds in the middle of its stream, and begin and end while it is listened to; what
was judged by a whole window then looked like nothing.  It judges nothing itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.wifi.transmitters.flow import Flow

NS: Final = 1_000_000_000
QUIET_SHARE: Final = 0.1
"""A second with less than this share of the mean octets of all in which something came only keeps a connection alive:
guessed."""
STALL_S: Final = 3
"""So many quiet seconds in a row are a stall: guessed, a bad link stalls for half a second, a camera was measured to
stop for seven."""
MIN_SENDING: Final = 0.5
"""Share of the seconds from the first to the last in which a stream sends: guessed; less are uploads with pauses."""


def find_sending(seconds: Int64s, octets: NDArray[np.int32]) -> NDArray[np.bool_]:
    """For each whole second from 0 to the last: whether so much came in it as usually comes."""
    by_second = np.bincount(seconds, weights=octets)
    usual = by_second.sum() / max(int((by_second > 0).sum()), 1)
    sending: NDArray[np.bool_] = (by_second > 0) & (by_second >= QUIET_SHARE * usual)
    return sending


def close_stalls(flow: Flow) -> Flow:
    """The flow from its first to its last second of sending, without its stalls; the same one where it has none, or
    where hardly anything else would be left.
    """
    if not len(flow.t_ns):
        return flow
    zero_ns = int(flow.t_ns[0])
    sending = find_sending((flow.t_ns - zero_ns) // NS, flow.frame_len)
    kept = ~_find_stalls(sending)
    first, last = (int(place) for place in np.flatnonzero(sending)[[0, -1]])
    if kept.all() or sending[first : last + 1].mean() < MIN_SENDING:
        return flow
    earlier = (np.cumsum(kept) - kept - np.arange(len(kept))) * NS
    """By which each second is moved."""

    def close(t_ns: Int64s) -> tuple[NDArray[np.bool_], Int64s]:
        second = (t_ns - zero_ns) // NS
        inside = np.clip(second, 0, len(kept) - 1)
        wanted = kept[inside] & (second >= 0) & (second < len(kept))
        return wanted, (t_ns + earlier[inside])[wanted]

    (wanted, t_ns), (back_wanted, back_t_ns) = close(flow.t_ns), close(flow.back_t_ns)
    is_numbered = len(flow.sequence_number) == len(wanted)
    return replace(
        flow,
        t_ns=t_ns,
        frame_len=flow.frame_len[wanted],
        back_t_ns=back_t_ns,
        back_frame_len=flow.back_frame_len[back_wanted],
        sequence_number=flow.sequence_number[wanted] if is_numbered else flow.sequence_number[:0],
        tid=flow.tid[wanted] if is_numbered else flow.tid[:0],
        heard_ns=flow.heard_ns[:0],
    )


def _find_stalls(sending: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Seconds of a stall, and those before the first and behind the last in which anything was sent."""
    quiet = np.flatnonzero(np.diff(np.concatenate([[False], ~sending, [False]]).astype(np.int8)))
    stalls = np.zeros(len(sending), dtype=bool)
    for begin, end in quiet.reshape(-1, 2).tolist():
        stalls[begin:end] = end - begin >= STALL_S or begin == 0 or end == len(sending)
    return stalls
