"""The first start on data folders of older releases: what is judged anew is named, and what stands is said anew."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.config.settings import Settings
from server.interface.fields import FOUND
from server.projections import projecting
from server.store.schema import alarms, audit, cases, entries, keys, users
from tests.server.conftest import Client, running
from tests.server.log_kit import receipt_of, verified

CAPTURES = Path(__file__).parents[1] / "captures" / "server"
ABUSES = {
    9: ("quarantined", "key_unknown"),
    10: ("quarantined", "room_not_allowed"),
    11: ("quarantined", "room_not_allowed"),
    14: ("quarantined", "sweep_of_another_probe"),
    15: ("quarantined", "sweep_of_another_probe"),
    16: ("quarantined", "kind_not_allowed"),
}


City = tuple[Settings, dict[str, Any]]


def unpacked(name: str, tmp_path: Path) -> City:
    """(settings for the folder, what its release told)."""
    with tarfile.open(CAPTURES / name / "city.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")
    url = f"sqlite:///{tmp_path / 'ansim.sqlite3'}"
    settings = Settings(data_dir=tmp_path, database_url=url, port=0, min_free_mib=0, web_dir=tmp_path / "dist")
    return settings, json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))


def test_an_older_log_with_every_abuse_is_judged_once_and_says_what_changed(tmp_path: Path) -> None:
    settings, told = unpacked("before_rights", tmp_path)
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


@dataclass(frozen=True)
class Said:
    """What is said of a sweep, and of its room."""

    equipment: str | None
    persons: str | None
    findings: tuple[str, ...] = ()
    standing: dict[str, int] | None = None
    """In the room: how many at which state."""
    room: tuple[str | None, str | None] | None = None
    """Of the room by equipment and persons, where that is not what the sweep says."""


AFTER: dict[str, Said] = {
    "nobody decided": Said("to_inspect", "not_recorded", ("to_inspect",), {"to_inspect": 1}),
    "one says no camera": Said("to_inspect", "not_recorded", ("no_camera",)),
    "a doubt": Said("to_inspect", "suspected", ("suspected",), {"suspected": 1}),
    "a doubt, then another's no camera": Said("to_inspect", "suspected", ("suspected",), {"suspected": 1}),
    "one found a camera": Said("to_inspect", "found", ("found",), {"found": 1}),
    "a find that two took back": Said("to_inspect", "not_recorded", ("no_camera",)),
    "one wants another look": Said("to_inspect", "recheck", ("recheck",), {"recheck": 1}),
    "two know what it is": Said("to_inspect", "not_recorded", ("no_camera",)),
    "a defect": Said("to_inspect", "not_recorded", ("defect",)),
    "handed over": Said("to_inspect", "found", ("found",), {"found": 1}),
    "ended before its second look": Said("to_inspect", "not_recorded", ("to_inspect",), {"to_inspect": 1}),
    "nothing could be judged": Said("not_assessable", "not_recorded"),
    "clear of one target by one method": Said("nothing_detected", "not_recorded"),
    "clear, but ended early": Said("partly", "not_recorded"),
    "nothing detected": Said("nothing_detected", "not_recorded"),
    "no report": Said("no_report", "not_recorded"),
    "nothing unusual by eye": Said("not_assessable", "nothing_unusual"),
    "marks": Said("not_assessable", "suspected"),
    "nothing unusual beside a camera found": Said("to_inspect", "found", ("found",), {"found": 1}),
    "an earlier find": Said("to_inspect", "found", ("found",), {"found": 1}, ("not_assessable", "found")),
    "a later sweep of that room": Said("not_assessable", "not_recorded", (), {"found": 1}, ("not_assessable", "found")),
    "reported by a person": Said(None, None, (), {"to_inspect": 1}),
    "reported, and two found a camera": Said(None, None, (), {"found": 1}, (None, "found")),
}
"""By the rules of server/standing/README.md, whatever the older release said."""


def said_of(client: Client, one: dict[str, Any]) -> Said:
    """What this release says of a sweep or case of `told.json`."""
    room = client.get(f"/api/rooms/{one['room_id']}").json()
    of_room = room["equipment"], room["persons"]
    standing = room["standing"]
    stands = None if standing is None else {one["state"]: one["count"] for one in standing["counts"]}
    if one["sweep_id"] is None:
        return Said(None, None, (), stands, None if of_room == (None, None) else of_room)
    detail = client.get(f"/api/sweeps/{one['sweep_id']}").json()
    own = detail["summary"]["equipment"], detail["summary"]["persons"]
    states = tuple(finding["state"] for finding in detail["findings"])
    return Said(*own, states, stands, None if of_room == own else of_room)


def test_results_of_an_older_release_are_said_anew_as_two_and_a_rebuild_agrees(tmp_path: Path) -> None:
    settings, told = unpacked("before_two_results", tmp_path)
    assert told.keys() == AFTER.keys()
    with running(settings) as site:
        with site.db.read() as connection:  # before anything is projected anew, no find is hidden
            at_once = connection.execute(select(cases.c.state, cases.c.stands)).all()
        assert {stands for state, stands in at_once if state in FOUND} == {"found"}
        projecting.drain(site.db)
        client = site.login("supervisor")
        assert {name: said_of(client, one) for name, one in told.items()} == AFTER
        log = client.get("/api/exports/inspection-log", **{"reason": "x", "from": "2026-03-01", "to": "2026-03-31"})
        assert len(log.content.splitlines()) == 1 + sum(one["sweep_id"] is not None for one in told.values())
        projecting.rebuild(site.db)
        assert {name: said_of(client, one) for name, one in told.items()} == AFTER
        with site.db.read() as connection:
            assert verified(connection).problems == []
    for name, one in told.items():
        print(f"{name}: {one.get('result')}, {one.get('by_eye')}; room {one['room']} -> {AFTER[name]}")
