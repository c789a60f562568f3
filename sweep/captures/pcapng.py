"""pcapng files as packet blocks: sections of either byte order, several interfaces, any time resolution.

Input is an open file; output is `PacketBlock` records in file order, each of one link type.  Damaged blocks are counted
by a named reason; where the chain of block lengths breaks, reading stops and the rest is counted as a cut tail.
Comments, names, statistics and decryption secrets are skipped unread.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from .kernel import KERNEL
from .packets import MAX_PACKET_OCTETS, NEVER_WRITTEN, Chunks, Int64s, PacketBlock, ReadTally, Row

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
MAX_BLOCK_OCTETS: Final = 16 * 1024 * 1024
"""A longer block is corruption: libpcap's own limit (MAX_BLOCKSIZE)."""
MAX_INTERFACES: Final = 4096
"""Interface descriptions kept per section: guessed, real files have fewer than ten."""
_MAX_INT64: Final = 2**63 - 1
_BIG_ENDIAN: Final = b"\x1a\x2b\x3c\x4d"
_LITTLE_ENDIAN: Final = b"\x4d\x3c\x2b\x1a"
Buffer = bytes | memoryview
_SECTION, _INTERFACE, _OBSOLETE_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_Packets = tuple[Int64s, Int64s]
"""Link type per packet; start in the buffer, captured and original octets and time in ns, shape (packets, 4)."""


@dataclass(frozen=True, slots=True)
class _Interface:
    link_type: int
    snap_length: int
    ticks_per_s: int
    offset_s: int

    def to_ns(self, ticks: int) -> int:
        t_ns = ticks * 1_000_000_000 // self.ticks_per_s + self.offset_s * 1_000_000_000
        return min(max(t_ns, -_MAX_INT64), _MAX_INT64)

    def all_to_ns(self, ticks: NDArray[np.uint64]) -> Int64s:
        """The same for many, at once where neither the division nor 64 bits stand in the way."""
        factor, rest = divmod(1_000_000_000, self.ticks_per_s)
        largest = int(ticks.max()) * factor + abs(self.offset_s) * 1_000_000_000
        if rest == 0 and largest <= _MAX_INT64:
            return ticks.astype(np.int64) * factor + self.offset_s * 1_000_000_000
        return np.array([self.to_ns(one) for one in ticks.tolist()], dtype=np.int64)


class Section:
    """State between two section headers: byte order and the interfaces described so far."""

    __slots__ = ("_interfaces", "_unpack_head", "order")

    def __init__(self, order: str) -> None:
        self.order = order
        self._interfaces: list[_Interface] = []
        self._unpack_head = struct.Struct(order + "II").unpack_from

    def read_block(self, block_type: int, buffer: Buffer, body: int, end: int) -> tuple[int, Row] | str | None:
        """A packet (link type, row), the reason why a block is rejected, or None for a block without a packet."""
        if block_type == _INTERFACE:
            return self._add_interface(buffer, body, end)
        if block_type == _SIMPLE_PACKET:
            return self._simple_packet(buffer, body, end)
        if block_type == _OBSOLETE_PACKET:
            return self._obsolete_packet(buffer, body, end)
        return None

    def walk_packets(self, buffer: memoryview, position: int) -> tuple[Int64s, int]:
        """Places of the whole enhanced packet blocks that follow each other from `position`, and what comes after."""
        if KERNEL is not None:
            return KERNEL.walk_pcapng(buffer, self.order, MAX_BLOCK_OCTETS, position)
        return self.walk_plainly(buffer, position)

    def walk_plainly(self, buffer: memoryview, position: int) -> tuple[Int64s, int]:
        """The same without the compiled kernel."""
        places: list[int] = []
        note, unpack = places.append, self._unpack_head
        last = len(buffer) - 12
        while position <= last:
            block_type, length = unpack(buffer, position)
            if block_type != _ENHANCED_PACKET or length < 12 or length % 4 or length > MAX_BLOCK_OCTETS:
                break
            note(position)
            position += length
        if position > len(buffer):
            position = places.pop()
        return np.array(places, dtype=np.int64), position

    def read_packets(self, buffer: Buffer, block: Int64s, rejected: Counter[str]) -> _Packets:
        """The packets of enhanced packet blocks that lie whole at `places`."""
        words = np.ndarray(shape=(len(buffer) - 3,), dtype=f"{self.order}u4", buffer=buffer, strides=(1,))
        length = words[block + 4].astype(np.int64)
        is_short = length < 32
        rejected["short_packet_block"] += int(is_short.sum())
        block, length = block[~is_short], length[~is_short]
        number, captured = words[block + 8], words[block + 20].astype(np.int64)
        is_unknown = number >= len(self._interfaces)
        is_impossible = ~is_unknown & ((captured > length - 32) | (captured > MAX_PACKET_OCTETS))
        rejected["unknown_interface"] += int(is_unknown.sum())
        rejected["impossible_packet_length"] += int(is_impossible.sum())
        is_good = ~(is_unknown | is_impossible)
        block, number, captured = block[is_good], number[is_good], captured[is_good]
        ticks = words[block + 12].astype(np.uint64) << np.uint64(32) | words[block + 16]
        t_ns, link_type = np.zeros(len(block), dtype=np.int64), np.zeros(len(block), dtype=np.int64)
        for one in np.unique(number):
            interface, is_its = self._interfaces[one], number == one
            t_ns[is_its], link_type[is_its] = interface.all_to_ns(ticks[is_its]), interface.link_type
        return link_type, np.stack([block + 28, captured, words[block + 24].astype(np.int64), t_ns], axis=1)

    def _obsolete_packet(self, buffer: Buffer, body: int, end: int) -> tuple[int, Row] | str:
        if end - body < 20:
            return "short_packet_block"
        number, _, high, low, captured, original = struct.unpack_from(self.order + "HHIIII", buffer, body)
        return self._packet(number, (high << 32 | low), body + 20, captured, original, end)

    def _packet(
        self, number: int, ticks: int, start: int, captured: int, original: int, end: int
    ) -> tuple[int, Row] | str:
        if number >= len(self._interfaces):
            return "unknown_interface"
        if start + captured > end or captured > MAX_PACKET_OCTETS:
            return "impossible_packet_length"
        interface = self._interfaces[number]
        return interface.link_type, (start, captured, original, interface.to_ns(ticks))

    def _simple_packet(self, buffer: Buffer, body: int, end: int) -> tuple[int, Row] | str:
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

    def _add_interface(self, buffer: Buffer, body: int, end: int) -> str | None:
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
    section = Section("<")
    wanted = 0
    damage: str | None = None
    while damage is None and chunks.advance(wanted=wanted):
        buffer = chunks.buffer
        position, wanted = 0, 0
        found: list[_Packets] = []
        while position + 12 <= len(buffer):
            places, position = section.walk_packets(buffer, position)
            if len(places):
                found.append(section.read_packets(buffer, places, tally.rejected))
                continue
            # Block: type, total length (u32 each), body, total length again; padded to 4 octets.
            head = bytes(buffer[position : position + 12])
            if head.startswith(MAGIC):
                section = Section(">" if head.endswith(_BIG_ENDIAN) else "<")
            block_type, length = struct.unpack_from(section.order + "II", head)
            if length < 12 or length % 4 or length > MAX_BLOCK_OCTETS:
                damage = "impossible_block_length" if any(head) else NEVER_WRITTEN
                break
            if position + length > len(buffer):
                wanted = length
                break
            if block_type == _SECTION and not is_section_header(section.order, buffer, position):
                damage = "bad_section_header"
                break
            one = section.read_block(block_type, buffer, position + 8, position + length - 4)
            position += length
            if isinstance(one, str):
                tally.rejected[one] += 1
            elif one is not None:
                found.append((np.array([one[0]]), np.array([one[1]], dtype=np.int64)))
        chunks.used = position
        yield from _blocks_by_link_type(buffer, found, tally)
    if damage:
        tally.rejected[damage] += 1
    tally.rejected += Counter()  # drops the reasons that never occurred
    tally.cut_tail_octets = chunks.left_octets()


def _blocks_by_link_type(buffer: Buffer, found: list[_Packets], tally: ReadTally) -> Iterator[PacketBlock]:
    """Packets in file order, a new block wherever the link type changes."""
    if not found:
        return
    link_type = np.concatenate([part[0] for part in found])
    table = np.concatenate([part[1] for part in found])
    tally.packets += len(table)
    data = np.frombuffer(buffer, dtype=np.uint8)
    for rows in np.split(np.arange(len(table)), np.flatnonzero(np.diff(link_type)) + 1):
        if len(rows):
            start, captured, original, t_ns = np.ascontiguousarray(table[rows].T)
            yield PacketBlock(int(link_type[rows[0]]), data, start, captured, original, t_ns)


def is_section_header(order: str, buffer: Buffer, position: int) -> bool:
    """True when a version 1 section header of the given byte order starts at `position`."""
    if len(buffer) < position + 16 or bytes(buffer[position + 8 : position + 12]) not in {_BIG_ENDIAN, _LITTLE_ENDIAN}:
        return False
    return bool(struct.unpack_from(order + "H", buffer, position + 12)[0] == 1)
