"""Stickers as a printable sheet: eight to a page, each with its QR code, the room's names and its code in letters.

Input are codes, names and the address of the server; output the bytes of a PDF.  The QR code says the address of the
room's public page and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import qr_svg, set_pdf
from server.interface.safe_text import plain_text

WORDS = {
    "title": "점검 안내 스티커",
    "heading": "점검 안내",
    "heading_en": "when was this room checked?",
    "line": "QR 코드로 마지막 점검일을 보고, 수상한 것을 알릴 수 있습니다. 급하면 112.",
    "line_en": "Scan to see when it was last checked or to tell us what you saw. In danger call 112.",
}


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
    return set_pdf("stickers.typ", data, made, typeface)
