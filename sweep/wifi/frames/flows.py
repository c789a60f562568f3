"""Ethernet captures read as if their packets had been 802.11 frames: length, time and direction are the same.

Input is blocks of link type 1, twice; output is `Dot11Frames` with the lengths the packets would have had in the air.
The router of the captured network is taken for the access point: it is the one sender in whose name several IP
addresses speak.  Only Ethernet and IP source addresses are looked at, and IP addresses only to be counted.  Levels and
repeats do not exist here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import PacketBlock

from .dot11 import DATA, FROM_DS, GROUP_BIT, NO_ADDRESS, NO_SEQUENCE, TO_DS, UNREAD, Dot11Frames
from .radio_headers import NO_LEVEL, Bools

AIR_OVERHEAD: Final = 36
"""Octets an 802.11 QoS data frame has more than an Ethernet packet: derived, 26 header + 16 CCMP + 8 LLC/SNAP - 14."""
ROUTER_SOURCES: Final = 3
"""IP source addresses behind one Ethernet address that make it a router: guessed; a host has one or two."""
MAX_SOURCES: Final = 100_000
"""Pairs of Ethernet and IP source remembered: bounds the memory on hostile input."""


class RouterFinder:
    """Takes blocks one after the other and remembers what tells the router from the hosts."""

    def __init__(self) -> None:
        self._sources: set[tuple[int, int]] = set()

    def note(self, block: PacketBlock) -> None:
        """Remember which IP sources speak in whose name."""
        usable = block.captured >= 14
        _, sender, octets = _read_heads(block, usable)
        is_ip = (octets[:, 12] == 0x08) & (octets[:, 13] == 0x00) & (block.captured[usable] >= 30)
        start = block.start[usable][is_ip]
        if not len(start) or len(self._sources) >= MAX_SOURCES:
            return
        address = block.data[start[:, None] + np.arange(26, 30)].astype(np.uint64)
        number = address @ (np.uint64(1) << np.arange(24, -1, -8, dtype=np.uint64))
        pairs = np.unique(np.stack([sender[is_ip], number]), axis=1)
        self._sources.update(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))

    def find(self) -> int | None:
        """The Ethernet address in whose name most IP addresses spoke, if that makes it a router."""
        counts = Counter(sender for sender, _ in self._sources)
        ranked = counts.most_common(1)
        return ranked[0][0] if ranked and ranked[0][1] >= ROUTER_SOURCES else None


def parse_ethernet(block: PacketBlock, router: int | None) -> tuple[Dot11Frames, Counter[str]]:
    """The frames of one block, with To DS and From DS set as if the router were the access point.

    `short_header` counts packets without a whole Ethernet header.
    """
    usable = block.captured >= 14
    start, original = block.start[usable], block.original[usable]
    receiver, sender, _ = _read_heads(block, usable)
    count = len(start)
    none = np.full(count, NO_ADDRESS, dtype=np.uint64)
    frames = Dot11Frames(
        t_ns=block.t_ns[usable],
        kind=np.full(count, DATA, dtype=np.uint8),
        subtype=np.zeros(count, dtype=np.uint8),
        flags=np.zeros(count, dtype=np.uint8),
        frame_len=np.clip(original + AIR_OVERHEAD, 0, 2**31 - 1).astype(np.int32),
        rssi_dbm=np.full(count, NO_LEVEL, dtype=np.int16),
        channel_mhz=np.zeros(count, dtype=np.int32),
        ra=receiver,
        ta=sender,
        sa=sender,
        da=receiver,
        bssid=none,
        sequence_control=np.full(count, NO_SEQUENCE, dtype=np.int32),
        tid=np.full(count, -1, dtype=np.int8),
        start=start,
        captured=np.full(count, 0, dtype=np.int32),
        packet_number=np.full(count, UNREAD, dtype=np.int32),
    )
    is_odd = (sender & np.uint64(GROUP_BIT)) != 0
    rejected = Counter({"short_header": int((~usable).sum()), "group_transmitter": int(is_odd.sum())})
    return _mark_direction(frames.keep(~is_odd), router), rejected


def _mark_direction(frames: Dot11Frames, router: int | None) -> Dot11Frames:
    if router is None:
        return frames
    number = np.uint64(router)
    flags = np.where(frames.ta == number, FROM_DS, np.where(frames.ra == number, TO_DS, 0)).astype(np.uint8)
    # What the router sends comes from beyond it.
    sa = np.where(frames.ta == number, np.uint64(NO_ADDRESS), frames.sa)
    bssid = np.where(flags != 0, number, frames.bssid)
    return replace(frames, flags=flags, sa=sa, bssid=bssid)


def _read_heads(block: PacketBlock, usable: Bools) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Receiver, sender and the octets of the Ethernet header, shape (packets, 14)."""
    start = block.start[usable]
    octets = block.data[start[:, None] + np.arange(14)].astype(np.uint64)
    weights = np.uint64(1) << np.arange(40, -1, -8, dtype=np.uint64)
    return octets[:, 0:6] @ weights, octets[:, 6:12] @ weights, octets
