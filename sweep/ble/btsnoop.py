"""btsnoop files: what an Android phone or a Linux host logs of its own Bluetooth controller.

Input is a path; output is packets as (link type, octets, time).  Data links 1001 (HCI without type), 1002 (H4) and 2001
(Linux monitor) are read.  A cut tail is counted; a file that is not btsnoop or uses another data link raises
`CaptureFileError`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sweep.captures.packets import (
    MAX_PACKET_OCTETS,
    NEVER_WRITTEN,
    CaptureFileError,
    ReadTally,
    open_regular_file,
    shown,
)
from sweep.phrases import Phrase

MAGIC: Final = b"btsnoop\0"
EPOCH_OFFSET_US: Final = 0x00DCDDB30F2F8000
"""Microseconds from midnight of 1 January of the year 0 to 1970, as the format's own readers count them."""
HCI_EVENTS: Final = -1
"""Stands for packets that are HCI events without a type octet."""
H4: Final = 187

_UNENCAPSULATED, _H4, _MONITOR = 1001, 1002, 2001
_MONITOR_EVENT = 3


def read_packets(path: Path, tally: ReadTally) -> Iterator[tuple[int, bytes, int]]:
    """Yield (H4 or HCI_EVENTS, octets, t_ns) and fill `tally`."""
    with open_regular_file(path) as stream:
        head = stream.read(16)
        if len(head) < 16 or not head.startswith(MAGIC):
            raise CaptureFileError(Phrase("btsnoop_header_cut_off", file=shown(path)))
        data_link = struct.unpack(">I", head[12:])[0]
        if data_link not in {_UNENCAPSULATED, _H4, _MONITOR}:
            raise CaptureFileError(Phrase("btsnoop_link_type_unsupported", file=shown(path), link_type=data_link))
        while len(record := stream.read(24)) == 24:
            # Original length, included length, flags, drops (u32 each), time in us (i64), big-endian.
            _, included, flags, _, time_us = struct.unpack(">IIIIq", record)
            if included > MAX_PACKET_OCTETS or not any(record):
                tally.rejected["impossible_packet_length" if included else NEVER_WRITTEN] += 1
                here = stream.tell()
                tally.cut_tail_octets = 24 + stream.seek(0, 2) - here
                return
            packet = stream.read(included)
            if len(packet) < included:
                tally.cut_tail_octets = 24 + len(packet)
                return
            tally.packets += 1
            t_ns = (time_us - EPOCH_OFFSET_US) * 1000
            if data_link == _H4:
                yield H4, packet, t_ns
            elif (data_link == _UNENCAPSULATED and flags & 3 == 3) or (
                data_link == _MONITOR and flags & 0xFFFF == _MONITOR_EVENT
            ):
                yield HCI_EVENTS, packet, t_ns
            else:
                tally.rejected["not_an_advert"] += 1
        tally.cut_tail_octets = len(record)
