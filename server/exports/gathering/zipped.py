"""Files in one ZIP, each with the time at which they were made: the same input gives the same bytes.

It writes what `server/verifier/zip_file.py` takes: no data descriptors, extra fields or comments, and plain names.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from server.verifier.statement import NamedFile


class Zipping:
    """A ZIP that is being written."""

    def __init__(self, book: zipfile.ZipFile, made: datetime) -> None:
        self._book, self._made = book, made

    def add(self, name: str, data: bytes, *, is_packed: bool = False) -> None:
        """One more file, its name taken as it is; `is_packed`: it is a document that hardly gets smaller."""
        year, month, day, hour, minute, second = self._made.timetuple()[:6]
        part = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
        part.create_system, part.external_attr = 3, 0o600 << 16
        part.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        self._book.writestr(part, data)


@contextmanager
def zipping(out: BinaryIO, made: datetime) -> Iterator[Zipping]:
    """Write one into a file that can be sought; it holds one file after the other."""
    with zipfile.ZipFile(out, "w", allowZip64=False) as book:
        yield Zipping(book, made)


def named_files(files: Mapping[str, bytes]) -> list[NamedFile]:
    """The same as a statement names them."""
    return [NamedFile.of(name, data) for name, data in files.items()]


def zipped(files: Mapping[str, bytes], made: datetime) -> bytes:
    """The ZIP file; names are taken as they are, in their order."""
    out = io.BytesIO()
    with zipping(out, made) as book:
        for name, data in files.items():
            book.add(name, data)
    return out.getvalue()
