"""Lists ask the database as often for many rows as for few."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute
from sqlalchemy import insert

from server.api.access import rank_of
from server.api.app import ROUTERS
from server.api.describing import _calls
from server.projections.projector import LIST_WAIT_S
from server.store.clock import now_ms, today
from server.store.schema import public_reports
from sweep.report import new_id
from tests.server.conftest import SECOND_IN_SOAK, Client, Site
from tests.server.district_kit import district, person
from tests.server.statements import asked_of_databases

FEW, MANY = 1, 3
ASKED: dict[str, dict[str, str | int]] = {
    "/api/access-log": {"month": f"{today():%Y-%m}", "reason": "x"},
    "/api/instruments/holders": {"district": "gu-0"},
    "/api/schedule": {"state": "done"},
    "/api/schedule/inspectors": {"district": "gu-0"},
    "/api/told/results": {"district": "gu-0"},
    "/api/told/statistics": {"year": 2026, "quarter": 4},
}
NO_LISTS = {"/api/live", "/api/docs"}  # the one does not end, the other is a page


@SECOND_IN_SOAK
def test_a_list_asks_as_often_for_many_rows_as_for_few(site: Site) -> None:
    people = [site.login(role) for role in ("admin", "supervisor", "inspector")]
    for number in range(FEW):
        _more(site, number)
    readers = {path: one for path in _lists() if (one := _reader(path, people)) is not None}
    assert len(readers) > 30
    few = _counts(site, readers)
    for number in range(FEW, MANY):
        _more(site, number)
    many = _counts(site, readers)
    assert {path: (few[path], count) for path, count in many.items() if count > few[path]} == {}


def _more(site: Site, number: int) -> None:
    """Another district, with one more of everything that lists tell of."""
    name = f"gu-{number}"
    made = district(site, name)
    officer, *pair = (person(site, role, name) for role in ("district_officer", "inspector", "inspector"))
    names = [one.get("/api/me").json()["user"]["username"] for one in pair]
    day = today().isoformat()
    visit = {
        "facility_id": str(made.facility_id),
        "first_day": day,
        "last_day": day,
        "with_police": True,
        "reason": "x",
    }
    step = {"step": {"step": "reported", "what": "환풍구 옆에 처음 보는 나사"}}
    finder = {"kind": "lens_finder", "maker": "가상", "model": "K-1", "serial": str(number)}
    for who, path, body in (
        (officer, "/api/schedule/orders", visit),
        (officer, "/api/schedule/pairs", {"first_username": names[0], "second_username": names[1]}),
        (officer, "/api/instruments", finder),
        (pair[0], f"/api/rooms/{made.room_id}/cases", step),
    ):
        answer = who.post(path, body)
        assert answer.status_code == 201, (path, answer.text)
    with site.db.write() as connection:
        report = {"report_id": new_id(), "room_id": made.room_id, "what": "hole", "text": "x", "received_ms": now_ms()}
        connection.execute(insert(public_reports).values(report))


def _reader(path: str, people: list[Client]) -> Client | None:
    """Who may see a list; None: what it takes is no list."""
    for one in people:
        status = one.get(path, **ASKED.get(path, {})).status_code
        assert status != 500, path
        if status == 200:
            return one
    return None


def _counts(site: Site, readers: dict[str, Client]) -> dict[str, int]:
    """How many statements each list takes; the lesser of two, for others ask too."""
    site.services.projector.wait(LIST_WAIT_S)
    found: dict[str, int] = {}
    for path, reader in readers.items():
        for _ in range(2):
            with asked_of_databases() as asked:
                assert reader.get(path, **ASKED.get(path, {})).status_code == 200
            found[path] = min(found.get(path, len(asked)), len(asked))
    return found


def _lists() -> Iterator[str]:
    """Paths that are read, name nothing and make no document."""
    for router in ROUTERS:
        for route in router.routes:
            if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
                continue
            is_document = rank_of(set(_calls(route.dependant))) == "document"
            if "{" not in route.path and route.path not in NO_LISTS and not is_document:
                yield route.path
