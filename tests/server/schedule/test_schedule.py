"""The schedule: what counts as done, what is due when, and that nobody can tell a coming day."""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from server.config.inspection_policy import STANDARD, PolicyError, Rule, read_policy
from server.interface.views.schedule import DueList, DueState
from server.schedule import periods
from server.schedule.listing import day_plan, due_list
from server.schedule.opening import hours_in
from server.schedule.periods import Period, is_working_day, period_before, period_of, start_ms, working_days
from server.schedule.random_days import SECRET_BYTES, drawn_day, is_repeated, secrets_until
from server.schedule.rounds import SHIFT_MIN, Stop, length_m, rounds_of
from server.schedule.visits import inspected_by
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import draw_secrets, entries, facilities, facility_facts, rooms, sweeps
from sweep.entry.kinds import INSPECTION_KINDS
from sweep.report import new_id
from tests.bench.fill import fill_rooms
from tests.server.conftest import Call, Site
from tests.server.inspection_kit import ground
from tests.server.schedule.guessing import guessing
from tests.server.sweep_kit import Probe

RULES = read_policy()
NONE_AGAIN = tuple(rule.model_copy(update={"again_per_day": 0.0}) for rule in RULES)
"""What is done stays so: by the rules as they are one room in twenty would be drawn again, and be due."""
END = date(2026, 9, 30)
"""The last working day of a month: every facility was drawn by then."""
MIDDLE = date(2026, 9, 14)
ALL: tuple[DueState, ...] = ("waiting", "due", "overdue", "missed", "done")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Eight rooms of two facilities, there since 1970."""
    with closing(Database(database_url)) as found:
        fill_rooms(found, 8)
        with found.write() as connection:
            connection.execute(update(facilities).values(district_id="demo-gu"))
        yield found


def _rooms(db: Database) -> list[UUID]:
    with db.read() as connection:
        return list(connection.scalars(select(rooms.c.room_id).order_by(rooms.c.facility_id, rooms.c.room_id)))


def _visit(db: Database, room_id: UUID, day: date, **other: object) -> None:
    at_ms = start_ms(day) + 36_000_000
    row: dict[str, Any] = {
        "sweep_id": new_id(),
        "room_id": room_id,
        "source": "live",
        "mode": "full",
        "outcome": "completed",
        "equipment": "nothing_detected",
        "said": "nothing_unusual",
        "started_ms": at_ms,
        "candidates": 0,
        "not_assessable_zones": 0,
        "probe_id": "probe-1",
        "plan_version": 1,
        "report_state": "present",
        "persons": 2,
    }
    with db.write() as connection:
        connection.execute(insert(sweeps).values(**(row | other)))


def _states(found: DueList, rule: str = "monthly") -> dict[UUID, str]:
    return {one.room_id: one.state for one in found.items if one.rule == rule}


def _due(db: Database, today: date = END, rules: Sequence[Rule] = RULES, **options: Any) -> DueList:
    return due_list(db, rules, today=today, states=ALL, **options)


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        ({}, True),
        ({"mode": "quick"}, False),
        ({"source": "simulated"}, False),
        ({"source": "replay"}, False),
        ({"outcome": "aborted"}, False),
        ({"outcome": None}, False),
        ({"persons": 1}, False),
        ({"persons": None}, False),
    ],
    ids=range(8),
)
def test_what_counts_as_done(db: Database, other: dict[str, object], counts: bool) -> None:
    room_id = _rooms(db)[0]
    _visit(db, room_id, date(2026, 9, 3), **other)
    found = _due(db, rules=NONE_AGAIN)
    assert (_states(found)[room_id] == "done") is counts
    assert (_states(found, "statute")[room_id] == "done") is (counts or other == {"mode": "quick"})


@pytest.mark.parametrize("source", ["simulated", "replay"])
def test_what_is_made_up_counts_in_the_facilities_of_a_demonstration_alone(db: Database, source: str) -> None:
    first, second = _rooms(db)[0], _rooms(db)[4]
    for room_id in (first, second):
        _visit(db, room_id, date(2026, 9, 3), source=source)
    with db.write() as connection:
        of_first = select(rooms.c.facility_id).where(rooms.c.room_id == first).scalar_subquery()
        connection.execute(update(facilities).where(facilities.c.facility_id == of_first).values(is_demo=True))
    assert first not in _states(_due(db)), "no facility of a file: it stands in no schedule"
    with db.write() as connection:
        facility_id = connection.scalar(select(rooms.c.facility_id).where(rooms.c.room_id == first))
        nothing = {"district": "", "kind": "other", "opening_hours": "", "phone": "", "operator": "", "installed": ""}
        connection.execute(insert(facility_facts).values(facility_id=facility_id, **nothing))
    states = _states(_due(db, rules=NONE_AGAIN))
    assert states[first] == "done"
    assert states[second] != "done"


def _draw_nobody(db: Database, day: date) -> None:
    """Let this first day of a month have a secret by which no facility is drawn: one in ten draws one of two."""
    days = working_days(period_of("month", day))
    with db.write() as connection:
        ids = list(connection.scalars(select(facilities.c.facility_id)))
        secret = next(
            secret
            for secret in (bytes([number]) * 32 for number in range(256))
            if all(drawn_day(one, "monthly", days, day, {day: secret}) is None for one in ids)
        )
        connection.execute(insert(draw_secrets).values(day=day.isoformat(), secret=secret))


def test_from_waiting_to_missed(db: Database) -> None:
    for room_id in _rooms(db):  # the month before is done
        _visit(db, room_id, date(2026, 8, 5))
    after = date(2026, 10, 1)
    days = [*working_days(period_of("month", END)), after]
    _draw_nobody(db, after)
    seen = [_states(_due(db, day)) for day in days]
    assert set(seen[-1].values()) == {"missed"}
    assert set(seen[-2].values()) <= {"due", "overdue"}
    order = {"waiting": 0, "due": 1, "overdue": 2, "missed": 3}
    for facility in (slice(0, 4), slice(4, 8)):
        states = [{of_day[room_id] for room_id in _rooms(db)[facility]} for of_day in seen]
        assert all(len(one) == 1 for one in states), "rooms of a facility are drawn together"
        path = [order[one.pop()] for one in states]
        assert path == sorted(path)
        assert path.count(1) <= 1


def test_a_draw_stands_and_tomorrow_has_none(db: Database) -> None:
    first = [one.model_dump() for one in _due(db, MIDDLE).items]
    assert [one.model_dump() for one in _due(db, MIDDLE).items] == first
    with db.read() as connection:
        known = {date.fromisoformat(day) for day in connection.scalars(select(draw_secrets.c.day))}
    assert known == set(working_days(Period(date(2026, 7, 1), MIDDLE)))
    secrets = secrets_until(db, date(2026, 9, 1), MIDDLE)
    assert max(secrets) == MIDDLE
    assert len(set(secrets.values())) == len(secrets)


def test_what_somebody_can_guess() -> None:
    told = guessing(period_of("month", END), 0.01, periods=1_500, seed=3)
    assert told.working_days == 20  # September 2026 with its holidays
    assert told.best_guess < 0.075, "one in twenty, and what chance adds in 1,500 periods (four deviations)"
    assert told.measured_bits > told.entropy_bits - 0.05
    assert 0.02 < told.certain < 0.08
    assert 0.04 < told.again < 0.14


def test_a_draw_is_as_likely_on_each_day_that_is_left() -> None:
    days = working_days(period_of("week", MIDDLE))
    randomness = random.Random(9)
    drawn = Counter(
        drawn_day(UUID(int=number), "special", days[2:], days[-1], {day: randomness.randbytes(32) for day in days})
        for number in range(3_000)
    )
    assert set(drawn) == set(days[2:])
    assert all(850 < count < 1_150 for count in drawn.values())


def test_an_inspection_with_instruments_is_repeated_as_often_as_said_and_for_three_days() -> None:
    days = working_days(Period(date(2026, 7, 6), date(2026, 7, 17)))
    known = {day: secrets.token_bytes(32) for day in days}
    drawn = 0
    for number in range(20_000):
        each = [is_repeated(UUID(int=number), 7, days[1 : n + 1], days[n], known) for n in range(len(days))]
        assert each in ([False] * len(days), [False, *[True] * 3, *[False] * (len(days) - 4)])
        drawn += each[1]
    assert 300 < drawn < 500  # 2 %: 400, standard deviation 20


def test_a_repeated_room_is_due_as_if_nobody_had_been_there(db: Database) -> None:
    room_id, day, after = _rooms(db)[0], date(2026, 9, 3), date(2026, 9, 4)
    _visit(db, room_id, day, mode="checked")
    visit_ms = start_ms(day) + 36_000_000
    secret = next(
        one
        for one in (number.to_bytes(SECRET_BYTES) for number in range(10_000))
        if is_repeated(room_id, visit_ms, [after], after, {after: one})
    )
    with db.write() as connection:
        connection.execute(insert(draw_secrets).values(day=after.isoformat(), secret=secret))

    def state(today: date) -> str:
        return _states(_due(db, today, rules=NONE_AGAIN), "statute")[room_id]

    days = [day, after, date(2026, 9, 7), date(2026, 9, 8), date(2026, 9, 9)]
    assert [state(one) for one in days] == ["done", "due", "due", "due", "done"]
    told = next(one for one in _due(db, after, rules=NONE_AGAIN).items if one.room_id == room_id)
    assert (told.is_again, told.last_done) == (False, None)
    _visit(db, room_id, date(2026, 9, 7), mode="instruments")
    assert state(date(2026, 9, 7)) == "done"


def test_special_zones_and_orders(db: Database) -> None:
    room_id = _rooms(db)[0]
    with db.write() as connection:
        facility_id = connection.scalar(select(rooms.c.facility_id).where(rooms.c.room_id == room_id))
        nothing = {"district": "", "kind": "public", "opening_hours": "", "phone": "", "operator": "", "installed": ""}
        connection.execute(insert(facility_facts).values(facility_id=facility_id, is_special=True, **nothing))
    assert len(_states(_due(db), "special")) == 4
    with db.write() as connection:
        connection.execute(update(facility_facts).values(closed_ms=1))
    assert len(_states(_due(db), "monthly")) == 4, "nothing is due in a facility that was closed"


def test_another_district_has_a_list_of_its_own(db: Database) -> None:
    with db.write() as connection:
        first = connection.scalar(select(facilities.c.facility_id).order_by(facilities.c.name_ko))
        connection.execute(update(facilities).where(facilities.c.facility_id == first).values(district_id="mapo-gu"))
    assert len(_states(_due(db, district_id="mapo-gu"))) == 4
    assert len(_states(_due(db))) == 8


def test_by_the_interface(site: Site) -> None:
    today = periods.today()
    fill_rooms(site.db, 8)
    with site.db.write() as connection:
        connection.execute(update(facilities).where(~facilities.c.is_demo).values(district_id="demo-gu"))
    for name in ("kim", "lee"):
        site.add_user(name, "inspector", f"점검자-{name}")
    officer, inspector = site.login("supervisor"), site.login("inspector")
    pair = {"first_username": "kim", "second_username": "lee"}
    assert inspector.post("/api/schedule/pairs", pair).status_code == 403
    assert officer.post("/api/schedule/pairs", pair | {"second_username": "kim"}).status_code == 400
    (made,) = officer.post("/api/schedule/pairs", pair).json()["pairs"]
    assert officer.post("/api/schedule/pairs", pair).status_code == 409
    facility_id = officer.get("/api/rooms", search="공중화장실").json()["rooms"][0]["facility_id"]
    assert officer.put(f"/api/facilities/{facility_id}/special", {"is_special": True}).status_code == 200
    of_today = {"first_day": today.isoformat(), "last_day": today.isoformat(), "reason": "신고"}
    order = of_today | {"facility_id": facility_id}
    (ordered,) = officer.post("/api/schedule/orders", order | {"with_police": True}).json()["orders"]
    assert officer.post("/api/schedule/orders", order | {"last_day": "2026-01-01"}).status_code == 400
    due = inspector.get("/api/schedule").json()
    counts = due["counts"]
    assert sum(counts["ordered"].values()) == sum(counts["special"].values()) == 4
    assert {one["state"] for one in due["items"] if one["rule"] == "ordered"} == {"due"}
    plan = inspector.get("/api/schedule/rounds").json()
    (stops,) = [one["stops"] for one in plan["rounds"]]
    ordered_at = [stop["facility_id"] for stop in stops].index(facility_id)
    assert (plan["unassigned"], any(stop["is_done"] for stop in stops)) == (0, False)
    for room_id in stops[ordered_at]["rooms"]:
        _visit(site.db, UUID(room_id), today)
    again = inspector.get("/api/schedule/rounds").json()["rounds"][0]["stops"]
    assert [(stop["facility_id"], stop["is_done"]) for stop in again] == [
        (stop["facility_id"], number == ordered_at) for number, stop in enumerate(stops)
    ], "the day's rounds stay as they are while it goes on"
    look = f"/api/rooms/{stops[0]['rooms'][0]}/looks"
    assert inspector.post(look).status_code == 201
    assert officer.http.delete(
        f"/api/schedule/orders/{ordered['order_id']}", headers={"X-CSRF-Token": officer.csrf}
    ).json() == {"ok": True}
    path = f"/api/schedule/pairs/{made['pair_id']}"
    for status in (200, 404):
        assert officer.http.delete(path, headers={"X-CSRF-Token": officer.csrf}).status_code == status
    assert inspector.get("/api/schedule/rounds").json()["rounds"] == []


def test_a_real_sweep_says_how_many_persons_it_had(site: Site, call: Call) -> None:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, *wires = probe.whole_sweep()
    for wire in wires:
        assert site.send(wire).status_code == 200
    with site.db.read() as connection:
        row = connection.execute(select(sweeps).where(sweeps.c.sweep_id == sweep_id)).one()
    assert (row.persons, row.source == "live") == (2, False)
    code, out, _ = call("due")
    assert code == 0
    assert "demo" not in out, "nothing is due in the demonstration"


def test_periods_and_working_days() -> None:
    assert period_of("half_year", date(2026, 12, 31)) == Period(date(2026, 7, 1), date(2026, 12, 31))
    assert period_before("half_year", date(2026, 3, 1)) == Period(date(2025, 7, 1), date(2025, 12, 31))
    assert period_before("month", date(2026, 1, 31)) == Period(date(2025, 12, 1), date(2025, 12, 31))
    assert not is_working_day(date(2026, 9, 25))  # 추석
    assert not is_working_day(date(2026, 8, 17))  # a substitute holiday
    assert [day.weekday() for day in working_days(period_of("week", MIDDLE))] == [0, 1, 2, 3, 4]
    assert periods.day_of(start_ms(MIDDLE)) == MIDDLE


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.sampled_from(("day", "week", "month", "half_year")))
def test_periods_follow_one_another_without_gaps(day: date, every: Any) -> None:
    now, before = period_of(every, day), period_before(every, day)
    assert now.first <= day <= now.last
    assert before.last + timedelta(days=1) == now.first


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("정시(09:00~18:00, 평일만)", (540, 1080)),
        ("정시(09-18시)", (540, 1080)),
        ("정시 (05:00-익일01:00)", (300, 1500)),
        ("00:00~24:00", None),
        ("상시(연중 개방)", None),
        ("정시", None),
        ("99:00~18:00", None),
    ],
    ids=range(7),
)
def test_opening_hours(text: str, hours: tuple[int, int] | None) -> None:
    assert hours_in(text) == hours


def test_rounds_are_short_and_no_longer_than_a_day() -> None:
    randomness = random.Random(2)
    stops = [
        Stop(UUID(int=number), 37.55 + randomness.random() / 20, 127.0 + randomness.random() / 20, 2, number % 5 == 0)
        for number in range(40)
    ]
    stops += [Stop(UUID(int=99), None, None, 1)]
    rounds = rounds_of(stops, 3, first_bearing=1.0)
    visited = [visit.stop for one in rounds for visit in one.visits]
    left = [stop for one in rounds for stop in one.left_over]
    assert sorted(stop.facility_id.int for stop in visited + left) == sorted(stop.facility_id.int for stop in stops)
    assert sum(stop.is_urgent for stop in left) == 0
    for one in rounds:
        path = [visit.stop for visit in one.visits]
        assert sum(stop.minutes for stop in path) <= SHIFT_MIN
        shuffled = [length_m(randomness.sample(path, len(path))) for _ in range(20)]
        assert length_m(path) < min(shuffled)
    assert rounds_of(stops, 3, first_bearing=1.0) == rounds
    assert rounds_of([], 2, first_bearing=0.0)[0].visits == []


def test_a_place_that_is_looked_at_once_more_goes_to_a_pair_that_was_not_there() -> None:
    stops = [Stop(UUID(int=number), 37.55 + number / 500, 127.0 + number / 700, 1) for number in range(9)]

    def rounds_with(place: Stop, kept_from: dict[UUID, list[int]]) -> list[int]:
        rounds = rounds_of(stops, 3, first_bearing=0.4, kept_from=kept_from)
        assert sum(len(one.visits) + len(one.left_over) for one in rounds) == len(stops)
        return [number for number, one in enumerate(rounds) if place in [visit.stop for visit in one.visits]]

    for place in stops:
        (usual,) = rounds_with(place, {})
        (other,) = rounds_with(place, {place.facility_id: [usual]})
        assert other != usual
        (last,) = rounds_with(place, {place.facility_id: [usual, other]})
        assert last not in {usual, other}
        assert rounds_with(place, {place.facility_id: [0, 1, 2]}) == [usual], "where all have been one goes again"


def test_who_was_in_a_room_last_is_known_by_what_they_signed(site: Site) -> None:
    made = ground(site)
    body = made.body()
    assert made.record(body).status_code == 201
    assert made.confirm(body["sweep_id"]).status_code == 201
    with site.db.read() as connection:
        names = set(connection.scalars(select(entries.c.subject).where(entries.c.kind.in_(INSPECTION_KINDS))))
        assert len(names) == 2
        assert inspected_by(connection, {made.room_id, new_id()}, now_ms()) == {made.room_id: names}
        assert inspected_by(connection, {made.room_id}, 0) == inspected_by(connection, (), now_ms()) == {}


def test_a_policy_that_gives_up_the_floor_is_refused(tmp_path: Path) -> None:
    text = STANDARD.read_text(encoding="utf-8")
    for changed, said in {
        text.replace("is_floor = true", ""): "floor",
        text.replace('modes = ["full"]', ""): "modes",
        text.replace('name = "special"', 'name = "monthly"'): "same name",
        text.replace('every = "week"', 'every = "year"'): "every",
        "rule = 1": "rule",
        "[[": "policy",
    }.items():
        path = tmp_path / "policy.toml"
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(PolicyError, match=said) as caught:
            read_policy(path)
        assert len(str(caught.value).splitlines()) == 1
    assert all(rule.basis for rule in RULES)


def test_a_day_without_pairs_assigns_nothing(db: Database) -> None:
    plan = day_plan(db, RULES, today=END)
    assert (plan.rounds, plan.unassigned) == ((), 2)
