"""What an office files of inspections with instruments, read back: PDF, HWPX and workbook; number, boxes, names."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import func, select

from server.interface.words import EQUIPMENT
from server.people.document_names import names_by_pseudonym
from server.store.clock import today
from server.store.schema import access_log as accesses
from server.store.schema import body_data, document_names, issued_documents
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.documents.paper_kit import hwpx_tables, pdf_words
from tests.server.inspection_kit import MAPO, Ground, ground

UNMEASURED = EQUIPMENT["not_measured"].ko
OFFICE = {"approval": ["담당", "팀장", "과장", "국장"], "number_word": "여성가족과", "shows_names": True}
NAME = "김점검"


@pytest.fixture
def mapo(site: Site) -> Ground:
    return ground(site)


def _inspected(mapo: Ground) -> str:
    """A visit: a glint that is explained, a signal, the rest nothing; one zone by eye alone, one left out."""
    first, second, left_out = mapo.zones
    seen: dict[str, Any] = {"place": {"x_m": 1.0, "y_m": 0.5}, "afterwards": "explained"}
    looks = [
        mapo.look(first, after_s=20, saw="glint", **seen),
        mapo.look(first, kind="rf_finder", after_s=65, saw="signal"),
        mapo.look(second, kind="by_eye", after_s=90),
    ]
    assert left_out not in {look["zone_id"] for look in looks}
    came = datetime.now(UTC) - timedelta(minutes=30)
    body = mapo.body(looks=looks, entered=came.isoformat())
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201
    return str(body["sweep_id"])


def _file(client: Client, format_: str, **asked: str) -> bytes:
    """The log of today and yesterday: half an hour ago may be either."""
    last = today()
    days = {"from": (last - timedelta(days=1)).isoformat(), "to": last.isoformat()}
    query = {"reason": "월간 보고", "format": format_} | days | asked
    answer = client.get("/api/exports/inspection-log", **query)
    assert answer.status_code == 200, answer.text
    return answer.content


def _cells(data: bytes, number: int) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        sheet = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314  made a moment ago
    return ["".join(cell.itertext()) for cell in sheet.iterfind(".//{*}c")]


def _username(client: Client) -> str:
    found: str = client.get("/api/me").json()["user"]["username"]
    return found


def test_the_form_of_an_inspection_says_what_each_instrument_showed_and_that_nothing_was_measured(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    sweep_id = _inspected(mapo)
    officer = person(site, "district_officer", MAPO)
    said = pdf_words(_file(officer, "pdf", sweep_id=sweep_id), tmp_path)
    for expected in (
        UNMEASURED,
        "점검방법 Methods 렌즈 탐지기 · 전파 탐지기 · 육안(손전등·확대경)",
        f"렌즈 탐지기 가상 K18 · 일련번호 1 · 최근 작동 확인 {today()}",
        "구역별 탐지기·육안 점검",
        "반짝임 · 도면 왼쪽 위에서 오른쪽 1.00 m, 아래 0.50 m · 눈으로 확인: 카메라 아님 0분 20초",
        "신호 감지, 위치 미확인 1분 05초",
        "미실시",
        "미점검 구역 1곳 · 신호 1건",
        "위와 같이 점검하였음을 확인합니다.",
        "측정값이 아닙니다",
        "점검한 구역",
    ):
        assert expected in said, expected
    for never in ("보고서 없이", "인쇄할 수 없습니다", "안전", "%", "추정 확률"):
        assert never not in said, never
    form, *rest = hwpx_tables(_file(officer, "hwpx", sweep_id=sweep_id), tmp_path)[1:]
    fields = {row[0]: [cell for cell in row[1:] if cell] for row in form}
    assert fields["장비 점검 결과"][0].startswith(UNMEASURED)
    assert fields["점검방법"] == ["렌즈 탐지기 · 전파 탐지기 · 육안(손전등·확대경)"]
    used, looks = rest[:2]
    assert used[1:] == [["렌즈 탐지기", "가상 K18", "1", str(today())], ["전파 탐지기", "가상 K18", "1", str(today())]]
    assert [row[2].split(" · ")[0] for row in looks[1:]] == [
        "반짝임",
        "신호 감지, 위치 미확인",
        "특이사항 없음",
        "미실시",
    ]
    assert [row[2] for row in looks if row[1] == "–"] == ["미실시"]


def test_a_month_counts_measurements_instruments_and_looks_by_eye_apart(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    _inspected(mapo)
    by_eye = mapo.body(kind="by_eye")
    assert mapo.record(by_eye).status_code == 201
    officer = person(site, "district_officer", MAPO)
    said = pdf_words(_file(officer, "pdf"), tmp_path)
    assert "실측 점검 0 0 0 0 0 0 0 0" in said
    assert "탐지기 점검(측정기록 없음) 0 0 0 1 0 0 0 1" in said
    assert "육안 점검(측정기록 없음)" in said
    cells = _cells(_file(officer, "xlsx"), 1)
    assert cells.count(UNMEASURED) == 4, "result and chance of both"
    assert "미보정" not in " ".join(cells)
    totals = hwpx_tables(_file(officer, "hwpx"), tmp_path)[2]
    assert [row[0] for row in totals[1:]] == ["실측 점검", "탐지기 점검(측정기록 없음)", "육안 점검(측정기록 없음)"]


def test_an_office_has_its_own_boxes_numbers_and_names(mapo: Ground, site: Site, tmp_path: Path) -> None:
    sweep_id, first = _inspected(mapo), _username(mapo.first)
    officer, inspector = person(site, "district_officer", MAPO), mapo.first
    assert officer.get("/api/office").json()["approval"] == ["담당", "검토", "확인"]
    assert officer.put("/api/office", OFFICE).json() == OFFICE | {"district_id": MAPO, "name": ""}
    assert officer.put(f"/api/users/{first}/document-name", {"name": NAME}).status_code == 200
    assert officer.get("/api/office/names").json() == {"people": [{"username": first, "name": NAME}]}
    pseudonym = inspector.get("/api/me").json()["user"]["display_name"]

    said = pdf_words(_file(officer, "pdf", sweep_id=sweep_id), tmp_path)
    assert "문서번호 여성가족과-1" in said
    assert all(word in said for word in OFFICE["approval"])  # type: ignore[attr-defined]  # a request of any shape
    assert f"{NAME}({pseudonym})" in said
    approval, form, *_ = hwpx_tables(_file(officer, "hwpx", sweep_id=sweep_id), tmp_path)
    assert approval[0] == ["결 재", *OFFICE["approval"]]  # type: ignore[misc]  # likewise
    assert NAME in str(form)
    book = _file(officer, "xlsx")
    assert NAME in " ".join(_cells(book, 2))
    assert "문서번호 여성가족과-3" in " ".join(_cells(book, 2))
    assert NAME not in " ".join(_cells(book, 1)), "data bears pseudonyms"
    for other in (inspector, person(site, "auditor", MAPO), person(site, "city_officer", None)):
        seen = pdf_words(_file(other, "pdf", sweep_id=sweep_id), tmp_path)
        assert NAME not in seen
        assert pseudonym in seen
    for format_ in ("csv", "json"):
        assert NAME.encode() not in _file(officer, format_)
    with site.db.read() as connection:
        lines = connection.execute(select(accesses.c.shown).where(accesses.c.action == "log.exported")).scalars()
        assert sum("person_names" in line for line in lines) == 3
        numbers = connection.execute(
            select(issued_documents.c.number, issued_documents.c.district_id).order_by(issued_documents.c.made_ms)
        ).all()
    assert [row.number for row in numbers if row.district_id == MAPO] == [1, 2, 3, 4, 5, 6, 7]
    assert officer.put("/api/office", OFFICE | {"shows_names": False}).status_code == 200
    assert NAME not in pdf_words(_file(officer, "pdf", sweep_id=sweep_id), tmp_path)


def test_a_document_is_headed_by_the_districts_name_and_never_by_its_id(
    mapo: Ground, site: Site, tmp_path: Path
) -> None:
    sweep_id = _inspected(mapo)
    officer = person(site, "district_officer", MAPO)
    heads = [pdf_words(_file(officer, "pdf", sweep_id=sweep_id), tmp_path)]
    assert officer.put("/api/office", OFFICE | {"name": "마포구"}).json()["name"] == "마포구"
    heads.append(pdf_words(_file(officer, "pdf", sweep_id=sweep_id), tmp_path))
    assert [("기관명 미기재" in head, "마포구" in head) for head in heads] == [(True, False), (False, True)]
    (district,) = officer.get("/api/districts").json()["districts"]
    assert district["name"] == {"ko": "마포구", "en": "마포구"}


def test_a_name_is_sealed_and_erased_alone(mapo: Ground, site: Site) -> None:
    first, officer = _username(mapo.first), person(site, "district_officer", MAPO)
    path = f"/api/users/{first}/document-name"
    assert officer.put(path, {"name": "이름하나"}).status_code == 200
    with site.db.read() as connection:
        slots = connection.scalars(_OF_NAMES).all()
    assert officer.put(path, {"name": NAME}).status_code == 200
    keys = site.db.body_keys
    assert keys is not None
    assert not any(keys.holds(slot) for slot in slots), "the earlier name is gone"
    with site.db.read() as connection:
        (slot,) = connection.scalars(_OF_NAMES).all()
        assert list(names_by_pseudonym(connection, MAPO).values()) == [NAME]
        assert names_by_pseudonym(connection, "jung-gu") == {}
    assert officer.http.request("DELETE", path, headers=_token(officer)).status_code == 200
    assert not keys.holds(slot)
    with site.db.read() as connection:
        assert names_by_pseudonym(connection, MAPO) == {}
        assert connection.scalar(select(func.count()).select_from(document_names)) == 0
    assert officer.get("/api/office/names").json() == {"people": []}
    assert person(site, "district_officer", "demo-gu").put(path, {"name": NAME}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"approval": ["담당"] * 6},
        {"approval": ["가나다라마바사아자"]},
        {"approval": [""]},
        {"number_word": "https://example.org"},
        {"number_word": "a\u202eb"},
    ],
)
def test_what_fits_no_sheet_is_refused(site: Site, mapo: Ground, wrong: dict[str, Any]) -> None:
    officer = person(site, "district_officer", MAPO)
    assert officer.put("/api/office", OFFICE | wrong).status_code == 400
    assert officer.get("/api/office").json()["approval"] == ["담당", "검토", "확인"]


_OF_NAMES = select(body_data.c.slot).join(document_names, document_names.c.commitment == body_data.c.commitment)


def _token(client: Client) -> dict[str, str]:
    return {"X-CSRF-Token": client.csrf}
