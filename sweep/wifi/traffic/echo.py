"""Does a peer send back the same frames that it was sent?

Input is a flow; output is the share of its frames of rare lengths that come back as long soon after.  A camera whose
stream is mirrored looks like both halves of a call, whose lengths have nothing to do with each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sweep.wifi.transmitters.flow import Flow

from .cadence import is_rare

WITHIN_NS: Final = 200_000_000
"""Between a frame and its echo: guessed, a round trip to a distant server."""
LEAST_FRAMES: Final = 24
"""Of rare lengths: as few as are judged."""
LEAST_ECHO: Final = 0.6
"""Measured: 0.98 and more of 72 mirrored cameras (`air_shaped`), 0.18 and less of 600 calls and meetings; where a fifth
is not heard each way, 0.64 is left."""
MOST_TIMES: Final = 2.0
"""An echo is as much as what was sent, but for what either side of it was not heard; who reads pages is sent far
more, and some of it as long as each request."""
_LONGEST: Final = 1 << 44
"""Longer than any flow, in nanoseconds."""


def is_echoed(flow: Flow) -> bool:
    """What comes back is what was sent."""
    rare = is_rare(flow.frame_len)
    sent_octets, back_octets = int(flow.frame_len.sum()), int(flow.back_frame_len.sum())
    if rare.sum() < LEAST_FRAMES or not sent_octets / MOST_TIMES <= back_octets <= sent_octets * MOST_TIMES:
        return False
    zero_ns = int(min(flow.t_ns[0], flow.back_t_ns[0]))
    sent = flow.frame_len[rare].astype(np.int64) * _LONGEST + (flow.t_ns[rare] - zero_ns)
    back = np.sort(flow.back_frame_len.astype(np.int64) * _LONGEST + (flow.back_t_ns - zero_ns))
    after = back[np.minimum(np.searchsorted(back, sent), len(back) - 1)] - sent
    return float(((after >= 0) & (after <= WITHIN_NS)).mean()) >= LEAST_ECHO
