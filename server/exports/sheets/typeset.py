"""One template set as a PDF, and QR codes as pictures: what every sheet of paper here is made by.

Input are a template's name, what stands on it as dicts, lists, strings and numbers, and a typeface; output are bytes.
Texts reach the template as JSON and are never read as markup.  The same input gives the same bytes.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import segno

from server.exports.sheets.fonts import Typeface
from server.exports.sheets.typst_process import compiled, compiled_apart
from server.interface.safe_text import plain_text

TEMPLATES = Path(__file__).parents[1] / "templates"
Standard = Literal["a-2a", "a-2b"]
_IS_APART: ContextVar[bool] = ContextVar("_IS_APART", default=False)
_LONG_RUN = re.compile(r"[!-~]{25,}")  # without a space a line cannot break inside it
_WHOLE = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # hashes and ids: to be copied


def set_pdf(
    template: str,
    data: Mapping[str, object],
    made: datetime,
    typeface: Typeface,
    *,
    standard: Standard | None = None,
) -> bytes:
    """The template filled with `data`, as PDF; `standard`: which PDF/A it keeps to. `made` is an aware time."""
    told = {
        "root": str(TEMPLATES),
        "template": template,
        "fonts": str(typeface.files[0].parent),
        "data": json.dumps(data, ensure_ascii=False),
        "timestamp": int(made.timestamp()),
        "standards": standard or [],
    }
    return compiled_apart(told) if _IS_APART.get() else compiled(told)


@contextmanager
def set_apart() -> Iterator[None]:
    """Set each document in a process of its own, which gives its memory back."""
    before = _IS_APART.set(True)
    try:
        yield
    finally:
        _IS_APART.reset(before)


def qr_svg(text: str, *, error: Literal["m", "q"] = "q", border: int = 4) -> str:
    """A QR code (ISO/IEC 18004) as SVG; error correction q: a quarter may be scratched, m: a sheet copied twice."""
    out = io.BytesIO()
    segno.make(text, error=error, micro=False).save(out, kind="svg", border=border, scale=4, xmldecl=False)
    return out.getvalue().decode()


def printable(value: Any, typeface: Typeface) -> Any:
    """The tree with every string made fit for paper; keys and numbers stay."""
    if isinstance(value, dict):
        return {key: item if key == "qr" else printable(item, typeface) for key, item in value.items()}
    if isinstance(value, list):
        return [printable(item, typeface) for item in value]
    if isinstance(value, str):
        return _breakable(typeface.covered(plain_text(value)))
    return value


def _breakable(text: str) -> str:
    """Zero-width spaces after every 12 characters of a long run, so that it wraps inside its cell."""
    if _WHOLE.fullmatch(text):
        return text
    return _LONG_RUN.sub(lambda run: "\u200b".join(re.findall(".{1,12}", run[0])), text)
