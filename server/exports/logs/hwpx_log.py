"""The inspection log as HWPX, the format in which Korean offices file: the same fields as the PDF, with 결재란.

Input is the tree that the PDF's template prints (`printed_log`, `printed_sweep`), output the bytes of a document for
Hancom Office, written by `hwpx_paper`.  It holds tables of text: no map and no pictures, for which it names the PDF.
A list has at most `MAX_LINES` sweeps, because the library builds the whole document in memory.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from server.exports.logs.hwpx_paper import Cell, Paper, approval_boxes, head
from server.exports.logs.pdf_log import printed_log
from server.exports.printed.form import CHECK_HEADS
from server.exports.printed.map import Tree
from server.exports.printed.sweep import printed_sweep
from server.projections.log_records import Document, ExportError
from sweep.phrases import Phrase

MAX_LINES = 5_000  # as in the PDF; measured: 1 ms a line


def write(out: BinaryIO, document: Document) -> None:
    """The summary of a period, with the sheets of its sweeps where they are asked for, or one sweep alone."""
    log = printed_log(tuple(document.rows), document.period, document.generated, document.printing)
    if document.pages is not None:
        pages = enumerate(document.pages, start=1)
        log["sweeps"] = [printed_sweep(page, number, document.printing) for number, page in pages]
        log["has_cover"] = not document.is_alone
    out.write(render_hwpx(log))


def render_hwpx(log: Tree) -> bytes:
    """The document of a list (`log["has_cover"]`) or of single sweeps (`log["sweeps"]`), or of both.

    Raises ExportError for more than `MAX_LINES` lines.
    """
    if len(log["lines"]) > MAX_LINES:
        raise ExportError(Phrase("hwpx_too_many_sweeps", count=len(log["lines"]), most=MAX_LINES))
    paper = Paper(log["title"], log["organisation"], log["requested_by"], log["generated"])
    if log["has_cover"]:
        _cover(paper, log)
    for number, sweep in enumerate(log["sweeps"]):
        _form(paper, log, sweep, is_new_page=log["has_cover"] or number > 0)
    return paper.to_bytes()


def _opening(paper: Paper, log: Tree, title: str, *, is_new_page: bool) -> None:
    paper.line(f"기관명: {log['organisation']}", "bold", is_new_page=is_new_page)
    if log["document_no"]:
        paper.line(f"문서번호: {log['document_no']}")
    approval_boxes(paper, log["approval"])
    paper.line(title, "title", align="CENTER")


def _cover(paper: Paper, log: Tree) -> None:
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
        ("점검 결과", log["persons_words"], "persons"),
        ("장비 점검 결과", log["equipment_words"], "equipment"),
    ):
        top = [head(name), *(head(word["word"]) for word in words), head("계")]
        counts = [[Cell(t["word"]), *(Cell(str(n)) for n in t[key]), Cell(str(t["total"]))] for t in log["totals"]]
        paper.table((30, *(15 for _ in words), 12), [top, *counts])
    paper.line("2. 점검 목록", "bold")
    heads = ("번호", "점검일시", "시설명(관리번호) · 위치", "점검구분", "점검자·동행", "점검 결과",
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
    return (str(line["number"]), line["when"], place + where, "·".join(line["occasion"]), people, line["persons"],
             line["equipment"], line["measures"], line["confirmed_by"])  # fmt: skip


def _form(paper: Paper, log: Tree, sweep: Tree, *, is_new_page: bool) -> None:
    form: dict[str, Any] = sweep["form"]
    _opening(paper, log, log["title"], is_new_page=is_new_page)
    if sweep["notice"]:
        paper.line(f"{sweep['notice']}: 서명하지 않습니다.", "alarm", align="CENTER")
    spots = "  ".join(f"{'■' if spot['is_looked'] else '□'} {spot['name']}" for spot in form["spots"])
    persons, equipment = form["persons"], form["equipment_result"]
    rows = [
        [head("점검일시"), Cell(form["when"], 3), head("관리번호"), Cell(form["number"])],
        [head("시설명"), Cell(form["facility"], 3), head("방"), Cell(form["room"])],
        [head("성별"), Cell(form["sex"]), head("층"), Cell(form["floor"]), head("칸"), Cell(form["stalls"])],
        [head("점검구분"), Cell(form["occasion"], 5)],
        [head("점검자"), Cell(form["inspectors"], 2), head("동행·입회"), Cell(form["companions"], 2)],
        [head("점검방법"), Cell(form["methods"], 5)],
        [head("장비"), Cell(form["equipment"], 5)],
        [head("점검 결과"), Cell(f"{persons['word']} ({persons['why']})", 5)],
        [head("장비 점검 결과"), Cell(f"{equipment['word']} ({equipment['why']})", 5)],
        [head("점검부위(육안)"), Cell(spots, 5)],
        *([[head("육안 살핌"), Cell(sweep["eye_looks"], 5)]] if sweep["eye_looks"] else []),
        [head("점검범위(장비)" if form["is_measured"] else "점검한 구역"), Cell(form["scope"], 5)],
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
        lines = [tuple(row[key] for key in keys) for row in form["checks"]]
        paper.long_table((24, 40, 34, 12, 30, 20, 22), CHECK_HEADS, lines)
    if sweep["inspection"]:
        _inspection(paper, sweep["inspection"])
    signing = [("점검자", who, " ") for who in sweep["inspectors"]]
    # Recorded by their office; the name is written by hand.
    signing += [("동행·입회", " ", form["companions"]), ("확인자", " ", form["confirmed_by"])]
    paper.line("위와 같이 점검하였음을 확인합니다." if not sweep["notice"] else " ")
    if sweep["is_signed"]:
        top = [head(word) for word in ("구분", "성명 또는 점검자 번호", "소속·직위", "서명", "일시")]
        paper.table(
            (20, 36, 36, 30, 34),
            [top, *([head(role), Cell(who), Cell(office), Cell("(서명)"), Cell(" ")] for role, who, office in signing)],
        )
    if sweep["limits"]:
        paper.line("이번 점검으로 판정할 수 없었던 것", "bold")
        rows = [[head(one["scope"]), Cell(one["text"])] for one in sweep["limits"]]
        paper.table((20, 130), rows, is_long=True)
    if sweep["dispositions"]:
        paper.line("현장 판정", "bold")
        made = [(d["finding"], d["verdict"], d["note"], d["who"], d["when"]) for d in sweep["dispositions"]]
        paper.long_table((12, 24, 60, 28, 36), ("위치", "판정", "메모", "판정자", "일시"), made)
    if sweep["case_lines"]:
        paper.line("확인 건에 기록된 판정과 조치", "bold")
        taken = [(c["finding"], c["case"], c["said"], c["who"], c["when"]) for c in sweep["case_lines"]]
        paper.long_table((12, 36, 48, 28, 36), ("위치", "확인 건", "판정·조치", "처리자", "일시"), taken)
    _proof(paper, f"기록 해시(SHA-256) {form['entry_hash']} · {form['signatures']}", log["seal"])
    if form["is_measured"]:
        paper.line("도면, 구역별 장비 판정과 근거는 같은 점검의 PDF에 있습니다.", "small")


def _inspection(paper: Paper, said: Tree) -> None:
    """Instruments with the day of their last check, and what each showed in each zone."""
    paper.line("사용한 장비", "bold")
    used = [(one["kind"], one["model"], one["serial"], one["checked"]) for one in said["instruments"]]
    paper.long_table(
        (30, 50, 40, 40),
        ("종류", "제조사·모델", "일련번호", "최근 작동 확인"),
        used or [("육안", "–", "–", "해당 없음")],
    )
    paper.line("구역별 탐지기·육안 점검", "bold")
    looks = [
        (zone["name"], look["with"], look["saw"], look["after"])
        for zone in said["zones"]
        for look in zone["looks"] or [{"with": "–", "saw": "미실시", "after": "–"}]
    ]
    paper.long_table((34, 46, 74, 26), ("구역", "장비", "본 것", "문에서부터"), looks)
    paper.line("점검자가 탐지기나 눈으로 본 것이며 측정값이 아닙니다. 찾았을 확률은 없습니다.", "small")


def _proof(paper: Paper, line: str, seal: str) -> None:
    paper.line(" · ".join(part for part in (line, seal) if part), "small")
    paper.line("서명된 전자 기록의 사본이며, 다르면 전자 기록이 우선합니다. 확인 방법: 제출 묶음의 README.txt", "small")
