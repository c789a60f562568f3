"""A time that a probe claims counts only as far as it can be: months, orders and last words, and a rebuild agrees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exports.gathering import inspection_log
from server.exports.gathering.log_request import LogRequest
from server.interface.claimed_time import BELIEVED_ERROR, FIRST_PROBE, counted
from server.interface.formats import Format
from server.interface.words import KST
from server.projections import projecting
from server.projections.log_records import Period
from server.store.clock import now_ms, today
from server.store.schema import cases, dispositions, findings, sweeps
from sweep.report import ClockReading, new_id
from tests.report_factory import START
from tests.server.conftest import Site
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import DEMO_ROOM, Probe, desk

RECEIVED = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MOMENTS = st.integers(0, 7_000_000_000).map(lambda unix_s: datetime.fromtimestamp(unix_s, UTC))


def _reading(utc: datetime, max_error_ms: int | None = 50) -> ClockReading:
    return ClockReading(utc=utc, synchronised=max_error_ms is not None, max_error_ms=max_error_ms)


@pytest.mark.parametrize(
    ("late_s", "max_error_ms", "counts"),
    [
        (-86_400 * 200, 50, True),  # a probe that was offline for long
        (-1, None, True),
        (0, 0, True),
        (0.04, 50, True),
        (0.06, 50, False),
        (1, None, False),
        (3_599, 10_000_000, True),
        (3_601, 2**53 - 1, False),  # an error of ages is no excuse
        (86_400 * 365 * 73, 50, False),
    ],
)
def test_the_rule(late_s: float, max_error_ms: int | None, counts: bool) -> None:
    claimed = RECEIVED + timedelta(seconds=late_s)
    assert counted(_reading(claimed, max_error_ms), RECEIVED) == (claimed if counts else RECEIVED)


@given(claimed=MOMENTS, max_error_ms=st.none() | st.integers(0, 2**53 - 1))
def test_what_counts_is_never_far_in_the_future_nor_before_there_were_probes(
    claimed: datetime, max_error_ms: int | None
) -> None:
    found = counted(_reading(claimed, max_error_ms), RECEIVED)
    assert found in {claimed, RECEIVED}
    assert FIRST_PROBE <= found <= RECEIVED + BELIEVED_ERROR


def _send(site: Site, probe: Probe, start: datetime) -> UUID:
    probe.start = start
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    return sweep_id


def _pages(site: Site, day: datetime) -> list[UUID]:
    period = Period(day.astimezone(KST).date(), day.astimezone(KST).date())
    wanted = LogRequest(Format.PDF, period, None, "시범구청", "감독자-01", "확인")
    with site.db.read() as connection:
        return [page.row.header.sweep_id for page in inspection_log.collect_pages(connection, wanted)]


def _rows(site: Site) -> list[Any]:
    with site.db.read() as connection:
        return [sorted(plain_rows(connection, table), key=repr) for table in (sweeps, findings, dispositions, cases)]


def test_a_sweep_dated_2099_is_in_its_month_and_not_the_last_for_ever(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    now = datetime.now(UTC)
    ahead = _send(site, probe, datetime(2099, 1, 1, tzinfo=UTC))
    unset = _send(site, probe, datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    late = _send(site, probe, now - timedelta(days=100))
    last = _send(site, probe, datetime.now(UTC) - timedelta(milliseconds=1))
    viewer = site.login("viewer")
    room = viewer.get(f"/api/rooms/{DEMO_ROOM}").json()
    assert room["last_sweep"]["sweep_id"] == str(last)
    listed = {item["sweep_id"]: item for item in room["sweeps"]}
    assert [item["sweep_id"] for item in room["sweeps"]] == [str(one) for one in (last, unset, ahead, late)]
    shown = listed[str(ahead)]
    assert shown["started_claimed"].startswith("2099-01-01")
    assert shown["started"] == shown["received"]
    assert abs(datetime.fromisoformat(shown["received"]) - now) < timedelta(minutes=5)
    assert listed[str(late)]["started"] == listed[str(late)]["started_claimed"]
    assert set(_pages(site, now)) == {ahead, unset, last}
    assert _pages(site, now - timedelta(days=100)) == [late]
    assert _pages(site, datetime(2099, 1, 1, tzinfo=UTC)) == []
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before
    inspector = site.login("inspector")
    path, month = "/api/exports/inspection-log", Period.last_month(today())
    asked: tuple[tuple[dict[str, str], date, date], ...] = (
        ({}, month.first, month.last),
        ({"from": "2026-03-10"}, date(2026, 3, 10), today()),
        ({"to": "2026-03-10"}, date(2026, 3, 1), date(2026, 3, 10)),
    )
    for days, first, end in asked:
        answer = inspector.get(path, **{"reason": "x"} | days)
        assert f"_{first}_{end}.csv" in answer.headers["content-disposition"]
    wanted = {"reason": "x", "from": str(now.date())}
    table = inspector.get(path, **wanted).content.decode("utf-8-sig")
    (line,) = (line for line in table.splitlines() if str(ahead) in line)
    assert line.split('","')[1].startswith("2099-01-01")
    cells = dict(zip(table.splitlines()[0].split('","'), line.split('","'), strict=True))
    received, counts = cells["접수(한국시간)"], cells["기준 시각(한국시간)"]
    assert received == counts != line.split('","')[1]


def test_the_first_entry_bounds_the_start(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that comes days after the opening cannot move the start past the opening's receipt."""
    probe, sweep_id = Probe(), new_id()
    monkeypatch.setattr("server.signing.keys.now_ms", lambda: now_ms() - 4 * 86_400_000)
    site.admit(probe.signer)
    monkeypatch.setattr("server.log.order.now_ms", lambda: now_ms() - 3 * 86_400_000)
    assert site.send(probe.opened(sweep_id)).status_code == 200
    monkeypatch.undo()
    probe.start = datetime.now(UTC) - timedelta(hours=1)
    assert site.send(probe.report(sweep_id)).status_code == 200
    summary = site.login("viewer").get(f"/api/sweeps/{sweep_id}").json()["summary"]
    assert summary["started"] == summary["received"] < summary["started_claimed"]


def _minutes(ahead: timedelta) -> float:
    """Minutes after the factory's start, for a moment so far ahead of now."""
    return (datetime.now(UTC) + ahead - START).total_seconds() / 60


def test_a_decision_dated_ahead_is_not_the_last_word_for_ever(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id = _send(site, probe, datetime.now(UTC) - timedelta(hours=1))
    person = desk()
    site.admit(person.signer, "demo", None)
    site.send(person.disposition(sweep_id, "no_camera", _minutes(timedelta(days=20_000))))
    site.send(person.disposition(sweep_id, "cannot_exclude", _minutes(timedelta(milliseconds=-1))))
    detail = site.login("viewer").get(f"/api/sweeps/{sweep_id}").json()
    assert detail["summary"]["persons"] == "suspected"
    assert len(detail["dispositions"]) == 2
