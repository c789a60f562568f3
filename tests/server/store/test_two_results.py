"""Migration 0040: whatever an older release had stored of results, each sweep and case says what its entries say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, Table, select, text

from server.api.app import build_services
from server.config.settings import Settings
from server.projections import projecting
from server.store.db import Database
from server.store.pending_sweeps import count_due
from server.store.revisions import MIGRATIONS
from server.store.schema import PROJECTIONS, log_rows
from sweep.report import new_id
from tests.report_factory import make_report
from tests.server.conftest import Site, running
from tests.server.older_database import make_older
from tests.server.plain_rows import plain_rows
from tests.server.sweep_kit import Probe, desk


@pytest.fixture
def filled(settings: Settings) -> Iterator[Database]:
    """A database that no server reads any more, which would project meanwhile what is due."""
    with running(settings) as site:
        _fill(site)
    with closing(build_services(settings).db) as db:
        yield db


def _fill(site: Site) -> None:
    """Sweeps that nobody decided on, with a doubt, with a find, without a report and waiting for a second look."""
    probe, one, other = Probe(), desk(), desk("other", person="점검자-02")
    for signer, probe_id in ((probe.signer, "probe-demo-1"), (one.signer, None), (other.signer, None)):
        site.admit(signer, "demo", probe_id)
    finding = make_report().findings[0]
    for number, verdicts in enumerate(((), ("cannot_exclude", "no_camera"), ("camera_found",))):
        sweep_id, there = new_id(), finding.model_copy(update={"x_m": 3.0 + number})
        wires = probe.opened(sweep_id), probe.report_changed(sweep_id, findings=(there,))
        said = [by.disposition(sweep_id, verdict) for by, verdict in zip((one, other), verdicts, strict=False)]
        for wire in (*wires, *said):
            assert site.send(wire).status_code == 200
    waiting = finding.model_copy(update={"stage": "first_look"})
    ended = new_id()
    for wire in (probe.opened(new_id()), probe.opened(ended), probe.report_changed(ended, findings=(waiting,))):
        assert site.send(wire).status_code == 200


def _rows(connection: Connection) -> dict[str, list[str]]:
    return {table.name: sorted(map(repr, plain_rows(connection, table))) for table in PROJECTIONS}


def _column(connection: Connection, table: str, name: str) -> list[Any]:
    """As it lies in the schema of any release."""
    found = Table(table, MetaData(), autoload_with=connection)
    return list(connection.scalars(select(found.c[name])))


def _down(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, "0039")


@pytest.mark.parametrize("how", ["written by the older release", "taken back to it"])
def test_after_the_migration_everything_stands_as_the_entries_say(filled: Database, how: str) -> None:
    db = filled
    with db.read() as connection:
        before = _rows(connection)
    assert len(before["sweeps"]) == 5
    if how == "taken back to it":
        with db.write() as connection:
            _down(connection)
    else:
        make_older(db, "0039")
        with db.write() as connection:
            connection.execute(text("UPDATE sweeps SET result = 'found'"))
    with db.read() as connection:
        assert len(_column(connection, "sweeps", "result")) == 5
    db.migrate()
    db.check_schema()
    with db.read() as connection:
        assert count_due(connection) == 5
        assert connection.execute(select(log_rows)).all() == [], "no line says what an older release thought"
        assert set(_column(connection, "sweeps", "equipment")) == {"no_report"}
        assert sorted(_column(connection, "cases", "stands")) == ["found", *["to_inspect"] * 3]
    assert projecting.drain(db) == 5
    with db.read() as connection:
        assert _rows(connection) == before
        assert sorted(_column(connection, "sweeps", "said")) == ["found", *["not_recorded"] * 3, "suspected"]
        assert sorted(_column(connection, "cases", "stands")) == ["found", "suspected", "to_inspect", "to_inspect"]
