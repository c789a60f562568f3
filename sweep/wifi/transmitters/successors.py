"""Which flow goes on with another one's traffic under a new address.

Input is the uplinks of one log with their levels; output is chains of flows of one sender, in order of time, each as
one flow.  A camera that makes up a new address every few seconds would be a dozen transmitters, none of them heard for
long enough.  A flow is another one's successor where all of it fits: it begins soon after the other ended, at the same
access point, as loud, with frames of the same lengths at the same rate, and its counter goes on or begins anew.  Where
two would fit, neither does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .emitters import SAME_LEVEL_DB
from .flow import Flow

WITHIN_NS: Final = 3_000_000_000
"""Between the last frame under one address and the first under the next: guessed, a station joins a network again in a
second or two."""
COUNTS_ON_BY: Final = 64
"""Frames between both, and the number up to which a counter has begun anew: guessed, what is not heard of a second of
a thin stream; of strangers one in 32 does."""
MIN_FRAMES: Final = 24
"""Of either: as few as are judged."""
MOST_APART, MOST_TIMES = 0.3, 3.0
"""Largest distance between the shares of frames up to any length (Kolmogorov and Smirnov), and ratio of octets a
second.  Measured: 157 of 160 streams, late and thin ones among them, differ by less from one ten seconds to the next,
143 from five to five; so do 658 of 12,720 pairs of strangers, whose counters and levels have to fit as well."""
MOST_FITTING: Final = 16
"""More that begin in time are a crowd in which nothing is told: bounds the work on hostile input."""
MOST_JOINED: Final = 64
"""Flows of one chain: the contract has room for no more addresses."""
NUMBERS: Final = 4_096


class Heard(NamedTuple):
    """A flow and how loud it was."""

    flow: Flow
    level_dbm: float | None


def join_successors(heard: Sequence[Heard]) -> tuple[Flow, ...]:
    """The flows, each chain as the flow of its first address; the others in their order."""
    after = _find_pairs(heard)
    is_later = set(after.values())
    joined = []
    for number, one in enumerate(heard):
        if number not in is_later:
            chain = list(_follow(number, after))
            joined.append(one.flow if len(chain) == 1 else _join([heard[place].flow for place in chain]))
    return tuple(joined)


def _follow(number: int | None, after: dict[int, int]) -> Iterator[int]:
    for _ in range(MOST_JOINED):
        if number is None:
            return
        yield number
        number = after.get(number)


def _find_pairs(heard: Sequence[Heard]) -> dict[int, int]:
    """By number of a flow that of its successor."""
    by_peer: dict[int, list[int]] = defaultdict(list)
    for number, one in enumerate(heard):
        if not one.flow.is_from_ap and len(one.flow.t_ns) >= MIN_FRAMES and one.level_dbm is not None:
            by_peer[one.flow.peer].append(number)
    fitting: dict[int, list[int]] = {}
    before: dict[int, list[int]] = defaultdict(list)
    for members in by_peer.values():
        members.sort(key=lambda number: int(heard[number].flow.t_ns[0]))
        begins = [int(heard[number].flow.t_ns[0]) for number in members]
        for number in members:
            end_ns = int(heard[number].flow.t_ns[-1])
            first, last = bisect_right(begins, end_ns), bisect_right(begins, end_ns + WITHIN_NS)
            if last - first <= MOST_FITTING:
                fitting[number] = [other for other in members[first:last] if _goes_on(heard[number], heard[other])]
                for other in fitting[number]:
                    before[other].append(number)
    return {number: others[0] for number, others in fitting.items() if len(others) == 1 and len(before[others[0]]) == 1}


def _goes_on(one: Heard, other: Heard) -> bool:
    if one.flow.sender == other.flow.sender or one.level_dbm is None or other.level_dbm is None:
        return False
    is_as_loud = abs(one.level_dbm - other.level_dbm) <= SAME_LEVEL_DB
    return is_as_loud and _counts_on(one.flow, other.flow) and _is_alike(one.flow, other.flow)


def _counts_on(one: Flow, other: Flow) -> bool:
    ends, begins = one.sequence_number, other.sequence_number
    if not len(ends) or not len(begins) or ends[-1] < 0 or begins[0] < 0:
        return False
    counter = int(other.tid[0])
    same = np.flatnonzero(one.tid == counter)
    if not len(same):
        return False
    step = (int(begins[0]) - int(ends[same[-1]])) % NUMBERS
    return 0 < step <= COUNTS_ON_BY or int(begins[0]) < COUNTS_ON_BY


def _is_alike(one: Flow, other: Flow) -> bool:
    rates = [float(flow.frame_len.sum()) / max(float(np.ptp(flow.t_ns)), 1e8) for flow in (one, other)]
    if max(rates) > MOST_TIMES * min(rates):
        return False
    lengths = np.unique(np.concatenate([one.frame_len, other.frame_len]))
    shares = [np.searchsorted(np.sort(flow.frame_len), lengths, side="right") / len(flow.t_ns) for flow in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max()) <= MOST_APART


def _join(chain: list[Flow]) -> Flow:
    def all_of(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(flow, name) for flow in chain])

    back_t_ns = all_of("back_t_ns")
    order = np.argsort(back_t_ns, kind="stable")
    octets = [float(flow.frame_len.sum()) for flow in chain]
    return replace(
        chain[0],
        successors=tuple(flow.sender for flow in chain[1:]),
        self_sourced_share=float(np.average([flow.self_sourced_share for flow in chain], weights=octets)),
        t_ns=all_of("t_ns"),
        frame_len=all_of("frame_len"),
        back_t_ns=back_t_ns[order],
        back_frame_len=all_of("back_frame_len")[order],
        sequence_number=all_of("sequence_number"),
        tid=all_of("tid"),
    )
