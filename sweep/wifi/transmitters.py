"""Who sent: one record per physical transmitter, and the data flows between them.

Input is a `FrameLog`; output is `Transmitter` records (role, vendor, level, amounts) and `Flow` records (times and
lengths of data frames of one transmitter towards one peer, with the opposite direction beside it).  Addresses are put
together only when that is certain; an address alone is a transmitter of its own.  It draws no conclusion about video.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from sweep.addresses import is_locally_administered
from sweep.packets import Int64s

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
from .framelog import FrameLog
from .radio_headers import NO_LEVEL, Bools
from .vendors import find_vendor

Role = Literal["ap", "sta", "unknown"]

MAX_TRANSMITTERS: Final = 20_000
"""Transmitters described: guessed; a busy station hall has hundreds, a flood of made-up addresses any number."""
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


def list_transmitters(log: FrameLog) -> tuple[Transmitter, ...]:
    """Describe every transmitter of a log, the one with most frames first."""
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
    order = np.argsort(numbers, kind="stable")
    rows_by_transmitter = np.flatnonzero(has_ta)[order]
    edges = np.concatenate([[0], np.cumsum(totals)])
    found = []
    for number in chosen:
        rows = rows_by_transmitter[edges[number] : edges[number + 1]]
        address = int(log.transmitters[number])
        times = frames.t_ns[rows]
        found.append(
            Transmitter(
                addresses=(address,),
                role=roles[number],
                vendor=find_vendor(address),
                is_randomised=is_locally_administered(address),
                channel_mhz=_most_frequent_channel(frames.channel_mhz[rows]),
                level=_summarise_levels(frames.rssi_dbm[rows]),
                frames=int(totals[number]),
                retries=int(retries[number]),
                bytes_up=int(up[number]),
                bytes_down=int(down[number]),
                first_ns=int(times.min()),
                last_ns=int(times.max()),
                names=tuple(sorted(log.names.get(address, ()))),
            )
        )
    return tuple(found)


def list_flows(log: FrameLog, *, min_frames: int = MIN_FLOW_FRAMES) -> tuple[Flow, ...]:
    """The unicast data flows of a log that have at least `min_frames` frames, by sender and peer."""
    frames = log.frames
    is_unicast = (frames.ra & np.uint64(GROUP_BIT)) == 0
    rows = np.flatnonzero(frames.is_data_with_body() & ~log.is_repeat & is_unicast)
    if not len(rows):
        return ()
    rows = rows[np.argsort(frames.t_ns[rows], kind="stable")]
    addresses = np.unique(np.concatenate([frames.ta[rows], frames.ra[rows]]))
    sender = np.searchsorted(addresses, frames.ta[rows])
    receiver = np.searchsorted(addresses, frames.ra[rows])
    key = sender * len(addresses) + receiver
    order = np.argsort(key, kind="stable")
    keys, starts, counts = np.unique(key[order], return_index=True, return_counts=True)
    rows_of = {int(k): rows[order[s : s + c]] for k, s, c in zip(keys, starts, counts, strict=True)}
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
            )
        )
    return tuple(flows)


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
        found: Bools = np.isin(log.transmitters, np.unique(addresses))
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


def _summarise_levels(levels: NDArray[np.int16]) -> LevelSummary | None:
    """None when no frame carries a level; 0 dBm and more is what drivers write when they know none."""
    given = levels[(levels != NO_LEVEL) & (levels < 0)]
    if not len(given):
        return None
    return LevelSummary(median_dbm=float(np.median(given)), max_dbm=float(given.max()))


def _most_frequent_channel(channels: NDArray[np.int32]) -> int | None:
    given = channels[channels > 0]
    if not len(given):
        return None
    values, counts = np.unique(given, return_counts=True)
    return int(values[np.argmax(counts)])
