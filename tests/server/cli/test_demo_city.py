"""The made-up city claims no more than the curves do, and looks again by the rule."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.cli import demo_city_inspections, demo_city_notes, demo_city_visits, demo_city_year
from server.cli.demo_city import write_city
from server.cli.demo_city_notes import OPEN_WAYS
from server.cli.demo_city_places import CityRoom
from server.cli.demo_city_reports import CALLED, report_of
from server.schedule.periods import today
from sweep.report import new_id
from tests.report_factory import START, make_plan


def _works_as_districts_do(connection: sqlite3.Connection) -> None:
    """The first district: instruments first, one probe beside them, and the papers of an office."""
    of_first = (
        "select mode, count(*) from sweeps join rooms using (room_id) join facilities using (facility_id)"
        " where district_id = 'hanbit-gu' group by mode"
    )
    ways: dict[str, int] = dict(connection.execute(of_first).fetchall())
    assert {"full", "checked", "by_eye"} <= ways.keys()
    probes = of_first.replace("mode, count(*)", "count(distinct probe_id)").replace(
        "group by mode", "and mode = 'full'"
    )
    asked = {
        probes: 1,
        "select count(*) from inspector_pairs where district_id = 'hanbit-gu'": 4,
        "select count(distinct kind) from instruments": 4,
        "select count(*) from handovers": 1,
        "select count(*) from facilities where name_en not glob '[A-Z]*Restroom'": 0,
        "select count(*) from public_reports where outcome is null": 1,
        "select number_word = '여성가족과' from office_settings": 1,
        "select count(*) from sweeps where source != 'simulated'": 0,
        "select count(*) from cases where source != 'simulated'": 0,
    }
    assert {one: connection.execute(one).fetchone()[0] for one in asked} == asked
    assert connection.execute("select count(*) from instrument_checks").fetchone()[0] >= 4
    by_person = "select count(*) from cases where sweep_id is null and joins is null"
    by_probe = "select count(*) from cases where finding_id is not null and joins is null"
    assert all(connection.execute(one).fetchone()[0] > len(OPEN_WAYS) // 2 for one in (by_person, by_probe))


def test_what_two_named_is_looked_at_again_when_it_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days are drawn by secrets, so that a small city has what is rare only where the shares are high."""
    monkeypatch.setattr(demo_city_visits, "SUSPICION_SHARE", 0.25)
    monkeypatch.setattr(demo_city_visits, "PROBE_SHARE", 1.0)
    monkeypatch.setattr(demo_city_inspections, "BY_EYE_SHARE", 0.4)
    write_city(tmp_path / "city", facilities=3, months=9, password="a-made-up-password")
    with closing(sqlite3.connect(tmp_path / "city" / "server.sqlite3")) as connection:
        of_root = "select case_id, reopens, steps from cases where joins is null and state = 'not_camera'"
        closed = connection.execute(of_root).fetchall()
        _works_as_districts_do(connection)
    yesterday = (today() - timedelta(days=1)).isoformat()
    still = [UUID(case_id) for case_id, reopens, _ in closed if reopens < yesterday]
    assert all(case_id.int % demo_city_year.NOT_LOOKED_AGAIN == 0 for case_id in still)
    steps = Counter(steps for _, _, steps in closed)
    assert max(steps) > len(max(demo_city_notes.CLOSED_WAYS, key=len)), steps


def test_no_chance_is_above_the_curves_and_nothing_is_clear() -> None:
    for share, low, high in CALLED.values():
        assert 0.0 < low < share < high < 0.9, "as a probe could never call clear"
    room = CityRoom(new_id(), new_id(), "demo-gu", make_plan())
    told = set()
    for seed in range(40):
        rng, pair = random.Random(seed), ("점검자-01", "점검자-02")
        options: dict[str, Any] = {"probe_id": "probe-1", "checked": None, "is_aborted": seed % 2 == 0}
        report = report_of(rng, room, START, inspectors=pair, **options)
        looked = {(one.zone_id, one.modality): one for one in report.coverage}
        for target in report.targets:
            coverage = looked[target.zone_id, target.modality]
            is_known = coverage.quality > 0 and coverage.blind_reason is None
            chances = [coverage.quality * one for one in CALLED[target.modality]] if is_known else [None] * 3
            assert [target.probability, target.low, target.high] == pytest.approx(chances, abs=6e-4)
            assert target.source == "simulated"
        for said in report.verdicts:
            coverage = looked[said.zone_id, said.modality]
            told.add((coverage.quality > 0, coverage.blind_reason is not None, said.verdict))
    assert told == {
        (True, False, "nothing_detected"), (True, True, "not_assessable"),
        (False, False, "not_assessable"), (False, True, "not_assessable"),
    }  # fmt: skip
