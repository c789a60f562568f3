"""What reading a packet capture yields: blocks of packets as arrays over one buffer, a tally, and the one error.

A block holds many packets so that a parser can work on thousands at once without copying them.  Nothing here reads a
format; `files` opens pcap and `pcapng` opens pcapng.  It never looks inside a packet.
"""

from __future__ import annotations

import json
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from sweep.phrases import Phrase

MAX_PACKET_OCTETS: Final = 256 * 1024
"""A longer packet is corruption: derived, the largest snap length that libpcap writes (262,144)."""

NEVER_WRITTEN: Final = "never_written"
"""Reason: the file goes on with zeros, as when its disk filled up or the power failed."""

LINK_ETHERNET: Final = 1
LINK_IEEE80211: Final = 105
LINK_PRISM: Final = 119
LINK_RADIOTAP: Final = 127
LINK_AVS: Final = 163
LINK_PPI: Final = 192

_UNSHARED: Final = 3
"""References to what only its list, its name there and the one who counts refer to."""

Int64s = NDArray[np.int64]
Row = tuple[int, int, int, int]
"""Start in the buffer, captured octets, original octets, time in ns."""


class CaptureFileError(ValueError):
    """A file that cannot be read as the capture it should be; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class PacketBlock:
    """Some consecutive packets of one file that share a link type."""

    link_type: int
    """LINKTYPE_ value, see https://www.tcpdump.org/linktypes.html."""
    data: NDArray[np.uint8]
    """File bytes that hold the packets (and headers between them)."""
    start: Int64s
    """Index into `data` of each packet's first octet."""
    captured: Int64s
    """Octets of each packet present in the file."""
    original: Int64s
    """Octets each packet had on the air, >= captured in an honest file."""
    t_ns: Int64s
    """Time stamp of each packet, nanoseconds since 1970 by the capture's clock; 0 where the file gives none."""

    def __len__(self) -> int:
        return len(self.start)

    def packet(self, index: int) -> bytes:
        """Captured octets of one packet."""
        first = int(self.start[index])
        return self.data[first : first + int(self.captured[index])].tobytes()


@dataclass(slots=True)
class ReadTally:
    """What reading a file came to; complete when the iteration has ended."""

    packets: int = 0
    cut_tail_octets: int = 0
    """Octets after the last whole record: the file was cut off, or is damaged from there on."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Named reasons for records that were skipped."""


@contextmanager
def open_regular_file(path: Path) -> Iterator[BinaryIO]:
    """Open a regular file for reading; CaptureFileError for anything else (missing, folder, pipe, no permission)."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise CaptureFileError(Phrase("capture_not_a_regular_file", file=shown(path)))
        stream = path.open("rb")
    except (OSError, ValueError) as error:
        if isinstance(error, CaptureFileError):
            raise
        why = error if isinstance(error, OSError) else Phrase("unusable_file_name")
        raise CaptureFileError(Phrase("capture_unreadable", file=shown(path), why=why)) from None
    with stream:
        yield stream


def read_document(
    path: Path, max_octets: int, advice: Phrase, refusal: Callable[[Phrase], CaptureFileError] = CaptureFileError
) -> Any:
    """What a JSON file of at most `max_octets` holds; raises `refusal` with `advice` what to give instead."""
    with open_regular_file(path) as stream:
        octets = stream.read(max_octets + 1)
    if len(octets) > max_octets:
        raise refusal(Phrase("capture_too_large", file=shown(path), mib=max_octets // 2**20, advice=advice))
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        raise refusal(Phrase("file_invalid_json_advice", file=shown(path), advice=advice)) from None


def shown(path: Path) -> str:
    """A file's name made safe for a terminal: control and formatting characters appear as escapes."""
    return repr(path.name or str(path))


class Chunks:
    """Bytes of a stream as a window that slides: `buffer[used:]` is what the next advance keeps."""

    __slots__ = ("_chunk_octets", "_memory", "_stream", "buffer", "used")

    def __init__(self, stream: BinaryIO, chunk_octets: int) -> None:
        self._stream = stream
        self._chunk_octets = chunk_octets
        self.buffer = memoryview(b"")
        """Not written again while anybody, a block above all, points into it."""
        self.used = 0
        self._memory: list[NDArray[np.uint8]] = []

    def advance(self, *, wanted: int = 0) -> bool:
        """Drop what was used and read on, at least to hold `wanted` octets; False when nothing more came."""
        rest = self.buffer[self.used :]
        # Read behind the rest rather than join the two: what is copied twice here is the whole file.
        fresh = memoryview(self._take(len(rest) + max(self._chunk_octets, wanted - len(rest))))
        fresh[: len(rest)] = rest
        more = self._stream.readinto(fresh[len(rest) :])  # type: ignore[attr-defined]  # BinaryIO does not name it
        self.buffer = fresh[: len(rest) + more]
        self.used = 0
        return bool(more)

    def _take(self, octets: int) -> NDArray[np.uint8]:
        """Memory for so many: what nobody points into any more, for the system clears all that it gives."""
        for one in self._memory:
            if sys.getrefcount(one) <= _UNSHARED and len(one) >= octets:
                return one[:octets]
        self._memory = [*self._memory[-1:], np.empty(octets + octets // 8, dtype=np.uint8)]
        return self._memory[-1][:octets]

    def left_octets(self) -> int:
        """Octets of the file that no record used."""
        here = self._stream.tell()
        return len(self.buffer) - self.used + self._stream.seek(0, 2) - here


def build_block(link_type: int, buffer: bytes | memoryview, rows: list[Row]) -> PacketBlock:
    """A block over `buffer` from one row per packet."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    data = np.frombuffer(buffer, dtype=np.uint8)
    return PacketBlock(link_type, data, table[:, 0], table[:, 1], table[:, 2], table[:, 3])
