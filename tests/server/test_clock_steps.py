"""A wall clock that goes a day forward and back under the server, which is killed at every step.

What was acknowledged stays where it was: the order is that of the log, and nothing of the clock decides what counts.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from server.api.app import build_services
from server.config.settings import Settings
from server.projections import projecting
from server.store.schema import entries, sweeps
from tests.server.conftest import SECOND_IN_SOAK
from tests.server.killed_server import KilledServer
from tests.server.plain_rows import plain_rows
from tests.server.uploads import Uploads, check_log

PROBES, MORE = 4, 8
DAY_MS = timedelta(days=1) // timedelta(milliseconds=1)
AHEAD, TRUE, BEHIND = timedelta(days=1), timedelta(), timedelta(days=-1)
"""How far the clock is ahead of the true one."""
STEPS = (AHEAD, TRUE, BEHIND, TRUE)


def _sweeps(connection: Connection) -> list[object]:
    return sorted((tuple(row.values()) for row in plain_rows(connection, sweeps)), key=repr)


@SECOND_IN_SOAK
@pytest.mark.parametrize(
    "steps", [pytest.param((AHEAD, BEHIND), id="2"), pytest.param(STEPS * 12, id="48", marks=pytest.mark.soak)]
)
def test_no_acknowledged_entry_is_lost_when_the_clock_steps(
    settings: Settings, tmp_path: Path, repo_root: Path, steps: tuple[timedelta, ...]
) -> None:
    services = build_services(settings)
    uploads = Uploads(services.server_signer.signer.public_key, PROBES)
    uploads.admit(services.db)
    ahead = tmp_path / "ahead"
    ahead.write_text("0", encoding="ascii")
    server = KilledServer(settings, repo_root, ("-m", "tests.server.stepped_server", str(ahead)))
    uploads.url = f"http://127.0.0.1:{server.port}"
    sweep_ids = []
    server.start()
    try:
        uploads.begin()
        for step in steps:
            (tmp_path / "next").write_text(str(int(step.total_seconds())), encoding="ascii")
            (tmp_path / "next").replace(ahead)
            uploads.wait_for(MORE)
            server.kill()
            server.start()
            uploads.wait_for(MORE)
        uploads.end()
        for step in STEPS:  # an opening on one day, its report a day later or earlier
            probe = uploads.probes[0]
            sweep_id, opened, report = probe.whole_sweep()
            uploads.deliver(opened)
            ahead.write_text(str(int(step.total_seconds())), encoding="ascii")
            uploads.deliver(report)
            sweep_ids.append(sweep_id)
    finally:
        server.kill()
    projecting.drain(services.db)
    with services.db.read() as connection:
        received = connection.execute(select(func.min(entries.c.received_ms), func.max(entries.c.received_ms))).one()
        read = _sweeps(connection)
        outcomes = connection.execute(select(sweeps.c.sweep_id, sweeps.c.outcome)).all()
    assert received[1] - received[0] > 2 * DAY_MS
    assert {row.sweep_id: row.outcome for row in outcomes} == dict.fromkeys(sweep_ids, "completed")
    projecting.rebuild(services.db)
    with services.db.read() as connection:
        assert _sweeps(connection) == read
    check_log(services.db, [uploads])
    services.db.close()
    print(f"{len(steps)} steps of a day, as many kills: {len(uploads.places)} entries, 0 lost")
