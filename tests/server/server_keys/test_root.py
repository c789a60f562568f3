"""The root key: what it says of keys is the log's, whoever carries it there, and nobody else says it."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from server.api.app import build_services
from server.api.service.maintenance import tend_access_log
from server.api.service.services import Services
from server.config.settings import Settings
from server.ingest import quarantine
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept
from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.interface.words import KST
from server.server_keys import root
from server.signing import keys
from server.signing.entry_chain import next_of_key
from server.store.clock import to_ms
from server.store.schema import access_heads, alarms, body_refs, entries, log_tiles
from server.store.schema import access_log as accesses
from server.store.schema import keys as key_table
from server.store.schema import statements as statement_table
from sweep.entry import kinds
from sweep.entry.dsse import Signer, key_id_of
from sweep.entry.envelope import Body, make_body, parse_envelope, sign_envelope, to_wire
from sweep.report import new_id, parse_json, to_json
from sweep.report.log_records import AccessLogHead, KeyAdmitted, KeyRevoked, QuarantinePurged
from tests.entry_factory import make_entry, salted, signer
from tests.server.conftest import Site
from tests.server.log_kit import admitted_keys, end_of, own_entries, waiting_kinds
from tests.server.sweep_kit import Probe

MIB = 1024 * 1024


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """A server after its first start."""
    found = build_services(settings)
    with contextlib.closing(found.db):
        yield found


def _root(services: Services) -> Signer:
    found = services.server_signer.root_signer
    assert found is not None
    return found


def test_the_first_start_makes_a_root_key_that_admits_itself_first(settings: Settings, services: Services) -> None:
    server_signer, own = services.server_signer, own_entries(services.db)
    assert admitted_keys(services.db) == [
        (_root(services).key_id, "root"),
        (server_signer.signer.key_id, "server"),
        (server_signer.demo_signer.key_id, "demo"),
    ]
    for number, (envelope, _) in enumerate(own, start=1):
        assert (envelope.key_id, envelope.seq) == (_root(services).key_id, number)
        assert (envelope.assurance, envelope.source) == ("ceremony", "live")
        assert (envelope.room_id, envelope.sweep_id) == (None, None)
    assert (settings.data_dir / root.ROOT_FILE).stat().st_mode & 0o077 == 0
    before = end_of(services.db)
    with contextlib.closing(build_services(settings).db) as db:  # the next start says nothing more
        assert (end_of(db), waiting_kinds(db)) == (before, [])


def test_the_keys_of_an_older_log_get_their_entries_at_the_next_start(settings: Settings, services: Services) -> None:
    probe, gone = Probe("p"), Probe("gone")
    with services.db.write() as connection:
        for one in (probe, gone):
            keys.admit(
                connection, public_key=one.signer.public_key, role="demo", probe_id="probe-demo-1", name="x", actor="t"
            )
        keys.revoke(connection, gone.signer.key_id, actor="t", reason="lost", from_index=0)
        connection.execute(delete(statement_table))  # as a server did that knew no entries about keys
        connection.execute(delete(key_table).where(key_table.c.role == "root"))
        connection.execute(delete(body_refs))
        connection.execute(delete(entries))
        connection.execute(delete(log_tiles))
    accept(services.db, read_arrival(probe.opened(new_id())), quarantine_max_bytes=0)
    (settings.data_dir / root.ROOT_FILE).unlink()
    with contextlib.closing(build_services(settings).db) as db:
        known, own = [key_id for key_id, _ in admitted_keys(db)], own_entries(db)
        with db.read() as connection:
            there = {key.key_id: key for key in keys.all_keys(connection)}
        assert there[known[0]].role == "root"
        assert sorted(known) == sorted(there)
        assert len(known) == len(set(known)) == 5
        revoked = [body for envelope, body in own if envelope.kind == kinds.KEY_REVOKED]
        assert [(body["key_id"], body["from_index"]) for body in revoked] == [(gone.signer.key_id, 0)]
        assert there[gone.signer.key_id].revoked_from_index == 0
        with db.read() as connection:
            statuses = connection.scalars(select(entries.c.status)).all()
        assert set(statuses) == {"accepted"}  # what the probe sent before counts as it did


def test_acts_stand_in_the_log_in_the_order_in_which_they_were_done(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clock and by ids made of it the revocation could come before the admission, or anywhere within a ms."""
    real_ns = itertools.count(1_790_000_000_000_000_000, -3_600_000_000_000)  # the clock goes back an hour each time
    monkeypatch.setattr("server.store.clock.time.time_ns", lambda: next(real_ns))
    probe = Probe()
    with services.db.write() as connection:
        keys.admit(connection, public_key=probe.signer.public_key, role="demo", probe_id="p", name="x", actor="t")
        for _ in range(4):
            keys.revoke(connection, probe.signer.key_id, actor="t", reason="x")
            keys.reinstate(connection, probe.signer.key_id, actor="t", reason="x")
        assert root.sign_waiting(connection, services.server_signer) == 9
    said = [envelope.kind for envelope, _ in own_entries(services.db)][3:]
    assert said == [kinds.KEY_ADMITTED, *[kinds.KEY_REVOKED, kinds.KEY_REINSTATED] * 4]
    with services.db.read() as connection:
        assert keys.the_key(connection, probe.signer.key_id).revoked_from_index is None


def test_a_running_server_signs_no_more_with_a_root_key_that_another_process_handed_over(
    services: Services, settings: Settings
) -> None:
    old, new, probe = _root(services), signer("new root"), Probe()
    other = build_services(settings)
    with contextlib.closing(other.db), other.db.write() as connection:
        root.hand_over(connection, other.server_signer, new.public_key, actor="t", reason="ceremony")
    with services.db.write() as connection:
        assert root.root_at_hand(connection, services.server_signer) is None
        keys.revoke(connection, services.server_signer.demo_signer.key_id, actor="t", reason="x", is_in_force=False)
    outcome, _ = services.ingest.accept(read_arrival(probe.opened(new_id())))  # and it is in no upload's way
    assert outcome.status == "quarantined"
    assert waiting_kinds(services.db) == [kinds.KEY_REVOKED] * 2
    with services.db.read() as connection:
        assert keys.the_key(connection, old.key_id).revoked_from_index is None


def test_what_the_server_cannot_say_waits_and_is_in_nobodys_way(site: Site) -> None:
    """While the server's own key is revoked, uploads and whatever tends the database once failed with it."""
    stranger, probe = Probe("stranger"), Probe("p", "live")
    site.admit(probe.signer, "probe")
    site.send(stranger.opened(new_id()))
    admin, own = site.login("admin"), site.services.server_signer.signer.key_id
    assert admin.post(f"/api/keys/{own}/revoke", {"reason": "도난"}).status_code == 200
    discard = f"/api/quarantine/{stranger.signer.key_id}/discard"
    assert admin.post(discard, {"reason": "모름"}).json() == {"entries": 1}
    assert site.send(probe.opened(new_id())).status_code == 200
    tend_access_log(site.services)
    assert waiting_kinds(site.db) == [kinds.QUARANTINE_PURGED]
    assert admin.post(f"/api/keys/{own}/reinstate", {"reason": "찾음"}).status_code == 200
    assert waiting_kinds(site.db) == []


def _statement(key: Signer, kind: str, media_type: str, body: Any, seq: int, prev: str | None) -> bytes:
    """Wire bytes of an entry about a key, by whatever key."""
    carried = make_body(media_type, to_json(body))
    template = parse_envelope(make_entry(key, seq, prev, kind=kind, source="live", assurance="ceremony").payload)
    envelope = template.model_copy(
        update={"entry_id": new_id(), "room_id": None, "subject": "감독-01", "bodies": (carried.ref,)}
    )
    return to_wire(sign_envelope(envelope, key), (carried,))


def _admission(probe: Probe, role: str = "demo") -> KeyAdmitted:
    return KeyAdmitted.model_validate(
        {
            "v": 1,
            "key_id": probe.signer.key_id,
            "public_key": probe.signer.public_key.hex(),
            "algorithm": "ed25519",
            "role": role,
            "tenant": "demo-gu",
            "probe_id": "probe-demo-1",
            "name": "x",
            "valid_from_index": 0,
            "predecessor": None,
        }
    )


def _next(site: Site, key: Signer) -> tuple[int, str | None]:
    with site.db.read() as connection:
        return next_of_key(connection, key.key_id)


def test_an_entry_about_a_key_takes_effect_from_wherever_the_root_key_sends_it(site: Site) -> None:
    probe, root_key = Probe(), _root(site.services)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    wire = _statement(root_key, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, _admission(probe), *_next(site, root_key))
    assert site.send(wire).status_code == 200
    viewer = site.login("viewer")
    assert viewer.get(f"/api/sweeps/{sweep_id}").json()["summary"]["equipment"] == "to_inspect"
    revoked = KeyRevoked(v=1, key_id=probe.signer.key_id, from_index=2**40, reason="lost")
    wire = _statement(root_key, kinds.KEY_REVOKED, kinds.KEY_REVOKED_TYPE, revoked, *_next(site, root_key))
    end = end_of(site.db)
    assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        assert keys.the_key(connection, probe.signer.key_id).revoked_from_index == end  # never beyond the entry itself
        assert connection.scalars(select(alarms.c.code)).all() == []


def test_a_root_key_that_handed_over_says_no_more_of_keys(site: Site) -> None:
    """Before its successor revokes it, too: a log that holds knows one root key at a time."""
    old, heir, probe = _root(site.services), signer("root-2"), Probe()
    stray = Probe("stray")
    wire = _statement(old, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, _admission(stray, "root"), *_next(site, old))
    assert site.send(wire).status_code == 200
    with site.db.write() as connection:
        assert keys.find_key(connection, stray.signer.key_id) is None, "it does not follow the root key before it"
        root.hand_over(connection, site.services.server_signer, heir.public_key, actor="t", reason="ceremony")
        assert keys.the_key(connection, old.key_id).revoked_from_index is None
    wire = _statement(old, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, _admission(probe), *_next(site, old))
    assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        row = connection.execute(select(entries).order_by(entries.c.log_index.desc()).limit(1)).one()
        assert (row.status, row.reason) == ("quarantined", keys.REVOKED)
        assert keys.find_key(connection, probe.signer.key_id) is None
    wire = _statement(heir, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, _admission(probe), *_next(site, heir))
    assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        assert keys.the_key(connection, probe.signer.key_id).role == "demo"


def test_a_key_that_has_spoken_is_not_made_another_by_a_later_admission(site: Site) -> None:
    probe, root_key = Probe(), _root(site.services)
    site.admit(probe.signer)
    site.send(probe.opened(new_id()))
    changed = _admission(probe).model_copy(update={"tenant": "other-gu", "valid_from_index": 2**40})
    wire = _statement(root_key, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, changed, *_next(site, root_key))
    assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        key = keys.the_key(connection, probe.signer.key_id)
    assert (key.tenant, key.valid_from_index) == ("demo-gu", 0)


@pytest.mark.parametrize("who", ["a probe", "the server", "a stranger"])
def test_nobody_else_says_who_may_speak(site: Site, who: str) -> None:
    probe, friend = Probe("p", "live"), Probe("friend")
    site.admit(probe.signer, "probe")
    key = {"a probe": probe.signer, "the server": site.services.server_signer.signer, "a stranger": signer("stranger")}[
        who
    ]
    wire = _statement(key, kinds.KEY_ADMITTED, kinds.KEY_ADMITTED_TYPE, _admission(friend), *_next(site, key))
    assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        row = connection.execute(select(entries).order_by(entries.c.log_index.desc()).limit(1)).one()
        assert keys.find_key(connection, friend.signer.key_id) is None
    reason = keys.UNKNOWN_KEY if who == "a stranger" else "kind_not_allowed"
    assert (row.kind, row.status, row.reason) == (kinds.KEY_ADMITTED, "quarantined", reason)
    if who == "a stranger":  # and what it said before it was a root key it never said
        site.admit(key, "root", None)
        with site.db.write() as connection:
            release_quarantine(connection, keys.the_key(connection, key.key_id))
            assert keys.find_key(connection, friend.signer.key_id) is None
            status = connection.scalar(select(entries.c.status).where(entries.c.log_index == row.log_index))
        assert status == "quarantined"


@pytest.mark.parametrize(
    "what", ["no body", "two bodies", "another type", "another key's id", "another version", "anybody's key"]
)
def test_an_entry_about_a_key_carries_just_its_body(site: Site, what: str) -> None:
    root_key, probe = _root(site.services), Probe()
    good = make_body(kinds.KEY_ADMITTED_TYPE, to_json(_admission(probe)))
    other = _admission(probe).model_copy(update={"key_id": "00" * 8})
    point = bytes((1,)) + bytes(31)  # of order 1
    anybodys = _admission(probe).model_copy(update={"key_id": key_id_of(point), "public_key": point.hex()})
    bodies: dict[str, tuple[Body, ...]] = {
        "no body": (),
        "two bodies": (good, salted("text/plain", b"x")),
        "another type": (make_body(kinds.KEY_REVOKED_TYPE, good.data),),
        "another key's id": (make_body(kinds.KEY_ADMITTED_TYPE, to_json(other)),),
        "another version": (make_body(kinds.KEY_ADMITTED_TYPE, good.data.replace(b'"v":1', b'"v":2')),),
        "anybody's key": (make_body(kinds.KEY_ADMITTED_TYPE, to_json(anybodys)),),
    }
    seq, prev = _next(site, root_key)
    entry = make_entry(root_key, seq, prev, kind=kinds.KEY_ADMITTED, bodies=bodies[what], source="live", room_id=None)
    answer = site.send(to_wire(entry, bodies[what]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_entry")


def test_purged_quarantine_is_said_in_the_log(site: Site) -> None:
    places = []
    for number in range(5):
        probe = Probe(f"stranger-{number % 2}")
        probe.seq = number
        places.append(end_of(site.db))
        site.send(probe.opened(new_id()))
    admin = site.login("admin", "관리자-01")
    discard = f"/api/quarantine/{signer('stranger-0').key_id}/discard"
    assert admin.post(discard, {"reason": "모르는 키"}).json() == {"entries": 3}
    envelope, body = own_entries(site.db)[-1]
    said = parse_json(QuarantinePurged, json.dumps(body).encode())
    assert (envelope.kind, envelope.subject, envelope.assurance) == (kinds.QUARANTINE_PURGED, "server", "device")
    assert said.indices == tuple((place, place) for place in places[::2])
    assert (said.reason, envelope.key_id) == ("모르는 키", site.services.server_signer.signer.key_id)
    with site.db.write() as connection:
        assert quarantine.grow_old(connection, 10**9, max_days=1) == 2
        root.sign_waiting(connection, site.services.server_signer)
    assert own_entries(site.db)[-1][1]["indices"] == [[places[1], places[1]], [places[3], places[3]]]


def _row(at: datetime, number: int) -> dict[str, Any]:
    return {
        "access_id": new_id(),
        "at_ms": to_ms(at),
        "name": f"점검자-{number:02d}",
        "account": "kim",
        "address": "192.0.2.1",
        "action": "sweep.viewed",
        "object_id": "x",
        "shown": "crops device_names",
        "reason": 'a "reason"\n',
    }


def test_each_day_of_the_access_log_is_sealed_once_it_is_over(services: Services) -> None:
    today = datetime.now(UTC).astimezone(KST).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [
        today - timedelta(days=3) + timedelta(hours=1),
        today - timedelta(days=3) + timedelta(hours=1),  # the same millisecond: in the order of the ids
        today - timedelta(days=2) - timedelta(milliseconds=1),
        today - timedelta(days=1),
        today,  # not over
    ]
    rows = [_row(moment, number) for number, moment in enumerate(moments)]
    with services.db.write() as connection:
        connection.execute(insert(accesses), rows[::-1])
    tend_access_log(services)
    tend_access_log(services)
    heads = [(envelope, body) for envelope, body in own_entries(services.db) if envelope.kind == kinds.ACCESS_LOG_HEAD]

    def digest(before: str | None, of_day: list[dict[str, Any]]) -> str:
        """The head as sweep/LOG.md says it."""
        whole = hashlib.sha256(bytes.fromhex(before) if before else bytes(32))
        for row in sorted(of_day, key=lambda row: (row["at_ms"], str(row["access_id"]))):
            values = [str(value) if name == "access_id" else value for name, value in row.items()]
            text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
            whole.update(hashlib.sha256(text.encode("utf-8")).digest())
        return whole.hexdigest()

    first = digest(None, rows[:3])
    second = digest(first, rows[3:4])
    days = [(today - timedelta(days=back)).date().isoformat() for back in (3, 1)]
    assert [parse_json(AccessLogHead, json.dumps(body).encode()) for _, body in heads] == [
        AccessLogHead(v=1, day=days[0], count=3, head=first, before=None),
        AccessLogHead(v=1, day=days[1], count=1, head=second, before=first),
    ]
    assert {envelope.key_id for envelope, _ in heads} == {services.server_signer.signer.key_id}
    with services.db.read() as connection:
        assert connection.scalars(select(access_heads.c.day).order_by(access_heads.c.day)).all() == days


def test_a_root_key_is_not_revoked_like_another(site: Site) -> None:
    admin, key_id = site.login("admin"), _root(site.services).key_id
    for act, wanted in (("revoke", {"reason": "x"}), ("replace", {"reason": "x", "public_key": "00" * 32})):
        answer = admin.post(f"/api/keys/{key_id}/{act}", wanted)
        assert answer.status_code == 409
    with pytest.raises(ApiError, match="not revoked but handed over"), site.db.write() as connection:
        keys.revoke(connection, key_id, actor="t", reason="x")


def test_the_page_is_told_what_waits_for_the_root_key(site: Site) -> None:
    admin, probe = site.login("admin", "관리자-01"), Probe()
    wanted = {"public_key": probe.signer.public_key.hex(), "role": "demo", "probe_id": "p", "name": "시범"}
    with site.db.write() as connection:
        new = signer("new root").public_key
        root.hand_over(connection, site.services.server_signer, new, actor="sweep-server", reason="ceremony")
    judged = admin.post("/api/keys", wanted).json()
    assert judged == {"key_id": probe.signer.key_id, "released": 0, "left": 0, "documents": [], "waits_for_root": True}
    asked = admin.get("/api/keys").json()["asked_of_root"]
    assert [(one["kind"], one["actor"]) for one in asked] == [
        (kinds.KEY_REVOKED, "sweep-server"),
        (kinds.KEY_ADMITTED, "관리자-01"),
    ]
