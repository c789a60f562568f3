"""Packet capture files, opened and written: pcap (both byte orders, micro- and nanoseconds) and pcapng.

Input is a path; output is `PacketBlock` records in file order, in bounded memory.  A file cut off in the middle of a
packet gives everything before the cut, and the cut is counted.  It refuses to guess: a file of neither format raises
`CaptureFileError` with one line that says what to do.  Live sockets are not its job.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from . import pcapng
from .packets import (
    MAX_PACKET_OCTETS,
    CaptureFileError,
    Chunks,
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
    b"\x1f\x8b": "it is compressed with gzip; unpack it first",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd; unpack it first",
    b"PK\x03\x04": "it is a ZIP archive; unpack it first",
    b"btsnoop\x00": "it is a btsnoop file, a Bluetooth capture",
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
                raise CaptureFileError(f"{shown(path)}: cut off inside the pcap header; record it again")
            yield CaptureReader("pcap", tally, _pcap_blocks(stream, head, tally, chunk_octets))
        elif head[:4] == pcapng.MAGIC:
            order = ">" if head[8:12] == b"\x1a\x2b\x3c\x4d" else "<"
            if not pcapng.is_section_header(order, head, 0):
                raise CaptureFileError(f"{shown(path)}: cut off or damaged in the pcapng header; record it again")
            stream.seek(0)
            yield CaptureReader("pcapng", tally, pcapng.read_blocks(stream, tally, chunk_octets))
        else:
            raise CaptureFileError(f"{shown(path)}: not a pcap or pcapng capture ({_foreign(head)})")


def _foreign(head: bytes) -> str:
    if not head:
        return "it is empty"
    for magic, reason in _FOREIGN_MAGICS.items():
        if head.startswith(magic):
            return reason
    return "unknown first octets; export the capture as pcap or pcapng"


def _pcap_blocks(stream: BinaryIO, head: bytes, tally: ReadTally, chunk_octets: int) -> Iterator[PacketBlock]:
    # Record: seconds, fraction, captured, original (u32 each), then `captured` octets.
    order, fraction_ns = _PCAP_MAGICS[head[:4]]
    link_type = struct.unpack(order + "HHiIII", head[4:])[5] & 0xFFFF  # the upper bits may state an FCS length
    unpack_length = struct.Struct(order + "I").unpack_from
    chunks = Chunks(stream, chunk_octets)
    is_damaged = False
    while not is_damaged and chunks.advance():
        buffer = chunks.buffer
        end = len(buffer)
        position = 0
        places: list[int] = []
        while position + 16 <= end:  # only the way from record to record has to be walked one by one
            captured = unpack_length(buffer, position + 8)[0]
            if captured > MAX_PACKET_OCTETS:
                tally.rejected["impossible_packet_length"] += 1
                is_damaged = True
                break
            following = position + 16 + captured
            if following > end:
                break
            places.append(position)
            position = following
        chunks.used = position
        if places:
            tally.packets += len(places)
            yield _block_of_records(link_type, buffer, places, order, fraction_ns)
    tally.cut_tail_octets = chunks.left_octets()


def _block_of_records(link_type: int, buffer: bytes, places: list[int], order: str, fraction_ns: int) -> PacketBlock:
    record = np.array(places, dtype=np.int64)
    # Element i is the 32-bit number at octet i.
    words = np.ndarray(shape=(len(buffer) - 3,), dtype=f"{order}u4", buffer=buffer, strides=(1,))
    seconds, fraction, captured, original = (words[record + offset].astype(np.int64) for offset in (0, 4, 8, 12))
    data = np.frombuffer(buffer, dtype=np.uint8)
    t_ns = seconds * 1_000_000_000 + fraction * fraction_ns
    return PacketBlock(link_type, data, record + 16, captured, original, t_ns)


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
