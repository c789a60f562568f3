"""What two persons named opens again to one other person: through the routes, with everybody who may not say it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from server.projections import projecting
from server.store.clock import today
from server.store.schema import cases
from server.verifier.case_file import Step, check_unchanged
from server.verifier.findings import Findings
from sweep.report import new_id, utc_now
from tests.report_factory import clock, make_report
from tests.server.cases.test_cases import SECOND, sweep, take
from tests.server.conftest import Client, Site
from tests.server.places.test_one_thing import erase_sweep
from tests.server.sweep_kit import Probe

UNCHANGED = {"step": "unchanged"}


@pytest.fixture
def named(site: Site) -> tuple[Probe, Client, str]:
    """A probe, one of the two who named a thing, and its case, which opens again today."""
    site.add_user("second", "inspector", "점검자-02")
    probe, one = Probe(), site.login("supervisor", "감독자-01")
    site.admit(probe.signer)
    sweep(site, probe)
    (case,) = one.get("/api/cases").json()["cases"]
    case_id: str = case["case_id"]
    assert take(one, case_id, {"step": "looked_at", "seen": "object"}).status_code == 201
    said = {"step": "not_camera", "what": "나사", "reopens": today().isoformat()}
    assert take(one, case_id, said).status_code == 201
    return probe, one, case_id


def _code(client: Client, case_id: str) -> str | None:
    answer = client.post(f"/api/cases/{case_id}/steps", {"step": UNCHANGED})
    found: str | None = None if answer.status_code == 201 else answer.json()["error"]["code"]
    return found


def _rows(site: Site) -> list[Any]:
    with site.db.read() as connection:
        return [tuple(row) for row in connection.execute(select(cases).order_by(cases.c.case_id))]


def test_another_person_says_it_once_and_nobody_else(site: Site, named: tuple[Probe, Client, str]) -> None:
    _, one, case_id = named
    case = one.get(f"/api/cases/{case_id}").json()
    assert "unchanged" in case["allowed"]
    assert "변동 없음" in case["next"]["ko"]
    second = site.anonymous()
    second.csrf = second.post("/api/login", SECOND).json()["csrf_token"]
    third = site.login("inspector", "점검자-03")
    assert [_code(client, case_id) for client in (one, second)] == ["another_person_needed"] * 2
    assert _code(third, case_id) is None
    case = one.get(f"/api/cases/{case_id}").json()
    assert (case["is_open"], case["state"], case["events"][-1]["step"]["step"]) == (False, "not_camera", "unchanged")
    assert "unchanged" not in case["allowed"]
    assert _code(site.login("inspector", "점검자-04"), case_id) == "not_now"
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before


@pytest.mark.parametrize("change", ["a device", "nothing", "erased"])
def test_what_a_later_sweep_sees_there_ends_it(site: Site, named: tuple[Probe, Client, str], change: str) -> None:
    probe, one, case_id = named
    third = site.login("inspector", "점검자-03")
    if change == "erased":
        sweep_id = one.get(f"/api/cases/{case_id}").json()["sweep_id"]
        erase_sweep(site, UUID(sweep_id), 201)
    else:
        finding = make_report().findings[0]
        if change == "a device":
            wifi = finding.evidence_for[0].model_copy(update={"modality": "wifi"})
            finding = finding.model_copy(update={"evidence_for": (wifi,)})
        times = {"started": clock(0, utc_now()), "ended": clock(1, utc_now())}
        wire = probe.report_changed(new_id(), findings=(finding,), **times)
        assert site.send(wire).status_code == 200
    one.get("/api/cases")
    case = one.get(f"/api/cases/{case_id}").json()
    asks_one = change == "nothing"
    assert ("unchanged" in case["allowed"]) == asks_one
    assert "looked_at" in case["allowed"]
    assert _code(third, case_id) == (None if asks_one else "not_now")
    before = _rows(site)
    projecting.rebuild(site.db)
    assert _rows(site) == before


DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ([("not_camera", "A", "B", 0), ("unchanged", "C", None, 100)], []),
        ([("not_camera", "A", "B", 0), ("unchanged", "B", None, 100)], [1]),
        ([("not_camera", "A", "B", 0), ("unchanged", "C", None, 90), ("unchanged", "C", None, 180)], [2]),
        ([("not_camera", "A", "B", 0), ("unchanged", "C", None, 184)], [1]),
        ([("not_camera", "A", None, 0), ("unchanged", "C", None, 100)], [1]),
        ([("not_camera", "A", "B", 0), ("reopened", "A", None, 90), ("unchanged", "C", None, 91)], [2]),
        ([("unchanged", "C", None, 100)], [0]),
    ],
)
def test_whoever_has_the_file_alone_judges_it_as_well(
    steps: list[tuple[str, str, str | None, int]], wrong: list[int]
) -> None:
    found = Findings(scope="case")
    place = (None, None, "live")
    check_unchanged(
        [
            Step(number, 0, str(number), place, (), subject, second, name, day * DAY_MS)
            for number, (name, subject, second, day) in enumerate(steps)
        ],
        found,
    )
    assert [problem.values["log_index"] for problem in found.problems] == wrong
