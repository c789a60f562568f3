"""Who sent: one record per physical transmitter, and the data flows between them.

Input is a `FrameLog` and what its management frames say; output is `Transmitter` records (role, vendor, level, amounts)
and `Flow` records (times and lengths of data frames of one transmitter towards one peer, with the opposite direction
beside it).  Which addresses are one transmitter `emitters` decides, with reasons.  It draws no conclusion about video.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.addresses import is_locally_administered
from sweep.captures.packets import Int64s

from .columns import is_ascending, number_distinct, order_streams
from .dot11 import (
    BEACON,
    BROADCAST,
    CONTROL,
    EXTENSION,
    FROM_DS,
    GROUP_BIT,
    MANAGEMENT,
    NO_ADDRESS,
    PROBE_REQUEST,
    PROBE_RESPONSE,
    TO_DS,
)
from .elements import Elements
from .emitters import JoinReason, Known, group_addresses
from .framelog import FrameLog
from .radio_headers import Bools
from .vendors import find_vendor

Role = Literal["ap", "sta", "unknown"]

MAX_TRANSMITTERS: Final = 20_000
"""Transmitters described: guessed; a busy station hall has hundreds, a flood of made-up addresses any number."""
FRAGMENT_BITS: Final = 4
SEQUENCE_NUMBERS: Final = 4_096
"""A sequence control field counts frames modulo this above the number of the fragment (802.11-2020, 9.2.4.4)."""
_LOWEST_DBM: Final = -128  # of an octet with a sign, which is how every receiver writes levels
NS: Final = 1_000_000_000
LONGEST_HEARD_S: Final = 1_000_000.0
"""Of a longer capture only the seconds with frames are listed: bounds the memory where a clock is wrong."""
MIN_FLOW_FRAMES: Final = 8
"""Data frames below which a direction is not kept as a flow: guessed, far below what any judgement needs."""


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


def list_transmitters(log: FrameLog, said: Mapping[int, Elements]) -> tuple[Transmitter, ...]:
    """Describe every transmitter of a log, the one with most frames first; `said` is what each address says."""
    count = len(log.transmitters)
    if not count:
        return ()
    frames, index = log.frames, log.transmitter_index
    has_ta = index >= 0
    numbers = index[has_ta]
    totals = np.bincount(numbers, minlength=count)
    retries = np.bincount(index[has_ta & log.is_repeat], minlength=count)
    data = frames.is_data_with_body() & ~log.is_repeat
    up = np.bincount(index[data], weights=frames.frame_len[data], minlength=count)
    place, is_known = _number(log.transmitters, frames.ra)
    down_rows = data & is_known
    down = np.bincount(place[down_rows], weights=frames.frame_len[down_rows], minlength=count)
    roles = _roles(log)

    chosen = np.argsort(-totals, kind="stable")[:MAX_TRANSMITTERS]
    rank = np.full(count, -1, dtype=np.int64)
    rank[chosen] = np.arange(len(chosen))
    rows = np.flatnonzero(has_ta)
    ranks = rank[numbers]
    if len(chosen) < count:
        rows, ranks = rows[ranks >= 0], ranks[ranks >= 0]
    one_each = _summarise(log, rows, ranks, len(chosen))
    leader, reasons = group_addresses(_known(log, said, chosen, roles, one_each))
    if reasons:  # what belongs together is summarised together
        leaders, group = number_distinct(np.array(leader, dtype=np.int64))
        ranks = group[ranks]
    else:
        leaders, group = np.arange(len(chosen)), np.arange(len(chosen))
    joined = _summarise(log, rows, ranks, len(leaders)) if reasons else one_each
    members: list[list[int]] = [[] for _ in leaders]
    for i, number in enumerate(group.tolist()):
        members[number].append(i)
    found = []
    for number, its in enumerate(members):
        places = chosen[its]
        addresses = tuple(log.transmitters[places].tolist())
        elements = [said[a] for a in addresses if a in said]
        found.append(
            Transmitter(
                addresses=addresses,
                role=_common_role([roles[i] for i in places.tolist()]),
                vendor=next((vendor for a in addresses if (vendor := find_vendor(a)) is not None), None),
                is_randomised=all(map(is_locally_administered, addresses)),
                channel_mhz=joined.channels[number]
                or next((one.channel_mhz for one in elements if one.channel_mhz), None),
                level=joined.levels[number],
                frames=int(totals[places].sum()),
                retries=int(retries[places].sum()),
                bytes_up=int(up[places].sum()),
                bytes_down=int(down[places].sum()),
                first_ns=int(joined.first_ns[number]),
                last_ns=int(joined.last_ns[number]),
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
    first_ns: Int64s
    last_ns: Int64s


def _summarise(log: FrameLog, rows: Int64s, ranks: Int64s, count: int) -> _Summary:
    """Of `rows`, each sent by the transmitter of its rank."""
    frames = log.frames
    return _Summary(
        _summarise_levels(ranks, frames.rssi_dbm[rows], count),
        _most_frequent_channels(ranks, frames.channel_mhz[rows], count),
        *_times_of(ranks, frames.t_ns[rows], count),
    )


def _known(
    log: FrameLog, said: Mapping[int, Elements], chosen: Int64s, roles: list[Role], summary: _Summary
) -> list[Known]:
    frames = log.frames
    probes = np.flatnonzero((frames.kind == MANAGEMENT) & (frames.subtype == PROBE_REQUEST))
    probes = probes[np.argsort(frames.t_ns[probes], kind="stable")]
    senders, numbers = frames.ta[probes].tolist(), (frames.sequence_control[probes] >> 4).tolist()
    first, last = dict(zip(reversed(senders), reversed(numbers), strict=True)), dict(zip(senders, numbers, strict=True))
    found = []
    for i, number in enumerate(chosen.tolist()):
        address, level = int(log.transmitters[number]), summary.levels[i]
        elements = said.get(address, Elements())
        found.append(
            Known(
                address=address,
                is_ap=roles[number] == "ap",
                channel_mhz=summary.channels[i] or elements.channel_mhz,
                level_dbm=None if level is None else level.median_dbm,
                first_ns=int(summary.first_ns[i]),
                last_ns=int(summary.last_ns[i]),
                first_probe=first.get(address),
                last_probe=last.get(address),
                signature=elements.signature,
                uuid=elements.uuid,
                clock_us=elements.clock_us,
            )
        )
    return found


def _common_role(roles: list[Role]) -> Role:
    """An access point when any address is one."""
    order: tuple[Role, ...] = ("ap", "sta", "unknown")
    return min(roles, key=order.index)


def list_flows(log: FrameLog, *, min_frames: int = MIN_FLOW_FRAMES) -> tuple[Flow, ...]:
    """The unicast data flows of a log that have at least `min_frames` frames, by sender and peer."""
    frames = log.frames
    is_unicast = (frames.ra & np.uint64(GROUP_BIT)) == 0
    rows = np.flatnonzero(frames.is_data_with_body() & ~log.is_repeat & is_unicast)
    if not len(rows):
        return ()
    addresses, place = number_distinct(np.concatenate([frames.ta[rows], frames.ra[rows]]))
    keys, stream = number_distinct(place[: len(rows)] * len(addresses) + place[len(rows) :])
    rows = rows[order_streams(stream, frames.t_ns[rows])]
    edges = np.cumsum(np.bincount(stream, minlength=len(keys)))[:-1]
    seconds = _SecondsHeard(log)
    rows_of = dict(zip(keys.tolist(), np.split(rows, edges), strict=True))
    flows = []
    for number, forward in rows_of.items():
        if len(forward) < min_frames:
            continue
        i, j = divmod(number, len(addresses))
        backward = rows_of.get(j * len(addresses) + i, np.zeros(0, dtype=np.int64))
        octets = frames.frame_len[forward]
        is_own = frames.sa[forward] == frames.ta[forward]
        tells = frames.sa[forward] != NO_ADDRESS
        flows.append(
            Flow(
                sender=int(addresses[i]),
                peer=int(addresses[j]),
                is_from_ap=bool(np.mean((frames.flags[forward] & (TO_DS | FROM_DS)) == FROM_DS) > 0.5),
                self_sourced_share=float(octets[is_own].sum() / max(int(octets[tells].sum()), 1)),
                t_ns=frames.t_ns[forward],
                frame_len=octets,
                back_t_ns=frames.t_ns[backward],
                back_frame_len=frames.frame_len[backward],
                sequence_number=frames.sequence_control[forward] >> FRAGMENT_BITS,
                tid=frames.tid[forward],
                heard_ns=seconds.of(forward),
            )
        )
    return tuple(flows)


def is_uplink(flow: Flow) -> bool:
    """True when the sender is the source: not for acknowledgements, nor for what an access point forwards."""
    is_source = not flow.is_from_ap or flow.self_sourced_share > 0.5
    return is_source and int(flow.frame_len.sum()) > int(flow.back_frame_len.sum())


class _SecondsHeard:
    """In which seconds each channel was heard: all of them where the capture names no channel."""

    def __init__(self, log: FrameLog) -> None:
        self._log = log
        self._by_channel: dict[int, Int64s] = {}

    def of(self, rows: Int64s) -> Int64s:
        """For the channel that most of these frames were heard on."""
        channels, counts = np.unique(self._log.frames.channel_mhz[rows], return_counts=True)
        mhz = int(channels[np.argmax(counts)])
        if mhz not in self._by_channel:
            self._by_channel[mhz] = self._seconds(mhz)
        return self._by_channel[mhz]

    def _seconds(self, mhz: int) -> Int64s:
        begin_ns = self._log.start_ns
        if mhz == 0 and self._log.listened_s <= LONGEST_HEARD_S:
            return begin_ns + np.arange(int(self._log.listened_s) + 1, dtype=np.int64) * NS
        frames = self._log.frames
        t_ns = frames.t_ns if mhz == 0 else frames.t_ns[frames.channel_mhz == mhz]
        return begin_ns + np.unique((t_ns - begin_ns) // NS) * NS


def _number(known: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> tuple[Int64s, Bools]:
    """Index of each wanted address in the ascending `known`, and whether it is there."""
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return place, known[place] == wanted


def _roles(log: FrameLog) -> list[Role]:
    """Role of each transmitter; what it sent itself weighs more than what others say of it."""
    frames, index = log.frames, log.transmitter_index
    count = len(log.transmitters)

    def senders(rows: Bools) -> Bools:
        found: Bools = np.zeros(count, dtype=bool)
        found[index[rows & (index >= 0)]] = True
        return found

    def named(addresses: NDArray[np.uint64]) -> Bools:
        place, is_known = _number(log.transmitters, addresses)
        found: Bools = np.zeros(count, dtype=bool)
        found[place[is_known]] = True
        return found

    is_management, is_data = frames.kind == MANAGEMENT, frames.kind == 2
    ds = frames.flags & (TO_DS | FROM_DS)
    to_ap, from_ap = is_data & (ds == TO_DS), is_data & (ds == FROM_DS)
    beacon = is_management & ((frames.subtype == BEACON) | (frames.subtype == PROBE_RESPONSE))
    announces = senders((beacon & (frames.bssid == frames.ta)) | (frames.kind == EXTENSION))
    serves = senders(from_ap) | named(frames.ra[to_ap])
    # Authentication, association requests and probe requests of stations; PS-Poll is only sent by stations.
    asks = senders(is_management & np.isin(frames.subtype, [0, 2, PROBE_REQUEST]))
    polls = senders((frames.kind == CONTROL) & (frames.subtype == 10))
    unicast = (frames.ra & np.uint64(GROUP_BIT)) == 0
    is_client = senders(to_ap) | asks | polls | named(frames.ra[from_ap & unicast])
    # Unicast management frames name the BSSID: the one who is not it is the station.
    exchange = is_management & unicast & (frames.bssid != NO_ADDRESS) & (frames.bssid != BROADCAST)
    is_bssid = named(frames.bssid[exchange])
    is_client |= senders(exchange & (frames.ta != frames.bssid))
    found: list[Role] = []
    for number in range(count):
        if announces[number] or ((serves[number] or is_bssid[number]) and not is_client[number]):
            found.append("ap")
        elif is_client[number] and not serves[number]:
            found.append("sta")
        else:
            found.append("unknown")
    return found


def _summarise_levels(ranks: Int64s, levels: NDArray[np.int16], count: int) -> list[LevelSummary | None]:
    """Per transmitter; None where no frame carries one; 0 dBm and more is what drivers write when they know none."""
    is_given = (levels >= _LOWEST_DBM) & (levels < 0)
    place = ranks[is_given] * -_LOWEST_DBM + (levels[is_given].astype(np.int64) - _LOWEST_DBM)
    frames_at = np.bincount(place, minlength=count * -_LOWEST_DBM).reshape(count, -_LOWEST_DBM)
    frames_up_to = np.cumsum(frames_at, axis=1)
    total = frames_up_to[:, -1:]
    lower = (frames_up_to >= (total + 1) // 2).argmax(axis=1)
    upper = (frames_up_to >= total // 2 + 1).argmax(axis=1)
    median = (lower + upper) / 2 + _LOWEST_DBM
    highest = (frames_up_to == total).argmax(axis=1) + _LOWEST_DBM
    return [
        LevelSummary(float(median[i]), float(highest[i])) if given else None for i, given in enumerate(total[:, 0] > 0)
    ]


def _most_frequent_channels(ranks: Int64s, channels: NDArray[np.int32], count: int) -> list[int | None]:
    """Per transmitter; the lowest of equally frequent ones, None where no frame says."""
    is_given = channels > 0
    pairs, place = number_distinct(ranks[is_given] << 32 | channels[is_given])
    found: list[int | None] = [None] * count
    frames_at = np.bincount(place, minlength=len(pairs))
    for pair in pairs[np.lexsort((-pairs, frames_at))].tolist():  # the last one of a transmitter stands
        found[pair >> 32] = pair & 0xFFFFFFFF
    return found


def _times_of(ranks: Int64s, t_ns: Int64s, count: int) -> tuple[Int64s, Int64s]:
    """Earliest and latest time per transmitter; each has a frame at least."""
    if not is_ascending(t_ns):
        order = np.argsort(t_ns)
        ranks, t_ns = ranks[order], t_ns[order]
    first, last = np.zeros((2, count), dtype=np.int64)
    last[ranks] = t_ns  # of several values for one place the last one stands
    first[ranks[::-1]] = t_ns[::-1]
    return first, last
