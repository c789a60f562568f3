"""Statistics of a period as a table: one line a district and one for all, as CSV and as a workbook to be filed.

Input are lines of counts; output are bytes.  It counts facilities, rooms, visits and cases: no person, no address and
no name of a place is in it, so small numbers stand as they are.
"""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from server.interface.safe_text import csv_line
from server.interface.words import kst
from server.projections.log_records import Period
from server.standing.periods import wilson
from sweep.report.words import words_of

TITLE = "불법촬영기기 점검 통계"
DEMO_NOTICE = "시뮬레이션·재생 기록만 셌습니다. 실제 점검 실적으로 쓸 수 없습니다."
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
NO_NUMBER = "–"
OF_PROBE, OF_INSTRUMENT, OF_PUBLIC = (
    f"{words_of('began')[one].ko}에서(건)" for one in ("probe", "instrument", "public")
)


@dataclass(slots=True)
class DistrictLine:
    """What happened in a district within the period; times in milliseconds."""

    name: str
    """Of the district, Korean."""
    facilities: int = 0
    rooms: int = 0
    restrooms: int = 0
    changing_rooms: int = 0
    rooms_visited: int = 0
    """Rooms with at least one visit that counts, by whichever method, in whichever facility."""
    rooms_unvisited: int = 0
    """Of `rooms`."""
    measured: int = 0
    """Rooms with at least one sweep that counts."""
    full: int = 0
    quick: int = 0
    """Completed sweeps by two persons."""
    instruments: int = 0
    by_eye: int = 0
    """Looks by eye without a probe."""
    imported: int = 0
    """Past inspections that were taken over from offices' lists: added to nothing."""
    not_counted: int = 0
    """Sweeps that were aborted, or made by one person."""
    candidates: int = 0
    """Places that the probe named for looking at, over all sweeps that count."""
    public_reports: int = 0
    public_reports_closed: int = 0
    cases: int = 0
    """Opened in the period; the states below are those at the time of making."""
    cases_of_probes: int = 0
    """Of the cases, those that a finding opened; those of neither of the three persons opened."""
    cases_of_instruments: int = 0
    cases_of_public: int = 0
    undecided: int = 0
    not_camera: int = 0
    defects: int = 0
    cameras: int = 0
    """Found, or not ruled out: what persons said, whoever or whatever opened the case."""
    cameras_of_probes: int = 0
    """Of those, the ones whose case a finding opened."""
    handed_over: int = 0
    """Of the cases, those that the police took over."""
    repairs: int = 0
    """Defects found in the period, in whichever case."""
    repairs_checked: int = 0
    repairs_late: int = 0
    """Past their day, and not seen to hold."""
    eye_looks: int = 0
    """Looks by eye that the probe asked for and a person made, over all sweeps that count."""
    eye_look_ms: int = 0
    eye_cases: int = 0
    """Of the cases, those for which an eye's word speaks."""
    eye_cameras: int = 0
    eye_shown: int = 0
    """Hidden lenses in whose zone an eye was asked to look: by practice of three persons at least."""
    eye_seen: int = 0
    eye_controls: int = 0
    """Looks at places where nothing had shone."""
    eye_errors: int = 0
    """Of those, the ones at which somebody saw something."""
    to_look_ms: list[int] = field(default_factory=list)
    """From a case's opening to the first look of two persons."""
    to_call_ms: list[int] = field(default_factory=list)
    """From the finding of a camera to the call of 112."""
    to_repair_ms: list[int] = field(default_factory=list)
    """From a defect's finding to the look that its repair holds."""
    district_id: str | None = field(default=None, compare=False)
    """None: a sum, or facilities that belong to no district yet."""

    def add(self, other: DistrictLine) -> None:
        """Count another line in."""
        for one in fields(self):
            if one.name not in {"name", "district_id"}:
                setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    group: str
    heading: str
    value: Callable[[DistrictLine], int | float | str]
    meaning: str = ""
    """Printed on the sheet that explains."""


def median_of(times_ms: Sequence[int], unit_ms: int) -> float | None:
    """The median of some times in hours or days, to a tenth; None for none."""
    return round(statistics.median(times_ms) / unit_ms, 1) if times_ms else None


def _median(unit_ms: int, name: str) -> Callable[[DistrictLine], float | str]:
    def value(line: DistrictLine) -> float | str:
        median = median_of(getattr(line, name), unit_ms)
        return NO_NUMBER if median is None else median

    return value


def _longest(unit_ms: int, name: str) -> Callable[[DistrictLine], float | str]:
    def value(line: DistrictLine) -> float | str:
        times = getattr(line, name)
        return round(max(times) / unit_ms, 1) if times else NO_NUMBER

    return value


def _count(name: str) -> Callable[[DistrictLine], int]:
    def value(line: DistrictLine) -> int:
        count = getattr(line, name)
        return count if isinstance(count, int) else len(count)

    return value


def _a_sweep(name: str, unit: int) -> Callable[[DistrictLine], float | str]:
    def value(line: DistrictLine) -> float | str:
        made = line.full + line.quick
        return round(getattr(line, name) / unit / made, 1) if made and line.eye_looks else NO_NUMBER

    return value


def interval_of(hits: int, total: int) -> tuple[float | None, float | None]:
    """The interval that holds the truth in 90 of 100 repetitions; without a case there is none."""
    return wilson(hits, total) if total else (None, None)


def share_words(hits: int, total: int) -> str:
    """Of so many so many, with its interval."""
    low, high = interval_of(hits, total)
    if low is None or high is None:
        return NO_NUMBER
    return f"{hits}/{total} ({100 * low:.0f}~{100 * high:.0f} %)"


COLUMNS: tuple[Column, ...] = (
    Column("", "구분", lambda line: line.name, "자치구. 마지막 줄은 합계입니다."),
    Column("대상", "시설(개소)", _count("facilities"), "등록된 시설. 작성 시점 기준입니다."),
    Column("대상", "방(개소)", _count("rooms"), "등록된 방. 작성 시점 기준입니다."),
    Column("대상", "화장실(개소)", _count("restrooms")),
    Column("대상", "탈의실(개소)", _count("changing_rooms")),
    Column(
        "대상", "점검한 방(개소)", _count("rooms_visited"), "기간 안에 실적으로 인정되는 점검이 한 번이라도 있는 방."
    ),
    Column("대상", "점검하지 않은 방(개소)", _count("rooms_unvisited")),
    Column("점검 실적", "장비 정밀(회)", _count("full"), "두 사람이 끝까지 마친 장비 점검."),
    Column("점검 실적", "장비 간이(회)", _count("quick"), "두 사람이 끝까지 마친 간이 장비 점검."),
    Column(
        "점검 실적",
        "탐지기(회)",
        _count("instruments"),
        "두 사람이 탐지기로 한 점검. 측정기록이 없어 더하지 않음.",
    ),
    Column("점검 실적", "육안(회)", _count("by_eye"), "장비 없이 눈으로 본 점검(청소 담당의 일일 확인 포함)."),
    Column(
        "점검 실적",
        "가져온 기록(건)",
        _count("imported"),
        "기관의 목록에서 가져온 지난 점검. 장비 측정기록이 없어 다른 실적에 더하지 않음.",
    ),
    Column("점검 실적", "중단·1인(회)", _count("not_counted"), "중단되었거나 한 사람이 한 장비 점검."),
    Column(
        "확인할 곳과 신고", "확인할 곳(건)", _count("candidates"), "장비가 사람에게 보라고 한 곳의 수. 발견이 아닙니다."
    ),
    Column("확인할 곳과 신고", "시민 신고(건)", _count("public_reports")),
    Column(
        "확인할 곳과 신고",
        "신고 처리(건)",
        _count("public_reports_closed"),
        "기간 안에 들어온 신고 가운데 처리를 마친 것.",
    ),
    Column("확인 건 결과", "확인 건(건)", _count("cases"), "기간 안에 열린 확인 건. 결과는 작성 시점의 상태입니다."),
    Column("확인 건 결과", OF_PROBE, _count("cases_of_probes"), "장비의 탐지 결과로 열린 확인 건."),
    Column(
        "확인 건 결과",
        OF_INSTRUMENT,
        _count("cases_of_instruments"),
        "탐지기 점검에서 열린 확인 건.",
    ),
    Column("확인 건 결과", OF_PUBLIC, _count("cases_of_public"), "시민 신고로 열린 확인 건."),
    Column(
        "확인 건 결과",
        "직접 등록(건)",
        lambda line: line.cases - line.cases_of_probes - line.cases_of_instruments - line.cases_of_public,
        "점검자나 담당자가 직접 연 확인 건.",
    ),
    Column("확인 건 결과", "확인 중(건)", _count("undecided")),
    Column("확인 건 결과", "카메라 아님(건)", _count("not_camera")),
    Column("확인 건 결과", "보수 대상(건)", _count("defects"), "구멍, 비상벨, 틈새 등으로 정리된 확인 건."),
    Column(
        "확인 건 결과",
        "카메라(건)",
        _count("cameras"),
        "카메라이거나 배제할 수 없어 경찰에 신고하는 절차를 밟은 확인 건.",
    ),
    Column("확인 건 결과", "카메라 중 장비에서(건)", _count("cameras_of_probes"), "그중 장비의 탐지 결과로 열린 것."),
    Column("확인 건 결과", "경찰 인계(건)", _count("handed_over")),
    Column("육안 살핌", "살핀 곳(곳)", _count("eye_looks"), "장비가 살펴보라고 한 곳 가운데 사람이 살핀 곳."),
    Column("육안 살핌", "점검 한 번에 살핀 곳", _a_sweep("eye_looks", 1)),
    Column("육안 살핌", "점검 한 번에 든 시간(초)", _a_sweep("eye_look_ms", 1_000)),
    Column(
        "육안 살핌", "살핌으로 열린 확인 건(건)", _count("eye_cases"), "사람이 살펴 구멍이나 카메라 같다고 한 확인 건."
    ),
    Column("육안 살핌", "그중 카메라(건)", _count("eye_cameras")),
    Column(
        "육안 살핌",
        "육안 탐지율(찾은 것/숨긴 것)",
        lambda line: share_words(line.eye_seen, line.eye_shown),
        "연습에서 숨긴 시험용 렌즈 가운데 살핀 사람이 알아본 것과 90 % 구간. "
        "세 사람 이상이 연습한 구만 합하며 이름은 없습니다.",
    ),
    Column(
        "육안 살핌",
        "대조 오류(오류/대조)",
        lambda line: share_words(line.eye_errors, line.eye_controls),
        "아무것도 빛나지 않은 곳을 살피게 하였을 때 무엇이 있다고 한 것과 90 % 구간.",
    ),
    Column("보수", "보수 요청(건)", _count("repairs")),
    Column("보수", "재확인 완료(건)", _count("repairs_checked"), "보수된 것을 현장에서 다시 확인한 것."),
    Column("보수", "기한 지남(건)", _count("repairs_late"), "기한이 지났으나 보수를 확인하지 못한 것."),
    Column(
        "걸린 시간",
        "육안 확인까지 중앙값(시간)",
        _median(HOUR_MS, "to_look_ms"),
        "확인 건이 열린 때부터 두 사람이 볼 때까지.",
    ),
    Column("걸린 시간", "육안 확인까지 최장(시간)", _longest(HOUR_MS, "to_look_ms")),
    Column("걸린 시간", "육안 확인(건수)", _count("to_look_ms")),
    Column(
        "걸린 시간", "112 신고까지 중앙값(시간)", _median(HOUR_MS, "to_call_ms"), "카메라로 기록한 때부터 신고까지."
    ),
    Column("걸린 시간", "112 신고까지 최장(시간)", _longest(HOUR_MS, "to_call_ms")),
    Column("걸린 시간", "112 신고(건수)", _count("to_call_ms")),
    Column("걸린 시간", "보수까지 중앙값(일)", _median(DAY_MS, "to_repair_ms"), "보수 요청부터 재확인까지."),
    Column("걸린 시간", "보수까지 최장(일)", _longest(DAY_MS, "to_repair_ms")),
    Column("걸린 시간", "보수(건수)", _count("to_repair_ms")),
)
SHEETS = {
    "점검 실적": ("대상", "점검 실적", "확인할 곳과 신고"),
    "확인 건과 보수": ("확인 건 결과", "보수", "걸린 시간"),
    "육안 살핌": ("육안 살핌",),
}
"""Titles of the sheets, each with the groups of columns on it: a sheet of A4 across holds no more."""
NOTES: tuple[tuple[str, str], ...] = (
    ("실적", "실제 점검만 셉니다. 시뮬레이션과 재생 기록은 따로 받은 파일에서만 세며, 서로 더하지 않습니다."),
    ("작은 수", "시설과 방, 확인 건의 수이고 사람의 수가 아니므로 가리지 않고 그대로 적습니다."),
    (NO_NUMBER, "해당하는 건이 없어 값이 없습니다. 0이 아닙니다."),
    ("빠진 내용", "사람 이름, 주소, 시설 이름, 기기 주소는 이 파일에 넣지 않습니다."),
)


def notice_of(simulated: int, *, is_demo: bool) -> str:
    """What stands over a table: that it counts simulations alone, or how many it does not count; empty: nothing."""
    if is_demo:
        return DEMO_NOTICE
    return f"시뮬레이션·재생 점검 {simulated:,}회는 실제 점검이 아니므로 넣지 않았습니다." if simulated else ""


def with_total(lines: Sequence[DistrictLine]) -> tuple[DistrictLine, ...]:
    """The lines, and one over all of them when there are several."""
    return tuple(lines) if len(lines) < 2 else (*lines, total_of(lines))


def total_of(lines: Sequence[DistrictLine]) -> DistrictLine:
    """One line over all of them."""
    total = DistrictLine("합계")
    for line in lines:
        total.add(line)
    return total


def write_csv(lines: Sequence[DistrictLine], period: Period, *, is_demo: bool = False) -> bytes:
    """The table as CSV: a heading and a line each; period and, of simulations, what they are stand in every line."""
    first = csv_line(("기간", *(column.heading for column in COLUMNS)), is_first=True)
    words = f"{period.first} ~ {period.last}{' (시뮬레이션)' if is_demo else ''}"
    return first + b"".join(
        csv_line((words, *(str(column.value(line)) for column in COLUMNS))) for line in with_total(lines)
    )


def write_xlsx(lines: Sequence[DistrictLine], period: Period, generated: datetime, notice: str) -> bytes:
    """The table as a workbook: grouped headings, numbers as numbers, approval boxes, and a sheet that explains."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        created = generated.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": TITLE, "created": created, "comments": f"{period.first} ~ {period.last}"})
        words = f"기간 {period.first} ~ {period.last} · 작성 {kst(generated)} (한국시간)"
        for title, groups in SHEETS.items():
            columns = [column for column in COLUMNS if column.group in {"", *groups}]
            _write_sheet(book, title, columns, with_total(lines), words, notice)
        _write_notes(book)
    return out.getvalue()


def _write_sheet(
    book: Any,
    title: str,
    columns: Sequence[Column],
    lines: Sequence[DistrictLine],
    words: str,
    notice: str,
) -> None:
    """One sheet, as wide as a sheet of A4 across holds: approval boxes, grouped headings, a line each."""

    def style(**settings: object) -> Any:
        return book.add_format({"font_name": "맑은 고딕", "font_size": 10, "valign": "vcenter", **settings})

    sheet = book.add_worksheet(title)
    boxed = {"border": 1, "border_color": "#9AA3AD"}
    heading = style(bold=True, bg_color="#E8ECF1", align="center", text_wrap=True, **boxed)
    number, text = style(num_format="#,##0", align="right", **boxed), style(align="right", **boxed)
    tenths, name = style(num_format="#,##0.0", align="right", **boxed), style(bold=True, **boxed)
    sheet.write_string(0, 0, f"{TITLE}: {title}", style(bold=True, font_size=15))
    sheet.write_string(1, 0, words, style())
    if notice:
        sheet.write_string(2, 0, notice, style(bold=True, font_color="#9B1C1C"))
    last = len(columns) - 1
    sheet.merge_range(0, last - 3, 2, last - 3, "결재", heading)
    for offset, word in enumerate(("담당", "검토", "확인")):
        sheet.write_string(0, last - 2 + offset, word, heading)
        sheet.merge_range(1, last - 2 + offset, 2, last - 2 + offset, "", style(**boxed))
    for row, height in ((0, 22), (1, 26), (2, 26), (5, 58)):
        sheet.set_row(row, height)
    start = 0
    for index, column in enumerate(columns):
        sheet.set_column(index, index, 11 if index == 0 else 9)
        sheet.write_string(5, index, column.heading, heading)
        if index == last or columns[index + 1].group != column.group:
            if start == index:
                sheet.write_string(4, index, column.group, heading)
            else:
                sheet.merge_range(4, start, 4, index, column.group, heading)
            start = index + 1
    for row, line in enumerate(lines, start=6):
        sheet.set_row(row, 19)
        for index, column in enumerate(columns):
            value = column.value(line)
            if isinstance(value, str):
                sheet.write_string(row, index, value, name if index == 0 else text)
            else:
                sheet.write_number(row, index, value, tenths if isinstance(value, float) else number)
    sheet.freeze_panes(6, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(4, 5)
    sheet.set_footer(f"&L{TITLE}&C&P / &N")


def _write_notes(book: Any) -> None:
    sheet = book.add_worksheet("설명")
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    rows = (*((column.heading, column.meaning) for column in COLUMNS if column.meaning), *NOTES)
    for number, (word, meaning) in enumerate(rows):
        sheet.write_string(number, 0, word, bold)
        sheet.write_string(number, 1, meaning, wrapped)
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
