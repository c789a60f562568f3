"""Nanum Gothic from the operating system: where it lies and which characters it can draw.

Input is a list of folders, output the two font files and the characters that both hold.  It refuses to print with any
other font: a log with empty boxes for Korean is worse than an error that says what to install.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from server.projections.log_records import ExportError
from sweep.phrases import Phrase

FONT_FILES = ("NanumGothic.ttf", "NanumGothicBold.ttf")
FONT_FOLDERS: tuple[Path, ...] = (
    Path("/usr/share/fonts/truetype/nanum"),  # Debian, Raspberry Pi OS: fonts-nanum
    Path("/usr/share/fonts/nanum"),
    Path("/usr/local/share/fonts/nanum"),
)


class FontsMissingError(ExportError):
    """The fonts are not installed; the message says how to install them."""


@dataclass(frozen=True, slots=True)
class Typeface:
    """The font files and what both can draw."""

    files: tuple[Path, ...]
    characters: frozenset[str]

    def covered(self, text: str) -> str:
        """`text` with every character that the fonts lack spelled as `\\uNNNN`, so that nothing prints as a box."""
        return "".join(c if c in self.characters else _spelled(c) for c in text)


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def find_typeface(folders: Sequence[Path] = FONT_FOLDERS) -> Typeface:
    """Nanum Gothic in the first folder that holds both weights; raises FontsMissingError when none does."""
    for folder in folders:
        files = tuple(folder / name for name in FONT_FILES)
        if all(file.is_file() for file in files):
            return _load(files)
    raise FontsMissingError(Phrase("font_missing"))


@lru_cache(maxsize=4)
def _load(files: tuple[Path, ...]) -> Typeface:
    coverage = [frozenset(_mapped(file)) for file in files]
    return Typeface(files, frozenset.intersection(*coverage))


def _mapped(file: Path) -> Iterator[str]:
    """Characters of a TrueType font's Unicode `cmap` (formats 4 and 12; OpenType 1.9, cmap)."""
    try:
        data = file.read_bytes()
        cmap = _table(data, b"cmap")
        for index in range(struct.unpack_from(">H", data, cmap + 2)[0]):
            platform, encoding, offset = struct.unpack_from(">HHI", data, cmap + 4 + 8 * index)
            if (platform, encoding) in {(0, 3), (0, 4), (3, 1), (3, 10)}:
                yield from _characters(data, cmap + offset)
    except struct.error:
        raise FontsMissingError(Phrase("font_file_damaged", file=file.name)) from None


def _table(data: bytes, tag: bytes) -> int:
    for index in range(struct.unpack_from(">H", data, 4)[0]):
        name, _, offset, _ = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        if name == tag:
            return int(offset)
    raise struct.error(Phrase("no_such_table"))


def _characters(data: bytes, at: int) -> Iterator[str]:
    (kind,) = struct.unpack_from(">H", data, at)
    if kind == 12:
        (groups,) = struct.unpack_from(">I", data, at + 12)
        for index in range(groups):
            first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * index)
            yield from (chr(code) for code in range(first, last + 1) if glyph + code - first)
    elif kind == 4:
        yield from _segments(data, at)


def _segments(data: bytes, at: int) -> Iterator[str]:
    (length,) = struct.unpack_from(">H", data, at + 6)
    count = length // 2

    def column(offset: int, kind: str) -> tuple[int, ...]:
        return struct.unpack_from(f">{count}{kind}", data, at + offset)

    ends, starts = column(14, "H"), column(16 + length, "H")
    deltas, ranges = column(16 + 2 * length, "h"), column(16 + 3 * length, "H")
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                where = at + 16 + 3 * length + 2 * index + offset + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", data, where)
                if glyph == 0:
                    continue
            if (glyph + delta) & 0xFFFF:
                yield chr(code)
