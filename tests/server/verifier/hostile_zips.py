"""Files of a case out of which somebody would read another `case.pdf` than the verifier, or in which more is hidden.

Input are the entries of an honest file; output is each hostile file by its name.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.server.verifier.zip_kit import Entry, changed, deflated, extra, unicode_path, written

PAPER = "case.pdf"
FORGED = b"%PDF-1.7 another paper"
HIDDEN = Entry(b"case.pdf", FORGED)
FAR = Entry(b"clip.mp4", b"hidden")
OTHER_NAMES = (
    "CASE.PDF", "case.pdf.", "./case.pdf", "/case.pdf", "../case.pdf", "a/case.pdf", "a\\case.pdf", "case.pdf\0.txt",
    "case.pdf/", "C:case.pdf", "case.pdf ", "ｃase.pdf", "e\u0301.pdf", "", "-rf", ".htaccess", "case.pdf\n",
)  # fmt: skip


def hostile(entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Each hostile file: (what it is, octets)."""
    honest = written(entries)
    yield "octets before it", b"MZ" + honest
    yield "octets before it, offsets put right", written(entries, before=b"#!/bin/sh\n")
    yield "octets behind it", honest + b"\0"
    yield "another ZIP before it", written([HIDDEN]) + honest
    yield "another ZIP behind it", honest + written([HIDDEN])
    yield "the same ZIP behind it", honest + honest
    yield "a comment", written(entries, comment=b"seen by nobody")
    yield "a comment that is a ZIP", written(entries, comment=written([HIDDEN]))
    yield "an end record in the comment", written(entries, comment=honest[-22:])
    yield "two end records", honest + honest[-22:]
    yield "an end record cut off", honest[:-1]
    yield "octets before the directory", written(entries, between=b"hidden")
    yield "octets behind the directory", written(entries, middle=b"hidden")
    yield "a ZIP64 end record", written(entries, middle=_zip64_end(len(entries), written([HIDDEN])))
    yield "a hidden entry at the end", written(entries, between=HIDDEN.header() + HIDDEN.octets)
    yield "a hidden entry in front", written(entries, before=HIDDEN.header() + HIDDEN.octets)
    yield "an entry that is not counted", written([*entries, HIDDEN], hidden=1)
    yield "another disk", written(entries, disk=1)
    yield "no entries", written([])
    yield "21 entries", written([*entries, *(Entry(b"n%d" % number, b"") for number in range(17))])
    yield "thousands of entries", written([*entries, *(Entry(b"n%d" % number, b"") for number in range(20_000))])
    yield "a part that is named nowhere", written([*entries, FAR])
    yield "the paper twice, the forged one last", written([*entries, HIDDEN])
    yield "the paper twice, the forged one first", written([HIDDEN, *entries])
    yield "the directory in another order", _reordered(entries)
    yield "all entries at one offset", written([replace(one, offset=0) for one in entries])
    yield "overlapping entries", _overlapping(entries)
    for name in OTHER_NAMES:
        yield f"a name besides: {name!r}", written([*entries, Entry(name.encode(), FORGED)])
        yield f"a name instead: {name!r}", written(changed(entries, PAPER, name=name.encode()))
    for what, one in _papers(next(entry for entry in entries if entry.name == PAPER.encode())):
        yield what, written([one if entry.name == PAPER.encode() else entry for entry in entries])


def _papers(paper: Entry) -> Iterator[tuple[str, Entry]]:
    """The paper alone, told falsely by one header, the other or both."""
    stored = replace(paper, method=0)
    local: dict[str, dict[str, Any]] = {
        "name": {"name": b"case2pdf"},
        "method": {"method": 0},
        "checksum": {"crc": 1},
        "size": {"size": 1},
        "stored size": {"stored_size": 7},
        "time": {"time": 1},
        "flags": {"flags": 0x800},
        "version": {"version": 45},
        "extra field": {"extra": extra(0x5455, b"\x01\0\0\0\0")},
    }
    for what, fields in local.items():
        yield f"another {what} in the local header", replace(paper, local=replace(paper, **fields))
    yield "a forged paper in the local header", _two_papers(paper)
    both: dict[str, dict[str, Any]] = {
        "a wrong checksum": {"crc": 1},
        "a size too small": {"size": len(paper.data) - 1},
        "a size too large": {"size": len(paper.data) + 1},
        "a size of 4 GiB": {"size": 0xFFFFFFFF},
        "a stored size too large": {"stored_size": len(paper.octets) + 1},
        "a stored size too small": {"stored_size": len(paper.octets) - 1},
        "encrypted": {"flags": 1},
        "strongly encrypted": {"flags": 0x41},
        "a masked directory": {"flags": 0x2000},
        "UTF-8": {"flags": 0x800},
        "patched data": {"flags": 0x20},
        "a comment of its own": {"comment": b"hidden"},
        "another disk of its own": {"disk": 1},
        "text": {"internal": 1},
        "a symbolic link": {"mode": 0o120777 << 16},
        "a folder": {"mode": 0o40755 << 16 | 0x10},
        "a volume label": {"mode": 8},
        "a device": {"mode": 0o20666 << 16},
        "set user id": {"mode": 0o104755 << 16},
        "made on MS-DOS": {"made_by": 20},
        "made on a Macintosh": {"made_by": 7 << 8 | 20},
        "a month that is none": {"date": 15 << 5},
        "another year": {"date": paper.date ^ 1 << 11},
        "a name by Unicode": {"extra": unicode_path(paper, b"forged.pdf")},
        "times of NTFS": {"extra": extra(0x000A, bytes(32))},
        "times of Unix": {"extra": extra(0x5455, b"\x03" + bytes(8))},
        "an unknown extra field": {"extra": extra(0xCAFE, b"hidden")},
        "an extra field of no length": {"extra": b"\xfe\xca\xff"},
        "sizes of ZIP64": {"extra": extra(1, struct.pack("<2Q", len(paper.data), 7)), "size": 0xFFFFFFFF},
        "an empty stream in front": {"stored": b"\x00\x00\x00\xff\xff\x03\x00" + paper.octets},
    }
    for what, fields in both.items():
        yield what, replace(paper, **fields)
    for method in (1, 6, 9, 12, 14, 93, 95, 98, 99):
        yield f"method {method}", replace(paper, method=method, stored=paper.data)
    for signature in (b"PK\x07\x08", b""):
        descriptor = signature + struct.pack("<3I", zlib.crc32(paper.data), len(paper.octets), len(paper.data))
        named = replace(paper, flags=8, after=descriptor)
        yield f"a data descriptor {signature!r}", replace(named, local=replace(named, crc=0, size=0, stored_size=0))
        yield f"a data descriptor besides {signature!r}", replace(paper, after=descriptor)
    yield "octets behind a deflated stream", replace(paper, stored=paper.octets + b"hidden")
    yield "a ZIP behind a deflated stream", replace(paper, stored=paper.octets + written([HIDDEN]))
    yield "octets behind a stored part", replace(stored, stored=paper.data + b"hidden", size=len(paper.data))
    yield "octets between two entries", replace(paper, before=b"hidden")
    yield "an entry between two entries", replace(paper, before=HIDDEN.header() + HIDDEN.octets)
    yield "another paper in all its fields", replace(paper, data=FORGED)
    yield "a stream cut off", replace(paper, stored=paper.octets[:-9])
    yield "a stream that is none", replace(paper, stored=b"\xff" * 40)
    yield "a stored part that says deflated", replace(paper, stored=paper.data)


def honest_variants(entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Other writings of the same file that say the same to everybody."""
    yield "as it was", written(entries)
    yield "stored", written([replace(one, method=0) for one in entries])
    yield "deflated harder", written([replace(one, stored=deflated(one.data, 9)) for one in entries])
    yield "in another order", written(entries[::-1])


def _two_papers(paper: Entry) -> Entry:
    """The local header and its data are a forged paper; the directory points at the honest one behind it."""
    forged = Entry(b"case.pdf", FORGED, time=paper.time, date=paper.date)
    return replace(paper, before=forged.header() + forged.octets)


def _zip64_end(count: int, hidden: bytes) -> bytes:
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(hidden), 0)
    return record + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1)


def _reordered(entries: Sequence[Entry]) -> bytes:
    """A directory that names the entries from the last to the first."""
    at, offsets = 0, []
    for entry in entries:
        offsets.append(at)
        at += len(entry.header() + entry.octets)
    records = [entry.record(offset) for entry, offset in zip(entries, offsets, strict=True)]
    plain = written(entries)
    return plain[:at] + b"".join(reversed(records)) + plain[-22:]


def _overlapping(entries: Sequence[Entry]) -> bytes:
    """An entry whose stored octets are the local header and the octets of the next one."""
    inner = entries[1].header() + entries[1].octets
    outer = replace(entries[0], data=inner, method=0, stored=b"", stored_size=len(inner), size=len(inner))
    return written([outer, *entries[1:]])
