"""The inspection log as HWPX, the format in which Korean offices file: the same fields as the PDF, with 결재란.

Input is the tree that the PDF's template prints (`printed_log`, `printed_sweep`), output the bytes of a document that
Hancom Office opens (OWPML, KS X 6101).  It holds tables of text: no map and no pictures, for which it names the PDF.
Texts become XML text and nothing else.  A list has at most `MAX_LINES` sweeps, because the library builds the whole
document in memory.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hwpx import HwpxDocument
from hwpx.oxml import HwpxOxmlTable

from server.exports.printed_form import CHECK_HEADS
from server.exports.printed_map import Tree
from server.exports.records import ExportError
from server.exports.safe_text import plain_text

MAX_LINES = 5_000  # as in the PDF; measured: 1 ms a line
FULL_WIDTH = 180.0  # millimetres between the margins of A4
PAPER_WIDTH = 51_024  # the same in HWPUNIT, of which an inch has 7,200
HEAD_FILL = "#EEF1F5"
FONT = "맑은 고딕"
FIXED = (1980, 1, 1, 0, 0, 0)
"""Time of every part of the file: the same input gives the same bytes."""
_DRAWN_ID = re.compile(rb'(\b(?:id|instid|idref)=")([0-9]{5,10})(")', re.IGNORECASE)


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


def render_hwpx(log: Tree) -> bytes:
    """The document of a list (`log["has_cover"]`) or of single sweeps (`log["sweeps"]`), or of both.

    Raises ExportError for more than `MAX_LINES` lines.
    """
    if len(log["lines"]) > MAX_LINES:
        raise ExportError(f"{len(log['lines'])} sweeps are more than {MAX_LINES} in one HWPX: choose a shorter period")
    paper = _Paper(log)
    if log["has_cover"]:
        _cover(paper, log)
    for number, sweep in enumerate(log["sweeps"]):
        _form(paper, log, sweep, is_new_page=log["has_cover"] or number > 0)
    return paper.to_bytes()


class _Paper:
    """The document while it is written: paragraphs and tables in the log's two or three styles."""

    def __init__(self, log: Tree) -> None:
        self._document = HwpxDocument.new()
        self._document.page.setup(paper_size="A4", margins_mm={"left": 15, "right": 15, "top": 14, "bottom": 14})
        style = self._document.styles.ensure_run
        self._plain, self._bold = style(size=9, font=FONT), style(size=9, font=FONT, bold=True)
        self._title, self._small = style(size=18, font=FONT, bold=True), style(size=8, font=FONT, color="#5B6570")
        self._alarm = style(size=10, font=FONT, bold=True, color="#9B1C1C")
        footer = f"관계자 외 열람 금지 · 출력 {log['generated']} (한국시간) · 출력자 {log['requested_by']}"
        self._document.page.set_footer(text=plain_text(footer))

    def line(self, text: str, style: str = "plain", *, align: str = "LEFT", is_new_page: bool = False) -> None:
        """One paragraph."""
        ids = {"plain": self._plain, "bold": self._bold, "title": self._title, "small": self._small}
        self._document.add_paragraph(plain_text(text), char_pr_id_ref=ids.get(style, self._alarm))
        index = len(self._document.paragraphs) - 1
        if align != "LEFT" or is_new_page:
            self._document.styles.apply_paragraph_format(
                paragraph_index=index, alignment=align, page_break_before=is_new_page or None
            )

    def table(self, widths: Sequence[float], rows: Sequence[Sequence[Cell]], *, align: str = "LEFT") -> None:
        """A table; `widths` are shares of the width, each row fills its columns from the left, spans counted."""
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
        if align != "LEFT":
            index = len(self._document.paragraphs) - 1
            self._document.styles.apply_paragraph_format(paragraph_index=index, alignment=align)

    def long_table(self, widths: Sequence[float], heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """A table that runs over sheets under the same heading: its second row is copied for every further line.

        The library looks through the whole table at each cell, which takes a minute for a hundred lines.
        """
        self.table(widths, [[head(word) for word in heads], [Cell(" ") for _ in heads]])
        table = self._document.tables[-1]
        table.set_treat_as_char(value=False)
        element = table.element
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
        height = element.find(f"{space}sz")
        height.set("height", str(int(height.get("height")) // 2 * (len(lines) + 1)))

    def _cell(self, table: HwpxOxmlTable, row: int, column: int, cell: Cell) -> None:
        if cell.columns > 1 or cell.rows > 1:
            table.merge_cells(row, column, row + cell.rows - 1, column + cell.columns - 1)
        table.set_cell_text(row, column, plain_text(cell.text))
        for paragraph in table.cell(row, column).paragraphs:
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
                data = source.read(part)
                target.writestr(fixed, _numbered(data) if part.filename.startswith("Contents/section") else data)
        return out.getvalue()


def _numbered(section: bytes) -> bytes:
    """The section with its drawn ids replaced by numbers in the order in which they come."""
    numbers: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        return found[1] + numbers.setdefault(found[2], b"%d" % (1_000_000 + len(numbers))) + found[3]

    return _DRAWN_ID.sub(number, section)


def _approval(paper: _Paper) -> None:
    """결재란: whoever wrote it, whoever checked it, whoever answers for it."""
    boxes = [head("결 재", rows=2), *(head(word) for word in ("담당", "검토", "확인"))]
    paper.table((7, 19, 19, 19), [boxes, [Cell(" "), Cell(" "), Cell(" ")]], align="RIGHT")


def _opening(paper: _Paper, log: Tree, title: str, *, is_new_page: bool) -> None:
    paper.line(f"기관명: {log['organisation']}", "bold", is_new_page=is_new_page)
    _approval(paper)
    paper.line(title, "title", align="CENTER")


def _cover(paper: _Paper, log: Tree) -> None:
    _opening(paper, log, log["title"], is_new_page=False)
    about = [
        [head("점검 기간"), Cell(log["period"]), head("출력 일시"), Cell(f"{log['generated']} (한국시간)")],
        [head("출력자"), Cell(log["requested_by"]), head("출력 사유"), Cell(log["reason"])],
    ]
    paper.table((16, 40, 16, 40), about)
    if log["has_demo"]:
        paper.line("재생·시뮬레이션 기록은 실제 점검이 아니므로 점검 실적에 넣지 않으며, 따로 셉니다.", "alarm")
    paper.line("1. 합계", "bold")
    for name, words, key in (
        ("육안 점검 결과", log["by_eye_words"], "by_eye"),
        ("장비 점검 결과", log["result_words"], "counts"),
    ):
        top = [head(name), *(head(word["word"]) for word in words), head("계")]
        counts = [[Cell(t["word"]), *(Cell(str(n)) for n in t[key]), Cell(str(t["total"]))] for t in log["totals"]]
        paper.table((30, *(15 for _ in words), 12), [top, *counts])
    paper.line("2. 점검 목록", "bold")
    heads = ("번호", "점검일시", "시설명(관리번호) · 위치", "점검구분", "점검자·동행", "육안 점검 결과",
             "장비 점검 결과", "조치", "확인자")  # fmt: skip
    lines = [_line(line) for line in log["lines"]]
    if lines:
        paper.long_table((8, 18, 40, 13, 20, 17, 17, 26, 18), heads, lines)
    else:
        paper.line("이 기간에 접수된 점검 기록이 없습니다.")
    _proof(paper, log["proof"]["line"], log["seal"])


def _line(line: Tree) -> tuple[str, ...]:
    mark = f"[{line['source']} · 실제 점검 아님] " if line["is_demo"] else ""
    people = ", ".join([*line["inspectors"], *([line["companions"]] if line["companions"] else [])])
    place = f"{mark}{line['facility']} ({line['facility_number']}) {line['room']}"
    where = f" · {line['where']}" if line["where"] else ""
    return (str(line["number"]), line["when"], place + where, "·".join(line["occasion"]), people, line["by_eye"],
             line["result"], line["measures"], line["confirmed_by"])  # fmt: skip


def _form(paper: _Paper, log: Tree, sweep: Tree, *, is_new_page: bool) -> None:
    form: dict[str, Any] = sweep["form"]
    _opening(paper, log, log["title"], is_new_page=is_new_page)
    if sweep["notice"]:
        paper.line(f"{sweep['notice']}: 서명하지 않습니다.", "alarm", align="CENTER")
    spots = "  ".join(f"{'■' if spot['is_looked'] else '□'} {spot['name']}" for spot in form["spots"])
    eye, equipment = form["by_eye"], form["equipment_result"]
    rows = [
        [head("점검일시"), Cell(form["when"], 3), head("관리번호"), Cell(form["number"])],
        [head("시설명"), Cell(form["facility"], 3), head("방"), Cell(form["room"])],
        [head("성별"), Cell(form["sex"]), head("층"), Cell(form["floor"]), head("칸"), Cell(form["stalls"])],
        [head("점검구분"), Cell(form["occasion"], 5)],
        [head("점검자"), Cell(form["inspectors"], 2), head("동행·입회"), Cell(form["companions"], 2)],
        [head("점검방법"), Cell(form["methods"], 5)],
        [head("장비"), Cell(form["equipment"], 5)],
        [head("육안 점검 결과"), Cell(f"{eye['word']} ({eye['why']})", 5)],
        [head("장비 점검 결과"), Cell(f"{equipment['word']} ({equipment['why']})", 5)],
        [head("점검부위(육안)"), Cell(spots, 5)],
        [head("점검범위(장비)"), Cell(form["scope"], 5)],
        [head("의심흔적"), Cell(form["marks"] or "□ 없음  □ 있음  위치와 모양:", 5)],
        [
            head("칸막이 틈"),
            Cell(form["gaps"] or "아래 5 mm 이하 □ 맞음 □ 아님   위 30 cm 이상 □ 맞음 □ 아님   □ 해당 없음", 5),
        ],
        [head("비상벨"), Cell(form["bell"] or "□ 정상  □ 고장  □ 설치되지 않음", 5)],
        [
            head("조치"),
            Cell(form["measures"] or "□ 점검 스티커  □ 구멍 막음  □ 보수 요청  □ 현장 보존·경찰 신고(112)", 5),
        ],
        [head("사진"), Cell(form["photographs"], 2), head("이 방에 남은 것"), Cell(form["standing"], 2)],
        [head("다음 조치"), Cell(form["next"], 5)],
    ]
    paper.table((23, 38, 17, 38, 17, 38), rows)
    if form["checks"]:
        paper.line("구역별 육안 점검표", "bold")
        keys = ("zone", "fine", "marked", "holes", "gaps", "bell", "rest")
        paper.table(
            (24, 40, 34, 12, 30, 20, 22),
            [[head(word) for word in CHECK_HEADS], *([Cell(row[key]) for key in keys] for row in form["checks"])],
        )
    signing = [("점검자", who) for who in sweep["inspectors"]]
    signing += [("동행·입회", form["companions"]), ("확인자", form["confirmed_by"])]
    paper.line("위와 같이 점검하였음을 확인합니다." if not sweep["notice"] else " ")
    top = [head(word) for word in ("구분", "성명 또는 점검자 번호", "소속·직위", "서명", "일시")]
    paper.table(
        (20, 36, 36, 30, 34),
        [top, *([head(role), Cell(who), Cell(" "), Cell("(서명)"), Cell(" ")] for role, who in signing)],
    )
    if sweep["limits"]:
        paper.line("이번 점검으로 판정할 수 없었던 것", "bold")
        paper.table((20, 130), [[head(one["scope"]), Cell(one["text"])] for one in sweep["limits"]])
    if sweep["dispositions"]:
        paper.line("현장 판정", "bold")
        made = [
            [Cell(d["finding"]), Cell(d["verdict"]), Cell(d["note"]), Cell(d["who"]), Cell(d["when"])]
            for d in sweep["dispositions"]
        ]
        paper.table((12, 24, 60, 28, 36), [[head(word) for word in ("위치", "판정", "메모", "판정자", "일시")], *made])
    _proof(paper, f"기록 해시(SHA-256) {form['entry_hash']} · {form['signatures']}", log["seal"])
    paper.line("도면, 구역별 장비 판정과 근거는 같은 점검의 PDF에 있습니다.", "small")


def _proof(paper: _Paper, line: str, seal: str) -> None:
    paper.line(" · ".join(part for part in (line, seal) if part), "small")
    paper.line("서명된 전자 기록의 사본이며, 다르면 전자 기록이 우선합니다. 확인: sweep-server verify 파일", "small")
