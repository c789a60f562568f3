"""The flow of a made-up station, from the frames that were heard of it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sweep.wifi.transmitters.flow import Flow

STATION: Final = 0x020000000001
PEER: Final = 0x020000000002

Frames = tuple[NDArray[Any], NDArray[Any]]
"""Times in nanoseconds, octets."""


def flow_of(heard: Frames, back: Frames, sequence_number: NDArray[Any] | None = None) -> Flow:
    """`heard` of a station that makes what it sends, `back` what its peer sends it; the numbers are of one TID."""
    t_ns, frame_len = heard
    back_t_ns, back_frame_len = back
    none = np.zeros(0, dtype=np.int64)
    return Flow(
        sender=STATION,
        peer=PEER,
        is_from_ap=False,
        self_sourced_share=1.0,
        t_ns=t_ns,
        frame_len=frame_len.astype(np.int32),
        back_t_ns=back_t_ns,
        back_frame_len=back_frame_len.astype(np.int32),
        sequence_number=(none if sequence_number is None else sequence_number).astype(np.int32),
        tid=np.zeros(0 if sequence_number is None else len(t_ns), dtype=np.int8),
    )
