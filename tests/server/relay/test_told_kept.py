"""What districts told, as it is kept above: who is silent is said, old rows go, and what is erased below goes above."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, insert, select, update

from server.api.service import server_metrics
from server.api.service.maintenance import _expire_told
from server.api.service.server_metrics import ServerMetrics
from server.api.service.services import Services
from server.ingest import persons
from server.people.auth import Person
from server.projections import projecting
from server.relay.heard import silent_districts
from server.relay.telling import Teller
from server.schedule.periods import today
from server.signing import keys
from server.store.clock import now_ms
from server.store.schema import (
    body_refs,
    cases,
    entries,
    sweeps,
    telling_districts,
    telling_keys,
    told_cases,
    told_counts,
    told_results,
    told_rooms,
)
from sweep.entry.kinds import REPORT
from sweep.report import LocalText, new_id
from tests.server.conftest import SECOND_IN_SOAK, Site
from tests.server.relay.test_told import ALL, DISTRICT, Wire, district, let_tell_of, room_of
from tests.server.relay_kit import admit, take
from tests.server.sweep_kit import Probe

pytestmark = SECOND_IN_SOAK
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
__all__ = ["district"]


def _lines(site: Site) -> dict[str, dict[str, Any]]:
    """What the page shows of each district."""
    asked = {"year": today().year, "quarter": (today().month + 2) // 3}
    told = site.login("city_officer").get("/api/told/statistics", **asked).json()
    return {one["district_id"]: one for one in told["districts"]} | {"all": told["total"]}


def _labelled(site: Site) -> dict[str, float]:
    """What the metric of silent districts says of each."""
    (silent,) = [one for one in ServerMetrics(site.services).collect() if one.name == "ansim_silent_districts"]
    return {one.labels["district"]: one.value for one in silent.samples}


def test_a_silent_district_is_told_by_page_and_metric(
    site: Site, district: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_tell_of(site, district, DISTRICT, "jung-gu")
    with Wire().client_of(district, site.url) as client:
        Teller(district.db, {}, lambda _: ())(client)
    assert {one["silent_since"] for one in _lines(site).values()} == {None}
    assert (_lines(site)["jung-gu"]["heard"], _lines(site)["jung-gu"]["is_whole"]) == (None, False)
    with site.db.write() as connection:
        assert silent_districts(connection, 72) == []
        connection.execute(update(telling_districts).values(heard_ms=now_ms() - 73 * HOUR_MS))
        assert silent_districts(connection, 72) == [DISTRICT]
        assert silent_districts(connection, 96) == []
        of_never = telling_keys.c.district_id == "jung-gu"
        connection.execute(update(telling_keys).where(of_never).values(since_ms=now_ms() - 80 * HOUR_MS))
        assert silent_districts(connection, 72) == ["jung-gu", DISTRICT]
    assert _labelled(site) == {"jung-gu": 1, DISTRICT: 1}
    monkeypatch.setattr(server_metrics, "MOST_DISTRICTS", 1)
    assert _labelled(site) == {"jung-gu": 1, "others": 1}
    lines = _lines(site)
    assert lines[DISTRICT]["silent_since"] == lines[DISTRICT]["heard"]
    assert lines["jung-gu"]["silent_since"] == lines["all"]["silent_since"] != lines[DISTRICT]["heard"]
    with site.db.write() as connection:  # whose key may tell no more is not waited for
        key_id = district.server_signer.signer.key_id
        keys.revoke(connection, key_id, actor="test", reason="끝남", from_index=None, is_in_force=True)
        assert silent_districts(connection, 72) == []


def _told(site: Site) -> dict[str, set[str]]:
    """Days or months that stand, by table."""
    columns = (told_results.c.day, told_counts.c.month, told_cases.c.changed, told_rooms.c.until)
    with site.db.read() as connection:
        return {one.table.name: set(connection.scalars(select(one))) for one in columns}


def test_what_was_told_goes_by_months_when_its_period_is_over(site: Site) -> None:
    period = site.services.periods["told"]
    assert period.days is not None
    first = (today() - timedelta(days=period.days)).replace(day=1)
    old, kept = (first - timedelta(days=1)).isoformat(), first.isoformat()
    ids: dict[str, Any] = {"district_id": DISTRICT, "facility_id": new_id()}

    def row(table: Table, **values: object) -> None:
        wanted = {name: value for name, value in (ids | {"room_id": new_id()}).items() if name in table.c}
        connection.execute(insert(table).values(wanted | values))

    with site.db.write() as connection:
        stream = {"stream_id": new_id(), "number": 9, "is_whole": True, "heard_ms": now_ms()}
        connection.execute(insert(telling_districts).values(district_id=DISTRICT, **stream))
        said: dict[str, Any] = {"equipment": "partly", "persons": "recheck"}
        for day in (old, kept):
            row(told_results, sweep_id=new_id(), day=day, mode="full", **said)
            row(told_counts, month=day[:7], results=1, **said)
            row(told_rooms, method="visual", state="done", until=day)
            for state in ("defect", "not_camera"):
                times = {"opened": old, "changed": day}
                row(told_cases, case_id=new_id(), kind="restroom", state=state, **times)
    _expire_told(site.services)  # the server's own round may have come first
    assert _expire_told(site.services) == 0
    assert _told(site) == {
        "told_results": {kept},
        "told_counts": {kept[:7]},
        "told_rooms": {kept},
        "told_cases": {old, kept},
    }
    with site.db.read() as connection:
        assert connection.scalars(select(told_cases.c.state).where(told_cases.c.changed == old)).all() == ["defect"]


def test_what_is_erased_at_the_district_is_gone_above(site: Site, district: Services) -> None:
    _, room_id = room_of(district)
    probe = Probe("kim", "live", probe_id="probe-kim", tenant=DISTRICT, room_id=room_id, start=datetime.now(UTC))
    admit(district, probe.signer, "probe", "probe-kim", tenant=DISTRICT)
    _, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert take(district, wire).status == "accepted"
    projecting.drain(district.db)
    now_s = [0.0]
    teller = Teller(district.db, {DISTRICT: ALL}, lambda _: (), now_s=lambda: now_s[0])
    with Wire().client_of(district, site.url) as client:
        teller(client)
        before = _above(site)
        assert before == _below(district)
        assert {len(one) for one in before} == {1}
        first, second = [
            Person(new_id(), name, name, "evidence_officer", f"p-{name}") for name in ("aaaaaaaaaa", "bbbbbbbbbb")
        ]
        with district.db.read() as connection:
            of_report = select(body_refs.c.commitment).join(entries, entries.c.log_index == body_refs.c.log_index)
            commitments = connection.scalars(of_report.where(entries.c.kind == REPORT)).all()
        for commitment in commitments:
            asked = LocalText(ko="요청", en="asked")
            persons.erase(district.db, district.server_signer, first, second, commitment, asked)
        projecting.drain(district.db)
        now_s[0] += 60.0
        teller(client)
    assert _above(site) == _below(district) != before


def _above(site: Site) -> tuple[set[tuple[UUID, str, str]], set[tuple[UUID, str]]]:
    """(results, cases) as they were told."""
    with site.db.read() as connection:
        results = connection.execute(select(told_results)).all()
        found = connection.execute(select(told_cases)).all()
    return {(one.sweep_id, one.equipment, one.persons) for one in results}, {(one.case_id, one.state) for one in found}


def _below(district: Services) -> tuple[set[tuple[UUID, str, str]], set[tuple[UUID, str]]]:
    """(results, cases) as they stand at the district."""
    with district.db.read() as connection:
        results = connection.execute(select(sweeps).where(sweeps.c.source == "live")).all()
        found = connection.execute(select(cases).where(cases.c.source == "live")).all()
    return {(one.sweep_id, one.equipment, one.said) for one in results}, {(one.case_id, one.state) for one in found}
