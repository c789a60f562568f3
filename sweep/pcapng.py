"""pcapng files as packet blocks: sections of either byte order, several interfaces, any time resolution.

Input is an open file; output is `PacketBlock` records in file order, each of one link type.  Damaged blocks are counted
by a named reason; where the chain of block lengths breaks, reading stops and the rest is counted as a cut tail.
Comments, names, statistics and decryption secrets are skipped unread.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from .packets import MAX_PACKET_OCTETS, Chunks, PacketBlock, ReadTally, Row, build_block

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
MAX_BLOCK_OCTETS: Final = 16 * 1024 * 1024
"""A longer block is corruption: libpcap's own limit (MAX_BLOCKSIZE)."""
MAX_INTERFACES: Final = 4096
"""Interface descriptions kept per section: guessed, real files have fewer than ten."""
_MAX_INT64: Final = 2**63 - 1
_BIG_ENDIAN: Final = b"\x1a\x2b\x3c\x4d"
_LITTLE_ENDIAN: Final = b"\x4d\x3c\x2b\x1a"
_SECTION, _INTERFACE, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    ticks_per_s: int
    offset_s: int

    def to_ns(self, ticks: int) -> int:
        t_ns = ticks * 1_000_000_000 // self.ticks_per_s + self.offset_s * 1_000_000_000
        return min(max(t_ns, -_MAX_INT64), _MAX_INT64)


class _Section:
    """State between two section headers: byte order and the interfaces described so far."""

    __slots__ = ("_enhanced", "_interfaces", "order")

    def __init__(self, order: str) -> None:
        self.order = order
        self._interfaces: list[_Interface] = []
        self._enhanced = struct.Struct(order + "IIIII").unpack_from

    def read_block(self, block_type: int, buffer: bytes, body: int, end: int) -> tuple[int, Row] | str | None:
        """A packet (link type, row), the reason why a block is rejected, or None for a block without a packet."""
        if block_type == _ENHANCED_PACKET:
            return self._enhanced_packet(buffer, body, end)
        if block_type == _INTERFACE:
            return self._add_interface(buffer, body, end)
        if block_type == _SIMPLE_PACKET:
            return self._simple_packet(buffer, body, end)
        if block_type == _OBSOLETE_PACKET:
            return self._obsolete_packet(buffer, body, end)
        return None

    def _enhanced_packet(self, buffer: bytes, body: int, end: int) -> tuple[int, Row] | str:
        if end - body < 20:
            return "short_packet_block"
        number, high, low, captured, original = self._enhanced(buffer, body)
        return self._packet(number, (high << 32 | low), body + 20, captured, original, end)

    def _obsolete_packet(self, buffer: bytes, body: int, end: int) -> tuple[int, Row] | str:
        if end - body < 20:
            return "short_packet_block"
        number, _, high, low, captured, original = struct.unpack_from(self.order + "HHIIII", buffer, body)
        return self._packet(number, (high << 32 | low), body + 20, captured, original, end)

    def _packet(  # positional: this is the hot path
        self, number: int, ticks: int, start: int, captured: int, original: int, end: int
    ) -> tuple[int, Row] | str:
        if number >= len(self._interfaces):
            return "unknown_interface"
        if start + captured > end or captured > MAX_PACKET_OCTETS:
            return "impossible_packet_length"
        interface = self._interfaces[number]
        return interface.link_type, (start, captured, original, interface.to_ns(ticks))

    def _simple_packet(self, buffer: bytes, body: int, end: int) -> tuple[int, Row] | str:
        if end - body < 4:
            return "short_packet_block"
        if not self._interfaces:
            return "unknown_interface"
        (original,) = struct.unpack_from(self.order + "I", buffer, body)
        interface = self._interfaces[0]
        captured = min(original, interface.snap_length or original, end - body - 4)
        if captured > MAX_PACKET_OCTETS:
            return "impossible_packet_length"
        return interface.link_type, (body + 4, captured, original, 0)

    def _add_interface(self, buffer: bytes, body: int, end: int) -> str | None:
        if end - body < 8 or len(self._interfaces) >= MAX_INTERFACES:
            self._interfaces.append(_Interface(-1, 0, 1_000_000, 0))  # keeps the numbering of those that follow
            return "bad_interface_description"
        link_type, _, snap_length = struct.unpack_from(self.order + "HHI", buffer, body)
        ticks_per_s, offset_s = 1_000_000, 0
        position = body + 8
        while position + 4 <= end:
            code, length = struct.unpack_from(self.order + "HH", buffer, position)
            value = position + 4
            if code == 0 or value + length > end:
                break
            if code == 9 and length == 1:
                base, exponent = (2, buffer[value] & 0x7F) if buffer[value] & 0x80 else (10, buffer[value])
                ticks_per_s = base ** min(exponent, 64)
            elif code == 14 and length == 8:
                offset_s = struct.unpack_from(self.order + "q", buffer, value)[0]
            position = value + length + (-length % 4)
        self._interfaces.append(_Interface(link_type, snap_length, ticks_per_s, offset_s))
        return None


def read_blocks(stream: BinaryIO, tally: ReadTally, chunk_octets: int) -> Iterator[PacketBlock]:
    """Yield the packets of an open pcapng file (at its start) and fill `tally`; link type -1 is a damaged interface."""
    chunks = Chunks(stream, chunk_octets)
    section = _Section("<")
    wanted = 0
    damage = ""
    while not damage and chunks.advance(wanted=wanted):
        buffer = chunks.buffer
        end = len(buffer)
        position, wanted = 0, 0
        rows: list[Row] = []
        link_type = -1
        while position + 12 <= end:
            # Block: type, total length (u32 each), body, total length again; padded to 4 octets.
            if buffer.startswith(MAGIC, position):
                section = _Section(">" if buffer.startswith(_BIG_ENDIAN, position + 8) else "<")
            block_type, length = struct.unpack_from(section.order + "II", buffer, position)
            if length < 12 or length % 4 or length > MAX_BLOCK_OCTETS:
                damage = "impossible_block_length"
                break
            if position + length > end:
                wanted = length
                break
            if block_type == _SECTION and not is_section_header(section.order, buffer, position):
                damage = "bad_section_header"
                break
            found = section.read_block(block_type, buffer, position + 8, position + length - 4)
            position += length
            if isinstance(found, str):
                tally.rejected[found] += 1
            elif found is not None:
                if found[0] != link_type and rows:
                    yield build_block(link_type, buffer, rows)
                    rows = []
                link_type = found[0]
                rows.append(found[1])
                tally.packets += 1
        chunks.used = position
        if rows:
            yield build_block(link_type, buffer, rows)
    if damage:
        tally.rejected[damage] += 1
    tally.cut_tail_octets = chunks.left_octets()


def is_section_header(order: str, buffer: bytes, position: int) -> bool:
    """True when a version 1 section header of the given byte order starts at `position`."""
    if len(buffer) < position + 16 or buffer[position + 8 : position + 12] not in {_BIG_ENDIAN, _LITTLE_ENDIAN}:
        return False
    return bool(struct.unpack_from(order + "H", buffer, position + 12)[0] == 1)
