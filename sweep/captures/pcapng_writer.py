"""Packet blocks written as pcapng: one section, an interface for each link type, nanosecond time stamps.

Input is blocks as they come; output is appended to an open file, which any reader of pcapng opens, also when it ends in
the middle.  Captured octets are written as they are: what may not be kept is cut before it comes here.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Final

from .packets import PacketBlock
from .pcapng import MAGIC

_INTERFACE, _ENHANCED_PACKET = 1, 6
_TIME_RESOLUTION: Final = struct.pack("<HHBxxxI", 9, 1, 9, 0)  # option if_tsresol: 10^-9 s; end of options


class PcapngWriter:
    """Appends packets to a file; its owner flushes and closes it."""

    def __init__(self, stream: BinaryIO) -> None:
        """Writes the section header."""
        self._stream = stream
        self._interfaces: dict[int, int] = {}
        stream.write(MAGIC + struct.pack("<IIHHqI", 28, 0x1A2B3C4D, 1, 0, -1, 28))

    def write(self, block: PacketBlock) -> None:
        """Append the packets of a block; a time before the clock's beginning is written as 0."""
        number = self._interface_of(block.link_type)
        parts: list[bytes] = []
        for index, original, t_ns in zip(range(len(block)), block.original.tolist(), block.t_ns.tolist(), strict=True):
            octets = block.packet(index)
            padding = -len(octets) % 4
            length = 32 + len(octets) + padding
            high, low = divmod(max(0, t_ns), 1 << 32)
            head = struct.pack("<IIIIIII", _ENHANCED_PACKET, length, number, high, low, len(octets), original)
            parts += (head, octets, bytes(padding), struct.pack("<I", length))
        self._stream.write(b"".join(parts))

    def _interface_of(self, link_type: int) -> int:
        if link_type not in self._interfaces:
            self._interfaces[link_type] = len(self._interfaces)
            length = 20 + len(_TIME_RESOLUTION)
            head = struct.pack("<IIHHI", _INTERFACE, length, link_type, 0, 0)
            self._stream.write(head + _TIME_RESOLUTION + struct.pack("<I", length))
        return self._interfaces[link_type]
