"""What earlier positions of a sweep heard of the thicker uplinks: one flow with gaps, to be judged together.

Input is the flows of one position after the other; output is a flow with everything before it.  A transmitter that
every position hears for some seconds shows a clip that began at one position and ended before another, or a stream of
which no position heard enough.  An address that two transmitters used at one position is not one sender's at another:
what shows it is kept as well, and none of its flows.  Nothing of it is written anywhere, and it ends with the sweep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from .flow import Flow, is_uplink
from .shared_addresses import Sign

MIN_OCTETS: Final = 7_500
"""Of a flow at one position that is remembered: derived, what the thinnest stream judged sends in three seconds."""
NS: Final = 1_000_000_000
GAP_NS, CLOSED_NS, MIN_SILENT_S = 500_000_000, 100_000_000, 2
"""A pause so long may be the listener's turn elsewhere, and is closed to so little, unless so many whole seconds of it
were heard: guessed."""
MAX_FLOWS, MAX_FRAMES = 32, 60_000
"""Flows remembered, the thickest, and frames of each, the latest: guessed, some 60 MB at most."""

MAX_SHARED: Final = 20_000
"""Addresses remembered that two transmitters used, the latest: guessed, a flood of them costs two megabytes."""


class EarlierFlows:
    """By sender and peer."""

    def __init__(self) -> None:
        self._flows: dict[tuple[int, int], Flow] = {}
        self._signs: dict[int, frozenset[Sign]] = {}

    def signs_of(self, sender: int) -> frozenset[Sign]:
        """What showed two transmitters under an address at earlier positions."""
        return self._signs.get(sender, frozenset())

    def beside(self, flow: Flow) -> Flow:
        """The flow with what was heard of it at earlier positions."""
        before = self._flows.get((flow.sender, flow.peer))
        if before is None or not len(flow.t_ns) or before.t_ns[-1] >= flow.t_ns[0]:
            return flow
        is_numbered = len(before.sequence_number) > 0 and len(flow.sequence_number) > 0
        return replace(
            flow,
            t_ns=np.concatenate([before.t_ns, flow.t_ns]),
            frame_len=np.concatenate([before.frame_len, flow.frame_len]),
            back_t_ns=np.concatenate([before.back_t_ns, flow.back_t_ns]),
            back_frame_len=np.concatenate([before.back_frame_len, flow.back_frame_len]),
            sequence_number=np.concatenate([before.sequence_number, flow.sequence_number])
            if is_numbered
            else flow.sequence_number[:0],
            tid=np.concatenate([before.tid, flow.tid]) if is_numbered else flow.tid[:0],
            heard_ns=np.unique(np.concatenate([before.heard_ns, flow.heard_ns])),
        )

    def remember(self, flows: tuple[Flow, ...], shared: Mapping[int, frozenset[Sign]] = MappingProxyType({})) -> None:
        """What one position heard, and the addresses that two transmitters used there, for those that come."""
        for sender, signs in shared.items():
            self._signs[sender] = self._signs.pop(sender, frozenset()) | signs
        self._signs = dict(list(self._signs.items())[-MAX_SHARED:])
        for flow in flows:
            if is_uplink(flow) and int(flow.frame_len.sum()) >= MIN_OCTETS:
                self._flows[flow.sender, flow.peer] = _shorten(self.beside(flow))
        self._flows = {pair: flow for pair, flow in self._flows.items() if self._is_one_sender(flow)}
        if len(self._flows) > MAX_FLOWS:
            thickest = sorted(self._flows, key=lambda key: -int(self._flows[key].frame_len.sum()))
            self._flows = {key: self._flows[key] for key in thickest[:MAX_FLOWS]}

    def _is_one_sender(self, flow: Flow) -> bool:
        return self._signs.keys().isdisjoint((flow.sender, *flow.successors))


def close_gaps(flow: Flow) -> Flow:
    """The flow as if the seconds in which its channel was not heard had not been; what was silence stays."""
    if len(flow.heard_ns) < 2:
        return flow
    gaps = np.flatnonzero(np.diff(flow.t_ns) >= GAP_NS)
    inside = np.searchsorted(flow.heard_ns, flow.t_ns[gaps + 1] - NS) - np.searchsorted(flow.heard_ns, flow.t_ns[gaps])
    gaps = gaps[inside < MIN_SILENT_S]
    if not len(gaps):
        return flow
    saved = np.zeros(len(flow.t_ns), dtype=np.int64)
    saved[gaps + 1] = np.diff(flow.t_ns)[gaps] - CLOSED_NS
    saved = np.cumsum(saved)
    back_place = np.searchsorted(flow.t_ns, flow.back_t_ns, side="right") - 1
    back_ns = flow.back_t_ns - np.where(back_place >= 0, saved[np.maximum(back_place, 0)], 0)
    return replace(flow, t_ns=flow.t_ns - saved, back_t_ns=np.maximum.accumulate(back_ns), heard_ns=flow.heard_ns[:0])


def _shorten(flow: Flow) -> Flow:
    """The latest MAX_FRAMES frames."""
    if len(flow.t_ns) <= MAX_FRAMES:
        return flow
    from_ns = int(flow.t_ns[-MAX_FRAMES])
    back = flow.back_t_ns >= from_ns
    return replace(
        flow,
        t_ns=flow.t_ns[-MAX_FRAMES:],
        frame_len=flow.frame_len[-MAX_FRAMES:],
        back_t_ns=flow.back_t_ns[back],
        back_frame_len=flow.back_frame_len[back],
        sequence_number=flow.sequence_number[-MAX_FRAMES:],
        tid=flow.tid[-MAX_FRAMES:],
        heard_ns=flow.heard_ns[flow.heard_ns >= from_ns - 1_000_000_000],
    )
