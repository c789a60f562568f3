"""The chips during which a flow sends: a camera may begin, or end, while the light plays.

Input is times and octets of a flow and the chips; output is the first of them and the one behind the last.  Which they
are depends on the flow alone and never on what was played, and chips are drawn one by one, so that p-values of them are
as exact as of all.  It judges nothing.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from sweep.wifi.traffic.stalls import NS, STALL_S, find_sending
from sweep.wifi.transmitters.flow import Flow

from .sequence import ChipSequence


def find_sent_chips(flow: Flow, sequence: ChipSequence, chips: int) -> tuple[int, int]:
    """All of the first `chips`, unless the flow is quiet for STALL_S and more at either end of them."""
    t_ns = flow.t_ns - round(sequence.start_s * NS)
    inside = (t_ns >= 0) & (t_ns < chips * sequence.chip_s * NS)
    if not inside.any():
        return 0, chips
    sending = np.flatnonzero(find_sending(t_ns[inside] // NS, flow.frame_len[inside]))
    begin_s, end_s = int(sending[0]), int(sending[-1]) + 1
    first = ceil(begin_s / sequence.chip_s) if begin_s >= STALL_S else 0
    last = int(end_s / sequence.chip_s) if end_s <= chips * sequence.chip_s - STALL_S else chips
    return first, max(first, last)
