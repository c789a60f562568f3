"""Two more lists as offices keep them, made up: a sheet with months as columns, and one that was made to be printed.

Each is (file name, octets, truth in the form of judging.py).
"""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter

Listed = tuple[str, bytes, dict[str, Any]]
MONTHS = tuple(f"{month}월" for month in range(1, 13))


def form_lists() -> tuple[Listed, ...]:
    """Both."""
    return _by_month(), _printed()


def _by_month() -> Listed:
    """Visits counted by month beside each restroom: districts merged downwards, months below a merged year."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("월별")
        sheet.merge_range(0, 0, 0, 15, "2026년 월별 점검 실적")
        for column, head in enumerate(("자치구", "시설명", "소재지")):
            sheet.merge_range(1, column, 2, column, head)
        sheet.merge_range(1, 3, 1, 14, "2026년")
        sheet.write_row(2, 3, MONTHS)
        sheet.merge_range(1, 15, 2, 15, "합계")
        places = (
            ("솔밭공원 화장실", "한빛구 솔밭로 3"),
            ("가온공원 화장실", "서울특별시 한빛구 가온길 27-1"),
            ("물빛광장 화장실", "한빛구 물빛동 44"),
            ("이웃공원 화장실", "달빛구 이웃로 9"),
        )
        sheet.merge_range(3, 0, 5, 0, "한빛구")
        sheet.write(6, 0, "달빛구")
        for number, place in enumerate(places, 3):
            sheet.write_row(number, 1, place)
            sheet.write_row(number, 3, ["○" if (month + number) % 3 else "" for month in range(12)])
            sheet.write(number, 15, 8)
        sheet.write_row(7, 0, ["소계", "", "", *([3] * 12), 32])
    truth = {
        "kind": "facilities",
        "district": "한빛구",
        "columns": dict.fromkeys((*(f"2026년 {month}" for month in MONTHS), "합계"), "left_out"),
        "rows": {
            "4": {"name": "솔밭공원 화장실", "address": "한빛구 솔밭로 3", "district": "한빛구"},
            "5": {"name": "가온공원 화장실", "address": "서울특별시 한빛구 가온길 27-1", "district": "한빛구"},
            "6": {"name": "물빛광장 화장실", "address": "한빛구 물빛동 44", "district": "한빛구"},
            "7": None,
            "8": None,
        },
    }
    return "월별 점검실적.xlsx", out.getvalue(), truth


def _printed() -> Listed:
    """Made to be printed: headings again on each page, sums below each, a hidden column of telephones, wide digits."""
    out = io.BytesIO()
    heads = (("구", "시설명", "주소", "화장실", "", "", "관리자 연락처"), ("", "", "", "성별", "층", "칸수", ""))
    pages = (
        (
            ("솔밭도서관", "한빛구 솔밭로 ５０", "남", "１층", "３칸"),
            ("솔밭도서관", "한빛구 솔밭로 ５０", "여", "１층", "４칸"),
            ("솔밭도서관", "한빛구 솔밭로 ５０", "여", "Ｂ１", "２칸"),
        ),
        (
            ("가온체육관", "한빛구 가온길 ７", "남", "２층", "２＋１"),
            ("가온체육관", "한빛구 가온길 ７", "여", "２층", "６"),
            ("가온체육관", "한빛구 가온길 ７", "공용", "옥상", "１"),
        ),
    )
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("인쇄용")
        sheet.set_column(6, 6, None, None, {"hidden": True})
        row = 0
        for number, page in enumerate(pages, 1):
            sheet.merge_range(row, 0, row, 6, f"화장실 현황 ({number}/2)")
            for column in (0, 1, 2, 6):
                sheet.merge_range(row + 1, column, row + 2, column, heads[0][column])
            sheet.merge_range(row + 1, 3, row + 1, 5, "화장실")
            sheet.write_row(row + 2, 3, heads[1][3:6])
            sheet.merge_range(row + 3, 0, row + 5, 0, "한빛구")
            for line, cells in enumerate(page, row + 3):
                sheet.write_row(line, 1, [*cells, "010-1234-5678"])
            sheet.write_row(row + 6, 0, ["소계", "", "", "", "", f"{len(page)}실", ""])
            sheet.write(row + 7, 3, f"- {number} -")
            row += 9
        sheet.write_row(row, 0, ["총계", "", "", "", "", "6실", ""])
    library, gym = "솔밭도서관", "가온체육관"
    truth = {
        "kind": "rooms",
        "district": "한빛구",
        "columns": {"화장실 성별": "sex", "화장실 층": "floor", "화장실 칸수": "stalls", "관리자 연락처": "left_out"},
        "secrets": ["010-1234-5678", "1234-5678"],
        "rows": {
            "4": {"name": library, "sex": "men", "floor": 1, "stalls": 3, "address": "한빛구 솔밭로 50"},
            "5": {"name": library, "sex": "women", "floor": 1, "stalls": 4, "address": "한빛구 솔밭로 50"},
            "6": {"name": library, "sex": "women", "floor": -1, "stalls": 2, "address": "한빛구 솔밭로 50"},
            **dict.fromkeys(("7", "8", "10", "11", "12"), None),
            "13": {"name": gym, "sex": "men", "floor": 2, "stalls": "not to be told"},
            "14": {"name": gym, "sex": "women", "floor": 2, "stalls": 6},
            "15": {"name": gym, "sex": "all", "floor": "not to be told"},
            **dict.fromkeys(("16", "17", "19"), None),
        },
    }
    return "인쇄용 현황.xlsx", out.getvalue(), truth
