"""Health by part, when its facts change, and what the record of upkeep says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from server.api.service.health import health_parts
from server.api.service.maintenance_log import JOBS, LATE_S, MaintenanceLog
from tests.server.conftest import Site


def test_each_part_says_when_it_is_not_well(site: Site, tmp_path: Path) -> None:
    services = site.services
    assert set(health_parts(services, None).model_dump().values()) <= {"ok", "off"}
    settings = services.settings.model_copy(update={"min_free_mib": 10**9, "web_dir": tmp_path})
    poor = replace(services, settings=settings, upkeep=MaintenanceLog(started_s=-LATE_S, witness="degraded"))
    parts = health_parts(poor, None)
    assert (parts.disk, parts.page, parts.witness, parts.retention) == ("degraded", "off", "degraded", "degraded")


def test_retention_is_late_when_one_work_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr("server.api.service.maintenance_log.time.monotonic", lambda: now[0])
    upkeep = MaintenanceLog(started_s=now[0])
    is_late = [upkeep.is_late]
    now[0] += LATE_S + 1
    is_late.append(upkeep.is_late)
    for job in JOBS:
        upkeep.note(job, removed=3)
    is_late.append(upkeep.is_late)
    assert (upkeep.ago_s("tables"), upkeep.removed["quarantine"]) == (0.0, 3)
    now[0] += LATE_S
    upkeep.note("access_log", removed=2)
    assert upkeep.removed["access_log"] == 5
    now[0] += 1
    assert [*is_late, upkeep.is_late] == [False, True, False, True], "in the end the others were not done"
