"""Sex, floor and stalls of rooms: read from a name, put right by people, moved over from an older database, printed."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import create_engine, text

from server.exports.gathering.inspection_log import today, write_log
from server.exports.gathering.log_request import LogRequest
from server.exports.place_parts import SEXES, floor_words, sex_words, stalls_words
from server.interface.formats import Format
from server.places.room_parts import floor_in, sex_in
from server.projections import projecting
from server.projections.log_records import Period
from server.store.db import Database
from tests.report_factory import START
from tests.server.conftest import Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

NAMES = (
    ("1층 여자화장실", "여", "1층"),
    ("지하 2층 남자 화장실", "남", "지하 2층"),
    ("남녀공용 화장실", "남녀공용", None),
    ("본관 3F 장애인화장실(여)", "여", "3층"),
    ("B1 남성 탈의실", "남", "지하 1층"),
    ("B2층 가족화장실", "가족", "지하 2층"),
    ("탈의실 가", None, None),
    ("여의도공원 화장실", None, None),
    ("강남역 개방화장실", None, None),
    ("0층 화장실", None, None),
)


@pytest.mark.parametrize(("name", "sex", "floor"), NAMES)
def test_sex_and_floor_are_read_from_the_name_or_left_open(name: str, sex: str | None, floor: str | None) -> None:
    assert (sex_words(sex_in(name)), floor_words(floor_in(name))) == (sex, floor)


def test_words() -> None:
    assert [sex_words(code) for code in SEXES] == ["여", "남", "남녀공용", "가족"]
    assert (floor_words(12), floor_words(-1), floor_words(None)) == ("12층", "지하 1층", None)
    assert (stalls_words(3), stalls_words(0), stalls_words(None)) == ("3칸", None, None)


def test_people_put_it_right_and_the_log_prints_it(site: Site) -> None:
    supervisor = site.login("supervisor", "감독자-01")
    name = {"ko": "지하 1층 여자화장실", "en": "x"}
    facility = supervisor.post("/api/facilities", {"name": name, "address": "어딘가 1"}).json()["facility_id"]
    rooms = f"/api/facilities/{facility}/rooms"
    read = supervisor.post(rooms, {"name": name, "kind": "restroom"}).json()["room_id"]
    said = supervisor.post(rooms, {"name": name, "kind": "restroom", "sex": "family", "floor": 2, "stalls": 1}).json()[
        "room_id"
    ]
    found = [supervisor.get(f"/api/rooms/{room}").json() for room in (read, said)]
    assert [(room["sex"], room["floor"], room["stalls"]) for room in found] == [("women", -1, None), ("family", 2, 1)]
    probe = Probe()
    site.admit(probe.signer)
    _, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    path = f"/api/rooms/{DEMO_ROOM}/parts"
    changed = supervisor.put(path, {"sex": "unisex", "floor": -3, "stalls": 7})
    assert (changed.status_code, changed.json()["sex"], changed.json()["floor"]) == (200, "unisex", -3)
    wanted = LogRequest(Format.JSON, Period(START.date(), START.date()), None, "시범구청", "감독자-01", "확인")
    projecting.drain(site.db)
    with site.db.read() as connection:
        (line,) = json.loads(write_log(connection, wanted, today()))["sweeps"]
        trail = connection.execute(
            text("SELECT detail_json FROM audit WHERE action = 'room.parts_changed'")
        ).scalar_one()
    assert (line["sex"], line["floor"], line["stalls"]) == ("남녀공용", "지하 3층", 2), "the sweep's own plan has two"
    assert (line["columns"]["성별"], line["columns"]["층"]) == ("남녀공용", "지하 3층")
    assert json.loads(trail) == {"sex": "unisex", "floor": -3, "stalls": 7}
    cleared = supervisor.put(path, {"sex": None, "floor": None, "stalls": None})
    assert (cleared.json()["sex"], cleared.json()["floor"]) == (None, None)
    assert supervisor.put(path, {"sex": None, "floor": 0, "stalls": None}).status_code == 400
    assert supervisor.put(path, {"sex": "x", "floor": 1, "stalls": None}).status_code == 400
    assert site.login("inspector").put(path, {"sex": None, "floor": 1, "stalls": None}).status_code == 403


def test_an_older_database_gets_them_from_its_names(new_database_url: str) -> None:
    db = Database(new_database_url)
    db.migrate(revision="0027")
    engine = create_engine(new_database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO facilities (facility_id, name_ko, name_en, address, is_demo, created_ms)"
                " VALUES (:id, 'x', 'x', 'x', false, 0)"
            ),
            {"id": "0" * 31 + "1"},
        )
        for number, (name, _, _) in enumerate(NAMES):
            values = {"id": f"{number:032x}", "facility": "0" * 31 + "1", "name": name}
            connection.execute(
                text(
                    "INSERT INTO rooms (room_id, facility_id, name_ko, name_en, kind, created_ms)"
                    " VALUES (:id, :facility, :name, 'x', 'restroom', 0)"
                ),
                values,
            )
    db.migrate()
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name_ko, sex, floor FROM rooms")).all()
    assert {(row.name_ko, row.sex, row.floor) for row in rows} == {
        (name, sex_in(name), floor_in(name)) for name, _, _ in NAMES
    }
    engine.dispose()
    db.close()
