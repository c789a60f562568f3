"""The register of instruments: who holds what, whether it works today, out of use and back, and what was done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from server.districts.register import add_district
from server.instruments.register import works_on
from server.interface.views.instruments import InstrumentCheckView
from server.people import auth
from server.store.clock import today
from server.store.schema import instruments
from sweep.report import LocalText, new_id
from tests.server.conftest import Client, Site
from tests.server.district_kit import person

K18 = {"kind": "lens_finder", "maker": "가상광학", "model": "K18", "serial": "A-0017"}
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = date(2026, 11, 2)


def _delete(client: Client, path: str) -> int:
    return client.http.delete(path, headers={"X-CSRF-Token": client.csrf}).status_code


def _check(day: date, *, days: int = 30, **changed: object) -> dict[str, object]:
    until = (day + timedelta(days=days)).isoformat()
    what = {"what": "function", "day": day.isoformat(), "good_until": until, "has_passed": True}
    return what | {"checked_by": "관리 사무소"} | changed


@pytest.fixture
def mapo(site: Site) -> Client:
    """A supervisor of a district."""
    with site.db.write() as connection:
        for name in ("mapo-gu", "jung-gu"):
            add_district(connection, name, LocalText(ko=name, en=name), actor="test")
    return person(site, "supervisor", "mapo-gu")


def test_an_instrument_from_its_purchase_to_the_shelf(site: Site, mapo: Client) -> None:
    kim, officer = person(site, "inspector", "mapo-gu"), person(site, "district_officer", "jung-gu")
    people = mapo.get("/api/instruments/holders").json()["people"]
    assert kim.get("/api/instruments/holders").status_code == 403
    holder = people[0]["username"]
    made = mapo.post("/api/instruments", K18)
    assert made.status_code == 201, made.text
    path = f"/api/instruments/{made.json()['instrument']['instrument_id']}"
    assert (made.json()["instrument"]["district_id"], made.json()["instrument"]["holder"]) == ("mapo-gu", None)
    again = K18 | {"maker": "가상광학".upper(), "serial": "a-0017"}
    assert mapo.post("/api/instruments", again).json()["error"]["code"] == "instrument_known"
    assert kim.post("/api/instruments", K18 | {"serial": "B"}).status_code == 403
    given = mapo.put(path, K18 | {"holder": holder}).json()
    assert given["instrument"]["holder"] == people[0]
    assert mapo.put(path, K18 | {"holder": holder}).status_code == 200  # the same again is no line of the audit trail

    assert not given["instrument"]["is_checked"]
    assert kim.post(f"{path}/checks", _check(today())).json()["instrument"]["is_checked"]
    wrong = kim.post(f"{path}/checks", _check(today(), has_passed=False)).json()["instrument"]
    assert not wrong["is_checked"]
    wrong_id = wrong["checks"][0]["check_id"]
    assert _delete(kim, f"{path}/checks/{wrong_id}") == 403
    assert [_delete(mapo, f"{path}/checks/{wrong_id}") for _ in range(2)] == [200, 200]
    assert _delete(mapo, f"{path}/checks/{new_id()}") == 404
    found = kim.get(path).json()
    assert found["instrument"]["is_checked"]
    assert [one["withdrawn"] is not None for one in found["instrument"]["checks"]] == [True, False]

    gone = mapo.put(f"{path}/retired", {"is_retired": True}).json()["instrument"]
    assert (gone["retired"] is not None, gone["is_checked"]) == (True, False)
    assert kim.get("/api/instruments").json()["instruments"] == []
    assert len(kim.get("/api/instruments", with_retired="true").json()["instruments"]) == 1
    assert mapo.put(f"{path}/retired", {"is_retired": False}).json()["instrument"]["is_checked"]
    assert [one["action"] for one in mapo.get(path).json()["history"]] == [
        f"instrument.{what}"
        for what in ("restored", "retired", "check_withdrawn", "checked", "checked", "given", "added")
    ]
    assert (officer.get(path).status_code, officer.put(path, K18).status_code) == (404, 404)
    assert officer.get("/api/instruments", district="mapo-gu").json()["instruments"] == []


def test_search_finds_by_every_word(site: Site, mapo: Client) -> None:
    holder = mapo.get("/api/instruments/holders").json()["people"][0]
    for number in range(4):
        held = {"holder": holder["username"]} if number == 2 else {}
        assert mapo.post("/api/instruments", K18 | {"serial": f"A-{number:04}"} | held).status_code == 201
    imager = {"kind": "thermal_imager", "maker": "열상", "model": "T_1%", "serial": "9"}
    assert mapo.post("/api/instruments", imager).status_code == 201

    def serials(**asked: str | int) -> list[str]:
        return [one["serial"] for one in mapo.get("/api/instruments", **asked).json()["instruments"]]

    assert serials(search="가상광학 a-0001") == ["A-0001"]
    assert serials(search="1%") == ["9"]  # a wildcard is a letter
    assert serials(search=holder["name"]) == ["A-0002"]
    assert serials(kind="thermal_imager") == ["9"]
    assert mapo.get("/api/instruments", limit=2).json()["is_cut"]
    city = site.login("admin")
    assert len(city.get("/api/instruments", district="mapo-gu").json()["instruments"]) == 5
    assert city.get("/api/instruments", district="jung-gu").json()["instruments"] == []


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"serial": ""}, 400),
        ({"serial": "", "kind": "by_eye"}, 201),
        ({"kind": "probe"}, 400),
        ({"model": "http://example.org"}, 400),
        ({"maker": ""}, 400),
        ({"holder": "nobody"}, 400),
    ],
)
def test_what_is_written_down_can_be_told_apart(mapo: Client, changed: dict[str, str], status: int) -> None:
    assert mapo.post("/api/instruments", K18 | changed).status_code == status


def test_checks_of_impossible_days_are_refused(mapo: Client) -> None:
    path = f"/api/instruments/{mapo.post('/api/instruments', K18).json()['instrument']['instrument_id']}/checks"
    for wrong in (_check(today(), days=-1), _check(today(), days=367), _check(today() + timedelta(days=1))):
        assert mapo.post(path, wrong).status_code == 400, wrong
    assert mapo.post(f"/api/instruments/{new_id()}/checks", _check(today())).status_code == 404


def test_who_leaves_holds_nothing_any_more(site: Site, mapo: Client) -> None:
    holder = mapo.get("/api/instruments/holders").json()["people"][0]
    made = mapo.post("/api/instruments", K18 | {"holder": holder["username"]}).json()["instrument"]
    with site.db.write() as connection:
        auth.deactivate_user(connection, holder["username"], actor="test")
    admin = site.login("admin")
    assert admin.get(f"/api/instruments/{made['instrument_id']}").json()["instrument"]["holder"] is None
    with site.db.read() as connection:
        stored = connection.scalar(
            select(instruments.c.holder_user_id).where(instruments.c.instrument_id == UUID(made["instrument_id"]))
        )
    assert stored is None


def _told(day: date, until: date, *, what: str, passed: bool, minute: int, withdrawn: bool) -> InstrumentCheckView:
    return InstrumentCheckView(
        check_id=new_id(),
        what="function" if what == "function" else "calibration",
        day=day,
        good_until=until,
        has_passed=passed,
        checked_by="사무소",
        recorded=NOON + timedelta(minutes=minute),
        recorded_by="담당-01",
        withdrawn=NOON if withdrawn else None,
    )


DAYS = st.integers(-40, 40).map(lambda number: DAY + timedelta(days=number))
CHECKS = st.lists(
    st.builds(
        _told,
        DAYS,
        DAYS,
        what=st.sampled_from(["function", "calibration"]),
        passed=st.booleans(),
        minute=st.integers(0, 1_000),
        withdrawn=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one.recorded,
)


@given(CHECKS)
def test_only_a_good_last_check_of_the_function_counts(checks: list[InstrumentCheckView]) -> None:
    works = works_on(checks, DAY)
    assert works == works_on(checks[::-1], DAY)
    telling = [one for one in checks if one.what == "function" and one.withdrawn is None and one.day <= DAY]
    assert works_on(telling, DAY) == works
    if works:
        assert any(one.has_passed and one.day <= DAY <= one.good_until for one in telling)
    failed = _told(DAY, DAY, what="function", passed=False, minute=2_000, withdrawn=False)
    assert not works_on([*checks, failed], DAY)
    passed = _told(DAY, DAY, what="function", passed=True, minute=2_001, withdrawn=False)
    assert works_on([*checks, failed, passed], DAY)
    assert works_on([*checks, failed.model_copy(update={"withdrawn": NOON})], DAY) == works
