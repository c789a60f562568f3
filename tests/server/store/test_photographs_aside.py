"""Migration 0044: a case that an older release left at its photographs waits for 112."""

from __future__ import annotations

from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select, text

from server.api.app import build_services
from server.config.settings import Settings
from server.store.revisions import MIGRATIONS
from server.store.schema import cases, kept_finds
from sweep.report import new_id
from tests.server.conftest import running


def test_a_case_at_its_photographs_waits_for_112(settings: Settings) -> None:
    with running(settings):
        pass
    with closing(build_services(settings).db) as db:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        at = {"source": "live", "steps": 4, "opened_ms": 1, "changed_ms": 1}
        with db.write() as connection:
            config.attributes["connection"] = connection
            for state in ("photographed", "police_called"):
                place = {"case_id": new_id(), "room_id": new_id(), "recorded_room_id": new_id(), "state": state}
                connection.execute(insert(cases).values(**place, **at, stands="found"))
                connection.execute(insert(kept_finds).values(**place, **at, kept_index=7))
            command.downgrade(config, "0043")
        db.migrate()
        db.check_schema()
        with db.read() as connection:
            for table in (cases, kept_finds):
                found = connection.scalars(select(table.c.state)).all()
                assert sorted(found) == ["police_called", "room_closed"], table.name
            assert connection.scalar(text("SELECT count(*) FROM cases WHERE stands = 'found'")) == 2
