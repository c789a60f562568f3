"""An exchange of frames as a receiver hears it that misses data frames but none of the control frames around them.

Input is a `Flow`, the share of data frames heard and a random generator; output is frames for `write_pcap`.  Frames
close to each other make an aggregate: RTS and CTS before it where asked for, a compressed Block Ack after it, which
names every frame, heard or not.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sweep.captures.packets import LINK_RADIOTAP
from sweep.wifi.transmitters.flow import Flow
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import AP, ROUTER, START_NS, STATION, frame, octets, radiotap

MOST_IN_AGGREGATE: Final = 16
CLOSE_NS: Final = 1_000_000
Packet = tuple[int, bytes, int]


def write_exchange(
    path: Path,
    flow: Flow,
    rng: np.random.Generator,
    *,
    heard_share: float = 1.0,
    back_heard_share: float | None = None,
    with_rts: bool = True,
    with_block_acks: bool = True,
) -> Path:
    """A station's flow to its access point and back; `back_heard_share` is that of the other direction."""
    packets: list[Packet] = []
    shares = (heard_share, heard_share if back_heard_share is None else back_heard_share)
    directions = (
        (flow.t_ns, flow.frame_len, STATION, AP, 0x41),
        (flow.back_t_ns, flow.back_frame_len, AP, STATION, 0x42),
    )
    for (t_ns, lengths, sender, receiver, flags), share in zip(directions, shares, strict=True):
        packets += _one_way(t_ns, lengths, sender, receiver, flags, share, rng, with_rts, with_block_acks)
    packets.sort(key=lambda packet: packet[0])
    write_pcap(path, packets, link_type=LINK_RADIOTAP, snap_length=128)
    return path


def _one_way(
    t_ns: NDArray[np.int64],
    lengths: NDArray[np.int32],
    sender: str,
    receiver: str,
    flags: int,
    heard_share: float,
    rng: np.random.Generator,
    with_rts: bool,
    with_block_acks: bool,
) -> list[Packet]:
    packets: list[Packet] = []
    first, number = 0, int(rng.integers(4096))
    while first < len(t_ns):
        last = first + 1
        while last < len(t_ns) and last - first < MOST_IN_AGGREGATE and t_ns[last] - t_ns[last - 1] < CLOSE_NS:
            last += 1
        begin, end = int(t_ns[first]), int(t_ns[last - 1]) + 40_000
        if with_rts:
            duration = (end - begin) // 1_000 + 200
            packets.append(_packet(begin - 120_000, _control(11, duration, receiver, sender)))
            packets.append(_packet(begin - 60_000, _control(12, max(duration - 60, 0), sender)))
        sequence = number
        for index in range(first, last):
            if rng.random() < heard_share:
                header = frame(2, 8, receiver, sender, ROUTER, flags=flags, sequence=number, tid=0)
                packets.append(_packet(int(t_ns[index]), header, int(lengths[index])))
            number = (number + 1) % 4096
        if with_block_acks:
            bitmap = ((1 << (last - first)) - 1).to_bytes(8, "little")
            body = struct.pack("<HH", 2 << 1, sequence << 4) + bitmap
            packets.append(_packet(end, _control(9, 0, sender, receiver) + body))
        first = last
    return packets


def _control(subtype: int, duration_us: int, *addresses: str) -> bytes:
    head = bytes([1 << 2 | subtype << 4, 0]) + struct.pack("<H", min(duration_us, 0x7FFF))
    return head + b"".join(octets(address) for address in addresses)


def _packet(t_ns: int, header: bytes, length: int | None = None) -> Packet:
    whole = radiotap() + header
    return START_NS + t_ns, whole, len(whole) if length is None else max(15 + length, len(whole))
