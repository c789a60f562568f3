"""A found camera end to end: two persons from a candidate to the file for the police, and a third who only has that.

At each step every wrong turn is tried; the third has the file and `python -m server.verifier`, and no server.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pyrage
import pytest

from server.exports.gathering.inspection_log import today
from server.exports.gathering.zipped import zipped
from server.ingest.issued_documents import say_judged_anew
from server.projections.sightings import case_of
from server.standing.cases import OPENING
from server.verifier.anchors import Anchors
from server.verifier.case_file import STATEMENT
from server.verifier.command import verify_package
from server.verifier.proven_records import RECORDS
from sweep.report import FindingDetails, new_id
from tests.report_factory import clock, make_report
from tests.server.cases.photo_kit import PICTURE, SECOND, Officer, declare, request_of, send
from tests.server.conftest import PASSWORD, SECOND_IN_SOAK, Client, Site
from tests.server.sweep_kit import DEMO_ROOM, Probe
from tests.waiting import PATIENCE_S

ADDRESS = "02:00:5e:10:00:07"
NAMES = {"officer": "김경위", "station": "마포경찰서", "rank": "경위", "receipt_no": "2026-112-000431"}
ALL_STEPS: dict[str, dict[str, Any]] = {
    "looked_at": {"seen": "object"},
    "not_reached": {"why": "문이 잠김"},
    "not_camera": {"what": "나사"},
    "unchanged": {},
    "defect_found": {"defect": "hole"},
    "repair_handed": {"handed_to": "시설 관리 담당", "due": "2026-03-27"},
    "repaired": {"by": "시설관리팀"},
    "rechecked": {"holds": True},
    "camera": {"was_touched": False},
    "room_closed": {"guarded_by": "점검자-02"},
    "photographed": {"commitment": None, "why_not": "촬영 장비 없음"},
    "police_called": {"receipt_no": "2026-112-000431"},
    "police_asked": {"document_no": "수사-77", "officer": "김경위", "wanted": ["wifi_timeline"]},
    "handed_over": {**NAMES, "seal_no": "봉인 12"},
    "reported_to_city": {"to": "시 여성안전과"},
    "police_result": {"result": "camera", "dated": "2026-03-20", "document_no": "수사-81"},
    "reopened": {"why": "다시 보임"},
}
LEFT_EMPTY: dict[str, str] = {
    "looked_at": "무엇을 보았는지",
    "camera": "접촉 여부",
    "room_closed": "문을 지키는 사람",
    "photographed": "촬영하지 못한 사유",
    "police_called": "접수 번호",
    "police_asked": "문서의 번호",
    "handed_over": "경찰 담당자",
    "reported_to_city": "보고받은 부서",
    "police_result": "무엇으로 확인했는지",
}
Files = dict[str, bytes]


def _step(client: Client, case_id: str, step: dict[str, Any], second: object = SECOND) -> httpx.Response:
    return client.post(f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})


def _said(answer: httpx.Response, status: int) -> tuple[str, str]:
    """(code, Korean sentence) of a refusal, which has another one in English."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    ko, en = error["message"]["ko"], error["message"]["en"]
    assert any("가" <= letter <= "힣" for letter in ko) and en.isascii() and ko != en
    return error["code"], ko


def _file(client: Client, case_id: str, reason: str = "경찰 인계") -> httpx.Response:
    return client.http.get(f"/api/cases/{case_id}/file", params={"reason": reason}, timeout=PATIENCE_S)


def _try_every_wrong_turn(client: Client, case_id: str) -> int:
    """Each step that may not be taken now, with and without a second person; how many there were."""
    case = client.get(f"/api/cases/{case_id}").json()
    wrong = [name for name in ALL_STEPS if name not in case["allowed"]]
    for name in wrong:
        code, ko = _said(_step(client, case_id, {"step": name} | ALL_STEPS[name], None), 409)
        assert (code, case["next"]["ko"] in ko) == ("not_now", True), (case["state"], name, ko)
    return len(wrong)


@pytest.fixture
def case(site: Site) -> tuple[Client, str]:
    """Of two inspectors the first, and the case of a finding with an address; the second is called `second`."""
    site.add_user("second", "inspector", "점검자-02")
    probe = Probe()
    site.admit(probe.signer)
    finding = make_report().findings[0].finding_id
    details = FindingDetails(finding_id=finding, addresses=(ADDRESS,), ssids=("41",), names=("42",))
    sweep_id, opened, report = probe.whole_sweep(details)
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    client = site.login("inspector", "점검자-01")
    (found,) = client.get("/api/cases").json()["cases"]
    assert found["sweep_id"] == str(sweep_id)
    return client, found["case_id"]


def _files(answer: httpx.Response) -> Files:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return {name: book.read(name) for name in book.namelist()}


def _third(data: bytes, folder: Path, *options: str) -> tuple[int, str]:
    """What somebody is told who has the file and the verifier alone: (exit code, lines)."""
    file = folder / f"case-{len(list(folder.iterdir()))}.zip"
    file.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "server.verifier", str(file), *options],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_from_the_candidate_to_the_police_and_a_third_who_has_the_file_alone(
    site: Site, case: tuple[Client, str], tmp_path: Path
) -> None:
    one, case_id = case
    officer = Officer(site)
    supervisor = site.login("supervisor", "감독자-01")
    assert _said(_file(one, case_id), 403)[0] == "not_allowed"
    assert _said(_file(supervisor, case_id), 409)[0] == "no_camera_found"
    wrong = 0
    photo: dict[str, str] = {}
    arrows = [{"from_x": 100, "from_y": 100, "to_x": 500, "to_y": 620}]
    way = ["looked_at", "camera", "room_closed", "police_called", "photographed", "handed_over", "reported_to_city"]
    for name in way:
        wrong += _try_every_wrong_turn(one, case_id)
        code, ko = _said(_step(one, case_id, {"step": name}), 400)
        assert (code, LEFT_EMPTY[name] in ko) == ("invalid_request", True), ko
        step = {"step": name} | ALL_STEPS[name]
        if name in {"looked_at", "camera", "handed_over"}:
            assert _said(_step(one, case_id, step, None), 403)[0] == "second_person_needed"
            mine = {"username": one.get("/api/me").json()["user"]["username"], "password": PASSWORD}
            assert _said(_step(one, case_id, step, mine), 403)[0] == "second_person_needed"
            assert _said(_step(one, case_id, step, SECOND | {"password": "wrong"}), 401)[0]
            assert "패스키" in _said(_step(one, case_id, step, {"username": "second"}), 400)[1]
        if name == "photographed":
            assert _said(_step(one, case_id, step | {"why_not": None}), 400)[0] == "photograph_or_reason"
            assert _said(_step(one, case_id, step | {"commitment": "0" * 64}), 409)[0] == "no_such_photograph"
            many = request_of(declare(one, case_id), arrows=arrows * 9)
            assert _said(send(one, case_id, many), 400)[0] == "invalid_request"
            photo = send(one, case_id, many | {"arrows": arrows}).json()["photo"]
            step = {"step": name, "commitment": photo["commitment"], "why_not": None}
        assert _step(one, case_id, step).status_code == 201, name
        if name in {"camera", "room_closed"}:
            assert _said(_file(supervisor, case_id), 409)[0] == "not_now"
    wrong += _try_every_wrong_turn(one, case_id)
    assert wrong == sum(len(ALL_STEPS) - allowed for allowed in (2, 5, 2, 3, 4, 4, 3, 2))
    assert _said(_file(supervisor, case_id, ""), 400)[0] == "invalid_request"

    unasked = _files(_file(supervisor, case_id))
    exit_code, said = _third(_zip(unasked), tmp_path)
    assert exit_code == 0, said
    assert f"the 7 steps of case {case_id} follow each other without a gap" in said
    assert "asked for by the police in writing: nothing" in said and "everything holds" in said
    assert ADDRESS.encode() not in b"".join(unasked.values()) and not _carried(unasked, "sweep-report")
    assert not _carried(unasked, "sealed-photo") and not _carried(unasked, "finding-details")

    asked = {"step": "police_asked"} | ALL_STEPS["police_asked"]
    assert "하나 이상" in _said(_step(one, case_id, asked | {"wanted": []}), 400)[1]
    assert _step(one, case_id, asked | {"wanted": ["addresses", "photographs"]}).status_code == 201
    opened = officer.open(photo["photo_id"], purpose="police", reason="수사-77")
    assert officer.decrypt(opened) == PICTURE, "nobody drew into it"
    assert opened.json()["arrows"] == arrows
    answer = _file(site.login("evidence_officer", "증거담당-09"), case_id)
    given = _files(answer)
    exit_code, said = _third(answer.content, tmp_path, "--root", _root(given))
    assert exit_code == 0, said
    assert "asked for by the police in writing: addresses, photographs" in said
    assert "every key was admitted under root key" in said
    (details,) = _carried(given, "finding-details")
    assert ADDRESS.encode() in details and not _carried(given, "sweep-report")
    head, _, sealed = _carried(given, "sealed-photo")[0].partition(b"\n")
    assert pyrage.decrypt(sealed, [officer.identity]) == PICTURE
    assert json.loads(head)["plain_sha256"] in said
    assert given["case.pdf"].startswith(b"%PDF") and ADDRESS.encode() not in given["case.pdf"]
    paper = subprocess.run(["pdftotext", "-raw", "-", "-"], input=given["case.pdf"], check=True, capture_output=True)
    printed = paper.stdout.decode().replace("\u200b", "")
    assert "사진 위 화살표" in printed and "접촉 여부: 없음" in " ".join(printed.split())
    assert json.loads(head)["plain_sha256"] in "".join(printed.split())
    assert len(_carried(given, "photo-opened")) == 1

    code, ko = _said(_step(one, case_id, {"step": "police_result"}), 400)
    assert (code, LEFT_EMPTY["police_result"] in ko) == ("invalid_request", True), ko
    assert _step(one, case_id, {"step": "police_result"} | ALL_STEPS["police_result"]).status_code == 201
    _try_every_wrong_turn(one, case_id)
    closed = one.get(f"/api/cases/{case_id}").json()
    assert (closed["state"], closed["is_open"], closed["is_found"]) == ("police_camera", False, True)
    with site.db.read() as connection:
        lines = connection.exec_driver_sql(
            "SELECT name, shown, reason FROM access_log WHERE action = 'case.given' ORDER BY access_id"
        ).all()
    assert [tuple(line) for line in lines] == [
        ("감독자-01", "bodies", "경찰 인계"),
        ("증거담당-09", "bodies device_addresses device_names photographs", "경찰 인계"),
    ]
    exit_code, said = _third(_file(supervisor, case_id).content, tmp_path)
    assert (exit_code, f"the 9 steps of case {case_id} follow each other without a gap" in said) == (0, True), said


def _zip(files: Files) -> bytes:
    return zipped(files, today())


def _records(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[RECORDS].splitlines()]


def _carried(files: Files, what: str) -> list[bytes]:
    """The bodies of this sort that the file carries."""
    bodies = [body for record in _records(files) for body in record["bodies"]]
    return [base64.b64decode(body["data"]) for body in bodies if what in body["media_type"]]


def _payload(record: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(base64.b64decode(record["dsse"]["payload"]))
    return said


def _root(files: Files) -> str:
    said = json.loads(base64.b64decode(json.loads(files[STATEMENT])["payload"]))
    origin: str = said["origin"]
    return origin.rpartition("/")[2]


def _without(kind: str, which: int) -> Callable[[Files], Files]:
    """A file without one of the records of a kind, by whoever has no key of the server."""

    def change(files: Files) -> Files:
        records = _records(files)
        gone = [record for record in records if _payload(record)["kind"] == kind][which]
        lines = [line for line in files[RECORDS].splitlines(True) if json.loads(line) != gone]
        return files | {RECORDS: b"".join(lines)}

    return change


@SECOND_IN_SOAK
def test_a_file_that_was_changed_is_told_apart(site: Site, case: tuple[Client, str], tmp_path: Path) -> None:
    one, case_id = case
    supervisor = site.login("supervisor", "감독자-01")
    for name in ("looked_at", "camera", "room_closed", "photographed", "police_called"):
        assert _step(one, case_id, {"step": name} | ALL_STEPS[name]).status_code == 201
    files = _files(_file(supervisor, case_id))
    assert supervisor.get("/api/exports").json() == {"exports": []}, "it is nobody's document to fetch again"
    left = [path.name for path in (site.services.settings.data_dir / "exports").rglob("*") if path.is_file()]
    assert left == [], "it went to whoever asked and lies nowhere"
    changes: dict[str, tuple[Callable[[Files], Files], str]] = {
        "a step in between": (_without("case.step", 2), "does not cite the step before it"),
        "the first step": (_without("case.step", 0), "cites an entry that is not here"),
        "the admission of a key": (_without("key.admitted", -1), "no key that is admitted here signed"),
        "the paper": (lambda given: given | {"case.pdf": b"%PDF"}, "case.pdf is not the one"),
        "another file": (lambda given: given | {"clip.txt": b"x"}, "names it nowhere"),
    }
    for what, (change, words) in changes.items():
        file = tmp_path / "changed.zip"
        file.write_bytes(_zip(change(files)))
        found = verify_package(file, Anchors())
        assert any(words in line for line in map(str, found.problems)), (what, found.problems)


@SECOND_IN_SOAK
def test_a_case_of_a_person_has_a_file_too_and_a_foreign_step_is_a_problem(
    site: Site, case: tuple[Client, str], tmp_path: Path
) -> None:
    one, finding_case = case
    supervisor = site.login("supervisor", "감독자-01")
    opened = one.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "환풍구의 검은 점"}})
    case_id = opened.json()["case"]["case_id"]
    assert opened.json()["case"]["state"] == "candidate" and "reported" in OPENING
    for name in ("looked_at", "camera", "room_closed", "photographed", "police_called"):
        assert _step(one, case_id, {"step": name} | ALL_STEPS[name]).status_code == 201
    files = _files(_file(supervisor, case_id))
    exit_code, said = _third(_zip(files), tmp_path)
    assert exit_code == 0, said
    assert f"the 6 steps of case {case_id}" in said
    assert supervisor.get(f"/api/cases/{new_id()}/file", reason="x").status_code == 404
    assert _step(one, finding_case, {"step": "looked_at"} | ALL_STEPS["looked_at"]).status_code == 201
    assert _step(one, finding_case, {"step": "camera"} | ALL_STEPS["camera"]).status_code == 201
    for name in ("room_closed", "photographed", "police_called"):
        assert _step(one, finding_case, {"step": name} | ALL_STEPS[name]).status_code == 201
    others = _files(_file(supervisor, finding_case))[RECORDS].splitlines(keepends=True)
    mixed = {json.loads(line)["log_index"]: line for line in (*files[RECORDS].splitlines(keepends=True), *others)}
    file = tmp_path / "mixed.zip"
    file.write_bytes(_zip(files | {RECORDS: b"".join(mixed[index] for index in sorted(mixed))}))
    assert sum("a step of another case" in line for line in map(str, verify_package(file, Anchors()).problems)) == 5


def test_the_file_holds_every_sweep_that_saw_the_thing(site: Site, case: tuple[Client, str], tmp_path: Path) -> None:
    one, case_id = case
    probe, later = Probe("another probe"), new_id()
    site.admit(probe.signer)
    times = {"started": clock(60), "ended": clock(61)}
    for wire in (probe.opened(later), probe.report_changed(later, **times)):
        assert site.send(wire).status_code == 200
    assert [found["case_id"] for found in one.get("/api/cases").json()["cases"]] == [case_id]
    joined = case_of(later, make_report().findings[0].finding_id)
    for name in ("looked_at", "camera", "room_closed", "photographed", "police_called"):
        assert _step(one, str(joined), {"step": name} | ALL_STEPS[name]).status_code == 201
    supervisor = site.login("supervisor", "감독자-09")
    for name in (case_id, str(joined)):
        answer = _file(supervisor, name)
        exit_code, said = _third(answer.content, tmp_path)
        assert (exit_code, f"the 5 steps of case {case_id} follow each other without a gap" in said) == (0, True), said
        sweeps = {_payload(record)["sweep_id"] for record in _records(_files(answer))}
        assert str(later) in sweeps
    with site.db.write() as connection:  # judged anew, a later sweep names the file that it stands in
        assert any(case_id in name for name in say_judged_anew(connection, [later], actor="test"))
