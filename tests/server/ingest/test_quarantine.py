"""The quarantine of strangers: bounded for everybody, purged with a note, in nobody's way."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from server.config.settings import Settings
from server.ingest import quarantine
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.signing import keys
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import alarms, audit, body_data, body_refs, entries
from server.store.schema import quarantine as waiting_table
from sweep.entry.dsse import SignedEntry, parse_signed
from sweep.entry.envelope import Body, from_wire, to_wire, verify_receipt
from tests.entry_factory import make_entry, salted, signer
from tests.server.conftest import Site, keys_in, running
from tests.server.log_kit import end_of, receipt_of, sent_indices
from tests.server.sweep_kit import Probe

MIB = 1024 * 1024
DAY_S = 24 * 3600


@pytest.fixture
def db(database_url: str, tmp_path: Path) -> Iterator[Database]:
    found = Database(database_url, keys_in(tmp_path))
    found.migrate()
    yield found
    found.close()


def _admit(connection: Connection, probe: Probe) -> keys.Key:
    return keys.admit(
        connection,
        public_key=probe.signer.public_key,
        role="demo",
        probe_id=probe.probe_id,
        name="x",
        actor="test",
    )


SEALING = 12 + 32 + 1 + 16
"""Nonce, salt, form and tag."""


def _held(db: Database) -> int:
    """Bytes of bodies, without what sealing adds, and payloads that are stored."""
    with db.read() as connection:
        bodies = connection.scalar(select(func.coalesce(func.sum(func.length(body_data.c.sealed) - SEALING), 0))) or 0
        payloads = connection.scalar(select(func.coalesce(func.sum(func.length(entries.c.payload)), 0))) or 0
    return int(bodies) + int(payloads)


def _large(count: int, size: int = 900_000) -> tuple[Body, ...]:
    return tuple(salted("application/octet-stream", bytes([number]) * size) for number in range(count))


def test_one_anonymous_entry_cannot_grow_past_the_limit(settings: Settings) -> None:
    """The entry first, its bodies one by one: each upload is small, and together they were 15 MiB."""
    with running(settings.model_copy(update={"quarantine_max_mib": 1})) as site:
        bodies = _large(17)
        entry = make_entry(signer("stranger"), 1, kind="x", bodies=bodies)
        answers = [site.send(to_wire(entry, ())).status_code]
        answers += [site.send(to_wire(entry, (body,))).status_code for body in bodies]
        assert _held(site.db) <= MIB
        assert (answers[0], set(answers[1:]), answers.count(507) >= 16) == (200, {200, 507}, True)


def test_an_unreadable_version_leaves_no_body_that_nothing_refers_to(settings: Settings) -> None:
    with running(settings.model_copy(update={"quarantine_max_mib": 1})) as site:
        payload = json.dumps({"v": 2, "entry_id": str(UUID(int=2))}).encode()
        for name in ("stranger", "admitted"):
            key = signer(name)
            if name == "admitted":
                site.admit(key)
            entry = key.sign("application/vnd.ansim.entry.v2+json", payload)
            first = salted("text/plain", name.encode())
            assert site.send(to_wire(entry, (first,))).status_code == 200
            assert site.send(to_wire(entry, (first,))).status_code == 200
            for body in _large(24):
                refused = site.send(to_wire(entry, (body,)))
                assert (refused.status_code, refused.json()["error"]["code"]) == (400, "malformed_entry")
        with site.db.read() as connection:
            stored, named = (set(connection.scalars(select(table.c.commitment))) for table in (body_data, body_refs))
        assert stored == named


def _stranger(number: int, size: int = 30_000) -> bytes:
    body = salted("application/octet-stream", number.to_bytes(4) * (size // 4))
    return to_wire(make_entry(signer(f"stranger-{number}"), 1, kind="x", bodies=(body,)), (body,))


def _sent(db: Database, wire: bytes, network: str, max_bytes: int = MIB) -> str:
    """The status of an entry that got in, or the code of its refusal."""
    try:
        return accept(db, read_arrival(wire), quarantine_max_bytes=max_bytes, network=network).status
    except ApiError as refusal:
        return refusal.code


def _flood(db: Database, networks: int) -> int:
    """Every network sends under ever new keys until each is refused; how many entries got in."""
    taken, open_to, number = 0, set(range(networks)), 0
    while open_to:
        for network in sorted(open_to):
            number += 1
            match _sent(db, _stranger(number), f"10.0.0.{network}"):
                case "quarantined":
                    taken += 1
                case code:
                    assert code == "quarantine_full"
                    open_to.discard(network)
    return taken


@pytest.mark.parametrize("networks", [1, 4])
def test_a_flood_leaves_room_for_a_newcomer_elsewhere_and_for_every_admitted_key(db: Database, networks: int) -> None:
    admitted, new = Probe("admitted"), Probe("new")
    with db.write() as connection:
        _admit(connection, admitted)
    assert _flood(db, networks) > 0
    assert _held(db) <= MIB
    _, opened, report = new.whole_sweep()
    for wire in (opened, report):
        assert accept(db, read_arrival(wire), quarantine_max_bytes=MIB, network="10.9.9.9").status == "quarantined"
    for wire in admitted.whole_sweep()[1:]:
        assert accept(db, read_arrival(wire), quarantine_max_bytes=MIB, network="10.0.0.0").status == "accepted"
    with db.write() as connection:
        key = _admit(connection, new)
        assert release_quarantine(connection, key) == (2, 0)
    later = accept(db, read_arrival(new.opened(UUID(int=9))), quarantine_max_bytes=MIB, network="10.0.0.0")
    assert later.status == "accepted"  # admitted since, and even from the attacker's own network


def test_the_number_of_entries_is_bounded_too(db: Database) -> None:
    wires = (to_wire(make_entry(signer(f"s{number}"), 1, kind="x"), ()) for number in range(300))
    taken = [_sent(db, wire, "10.0.0.1") for wire in wires].count("quarantined")
    assert taken == MIB // quarantine.ENTRY_BYTES // 2


def test_forgeries_in_the_name_of_a_key_do_not_crowd_it_out(db: Database) -> None:
    probe = Probe("new")
    for number in range(400):
        entry = make_entry(probe.signer, 1 + number, kind="x")
        forged = SignedEntry(entry.payload_type, entry.payload, ((probe.signer.key_id, number.to_bytes(64)),))
        if _sent(db, to_wire(forged, ()), "10.0.0.1") == "quarantine_full":
            break
    _, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        accept(db, read_arrival(wire), quarantine_max_bytes=MIB, network="10.9.9.9")
    with db.write() as connection:
        key = _admit(connection, probe)
        assert release_quarantine(connection, key)[0] == 2
        assert quarantine.discard(connection, key.key_id, actor="관리자-01", reason="위조") > 50
        assert connection.scalar(select(func.count()).where(entries.c.status == "accepted")) == 2


def test_what_is_too_old_is_purged_with_a_note_and_no_step_of_a_clock_does_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = Probe("old")
    bodies = (salted("text/plain", b"body"),)
    entry = make_entry(probe.signer, 1, kind="x", bodies=bodies, sweep_id=UUID(int=1))
    first = accept(db, read_arrival(to_wire(entry, bodies)), quarantine_max_bytes=MIB)
    accept(db, read_arrival(_stranger(1)), quarantine_max_bytes=MIB)
    later = now_ms() + 10 * 366 * DAY_S * 1000
    monkeypatch.setattr("server.store.clock.time.time_ns", lambda: later * 1_000_000)
    with db.write() as connection:
        assert quarantine.grow_old(connection, 3600, max_days=90) == 0
    with db.write() as connection:
        assert quarantine.grow_old(connection, 89 * DAY_S, max_days=90) == 0
        assert quarantine.grow_old(connection, DAY_S, max_days=90) == 2
    with db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
        assert [(row.status, row.payload, row.sweep_id, row.subject) for row in rows] == [
            ("purged", b"", None, None)
        ] * 2
        assert rows[0].entry_hash == entry.entry_hash
        for table in (body_data, body_refs, waiting_table):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        notes = connection.execute(select(audit).where(audit.c.action == "quarantine.purged")).all()
        assert {note.object_id for note in notes} == {row.key_id for row in rows}
        assert json.loads(notes[0].detail_json)["reason"] == "waited more than 90 days"
        assert connection.scalars(select(alarms.c.code)).all() == ["quarantine_purged"] * 2
    again = accept(db, read_arrival(to_wire(entry, bodies)), quarantine_max_bytes=MIB)
    assert (again.log_index, again.received_ms, again.status) == (first.log_index, first.received_ms, "quarantined")
    assert _held(db) == len(entry.payload) + 4
    with db.write() as connection:
        key = _admit(connection, probe)
        assert release_quarantine(connection, key) == (1, 0)


def test_nothing_that_an_admitted_key_signed_is_ever_purged(db: Database) -> None:
    probe = Probe("p")
    with db.write() as connection:
        key = _admit(connection, probe)
    _, opened, report = probe.whole_sweep()
    accept(db, read_arrival(opened), quarantine_max_bytes=0)
    with db.write() as connection:
        keys.revoke(connection, key.key_id, actor="test", reason="lost")
    accept(db, read_arrival(report), quarantine_max_bytes=MIB)
    with db.write() as connection:
        assert quarantine.discard(connection, key.key_id, actor="test", reason="x") == 0
        assert quarantine.grow_old(connection, 10_000 * DAY_S, max_days=1) == 0
        assert connection.scalars(select(entries.c.status).order_by(entries.c.log_index)).all() == [
            "accepted",
            "quarantined",
        ]
    flood = [_sent(db, probe.opened(UUID(int=number)), "10.0.0.1", MIB // 4) for number in range(100)]
    assert (flood[0], flood[-1]) == ("quarantined", "quarantine_full")  # a thief's, and nothing was purged


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        (None, "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_networks(host: str | None, network: str) -> None:
    assert quarantine.network_of(host) == network
    if "/" in network:
        assert ipaddress.ip_address(host or "") in ipaddress.ip_network(network)


def test_the_page_lists_releases_and_discards(site: Site) -> None:
    probe = Probe("new")
    sweep_id, opened, report = probe.whole_sweep()
    admin = site.login("admin", "관리자-01")
    roles: tuple[Role, ...] = ("viewer", "inspector")
    for role in roles:
        assert site.login(role).get("/api/keys").status_code == 403
    first = end_of(site.db)
    for wire in (opened, report, _stranger(1)):
        assert site.send(wire).status_code == 200
    listed = admin.get("/api/keys").json()
    mine = next(item for item in listed["waiting"] if item["key_id"] == probe.signer.key_id)
    assert (mine["entries"], mine["tenants"], mine["subjects"], mine["networks"]) == (
        2,
        ["demo-gu"],
        ["probe-demo-1"],
        ["127.0.0.1"],
    )
    assert admin.post(f"/api/quarantine/{probe.signer.key_id}/release").status_code == 404
    wanted = {"public_key": probe.signer.public_key.hex(), "role": "demo", "probe_id": "probe-demo-1", "name": "새것"}
    assert admin.post("/api/keys", wanted).json() == {
        "key_id": probe.signer.key_id,
        "released": 2,
        "left": 0,
        "documents": [],
        "waits_for_root": False,
    }
    assert admin.get(f"/api/sweeps/{sweep_id}").json()["summary"]["equipment"] == "to_inspect"
    stranger = signer("stranger-1").key_id
    assert admin.post(f"/api/quarantine/{stranger}/discard", {"reason": "모르는 키"}).json() == {"entries": 1}
    assert admin.get("/api/keys").json()["waiting"] == []
    rows = {row["log_index"]: row for row in admin.get("/api/entries").json()["entries"]}
    assert [rows[first + number]["status"] for number in range(3)] == ["accepted", "accepted", "purged"]
    assert [rows[first + 3 + number]["kind"] for number in range(2)] == ["key.admitted", "quarantine.purged"]
    assert len(rows) == first + 5


def test_receipts_stay_right_through_quarantine_and_admission(site: Site) -> None:
    probe = Probe("new")
    sent = probe.whole_sweep()[1:]
    before = [site.send(wire) for wire in sent]
    with site.db.write() as connection:
        key = _admit(connection, probe)
        release_quarantine(connection, key)
    after = [site.send(wire) for wire in sent]
    assert [receipt_of(answer) for answer in after] == [receipt_of(answer) for answer in before]
    server_key = site.services.server_signer.signer.public_key
    for wire, answer in zip(sent * 2, before + after, strict=True):
        entry, bodies = from_wire(wire)
        verify_receipt(parse_signed(answer.json()), server_key, entry, tuple(body.commitment for body in bodies))


def test_what_strangers_say_of_a_sweep_is_none_of_its_record(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody can write a sweep's id: a record of two entries was shown with a bad signature, or with thousands."""
    monkeypatch.setattr("server.places.sweeps.MAX_WAITING_SHOWN", 2)
    probe, stranger = Probe(), Probe("stranger")
    key = site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report, *(stranger.opened(sweep_id) for _ in range(3))):
        assert site.send(wire).status_code == 200
    viewer = site.login("viewer")
    detail = viewer.get(f"/api/sweeps/{sweep_id}").json()
    assert [(row["status"], row["signature_ok"]) for row in detail["entries"]] == [("accepted", True)] * 2
    assert len(sent_indices(site.db)) == 5
    assert len(viewer.get("/api/entries").json()["entries"]) == end_of(site.db)
    with site.db.write() as connection:
        keys.revoke(connection, key.key_id, actor="test", reason="lost")
    for _ in range(4):
        assert site.send(probe.disposition(sweep_id, "recheck")).status_code == 200
    detail = viewer.get(f"/api/sweeps/{sweep_id}").json()
    assert [row["status"] for row in detail["entries"]] == ["accepted"] * 2 + ["quarantined"] * 2
