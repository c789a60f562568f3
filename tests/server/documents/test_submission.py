"""A monthly submission: made by the queue, verified without the server, and caught when anything in it changes."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from server.exports.gathering.inspection_log import today
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.submission import write_submission
from server.exports.gathering.zipped import zipped
from server.interface.formats import Format
from server.log.proven_records import proven_lines
from server.projections import projecting
from server.projections.log_records import ExportError, Period
from server.store.schema import body_refs, entries, erased_bodies
from server.verifier.anchors import Anchors
from server.verifier.command import verify_package
from server.verifier.findings import Findings, PackageError
from server.verifier.proven_records import RECORDS
from server.verifier.submission import STATEMENT
from sweep.entry import kinds, notes
from tests.server.conftest import Site
from tests.server.sweep_kit import DEMO_ROOM, Probe
from tests.waiting import PATIENCE_S

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
LOG = "inspection-log_2026-03-01_2026-03-31.json"
Files = dict[str, bytes]


def _fill(site: Site) -> None:
    """A month with two sweeps."""
    probe = Probe()
    site.admit(probe.signer)
    for _ in range(2):
        _, opened, report = probe.whole_sweep()
        for wire in (opened, report):
            assert site.send(wire).status_code == 200
    projecting.drain(site.db)


def _made(site: Site) -> bytes:
    """The same submission without the process that makes documents."""
    _fill(site)
    wanted = LogRequest(Format.ZIP, MARCH, None, "시범구청", "감독자-01", "시 월별 제출")
    with site.db.read() as connection:
        return write_submission(connection, wanted, today(), site.services.server_signer.signer)


def _files(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def _verify(files: Files, folder: Path, anchors: Anchors = Anchors()) -> Findings:  # noqa: B008 - frozen
    file = folder / "submission.zip"
    file.write_bytes(zipped(files, today()))
    return verify_package(file, anchors)


def _statement(files: Files) -> dict[str, Any]:

    return dict(json.loads(base64.b64decode(json.loads(files[STATEMENT])["payload"])))


def test_a_submission_holds_and_says_what_it_cannot_prove(site: Site, tmp_path: Path) -> None:
    _fill(site)
    officer = site.login("supervisor", "감독자-01")
    query = {"format": "zip", "from": "2026-03-01", "to": "2026-03-31", "reason": "시 월별 제출"}
    answer = officer.http.get("/api/exports/inspection-log", params=query, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    assert 'filename="submission_2026-03-01_2026-03-31.zip"' in answer.headers["content-disposition"]
    (tmp_path / "as-it-came.zip").write_bytes(answer.content)
    assert verify_package(tmp_path / "as-it-came.zip", Anchors()).holds
    files = _files(answer.content)
    assert sorted(name.rpartition(".")[2] for name in files) == ["hwpx", "json", "json", "jsonl", "pdf", "txt", "xlsx"]
    said = _statement(files)
    assert (said["first"], said["last"], said["district"]) == ("2026-03-01", "2026-03-31", None)
    root = said["origin"].rpartition("/")[2]
    found = _verify(files, tmp_path, Anchors(said["checkpoint"], root))
    assert found.holds, found.problems
    assert f"each of the 2 sweeps in {LOG} stands on a record here" in list(map(str, found.proven))
    assert "the checkpoint given is that of this submission" in list(map(str, found.proven))
    assert any("no sweep was left out" in line for line in map(str, found.unproven))
    text = b"".join(files.values()).decode("utf-8", "replace")
    assert "finding-details" not in json.dumps(json.loads(files[LOG]))
    assert "02:00:5e" not in text
    with site.db.read() as connection:
        log = connection.exec_driver_sql("SELECT action, reason FROM access_log ORDER BY access_id").all()
    assert ("log.exported", "시 월별 제출") in [tuple(row) for row in log]


def test_with_records_go_those_by_which_they_are_judged(site: Site) -> None:
    """Where their rooms lie, and the erasures of their bodies, whatever sweep those name."""
    _fill(site)
    with site.db.write() as connection:
        indices = {
            kind: connection.scalars(select(entries.c.log_index).where(entries.c.kind == kind)).all()
            for kind in (kinds.ROOM_PLACED, kinds.REPORT, kinds.OPENED, *kinds.KEY_KINDS)
        }
        report, other = indices[kinds.REPORT][0], indices[kinds.OPENED][1]
        gone = connection.scalars(select(body_refs.c.commitment).where(body_refs.c.log_index == report)).first()
        connection.execute(insert(erased_bodies).values(commitment=gone, erased_ms=0, log_index=other, slot=None))
        told = [json.loads(line)["log_index"] for line in proven_lines(connection, {report}, "structure")]
    of_keys = {index for kind in kinds.KEY_KINDS for index in indices[kind]}
    assert set(told) == {report, other, *of_keys, *indices[kinds.ROOM_PLACED]} and told == sorted(told)
    assert len(indices[kinds.ROOM_PLACED]) == 1


def _another_byte(files: Files) -> Files:
    name = next(name for name in files if name.endswith(".pdf"))
    return files | {name: files[name] + b" "}


def _left_out(files: Files) -> Files:
    return {name: data for name, data in files.items() if not name.endswith(".xlsx")}


def _slipped_in(files: Files) -> Files:
    return files | {"extra.txt": b"x"}


def _record_gone(files: Files) -> Files:
    return files | {RECORDS: b"".join(files[RECORDS].splitlines(keepends=True)[:-1])}


def _record_moved(files: Files) -> Files:
    lines = files[RECORDS].splitlines(keepends=True)
    last = json.loads(lines[-1])
    last["received_ms"] += 1
    return files | {RECORDS: b"".join([*lines[:-1], json.dumps(last, separators=(",", ":")).encode() + b"\n"])}


def _other_result(files: Files) -> Files:
    log = json.loads(files[LOG])
    log["sweeps"][0]["entry_hash"] = "0" * 64
    return files | {LOG: json.dumps(log).encode()}


def _other_signature(files: Files) -> Files:
    document = json.loads(files[STATEMENT])
    signature = document["signatures"][0]["sig"]
    document["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    return files | {STATEMENT: json.dumps(document, separators=(",", ":")).encode() + b"\n"}


CHANGES: tuple[tuple[Callable[[Files], Files], str], ...] = (
    (_another_byte, "is not the one that the statement names"),
    (_left_out, "is missing"),
    (_slipped_in, "the statement names it nowhere"),
    (_record_gone, "is not among the records here"),
    (_record_moved, "does not lead to the checkpoint"),
    (_other_result, "is not among the records here"),
    (_other_signature, "signed the statement"),
)


def test_what_was_changed_is_said_and_other_anchors_do_not_fit(site: Site, tmp_path: Path) -> None:
    files = _files(_made(site))
    assert _verify(files, tmp_path).holds
    for change, words in CHANGES:
        found = _verify(change(files), tmp_path)
        assert any(words in line for line in map(str, found.problems)), (change, found.problems)
    witness = notes.VerifierKey("witness.example.kr", notes.COSIGNATURE, bytes(32))
    for anchors in (Anchors(root_key="0" * 16), Anchors(witness=witness)):
        assert not _verify(files, tmp_path, anchors).holds


@pytest.mark.parametrize("content", [{}, {STATEMENT: b"{}", RECORDS: b""}, {STATEMENT: b"\xff", RECORDS: b"\n"}])
def test_what_is_none_is_refused_in_one_line(tmp_path: Path, content: Files) -> None:
    with pytest.raises(PackageError, match="not a submission"):
        _verify(content | {"x": b""}, tmp_path)


def test_a_broken_zip_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.zip"
    file.write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(PackageError, match="cannot be read"):
        verify_package(file, Anchors())


def test_a_room_is_no_month(site: Site) -> None:
    wanted = LogRequest(Format.ZIP, MARCH, DEMO_ROOM, "시범구청", "감독자-01", "x")
    with site.db.read() as connection, pytest.raises(ExportError, match="choose no room"):
        write_submission(connection, wanted, today(), site.services.server_signer.signer)
