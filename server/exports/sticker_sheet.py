"""Stickers as a printable sheet: eight to a page, each with its QR code, the room's names and its code in letters.

Input are codes, names and the address of the server; output the bytes of a PDF.  The QR code says the address of the
room's public page and nothing else.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import segno
import typst

from server.exports.fonts import FONT_FOLDERS, find_typeface
from server.exports.safe_text import plain_text

_TEMPLATE = Path(__file__).parent / "templates" / "stickers.typ"
WORDS = {
    "title": "점검 안내 스티커",
    "heading": "점검 안내",
    "heading_en": "when was this room checked?",
    "line": "QR 코드로 마지막 점검일을 보고, 수상한 것을 알릴 수 있습니다. 급하면 112.",
    "line_en": "Scan to see when it was last checked or to tell us what you saw. In danger call 112.",
}


def qr_svg(text: str) -> str:
    """A QR code (ISO/IEC 18004, error correction Q: a quarter may be scratched) as SVG."""
    out = io.BytesIO()
    segno.make(text, error="q", micro=False).save(out, kind="svg", border=4, scale=4, xmldecl=False)
    return out.getvalue().decode()


def sticker_sheet(
    rooms: Sequence[tuple[str, str, str, str]], made: datetime, *, font_folders: Sequence[Path] = FONT_FOLDERS
) -> bytes:
    """The sheet as PDF bytes; `rooms` are (code, address, facility, room). Raises FontsMissingError without Nanum."""
    typeface = find_typeface(font_folders)
    data: dict[str, object] = {**WORDS}
    data["stickers"] = [
        {
            "code": f"{code[:4]} {code[4:8]} {code[8:]}",
            "qr": qr_svg(url),
            "facility": typeface.covered(plain_text(facility, limit=60)),
            "room": typeface.covered(plain_text(room, limit=40)),
        }
        for code, url, facility, room in rooms
    ]
    return typst.compile(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        format="pdf",
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[typeface.files[0].parent]
        ),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(made.timestamp()),
    )
