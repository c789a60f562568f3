"""ZIP files written octet by octet, honest or not, and what the verifier and other extractors say of them.

`Entry` has every field of both headers; `written` puts entries together.  `ask` runs the verifier as whoever has it
alone would, and tells what that cost.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

LOCAL, CENTRAL, END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), struct.Struct("<4s4H2IH")
UNICODE_PATH = 0x7075


@dataclass(frozen=True)
class Entry:
    """An entry as both headers say it; what is None follows from the rest."""

    name: bytes
    data: bytes
    method: int = 8
    stored: bytes | None = None
    """What stands in the file in place of `data`."""
    crc: int | None = None
    size: int | None = None
    stored_size: int | None = None
    flags: int = 0
    made_by: int = 3 << 8 | 20
    version: int = 20
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    internal: int = 0
    mode: int = 0o600 << 16
    time: int = 0
    date: int = (2026 - 1980) << 9 | 11 << 5 | 30
    offset: int | None = None
    local: Entry | None = None
    """What the local header says when that is something else."""
    before: bytes = b""
    """Octets in front of it."""
    after: bytes = b""
    """Octets behind it, such as a data descriptor."""

    @property
    def octets(self) -> bytes:
        """What is stored."""
        if self.stored is not None:
            return self.stored
        return self.data if self.method == 0 else deflated(self.data)

    def numbers(self) -> tuple[int, int, int]:
        """Checksum, stored and unpacked size."""
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        stored = len(self.octets) if self.stored_size is None else self.stored_size
        return crc, stored, len(self.data) if self.size is None else self.size

    def header(self) -> bytes:
        """The local header."""
        said = self.local or self
        fields = said.version, said.flags, said.method, said.time, said.date, *said.numbers()
        return LOCAL.pack(b"PK\x03\x04", *fields, len(said.name), len(said.extra)) + said.name + said.extra

    def record(self, at: int) -> bytes:
        """The line of the central directory."""
        fields = self.made_by, self.version, self.flags, self.method, self.time, self.date, *self.numbers()
        lengths = len(self.name), len(self.extra), len(self.comment)
        offset = at if self.offset is None else self.offset
        head = CENTRAL.pack(b"PK\x01\x02", *fields, *lengths, self.disk, self.internal, self.mode, offset)
        return head + self.name + self.extra + self.comment


def deflated(data: bytes, level: int = 6) -> bytes:
    """Raw deflate."""
    stream = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def written(
    entries: Sequence[Entry],
    *,
    before: bytes = b"",
    between: bytes = b"",
    middle: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    hidden: int = 0,
    disk: int = 0,
) -> bytes:
    """The file; `between` stands before the directory, `middle` behind it; `hidden` entries are not counted."""
    out, directory = bytearray(before), b""
    for entry in entries:
        out += entry.before
        directory += entry.record(len(out))
        out += entry.header() + entry.octets + entry.after
    out += between
    start, count = len(out), len(entries) - hidden
    out += directory + middle
    out += END.pack(b"PK\x05\x06", disk, disk, count, count, len(directory), start, len(comment)) + comment
    return bytes(out + after)


def entries_of(data: bytes) -> list[Entry]:
    """The entries of an honest file."""
    with tempfile.TemporaryFile() as file:
        file.write(data)
        with zipfile.ZipFile(file) as book:
            return [
                Entry(part.filename.encode(), book.read(part), time=_time(part), date=_date(part))
                for part in book.infolist()
            ]


def changed(entries: Iterable[Entry], which: str, **fields: Any) -> list[Entry]:
    """The same, but for one of them."""
    return [replace(one, **fields) if one.name == which.encode() else one for one in entries]


def extra(kind: int, data: bytes) -> bytes:
    """An extra field."""
    return struct.pack("<2H", kind, len(data)) + data


def unicode_path(entry: Entry, name: bytes) -> bytes:
    """The extra field of Info-ZIP by which other extractors use another name."""
    return extra(UNICODE_PATH, b"\x01" + struct.pack("<I", zlib.crc32(entry.name)) + name)


class Answer(NamedTuple):
    """What the verifier said of a file."""

    code: int
    out: str
    error: str
    mb: float
    """The most it held in memory."""
    seconds: float
    """Of processor time: others use this machine too."""


RUN = """
import resource, runpy, sys
sys.argv[0] = "server.verifier"
try:
    runpy.run_module("server.verifier", run_name="__main__", alter_sys=True)
finally:
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stderr.write(f"\\n{int(peak.split()[1]) / 1024} {used.ru_utime + used.ru_stime}")
"""


def ask(file: Path, *options: str) -> Answer:
    """`python -m server.verifier` on a file."""
    run = [sys.executable, "-c", RUN, str(file), *options]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    error, _, cost = done.stderr.rpartition("\n")
    mb, seconds = map(float, cost.split())
    return Answer(done.returncode, done.stdout, error, mb, seconds)


def extracted(data: bytes, folder: Path) -> dict[str, dict[str, bytes] | None]:
    """What each extractor that is here makes of a file: names and contents, None when it refuses it."""
    file = folder / "asked.zip"
    file.write_bytes(data)
    found: dict[str, dict[str, bytes] | None] = {"python": _by_python(file)}
    runs = {
        "bsdtar": ["bsdtar", "-x", "-f", str(file), "-C"],
        "7z": ["7z", "x", "-y", "-bd", "-aoa", str(file), "-o"],
        "unzip": ["unzip", "-o", "-qq", str(file), "-d"],
    }
    for name, run in runs.items():
        out = folder / name
        out.mkdir()
        command = [*run[:-1], run[-1] + str(out)] if name == "7z" else [*run, str(out)]
        try:
            done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError:
            continue
        there = {str(one.relative_to(out)): one.read_bytes() for one in sorted(out.rglob("*")) if one.is_file()}
        found[name] = there if done.returncode == 0 else None
    return found


def _by_python(file: Path) -> dict[str, bytes] | None:
    try:
        with zipfile.ZipFile(file) as book:
            return {name: book.read(name) for name in book.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, struct.error):
        return None


def _time(part: zipfile.ZipInfo) -> int:
    return part.date_time[3] << 11 | part.date_time[4] << 5 | part.date_time[5] // 2


def _date(part: zipfile.ZipInfo) -> int:
    return part.date_time[0] - 1980 << 9 | part.date_time[1] << 5 | part.date_time[2]
