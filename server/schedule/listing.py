"""The due list and the day's rounds as people see them.  Owners of facilities, their staff and cleaners never do.

Both ask for the secrets of days that have come and make those that are missing; nothing else is written.  A day's
rounds are planned from what was done before the day began, so that they stay as they are while it goes on.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from uuid import UUID

from sqlalchemy import Connection

from server.config.inspection_policy import Rule
from server.interface.views.schedule import DayPlan, DueList, DueState, DueView, PairView, RoundView, RuleView, StopView
from server.schedule.due import Day, Due, due_of_day, first_day_needed
from server.schedule.opening import hours_in
from server.schedule.pairs import pairs_of
from server.schedule.periods import Period, is_working_day, start_ms
from server.schedule.random_days import Secrets, secrets_until
from server.schedule.raw_ids import RawId, id_of
from server.schedule.rounds import Round, Stop, rounds_of
from server.schedule.visits import inspected_by, swept
from server.store.clock import from_ms
from server.store.db import Database
from sweep.report import LocalText

Reading = Callable[[], AbstractContextManager[Connection]]
"""Where a list is read; the database itself unless a replica may be."""
LISTED: tuple[DueState, ...] = ("overdue", "due", "missed")


def due_list(
    db: Database,
    rules: Sequence[Rule],
    *,
    today: date,
    district_id: str | None = None,
    states: Collection[DueState] = LISTED,
    method: str = "equipment",
    limit: int = 1_000,
    read: Reading | None = None,
) -> DueList:
    """What is due today, of all districts or one; ordered visits count as equipment."""
    known = secrets_until(db, first_day_needed(rules, today), today)
    asked = [rule for rule in rules if rule.method == method]
    with (read or db.read)() as connection:
        day = Day(today, Period(today, today).end_ms, known)
        found = [
            one
            for one in due_of_day(connection, asked, day, district_id=district_id)
            if method == "equipment" or one.rule != "ordered"
        ]
    counts: dict[str, Counter[DueState]] = defaultdict(Counter)
    for one in found:
        counts[one.rule][one.state] += 1
    listed = [one for one in found if one.state in states]
    return DueList(
        today=today,
        is_working_day=is_working_day(today),
        rules=tuple(rule_view(rule) for rule in asked),
        counts={rule: dict(of_rule) for rule, of_rule in counts.items()},
        items=tuple(_due_view(one) for one in listed[:limit]),
        is_cut=len(listed) > limit,
    )


def day_plan(
    db: Database, rules: Sequence[Rule], *, today: date, district_id: str | None = None, read: Reading | None = None
) -> DayPlan:
    """Today's rounds: what is due or overdue, for the pairs of each district."""
    known = secrets_until(db, first_day_needed(rules, today), today)
    asked = [rule for rule in rules if rule.method == "equipment"]
    whole = Period(today, today)
    with (read or db.read)() as connection:
        day = Day(today, start_ms(today), known)
        found = [
            one
            for one in due_of_day(connection, asked, day, district_id=district_id)
            if one.state in {"due", "overdue"}
        ]
        done = swept(connection, whole, whole, whole.end_ms, ("full", "quick")).keys()
        pairs = pairs_of(connection, district_id)
        been = inspected_by(connection, {id_of(one.room.room_id) for one in found if one.is_repeat}, day.until_ms)
    by_district: dict[str | None, dict[UUID, list[Due]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        by_district[one.room.district_id][id_of(one.room.facility_id)].append(one)
    of_district: dict[str, list[PairView]] = defaultdict(list)
    for pair in pairs:
        of_district[pair.district_id].append(pair)
    rounds: list[RoundView] = []
    unassigned = 0
    for name, places in sorted(by_district.items(), key=lambda one: one[0] or ""):
        of_name = of_district.get(name or "", [])
        if not of_name:
            unassigned += len(places)
            continue
        stops = [_stop(of_place) for of_place in places.values()]
        kept_from = _kept_from(places, been, of_name)
        planned = rounds_of(stops, len(of_name), first_bearing=_first_bearing(known, today, name), kept_from=kept_from)
        rounds += [_round_view(pair, one, places, done) for pair, one in zip(of_name, planned, strict=True)]
    return DayPlan(today=today, rounds=tuple(rounds), unassigned=unassigned)


def _kept_from(
    places: Mapping[UUID, Sequence[Due]], been: Mapping[UUID, Collection[str]], pairs: Sequence[PairView]
) -> dict[UUID, list[int]]:
    """By facility the pairs of which one has been in a room that is repeated: another pair looks again."""
    found: dict[UUID, list[int]] = {}
    for facility_id, of_place in places.items():
        names = {name for one in of_place if one.is_repeat for name in been.get(id_of(one.room.room_id), ())}
        if names:
            found[facility_id] = [number for number, pair in enumerate(pairs) if names & set(pair.names)]
    return found


def _stop(of_place: Sequence[Due]) -> Stop:
    room = of_place[0].room
    return Stop(
        facility_id=id_of(room.facility_id),
        latitude_deg=room.latitude_deg,
        longitude_deg=room.longitude_deg,
        rooms=len({one.room.room_id for one in of_place}),
        is_urgent=any(one.state == "overdue" for one in of_place),
        hours=hours_in(room.opening_hours or ""),
    )


def _first_bearing(known: Secrets, today: date, district_id: str | None) -> float:
    secret = known.get(today, b"")
    drawn = hashlib.blake2b((district_id or "").encode(), key=secret, digest_size=4).digest()
    return math.tau * int.from_bytes(drawn) / 2**32


def rule_view(rule: Rule) -> RuleView:
    """A rule as it is named beside what is due."""
    return RuleView(
        name=rule.name,
        words=LocalText(ko=rule.ko, en=rule.en),
        basis=rule.basis,
        method=rule.method,
        every=rule.every,
        is_floor=rule.is_floor,
    )


def _due_view(one: Due) -> DueView:
    room = one.room
    return DueView(
        room_id=id_of(room.room_id),
        facility_id=id_of(room.facility_id),
        district_id=room.district_id,
        facility_name=LocalText(ko=room.facility_ko, en=room.facility_en),
        room_name=LocalText(ko=room.name_ko, en=room.name_en),
        kind=room.kind,
        rule=one.rule,
        state=one.state,
        drawn=one.drawn,
        until=one.until,
        last_done=None if one.last_ms is None else from_ms(one.last_ms),
        is_again=one.is_again,
        with_police=one.with_police,
    )


def _round_view(pair: PairView, planned: Round, places: dict[UUID, list[Due]], done: Collection[RawId]) -> RoundView:
    stops = []
    for visit in planned.visits:
        of_place = places[visit.stop.facility_id]
        room_ids: tuple[RawId, ...] = tuple(dict.fromkeys(one.room.room_id for one in of_place))
        room = of_place[0].room
        stops.append(
            StopView(
                facility_id=visit.stop.facility_id,
                facility_name=LocalText(ko=room.facility_ko, en=room.facility_en),
                rooms=tuple(id_of(room_id) for room_id in room_ids),
                is_done=all(room_id in done for room_id in room_ids),
                straight_line_m=None if visit.metres is None else round(visit.metres),
                expected=f"{visit.at_min // 60:02d}:{visit.at_min % 60:02d}",
                is_open=visit.is_open,
                latitude_deg=visit.stop.latitude_deg,
                longitude_deg=visit.stop.longitude_deg,
            )
        )
    return RoundView(
        pair=pair,
        stops=tuple(stops),
        minutes=round(sum(visit.stop.minutes for visit in planned.visits)),
        straight_line_m=round(sum(visit.metres or 0.0 for visit in planned.visits)),
        left_over=len(planned.left_over),
    )
