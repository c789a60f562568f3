"""A ZIP file of which every octet belongs to it, read so that no other extractor can read anything else out of it.

Input is a file; output are its parts and their contents in pieces, or a PackageError with one line.  It takes what
`exports/gathering/zipped.py` writes and nothing that merely means the same: entries one behind the other from the first
octet on, the central directory, its end record, and no octet more; plain names, each once; one value for every field
that says nothing of the content.  So there are no comments, extra fields, data descriptors, ZIP64 or encrypted parts.
Structure is read and bounded before anything is unpacked.  Format: APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from server.verifier.findings import PackageError
from sweep.phrases import Phrase

SIGNATURE = b"PK\x03\x04"
"""What such a file begins with."""
MAX_FILES = 20
PARTED = "parts.json"
"""The statement of a file whose other files are ZIPs themselves: of those there are more."""
MAX_PARTED_FILES = 64
MAX_BYTES = 256 * 1024 * 1024  # guessed: of all contents, twenty times the month of a large district
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,119}[A-Za-z0-9_-])?")
"""No folders, nothing that a file system folds or cuts off: Windows drops a dot at the end."""
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION, _MADE_BY, _MODE = 20, 3 << 8 | 20, 0o600 << 16  # as Python's zipfile writes them
_STORED, _DEFLATED = 0, 8
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A file in the ZIP."""

    name: str
    size: int
    made: datetime
    """Even seconds; which zone is not said there, so it stands here as UTC."""
    crc: int
    is_deflated: bool
    start: int
    """Of what is stored, in octets from the start of the file."""
    stored_size: int


class ZipFile:
    """The parts of an open file."""

    def __init__(self, file: BinaryIO) -> None:
        """`file` is seekable and stays open; PackageError when an octet of it belongs to nothing."""
        self._file = file
        try:
            self._parts = {part.name: part for part in _parts_of(file)}
        except ValueError as error:
            raise _unreadable(error) from None
        if len(self._parts) > MAX_FILES and PARTED not in self:
            raise _unreadable(Phrase("zip_entry_count", count=len(self._parts), most=MAX_FILES))
        if sum(part.size for part in self.parts) > MAX_BYTES:
            raise _unreadable(Phrase("zip_too_many_octets", most=MAX_BYTES))

    @property
    def parts(self) -> tuple[Part, ...]:
        """All of them, in their order."""
        return tuple(self._parts.values())

    def __contains__(self, name: str) -> bool:
        """Is there a part of this name?"""
        return name in self._parts

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a part; PackageError as soon as it is not exactly what the structure says."""
        try:
            yield from _pieces_of(self._file, self._parts[name])
        except (ValueError, zlib.error) as error:
            raise _unreadable(Phrase("place_and_reason", place=name, why=error)) from None

    def read(self, name: str, most: int) -> bytes:
        """The content of a small part; PackageError when it is larger than `most`."""
        if self._parts[name].size > most:
            raise PackageError(Phrase("archive_file_too_large", name=name))
        return b"".join(self.pieces(name))

    def open(self, name: str) -> io.BufferedReader:
        """The content of a part to be read line by line, whatever its size."""
        return io.BufferedReader(_Unpacked(self.pieces(name)), _PIECE)

    def stored(self, name: str) -> BinaryIO:
        """The octets of a part that is stored as it is, to be sought in; PackageError for one that is packed."""
        part = self._parts[name]
        if part.is_deflated:
            raise PackageError(Phrase("zip_part_packed", name=name))
        return io.BufferedReader(_Window(self._file, part.start, part.size), _PIECE)


class _Window(io.RawIOBase):
    """Some octets of a file as a file of their own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        self._file.seek(self._start + self._at)  # others read the file in between
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Unpacked(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        taken = min(len(buffer), len(self._rest))
        buffer[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken


def _parts_of(file: BinaryIO) -> Iterator[Part]:
    """Every part; ValueError unless each octet of the file is where it must be."""
    length = file.seek(0, io.SEEK_END)
    directory, end, count = _directory(file, length)
    at, seen = 0, set[str]()
    while directory:
        part, header, directory = _next_part(directory, at)
        file.seek(at)
        if file.read(len(header)) != header:
            raise ValueError(Phrase("zip_header_differs", name=part.name))
        if part.name.lower() in seen:
            raise ValueError(Phrase("zip_entry_twice", name=part.name))
        seen.add(part.name.lower())
        at = part.start + part.stored_size
        yield part
    if len(seen) != count:
        raise ValueError(Phrase("zip_end_record_count", counted=count, seen=len(seen)))
    if at != end:
        raise ValueError(Phrase("zip_octets_before_directory"))


def _directory(file: BinaryIO, length: int) -> tuple[bytes, int, int]:
    """(the central directory, where it begins, how many entries the end record counts)."""
    file.seek(max(0, length - _END.size))
    data = file.read(_END.size)
    if len(data) < _END.size or not data.startswith(b"PK\x05\x06"):
        raise ValueError(Phrase("zip_end_record_missing"))
    _, disk, first_disk, here, count, size, start, comment = _END.unpack(data)
    if disk or first_disk or comment or here != count:
        raise ValueError(Phrase("zip_disks_or_comment"))
    if not 0 < count <= MAX_PARTED_FILES:
        raise ValueError(Phrase("zip_entry_count", count=count, most=MAX_FILES))
    if start + size + _END.size != length or size > count * (_CENTRAL.size + 121):
        raise ValueError(Phrase("zip_octets_after_directory"))
    file.seek(start)
    return file.read(size), start, count


def _next_part(directory: bytes, at: int) -> tuple[Part, bytes, bytes]:
    """(the first part of a directory, the local header that must stand at `at`, the rest of the directory)."""
    if len(directory) < _CENTRAL.size:
        raise ValueError(Phrase("zip_directory_cut_off"))
    fields = _CENTRAL.unpack_from(directory)
    signature, made_by, version, flags, method, time, date, crc, stored, size, *lengths, mode, offset = fields
    rest = _CENTRAL.size + lengths[0]
    name = directory[_CENTRAL.size : rest].decode("ascii", "replace")
    if signature != b"PK\x01\x02" or len(directory) < rest or NAME.fullmatch(name) is None:
        raise ValueError(Phrase("zip_name_invalid"))
    if (made_by, version, flags, *lengths[1:], mode) != (_MADE_BY, _VERSION, 0, 0, 0, 0, 0, _MODE):
        raise ValueError(Phrase("zip_entry_has_extras", name=name))
    if method not in (_STORED, _DEFLATED) or not _is_bounded(method, stored, size):
        raise ValueError(Phrase("zip_compression_unsupported", name=name))
    if offset != at:
        raise ValueError(Phrase("zip_entry_out_of_place", name=name))
    header = _LOCAL.pack(SIGNATURE, version, flags, method, time, date, crc, stored, size, lengths[0], 0)
    header += name.encode()
    part = Part(name, size, _time(time, date), crc, method == _DEFLATED, at + len(header), stored)
    return part, header, directory[rest:]


def _is_bounded(method: int, stored: int, size: int) -> bool:
    """Can so many octets hold so much? Deflate adds at most what zlib's `deflateBound` says."""
    if size > MAX_BYTES:
        return False
    return stored == size if method == _STORED else 2 <= stored <= size + (size >> 12) + (size >> 14) + 64


def _time(time: int, date: int) -> datetime:
    """The time in the format of MS-DOS; ValueError when it is none."""
    day = 1980 + (date >> 9), date >> 5 & 15, date & 31
    try:
        return datetime(*day, time >> 11, time >> 5 & 63, (time & 31) * 2, tzinfo=UTC)
    except ValueError:
        raise ValueError(Phrase("zip_time_invalid")) from None


def _pieces_of(file: BinaryIO, part: Part) -> Iterator[bytes]:
    crc = size = 0
    for piece in _inflated(file, part) if part.is_deflated else _stored(file, part, part.size):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        if size > part.size:
            raise ValueError(Phrase("zip_entry_too_long"))
        yield piece
    if (size, crc) != (part.size, part.crc):
        raise ValueError(Phrase("zip_checksum_differs"))


def _stored(file: BinaryIO, part: Part, size: int) -> Iterator[bytes]:
    for at in range(0, size, _PIECE):
        file.seek(part.start + at)  # others read the file in between
        yield file.read(min(_PIECE, size - at))


def _inflated(file: BinaryIO, part: Part) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for data in _stored(file, part, part.stored_size - 1):
        piece = stream.decompress(data, _PIECE)
        while piece:
            yield piece
            piece = stream.decompress(stream.unconsumed_tail, _PIECE)
        if stream.eof:
            raise ValueError(Phrase("zip_octets_behind_end"))
    file.seek(part.start + part.stored_size - 1)
    last, before = file.read(1), stream.copy()
    yield (piece := stream.decompress(last))
    if not stream.eof:
        raise ValueError(Phrase("backup_cut_off"))
    for bit in range(7, -1, -1):  # those behind the end of the stream, which no decoder reads
        if not _ends_so(before.copy(), last[0] ^ 1 << bit, piece):
            break
        if last[0] >> bit & 1:
            raise ValueError(Phrase("zip_bits_behind_end"))


def _ends_so(stream: zlib._Decompress, last: int, wanted: bytes) -> bool:
    """Is the stream over with this octet, and its last piece this?"""
    try:
        return stream.decompress(bytes((last,))) == wanted and stream.eof
    except zlib.error:
        return False


def _unreadable(why: Phrase | ValueError) -> PackageError:
    return PackageError(Phrase("archive_zip_unreadable", why=why))
