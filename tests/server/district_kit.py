"""Districts of one city for tests: a room, a probe, a sweep with a finding, and persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import httpx
from sqlalchemy import insert, select

from server.districts import register
from server.interface.fields import Role
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.people.sessions import open_session
from server.places import facilities
from server.projections.sightings import case_of
from server.store.schema import body_refs, entries, user_facilities
from sweep.entry import kinds
from sweep.report import LocalText, new_id
from tests.server.conftest import NO_TLS, PASSWORD, QUICK_HASH, Client, Site
from tests.server.sweep_kit import Probe


@dataclass(frozen=True, slots=True)
class District:
    """A district with one sweep by its own live probe."""

    name: str
    probe: Probe
    facility_id: UUID
    room_id: UUID
    sweep_id: UUID
    finding_id: UUID
    entry_id: UUID
    """Of the report."""
    commitment: str
    """Of the report's body."""
    crop: str

    @property
    def case_id(self) -> UUID:
        """Of the finding."""
        return case_of(self.sweep_id, self.finding_id)


def district(site: Site, name: str) -> District:
    """A new district with a facility, a room, a live probe and a sweep that has one finding, a crop and details."""
    text = LocalText(ko=name, en=name)
    with site.db.write() as connection:
        register.add_district(connection, name, text, actor="test")
        wanted = FacilityRequest(name=text, address="어딘가 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=name)
        room_id = facilities.add_room(connection, facility_id, RoomRequest(name=text, kind="restroom"), actor="test")
    probe = Probe(f"probe of {name}", "live", probe_id=f"probe-{name}", tenant=name, room_id=room_id)
    site.admit(probe.signer, "probe", probe_id=probe.probe_id, tenant=name)
    return swept(site, name, probe, facility_id, room_id)


def swept(site: Site, name: str, probe: Probe, facility_id: UUID, room_id: UUID) -> District:
    """The district after a sweep of this room by this probe."""
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        rows = connection.execute(
            select(entries.c.entry_id, body_refs.c.commitment, body_refs.c.media_type)
            .join(body_refs, body_refs.c.log_index == entries.c.log_index)
            .where(entries.c.sweep_id == sweep_id, entries.c.kind == kinds.REPORT)
        ).all()
    named = {row.media_type: row.commitment for row in rows}
    finding_id = probe.made_up(sweep_id).findings[0].finding_id
    return District(
        name,
        probe,
        facility_id,
        room_id,
        sweep_id,
        finding_id,
        rows[0].entry_id,
        named[kinds.REPORT_TYPE],
        named[kinds.CROP_TYPE],
    )


def person(site: Site, role: Role, district_id: str | None, facility_id: UUID | None = None) -> Client:
    """Somebody of this role who logged in with a second factor."""
    username = f"{role}-{district_id or 'city'}-{str(new_id())[-6:]}".replace("_", "-")
    with site.db.write() as connection:
        user_id = auth.create_user(
            connection,
            username=username,
            display_name=f"{role} {username[-6:]}",
            role=role,
            password=QUICK_HASH,
            actor="test",
            district_id=district_id,
        )
        if facility_id is not None:
            connection.execute(insert(user_facilities).values(user_id=user_id, facility_id=facility_id))
    known = replace(auth.check_password(site.db, username, PASSWORD), way="code")
    token, session = open_session(site.db, known, 1)
    http = site.closing.enter_context(httpx.Client(base_url=site.url, timeout=30, verify=NO_TLS))
    http.cookies.set("ansim_session", token)
    return Client(http, session.csrf_token)


def erasure(site: Site, district_id: str | None) -> dict[str, object]:
    """A request to erase a body, with the proof of a new inspector of this district as the second person."""
    username = f"second-{str(new_id())[-6:]}"
    with site.db.write() as connection:
        auth.create_user(
            connection,
            username=username,
            display_name=username,
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            district_id=district_id,
        )
    reason = {"ko": "당사자 요청", "en": "asked for"}
    return {"reason": reason, "second_person_username": username, "second_person_password": PASSWORD}
