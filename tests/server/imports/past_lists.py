"""Lists of past inspections as offices keep them, made up, and what is true of each row, in the form of judging.py."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

DISTRICT = "한빛구"
ROOMS = "방목록.csv"
PLACES = (
    "시설명,주소,남녀구분,층,칸수\n"
    "가람공원 화장실,서울특별시 한빛구 가람로 1,남,1,3\n"
    "가람공원 화장실,서울특별시 한빛구 가람로 1,여,1,5\n"
    "나루쉼터 화장실,서울특별시 한빛구 나루로 22,공용,1,1\n"
    "새터시장,서울특별시 한빛구 새터로 7,여,1,4\n"
    "새터시장,서울특별시 한빛구 새터로 7,여,2,4\n"
    "새터시장,서울특별시 한빛구 새터로 7,남,1,2\n"
    "두물공원 화장실,서울특별시 한빛구 두물로 3,여,1,2\n"
    "두물공원 화장실,서울특별시 한빛구 두물로 90,여,1,2\n"
)
"""What is registered before."""
SECRETS = ("홍길동", "김철수", "이영희", "900101-1234567", "박신고", "조용히 처리 바람", "010-1234-5678")
Expected = dict[str, Any] | None
_ASKED: dict[str, Any] = {"day": "asked"}  # whatever comes in of such a row is wrong


def _gave(room: str, day: str, at: str, method: str, result: str, document: str, persons: int | None) -> dict[str, Any]:
    names = ("known_as", "day", "at", "method", "result", "document", "persons")
    return dict(zip(names, (room, day, at, method, result, document, persons), strict=True))


MEN, WOMEN = "가람공원 화장실 · 1층 남자 화장실", "가람공원 화장실 · 1층 여자 화장실"
ALL, FIRST = "나루쉼터 화장실 · 1층 공용 화장실", "새터시장 · 1층 여자 화장실"
OF_CSV: tuple[tuple[Sequence[str], Expected], ...] = (
    (
        (
            "1",
            "2025.3.7. 14:30",
            "가람공원 화장실",
            "한빛구 가람로 1",
            "남",
            "1층",
            "육안, 렌즈탐지기(K18)",
            "이상 없음",
            "점검-2025-11",
            "홍길동, 김철수",
            "",
        ),
        _gave(MEN, "2025-03-07", "14:30", "instruments", "nothing_unusual", "점검-2025-11", 2),
    ),
    (
        (
            "2",
            "2025.3.7. 14:50",
            "가람공원화장실",
            "서울시 한빛구 가람로1",
            "여자",
            "1",
            "육안 점검",
            "특이사항 없음",
            "점검-2025-12",
            "홍길동",
            "조용히 처리 바람",
        ),
        _gave(WOMEN, "2025-03-07", "14:50", "by_eye", "nothing_unusual", "점검-2025-12", 1),
    ),
    (
        ("3", "2025-03-08", "나루쉼터 화장실", "", "", "", "전파탐지기", "양호", "", "주무관 이영희", ""),
        _gave(ALL, "2025-03-08", "", "instruments", "nothing_unusual", "", 1),
    ),
    (
        (
            "4",
            "2025-03-09 오전 10:05",
            "새터시장",
            "한빛구 새터로 7",
            "여",
            "1층",
            "육안",
            "재점검 필요",
            "점검-2025-14",
            "",
            "",
        ),
        _gave(FIRST, "2025-03-09", "10:05", "by_eye", "recheck", "점검-2025-14", None),
    ),
    (("5", "25.3.10", "가람공원 화장실", "", "남", "", "육안", "이상없음", "점검-2025-15", "", ""), _ASKED),
    (("6", "1905-07-17", "가람공원 화장실", "", "남", "", "육안", "이상없음", "점검-2025-16", "", ""), _ASKED),
    (("7", "45726", "가람공원 화장실", "", "남", "", "육안", "이상없음", "점검-2025-17", "", ""), _ASKED),
    (("8", "2027-03-10", "가람공원 화장실", "", "남", "", "육안", "이상없음", "점검-2025-18", "", ""), _ASKED),
    (("9", "2025-03-10", "먼바다 화장실", "", "남", "", "육안", "이상없음", "점검-2025-19", "", ""), _ASKED),
    (("10", "2025-03-10", "새터시장", "", "여", "", "육안", "이상없음", "점검-2025-20", "", ""), _ASKED),
    (("11", "2025-03-10", "두물공원 화장실", "", "여", "", "육안", "이상없음", "점검-2025-21", "", ""), _ASKED),
    (
        ("12", "2025-03-10", "가람공원 화장실", "", "여", "", "육안", "발견", "점검-2025-22", "", "신고자 박신고"),
        _ASKED,
    ),
    (("13", "2025-03-10", "가람공원 화장실", "", "여", "", "홍길동", "이상없음", "점검-2025-23", "", ""), _ASKED),
    (("14", "2025-03-10", "가람공원 화장실", "", "여", "", "육안", "O", "점검-2025-24", "", ""), _ASKED),
    (("15", "2025-03-10 2:30", "가람공원 화장실", "", "남", "", "육안", "이상없음", "점검-2025-25", "", ""), _ASKED),
    (("16", "2025.3.7. 14:30", "가람공원 화장실", "", "남", "1층", "육안", "이상없음", "점검-2025-11", "", ""), _ASKED),
    (
        ("17", "2025-03-11", "가람공원 화장실 900101-1234567", "", "남", "", "육안", "이상없음", "점검-26", "", ""),
        _ASKED,
    ),
    (("18", "2025-03-12", "가람공원 화장실", "", "남·여", "", "육안", "이상없음", "점검-2025-27", "", ""), _ASKED),
    (
        (
            "19",
            "2025-03-13",
            "가람공원 화장실",
            "달빛구 가람로 1",
            "남",
            "",
            "육안",
            "이상없음",
            "점검-2025-28",
            "",
            "",
        ),
        None,
    ),
    (("", "", "", "", "", "", "", "합계 19건", "", "", ""), None),
)
CSV_HEADING = ("연번", "점검일시", "시설명", "주소", "성별", "층", "점검방법", "점검결과", "문서번호", "점검자", "비고")


def csv_list() -> tuple[bytes, dict[str, Any]]:
    """Exported by a spreadsheet in CP949, under a title."""
    lines = ["2025년 불법촬영 점검대장,,,,,,,,,,", ",".join(CSV_HEADING)]
    lines += [",".join(f'"{cell}"' for cell in cells) for cells, _ in OF_CSV]
    data = "\r\n".join(lines).encode("cp949")
    return data, _truth({number: expected for number, (_, expected) in enumerate(OF_CSV, 3)})


OF_SHEET: tuple[tuple[Sequence[object], Expected], ...] = (
    (
        ("가람공원 화장실", "남자", "2025-04-01", "09:20", "렌즈 탐지기", "이상없음", "A-1", "2명", "홍길동·김철수"),
        _gave(MEN, "2025-04-01", "09:20", "instruments", "nothing_unusual", "A-1", 2),
    ),
    (
        ("", "여자", "2025-04-01", "09:40", "렌즈 탐지기", "이상없음", "A-2", "2", ""),
        _gave(WOMEN, "2025-04-01", "09:40", "instruments", "nothing_unusual", "A-2", 2),
    ),
    (
        ("나루쉼터 화장실", "공용", 45749.604, "", "눈", "이상무", "A-3", "", "환경과 이영희"),
        _gave(ALL, "2025-04-02", "14:30", "by_eye", "nothing_unusual", "A-3", None),
    ),
    (
        ("새터시장(1층 여자화장실)", "", "2025년 4월 3일(목)", "오후 3시", "육안+탐지기", "정상", "A-4", "", ""),
        _gave(FIRST, "2025-04-03", "15:00", "instruments", "nothing_unusual", "A-4", None),
    ),
    (("새터시장", "여자", "2025-04-03", "15:00~15:20", "육안", "정상", "A-5", "", ""), _ASKED),
    (("가람공원 화장실", "남자", "2025-04-04(월)", "", "육안", "정상", "A-6", "", ""), _ASKED),
    (("가람공원 화장실", "남자", "2025-04-05", "", "육안", "정상", "A-7", "3", "홍길동, 김철수"), _ASKED),
    (("가람공원 화장실", "남자", "2025-04-06", "", "", "정상", "A-8", "", ""), _ASKED),
    (("가람공원 화장실", "남자", "〃", "", "육안", "정상", "A-9", "", ""), _ASKED),
    (("가람공원 화장실(확인 필요)", "남자", "2025-04-07", "", "육안", "정상", "A-10", "", ""), _ASKED),
    (("가람공원 화장실", "남자", "2025-04-08", "", "육안", "미실시", "A-11", "", "담당자 010-1234-5678"), _ASKED),
    (("시설명", "구분", "점검일", "시간", "방법", "결과", "문서번호", "인원", "점검자"), None),
    (("※ 야간 점검은 제외함", *[""] * 8), None),
)


def workbook_list() -> tuple[bytes, dict[str, Any]]:
    """A workbook with a heading over two lines, merged, and facilities merged over their rooms."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("2분기")
        bold = book.add_format({"bold": True})
        sheet.merge_range(0, 0, 0, 8, "2025년 2분기 점검 실적", bold)
        sheet.write_row(2, 0, ("시설명", "구분", "점검", "", "", "", "문서번호", "점검자", ""))
        sheet.write_row(3, 0, ("", "", "점검일", "점검시간", "점검방법", "점검결과", "", "인원", "점검자명"))
        for column, word in ((0, "시설명"), (1, "구분"), (6, "문서번호")):
            sheet.merge_range(2, column, 3, column, word)
        sheet.merge_range(2, 2, 2, 5, "점검")
        sheet.merge_range(2, 7, 2, 8, "점검자")
        for number, (cells, _) in enumerate(OF_SHEET, 4):
            sheet.write_row(number, 0, cells)
        sheet.merge_range(4, 0, 5, 0, "가람공원 화장실")
    truth = _truth({number: expected for number, (_, expected) in enumerate(OF_SHEET, 5)})
    headings = {"점검 점검일": "day", "점검 점검시간": "time", "점검 점검방법": "method", "점검 점검결과": "result"}
    return out.getvalue(), truth | {
        "columns": headings | {"점검자 인원": "persons", "점검자 점검자명": "inspectors", "구분": "sex"}
    }


def _truth(rows: dict[int, Expected]) -> dict[str, Any]:
    return {
        "kind": "inspections",
        "district": DISTRICT,
        "before": ROOMS,
        "secrets": list(SECRETS),
        "rows": {str(line): expected for line, expected in rows.items()},
    }


def places_truth() -> dict[str, Any]:
    """Of the rooms that are registered before."""
    rows: dict[str, Expected] = {str(line): {} for line in range(2, len(PLACES.splitlines()) + 1)}
    return {"kind": "rooms", "district": DISTRICT, "rows": rows}
