"""The interface's examples: one for each record that comes in, each really sent, and the small programs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from python_calamine import load_workbook

from server.api.describing import EXAMPLES
from server.interface.fields import Role
from server.interface.requests import REQUESTS
from tests.report_factory import START
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.sweep_kit import Probe
from tests.waiting import PATIENCE_S

LAST = "ClosedRequest PasswordRequest"
"""After which the others would find a closed room, or another session."""
PROGRAMS = Path(__file__).resolve().parents[3] / "server" / "examples"

IDS = {"room_id": "01920000-0000-7000-8000-00000000a001", "facility_id": "01920000-0000-7000-8000-00000000f001"}
"""Of the demonstration; anything else that a path names is not there."""
NOBODY = {"username": "nobody", "probe_id": "probe-7", "commitment": "0" * 64, "key_id": "0" * 16, "line": "2"}
OF_OTHERS = {("NotificationRequest", "not_told_of_that"), ("DutyRequest", "not_for_duty"), ("PairRequest", "no_pair")}
"""Right in form, and refused since those who are named are not there, or not told of that."""
DONE = {
    "AdmitRequest", "BasisRequest", "CaseRequest", "ClosedRequest", "ColumnAnswersRequest", "CommandRequest",
    "DistrictRequest", "EvidenceKeyRequest", "ExportRequest", "FacilityChange", "FacilityRequest",
    "InspectionRequest", "InstrumentRequest", "InviteRequest", "KeyReasonRequest", "OfficeRequest",
    "PasswordRequest", "PinRequest", "Plan", "PracticeRequest", "ProvisionRequest", "RoomName", "RoomPartsRequest",
    "RoomRequest", "SpecialRequest", "VisitOrderRequest",
}  # fmt: skip
"""What needs nothing but the demonstration: the others ask for a case, a sweep or a device that is not there."""


def test_every_record_has_an_example() -> None:
    told = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert told.keys() == {record.__name__ for record in REQUESTS}
    for record in REQUESTS:
        record.model_validate_json(json.dumps(told[record.__name__]))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_every_example_is_taken(site: Site) -> None:
    document = site.anonymous().get("/api/openapi.json").json()
    clients: dict[Role, Client] = {}
    done: dict[str, list[int]] = {}
    malformed = []
    for method, path, operation, name in sorted(_operations(document), key=lambda one: LAST.find(one[3])):
        roles: tuple[Role, ...] = get_args(Role)
        role = next((role for role in roles if role in operation["x-access"]["roles"]), roles[0])
        if role not in clients:
            clients[role] = site.login(role)
        client = clients[role]
        body = document["components"]["schemas"][name]["example"]
        answer = client.http.request(method, path, json=body, headers={"X-CSRF-Token": client.csrf})
        done.setdefault(name, []).append(answer.status_code)
        if answer.status_code in {400, 413, 415, 422} or answer.status_code >= 500:
            malformed.append((name, answer.json()["error"]["code"]))
    assert set(malformed) == OF_OTHERS
    assert {name for name, statuses in done.items() if min(statuses) < 300} == DONE


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_small_programs_fetch_what_they_say(site: Site, tmp_path: Path) -> None:
    probe = Probe()
    site.admit(probe.signer)
    _, opened, report = probe.whole_sweep()
    assert site.send(opened).is_success
    assert site.send(report).is_success
    site.add_user("inspector-7", "inspector", "점검자-07")
    here = {"ANSIM_URL": site.url, "ANSIM_USERNAME": "inspector-7", "ANSIM_PASSWORD": PASSWORD}

    def run(*command: str) -> str:
        done = subprocess.run(
            command, env={**os.environ, **here}, check=False, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    due = json.loads(run(str(PROGRAMS / "due.sh")))
    assert due["rules"]
    rooms = list(csv.DictReader(run(sys.executable, str(PROGRAMS / "rooms.py")).splitlines()))
    assert [row["facility"] for row in rooms] == ["시범 공중화장실 (데모)"] * len(rooms)
    assert {row["facility_en"] for row in rooms} == {"Demonstration restroom (demo)"}
    assert [row["equipment"] for row in rooms if row["last_inspection"]] == ["to_inspect"]
    book = tmp_path / "log.xlsx"
    run(sys.executable, str(PROGRAMS / "workbook.py"), START.strftime("%Y-%m"), str(book))
    cells = [
        cell
        for sheet in load_workbook(book).sheet_names
        for row in load_workbook(book).get_sheet_by_name(sheet).to_python()
        for cell in row
    ]
    assert any("시범 공중화장실" in str(cell) for cell in cells)
    refused = subprocess.run(
        [str(PROGRAMS / "due.sh")],
        env={**os.environ, **here, "ANSIM_PASSWORD": "wrong"},
        check=False,
        capture_output=True,
    )
    assert refused.returncode != 0
    assert refused.stdout == b""


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "$ref" in schema and operation.get("x-access", {}).get("roles"):
                known = {**IDS, **NOBODY}
                filled = "/".join(
                    known.get(part[1:-1], "01920000-0000-7000-8000-00000000ffff") if part[:1] == "{" else part
                    for part in path.split("/")
                )
                yield method.upper(), filled, operation, schema["$ref"].rsplit("/", 1)[1]
