"""Writes capture files of made-up packets."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path


def write_pcap(
    path: Path, packets: Iterable[tuple[int, bytes, int]], *, link_type: int, snap_length: int = 65_535
) -> int:
    """Write packets `(t_ns, octets, original_length)` as a little-endian nanosecond pcap; returns how many.

    `octets` longer than `snap_length` are cut.  A time before 1970 or after 2106 raises ValueError.
    """
    count = 0
    record = struct.Struct("<IIII")
    with path.open("wb") as stream:
        stream.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, snap_length, link_type))
        for t_ns, octets, original in packets:
            seconds, fraction = divmod(t_ns, 1_000_000_000)
            if not 0 <= seconds < 2**32:
                raise ValueError(f"a packet's time of {t_ns} ns does not fit a pcap file")
            kept = octets[:snap_length]
            stream.write(record.pack(seconds, fraction, len(kept), original) + kept)
            count += 1
    return count
