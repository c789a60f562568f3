"""Practice: a colleague hides reference lenses and transmitters, one looks for them, and learns what one found.

Input are what was hidden and a sweep that is signed as practice, or as a simulation, or what other instruments showed;
output is the practice of one person.  Nothing of it is an entry: it reaches no log or schedule, and no other account
whatever its role; only the database holds it, and a district's statistics count how many hidden lenses eyes saw,
without names.  Once a month a hidden lens is due: an inspector is reminded in person, a district where none measured
any eye.  It refuses a real sweep, so that nobody trains where an inspection is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from server.interface.errors import ApiError, invalid, not_found
from server.interface.practice_requests import Hidden, HiddenKind, Means, PracticeLook, PracticeRequest
from server.interface.views.practice import (
    EyeRate,
    HiddenThing,
    Practice,
    PracticeRate,
    PracticeResult,
    PracticeRun,
)
from server.places.facilities import current_plan
from server.places.summaries import inspectors_of
from server.projections.case_rows import states_of
from server.projections.sightings import SameThings
from server.projections.sweep_record import read_sweep
from server.standing.periods import wilson
from server.store.clock import from_ms, now_ms
from server.store.schema import practice_runs, sweeps, users
from sweep.phrases import Phrase
from sweep.report import SHOWN, EyeOutcome, LocalText, SweepReport, new_id
from sweep.report.inspection_records import LOOKED_AT, InstrumentSaw

KINDS: Final[tuple[HiddenKind, ...]] = ("lens", "transmitter")
SENSED_BY: Final[dict[HiddenKind, frozenset[str]]] = {
    "lens": frozenset({"lens"}),
    "transmitter": frozenset(modality for modality, shown in SHOWN.items() if shown.is_radio),
}
SHOWN_BY: Final[dict[HiddenKind, frozenset[InstrumentSaw]]] = {"lens": LOOKED_AT, "transmitter": frozenset({"signal"})}
MEANS: Final[tuple[Means, ...]] = ("probe", "instruments")
MOST_CONTROLLED: Final = 400
"""Of all sweeps with such a look (guessed: a district's year)."""
MOST_RUNS: Final = 500
"""Of a person (guessed: two a week for five years)."""
LENS_EVERY_MS: Final = int(timedelta(days=31) / timedelta(milliseconds=1))
"""Once a month a hidden lens measures an eye (demanded)."""


def hide(connection: Connection, user_id: UUID, request: PracticeRequest) -> None:
    """Keep what was hidden for this person; ApiError 404 without the room, 400 for a zone that its plan lacks."""
    zones = {zone.zone_id for zone in current_plan(connection, request.room_id).zones}
    if any(one.zone_id not in zones for one in request.hidden):
        raise invalid(Phrase("zone_not_in_plan"))
    connection.execute(
        insert(practice_runs).values(
            run_id=new_id(),
            user_id=user_id,
            room_id=request.room_id,
            hidden_json=json.dumps([one.model_dump() for one in request.hidden]),
            hidden_ms=now_ms(),
        )
    )


def compare(connection: Connection, user_id: UUID, display_name: str, run_id: UUID, sweep_id: UUID) -> None:
    """Compare what was hidden with a sweep; ApiError 404 for anybody else's, 409 for a sweep that does not fit."""
    run = _uncompared(connection, user_id, run_id)
    row = connection.execute(select(sweeps).where(sweeps.c.sweep_id == sweep_id)).one_or_none()
    if row is None or row.room_id != run.room_id:
        raise not_found(Phrase("sweep_not_found"))
    record, _ = read_sweep(connection, sweep_id)
    if row.source == "live":
        raise ApiError(409, Phrase("real_sweep"))
    taken = select(practice_runs.c.run_id).where(
        practice_runs.c.user_id == user_id, practice_runs.c.sweep_id == sweep_id
    )
    report = record.report
    if report is None or row.received_ms < run.hidden_ms or connection.scalar(taken) is not None:
        raise ApiError(409, Phrase("unfit_sweep"))
    if display_name not in report.inspectors:
        raise ApiError(409, Phrase("not_your_sweep"))
    states = states_of(connection, record, SameThings())
    dismissed = [finding_id for finding_id, state in states.items() if state == "no_camera"]
    found, false_alarms = found_of(_hidden(run), report, dismissed)
    shown, seen = seen_of(_hidden(run), report)
    connection.execute(
        update(practice_runs)
        .where(practice_runs.c.run_id == run_id)
        .values(
            sweep_id=sweep_id, found_json=json.dumps(found), false_alarms=false_alarms, eye_shown=shown, eye_seen=seen
        )
    )


def compare_looks(connection: Connection, user_id: UUID, run_id: UUID, looks: Sequence[PracticeLook]) -> None:
    """Compare what was hidden with what instruments showed; 404 for anybody else's, 409 where that was done."""
    run = _uncompared(connection, user_id, run_id)
    zones = {zone.zone_id for zone in current_plan(connection, run.room_id).zones}
    if any(look.zone_id not in zones for look in looks):
        raise invalid(Phrase("zone_not_in_plan"), code="zone_not_in_plan")
    found, false_alarms = found_by_looks(_hidden(run), looks)
    values = {"means": "instruments", "found_json": json.dumps(found), "false_alarms": false_alarms}
    connection.execute(update(practice_runs).where(practice_runs.c.run_id == run_id).values(**values))


def forget(connection: Connection, user_id: UUID, run_id: UUID) -> None:
    """Remove one practice for good; ApiError 404 for anybody else's."""
    _own(connection, user_id, run_id)
    connection.execute(delete(practice_runs).where(practice_runs.c.run_id == run_id))


def practice_of(connection: Connection, user_id: UUID, display_name: str) -> Practice:
    """All practice of this person, the latest first, with what was found of each kind."""
    statement = select(practice_runs).where(practice_runs.c.user_id == user_id)
    rows = connection.execute(statement.order_by(practice_runs.c.hidden_ms.desc()).limit(MOST_RUNS)).all()
    compared = [row for row in rows if row.found_json is not None]
    by_means = {means: [row for row in compared if row.means == means] for means in MEANS}
    return Practice(
        runs=tuple(_view(connection, row) for row in rows),
        results=tuple(_result(means, of_it) for means, of_it in by_means.items() if of_it),
        planted=eye_rate(sum(row.eye_seen for row in compared), sum(row.eye_shown for row in compared)),
        controls=_controls_of(connection, display_name),
    )


def _result(means: Means, rows: Sequence[Row[Any]]) -> PracticeResult:
    told = [(one.kind, is_found) for row in rows for one, is_found in zip(_hidden(row), _found(row), strict=True)]
    return PracticeResult(
        means=means,
        rates=tuple(rate_of(kind, [is_found for of, is_found in told if of == kind]) for kind in KINDS),
        false_alarms=sum(row.false_alarms for row in rows),
        runs=len(rows),
    )


def is_lens_due(connection: Connection, user_id: UUID) -> bool:
    """Whether no hidden lens measured this person's eye for a month of the account: for that person alone."""
    created_ms = connection.scalar(select(users.c.created_ms).where(users.c.user_id == user_id))
    if created_ms is None or created_ms >= now_ms() - LENS_EVERY_MS:
        return False
    measured = select(practice_runs.c.run_id).where(practice_runs.c.user_id == user_id, _measured_an_eye())
    return connection.scalar(measured.limit(1)) is None


def districts_without_lens(connection: Connection, district_id: str | None) -> int:
    """Of a district or of all: those whose inspectors' eyes no hidden lens measured for a month; without names."""
    of_inspector = and_(practice_runs.c.user_id == users.c.user_id, _measured_an_eye())
    statement = (
        select(users.c.district_id)
        .select_from(users.outerjoin(practice_runs, of_inspector))
        .where(users.c.role == "inspector", users.c.is_active)
        .group_by(users.c.district_id)
        .having(func.count(practice_runs.c.run_id) == 0)
    )
    if district_id is not None:
        statement = statement.where(users.c.district_id == district_id)
    return len(connection.execute(statement).all())


def _measured_an_eye() -> ColumnElement[bool]:
    return and_(practice_runs.c.eye_shown > 0, practice_runs.c.hidden_ms >= now_ms() - LENS_EVERY_MS)


def seen_of(hidden: Sequence[Hidden], report: SweepReport) -> tuple[int, int]:
    """(hidden lenses in whose zone an eye looked because it was asked to, those where it said that something is)."""
    said: dict[str, set[EyeOutcome]] = {}
    for look in report.eye_looks:
        if look.answer != "not_answered" and not look.is_control:
            said.setdefault(look.zone_id, set()).add(look.answer)
    shown = [said[one.zone_id] for one in hidden if one.kind == "lens" and one.zone_id in said]
    return len(shown), sum(bool(answers & {"hole", "camera_like"}) for answers in shown)


def _controls_of(connection: Connection, display_name: str) -> EyeRate:
    """Of all looks at places where nothing shone, in real sweeps of this person: those of which more was said."""
    statement = select(sweeps).where(sweeps.c.eye_controls > 0, sweeps.c.source == "live")
    latest = connection.execute(statement.order_by(sweeps.c.started_ms.desc()).limit(MOST_CONTROLLED)).all()
    mine = [row for row in latest if display_name in inspectors_of(connection, row)]
    return eye_rate(sum(row.eye_errors for row in mine), sum(row.eye_controls for row in mine))


def eye_rate(hits: int, total: int) -> EyeRate:
    """Counts with their interval; no interval of nothing."""
    low, high = wilson(hits, total) if total else (None, None)
    return EyeRate(hits=hits, total=total, low=low, high=high)


def found_of(hidden: Sequence[Hidden], report: SweepReport, dismissed: Iterable[UUID]) -> tuple[list[bool], int]:
    """(found or not of each hidden thing, findings where nothing was hidden).

    A thing is found where a finding of its zone rests on what can sense it and does not stand as no camera.
    """
    gone = frozenset(dismissed)
    pointed = [
        (finding.zone_id, {evidence.modality for evidence in finding.evidence_for})
        for finding in report.counted_findings
        if finding.finding_id not in gone
    ]
    found = [
        any(zone_id == one.zone_id and modalities & SENSED_BY[one.kind] for zone_id, modalities in pointed)
        for one in hidden
    ]
    zones = {one.zone_id for one in hidden}
    return found, sum(zone_id not in zones for zone_id, _ in pointed)


def found_by_looks(hidden: Sequence[Hidden], looks: Iterable[PracticeLook]) -> tuple[list[bool], int]:
    """(found or not of each hidden thing, zones where nothing was hidden and something was shown).

    A lens is found where anything glinted or was warm in its zone, a transmitter where a signal was.
    """
    showed: dict[str, set[InstrumentSaw]] = {}
    for look in looks:
        showed.setdefault(look.zone_id, set()).add(look.saw)
    found = [bool(showed.get(one.zone_id, set()) & SHOWN_BY[one.kind]) for one in hidden]
    anything = frozenset().union(*SHOWN_BY.values())
    zones = {one.zone_id for one in hidden}
    return found, sum(bool(saw & anything) for zone_id, saw in showed.items() if zone_id not in zones)


def rate_of(kind: HiddenKind, found: Sequence[bool]) -> PracticeRate:
    """Counts with their interval; no interval of nothing."""
    hits, total = sum(found), len(found)
    low, high = wilson(hits, total) if total else (None, None)
    return PracticeRate(kind=kind, found=hits, hidden=total, low=low, high=high)


def _own(connection: Connection, user_id: UUID, run_id: UUID) -> Row[Any]:
    own = select(practice_runs).where(practice_runs.c.run_id == run_id, practice_runs.c.user_id == user_id)
    row = connection.execute(own).one_or_none()
    if row is None:
        raise not_found(Phrase("practice_not_found"))
    return row


def _uncompared(connection: Connection, user_id: UUID, run_id: UUID) -> Row[Any]:
    run = _own(connection, user_id, run_id)
    if run.found_json is not None:
        raise ApiError(409, Phrase("compared"))
    return run


def _hidden(row: Row[Any]) -> list[Hidden]:
    return [Hidden.model_validate(one) for one in json.loads(row.hidden_json)]


def _found(row: Row[Any]) -> list[bool]:
    return [] if row.found_json is None else list(json.loads(row.found_json))


def _view(connection: Connection, row: Row[Any]) -> PracticeRun:
    hidden = _hidden(row)
    names = {} if row.found_json is None else _zone_names(connection, row.room_id)
    return PracticeRun(
        run_id=row.run_id,
        room_id=row.room_id,
        hidden=from_ms(row.hidden_ms),
        count=len(hidden),
        means=row.means,
        is_compared=row.found_json is not None,
        things=tuple(
            HiddenThing(
                zone=names.get(one.zone_id, LocalText(ko=one.zone_id, en=one.zone_id)), kind=one.kind, is_found=is_found
            )
            for one, is_found in zip(hidden, _found(row), strict=False)
        ),
        false_alarms=row.false_alarms,
    )


def _zone_names(connection: Connection, room_id: UUID) -> dict[str, LocalText]:
    return {zone.zone_id: zone.name for zone in current_plan(connection, room_id).zones}
