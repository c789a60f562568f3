"""The ingest path: verified, stored verbatim, acknowledged once it is on disk, never twice."""

from __future__ import annotations

import base64
import hashlib
import json
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from server.config.settings import Settings
from server.ingest.judging import release_quarantine
from server.store.schema import alarms, audit, body_data, entries
from server.store.schema import keys as key_table
from server.verifier.signing_rules import KeyRole
from sweep.entry.dsse import ENTRY_TYPE, SignedEntry, parse_signed
from sweep.entry.envelope import from_wire, to_wire, verify_receipt
from tests.entry_factory import make_entry, salted, signer
from tests.server.conftest import Site, running
from tests.server.log_kit import SENT, end_of
from tests.server.sweep_kit import Probe


def _verified(site: Site, wire: bytes) -> int:
    """Send and verify the receipt; the log index."""
    answer = site.send(wire)
    assert answer.status_code == 200, answer.text
    entry, bodies = from_wire(wire)
    server_key = bytes.fromhex(site.anonymous().get("/api/server-key").json()["public_key"])
    receipt = verify_receipt(parse_signed(answer.json()), server_key, entry, tuple(body.commitment for body in bodies))
    return receipt.log_index


def _codes(site: Site) -> list[str]:
    with site.db.read() as connection:
        return list(connection.scalars(select(alarms.c.code).order_by(alarms.c.at_ms)))


def _statuses(site: Site) -> list[str]:
    with site.db.read() as connection:
        return list(connection.scalars(select(entries.c.status).where(SENT).order_by(entries.c.log_index)))


def test_entries_get_indices_without_holes_and_the_same_again_changes_nothing(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    _, opened, report = probe.whole_sweep()
    first = end_of(site.db)
    places = [_verified(site, opened), _verified(site, report), _verified(site, opened)]
    assert places == [first, first + 1, first]
    assert site.send(opened).content == site.send(opened).content
    assert end_of(site.db) == first + 2
    with site.db.read() as connection:
        rows = connection.execute(select(entries.c.payload).where(SENT).order_by(entries.c.log_index)).all()
        indices = connection.scalars(select(entries.c.log_index).order_by(entries.c.log_index)).all()
    assert indices == list(range(len(indices)))
    assert [row.payload for row in rows] == [from_wire(wire)[0].payload for wire in (opened, report)]
    assert _codes(site) == []


@pytest.mark.parametrize("same", ["entry_id and number", "entry_id", "number"])
def test_another_entry_in_the_same_place_is_kept_refused_and_raises_an_alarm(site: Site, same: str) -> None:
    probe = Probe()
    site.admit(probe.signer)
    first = make_entry(probe.signer, 1, kind="sweep.note")
    other = make_entry(probe.signer, 1, kind="sweep.other")
    if same != "entry_id and number":
        content = json.loads(first.payload)
        content |= {"seq": 2, "prev": first.entry_hash} if same == "entry_id" else {"entry_id": str(UUID(int=7))}
        other = probe.signer.sign(ENTRY_TYPE, json.dumps(content).encode())
    assert site.send(to_wire(first, ())).status_code == 200
    for _ in range(2):
        refused = site.send(to_wire(other, ()))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert _statuses(site) == ["accepted", "conflict"]
    assert _codes(site) == ["conflict"]
    waiting = site.login("viewer").get("/api/entries", only_waiting=True).json()["entries"]
    assert [(row["status"], row["conflict_with"] is None) for row in waiting] == [("conflict", False)]
    assert site.send(to_wire(first, ())).status_code == 200


def test_an_unknown_key_waits_in_quarantine_with_a_receipt_until_it_is_admitted(site: Site) -> None:
    probe = Probe()
    sweep_id, opened, report = probe.whole_sweep()
    inspector = site.login("inspector")
    first = end_of(site.db)
    assert [_verified(site, opened), _verified(site, report)] == [first, first + 1]
    key_id = probe.signer.key_id
    forged = SignedEntry(ENTRY_TYPE, make_entry(probe.signer, 3, probe.prev).payload, ((key_id, b"x" * 64),))
    _verified(site, to_wire(forged, ()))
    assert inspector.get(f"/api/sweeps/{sweep_id}").status_code == 404
    listed = inspector.get("/api/entries", after=first - 1).json()["entries"]
    assert [row["reason"] for row in listed] == ["key_unknown"] * 3
    assert inspector.get("/api/entries", only_waiting=True).json()["entries"] == listed
    key = site.admit(probe.signer)
    with site.db.write() as connection:
        assert release_quarantine(connection, key) == (2, 1)
    detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
    assert [row["signature_ok"] for row in detail["entries"]] == [True, True]
    assert _statuses(site) == ["accepted", "accepted", "quarantined"]
    waiting = inspector.get("/api/entries", only_waiting=True).json()["entries"]
    assert [row["log_index"] for row in waiting] == [first + 2]
    # the genuine third entry is not blocked by the forgery
    genuine = SignedEntry(ENTRY_TYPE, forged.payload, probe.signer.sign(ENTRY_TYPE, forged.payload).signatures)
    assert _verified(site, to_wire(genuine, ())) == end_of(site.db) - 1 > first + 2


def test_the_quarantine_is_bounded(settings: Settings) -> None:
    with running(settings.model_copy(update={"quarantine_max_mib": 1})) as site:
        big = salted("application/octet-stream", b"\0" * 700_000)
        answers = [
            site.send(to_wire(make_entry(signer(name), 1, kind="x", bodies=(big,)), (big,))).status_code
            for name in ("one", "two")
        ]
    assert answers == [200, 507]


@pytest.mark.parametrize(("role", "source"), [("probe", "simulated"), ("demo", "live")])
def test_a_key_that_may_not_sign_this_source_is_quarantined_with_an_alarm(
    site: Site, role: KeyRole, source: str
) -> None:
    probe = Probe(source="live" if source == "live" else "simulated")
    site.admit(probe.signer, role)
    sweep_id, opened, _ = probe.whole_sweep()
    _verified(site, opened)
    assert (_statuses(site), _codes(site)) == (["quarantined"], ["source_not_allowed"])
    assert site.login("inspector").get(f"/api/sweeps/{sweep_id}").status_code == 404


def test_a_revoked_key_is_quarantined_from_its_index_on(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    _, opened, report = probe.whole_sweep()
    _verified(site, opened)
    end = end_of(site.db)
    with site.db.write() as connection:
        revoked = update(key_table).where(key_table.c.key_id == probe.signer.key_id)
        connection.execute(revoked.values(revoked_from_index=end))
    _verified(site, report)
    assert _statuses(site) == ["accepted", "quarantined"]


def test_unknown_kinds_and_versions_are_kept_and_shown_as_unreadable(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    end = end_of(site.db)
    _verified(site, probe.entry("custody.handed_over", (salted("text/plain", b"later"),))[1])
    for number, payload_type in enumerate((ENTRY_TYPE, "application/vnd.ansim.entry.v2+json")):
        payload = json.dumps({"v": 2, "entry_id": str(UUID(int=number)), "what": "nobody knows"}).encode()
        body = salted("text/plain", payload_type.encode())
        _verified(site, to_wire(probe.signer.sign(payload_type, payload), (body,)))
    _verified(site, to_wire(probe.signer.sign("application/vnd.ansim.entry.v3+json", b"\xff\0 not even JSON"), ()))
    rows = site.login("viewer").get("/api/entries", after=end - 1).json()["entries"]
    assert [(row["status"], row["is_readable"], row["signature_ok"]) for row in rows] == [("accepted", False, True)] * 4
    assert [row["reason"] for row in rows] == ["unknown_kind"] + ["unknown_version"] * 3
    assert [body["state"] for row in rows for body in row["bodies"]] == ["present"] * 3


def test_a_body_may_come_later_and_is_then_projected(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    entry, _ = from_wire(report)
    _verified(site, opened)
    place = _verified(site, to_wire(entry, ()))
    inspector = site.login("inspector")
    before = inspector.get(f"/api/sweeps/{sweep_id}").json()
    assert (before["report_state"], before["summary"]["equipment"]) == ("missing", "no_report")
    assert _verified(site, report) == place
    after = inspector.get(f"/api/sweeps/{sweep_id}").json()
    assert (after["report_state"], after["summary"]["equipment"]) == ("present", "to_inspect")


def test_a_missing_number_is_a_gap_and_a_broken_chain_an_alarm(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    probe.entry("sweep.note", sweep_id=sweep_id)
    later = probe.entry("sweep.other", sweep_id=sweep_id)[1]
    for wire in (later, report, opened):
        _verified(site, wire)
    detail = site.login("inspector").get(f"/api/sweeps/{sweep_id}").json()
    assert detail["gaps"] == [{"key_id": probe.signer.key_id, "from_seq": 3, "to_seq": 3}]
    assert detail["alarms"] == []
    stranger = make_entry(probe.signer, 5, "0" * 64, kind="sweep.note", sweep_id=sweep_id)
    _verified(site, to_wire(stranger, ()))
    assert _codes(site) == ["chain_break"]


def test_a_body_that_contradicts_its_envelope_is_unreadable_and_not_projected(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, _ = probe.whole_sweep()
    _verified(site, opened)
    other = Probe()
    foreign = from_wire(other.report(UUID(int=5)))[1]
    broken = salted("application/vnd.ansim.sweep-report.v1+json", b'{"v": 1, "v": 1}')
    _verified(site, probe.entry("sweep.report", foreign, sweep_id=sweep_id)[1])
    _verified(site, probe.entry("sweep.report", (broken,), sweep_id=sweep_id)[1])
    detail = site.login("inspector").get(f"/api/sweeps/{sweep_id}").json()
    assert detail["report"] is None
    assert [row["is_readable"] for row in detail["entries"]] == [True, False, False]
    assert _codes(site) == ["unreadable_body"] * 2


def _wire_with(**changes: object) -> bytes:
    wire = json.loads(Probe().entry("sweep.note", (salted("text/plain", b"body"),))[1])
    return json.dumps(wire | changes).encode()


def _resigned(**changes: object) -> bytes:
    probe = Probe()
    content = json.loads(make_entry(probe.signer, 1).payload) | changes
    return to_wire(probe.signer.sign(ENTRY_TYPE, json.dumps(content).encode()), ())


TIME = json.loads(make_entry(signer("probe"), 1).payload)["time"]
MALFORMED = {
    "nothing": b"",
    "not JSON": b"\x00\xff",
    "NaN": b'{"dsse": NaN, "bodies": []}',
    "deep": b"[" * 100_000,
    "another type": to_wire(signer("probe").sign("application/vnd.ansim.receipt.v1+json", b"{}"), ()),
    "no bodies": _wire_with(bodies=None),
    "a body nobody named": _wire_with(
        bodies=[{"media_type": "text/plain", "salt": base64.b64encode(b"s" * 32).decode(), "data": "AAAA"}]
    ),
    "a media type nobody allows": _wire_with(
        bodies=[{"media_type": "text/html\n", "salt": base64.b64encode(b"s" * 32).decode(), "data": "AAAA"}]
    ),
    "keyid of NULs": _wire_with(
        dsse=parse_signed(json.loads(_wire_with())["dsse"]).to_json()
        | {"signatures": [{"keyid": "\0" * 16, "sig": base64.b64encode(b"s" * 64).decode()}]}
    ),
    "an unknown field": _resigned(more=1),
    "a number too large": _resigned(seq=2**53),
    "a number far too large": _resigned(seq=10**400),
    "a subject with an escape": _resigned(subject="a\x1b[31mb"),
    "a subject with NUL": _resigned(subject="a\0b"),
    "a local time": _resigned(time=TIME | {"utc": "2026-01-01T00:00:00"}),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed_entries_are_refused_with_one_line_and_nothing_is_stored(site: Site, what: str) -> None:
    site.admit(Probe().signer)
    answer = site.send(MALFORMED[what])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_entry")
    assert len(answer.json()["error"]["message"]["en"].splitlines()) == 1
    assert _statuses(site) == []


def test_a_signature_that_does_not_hold_is_refused_when_the_key_is_known(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    entry = make_entry(probe.signer, 1)
    forged = SignedEntry(entry.payload_type, entry.payload + b" ", entry.signatures)
    answer = site.send(to_wire(forged, ()))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_signature")
    assert _statuses(site) == []


def test_large_uploads_are_refused_before_they_are_read(site: Site) -> None:
    answer = site.send(b" " * (16 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_full_disk_is_said_with_507_and_nothing_is_half_stored(settings: Settings) -> None:
    with running(settings.model_copy(update={"min_free_mib": 1_000_000})) as site:
        answer = site.send(Probe().entry("sweep.note")[1])
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")


def test_erasing_a_body_takes_two_people_and_leaves_every_signature_valid(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        _verified(site, wire)
    admin = site.login("admin", "관리자-01")
    site.add_user("second", "inspector", "점검자-02")
    crop = admin.get(f"/api/sweeps/{sweep_id}").json()["crops"][0]
    path = f"/api/bodies/{crop['commitment']}"
    assert hashlib.sha256(admin.get(path).content).hexdigest() == crop["sha256"]
    reason = {"ko": "보관 기간이 끝남", "en": "Retention is over"}
    wanted = {"reason": reason, "second_person_username": "second", "second_person_password": "a-long-password"}
    wrong = admin.post(f"{path}/erase", wanted | {"second_person_password": "wrong"})
    assert wrong.status_code == 401
    me = admin.get("/api/me").json()["user"]["username"]
    alone = admin.post(f"{path}/erase", wanted | {"second_person_username": me})
    assert (alone.status_code, alone.json()["error"]["code"]) == (403, "second_person_needed")
    assert admin.post(f"{path}/erase", wanted).status_code == 201
    assert admin.post(f"{path}/erase", wanted).json()["error"]["code"] == "already_erased"
    assert admin.get(path).status_code == 404
    _verified(site, report)  # sent again, it does not come back
    with site.db.read() as connection:
        assert connection.scalar(select(func.count()).where(body_data.c.commitment == crop["commitment"])) == 0
        assert connection.scalar(select(func.count()).where(audit.c.action == "body.erased")) == 1
    detail = admin.get(f"/api/sweeps/{sweep_id}").json()
    assert detail["crops"] == []
    assert all(row["signature_ok"] for row in detail["entries"])
    states = {body["commitment"]: body["state"] for row in detail["entries"] for body in row["bodies"]}
    assert states[crop["commitment"]] == "erased"
    assert [row["kind"] for row in detail["entries"]] == ["sweep.opened", "sweep.report", "body.erased"]
