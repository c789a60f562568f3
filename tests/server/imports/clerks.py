"""Five lists as a clerk of a district left them, made up, with what is true of each.

Exports renamed to another ending, years of two digits, 없음 and 미상, names with titles, telephones with notes.
Each is (file name, octets, truth in the form of judging.py).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

Listed = tuple[str, bytes, dict[str, Any]]


def clerks_lists() -> tuple[Listed, ...]:
    """All five."""
    return _finders(), _team(), _market(), _opened(), _second_purchase()


def _tabbed(rows: Sequence[Sequence[str]]) -> bytes:
    return "\r\n".join("\t".join(row) for row in rows).encode("cp949")


def _finders() -> Listed:
    """A program's export with tabs, in CP949, that was renamed to .xls."""
    ours, finder, radio = "한빛구청 재난안전과", ("세이프라인", "SL-10"), ("세이프라인", "RF-7")
    last = ("보관자", "비 고")
    rows = [
        ("불법촬영 점검장비 보유현황",),
        ("담당부서 : 여성가족과", "", "", "", "", "", "", "", "", "", "작성일 : 26.11.30"),
        ("연번", "구  분", "제조사", "모델명", "제조번호", "취득일자", "최근작동확인일", "유효기간", "확인기관", *last),
        ("1", "렌즈탐지기", *finder, "SL10-0001", "23.5.11", "26.03.02", "26.09.01", ours, "사무실", ""),
        ("2", "전파탐지기", *radio, "0012", "23.5.11", "2026.3.2.", "2026.9.1.", ours, "", "케이스 파손"),
        ("3", "렌즈+전파 복합형", "나라전자", "NK-18", "NK18-33", "24.1.9", "26.03.02", "26.09.01", ours, "", ""),
        ("4", "열화상카메라", "가온광학", "T-200", "1.24E+11", "25.2.3", "", "", "", "", ""),
        ("5", "내시경카메라", "가온광학", "B-3", "없음", "25.2.3", "", "", "", "", ""),
        ("6", "손전등", "미상", "미상", "", "", "", "", "", "", ""),
        ("7", "렌즈탐지기", *finder, "SL10-0001", "23.5.11", "26.03.02", "26.09.01", ours, "", "중복?"),
        ("8", "렌즈탐지기", *finder, "SL10-0002", "", "26.03.02", "26.09.01", ours, "김도윤 주무관(내선 31)", ""),
        ("9", "전파탐지기", *radio, "0014~0017", "23.5.11", "", "", "", "", "4대"),
        ("10", "렌즈탐지기", *finder, "SL10-0003", "23.5.11", "미실시", "", "", "", ""),
        ("11", "열화상", "가온광학", "T-200", "T2-778", "25.2.3", "", "", "", "공용", ""),
        ("계", "", "", "", "14대", "", "", "", "", "", ""),
    ]  # fmt: skip
    first = {"kind": "lens_finder", "maker": "세이프라인", "model": "SL-10", "serial": "SL10-0001", "holder": None}
    truth = {
        "kind": "instruments",
        "district": "한빛구",
        "columns": {"취득일자": "left_out"},
        "secrets": ["김도윤"],
        "rows": {
            "4": first | {"checked": "2026-03-02", "good_until": "2026-09-01"},
            "5": {"kind": "rf_finder", "serial": "0012", "checked": "2026-03-02", "good_until": "2026-09-01"},
            "6": {"kind": "rf_finder+lens_finder"},
            "7": {"serial": "not to be told"},
            "8": {"kind": "borescope", "serial": ""},
            "9": {"kind": "by_eye", "maker": "not to be told"},
            "10": None,
            "11": {"kind": "lens_finder", "serial": "SL10-0002", "checked": "2026-03-02"},
            "12": None,
            "13": {"kind": "lens_finder", "serial": "SL10-0003", "checked": None},
            "14": {"kind": "thermal_imager", "serial": "T2-778", "holder": None, "checked": None},
            "15": None,
        },
    }
    return "점검장비 보유현황.xls", _tabbed(rows), truth


def _team() -> Listed:
    """The people of a team, with what nobody should have written down."""
    us, at = "한빛구청 여성가족과", "hanbit.example.kr"
    rows = [
        "2026년 하반기 공중화장실 점검반 편성(안),,,,,,,,,",
        "연번,소속,직급,성명,이메일,연락처,역할,초기비번,생년월일,비고",
        f"1,{us},주무관,김도윤,doyun.kim@{at},02-123-4567(내선 31),점검원,Hanbit#2026,900311,반장님 휴가",
        f"2,{us},팀장,박서연 팀장,SeoYeon.Park@{at},010-2345-6789(오후만),점검 반장,Hanbit#2026,,",
        "3,기간제,,이하준(여),없음,010 3456 7890,점검원,,,",
        "4,한빛구청 감사담당관,주무관,최지우,jiwoo@hanbit.example.kr,,감사담당,x,,",
        "5,한빛구청 여성가족과,주무관,정민서,minseo@hanbit.example.kr,,관리자,x,,",
        "6,달빛구청 여성가족과,주무관,강은우,eunwoo@dalbit.example.kr,,점검원,x,,파견",
        "7,한빛구청 여성가족과,주무관,윤시우,doyun.kim@hanbit.example.kr,,점검원,x,,",
        "8,한빛구청 환경과,,조아인,ain.cho@hanbit.example.kr,,미화원,,,",
        "9,한빛구청 여성가족과,주무관,임도현,dohyun.lim@hanbit.example.kr,,점검원(보조),x,,",
        "10,여성가족과,주무관,한유나,yuna.han@hanbit.example.kr,,점검원,x,880505-2345678,",
        ",,,총 10명,,,,,,",
        "※ 초기비번은 최초 로그인 후 변경,,,,,,,,,",
    ]
    truth = {
        "kind": "people",
        "district": "한빛구",
        "columns": {},
        "secrets": [
            *("김도윤", "박서연", "이하준", "최지우", "한유나"),
            *("Hanbit#2026", "900311", "880505", "2345-6789", "3456 7890"),
        ],
        "rows": {
            "3": {"username": "doyun.kim", "role": "inspector", "district": "한빛구"},
            "4": {"username": "seoyeon.park", "role": "supervisor"},
            "5": {"username": "not to be told"},
            "6": {"username": "jiwoo", "role": "auditor"},
            "7": {"username": "minseo", "role": "not to be told"},
            "8": None,
            "9": None,
            "10": {"username": "ain.cho", "role": "cleaner"},
            "11": {"username": "dohyun.lim", "role": "inspector"},
            "12": {"username": "yuna.han", "role": "inspector", "district": "한빛구"},
            "13": None,
            "14": None,
        },
    }  # fmt: skip
    return "점검반 편성명단.csv", "\r\n".join(rows).encode("cp949"), truth


def _market() -> Listed:
    """Rooms of markets, typed by somebody who went there."""
    rows = [
        "전통시장 화장실 칸수 조사,,,,,,,,",
        "번호,시설 명,주소,층,성별,대변기(칸),소변기,설치,관리주체",
        "1,솔밭시장 화장실,한빛구 솔밭로 31,1층,남,3칸,4개,'09.5,솔밭시장 상인회",
        "2,솔밭시장 화장실,한빛구 솔밭로 31,1층,여,5칸,없음,'09.5,솔밭시장 상인회",
        "3,가온시장,서울 한빛구 가온길 8,지하1,남,없음,없음,2014,박순자",
        "4,가온시장,서울 한빛구 가온길 8,지하1,여,2칸,,2014,가온시장 상인회",
        "5,달마루시장(신관),한빛구 달마루길 70,2,남/여,각 2칸,3,미상,구청 지역경제과",
        "6,달마루시장(신관),한빛구 달마루길 70,2층,여,2,-,2019.3,구청 지역경제과",
        "7,늘봄상가,한빛구 늘봄로 5-1,1,남,1(좌변기),2,15-3,",
        "8,늘봄상가,한빛구 늘봄로 5-1,1,공용,1,0,2015.3,최영수 010-9876-5432",
        "소 계,,,,,16칸,9개,,",
    ]
    market, hall = "솔밭시장 화장실", "달마루시장(신관)"
    truth = {
        "kind": "rooms",
        "district": "한빛구",
        "columns": {"설치": "installed", "대변기(칸)": "stalls"},
        "secrets": ["박순자", "최영수", "9876-5432"],
        "rows": {
            "3": {"name": market, "sex": "men", "floor": 1, "stalls": 3, "urinals": 4, "installed": "2009-05"},
            "4": {"name": market, "sex": "women", "floor": 1, "stalls": 5, "urinals": 0, "installed": "2009-05"},
            "5": {"name": "가온시장", "sex": "men", "floor": -1, "stalls": 0, "urinals": 0, "operator": ""},
            "6": {"name": "가온시장", "sex": "women", "floor": -1, "stalls": 2, "installed": "2014"},
            "7": {"name": hall, "sex": "men+women"},
            "8": {"name": hall, "sex": "women", "floor": 2, "stalls": 2, "installed": "2019-03"},
            "9": {"name": "늘봄상가", "sex": "men", "stalls": 1, "urinals": 2, "installed": "2015-03"},
            "10": {"name": "늘봄상가", "sex": "all", "floor": 1, "stalls": 1, "operator": ""},
            "11": None,
        },
    }
    return "시장 화장실 조사.csv", "\r\n".join(rows).encode("cp949"), truth


def _opened() -> Listed:
    """Opened restrooms in a workbook: years that became days of 1905, both addresses, counts in one cell."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("지정현황")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write(0, 0, "개방화장실 지정 현황")
        heads = (
            "순번",
            "건물명",
            "도로명주소",
            "지번주소",
            "남자 대변기",
            "남자 소변기",
            "여자 대변기",
            "개방시간",
            "지정연도",
            "관리인",
            "설치연도",
        )
        sheet.write_row(1, 0, heads)
        lines: tuple[tuple[object, ...], ...] = (
            (
                1,
                "한빛빌딩",
                "서울특별시 한빛구 한빛로 100",
                "한빛동 15-2",
                2,
                3,
                3,
                "09:00~18:00",
                "'21",
                "김한수",
                2010,
            ),
            (2, "가람프라자", "한빛구 가람로 22 (가람동)", "", "2", "2", "없음", "24시간", "2022", "", ""),
            (3, "물빛타워", "", "한빛구 물빛동 201-7", "2/1", "", 3, "0.375", "23.4", "", 2013),
            (4, "새벽의원", "한빛구 새벽로 3", "", "없음", "없음", "없음", "진료시간", "2020", "의원", 1998),
            (5, "노을주유소", "한빛구 노을로 9", "한빛구 노을동 9", 1, 1, 1, "상시", "2019", "대표 오세진", 2001),
            (6, "별빛카페", "한빛구 별빛길 14", "", "１", "１", "２", "10:00-22:00", "2023", "", 2016),
        )
        for number, line in enumerate(lines, 2):
            sheet.write_row(number, 0, line[:-1])
            if line[-1] != "":
                sheet.write(number, 10, line[-1], day if number in {2, 4} else None)
        sheet.write(8, 1, "합계 6개소")
    truth = {
        "kind": "facilities",
        "district": "한빛구",
        "columns": {"지정연도": "left_out", "관리인": "operator", "설치연도": "installed"},
        "secrets": ["김한수", "오세진"],
        "rows": {
            "3": {"name": "한빛빌딩", "address": "서울특별시 한빛구 한빛로 100", "men_stalls": 2, "women_stalls": 3},
            "4": {"name": "가람프라자", "men_stalls": 2, "men_urinals": 2},
            "5": {"name": "물빛타워", "address": "한빛구 물빛동 201-7", "men_stalls": 3},
            "6": {"name": "새벽의원", "installed": "1998", "rooms": 0},
            "7": {"name": "노을주유소", "installed": "2001", "operator": ""},
            "8": {"name": "별빛카페", "men_stalls": 1, "women_stalls": 2, "installed": "2016"},
            "9": None,
        },
    }  # fmt: skip
    return "개방화장실 지정현황.xlsx", out.getvalue(), truth


def _second_purchase() -> Listed:
    """Instruments in a workbook: days as days and as text, digits of full width, terms instead of days."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("2차")
        day = book.add_format({"num_format": "yyyy. m. d"})
        sheet.merge_range(0, 0, 0, 8, "점검장비 2차 구매분")
        heads = ("품명", "제조업체", "모델", "일련번호", "수량", "기능점검일", "유효기간", "점검기관", "사용자")
        sheet.write_row(2, 0, heads)
        tried, until = date(2026, 5, 20), date(2027, 5, 19)
        lines: tuple[tuple[object, ...], ...] = (
            ("적외선 열화상기", "가온광학", "T-300", "Ｔ３-００１", 1, tried, until, "가온광학 고객센터", ""),
            ("몰카 탐지기", "세이프라인", "SL-20", "SL20-1", 1, tried, until, "한국시험원", ""),
            ("휴대용 전자파 탐지기", "나라전자", "NR-1", "20260101", "1대", "26/5/20", "6개월", "한국시험원", ""),
            ("렌즈 탐지기(적색 LED)", "세이프라인", "SL-20", "SL20-2", "1", "2026.13.1", until, "한국시험원", ""),
            ("내시경", "가온광학", "B-5", "B5-01", 1, date(2005, 6, 1), until, "한국시험원", ""),
            ("내시경", "가온광학", "B-5", "B5-02", 3, "", "", "", ""),
            ("확대경", "가온광학", "10배", "", 1, "", "", "", "캐비닛"),
            ("렌즈 탐지기", "세이프라인", "SL-20", "SL20-3", 1, tried, until, "이정훈", ""),
            ("렌즈 탐지기", "세이프라인", "SL-20", "SL20-4", 1, tried, date(2028, 5, 19), "한국시험원", ""),
            ("렌즈 탐지기", "〃", "SL-20", "SL20-5", 1, "", "", "", ""),
            ("렌즈 탐지기", "세이프라인", "SL-20", "SL20-6", 1, "", "", "", ""),
        )
        for number, line in enumerate(lines, 3):
            for column, cell in enumerate(line):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                else:
                    sheet.write(number, column, cell)
    truth = {
        "kind": "instruments",
        "district": "한빛구",
        "columns": {},
        "secrets": ["이정훈"],
        "rows": {
            "4": {"kind": "thermal_imager", "serial": "T3-001", "checked": "2026-05-20", "good_until": "2027-05-19"},
            "5": {"kind": "not to be told"},
            "6": {"kind": "rf_finder", "serial": "20260101", "good_until": "2026-11-19"},
            "7": {"kind": "lens_finder", "checked": "not to be told"},
            "8": {"kind": "borescope", "serial": "B5-01", "checked": "2005-06-01"},
            "9": {"kind": "borescope", "serial": "three of them"},
            "10": {"kind": "by_eye", "model": "10배", "serial": "", "holder": None},
            "11": {"kind": "lens_finder", "serial": "SL20-3", "checked": "2026-05-20"},
            "12": {"kind": "lens_finder", "serial": "SL20-4", "checked": "2026-05-20", "good_until": "2028-05-19"},
            "13": {"kind": "lens_finder", "maker": "세이프라인", "serial": "SL20-5"},
            "14": {"kind": "lens_finder", "maker": "세이프라인", "serial": "SL20-6", "checked": None},
        },
    }  # fmt: skip
    return "장비_2차구매.xlsx", out.getvalue(), truth
