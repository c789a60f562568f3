"""A blind repeat through a whole day's plan: drawn, another pair's, known to nobody as one, counted, and compared."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, update

from server.config.inspection_policy import read_policy
from server.exports.gathering.statistics import gather
from server.interface.schedule_requests import PairRequest
from server.interface.views.schedule import DayPlan, DueView
from server.projections import projecting
from server.projections.log_records import Period
from server.schedule.listing import day_plan, due_list
from server.schedule.pairs import add_pair
from server.schedule.periods import Period as Days
from server.schedule.periods import period_of, start_ms, working_days
from server.schedule.random_days import REPEAT_DAYS, is_repeated
from server.store.clock import today
from server.store.schema import draw_secrets, sweeps
from tests.server.conftest import PASSWORD, Site
from tests.server.district_kit import person
from tests.server.inspection_kit import MAPO, Ground, ground

RULES = tuple(rule.model_copy(update={"again_per_day": 0.0}) for rule in read_policy())
AT_TEN_MS = 10 * 3_600_000


def _days() -> tuple[date, list[date]]:
    """A working day of late and the four after it, two in one half of the year: an inspection and its repeat."""
    found = working_days(Days(today() - timedelta(days=8), today() + timedelta(days=12)))
    at = max(
        number
        for number, (day, after) in enumerate(itertools.pairwise(found))
        if day < today() and period_of("half_year", day) == period_of("half_year", after)
    )
    return found[at], list(found[at + 1 : at + 2 + REPEAT_DAYS])


def _secret(made: Ground, visit_ms: int, day: date, *, draws: bool) -> bytes:
    """A day's secret that draws this visit, or does not."""
    return next(
        secret
        for secret in (number.to_bytes(32) for number in range(100_000))
        if is_repeated(made.room_id, visit_ms, [day], day, {day: secret}) == draws
    )


def _began(site: Site, sweep_id: str, at_ms: int) -> None:
    projecting.drain(site.db)
    with site.db.write() as connection:
        connection.execute(update(sweeps).where(sweeps.c.sweep_id == UUID(sweep_id)).values(started_ms=at_ms))


def _keep(site: Site, day: date, secret: bytes) -> None:
    with site.db.write() as connection:
        connection.execute(delete(draw_secrets).where(draw_secrets.c.day == day.isoformat()))
        connection.execute(insert(draw_secrets).values(day=day.isoformat(), secret=secret))


def _pair(site: Site, made: Ground) -> list[str]:
    """The names of a pair of these two."""
    people = [one.get("/api/me").json()["user"] for one in (made.first, made.second)]
    names = [one["username"] for one in people]
    with site.db.write() as connection:
        wanted = PairRequest(first_username=names[0], second_username=names[1])
        add_pair(connection, wanted, actor="test", district_id=MAPO)
    return sorted(one["display_name"] for one in people)


def _going(plan: DayPlan, made: Ground) -> list[list[str]]:
    """The pairs that go to the room."""
    return [sorted(one.pair.names) for one in plan.rounds for stop in one.stops if made.room_id in stop.rooms]


def _of_room(site: Site, made: Ground, day: date) -> list[DueView]:
    found = due_list(site.db, RULES, today=day, district_id=MAPO, states=("due", "done"))
    return [one for one in found.items if one.room_id == made.room_id]


def test_a_repeat_goes_through_the_day_of_another_pair_and_is_compared(site: Site) -> None:
    made = ground(site)
    third, fourth = person(site, "inspector", MAPO), person(site, "inspector", MAPO)
    fourth_name = fourth.get("/api/me").json()["user"]["username"]
    others = replace(made, first=third, second=fourth, second_name=fourth_name)
    first_pair, other_pair = _pair(site, made), _pair(site, others)
    day, after = _days()
    visit_ms = start_ms(day) + AT_TEN_MS
    body = made.body()
    assert made.record(body).status_code == 201
    assert made.confirm(body["sweep_id"]).status_code == 201
    _began(site, body["sweep_id"], visit_ms)

    # not drawn: nobody goes there
    _keep(site, after[0], _secret(made, visit_ms, after[0], draws=False))
    assert _going(day_plan(site.db, RULES, today=after[0], district_id=MAPO), made) == []
    assert {one.state for one in _of_room(site, made, after[0])} == {"done"}

    # drawn: due for three days in the round of those who were not there, then no more
    _keep(site, after[0], _secret(made, visit_ms, after[0], draws=True))
    for one in after[:REPEAT_DAYS]:
        if period_of("half_year", one) == period_of("half_year", day):
            assert _going(day_plan(site.db, RULES, today=one, district_id=MAPO), made) == [other_pair], one
    assert first_pair != other_pair
    last = after[REPEAT_DAYS]
    if period_of("half_year", last) == period_of("half_year", day):
        assert all(one.state == "done" for one in _of_room(site, made, last) if one.last_done is not None)

    # shown as any other that is due: as if nobody had been there
    repeated = [one for one in _of_room(site, made, after[0]) if one.state == "due"]
    assert repeated
    assert {(one.last_done, one.is_again, one.drawn) for one in repeated} == {(None, False, None)}
    shown = [day_plan(site.db, RULES, today=after[0], district_id=MAPO), *repeated]
    assert not [
        word for word in ("repeat", "blind") for one in shown if word in json.dumps(one.model_dump(mode="json"))
    ]

    # done: it is counted beside the first, and what the two say differently is told at the desk
    glint = made.look(made.zones[0], saw="glint", place={"x_m": 1.0, "y_m": 0.5}, afterwards="not_explained")
    again = others.body(looks=[glint, *others.body()["looks"][1:]])
    assert others.record(again).status_code == 201
    assert others.confirm(again["sweep_id"], second_person=_second(fourth_name)).status_code == 201
    _began(site, again["sweep_id"], start_ms(after[0]) + AT_TEN_MS)
    assert {one.state for one in _of_room(site, made, after[0])} == {"done"}
    with site.db.read() as connection:
        (line,) = gather(connection, Period(day, after[0]), MAPO, today())
    assert (line.instruments, line.rooms_visited) == (2, 1)
    alarms = person(site, "supervisor", MAPO).get("/api/desk/day").json()["alarms"]
    assert [one["code"] for one in alarms if one["code"] == "inspections_disagree"] == ["inspections_disagree"]


def _second(username: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD}
