"""The first start on a log that an older release let every abuse into: what is judged anew is named, receipts stay."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.config.settings import Settings
from server.projections import projecting
from server.store.schema import alarms, audit, cases, entries, keys, users
from tests.server.conftest import running
from tests.server.log_kit import receipt_of, verified

CAPTURE = Path(__file__).parents[1] / "captures" / "server" / "before_rights" / "city.tar.gz"
ABUSES = {
    9: ("quarantined", "key_unknown"),
    10: ("quarantined", "room_not_allowed"),
    11: ("quarantined", "room_not_allowed"),
    14: ("quarantined", "sweep_of_another_probe"),
    15: ("quarantined", "sweep_of_another_probe"),
    16: ("quarantined", "kind_not_allowed"),
}


@pytest.fixture
def city(tmp_path: Path) -> tuple[Settings, dict[str, Any]]:
    with tarfile.open(CAPTURE) as packed:
        packed.extractall(tmp_path, filter="data")
    url = f"sqlite:///{tmp_path / 'ansim.sqlite3'}"
    settings = Settings(data_dir=tmp_path, database_url=url, port=0, min_free_mib=0, web_dir=tmp_path / "dist")
    return settings, json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))


def test_an_older_log_with_every_abuse_is_judged_once_and_says_what_changed(
    city: tuple[Settings, dict[str, Any]],
) -> None:
    settings, told = city
    with running(settings) as site:
        projecting.drain(site.db)
        for one in told["sent"]:
            assert receipt_of(site.send(one["wire"].encode())) == one["receipt"], one["name"]
        with site.db.read() as connection:
            rows = connection.execute(select(entries.c.log_index, entries.c.status, entries.c.reason)).all()
            named = {(row.code, row.log_index) for row in connection.execute(select(alarms))}
            said = connection.scalars(select(audit.c.detail_json).where(audit.c.action == "log.judged_anew")).all()
            rooms = {row.case_id: row.room_id for row in connection.execute(select(cases))}
            roles = connection.scalars(select(keys.c.role).order_by(keys.c.role)).all()
            twins = connection.scalars(select(users.c.display_name).where(users.c.username.like("twin-%"))).all()
            found = verified(connection)
    assert {row.log_index: (row.status, row.reason) for row in rows if row.status != "accepted"} == ABUSES
    assert named >= {(reason, index) for index, (_, reason) in ABUSES.items() if reason != "key_unknown"}
    assert {code for code, _ in named} >= {"judged_anew", "server_key_is_relay"}
    assert [json.loads(one)["documents"] for one in said] == [1]
    assert rooms[UUID(told["mine"]["case_id"])] == UUID(told["mine"]["room_id"])  # not in the other district's room
    assert "relay" in roles
    assert sorted(twins) == ["김하나", "김하나 2"]
    assert list(map(str, found.problems)) == [
        f"log index 8: the body {told['theirs']['crop']} stands as erased, and no erasure that counts names it"
    ]
