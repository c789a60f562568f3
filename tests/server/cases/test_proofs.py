"""What a Pi's server says that clears something waits until its persons prove it at the city; what protects never."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, get_args
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from webauthn import base64url_to_bytes

from server.cases.proving import provers_of_step
from server.config.settings import Settings
from server.districts import register
from server.ingest.case_entries import open_case
from server.ingest.judging import release_quarantine
from server.interface.case_requests import CaseRequest
from server.people import auth
from server.people.auth import check_password
from server.projections import projecting
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store.schema import cases, entries, proofs, sweeps, unproven
from server.store.stored_bodies import bodies_of
from sweep.entry import kinds
from sweep.entry.envelope import from_wire
from sweep.report import LocalText, new_id, to_json
from sweep.report.case_records import CaseStep, LookedAt, NotCamera, Step
from sweep.report.proof_records import ProofGiven
from tests.entry_factory import salted
from tests.log_verifier import problems
from tests.report_factory import clock, make_report
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site, running
from tests.server.log.test_package import packed
from tests.server.log_kit import verified
from tests.server.people.authenticator import ORIGIN, Authenticator
from tests.server.sweep_kit import Probe, desk

FINDING = make_report().findings[0].finding_id
OPENS = CaseRequest.model_validate({"step": {"step": "reported", "what": "벽의 구멍"}})


class Town:
    """A city with a Pi: its probe swept a room, and its server says what two persons did."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.probe, self.pi = Probe("a", "live", probe_id="probe-a"), desk("pi", "live", "점검자-01")
        site.admit(self.probe.signer, "probe", "probe-a")
        site.admit(self.pi.signer, "relay", None, probes=["probe-a"])
        self.sweep_id, *wires = self.probe.whole_sweep()
        for wire in wires:
            assert site.send(wire).status_code == 200
        self.kim, self.lee = self.person("kim", "점검자-01"), self.person("lee", "점검자-02")

    def person(self, name: str, display_name: str, role: Any = "inspector") -> Client:
        self.site.add_user(name, role, display_name)
        client = self.site.anonymous()
        client.csrf = client.post("/api/login", {"username": name, "password": PASSWORD}).json()["csrf_token"]
        return client

    def step(self, step: Any, subject: str = "점검자-01", case_id: UUID | None = None) -> str:
        """Let the Pi say a step of the sweep's case, or of one without a sweep; the id of its entry."""
        of_sweep = case_id is None
        record = CaseStep(
            v=1,
            case_id=case_id or self.case_id,
            finding_id=FINDING if of_sweep else None,
            step=step,
            decided=clock(30),
        )
        self.pi.subject = subject
        body = salted(kinds.CASE_STEP_TYPE, to_json(record))
        wire = self.pi.entry(kinds.CASE_STEP, (body,), sweep_id=self.sweep_id if of_sweep else None)[1]
        return self.send(wire)

    def send(self, wire: bytes) -> str:
        assert self.site.send(wire).status_code == 200
        return str(json.loads(from_wire(wire)[0].payload)["entry_id"])

    @property
    def case_id(self) -> UUID:
        with self.site.db.read() as connection:
            found: UUID | None = connection.scalar(select(cases.c.case_id).where(cases.c.sweep_id == self.sweep_id))
        assert found is not None
        return found

    def state(self, case_id: UUID | None = None) -> str:
        answer = self.kim.get(f"/api/cases/{case_id or self.case_id}").json()
        return str(answer["state"])

    def stands(self) -> str:
        """What stands of the one finding."""
        with self.site.db.read() as connection:
            return str(connection.scalar(select(cases.c.stands).where(cases.c.sweep_id == self.sweep_id)))

    def equipment(self) -> str:
        with self.site.db.read() as connection:
            return str(connection.scalar(select(sweeps.c.equipment).where(sweeps.c.sweep_id == self.sweep_id)))

    def prove(self, client: Client, entry_id: str, **way: Any) -> tuple[int, str]:
        answer = client.post(f"/api/proofs/{entry_id}", way or {"password": PASSWORD})
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    def waiting(self, client: Client) -> list[tuple[str, list[str]]]:
        found = client.get("/api/proofs").json()["waiting"]
        return [(one["says"], one["missing"]) for one in found]


@pytest.fixture
def town(settings: Settings) -> Iterator[Town]:
    with running(settings.model_copy(update={"public_url": ORIGIN})) as site:
        yield Town(site)


def _not_camera(second: str = "점검자-02") -> NotCamera:
    return NotCamera.model_validate(
        {"step": "not_camera", "second_person": second, "what": "나사", "reopens": clock(0).utc.date()}
    )


def test_two_verdicts_of_one_pi_close_no_case(town: Town) -> None:
    town.pi.subject = "점검자-01"
    first = town.send(town.pi.disposition(town.sweep_id, "no_camera", 20))
    town.pi.subject = "점검자-02"
    second = town.send(town.pi.disposition(town.sweep_id, "no_camera", 21))
    assert (town.state(), town.stands()) == ("candidate", "to_inspect")
    detail = town.kim.get(f"/api/sweeps/{town.sweep_id}").json()
    assert detail["dispositions"] == []
    assert [(one["says"], one["person"], one["missing"]) for one in detail["claims"]] == [
        ("no_camera", "점검자-01", ["점검자-01"]),
        ("no_camera", "점검자-02", ["점검자-02"]),
    ]
    assert town.waiting(town.kim) == [("no_camera", ["점검자-01"])]
    assert town.prove(town.kim, second) == (409, "not_named")
    assert town.prove(town.kim, first, password="another-password") == (401, "wrong_credentials")
    assert (town.state(), town.stands()) == ("candidate", "to_inspect")
    assert town.prove(town.kim, first) == (201, "")
    assert (town.state(), town.stands()) == ("candidate", "no_camera")
    assert town.prove(town.kim, first) == (404, "not_found"), "it waits for nobody any more"
    assert town.prove(town.lee, second) == (201, "")
    assert (town.state(), town.waiting(town.kim), town.waiting(town.lee)) == ("not_camera", [], [])
    projecting.rebuild(town.site.db)
    assert (town.state(), town.stands(), town.equipment()) == ("not_camera", "no_camera", "to_inspect")
    with town.site.db.read() as connection:
        assert verified(connection).problems == []
        assert len(connection.execute(select(proofs)).all()) == 2
    assert problems(packed(town.site.services)) == []


def test_what_two_persons_do_takes_two_accounts(town: Town) -> None:
    looked = town.step(LookedAt(step="looked_at", second_person="점검자-02", seen="nothing"))
    closed = town.step(_not_camera())
    same = town.step(_not_camera(second="점검자-01"))
    assert town.state() == "candidate"
    assert town.waiting(town.lee) == [
        ("looked_at", ["점검자-01", "점검자-02"]),
        ("not_camera", ["점검자-01", "점검자-02"]),
    ]
    stranger = town.person("choi", "점검자-03")
    assert town.waiting(stranger) == []
    assert town.prove(stranger, closed) == (409, "not_named")
    assert town.prove(town.kim, same) == (201, "")
    assert town.prove(town.kim, closed) == (201, "")
    assert town.prove(town.kim, closed) == (409, "not_named")
    assert town.state() == "candidate"
    assert town.prove(town.lee, looked) == (201, "") and town.prove(town.kim, looked) == (201, "")
    assert town.state() == "looked_at"
    assert town.prove(town.lee, closed) == (201, "")
    assert town.state() == "not_camera"
    events = town.kim.get(f"/api/cases/{town.case_id}").json()
    assert [one["missing"] for one in events["claims"]] == [["점검자-01"]], "one person is never two"


def test_what_protects_somebody_never_waits(town: Town) -> None:
    town.step({"step": "camera", "second_person": "점검자-02", "was_touched": False})
    assert town.state() == "camera"
    town.step({"step": "room_closed", "guarded_by": "점검자-02"})
    assert town.state() == "room_closed"
    town.step({"step": "police_called", "receipt_no": "112-1"})
    town.step({"step": "photographed", "commitment": None, "why_not": "어두움"})
    assert town.state() == "police_called"
    events = town.kim.get(f"/api/cases/{town.case_id}").json()["events"]
    assert [one["is_identity_proven"] for one in events] == [False] * 4
    waits: list[dict[str, Any]] = [
        {"step": "handed_over", "officer": "박경위", "station": "x", "rank": "경위", "receipt_no": "1", "seal_no": "2"},
        {"step": "police_asked", "document_no": "1", "officer": "박경위", "wanted": ("addresses",)},
        {"step": "police_result", "result": "none", "dated": clock(0).utc.date(), "document_no": "2"},
        {"step": "reported_to_city", "to": "시청"},
    ]
    for step in waits:
        town.step(step)
    assert town.state() == "police_called"
    assert [says for says, _ in town.waiting(town.kim)] == [step["step"] for step in waits]
    town.step(waits[0] | {"second_person": "점검자-02"})
    assert town.waiting(town.lee)[-1] == ("handed_over", ["점검자-01", "점검자-02"])
    town.pi.subject = "점검자-01"
    town.send(town.pi.disposition(town.sweep_id, "camera_found"))
    assert town.stands() == "found"
    town.send(town.pi.disposition(town.sweep_id, "recheck", 50))
    assert town.stands() == "found"


def test_every_step_is_told_apart() -> None:
    """A step of a kind nobody has thought of waits."""
    at_once = {"reported", "not_reached", "camera", "room_closed", "photographed", "police_called", "reopened"}
    names = {get_args(one.model_fields["step"].annotation)[0]: one for one in get_args(get_args(Step)[0])}
    assert at_once < names.keys()
    for name, model in names.items():
        needed = provers_of_step(model.model_construct(step=name, seen="nothing"), opens=False)
        assert needed == (0 if name in at_once else 2 if name in {"looked_at", "not_camera"} else 1), name
    by_two = names["handed_over"].model_construct(step="handed_over", second_person="점검자-02")
    assert provers_of_step(by_two, opens=False) == 2
    assert provers_of_step(names["defect_found"].model_construct(step="defect_found"), opens=True) == 0


def test_a_pi_opens_a_case_and_only_its_persons_turn_it(town: Town) -> None:
    case_id = new_id()
    town.step({"step": "reported", "by": "person", "what": "구멍"}, case_id=case_id)
    assert town.state(case_id) == "candidate"
    moved = town.step({"step": "room_corrected", "room_id": new_id(), "why": "옆방"}, case_id=case_id)
    defect = town.step(
        {"step": "defect_found", "defect": "hole", "measured_mm": 3, "duty": "advice", "due": clock(0).utc.date()},
        case_id=case_id,
    )
    assert town.state(case_id) == "candidate"
    assert [says for says, _ in town.waiting(town.kim)] == ["room_corrected", "defect_found"]
    assert town.prove(town.kim, defect) == (201, "")
    assert town.state(case_id) == "defect"
    assert town.waiting(town.kim)[0][0] == "room_corrected" and moved
    projecting.rebuild(town.site.db)
    assert town.state(case_id) == "defect"
    with town.site.db.read() as connection:
        assert len(connection.execute(select(unproven)).all()) == 1
    with town.site.db.write() as connection:  # a city's own case waits for nobody
        person = town.site.services
        kim = _kim(town)
        own = open_case(connection, person.server_signer, kim, town.probe.room_id, OPENS)
    assert town.state(own) == "candidate"


def _kim(town: Town) -> Any:
    return check_password(town.site.db, "kim", PASSWORD)


def test_a_visit_without_marks_waits_and_takes_no_note_of_the_city_away(town: Town) -> None:
    note = {
        "v": 1, "sweep_id": str(town.sweep_id), "by_eye": "marks", "spots": ["ceiling"], "marks": "구멍",
        "occasion": "regular", "companions": None, "emergency_bell": "works", "measures": [], "confirmed_by": None,
        "noted": json.loads(clock(20).model_dump_json()), "zones": [],
    }  # fmt: skip
    town.pi.subject = "점검자-01"

    def send(said: dict[str, Any]) -> str:
        body = salted(kinds.VISIT_NOTED_TYPE, json.dumps(said).encode())
        return town.send(town.pi.entry(kinds.VISIT_NOTED, (body,), sweep_id=town.sweep_id)[1])

    def seen() -> tuple[str, str]:
        detail = town.kim.get(f"/api/sweeps/{town.sweep_id}").json()
        return detail["visit"]["note"]["by_eye"], detail["summary"]["persons"]

    send(note)
    assert seen() == ("marks", "suspected")
    clean = send(note | {"by_eye": "nothing_unusual", "marks": None})
    assert seen() == ("marks", "suspected")
    assert town.prove(town.kim, clean) == (201, "")
    assert seen() == ("nothing_unusual", "recheck"), "the place that the probe named waits still"


def test_a_passkey_signs_the_entry_itself(town: Town) -> None:
    phone = Authenticator()
    options = town.kim.post("/api/passkeys/options").json()
    assert town.kim.post("/api/passkeys", phone.new(options)).status_code == 201
    town.pi.subject = "점검자-01"
    entry_id = town.send(town.pi.disposition(town.sweep_id, "no_camera"))
    other = town.send(town.pi.disposition(town.sweep_id, "recheck", 25))
    asked = town.kim.post(f"/api/proofs/{entry_id}/options").json()
    with town.site.db.read() as connection:
        entry_hash = connection.scalar(select(entries.c.entry_hash).where(entries.c.entry_id == UUID(entry_id)))
    challenge = hashlib.sha256(f"ansim-proof-v1\n{entry_hash}".encode()).digest()
    assert base64url_to_bytes(asked["challenge"]) == challenge
    answer = phone.answer(asked)
    assert town.prove(town.kim, other, passkey=answer) == (401, "wrong_passkey"), "it is of another entry"
    assert town.prove(town.lee, entry_id, passkey=answer) == (409, "not_named")
    thief = Authenticator(user_handle=phone.user_handle)
    assert town.prove(town.kim, entry_id, passkey=thief.answer(asked)) == (401, "wrong_passkey")
    assert town.prove(town.kim, entry_id, passkey=phone.answer(asked)) == (201, "")
    said = _last_proof(town)
    assert (said.name, said.way, said.entry_hash) == ("점검자-01", "passkey", entry_hash)
    assert said.passkey is not None
    signed = base64url_to_bytes(said.passkey.authenticator_data)
    signed += hashlib.sha256(base64url_to_bytes(said.passkey.client_data)).digest()
    assert said.passkey.rp_id == "ansim.example.kr"
    phone.key.public_key().verify(base64url_to_bytes(said.passkey.signature), signed, ec.ECDSA(hashes.SHA256()))
    assert town.prove(town.kim, other, pin="482915")[0] in {401, 403}
    town.kim.put("/api/pin", {"pin": "482915"})
    assert town.prove(town.kim, other, pin="482915") == (201, "")
    assert _last_proof(town).passkey is None


def _last_proof(town: Town) -> ProofGiven:
    with town.site.db.read() as connection:
        index = connection.scalar(select(proofs.c.log_index).order_by(proofs.c.log_index.desc()).limit(1))
        (body,) = bodies_of(connection, index or 0)
    return ProofGiven.model_validate_json(body.data or b"")


def test_a_pi_proves_nothing_itself(town: Town) -> None:
    town.pi.subject = "점검자-01"
    entry_id = town.send(town.pi.disposition(town.sweep_id, "no_camera"))
    with town.site.db.read() as connection:
        entry_hash = connection.scalar(select(entries.c.entry_hash).where(entries.c.entry_id == UUID(entry_id)))
    said = {
        "v": 1,
        "entry_hash": entry_hash,
        "name": "점검자-01",
        "account": "p-aaaaaaaaaa",
        "way": "pin",
        "passkey": None,
    }
    body = salted(kinds.PROOF_GIVEN_TYPE, to_json(ProofGiven.model_validate(said)))
    forged = town.pi.entry(kinds.PROOF_GIVEN, (body,), sweep_id=town.sweep_id)[1]
    town.send(forged)
    assert town.stands() == "to_inspect"
    with town.site.db.read() as connection:
        status = connection.scalar(select(entries.c.status).where(entries.c.kind == kinds.PROOF_GIVEN))
    assert status == "quarantined"


def test_a_proof_goes_with_the_key_that_vouched_for_it(town: Town) -> None:
    town.pi.subject = "점검자-01"
    entry_id = town.send(town.pi.disposition(town.sweep_id, "no_camera"))
    assert town.prove(town.kim, entry_id) == (201, "")
    assert town.stands() == "no_camera"
    own = town.site.services.server_signer.signer.key_id
    with town.site.db.write() as connection:
        index = connection.scalar(select(entries.c.log_index).where(entries.c.kind == kinds.PROOF_GIVEN))
        keys.revoke(connection, own, actor="t", reason="stolen", from_index=index)
        sign_waiting(connection, town.site.services.server_signer)
        release_quarantine(connection, keys.the_key(connection, own))
    assert town.stands() == "to_inspect"


def test_only_persons_of_the_pi_s_district_see_what_waits(town: Town) -> None:
    town.pi.subject = "점검자-01"
    entry_id = town.send(town.pi.disposition(town.sweep_id, "no_camera"))
    with town.site.db.write() as connection:
        register.add_district(connection, "jung-gu", LocalText(ko="중구", en="Jung-gu"), actor="t")
        auth.create_user(
            connection, username="twin", display_name="점검자-01 중구", role="inspector", password=QUICK_HASH,
            actor="t", district_id="jung-gu",
        )  # fmt: skip
    twin = town.site.anonymous()
    twin.csrf = twin.post("/api/login", {"username": "twin", "password": PASSWORD}).json()["csrf_token"]
    assert twin.get("/api/proofs").json() == {"waiting": []}
    assert town.prove(twin, entry_id) == (404, "not_found")


def test_a_base64_body_of_a_proof_is_in_no_package_for_a_city(town: Town) -> None:
    town.pi.subject = "점검자-01"
    assert town.prove(town.kim, town.send(town.pi.disposition(town.sweep_id, "no_camera"))) == (201, "")
    assert base64.b64encode(b'{"v":1,"entry_hash"')[:20] not in packed(town.site.services, "city")
