"""Files of facilities as offices publish them, made up: small, and wrong in the ways that real ones are; a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

NATIONAL = (
    *(
        "번호",
        "구분",
        "근거",
        "화장실명",
        "소재지도로명주소",
    ),
    *(
        "소재지지번주소",
        "남성용-대변기수",
        "남성용-소변기수",
        "남성용-장애인용대변기수",
        "여성용-대변기수",
    ),
    *(
        "여성용-장애인용대변기수",
        "관리기관명",
        "전화번호",
        "개방시간",
        "설치연월",
    ),
    *(
        "WGS84위도",
        "WGS84경도",
    ),
)
SEOUL = (
    *(
        "연번",
        "도로명주소",
        "지번주소",
        "x 좌표",
        "y 좌표",
    ),
    *(
        "건물명",
        "구 명칭",
        "전화번호",
        "유형",
        "개방시간",
    ),
    *(
        "소재지 용도",
        "화장실 현황",
        "장애인화장실 현황",
        "편의시설 (기타설비)",
        "안내표지",
    ),
    *(
        "소재지",
        "비고",
    ),
)
CHANGING = (
    *(
        "시설명",
        "탈의실명",
        "주소",
        "구",
        "성별",
    ),
    *(
        "칸수",
        "근거",
        "근거조문",
        "동의일",
        "동의문서",
    ),
    *(
        "위도",
        "경도",
    ),
)


def csv_file(columns: Iterable[str], rows: Iterable[dict[str, str]], encoding: str = "utf-8-sig") -> bytes:
    """A file of these columns; what a row does not name is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*columns], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def national_row(number: int, **cells: str) -> dict[str, str]:
    """A row without faults; `cells` go over it, by names without the marks that Python does not take."""
    row = {
        "번호": f"3-{number}",
        "구분": "공중화장실",
        "화장실명": f"가람{number}공원 화장실",
        "소재지도로명주소": f"서울특별시 강북구 가람로 {number}",
        "남성용-대변기수": "2",
        "남성용-소변기수": "3",
        "여성용-대변기수": "4",
        "관리기관명": "강북구청",
        "개방시간": "06:00~22:00",
        "설치연월": "2010-05",
        "WGS84위도": f"{37.60 + number / 1000:.6f}",
        "WGS84경도": "127.030000",
    }
    return row | cells


def seoul_row(number: int, **cells: str) -> dict[str, str]:
    """The same of the city's own layout."""
    row = {
        "연번": str(number),
        "도로명주소": f"서울특별시 강북구 나루로 {number}",
        "x 좌표": "127.030000",
        "y 좌표": f"{37.62 + number / 1000:.6f}",
        "건물명": f"나루{number} 화장실",
        "구 명칭": "강북구",
        "유형": "공중",
        "화장실 현황": "남1,여1",
    }
    return row | cells


LIST = "시설명,주소,남녀구분,층,칸수\n가람공원,한빛구 가람로 1,남,1,3칸\n가람공원,한빛구 가람로 1,여,1,5칸\n"
"""Two rooms of one facility, as an office lists them."""


def workbook(rows: Sequence[Sequence[object]], merged: Sequence[tuple[int, int, int, int, str]] = ()) -> bytes:
    """A workbook of one sheet; merged cells come last, and win."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for top, left, bottom, right, text in merged:
            sheet.merge_range(top, left, bottom, right, text)
    return out.getvalue()
