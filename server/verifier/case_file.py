"""The file of a case verified: every step that persons took, in its order, and nothing that nobody asked for.

Input is a ZIP file as sweep/LOG.md describes it, which whoever investigates was given; output are findings.  The
requests of the police are steps of the case itself, so the file says what it may carry: an address, a radio record or a
photograph without a recorded request is a problem of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from server.verifier.anchors import Anchors
from server.verifier.bodies import ASKED, carried_in_case
from server.verifier.envelopes import DIGEST, UUID_TEXT, Envelope
from server.verifier.findings import Findings, PackageError
from server.verifier.key_table import MAX_OWN_BYTES
from server.verifier.package_lines import EntryLine
from server.verifier.printed import LAST_SECOND
from server.verifier.proven_records import counting, read_proven, say_printed
from server.verifier.statement import Form, say_anchors
from server.verifier.strict import read_json
from server.verifier.zip_file import ZipFile
from sweep.entry.kinds import CASE_STEP, CASE_STEP_TYPE, PHOTO_TAKEN, PHOTO_TAKEN_TYPE, SEALED_PHOTO_TYPE
from sweep.phrases import Phrase

CASE_FILE_TYPE = "application/vnd.ansim.case-file.v1+json"
STATEMENT = "case.json"
FORM = Form(
    Phrase("a_case_file"),
    STATEMENT,
    CASE_FILE_TYPE,
    ("v", "origin", "case_id", "made_ms", "checkpoint", "files"),
    ("origin", "case_id", "checkpoint"),
)
OPENING = frozenset({"reported", "defect_found"})
"""Steps that open a case without a sweep."""
OUTCOMES = frozenset({"not_camera", "camera", "defect_found", "reopened"})
HALF_YEAR_MS = 183 * 86_400_000
"""As `server/standing/naming.py` has it in days of Korea, and the day on which it ends."""


Place = tuple[str | None, str | None, str]
"""Sweep, room and source of an entry: those of a case are one."""
MAX_WORD = 60  # characters, as of a subject
MAX_PICTURES = 1_000  # a case has 6, and some more


@dataclass(frozen=True, slots=True)
class Heard:
    """What is kept of a step before it is known whether it counts."""

    log_index: int
    case_id: str
    place: Place
    wanted: tuple[str, ...]
    """What it asks for."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is kept of a step that counts."""

    log_index: int
    received_ms: int
    entry_id: str
    place: Place
    refs: tuple[str, ...]
    """Of the first step all that it cites, of a later one the step before it, or nothing."""
    subject: str
    second_person: str | None
    name: str
    done_ms: int
    """By what it says, and not after it came."""


def verify_case_file(book: ZipFile, anchors: Anchors) -> Findings:
    """Verify the file of a case; PackageError when the file is none."""
    found = Findings(scope="case")
    heard: list[Heard] = []

    def hear(item: EntryLine, envelope: Envelope) -> None:
        if envelope.kind == CASE_STEP and (one := _heard(item, envelope)) is not None:
            heard.append(one)

    read = read_proven(book, FORM, anchors, found, hear)
    if read is None:
        return found
    case_id = read.statement.said["case_id"]
    if UUID_TEXT.fullmatch(case_id) is None:
        raise PackageError(Phrase("not_a_case_file"))
    steps: list[Step] = []
    pictures: list[Phrase] = []
    here: set[str] = set()
    asked = _asked([one for one in heard if one.case_id == case_id and one.log_index not in read.objections])
    for item, envelope in counting(read, found, carried_in_case(asked)):
        here.add(envelope.entry_id)
        if envelope.kind == CASE_STEP and (step := _step(item, envelope, case_id, steps[-1:], found)):
            steps.append(step)
        elif envelope.kind == PHOTO_TAKEN and len(pictures) < MAX_PICTURES:
            pictures.extend(_picture(item, case_id, found))
    _check_way(here, case_id, steps, found)
    for step in steps:
        when = datetime.fromtimestamp(min(step.received_ms // 1000, LAST_SECOND), UTC).strftime("%Y-%m-%d %H:%M:%S")
        who = step.subject if step.second_person is None else f"{step.subject} · {step.second_person}"
        found.notes.append(Phrase("note_step", when=when, index=step.log_index, name=step.name, who=who))
    found.notes += pictures
    say_anchors(read.statement, read.keys, anchors, FORM, found)
    say_printed(read, found)
    given = ", ".join(sorted(asked)) or Phrase("nothing")
    found.notes.append(Phrase("police_asked_for", given=given))
    found.unproven.append(Phrase("unproven_later_steps"))
    return found


def _heard(item: EntryLine, envelope: Envelope) -> Heard | None:
    """What a step asks for, whether it counts or not; None when it cannot be read."""
    value = _body(item, CASE_STEP_TYPE) or {}
    case_id, step = value.get("case_id"), value.get("step")
    if type(case_id) is not str or UUID_TEXT.fullmatch(case_id) is None or not isinstance(step, dict):
        return None
    wanted = _wanted(step.get("wanted")) if step.get("step") == "police_asked" else ()
    return Heard(item.log_index, case_id, _place(envelope), wanted)


def _asked(steps: list[Heard]) -> set[str]:
    """What the steps of a case ask for that count, and are about what its first one is about."""
    return {one for step in steps if step.place == steps[0].place for one in step.wanted}


def _place(envelope: Envelope) -> Place:
    return envelope.sweep_id, envelope.room_id, envelope.source


def _step(item: EntryLine, envelope: Envelope, case_id: str, before: list[Step], found: Findings) -> Step | None:
    """What a step says; None and a problem when it cannot be read or is of another case."""
    known = {step.entry_id for step in before}
    value = _body(item, CASE_STEP_TYPE)
    match value:
        case {"step": {"step": str(name), **step}, **others} if len(name) <= MAX_WORD:
            if others.get("case_id") != case_id:
                found.complain_of(item.log_index, Phrase("step_of_another_case"))
            elif before and before[0].place != _place(envelope):
                found.complain_of(item.log_index, Phrase("step_of_another_place"))
            else:
                return Step(
                    item.log_index,
                    item.received_ms,
                    envelope.entry_id,
                    _place(envelope),
                    tuple(one for one in envelope.refs if one in known) if before else envelope.refs,
                    envelope.subject,
                    _word(step.get("second_person")),
                    name,
                    min(item.received_ms, _moment_of(others.get("decided"))),
                )
        case _:
            found.complain_of(item.log_index, Phrase("case_step_unreadable"))
    return None


def _check_way(here: set[str], case_id: str, steps: list[Step], found: Findings) -> None:
    """Complain of a gap: each step cites the one before it, the first the report of its sweep or nothing."""
    if not steps:
        found.complain(Phrase("case_without_steps"))
        return
    problems, first = found.count, steps[0]
    if first.refs and not here.issuperset(first.refs):
        found.complain_of(first.log_index, Phrase("first_step_cites_absent"))
    if first.place[0] is None and first.name not in OPENING:
        found.complain_of(first.log_index, Phrase("first_step_opens_nothing"))
    for before, step in pairwise(steps):
        if before.entry_id not in step.refs:
            found.complain_of(step.log_index, Phrase("case_step_gap"))
    check_unchanged(steps, found)
    if found.count == problems:
        found.proven.append(Phrase("case_steps_proven", count=len(steps), case_id=case_id))


def check_unchanged(steps: list[Step], found: Findings) -> None:
    """Complain of who said that nothing changed and may not: only another person does, after two named it."""
    named: Step | None = None
    spoken: set[str | None] = set()
    for step in steps:
        if step.name in OUTCOMES:
            named = step if step.name == "not_camera" else None
            spoken = {step.subject, step.second_person}
        elif step.name == "unchanged":
            is_late = named is None or step.done_ms - named.done_ms >= HALF_YEAR_MS
            if is_late or step.subject in spoken or None in spoken:
                found.complain_of(step.log_index, Phrase("unchanged_unfounded"))
            spoken.add(step.subject)


def _moment_of(decided: object) -> int:
    """Milliseconds of a clock's reading; far ahead for one that cannot be read."""
    match decided:
        case {"utc": str(utc)}:
            try:
                return int(datetime.fromisoformat(utc).timestamp() * 1000)
            except (ValueError, OverflowError):
                pass
        case _:
            pass
    return LAST_SECOND * 1000


def _wanted(wanted: object) -> tuple[str, ...]:
    return tuple(one for one in ASKED if one in wanted) if isinstance(wanted, list) else ()


def _word(value: object) -> str | None:
    return value[:MAX_WORD] if isinstance(value, str) else None


def _picture(item: EntryLine, case_id: str, found: Findings) -> Iterator[Phrase]:
    """The hash of a picture before it was sealed, in words: whoever was given the picture compares it."""
    is_told = any(body.media_type == PHOTO_TAKEN_TYPE for body in item.bodies)
    if is_told and (_body(item, PHOTO_TAKEN_TYPE) or {}).get("case_id") != case_id:
        found.complain_of(item.log_index, Phrase("photo_of_another_case"))
        return
    if not any(body.media_type == SEALED_PHOTO_TYPE for body in item.bodies):
        return
    sha256 = (_body(item, SEALED_PHOTO_TYPE) or {}).get("plain_sha256")
    if type(sha256) is str and DIGEST.fullmatch(sha256):
        yield Phrase("note_photo_hash", log_index=item.log_index, sha256=sha256)
    else:
        found.complain_of(item.log_index, Phrase("sealed_photo_unreadable"))


def _body(item: EntryLine, media_type: str) -> dict[str, Any] | None:
    """The JSON of the only body of this type, of a sealed photograph its first line; None when it is not there."""
    bodies = [body.data for body in item.bodies if body.media_type == media_type]
    if len(bodies) != 1:
        return None
    try:
        value = read_json(bodies[0].partition(b"\n")[0], max_bytes=MAX_OWN_BYTES)
    except ValueError:
        return None
    return value if type(value) is dict else None
