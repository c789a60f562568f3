"""A document for Hancom Office (HWPX: OWPML, KS X 6101): lines and tables of text on A4, and a footer.

Input is texts and widths; output is the bytes of the file, the same for the same input.  Texts become XML text and
nothing else.  What the library leaves to Hancom or takes from its own template is put right here: how high rows are,
whose document it is, and where the footer stands.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from hwpx import HwpxDocument
from hwpx.oxml import HwpxOxmlTable

from server.interface.safe_text import plain_text
from server.interface.words import KST

FULL_WIDTH = 180.0  # millimetres between the margins of A4
PAPER_WIDTH = 51_024  # the same in HWPUNIT, of which an inch has 7,200
MARGINS_MM = {"left": 15, "right": 15, "top": 14, "bottom": 8, "header": 0, "footer": 8}  # the last two come besides
HEAD_FILL = "#EEF1F5"
FONT = "맑은 고딕"
FIXED = (1980, 1, 1, 0, 0, 0)
"""Time of every part of the file: the same input gives the same bytes."""
LETTER_HEIGHT = 900  # HWPUNIT of 9 pt, in which tables are set
LINE_HEIGHT = 1_440  # 160 %, as the template's paragraphs have it
CELL_MARGIN_X, CELL_MARGIN_Y = 1_020, 282  # both sides together, as the library gives each table
NARROW = 0.6  # of a letter's height: guessed, a Latin letter or digit of 맑은 고딕 is narrower
SPARE = 1.1  # guessed: lines break between words and are not full
_DRAWN_ID = re.compile(rb'(\b(?:id|instid|idref)=")([0-9]{5,10})(")', re.IGNORECASE)
_MISPLACED_FOOTER = re.compile(
    rb"<hp:footer (?:(?!</hp:footer>).)*</hp:footer><hp:footerApply [^>]*/>(?=.*</hp:secPr>)", re.DOTALL
)
"""The library writes the footer a second time into the section's properties, where the standard has none."""
_METADATA = re.compile(rb"<opf:metadata>.*</opf:metadata>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    text: str
    columns: int = 1
    rows: int = 1
    is_head: bool = False


def head(text: str, columns: int = 1, rows: int = 1) -> Cell:
    """A cell that names another one."""
    return Cell(text, columns, rows, is_head=True)


def approval_boxes(paper: Paper, boxes: Sequence[str]) -> None:
    """결재란, as the office has it."""
    if boxes:
        width = 16 if len(boxes) > 3 else 19
        rows = [[head("결 재", rows=2), *(head(word) for word in boxes)], [Cell(" ") for _ in boxes]]
        paper.table((7, *(width for _ in boxes)), rows, align="RIGHT")


class Paper:
    """The document while it is written: paragraphs and tables in a few styles."""

    def __init__(self, title: str, organisation: str, requested_by: str, generated: str) -> None:
        """`generated`: date and time in Korea, as they are printed."""
        self._title_text, self._organisation = plain_text(title), plain_text(organisation)
        self._requested_by, self._generated = plain_text(requested_by), generated
        self._document = HwpxDocument.new()
        self._document.page.setup(paper_size="A4", margins_mm=MARGINS_MM)
        style = self._document.styles.ensure_run
        self._plain, self._bold = style(size=9, font=FONT), style(size=9, font=FONT, bold=True)
        self._title, self._small = style(size=18, font=FONT, bold=True), style(size=8, font=FONT, color="#5B6570")
        self._alarm = style(size=10, font=FONT, bold=True, color="#9B1C1C")
        footer = f"관계자 외 열람 금지 · 출력 {generated} (한국시간) · 출력자 {requested_by}"
        self._document.page.set_footer(text=plain_text(footer))
        self._ragged = self._document.oxml.headers[0].ensure_paragraph_alignment("LEFT")
        """Paragraphs that are not justified, for cells: words in a narrow one would stand far apart."""

    def line(self, text: str, style: str = "plain", *, align: str = "LEFT", is_new_page: bool = False) -> None:
        """One paragraph."""
        ids = {"plain": self._plain, "bold": self._bold, "title": self._title, "small": self._small}
        self._document.add_paragraph(plain_text(text), char_pr_id_ref=ids.get(style, self._alarm))
        index = len(self._document.paragraphs) - 1
        if align != "LEFT" or is_new_page:
            self._document.styles.apply_paragraph_format(
                paragraph_index=index, alignment=align, page_break_before=is_new_page or None
            )

    def table(
        self, widths: Sequence[float], rows: Sequence[Sequence[Cell]], *, align: str = "LEFT", is_long: bool = False
    ) -> None:
        """A table; `widths` are shares of the width, each row fills its columns from the left, spans counted.

        `is_long`: it may run over sheets, which a table that stands in the line like a letter cannot.
        """
        width = round(sum(widths) / FULL_WIDTH * PAPER_WIDTH) if align != "LEFT" else PAPER_WIDTH
        table: HwpxOxmlTable = self._document.add_table(len(rows), len(widths), width=width, char_pr_id_ref=self._plain)
        taken: set[tuple[int, int]] = set()
        table.set_column_widths(list(widths))
        for number, cells in enumerate(rows):
            column = 0
            for cell in cells:
                while (number, column) in taken:
                    column += 1
                self._cell(table, number, column, cell)
                taken |= {(number + y, column + x) for y in range(cell.rows) for x in range(cell.columns)}
                column += cell.columns
        _give_heights(table.element)
        if is_long:
            table.set_treat_as_char(value=False)
        if align != "LEFT":
            index = len(self._document.paragraphs) - 1
            self._document.styles.apply_paragraph_format(paragraph_index=index, alignment=align)

    def long_table(self, widths: Sequence[float], heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """A table that runs over sheets under the same heading: its second row is copied for every further line.

        The library looks through the whole table at each cell, which takes a minute for a hundred lines.
        """
        self.table(widths, [[head(word) for word in heads], [Cell(" ") for _ in heads]], is_long=True)
        element = self._document.tables[-1].element
        space = element.tag.removesuffix("tbl")
        first, model = element.findall(f"{space}tr")
        for cell in first.findall(f"{space}tc"):
            cell.set("header", "1")
        element.remove(model)
        for number, texts in enumerate(lines, start=1):
            row = deepcopy(model)
            for cell, words in zip(row.findall(f"{space}tc"), texts, strict=True):
                cell.find(f".//{space}t").text = plain_text(words)
                cell.find(f"{space}cellAddr").set("rowAddr", str(number))
            element.append(row)
        element.set("rowCnt", str(len(lines) + 1))
        element.set("repeatHeader", "1")
        _give_heights(element)

    def _cell(self, table: HwpxOxmlTable, row: int, column: int, cell: Cell) -> None:
        if cell.columns > 1 or cell.rows > 1:
            table.merge_cells(row, column, row + cell.rows - 1, column + cell.columns - 1)
        table.set_cell_text(row, column, plain_text(cell.text))
        for paragraph in table.cell(row, column).paragraphs:
            paragraph.para_pr_id_ref = self._ragged
            for run in paragraph.runs:
                run.char_pr_id_ref = self._bold if cell.is_head else self._plain
        if cell.is_head:
            table.set_cell_shading(row, column, HEAD_FILL)

    def to_bytes(self) -> bytes:
        """The file; the ids that the library draws by chance, and the time of this very second, are put in order."""
        made, out = self._document.to_bytes(), io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(made)) as source, zipfile.ZipFile(out, "w") as target:
            for part in source.infolist():
                fixed = zipfile.ZipInfo(part.filename, FIXED)
                fixed.compress_type = part.compress_type
                target.writestr(fixed, self._mended(part.filename, source.read(part)))
        return out.getvalue()

    def _mended(self, name: str, data: bytes) -> bytes:
        if name.startswith("Contents/section"):
            return _numbered(_MISPLACED_FOOTER.sub(b"", data))
        if name == "Contents/content.hpf":
            metadata = self._metadata().encode()
            return _METADATA.sub(lambda _: metadata, data)
        if name == "Preview/PrvText.txt":
            return f"{self._organisation}\r\n{self._title_text}\r\n".encode()
        return data

    def _metadata(self) -> str:
        """Whose document it is: else it has the author and the day of the library's template."""
        made = datetime.strptime(self._generated, "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)
        utc = f"{made.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        values = {
            "creator": self._organisation,
            "subject": "",
            "description": "",
            "lastsaveby": self._requested_by,
            "CreatedDate": utc,
            "ModifiedDate": utc,
            "date": self._generated,
            "keyword": "",
        }
        metas = "".join(
            f'<opf:meta name="{key}" content="text">{escape(words)}</opf:meta>' for key, words in values.items()
        )
        title = escape(self._title_text)
        return f"<opf:metadata><opf:title>{title}</opf:title><opf:language>ko</opf:language>{metas}</opf:metadata>"


def _give_heights(table: Any) -> None:
    """Make each row as high as its texts need: the library leaves 1 mm, which some readers keep."""
    space = table.tag.removesuffix("tbl")
    rows = table.findall(f"{space}tr")
    heights = [
        max((_height(cell, space) for cell in row.findall(f"{space}tc") if _rows_of(cell, space) == 1), default=0)
        for row in rows
    ]
    for number, row in enumerate(rows):
        for cell in row.findall(f"{space}tc"):
            height = sum(heights[number : number + _rows_of(cell, space)])
            cell.find(f"{space}cellSz").set("height", str(height))
    table.find(f"{space}sz").set("height", str(sum(heights)))


def _rows_of(cell: Any, space: str) -> int:
    return int(cell.find(f"{space}cellSpan").get("rowSpan"))


def _height(cell: Any, space: str) -> int:
    """HWPUNIT that the text of a cell needs, by the width of its letters."""
    text = "".join(part.text or "" for part in cell.iter(f"{space}t"))
    width = sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else NARROW for letter in text) * LETTER_HEIGHT
    room = max(int(cell.find(f"{space}cellSz").get("width")) - CELL_MARGIN_X, LETTER_HEIGHT)
    return max(1, math.ceil(width * SPARE / room)) * LINE_HEIGHT + CELL_MARGIN_Y


def _numbered(section: bytes) -> bytes:
    """The section with its drawn ids replaced by numbers in the order in which they come."""
    numbers: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        return found[1] + numbers.setdefault(found[2], b"%d" % (1_000_000 + len(numbers))) + found[3]

    return _DRAWN_ID.sub(number, section)
