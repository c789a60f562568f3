"""What a district's server tells the one above it: by policy, in order, once, after a week away, and never a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, func, insert, select, update

from server.api.service.couriers import couriers_of
from server.api.service.services import Services
from server.districts import register
from server.ingest import persons
from server.ingest.case_entries import open_case
from server.interface.case_requests import CaseRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.interface.schedule_requests import VisitOrderRequest
from server.interface.sweep_requests import DispositionRequest
from server.interface.told_requests import TOLD_AT_ONCE, ToldRoom
from server.interface.views.schedule import DueState
from server.people import auth
from server.people.auth import Person
from server.places import facilities
from server.projections import projecting
from server.relay.above import begin_anew, note, tell
from server.relay.client import CityAwayError, CityClient, CityRefusesError
from server.relay.telling import Teller
from server.relay.telling_keys import let_tell
from server.schedule.pairs import order_visit
from server.schedule.periods import today
from server.schedule.told_rooms import told_rooms
from server.store.clock import moved_to, to_ms
from server.store.schema import (
    above,
    cases,
    rooms,
    sweeps,
    telling_districts,
    told_above,
    told_cases,
    told_counts,
    told_results,
)
from server.store.schema import (
    facilities as facility_table,
)
from server.store.schema import (
    told_rooms as told_room_table,
)
from sweep.report import FindingDetails, LocalText, new_id
from tests.report_factory import make_report
from tests.server.conftest import NO_TLS, QUICK_HASH, SECOND_IN_SOAK, Site
from tests.server.relay_kit import PROBES, admit, pi_of, pi_settings, take
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

pytestmark = SECOND_IN_SOAK
DISTRICT = "mapo-gu"
ALL = frozenset({"cases", "schedule", "results"})
MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Wire:
    """What went over the line, byte by byte; `lost`: numbers of requests of which the answer does not arrive."""

    sent: list[bytes] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)

    @contextmanager
    def client_of(self, district: Services, url: str) -> Iterator[CityClient]:
        with httpx.Client(transport=_Heard(self)) as http:
            yield CityClient(url, district.server_signer.signer, http)


class _Heard(httpx.BaseTransport):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._inner = httpx.HTTPTransport(verify=NO_TLS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        head = f"{request.method} {request.url}\n" + "".join(
            f"{name}: {is_}\n" for name, is_ in request.headers.items()
        )
        self._wire.sent.append(head.encode() + body)
        self._wire.bodies.append(json.loads(body))
        answer = self._inner.handle_request(request)
        if len(self._wire.sent) in self._wire.lost:
            answer.read()
            answer.close()
            raise httpx.ReadError("cut off")
        return answer

    def close(self) -> None:
        self._inner.close()


@pytest.fixture
def district(site: Site, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Services]:
    """The server of a district, known to the one above it."""
    settings = pi_settings(tmp_path, migrated_sqlite, "").model_copy(
        update={"above_url": site.url, "above_gets": "cases,schedule,results", "tenant": DISTRICT}
    )
    with pi_of(settings) as found:
        with site.db.write() as connection:
            register.add_district(connection, DISTRICT, LocalText(ko="마포구", en="Mapo-gu"), actor="test")
        admit(site.services, found.server_signer.signer, "relay", tenant=DISTRICT)
        let_tell_of(site, found, DISTRICT)
        yield found


def let_tell_of(site: Site, server: Services, *district_ids: str) -> None:
    """Let the key of a server tell the one above of these districts."""
    with site.db.write() as connection:
        let_tell(connection, server.server_signer.signer.key_id, district_ids, actor="test")


def room_of(district: Services, name: str = "가람공원", district_id: str = DISTRICT) -> tuple[UUID, UUID]:
    """(facility, room) of a district."""
    with district.db.write() as connection:
        wanted = FacilityRequest(name=LocalText(ko=name, en=name), address=f"{name} 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=district_id)
        room = RoomRequest(name=LocalText(ko=name, en=name), kind="restroom")
        return facility_id, facilities.add_room(connection, facility_id, room, actor="test")


def visit_of(room_id: UUID, at: datetime, **values: object) -> dict[str, object]:
    """A row of `sweeps`."""
    ms = to_ms(at)
    return {
        "sweep_id": new_id(ms),
        "room_id": room_id,
        "source": "live",
        "mode": "full",
        "outcome": "completed",
        "equipment": "nothing_detected",
        "said": "nothing_unusual",
        "started_ms": ms,
        "candidates": 0,
        "not_assessable_zones": 0,
        "probe_id": "probe-1",
        "plan_version": 1,
        "report_state": "present",
    } | values


def _case(room_id: UUID, at: datetime, **values: object) -> dict[str, object]:
    """A row of `cases`."""
    times = {"opened_ms": to_ms(at), "changed_ms": to_ms(at)}
    ids = {"case_id": new_id(to_ms(at)), "sweep_id": new_id(), "finding_id": new_id(), "room_id": room_id}
    stands = {"source": "live", "state": "candidate", "stands": "to_inspect", "steps": 0, "joins": None}
    return ids | times | stands | {"recorded_room_id": room_id} | values


def _told(site: Site) -> dict[str, dict[UUID, Any]]:
    """What stands at the server above, by thing."""
    with site.db.read() as connection:
        return {
            "case": {row.case_id: row.state for row in connection.execute(select(told_cases))},
            "result": {row.sweep_id: row.persons for row in connection.execute(select(told_results))},
            "room": {row.room_id: row.state for row in connection.execute(select(told_room_table))},
        }


def _stands(district: Services) -> dict[str, dict[UUID, Any]]:
    with district.db.read() as connection:
        return {
            "case": {row.case_id: row.state for row in connection.execute(select(cases))},
            "result": {row.sweep_id: row.said for row in connection.execute(select(sweeps))},
        }


def test_a_week_away_comes_back_in_order_without_doubles(site: Site, district: Services) -> None:
    places = [room_of(district, f"공원 {number}") for number in range(30)]
    wire, things, changes = Wire(), 0, 0
    for number in range(8):
        now = MONDAY + number * DAY
        with moved_to(now):
            visits = [visit_of(place[1], now + timedelta(seconds=index)) for index, place in enumerate(places * 4)]
            found = [_case(place[1], now) for place in places[:10]]
            with district.db.write() as connection:
                connection.execute(insert(sweeps), visits)
                connection.execute(insert(cases), found)
                younger = cases.c.opened_ms < to_ms(now)
                done = connection.execute(
                    update(cases).where(younger).values(state="not_camera", changed_ms=to_ms(now))
                ).rowcount
                gone = connection.execute(delete(sweeps).where(sweeps.c.sweep_id == visits[0]["sweep_id"])).rowcount
            due = [_due(*place, now.date() + (number % 3) * DAY) for place in places]
            things += len(visits) + len(found)
            changes += note(district.db, ALL, due, DISTRICT)
            assert done == 10 * number
            assert gone == 1
            with wire.client_of(district, site.url if number == 0 else "http://127.0.0.1:9") as client:
                if number == 0:
                    assert tell(district.db, client, DISTRICT) == len(visits) - 1 + len(found) + len(places)
                else:
                    with pytest.raises(CityAwayError):
                        tell(district.db, client, DISTRICT)
    with district.db.read() as connection:
        queued = connection.scalar(select(func.count()).select_from(told_above)) or 0
    assert changes > queued, "what changed again and again waits once"
    assert queued == things - 8 + len(places)
    wire = Wire(lost={2})
    with wire.client_of(district, site.url) as client:
        with pytest.raises(CityAwayError):  # the second post is taken, and its answer lost
            tell(district.db, client, DISTRICT)
        tell(district.db, client, DISTRICT)
        assert tell(district.db, client, DISTRICT, is_heard=True) == 0
    numbers = [one["number"] for body in wire.bodies for one in body["told"]]
    ends = [body["told"][-1]["number"] for body in wire.bodies]
    assert [len(body["told"]) <= TOLD_AT_ONCE for body in wire.bodies].count(False) == 0
    assert ends == sorted(ends)
    assert [body["after"] for body in wire.bodies] == [wire.bodies[0]["after"], ends[0], ends[0], *ends[2:-1]]
    assert sorted(set(numbers)) == list(dict.fromkeys(numbers)), "in order; only the lost post came twice"
    stands = _stands(district)
    told = _told(site)
    assert told["case"] == stands["case"]
    assert told["result"] == stands["result"]
    assert set(told["room"]) == {room_id for _, room_id in places}
    with site.db.read() as connection:
        counted = connection.scalar(select(func.sum(told_counts.c.results)))
        row = connection.execute(select(telling_districts)).one()
    assert counted == len(told["result"])
    assert row.number == ends[-1]
    assert row.is_whole


def _due(facility_id: UUID, room_id: UUID, until: date) -> ToldRoom:
    return ToldRoom(
        room_id=room_id, facility_id=facility_id, method="equipment", state="waiting", until=until, done=None
    )


def test_what_stands_no_more_or_may_not_be_told_is_taken_back(site: Site, district: Services) -> None:
    facility_id, room_id = room_of(district)
    other = room_of(district, "남의 공원")
    with district.db.write() as connection:
        visit, practice = visit_of(room_id, MONDAY), visit_of(room_id, MONDAY, source="practice")
        of_demo = visit_of(UUID("01920000-0000-7000-8000-00000000a001"), MONDAY, source="simulated")
        connection.execute(insert(sweeps), [visit, practice, of_demo, visit_of(room_id, MONDAY, mode="imported")])
        case = _case(room_id, MONDAY)
        connection.execute(insert(cases), [case, _case(room_id, MONDAY, joins=case["case_id"])])
        elsewhere = visit_of(other[1], MONDAY)
        connection.execute(insert(sweeps), [elsewhere])
    wire = Wire()
    due = [_due(facility_id, room_id, MONDAY.date())]
    with wire.client_of(district, site.url) as client:
        note(district.db, ALL, due, DISTRICT)
        tell(district.db, client, DISTRICT)
        assert _told(site) == {
            "case": {case["case_id"]: "candidate"},
            "result": {visit["sweep_id"]: "nothing_unusual", elsewhere["sweep_id"]: "nothing_unusual"},
            "room": {room_id: "waiting"},
        }
        with district.db.write() as connection:
            connection.execute(update(sweeps).where(sweeps.c.sweep_id == visit["sweep_id"]).values(said="suspected"))
            connection.execute(delete(sweeps).where(sweeps.c.sweep_id == elsewhere["sweep_id"]))
        assert note(district.db, {"cases", "results"}, due, DISTRICT) == 3
        tell(district.db, client, DISTRICT)
        assert _told(site) == {
            "case": {case["case_id"]: "candidate"},
            "result": {visit["sweep_id"]: "suspected"},
            "room": {},
        }
        assert note(district.db, frozenset(), due, DISTRICT) == 2
        tell(district.db, client, DISTRICT)
    assert _told(site) == {"case": {}, "result": {}, "room": {}}
    with site.db.read() as connection:
        assert connection.execute(select(told_counts)).all() == []
    with district.db.read() as connection:
        assert connection.execute(select(told_above)).all() == []


def test_an_older_database_of_either_tells_all_anew(site: Site, district: Services) -> None:
    _, room_id = room_of(district)
    wire = Wire()

    def visit() -> None:
        with district.db.write() as connection:
            connection.execute(insert(sweeps), [visit_of(room_id, MONDAY)])
        note(district.db, ALL, (), DISTRICT)

    with wire.client_of(district, site.url) as client:
        for _ in range(3):
            visit()
            tell(district.db, client, DISTRICT)
        with site.db.write() as connection:  # the one above is restored from a backup
            connection.execute(delete(told_results).where(told_results.c.sweep_id == _last(district)))
            connection.execute(update(telling_districts).values(number=2))
        visit()
        tell(district.db, client, DISTRICT)
        assert _told(site)["result"] == _stands(district)["result"]
        last = _last(district)
        with district.db.write() as connection:  # the district's is restored
            connection.execute(update(above).values(last_number=2, arrived_number=2))
            connection.execute(delete(told_above).where(told_above.c.number > 2))
            connection.execute(delete(sweeps).where(sweeps.c.sweep_id == last))
        note(district.db, ALL, (), DISTRICT)
        tell(district.db, client, DISTRICT)
        assert _told(site)["result"] == _stands(district)["result"]
        with district.db.write() as connection:
            begin_anew(connection, DISTRICT)
        tell(district.db, client, DISTRICT)
    assert _told(site)["result"] == _stands(district)["result"]
    assert len(_told(site)["result"]) == 3


def test_its_own_thread_tells_and_the_city_sees_it_by_district(site: Site, district: Services) -> None:
    facility_id, room_id = room_of(district)
    _, unknown = room_of(district, "새봄공원")
    at = datetime.now(UTC)
    with district.db.write() as connection:
        found = {"said": "suspected", "equipment": "to_inspect"}
        connection.execute(insert(sweeps), [visit_of(room_id, at, **found), visit_of(unknown, at)])
        connection.execute(insert(cases), [_case(room_id, at, state="camera", stands="found"), _case(unknown, at)])
    courier, teller = couriers_of(district)
    for one in (courier, teller):
        one.start()
    wait_until(lambda: len(_told(site)["result"]) == 2, "what the district's server tells")
    for one in (courier, teller):
        one.stop()
    with site.db.write() as connection:  # the city knows one of the facilities itself
        name = {"name_ko": "가람공원", "name_en": "Garam Park", "address": "", "district_id": DISTRICT}
        connection.execute(insert(facility_table).values(facility_id=facility_id, is_demo=False, created_ms=0, **name))
    officer = site.login("city_officer")
    year, quarter = today().year, (today().month + 2) // 3
    told = officer.get("/api/told/statistics", year=year, quarter=quarter).json()
    (line,) = told["districts"]
    assert line["name"] == {"ko": "마포구", "en": "Mapo-gu"}
    counts = {"rooms": 2, "open_cases": 2, "found": 1, "results": 2, "is_whole": True}
    assert {name: line[name] for name in counts} == counts
    assert line["persons"] == {"suspected": 1, "nothing_unusual": 1}
    assert told["total"] == line | {"district_id": None, "name": None}
    listed = officer.get("/api/told/cases").json()
    assert {one["facility_name"] and one["facility_name"]["ko"] for one in listed["cases"]} == {"가람공원", None}
    cameras = officer.get("/api/told/cases", state="camera", district=DISTRICT, limit=1).json()
    assert [one["room_id"] for one in cameras["cases"]] == [str(room_id)]
    assert not cameras["is_cut"]
    assert officer.get("/api/told/cases", limit=1).json()["is_cut"]
    assert officer.get("/api/told/cases", district="jung-gu").json() == {"cases": [], "is_cut": False}
    results = officer.get("/api/told/results", district=DISTRICT, persons="suspected").json()["results"]
    assert [one["equipment"] for one in results] == ["to_inspect"]
    stands = {state: officer.get("/api/told/rooms", state=state).json()["rooms"] for state in get_args(DueState)}
    assert {one["room_id"] for rooms_ in stands.values() for one in rooms_} == {str(room_id), str(unknown)}


def _last(district: Services) -> UUID:
    """The thing that was numbered last."""
    with district.db.read() as connection:
        newest = select(told_above.c.thing_id).order_by(told_above.c.number.desc()).limit(1)
        thing_id: UUID = connection.scalars(newest).one()
        return thing_id


def test_it_looks_again_when_the_log_grew_and_is_heard_of_each_hour(site: Site, district: Services) -> None:
    now_s, wire = [100.0], Wire()
    _, room_id = room_of(district)
    teller = Teller(district.db, {DISTRICT: ALL}, lambda _: (), now_s=lambda: now_s[0])

    def told_after(seconds: float) -> list[int]:
        now_s[0] += seconds
        before = len(wire.bodies)
        teller(client)
        return [len(body["told"]) for body in wire.bodies[before:]]

    with wire.client_of(district, site.url) as client:
        assert told_after(0) == [0], "at once"
        with district.db.write() as connection:
            connection.execute(insert(sweeps), [visit_of(room_id, MONDAY)])
        assert told_after(60) == [], "nothing came into the log"
        probe = Probe()
        admit(district, probe.signer, "demo", "probe-demo-1", tenant=DISTRICT)
        assert told_after(60) == [1]
        for _ in range(59):
            assert told_after(60) == []
        assert told_after(60) == [0], "an hour after it was heard last"
        assert told_after(60) == []


def test_two_processes_number_each_thing_once(district: Services) -> None:
    _, room_id = room_of(district)
    with district.db.write() as connection:
        connection.execute(insert(sweeps), [visit_of(room_id, MONDAY) for _ in range(40)])
    with ThreadPoolExecutor(2) as pool:
        noted = list(pool.map(lambda _: note(district.db, ALL, (), DISTRICT), range(2)))
    assert sum(noted) == 40
    with district.db.read() as connection:
        assert connection.scalar(select(above.c.last_number)) == 40
        assert connection.scalar(select(func.count()).select_from(told_above)) == 40


def test_only_a_districts_own_server_is_heard(site: Site, district: Services, tmp_path: Path) -> None:
    note(district.db, ALL, (), DISTRICT)
    admit(site.services, district.server_signer.demo_signer, "relay", tenant=DISTRICT, probes=PROBES)
    for signer in (district.server_signer.demo_signer, Probe("stranger").signer):
        with httpx.Client(verify=NO_TLS) as http, pytest.raises(CityRefusesError):
            tell(district.db, CityClient(site.url, signer, http), DISTRICT)
    assert httpx.post(f"{site.url}/api/relay/told?district={DISTRICT}", content=b"{}", verify=NO_TLS).status_code == 401
    with site.db.read() as connection:
        assert connection.execute(select(telling_districts)).all() == []


PLANTED = "김철수"
PHONE = "010-9876-5432"
NOTE = "홍길동 반장에게 연락"
WORDS = (PLANTED, PHONE, NOTE, "Kim Cheolsu", "점검자-77", "SSID-OF-KIM", "probe-kim")


def test_no_name_phone_or_note_is_in_any_byte_that_is_sent(site: Site, district: Services) -> None:
    name = LocalText(ko=f"{PLANTED} 의원 {PHONE}", en="Kim Cheolsu's clinic")
    person = Person(new_id(), "kim", "점검자-77", "inspector", "p-aaaaaaaaaa")
    with district.db.write() as connection:
        auth.create_user(
            connection,
            username="kim",
            display_name="점검자-77",
            role="inspector",
            password=QUICK_HASH,
            actor="test",
            district_id=DISTRICT,
        )
        wanted = FacilityRequest(name=name, address=f"{PLANTED}로 1, {PHONE}", code=f"{PLANTED}-1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=DISTRICT)
        room = RoomRequest(name=name, kind="changing_room")
        room_id = facilities.add_room(connection, facility_id, room, actor=PLANTED)
        order = VisitOrderRequest(
            facility_id=facility_id, first_day=today(), last_day=today(), with_police=True, reason=NOTE
        )
        order_visit(connection, order, actor=PLANTED, district_id=DISTRICT)
        suspicion = {"step": "reported", "what": f"{NOTE} {PHONE} {PLANTED}"}
        open_case(
            connection,
            district.server_signer,
            person,
            room_id,
            CaseRequest.model_validate({"step": suspicion}),
        )
    probe = Probe("kim", "live", probe_id="probe-kim", tenant=DISTRICT, room_id=room_id, start=datetime.now(UTC))
    admit(district, probe.signer, "probe", "probe-kim", tenant=DISTRICT)
    finding_id = make_report().findings[0].finding_id
    name_bytes = b"SSID-OF-KIM".hex()
    details = FindingDetails(
        finding_id=finding_id, addresses=("02:00:00:00:00:01",), ssids=(name_bytes,), names=(name_bytes,)
    )
    sweep_id, opened, report = probe.whole_sweep(details)
    for wire in (opened, report):
        assert take(district, wire).status == "accepted"
    projecting.drain(district.db)
    decided = {"sweep_id": str(sweep_id), "verdict": "no_camera", "note": {"ko": NOTE, "en": PHONE}}
    wanted_words = DispositionRequest.model_validate(decided, strict=False)
    persons.record_disposition(district.db, district.server_signer, person, finding_id, wanted_words)
    projecting.drain(district.db)

    def due(district_id: str) -> tuple[ToldRoom, ...]:
        return told_rooms(district.db, district.policy, today=today(), district_id=district_id)

    wire_ = Wire()
    with wire_.client_of(district, site.url) as client:
        Teller(district.db, {DISTRICT: ALL}, due)(client)
    empty, body = wire_.bodies
    assert empty["told"] == []
    assert {one["said"]["what"] for one in body["told"]} == {"case", "room", "result"}
    for sent in wire_.sent:
        for word in WORDS:
            for form in (word, json.dumps(word)[1:-1], word.replace("-", ""), str(httpx.QueryParams({"": word}))[1:]):
                assert form.encode() not in sent, word
    kept = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\d|[a-z_0-9]{1,24}")
    assert [text for text in _texts(body) if not kept.fullmatch(text)] == []
    with site.db.read() as connection:
        assert connection.scalar(select(rooms.c.name_ko).where(rooms.c.room_id == room_id)) is None
        assert PLANTED not in str(connection.execute(select(told_cases)).all())


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
