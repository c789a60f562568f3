"""The access log: every route and command says what it shows, every look is a line before it is given, lines stay."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, Row, delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from server.api.app import ROUTERS, build_services
from server.api.describing import api_routes
from server.config.retention import days_of, read_periods
from server.config.settings import Settings
from server.interface.words import kst
from server.people import access_log
from server.people.access_log import HEADINGS, WORDS, Reader
from server.schedule.periods import period_before, today
from server.store.clock import from_ms, now_ms
from server.store.schema import access_log as table
from server.store.schema import users
from sweep.report import FindingDetails, new_id
from tests.report_factory import make_report
from tests.server.cases.photo_kit import SECOND, Officer, taken
from tests.server.cases.test_cases import FOUND_STEPS
from tests.server.conftest import Call, Client, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

KEPT_DAYS = days_of(read_periods(), "access_log")


def _this_month() -> str:
    """Asked whenever it is needed: a run may begin in one month and end in the next."""
    return kst(from_ms(now_ms()))[:7]


def _lines(site: Site) -> list[Row[Any]]:
    with site.db.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.access_id)))


def test_every_route_says_what_it_shows() -> None:
    for route in api_routes(ROUTERS):
        declared = (route.openapi_extra or {}).get("x-personal-data")
        assert isinstance(declared, list), f"{route.path}: say what it shows with openapi_extra=shows(...)"
        assert set(declared) <= set(WORDS)


@pytest.fixture
def shown(site: Site) -> tuple[Client, str, str, str]:
    """An inspector, and a sweep with details and a crop: (client, sweep, crop, body of the report)."""
    probe = Probe()
    site.admit(probe.signer)
    finding = make_report().findings[0].finding_id
    details = FindingDetails(finding_id=finding, addresses=("02:00:00:00:00:01",), ssids=("41",), names=("42",))
    sweep_id, opened, report = probe.whole_sweep(details)
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    inspector = site.login("inspector", "점검자-09")
    detail = inspector.get(f"/api/sweeps/{sweep_id}").json()
    return inspector, str(sweep_id), detail["crops"][0]["commitment"], detail["entries"][1]["bodies"][0]["commitment"]


def test_every_route_that_shows_something_leaves_a_line(site: Site, shown: tuple[Client, str, str, str]) -> None:
    inspector, sweep_id, crop, report = shown
    admin = site.login("admin", "관리자-02")
    job = inspector.post(
        "/api/exports",
        {"format": "csv", "period_first": "2026-03-01", "period_last": "2026-03-31", "reason": "월간 보고"},
    ).json()
    officer = Officer(site, "증거담당-01")
    photo_id = taken(inspector, site)
    handover_id = _handed_over(admin, site)
    ways: dict[str, Callable[[], Any]] = {
        "/api/sweeps/{sweep_id}": lambda: inspector.get(f"/api/sweeps/{sweep_id}"),
        "/api/bodies/{commitment}": lambda: inspector.get(f"/api/bodies/{crop}"),
        "/api/exports/inspection-log": lambda: inspector.get("/api/exports/inspection-log", reason="사유"),
        "/api/exports/{job_id}/file": lambda: _download(inspector, job["job_id"]),
        "/api/photos/{photo_id}/open": lambda: officer.open(photo_id),
        "/api/cases/{case_id}/file": lambda: admin.get(f"/api/cases/{_found(admin)}/file", reason="경찰 인계"),
        "/api/office/names": lambda: admin.get("/api/office/names"),
        "/api/handovers/{handover_id}/document": lambda: admin.get(
            f"/api/handovers/{handover_id}/document", reason="서명"
        ),
        "/api/exports/access-log": lambda: admin.get(
            "/api/exports/access-log", month=_this_month(), reason="월간 점검"
        ),
        "/api/access-log": lambda: admin.get("/api/access-log", month=_this_month(), reason="월간 점검"),
    }
    declared = {route.path for route in api_routes(ROUTERS) if (route.openapi_extra or {}).get("x-personal-data")}
    assert ways.keys() == declared
    for path, look in ways.items():
        before = len(_lines(site))
        answer = look()
        assert answer.status_code == 200, (path, answer.text)
        (line,) = _lines(site)[before:]
        assert line.address == "127.0.0.1"
        assert line.name in {"점검자-09", "관리자-02", "증거담당-01"}
        (route,) = (route for route in api_routes(ROUTERS) if route.path == path)
        assert set(line.shown.split()) <= set((route.openapi_extra or {})["x-personal-data"])
    assert inspector.get(f"/api/bodies/{report}", reason="대조").status_code == 200
    last = _lines(site)[-1]
    assert (last.action, last.object_id, last.reason, last.account) == (
        "body.downloaded",
        report,
        "대조",
        inspector.get("/api/me").json()["user"]["username"],
    )


def _handed_over(admin: Client, site: Site) -> str:
    """An office that went over from one person of the district to another."""
    for username in ("who-leaves", "who-follows"):
        site.add_user(username, "inspector", f"점검자 {username}")
    with site.db.write() as connection:
        connection.execute(update(users).where(users.c.username.like("who-%")).values(district_id="demo-gu"))
    act = {"from_username": "who-leaves", "to_username": "who-follows", "reason": "인사 이동"}
    handover_id: str = admin.post("/api/handovers", act).json()["handovers"][0]["handover_id"]
    return handover_id


def test_the_month_on_the_page(site: Site, shown: tuple[Client, str, str, str]) -> None:
    inspector, _, crop, _ = shown
    inspector.get(f"/api/bodies/{crop}")
    admin, asked = site.login("admin", "관리자-02"), {"month": _this_month(), "reason": "월간 점검"}
    lines = admin.get("/api/access-log", **asked).json()
    assert not lines["is_cut"]
    assert [one["action"] for one in lines["accesses"]] == ["access_log.viewed", "body.viewed", "sweep.viewed"]
    assert lines["accesses"][0]["reason"] == "월간 점검"
    assert lines["accesses"][1]["shown"] == ["crops"]
    assert admin.get("/api/access-log", month=_this_month()).status_code == 400  # without a reason
    assert inspector.get("/api/access-log", **asked).status_code == 403
    assert admin.get("/api/access-log", month="2999-12", reason="x").json()["accesses"] == []


def _found(client: Client) -> str:
    """A case of a camera of which the police know; the second person is there."""
    opened = client.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "검은 점"}})
    case_id: str = opened.json()["case"]["case_id"]
    for step in FOUND_STEPS[:5]:
        answer = client.post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": SECOND})
        assert answer.status_code == 201, answer.text
    return case_id


def _download(client: Client, job_id: str) -> Any:
    while client.get(f"/api/exports/{job_id}").json()["state"] in {"queued", "running"}:
        pass
    return client.get(f"/api/exports/{job_id}/file")


def test_who_sees_nothing_leaves_no_line_and_refusals_neither(site: Site, shown: tuple[Client, str, str, str]) -> None:
    _, sweep_id, crop, _ = shown
    viewer, before = site.login("viewer"), len(_lines(site))
    assert viewer.get(f"/api/sweeps/{sweep_id}").json()["details"] == []
    assert viewer.get(f"/api/bodies/{crop}").status_code == 403
    assert viewer.get("/api/exports/access-log", month=_this_month(), reason="x").status_code == 403
    assert len(_lines(site)) == before


def test_the_month_for_the_review(site: Site, shown: tuple[Client, str, str, str]) -> None:
    inspector, sweep_id, crop, report = shown
    inspector.get(f"/api/bodies/{crop}")
    inspector.get(f"/api/bodies/{report}", reason='=HYPERLINK("x")')
    admin = site.login("admin", "관리자-02")
    answer = admin.get("/api/exports/access-log", month=_this_month(), reason="월간 점검")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert tuple(rows[0]) == HEADINGS
    assert [row[4] for row in rows[1:]] == ["점검 상세 열람", "사진 조각 열람", "본문 내려받기", "접속 기록 내보내기"]
    assert rows[1][5:] == [sweep_id, "기기 주소, 기기·와이파이 이름, 사진 조각", "없음"]
    assert rows[3][7] == '\'=HYPERLINK("x")'
    assert "02:00:00:00:00:01" not in answer.text
    assert admin.get("/api/exports/access-log", month="2026-13", reason="x").status_code == 400
    empty = admin.get("/api/exports/access-log", month="2031-01", reason="x")
    assert len(empty.content.splitlines()) == 1


def test_lines_cannot_be_changed_and_go_after_two_years_only(settings: Settings) -> None:
    with closing(build_services(settings).db) as db:
        with db.write() as connection:
            access_log.note(connection, Reader("a", "b", "c"), "sweep.viewed", "new", ("crops",))
        old_ms = now_ms() - (KEPT_DAYS + 2) * access_log.DAY_MS
        with db.write() as connection:
            row = {"access_id": new_id(), "at_ms": old_ms, "name": "a", "account": "b", "address": "c"}
            row |= {"action": "sweep.viewed", "object_id": "old", "shown": "crops", "reason": ""}
            connection.execute(insert(table).values(row))
        forbidden: list[Executable] = [update(table).values(name="x"), delete(table)]
        if not db.is_sqlite:
            forbidden.append(text("TRUNCATE access_log"))
        for statement in forbidden:
            with pytest.raises(DatabaseError, match="append-only"), db.write() as connection:
                connection.execute(statement)
        with db.write() as connection:
            assert access_log.purge(connection, KEPT_DAYS) == 1
        with db.read() as connection:
            assert connection.scalars(select(table.c.object_id)).all() == ["new"]


def test_exports_from_a_terminal_leave_a_line(call: Call, tmp_path: Path) -> None:
    log, entries, light, review = (tmp_path / name for name in ("log.csv", "all.jsonl", "light.jsonl", "review.csv"))
    code, out, _ = call("export", "log", log, "--reason", "월간 보고")
    whole = period_before("month", today())
    assert code == 0 and f"{whole.first}" in out and f"{whole.last}" in out  # nobody said which: the last whole month
    assert call("export", "entries", entries, "--reason", "이관")[0] == 0
    assert call("export", "entries", light, "--no-bodies")[0] == 0
    month = _this_month()
    code, out, _ = call("export", "access-log", review, "--month", month)
    assert (code, out) == (0, f"{review}: 3 accesses in {month}\n")
    rows = list(csv.reader(io.StringIO(review.read_text(encoding="utf-8-sig"))))[1:]
    assert [(row[1], row[3], row[5], row[7]) for row in rows] == [
        ("sweep-server", "terminal", "log.csv", "월간 보고"),
        ("sweep-server", "terminal", "all.jsonl", "이관"),
        ("sweep-server", "terminal", month, "월간 점검"),
    ]
    assert call("export", "access-log", review, "--month", "11/2026")[0] == 2


def test_the_words_are_those_of_the_types() -> None:
    names = re.findall(r'"([a-z_.]+)"', (Path(access_log.__file__).read_text(encoding="utf-8")).split("WORDS")[0])
    assert set(names) <= set(WORDS)
