"""Lists as offices keep them, made up, with what is true of each: three here, two forms (forms.py), five of clerks
(clerks.py). `python -m tests.server.imports.messy FOLDER` writes them beside their truth, in the form of judging.py.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.server.imports.clerks import clerks_lists
from tests.server.imports.forms import form_lists


def write_messy_lists(folder: Path) -> None:
    """All of them."""
    for name, data, truth in (_parks(), _rooms(), _two_forms(), *form_lists(), *clerks_lists()):
        (folder / name).write_bytes(data)
        stem = name.rpartition(".")[0]
        (folder / f"{stem}.truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")


def _csv(rows: Iterable[Sequence[object]], encoding: str, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


def _parks() -> tuple[str, bytes, dict[str, Any]]:
    """Two lines of headings with the gaps of a merge, a title, sums, counts with words, a reporter's name."""
    rows: list[Sequence[object]] = [
        ("공원 화장실 시설 현황 (2025. 6. 30. 기준)", *[""] * 8),
        [""] * 9,
        ("", "", "", "", "", "", "", "", "공원녹지과"),
        ("순번", "화장실명", "소재지", "남자", "", "여자", "준공연도", "관리부서", "비고"),
        ("", "", "", "대변기", "소변기", "대변기", "", "", ""),
        ("1", "솔밭어린이공원 화장실", "한빛구 솔밭로 3", "2칸", "3", "4칸", "2011", "공원녹지과", ""),
        (
            "2",
            "가온공원 (남측)",
            "서울시 한빛구 가온길 27-1",
            "1",
            "1",
            "2",
            "1905-07-02",
            "공원녹지과",
            "신고자 박민수 통화함",
        ),
        ("3", "가온공원 (북측)", "서울시 한빛구 가온길 29", "2+1", "2", "3", "2015", "공원녹지과", ""),
        ("소계", "", "", "5", "6", "9", "", "", ""),
        ("4", "물빛쉼터", "한빛구 물빛동 산 12-4", "없음", "없음", "1칸", "2019", "", "880101-2345678"),
        ("5", "", "한빛구 물빛동 88", "1", "1", "1", "", "", ""),
        ("6", "늘봄마당 화장실", "한빛구 늘봄로 5", "3", "", "5", "", "", ""),
        ("합 계", "", "", "9", "7", "15", "", "", ""),
        ("※ 장애인 칸은 포함하지 아니함", *[""] * 8),
    ]
    truth = {
        "kind": None,
        "district": "한빛구",
        "columns": {"준공연도": "installed"},
        "secrets": ["박민수", "880101-2345678", "880101"],
        "rows": {
            "6": {
                "name": "솔밭어린이공원 화장실",
                "address": "한빛구 솔밭로 3",
                "men_stalls": 2,
                "men_urinals": 3,
                "women_stalls": 4,
                "installed": "2011",
            },
            "7": {
                "name": "가온공원 (남측)",
                "address": "서울시 한빛구 가온길 27-1",
                "men_stalls": 1,
                "women_stalls": 2,
            },
            "8": {"name": "가온공원 (북측)", "men_stalls": 3, "women_stalls": 3},
            "9": None,
            "10": {"name": "물빛쉼터", "address": "한빛구 물빛동 산 12-4", "women_stalls": 1},
            "11": {"address": "한빛구 물빛동 88"},
            "12": {"name": "늘봄마당 화장실", "men_stalls": 3, "women_stalls": 5},
            "13": None,
            "14": None,
        },
    }
    return "공원현황.csv", _csv(rows, "cp949"), truth


def _rooms() -> tuple[str, bytes, dict[str, Any]]:
    """A workbook that counts from 1904: facilities merged over their rooms, own headings, accounts."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": True})
    sheet = book.add_worksheet("화장실")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, 8, "구청 청사 및 체육시설 화장실 대장")
    heads = ("건물", "주 소", "층 수", "남/녀", "칸 수", "소변기", "설치일자", "청소용역 입금계좌", "담당")
    for column, head in enumerate(heads):
        sheet.write(2, column, head)
    sheet.merge_range(3, 0, 6, 0, "한빛구민체육센터")
    sheet.merge_range(3, 1, 6, 1, "서울특별시 한빛구 체육로 100")
    lines: list[tuple[object, ...]] = [
        ("B1", "남", "3칸", 4, date(2012, 5, 1), "국민은행 123456-04-567890", "강하늘"),
        ("B1", "여", "6칸", "", date(2012, 5, 1), "", "강하늘"),
        ("지상2층", "남자", 2, 2, date(2012, 5, 1), "", ""),
        ("2층", "여자", "4 칸", "-", date(2012, 5, 1), "", ""),
    ]
    lines += [
        ("3", "남·여", "2", "1", "", "", ""),
        ("1~2", "여", "5", "", "", "", ""),
        ("1", "공용", 1, "", "", "", ""),
    ]
    for row, cells in enumerate(lines, 3):
        if row > 6:
            sheet.write(row, 0, "한빛구청 별관")
            sheet.write(row, 1, "서울 한빛구 구청길 7")
        for column, cell in enumerate(cells, 2):
            if isinstance(cell, date):
                sheet.write_datetime(row, column, cell, day)
            elif cell != "":
                sheet.write(row, column, cell)
    book.close()
    center, annex = "한빛구민체육센터", "한빛구청 별관"
    truth = {
        "kind": "rooms",
        "district": "한빛구",
        "columns": {"건물": "name", "남/녀": "sex", "담당": "left_out"},
        "secrets": ["123456-04-567890", "강하늘"],
        "rows": {
            "4": {"name": center, "sex": "men", "floor": -1, "stalls": 3, "urinals": 4, "installed": "2012-05"},
            "5": {"name": center, "sex": "women", "floor": -1, "stalls": 6, "address": "서울특별시 한빛구 체육로 100"},
            "6": {"name": center, "sex": "men", "floor": 2, "stalls": 2, "urinals": 2},
            "7": {"name": center, "sex": "women", "floor": 2, "stalls": 4},
            "8": {"name": annex, "floor": 3},
            "9": {"name": annex, "sex": "women", "stalls": 5},
            "10": {"name": annex, "sex": "all", "floor": 1, "stalls": 1},
        },
    }
    return "청사화장실.xlsx", out.getvalue(), truth


def _two_forms() -> tuple[str, bytes, dict[str, Any]]:
    """One restroom written in two ways two metres apart, a row of another district, places turned round; UTF-16."""
    rows: list[Sequence[object]] = [
        ("No.", "시설 명칭", "도로명 주소", "지번 주소", "위도", "경도", "개방 시간", "민원인 성명", "구분"),
        (
            "1",
            "한빛근린공원 화장실",
            "서울특별시 한빛구 한빛로 12",
            "",
            "37.560000",
            "127.010000",
            "24시간",
            "",
            "공중화장실",
        ),
        (
            "2",
            "한빛근린공원화장실",
            "서울시 한빛구 한빛로12",
            "",
            "37.560018",
            "127.010000",
            "상시",
            "최영희",
            "공중화장실",
        ),
        (
            "3",
            "달마루 공중화장실",
            "",
            "서울특별시 한빛구 달마루동 101-2",
            "127.02",
            "37.57",
            "06:00~22:00",
            "",
            "개방화장실",
        ),
        ("4", "이웃공원 화장실", "서울특별시 중구 이웃로 9", "", "37.50", "127.00", "", "", "공중화장실"),
        ("5", "새벽시장 화장실", "서울특별시 한빛구 시장길 1", "", "0", "0", "", "", "공중화장실"),
        ("6", "역전 화장실 신한은행 110-123-456789", "서울특별시 한빛구 역전로 2", "", "", "", "", "", "공중화장실"),
    ]
    truth = {
        "kind": None,
        "district": "한빛구",
        "columns": {},
        "secrets": ["최영희", "110-123-456789"],
        "rows": {
            "2": {
                "name": "한빛근린공원 화장실",
                "address": "서울특별시 한빛구 한빛로 12",
                "latitude_deg": 37.56,
                "kind": "public",
            },
            "3": None,
            "4": {"name": "달마루 공중화장실", "latitude_deg": 37.57, "longitude_deg": 127.02, "kind": "opened"},
            "5": None,
            "6": {"name": "새벽시장 화장실", "latitude_deg": None},
            "7": {"address": "서울특별시 한빛구 역전로 2"},
        },
    }
    return "개방화장실.csv", _csv(rows, "utf-16", "\t"), truth


if __name__ == "__main__":
    write_messy_lists(Path(sys.argv[1]))
