"""Bodies in a package: those that are there match, those that are not are accounted for, and no scope hides more.

Input are an envelope, the bodies and states of its line and the package's scope; output are counts, and complaints in
words.  What an erasure or a purge says is read here too, for each takes away what a package would otherwise carry.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeGuard

from server.verifier.envelopes import DIGEST, SLUG, UUID_TEXT, Envelope, NamedBody
from server.verifier.key_table import MAX_OWN_BYTES
from server.verifier.package_lines import CarriedBody, EntryLine, Scope
from server.verifier.strict import is_index, read_json
from sweep.entry.kinds import (
    ACCESS_LOG_HEAD,
    ACCESS_LOG_HEAD_TYPE,
    BODY_ERASED,
    CASE_STEP,
    CASE_STEP_TYPE,
    DETAILS_TYPE,
    DISPOSITION,
    DISPOSITION_TYPE,
    ERASED_TYPE,
    KEY_ADMITTED,
    KEY_ADMITTED_TYPE,
    KEY_KINDS,
    KEY_REINSTATED,
    KEY_REINSTATED_TYPE,
    KEY_REVOKED,
    KEY_REVOKED_TYPE,
    OPENED,
    OPENED_TYPE,
    PERSON_REGISTERED,
    PERSON_REGISTERED_TYPE,
    PHOTO_CHECKED,
    PHOTO_CHECKED_TYPE,
    PHOTO_EXPIRED,
    PHOTO_EXPIRED_TYPE,
    PHOTO_OPENED,
    PHOTO_OPENED_TYPE,
    PHOTO_TAKEN,
    PHOTO_TAKEN_TYPE,
    QUARANTINE_PURGED,
    QUARANTINE_PURGED_TYPE,
    REPORT,
    REPORT_TYPE,
    ROOM_PLACED,
    ROOM_PLACED_TYPE,
    SEALED_PHOTO_TYPE,
)
from sweep.phrases import Phrase

MAX_ROOMS = 1_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Carried = frozenset[tuple[str, str]]
"""Kinds of entries, each with a media type of body that a file carries."""
STRUCTURE: Carried = frozenset(
    {
        (KEY_ADMITTED, KEY_ADMITTED_TYPE),
        (KEY_REVOKED, KEY_REVOKED_TYPE),
        (KEY_REINSTATED, KEY_REINSTATED_TYPE),
        (BODY_ERASED, ERASED_TYPE),
        (QUARANTINE_PURGED, QUARANTINE_PURGED_TYPE),
        (ACCESS_LOG_HEAD, ACCESS_LOG_HEAD_TYPE),
        (PHOTO_EXPIRED, PHOTO_EXPIRED_TYPE),
        (ROOM_PLACED, ROOM_PLACED_TYPE),
    }
)
"""Kind and media type of what even `structure` carries: without it nobody could tell what counts."""
CITY: Carried = STRUCTURE | {
    (OPENED, OPENED_TYPE),
    (REPORT, REPORT_TYPE),
    (DISPOSITION, DISPOSITION_TYPE),
    (PERSON_REGISTERED, PERSON_REGISTERED_TYPE),
}
"""What `city` carries: no addresses, names, crops or photographs, nor anything that is not known to be free of them."""
CASE: Carried = STRUCTURE | {
    (CASE_STEP, CASE_STEP_TYPE),
    (OPENED, OPENED_TYPE),
    (DISPOSITION, DISPOSITION_TYPE),
    (PHOTO_TAKEN, PHOTO_TAKEN_TYPE),
    (PHOTO_OPENED, PHOTO_OPENED_TYPE),
    (PHOTO_CHECKED, PHOTO_CHECKED_TYPE),
}
"""What the file of a case carries unasked: what persons did about it, and nothing that was measured."""
ASKED: dict[str, Carried] = {
    "wifi_timeline": frozenset({(REPORT, REPORT_TYPE)}),
    "addresses": frozenset({(REPORT, DETAILS_TYPE)}),
    "photographs": frozenset({(PHOTO_TAKEN, SEALED_PHOTO_TYPE)}),
}
"""What it carries besides when the police asked for it in writing, by the word of the step that recorded this."""


def carried_in_case(asked: Iterable[str]) -> Carried:
    """What the file of a case carries after these requests."""
    return CASE.union(*(ASKED.get(one, frozenset()) for one in asked))


def is_carried(scope: Scope | Carried, status: str, kind: str, media_type: str) -> bool:
    """Would a package of this scope carry such a body of an entry with this status?"""
    if scope == "full":
        return True
    if isinstance(scope, str):
        scope = CITY if scope == "city" else STRUCTURE
    return status != "quarantined" and (kind, media_type) in scope


def check_bodies(line: EntryLine, envelope: Envelope, scope: Scope | Carried) -> tuple[Counter[str], list[Phrase]]:
    """(how many bodies are present, withheld, erased and missing, what is wrong with them)."""
    counts: Counter[str] = Counter()
    wrong = []
    what = Phrase("package_of_scope", scope=scope) if isinstance(scope, str) else Phrase("file_of_such_a_case")
    there = iter(line.bodies)
    following = next(there, None)
    away = []
    for named in envelope.bodies:
        wanted = is_carried(scope, line.status, envelope.kind, named.media_type)
        if following is not None and _is_named(following, named):
            counts["present"] += 1
            following = next(there, None)
            if not wanted:
                wrong.append(Phrase("body_wrongly_carried", commitment=named.commitment, what=what))
            continue
        state = line.states.get(named.commitment)
        if state is None:
            wrong.append(Phrase("body_unaccounted", commitment=named.commitment))
            continue
        away.append(named.commitment)
        counts[state] += 1
        if state == "withheld" and (wanted or envelope.kind in KEY_KINDS):
            wrong.append(Phrase("body_wrongly_withheld", commitment=named.commitment, what=what))
        if state == "missing" and line.status != "quarantined":
            wrong.append(Phrase("body_is_missing", commitment=named.commitment))
        if state == "erased" and envelope.kind in KEY_KINDS:
            wrong.append(Phrase("key_body_erased"))
    if following is not None:
        wrong.append(Phrase("body_matches_nothing"))
    if list(line.states) != away:
        wrong.append(Phrase("body_states_wrong"))
    return counts, wrong


def erased_by(line: EntryLine, media_type: str) -> list[bytes] | None:
    """Commitments that an erasure names in its bodies of this type; None when one of them cannot be read."""
    found = []
    for body in line.bodies:
        if body.media_type == media_type:
            value = _read(body)
            commitment = value.get("commitment") if value is not None else None
            if type(commitment) is not str or DIGEST.fullmatch(commitment) is None:
                return None
            found.append(bytes.fromhex(commitment))
    return found


def named_erased(line: EntryLine, kind: str) -> list[bytes]:
    """Commitments that an entry of this kind erases; none when it cannot be read."""
    media_type = {BODY_ERASED: ERASED_TYPE, PHOTO_EXPIRED: PHOTO_EXPIRED_TYPE}.get(kind)
    return [] if media_type is None else erased_by(line, media_type) or []


def purged_by(line: EntryLine) -> list[tuple[int, int]] | None:
    """First and last of each run of indices that a `quarantine.purged` names; None when it cannot be read."""
    value = _only(line, QUARANTINE_PURGED_TYPE)
    if value is None or value.keys() != {"v", "indices", "reason"} or not _is_v1(value):
        return None
    if type(value["indices"]) is not list or type(value["reason"]) is not str:
        return None
    runs = []
    for run in value["indices"]:
        if type(run) is not list or len(run) != 2 or not all(map(is_index, run)) or run[0] > run[1]:
            return None
        runs.append((run[0], run[1]))
    return runs if all(last < line.log_index for _, last in runs) else None


def head_in(line: EntryLine) -> tuple[str, str | None] | None:
    """(head, the one before) of an `access_log.head`; None when it cannot be read."""
    value = _only(line, ACCESS_LOG_HEAD_TYPE)
    if value is None or value.keys() != {"v", "day", "count", "head", "before"} or not _is_v1(value):
        return None
    head, before = value["head"], value["before"]
    if not _is_day(value["day"]) or not is_index(value["count"]):
        return None
    if not _is_digest(head) or not (before is None or _is_digest(before)):
        return None
    return head, before


def placed_by(line: EntryLine) -> tuple[str, list[str]] | None:
    """(district, rooms) of a `room.placed`; None when it cannot be read."""
    value = _only(line, ROOM_PLACED_TYPE)
    if value is None or value.keys() != {"v", "district", "rooms"} or not _is_v1(value):
        return None
    district, rooms = value["district"], value["rooms"]
    if type(district) is not str or SLUG.fullmatch(district) is None or type(rooms) is not list or not rooms:
        return None
    named = [room for room in rooms if type(room) is str and UUID_TEXT.fullmatch(room) is not None]
    return (district, named) if len(set(named)) == len(rooms) <= MAX_ROOMS else None


def _only(line: EntryLine, media_type: str) -> dict[str, object] | None:
    bodies = list(_of_type(line, media_type))
    return _read(bodies[0]) if len(bodies) == 1 else None


def _of_type(line: EntryLine, media_type: str) -> Iterator[CarriedBody]:
    return (body for body in line.bodies if body.media_type == media_type)


def _read(body: CarriedBody) -> dict[str, object] | None:
    try:
        value = read_json(body.data, max_bytes=MAX_OWN_BYTES)
    except ValueError:
        return None
    return value if type(value) is dict else None


def _is_digest(value: object) -> TypeGuard[str]:
    return type(value) is str and DIGEST.fullmatch(value) is not None


def _is_day(value: object) -> bool:
    if type(value) is not str or _DAY.fullmatch(value) is None:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_v1(value: dict[str, object]) -> bool:
    return type(value["v"]) is int and value["v"] == 1


def _is_named(body: CarriedBody, named: NamedBody) -> bool:
    return (body.media_type, body.size, body.commitment) == (named.media_type, named.size, named.commitment)
