"""Who sent: one record per physical transmitter.

Input is a `Census` and what management frames say; output is `Transmitter` records (role, vendor, level, amounts).
Which addresses are one transmitter `emitters` decides, with reasons.  It draws no conclusion about video.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import Int64s
from sweep.modality.addresses import is_locally_administered
from sweep.wifi.frames.columns import number_distinct
from sweep.wifi.frames.elements import Elements

from .census import (
    ANNOUNCES,
    CHANNEL_BITS,
    DOWN,
    FRAMES,
    IS_BSSID,
    IS_CLIENT,
    LEVEL_BITS,
    LOWEST_DBM,
    RETRIES,
    SERVES,
    UP,
    Census,
)
from .emitters import JoinReason, Known, group_addresses
from .flow import Flow, is_source
from .vendors import find_vendor

Role = Literal["ap", "sta", "unknown"]

MAX_TRANSMITTERS: Final = 20_000
"""Transmitters described: guessed; a busy station hall has hundreds, a flood of made-up addresses any number."""
SEQUENCE_NUMBERS: Final = 4_096
"""A sequence control field counts frames modulo this above the number of the fragment (802.11-2020, 9.2.4.4)."""


@dataclass(frozen=True, slots=True)
class LevelSummary:
    """Levels over the frames of a transmitter; medians, since dBm is never averaged."""

    median_dbm: float
    max_dbm: float


@dataclass(frozen=True, slots=True)
class Transmitter:
    """One physical emitter."""

    addresses: tuple[int, ...]
    """48-bit numbers, the most frequent first."""
    role: Role
    vendor: str | None
    is_randomised: bool
    """All its addresses are locally administered."""
    channel_mhz: int | None
    """The most frequent channel; None when the capture does not say."""
    level: LevelSummary | None
    frames: int
    """Frames heard from it, retries included."""
    retries: int
    """Of those, repeats of a frame that was heard before."""
    bytes_up: int
    """Octets of data frames it sent, repeats not counted."""
    bytes_down: int
    """Octets of data frames sent to it, repeats not counted."""
    first_ns: int
    last_ns: int
    names: tuple[bytes, ...]
    """SSIDs it announced, raw octets: hostile, for the body of a finding only."""
    joined_by: tuple[JoinReason, ...] = ()
    """Why its addresses are taken for one emitter; empty with one address."""
    signature: str | None = None
    """Of its information elements: the same for the same kind of radio and software."""
    device_names: tuple[bytes, ...] = ()
    """Device name, manufacturer and model by WPS, raw octets: hostile, for the body of a finding only."""
    device_category: str | None = None
    """What it calls itself by WPS."""
    security: tuple[str, ...] = ()
    """Ways to join the networks that it announces."""


def list_sources(flows: Iterable[Flow]) -> frozenset[int]:
    """Addresses that send data of their own."""
    return frozenset(address for flow in flows if is_source(flow) for address in (flow.sender, *flow.successors))


def describe_transmitters(
    census: Census, said: Mapping[int, Elements], chains: Iterable[tuple[int, ...]] = (),
    alone: frozenset[int] = frozenset(),
) -> tuple[Transmitter, ...]:  # fmt: skip
    """Every transmitter, the one with most frames first, from what the addresses come to; MAX_TRANSMITTERS at most.

    `said` is what each address says, `chains`: addresses of one sender; `alone`: those that only a chain joins.
    """
    total = census.counts[:, FRAMES]
    chosen = np.argsort(-total, kind="stable")[:MAX_TRANSMITTERS]
    chosen = chosen[total[chosen] > 0]
    if not len(chosen):
        return ()
    one_each = _summarise(census, chosen, np.arange(len(chosen)), len(chosen))
    known = _known(census, said, chosen, one_each)
    leader, reasons = group_addresses(known, chains, alone)
    if reasons:  # what belongs together is summarised together
        leaders, group = number_distinct(np.array(leader, dtype=np.int64))
        joined = _summarise(census, chosen, group, len(leaders))
    else:
        leaders, group, joined = np.arange(len(chosen)), np.arange(len(chosen)), one_each
    members: list[list[int]] = [[] for _ in leaders]
    for i, number in enumerate(group.tolist()):
        members[number].append(i)
    found = []
    for number, its in enumerate(members):
        places = chosen[its]
        addresses = tuple(census.addresses[places].tolist())
        elements = [said[a] for a in addresses if a in said]
        sums = census.counts[places].sum(axis=0).tolist()
        found.append(
            Transmitter(
                addresses=addresses,
                role=_common_role([_role_of(census.counts[place]) for place in places.tolist()]),
                vendor=next((vendor for a in addresses if (vendor := find_vendor(a)) is not None), None),
                is_randomised=all(map(is_locally_administered, addresses)),
                channel_mhz=joined.channels[number]
                or next((one.channel_mhz for one in elements if one.channel_mhz), None),
                level=joined.levels[number],
                frames=sums[FRAMES],
                retries=sums[RETRIES],
                bytes_up=sums[UP],
                bytes_down=sums[DOWN],
                first_ns=int(census.first_ns[places].min()),
                last_ns=int(census.last_ns[places].max()),
                names=tuple(sorted({name for one in elements for name in one.ssids})),
                joined_by=reasons.get(its[0], ()),
                signature=next((one.signature for one in elements if one.signature), None),
                device_names=tuple(dict.fromkeys(name for one in elements for name in one.names)),
                device_category=next((one.device_category for one in elements if one.device_category), None),
                security=tuple(dict.fromkeys(line for one in elements for line in one.security)),
            )
        )
    return tuple(sorted(found, key=lambda one: -one.frames) if reasons else found)


class _Summary(NamedTuple):
    """Columns per transmitter."""

    levels: list[LevelSummary | None]
    channels: list[int | None]


def _summarise(census: Census, chosen: Int64s, group: Int64s, count: int) -> _Summary:
    """Levels and channels of `count` transmitters; `group` says to which of them each chosen address belongs."""
    rank = np.full(len(census.addresses), -1, dtype=np.int64)
    rank[chosen] = group

    def of_chosen(table: tuple[NDArray[np.uint64], Int64s], bits: int) -> tuple[Int64s, Int64s, Int64s]:
        keys, counts = table
        ranks = rank[np.searchsorted(census.addresses, keys >> np.uint64(bits))]
        is_chosen = ranks >= 0
        values = (keys & np.uint64((1 << bits) - 1)).astype(np.int64)
        return ranks[is_chosen], values[is_chosen], counts[is_chosen, 0]

    return _Summary(
        _summarise_levels(*of_chosen(census.levels, LEVEL_BITS), count),
        _most_frequent_channels(*of_chosen(census.channels, CHANNEL_BITS), count),
    )


def _known(census: Census, said: Mapping[int, Elements], chosen: Int64s, summary: _Summary) -> list[Known]:
    found = []
    for i, place in enumerate(chosen.tolist()):
        address, level = int(census.addresses[place]), summary.levels[i]
        elements, probes = said.get(address, Elements()), census.probes.get(address)
        found.append(
            Known(
                address=address,
                is_ap=_role_of(census.counts[place]) == "ap",
                channel_mhz=summary.channels[i] or elements.channel_mhz,
                level_dbm=None if level is None else level.median_dbm,
                first_ns=int(census.first_ns[place]),
                last_ns=int(census.last_ns[place]),
                first_probe=None if probes is None else probes.first_number,
                last_probe=None if probes is None else probes.last_number,
                signature=elements.signature,
                uuid=elements.uuid,
                clock_us=elements.clock_us,
            )
        )
    return found


def _role_of(counts: Int64s) -> Role:
    """What an address sent itself weighs more than what others say of it."""
    serves, is_client = counts[SERVES] > 0, counts[IS_CLIENT] > 0
    if counts[ANNOUNCES] > 0 or ((serves or counts[IS_BSSID] > 0) and not is_client):
        return "ap"
    return "sta" if is_client and not serves else "unknown"


def _common_role(roles: list[Role]) -> Role:
    """An access point when any address is one."""
    order: tuple[Role, ...] = ("ap", "sta", "unknown")
    return min(roles, key=order.index)


def _summarise_levels(ranks: Int64s, levels: Int64s, frames: Int64s, count: int) -> list[LevelSummary | None]:
    """Per transmitter; `levels` count from LOWEST_DBM.  None where no frame carries one."""
    frames_at = np.bincount(ranks * -LOWEST_DBM + levels, weights=frames, minlength=count * -LOWEST_DBM)
    frames_up_to = np.cumsum(frames_at.reshape(count, -LOWEST_DBM), axis=1)
    total = frames_up_to[:, -1:]
    lower = (frames_up_to >= (total + 1) // 2).argmax(axis=1)
    upper = (frames_up_to >= total // 2 + 1).argmax(axis=1)
    median = (lower + upper) / 2 + LOWEST_DBM
    highest = (frames_up_to == total).argmax(axis=1) + LOWEST_DBM
    return [
        LevelSummary(float(median[i]), float(highest[i])) if given else None for i, given in enumerate(total[:, 0] > 0)
    ]


def _most_frequent_channels(ranks: Int64s, channels: Int64s, frames: Int64s, count: int) -> list[int | None]:
    """Per transmitter; the lowest of equally frequent ones, None where no frame says."""
    pairs, place = number_distinct(ranks << CHANNEL_BITS | channels)
    found: list[int | None] = [None] * count
    frames_at = np.bincount(place, weights=frames, minlength=len(pairs))
    for pair in pairs[np.lexsort((-pairs, frames_at))].tolist():  # the last one of a transmitter stands
        found[pair >> CHANNEL_BITS] = pair & ((1 << CHANNEL_BITS) - 1)
    return found
