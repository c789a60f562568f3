"""Past inspections from offices' lists: in the log as what they are, cited, and withdrawn."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from server.config.inspection_policy import read_policy
from server.exports.gathering.inspection_log import write_log
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.statistics import gather
from server.imports.reading.cuts import names_covered
from server.interface.formats import Format
from server.interface.words import IMPORTED
from server.people.original_names import names_of_original
from server.projections import projecting
from server.projections.log_records import Period
from server.public_page.page import last_visit
from server.schedule.listing import due_list
from server.store.clock import today
from server.store.schema import body_data, cases, entries, import_rows, imports, original_names, rooms, sweeps
from sweep.entry.kinds import INSPECTION_CITED, INSPECTION_IMPORTED, INSPECTION_WITHDRAWN
from tests.server.api.test_visit_notes import NOTE
from tests.server.district_kit import person
from tests.server.imports.past_office import DALBIT, HANBIT, NAMES, YESTERDAY, Office, list_of, row_of
from tests.server.log.test_package import packed
from tests.server.log_kit import verified
from tests.server.verifier.judges import both


def test_names_are_covered_before_anything_is_kept_and_in_no_row(office: Office) -> None:
    data = list_of(row_of(names="홍길동·김철수"))
    seen = office.post("/api/imports/look", data, kind="inspections").json()
    assert next(one for one in seen["columns"] if one["field"] == "inspectors")["cells"] == ["홍○○·김○○"]
    found = office.bring_in(row_of())
    with office.site.db.read() as connection:
        kept = [
            str(tuple(one)) for table in (imports, import_rows, entries) for one in connection.execute(select(table))
        ]
    assert not [name for name in NAMES for text in (*kept, json.dumps(office.rows(found["import_id"]))) if name in text]
    assert names_covered(["주무관 홍길동, 김철수 외 1명"]) == ["주○○ 홍○○, 김○○ 외 1○"]


def test_an_imported_inspection_is_signed_as_what_it_is(office: Office) -> None:
    office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    detail = office.officer.get(f"/api/sweeps/{sweep_id}").json()
    summary, imported = detail["summary"], detail["imported"]
    assert (summary["mode"], summary["equipment"], summary["persons"]) == (
        "imported",
        "not_measured",
        "nothing_unusual",
    )
    assert (summary["inspectors"], summary["probe_id"], detail["inspection"]) == ([], "", None)
    assert (imported["words"]["ko"], imported["cited"], imported["has_names"]) == (IMPORTED.ko, None, True)
    said = imported["said"]
    assert (said["day"], said["at"], said["persons"], said["document"]) == (f"{YESTERDAY}", "10:00", 2, "점검-7")
    assert (said["method"], said["method_words"], said["result_words"]) == ("instruments", "렌즈탐지기", "이상없음")
    with office.site.db.read() as connection:
        (row,) = connection.execute(select(entries).where(entries.c.sweep_id == UUID(sweep_id))).all()
        assert verified(connection).problems == []
    assert (row.kind, row.assurance, row.source, row.status) == (INSPECTION_IMPORTED, "password", "live", "accepted")
    assert row.subject == imported["imported_by"]
    assert both(packed(office.site.services)) == ([], [])


def test_nobody_notes_confirms_or_signs_what_was_imported(office: Office) -> None:
    office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    inspector = person(office.site, "inspector", HANBIT)
    other = person(office.site, "inspector", HANBIT).get("/api/me").json()["user"]["username"]
    refused = inspector.post(f"/api/sweeps/{sweep_id}/note", NOTE)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "imported_not_witnessed")
    shown = office.officer.get(f"/api/sweeps/{sweep_id}").json()["imported"]["entry_hash"]
    second = {"username": other, "password": "a-long-password"}
    confirmed = inspector.post(f"/api/sweeps/{sweep_id}/confirmation", {"shown_hash": shown, "second_person": second})
    assert confirmed.status_code in {403, 404}
    assert office.officer.get(f"/api/sweeps/{sweep_id}").json()["summary"]["inspectors"] == []


def _states(office: Office, name: str = "1층 남자 화장실") -> dict[str, str]:
    projecting.drain(office.site.db)
    with office.site.db.write() as connection:
        connection.execute(update(rooms).values(created_ms=0))
    rules = tuple(rule.model_copy(update={"again_per_day": 0.0}) for rule in read_policy())
    room_id, states = office.room_id(name), dict[str, str]()
    for method in ("equipment", "visual"):
        found = due_list(
            office.site.db,
            rules,
            today=today(),
            district_id=HANBIT,
            states=("waiting", "due", "overdue", "missed", "done"),
            method=method,
            limit=200,
        )
        states |= {one.rule: one.state for one in found.items if one.room_id == room_id}
    return states


@pytest.mark.parametrize(
    ("method", "persons", "done"),
    [
        ("렌즈탐지기", "2", {"statute", "daily"}),
        ("육안", "2", {"statute", "daily"}),
        ("육안", "1", {"daily"}),
        ("렌즈탐지기", "", {"daily"}),
    ],
)
def test_nothing_is_fulfilled_before_the_original_is_cited_and_never_a_rule_for_equipment(
    office: Office, method: str, persons: str, done: set[str]
) -> None:
    names = "" if persons != "2" else "홍길동·김철수"
    office.bring_in(row_of(when=f"{today():%Y-%m-%d}", method=method, persons=persons, names=names))
    (sweep_id,) = office.sweep_ids()
    before = _states(office)
    assert "done" not in before.values()
    assert office.cite(sweep_id, "환경과-2025-77").status_code == 201
    after = _states(office)
    assert {rule for rule, state in after.items() if state == "done"} == done
    assert {rule: state for rule, state in after.items() if rule not in done} == {
        rule: state for rule, state in before.items() if rule not in done
    }
    imported = office.officer.get(f"/api/sweeps/{sweep_id}").json()["imported"]
    assert imported["cited"] == "환경과-2025-77"
    assert imported["cited_by"] == imported["imported_by"]
    assert office.cite(sweep_id, "환경과-2025-78").status_code == 201
    assert office.officer.get(f"/api/sweeps/{sweep_id}").json()["imported"]["cited"] == "환경과-2025-78"


def test_who_may_cite(office: Office) -> None:
    office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    assert office.cite(sweep_id, shown_hash="0" * 64).json()["error"]["code"] == "hash_not_shown"
    assert office.cite(sweep_id, "").status_code == 400
    assert office.cite(sweep_id, "www.example.com/a").status_code == 400
    assert office.cite(sweep_id, client=person(office.site, "inspector", HANBIT)).status_code == 403
    assert office.cite(sweep_id, client=person(office.site, "district_officer", DALBIT)).status_code == 404
    assert office.officer.get(f"/api/sweeps/{sweep_id}").json()["imported"]["cited"] is None


def test_taking_back_withdraws_by_entries_and_deletes_none(office: Office) -> None:
    found = office.bring_in(row_of(), row_of(sex="여", document="점검-8"))
    one, two = office.sweep_ids()
    assert office.cite(one).status_code == 201
    with office.site.db.read() as connection:
        before = connection.execute(select(entries.c.entry_hash).order_by(entries.c.log_index)).scalars().all()
    undone = office.officer.post(f"/api/imports/{found['import_id']}/undo").json()
    assert undone["state"] == "undone"
    with office.site.db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        assert [row.entry_hash for row in rows][: len(before)] == list(before)
        added = [(row.kind, str(row.sweep_id)) for row in rows[len(before) :] if row.sweep_id is not None]
        assert sorted(added) == sorted((INSPECTION_WITHDRAWN, sweep_id) for sweep_id in (one, two))
        assert verified(connection).problems == []
        assert connection.scalar(select(func.count()).select_from(original_names)) == 0
    assert both(packed(office.site.services)) == ([], [])
    assert office.sweep_ids() == []
    assert office.officer.get(f"/api/sweeps/{one}").status_code == 410
    assert office.cite(one).status_code == 409
    assert "done" not in _states(office).values()
    assert office.officer.get(f"/api/rooms/{office.room_id()}").json()["sweeps"] == []
    again = office.bring_in(row_of())
    assert again["counts"]["new"] == 1


def test_projections_are_the_same_after_a_rebuild(office: Office) -> None:
    found = office.bring_in(row_of(), row_of(sex="여", document="점검-8"))
    office.bring_in(row_of(when=f"{YESTERDAY:%Y-%m-%d} 11:00", document="점검-9"))
    office.cite(office.sweep_ids()[0])
    office.officer.post(f"/api/imports/{found['import_id']}/undo")

    def rows() -> list[Any]:
        projecting.drain(office.site.db)
        names = ("sweep_id", "mode", "outcome", "said", "started_ms", "persons", "report_log_index")
        with office.site.db.read() as connection:
            return list(connection.execute(select(*(sweeps.c[name] for name in names))).all())

    before = rows()
    assert [row.mode for row in before] == ["cited"]
    projecting.rebuild(office.site.db)
    assert rows() == before


def test_the_same_row_never_comes_in_twice(office: Office) -> None:
    rows = (row_of(), row_of(sex="여", document="점검-8"))
    office.bring_in(*rows)
    again = office.preview(*rows)
    assert again["counts"] == {"new": 0, "same": 2, "changed": 0, "question": 0, "refused": 0}
    told = office.preview(
        row_of(method="육안"), row_of(document=""), row_of(when=f"{YESTERDAY:%Y-%m-%d}", result="정상")
    )
    assert [row["outcome"] for row in office.rows(told["import_id"])] == ["question"] * 3
    assert all("inspection_may_be_known" in row["reasons"] for row in office.rows(told["import_id"]))
    other = office.preview(row_of(when=f"{YESTERDAY:%Y-%m-%d} 16:00"), row_of(document="점검-70"))
    assert other["counts"]["new"] == 2
    twice = office.preview(*[row_of(when=f"{YESTERDAY - timedelta(days=3):%Y-%m-%d} 09:00")] * 2)
    assert [row["outcome"] for row in office.rows(twice["import_id"])] == ["new", "question"]


def test_a_day_on_which_the_room_was_inspected_here_is_asked_about(office: Office) -> None:
    office.bring_in(row_of())
    with office.site.db.write() as connection:
        connection.execute(update(sweeps).values(mode="by_eye"))
    (row,) = office.rows(office.preview(row_of(document="점검-70"))["import_id"])
    assert (row["outcome"], row["reasons"], row["answers"]) == (
        "question", ["inspection_beside_own"], ["add", "leave"],
    )  # fmt: skip


def test_a_find_of_the_past_is_asked_about_and_opens_no_case(office: Office) -> None:
    found = office.bring_in(row_of(result="발견"), row_of(sex="여", result="의심"))
    assert office.sweep_ids() == []
    first, second = office.rows(found["import_id"])
    assert (first["reasons"], first["answers"]) == (["result_grave"], ["add", "leave"])
    path = f"/api/imports/{found['import_id']}/rows"
    assert office.officer.post(f"{path}/{first['line']}/answer", {"answer": "add"}).status_code == 200
    assert office.officer.post(f"{path}/{second['line']}/answer", {"answer": "leave"}).status_code == 200
    (sweep_id,) = office.sweep_ids()
    assert office.officer.get(f"/api/sweeps/{sweep_id}").json()["summary"]["persons"] == "found"
    assert office.cite(sweep_id).status_code == 201
    with office.site.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(cases)) == 0
        assert connection.scalar(select(func.count()).select_from(original_names)) == 1  # of what was left out none
    room = office.officer.get(f"/api/rooms/{office.room_id()}").json()
    assert (room["standing"], len(room["sweeps"])) == (None, 1)


def test_what_only_the_file_can_answer_is_not_answered_here(office: Office) -> None:
    found = office.preview(row_of(name="없는공원"), row_of(when="3월 7일"), row_of(method="홍길동"), row_of(result="O"))
    rows = office.rows(found["import_id"])
    assert {row["outcome"] for row in rows} == {"question"}
    assert {tuple(row["answers"]) for row in rows} == {("leave",)}


def test_it_is_marked_wherever_it_shows_and_added_to_nothing(office: Office) -> None:
    office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    period = Period(YESTERDAY, YESTERDAY)

    def log(form: Format, *, may_name: bool = False, **more: Any) -> bytes:
        request = LogRequest(form, period, None, HANBIT, "담당", "시험", HANBIT, may_name=may_name, **more)
        with office.site.db.read() as connection:
            return write_log(connection, request, datetime.now(UTC))

    for document in ("", "환경과-77"):
        if document:
            assert office.cite(sweep_id, document).status_code == 201
        (line,) = csv.DictReader(io.StringIO(log(Format.CSV).decode("utf-8-sig")))
        assert line["점검 방식(측정·탐지기·육안)"].startswith("가져온 기록")
        assert (line["장비 점검 결과"], line["점검방법"], line["점검자"]) == (
            IMPORTED.ko,
            "렌즈탐지기",
            "목록의 점검자 2명",
        )
        assert line["점검 결과 근거"].endswith(f"원본 {document} 확인함" if document else "점검-7)")
        assert line["서명 검증"].startswith("서명 유효")
        with office.site.db.read() as connection:
            (told,) = gather(connection, period, HANBIT, today())
            assert (told.imported, told.rooms_visited, told.measured, told.instruments, told.by_eye) == (1, 0, 0, 0, 0)
            assert last_visit(connection, office.room_id()) is None
    with_names = log(Format.HWPX, may_name=True)
    assert with_names != log(Format.HWPX)
    (room,) = (
        one for one in office.officer.get("/api/rooms").json()["rooms"] if one["room_id"] == str(office.room_id())
    )
    assert (room["equipment"], room["persons"]) == (None, None)


def test_names_stand_on_the_office_s_documents_and_are_erased_alone(office: Office) -> None:
    office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    with office.site.db.read() as connection:
        assert names_of_original(connection, UUID(sweep_id)) == "홍길동·김철수"
        before = connection.scalar(select(func.count()).select_from(body_data))
    headers = {"X-CSRF-Token": office.officer.csrf}
    path = f"/api/sweeps/{sweep_id}/original-names"
    other = person(office.site, "district_officer", DALBIT)
    assert other.http.delete(path, headers={"X-CSRF-Token": other.csrf}).status_code == 404
    assert office.officer.http.delete(path, headers=headers).status_code == 200
    with office.site.db.read() as connection:
        assert names_of_original(connection, UUID(sweep_id)) is None
        assert connection.scalar(select(func.count()).select_from(body_data)) == (before or 0) - 1
    detail = office.officer.get(f"/api/sweeps/{sweep_id}").json()
    assert (detail["imported"]["has_names"], detail["imported"]["said"]["persons"]) == (False, 2)


def test_an_officer_brings_in_the_own_district_only_and_others_nothing(office: Office) -> None:
    (row,) = office.rows(office.preview(row_of())["import_id"])
    assert row["outcome"] == "new"
    other = person(office.site, "district_officer", DALBIT)
    answer = office.post("/api/imports", list_of(row_of()), other, kind="inspections").json()
    (foreign,) = other.get(f"/api/imports/{answer['import_id']}/rows").json()["rows"]
    assert (foreign["outcome"], foreign["reasons"]) == ("question", ["facility_unknown"])
    for role in ("city_officer", "inspector", "supervisor", "auditor"):
        client = person(office.site, role, None if role == "city_officer" else HANBIT)
        assert office.post("/api/imports", list_of(row_of()), client, kind="inspections").status_code == 403


def test_citations_and_withdrawals_are_entries_that_a_verifier_knows(office: Office) -> None:
    found = office.bring_in(row_of())
    (sweep_id,) = office.sweep_ids()
    office.cite(sweep_id)
    office.officer.post(f"/api/imports/{found['import_id']}/undo")
    with office.site.db.read() as connection:
        kinds = connection.scalars(
            select(entries.c.kind).where(entries.c.sweep_id == UUID(sweep_id)).order_by(entries.c.log_index)
        ).all()
    assert list(kinds) == [INSPECTION_IMPORTED, INSPECTION_CITED, INSPECTION_WITHDRAWN]
    assert both(packed(office.site.services)) == ([], [])
