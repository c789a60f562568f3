"""Imports in a database: a preview changes nothing, the same file neither, and undoing brings everything back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, func, select, update

from server.imports import importing, questions
from server.interface.errors import ApiError
from server.interface.views.imports import ImportView
from server.places.facilities import add_plan, current_plan
from server.store.db import Database
from server.store.schema import (
    facilities,
    facility_facts,
    facility_sources,
    import_rows,
    imports,
    plans,
    room_bases,
    rooms,
)
from tests.server.conftest import Call, Site
from tests.server.imports.files import CHANGING, NATIONAL, csv_file, national_row, seoul_row
from tests.server.imports.files import SEOUL as SEOUL_COLUMNS
from tests.server.imports.test_rows import KOREA

TABLES: tuple[Table, ...] = (facilities, facility_facts, facility_sources, rooms, plans, room_bases)
FIRST = csv_file(NATIONAL, [national_row(number) for number in range(1, 5)])
SECOND = csv_file(
    NATIONAL,
    [
        national_row(1),
        national_row(2, 전화번호="02-1", WGS84위도=""),
        national_row(5),
        national_row(6, 화장실명="", 설치연월="1905-07"),
    ],
)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as found:
        yield found


def _rows(db: Database) -> list[list[tuple[Any, ...]]]:
    with db.read() as connection:
        return [sorted((tuple(row) for row in connection.execute(select(table))), key=repr) for table in TABLES]


def _done(db: Database, data: bytes, name: str = "file.csv") -> ImportView:
    import_id = importing.preview(db, data, name, actor="담당-01")
    importing.confirm(db, import_id, actor="담당-01")
    return _view(db, import_id)


def _view(db: Database, import_id: UUID) -> ImportView:
    with db.read() as connection:
        return questions.import_view(connection, import_id)


def _answer(db: Database, import_id: UUID, line: int, choice: questions.Answer) -> None:
    with db.write() as connection:
        questions.answer(connection, import_id, line, choice, actor="담당-02")


def test_a_preview_changes_nothing_and_the_same_again_neither(db: Database) -> None:
    empty = _rows(db)
    import_id = importing.preview(db, FIRST, "a.csv", actor="담당-01")
    view = _view(db, import_id)
    assert (view.state, view.counts, view.rows) == (
        "preview",
        {"new": 4, "same": 0, "changed": 0, "question": 0, "refused": 0},
        4,
    )
    assert _rows(db) == empty
    importing.confirm(db, import_id, actor="담당-01")
    after = _rows(db)
    assert [len(found) for found in after] == [4, 4, 4, 8, 8, 8]
    again = _done(db, FIRST)
    assert again.counts == {"new": 0, "same": 4, "changed": 0, "question": 0, "refused": 0}
    assert _rows(db) == after


def test_undo_restores_what_was_before(db: Database) -> None:
    _done(db, FIRST)
    before = _rows(db)
    second = _done(db, SECOND)
    assert second.counts == {"new": 1, "same": 1, "changed": 1, "question": 3, "refused": 0}
    assert (second.rows, second.not_listed, second.open_questions) == (4, 2, 3)
    assert {one.reason for one in second.reasons} >= {
        "phone_changed",
        "coordinates_missing",
        "name_missing",
        "not_listed",
    }
    with db.read() as connection:
        page = questions.import_row_page(connection, second.import_id, outcome=None, is_open=True, after=None, limit=9)
        kept = connection.scalar(select(facilities.c.latitude_deg).where(facilities.c.name_ko.contains("가람2")))
    assert kept is not None, "a file that lost the coordinates takes none away"
    assert [(row.line, row.answers) for row in page.rows] == [
        (-2, ("close", "leave")),
        (-1, ("close", "leave")),
        (5, ("add", "leave")),
    ]
    with pytest.raises(ApiError, match="does not answer"):
        _answer(db, second.import_id, 5, "close")
    _answer(db, second.import_id, 5, "add")
    _answer(db, second.import_id, -1, "close")
    _answer(db, second.import_id, -2, "leave")
    with pytest.raises(ApiError, match="answered already"):
        _answer(db, second.import_id, 5, "leave")
    closed = _done(db, SECOND)
    assert (closed.counts, closed.not_listed) == ({"new": 0, "same": 4, "changed": 0, "question": 0, "refused": 0}, 0)
    assert importing.undo(db, second.import_id, actor="담당-01") == 0
    assert _rows(db) == before
    assert _view(db, second.import_id).open_questions == 0
    assert _done(db, SECOND).counts == second.counts


def test_what_is_in_use_stays_and_is_said(db: Database) -> None:
    first = _done(db, FIRST)
    with db.write() as connection:
        room_id = connection.scalar(select(rooms.c.room_id).limit(1))
        assert room_id is not None
        plan = current_plan(connection, room_id)
        add_plan(connection, room_id, plan.model_copy(update={"version": 2, "is_verified": True}), actor="점검자-01")
    assert importing.undo(db, first.import_id, actor="담당-01") == 1
    assert len(_rows(db)[0]) == 1
    assert [one.rows for one in _view(db, first.import_id).reasons if one.reason == "kept_in_use"] == [1]


def test_an_import_on_which_another_builds_waits_for_it(db: Database) -> None:
    first, second = _done(db, FIRST), _done(db, SECOND, "second.csv")
    with pytest.raises(ApiError, match=r"second\.csv"):
        importing.undo(db, first.import_id, actor="담당-01")
    for one in (second, first):
        assert importing.undo(db, one.import_id, actor="담당-01") == 0
    assert _rows(db) == [[]] * len(TABLES)


def test_a_preview_that_something_overtook_is_refused(db: Database) -> None:
    late = importing.preview(db, SECOND, "late.csv", actor="담당-01")
    _done(db, FIRST)
    with pytest.raises(ApiError, match="give the file again"):
        importing.confirm(db, late, actor="담당-01")
    with pytest.raises(ApiError, match="nothing to undo"):
        importing.undo(db, late, actor="담당-01")


def test_an_import_that_was_cut_off_is_finished_by_asking_again(db: Database) -> None:
    import_id = importing.preview(db, FIRST, "a.csv", actor="담당-01")
    with db.write() as connection:  # as a process leaves it that ended before the first page
        connection.execute(update(imports).values(state="confirming", confirmed_ms=0))
    importing.confirm(db, import_id, actor="담당-01")
    assert len(_rows(db)[0]) == 4
    with db.write() as connection:
        connection.execute(update(imports).values(state="undoing"))
    importing.undo(db, import_id, actor="담당-01")
    assert _rows(db) == [[]] * len(TABLES)


def test_one_place_in_two_lists_is_one_facility(db: Database) -> None:
    _done(db, csv_file(SEOUL_COLUMNS, [seoul_row(1)]))
    same = national_row(1, 화장실명="나루1 화장실", 소재지도로명주소="서울특별시 강북구 나루로 1")
    view = _done(db, csv_file(NATIONAL, [same]))
    assert view.counts["changed"] == 1
    assert "known_from_elsewhere" in {one.reason for one in view.reasons}
    tables = dict(zip((table.name for table in TABLES), _rows(db), strict=True))
    assert (len(tables["facilities"]), len(tables["facility_sources"]), len(tables["rooms"])) == (1, 2, 2)


def test_by_the_interface(site: Site) -> None:
    admin, outsider = site.login("admin"), site.login("inspector")
    row = {"시설명": "가람수영장", "탈의실명": "탈의실 =1+1", "주소": "서울 강북구 가람로 1", "칸수": "6"}
    data = csv_file(CHANGING, [row], "cp949")
    headers = {"X-CSRF-Token": admin.csrf}
    parameters = {"file_name": "탈의실.csv"}
    answer = admin.http.post("/api/imports", content=data, headers=headers, params=parameters)
    assert answer.status_code == 201, answer.text
    path = f"/api/imports/{answer.json()['import_id']}"
    assert answer.json()["encoding"] == "cp949"
    assert admin.get(f"{path}/rows").json()["rows"][0]["outcome"] == "new"
    assert outsider.get(path).status_code == 403
    assert admin.post(f"{path}/confirm").json()["state"] == "confirmed"
    assert admin.post(f"{path}/confirm").status_code == 409
    room = admin.get("/api/rooms", search="가람수영장").json()["rooms"][0]
    assert (room["kind"], room["plan_verified"]) == ("changing_room", False)
    bases = f"/api/rooms/{room['room_id']}/bases"
    assert admin.get(bases).json() == {"bases": []}
    assert admin.post(bases, {"basis": "consent"}).status_code == 400
    consent = {"basis": "consent", "dated": "2026-03-02", "document": "문서-12"}
    recorded = admin.post(bases, consent).json()["bases"]
    assert [(one["basis"], one["dated"]) for one in recorded] == [("consent", "2026-03-02")]
    assert outsider.post(bases, consent).status_code == 403
    assert admin.post(f"{path}/undo").json()["state"] == "undone"
    broken = admin.http.post("/api/imports", content=b"x", headers=headers, params=parameters)
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "import_refused")


def test_by_the_command(call: Call, tmp_path: Path) -> None:
    file, told = tmp_path / "facilities.csv", tmp_path / "rows.csv"
    file.write_bytes(SECOND)
    code, out, error = call("import-facilities", file, "--preview", "--rows", told)
    assert (code, error) == (0, "")
    assert "nothing was changed" in out
    assert "date_unbelievable" in out
    lines = list(csv.reader(told.read_text(encoding="utf-8-sig").splitlines()))
    assert [line[1] for line in lines[1:]] == ["new", "new", "new", "question"]
    assert "undo it with" in call("import-facilities", file)[1]
    listed = call("undo-import")[1]
    assert "1 question open" in listed
    assert call("undo-import", listed.split()[0])[1] == "undone\n"
    assert call("undo-import", listed.split()[0])[0] == 2


@pytest.mark.soak
def test_the_whole_city_twice_and_back(db: Database) -> None:
    if not KOREA.is_dir():
        pytest.skip("Seoul's open file (shared/data beside the checkout) is absent: fine without it")
    data = (KOREA / "seoul_toilets.csv").read_bytes()
    first = _done(db, data)
    after = _rows(db)
    assert sum(first.counts.values()) == first.rows == 4_585
    again = _done(db, data)
    assert again.counts == {"new": 0, "same": 4_585, "changed": 0, "question": 0, "refused": 0}
    assert _rows(db) == after
    assert importing.undo(db, first.import_id, actor="담당-01") == 0
    assert _rows(db) == [[]] * len(TABLES)
    with db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(import_rows)) == 2 * 4_585
