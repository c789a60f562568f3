"""Badges as a printable sheet: ten cards to a page, each with its QR code, a person's pseudonym and the letters.

Input are badges and names; output the bytes of a PDF.  The QR code says the letters of the badge and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from server.exports.sheets.fonts import FONT_FOLDERS, find_typeface
from server.exports.sheets.typeset import qr_svg, set_pdf
from server.interface.safe_text import plain_text

WORDS = {
    "title": "점검자 배지",
    "heading": "점검자 배지",
    "heading_en": "Inspector's badge",
    "line": "본인의 PIN과 함께일 때만 쓸 수 있습니다. 잃어버리면 바로 알리십시오.",
    "line_en": "Worth nothing without its person's PIN. Report a loss at once.",
}


def badge_sheet(
    badges: Sequence[tuple[str, str, str]], made: datetime, *, font_folders: Sequence[Path] = FONT_FOLDERS
) -> bytes:
    """The sheet as PDF bytes; `badges` are (letters, name, agency). Raises FontsMissingError without Nanum."""
    typeface = find_typeface(font_folders)
    data: dict[str, object] = {**WORDS}
    data["badges"] = [
        {
            "letters": f"{badge[:4]} {badge[4:]}",
            "qr": qr_svg(badge),
            "name": typeface.covered(plain_text(name, limit=40)),
            "agency": typeface.covered(plain_text(agency, limit=40)),
        }
        for badge, name, agency in badges
    ]
    return set_pdf("badges.typ", data, made, typeface)
