"""A Pi's server key at its city: never a second pen, however it was admitted, and nobody's hand in another's things."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.erasure_entries import is_erased
from server.ingest.judging import release_quarantine
from server.interface.errors import ApiError
from server.server_keys.root import ROOT_FILE, accept_signed, read_requests, requests, sign_requests, sign_waiting
from server.signing import keys, statements
from server.store.db import Database
from server.store.schema import alarms, case_steps, cases, dispositions, entries, photos
from server.store.schema import keys as key_table
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import DEFAULT_TENANT, from_wire
from sweep.report import BodyErased, LocalText, Record, derived_id, new_id, to_json, utc_now
from sweep.report.case_records import CaseStep, NotReached, Reported
from sweep.report.log_records import KeyAdmitted
from sweep.report.photo_records import PhotoExpired, PhotoTaken
from tests.entry_factory import salted, signer
from tests.log_verifier import problems
from tests.report_factory import clock
from tests.server.conftest import Call, Site
from tests.server.log.test_package import packed
from tests.server.log_kit import admitted_keys, verified
from tests.server.relay_kit import admit, take
from tests.server.sweep_kit import Probe, desk

OTHER_ROOM = UUID("01920000-0000-7000-8000-00000000a002")
REASON = LocalText(ko="오인", en="mistaken")


def _said(person: Probe, kind: str, media_type: str, record: Record, sweep_id: UUID | None = None) -> bytes:
    """Wire bytes of what a person says."""
    return person.entry(kind, (salted(media_type, to_json(record)),), sweep_id=sweep_id)[1]


def _step(person: Probe, case_id: UUID, step: Any, sweep_id: UUID | None = None) -> bytes:
    record = CaseStep(v=1, case_id=case_id, finding_id=None, step=step, decided=clock(20))
    return _said(person, kinds.CASE_STEP, kinds.CASE_STEP_TYPE, record, sweep_id)


def _erasure(person: Probe, commitment: str, sweep_id: UUID | None = None) -> bytes:
    record = BodyErased(v=1, commitment=commitment, second_person="관리자-02", reason=REASON)
    return _said(person, kinds.BODY_ERASED, kinds.ERASED_TYPE, record, sweep_id)


def _alarms(db: Database) -> set[tuple[str, int | None]]:
    with db.read() as connection:
        return {(row.code, row.log_index) for row in connection.execute(select(alarms))}


def test_nobody_enrols_a_second_pen(call: Call, settings: Settings) -> None:
    public = signer("a pi").public_key.hex()
    assert call("enrol", public, "--role", "server", "--name", "x")[0] == 2, "its probes are to be named"
    code, out, _ = call(
        "enrol", public, "--role", "server", "--name", "x", "--probe-id", "p-1", "--probe-id", "p-2", "--tenant", "gu"
    )
    assert code == 0 and "admitted as relay" in out
    with closing(build_services(settings).db) as db:
        with db.read() as connection:
            key = keys.find_key(connection, signer("a pi").key_id)
        assert key is not None
        assert (key.role, key.probes, key.tenant) == ("relay", frozenset({"p-1", "p-2"}), "gu")
        assert (key.key_id, "relay") in admitted_keys(db)
        own = _own(db)
        with pytest.raises(ApiError), db.write() as connection:
            keys.replace_key(connection, own, public_key=signer("z").public_key, actor="t", reason="x")
    assert "p-1 p-2" in call("keys")[1]


def _own(db: Database) -> str:
    with db.read() as connection:
        return next(key.key_id for key in keys.all_keys(connection) if key.role == "server")


def test_an_administrator_admits_the_server_of_a_pi_for_its_probes(site: Site) -> None:
    admin = site.login("admin")
    wanted = {"public_key": signer("a pi").public_key.hex(), "role": "relay", "name": "x"}
    assert admin.post("/api/keys", wanted).status_code == 400
    assert admin.post("/api/keys", wanted | {"probes": ["p-1"], "probe_id": "p-1"}).status_code == 400
    assert admin.post("/api/keys", wanted | {"role": "server", "probes": ["p-1"]}).status_code == 400
    assert admin.post("/api/keys", wanted | {"probes": ["p-1"]}).status_code == 201
    found = {key["key_id"]: key for key in admin.get("/api/keys").json()["keys"]}[signer("a pi").key_id]
    assert (found["role"], found["probes"]) == ("relay", ["p-1"])


def test_its_probes_may_be_named_later_and_what_waited_counts(site: Site) -> None:
    probe, pi = Probe("a", "live", probe_id="probe-a"), desk("pi", "live", "감독-01")
    site.admit(probe.signer, "probe", "probe-a")
    site.admit(pi.signer, "relay", None, probes=["probe-z"])
    sweep_id, *wires = probe.whole_sweep()
    for wire in (*wires, pi.disposition(sweep_id, "camera_found"), _step(pi, new_id(), _reported())):
        assert site.send(wire).status_code == 200
    assert [code for code, _ in _alarms(site.db)] == ["sweep_of_another_probe"]
    admit(site.services, pi.signer, "relay", probes=frozenset({"probe-a", "probe-z"}))
    with site.db.read() as connection:
        assert connection.scalars(select(dispositions.c.verdict)).all() == ["camera_found"]
    admit(site.services, pi.signer, "relay", probes=frozenset({"probe-z"}))
    with site.db.read() as connection:
        assert connection.scalars(select(dispositions.c.verdict)).all() == []
        assert verified(connection).problems == []
    assert problems(packed(site.services)) == []


def _reported() -> Reported:
    return Reported(step="reported", by="person", what="벽의 구멍")


def _old_pen(db: Database, key: Signer, role: str, services: Any) -> None:
    """Admit a foreign key as an older release did: as `server`, or `demo` without a probe."""
    said = KeyAdmitted.model_validate(
        {
            "v": 1,
            "key_id": key.key_id,
            "public_key": key.public_key.hex(),
            "algorithm": "ed25519",
            "role": role,
            "tenant": DEFAULT_TENANT,
            "probe_id": None,
            "name": "a pi",
            "valid_from_index": 0,
            "predecessor": None,
        }
    )
    assert b"probes" not in to_json(said)
    with db.write() as connection:
        statements.say(connection, kinds.KEY_ADMITTED, said, actor="sweep-server")
        sign_waiting(connection, services.server_signer)
        connection.execute(update(key_table).where(key_table.c.key_id == key.key_id).values(role=role, probes=None))


@pytest.mark.parametrize("root", ["here", "elsewhere"])
def test_the_servers_of_pis_in_an_older_log_are_relays(settings: Settings, tmp_path: Path, root: str) -> None:
    services = build_services(settings)
    probe, pi, demo = Probe("a", "live", probe_id="probe-a"), desk("pi", "live", "감독-01"), desk("pi demo")
    admit(services, probe.signer, "probe", "probe-a")
    _old_pen(services.db, pi.signer, "server", services)
    _old_pen(services.db, demo.signer, "demo", services)
    sweep_id, opened, report = probe.whole_sweep()
    crop = from_wire(report)[1][-1].commitment
    case_id = new_id()
    sent = [opened, report, pi.disposition(sweep_id, "camera_found"), _step(pi, case_id, _reported())]
    before = [take(services, wire).log_index for wire in sent]
    erased = take(services, _erasure(pi, crop, sweep_id)).log_index
    assert _alarms(services.db) == set()
    key_file = settings.data_dir / ROOT_FILE
    if root == "elsewhere":
        key_file.rename(tmp_path / "root.key")
    services.db.close()
    services = build_services(settings)
    with services.db.read() as connection:
        by_id = {key.key_id: key.role for key in keys.all_keys(connection)}
        status = {row.log_index: row.status for row in connection.execute(select(entries))}
        assert connection.scalars(select(dispositions.c.verdict)).all() == []
        assert connection.scalars(select(cases.c.case_id).where(cases.c.sweep_id.is_(None))).all() == [case_id]
        found = list(map(str, verified(connection).problems))
    assert (by_id[pi.signer.key_id], by_id[demo.signer.key_id]) == ("relay", "demo-relay")
    assert [status[index] for index in (*before, erased)] == [
        *("accepted", "accepted", "quarantined", "accepted"),
        "quarantined",
    ]
    assert _alarms(services.db) >= {
        ("server_key_is_relay", None),
        ("sweep_of_another_probe", before[2]),
        ("kind_not_allowed", erased),
    }
    # what it erased is gone, and nobody who may has said so until two persons here do
    assert found == [f"log index {before[1]}: the body {crop} stands as erased, and no erasure that counts names it"]
    said = [role for key_id, role in admitted_keys(services.db) if key_id == pi.signer.key_id]
    assert said == (["server", "relay"] if root == "here" else ["server"])
    if root == "elsewhere":
        with services.db.write() as connection:
            asked = requests(connection, services.server_signer)
            signed = sign_requests(Signer.load_or_create(tmp_path / "root.key"), read_requests(asked)[1])
            accept_signed(connection, signed)
    services.db.close()
    services = build_services(settings)
    with closing(services.db) as db:
        assert [role for key_id, role in admitted_keys(db) if key_id == pi.signer.key_id] == ["server", "relay"]
        with db.read() as connection:
            assert list(map(str, verified(connection).problems)) == found
        assert len(problems(packed(services))) == 1


def test_a_demonstration_erases_only_what_it_carried(site: Site) -> None:
    real, toy, hand = Probe("a", "live", probe_id="probe-a"), Probe("d"), desk("hand")
    site.admit(real.signer, "probe", "probe-a")
    site.admit(toy.signer)
    site.admit(hand.signer, "demo", None)
    live, *wires = real.whole_sweep()
    made_up, *others = toy.whole_sweep()
    for wire in (*wires, *others):
        assert site.send(wire).status_code == 200
    crop, toy_crop = (from_wire(report)[1][-1].commitment for report in (wires[-1], others[-1]))
    for sweep_id in (None, made_up, live):
        assert site.send(_erasure(hand, crop, sweep_id)).status_code == 200
    assert site.send(_erasure(hand, "ab" * 32, made_up)).status_code == 200
    with site.db.read() as connection:
        assert not is_erased(connection, crop)
        assert not is_erased(connection, "ab" * 32), "nothing of it has come"
    site.send(_erasure(hand, toy_crop, made_up))
    with site.db.read() as connection:
        assert is_erased(connection, toy_crop)
        assert verified(connection).problems == []
    codes = [code for code, _ in _alarms(site.db)]
    assert (codes.count("erasure_not_of_this"), codes.count("sweep_of_another_source")) == (3, 1)


def test_an_erasure_acts_only_in_the_room_and_sweep_that_it_names(site: Site) -> None:
    probe, hand = Probe("a", "live", probe_id="probe-a"), desk("hand", "live")
    site.admit(probe.signer, "probe", "probe-a")
    site.admit(hand.signer, "server", None)
    sweep_id, *wires = probe.whole_sweep()
    for wire in wires:
        site.send(wire)
    crop = from_wire(wires[-1])[1][-1].commitment
    hand.room_id = OTHER_ROOM
    site.send(_erasure(hand, crop))
    with site.db.read() as connection:
        assert not is_erased(connection, crop)
    hand.room_id = probe.room_id
    site.send(_erasure(hand, crop, sweep_id))
    with site.db.read() as connection:
        assert is_erased(connection, crop)


def test_nobody_has_another_s_body_erased_by_naming_it(site: Site) -> None:
    """A photograph whose picture is a body of somebody else's is not deleted with it when its period is over."""
    probe, thief = Probe("a", "live", probe_id="probe-a"), desk("pi", "live")
    site.admit(probe.signer, "probe", "probe-a")
    site.admit(thief.signer, "relay", None, probes=["probe-b"])
    _, *wires = probe.whole_sweep()
    for wire in wires:
        site.send(wire)
    crop = from_wire(wires[-1])[1][-1]
    with site.db.write() as connection:
        connection.execute(update(entries).where(entries.c.kind == kinds.REPORT).values(received_ms=0))
    stolen = crop.__class__(kinds.SEALED_PHOTO_TYPE, crop.data, crop.salt)
    taken = salted(kinds.PHOTO_TAKEN_TYPE, to_json(_taken(new_id())))
    thief.room_id = OTHER_ROOM
    site.send(thief.entry(kinds.PHOTO_TAKEN, (taken, stolen))[1])
    with site.db.write() as connection:
        body = PhotoExpired(v=1, photo_id=new_id(), commitment=crop.commitment, kept_days=1, basis="test")
        statements.say(connection, kinds.PHOTO_EXPIRED, body, actor="system")
        sign_waiting(connection, site.services.server_signer)
    with site.db.read() as connection:
        assert not is_erased(connection, crop.commitment)
    admin = site.login("admin")
    site.add_user("second", "evidence_officer", "증거-02")
    wanted = {"reason": REASON.model_dump(), "second_person_username": "second", "second_person_password": "x"}
    assert admin.post(f"/api/bodies/{crop.commitment}/erase", wanted).status_code in {401, 403}


def _taken(case_id: UUID) -> PhotoTaken:
    now = utc_now() - timedelta(days=400)
    return PhotoTaken.model_validate(
        {
            "v": 1,
            "photo_id": new_id(),
            "case_id": case_id,
            "zone_id": None,
            "shows": "object",
            "width_px": 10,
            "height_px": 10,
            "declaration_id": new_id(),
            "declared_by": ("점검자-01", "점검자-02"),
            "identified": {"first": "password", "second": "pin"},
            "declared": now,
            "sealed_to": ("0" * 16,),
            "decided": clock(1),
            "claimed": {"utc": now, "behind_ms": 0},
        }
    )


def test_a_step_in_another_room_is_none_of_a_case(site: Site) -> None:
    hand, thief = desk("hand", "live"), desk("pi", "live")
    site.admit(hand.signer, "server", None)
    site.admit(thief.signer, "relay", None, probes=["probe-b"])
    probe = Probe("a", "live", probe_id="probe-a")
    site.admit(probe.signer, "probe", "probe-a")
    sweep_id, *wires = probe.whole_sweep()
    case_id = new_id()
    for wire in (*wires, _step(hand, case_id, _reported())):
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        of_sweep = connection.scalar(select(cases.c.case_id).where(cases.c.sweep_id == sweep_id))
        before = connection.execute(select(cases).order_by(cases.c.case_id)).all()
    assert of_sweep is not None
    thief.room_id = OTHER_ROOM
    for stolen in (case_id, of_sweep):
        assert site.send(_step(thief, stolen, NotReached(step="not_reached", why="잠김"))).status_code == 200
        photo = (salted(kinds.PHOTO_TAKEN_TYPE, to_json(_taken(stolen))), salted(kinds.SEALED_PHOTO_TYPE, b"x"))
        assert site.send(thief.entry(kinds.PHOTO_TAKEN, photo)[1]).status_code == 200
    with site.db.read() as connection:
        assert connection.execute(select(cases).order_by(cases.c.case_id)).all() == before
        assert connection.scalars(select(photos.c.photo_id)).all() == []


def test_a_sweep_takes_the_id_of_its_case_back(site: Site) -> None:
    thief, probe = desk("pi", "live"), Probe("a", "live", probe_id="probe-a")
    site.admit(thief.signer, "relay", None, probes=["probe-b"])
    site.admit(probe.signer, "probe", "probe-a")
    sweep_id, *wires = probe.whole_sweep()
    finding_id = probe.made_up(sweep_id).findings[0].finding_id
    site.send(_step(thief, derived_id(sweep_id, f"case of {finding_id}"), _reported()))
    for wire in wires:
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        assert connection.scalars(select(cases.c.sweep_id)).all() == [sweep_id]


def test_a_step_without_a_sweep_counts_once_its_key_does(site: Site) -> None:
    pi, case_id = desk("pi", "live"), new_id()
    site.send(_step(pi, case_id, _reported()))
    with site.db.read() as connection:
        assert connection.scalars(select(case_steps.c.case_id)).all() == []
    admit(site.services, pi.signer, "relay", probes=frozenset({"probe-a"}))
    with site.db.read() as connection:
        assert connection.scalars(select(cases.c.case_id)).all() == [case_id]
    with site.db.write() as connection:
        keys.revoke(connection, pi.signer.key_id, actor="t", reason="lost", from_index=0)
        sign_waiting(connection, site.services.server_signer)
        release_quarantine(connection, keys.the_key(connection, pi.signer.key_id))
    with site.db.read() as connection:
        assert connection.scalars(select(cases.c.case_id)).all() == []
