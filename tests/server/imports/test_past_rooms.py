"""A past inspection whose row names no one room: the officer chooses one or several, each an entry of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from server.people.original_names import names_of_original
from server.store.schema import entries, original_names, sweeps
from sweep.entry.kinds import INSPECTION_IMPORTED, INSPECTION_WITHDRAWN
from tests.server.imports.past_office import Office, row_of

MEN, WOMEN = "가람공원 화장실 · 1층 남자 화장실", "가람공원 화장실 · 1층 여자 화장실"


def _answer(office: Office, import_id: str, line: int, **answer: Any) -> Any:
    return office.officer.post(f"/api/imports/{import_id}/rows/{line}/answer", answer)


def test_one_row_of_two_rooms_becomes_an_entry_in_each(office: Office) -> None:
    found = office.bring_in(row_of(sex="남·여"))
    (row,) = office.rows(found["import_id"])
    assert (row["outcome"], row["reasons"], row["answers"]) == ("question", ["sex_unclear"], ["add", "leave"])
    rooms = {one["name"]: one["room_id"] for one in row["rooms"]}
    assert rooms.keys() == {MEN, WOMEN}
    refused = _answer(office, found["import_id"], row["line"], answer="add")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "room_choice_needed")
    elsewhere = [str(office.room_id("1층 공용 화장실"))]
    assert _answer(office, found["import_id"], row["line"], answer="add", room_ids=elsewhere).status_code == 400
    chosen = [rooms[MEN], rooms[WOMEN]]
    assert _answer(office, found["import_id"], row["line"], answer="add", room_ids=chosen).status_code == 200
    done = office.sweep_ids()
    with office.site.db.read() as connection:
        of_import = select(entries.c.sweep_id, entries.c.room_id).where(entries.c.kind == INSPECTION_IMPORTED)
        assert {(str(one.sweep_id), str(one.room_id)) for one in connection.execute(of_import)} == {
            (sweep_id, str(room_id))
            for sweep_id, room_id in connection.execute(select(sweeps.c.sweep_id, sweeps.c.room_id))
            for sweep_id in [str(sweep_id)]
        }
        assert len(done) == 2
        assert [names_of_original(connection, UUID(one)) for one in done] == ["홍길동·김철수"] * 2
    headers = {"X-CSRF-Token": office.officer.csrf}
    assert office.officer.http.delete(f"/api/sweeps/{done[0]}/original-names", headers=headers).status_code == 200
    with office.site.db.read() as connection:
        assert [names_of_original(connection, UUID(one)) for one in done] == [None, "홍길동·김철수"]
    (row,) = office.rows(found["import_id"])
    assert (row["answer"], row["known_as"], row["answers"]) == ("add", f"{MEN}, {WOMEN}", [])


def test_the_same_row_again_is_the_same_and_taking_back_withdraws_all_of_it(office: Office) -> None:
    found = office.bring_in(row_of(sex="남·여"))
    (row,) = office.rows(found["import_id"])
    chosen = [one["room_id"] for one in row["rooms"]]
    assert _answer(office, found["import_id"], row["line"], answer="add", room_ids=chosen).status_code == 200
    (again,) = office.rows(office.preview(row_of(sex="남·여"))["import_id"])
    assert (again["outcome"], again["reasons"]) == ("same", ["inspection_known"])
    (alone,) = office.rows(office.preview(row_of(sex="여", result="정상"))["import_id"])
    assert (alone["outcome"], alone["reasons"]) == ("question", ["inspection_may_be_known"])
    done = office.sweep_ids()
    assert office.officer.post(f"/api/imports/{found['import_id']}/undo").json()["state"] == "undone"
    assert office.sweep_ids() == []
    with office.site.db.read() as connection:
        withdrawn = select(entries.c.sweep_id).where(entries.c.kind == INSPECTION_WITHDRAWN)
        assert sorted(map(str, connection.scalars(withdrawn))) == sorted(done)
        of_import = original_names.c.import_id == UUID(found["import_id"])
        assert connection.scalar(select(func.count()).select_from(original_names).where(of_import)) == 0


def test_a_room_that_has_that_inspection_already_is_not_chosen_twice(office: Office) -> None:
    office.bring_in(row_of(sex="남"))
    found = office.bring_in(row_of(sex="", document="", persons="", names=""))
    (row,) = office.rows(found["import_id"])
    assert (row["reasons"], len(row["rooms"])) == (["room_in_two_ways"], 2)
    both = [one["room_id"] for one in row["rooms"]]
    refused = _answer(office, found["import_id"], row["line"], answer="add", room_ids=both)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "room_has_inspection")
    assert len(office.sweep_ids()) == 1
    (women,) = (one["room_id"] for one in row["rooms"] if one["name"] == WOMEN)
    assert _answer(office, found["import_id"], row["line"], answer="add", room_ids=[women]).status_code == 200
    assert len(office.sweep_ids()) == 2
