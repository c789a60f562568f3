"""Who may call which route about what: every route × role × district × own or foreign, as OpenAPI declares it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select

from server.api.access import ALL_ROLES
from server.districts import register
from server.districts.scope import NOT_FOUND
from server.imports import importing
from server.imports.rows.rows import Given as ImportGiven
from server.instruments import register as instrument_register
from server.interface.fields import CITY_ROLES, FACILITY_ROLES, Role
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.people import auth
from server.people.sessions import open_session
from server.places import facilities
from server.projections.sightings import case_of
from server.signing import keys
from server.store.clock import today
from server.store.schema import body_refs, entries, erased_bodies, photos, user_facilities
from sweep.entry.envelope import to_wire
from sweep.report import LocalText, new_id
from tests.entry_factory import entry_id, make_entry
from tests.server.conftest import NO_TLS, QUICK_HASH, Site
from tests.server.sweep_kit import Probe

DISTRICTS = ("mapo-gu", "jung-gu")
ENDS_ITS_SESSION = "/api/logout"
OTHER_PARAMETERS = {
    "key_id": "0" * 16,
    "job_id": str(new_id()),
    "handover_id": str(new_id()),
    "provision_id": str(new_id()),
    "place": "000",
    "level": "0",
    "answer_id": str(new_id()),
    "code": "A" * 12,
    "report_id": str(new_id()),
    "pair_id": str(new_id()),
    "order_id": str(new_id()),
    "line": "5",
    "passkey_id": str(new_id()),
    "subscription_id": str(new_id()),
    "run_id": str(new_id()),
}
Things = dict[str, str]


def _district(site: Site, district_id: str) -> Things:
    """A district with a facility, a room, a probe and a sweep: what paths can name of it."""
    name = LocalText(ko=district_id, en=district_id)
    with site.db.write() as connection:
        register.add_district(connection, district_id, name, actor="test")
        wanted = FacilityRequest(name=name, address="어딘가 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=district_id)
        room_id = facilities.add_room(connection, facility_id, RoomRequest(name=name, kind="restroom"), actor="test")
        auth.create_user(
            connection,
            username=f"of-{district_id}",
            display_name=f"점검자 {district_id}",
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            district_id=district_id,
        )
    probe = Probe(f"probe of {district_id}", probe_id=f"probe-{district_id}", tenant=district_id, room_id=room_id)
    site.admit(probe.signer, probe_id=probe.probe_id, tenant=district_id)
    sweep_id, finding_id = new_id(), new_id()
    finding = probe.made_up(sweep_id).findings[0].model_copy(update={"finding_id": finding_id})
    for wire in (probe.opened(sweep_id), probe.report_changed(sweep_id, findings=(finding,))):
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        row = connection.execute(
            select(entries.c.entry_id, entries.c.log_index, body_refs.c.commitment)
            .join(body_refs, body_refs.c.log_index == entries.c.log_index)
            .where(entries.c.sweep_id == sweep_id)
            .limit(1)
        ).one()
    photo_id, case_id = new_id(), case_of(sweep_id, finding_id)
    with site.db.write() as connection:
        connection.execute(
            insert(photos).values(
                photo_id=photo_id,
                log_index=row.log_index,
                case_id=case_id,
                shows="object",
                person="점검자-01",
                taken_ms=0,
                commitment=row.commitment,
                declaration_id=new_id(),
                opened=0,
                is_doubted=False,
            )
        )
        finder = InstrumentRequest(kind="lens_finder", maker="가상", model="K-1", serial="1")
        instrument_id = instrument_register.add_instrument(connection, finder, actor="test", district_id=district_id)
        day = today()
        check = InstrumentCheckRequest(what="function", day=day, good_until=day, has_passed=True, checked_by="사무소")
        instrument_register.add_check(connection, instrument_id, check, today=day, actor="test")
        detail = instrument_register.instrument_detail(connection, instrument_id, day)
        check_id = detail.instrument.checks[0].check_id
    given = ImportGiven(district_id=district_id)
    file = "시설명,주소\n가람공원,가람로 1\n".encode()
    ids: dict[str, UUID | str] = {
        "import_id": importing.preview(site.db, file, "시설.csv", actor="test", given=given),
        "room_id": room_id,
        "facility_id": facility_id,
        "sweep_id": sweep_id,
        "finding_id": finding_id,
        "probe_id": probe.probe_id,
        "entry_id": row.entry_id,
        "commitment": row.commitment,
        "username": f"of-{district_id}",
        "case_id": case_id,
        "photo_id": photo_id,
        "instrument_id": instrument_id,
        "check_id": check_id,
    }
    return {name: str(value) for name, value in ids.items()} | OTHER_PARAMETERS


@pytest.fixture
def districts(site: Site) -> dict[str, Things]:
    return {name: _district(site, name) for name in DISTRICTS}


def _in_other_states(site: Site, own: Things) -> dict[str, tuple[Things, bool]]:
    """Things of the own district that strangers made up, that conflict, are erased or revoked: by state, what paths can
    name of it, and whether it is to be answered like another district's.
    """
    stranger = Probe("stranger", "live", probe_id="probe-x", tenant=DISTRICTS[0], room_id=UUID(own["room_id"]))
    claimed, opened, report = stranger.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    probe = Probe("probe of mapo-gu", probe_id="probe-mapo-gu", tenant=DISTRICTS[0], room_id=UUID(own["room_id"]))
    rival = make_entry(probe.signer, 1, kind="sweep.other", tenant=DISTRICTS[0], subject=probe.probe_id)
    rival = probe.signer.sign(
        rival.payload_type, rival.payload.replace(str(entry_id(probe.signer, 1)).encode(), str(new_id()).encode())
    )
    assert site.send(to_wire(rival, ())).status_code == 409
    lost = Probe("lost probe", "live", probe_id="probe-lost", tenant=DISTRICTS[0])
    site.admit(lost.signer, "probe", probe_id=lost.probe_id, tenant=DISTRICTS[0])
    gone = "e" * 64
    with site.db.write() as connection:
        keys.revoke(connection, lost.signer.key_id, actor="test", reason="분실")
        of_entry = select(entries.c.log_index).where(entries.c.entry_id == UUID(own["entry_id"]))
        values = {"log_index": connection.scalar(of_entry), "position": 9, "media_type": "image/png", "size": 1}
        connection.execute(insert(body_refs).values(commitment=gone, **values))
        connection.execute(insert(erased_bodies).values(commitment=gone, erased_ms=0, log_index=None, slot=None))
        row = connection.execute(
            select(entries.c.entry_id, body_refs.c.commitment)
            .join(body_refs, body_refs.c.log_index == entries.c.log_index)
            .where(entries.c.sweep_id == claimed)
        ).first()
        in_conflict = connection.scalar(select(entries.c.entry_id).where(entries.c.status == "conflict"))
    assert row is not None
    made_up = {"sweep_id": str(claimed), "entry_id": str(row.entry_id), "commitment": row.commitment}
    return {
        "quarantined": (own | made_up, True),
        "conflicting": (own | {"entry_id": str(in_conflict)}, True),
        "erased": (own | {"commitment": gone}, False),
        "revoked": (own | {"probe_id": lost.probe_id}, False),
    }


class Caller:
    """Somebody with a session, or nobody."""

    def __init__(self, site: Site, role: Role | None, district_id: str | None, facility_id: str | None = None) -> None:
        self.role, self.district_id = role, district_id
        self._site = site
        self._http = httpx.Client(base_url=site.url, timeout=30, verify=NO_TLS)
        if role is not None:
            with site.db.write() as connection:
                self._username = f"{role}-{district_id or 'city'}".replace("_", "-")
                user_id = auth.create_user(
                    connection,
                    username=self._username,
                    display_name=f"{role} {1 + (None, *DISTRICTS).index(district_id):02}",
                    role=role,
                    password=QUICK_HASH,
                    actor="test",
                    district_id=district_id,
                )
                if facility_id is not None:
                    own = insert(user_facilities).values(user_id=user_id, facility_id=UUID(facility_id))
                    connection.execute(own)
            self._log_in()

    def __str__(self) -> str:
        return f"{self.role} of {self.district_id}"

    def _log_in(self) -> None:
        person = replace(auth.check_password(self._site.db, self._username, "a-long-password"), way="code")
        token, session = open_session(self._site.db, person, 1)
        self._http.cookies.set("ansim_session", token)
        self._http.headers["X-CSRF-Token"] = session.csrf_token

    def ask(self, method: str, path: str) -> tuple[int, str]:
        """(status, code of the refusal or nothing) of a request without a body."""
        with self._http.stream(method, path) as answer:  # a stream of events does not end by itself
            code = ""
            if answer.status_code >= 400:
                answer.read()
                code = answer.json()["error"]["code"]
        if path == ENDS_ITS_SESSION and answer.status_code == 200:
            self._log_in()
        return answer.status_code, code

    def close(self) -> None:
        self._http.close()


def _expected(access: dict[str, Any], caller: Caller, *, is_foreign: bool) -> tuple[int, str] | None:
    """The refusal that the declaration asks for; None where it lets the request in."""
    roles, scope = access["roles"], access["scope"]
    if roles == ["anyone"]:
        return None
    if roles in (["probe"], ["server"]):
        return 401, "probe_not_known"
    if caller.role is None:
        return 401, "login_needed"
    if caller.role not in roles or (scope == "city" and caller.district_id is not None):
        return 403, "not_allowed"
    return (404, "not_found") if scope in {"district", "facility"} and is_foreign else None


@pytest.mark.parametrize("at_length", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_every_route_by_every_role_about_things_of_every_state(
    site: Site, districts: dict[str, Things], at_length: bool
) -> None:
    own, foreign = DISTRICTS
    states = {"own": (districts[own], False), "foreign": (districts[foreign], True)}
    states |= _in_other_states(site, districts[own])
    document = httpx.get(f"{site.url}/api/openapi.json", timeout=30, verify=NO_TLS).json()
    callers = [Caller(site, None, None), *(Caller(site, role, None) for role in (*sorted(CITY_ROLES), "auditor"))]
    for role in sorted(ALL_ROLES - CITY_ROLES):
        facility_id = districts[own]["facility_id"] if role in FACILITY_ROLES else None
        callers.append(Caller(site, role, own, facility_id))
    counts: Counter[str] = Counter()
    wrong = []
    for path, operations in document["paths"].items():
        names = set(re.findall(r"{(\w+)", path))
        for method, operation in operations.items():
            access = operation.get("x-access")
            assert access is not None, f"{method} {path} declares neither roles nor scope"
            assert names <= districts[own].keys(), f"{path} names something that no district of this test has"
            counts["routes"] += 1
            for caller in callers:
                for state, (things, is_hidden) in states.items():
                    if state != "own" and not any(things[name] != districts[own][name] for name in names):
                        continue
                    may_look = caller.role in access["roles"] or access["roles"] == ["anyone"]
                    if state not in {"own", "foreign"} and not (at_length or may_look):
                        continue  # who is refused by role is refused before the thing is looked at
                    is_foreign = is_hidden and caller.district_id == own
                    wanted = _expected(access, caller, is_foreign=is_foreign)
                    answer = caller.ask(method.upper(), path.format(**things))
                    counts[state] += 1
                    counts["requests"] += 1
                    counts["let in" if wanted is None else f"refused {wanted[0]}"] += 1
                    is_let_in = answer[0] not in {401, 403} and answer[0] < 500
                    # what exists in one's own district is found there, or the refusals of foreign things say nothing
                    is_there = state in {"own", "foreign", "revoked"}
                    is_found = answer[0] != 404 or not names & NOT_FOUND.keys() or access["scope"] != "district"
                    is_found = is_found or not is_there
                    if not (is_let_in and is_found if wanted is None else answer == wanted):
                        wrong.append(f"{method} {path} as {caller}, {state}: {answer}, expected {wanted}")
    for caller in callers:
        caller.close()
    print(dict(counts), f"{len(callers)} callers, {len(wrong)} wrong")
    assert wrong == []


def test_lists_hold_one_s_own_district_only(site: Site, districts: dict[str, Things]) -> None:
    own, foreign = (districts[name] for name in DISTRICTS)
    here, city = Caller(site, "supervisor", DISTRICTS[0]), Caller(site, "admin", None)
    for path in ("/api/rooms", "/api/probes", "/api/entries?limit=200"):
        seen, all_of_it = here._http.get(path).text, city._http.get(path).text
        assert any(value in all_of_it for value in foreign.values()), path
        assert not any(foreign[name] in seen for name in NOT_FOUND), path
        assert any(own[name] in seen for name in NOT_FOUND), path
    reason = {"reason": "월간 점검", "from": "2026-01-01", "to": "2026-12-31"}
    log = here._http.get("/api/exports/inspection-log", params=reason).text
    assert (DISTRICTS[0] in log, DISTRICTS[1] in log) == (True, False)
    here.close()
    city.close()
