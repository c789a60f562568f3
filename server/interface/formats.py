"""The forms in which a log leaves the server, one row each: routes, commands and page are made from them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from sweep.report import LocalText


class About(NamedTuple):
    """What there is to know of a form.  One more: its row, its module named in both README.md, `npm run types`."""

    media_type: str
    title: LocalText
    hint: LocalText
    """What it is for."""
    writer: str | None
    """Module whose `write(out, document)` makes it, loaded when somebody asks; None: it is made of other forms."""
    is_paper: bool = False
    """Made as a whole in memory, and of single sweeps too."""
    names_people: bool = False
    """Names may stand beside pseudonyms, where an office wants it."""
    is_submitted: bool = True
    """Part of the monthly submission to the city."""
    has_english: bool = False
    """It can be had in English; else it is the office's Korean form."""


def _text(ko: str, en: str) -> LocalText:
    return LocalText(ko=ko, en=en)


class Format(StrEnum):
    """Ending of a document."""

    about: About

    def __new__(cls, ending: str, *about: About) -> Self:
        """An ending with its row; known endings are looked up without."""
        made = str.__new__(cls, ending)
        made._value_ = ending
        (made.about,) = about
        return made

    PDF = "pdf", About(
        "application/pdf", _text("PDF", "PDF"), _text("결재란이 있는 요약표", "Summary with approval boxes"),
        "server.exports.logs.pdf_log", is_paper=True, names_people=True,
    )  # fmt: skip
    HWPX = "hwpx", About(
        "application/hwp+zip", _text("한글(HWPX)", "HWPX"),
        _text("결재란이 있는 한글 문서", "For Hancom Office, with approval boxes"),
        "server.exports.logs.hwpx_log", is_paper=True, names_people=True,
    )  # fmt: skip
    XLSX = "xlsx", About(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _text("엑셀", "Excel"),
        _text("XLSX 표", "XLSX table"), "server.exports.logs.xlsx_log", names_people=True, has_english=True,
    )  # fmt: skip
    CSV = "csv", About(
        "text/csv; charset=utf-8", _text("CSV", "CSV"), _text("다른 시스템에 넣을 표", "A table for other systems"),
        "server.exports.logs.csv_log", is_submitted=False, has_english=True,
    )  # fmt: skip
    JSON = "json", About(
        "application/json", _text("JSON", "JSON"), _text("프로그램이 읽는 자료", "For programs"),
        "server.exports.logs.json_log", has_english=True,
    )  # fmt: skip
    ZIP = "zip", About(
        "application/zip", _text("ZIP", "ZIP"), _text("시에 월별 제출", "Monthly submission to the city"), None,
        is_submitted=False,
    )  # fmt: skip
