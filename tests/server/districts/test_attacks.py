"""What was once broken from outside: no word by a first password, no lock or loss from another district."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from server.interface.fields import FOUND
from server.people import auth
from server.people.enrolment import hashed_code
from server.people.pins import MAX_WRONG
from server.store.schema import cases, entries, visual_checks
from sweep.entry.envelope import from_wire, to_wire
from sweep.report import new_id
from tests.entry_factory import make_entry
from tests.server.conftest import PASSWORD, QUICK_HASH, Client, Site
from tests.server.district_kit import District, district, erasure, person
from tests.server.sweep_kit import Probe

MINE, THEIRS = "mapo-gu", "jung-gu"
OWN = "an-own-long-password"


@pytest.fixture
def mine(site: Site) -> District:
    return district(site, MINE)


@pytest.fixture
def theirs(site: Site) -> District:
    return district(site, THEIRS)


def _invited(site: Site) -> Client:
    """Somebody who changed a first password that others saw, and has not given the code that came apart."""
    with site.db.write() as connection:
        auth.create_user(
            connection,
            username="invited",
            display_name="초대받은 사람",
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            is_one_time=True,
            district_id=MINE,
            code=hashed_code("abcd-2345"),
        )
    client = site.anonymous()
    client.csrf = client.post("/api/login", {"username": "invited", "password": PASSWORD}).json()["csrf_token"]
    changed = client.post("/api/password", {"current_password": PASSWORD, "new_password": OWN})
    assert changed.status_code == 200, changed.text
    client.csrf = client.post("/api/login", {"username": "invited", "password": OWN}).json()["csrf_token"]
    return client


def test_a_first_password_alone_says_nothing_sees_no_details_and_is_nobody_s_second_person(
    site: Site, mine: District
) -> None:
    client = _invited(site)
    verdict = {"sweep_id": str(mine.sweep_id), "verdict": "no_camera"}
    asked = {
        "verdict": client.post(f"/api/findings/{mine.finding_id}/disposition", verdict),
        "crop": client.get(f"/api/bodies/{mine.crop}"),
        "sweep": client.get(f"/api/sweeps/{mine.sweep_id}"),
        "case": client.post(f"/api/rooms/{mine.room_id}/cases", {"step": {"step": "reported", "what": "구멍"}}),
    }
    codes = {name: (answer.status_code, answer.json()["error"]["code"]) for name, answer in asked.items()}
    assert codes == dict.fromkeys(asked, (403, "enrolment_code_needed"))
    erase = erasure(site, MINE) | {"second_person_username": "invited", "second_person_password": OWN}
    refused = person(site, "evidence_officer", MINE).post(f"/api/bodies/{mine.crop}/erase", erase)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "enrolment_code_needed")
    assert client.get("/api/rooms").status_code == 200
    assert client.post("/api/enrolment-code", {"code": "abcd-2345"}).status_code == 200
    assert client.post(f"/api/findings/{mine.finding_id}/disposition", verdict).status_code == 201


def test_nobody_locks_the_pin_of_another_district_s_person(site: Site, mine: District, theirs: District) -> None:
    owner = person(site, "inspector", MINE)
    name = owner.get("/api/me").json()["user"]["username"]
    assert owner.put("/api/pin", {"pin": "395718"}).status_code == 200
    stranger = person(site, "inspector", THEIRS)
    step = {"step": {"step": "looked_at", "seen": "nothing"}}
    for _ in range(MAX_WRONG + 1):
        wrong = stranger.post(
            f"/api/cases/{theirs.case_id}/steps", step | {"second_person": {"username": name, "pin": "395719"}}
        )
        assert wrong.status_code in {401, 429}, wrong.text
    right = step | {"second_person": {"username": name, "pin": "395718"}}
    answer = person(site, "inspector", MINE).post(f"/api/cases/{mine.case_id}/steps", right)
    assert answer.status_code == 201, answer.text


def test_a_find_stays_its_district_s_when_a_foreign_probe_claims_the_sweep(
    site: Site, mine: District, theirs: District
) -> None:
    sweep_id, _, report = mine.probe.whole_sweep()  # the opening is still under way
    assert site.send(report).status_code == 200
    inspector = person(site, "inspector", MINE)
    found = {"sweep_id": str(sweep_id), "verdict": "camera_found"}
    assert inspector.post(f"/api/findings/{mine.finding_id}/disposition", found).status_code == 201
    assert site.send(theirs.probe.opened(sweep_id)).status_code == 200
    with site.db.read() as connection:
        case = connection.execute(select(cases).where(cases.c.sweep_id == sweep_id)).one()
    assert (case.state in FOUND, case.room_id) == (True, mine.room_id)
    assert inspector.get(f"/api/cases/{case.case_id}").json()["is_found"]
    assert person(site, "inspector", THEIRS).get(f"/api/cases/{case.case_id}").status_code == 404


def test_a_reinstated_key_has_its_entries_back_whoever_took_their_ids(
    site: Site, mine: District, theirs: District
) -> None:
    admin, key_id = person(site, "admin", None), mine.probe.signer.key_id
    assert admin.post(f"/api/keys/{key_id}/revoke", {"reason": "착오", "from_index": 0}).status_code == 200
    entry = make_entry(
        theirs.probe.signer,
        theirs.probe.seq + 1,
        theirs.probe.prev,
        kind="sweep.other",
        source="live",
        sweep_id=new_id(),
        room_id=theirs.room_id,
        tenant=THEIRS,
        subject=theirs.probe.probe_id,
    )
    own = str(UUID(entry.payload.split(b'"entry_id":"')[1][:36].decode())).encode()
    payload = entry.payload.replace(own, str(mine.entry_id).encode())
    assert site.send(to_wire(theirs.probe.signer.sign(entry.payload_type, payload), ())).status_code == 200
    assert admin.post(f"/api/keys/{key_id}/reinstate", {"reason": "되돌림"}).status_code == 200
    with site.db.read() as connection:
        statuses = connection.execute(
            select(entries.c.tenant, entries.c.status).where(entries.c.entry_id == mine.entry_id)
        ).all()
    assert {tuple(row) for row in statuses} == {(MINE, "accepted"), (THEIRS, "conflict")}
    assert person(site, "inspector", MINE).get(f"/api/sweeps/{mine.sweep_id}").json()["report_state"] == "present"


def test_nobody_takes_the_id_of_a_look(site: Site, mine: District, theirs: District) -> None:
    """A cleaner's report of something strange was lost in silence when its id was used before."""
    look = {"look_id": str(new_id()), "strange": "환풍구의 구멍"}
    before = _cases_of(site, mine)
    for home in (theirs, mine):
        cleaner = person(site, "cleaner", home.name, home.facility_id)
        assert cleaner.post(f"/api/facility/rooms/{home.room_id}/looks", look).status_code == 201
        assert cleaner.post(f"/api/facility/rooms/{home.room_id}/looks", look).status_code == 201
    assert _cases_of(site, mine) == before + 1
    with site.db.read() as connection:
        assert len(connection.execute(select(visual_checks)).all()) == 2


def _cases_of(site: Site, home: District) -> int:
    with site.db.read() as connection:
        return len(connection.execute(select(cases).where(cases.c.room_id == home.room_id)).all())


def test_a_sweep_of_mine_is_not_begun_by_who_only_heard_of_it(site: Site, mine: District, theirs: District) -> None:
    probe = Probe("probe of jung-gu", "live", probe_id=theirs.probe.probe_id, tenant=THEIRS, room_id=mine.room_id)
    probe.seq, probe.prev = theirs.probe.seq, theirs.probe.prev
    assert site.send(probe.opened(mine.sweep_id)).status_code == 200
    detail = person(site, "inspector", MINE).get(f"/api/sweeps/{mine.sweep_id}").json()
    assert detail["summary"]["probe_id"] == mine.probe.probe_id


def test_a_body_is_the_entry_s_that_brought_it_whoever_named_it_before(
    site: Site, mine: District, theirs: District
) -> None:
    sweep_id, opened, report = mine.probe.whole_sweep()
    named = [body.commitment for body in from_wire(report)[1]]
    entry = make_entry(
        theirs.probe.signer,
        theirs.probe.seq + 1,
        theirs.probe.prev,
        kind="sweep.other",
        source="live",
        sweep_id=new_id(),
        room_id=theirs.room_id,
        tenant=THEIRS,
        subject=theirs.probe.probe_id,
    )
    bodies = b",".join(b'{"media_type":"image/png","size":1,"commitment":"%s"}' % one.encode() for one in named)
    payload = entry.payload.replace(b'"bodies":[]', b'"bodies":[' + bodies + b"]")
    assert site.send(to_wire(theirs.probe.signer.sign(entry.payload_type, payload), ())).status_code == 200
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    own, stranger = person(site, "inspector", MINE), person(site, "inspector", THEIRS)
    for one in named:
        path = f"/api/bodies/{one}?reason=x"
        assert (own.get(path).status_code, stranger.get(path).status_code) == (200, 404)
    assert own.get(f"/api/sweeps/{sweep_id}").json()["report_state"] == "present"
    officer = person(site, "evidence_officer", THEIRS)
    assert officer.post(f"/api/bodies/{named[-1]}/erase", erasure(site, THEIRS)).status_code == 404
    officer = person(site, "evidence_officer", MINE)
    assert officer.post(f"/api/bodies/{named[-1]}/erase", erasure(site, MINE)).status_code == 201
