"""The file of a case verified: every step that persons took, in its order, and nothing that nobody asked for.

Input is a ZIP file as sweep/LOG.md describes it, which whoever investigates was given; output are findings.  The
requests of the police are steps of the case itself, so the file says what it may carry: an address, a radio record or a
photograph without a recorded request is a problem of the file.
"""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from server.verifier.anchors import Anchors
from server.verifier.bodies import ASKED, carried_in_case
from server.verifier.envelopes import UUID_TEXT, Envelope
from server.verifier.findings import Findings, PackageError
from server.verifier.package_lines import EntryLine
from server.verifier.proven_records import Form, Proven, check_carried, read_proven, say_anchors
from server.verifier.strict import read_json
from sweep.entry.dsse import MAX_BODY_BYTES
from sweep.entry.kinds import CASE_STEP, CASE_STEP_TYPE, PHOTO_TAKEN, SEALED_PHOTO_TYPE

CASE_FILE_TYPE = "application/vnd.ansim.case-file.v1+json"
STATEMENT = "case.json"
FORM = Form(
    "file of a case",
    STATEMENT,
    CASE_FILE_TYPE,
    ("v", "origin", "case_id", "made_ms", "checkpoint", "files"),
    ("origin", "case_id", "checkpoint"),
)
OPENING = frozenset({"reported", "defect_found"})
"""Steps that open a case without a sweep."""


def verify_case_file(book: zipfile.ZipFile, anchors: Anchors) -> Findings:
    """Verify the file of a case; PackageError when the file is none."""
    found = Findings(scope="case")
    read = read_proven(book, FORM, found)
    case_id = read.said["case_id"]
    if UUID_TEXT.fullmatch(case_id) is None:
        raise PackageError("not a file of a case: its statement names no case")
    steps = _steps(read, case_id, found)
    asked = {one for _, _, step in steps for one in _wanted(step)}
    check_carried(read, carried_in_case(asked), found)
    _check_way(read, case_id, steps, found)
    for item, envelope, step in steps:
        when = datetime.fromtimestamp(item.received_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        second = f" and {step['second_person']}" if type(step.get("second_person")) is str else ""
        found.notes.append(f"{when} UTC, log index {item.log_index}: {step['step']}, {envelope.subject}{second}")
    _say_photographs(read, found)
    say_anchors(read, anchors, FORM, found)
    given = ", ".join(sorted(asked)) or "nothing"
    found.notes.append(f"asked for by the police in writing: {given}")
    found.unproven.append("that no later step was taken, and that no key here was revoked since: see the whole log")
    return found


def _steps(read: Proven, case_id: str, found: Findings) -> list[tuple[EntryLine, Envelope, dict[str, Any]]]:
    """The steps that count, each with what it says; what cannot be read or is of another case is a problem."""
    steps = []
    for item, envelope in read.counting:
        if envelope.kind != CASE_STEP:
            continue
        value = _body(item, CASE_STEP_TYPE)
        step = value.get("step") if value is not None else None
        if value is None or type(step) is not dict or type(step.get("step")) is not str:
            found.complain_of(item.log_index, "a step of a case that cannot be read")
        elif value.get("case_id") != case_id:
            found.complain_of(item.log_index, "a step of another case")
        else:
            steps.append((item, envelope, step))
    return steps


def _check_way(
    read: Proven, case_id: str, steps: list[tuple[EntryLine, Envelope, dict[str, Any]]], found: Findings
) -> None:
    """Complain of a gap: each step cites the one before it, the first the report of its sweep or nothing."""
    if not steps:
        found.complain("no step of the case is here")
        return
    problems = len(found.problems)
    _, first, opening = steps[0]
    here = {envelope.entry_id for _, envelope in read.counting}
    if first.refs and not here.issuperset(first.refs):
        found.complain_of(steps[0][0].log_index, "the first step here cites an entry that is not here")
    if first.sweep_id is None and opening["step"] not in OPENING:
        found.complain_of(steps[0][0].log_index, "the first step here opens no case")
    for (_, before, _), (item, envelope, _) in pairwise(steps):
        if before.entry_id not in envelope.refs:
            found.complain_of(item.log_index, "does not cite the step before it: one in between is not here")
    if len(found.problems) == problems:
        found.proven.append(f"the {len(steps)} steps of case {case_id} follow each other without a gap")


def _wanted(step: dict[str, Any]) -> list[str]:
    wanted = step.get("wanted") if step["step"] == "police_asked" else None
    return [one for one in wanted if one in ASKED] if type(wanted) is list else []


def _say_photographs(read: Proven, found: Findings) -> None:
    """The hash of each picture before it was sealed: whoever was given the picture compares it."""
    for item, envelope in read.counting:
        if envelope.kind != PHOTO_TAKEN:
            continue
        head = _body(item, SEALED_PHOTO_TYPE)
        if head is not None and type(head.get("plain_sha256")) is str:
            found.notes.append(f"the photograph of log index {item.log_index} has the SHA-256 {head['plain_sha256']}")
        elif any(body.media_type == SEALED_PHOTO_TYPE for body in item.bodies):
            found.complain_of(item.log_index, "a sealed photograph whose first line cannot be read")


def _body(item: EntryLine, media_type: str) -> dict[str, Any] | None:
    """The JSON of the only body of this type, of a sealed photograph its first line; None when it is not there."""
    bodies = [body.data for body in item.bodies if body.media_type == media_type]
    if len(bodies) != 1:
        return None
    try:
        value = read_json(bodies[0].partition(b"\n")[0], max_bytes=MAX_BODY_BYTES)
    except ValueError:
        return None
    return value if type(value) is dict else None
