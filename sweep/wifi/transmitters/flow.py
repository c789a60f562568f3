"""Data frames from one transmitter to one peer, as all that judges traffic takes them.

A `Flow` is times and lengths of frames with the opposite direction beside it; `transmitters` makes them of a log.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s


@dataclass(frozen=True, slots=True)
class Flow:
    """Data frames from one transmitter to one peer, repeats removed, in order of time."""

    sender: int
    peer: int
    is_from_ap: bool
    """The sender is the access point of the peer."""
    self_sourced_share: float
    """Share of its octets whose source address is the sender itself (1 for stations; an access point that only
    forwards has 0; aggregates do not tell and are left out)."""
    t_ns: Int64s
    frame_len: NDArray[np.int32]
    back_t_ns: Int64s
    """The same for data frames from the peer to the sender."""
    back_frame_len: NDArray[np.int32]
    sequence_number: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    """Of each frame, 0 to 4095: gaps tell how many frames were not heard; -1 where the capture holds none, and empty
    when the flow does not come from 802.11."""
    tid: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, dtype=np.int8))
    """Of each frame: the counter that its number belongs to; -1 for the one of frames without QoS."""
    heard_ns: Int64s = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Beginnings of the whole seconds in which its channel was heard, ascending; empty: unknown."""
    successors: tuple[int, ...] = ()
    """Addresses under which its sender went on, in order of time."""


def is_source(flow: Flow) -> bool:
    """True where the sender sends data of its own: not for what an access point forwards."""
    return not flow.is_from_ap or flow.self_sourced_share > 0.5


def is_uplink(flow: Flow) -> bool:
    """True when the sender is the source: not for acknowledgements, nor for what an access point forwards."""
    return is_source(flow) and int(flow.frame_len.sum()) > int(flow.back_frame_len.sum())
