"""The made-up city claims no more than the curves do, and looks again by the rule."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from server.cli import demo_city_year
from server.cli.demo_city import write_city
from server.cli.demo_city_reports import CALLED, _target, _verdict
from server.schedule.periods import today


def test_what_two_named_is_looked_at_again_when_it_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_city_year, "SUSPICION_SHARE", 0.25)
    write_city(tmp_path / "city", facilities=3, months=7, password="a-made-up-password")
    with closing(sqlite3.connect(tmp_path / "city" / "server.sqlite3")) as connection:
        of_root = "select case_id, reopens, steps from cases where joins is null and state = 'not_camera'"
        closed = connection.execute(of_root).fetchall()
    yesterday = (today() - timedelta(days=1)).isoformat()
    still = [UUID(case_id) for case_id, reopens, _ in closed if reopens < yesterday]
    assert all(case_id.int % demo_city_year.NOT_LOOKED_AGAIN == 0 for case_id in still)
    steps = Counter(steps for _, _, steps in closed)
    assert max(steps) > len(max(demo_city_year.CLOSED_WAYS, key=len)), steps


def test_no_chance_is_above_the_curves_and_nothing_is_clear() -> None:
    for modality, (share, low, high) in CALLED.items():
        assert 0.0 < low < share < high < 0.9, "as a probe could never call clear"
        whole, half = (_target("z", modality, quality, blind=False) for quality in (1.0, 0.5))
        assert (whole["probability"], whole["low"], whole["high"]) == (share, low, high)
        assert (half["probability"], half["source"]) == (pytest.approx(share / 2), "simulated")
        told = [
            _verdict("z", modality, quality, blind=blind, is_candidate=False)["verdict"]
            for quality in (0.0, 1.0)
            for blind in (False, True)
        ]
        assert told == ["not_assessable", "not_assessable", "nothing_detected", "not_assessable"]
