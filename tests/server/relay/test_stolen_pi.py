"""A Pi was stolen, card and memory: each key of it at every route and with every kind, in a city of two districts."""

from __future__ import annotations

import base64
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import ColumnElement, Connection, Table, select, true

from server.api.service.services import Services
from server.districts import register
from server.ingest import persons
from server.ingest.case_entries import open_case
from server.interface.case_requests import CaseRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.interface.schedule_requests import VisitOrderRequest
from server.interface.sweep_requests import DispositionRequest
from server.people import auth
from server.people.auth import check_password
from server.places import facilities
from server.projections import projecting
from server.projections.sightings import case_of
from server.relay.sealing import Identity
from server.schedule.pairs import order_visit
from server.schedule.periods import today
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store import schema
from server.store.schema import body_refs, entries, erased_bodies
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Assurance, Body, from_wire, sign_request
from sweep.report import LocalText, Source, new_id, to_json
from sweep.report.case_records import CaseStep
from sweep.report.log_records import KeyRevoked
from sweep.report.proof_records import ProofGiven
from tests.entry_factory import salted, signer
from tests.report_factory import clock, make_report
from tests.server.conftest import NO_TLS, PASSWORD, QUICK_HASH, Site
from tests.server.log_kit import end_of, verified
from tests.server.relay.test_relay_keys import REASON, _taken
from tests.server.relay_kit import admit, pi_of, pi_settings
from tests.server.sweep_kit import Probe

HERE, THERE = "mapo-gu", "jung-gu"
FINDING = make_report().findings[0].finding_id
CASE = CaseRequest.model_validate({"step": {"step": "reported", "what": "벽의 구멍"}})
KINDS = sorted(kinds.KNOWN_KINDS | {"custody.handed_over", "checkpoint.cosigned"})
MINE = signer("of the thief alone")
VERDICTS = ("no_camera", "recheck", "cannot_exclude", "camera_found")


@dataclass
class District:
    """What a district has: two rooms of which one is visited today, a probe and its sweep, a case, persons."""

    name: str
    person: str
    due: UUID
    not_due: UUID
    probe: Probe
    sweep_id: UUID = field(default_factory=new_id)
    case_id: UUID = field(default_factory=new_id)
    crop: str = ""

    @property
    def rooms(self) -> tuple[UUID, UUID]:
        return self.due, self.not_due

    def marks(self) -> set[str]:
        """What no other district ever reads."""
        ids = {self.sweep_id, self.case_id, *self.rooms}
        return {self.person, f"{self.name} 어딘가", *map(str, ids)}


def _district(site: Site, name: str) -> District:
    text = LocalText(ko=f"{name} 공원", en=f"{name} park")
    with site.db.write() as connection:
        register.add_district(connection, name, text, actor="test")
        made = []
        for number in range(2):
            request = FacilityRequest(name=text, address=f"{name} 어딘가 {number}")
            facility_id = facilities.add_facility(connection, request, actor="test", district_id=name)
            room = RoomRequest(name=text, kind="changing_room")
            made.append((facility_id, facilities.add_room(connection, facility_id, room, actor=f"{name} 사람")))
        order = VisitOrderRequest(
            facility_id=made[0][0], first_day=today(), last_day=today(), with_police=False, reason="x"
        )
        order_visit(connection, order, actor="test", district_id=None)
        auth.create_user(
            connection,
            username=f"of-{name}",
            display_name=f"{name} 사람",
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            district_id=name,
        )
        sign_waiting(connection, site.services.server_signer)
    (_, due), (_, not_due) = made
    probe = Probe(f"probe of {name}", "live", probe_id=f"probe-{name}", tenant=name, room_id=not_due)
    admit(site.services, probe.signer, "probe", probe.probe_id, tenant=name)
    found = District(name, f"{name} 사람", due, not_due, probe)
    for wire in (probe.opened(found.sweep_id), probe.report(found.sweep_id)):
        assert site.send(wire).status_code == 200
        found.crop = from_wire(wire)[1][-1].commitment
    person = check_password(site.db, f"of-{name}", PASSWORD)
    said = {"sweep_id": str(found.sweep_id), "verdict": "cannot_exclude"}
    verdict = DispositionRequest.model_validate(said, strict=False)
    persons.record_disposition(site.db, site.services.server_signer, person, FINDING, verdict)
    with site.db.write() as connection:
        found.case_id = open_case(connection, site.services.server_signer, person, not_due, CASE)
    return found


@dataclass
class Stolen:
    """The city, and every key that lay on the card."""

    site: Site
    here: District
    there: District
    keys: dict[str, Signer]
    identity: Identity
    until: int
    """Log index from which on the thief speaks."""


@pytest.fixture
def stolen(site: Site, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Stolen]:
    here, there = _district(site, HERE), _district(site, THERE)
    settings = pi_settings(tmp_path, migrated_sqlite, site.url).model_copy(update={"tenant": HERE})
    with pi_of(settings) as pi:
        probes = frozenset({here.probe.probe_id})
        admit(site.services, pi.server_signer.signer, "relay", probes=probes, tenant=HERE)
        admit(site.services, pi.server_signer.demo_signer, "demo-relay", probes=probes, tenant=HERE)
        found = {
            path.name: Signer.load_or_create(path)
            for path in sorted(settings.data_dir.glob("*.key"))
            if path.name.startswith(("server", "root"))
        }
        assert {"server.key", "server-demo.key", "server-log.key", "root.key"} <= found.keys()
        identity = Identity.load_or_create(settings.data_dir / "relay.age")
        yield Stolen(site, here, there, found | {"probe.key": here.probe.signer}, identity, end_of(site.db))


def _rows(connection: Connection, of: District, until: int) -> dict[str, list[Any]]:
    """All that is said of a district, what stands in it, and who may speak; without what is sealed anew each time."""

    def rows(table: Table, where: ColumnElement[bool]) -> list[Any]:
        columns = [column for column in table.c if not column.name.endswith("_sealed")]
        return sorted(map(tuple, connection.execute(select(*columns).where(where))), key=repr)

    honest = entries.c.room_id.in_(of.rooms) & (entries.c.log_index < until)
    indices = connection.scalars(select(entries.c.log_index).where(honest)).all()
    named = select(body_refs.c.commitment).where(body_refs.c.log_index.in_(indices))
    cases = schema.cases.c.recorded_room_id.in_(of.rooms) | schema.cases.c.room_id.in_(of.rooms)
    found = {
        table.name: rows(table, table.c.sweep_id == of.sweep_id)
        for table in (schema.sweeps, schema.findings, schema.dispositions)
    }
    found |= {table.name: rows(table, table.c.room_id.in_(of.rooms)) for table in (schema.rooms, schema.plans)}
    found["cases"] = rows(schema.cases, cases)
    found["sweeps in its rooms"] = rows(schema.sweeps, schema.sweeps.c.room_id.in_(of.rooms))
    found["photos"] = rows(schema.photos, schema.photos.c.case_id.in_(select(schema.cases.c.case_id).where(cases)))
    found["erased"] = rows(erased_bodies, erased_bodies.c.commitment.in_(named))
    found["entries"] = [
        tuple(row)
        for row in connection.execute(
            select(entries.c.log_index, entries.c.status).where(honest).order_by(entries.c.log_index)
        )
    ]
    found["users"], found["keys"] = rows(schema.users, true()), rows(schema.keys, true())
    return found


def _look(stolen: Stolen, of: District) -> dict[str, list[Any]]:
    projecting.drain(stolen.site.db)
    with stolen.site.db.read() as connection:
        return _rows(connection, of, stolen.until)


class Thief:
    """One stolen key, which signs what it likes."""

    def __init__(self, site: Site, key: Signer) -> None:
        self.site, self.key, self.seq, self.prev = site, key, 1_000, None
        self.answers: Counter[int] = Counter()

    def say(
        self,
        kind: str,
        bodies: tuple[Body, ...],
        *,
        room_id: UUID,
        sweep_id: UUID | None,
        source: Source,
        subject: str,
        assurance: Assurance,
        tenant: str,
    ) -> None:
        hand = Probe("x", source, subject=subject, assurance=assurance, tenant=tenant)
        hand.signer, hand.seq, hand.room_id = self.key, self.seq, room_id
        self.seq += 1
        answer = self.site.send(hand.entry(kind, bodies, sweep_id=sweep_id)[1])
        self.answers[answer.status_code] += 1
        assert answer.status_code in {200, 400, 409}, answer.text


def _step(case_id: UUID, finding_id: UUID | None, step: dict[str, Any]) -> Body:
    record = CaseStep.model_validate(
        {"v": 1, "case_id": case_id, "finding_id": finding_id, "step": step, "decided": clock(60)}
    )
    return salted(kinds.CASE_STEP_TYPE, to_json(record))


def _steps(of: District, other: District) -> list[dict[str, Any]]:
    second = f"{of.name} 둘째"
    return [
        {"step": "looked_at", "second_person": second, "seen": "nothing"},
        {"step": "not_camera", "second_person": second, "what": "나사", "reopens": clock(0).utc.date()},
        {"step": "defect_found", "defect": "hole", "measured_mm": 3, "duty": "advice", "due": clock(0).utc.date()},
        {"step": "repaired", "by": "x"},
        {"step": "rechecked", "holds": True},
        {"step": "handed_over", "officer": "박경위", "station": "x", "rank": "x", "receipt_no": "1", "seal_no": "2"},
        {"step": "reported_to_city", "to": "시청"},
        {"step": "police_asked", "document_no": "1", "officer": "박경위", "wanted": ("addresses",)},
        {"step": "room_corrected", "room_id": other.due, "why": "옆방"},
    ]


def _bodies(kind: str, of: District, other: District) -> list[tuple[Body, ...]]:
    """What an entry of this kind says that would do harm in a district."""
    erasure = {"v": 1, "commitment": of.crop, "second_person": f"{of.name} 둘째", "reason": REASON.model_dump()}
    expired = {"v": 1, "photo_id": str(new_id()), "commitment": of.crop, "kept_days": 1, "basis": "x"}
    match kind:
        case kinds.DISPOSITION:
            hand = Probe("d", "live")
            return [from_wire(hand.disposition(of.sweep_id, verdict))[1] for verdict in VERDICTS[:2]]
        case kinds.CASE_STEP:
            cases = ((of.case_id, None), (derived(of), FINDING))
            return [(_step(case_id, finding, step),) for case_id, finding in cases for step in _steps(of, other)]
        case kinds.BODY_ERASED:
            return [(salted(kinds.ERASED_TYPE, json.dumps(erasure).encode()),)]
        case kinds.PHOTO_EXPIRED:
            return [(salted(kinds.PHOTO_EXPIRED_TYPE, json.dumps(expired).encode()),)]
        case kinds.PHOTO_TAKEN:
            taken = salted(kinds.PHOTO_TAKEN_TYPE, to_json(_taken(of.case_id)))
            return [(taken, salted(kinds.SEALED_PHOTO_TYPE, b"x"))]
        case kinds.OPENED:
            return [from_wire(Probe("o", "live", room_id=of.due).opened(new_id()))[1]]
        case kinds.KEY_ADMITTED:
            mine = keys.admission(keys.Key(MINE.key_id, MINE.public_key, "server", None, "x", 0, None, of.name))
            return [(salted(kinds.KEY_ADMITTED_TYPE, to_json(mine)),)]
        case kinds.KEY_REVOKED:
            gone = KeyRevoked(v=1, key_id=of.probe.signer.key_id, from_index=0, reason="x")
            return [(salted(kinds.KEY_REVOKED_TYPE, to_json(gone)),)]
        case kinds.QUARANTINE_PURGED:
            purge = {"v": 1, "indices": [[0, 3]], "reason": "x"}
            return [(salted(kinds.QUARANTINE_PURGED_TYPE, json.dumps(purge).encode()),)]
        case _:
            return [(salted("application/octet-stream", kind.encode()),)]


def derived(of: District) -> UUID:
    """The case of the finding of its sweep."""
    return case_of(of.sweep_id, FINDING)


def _everything(stolen: Stolen, of: District, other: District, chosen: list[str], *, at_length: bool) -> Counter[int]:
    """Every key says every kind about a district, in its name and in the thief's own; at length in every combination of
    names, else in each name of each sort, by turns.
    """
    answers: Counter[int] = Counter()
    said: tuple[tuple[Assurance, str], ...] = (
        ("passkey", of.person),
        ("device", "server"),
        ("device", stolen.here.probe.probe_id),
        ("ceremony", "system"),
    )
    about = list(itertools.product((of.sweep_id, None), sorted({of.name, HERE})))
    turns = itertools.count()
    for key in stolen.keys.values():
        thief = Thief(stolen.site, key)
        for kind in chosen:
            for bodies, (assurance, subject) in itertools.product(_bodies(kind, of, other), said):
                first = next(turns)
                for sweep_id, tenant in about if at_length else (about[(first + first // len(said)) % len(about)],):
                    thief.say(
                        kind,
                        bodies,
                        room_id=of.not_due,
                        sweep_id=sweep_id,
                        source="live",
                        subject=subject,
                        assurance=assurance,
                        tenant=tenant,
                    )
        answers += thief.answers
    return answers


@pytest.mark.parametrize("at_length", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_nothing_outside_its_district_is_changed(stolen: Stolen, at_length: bool) -> None:
    before = _look(stolen, stolen.there)
    assert before["cases"] and before["dispositions"] and before["entries"]
    answers = _everything(stolen, stolen.there, stolen.here, KINDS, at_length=at_length)
    assert answers[200] > answers[400]
    print(f"{dict(answers)} entries by {len(stolen.keys)} keys, {len(KINDS)} kinds")
    assert _look(stolen, stolen.there) == before
    with stolen.site.db.read() as connection:
        assert [
            one for one in map(str, verified(connection).problems) if "missing" not in one and "follow" not in one
        ] == []


def test_nothing_inside_is_cleared_or_erased(stolen: Stolen) -> None:
    before = _look(stolen, stolen.here)
    clearing = [kinds.DISPOSITION, kinds.CASE_STEP, kinds.BODY_ERASED, kinds.PHOTO_EXPIRED, kinds.PROOF_GIVEN]
    _everything(stolen, stolen.here, stolen.there, clearing, at_length=True)
    assert _look(stolen, stolen.here) == before
    kim = stolen.site.anonymous()
    kim.csrf = kim.post("/api/login", {"username": f"of-{HERE}", "password": PASSWORD}).json()["csrf_token"]
    waiting = kim.get("/api/proofs").json()["waiting"]
    assert {one["says"] for one in waiting} >= {"no_camera", "recheck", "not_camera", "looked_at"}
    hashes = [one["entry_hash"] for one in waiting]
    relay = stolen.keys["server.key"]
    for entry_hash in hashes:  # nor does it prove what it said itself
        proof = {"v": 1, "entry_hash": entry_hash, "name": f"{HERE} 사람", "account": "p-aaaaaaaaaa"}
        said = ProofGiven.model_validate(proof | {"way": "pin", "passkey": None})
        thief = Thief(stolen.site, relay)
        thief.seq = 5_000 + hashes.index(entry_hash)
        thief.say(
            kinds.PROOF_GIVEN,
            (salted(kinds.PROOF_GIVEN_TYPE, to_json(said)),),
            room_id=stolen.here.not_due,
            sweep_id=stolen.here.sweep_id,
            source="live",
            subject=f"{HERE} 사람",
            assurance="passkey",
            tenant=HERE,
        )
    assert _look(stolen, stolen.here) == before


def test_no_route_tells_it_of_another_district(stolen: Stolen) -> None:
    document = httpx.get(f"{stolen.site.url}/api/openapi.json", verify=NO_TLS).json()
    marks = stolen.there.marks()
    foreign = {
        "room_id": stolen.there.due,
        "sweep_id": stolen.there.sweep_id,
        "finding_id": FINDING,
        "probe_id": stolen.there.probe.probe_id,
        "commitment": stolen.there.crop,
        "case_id": stolen.there.case_id,
        "username": f"of-{THERE}",
    }
    queries = {
        "/api/relay/down": f"?after=0&recipient={stolen.identity.recipient}",
        "/api/probes/{probe_id}/commands": "?wait_s=0",
    }
    other = {"place": "000", "level": "0", "code": "A" * 12, "line": "5"}
    before = _look(stolen, stolen.there)
    counts: Counter[str] = Counter()
    let_in = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            access = operation["x-access"]
            names = {part.split("}")[0] for part in path.split("{")[1:]}
            for own in (False, True):
                if own and "probe_id" not in names:
                    continue
                values = {name: foreign.get(name, other.get(name, str(new_id()))) for name in names}
                if own:
                    values["probe_id"] = stolen.here.probe.probe_id
                if "key_id" in names:
                    values["key_id"] = stolen.there.probe.signer.key_id
                target = path.format(**values) + queries.get(path, "")
                for name, key in stolen.keys.items():
                    header = {"Authorization": sign_request(key, method.upper(), target, b"", int(time.time()))}
                    with httpx.stream(
                        method.upper(), stolen.site.url + target, headers=header, verify=NO_TLS, timeout=30
                    ) as answer:
                        status = answer.status_code
                        text = answer.read().decode("utf-8", "replace") if status >= 400 or "live" not in path else ""
                    counts[f"{access['scope']} {status}"] += 1
                    if access["roles"] != ["anyone"] and status < 400:
                        let_in.add((name, f"{method} {path}", own))
                    if path == "/api/relay/down" and status == 200:
                        text = stolen.identity.unseal(base64.b64decode(json.loads(text)["sealed"])).decode()
                        assert str(stolen.here.due) in text, "its own shift"
                        assert str(stolen.here.not_due) in text, "of which a case is open"
                    if "public" not in access["scope"]:
                        assert not any(mark in text for mark in marks), (name, path)
    print(dict(counts), sorted(let_in))
    assert {(name, route) for name, route, _ in let_in if name != "probe.key"} == {
        ("server.key", "get /api/relay/down")
    }
    assert all(own for name, _, own in let_in if name == "probe.key"), "a probe asks for itself"
    assert _look(stolen, stolen.there) == before


def test_a_revoked_pi_is_told_nothing_more(stolen: Stolen) -> None:
    services: Services = stolen.site.services
    with services.db.write() as connection:
        keys.revoke(connection, stolen.keys["server.key"].key_id, actor="t", reason="stolen")
        sign_waiting(connection, services.server_signer)
    target = f"/api/relay/down?after=0&recipient={stolen.identity.recipient}"
    header = {"Authorization": sign_request(stolen.keys["server.key"], "GET", target, b"", int(time.time()))}
    assert httpx.get(stolen.site.url + target, headers=header, verify=NO_TLS).status_code == 403
