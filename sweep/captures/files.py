"""Packet capture files: pcap (both byte orders, micro- and nanoseconds) and pcapng.

Input is a path; output is `PacketBlock` records in file order, in bounded memory.  A file cut off in the middle of a
packet gives everything before the cut, and the cut is counted.  It refuses to guess: a file of neither format raises
`CaptureFileError` with one line that says what to do.  Live sockets are not its job.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sweep.phrases import Phrase

from . import pcapng
from .kernel import KERNEL
from .packets import (
    MAX_PACKET_OCTETS,
    NEVER_WRITTEN,
    CaptureFileError,
    Chunks,
    Int64s,
    PacketBlock,
    ReadTally,
    open_regular_file,
    shown,
)

CHUNK_OCTETS: Final = 4 * 1024 * 1024
"""Read this much at a time: guessed, holds 15,000 frames or more and stays small beside a Pi's memory."""

_PCAP_MAGICS: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
_FOREIGN_MAGICS: Final = {
    b"\x1f\x8b": Phrase("capture_gzip"),
    b"\x28\xb5\x2f\xfd": Phrase("capture_zstd"),
    b"PK\x03\x04": Phrase("capture_zip"),
    b"btsnoop\x00": Phrase("btsnoop_capture"),
}


@dataclass(frozen=True, slots=True)
class CaptureReader:
    """An open capture file: iterate `blocks` once, then read `tally`."""

    file_format: str
    """`pcap` or `pcapng`."""
    tally: ReadTally
    blocks: Iterator[PacketBlock]


@contextmanager
def open_capture(path: Path, *, chunk_octets: int = CHUNK_OCTETS) -> Iterator[CaptureReader]:
    """Open a pcap or pcapng file for one pass.

    Raises CaptureFileError when the path is no regular readable file, or neither format.
    """
    with open_regular_file(path) as stream:
        head = stream.read(24)
        tally = ReadTally()
        if head[:4] in _PCAP_MAGICS:
            if len(head) < 24:
                raise CaptureFileError(Phrase("pcap_header_cut_off", file=shown(path)))
            yield CaptureReader("pcap", tally, _pcap_blocks(stream, head, tally, chunk_octets))
        elif head[:4] == pcapng.MAGIC:
            order = ">" if head[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
            if not pcapng.is_section_header(order, head, 0):
                raise CaptureFileError(Phrase("pcapng_header_damaged", file=shown(path)))
            stream.seek(0)
            yield CaptureReader("pcapng", tally, pcapng.read_blocks(stream, tally, chunk_octets))
        else:
            raise CaptureFileError(Phrase("not_a_pcap_capture", file=shown(path), what=_foreign(head)))


def _foreign(head: bytes) -> Phrase:
    if not head:
        return Phrase("capture_empty")
    if not any(head):
        return Phrase("capture_begins_with_zeros")
    for magic, reason in _FOREIGN_MAGICS.items():
        if head.startswith(magic):
            return reason
    return Phrase("unknown_first_octets")


def _pcap_blocks(stream: BinaryIO, head: bytes, tally: ReadTally, chunk_octets: int) -> Iterator[PacketBlock]:
    # Record: seconds, fraction, captured, original (u32 each), then `captured` octets.
    order, fraction_ns = _PCAP_MAGICS[head[:4]]
    link_type = struct.unpack(order + "HHiIII", head[4:])[5] & 0xFFFF  # the upper bits may state an FCS length
    chunks = Chunks(stream, chunk_octets)
    walk = walk_records if KERNEL is None else KERNEL.walk_pcap
    fault = ""
    while not fault and chunks.advance():
        (start, captured, original, t_ns), chunks.used, fault = walk(chunks.buffer, order, fraction_ns)
        if fault:
            tally.rejected[fault] += 1
        if len(start):
            tally.packets += len(start)
            data = np.frombuffer(chunks.buffer, dtype=np.uint8)
            yield PacketBlock(link_type, data, start, captured, original, t_ns)
    tally.cut_tail_octets = chunks.left_octets()


def walk_records(buffer: memoryview, order: str, fraction_ns: int) -> tuple[list[Int64s], int, str]:
    """Start, captured and original octets and time of the whole records at the beginning of `buffer`; how many octets
    they take; and what is wrong with the one behind them, if anything.
    """
    record = np.array(_walk_lengths(buffer, struct.Struct(order + "I").unpack_from), dtype=np.int64)
    # Element i is the 32-bit number at octet i.
    words = np.ndarray(shape=(max(len(buffer) - 3, 0),), dtype=f"{order}u4", buffer=buffer, strides=(1,))
    captured = words[record + 8].astype(np.int64)
    is_bad = captured > MAX_PACKET_OCTETS
    # No packet of no octets at no time: from there on the file has room and was never written.
    empty = np.flatnonzero(captured == 0)
    is_bad[empty] = ~np.any([words[record[empty] + octet] for octet in (0, 4, 12)], axis=0)
    fault = ""
    if is_bad.any():
        first = int(np.argmax(is_bad))
        fault = "impossible_packet_length" if captured[first] else NEVER_WRITTEN
        record = record[:first]
    count = int(np.searchsorted(record + 16 + captured[: len(record)], len(buffer), side="right"))
    record, captured = record[:count], captured[:count]
    used = int(record[-1] + 16 + captured[-1]) if count else 0
    seconds, fraction, original = (words[record + offset].astype(np.int64) for offset in (0, 4, 12))
    return [record + 16, captured, original, seconds * 1_000_000_000 + fraction * fraction_ns], used, fault


def _walk_lengths(buffer: memoryview, unpack_length: Callable[[memoryview, int], tuple[int, ...]]) -> list[int]:
    """Where records begin, until one ends outside the buffer or its 16 octets of header do.

    Only this way from length to length has to be walked one by one, so nothing else is done on it.
    """
    places: list[int] = []
    note = places.append
    position, last = 0, len(buffer) - 16
    while position <= last:
        note(position)
        position += unpack_length(buffer, position + 8)[0] + 16
    return places
