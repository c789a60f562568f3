"""The report of a quarter to the city, as an office files it: what was inspected how, what came of it, in counts.

Input are the lines of the statistics; output is a document in the shape of `office_paper`.  Measurements, instruments
and looks by eye stand in columns of their own and have no sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from server.exports.logs.office_paper import OfficePaper, Section
from server.exports.logs.statistics_table import (
    DAY_MS,
    HOUR_MS,
    NO_NUMBER,
    DistrictLine,
    median_of,
    total_of,
)
from server.projections.log_records import Period, Printing

TITLE = "불법촬영기기 점검 결과 보고"
LAW = "공중화장실 등에 관한 법률 제12조"
CLOSING = (
    "측정(점검기), 탐지기, 육안 점검은 서로 더하지 않습니다. 탐지기·육안 점검에는 측정기록이 없습니다.",
    "‘감지된 것 없음’은 점검한 범위에서 그렇다는 뜻이며 카메라가 없다는 증명이 아닙니다.",
    "사람·주소·기기 이름은 싣지 않습니다. 확인 건의 상태는 작성한 때의 것입니다.",
)
Value = Callable[[DistrictLine], int | str]


def quarter_report(
    lines: Sequence[DistrictLine],
    period: Period,
    year: int,
    quarter: int,
    made: datetime,
    printing: Printing,
    *,
    notice: str,
    is_demo: bool,
) -> OfficePaper:
    """The report over these districts; a sum stands below where there are several.

    `notice` says which sweeps are counted, `is_demo` that none is real.
    """
    shown = [*lines, total_of(lines)] if len(lines) > 1 else list(lines)

    def table(title: str, columns: Sequence[tuple[str, Value]], *said: str) -> Section:
        rows = [[line.name, *(str(value(line)) for _, value in columns)] for line in shown]
        heads = ["구", *(head for head, _ in columns)]
        return Section(title, said, heads, [1.5, *(1.0 for _ in columns)], rows)

    return OfficePaper(
        title=f"{year}년 {quarter}분기 {TITLE}",
        english="Report of a quarter: inspections for covert recording devices",
        printing=printing,
        made=made,
        fields=(
            ("기간", f"{period.first} ~ {period.last}"),
            ("관련 법령", LAW),
            ("보고 사유", printing.reason or "분기 보고"),
        ),
        sections=(
            table(
                "점검 대상",
                (
                    ("시설", lambda line: line.facilities),
                    ("화장실", lambda line: line.restrooms),
                    ("탈의실", lambda line: line.changing_rooms),
                    ("점검한 방", lambda line: line.rooms_visited),
                    ("점검하지 못한 방", lambda line: line.rooms_unvisited),
                ),
            ),
            table(
                "점검 실적(방식별 횟수)",
                (
                    ("측정 · 정밀", lambda line: line.full),
                    ("측정 · 간이", lambda line: line.quick),
                    ("탐지기(측정기록 없음)", lambda line: line.instruments),
                    ("육안(측정기록 없음)", lambda line: line.by_eye),
                    ("가져온 기록(측정기록 없음)", lambda line: line.imported),
                    ("중단·1인", lambda line: line.not_counted),
                ),
                "방식이 다른 점검은 더하지 않습니다.",
            ),
            table(
                "확인 건과 조치",
                (
                    ("장비가 지목한 위치", lambda line: line.candidates),
                    ("시민 제보(종결)", lambda line: f"{line.public_reports}({line.public_reports_closed})"),
                    ("확인 건", lambda line: line.cases),
                    ("판정 전", lambda line: line.undecided),
                    ("카메라 아님", lambda line: line.not_camera),
                    ("카메라 또는 배제 불가(그중 장비에서)", lambda line: f"{line.cameras}({line.cameras_of_probes})"),
                    ("경찰 인계", lambda line: line.handed_over),
                ),
            ),
            table(
                "보수",
                (
                    ("요청", lambda line: line.repairs),
                    ("보수 확인", lambda line: line.repairs_checked),
                    ("기한 지남", lambda line: line.repairs_late),
                    ("확인까지(일, 중앙값)", lambda line: _median(line.to_repair_ms, DAY_MS)),
                ),
            ),
            table(
                "걸린 시간(중앙값, 시간)",
                (
                    ("접수에서 두 사람이 눈으로 확인까지", lambda line: _median(line.to_look_ms, HOUR_MS)),
                    ("발견에서 112 신고까지", lambda line: _median(line.to_call_ms, HOUR_MS)),
                ),
            ),
        ),
        closing=(*((notice,) if notice else ()), *CLOSING, "끝."),
        mark="시범 자료" if is_demo else "",
    )


def _median(times_ms: Sequence[int], unit_ms: int) -> str:
    median = median_of(times_ms, unit_ms)
    return NO_NUMBER if median is None else f"{median:.1f}"
