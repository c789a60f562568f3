"""A case of each kind of source through to its end: a finding, an instrument's glint, and what the public reported."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from server.interface.words import KST
from server.projections import projecting
from tests.server.cases.test_cases import FOUND_STEPS
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.district_kit import person, swept
from tests.server.inspection_kit import MAPO, Ground, ground
from tests.server.sweep_kit import Probe

NOT_CAMERA: tuple[dict[str, Any], ...] = (
    {"step": "looked_at", "seen": "nothing"},
    {"step": "not_camera", "what": "나사"},
)


@pytest.fixture
def mapo(site: Site) -> Ground:
    return ground(site)


def of_probe(site: Site, mapo: Ground) -> None:
    probe = Probe("probe of mapo", "live", probe_id="probe-mapo", tenant=MAPO, room_id=mapo.room_id)
    site.admit(probe.signer, "probe", probe_id=probe.probe_id, tenant=MAPO)
    swept(site, MAPO, probe, mapo.facility_id, mapo.room_id)


def of_instrument(site: Site, mapo: Ground) -> None:
    glint = mapo.look(mapo.zones[0], saw="glint", place={"x_m": 1.0, "y_m": 0.5}, afterwards="not_explained")
    body = mapo.body(looks=[glint, *mapo.body()["looks"][1:]])
    assert mapo.record(body).status_code == 201
    assert mapo.confirm(body["sweep_id"]).status_code == 201


def of_eye(_site: Site, mapo: Ground) -> None:
    seen = mapo.look(mapo.zones[0], kind="by_eye", instrument_id=None, saw="glint", place={"x_m": 1.0, "y_m": 0.5})
    body = mapo.body(looks=[seen | {"afterwards": "not_explained"}, *mapo.body()["looks"][1:]])
    assert mapo.record(body).status_code == 201


def of_public(site: Site, mapo: Ground) -> None:
    sent = site.anonymous().http.post(f"/r/{mapo.door}", data={"text": "천장에 작은 구멍", "what": "hole"})
    assert sent.status_code == 200
    officer = person(site, "supervisor", MAPO)
    (one,) = officer.get("/api/public-reports").json()["reports"]
    assert officer.post(f"/api/public-reports/{one['report_id']}/case", {"what": "천장에 작은 구멍"}).status_code == 201


def counted(officer: Client, opened: datetime) -> tuple[int, ...]:
    """What the quarter's statistics say in which the case was opened."""
    asked = {"year": opened.year, "quarter": (opened.month + 2) // 3}
    line = officer.get("/api/statistics", **asked).json()["total"]
    of_sources = ("cases_of_probes", "cases_of_instruments", "cases_of_public")
    assert line["cameras_of_probes"] == (line["cameras"] if line["cases_of_probes"] else 0), "one case is there"
    return tuple(line[name] for name in ("cases", *of_sources, "undecided", "not_camera", "cameras"))


@pytest.mark.parametrize("source", [of_probe, of_instrument, of_public, of_eye])
@pytest.mark.parametrize("ends", ["camera", "not_camera"])
def test_a_case_of_each_source_goes_through_to_its_end(site: Site, mapo: Ground, source: Any, ends: str) -> None:
    source(site, mapo)
    projecting.drain(site.db)
    officer = person(site, "supervisor", MAPO)
    of_source = tuple(int(one is source) for one in (of_probe, of_instrument, of_public))
    (case,) = officer.get("/api/cases").json()["cases"]
    opened = datetime.fromisoformat(case["opened"]).astimezone(KST)
    assert counted(officer, opened) == (1, *of_source, 1, 0, 0)
    began = {of_probe: "probe", of_instrument: "instrument", of_public: "public", of_eye: "by_eye"}[source]
    assert [case["began"], officer.get(f"/api/cases/{case['case_id']}").json()["began"]] == [began] * 2
    assert case["state"] == "candidate"
    second = {"username": mapo.second_name, "password": PASSWORD}
    for step in FOUND_STEPS if ends == "camera" else NOT_CAMERA:
        answer = officer.post(f"/api/cases/{case['case_id']}/steps", {"step": step, "second_person": second})
        assert answer.status_code == 201, (step, answer.text)
    end = officer.get(f"/api/cases/{case['case_id']}").json()
    assert (end["is_found"], end["state"]) == (ends == "camera", {"camera": "reported_to_city"}.get(ends, "not_camera"))
    assert counted(officer, opened) == (1, *of_source, 0, int(ends == "not_camera"), int(ends == "camera"))
