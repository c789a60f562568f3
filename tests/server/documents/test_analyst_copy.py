"""The copy for analysts: whatever text or id a filled database holds, the file has none but the words it names."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from server.exports.gathering.analyst_copy import TABLES, write_copy
from server.interface.fields import CaseState, EquipmentResult, FindingState, PersonsResult
from server.projections import projecting
from server.store.schema import districts, metadata, public_reports
from server.store.stored_bodies import bodies_of
from sweep.report import FindingDetails, new_id
from tests.report_factory import make_report
from tests.server.cases.photo_kit import SECOND, Officer, declare, request_of, send
from tests.server.cases.test_cases import FOUND_STEPS
from tests.server.conftest import Call, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

WORDS = frozenset(
    {"restroom", "changing_room", "live", "practice", "replay", "simulated", "full", "quick", "completed", "aborted"}
    | {"hole", "device", "other", "object"}
    | {"server", "demo"}  # in the words that explain the columns
    | {code for codes in (CaseState, EquipmentResult, PersonsResult, FindingState) for code in get_args(codes)}
)
"""What a column of the file may say: codes."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")
FREE = ("몰래 적은 신고 글", "경찰서 이름이 든 글", "Facility of nobody", "어딘가로 77, 3층")


@pytest.fixture
def filled(site: Site) -> Site:
    """A demonstration with everything personal in it: addresses, names, photographs, texts of persons and strangers."""
    probe = Probe()
    site.admit(probe.signer)
    finding = make_report().findings[0].finding_id
    details = FindingDetails(finding_id=finding, addresses=("02:00:5e:10:00:07",), ssids=("6d79",), names=("6e616d65",))
    for wire in probe.whole_sweep(details)[1:]:
        assert site.send(wire).status_code == 200
    site.add_user("second", "inspector", "점검자-02")
    Officer(site, "증거담당-01")
    client, admin = site.login("inspector", "점검자-01"), site.login("admin", "관리자-01")
    name = {"ko": "비밀 시설 이름", "en": FREE[2]}
    facility = admin.post("/api/facilities", {"name": name, "address": FREE[3], "code": "관리-0077"}).json()
    path = f"/api/facilities/{facility['facility_id']}/rooms"
    room = admin.post(path, {"name": {"ko": "지하 1층 여자화장실 김아무개", "en": "x"}, "kind": "restroom"}).json()
    gap = {"step": "defect_found", "defect": "floor_gap", "measured_mm": 9, "installed": "2024-01-01"}
    assert client.post(f"/api/rooms/{room['room_id']}/cases", {"step": gap}).status_code == 201
    (case,) = client.get("/api/cases", room_id=str(DEMO_ROOM)).json()["cases"]
    for wanted in FOUND_STEPS:
        step = wanted
        if step["step"] == "photographed":
            photo = send(client, case["case_id"], request_of(declare(client, case["case_id"]))).json()["photo"]
            step = {"step": "photographed", "commitment": photo["commitment"], "why_not": None}
        taken = client.post(f"/api/cases/{case['case_id']}/steps", {"step": step, "second_person": SECOND})
        assert taken.status_code == 201, taken.text
    assert client.post(f"/api/rooms/{DEMO_ROOM}/looks", {}).status_code == 201
    with site.db.write() as connection:
        report = {
            "room_id": DEMO_ROOM,
            "what": "device",
            "text": FREE[0],
            "note": FREE[1],
            "received_ms": 1_770_000_000_000,
        }
        connection.execute(insert(public_reports).values(report_id=new_id(), **report))
    projecting.drain(site.db)
    return site


def _texts_and_ids(site: Site) -> Iterator[tuple[str, Any]]:
    """Every text, id and hash of every table, and what stands in the bodies of entries; with where it stands."""
    with site.db.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                for column, value in row.items():
                    if isinstance(value, (str, bytes, UUID)):
                        yield f"{table.name}.{column}", value
        last = connection.exec_driver_sql("SELECT max(log_index) FROM entries").scalar_one()
        for index in range(last + 1):
            for body in bodies_of(connection, index):
                yield f"body of {index}", body.data


def _forms(value: Any) -> list[bytes]:
    """How a value would stand in a file."""
    if isinstance(value, UUID):
        return [str(value).encode(), value.hex.encode(), value.bytes]
    return [value.encode() if isinstance(value, str) else value]


def test_no_text_and_no_id_of_the_database_is_in_the_file(filled: Site, tmp_path: Path) -> None:
    out = tmp_path / "copy.sqlite3"
    with filled.db.read() as connection:
        counts = write_copy(connection, out, datetime.now(UTC), random.Random(3))
    data, allowed, tried, left = out.read_bytes(), WORDS | _named_words() | _districts(filled), 0, []
    for where, value in _texts_and_ids(filled):
        for form in _forms(value):
            is_code = isinstance(value, str) and (
                value in allowed or value.isdigit() or DAY.fullmatch(value) is not None
            )
            if len(form) > 3 and not is_code:
                tried += 1
                left += [(where, value)] if form in data else []
    assert not left, sorted({f"{where}: {value!r:.60}" for where, value in left})
    assert tried > 300
    for free in (
        *FREE,
        "비밀 시설 이름",
        "김아무개",
        "마포경찰서",
        "김경위",
        "02:00:5e:10:00:07",
        "점검자-01",
        "관리-0077",
    ):
        assert free.encode() not in data, free
    assert counts["sweeps"] == 1 and counts["case_steps"] == len(FOUND_STEPS) + 1 and counts["looks"] == 1
    with closing(sqlite3.connect(out)) as copy:
        assert copy.execute("SELECT sex, floor FROM rooms WHERE floor < 0").fetchall() == [("여", -1)]
        steps = copy.execute("SELECT step FROM case_steps ORDER BY case_number, number").fetchall()
        assert {step for (step,) in steps} == {step["step"] for step in FOUND_STEPS} | {"defect_found"}
        assert copy.execute("SELECT measured_mm FROM case_steps WHERE step = 'defect_found'").fetchall() == [(9,)]
        assert copy.execute("SELECT photographs FROM cases WHERE state = 'reported_to_city'").fetchall() == [(1,)]
        assert copy.execute("SELECT equipment, said, persons FROM sweeps").fetchall() == [("to_inspect", "found", 2)]
        (started,) = copy.execute("SELECT started FROM sweeps").fetchone()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", started)


def _districts(site: Site) -> set[str]:
    with site.db.read() as connection:
        return {word for row in connection.execute(select(districts)) for word in (row.district_id, row.name_ko)}


def _named_words() -> frozenset[str]:
    """Names of tables and columns, and the words that explain them."""
    columns = [column for table in TABLES for column in table.columns]
    return frozenset({table.name for table in TABLES} | {word for column in columns for word in column})


def test_every_column_is_explained_and_numbers_are_drawn_anew(filled: Site, tmp_path: Path) -> None:
    numbers = []
    for seed in range(4):
        out = tmp_path / f"{seed}.sqlite3"
        with filled.db.read() as connection:
            write_copy(connection, out, datetime.now(UTC), random.Random(seed))
        with closing(sqlite3.connect(out)) as copy:
            there = {
                (table.name, name)
                for table in TABLES
                for _, name, *_ in copy.execute(f"PRAGMA table_info({table.name})")
            }
            explained = copy.execute("SELECT table_name, column_name, ko, en FROM columns_explained").fetchall()
            numbers.append(copy.execute("SELECT room FROM rooms WHERE floor < 0").fetchone()[0])
        assert {(table, name) for table, name, _, _ in explained} == there
        assert all(ko.strip() and en.strip() for _, _, ko, en in explained)
    assert len(set(numbers)) > 1


def test_the_commands(filled: Site, tmp_path: Path, call: Call) -> None:
    out = tmp_path / "copy.sqlite3"
    code, said, _ = call("export", "analyst-copy", out, "--reason", "연구 협조")
    assert (code, "sweeps 1" in said, out.stat().st_mode & 0o777) == (0, True, 0o600)
    assert call("export", "analyst-copy", out, "--reason", "연구 협조")[0] == 2
    table = tmp_path / "q.csv"
    code, said, _ = call("export", "statistics", table, "--year", 2026, "--quarter", 1, "--reason", "분기 보고")
    assert (code, "2026-01-01 to 2026-03-31" in said) == (0, True)
    assert "점검자" not in table.read_text(encoding="utf-8-sig")
    assert call("export", "statistics", tmp_path / "q.pdf", "--year", 2026, "--quarter", 1, "--reason", "x")[0] == 2
    with filled.db.read() as connection:
        actions = connection.exec_driver_sql("SELECT action FROM access_log").scalars().all()
    assert {"copy.exported", "statistics.exported"} <= set(actions)
