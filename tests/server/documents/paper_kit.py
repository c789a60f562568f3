"""Reading back what an office files: the words of a PDF, the tables of a document for Hancom Office."""

from __future__ import annotations

import subprocess
from pathlib import Path

import hwp_hwpx_parser


def pdf_words(data: bytes, folder: Path) -> str:
    """All of it, white space folded and the breaks of long words taken out."""
    file = folder / "read.pdf"
    file.write_bytes(data)
    done = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, timeout=60)
    return " ".join(done.stdout.decode().replace("\u200b", "").split())


def hwpx_tables(data: bytes, folder: Path) -> list[list[list[str]]]:
    """The rows of each table."""
    file = folder / "read.hwpx"
    file.write_bytes(data)
    with hwp_hwpx_parser.HWPXReader(file) as reader:
        assert reader.is_valid()
        return [table.rows for table in reader.get_tables()]
