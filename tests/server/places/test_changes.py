"""Facilities and rooms called otherwise, closed, joined and parted; stickers of a selection; who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from server.config.settings import Settings
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from server.store.schema import stickers, visit_orders
from sweep.report import LocalText, new_id
from tests.server.conftest import EACH_DATABASE, Client, Site, running
from tests.server.district_kit import District, district, person

ORDER = {"first_day": "2026-12-01", "last_day": "2026-12-31", "reason": "합동 점검"}


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    with running(settings.model_copy(update={"public_url": "https://ansim.example.kr"})) as found:
        yield found


@pytest.fixture
def mapo(site: Site) -> District:
    return district(site, "mapo-gu")


def _delete(client: Client, path: str) -> httpx.Response:
    return client.http.delete(path, headers={"X-CSRF-Token": client.csrf})


def _refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def _twin(site: Site, name: str = "한빛근린공원화장실", district_id: str = "mapo-gu") -> tuple[UUID, UUID]:
    """(facility, room) of a facility that may be the same as another."""
    text = LocalText(ko=name, en=name)
    with site.db.write() as connection:
        wanted = FacilityRequest(name=text, address="한빛로12")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=district_id)
        room_id = facilities.add_room(connection, facility_id, RoomRequest(name=text, kind="restroom"), actor="test")
    return facility_id, room_id


def _names(client: Client, path: str = "/api/facilities", **asked: str | int) -> list[str]:
    return [one["name"]["ko"] for one in client.get(path, **asked).json()["facilities"]]


def test_what_a_facility_was_called_stays_in_its_history(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    path = f"/api/facilities/{mapo.facility_id}"
    renamed = {"name": {"ko": "한빛근린공원", "en": "Hanbit park"}, "address": "한빛로 12"}
    told = officer.put(path, renamed).json()
    assert told["facility"]["name"]["ko"] == "한빛근린공원"
    assert told["history"][0]["action"] == "facility.changed"
    assert told["history"][0]["said"] == {
        "name_before": "mapo-gu",
        "name_after": "한빛근린공원",
        "address_before": "어딘가 1",
        "address_after": "한빛로 12",
    }
    assert len(officer.put(path, renamed).json()["history"]) == len(told["history"])  # the same again is no line
    room = officer.put(f"/api/rooms/{mapo.room_id}/name", {"name": {"ko": "1층 여", "en": "1F women"}}).json()
    assert room["room"]["room_name"]["ko"] == "1층 여"
    assert room["history"][0]["said"] == {"name_before": "mapo-gu", "name_after": "1층 여"}
    assert _refused(officer.put(path, renamed | {"name": {"ko": "http://a.kr", "en": "x"}}))[0] == 400


def test_search_closing_and_what_is_lacking(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    facility_id, room_id = _twin(site)
    assert _names(officer, search="한빛로12 공원") == ["한빛근린공원화장실"]
    assert len(_names(officer)) == 2
    cut = officer.get("/api/facilities", limit=1).json()
    assert (len(cut["facilities"]), cut["is_cut"]) == (1, True)
    assert officer.put(f"/api/facilities/{facility_id}/special", {"is_special": True}).status_code == 200
    assert _names(officer, only_special="true") == ["한빛근린공원화장실"]

    closed = officer.put(f"/api/facilities/{facility_id}/closed", {"is_closed": True}).json()
    assert closed["facility"]["closed"] is not None
    assert _names(officer) == ["mapo-gu"]
    assert len(_names(officer, with_closed="true")) == 2
    opened = officer.put(f"/api/facilities/{facility_id}/closed", {"is_closed": False}).json()
    assert [one["action"] for one in opened["history"]][:3] == [
        "facility.reopened",
        "facility.closed",
        "facility.special",
    ]

    def rooms(**asked: str) -> list[str]:
        return [one["room_id"] for one in officer.get("/api/room-register", **asked).json()["rooms"]]

    assert len(rooms()) == len(rooms(lacks="basis")) == len(rooms(lacks="sticker")) == 2
    basis = {"basis": "statute", "citation": "공중화장실 등에 관한 법률 제12조"}
    assert officer.post(f"/api/rooms/{room_id}/bases", basis).status_code == 201
    assert rooms(lacks="basis") == [str(mapo.room_id)]
    record = officer.get(f"/api/room-register/{room_id}").json()
    assert record["room"]["basis"]["citation"] == record["bases"][0]["citation"] == basis["citation"]

    assert officer.put(f"/api/rooms/{room_id}/closed", {"is_closed": True}).json()["room"]["closed"] is not None
    assert rooms() == [str(mapo.room_id)]
    assert str(room_id) in rooms(with_closed="true")
    assert str(room_id) not in officer.get("/api/rooms").text  # nobody is sent there
    assert str(room_id) not in officer.get("/api/schedule", state="waiting").text
    assert officer.put(f"/api/rooms/{room_id}/closed", {"is_closed": False}).json()["room"]["closed"] is None


@EACH_DATABASE
def test_two_facilities_are_one_and_two_again(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    facility_id, room_id = _twin(site)
    order = officer.post("/api/schedule/orders", ORDER | {"facility_id": str(facility_id)})
    assert order.status_code == 201, order.text
    owner = person(site, "facility_owner", "mapo-gu", facility_id)
    path, into = f"/api/facilities/{facility_id}/joined", {"into": str(mapo.facility_id)}
    assert _refused(_delete(officer, path)) == (409, "not_joined")
    given_up = officer.put(path, into).json()
    assert given_up["facility"]["joined_into"] == into["into"]
    assert given_up["facility"]["closed"] is not None
    record = officer.get(f"/api/facilities/{mapo.facility_id}").json()
    assert {one["room_id"] for one in record["rooms"]} == {str(room_id), str(mapo.room_id)}
    assert [(one["place_id"], one["may_part"]) for one in record["joined"]] == [(str(facility_id), True)]
    assert record["history"][0]["said"] == {"from": "한빛근린공원화장실"}
    assert {one["room_id"] for one in owner.get("/api/facility/rooms").json()["rooms"]} == {
        str(room_id),
        str(mapo.room_id),
    }
    assert _refused(officer.put(path, into)) == (409, "not_joinable")
    closed = officer.put(f"/api/facilities/{facility_id}/closed", {"is_closed": False})
    assert _refused(closed) == (409, "joined_with_another")

    parted = _delete(officer, path).json()
    assert parted["facility"]["closed"] is None
    assert [one["room_id"] for one in parted["rooms"]] == [str(room_id)]
    assert [one["room_id"] for one in owner.get("/api/facility/rooms").json()["rooms"]] == [str(room_id)]
    with site.db.read() as connection:
        ordered = connection.scalars(select(visit_orders.c.facility_id)).all()
    assert ordered == [facility_id]

    assert officer.put(path, into).status_code == 200
    parts = {"sex": "women", "floor": 1, "stalls": 3}
    assert officer.put(f"/api/rooms/{room_id}/parts", parts).status_code == 200
    assert _refused(_delete(officer, path)) == (409, "join_followed")
    record = officer.get(f"/api/facilities/{mapo.facility_id}").json()
    assert [one["may_part"] for one in record["joined"]] == [False]


def test_what_the_log_says_of_its_rooms_holds_a_join(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    facility_id, _room_id = _twin(site)
    path = f"/api/facilities/{mapo.facility_id}/joined"  # the one whose room a probe measures
    assert officer.put(path, {"into": str(facility_id)}).status_code == 200
    _sweep_id, opened, report = mapo.probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    assert _refused(_delete(officer, path)) == (409, "join_followed")


def test_two_rooms_are_one_and_the_sticker_on_the_door_still_opens(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    facility_id, first = _twin(site)
    name = LocalText(ko="여자화장실", en="women")
    with site.db.write() as connection:
        second = facilities.add_room(connection, facility_id, RoomRequest(name=name, kind="restroom"), actor="test")
    code = officer.post(f"/api/rooms/{second}/sticker").json()["code"]
    path, into = f"/api/rooms/{second}/joined", {"into": str(first)}
    assert _refused(officer.put(path, {"into": str(mapo.room_id)})) == (409, "rooms_not_joinable")
    assert _refused(officer.put(path, {"into": str(second)})) == (409, "rooms_not_joinable")
    assert _refused(officer.put(path, {"into": str(new_id())})) == (404, "not_found")
    assert officer.put(path, into).json()["room"]["joined_into"] == str(first)
    assert officer.get(f"/api/stickers/{code}").json()["room_id"] == str(first)
    joined = officer.get(f"/api/room-register/{first}").json()["joined"]
    assert [(one["name"]["ko"], one["may_part"]) for one in joined] == [("여자화장실", True)]
    assert _delete(officer, path).json()["room"]["closed"] is None
    assert officer.get(f"/api/stickers/{code}").json()["room_id"] == str(second)


def test_a_room_with_something_open_is_not_joined(site: Site, mapo: District) -> None:
    officer = person(site, "district_officer", "mapo-gu")
    with site.db.write() as connection:
        name = LocalText(ko="남", en="men")
        other = facilities.add_room(connection, mapo.facility_id, RoomRequest(name=name, kind="restroom"), actor="test")
    answer = officer.put(f"/api/rooms/{mapo.room_id}/joined", {"into": str(other)})
    assert _refused(answer) == (409, "room_has_open_case")


def test_another_role_and_another_district(site: Site, mapo: District) -> None:
    jung = district(site, "jung-gu")
    inspector, elsewhere = person(site, "inspector", "mapo-gu"), person(site, "supervisor", "jung-gu")
    here = person(site, "supervisor", "mapo-gu")
    of_facility, of_room = f"/api/facilities/{mapo.facility_id}", f"/api/rooms/{mapo.room_id}"
    named = {"name": {"ko": "가", "en": "a"}}
    writes: list[tuple[str, dict[str, Any]]] = [
        (of_facility, named | {"address": "길 1"}),
        (f"{of_facility}/closed", {"is_closed": True}),
        (f"{of_facility}/joined", {"into": str(jung.facility_id)}),
        (f"{of_room}/name", named),
        (f"{of_room}/closed", {"is_closed": True}),
        (f"{of_room}/joined", {"into": str(jung.room_id)}),
    ]
    for path, body in writes:
        assert inspector.put(path, body).status_code == 403, path
        assert elsewhere.put(path, body).status_code == 404, path
    for path in (of_facility, f"/api/room-register/{mapo.room_id}"):
        assert (inspector.get(path).status_code, elsewhere.get(path).status_code) == (200, 404)
    assert here.put(*writes[2]).status_code == 404  # a facility of another district is none to join with
    assert here.put(*writes[5]).status_code == 404
    for path in ("/api/facilities", "/api/room-register"):
        assert "jung-gu" not in here.get(path, district="jung-gu").text
    city = site.login("admin")
    assert _refused(city.put(*writes[2])) == (409, "not_joinable")
    assert _names(city, district="jung-gu") == ["jung-gu"]


@EACH_DATABASE
def test_stickers_of_a_selection_are_one_sheet(site: Site, mapo: District) -> None:
    officer, inspector = person(site, "district_officer", "mapo-gu"), person(site, "inspector", "mapo-gu")
    jung = district(site, "jung-gu")
    facility_id, room_id = _twin(site)
    wanted = [str(room_id), str(mapo.room_id)]

    def codes() -> dict[UUID, str]:
        with site.db.read() as connection:
            held = select(stickers.c.room_id, stickers.c.code).where(stickers.c.revoked_ms.is_(None))
            return {row.room_id: row.code for row in connection.execute(held)}

    assert inspector.post("/api/stickers/sheet", {"room_ids": wanted}).status_code == 403
    foreign = officer.post("/api/stickers/sheet", {"room_ids": [*wanted, str(jung.room_id)]})
    assert (_refused(foreign), codes()) == ((404, "not_found"), {})  # and nothing was made
    sheet = officer.post("/api/stickers/sheet", {"room_ids": wanted})
    assert (sheet.status_code, sheet.content[:5]) == (200, b"%PDF-")
    held = codes()
    assert set(held) == {room_id, mapo.room_id}
    assert officer.post("/api/stickers/sheet", {"room_ids": wanted}).status_code == 200
    assert codes() == held  # printed once more
    assert officer.post("/api/stickers/sheet", {"room_ids": wanted[:1], "is_new": True}).status_code == 200
    assert codes()[mapo.room_id] == held[mapo.room_id]
    assert codes()[room_id] != held[room_id]
    assert officer.get(f"/api/room-register/{room_id}").json()["room"]["sticker"] is not None
    assert officer.put(f"/api/rooms/{room_id}/closed", {"is_closed": True}).status_code == 200
    assert officer.post("/api/stickers/sheet", {"room_ids": wanted}).status_code == 404
    assert _refused(officer.post(f"/api/facilities/{facility_id}/stickers")) == (409, "no_rooms")
    assert officer.post("/api/stickers/sheet", {"room_ids": []}).status_code == 400
