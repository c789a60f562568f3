"""A copy of what happened for people who count: SQLite, without addresses, names, free texts or anybody's id.

Input is a read transaction over the whole database; output is a file.  Every table is made anew with columns that are
named here one by one, so what is not named is not copied.  Ids are numbers drawn for this copy alone, and times are
hours of Korean time: neither leads back to an entry, a person or a shift.  `columns_explained` in the file says what
each column means.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, select

from server.exports.place_parts import sex_words
from server.interface.words import KST
from server.projections.case_rows import steps_of
from server.store.clock import from_ms
from server.store.counting import CASE_COUNTS, NEEDED_PERSONS, SWEEP_COUNTS
from server.store.faults import whole_file
from server.store.schema import (
    cases,
    dispositions,
    districts,
    facilities,
    photos,
    public_reports,
    reference_checks,
    rooms,
    sweeps,
    visual_checks,
)

COPY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the copy: its columns, each with its type and its meaning in Korean and English."""

    name: str
    ko: str
    en: str
    columns: tuple[tuple[str, str, str, str], ...]
    """(name, type in SQLite, Korean, English)."""


HOUR = ("TEXT", "시각(한국시간, 시간 단위)", "hour of Korean time, YYYY-MM-DDTHH")
TABLES: tuple[Table, ...] = (
    Table(
        "districts",
        "자치구",
        "districts",
        (("district", "TEXT", "자치구 식별자", "id of the district"), ("name_ko", "TEXT", "이름", "its Korean name")),
    ),
    Table(
        "facilities",
        "시설",
        "facilities",
        (
            ("facility", "INTEGER", "이 사본 안의 번호", "number within this copy"),
            ("district", "TEXT", "자치구", "district; null: none yet"),
            ("is_demo", "INTEGER", "시범 시설이면 1", "1: of a demonstration, not real"),
        ),
    ),
    Table(
        "rooms",
        "방",
        "rooms",
        (
            ("room", "INTEGER", "이 사본 안의 번호", "number within this copy"),
            ("facility", "INTEGER", "시설", "facility"),
            ("kind", "TEXT", "종류(restroom, changing_room)", "restroom or changing_room"),
            ("sex", "TEXT", "성별. 없으면 모름", "여, 남, 남녀공용 or 가족; null: not known"),
            ("floor", "INTEGER", "층. 지하는 음수, 없으면 모름", "floor, negative below the ground; null: not known"),
            ("stalls", "INTEGER", "칸 수. 없으면 모름", "stalls; null: not known"),
        ),
    ),
    Table(
        "sweeps",
        "장비 점검",
        "sweeps with a probe",
        (
            ("sweep", "INTEGER", "이 사본 안의 번호", "number within this copy"),
            ("room", "INTEGER", "방", "room"),
            ("probe", "INTEGER", "점검기 번호(이 사본)", "probe, numbered within this copy"),
            ("started", *HOUR),
            ("minutes", "REAL", "걸린 시간(분)", "how long it took, minutes; null: not ended"),
            ("source", "TEXT", "live, practice, replay, simulated", "live, practice, replay or simulated"),
            ("mode", "TEXT", "full 정밀, quick 간이", "full or quick"),
            ("outcome", "TEXT", "completed, aborted", "completed or aborted; null: no report"),
            ("equipment", "TEXT", "장비 점검 결과", "result of the equipment"),
            ("said", "TEXT", "점검 결과(사람)", "result by persons"),
            ("persons", "INTEGER", "점검한 사람 수", "how many persons; null: not known"),
            ("counts", "INTEGER", "실적이면 1", "1: a visit that counts (completed, two persons)"),
            ("candidates", "INTEGER", "확인할 곳 수", "places named for looking at"),
            ("not_assessable_zones", "INTEGER", "판정할 수 없는 구역 수", "zones of which nothing can be said"),
        ),
    ),
    Table(
        "verdicts",
        "현장 판정",
        "persons' verdicts on findings",
        (
            ("sweep", "INTEGER", "점검", "sweep"),
            ("verdict", "TEXT", "판정", "verdict"),
            ("decided", *HOUR),
        ),
    ),
    Table(
        "looks",
        "육안 점검",
        "looks by eye without a probe",
        (("room", "INTEGER", "방", "room"), ("checked", *HOUR)),
    ),
    Table(
        "cases",
        "확인 건",
        "cases",
        (
            ("case_number", "INTEGER", "이 사본 안의 번호", "number within this copy"),
            ("room", "INTEGER", "방", "room"),
            ("sweep", "INTEGER", "점검에서 나온 확인 건이면 그 점검", "sweep that opened it; null: a person did"),
            ("source", "TEXT", "live, practice, replay, simulated", "live, practice, replay or simulated"),
            ("state", "TEXT", "상태", "state (server/PEOPLE.md, Cases)"),
            ("opened", *HOUR),
            ("due", "TEXT", "보수 기한", "day by which a repair is due"),
            ("photographs", "INTEGER", "물체 사진 수", "photographs of the object"),
        ),
    ),
    Table(
        "case_steps",
        "확인 건의 단계",
        "steps of cases, without their texts",
        (
            ("case_number", "INTEGER", "확인 건", "case"),
            ("number", "INTEGER", "몇 번째 단계인지", "1 for the first step"),
            ("step", "TEXT", "단계", "what was done"),
            ("hours", "REAL", "확인 건이 열린 뒤 지난 시간", "hours since the case was opened"),
            ("defect", "TEXT", "보수할 것", "what has to be repaired, of defect_found"),
            ("measured_mm", "INTEGER", "측정값(mm)", "what was measured, of defect_found, mm"),
        ),
    ),
    Table(
        "public_reports",
        "시민 신고",
        "reports of the public, without their texts",
        (
            ("room", "INTEGER", "방", "room"),
            ("what", "TEXT", "hole, device, other", "hole, device or other"),
            ("received", *HOUR),
            ("outcome", "TEXT", "처리 결과", "what became of it; null: open"),
        ),
    ),
    Table(
        "reference_checks",
        "기준 점검",
        "reference checks of probes",
        (
            ("probe", "INTEGER", "점검기 번호(이 사본)", "probe, numbered within this copy"),
            ("source", "TEXT", "live, practice, replay, simulated", "live, practice, replay or simulated"),
            ("status", "TEXT", "결과", "outcome"),
            ("checked", *HOUR),
        ),
    ),
)


class Numbers:
    """Numbers for the ids of one sort, in an order that says nothing of theirs."""

    def __init__(self, ids: Iterable[object], chance: random.Random) -> None:
        known = sorted(set(map(str, ids)))
        chance.shuffle(known)
        self._numbers = {one: number for number, one in enumerate(known, start=1)}

    def of(self, one: object) -> int | None:
        """The number of an id; None for one that is not copied."""
        return None if one is None else self._numbers.get(str(one))


def write_copy(
    connection: Connection, out: Path, made: datetime, chance: random.Random | None = None
) -> dict[str, int]:
    """Write the copy into a new file; rows by table. Call `projecting.drain` before.

    `chance` draws the numbers. Raises FileExistsError where there is a file.
    """
    chance = chance or random.SystemRandom()
    rows = dict(_rows(connection, chance))
    out.touch(mode=0o600, exist_ok=False)
    with whole_file(out), closing(sqlite3.connect(out)) as copy:
        for table in TABLES:
            columns = ", ".join(f"{name} {kind}" for name, kind, _, _ in table.columns)
            copy.execute(f"CREATE TABLE {table.name} ({columns}) STRICT")
            places = ", ".join("?" * len(table.columns))
            copy.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows[table.name])  # noqa: S608 - named above
        copy.execute(
            "CREATE TABLE columns_explained (table_name TEXT, column_name TEXT, ko TEXT, en TEXT, table_ko TEXT) STRICT"
        )
        copy.executemany("INSERT INTO columns_explained VALUES (?, ?, ?, ?, ?)", _explained())
        copy.execute("CREATE TABLE about (version INTEGER, made TEXT) STRICT")
        copy.execute("INSERT INTO about VALUES (?, ?)", (COPY_VERSION, made.astimezone(KST).date().isoformat()))
        copy.commit()
    return {name: len(found) for name, found in rows.items()}


def _explained() -> Iterator[tuple[str, str, str, str, str]]:
    for table in TABLES:
        for name, _, ko, en in table.columns:
            yield table.name, name, ko, en, table.ko


def _hour(at_ms: int | None) -> str | None:
    return None if at_ms is None else from_ms(at_ms).astimezone(KST).strftime("%Y-%m-%dT%H")


def _rows(connection: Connection, chance: random.Random) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Rows of every table, sorted by their first columns, so that no order of the database shows."""

    def read(statement: Select[Any]) -> list[Any]:
        return list(connection.execute(statement).all())

    def table(name: str, found: Iterable[Any], row_of: Callable[[Any], tuple[Any, ...]]) -> tuple[str, list[Any]]:
        return name, sorted(map(row_of, found), key=lambda row: tuple((one is not None, one) for one in row[:3]))

    of_rooms = rooms.join(facilities, facilities.c.facility_id == rooms.c.facility_id)
    all_facilities, all_rooms = read(select(facilities)), read(select(rooms))
    all_sweeps = read(
        select(sweeps).select_from(sweeps.join(of_rooms, rooms.c.room_id == sweeps.c.room_id)).where(SWEEP_COUNTS)
    )
    all_cases = read(
        select(cases).select_from(cases.join(of_rooms, rooms.c.room_id == cases.c.room_id)).where(CASE_COUNTS)
    )
    checks = read(select(reference_checks))
    facility = Numbers((row.facility_id for row in all_facilities), chance).of
    room = Numbers((row.room_id for row in all_rooms), chance).of
    sweep = Numbers((row.sweep_id for row in all_sweeps), chance).of
    case = Numbers((row.case_id for row in all_cases), chance).of
    probe = Numbers([row.probe_id for row in (*all_sweeps, *checks)], chance).of
    taken = Counter(row.case_id for row in read(select(photos.c.case_id)))
    yield table("districts", read(select(districts)), lambda row: (row.district_id, row.name_ko))
    yield table(
        "facilities",
        all_facilities,
        lambda row: (facility(row.facility_id), row.district_id, int(row.is_demo)),
    )
    yield table(
        "rooms",
        all_rooms,
        lambda row: (
            room(row.room_id),
            facility(row.facility_id),
            row.kind,
            sex_words(row.sex),
            row.floor,
            row.stalls,
        ),
    )
    yield table(
        "sweeps",
        all_sweeps,
        lambda row: (
            sweep(row.sweep_id),
            room(row.room_id),
            probe(row.probe_id),
            _hour(row.started_ms),
            None if row.ended_ms is None else round((row.ended_ms - row.started_ms) / 60_000, 1),
            row.source,
            row.mode,
            row.outcome,
            row.equipment,
            row.said,
            row.persons,
            int(row.outcome == "completed" and (row.persons or 0) >= NEEDED_PERSONS),
            row.candidates,
            row.not_assessable_zones,
        ),
    )
    verdicts = [row for row in read(select(dispositions)) if sweep(row.sweep_id) is not None]
    yield table("verdicts", verdicts, lambda row: (sweep(row.sweep_id), row.verdict, _hour(row.decided_ms)))
    yield table("looks", read(select(visual_checks)), lambda row: (room(row.room_id), _hour(row.checked_ms)))
    yield table(
        "cases",
        all_cases,
        lambda row: (
            case(row.case_id),
            room(row.room_id),
            sweep(row.sweep_id),
            row.source,
            row.state,
            _hour(row.opened_ms),
            row.due,
            taken[row.case_id],
        ),
    )
    steps = [step for row in all_cases if row.steps for step in _steps(connection, row, case(row.case_id))]
    yield table("case_steps", steps, lambda row: row)
    yield table(
        "public_reports",
        read(select(public_reports)),
        lambda row: (room(row.room_id), row.what, _hour(row.received_ms), row.outcome),
    )
    yield table(
        "reference_checks", checks, lambda row: (probe(row.probe_id), row.source, row.status, _hour(row.checked_ms))
    )


def _steps(connection: Connection, row: Any, number: int | None) -> Iterator[tuple[Any, ...]]:
    """Steps of a case: what was done and when, never what anybody wrote."""
    for index, (entry, step) in enumerate(steps_of(connection, row.case_id, row.sweep_id), start=1):
        hours = round(max(0, entry.received_ms - row.opened_ms) / 3_600_000, 1)
        defect, measured = getattr(step.step, "defect", None), getattr(step.step, "measured_mm", None)
        yield number, index, step.step.step, hours, defect, measured
