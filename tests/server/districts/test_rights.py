"""What strangers, foreign probes and foreign persons write gives nothing: no sight, no word, no hold, no erasure."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, update

from server.interface.errors import ApiError
from server.signing import keys
from server.store.schema import alarms, body_refs, cases, entries
from sweep.entry import kinds
from sweep.entry.envelope import Body, to_wire
from tests.entry_factory import make_entry, signer
from tests.server.conftest import Site
from tests.server.district_kit import District, district, erasure, person
from tests.server.sweep_kit import Probe

MINE, THEIRS = "mapo-gu", "jung-gu"


@pytest.fixture
def mine(site: Site) -> District:
    return district(site, MINE)


@pytest.fixture
def theirs(site: Site) -> District:
    return district(site, THEIRS)


def _claims(theirs: District) -> list[bytes]:
    """Entries of keys that nobody admitted, in my district's name, about their sweep, room and entry."""
    told = (
        (theirs.sweep_id, None, ()),
        (theirs.sweep_id, theirs.room_id, ()),
        (None, theirs.room_id, (theirs.entry_id,)),
    )
    found = []
    for number, (sweep_id, room_id, refs) in enumerate(told):
        key = signer(f"stranger {number}")
        entry = make_entry(
            key, 1, kind=kinds.OPENED, source="live", tenant=MINE, sweep_id=sweep_id, room_id=room_id, refs=refs
        )
        found.append(to_wire(entry, ()))
    return found


def _naming(theirs: District, name: str, tenant: str, sweep_id: UUID | None = None) -> bytes:
    """An entry of a key that nobody admitted which names their body and carries nothing."""
    named = Body(kinds.REPORT_TYPE, b"", bytes(32))
    entry = make_entry(signer(name), 1, kind=kinds.REPORT, source="live", tenant=tenant, sweep_id=sweep_id)
    payload = entry.payload.replace(
        b'"bodies":[]',
        b'"bodies":[{"media_type":"%s","size":1,"commitment":"%s"}]'
        % (named.media_type.encode(), theirs.commitment.encode()),
    )
    return to_wire(signer(name).sign(entry.payload_type, payload), ())


def test_an_anonymous_entry_opens_nothing_of_another_district(site: Site, mine: District, theirs: District) -> None:
    inspector, officer = person(site, "inspector", MINE), person(site, "evidence_officer", MINE)
    second = person(site, "inspector", MINE)
    paths = [
        f"/api/sweeps/{theirs.sweep_id}",
        f"/api/entries/{theirs.entry_id}",
        f"/api/bodies/{theirs.commitment}?reason=x",
        f"/api/bodies/{theirs.crop}",
        f"/api/cases/{theirs.case_id}",
    ]
    for wire in [
        *_claims(theirs),
        _naming(theirs, "namer", MINE, theirs.sweep_id),
        _naming(theirs, "other namer", MINE),
    ]:
        assert site.send(wire).status_code == 200
    assert {path: inspector.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
    verdict = {"sweep_id": str(theirs.sweep_id), "verdict": "no_camera"}
    for client in (inspector, second):
        answer = client.post(f"/api/findings/{theirs.finding_id}/disposition", verdict)
        assert answer.status_code == 404, answer.text
    erase = erasure(site, MINE)
    assert officer.post(f"/api/bodies/{theirs.commitment}/erase", erase).status_code == 404
    assert person(site, "inspector", THEIRS).get(f"/api/sweeps/{theirs.sweep_id}").json()["report_state"] == "present"


def test_a_foreign_probe_says_nothing_of_a_room_or_sweep_of_another_district(
    site: Site, mine: District, theirs: District
) -> None:
    before = person(site, "supervisor", THEIRS).get(f"/api/rooms/{theirs.room_id}").json()
    intruder = Probe("probe of mapo-gu", "live", probe_id=mine.probe.probe_id, tenant=MINE, room_id=theirs.room_id)
    intruder.seq, intruder.prev = mine.probe.seq, mine.probe.prev
    sweep_id, opened, report = intruder.whole_sweep()
    for wire in (opened, report, intruder.report(theirs.sweep_id)):
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        found = connection.execute(
            select(entries.c.status, entries.c.reason).order_by(entries.c.log_index.desc()).limit(3)
        ).all()
        codes = set(connection.scalars(select(alarms.c.code)))
    assert [tuple(row) for row in found] == [
        ("quarantined", "sweep_of_another_key"),
        ("quarantined", "room_not_allowed"),
        ("quarantined", "room_not_allowed"),
    ]
    assert codes >= {"room_not_allowed", "sweep_of_another_key"}
    assert person(site, "supervisor", THEIRS).get(f"/api/rooms/{theirs.room_id}").json() == before
    for path in (f"/api/sweeps/{sweep_id}", f"/api/sweeps/{theirs.sweep_id}"):
        assert person(site, "inspector", MINE).get(path).status_code == 404


def test_a_body_belongs_to_who_named_it_first(site: Site, mine: District, theirs: District) -> None:
    """An admitted probe that writes another district's commitment into its own report sees nothing by it."""
    entry = make_entry(
        mine.probe.signer,
        mine.probe.seq + 1,
        mine.probe.prev,
        kind="sweep.other",
        source="live",
        sweep_id=mine.sweep_id,
        room_id=mine.room_id,
        tenant=MINE,
        subject=mine.probe.probe_id,
    )
    payload = entry.payload.replace(
        b'"bodies":[]',
        b'"bodies":[{"media_type":"image/png","size":1,"commitment":"%s"}]' % theirs.crop.encode(),
    )
    assert site.send(to_wire(mine.probe.signer.sign(entry.payload_type, payload), ())).status_code == 200
    with site.db.read() as connection:
        status = connection.scalar(select(entries.c.status).order_by(entries.c.log_index.desc()).limit(1))
    assert status == "accepted"
    assert person(site, "inspector", MINE).get(f"/api/bodies/{theirs.crop}").status_code == 404
    assert person(site, "inspector", THEIRS).get(f"/api/bodies/{theirs.crop}").status_code == 200


def test_a_stranger_neither_holds_nor_hides_an_erasure(site: Site, mine: District, theirs: District) -> None:
    """A camera stands found in my sweep; a stranger names their body there, and it can be erased all the same."""
    inspector = person(site, "inspector", MINE)
    found = {"sweep_id": str(mine.sweep_id), "verdict": "camera_found"}
    assert inspector.post(f"/api/findings/{mine.finding_id}/disposition", found).status_code == 201
    assert site.send(_naming(theirs, "holder", MINE, mine.sweep_id)).status_code == 200
    officer = person(site, "evidence_officer", THEIRS)
    erase = erasure(site, THEIRS)
    unclaimed = officer.post(f"/api/bodies/{theirs.crop}/erase", erase)
    assert unclaimed.status_code == 201
    refused = officer.post(f"/api/bodies/{theirs.commitment}/erase", erase)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "named_by_waiting")
    done = officer.post(f"/api/bodies/{theirs.commitment}/erase", erase | {"despite_waiting": True})
    assert done.status_code == 201, done.text
    entry = officer.get(f"/api/entries/{done.json()['entry_id']}").json()
    assert entry["status"] == "accepted"
    own = person(site, "evidence_officer", MINE).post(f"/api/bodies/{mine.commitment}/erase", erasure(site, MINE))
    assert (own.status_code, own.json()["error"]["code"]) == (409, "legal_hold")


def test_the_step_of_a_case_of_no_sweep_is_held_too(site: Site, mine: District) -> None:
    inspector = person(site, "inspector", MINE)
    opened = inspector.post(f"/api/rooms/{mine.room_id}/cases", {"step": {"step": "reported", "what": "이상한 구멍"}})
    assert opened.status_code == 201, opened.text
    case_id = opened.json()["case"]["case_id"]
    with site.db.write() as connection:
        connection.execute(update(cases).where(cases.c.case_id == UUID(case_id)).values(state="camera"))
    with site.db.read() as connection:
        entry_id = UUID(opened.json()["entry_id"])
        index = connection.scalar(select(entries.c.log_index).where(entries.c.entry_id == entry_id))
        commitment = connection.scalar(select(body_refs.c.commitment).where(body_refs.c.log_index == index))
    erase = erasure(site, MINE)
    refused = person(site, "evidence_officer", MINE).post(f"/api/bodies/{commitment}/erase", erase)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "legal_hold")


def test_no_probe_bears_the_name_of_another_district_s(site: Site, mine: District, theirs: District) -> None:
    """Whoever may command a probe is told by its name: an admitted namesake would give it away."""
    with pytest.raises(ApiError) as refused:
        site.admit(signer("namesake"), "probe", probe_id=theirs.probe.probe_id, tenant=MINE)
    assert refused.value.code == "probe_known"
    with site.db.write() as connection:
        keys.revoke(connection, theirs.probe.signer.key_id, actor="test", reason="이관")
    site.admit(signer("namesake"), "probe", probe_id=theirs.probe.probe_id, tenant=MINE)
    command = {"command": "abort", "sweep_id": str(theirs.sweep_id)}
    path = f"/api/probes/{theirs.probe.probe_id}/commands"
    assert person(site, "inspector", THEIRS).post(path, command).status_code == 404
    assert person(site, "inspector", MINE).post(path, command).status_code == 200


def test_nobody_hides_things_in_a_room_of_another_district(site: Site, mine: District, theirs: District) -> None:
    hidden = {"room_id": str(theirs.room_id), "hidden": [{"kind": "lens", "zone_id": "whole"}]}
    refused = person(site, "inspector", MINE).post("/api/practice", hidden)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")


def test_a_case_never_moves_into_another_district(site: Site, mine: District, theirs: District) -> None:
    inspector = person(site, "inspector", MINE)
    step = {"step": {"step": "room_corrected", "room_id": str(theirs.room_id), "why": "방을 잘못 적음"}}
    refused = inspector.post(f"/api/cases/{mine.case_id}/steps", step)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    city = person(site, "admin", None).post(f"/api/cases/{mine.case_id}/steps", step)
    assert (city.status_code, city.json()["error"]["code"]) == (409, "room_of_another_district")
    assert person(site, "inspector", THEIRS).get(f"/api/cases/{mine.case_id}").status_code == 404
