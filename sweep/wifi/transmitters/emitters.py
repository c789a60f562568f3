"""Which addresses belong to one physical emitter, and why.

Input is what is known of each address; output is the number of its emitter, and the reasons for every joint.  An access
point gives its networks neighbouring addresses; a phone makes up a new address and forgets to make up a new sequence
number; a device that speaks WPS names itself.  Two addresses that merely look alike stay apart.  Anybody can say all of
that in another one's name, so whoever sends data of its own is joined by none of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from sweep.modality.addresses import is_locally_administered

JoinReason = Literal["bssid_family", "same_wps_uuid", "sequence_continues", "stream_continues"]

SAME_LEVEL_DB: Final = 6.0
"""Medians of one radio's addresses lie this near: guessed, they are taken at the same time and place."""
FAMILY_SPAN: Final = 15
"""Networks of one radio differ by this much in the last octet: derived, drivers number up to 16 of them."""
SAME_CLOCK_US: Final = 110_000
"""Networks of one radio share its timer but for their turn within a beacon interval of 102,400 us.  Two cameras out of
one box have neighbouring addresses as well, and timers that began when each of them was switched on."""
CONTINUES_WITHIN_NS, CONTINUES_BY = 10_000_000_000, 32
"""A new address takes up its predecessor's counter within this, where both also say the same of themselves: guessed;
by chance one pair in 128 does, of those with the same elements."""
BARE_WITHIN_NS, BARE_BY = 2_000_000_000, 3
"""The same where nothing but the header was heard: by chance one pair in 1,365."""
MAX_FAMILY: Final = 64


class Known(NamedTuple):
    """What is known of one address."""

    address: int
    is_ap: bool
    channel_mhz: int | None
    level_dbm: float | None
    first_ns: int
    last_ns: int
    first_probe: int | None
    """Sequence number of its first probe request; None when it sent none."""
    last_probe: int | None
    signature: str | None
    uuid: bytes
    clock_us: int | None = None
    """When the timer that it announces stood at zero."""


def group_addresses(
    known: list[Known], chains: Iterable[tuple[int, ...]] = (), alone: frozenset[int] = frozenset()
) -> tuple[list[int], dict[int, tuple[JoinReason, ...]]]:
    """Per address the index of the first one of its emitter; per such index the reasons, where there are any.

    `chains`: addresses under which one stream went on; `alone`: those that nothing else joins.
    """
    parent = list(range(len(known)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    claimed = [*_families(known), *_same_uuid(known), *_continued(known)]
    joints = [one for one in claimed if alone.isdisjoint((known[one[0]].address, known[one[1]].address))]
    joints += _chained(known, chains)
    for i, j, _ in joints:
        low, high = sorted((root(i), root(j)))
        parent[high] = low
    reasons: dict[int, set[JoinReason]] = defaultdict(set)
    for i, _, reason in joints:
        reasons[root(i)].add(reason)
    return [root(i) for i in range(len(known))], {i: tuple(sorted(found)) for i, found in reasons.items()}


_Joint = tuple[int, int, JoinReason]


def _chained(known: list[Known], chains: Iterable[tuple[int, ...]]) -> list[_Joint]:
    place = {one.address: i for i, one in enumerate(known)}
    return [
        (place[one], place[other], "stream_continues")
        for chain in chains
        for one, other in pairwise(chain)
        if one in place and other in place
    ]


def _families(known: list[Known]) -> list[_Joint]:
    """Networks announced on one channel with neighbouring addresses, the same level and the same timer."""
    buckets: dict[tuple[int, int | None], list[int]] = defaultdict(list)
    for i, one in enumerate(known):
        if one.is_ap:
            buckets[one.address >> 8 & 0xFFFFFFFF, one.channel_mhz].append(i)
    joints: list[_Joint] = []
    for members in buckets.values():
        members.sort(key=lambda i: (known[i].address & 0xFF, known[i].address))
        joints += [(i, j, "bssid_family") for i, j in pairwise(members[:MAX_FAMILY]) if _is_family(known[i], known[j])]
    return joints


def _is_family(one: Known, other: Known) -> bool:
    first, second = one.address >> 40, other.address >> 40
    is_variant = first == second or is_locally_administered(one.address) or is_locally_administered(other.address)
    if one.clock_us is None or other.clock_us is None or abs(one.clock_us - other.clock_us) > SAME_CLOCK_US:
        return False
    return is_variant and (other.address & 0xFF) - (one.address & 0xFF) <= FAMILY_SPAN and _is_as_loud(one, other)


def _is_as_loud(one: Known, other: Known) -> bool:
    if one.level_dbm is None or other.level_dbm is None:
        return False
    return abs(one.level_dbm - other.level_dbm) <= SAME_LEVEL_DB


def _same_uuid(known: list[Known]) -> list[_Joint]:
    by_uuid: dict[bytes, list[int]] = defaultdict(list)
    for i, one in enumerate(known):
        if one.uuid:
            by_uuid[one.uuid].append(i)
    return [(i, j, "same_wps_uuid") for members in by_uuid.values() for i, j in pairwise(members)]


def _continued(known: list[Known]) -> list[_Joint]:
    """Made-up addresses that take up where one other left off; where two would fit, neither does."""
    probing = [
        i
        for i, one in enumerate(known)
        if is_locally_administered(one.address) and not one.is_ap and one.first_probe is not None
    ]
    probing.sort(key=lambda i: known[i].first_ns)
    by_number: dict[int, list[int]] = defaultdict(list)
    for i in probing:
        by_number[(known[i].last_probe or 0)].append(i)
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = defaultdict(list)
    for j in probing:
        first = known[j].first_probe or 0
        before[j] = [
            i
            for step in range(1, CONTINUES_BY + 1)
            for i in by_number.get((first - step) & 4095, ())
            if i != j and _continues(known[i], known[j], step)
        ]
        if before[j]:
            after[before[j][0]].append(j)  # the nearest number; its own predecessors may fit as well
    return [
        (fitting[0], j, "sequence_continues")
        for j, fitting in before.items()
        if fitting and set(fitting[1:]) <= set(before[fitting[0]]) and after[fitting[0]] == [j]
    ]


def _continues(one: Known, other: Known, step: int) -> bool:
    pause_ns = other.first_ns - one.last_ns
    if pause_ns <= 0 or not _is_as_loud(one, other):
        return False
    if one.signature is not None and other.signature is not None:
        return one.signature == other.signature and pause_ns <= CONTINUES_WITHIN_NS
    return step <= BARE_BY and pause_ns <= BARE_WITHIN_NS
