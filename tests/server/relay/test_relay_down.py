"""What comes down from the city to a Pi's server: keys, erasures and places, each only once it was verified."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection, func, select, update

from server.api.service.services import Services
from server.config.settings import Settings
from server.districts import register
from server.ingest import persons
from server.ingest.case_entries import open_case
from server.ingest.erasure_entries import is_erased
from server.ingest.judging import release_quarantine
from server.interface.case_requests import CaseRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.interface.schedule_requests import VisitOrderRequest
from server.places import facilities
from server.places.sweeps import gaps_beside
from server.relay import city as known_city
from server.relay.down import expire, pull
from server.relay.sealing import Identity, SealedError
from server.relay.up import push
from server.schedule.pairs import call_off, order_visit, orders_of
from server.schedule.periods import today
from server.server_keys.root import sign_waiting
from server.signing import keys
from server.store.schema import (
    alarms,
    body_data,
    city,
    city_entries,
    city_keys,
    city_places,
    entries,
    plans,
    rooms,
    sealed_shifts,
)
from sweep.entry.envelope import from_wire, sign_request, to_wire
from sweep.entry.kinds import VISIT_NOTED
from sweep.phrases import Phrase
from sweep.report import LocalText, Plan, new_id
from tests.entry_factory import make_entry, signer
from tests.server.conftest import NO_TLS, SECOND_IN_SOAK, Site, running
from tests.server.relay.test_relay import ADMIN, INSPECTOR, REASON, decide
from tests.server.relay_kit import admit, check_log, check_relayed, client_of, introduce, pi_of, pi_settings, take
from tests.server.sweep_kit import Probe

pytestmark = SECOND_IN_SOAK
NAME = LocalText(ko="시민공원", en="Citizens' park")


@pytest.fixture
def pi(site: Site, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Services]:
    with pi_of(pi_settings(tmp_path, migrated_sqlite, site.url)) as found:
        introduce(site.services, found)
        yield found


@pytest.fixture
def identity(pi: Services) -> Identity:
    return Identity.load_or_create(pi.settings.data_dir / "relay.age")


def _pull(pi: Services, site: Site, identity: Identity) -> Phrase | None:
    with client_of(pi, site.url) as client:
        return pull(pi.db, client, pi.server_signer, identity)


def _push(pi: Services, site: Site) -> None:
    with client_of(pi, site.url) as client:
        assert push(pi.db, client).trouble is None


def _add_room(site: Site) -> tuple[UUID, UUID]:
    with site.db.write() as connection:
        request = FacilityRequest(name=NAME, address="어디 1", code="A-1")
        facility_id = facilities.add_facility(connection, request, actor="test")
        room = RoomRequest(name=LocalText(ko="여자", en="Women"), kind="restroom")
        _order(connection, facility_id)
        return facility_id, facilities.add_room(connection, facility_id, room, actor="test")


def _order(connection: Connection, facility_id: UUID, first_day: date | None = None) -> UUID:
    """Have a facility visited, today or later."""
    day = first_day or today()
    order = VisitOrderRequest(facility_id=facility_id, first_day=day, last_day=day, with_police=False, reason="x")
    return order_visit(connection, order, actor="test", district_id=None)


def _next_plan(there: Services, room_id: UUID, width_m: float) -> Plan:
    with there.db.write() as connection:
        plan = facilities.current_plan(connection, room_id)
        plan = plan.model_copy(update={"version": plan.version + 1, "width_m": width_m, "is_verified": True})
        facilities.add_plan(connection, room_id, plan, actor="점검자-07")
    return plan


def _plan_here(there: Services, room_id: UUID) -> Plan:
    with there.db.read() as connection:
        return facilities.current_plan(connection, room_id)


def _states(pi: Services) -> dict[str, list[str]]:
    with pi.db.read() as connection:
        rows = connection.execute(select(city_entries).order_by(city_entries.c.city_index)).all()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row.state)
    return found


def _alarms(services: Services) -> list[str]:
    with services.db.read() as connection:
        return list(connection.scalars(select(alarms.c.code).order_by(alarms.c.at_ms)))


def test_a_probe_admitted_at_the_city_may_speak_at_the_pi(site: Site, pi: Services, identity: Identity) -> None:
    probe = Probe()
    _, opened, _ = probe.whole_sweep()
    assert take(pi, opened).status == "quarantined"
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    with pi.db.read() as connection:
        known = keys.find_key(connection, probe.signer.key_id)
        status = connection.scalar(select(entries.c.status).where(entries.c.key_id == probe.signer.key_id))
        root_key = connection.scalar(select(city.c.root_key))
    assert known is not None and (known.role, known.probe_id) == ("demo", "probe-demo-1")
    assert status == "accepted"
    assert site.services.server_signer.root_signer is not None
    assert root_key == site.services.server_signer.root_signer.public_key
    before = _states(pi)
    assert _pull(pi, site, identity) is None
    assert _states(pi) == before
    check_log(pi.db)


def test_a_revocation_acts_from_the_place_that_the_city_means(site: Site, pi: Services, identity: Identity) -> None:
    probe = Probe()
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    here = [take(pi, probe.entry("note", (), sweep_id=new_id())[1]).log_index for _ in range(4)]
    _push(pi, site)
    with site.db.write() as connection:
        own = select(entries.c.log_index).where(entries.c.key_id == probe.signer.key_id).order_by(entries.c.log_index)
        third = connection.scalars(own).all()[2]
        key = keys.revoke(connection, probe.signer.key_id, actor="test", reason="stolen", from_index=third)
        sign_waiting(connection, site.services.server_signer)
        release_quarantine(connection, key)
    assert _pull(pi, site, identity) is None
    with pi.db.read() as connection:
        revoked = keys.find_key(connection, probe.signer.key_id)
        status = {
            row.log_index: row.status for row in connection.execute(select(entries.c.log_index, entries.c.status))
        }
    assert revoked is not None and revoked.revoked_from_index == here[2]
    assert [status[index] for index in here] == ["accepted", "accepted", "quarantined", "quarantined"]
    with site.db.write() as connection:
        key = keys.reinstate(connection, probe.signer.key_id, actor="test", reason="found again")
        sign_waiting(connection, site.services.server_signer)
        release_quarantine(connection, key)
    assert _pull(pi, site, identity) is None
    assert check_relayed(pi, site.services) == 4


def test_an_erasure_at_the_city_destroys_the_copy_here(site: Site, pi: Services, identity: Identity) -> None:
    probe = Probe()
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    sweep_id, opened, report = probe.whole_sweep()
    crop = from_wire(report)[1][-1].commitment
    take(site.services, opened)
    take(site.services, report)
    decide(site.services, sweep_id)  # so that the erasure is not the first entry of the city's key
    persons.erase(site.db, site.services.server_signer, ADMIN, INSPECTOR, crop, REASON)
    assert _pull(pi, site, identity) is None
    assert _states(pi)["body.erased"] == ["pending"]  # nothing here names the body
    take(pi, opened)
    take(pi, report)
    assert _pull(pi, site, identity) is None
    assert _states(pi)["body.erased"] == ["acted"]
    with pi.db.read() as connection:
        assert is_erased(connection, crop)
        assert connection.scalar(select(body_data.c.commitment).where(body_data.c.commitment == crop)) is None
    take(pi, report)
    with pi.db.read() as connection:
        assert connection.scalar(select(body_data.c.commitment).where(body_data.c.commitment == crop)) is None
    with pi.db.read() as connection:
        rows = connection.execute(select(entries).where(entries.c.sweep_id == sweep_id)).all()
        assert gaps_beside(connection, rows) == ()
    _push(pi, site)
    assert check_relayed(pi, site.services) == 3


def test_an_erasure_of_ours_that_comes_back_changes_nothing(site: Site, pi: Services, identity: Identity) -> None:
    probe = Probe()
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    _, opened, report = probe.whole_sweep()
    take(pi, opened)
    take(pi, report)
    crop = from_wire(report)[1][-1].commitment
    persons.erase(pi.db, pi.server_signer, ADMIN, INSPECTOR, crop, REASON)
    _push(pi, site)
    assert _pull(pi, site, identity) is None
    assert "body.erased" not in _states(pi)  # there it is a request
    persons.erase(site.db, site.services.server_signer, ADMIN, INSPECTOR, crop, REASON)
    assert _pull(pi, site, identity) is None
    assert _states(pi)["body.erased"] == ["acted"]
    _push(pi, site)
    assert check_relayed(pi, site.services) == 4


def test_what_the_citys_root_did_not_sign_is_kept_and_not_followed(
    site: Site, pi: Services, identity: Identity
) -> None:
    assert _pull(pi, site, identity) is None
    stranger = Probe("stranger")
    admit(site.services, stranger.signer, "demo", "probe-demo-1")
    with pi.db.write() as connection:
        known_city.change(connection, root_key=signer("another root").public_key)
    assert _pull(pi, site, identity) is None
    with pi.db.read() as connection:
        assert keys.find_key(connection, stranger.signer.key_id) is None
        refused = connection.execute(select(city_entries).where(city_entries.c.state == "refused")).one()
    assert refused.detail.startswith("not signed by key")
    assert _alarms(pi) == ["city_entry_refused"]


def test_an_erasure_by_a_key_that_the_city_did_not_admit_is_not_followed(
    site: Site, pi: Services, identity: Identity
) -> None:
    probe = Probe()
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    _, opened, report = probe.whole_sweep()
    crop = from_wire(report)[1][-1].commitment
    for there in (pi, site.services):
        take(there, opened)
        take(there, report)
    persons.erase(site.db, site.services.server_signer, ADMIN, INSPECTOR, crop, REASON)
    with pi.db.write() as connection:
        connection.execute(
            update(city_keys)
            .where(city_keys.c.key_id == site.services.server_signer.demo_signer.key_id)
            .values(role="probe", public_key=bytes(32))
        )
    assert _pull(pi, site, identity) is None
    assert _states(pi)["body.erased"] == ["refused"]
    with pi.db.read() as connection:
        assert not is_erased(connection, crop)
    assert _alarms(pi) == ["city_entry_refused"]


def test_places_come_down_once_with_every_version_of_their_plans(site: Site, pi: Services, identity: Identity) -> None:
    _, room_id = _add_room(site)
    newest = _next_plan(site.services, room_id, 5.0)
    for _ in range(2):
        assert _pull(pi, site, identity) is None
        with pi.db.read() as connection:
            versions = select(plans.c.version, plans.c.created_by).where(plans.c.room_id == room_id)
            found = connection.execute(versions.order_by(plans.c.version)).all()
        assert [version for version, _ in found] == [1, 2]
        assert found[1][1] == "점검자-07"
        assert _plan_here(pi, room_id) == newest
    later = _next_plan(site.services, room_id, 6.0)
    assert _pull(pi, site, identity) is None
    assert _plan_here(pi, room_id) == later
    with pi.db.read() as connection:
        sealed = connection.scalars(select(sealed_shifts.c.sealed)).all()
    assert len(sealed) == 2
    assert all(NAME.ko.encode() not in one and identity.unseal(one) for one in sealed)


def test_a_plan_corrected_here_later_is_kept_and_told(site: Site, pi: Services, identity: Identity) -> None:
    _, room_id = _add_room(site)
    assert _pull(pi, site, identity) is None
    _next_plan(site.services, room_id, 5.0)
    _next_plan(site.services, room_id, 5.5)
    ours = _next_plan(pi, room_id, 7.0)
    assert _pull(pi, site, identity) is None
    assert _plan_here(pi, room_id) == ours
    assert _alarms(pi) == ["plan_kept"]
    newer = _next_plan(site.services, room_id, 8.0)
    assert _pull(pi, site, identity) is None
    assert _plan_here(pi, room_id) == newer
    with pi.db.read() as connection:
        of_room = select(plans.c.version).where(plans.c.room_id == room_id).order_by(plans.c.version)
        assert connection.scalars(of_room).all() == [1, 2, 4]


def test_what_was_not_used_is_removed_after_the_shift_and_comes_again(
    site: Site, pi: Services, identity: Identity
) -> None:
    _, unused = _add_room(site)
    with site.db.write() as connection:
        other = FacilityRequest(name=NAME, address="어디 2")
        facility_id = facilities.add_facility(connection, other, actor="test")
        _order(connection, facility_id)
        room = RoomRequest(name=LocalText(ko="남자", en="Men"), kind="restroom")
        used = facilities.add_room(connection, facility_id, room, actor="test")
    probe = Probe(room_id=used)
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert _pull(pi, site, identity) is None
    assert expire(pi.db) == 0
    _, *wires = probe.whole_sweep()
    for wire in wires:
        take(pi, wire)
    with pi.db.write() as connection:
        known_city.change(connection, expires_ms=1)
    assert expire(pi.db) == 1
    with pi.db.read() as connection:
        there = set(connection.scalars(select(rooms.c.room_id).where(rooms.c.room_id.in_([unused, used]))))
        assert there == {used}
        assert connection.scalar(select(func.count()).select_from(sealed_shifts)) == 0
    assert _pull(pi, site, identity) is None
    with pi.db.read() as connection:
        there = set(connection.scalars(select(rooms.c.room_id).where(rooms.c.room_id.in_([unused, used]))))
    assert there == {used, unused}


LAW_ONLY = """
[[rule]]
name = "statute"
ko = "법정 점검"
en = "statutory inspection"
basis = "test"
rooms = ["restroom"]
method = "equipment"
modes = ["full", "quick"]
every = "half_year"
is_floor = true
"""


@pytest.fixture
def undrawn(settings: Settings, tmp_path: Path) -> Iterator[Site]:
    """A city where changing rooms are visited only when somebody orders it."""
    policy = tmp_path / "policy.toml"
    policy.write_text(LAW_ONLY, encoding="utf-8")
    with running(settings.model_copy(update={"inspection_policy": policy})) as found:
        yield found


def test_a_room_comes_down_for_its_shift_and_goes_with_it(undrawn: Site, tmp_path: Path, migrated_sqlite: Path) -> None:
    with pi_of(pi_settings(tmp_path, migrated_sqlite, undrawn.url)) as pi:
        introduce(undrawn.services, pi)
        _check_shifts(undrawn, pi, Identity.load_or_create(pi.settings.data_dir / "relay.age"))


def _check_shifts(site: Site, pi: Services, identity: Identity) -> None:
    def here() -> set[UUID]:
        with pi.db.read() as connection:
            came = select(city_places.c.place_id).where(city_places.c.what == "room")
            return set(connection.scalars(select(rooms.c.room_id).where(rooms.c.room_id.in_(came))))

    with site.db.write() as connection:
        request = FacilityRequest(name=NAME, address="어디 1")
        room = RoomRequest(name=LocalText(ko="여자", en="Women"), kind="changing_room")
        made = [facilities.add_facility(connection, request, actor="test") for _ in range(4)]
        now, later, never, looked = (facilities.add_room(connection, one, room, actor="test") for one in made)
        order_id = _order(connection, made[0])
        _order(connection, made[1], today() + timedelta(days=9))
    assert _pull(pi, site, identity) is None
    assert here() == {now}
    with site.db.write() as connection:
        call_off(connection, order_id, actor="test", district_id=None)
        _order(connection, made[1])
    newest = _next_plan(site.services, later, 5.0)
    assert _pull(pi, site, identity) is None
    assert here() == {later}, "what was none of the shift before comes with all its plans"
    assert _plan_here(pi, later) == newest
    _next_plan(site.services, never, 5.0)
    case = CaseRequest.model_validate({"step": {"step": "reported", "what": "벽의 구멍"}})
    with site.db.write() as connection:
        open_case(connection, site.services.server_signer, INSPECTOR, looked, case)
    assert _pull(pi, site, identity) is None
    assert here() == {later, looked}
    with pi.db.write() as connection:  # what here speaks of it keeps a room
        open_case(connection, pi.server_signer, INSPECTOR, later, case)
    with site.db.write() as connection:
        for order in orders_of(connection, None):
            call_off(connection, order.order_id, actor="test", district_id=None)
    assert _pull(pi, site, identity) is None
    assert here() == {later, looked}


def test_nothing_of_another_district_comes_down(site: Site, pi: Services, identity: Identity) -> None:
    with site.db.write() as connection:
        register.add_district(connection, "jung-gu", LocalText(ko="중구", en="Jung-gu"), actor="test")
        request = FacilityRequest(name=LocalText(ko="남의 공원", en="Not ours"), address="어디 9")
        facility_id = facilities.add_facility(connection, request, actor="test", district_id="jung-gu")
        room = RoomRequest(name=LocalText(ko="남의 방", en="Not ours"), kind="restroom")
        room_id = facilities.add_room(connection, facility_id, room, actor="남의 사람")
        _order(connection, facility_id)
    theirs, other_pi = Probe("theirs", probe_id="probe-9", tenant="jung-gu", room_id=room_id), signer("another pi")
    admit(site.services, theirs.signer, "demo", "probe-9", tenant="jung-gu")
    admit(site.services, other_pi, "relay", probes=frozenset({"probe-9"}), tenant="jung-gu")
    admit(site.services, signer("of another Pi here"), "relay", probes=frozenset({"probe-8"}))
    admit(site.services, signer("another probe here"), "demo", "probe-8")
    _, *wires = theirs.whole_sweep()
    for wire in wires:
        assert site.send(wire).status_code == 200
    persons.erase(
        site.db, site.services.server_signer, ADMIN, INSPECTOR, from_wire(wires[-1])[1][-1].commitment, REASON
    )
    target = f"/api/relay/down?after=0&recipient={identity.recipient}"
    with client_of(pi, site.url) as client:
        answer = json.loads(client.get_signed(target))
    shift = json.loads(identity.unseal(base64.b64decode(answer["sealed"])))
    assert (shift["facilities"], shift["rooms"], shift["plans"]) == ([], [], [])
    said = [base64.b64decode(body["data"]) for one in answer["entries"] for body in json.loads(one["wire"])["bodies"]]
    roles = sorted(json.loads(one).get("role") for one in said)
    assert roles == ["demo", "relay", "root", "server"], "root, the city's two pens and its own key"
    assert _pull(pi, site, identity) is None
    with pi.db.read() as connection:
        assert connection.scalar(select(rooms.c.room_id).where(rooms.c.room_id == room_id)) is None
    header = {"Authorization": sign_request(other_pi, "GET", target, b"", int(time.time()))}
    theirs_too = httpx.get(site.url + target, headers=header, verify=NO_TLS).json()
    shift = json.loads(identity.unseal(base64.b64decode(theirs_too["sealed"])))
    assert [one["room_id"] for one in shift["rooms"]] == [str(room_id)]
    assert len([one for one in theirs_too["entries"] if "body-erased" in base64_of(one)]) == 1


def test_a_pi_that_names_what_is_not_its_own_does_not_hear_of_its_end(site: Site, identity: Identity) -> None:
    with site.db.write() as connection:
        register.add_district(connection, "jung-gu", LocalText(ko="중구", en="Jung-gu"), actor="test")
        request = FacilityRequest(name=LocalText(ko="남의 공원", en="Not ours"), address="어디 9")
        facility_id = facilities.add_facility(connection, request, actor="test", district_id="jung-gu")
        room = RoomRequest(name=LocalText(ko="남의 방", en="Not ours"), kind="restroom")
        room_id = facilities.add_room(connection, facility_id, room, actor="남의 사람")
    theirs = Probe("theirs", probe_id="probe-9", tenant="jung-gu", room_id=room_id)
    admit(site.services, theirs.signer, "demo", "probe-9", tenant="jung-gu")
    _, *wires = theirs.whole_sweep()
    for wire in wires:
        assert site.send(wire).status_code == 200
    brought = from_wire(wires[-1])[1][-1]
    thief, (_, own_room) = signer("a stolen card"), _add_room(site)
    admit(site.services, thief, "relay", probes=frozenset({"probe-8"}))
    naming = make_entry(
        thief, 1, kind=VISIT_NOTED, bodies=(brought,), source="live", room_id=own_room, assurance="password"
    )
    assert site.send(to_wire(naming, ())).status_code == 200
    with site.db.read() as connection:
        status = select(entries.c.status).where(entries.c.entry_hash == naming.entry_hash)
        assert connection.scalar(status) == "accepted"
    persons.erase(site.db, site.services.server_signer, ADMIN, INSPECTOR, brought.commitment, REASON)
    target = f"/api/relay/down?after=0&recipient={identity.recipient}"
    header = {"Authorization": sign_request(thief, "GET", target, b"", int(time.time()))}
    came_down = httpx.get(site.url + target, headers=header, verify=NO_TLS).json()["entries"]
    assert came_down and not [one for one in came_down if "body-erased" in base64_of(one)]


def base64_of(one: dict[str, str]) -> str:
    """The payload of an entry that came down."""
    return base64.b64decode(json.loads(one["wire"])["dsse"]["payload"]).decode()


def test_only_the_server_of_a_pi_is_answered(site: Site, pi: Services, identity: Identity) -> None:
    target = f"/api/relay/down?after=0&recipient={identity.recipient}"
    probe = Probe()
    admit(site.services, probe.signer, "demo", "probe-demo-1")
    assert httpx.get(site.url + target, verify=NO_TLS).status_code == 401
    for key, status in ((probe.signer, 403), (signer("nobody"), 401), (pi.server_signer.signer, 200)):
        header = {"Authorization": sign_request(key, "GET", target, b"", int(time.time()))}
        assert httpx.get(site.url + target, headers=header, verify=NO_TLS).status_code == status
        assert httpx.get(site.url + target + "0", headers=header, verify=NO_TLS).status_code == 401
    with site.db.write() as connection:
        keys.revoke(connection, pi.server_signer.signer.key_id, actor="test", reason="lost")
        sign_waiting(connection, site.services.server_signer)
    assert "does not speak with this server" in str(_pull(pi, site, identity))


def test_what_is_sealed_to_another_server_does_not_open(site: Site, pi: Services, tmp_path: Path) -> None:
    mine = Identity.load_or_create(tmp_path / "one.age")
    other = Identity.load_or_create(tmp_path / "two.age")
    assert Identity.load_or_create(tmp_path / "one.age").recipient == mine.recipient
    assert (tmp_path / "one.age").stat().st_mode & 0o777 == 0o600
    _add_room(site)
    with client_of(pi, site.url) as client:
        answer = json.loads(client.get_signed(f"/api/relay/down?after=0&recipient={mine.recipient}"))
    sealed = base64.b64decode(answer["sealed"])
    assert json.loads(mine.unseal(sealed))["facilities"][0]["name"]["ko"] == NAME.ko
    with pytest.raises(SealedError, match="not sealed to this server"):
        other.unseal(sealed)
